/* SPDX-License-Identifier: MIT */
/*
 * test_source.c - slices and caches give the bytes and the gaps of what is below
 */
#include "core/cleanup.h"
#include "kanshiki/source.h"
#include "suite.h"

#include <stdint.h>
#include <string.h>

#define SIZE 10007u

/* A source whose bytes tell their place, with holes; it counts its reads. */
struct fake {
	struct kan_source src; /* first */
	uint64_t hole;         /* 100 bytes that cannot be read */
	unsigned reads;
	unsigned fail_at; /* number of the read that fails, from 1 */
};

static uint8_t byte_at(uint64_t i)
{
	return (uint8_t)(i * 31 + i / 256);
}

static int fake_read(struct kan_source *src, uint64_t offset, void *buf, size_t len,
                     struct kan_findings *gaps, struct kan_err *err)
{
	struct fake *f = (struct fake *)src;
	uint64_t lo = offset > f->hole ? offset : f->hole;
	uint64_t hi = offset + len < f->hole + 100 ? offset + len : f->hole + 100;

	if (++f->reads == f->fail_at)
		return kan_fail(err, KAN_ENOMEM, "made to fail");
	for (size_t i = 0; i < len; i++)
		((uint8_t *)buf)[i] = byte_at(offset + i);
	if (lo < hi) {
		memset((uint8_t *)buf + (lo - offset), 0, hi - lo);
		kan_findings_add(gaps, KAN_FINDING_UNREADABLE, lo, hi - lo, "fake", "hole");
	}
	return KAN_OK;
}

static void fake_close(struct kan_source *src)
{
	(void)src;
}

static const struct kan_source_ops fake_ops = { "fake", fake_read, fake_close };

static struct fake make_fake(uint64_t hole)
{
	return (struct fake){ .src = { &fake_ops, SIZE, 512, 1 }, .hole = hole };
}

KAN_DEFINE_DROP(source, struct kan_source *, kan_source_close)

static void check_range(struct kan_source *src, uint64_t at, size_t len, uint64_t shift,
                        uint64_t hole)
{
	struct kan_findings gaps = { 0 };
	uint64_t covered = 0, expected = 0, wrong = 0;
	uint8_t buf[4096];

	ck_assert_int_eq(kan_source_read(src, at, buf, len, &gaps, NULL), KAN_OK);
	for (size_t i = 0; i < len; i++) {
		uint64_t pos = shift + at + i;
		bool lost = pos >= hole && pos < hole + 100;

		expected += lost;
		wrong += buf[i] != (lost ? 0 : byte_at(pos));
	}
	ck_assert_uint_eq(wrong, 0);
	for (size_t i = 0; i < gaps.n; i++) {
		covered += gaps.list[i].length;
		ck_assert_uint_ge(gaps.list[i].offset, at);
		ck_assert_uint_le(gaps.list[i].offset + gaps.list[i].length, at + len);
		ck_assert_uint_ge(gaps.list[i].offset + shift, hole);
	}
	ck_assert_uint_eq(covered, expected);
	kan_findings_done(&gaps);
}

START_TEST(source_refuses_ranges_that_leave_it)
{
	struct fake f = make_fake(UINT32_MAX);
	struct kan_err err = { 0 };
	uint8_t b[2];

	ck_assert_int_eq(kan_source_read(&f.src, SIZE - 1, b, 2, NULL, &err), KAN_EARG);
	ck_assert_int_eq(kan_source_read(&f.src, SIZE + 1, b, 0, NULL, &err), KAN_EARG);
	ck_assert_int_eq(kan_source_read(&f.src, UINT64_MAX, b, 2, NULL, &err), KAN_EARG);
	ck_assert_uint_eq(f.reads, 0);
	kan_source_close(NULL);
}
END_TEST

START_TEST(slice_moves_bytes_and_gaps)
{
	KAN_AUTO(source) struct kan_source *s = NULL;
	struct fake f = make_fake(5000);

	ck_assert_int_eq(kan_source_slice(&s, &f.src, 4950, 1000, NULL), KAN_OK);
	ck_assert_uint_eq(s->size, 1000);
	for (size_t len = 1; len <= 1000; len += 37)
		for (uint64_t at = 0; at + len <= 1000; at += 53)
			check_range(s, at, len, 4950, 5000);
}
END_TEST

START_TEST(slice_must_lie_inside)
{
	struct kan_source *s = NULL;
	struct fake f = make_fake(0);

	ck_assert_int_eq(kan_source_slice(&s, &f.src, 1, SIZE, NULL), KAN_EARG);
	ck_assert_int_eq(kan_source_slice(&s, &f.src, UINT64_MAX, 2, NULL), KAN_EARG);
	ck_assert_int_eq(kan_source_slice(&s, &f.src, 2, UINT64_MAX, NULL), KAN_EARG);
	ck_assert_ptr_null(s);
	ck_assert_int_eq(kan_source_slice(&s, &f.src, SIZE, 0, NULL), KAN_OK);
	kan_source_close(s);
}
END_TEST

START_TEST(cache_gives_bytes_and_gaps_again_and_again)
{
	static const size_t blocks[] = { 1, 7, 64, 512, 4096, 20000 };
	KAN_AUTO(source) struct kan_source *c = NULL;
	struct fake f = make_fake(5000);
	uint64_t at = 0;

	ck_assert_int_eq(kan_source_cache(&c, &f.src, blocks[_i], 5, NULL), KAN_OK);
	for (unsigned i = 0; i < 3000; i++) {
		size_t len = 1 + i % 600;

		at = (at * 1103515245 + 12345 + i) % (SIZE - 700);
		check_range(c, i % 3 ? at : 4900 + i % 200, len, 0, 5000);
	}
	check_range(c, SIZE - 10, 10, 0, 5000);
}
END_TEST

START_TEST(cache_keeps_the_blocks_that_were_used_last)
{
	KAN_AUTO(source) struct kan_source *c = NULL;
	struct fake f = make_fake(UINT32_MAX);
	uint8_t b;

	ck_assert_int_eq(kan_source_cache(&c, &f.src, 100, 3, NULL), KAN_OK);
	for (uint64_t i = 0; i < 3; i++)
		ck_assert_int_eq(kan_source_read(c, i * 100, &b, 1, NULL, NULL), KAN_OK);
	ck_assert_int_eq(kan_source_read(c, 0, &b, 1, NULL, NULL), KAN_OK);
	ck_assert_uint_eq(f.reads, 3);
	ck_assert_int_eq(kan_source_read(c, 300, &b, 1, NULL, NULL), KAN_OK); /* pushes 1 out */
	ck_assert_int_eq(kan_source_read(c, 0, &b, 1, NULL, NULL), KAN_OK);
	ck_assert_int_eq(kan_source_read(c, 250, &b, 1, NULL, NULL), KAN_OK);
	ck_assert_uint_eq(f.reads, 4);
	ck_assert_int_eq(kan_source_read(c, 100, &b, 1, NULL, NULL), KAN_OK);
	ck_assert_uint_eq(f.reads, 5);
}
END_TEST

START_TEST(cache_does_not_keep_a_block_that_failed)
{
	KAN_AUTO(source) struct kan_source *c = NULL;
	struct fake f = make_fake(UINT32_MAX);
	struct kan_err err = { 0 };

	ck_assert_int_eq(kan_source_cache(&c, &f.src, 100, 2, NULL), KAN_OK);
	for (unsigned at_read = 1; at_read < 40; at_read += 3) {
		uint8_t b[90];
		unsigned failed = 0;

		f.reads = 0;
		f.fail_at = at_read;
		for (uint64_t at = 0; at < 2000; at += 90)
			failed += kan_source_read(c, at, b, 90, NULL, &err) != KAN_OK;
		f.fail_at = 0;
		ck_assert_uint_le(failed, 1);
		for (uint64_t at = 0; at < 2000; at += 70)
			check_range(c, at, 70, 0, UINT32_MAX);
	}
}
END_TEST

START_TEST(cache_refuses_impossible_sizes)
{
	struct kan_source *c = NULL;
	struct fake f = make_fake(0);

	ck_assert_int_eq(kan_source_cache(&c, &f.src, 0, 3, NULL), KAN_EARG);
	ck_assert_int_eq(kan_source_cache(&c, &f.src, 100, 0, NULL), KAN_EARG);
	ck_assert_int_eq(kan_source_cache(&c, &f.src, SIZE_MAX, 3, NULL), KAN_EARG);
	ck_assert_ptr_null(c);
}
END_TEST

static Suite *source_suite(void)
{
	Suite *s = suite_create("source");
	TCase *slice = tcase_create("slice");
	TCase *cache = tcase_create("cache");

	tcase_add_test(slice, source_refuses_ranges_that_leave_it);
	tcase_add_test(slice, slice_moves_bytes_and_gaps);
	tcase_add_test(slice, slice_must_lie_inside);
	suite_add_tcase(s, slice);
	tcase_add_loop_test(cache, cache_gives_bytes_and_gaps_again_and_again, 0, 6);
	tcase_add_test(cache, cache_keeps_the_blocks_that_were_used_last);
	tcase_add_test(cache, cache_does_not_keep_a_block_that_failed);
	tcase_add_test(cache, cache_refuses_impossible_sizes);
	suite_add_tcase(s, cache);
	return s;
}

RUN_SUITE(source_suite)
