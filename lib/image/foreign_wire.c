/* SPDX-License-Identifier: MIT */
/*
 * foreign_wire.c - items of an answer, written by the worker, checked by the parent
 *
 * The parent believes nothing: a parser that was taken over could send anything.
 * Numbers must be possible, strings short, hashes hexadecimal, ranges inside the
 * media; one item that is not ends the whole answer.
 */
#include "image/foreign_wire.h"

#include "core/cleanup.h"
#include "core/escape.h"
#include "core/wire.h"
#include "image/info.h"

#include <stdio.h>

enum item {
	ITEM_GEOMETRY = 'G',
	ITEM_VALUE = 'V',
	ITEM_HASH = 'H',
	ITEM_FINDING = 'F',
	ITEM_DROPPED = 'X', /* findings that did not fit */
	ITEM_BYTES = 'B',
};

enum {
	ITEMS_MAX = 300000,
	VALUE_MAX = 65536,
	SECTOR_MAX = 65536,
	BLOCK_MAX = 64 << 20,
};

void kan_foreign_put_request(uint8_t raw[KAN_FOREIGN_REQUEST_LEN], uint64_t offset, uint32_t len)
{
	raw[0] = 'R';
	kan_put_le64(raw + 1, offset);
	kan_put_le32(raw + 9, len);
}

/* ---- in the worker --------------------------------------------------------- */

static int emit(struct kan_worker_reply *r, struct kan_buf *b, struct kan_err *err)
{
	int rc = kan_buf_check(b, err);

	if (rc == KAN_OK)
		rc = kan_worker_emit(r, b->data, b->len, err);
	kan_buf_reset(b);
	return rc;
}

static int emit_findings(const struct kan_findings *set, struct kan_worker_reply *r,
                         struct kan_buf *b, struct kan_err *err)
{
	int rc = KAN_OK;

	for (size_t i = 0; rc == KAN_OK && i < set->n; i++) {
		const struct kan_finding *f = &set->list[i];
		kan_wire_put_u8(b, ITEM_FINDING);
		kan_wire_put_u32(b, (uint32_t)f->kind);
		kan_wire_put_u64(b, f->offset);
		kan_wire_put_u64(b, f->length);
		kan_wire_put_str(b, f->subject);
		kan_wire_put_str(b, f->detail);
		rc = emit(r, b, err);
	}
	if (rc != KAN_OK || set->dropped == 0)
		return rc;
	kan_wire_put_u8(b, ITEM_DROPPED);
	kan_wire_put_u64(b, set->dropped);
	return emit(r, b, err);
}

static int emit_geometry(const struct kan_foreign_open_set *set, struct kan_worker_reply *r,
                         struct kan_buf *b, struct kan_err *err)
{
	kan_wire_put_u8(b, ITEM_GEOMETRY);
	kan_wire_put_u64(b, set->source->size);
	kan_wire_put_u32(b, set->source->sector_size);
	kan_wire_put_u32(b, set->source->block_len);
	kan_wire_put_u32(b, set->info.chunk_size);
	kan_wire_put_str(b, set->info.variant);
	return emit(r, b, err);
}

static int describe(const struct kan_foreign_open_set *set, struct kan_worker_reply *r,
                    struct kan_buf *b, struct kan_err *err)
{
	int rc = emit_geometry(set, r, b, err);

	for (size_t i = 0; rc == KAN_OK && i < set->info.nvalues; i++) {
		kan_wire_put_u8(b, ITEM_VALUE);
		kan_wire_put_str(b, set->info.values[i].name);
		kan_wire_put_str(b, set->info.values[i].value);
		rc = emit(r, b, err);
	}
	for (size_t i = 0; rc == KAN_OK && i < set->info.nhashes; i++) {
		kan_wire_put_u8(b, ITEM_HASH);
		kan_wire_put_str(b, set->info.hashes[i].algorithm);
		kan_wire_put_str(b, set->info.hashes[i].hex);
		rc = emit(r, b, err);
	}
	return rc == KAN_OK ? emit_findings(&set->findings, r, b, err) : rc;
}

KAN_DEFINE_DROP(findings_of, struct kan_findings *, kan_findings_done)

static int read_range(const struct kan_foreign_open_set *set, uint64_t offset, uint32_t len,
                      struct kan_worker_reply *r, struct kan_buf *b, struct kan_err *err)
{
	struct kan_findings gaps = { 0 };
	KAN_AUTO(findings_of) struct kan_findings *owned = &gaps;
	int rc = kan_source_read(set->source, offset, set->room + 1, len, &gaps, err);

	if (rc != KAN_OK)
		return rc;
	set->room[0] = ITEM_BYTES;
	rc = kan_worker_emit(r, set->room, (size_t)len + 1, err);
	return rc == KAN_OK ? emit_findings(owned, r, b, err) : rc;
}

int kan_foreign_answer(const struct kan_foreign_open_set *set, struct kan_bytes request,
                       struct kan_worker_reply *reply, struct kan_err *err)
{
	struct kan_wire w = { .v = { request.data, request.len } };
	uint8_t op = kan_wire_u8(&w);
	uint64_t offset = kan_wire_u64(&w);
	uint32_t len = kan_wire_u32(&w);
	struct kan_buf b = { 0 };
	int rc;

	if (!kan_wire_end(&w) || op != 'R' || len > KAN_FOREIGN_READ_MAX)
		return kan_fail(err, KAN_EARG, "a request that is none");
	rc = len == 0 ? describe(set, reply, &b, err)
	              : read_range(set, offset, len, reply, &b, err);
	kan_buf_done(&b);
	return rc;
}

/* ---- in the parent ------------------------------------------------------------ */

static int nonsense(struct kan_err *err, const char *what)
{
	return kan_fail(err, KAN_EWORKER, "its worker sent %s that cannot be right", what);
}

/* Header values are promised to be UTF-8; libraries do not always keep that. */
static void make_utf8(char *s)
{
	size_t left = strlen(s);

	while (left > 0) {
		uint32_t point;
		size_t n = kan_utf8_len((const uint8_t *)s, left, &point);
		if (n == 0) {
			*s = '?';
			n = 1;
		}
		s += n;
		left -= n;
	}
}

static int take_geometry(struct kan_foreign_intake *in, struct kan_wire *w, struct kan_err *err)
{
	uint64_t size = kan_wire_u64(w);
	uint32_t sector = kan_wire_u32(w);
	uint32_t block = kan_wire_u32(w);
	uint32_t chunk = kan_wire_u32(w);
	const char *variant = kan_wire_str(w);

	if (!kan_wire_end(w) || !in->geometry || in->complete || size > INT64_MAX || sector == 0 ||
	    sector > SECTOR_MAX || block == 0 || block > BLOCK_MAX ||
	    strlen(variant) >= sizeof(in->info->variant))
		return nonsense(err, "a geometry");
	in->geometry->size = in->size = size;
	in->geometry->sector_size = sector;
	in->geometry->block_len = block;
	in->info->chunk_size = chunk;
	snprintf(in->info->variant, sizeof(in->info->variant), "%s", variant);
	make_utf8(in->info->variant);
	in->complete = true;
	return KAN_OK;
}

static int take_value(const struct kan_foreign_intake *in, struct kan_wire *w, struct kan_err *err)
{
	const char *name = kan_wire_str(w);
	const char *value = kan_wire_str(w);
	KAN_AUTO(mem) char *name_copy = NULL;
	KAN_AUTO(mem) char *value_copy = NULL;

	if (!kan_wire_end(w) || !in->geometry || strlen(name) > VALUE_MAX ||
	    strlen(value) > VALUE_MAX)
		return nonsense(err, "a header value");
	name_copy = strdup(name);
	value_copy = strdup(value);
	if (!name_copy || !value_copy)
		return kan_fail(err, KAN_ENOMEM, "out of memory for header values");
	make_utf8(name_copy);
	make_utf8(value_copy);
	return kan_image_info_value(in->info, name_copy, value_copy, err);
}

static int digit(char c)
{
	static const char digits[] = "0123456789abcdef";
	const char *at = c ? strchr(digits, c) : NULL;

	return at ? (int)(at - digits) : -1;
}

static int take_hash(const struct kan_foreign_intake *in, struct kan_wire *w, struct kan_err *err)
{
	const char *algorithm = kan_wire_str(w);
	const char *hex = kan_wire_str(w);
	size_t len = strlen(hex);
	uint8_t digest[64];

	if (!kan_wire_end(w) || !in->geometry || len % 2 != 0 || len > 2 * sizeof(digest) ||
	    (strcmp(algorithm, "md5") != 0 && strcmp(algorithm, "sha1") != 0))
		return nonsense(err, "a digest");
	for (size_t i = 0; i < len; i += 2) {
		int high = digit(hex[i]), low = digit(hex[i + 1]);

		if (high < 0 || low < 0)
			return nonsense(err, "a digest");
		digest[i / 2] = (uint8_t)(high << 4 | low);
	}
	return kan_image_info_hash(in->info, algorithm, digest, len / 2, err);
}

static int take_finding(const struct kan_foreign_intake *in, struct kan_wire *w,
                        struct kan_err *err)
{
	uint32_t kind = kan_wire_u32(w);
	uint64_t offset = kan_wire_u64(w);
	uint64_t length = kan_wire_u64(w);
	const char *subject = kan_wire_str(w);
	const char *detail = kan_wire_str(w);

	if (!kan_wire_end(w) || kind >= KAN_FINDING_NKINDS ||
	    (offset != KAN_NO_OFFSET && (offset > in->size || in->size - offset < length)))
		return nonsense(err, "a finding");
	kan_findings_add(in->findings, (enum kan_finding_kind)kind, offset, length, subject, "%s",
	                 detail);
	return KAN_OK;
}

static int take_bytes(struct kan_foreign_intake *in, struct kan_bytes rec, struct kan_err *err)
{
	if (!in->buf || in->complete || rec.len != in->len + 1)
		return nonsense(err, "a number of bytes");
	memcpy(in->buf, rec.data + 1, in->len);
	in->complete = true;
	return KAN_OK;
}

int kan_foreign_take(void *arg, struct kan_bytes rec, struct kan_err *err)
{
	struct kan_foreign_intake *in = arg;
	struct kan_wire w = { .v = { rec.data, rec.len } };
	uint8_t item = kan_wire_u8(&w);

	if (++in->items > ITEMS_MAX)
		return nonsense(err, "a number of items");
	switch (item) {
	case ITEM_BYTES:
		return take_bytes(in, rec, err);
	case ITEM_GEOMETRY:
		return take_geometry(in, &w, err);
	case ITEM_VALUE:
		return take_value(in, &w, err);
	case ITEM_HASH:
		return take_hash(in, &w, err);
	case ITEM_FINDING:
		return take_finding(in, &w, err);
	case ITEM_DROPPED:
		in->findings->dropped += kan_wire_u64(&w);
		return kan_wire_end(&w) ? KAN_OK : nonsense(err, "a number of findings");
	default:
		return nonsense(err, "an item");
	}
}
