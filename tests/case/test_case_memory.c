/* SPDX-License-Identifier: MIT */
/*
 * test_case_memory.c - a case survives every allocation that fails
 *
 * The n-th allocation fails, for every n, in everything from making a case to
 * reading it back: ours, SQLite's and those of the C library.
 */
/* Visible to the shared libraries too, so that theirs fail as well. */
#pragma GCC visibility push(default)
#include "failing_memory.h"
#pragma GCC visibility pop
#include "case/sample.h"
#include "suite.h"

static int count_file(void *arg, const struct kan_file *f, struct kan_err *err)
{
	(void)f;
	(void)err;
	++*(size_t *)arg;
	return KAN_OK;
}

static int take_row(void *arg, int n, const char *const *columns, struct kan_err *err)
{
	(void)arg;
	(void)n;
	(void)columns;
	(void)err;
	return KAN_OK;
}

/* Make a case with a bit of everything. */
static int make(struct kan_err *err)
{
	KAN_AUTO(case) struct kan_case *c = NULL;
	const struct kan_case_field field = { "text", "a\\b\x01" };
	struct kan_findings found = { 0 };
	struct kan_file f = sample_file("/a\\\xff", 1);
	int rc = kan_case_create(&c, "c", err);

	f.size = UINT64_MAX;
	if (rc == KAN_OK)
		rc = kan_case_log(c, "run.started", &field, 1, err);
	if (rc == KAN_OK)
		rc = kan_case_add_file(c, &f, err);
	kan_findings_add(&found, KAN_FINDING_ENCRYPTED, 5, 6, "volume\t1", "why");
	if (rc == KAN_OK)
		rc = kan_case_add_findings(c, 1, "layout", &found, err);
	kan_findings_done(&found);
	if (rc == KAN_OK)
		rc = kan_case_query(c, "SELECT * FROM file", take_row, NULL, err);
	if (rc == KAN_OK)
		rc = kan_case_write(c, "files.csv", "x\n", 2, err);
	if (rc == KAN_OK)
		rc = kan_case_finish(c, true, err);
	return rc == KAN_OK ? kan_case_write(c, "report.html", "<p>", 3, err) : rc;
}

static int read_back(struct kan_err *err)
{
	KAN_AUTO(case) struct kan_case *c = NULL;
	struct kan_hash_set set;
	size_t n = 0;
	int rc = kan_case_open(&c, "c", err);

	if (rc == KAN_OK)
		rc = kan_case_each_file(c, count_file, &n, err);
	if (rc == KAN_OK)
		rc = kan_case_hashes(c, &set, err);
	if (rc == KAN_OK)
		rc = kan_case_query(c, "SELECT path, size FROM file JOIN stream ON file = file.id",
		                    take_row, NULL, err);
	return rc == KAN_OK && n != 1 ? kan_fail(err, KAN_EARG, "a file is missing") : rc;
}

/* The chain must hold whatever failed; true if the case is complete. */
static bool check_case(void)
{
	struct kan_findings found = { 0 };
	struct kan_case *c = NULL;
	bool complete;

	if (!sample_exists("c/case.jsonl"))
		return false;
	ck_assert_int_eq(kan_case_log_check("c/case.jsonl", &found, NULL, NULL), KAN_OK);
	for (size_t i = 0; i < found.n; i++) /* a log without a line is no broken chain */
		ck_assert(!kan_finding_is_problem(found.list[i].kind) ||
		          strcmp(found.list[i].detail, "not one whole line") == 0);
	kan_findings_done(&found);
	c = sample_open("c");
	complete = kan_case_state(c) == KAN_CASE_COMPLETE;
	kan_case_close(c);
	return complete;
}

static void remove_case(void)
{
	static const char *const names[] = { "c/case.jsonl",   "c/case.db",   "c/evidence.json",
		                             "c/coverage.csv", "c/files.csv", "c/report.html" };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		(void)unlink(names[i]); /* the report may be missing */
	ck_assert_int_eq(rmdir("c"), 0);
}

/* Run @fn with the @n-th allocation failing; true if there was one. */
static bool fails_at(int (*fn)(struct kan_err *err), long n, int *rc)
{
	struct kan_err err = { 0 };
	bool failed;

	memory_fail_at(n);
	*rc = fn(&err);
	failed = memory_has_failed();
	memory_fail_at(0);
	if (*rc != KAN_OK)
		ck_assert_str_ne(err.msg, "");
	return failed;
}

/* The libraries allocate some things once and keep them. */
static void warm_up(void)
{
	ck_assert_int_eq(make(NULL), KAN_OK);
	ck_assert_int_eq(read_back(NULL), KAN_OK);
	remove_case();
}

START_TEST(case_survives_every_allocation_that_fails_while_it_is_made)
{
	long n = 1, failures = 0;
	int rc = KAN_OK;

	if (!KAN_MEMORY_CAN_FAIL) {
		printf("SKIP: this build brings an allocator of its own\n");
		return;
	}
	warm_up();
	for (; fails_at(make, n, &rc); n++) {
		bool complete = check_case();

		failures += rc != KAN_OK;
		/* Only the view that is written last may be missing from a complete case. */
		ck_assert_msg(rc != KAN_OK || complete, "allocation %ld", n);
		if (!complete)
			ck_assert_msg(make(NULL) == KAN_OK, "allocation %ld", n);
		ck_assert_msg(read_back(NULL) == KAN_OK, "allocation %ld", n);
		remove_case();
	}
	ck_assert_int_eq(rc, KAN_OK);
	ck_assert_int_gt(failures, 100);
}
END_TEST

START_TEST(case_survives_every_allocation_that_fails_while_it_is_read)
{
	long n = 1;
	int rc = KAN_OK;

	if (!KAN_MEMORY_CAN_FAIL) {
		printf("SKIP: this build brings an allocator of its own\n");
		return;
	}
	warm_up();
	ck_assert_int_eq(make(NULL), KAN_OK);
	for (; fails_at(read_back, n, &rc); n++) /* right, or an error */
		ck_assert_int_ne(rc, KAN_EARG);
	ck_assert_int_eq(rc, KAN_OK);
	ck_assert_int_gt(n, 50);
}
END_TEST

static int check_log(struct kan_err *err)
{
	struct kan_findings found = { 0 };
	uint64_t nlines = 0;
	int rc = kan_case_log_check("c/case.jsonl", &found, &nlines, err);

	if (rc == KAN_OK && (nlines != 4 || found.n + found.dropped != 1))
		rc = kan_fail(err, KAN_EARG, "damage that is none");
	kan_findings_done(&found);
	return rc;
}

START_TEST(log_check_never_takes_lack_of_memory_for_damage)
{
	long n = 1;
	int rc = KAN_OK;

	if (!KAN_MEMORY_CAN_FAIL) {
		printf("SKIP: this build brings an allocator of its own\n");
		return;
	}
	warm_up();
	ck_assert_int_eq(make(NULL), KAN_OK);
	for (; fails_at(check_log, n, &rc); n++)
		ck_assert_msg(rc == KAN_OK || rc == KAN_ENOMEM, "allocation %ld: %d", n, rc);
	ck_assert_int_eq(rc, KAN_OK);
	ck_assert_int_gt(n, 20);
}
END_TEST

/* In memory where that is possible: thousands of cases are synced. */
static void setup(void)
{
	sample_setup_in(access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
}

static Suite *memory_suite(void)
{
	Suite *s = suite_create("memory");
	TCase *tc = tcase_create("every allocation");

	tcase_add_checked_fixture(tc, setup, sample_teardown);
	tcase_set_timeout(tc, 200);
	tcase_add_test(tc, case_survives_every_allocation_that_fails_while_it_is_made);
	tcase_add_test(tc, case_survives_every_allocation_that_fails_while_it_is_read);
	tcase_add_test(tc, log_check_never_takes_lack_of_memory_for_damage);
	suite_add_tcase(s, tc);
	return s;
}

RUN_SUITE(memory_suite)
