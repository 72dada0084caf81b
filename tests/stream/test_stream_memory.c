/* SPDX-License-Identifier: MIT */
/*
 * test_stream_memory.c - a stream survives every allocation that fails
 */
#include "kanshiki/stream.h"
#include "core/cleanup.h"
#include "failing_memory.h"
#include "kanshiki/hash.h"
#include "kanshiki/pool.h"
#include "stream/fake_source.h"
#include "suite.h"

#include <stdio.h>

KAN_DEFINE_DROP(pool, struct kan_pool *, kan_pool_free)

enum { SIZE = 5000, BLOCK = 512, BAD = 9 };

static uint8_t data[SIZE];
static struct fake_range bad[BAD];

static int count(void *self, const struct kan_block *blk, struct kan_err *err)
{
	(void)err;
	*(size_t *)self += blk->len;
	return KAN_OK;
}

/* A run that ends well has everything, or says how many findings it lost. */
static bool run_with_failure(struct kan_pool *pool, long n)
{
	struct kan_findings gaps = { 0 };
	struct kan_stream_opts opts = { .block_len = BLOCK };
	size_t seen = 0;
	struct kan_sink sink = { "count", KAN_IN_ORDER, &seen, count, NULL };
	struct fake_source fake;
	struct kan_err err = { 0 };
	bool failed;
	int rc;

	fake_init(&fake, data, SIZE);
	fake.bad = bad;
	fake.nbad = BAD;
	memory_fail_at(n);
	rc = kan_stream_run(&fake.src, &sink, 1, &opts, pool, &gaps, &err);
	failed = memory_has_failed();
	memory_fail_at(0);
	if (failed)
		ck_assert(rc == KAN_ENOMEM || gaps.dropped == 1);
	if (rc == KAN_OK) {
		ck_assert_uint_eq(seen, SIZE);
		ck_assert_uint_eq(gaps.n + gaps.dropped, BAD);
	} else {
		ck_assert_int_eq(rc, KAN_ENOMEM);
		ck_assert_ptr_nonnull(strstr(err.msg, "out of memory"));
	}
	kan_findings_done(&gaps);
	return failed;
}

START_TEST(stream_tells_of_every_allocation_that_fails)
{
	KAN_AUTO(pool) struct kan_pool *pool = NULL;
	long n = 1;

	if (!KAN_MEMORY_CAN_FAIL) {
		printf("SKIP: this build brings an allocator of its own\n");
		return;
	}
	fake_fill(data, SIZE);
	for (size_t i = 0; i < BAD; i++)
		bad[i] = (struct fake_range){ i * BLOCK + 7, 3 };
	ck_assert_int_eq(kan_pool_new(&pool, 2, 1, NULL), KAN_OK);
	while (run_with_failure(pool, n))
		n++;
	/* Slots, their buffers, lanes, and strings and lists of the findings. */
	ck_assert_int_gt(n, 2 + 8 + 4 * BAD);
}
END_TEST

START_TEST(pool_tells_of_every_allocation_that_fails)
{
	bool failed = true;

	if (!KAN_MEMORY_CAN_FAIL) {
		printf("SKIP: this build brings an allocator of its own\n");
		return;
	}
	for (long n = 1; failed; n++) {
		KAN_AUTO(pool) struct kan_pool *pool = NULL;
		struct kan_err err = { 0 };
		int rc;

		memory_fail_at(n);
		rc = kan_pool_new(&pool, 3, 2, &err);
		failed = memory_has_failed();
		memory_fail_at(0);
		ck_assert_int_eq(rc, failed ? KAN_ENOMEM : KAN_OK);
		ck_assert(failed == (pool == NULL));
		ck_assert(!failed || n < 100);
	}
}
END_TEST

START_TEST(hasher_tells_of_every_allocation_that_fails)
{
	struct kan_hash_set set;
	struct kan_hasher *first = NULL;
	bool failed = true;

	if (!KAN_MEMORY_CAN_FAIL) {
		printf("SKIP: this build brings an allocator of its own\n");
		return;
	}
	ck_assert_int_eq(kan_hash_set_parse(&set, "md5,sha1,sha256,sha512", NULL), KAN_OK);
	/* The crypto library sets itself up once, and does not survive a failure there. */
	ck_assert_int_eq(kan_hasher_new(&first, &set, NULL, NULL), KAN_OK);
	kan_hasher_free(first);
	for (long n = 1; failed; n++) {
		struct kan_hasher *h = NULL;
		int rc;

		memory_fail_at(n);
		rc = kan_hasher_new(&h, &set, NULL, NULL);
		failed = memory_has_failed();
		memory_fail_at(0);
		/* The crypto library does without some of what it asks for. */
		ck_assert(failed || rc == KAN_OK);
		ck_assert((rc == KAN_OK) == (h != NULL));
		kan_hasher_free(h);
		ck_assert_int_lt(n, 10000);
	}
}
END_TEST

static Suite *memory_suite(void)
{
	Suite *s = suite_create("stream memory");
	TCase *tc = tcase_create("memory");

	tcase_add_test(tc, stream_tells_of_every_allocation_that_fails);
	tcase_add_test(tc, pool_tells_of_every_allocation_that_fails);
	tcase_add_test(tc, hasher_tells_of_every_allocation_that_fails);
	tcase_set_timeout(tc, 60);
	suite_add_tcase(s, tc);
	return s;
}

RUN_SUITE(memory_suite)
