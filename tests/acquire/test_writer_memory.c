/* SPDX-License-Identifier: MIT */
/*
 * test_writer_memory.c - a writer survives every allocation that fails
 */
#include "failing_memory.h"

#include "acquire/writer_check.h"

enum { LEN = 3 * CHUNK + 512 };

/* A whole run in which the @n-th allocation fails; true if it was asked for. */
static bool write_with_failure(const char *path, const uint8_t *data, enum kan_compress how, long n)
{
	struct kan_writer_opts opts = opts_for(LEN);
	struct kan_writer_end end = { 0 };
	struct kan_writer *w = NULL;
	struct kan_err err = { 0 };
	bool failed;
	int rc;

	opts.block_len = CHUNK;
	opts.compress = how;
	memory_fail_at(n);
	rc = kan_writer_create(&w, path, &opts, &err);
	if (rc == KAN_OK)
		rc = feed(w, data, &opts, 0, LEN, &err);
	if (rc == KAN_OK)
		rc = kan_writer_finish(w, &end, &err);
	kan_writer_close(w);
	failed = memory_has_failed();
	memory_fail_at(0);
	ck_assert(failed || rc == KAN_OK);
	if (rc == KAN_OK)
		must_hold(path, data, LEN);
	else
		ck_assert(err.code == (enum kan_status)rc && err.msg[0] != '\0');
	return failed;
}

START_TEST(writer_tells_of_every_allocation_that_fails)
{
	static const char *const names[] = { "m.E01", "m.E01", "m.E01", "m.dd", "m.001" };
	KAN_AUTO(mem) uint8_t *data = make_media(LEN);
	char path[MADE_PATH];
	bool failed = true;
	long n = 0;

	if (!KAN_MEMORY_CAN_FAIL) {
		printf("SKIP: this build brings an allocator of its own\n");
		return;
	}
	in_dir(path, names[_i]);
	/* The crypto library sets itself up once, and does not survive a failure there. */
	ck_assert(!write_with_failure(path, data, (enum kan_compress)(_i % 3), 100000));
	while (failed) {
		(void)unlink(path);
		failed = write_with_failure(path, data, (enum kan_compress)(_i % 3), ++n);
		ck_assert_int_lt(n, 10000);
	}
	ck_assert_int_gt(n, 5);
}
END_TEST

START_TEST(resume_tells_of_every_allocation_that_fails)
{
	static const char *const names[] = { "m.E01", "m.dd" };
	KAN_AUTO(mem) uint8_t *data = make_media(LEN);
	struct kan_writer_opts opts = opts_for(LEN);
	struct kan_writer_mark mark = { 0 };
	struct kan_writer *w = NULL;
	char path[MADE_PATH];
	bool failed = true;

	if (!KAN_MEMORY_CAN_FAIL) {
		printf("SKIP: this build brings an allocator of its own\n");
		return;
	}
	w = must_create(in_dir(path, names[_i]), &opts);
	ck_assert_int_eq(feed(w, data, &opts, 0, LEN, NULL), KAN_OK);
	ck_assert_int_eq(kan_writer_sync(w, &mark, NULL), KAN_OK);
	kan_writer_close(w);
	for (long n = 1; failed; n++) {
		int rc;

		w = NULL;
		memory_fail_at(n);
		rc = kan_writer_resume(&w, path, &opts, &mark, NULL);
		failed = memory_has_failed();
		memory_fail_at(0);
		ck_assert(failed || rc == KAN_OK);
		ck_assert((rc == KAN_OK) == (w != NULL));
		kan_writer_close(w);
		ck_assert_int_lt(n, 10000);
	}
}
END_TEST

static Suite *writer_memory_suite(void)
{
	Suite *s = suite_create("writer_memory");
	TCase *tc = tcase_create("memory");

	tcase_add_checked_fixture(tc, set_up, tear_down);
	tcase_set_timeout(tc, 60);
	tcase_add_loop_test(tc, writer_tells_of_every_allocation_that_fails, 0, 5);
	tcase_add_loop_test(tc, resume_tells_of_every_allocation_that_fails, 0, 2);
	suite_add_tcase(s, tc);
	return s;
}

RUN_SUITE(writer_memory_suite)
