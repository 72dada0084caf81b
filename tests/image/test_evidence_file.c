/* SPDX-License-Identifier: MIT */
/*
 * test_evidence_file.c - reading around bad sectors, short reads and signals
 *
 * pread() is replaced for this program: it fails on chosen ranges as a drive does.
 */
#undef _FORTIFY_SOURCE /* its inline pread() would hide the one of this test */

#include "image/evidence_file.h"
#include "image/image_check.h"
#include "suite.h"

#include <errno.h>
#include <sys/syscall.h>

static struct {
	uint64_t bad_at, bad_len; /* EIO */
	size_t most;              /* longest read, 0: any */
	bool interrupt;           /* every second call is */
	int error;                /* errno of every call, 0: none */
	unsigned calls;
} drive;

/* No attribute: clang refuses one behind the inline version of a fortified build. */
#pragma GCC visibility push(default)
ssize_t pread(int fd, void *buf, size_t len, off_t offset)
{
	uint64_t at = (uint64_t)offset;

	if (drive.error || (drive.interrupt && ++drive.calls % 2)) {
		errno = drive.error ? drive.error : EINTR;
		return -1;
	}
	if (at >= drive.bad_at && at < drive.bad_at + drive.bad_len) {
		errno = EIO;
		return -1;
	}
	if (at < drive.bad_at && len > drive.bad_at - at && drive.bad_len > 0)
		len = drive.bad_at - at;
	if (drive.most && len > drive.most)
		len = drive.most;
	return syscall(SYS_pread64, fd, buf, len, offset);
}
#pragma GCC visibility pop

static char dir[MADE_DIR];
static char path[MADE_PATH];

static void set_up(void)
{
	FILE *f;

	memset(&drive, 0, sizeof(drive));
	made_folder(dir);
	snprintf(path, sizeof(path), "%s/disk.img", dir);
	f = fopen(path, "wb");
	ck_assert_ptr_nonnull(f);
	for (unsigned i = 0; i < 40000; i++)
		fputc(made_byte(i), f);
	ck_assert_int_eq(fclose(f), 0);
}

static void tear_down(void)
{
	memset(&drive, 0, sizeof(drive));
	made_remove(dir);
}

static void check_read(uint64_t at, size_t len, uint64_t lost)
{
	KAN_AUTO(evidence_file) struct kan_evidence_file f = KAN_EVIDENCE_FILE_NONE;
	KAN_AUTO(findings) struct kan_findings gaps = { 0 };
	KAN_AUTO(mem) uint8_t *buf = malloc(len);
	uint64_t bad = 0, covered = 0;

	ck_assert_int_eq(kan_evidence_file_open(&f, path, NULL), KAN_OK);
	ck_assert_int_eq(kan_evidence_file_read(&f, at, buf, len, &gaps, &bad, NULL), KAN_OK);
	for (size_t i = 0; i < len; i++)
		ck_assert(is_covered(&gaps, at + i) ? buf[i] == 0 : buf[i] == made_byte(at + i));
	for (size_t i = 0; i < gaps.n; i++)
		covered += gaps.list[i].length;
	ck_assert_uint_eq(bad, lost);
	ck_assert_uint_eq(covered, lost);
}

START_TEST(file_loses_only_the_sectors_that_cannot_be_read)
{
	static const struct {
		uint64_t bad_at, bad_len, at, len, lost;
	} cases[] = {
		{ 1024, 512, 0, 40000, 512 },    { 1024, 2048, 0, 40000, 2048 },
		{ 0, 512, 0, 40000, 512 },       { 39936, 64, 0, 40000, 64 },
		{ 1100, 10, 0, 40000, 436 },     { 1024, 512, 1200, 100, 100 },
		{ 1024, 512, 1200, 1000, 336 },  { 1024, 512, 1000, 30, 6 },
		{ 0, 40000, 100, 39000, 39000 }, { 1024, 512, 1536, 1000, 0 },
		{ 1024, 1024, 1535, 2, 2 },      { 1024, 512, 0, 1025, 1 },
	};

	drive.bad_at = cases[_i].bad_at;
	drive.bad_len = cases[_i].bad_len;
	check_read(cases[_i].at, cases[_i].len, cases[_i].lost);
}
END_TEST

START_TEST(file_goes_on_after_short_and_interrupted_reads)
{
	drive.most = 17;
	drive.interrupt = true;
	check_read(3, 39000, 0);
}
END_TEST

START_TEST(file_tells_what_lies_behind_its_end)
{
	KAN_AUTO(evidence_file) struct kan_evidence_file f = KAN_EVIDENCE_FILE_NONE;
	KAN_AUTO(findings) struct kan_findings gaps = { 0 };
	uint8_t buf[200];

	ck_assert_int_eq(kan_evidence_file_open(&f, path, NULL), KAN_OK);
	ck_assert_int_eq(truncate(path, 39950), 0);
	ck_assert_int_eq(kan_evidence_file_read(&f, 39800, buf, 200, &gaps, NULL, NULL), KAN_OK);
	ck_assert_uint_eq(gaps.n, 1);
	ck_assert_int_eq(gaps.list[0].kind, KAN_FINDING_TRUNCATED);
	ck_assert_uint_eq(gaps.list[0].offset, 39950);
	ck_assert_uint_eq(gaps.list[0].length, 50);
	ck_assert_str_eq(gaps.list[0].subject, "disk.img");
}
END_TEST

START_TEST(file_fails_if_the_error_is_not_in_the_evidence)
{
	KAN_AUTO(evidence_file) struct kan_evidence_file f = KAN_EVIDENCE_FILE_NONE;
	struct kan_err err = { 0 };
	uint8_t b;

	ck_assert_int_eq(kan_evidence_file_open(&f, path, NULL), KAN_OK);
	drive.error = EBADF;
	ck_assert_int_eq(kan_evidence_file_read(&f, 0, &b, 1, NULL, NULL, &err), KAN_EIO);
	ck_assert_int_eq(err.os_errno, EBADF);
	ck_assert_ptr_nonnull(strstr(err.msg, path));
}
END_TEST

START_TEST(file_is_open_for_reading_only_and_not_inherited)
{
	KAN_AUTO(evidence_file) struct kan_evidence_file f = KAN_EVIDENCE_FILE_NONE;

	ck_assert_int_eq(kan_evidence_file_open(&f, path, NULL), KAN_OK);
	ck_assert_int_eq(fcntl(f.fd, F_GETFL) & O_ACCMODE, O_RDONLY);
	ck_assert_int_ne(fcntl(f.fd, F_GETFD) & FD_CLOEXEC, 0);
}
END_TEST

START_TEST(raw_image_reports_bad_sectors_of_its_file)
{
	KAN_AUTO(image) struct kan_image *img = NULL;
	KAN_AUTO(findings) struct kan_findings gaps = { 0 };
	KAN_AUTO(mem) uint8_t *data = NULL;

	drive.bad_at = 5120;
	drive.bad_len = 1024;
	img = must_open(path);
	data = must_read(img, 1000, &gaps);
	ck_assert(is_pattern(data, 40000, &gaps));
	ck_assert_uint_eq(gaps.n, 1);
	ck_assert_int_eq(gaps.list[0].kind, KAN_FINDING_UNREADABLE);
	ck_assert_uint_eq(gaps.list[0].offset, 5120);
	ck_assert_uint_eq(gaps.list[0].length, 1024);
}
END_TEST

START_TEST(ewf_image_loses_the_chunks_whose_bytes_cannot_be_read)
{
	KAN_AUTO(image) struct kan_image *img = NULL;
	KAN_AUTO(findings) struct kan_findings gaps = { 0 };
	KAN_AUTO(mem) uint8_t *data = NULL;
	char name[MADE_PATH];

	made_set(dir, (struct made_plan){ .nsectors = 400 });
	img = must_open(made_path(name, dir, 1));
	drive.bad_at = 100 * 512;
	drive.bad_len = 512;
	data = must_read(img, 1 << 20, &gaps);
	ck_assert(is_pattern(data, 400 * 512, &gaps));
	ck_assert_uint_eq(gaps.n, 1);
	ck_assert_int_eq(gaps.list[0].kind, KAN_FINDING_UNREADABLE);
	ck_assert_uint_le(gaps.list[0].length, 2 * 2048);
}
END_TEST

static Suite *evidence_file_suite(void)
{
	Suite *s = suite_create("evidence_file");
	TCase *read = tcase_create("read");

	tcase_add_checked_fixture(read, set_up, tear_down);
	tcase_add_loop_test(read, file_loses_only_the_sectors_that_cannot_be_read, 0, 12);
	tcase_add_test(read, file_goes_on_after_short_and_interrupted_reads);
	tcase_add_test(read, file_tells_what_lies_behind_its_end);
	tcase_add_test(read, file_fails_if_the_error_is_not_in_the_evidence);
	tcase_add_test(read, file_is_open_for_reading_only_and_not_inherited);
	tcase_add_test(read, raw_image_reports_bad_sectors_of_its_file);
	tcase_add_test(read, ewf_image_loses_the_chunks_whose_bytes_cannot_be_read);
	suite_add_tcase(s, read);
	return s;
}

RUN_SUITE(evidence_file_suite)
