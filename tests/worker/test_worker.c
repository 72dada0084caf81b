/* SPDX-License-Identifier: MIT */
/*
 * test_worker.c - one worker: every bad end is told, and the next request works
 */
#include "kanshiki/worker.h"
#include "core/cleanup.h"
#include "suite.h"
#include "worker/toy.h"

#include <fcntl.h>
#include <sys/prctl.h>

KAN_DEFINE_DROP(worker, struct kan_worker *, kan_worker_stop)

struct seen {
	size_t records;
	size_t bytes;
	size_t in_order; /* records whose number is their place */
	uint32_t first;
};

static int see(void *arg, struct kan_bytes rec, struct kan_err *err)
{
	struct seen *s = arg;
	uint32_t value = rec.len >= 4 ? kan_le32(rec.data) : 0;

	(void)err;
	if (s->records == 0)
		s->first = value;
	s->in_order += value == s->records;
	s->records++;
	s->bytes += rec.len;
	return KAN_OK;
}

static struct kan_worker *start(unsigned seconds, size_t memory, void *arg)
{
	const struct kan_worker_opts opts = {
		.seconds = seconds,
		.memory_limit = memory,
		.arg = arg,
	};
	struct kan_worker *w = NULL;
	struct kan_err err = { 0 };

	ck_assert_msg(kan_worker_start(&w, &toy_ops, &opts, &err) == KAN_OK, "%s", err.msg);
	return w;
}

static struct kan_job_result call(struct kan_worker *w, const char *request, struct seen *seen)
{
	struct kan_job_result result;
	struct kan_err err = { 0 };
	int rc = kan_worker_call(w, request, strlen(request), see, seen, &result, &err);

	ck_assert_msg(rc == KAN_OK, "%s", err.msg);
	return result;
}

static void assert_works(struct kan_worker *w)
{
	struct seen seen = { 0 };

	ck_assert_int_eq(call(w, "count 3", &seen).end, KAN_JOB_DONE);
	ck_assert_uint_eq(seen.in_order, 3);
}

START_TEST(answer_of_100000_records_arrives_complete_and_in_order)
{
	KAN_AUTO(worker) struct kan_worker *w = start(0, 0, NULL);
	struct seen seen = { 0 };

	ck_assert_int_eq(call(w, "count 100000", &seen).end, KAN_JOB_DONE);
	ck_assert_uint_eq(seen.records, 100000);
	ck_assert_uint_eq(seen.in_order, 100000);
}
END_TEST

START_TEST(records_of_the_longest_kind_arrive)
{
	KAN_AUTO(worker) struct kan_worker *w = start(0, 0, NULL);
	struct seen seen = { 0 };

	ck_assert_int_eq(call(w, "big 9", &seen).end, KAN_JOB_DONE);
	ck_assert_uint_eq(seen.records, 9);
	ck_assert_uint_eq(seen.bytes, (size_t)9 * KAN_WORKER_FRAME_MAX);
}
END_TEST

START_TEST(request_of_the_longest_kind_arrives_and_a_longer_one_is_refused)
{
	KAN_AUTO(worker) struct kan_worker *w = start(0, 0, NULL);
	KAN_AUTO(mem) char *request = calloc(1, KAN_WORKER_FRAME_MAX + 1);
	struct kan_job_result result;
	struct seen seen = { 0 };

	memcpy(request, "length", 6);
	ck_assert_int_eq(
		kan_worker_call(w, request, KAN_WORKER_FRAME_MAX, see, &seen, &result, NULL),
		KAN_OK);
	ck_assert_uint_eq(seen.first, KAN_WORKER_FRAME_MAX);
	ck_assert_int_eq(
		kan_worker_call(w, request, KAN_WORKER_FRAME_MAX + 1, see, &seen, &result, NULL),
		KAN_ELIMIT);
}
END_TEST

START_TEST(clean_error_keeps_the_worker_and_its_message_is_one_line)
{
	KAN_AUTO(worker) struct kan_worker *w = start(0, 0, NULL);
	struct seen before = { 0 }, after = { 0 };
	struct kan_job_result result;

	(void)call(w, "pid", &before);
	result = call(w, "fail 7", &after);
	ck_assert_int_eq(result.end, KAN_JOB_FAILED);
	ck_assert_int_eq(result.err.code, KAN_EFORMAT);
	ck_assert_str_eq(result.err.msg, "bad?thing 7");
	(void)call(w, "pid", &after);
	ck_assert_uint_eq(before.first, after.first);
}
END_TEST

static const struct {
	const char *request;
	enum kan_job_end end;
	int signal; /* without sanitizers, which exit instead */
	const char *words;
} bad_ends[] = {
	{ "crash", KAN_JOB_CRASHED, SIGSEGV, "died of signal 11" },
	{ "hang", KAN_JOB_TIMEOUT, 0, "gave no answer for 3 seconds" },
	{ "exit 0", KAN_JOB_CRASHED, 0, "exited with status 0" },
	{ "exit 3", KAN_JOB_CRASHED, 0, "exited with status 3" },
	{ "scribble", KAN_JOB_CRASHED, SIGSEGV, "died of signal 11" },
	{ "enomem", KAN_JOB_MEMORY, 0, "no memory" },
	{ "nonsense 0", KAN_JOB_CRASHED, 0, "longer than any can be" },
	{ "nonsense 1", KAN_JOB_CRASHED, 0, "unknown type" },
	{ "nonsense 2", KAN_JOB_CRASHED, 0, "unknown type" },
	{ "nonsense 3", KAN_JOB_CRASHED, 0, "an error that is none" },
	{ "nonsense 4", KAN_JOB_CRASHED, 0, "unknown type" },
	{ "nonsense 5", KAN_JOB_CRASHED, 0, "more after the end" },
	{ "nonsense 6", KAN_JOB_CRASHED, 0, "unknown type" },
};

START_TEST(bad_end_is_named_and_the_next_request_gets_a_fresh_worker)
{
	KAN_AUTO(worker) struct kan_worker *w = start(3, 0, NULL);
	struct seen seen = { 0 };
	struct kan_job_result result = call(w, bad_ends[_i].request, &seen);

	ck_assert_int_eq(result.end, bad_ends[_i].end);
	if (!KAN_SANITIZED || bad_ends[_i].signal == 0) {
		ck_assert_int_eq(result.signal, bad_ends[_i].signal);
		ck_assert_ptr_nonnull(strstr(result.err.msg, bad_ends[_i].words));
	}
	assert_works(w);
}
END_TEST

START_TEST(memory_that_is_eaten_ends_as_memory)
{
	if (KAN_SANITIZED) {
		puts("SKIP: sanitizers do not work under a memory limit");
		return;
	}

	KAN_AUTO(worker) struct kan_worker *w = start(60, (size_t)128 << 20, NULL);
	struct seen seen = { 0 };
	struct kan_job_result result = call(w, "eat", &seen);

	ck_assert_int_eq(result.end, KAN_JOB_MEMORY);
	ck_assert_int_eq(result.err.code, KAN_ENOMEM);
	assert_works(w);
}
END_TEST

START_TEST(every_bad_end_has_a_finding)
{
	ck_assert_int_eq(kan_job_finding(KAN_JOB_FAILED), KAN_FINDING_UNPARSED);
	ck_assert_int_eq(kan_job_finding(KAN_JOB_CRASHED), KAN_FINDING_CRASHED);
	ck_assert_int_eq(kan_job_finding(KAN_JOB_TIMEOUT), KAN_FINDING_TIMEOUT);
	ck_assert_int_eq(kan_job_finding(KAN_JOB_MEMORY), KAN_FINDING_MEMORY);
}
END_TEST

/* ---- start ------------------------------------------------------------------- */

static int start_with_error(void *arg, void **state_out, struct kan_err *err)
{
	(void)arg;
	(void)state_out;
	return kan_fail(err, KAN_EUNSUPPORTED, "cannot parse this");
}

static int start_with_exit(void *arg, void **state_out, struct kan_err *err)
{
	(void)arg;
	(void)state_out;
	(void)err;
	_exit(4);
}

START_TEST(start_that_fails_fails_the_caller_with_its_message)
{
	const struct kan_worker_ops ops = { "toy", start_with_error, toy_job };
	struct kan_worker *w = NULL;
	struct kan_err err = { 0 };

	ck_assert_int_eq(kan_worker_start(&w, &ops, NULL, &err), KAN_EUNSUPPORTED);
	ck_assert_str_eq(err.msg, "cannot parse this");
	ck_assert_ptr_null(w);
	ck_assert(toy_no_children());
}
END_TEST

START_TEST(start_that_dies_fails_the_caller)
{
	const struct kan_worker_ops ops = { "toy", start_with_exit, toy_job };
	struct kan_worker *w = NULL;
	struct kan_err err = { 0 };

	ck_assert_int_eq(kan_worker_start(&w, &ops, NULL, &err), KAN_EWORKER);
	ck_assert_ptr_nonnull(strstr(err.msg, "status 4"));
	ck_assert(toy_no_children());
}
END_TEST

/* ---- life and death ------------------------------------------------------------ */

START_TEST(worker_that_died_while_idle_is_replaced_without_a_word)
{
	KAN_AUTO(worker) struct kan_worker *w = start(0, 0, NULL);
	struct seen seen = { 0 };

	(void)call(w, "pid", &seen);
	ck_assert_int_eq(kill((pid_t)seen.first, SIGKILL), 0);
	ck_assert_int_eq(waitid(P_PID, (id_t)seen.first, NULL, WEXITED | WNOWAIT), 0);
	assert_works(w);
}
END_TEST

START_TEST(hundred_workers_leave_no_descriptor_and_no_zombie)
{
	size_t before = toy_count_fds();

	for (int i = 0; i < 100; i++) {
		KAN_AUTO(worker) struct kan_worker *w = start(0, 0, NULL);
		struct seen seen = { 0 };
		(void)call(w, i % 2 ? "count 1" : "crash", &seen);
	}
	ck_assert_uint_eq(toy_count_fds(), before);
	ck_assert(toy_no_children());
}
END_TEST

static int refuse(void *arg, struct kan_bytes rec, struct kan_err *err)
{
	(void)arg;
	(void)rec;
	return kan_fail(err, KAN_EIO, "disk full");
}

START_TEST(error_of_the_record_callback_is_returned_and_the_worker_recovers)
{
	KAN_AUTO(worker) struct kan_worker *w = start(0, 0, NULL);
	struct kan_job_result result;

	ck_assert_int_eq(kan_worker_call(w, "big 9", 5, refuse, NULL, &result, NULL), KAN_EIO);
	assert_works(w);
}
END_TEST

static int tell_pid(void *arg, struct kan_bytes rec, struct kan_err *err)
{
	(void)err;
	return write(*(int *)arg, rec.data, 4) == 4 ? KAN_OK : KAN_EIO;
}

/* A process whose worker hangs; the worker's pid goes into @fd. */
static void be_a_parent(int fd)
{
	struct kan_worker *w = start(0, 0, NULL);
	struct kan_job_result result;

	(void)!kan_worker_call(w, "long-then-hang", 14, tell_pid, &fd, &result, NULL);
	_exit(1);
}

START_TEST(worker_dies_with_its_parent)
{
	int pipe_fds[2], status = 0;
	uint8_t raw[4];
	pid_t parent;

	ck_assert_int_eq(pipe(pipe_fds), 0);
	ck_assert_int_eq(prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0), 0);
	parent = fork();
	if (parent == 0)
		be_a_parent(pipe_fds[1]);
	ck_assert_int_eq(read(pipe_fds[0], raw, 4), 4);
	ck_assert_int_eq(kill(parent, SIGKILL), 0);
	ck_assert_int_eq(waitpid(parent, NULL, 0), parent);
	ck_assert_int_eq(waitpid((pid_t)kan_le32(raw), &status, 0), (pid_t)kan_le32(raw));
	ck_assert(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
	(void)close(pipe_fds[0]);
	(void)close(pipe_fds[1]);
}
END_TEST

static Suite *worker_suite(void)
{
	static const size_t nends = sizeof(bad_ends) / sizeof(*bad_ends);
	Suite *s = suite_create("worker");
	TCase *answers = tcase_create("answers");
	TCase *ends = tcase_create("bad ends");
	TCase *starts = tcase_create("starts");
	TCase *life = tcase_create("life and death");

	tcase_add_test(answers, answer_of_100000_records_arrives_complete_and_in_order);
	tcase_add_test(answers, records_of_the_longest_kind_arrive);
	tcase_add_test(answers, request_of_the_longest_kind_arrives_and_a_longer_one_is_refused);
	tcase_add_test(answers, clean_error_keeps_the_worker_and_its_message_is_one_line);
	tcase_add_loop_test(ends, bad_end_is_named_and_the_next_request_gets_a_fresh_worker, 0,
	                    (int)nends);
	tcase_add_test(ends, memory_that_is_eaten_ends_as_memory);
	tcase_add_test(ends, every_bad_end_has_a_finding);
	tcase_add_test(starts, start_that_fails_fails_the_caller_with_its_message);
	tcase_add_test(starts, start_that_dies_fails_the_caller);
	tcase_add_test(life, worker_that_died_while_idle_is_replaced_without_a_word);
	tcase_add_test(life, hundred_workers_leave_no_descriptor_and_no_zombie);
	tcase_add_test(life, error_of_the_record_callback_is_returned_and_the_worker_recovers);
	tcase_add_test(life, worker_dies_with_its_parent);
	tcase_set_timeout(answers, 120);
	tcase_set_timeout(ends, 120);
	tcase_set_timeout(life, 120);
	suite_add_tcase(s, answers);
	suite_add_tcase(s, ends);
	suite_add_tcase(s, starts);
	suite_add_tcase(s, life);
	return s;
}

RUN_SUITE(worker_suite)
