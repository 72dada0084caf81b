/* SPDX-License-Identifier: MIT */
/*
 * media.h - what the tests of acquisitions share: a medium, options, and comparisons
 */
#ifndef KAN_TESTS_ACQUIRE_MEDIA_H
#define KAN_TESTS_ACQUIRE_MEDIA_H

#include "case/sample.h"
#include "kanshiki/acquire.h"
#include "suite.h"

#define MIB (1u << 20)

/* 2026-01-02 03:04:05 UTC. */
#define STARTED_NS (INT64_C(1767323045) * 1000000000)

/* Write @size bytes to @path: text, zeros and noise in turn, a MiB of each. */
static inline void make_media(const char *path, uint64_t size)
{
	static uint8_t block[MIB];
	uint64_t x = 88172645463325252u;
	FILE *f = fopen(path, "we");

	ck_assert_ptr_nonnull(f);
	for (uint64_t at = 0; at < size; at += MIB) {
		size_t len = size - at < MIB ? (size_t)(size - at) : MIB;

		memset(block, 0, sizeof(block));
		for (size_t i = 0; i + 9 <= MIB && at / MIB % 3 != 1; i += 8) {
			x ^= x << 13;
			x ^= x >> 7;
			x ^= x << 17;
			if (at / MIB % 3 == 0)
				snprintf((char *)block + i, 9, "%07x\n", (unsigned)(x & 0xfff));
			else
				memcpy(block + i, &x, 8);
		}
		ck_assert_uint_eq(fwrite(block, 1, len, f), len);
	}
	ck_assert_int_eq(fclose(f), 0);
}

static inline struct kan_acquire_opts options(const char *const *destinations, size_t n)
{
	return (struct kan_acquire_opts){ .destinations = destinations,
		                          .ndestinations = n,
		                          .jobs = 2,
		                          .started_ns = STARTED_NS,
		                          .checkpoint_ms = 1 };
}

static inline void acquire(const char *source, const struct kan_acquire_opts *opts)
{
	KAN_DEFER(kan_acquire_result_done) struct kan_acquire_result r = { 0 };
	struct kan_err err = { 0 };
	int rc = kan_acquire_run(&r, source, opts, &err);

	ck_assert_msg(rc == KAN_OK, "%s", err.msg);
	for (size_t i = 0; i < r.ndestinations; i++)
		ck_assert_msg(!r.destinations[i].failed, "%s", r.destinations[i].err.msg);
}

/* The digest of a file by sha256sum; released by the caller. */
static inline char *sha256sum(const char *path)
{
	char command[512];

	snprintf(command, sizeof(command), "sha256sum < '%s' | cut -c 1-64", path);
	return sample_output(command);
}

static inline void expect_same_file(const char *a, const char *b)
{
	ck_assert_msg(sample_sh("cmp '%s' '%s'", a, b) == 0, "%s and %s differ", a, b);
}

#endif
