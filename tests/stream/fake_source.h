/* SPDX-License-Identifier: MIT */
/*
 * fake_source.h - bytes in memory as a source that can be damaged and can fail
 */
#ifndef KAN_TESTS_FAKE_SOURCE_H
#define KAN_TESTS_FAKE_SOURCE_H

#include "kanshiki/source.h"

#include <stdatomic.h>
#include <string.h>

struct fake_range {
	uint64_t offset, length;
};

struct fake_source {
	struct kan_source src;
	const uint8_t *data;
	const struct fake_range *bad; /* ascending, apart from each other */
	size_t nbad;
	atomic_long calls;
	long fail_at;                                /* this call fails, counted from 1; 0: none */
	void (*on_read)(void *arg, uint64_t offset); /* may be NULL */
	void *arg;
};

static inline int fake_read(struct kan_source *src, uint64_t offset, void *buf, size_t len,
                            struct kan_findings *gaps, struct kan_err *err)
{
	struct fake_source *f = (struct fake_source *)src;
	uint8_t *out = buf;

	if (atomic_fetch_add(&f->calls, 1) + 1 == f->fail_at)
		return kan_fail(err, KAN_EWORKER, "call %ld fails", f->fail_at);
	if (f->on_read)
		f->on_read(f->arg, offset);
	memcpy(out, f->data + offset, len);
	for (size_t i = 0; i < f->nbad; i++) {
		uint64_t from = f->bad[i].offset, to = from + f->bad[i].length;

		from = from < offset ? offset : from;
		to = to > offset + len ? offset + len : to;
		if (from >= to)
			continue;
		memset(out + (from - offset), 0, (size_t)(to - from));
		kan_findings_add(gaps, KAN_FINDING_UNREADABLE, from, to - from, "fake", "bad");
	}
	return KAN_OK;
}

static inline void fake_init(struct fake_source *f, const uint8_t *data, uint64_t size)
{
	static const struct kan_source_ops ops = { .name = "fake", .read = fake_read };

	*f = (struct fake_source){ .data = data };
	f->src = (struct kan_source){ &ops, size, 512, 1 };
}

/** Bytes without a period that a wrong offset could hide behind. */
static inline void fake_fill(uint8_t *data, size_t len)
{
	uint32_t x = 2463534242u;

	for (size_t i = 0; i < len; i++) {
		x ^= x << 13;
		x ^= x >> 17;
		x ^= x << 5;
		data[i] = (uint8_t)(x >> 24);
	}
}

#endif
