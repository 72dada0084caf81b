/* SPDX-License-Identifier: MIT */
/*
 * test_image_faults.c - memory and reads that fail at the n-th call
 *
 * malloc() and its kin are replaced for this program: the n-th call fails, and what
 * is not given back is counted.  Under the address sanitizer, which needs them for
 * itself, the tests say that they are skipped.
 */
#undef _FORTIFY_SOURCE /* its inline calls would hide those of this test */

#include "image/ewf2_writer.h"
#include "image/image_check.h"
#include "suite.h"

#include <errno.h>
#include <sys/syscall.h>

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define REPLACED 0
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) || \
	__has_feature(memory_sanitizer)
#define REPLACED 0
#endif
#endif
#ifndef REPLACED
#define REPLACED 1
#endif

static struct {
	bool armed;
	long calls;   /* since armed */
	long fail_at; /* from 1; 0: never */
	long held;    /* blocks given and not taken back since armed */
} memory;

static struct {
	long calls;
	long fail_at;
	int error;
} disk;

/* No attribute: clang refuses one behind the inline version of a fortified build. */
#pragma GCC visibility push(default)
ssize_t pread(int fd, void *buf, size_t len, off_t offset)
{
	if (++disk.calls == disk.fail_at) {
		errno = disk.error;
		return -1;
	}
	return syscall(SYS_pread64, fd, buf, len, offset);
}
#pragma GCC visibility pop

#if REPLACED
void *__libc_malloc(size_t len);
void *__libc_calloc(size_t n, size_t len);
void *__libc_realloc(void *p, size_t len);
void __libc_free(void *p);

static bool fails(void)
{
	return memory.armed && ++memory.calls == memory.fail_at;
}

static void *given(void *p)
{
	if (memory.armed && p)
		memory.held++;
	return p;
}

KAN_API void *malloc(size_t len)
{
	return fails() ? NULL : given(__libc_malloc(len));
}

KAN_API void *calloc(size_t n, size_t len)
{
	return fails() ? NULL : given(__libc_calloc(n, len));
}

KAN_API void *realloc(void *p, size_t len)
{
	if (fails())
		return NULL;
	return p ? __libc_realloc(p, len) : given(__libc_malloc(len));
}

KAN_API void free(void *p)
{
	if (memory.armed && p)
		memory.held--;
	__libc_free(p);
}
#endif

static char dir[MADE_DIR];
static char path[MADE_PATH];

static void set_up(void)
{
	memset(&memory, 0, sizeof(memory));
	memset(&disk, 0, sizeof(disk));
	made_folder(dir);
}

static void tear_down(void)
{
	memset(&memory, 0, sizeof(memory));
	memset(&disk, 0, sizeof(disk));
	made_remove(dir);
}

/* An E01 set with a missing segment and damage, a split set, a raw file, forged tables, an Ex01. */
static void make(int which)
{
	char name[MADE_PATH];

	made_set(dir, (struct made_plan){ .nsectors = 61,
	                                  .table_chunks = 3,
	                                  .segment_tables = 2,
	                                  .compressed = true });
	made_path(path, dir, 1);
	if (which == 0) {
		made_flip(path, made_find(path, "table", 0) + 76 + 30);
		made_flip(path, made_find(path, "sectors", 0) + 76 + 30);
		ck_assert_int_eq(unlink(made_path(name, dir, 2)), 0);
		return;
	}
	if (which == 3) {
		made_flip(path, made_find(path, "table", 0) + 76 + 24 + 4 + 1);
		made_flip(path, made_find(path, "table2", 0) + 76 + 24 + 8 + 1);
		return;
	}
	if (which == 4) {
		ex01_set(dir, (struct ex01_plan){ .nsectors = 161,
		                                  .mix = 7,
		                                  .table_chunks = 9,
		                                  .segment_tables = 2,
		                                  .hashed = true });
		ex01_path(path, dir, 1, false);
		made_flip(path, ex01_find(path, EX01_TYPE_DATA, 1));
		ck_assert_int_eq(unlink(ex01_path(name, dir, 2, false)), 0);
		return;
	}
	snprintf(path, sizeof(path), which == 1 ? "%s/d.001" : "%s/d.img", dir);
	made_store(path, (const uint8_t *)"0123456789", 10);
	if (which == 1) {
		snprintf(name, sizeof(name), "%s/d.003", dir);
		made_store(name, (const uint8_t *)"abc", 3);
	}
}

/* Open and read through a cache of a slice; the first failure ends it. */
static int use(struct kan_err *err)
{
	struct kan_image *img = NULL;
	struct kan_source *slice = NULL, *cache = NULL;
	struct kan_findings gaps = { 0 };
	uint8_t buf[600];
	int rc = kan_image_open(&img, path, NULL, err);

	if (rc == KAN_OK)
		rc = kan_source_slice(&slice, kan_image_source(img), 1,
		                      kan_image_source(img)->size - 1, err);
	if (rc == KAN_OK)
		rc = kan_source_cache(&cache, slice, 256, 3, err);
	for (uint64_t at = 0; rc == KAN_OK && at < cache->size; at += 600)
		rc = kan_source_read(cache, at, buf,
		                     cache->size - at < 600 ? (size_t)(cache->size - at) : 600,
		                     &gaps, err);
	kan_findings_done(&gaps);
	kan_source_close(cache);
	kan_source_close(slice);
	kan_image_close(img);
	return rc;
}

START_TEST(failing_memory_is_an_error_and_no_leak)
{
	struct kan_err err;
	long failed = 0;

	if (!REPLACED) {
		printf("SKIP: the sanitizer replaces malloc itself\n");
		return;
	}
	make(_i);
	for (long n = 1; n < 100000; n++) {
		int rc;

		err = (struct kan_err){ 0 };
		memory.calls = memory.held = 0;
		memory.fail_at = n;
		memory.armed = true;
		rc = use(&err);
		memory.armed = false;
		/* Losing a finding or a name for lack of memory is counted, not failed. */
		ck_assert_msg(rc == KAN_OK || err.msg[0], "call %ld: %d", n, rc);
		ck_assert_msg(memory.held == 0, "call %ld: %ld blocks held", n, memory.held);
		failed += rc != KAN_OK;
		if (memory.calls < n)
			break;
	}
	ck_assert_int_gt(failed, 3);
}
END_TEST

START_TEST(failing_reads_are_an_error_or_a_finding_and_no_leak)
{
	static const int errors[] = { EIO, EBADF };
	struct kan_err err;

	make(_i / 2);
	for (long n = 1; n < 100000; n++) {
		int rc;

		err = (struct kan_err){ 0 };
		disk.calls = 0;
		disk.fail_at = n;
		disk.error = errors[_i % 2];
		memory.calls = memory.held = memory.fail_at = 0;
		memory.armed = true;
		rc = use(&err);
		memory.armed = false;
		ck_assert_int_eq(memory.held, 0);
		if (disk.calls < n)
			break;
		ck_assert_msg(rc == (errors[_i % 2] == EIO ? KAN_OK : KAN_EIO), "call %ld: %d %s",
		              n, rc, err.msg);
	}
}
END_TEST

static Suite *image_faults_suite(void)
{
	Suite *s = suite_create("image_faults");
	TCase *faults = tcase_create("faults");

	tcase_add_checked_fixture(faults, set_up, tear_down);
	tcase_set_timeout(faults, 120);
	tcase_add_loop_test(faults, failing_memory_is_an_error_and_no_leak, 0, 5);
	tcase_add_loop_test(faults, failing_reads_are_an_error_or_a_finding_and_no_leak, 0, 10);
	suite_add_tcase(s, faults);
	return s;
}

RUN_SUITE(image_faults_suite)
