/* SPDX-License-Identifier: MIT */
/*
 * test_resume.c - killed at any moment, an acquisition comes to the same image
 *
 * The copy runs in a process of its own, is killed with SIGKILL, and continued; in the
 * end all files but those with times in them are compared with an uninterrupted copy.
 */
#include "acquire/media.h"

#include "acquire/journal.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/statvfs.h>
#include <sys/wait.h>
#include <time.h>

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SLOW_BUILD 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define SLOW_BUILD 1
#endif
#endif

#ifdef SLOW_BUILD
enum { KILLS = 12, SPREAD_MS = 900 };
#else
enum { KILLS = 100, SPREAD_MS = 240 };
#endif

enum { SIZE_MIB = 52 };

static const char *const both[] = { "a.E01", "b.001" };

static bool has_room(const char *folder)
{
	struct statvfs fs;

	return statvfs(folder, &fs) == 0 && fs.f_bavail * fs.f_frsize > 512 * (uint64_t)MIB;
}

static void setup(void)
{
	static const char *const ref[] = { "ref/a.E01", "ref/b.001" };
	struct kan_acquire_opts opts = options(ref, 2);

	/* In memory if there is room: killing tells nothing about the medium anyway. */
	sample_setup_in(has_room("/dev/shm") ? "/dev/shm" : "/tmp");
	make_media("disk.bin", SIZE_MIB * (uint64_t)MIB + 512);
	ck_assert_int_eq(sample_sh("mkdir ref"), 0);
	opts.segment_size = 20 * MIB;
	opts.no_verify = true;
	acquire("disk.bin", &opts);
}

static struct kan_acquire_opts begun_options(bool resume)
{
	struct kan_acquire_opts opts = options(both, 2);

	opts.segment_size = 20 * MIB;
	opts.no_verify = true;
	opts.resume = resume;
	return opts;
}

static void expect_same_images(void)
{
	ck_assert_int_eq(sample_sh("cd ref && for f in *.E* *.00*; do case $f in *.json|*.jsonl) "
	                           "continue;; esac; cmp $f ../$f || exit 1; done"),
	                 0);
	ck_assert_int_eq(sample_sh("! ls *.journal *.part 2>/dev/null"), 0);
	ck_assert_int_eq(
		sample_sh("for f in a.E01 b.001; do sed '/\"times\"/,/}/d' $f.json > $f.r; "
	                  "sed '/\"times\"/,/}/d' ref/$f.json | cmp - $f.r || exit 1; "
	                  "done"),
		0);
}

enum { NEVER = -1 };

/* Continue, or begin if nothing is there yet, and kill; true if it came to its end before. */
static bool run_and_kill(int ms)
{
	bool resume = sample_sh("test -e a.E01.journal || test -e b.001.journal") == 0;
	struct timespec wait = { ms / 1000, (long)(ms % 1000) * 1000000 };
	pid_t pid = fork();
	int status;

	ck_assert_int_ge(pid, 0);
	if (pid == 0) {
		struct kan_acquire_opts opts = begun_options(resume);
		struct kan_acquire_result r = { 0 };
		struct kan_err err = { 0 };

		if (kan_acquire_run(&r, "disk.bin", &opts, &err) == KAN_OK)
			_exit(0);
		fprintf(stderr, "%s\n", err.msg);
		_exit(1);
	}
	if (ms != NEVER) {
		nanosleep(&wait, NULL);
		kill(pid, SIGKILL);
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_msg(!WIFEXITED(status) || WEXITSTATUS(status) == 0, "the copy failed");
	/* It may have been killed behind its last step. */
	return WIFEXITED(status) || sample_sh("test -e a.E01.json && test -e b.001.json && "
	                                      "! ls *.journal 2>/dev/null") == 0;
}

START_TEST(acquisition_killed_at_random_moments_comes_to_the_same_image)
{
	uint32_t x = 2463534242u;
	unsigned whole = 0;

	for (unsigned i = 0; i < KILLS; i++) {
		x = x * 1664525u + 1013904223u;
		if (!run_and_kill((int)((x >> 16) % SPREAD_MS)))
			continue;
		expect_same_images();
		whole++;
		ck_assert_int_eq(sample_sh("rm -f a.E* b.0*"), 0);
	}
	ck_assert(run_and_kill(NEVER));
	expect_same_images();
	printf("%d kills, %u images came to their end between them\n", KILLS, whole);
}
END_TEST

static bool stop_half_way(void *arg, const struct kan_acquire_status *status)
{
	(void)arg;
	return status->done < status->total / 2;
}

static void begin_and_stop(void)
{
	struct kan_acquire_opts opts = begun_options(false);
	struct kan_acquire_result r = { 0 };

	/* One thread, so that the copy takes long enough to be asked. */
	opts.jobs = 1;
	opts.update = stop_half_way;
	ck_assert_int_eq(kan_acquire_run(&r, "disk.bin", &opts, NULL), KAN_ESTOPPED);
	ck_assert_int_eq(sample_sh("test -e a.E01.journal && test -e b.001.journal"), 0);
}

START_TEST(acquisition_that_was_stopped_is_continued)
{
	struct kan_acquire_opts opts = begun_options(true);

	begin_and_stop();
	acquire("disk.bin", &opts);
	expect_same_images();
}
END_TEST

static bool stop_read_back(void *arg, const struct kan_acquire_status *status)
{
	(void)arg;
	return status->phase != KAN_ACQUIRE_VERIFYING;
}

START_TEST(acquisition_that_was_stopped_while_it_is_read_back_is_continued)
{
	struct kan_acquire_opts opts = begun_options(false);
	struct kan_acquire_result r = { 0 };
	struct kan_err err = { 0 };

	opts.no_verify = false;
	opts.jobs = 1;
	opts.update = stop_read_back;
	ck_assert_int_eq(kan_acquire_run(&r, "disk.bin", &opts, &err), KAN_ESTOPPED);
	ck_assert_ptr_nonnull(strstr(err.msg, "a.E01: read back: "));
	ck_assert_ptr_nonnull(strstr(err.msg, "--resume"));
	ck_assert_int_eq(sample_sh("grep -q 'acquisition.interrupted.*read back' a.E01.jsonl"), 0);
	opts = begun_options(true);
	acquire("disk.bin", &opts);
	expect_same_images();
}
END_TEST

START_TEST(acquisition_is_continued_with_the_settings_of_its_start)
{
	struct kan_acquire_opts opts = begun_options(true);

	begin_and_stop();
	opts.segment_size = 0;
	opts.started_ns = 0;
	acquire("disk.bin", &opts);
	expect_same_images();
}
END_TEST

static void expect_refusal(const char *source, const struct kan_acquire_opts *opts, const char *why)
{
	struct kan_acquire_result r = { 0 };
	struct kan_err err = { 0 };

	ck_assert_int_ne(kan_acquire_run(&r, source, opts, &err), KAN_OK);
	ck_assert_msg(strstr(err.msg, why) != NULL, "\"%s\" instead of \"%s\"", err.msg, why);
}

START_TEST(acquisition_refuses_other_settings_when_it_is_continued)
{
	struct kan_acquire_opts opts = begun_options(true);

	begin_and_stop();
	opts.segment_size = 40 * MIB;
	expect_refusal("disk.bin", &opts, "--segment-size");
	opts = begun_options(true);
	ck_assert_int_eq(kan_hash_set_parse(&opts.hashes, "md5", NULL), KAN_OK);
	expect_refusal("disk.bin", &opts, "--hash");
	opts = begun_options(true);
	opts.has_compress = true;
	opts.compress = KAN_COMPRESS_BEST;
	expect_refusal("disk.bin", &opts, "--compress");
	opts = begun_options(true);
	acquire("disk.bin", &opts);
	expect_same_images();
}
END_TEST

START_TEST(acquisition_refuses_another_source_of_the_same_size)
{
	struct kan_acquire_opts opts = begun_options(true);

	begin_and_stop();
	ck_assert_int_eq(sample_sh("cp disk.bin other.bin && printf X | dd of=other.bin bs=1 "
	                           "conv=notrunc 2>/dev/null"),
	                 0);
	expect_refusal("other.bin", &opts, "not the one that was begun");
	ck_assert_int_eq(sample_sh("truncate -s 30M other.bin"), 0);
	expect_refusal("other.bin", &opts, "is not the source that was begun");
	acquire("disk.bin", &opts);
	expect_same_images();
}
END_TEST

START_TEST(acquisition_refuses_what_is_unfinished_without_resume)
{
	struct kan_acquire_opts opts = begun_options(false);

	begin_and_stop();
	ck_assert_int_eq(sample_sh("sha256sum a.E* b.0* > before"), 0);
	expect_refusal("disk.bin", &opts, "--resume");
	/* A refusal changes nothing. */
	ck_assert_int_eq(sample_sh("sha256sum --quiet -c before"), 0);
}
END_TEST

START_TEST(acquisition_leaves_alone_what_another_process_is_writing)
{
	struct kan_acquire_opts opts = begun_options(true);
	int fd;

	begin_and_stop();
	fd = open("a.E01.jsonl", O_RDWR | O_CLOEXEC);
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(flock(fd, LOCK_EX), 0);
	/* What it wrote behind its mark stays as well. */
	ck_assert_int_eq(sample_sh("echo more >> a.E01 && sha256sum a.E* b.0* > before"), 0);
	expect_refusal("disk.bin", &opts, "another process");
	ck_assert_int_eq(sample_sh("sha256sum --quiet -c before"), 0);
	ck_assert_int_eq(close(fd), 0);
	acquire("disk.bin", &opts);
	expect_same_images();
}
END_TEST

START_TEST(acquisition_begins_where_a_run_was_killed_before_its_journal)
{
	struct kan_acquire_opts opts = begun_options(false);
	int fd = open("a.E01.jsonl", O_RDWR | O_CREAT | O_CLOEXEC, 0666);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(flock(fd, LOCK_EX), 0);
	/* Not while that run is alive: its files are not touched. */
	expect_refusal("disk.bin", &opts, "another process");
	ck_assert_int_eq(sample_sh("test -e a.E01.jsonl && ! test -e a.E01.journal"), 0);
	ck_assert_int_eq(close(fd), 0);
	acquire("disk.bin", &opts);
	expect_same_images();
}
END_TEST

START_TEST(acquisition_refuses_a_journal_that_was_changed)
{
	struct kan_acquire_opts opts = begun_options(true);

	begin_and_stop();
	ck_assert_int_eq(sample_sh("sed -i 's/\"fast\"/\"best\"/' a.E01.journal"), 0);
	expect_refusal("disk.bin", &opts, "journal was changed");
}
END_TEST

START_TEST(acquisition_refuses_a_journal_with_segments)
{
	struct kan_acquire_opts opts = begun_options(true);
	KAN_DEFER(kan_journal_done) struct kan_journal j = { 0 };
	struct kan_record *r = &j.record;

	begin_and_stop();
	ck_assert_int_eq(kan_journal_load(&j, "a.E01", NULL), KAN_OK);
	ck_assert_uint_eq(r->nsegments, 0);
	r->segments = calloc(1, sizeof(*r->segments));
	ck_assert_ptr_nonnull(r->segments);
	r->segments[0].name = strdup("a.E01");
	memset(r->segments[0].sha256, '0', 64);
	r->nsegments = 1;
	ck_assert_int_eq(kan_journal_save("a.E01", &j, NULL), KAN_OK);
	expect_refusal("disk.bin", &opts, "a.E01.journal: ");
}
END_TEST

START_TEST(acquisition_refuses_to_continue_what_is_damaged)
{
	static const char *const one[] = { "a.E01" };
	struct kan_acquire_opts opts = begun_options(true);

	begin_and_stop();
	opts.destinations = one;
	opts.ndestinations = 1;
	ck_assert_int_eq(sample_sh("printf XXXX | dd of=a.E01 bs=1 seek=100000 conv=notrunc "
	                           "2>/dev/null"),
	                 0);
	expect_refusal("disk.bin", &opts, "damaged");
	expect_refusal("disk.bin", &opts, "a.E01: ");
}
END_TEST

/* Where only the copy itself comes along, and not what is looked at before. */
START_TEST(damage_that_is_met_while_copying_is_told_without_a_way_on)
{
	static const char *const one[] = { "a.E01" };
	struct kan_acquire_opts opts = begun_options(true);
	struct kan_acquire_result r = { 0 };
	struct kan_err err = { 0 };

	begin_and_stop();
	opts.destinations = one;
	opts.ndestinations = 1;
	/* The last bytes of a MiB of noise. */
	ck_assert_int_eq(sample_sh("tail -c +$((3 * 1048576 - 4095)) disk.bin | head -c 16 > x && "
	                           "at=$(LC_ALL=C grep -obUaP \"$(od -An -tx1 x | sed "
	                           "'s/ /\\\\x/g')\" a.E01 | head -1 | cut -d: -f1) && "
	                           "printf XXXX | dd of=a.E01 bs=1 seek=$at conv=notrunc "
	                           "2>/dev/null"),
	                 0);
	ck_assert_int_eq(kan_acquire_run(&r, "disk.bin", &opts, &err), KAN_EFORMAT);
	ck_assert_ptr_nonnull(strstr(err.msg, "a.E01: what was written before is damaged"));
	ck_assert_ptr_null(strstr(err.msg, "--resume"));
}
END_TEST

/* At a place that is not among those that are compared with the source. */
START_TEST(acquisition_refuses_a_raw_image_that_was_changed_meanwhile)
{
	static const char *const raw[] = { "b.001" };
	struct kan_acquire_opts opts = begun_options(true);

	begin_and_stop();
	opts.destinations = raw;
	opts.ndestinations = 1;
	ck_assert_int_eq(sample_sh("printf X | dd of=b.001 bs=1 seek=200000 conv=notrunc "
	                           "2>/dev/null"),
	                 0);
	expect_refusal("disk.bin", &opts, "not what was read then");
	ck_assert_int_eq(sample_sh("test -e b.001.journal && ! test -e b.001.json"), 0);
	/* It stays refused: the journal did not learn the changed bytes. */
	expect_refusal("disk.bin", &opts, "not what was read then");
}
END_TEST

START_TEST(destination_that_is_complete_is_left_alone)
{
	struct kan_acquire_opts opts = begun_options(true);

	begin_and_stop();
	opts.ndestinations = 1;
	acquire("disk.bin", &opts);
	ck_assert_int_eq(sample_sh("sha256sum a.E* > before"), 0);
	opts.ndestinations = 2;
	acquire("disk.bin", &opts);
	ck_assert_int_eq(sample_sh("sha256sum --quiet -c before"), 0);
	expect_same_images();
	expect_refusal("disk.bin", &opts, "complete already");
}
END_TEST

/* One destination is finished, the other one is not. */
static void finish_one(void)
{
	struct kan_acquire_opts opts = begun_options(true);

	begin_and_stop();
	opts.ndestinations = 1;
	acquire("disk.bin", &opts);
}

START_TEST(complete_image_that_does_not_count_is_refused)
{
	struct kan_acquire_opts opts = begun_options(true);

	finish_one();
	ck_assert_int_eq(sample_sh("mv a.E01 away"), 0);
	expect_refusal("disk.bin", &opts, "not the image");
	ck_assert_int_eq(sample_sh("mv away a.E01 && sed -i 's/\"unchecked\"/\"mismatch\"/' "
	                           "a.E01.json"),
	                 0);
	expect_refusal("disk.bin", &opts, "differed when it was read back");
	ck_assert_int_eq(sample_sh("echo >> a.E01.json"), 0);
	expect_refusal("disk.bin", &opts, "a.E01.json");
}
END_TEST

START_TEST(complete_image_of_other_bytes_is_told)
{
	struct kan_acquire_opts opts = begun_options(true);
	struct kan_acquire_result r = { 0 };

	finish_one();
	/* Behind all that is compared when b.001 is continued. */
	ck_assert_int_eq(sample_sh("printf X | dd of=disk.bin bs=1 seek=%d conv=notrunc "
	                           "2>/dev/null",
	                           SIZE_MIB * MIB + 100),
	                 0);
	ck_assert_int_eq(kan_acquire_run(&r, "disk.bin", &opts, NULL), KAN_OK);
	ck_assert_uint_eq(r.ndestinations, 2);
	ck_assert(r.destinations[0].failed && r.destinations[0].was_complete);
	ck_assert_ptr_nonnull(strstr(r.destinations[0].err.msg, "holds other bytes"));
	ck_assert(!r.destinations[1].failed);
	kan_acquire_result_done(&r);
}
END_TEST

static Suite *suite(void)
{
	Suite *s = suite_create("resume");
	TCase *killed = tcase_create("killed"), *stopped = tcase_create("stopped");

	tcase_set_timeout(killed, 280);
	tcase_set_timeout(stopped, 60);
	tcase_add_checked_fixture(killed, setup, sample_teardown);
	tcase_add_checked_fixture(stopped, setup, sample_teardown);
	tcase_add_test(killed, acquisition_killed_at_random_moments_comes_to_the_same_image);
	tcase_add_test(stopped, acquisition_that_was_stopped_is_continued);
	tcase_add_test(stopped, acquisition_is_continued_with_the_settings_of_its_start);
	tcase_add_test(stopped, acquisition_refuses_other_settings_when_it_is_continued);
	tcase_add_test(stopped, acquisition_refuses_another_source_of_the_same_size);
	tcase_add_test(stopped, acquisition_refuses_what_is_unfinished_without_resume);
	tcase_add_test(stopped, acquisition_leaves_alone_what_another_process_is_writing);
	tcase_add_test(stopped, acquisition_begins_where_a_run_was_killed_before_its_journal);
	tcase_add_test(stopped, acquisition_refuses_a_journal_that_was_changed);
	tcase_add_test(stopped, acquisition_refuses_a_journal_with_segments);
	tcase_add_test(stopped, acquisition_refuses_to_continue_what_is_damaged);
	tcase_add_test(stopped, damage_that_is_met_while_copying_is_told_without_a_way_on);
	tcase_add_test(stopped, acquisition_that_was_stopped_while_it_is_read_back_is_continued);
	tcase_add_test(stopped, acquisition_refuses_a_raw_image_that_was_changed_meanwhile);
	tcase_add_test(stopped, destination_that_is_complete_is_left_alone);
	tcase_add_test(stopped, complete_image_that_does_not_count_is_refused);
	tcase_add_test(stopped, complete_image_of_other_bytes_is_told);
	suite_add_tcase(s, killed);
	suite_add_tcase(s, stopped);
	return s;
}

RUN_SUITE(suite)
