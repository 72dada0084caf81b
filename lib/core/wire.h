/* SPDX-License-Identifier: MIT */
/*
 * wire.h - records as bytes, between processes and in files that we sort
 *
 * Little-endian integers and length-prefixed strings, no padding.  Reading checks
 * every length: after the first thing that does not fit, `bad` stays set, numbers
 * read as 0 and strings as empty, and kan_wire_end() says so once.
 */
#ifndef KAN_CORE_WIRE_H
#define KAN_CORE_WIRE_H

#include "core/bytes.h"
#include "core/view.h"
#include "kanshiki/buf.h"

#include <string.h>

static inline void kan_wire_put_u8(struct kan_buf *b, uint8_t v)
{
	kan_buf_add(b, &v, 1);
}

static inline void kan_wire_put_u32(struct kan_buf *b, uint32_t v)
{
	uint8_t raw[4];

	kan_put_le32(raw, v);
	kan_buf_add(b, raw, sizeof(raw));
}

static inline void kan_wire_put_u64(struct kan_buf *b, uint64_t v)
{
	uint8_t raw[8];

	kan_put_le64(raw, v);
	kan_buf_add(b, raw, sizeof(raw));
}

/** A string with its length and a NUL, so that a reader can point into the record. */
static inline void kan_wire_put_str(struct kan_buf *b, const char *s)
{
	size_t len = strlen(s);

	kan_wire_put_u32(b, (uint32_t)len);
	kan_buf_add(b, s, len + 1);
}

static inline void kan_wire_put_bytes(struct kan_buf *b, const void *data, size_t len)
{
	kan_wire_put_u32(b, (uint32_t)len);
	kan_buf_add(b, data, len);
}

struct kan_wire {
	struct kan_view v;
	size_t pos;
	bool bad;
};

static inline const uint8_t *kan_wire_take(struct kan_wire *w, size_t len)
{
	const uint8_t *p = w->bad ? NULL : kan_view_at(w->v, w->pos, len);

	if (!p)
		w->bad = true;
	else
		w->pos += len;
	return p;
}

static inline uint8_t kan_wire_u8(struct kan_wire *w)
{
	const uint8_t *p = kan_wire_take(w, 1);

	return p ? *p : 0;
}

static inline uint32_t kan_wire_u32(struct kan_wire *w)
{
	const uint8_t *p = kan_wire_take(w, 4);

	return p ? kan_le32(p) : 0;
}

static inline uint64_t kan_wire_u64(struct kan_wire *w)
{
	const uint8_t *p = kan_wire_take(w, 8);

	return p ? kan_le64(p) : 0;
}

/** Points into the record; never NULL; holds no NUL but its own. */
static inline const char *kan_wire_str(struct kan_wire *w)
{
	uint32_t len = kan_wire_u32(w);
	const uint8_t *p = len < UINT32_MAX ? kan_wire_take(w, (size_t)len + 1) : NULL;

	if (!p || (p[len] != '\0' || memchr(p, '\0', len)))
		w->bad = true;
	return p && !w->bad ? (const char *)p : "";
}

static inline struct kan_view kan_wire_bytes(struct kan_wire *w)
{
	uint32_t len = kan_wire_u32(w);
	const uint8_t *p = w->bad ? NULL : kan_wire_take(w, len);

	return p ? (struct kan_view){ p, len } : (struct kan_view){ NULL, 0 };
}

/** True if everything fitted and nothing is left over. */
static inline bool kan_wire_end(const struct kan_wire *w)
{
	return !w->bad && w->pos == w->v.len;
}

#endif
