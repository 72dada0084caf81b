/* SPDX-License-Identifier: MIT */
/*
 * test_writer_resume.c - writers that are killed and go on, and disks that are full
 */
#include "acquire/writer_check.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/resource.h>

/* Three groups, and if they are noise as many segments. */
enum { LEN = 2 * STEP + 5 * MIB + 512 };

static const struct {
	const char *whole, *cut, *behind; /* of the two sets; a file behind the first one */
	uint64_t segment;
	bool noise;
} sets[] = {
	{ "a.E01", "b.E01", "b.E02", 0, false },
	{ "a.E01", "b.E01", "b.E02", 17 * MIB, true },
	{ "a.dd", "b.dd", NULL, 0, false },
	{ "a.001", "b.001", "b.002", 20 * MIB + 512, false },
};

enum { NSETS = sizeof(sets) / sizeof(sets[0]) };

START_TEST(continued_image_is_that_of_one_run)
{
	KAN_AUTO(mem) uint8_t *data = sets[_i].noise ? make_noise(LEN) : make_media(LEN);
	KAN_AUTO(writer) struct kan_writer *whole = NULL;
	struct kan_writer_opts opts = opts_for(LEN);
	char path[MADE_PATH];

	opts.segment_size = sets[_i].segment;
	whole = must_write(in_dir(path, sets[_i].whole), data, &opts, 2);
	in_dir(path, sets[_i].cut);
	for (uint64_t until = 0; until <= 4ull * STEP; until += STEP) {
		uint64_t to = until < LEN ? until : LEN;
		struct kan_writer_mark mark = cut_short(path, data, &opts, to, sets[_i].behind);
		KAN_AUTO(writer) struct kan_writer *w = NULL;
		const struct kan_writer_segment *seg;
		size_t n;

		ck_assert_uint_eq(mark.media_done, to);
		w = must_resume(path, data, &opts, &mark);
		must_equal(whole, w);
		seg = kan_writer_segments(w, &n);
		for (size_t i = 0; i < n; i++)
			ck_assert_int_eq(unlink(seg[i].path), 0);
		until = to < until ? 4ull * STEP : until;
	}
}
END_TEST

START_TEST(marks_lie_at_the_ends_of_groups)
{
	KAN_AUTO(mem) uint8_t *data = make_media(LEN);
	KAN_AUTO(writer) struct kan_writer *w = NULL;
	struct kan_writer_opts opts = opts_for(LEN);
	struct kan_writer_mark mark;
	char path[MADE_PATH];

	w = must_create(in_dir(path, _i == 0 ? "m.E01" : "m.raw"), &opts);
	for (uint64_t at = 0; at < LEN; at += MIB) {
		uint64_t to = at + MIB < LEN ? at + MIB : LEN;

		ck_assert_int_eq(feed(w, data, &opts, at, to, NULL), KAN_OK);
		ck_assert_int_eq(kan_writer_sync(w, &mark, NULL), KAN_OK);
		ck_assert_uint_eq(mark.media_done, to == LEN ? LEN : to / STEP * STEP);
	}
}
END_TEST

/* ---- a sync beside the stream ------------------------------------------------ */

struct syncing {
	struct kan_writer *w;
	atomic_bool stop;
	size_t calls;
	bool broken;
};

static void *keep_syncing(void *arg)
{
	struct syncing *s = arg;
	struct kan_writer_mark mark, before = { 0 };

	while (!atomic_load(&s->stop)) {
		s->broken |= kan_writer_sync(s->w, &mark, NULL) != KAN_OK ||
		             mark.media_done < before.media_done || mark.segment < before.segment;
		before = mark;
		s->calls++;
	}
	return NULL;
}

START_TEST(sync_runs_beside_the_stream)
{
	KAN_AUTO(mem) uint8_t *data = make_media(LEN);
	KAN_AUTO(writer) struct kan_writer *w = NULL;
	struct kan_writer_opts opts = opts_for(LEN);
	struct syncing s = { 0 };
	pthread_t thread;
	char path[MADE_PATH];

	opts.segment_size = _i == 0 ? 0 : MIB; /* many files to be synced */
	w = must_create(in_dir(path, _i == 0 ? "m.E01" : "m.001"), &opts);
	s.w = w;
	ck_assert_int_eq(pthread_create(&thread, NULL, keep_syncing, &s), 0);
	ck_assert_int_eq(stream_to(w, data, &opts, 2, NULL), KAN_OK);
	atomic_store(&s.stop, true);
	ck_assert_int_eq(pthread_join(thread, NULL), 0);
	must_finish(w);
	ck_assert(!s.broken);
	ck_assert_uint_gt(s.calls, 0);
	must_hold(path, data, LEN);
	must_tell_segments(w);
}
END_TEST

/* ---- what cannot be continued -------------------------------------------------- */

START_TEST(files_that_do_not_reach_the_mark_are_refused_and_left)
{
	KAN_AUTO(mem) uint8_t *data = make_noise(LEN);
	struct kan_writer *w = NULL;
	struct kan_writer_opts opts = opts_for(LEN);
	struct kan_writer_mark mark, wrong;
	struct kan_err err = { 0 };
	char path[MADE_PATH], second[MADE_PATH];
	struct stat before, after;

	opts.segment_size = 17 * MIB;
	mark = cut_short(in_dir(path, "m.E01"), data, &opts, 2ull * STEP, NULL);
	ck_assert_uint_eq(mark.segment, 1);
	in_dir(second, "m.E02");
	ck_assert_int_eq(stat(second, &before), 0);
	wrong = mark;
	wrong.segment_len += 100ull * MIB;
	ck_assert_int_eq(kan_writer_resume(&w, path, &opts, &wrong, &err), KAN_EFORMAT);
	ck_assert_ptr_nonnull(strstr(err.msg, second));
	wrong = mark;
	wrong.segment = 2;
	ck_assert_int_eq(kan_writer_resume(&w, path, &opts, &wrong, &err), KAN_EFORMAT);
	ck_assert_ptr_nonnull(strstr(err.msg, "m.E03"));
	wrong = mark;
	wrong.media_done++;
	ck_assert_int_eq(kan_writer_resume(&w, path, &opts, &wrong, &err), KAN_EARG);
	wrong.media_done = LEN + STEP;
	ck_assert_int_eq(kan_writer_resume(&w, path, &opts, &wrong, &err), KAN_EARG);
	made_flip(path, 200); /* in a header */
	ck_assert_int_eq(kan_writer_resume(&w, path, &opts, &mark, &err), KAN_EFORMAT);
	made_flip(path, 200);
	made_flip(second, 9); /* the number of the segment */
	ck_assert_int_eq(kan_writer_resume(&w, path, &opts, &mark, &err), KAN_EFORMAT);
	opts.media_size += 512;
	ck_assert_int_eq(kan_writer_resume(&w, path, &opts, &mark, &err), KAN_EFORMAT);
	ck_assert_int_eq(stat(second, &after), 0);
	ck_assert_int_eq(before.st_size, after.st_size);
	ck_assert_ptr_null(w);
}
END_TEST

START_TEST(raw_files_that_are_not_as_long_as_they_were_are_refused)
{
	KAN_AUTO(mem) uint8_t *data = make_noise(LEN);
	struct kan_writer *w = NULL;
	struct kan_writer_opts opts = opts_for(LEN);
	struct kan_writer_mark mark, wrong;
	struct kan_err err = { 0 };
	char path[MADE_PATH];

	opts.segment_size = 17 * MIB;
	mark = cut_short(in_dir(path, "m.001"), data, &opts, 2ull * STEP, NULL);
	ck_assert_uint_eq(mark.segment, 1);
	ck_assert_int_eq(truncate(path, 17 * MIB + 1), 0);
	ck_assert_int_eq(kan_writer_resume(&w, path, &opts, &mark, &err), KAN_EFORMAT);
	ck_assert_ptr_nonnull(strstr(err.msg, path));
	ck_assert_int_eq(truncate(path, 17 * MIB - 1), 0);
	ck_assert_int_eq(kan_writer_resume(&w, path, &opts, &mark, &err), KAN_EFORMAT);
	ck_assert_int_eq(truncate(path, 17 * MIB), 0);
	wrong = mark;
	wrong.segment_len -= 512;
	ck_assert_int_eq(kan_writer_resume(&w, path, &opts, &wrong, &err), KAN_EARG);
	ck_assert_ptr_null(w);
}
END_TEST

/* ---- full disks ---------------------------------------------------------------- */

/* A limit of the process instead of a full disk: the error comes in the middle of a write. */
static void limit_files(rlim_t most)
{
	struct rlimit limit;

	ck_assert_int_eq(getrlimit(RLIMIT_FSIZE, &limit), 0);
	limit.rlim_cur = most < limit.rlim_max ? most : limit.rlim_max;
	ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

START_TEST(image_that_meets_a_full_disk_is_continued_when_there_is_room)
{
	static const char *const names[][2] = { { "a.E01", "b.E01" }, { "a.dd", "b.dd" } };
	KAN_AUTO(mem) uint8_t *data = make_noise(LEN);
	KAN_AUTO(writer) struct kan_writer *whole = NULL;
	KAN_AUTO(writer) struct kan_writer *again = NULL;
	struct kan_writer *w;
	struct kan_writer_opts opts = opts_for(LEN);
	struct kan_writer_mark mark = { 0 };
	struct kan_err err = { 0 };
	char path[MADE_PATH];
	void (*old)(int);
	int rc;

	whole = must_write(in_dir(path, names[_i][0]), data, &opts, 2);
	w = must_create(in_dir(path, names[_i][1]), &opts);
	old = signal(SIGXFSZ, SIG_IGN);
	limit_files(24 * MIB);
	rc = stream_to(w, data, &opts, 2, &err);
	limit_files(RLIM_INFINITY);
	(void)signal(SIGXFSZ, old);
	ck_assert_int_eq(rc, KAN_EIO);
	ck_assert_int_eq(err.os_errno, EFBIG);
	ck_assert_ptr_nonnull(strstr(err.msg, path));
	/* What lies before is safe all the same. */
	ck_assert_int_eq(kan_writer_sync(w, &mark, &err), KAN_OK);
	ck_assert_uint_eq(mark.media_done, STEP);
	kan_writer_close(w);
	again = must_resume(path, data, &opts, &mark);
	must_equal(whole, again);
}
END_TEST

/* Mount a file system of 24 MiB that this process alone sees, and that ends with it. */
static bool mount_small(const char *mnt)
{
	if (mkdir(mnt, 0700) == 0 && unshare(CLONE_NEWNS) == 0 &&
	    mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0 &&
	    mount("tmpfs", mnt, "tmpfs", 0, "size=24m") == 0)
		return true;
	printf("SKIP: no file system can be mounted here\n");
	(void)rmdir(mnt);
	return false;
}

START_TEST(full_file_system_is_told)
{
	KAN_AUTO(mem) uint8_t *data = make_noise(LEN);
	KAN_AUTO(writer) struct kan_writer *w = NULL;
	struct kan_writer_opts opts = opts_for(LEN);
	struct kan_err err = { 0 };
	char path[MADE_PATH], mnt[MADE_PATH];
	int rc;

	if (!mount_small(in_dir(mnt, "small")))
		return;
	snprintf(path, sizeof(path), "%.400s/%s", mnt, _i == 0 ? "m.E01" : "m.dd");
	w = must_create(path, &opts);
	rc = stream_to(w, data, &opts, 2, &err);
	kan_writer_close(KAN_STEAL(w));
	ck_assert_int_eq(umount(mnt), 0);
	ck_assert_int_eq(rmdir(mnt), 0);
	ck_assert_int_eq(rc, KAN_EIO);
	ck_assert_int_eq(err.os_errno, ENOSPC);
	ck_assert_ptr_nonnull(strstr(err.msg, path));
}
END_TEST

static Suite *writer_resume_suite(void)
{
	Suite *s = suite_create("writer_resume");
	TCase *tc = tcase_create("resume");

	tcase_add_checked_fixture(tc, set_up, tear_down);
	tcase_set_timeout(tc, 120);
	tcase_add_loop_test(tc, continued_image_is_that_of_one_run, 0, NSETS);
	tcase_add_loop_test(tc, marks_lie_at_the_ends_of_groups, 0, 2);
	tcase_add_loop_test(tc, sync_runs_beside_the_stream, 0, 2);
	tcase_add_test(tc, files_that_do_not_reach_the_mark_are_refused_and_left);
	tcase_add_test(tc, raw_files_that_are_not_as_long_as_they_were_are_refused);
	tcase_add_loop_test(tc, image_that_meets_a_full_disk_is_continued_when_there_is_room, 0, 2);
	tcase_add_loop_test(tc, full_file_system_is_told, 0, 2);
	suite_add_tcase(s, tc);
	return s;
}

RUN_SUITE(writer_resume_suite)
