/* SPDX-License-Identifier: MIT */
/*
 * test_stream_end.c - how a stream ends when something fails or the user stops it
 */
#include "kanshiki/stream.h"
#include "stream/copier.h"

#include <pthread.h>

/* ---- failures -------------------------------------------------------------- */

START_TEST(stream_stops_at_a_failing_sink_and_names_it)
{
	static struct copier copiers[2];
	KAN_AUTO(pool) struct kan_pool *pool = new_pool(workers[_i % NWORKERS]);
	struct kan_stream_opts opts = { .block_len = 513 };
	struct kan_sink sinks[] = { copier_sink(&copiers[0], "good"),
		                    copier_sink(&copiers[1], "bad") };
	struct kan_err err = { 0 };

	for (uint64_t at = 0; at < SIZE; at += 513) {
		copiers[0] = (struct copier){ .fail_at = KAN_NO_OFFSET };
		copiers[1] = (struct copier){ .fail_at = at };
		ck_assert_int_eq(kan_stream_run(&fake.src, sinks, 2, &opts, pool, NULL, &err),
		                 KAN_EIO);
		ck_assert_int_eq(strncmp(err.msg, "bad: disk full", 14), 0);
		ck_assert(!copiers[1].called_after_failure);
		ck_assert(!copiers[0].broken && !copiers[1].broken);
	}
}
END_TEST

static int fail_silently(void *self, const struct kan_block *blk, struct kan_err *err)
{
	(void)self;
	(void)blk;
	(void)err;
	return KAN_ENOMEM;
}

START_TEST(stream_gives_a_reason_where_the_sink_gives_none)
{
	KAN_AUTO(pool) struct kan_pool *pool = new_pool(2);
	const struct kan_sink sink = { "mute", KAN_ANY_ORDER, NULL, fail_silently, NULL };
	struct kan_err err = { 0 };

	ck_assert_int_eq(kan_stream_run(&fake.src, &sink, 1, NULL, pool, NULL, &err), KAN_ENOMEM);
	ck_assert_int_eq(err.code, KAN_ENOMEM);
	ck_assert_str_eq(err.msg, "mute: failed without a reason");
}
END_TEST

START_TEST(stream_stops_at_a_failing_source_and_names_it)
{
	static struct copier copier;
	KAN_AUTO(pool) struct kan_pool *pool = new_pool(workers[_i]);
	struct kan_sink sink = copier_sink(&copier, "copy");
	struct kan_stream_opts opts = { .block_len = 1000, .ahead_len = 10 };
	long n = 1;
	int rc;

	do {
		struct kan_err err = { 0 };

		fake_init(&fake, data, SIZE);
		fake.fail_at = n++;
		copier = (struct copier){ .fail_at = KAN_NO_OFFSET };
		rc = kan_stream_run(&fake.src, &sink, 1, &opts, pool, NULL, &err);
		if (rc == KAN_OK)
			break;
		ck_assert_int_eq(rc, KAN_EWORKER);
		ck_assert_int_eq(strncmp(err.msg, "fake: call", 10), 0);
		ck_assert_uint_lt(copier.next, SIZE);
	} while (true);
	/* 41 blocks, all but the last with bytes ahead. */
	ck_assert_int_eq(n - 1, 41 + 40 + 1);
}
END_TEST

START_TEST(stream_refuses_a_block_longer_than_memory)
{
	KAN_AUTO(pool) struct kan_pool *pool = new_pool(1);
	struct kan_stream_opts opts = { .block_len = SIZE_MAX, .ahead_len = 2 };
	struct kan_err err = { 0 };

	ck_assert_int_eq(kan_stream_run(&fake.src, NULL, 0, &opts, pool, NULL, &err), KAN_EARG);
	ck_assert_ptr_nonnull(strstr(err.msg, "too long"));
}
END_TEST

/* ---- progress --------------------------------------------------------------- */

struct watch {
	pthread_mutex_t lock; /* guards calls */
	pthread_cond_t called;
	size_t calls;
	pthread_t thread; /* that must do the calls */
	uint64_t done, total;
	bool wrong;
	bool answer;
};

static bool update(void *arg, uint64_t done, uint64_t total)
{
	struct watch *w = arg;

	w->wrong |= !pthread_equal(w->thread, pthread_self()) || done < w->done || total != SIZE;
	w->done = done;
	w->total = total;
	pthread_mutex_lock(&w->lock);
	w->calls++;
	pthread_cond_broadcast(&w->called);
	pthread_mutex_unlock(&w->lock);
	return w->answer;
}

/* Waits for one more report of progress at each of the blocks 75 to 78, the last. */
static int wait_for_update(void *self, const struct kan_block *blk, struct kan_err *err)
{
	struct watch *w = self;
	uint64_t block = blk->offset / 512;

	(void)err;
	if (block < 75)
		return KAN_OK;
	pthread_mutex_lock(&w->lock);
	while (w->calls < block - 74)
		pthread_cond_wait(&w->called, &w->lock);
	pthread_mutex_unlock(&w->lock);
	return KAN_OK;
}

static struct watch new_watch(bool answer)
{
	return (struct watch){ .lock = PTHREAD_MUTEX_INITIALIZER,
		               .called = PTHREAD_COND_INITIALIZER,
		               .thread = pthread_self(),
		               .answer = answer };
}

START_TEST(stream_reports_progress_on_the_calling_thread)
{
	struct watch w = new_watch(true);
	KAN_AUTO(pool) struct kan_pool *pool = new_pool(workers[_i]);
	const struct kan_sink sink = { "wait", KAN_IN_ORDER, &w, wait_for_update, NULL };
	struct kan_stream_opts opts = { .block_len = 512, .progress = { update, &w } };

	ck_assert_int_eq(kan_stream_run(&fake.src, &sink, 1, &opts, pool, NULL, NULL), KAN_OK);
	ck_assert_uint_ge(w.calls, 78 - 74 + 1);
	ck_assert(!w.wrong);
	ck_assert_uint_eq(w.done, SIZE);
}
END_TEST

START_TEST(stream_finishes_blocks_in_flight_when_it_is_stopped)
{
	static struct copier copiers[2];
	struct watch w = new_watch(false);
	KAN_AUTO(pool) struct kan_pool *pool = new_pool(workers[_i]);
	struct kan_sink sinks[] = { { "wait", KAN_IN_ORDER, &w, wait_for_update, NULL },
		                    copier_sink(&copiers[0], "a"),
		                    copier_sink(&copiers[1], "b") };
	struct kan_stream_opts opts = { .block_len = 512,
		                        .in_flight = 2,
		                        .progress = { update, &w } };
	struct kan_err err = { 0 };

	ck_assert_int_eq(kan_stream_run(&fake.src, sinks, 3, &opts, pool, NULL, &err),
	                 KAN_ESTOPPED);
	ck_assert_uint_ge(copiers[0].next, 75 * 512);
	ck_assert_uint_lt(copiers[0].next, SIZE);
	ck_assert_uint_eq(copiers[0].next, copiers[1].next);
	ck_assert(!copiers[0].broken && !copiers[1].broken);
	ck_assert_ptr_nonnull(strstr(err.msg, "stopped after"));
}
END_TEST

static Suite *stream_end_suite(void)
{
	Suite *s = suite_create("stream end");
	TCase *failures = tcase_create("failures");
	TCase *progress = tcase_create("progress");

	tcase_add_loop_test(failures, stream_stops_at_a_failing_sink_and_names_it, 0, NWORKERS);
	tcase_add_test(failures, stream_gives_a_reason_where_the_sink_gives_none);
	tcase_add_loop_test(failures, stream_stops_at_a_failing_source_and_names_it, 0, NWORKERS);
	tcase_add_test(failures, stream_refuses_a_block_longer_than_memory);
	tcase_add_loop_test(progress, stream_reports_progress_on_the_calling_thread, 0, NWORKERS);
	tcase_add_loop_test(progress, stream_finishes_blocks_in_flight_when_it_is_stopped, 0,
	                    NWORKERS);
	tcase_add_checked_fixture(failures, setup, NULL);
	tcase_set_timeout(failures, 60);
	suite_add_tcase(s, failures);
	tcase_add_checked_fixture(progress, setup, NULL);
	tcase_set_timeout(progress, 60);
	suite_add_tcase(s, progress);
	return s;
}

RUN_SUITE(stream_end_suite)
