/* SPDX-License-Identifier: MIT */
/*
 * test_pool.c - the worker pool runs every job exactly once
 */
#include "kanshiki/pool.h"
#include "core/cleanup.h"
#include "suite.h"

#include <stdatomic.h>

KAN_DEFINE_DROP(pool, struct kan_pool *, kan_pool_free)

static void add_one(void *arg)
{
	atomic_fetch_add((atomic_size_t *)arg, 1);
}

START_TEST(pool_runs_every_job_with_any_worker_count)
{
	static const size_t workers[] = { 1, 2, 7, 32 };
	KAN_AUTO(pool) struct kan_pool *pool = NULL;
	atomic_size_t ran = 0;

	ck_assert_int_eq(kan_pool_new(&pool, workers[_i], 3, NULL), KAN_OK);
	for (int i = 0; i < 1000; i++)
		kan_pool_run(pool, add_one, &ran);
	kan_pool_drain(pool);
	ck_assert_uint_eq(atomic_load(&ran), 1000);
}
END_TEST

START_TEST(pool_refuses_zero_workers)
{
	struct kan_pool *pool = NULL;
	struct kan_err err = { 0 };

	ck_assert_int_eq(kan_pool_new(&pool, 0, 1, &err), KAN_EARG);
	ck_assert_ptr_null(pool);
	ck_assert_int_eq(err.code, KAN_EARG);
}
END_TEST

static Suite *pool_suite(void)
{
	Suite *s = suite_create("pool");
	TCase *run = tcase_create("run");
	TCase *args = tcase_create("args");

	tcase_add_loop_test(run, pool_runs_every_job_with_any_worker_count, 0, 4);
	suite_add_tcase(s, run);
	tcase_add_test(args, pool_refuses_zero_workers);
	suite_add_tcase(s, args);
	return s;
}

RUN_SUITE(pool_suite)
