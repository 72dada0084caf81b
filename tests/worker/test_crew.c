/* SPDX-License-Identifier: MIT */
/*
 * test_crew.c - a crew gets all that can be got, whatever single jobs do
 */
#include "kanshiki/worker.h"
#include "core/cleanup.h"
#include "suite.h"
#include "worker/toy.h"

KAN_DEFINE_DROP(crew, struct kan_crew *, kan_crew_free)

#define MAX_JOBS 256
#define NMIXED   60

/* What came of one job. */
struct outcome {
	enum kan_job_end end;
	unsigned done;    /* calls of done() */
	unsigned retries; /* calls of retry() */
	size_t records;   /* since the last retry */
	uint64_t sum;     /* over the records' bytes, order-dependent */
	int signal;
};

struct log {
	struct outcome jobs[MAX_JOBS];
	struct kan_crew *crew;
	unsigned ticks;
	unsigned ticks_allowed; /* 0: any number */
	bool kill_first;        /* kill the worker whose record comes first */
	unsigned refuse_after;  /* records; 0: never */
	unsigned seen;
};

static int on_record(void *arg, uint64_t tag, struct kan_bytes rec, struct kan_err *err)
{
	struct log *log = arg;
	struct outcome *o = &log->jobs[tag];

	o->records++;
	for (size_t i = 0; i < rec.len; i += rec.len / 16 + 1)
		o->sum = o->sum * 31 + rec.data[i];
	if (log->kill_first) {
		log->kill_first = false;
		ck_assert_int_eq(kill((pid_t)kan_le32(rec.data), SIGKILL), 0);
	}
	if (log->refuse_after > 0 && ++log->seen == log->refuse_after)
		return kan_fail(err, KAN_EIO, "disk full");
	return KAN_OK;
}

static void on_retry(void *arg, uint64_t tag)
{
	struct outcome *o = &((struct log *)arg)->jobs[tag];

	*o = (struct outcome){ .retries = o->retries + 1 };
}

static int on_done(void *arg, uint64_t tag, const struct kan_job_result *result,
                   struct kan_err *err)
{
	struct outcome *o = &((struct log *)arg)->jobs[tag];

	(void)err;
	o->done++;
	o->end = result->end;
	o->signal = result->signal;
	return KAN_OK;
}

static bool on_tick(void *arg)
{
	struct log *log = arg;

	log->ticks++;
	return log->ticks_allowed == 0 || log->ticks < log->ticks_allowed;
}

static struct kan_crew *crew_of(size_t n, const struct kan_worker_opts *opts, struct log *log)
{
	const struct kan_crew_events events = { on_record, on_retry, on_done, on_tick, log };
	struct kan_crew *crew = NULL;

	ck_assert_int_eq(kan_crew_new(&crew, n, &toy_ops, opts, &events, NULL), KAN_OK);
	log->crew = crew;
	return crew;
}

static void submit(struct kan_crew *crew, uint64_t tag, const char *request)
{
	ck_assert_int_eq(kan_crew_submit(crew, tag, request, strlen(request), NULL), KAN_OK);
}

static void run(struct kan_crew *crew)
{
	struct kan_err err = { 0 };

	ck_assert_msg(kan_crew_run(crew, &err) == KAN_OK, "%s", err.msg);
}

/* Good jobs among which every kind of bad one is strewn. */
static void run_mixture(size_t nworkers, struct log *log)
{
	static const char *const bad[] = { "crash",  "exit 0", "nonsense 1", "scribble",
		                           "enomem", "fail",   "hang" };
	const struct kan_worker_opts opts = { .seconds = 1 };
	KAN_AUTO(crew) struct kan_crew *crew = crew_of(nworkers, &opts, log);

	for (uint64_t tag = 0; tag < NMIXED; tag++) {
		char good[32];
		snprintf(good, sizeof(good), "count %u", (unsigned)tag * 37);
		submit(crew, tag, tag % 10 == 3 ? bad[tag / 10] : good);
	}
	run(crew);
}

START_TEST(bad_jobs_cost_only_themselves)
{
	static const enum kan_job_end ends[] = {
		KAN_JOB_CRASHED, KAN_JOB_CRASHED, KAN_JOB_CRASHED,
		KAN_JOB_CRASHED, KAN_JOB_MEMORY,  KAN_JOB_FAILED,
	};
	struct log log = { 0 };

	run_mixture(4, &log);
	for (unsigned tag = 0; tag < NMIXED; tag++) {
		const struct outcome *o = &log.jobs[tag];
		enum kan_job_end want = tag % 10 == 3 ? ends[tag / 10] : KAN_JOB_DONE;
		bool broken = want != KAN_JOB_DONE && want != KAN_JOB_FAILED;

		ck_assert_uint_eq(o->done, 1);
		ck_assert_int_eq(o->end, want);
		ck_assert_uint_eq(o->retries, broken);
		ck_assert_uint_eq(o->records, tag % 10 == 3 ? 0 : tag * 37);
	}
}
END_TEST

START_TEST(any_number_of_workers_gives_the_same_results)
{
	static const size_t counts[] = { 2, 3, 8, 16 };
	struct log one = { 0 }, many = { 0 };

	run_mixture(1, &one);
	run_mixture(counts[_i], &many);
	for (unsigned tag = 0; tag < NMIXED; tag++) {
		ck_assert_int_eq(one.jobs[tag].end, many.jobs[tag].end);
		ck_assert_uint_eq(one.jobs[tag].records, many.jobs[tag].records);
		ck_assert_uint_eq(one.jobs[tag].sum, many.jobs[tag].sum);
		ck_assert_uint_eq(one.jobs[tag].retries, many.jobs[tag].retries);
	}
}
END_TEST

START_TEST(job_that_hangs_twice_is_given_up_and_the_others_are_not)
{
	const struct kan_worker_opts opts = { .seconds = 3 };
	struct log log = { 0 };
	KAN_AUTO(crew) struct kan_crew *crew = crew_of(2, &opts, &log);

	submit(crew, 0, "hang");
	for (uint64_t tag = 1; tag < 20; tag++)
		submit(crew, tag, "count 50");
	run(crew);
	ck_assert_int_eq(log.jobs[0].end, KAN_JOB_TIMEOUT);
	ck_assert_uint_eq(log.jobs[0].retries, 1);
	for (unsigned tag = 1; tag < 20; tag++)
		ck_assert_uint_eq(log.jobs[tag].records, 50);
}
END_TEST

START_TEST(long_records_of_many_workers_all_arrive)
{
	struct log log = { 0 };
	KAN_AUTO(crew) struct kan_crew *crew = crew_of(3, NULL, &log);

	for (uint64_t tag = 0; tag < 8; tag++)
		submit(crew, tag, tag % 2 ? "big 5" : "count 100000");
	run(crew);
	for (unsigned tag = 0; tag < 8; tag++) {
		ck_assert_int_eq(log.jobs[tag].end, KAN_JOB_DONE);
		ck_assert_uint_eq(log.jobs[tag].records, tag % 2 ? 5 : 100000);
	}
}
END_TEST

START_TEST(job_that_crashes_once_succeeds_in_a_fresh_worker)
{
	const struct kan_worker_opts opts = { .arg = toy_shared() };
	struct log log = { 0 };
	KAN_AUTO(crew) struct kan_crew *crew = crew_of(2, &opts, &log);

	submit(crew, 0, "crash-once 0");
	submit(crew, 1, "crash-once 1");
	run(crew);
	for (int tag = 0; tag < 2; tag++) {
		ck_assert_int_eq(log.jobs[tag].end, KAN_JOB_DONE);
		ck_assert_uint_eq(log.jobs[tag].retries, 1);
	}
}
END_TEST

START_TEST(job_whose_worker_is_killed_from_outside_is_tried_again)
{
	const struct kan_worker_opts opts = { .arg = toy_shared() };
	struct log log = { .kill_first = true };
	KAN_AUTO(crew) struct kan_crew *crew = crew_of(1, &opts, &log);

	submit(crew, 0, "long-then-hang-once 0");
	submit(crew, 1, "count 5");
	run(crew);
	ck_assert_uint_eq(log.jobs[0].retries, 1);
	ck_assert_int_eq(log.jobs[0].end, KAN_JOB_DONE);
	ck_assert_uint_eq(log.jobs[0].records, 1);
	ck_assert_int_eq(log.jobs[1].end, KAN_JOB_DONE);
}
END_TEST

/* ---- stopping ----------------------------------------------------------------- */

START_TEST(tick_that_says_no_stops_the_run_and_kills_the_workers)
{
	struct log log = { .ticks_allowed = 1 };
	KAN_AUTO(crew) struct kan_crew *crew = crew_of(2, NULL, &log);

	submit(crew, 0, "hang");
	submit(crew, 1, "hang");
	ck_assert_int_eq(kan_crew_run(crew, NULL), KAN_ESTOPPED);
	ck_assert(toy_no_children());
}
END_TEST

START_TEST(error_of_an_event_stops_the_run_and_kills_the_workers)
{
	struct log log = { .refuse_after = 10 };
	KAN_AUTO(crew) struct kan_crew *crew = crew_of(2, NULL, &log);
	struct kan_err err = { 0 };

	submit(crew, 0, "count 100");
	submit(crew, 1, "hang");
	ck_assert_int_eq(kan_crew_run(crew, &err), KAN_EIO);
	ck_assert_ptr_nonnull(strstr(err.msg, "disk full"));
	ck_assert(toy_no_children());
}
END_TEST

static int start_and_count(void *arg, void **state_out, struct kan_err *err)
{
	(void)state_out;
	atomic_fetch_add((atomic_uint *)arg, 1);
	return kan_fail(err, KAN_EUNSUPPORTED, "cannot parse this");
}

START_TEST(start_that_always_fails_ends_the_run_after_three_in_a_row)
{
	static const struct kan_worker_ops ops = { "toy", start_and_count, toy_job };
	const struct kan_worker_opts opts = { .arg = toy_shared() };
	struct log log = { 0 };
	const struct kan_crew_events events = { .done = on_done, .arg = &log };
	KAN_AUTO(crew) struct kan_crew *crew = NULL;
	struct kan_err err = { 0 };

	ck_assert_int_eq(kan_crew_new(&crew, 1, &ops, &opts, &events, NULL), KAN_OK);
	for (uint64_t tag = 0; tag < 20; tag++)
		submit(crew, tag, "count 1");
	ck_assert_int_eq(kan_crew_run(crew, &err), KAN_EUNSUPPORTED);
	ck_assert_str_eq(err.msg, "cannot parse this");
	ck_assert_uint_eq(atomic_load((atomic_uint *)opts.arg), 3);
	ck_assert(toy_no_children());
}
END_TEST

/* ---- events and resources ---------------------------------------------------------- */

static int submit_more(void *arg, uint64_t tag, const struct kan_job_result *result,
                       struct kan_err *err)
{
	struct log *log = arg;
	int rc = on_done(arg, tag, result, err);

	if (rc == KAN_OK && tag < 50)
		rc = kan_crew_submit(log->crew, tag + 1, "count 2", 7, err);
	return rc;
}

START_TEST(jobs_submitted_from_done_are_run)
{
	struct log log = { 0 };
	const struct kan_crew_events events = { .record = on_record,
		                                .done = submit_more,
		                                .arg = &log };
	KAN_AUTO(crew) struct kan_crew *crew = NULL;

	ck_assert_int_eq(kan_crew_new(&crew, 2, &toy_ops, NULL, &events, NULL), KAN_OK);
	log.crew = crew;
	submit(crew, 0, "count 2");
	run(crew);
	for (int tag = 0; tag <= 50; tag++)
		ck_assert_uint_eq(log.jobs[tag].records, 2);
}
END_TEST

START_TEST(crew_can_run_again_and_leaves_no_descriptor_and_no_zombie)
{
	size_t before = toy_count_fds();
	struct log log = { 0 };
	KAN_AUTO(crew) struct kan_crew *crew = crew_of(3, NULL, &log);

	for (uint64_t round = 0; round < 20; round++) {
		submit(crew, round, round % 2 ? "count 3" : "crash");
		run(crew);
		ck_assert_uint_eq(log.jobs[round].done, 1);
	}
	kan_crew_free(KAN_STEAL(crew));
	ck_assert_uint_eq(toy_count_fds(), before);
	ck_assert(toy_no_children());
}
END_TEST

START_TEST(crew_without_work_forks_nothing)
{
	struct log log = { 0 };
	KAN_AUTO(crew) struct kan_crew *crew = crew_of(16, NULL, &log);

	run(crew);
	ck_assert(toy_no_children());
	submit(crew, 0, "pid");
	run(crew);
	ck_assert_int_eq(log.jobs[0].end, KAN_JOB_DONE);
}
END_TEST

START_TEST(crew_refuses_zero_workers)
{
	const struct kan_crew_events events = { 0 };
	struct kan_crew *crew = NULL;

	ck_assert_int_eq(kan_crew_new(&crew, 0, &toy_ops, NULL, &events, NULL), KAN_EARG);
	ck_assert_ptr_null(crew);
}
END_TEST

static Suite *crew_suite(void)
{
	Suite *s = suite_create("crew");
	TCase *results = tcase_create("results");
	TCase *stops = tcase_create("stops");
	TCase *events = tcase_create("events and resources");

	tcase_set_timeout(results, 120);
	tcase_set_timeout(stops, 120);
	tcase_add_test(results, bad_jobs_cost_only_themselves);
	tcase_add_loop_test(results, any_number_of_workers_gives_the_same_results, 0, 4);
	tcase_add_test(results, job_that_hangs_twice_is_given_up_and_the_others_are_not);
	tcase_add_test(results, long_records_of_many_workers_all_arrive);
	tcase_add_test(results, job_that_crashes_once_succeeds_in_a_fresh_worker);
	tcase_add_test(results, job_whose_worker_is_killed_from_outside_is_tried_again);
	tcase_add_test(stops, tick_that_says_no_stops_the_run_and_kills_the_workers);
	tcase_add_test(stops, error_of_an_event_stops_the_run_and_kills_the_workers);
	tcase_add_test(stops, start_that_always_fails_ends_the_run_after_three_in_a_row);
	tcase_add_test(events, jobs_submitted_from_done_are_run);
	tcase_add_test(events, crew_can_run_again_and_leaves_no_descriptor_and_no_zombie);
	tcase_add_test(events, crew_without_work_forks_nothing);
	tcase_add_test(events, crew_refuses_zero_workers);
	suite_add_tcase(s, results);
	suite_add_tcase(s, stops);
	suite_add_tcase(s, events);
	return s;
}

RUN_SUITE(crew_suite)
