/* SPDX-License-Identifier: MIT */
/*
 * test_sort_faults.c - the sorter with memory, disk and files that fail at every point
 *
 * The sources are compiled into this program with their system calls renamed, so
 * that the n-th call can fail.  These definitions win over those of the library.
 */
#include "suite.h"

#include "core/bytes.h"
#include "core/cleanup.h"
#include "core/view.h"
#include "kanshiki/err.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

static size_t calls_left; /* until one fails; 0: none fails any more */
static size_t calls;
static bool only_short; /* transfers move one byte, and are interrupted now and then */
static bool no_tmpfile;

static bool fails(void)
{
	calls++;
	return calls_left > 0 && --calls_left == 0;
}

static void *test_malloc(size_t len)
{
	return fails() ? NULL : malloc(len);
}

static void *test_calloc(size_t n, size_t len)
{
	return fails() ? NULL : calloc(n, len);
}

static void *test_reallocarray(void *p, size_t n, size_t len)
{
	return fails() ? NULL : reallocarray(p, n, len);
}

static char *test_strdup(const char *s)
{
	return fails() ? NULL : strdup(s);
}

static ssize_t test_pwrite(int fd, const void *data, size_t len, off_t at)
{
	if (fails()) {
		errno = ENOSPC;
		return -1;
	}
	if (only_short && calls % 3 == 0) {
		errno = EINTR;
		return -1;
	}
	return pwrite(fd, data, only_short ? 1 + len / 2 : len, at);
}

static ssize_t test_pread(int fd, void *data, size_t len, off_t at)
{
	if (fails()) {
		errno = EIO;
		return -1;
	}
	if (only_short && calls % 3 == 0) {
		errno = EINTR;
		return -1;
	}
	return pread(fd, data, only_short ? 1 : len, at);
}

static int test_open(const char *path, int flags, int mode)
{
	if (fails()) {
		errno = EMFILE;
		return -1;
	}
	if (no_tmpfile) {
		errno = EOPNOTSUPP;
		return -1;
	}
	return open(path, flags, mode);
}

#define malloc       test_malloc
#define calloc       test_calloc
#define reallocarray test_reallocarray
#undef strdup
#define strdup    test_strdup
#define pwrite    test_pwrite
#define pread     test_pread
#define open(...) test_open(__VA_ARGS__)
#include "core/tmpfile.c" /* NOLINT(bugprone-suspicious-include) */
#undef open
#include "core/runs.c" /* NOLINT(bugprone-suspicious-include) */
#include "core/sort.c" /* NOLINT(bugprone-suspicious-include) */

enum { NRECORDS = 3000 };

struct seen {
	size_t n;
};

static int expect_number(void *arg, struct kan_view key, struct kan_view data, struct kan_err *err)
{
	struct seen *seen = arg;

	(void)err;
	(void)data;
	ck_assert_uint_eq(key.len, 4);
	ck_assert_uint_eq(kan_be32(key.data), seen->n);
	seen->n++;
	return KAN_OK;
}

/* Numbers in falling order through 4 KiB: dozens of runs and two passes. */
static int sort_numbers(struct seen *seen, struct kan_err *err)
{
	KAN_AUTO(sort) struct kan_sort *s = NULL;
	int rc = kan_sort_new(&s, 4096, "/tmp", err);

	for (uint32_t i = NRECORDS; i-- > 0 && rc == KAN_OK;) {
		uint8_t key[4];

		kan_put_be32(key, i);
		rc = kan_sort_add(s, (struct kan_view){ key, 4 }, (struct kan_view){ key, 4 }, err);
	}
	return rc == KAN_OK ? kan_sort_each(s, expect_number, seen, err) : rc;
}

START_TEST(every_failing_call_becomes_an_error_and_no_record_is_lost_in_silence)
{
	size_t failed = 0;

	for (size_t at = 1;; at++) {
		struct kan_err err = { 0 };
		struct seen seen = { 0 };
		int rc;

		calls_left = at;
		rc = sort_numbers(&seen, &err);
		if (calls_left > 0) {
			ck_assert_int_eq(rc, KAN_OK);
			ck_assert_uint_eq(seen.n, NRECORDS);
			break;
		}
		ck_assert_msg(rc == KAN_ENOMEM || rc == KAN_EIO, "call %zu: %d", at, rc);
		ck_assert_int_eq(err.code, rc);
		failed++;
	}
	calls_left = 0;
	ck_assert_uint_gt(failed, 100);
}
END_TEST

START_TEST(full_disk_is_named)
{
	struct kan_err err = { 0 };
	struct seen seen = { 0 };

	calls_left = 7; /* sorter, name, block; buffer, file, list; the first write */
	ck_assert_int_eq(sort_numbers(&seen, &err), KAN_EIO);
	ck_assert_int_eq(err.os_errno, ENOSPC);
	ck_assert_ptr_nonnull(strstr(err.msg, "temporary file"));
	ck_assert_uint_eq(seen.n, 0);
}
END_TEST

START_TEST(short_and_interrupted_transfers_change_nothing)
{
	struct kan_err err = { 0 };
	struct seen seen = { 0 };

	only_short = true;
	ck_assert_msg(sort_numbers(&seen, &err) == KAN_OK, "%s", err.msg);
	only_short = false;
	ck_assert_uint_eq(seen.n, NRECORDS);
}
END_TEST

START_TEST(folder_without_nameless_files_works_and_keeps_nothing)
{
	char dir[] = "/tmp/kanshiki-test-XXXXXX";
	struct kan_err err = { 0 };
	int fd = -1;

	ck_assert_ptr_nonnull(mkdtemp(dir));
	no_tmpfile = true;
	ck_assert_msg(kan_tmpfile_open(&fd, dir, &err) == KAN_OK, "%s", err.msg);
	no_tmpfile = false;
	ck_assert_int_eq(write(fd, "x", 1), 1);
	ck_assert_msg(rmdir(dir) == 0, "the folder is not empty");
	(void)close(fd);
}
END_TEST

static Suite *sort_faults_suite(void)
{
	Suite *s = suite_create("sort-faults");
	TCase *faults = tcase_create("faults");

	tcase_set_timeout(faults, 120);
	tcase_add_test(faults,
	               every_failing_call_becomes_an_error_and_no_record_is_lost_in_silence);
	tcase_add_test(faults, full_disk_is_named);
	tcase_add_test(faults, short_and_interrupted_transfers_change_nothing);
	tcase_add_test(faults, folder_without_nameless_files_works_and_keeps_nothing);
	suite_add_tcase(s, faults);
	return s;
}

RUN_SUITE(sort_faults_suite)
