/* SPDX-License-Identifier: MIT */
/*
 * test_pool.c - the worker pool runs every job exactly once
 */
#include "kanshiki/pool.h"
#include "core/cleanup.h"
#include "suite.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <string.h>

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

START_TEST(pool_refuses_more_workers_than_can_be_counted)
{
	struct kan_pool *pool = NULL;

	ck_assert_int_eq(kan_pool_new(&pool, SIZE_MAX / 8, 1, NULL), KAN_EARG);
	ck_assert_ptr_null(pool);
}
END_TEST

/* What a job with one worker appends to; the pool orders the writes. */
static char letters[64];

static void append_letter(void *arg)
{
	size_t len = strlen(letters);

	letters[len] = *(char *)arg;
	letters[len + 1] = '\0';
}

START_TEST(pool_with_one_worker_keeps_the_order_of_jobs)
{
	KAN_AUTO(pool) struct kan_pool *pool = NULL;
	char alphabet[] = "abcdefghijklmnopqrstuvwxyz";

	letters[0] = '\0';
	ck_assert_int_eq(kan_pool_new(&pool, 1, (size_t)_i, NULL), KAN_OK);
	for (size_t i = 0; alphabet[i]; i++)
		kan_pool_run(pool, append_letter, &alphabet[i]);
	kan_pool_drain(pool);
	ck_assert_str_eq(letters, alphabet);
}
END_TEST

START_TEST(pool_can_be_drained_again_and_again)
{
	KAN_AUTO(pool) struct kan_pool *pool = NULL;
	atomic_size_t ran = 0;

	ck_assert_int_eq(kan_pool_new(&pool, 3, 2, NULL), KAN_OK);
	kan_pool_drain(pool);
	for (size_t i = 1; i <= 200; i++) {
		kan_pool_run(pool, add_one, &ran);
		kan_pool_drain(pool);
		ck_assert_uint_eq(atomic_load(&ran), i);
	}
}
END_TEST

START_TEST(pool_runs_what_is_queued_before_it_is_freed)
{
	struct kan_pool *pool = NULL;
	atomic_size_t ran = 0;

	ck_assert_int_eq(kan_pool_new(&pool, 2, 50, NULL), KAN_OK);
	for (int i = 0; i < 50; i++)
		kan_pool_run(pool, add_one, &ran);
	kan_pool_free(pool);
	ck_assert_uint_eq(atomic_load(&ran), 50);
	kan_pool_free(NULL);
}
END_TEST

START_TEST(pool_knows_its_size_and_the_processors)
{
	KAN_AUTO(pool) struct kan_pool *pool = NULL;

	ck_assert_int_eq(kan_pool_new(&pool, 5, 1, NULL), KAN_OK);
	ck_assert_uint_eq(kan_pool_workers(pool), 5);
	ck_assert_uint_ge(kan_pool_cpus(), 1);
}
END_TEST

static void look_at_mask(void *arg)
{
	sigset_t mask;

	*(bool *)arg = pthread_sigmask(SIG_SETMASK, NULL, &mask) == 0 &&
	               sigismember(&mask, SIGINT) == 1 && sigismember(&mask, SIGTERM) == 1;
}

START_TEST(pool_leaves_signals_to_the_other_threads)
{
	KAN_AUTO(pool) struct kan_pool *pool = NULL;
	bool blocked = false;
	sigset_t mask;

	ck_assert_int_eq(kan_pool_new(&pool, 1, 1, NULL), KAN_OK);
	kan_pool_run(pool, look_at_mask, &blocked);
	kan_pool_drain(pool);
	ck_assert(blocked);
	ck_assert_int_eq(pthread_sigmask(SIG_SETMASK, NULL, &mask), 0);
	ck_assert_int_eq(sigismember(&mask, SIGINT), 0);
}
END_TEST

static Suite *pool_suite(void)
{
	Suite *s = suite_create("pool");
	TCase *run = tcase_create("run");
	TCase *args = tcase_create("args");

	tcase_add_loop_test(run, pool_runs_every_job_with_any_worker_count, 0, 4);
	tcase_add_loop_test(run, pool_with_one_worker_keeps_the_order_of_jobs, 1, 4);
	tcase_add_test(run, pool_can_be_drained_again_and_again);
	tcase_add_test(run, pool_runs_what_is_queued_before_it_is_freed);
	tcase_add_test(run, pool_knows_its_size_and_the_processors);
	tcase_add_test(run, pool_leaves_signals_to_the_other_threads);
	suite_add_tcase(s, run);
	tcase_add_test(args, pool_refuses_more_workers_than_can_be_counted);
	tcase_add_test(args, pool_refuses_zero_workers);
	suite_add_tcase(s, args);
	return s;
}

RUN_SUITE(pool_suite)
