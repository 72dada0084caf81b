/* SPDX-License-Identifier: MIT */
/*
 * test_case.c - a case is new, interrupted or complete, and nobody is misled about it
 */
#include "case/sample.h"
#include "suite.h"

#include <errno.h>
#include <signal.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/resource.h>

/* What is in the case folder, sorted. */
static void holds(const char *expected)
{
	sample_prints("LC_ALL=C ls -A c | tr '\\n' ' '", expected);
}

static void refuses(const char *path, const char *why)
{
	struct kan_case *c = NULL;
	struct kan_err err = { 0 };

	ck_assert_int_eq(kan_case_create(&c, path, &err), KAN_EEXIST);
	ck_assert_ptr_null(c);
	ck_assert_msg(strstr(err.msg, why) != NULL, "%s", err.msg);
}

START_TEST(case_is_made_in_a_new_or_an_empty_folder)
{
	if (_i)
		ck_assert_int_eq(sample_sh("mkdir c"), 0);
	sample_complete("c", 3);
	holds("case.db case.jsonl coverage.csv evidence.json ");
	kan_case_close(sample_open("c"));
}
END_TEST

START_TEST(case_survives_a_change_of_the_working_directory)
{
	KAN_AUTO(case) struct kan_case *c = sample_case("c");

	ck_assert_int_eq(chdir("/"), 0);
	sample_finish(c);
	ck_assert_int_eq(chdir(sample_dir), 0);
	holds("case.db case.jsonl coverage.csv evidence.json ");
}
END_TEST

START_TEST(case_is_not_made_where_something_else_is)
{
	struct kan_case *c = NULL;

	ck_assert_int_eq(sample_sh("mkdir d && : >d/zebra && : >d/apple"), 0);
	refuses("d", "\"apple\"");
	ck_assert_int_eq(sample_sh("rm d/* && printf 'a\\033[1mb' | xargs -d '\\n' touch -- && mv "
	                           "\"$(printf 'a\\033[1mb')\" d"),
	                 0);
	refuses("d", "\"a\\x1b[1mb\"");
	ck_assert_int_eq(sample_sh("rm d/* && : >d/evidence.json"), 0);
	refuses("d", "\"evidence.json\"");
	ck_assert_int_eq(sample_sh("rm d/* && echo hello >d/case.jsonl"), 0);
	refuses("d", "not the log of a case");
	ck_assert_int_eq(sample_sh("rm d/* && ln -s /etc/hostname d/case.jsonl"), 0);
	refuses("d", "symbolic link");
	ck_assert_int_eq(sample_sh("rm d/* && mkfifo d/case.jsonl"), 0);
	refuses("d", "not the log of a case");
	refuses("/etc/hostname", "not a folder");
	ck_assert_int_eq(kan_case_create(&c, "no/such", NULL), KAN_EIO);
	ck_assert_ptr_null(c);
}
END_TEST

START_TEST(case_that_is_complete_is_never_overwritten)
{
	sample_complete("c", 2);
	ck_assert_int_eq(sample_sh("cp -r c was"), 0);
	refuses("c", "complete case");
	/* Not even to repair its log. */
	ck_assert_int_eq(sample_sh("printf xyz | tee -a was/case.jsonl >>c/case.jsonl"), 0);
	refuses("c", "complete case");
	ck_assert_int_eq(sample_sh("diff -r c was"), 0);
}
END_TEST

START_TEST(case_that_was_interrupted_is_made_again)
{
	struct kan_case *c = sample_case("c");

	ck_assert_int_eq(kan_case_write(c, "files.csv", "old\n", 4, NULL), KAN_OK);
	ck_assert_int_eq(sample_sh("cp c/case.db.part keep"), 0);
	kan_case_close(c);
	ck_assert_int_eq(sample_sh("mv keep c/case.db.part; : >c/.timeline.csv.part"), 0);
	c = sample_open("c");
	ck_assert_int_eq(kan_case_state(c), KAN_CASE_INTERRUPTED);
	kan_case_close(c);
	sample_complete("c", 2);
	holds("case.db case.jsonl coverage.csv evidence.json ");
	c = sample_open("c");
	ck_assert_int_eq(kan_case_state(c), KAN_CASE_COMPLETE);
	kan_case_close(c);
	ck_assert_int_eq(sample_sh("grep -q '\"seq\":2,.*\"run.restarted\",.*\"removed\":"
	                           "\"case.db.part,files.csv,.timeline.csv.part\"' c/case.jsonl"),
	                 0);
}
END_TEST

START_TEST(case_that_was_interrupted_keeps_what_is_not_its_own)
{
	kan_case_close(sample_case("c"));
	ck_assert_int_eq(sample_sh("echo mine >c/notes.txt; echo x >c/files.csv"), 0);
	refuses("c", "\"notes.txt\"");
	ck_assert_int_eq(sample_sh("rm c/notes.txt; rm c/files.csv; mkdir c/files.csv"), 0);
	refuses("c", "\"files.csv\"");
	ck_assert_int_eq(sample_sh("rmdir c/files.csv; ln -s ../x c/files.csv"), 0);
	refuses("c", "\"files.csv\"");
	ck_assert_int_eq(sample_sh("rm c/files.csv"), 0);
	sample_complete("c", 1);
}
END_TEST

START_TEST(case_that_is_killed_while_being_made_is_interrupted)
{
	int ready[2], status;
	char byte;
	pid_t child;

	ck_assert_int_eq(pipe(ready), 0);
	child = fork();
	ck_assert_int_ge(child, 0);
	if (child == 0) {
		struct kan_case *c = sample_case("c");

		for (uint32_t i = 0;; i++) {
			struct kan_file f = sample_file("/a", i);

			sample_add_file(c, &f);
			if (i == 50000 && write(ready[1], "x", 1) != 1)
				_exit(1);
		}
	}
	ck_assert_int_eq(read(ready[0], &byte, 1), 1);
	ck_assert_int_eq(kill(child, SIGKILL), 0);
	ck_assert_int_eq(waitpid(child, &status, 0), child);
	ck_assert(WIFSIGNALED(status));
	holds("case.db.part case.jsonl ");
	{
		KAN_AUTO(case) struct kan_case *c = sample_open("c");
		struct kan_err err = { 0 };
		struct kan_hash_set set;

		ck_assert_int_eq(kan_case_state(c), KAN_CASE_INTERRUPTED);
		ck_assert_int_eq(kan_case_hashes(c, &set, &err), KAN_EFORMAT);
		ck_assert_ptr_nonnull(strstr(err.msg, "not complete"));
	}
	sample_complete("c", 5);
	holds("case.db case.jsonl coverage.csv evidence.json ");
	(void)close(ready[0]);
	(void)close(ready[1]);
}
END_TEST

START_TEST(case_is_opened_only_where_one_is)
{
	struct kan_case *c = NULL;
	struct kan_err err = { 0 };

	ck_assert_int_eq(kan_case_open(&c, "nowhere", &err), KAN_EIO);
	ck_assert_int_eq(sample_sh("mkdir c"), 0);
	ck_assert_int_eq(kan_case_open(&c, "c", &err), KAN_EFORMAT);
	ck_assert_ptr_nonnull(strstr(err.msg, "not a case"));
	ck_assert_int_eq(kan_case_open(&c, "/etc/hostname", &err), KAN_EFORMAT);
	ck_assert_ptr_null(c);
}
END_TEST

START_TEST(case_open_for_reading_is_not_written)
{
	struct kan_evidence ev = { .number = 1 };
	struct kan_image_info info = { .format = "raw" };
	struct kan_coverage row = { 1, "image", "media", "complete", "", "", 0, 1, 1 };
	struct kan_findings none = { 0 };
	struct kan_file f = sample_file("/a", 1);
	struct kan_event event = sample_event("/a", 1);
	struct kan_case *c;

	ev.name = "a";
	ev.info = &info;
	sample_complete("c", 1);
	ck_assert_int_eq(sample_sh("cp -r c was"), 0);
	c = sample_open("c");
	ck_assert_int_eq(kan_case_add_evidence(c, &ev, NULL), KAN_EARG);
	ck_assert_int_eq(kan_case_add_file(c, &f, NULL), KAN_EARG);
	ck_assert_int_eq(kan_case_add_event(c, &event, NULL), KAN_EARG);
	ck_assert_int_eq(kan_case_add_coverage(c, &row, NULL), KAN_EARG);
	ck_assert_int_eq(kan_case_add_findings(c, 1, "image", &none, NULL), KAN_EARG);
	ck_assert_int_eq(kan_case_log(c, "run.note", NULL, 0, NULL), KAN_EARG);
	ck_assert_int_eq(kan_case_write(c, "report.html", "x", 1, NULL), KAN_EARG);
	ck_assert_int_eq(kan_case_finish(c, false, NULL), KAN_EARG);
	kan_case_close(c);
	ck_assert_int_eq(sample_sh("diff -r c was"), 0);
}
END_TEST

/* ---- files ------------------------------------------------------------------- */

START_TEST(case_file_has_its_name_only_when_it_is_whole)
{
	KAN_AUTO(case) struct kan_case *c = sample_case("c");
	struct kan_case_file *f = NULL;

	ck_assert_int_eq(kan_case_file_open(&f, c, "files.csv", NULL), KAN_OK);
	ck_assert_int_eq(kan_case_file_add(f, "a\n", 2, NULL), KAN_OK);
	holds(".files.csv.part case.db.part case.jsonl ");
	kan_case_file_free(f);
	holds("case.db.part case.jsonl ");
	ck_assert_int_eq(kan_case_file_open(&f, c, "files.csv", NULL), KAN_OK);
	ck_assert_int_eq(kan_case_file_add(f, "b\n", 2, NULL), KAN_OK);
	ck_assert_int_eq(kan_case_file_add(f, "c\n", 2, NULL), KAN_OK);
	ck_assert_int_eq(kan_case_file_commit(f, NULL), KAN_OK);
	ck_assert_int_eq(kan_case_file_commit(f, NULL), KAN_EARG);
	kan_case_file_free(f);
	kan_case_file_free(NULL);
	sample_prints("cat c/files.csv", "b\nc");
}
END_TEST

START_TEST(case_file_of_another_name_is_refused)
{
	static const char *const names[] = { "",           "x",       "../files.csv",
		                             "case.jsonl", "case.db", ".files.csv.part",
		                             "Files.csv" };
	KAN_AUTO(case) struct kan_case *c = sample_case("c");

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		ck_assert_int_eq(kan_case_write(c, names[i], "x", 1, NULL), KAN_EARG);
	holds("case.db.part case.jsonl ");
}
END_TEST

START_TEST(case_that_is_complete_takes_views_but_no_data)
{
	KAN_AUTO(case) struct kan_case *c = sample_case("c");
	struct kan_err err = { 0 };

	sample_finish(c);
	ck_assert_int_eq(kan_case_state(c), KAN_CASE_COMPLETE);
	ck_assert_int_eq(kan_case_finish(c, false, NULL), KAN_EARG);
	ck_assert_int_eq(kan_case_write(c, "files.csv", "x", 1, &err), KAN_EARG);
	ck_assert_ptr_nonnull(strstr(err.msg, "complete"));
	ck_assert_int_eq(kan_case_write(c, "report.html", "x", 1, NULL), KAN_OK);
	holds("case.db case.jsonl coverage.csv evidence.json report.html ");
}
END_TEST

/* ---- a full disk ------------------------------------------------------------- */

/* The case must be interrupted, hold no file under a final name, and start again. */
static void is_interrupted(void)
{
	KAN_AUTO(case) struct kan_case *c = sample_open("c");

	ck_assert_int_eq(kan_case_state(c), KAN_CASE_INTERRUPTED);
	ck_assert(!sample_exists("c/case.db"));
	ck_assert(!sample_exists("c/files.csv"));
}

static int fill(struct kan_case *c, struct kan_err *err)
{
	int rc = KAN_OK;

	for (uint32_t i = 0; rc == KAN_OK && i < 2000000; i++) {
		struct kan_file f = sample_file("/some/path/of/a/file/that/needs/room", i);

		rc = kan_case_add_file(c, &f, err);
	}
	return rc;
}

/* In a child: files may not grow past 256 KiB, and writing says so. */
static void run_limited(void)
{
	struct kan_case *c = sample_case("c");
	struct kan_case_file *f = NULL;
	struct rlimit limit = { 1 << 18, 1 << 18 };
	struct kan_err err = { 0 };
	char piece[4096] = "";
	int rc;

	ck_assert_ptr_ne(signal(SIGXFSZ, SIG_IGN), SIG_ERR);
	ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
	rc = kan_case_file_open(&f, c, "files.csv", &err);
	for (int i = 0; rc == KAN_OK && i < 1000; i++)
		rc = kan_case_file_add(f, piece, sizeof(piece), &err);
	ck_assert_int_eq(rc, KAN_EIO);
	ck_assert_int_eq(err.os_errno, EFBIG);
	ck_assert_int_eq(kan_case_file_commit(f, NULL), KAN_EARG);
	kan_case_file_free(f);
	ck_assert_int_eq(fill(c, &err), KAN_EIO);
	ck_assert_ptr_nonnull(strstr(err.msg, "case.db"));
	ck_assert_int_eq(kan_case_finish(c, false, NULL), KAN_EIO);
	kan_case_close(c);
}

static void in_child(void (*fn)(void))
{
	int status;
	pid_t child = fork();

	ck_assert_int_ge(child, 0);
	if (child == 0) {
		fn();
		_exit(0);
	}
	ck_assert_int_eq(waitpid(child, &status, 0), child);
	ck_assert(WIFEXITED(status));
	ck_assert_int_eq(WEXITSTATUS(status), 0);
}

START_TEST(case_on_a_file_system_with_a_limit_fails_and_can_be_made_again)
{
	in_child(run_limited);
	is_interrupted();
	sample_complete("c", 5);
}
END_TEST

static bool mount_small(const char *kib)
{
	char options[32];

	snprintf(options, sizeof(options), "size=%sk", kib);
	if (mkdir("m", 0777) == 0 && mount("none", "m", "tmpfs", 0, options) == 0)
		return true;
	printf("SKIP: cannot mount a tmpfs\n");
	return false;
}

START_TEST(case_on_a_full_disk_fails_in_the_store)
{
	struct kan_err err = { 0 };
	struct kan_case *c;

	if (!mount_small("1024"))
		return;
	c = sample_case("m/c");
	ck_assert_int_eq(fill(c, &err), KAN_EIO);
	ck_assert_int_eq(err.os_errno, ENOSPC);
	ck_assert_ptr_nonnull(strstr(err.msg, "case.db: database or disk is full"));
	ck_assert_int_eq(kan_case_finish(c, false, &err), KAN_EIO);
	kan_case_close(c);
	c = sample_open("m/c");
	ck_assert_int_eq(kan_case_state(c), KAN_CASE_INTERRUPTED);
	kan_case_close(c);
	sample_prints("ls -A m/c | grep -v '^evidence.json\\|^coverage.csv'", "case.jsonl");
	sample_complete("m/c", 5);
	ck_assert_int_eq(umount("m"), 0);
}
END_TEST

START_TEST(case_on_a_full_disk_fails_in_the_log_and_keeps_its_chain)
{
	struct kan_case_field field = { "text", NULL };
	KAN_AUTO(mem) char *text = malloc(9000);
	struct kan_findings found = { 0 };
	struct kan_err err = { 0 };
	struct kan_case *c;
	int rc = KAN_OK;

	if (!mount_small("256"))
		return;
	memset(text, 'x', 9000);
	text[8999] = '\0';
	field.value = text;
	c = sample_case("m/c");
	for (int i = 0; rc == KAN_OK && i < 1000; i++)
		rc = kan_case_log(c, "run.note", &field, 1, &err);
	ck_assert_int_eq(rc, KAN_EIO);
	ck_assert_int_eq(err.os_errno, ENOSPC);
	ck_assert_int_eq(kan_case_log(c, "run.note", NULL, 0, NULL), KAN_EIO);
	ck_assert_int_eq(kan_case_finish(c, false, NULL), KAN_EIO);
	kan_case_close(c);
	ck_assert_int_eq(kan_case_log_check("m/c/case.jsonl", &found, NULL, NULL), KAN_OK);
	ck_assert(!kan_findings_have_problem(&found));
	kan_findings_done(&found);
	c = sample_open("m/c");
	ck_assert_int_eq(kan_case_state(c), KAN_CASE_INTERRUPTED);
	kan_case_close(c);
	ck_assert_int_eq(umount("m"), 0);
}
END_TEST

/* A mount of a test that failed must not outlive it. */
static void setup_mounts(void)
{
	if (unshare(CLONE_NEWNS) == 0)
		(void)mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL);
	sample_setup();
}

static void teardown_mounts(void)
{
	(void)umount2("m", MNT_DETACH); /* mostly not mounted */
	sample_teardown();
}

static Suite *case_suite(void)
{
	Suite *s = suite_create("case");
	TCase *tc = tcase_create("states");

	tcase_add_checked_fixture(tc, sample_setup, sample_teardown);
	tcase_add_loop_test(tc, case_is_made_in_a_new_or_an_empty_folder, 0, 2);
	tcase_add_test(tc, case_survives_a_change_of_the_working_directory);
	tcase_add_test(tc, case_is_not_made_where_something_else_is);
	tcase_add_test(tc, case_that_is_complete_is_never_overwritten);
	tcase_add_test(tc, case_that_was_interrupted_is_made_again);
	tcase_add_test(tc, case_that_was_interrupted_keeps_what_is_not_its_own);
	tcase_add_test(tc, case_that_is_killed_while_being_made_is_interrupted);
	tcase_add_test(tc, case_is_opened_only_where_one_is);
	tcase_add_test(tc, case_open_for_reading_is_not_written);
	suite_add_tcase(s, tc);
	tc = tcase_create("files");
	tcase_add_checked_fixture(tc, sample_setup, sample_teardown);
	tcase_add_test(tc, case_file_has_its_name_only_when_it_is_whole);
	tcase_add_test(tc, case_file_of_another_name_is_refused);
	tcase_add_test(tc, case_that_is_complete_takes_views_but_no_data);
	suite_add_tcase(s, tc);
	tc = tcase_create("full disk");
	tcase_add_checked_fixture(tc, setup_mounts, teardown_mounts);
	tcase_set_timeout(tc, 60);
	tcase_add_test(tc, case_on_a_file_system_with_a_limit_fails_and_can_be_made_again);
	tcase_add_test(tc, case_on_a_full_disk_fails_in_the_store);
	tcase_add_test(tc, case_on_a_full_disk_fails_in_the_log_and_keeps_its_chain);
	suite_add_tcase(s, tc);
	return s;
}

RUN_SUITE(case_suite)
