/* SPDX-License-Identifier: MIT */
/*
 * test_log.c - the log is a chain that anybody can check, and damage to it is seen
 */
#include "case/sample.h"
#include "suite.h"

#include <sys/file.h>

static const char log_path[] = "c/case.jsonl";

/* The check of docs/formats/case-log.md. */
static const char sh_check[] =
	"p=0000000000000000000000000000000000000000000000000000000000000000\n"
	"while IFS= read -r line; do\n"
	"case $line in *\"\\\"prev\\\":\\\"$p\\\"}\") ;; *) exit 1 ;; esac\n"
	"p=$(printf '%s\\n' \"$line\" | sha256sum | cut -d' ' -f1)\n"
	"done <c/case.jsonl";

/* A complete case with some lines of all kinds. */
static void make_log(void)
{
	static const struct kan_case_field fields[] = {
		{ "command", "kanshiki triage \"a b\" \\ \x01\xff \xe8\xa8\xbc\xe6\x8b\xa0" },
		{ "empty", "" },
	};
	KAN_AUTO(case) struct kan_case *c = sample_case("c");

	ck_assert_int_eq(kan_case_log(c, "run.started", fields, 2, NULL), KAN_OK);
	ck_assert_int_eq(kan_case_log(c, "run.note", NULL, 0, NULL), KAN_OK);
	sample_finish(c);
	ck_assert_int_eq(kan_case_write(c, "report.html", "<p>", 3, NULL), KAN_OK);
}

/* Problems that the check finds; the first one's line goes to *@line. */
static size_t count_problems(uint64_t *nlines, unsigned *line)
{
	struct kan_findings found = { 0 };
	struct kan_err err = { 0 };
	size_t n = 0;
	int rc = kan_case_log_check(log_path, &found, nlines, &err);

	ck_assert_msg(rc == KAN_OK, "%s", err.msg);
	for (size_t i = 0; i < found.n; i++)
		if (kan_finding_is_problem(found.list[i].kind) && n++ == 0 && line)
			ck_assert_int_eq(sscanf(found.list[i].subject, "case.jsonl line %u", line),
			                 1);
	kan_findings_done(&found);
	return n;
}

START_TEST(log_of_a_complete_case_is_whole)
{
	uint64_t nlines = 0;

	make_log();
	ck_assert_uint_eq(count_problems(&nlines, NULL), 0);
	ck_assert_uint_eq(nlines, 5);
}
END_TEST

START_TEST(log_is_checked_by_a_shell_and_sha256sum)
{
	make_log();
	ck_assert_int_eq(sample_sh("%s", sh_check), 0);
	ck_assert_int_eq(sample_sh("sed -i 2s/triage/triagE/ c/case.jsonl"), 0);
	ck_assert_int_eq(sample_sh("%s", sh_check), 1);
}
END_TEST

START_TEST(log_holds_the_digest_of_every_data_file)
{
	make_log();
	ck_assert_int_eq(sample_sh("cd c && sed -n 4p case.jsonl |"
	                           " grep -o '\"sha256:[^,]*' | tr -d '\"' |"
	                           " sed 's/sha256:\\(.*\\):\\(.*\\)/\\2  \\1/' >../sums &&"
	                           " test $(wc -l <../sums) = 3 && sha256sum -c --quiet ../sums"),
	                 0);
	ck_assert_int_eq(sample_sh("sed -n 5p c/case.jsonl | grep -q \"\\\"file.written\\\","
	                           "\\\"name\\\":\\\"report.html\\\",\\\"sha256\\\":\\\"$(sha256sum"
	                           " <c/report.html | cut -d' ' -f1)\\\"\""),
	                 0);
}
END_TEST

START_TEST(log_is_read_by_jq_with_the_values_that_were_given)
{
	make_log();
	if (!sample_has("jq"))
		return;
	sample_prints("jq -r 'select(.event == \"run.started\").command' c/case.jsonl",
	              "kanshiki triage \"a b\" \\\\ \\x01\\xff \xe8\xa8\xbc\xe6\x8b\xa0");
	sample_prints("jq -c 'keys_unsorted[:5]' c/case.jsonl | uniq",
	              "[\"seq\",\"time\",\"host\",\"user\",\"event\"]");
	sample_prints("jq -r .user c/case.jsonl | uniq | sed s/^$(id -un)$/me/", "me");
}
END_TEST

/* The last line is what the chain cannot vouch for; it must still be canonical. */
START_TEST(log_check_sees_every_flipped_bit_but_in_the_last_line)
{
	size_t len, last;
	char *data;

	make_log();
	data = sample_read(log_path, &len);
	for (last = len - 1; data[last - 1] != '\n'; last--)
		;
	for (size_t i = 0; i < last; i++) {
		uint64_t nlines;

		data[i] = (char)(data[i] ^ 1 << i % 8);
		sample_write(log_path, data, len);
		ck_assert_msg(count_problems(&nlines, NULL) > 0, "byte %zu", i);
		data[i] = (char)(data[i] ^ 1 << i % 8);
	}
	free(data);
}
END_TEST

static const struct {
	const char *edit; /* a script of sed */
	unsigned line;    /* of the first problem; 0: none can be seen */
} edits[] = {
	{ "1d", 1 },
	{ "2d", 2 },
	{ "4d", 4 },
	{ "3{h;d};4G", 3 },         /* lines 3 and 4 change places */
	{ "2s/triage/verify/", 3 }, /* seen by the line behind it */
	{ "2s/\"empty\":\"\"/\"empty\":\"x\"/", 3 },
	{ "3s/^{/{ /", 3 }, /* no canonical form */
	{ "3p", 4 },
	{ "5s/\"name\"/\"host\"/", 5 }, /* a key twice */
	{ "5s/\"seq\":5/\"seq\":6/", 5 },
	{ "5s/\"seq\":5/\"seq\":5.0/", 5 },
	{ "5s/\"seq\":5/\"seq\":-5/", 5 },
	{ "5s/T\\([0-9]\\)/ \\1/", 5 }, /* the time in another form */
	{ "5s/report/repo\\\\u0072t/", 5 },
	{ "5s/,\"prev.*/}/", 5 },
	{ "5s/}$/,\"x\":\"y\"}/", 5 },
	{ "5s/}$/}}/", 5 },
	{ "5s/.*/[]/", 5 },
	{ "5s/report.html/report\\\\\\\\q/", 5 }, /* not printable text */
	{ "5s/html/pdf0/", 0 },                   /* the last line, in good form */
	{ "5d", 0 },                              /* cut off at the end */
};

START_TEST(log_check_names_the_line_of_an_edit)
{
	unsigned line = 0;
	uint64_t nlines;

	make_log();
	ck_assert_int_eq(sample_sh("sed -i '%s' c/case.jsonl", edits[_i].edit), 0);
	ck_assert_uint_eq(count_problems(&nlines, &line) > 0, edits[_i].line > 0);
	ck_assert_uint_eq(line, edits[_i].line);
}
END_TEST

START_TEST(log_check_gives_the_digest_of_the_line_that_nothing_vouches_for)
{
	struct kan_findings found = { 0 };
	char *sum;

	make_log();
	sum = sample_output("tail -n 1 c/case.jsonl | sha256sum | cut -d' ' -f1");
	ck_assert_int_eq(kan_case_log_check(log_path, &found, NULL, NULL), KAN_OK);
	ck_assert_uint_eq(found.n, 1);
	ck_assert_int_eq(found.list[0].kind, KAN_FINDING_NOTE);
	ck_assert_str_eq(found.list[0].subject, "case.jsonl line 5");
	ck_assert_ptr_nonnull(strstr(found.list[0].detail, sum));
	kan_findings_done(&found);
	free(sum);
}
END_TEST

/* Made by testdata/case/make_log_seeds.py, which knows only the document. */
static const struct {
	const char *name;
	size_t problems;
} seeds[] = {
	{ "whole", 0 },   { "torn", 1 },          { "line-removed", 2 }, { "edited", 1 },
	{ "spaces", 4 },  { "key-twice", 1 },     { "seq-huge", 1 },     { "newlines", 9 },
	{ "no-log", 2 },  { "not-printable", 1 }, { "array", 1 },        { "empty-object", 1 },
	{ "swapped", 6 },
};

START_TEST(log_check_agrees_with_an_independent_writer)
{
	struct kan_findings found = { 0 };
	char path[256];
	size_t n = 0;

	snprintf(path, sizeof(path), "%s/fuzz/caselog/%s", KAN_TESTDATA, seeds[_i].name);
	ck_assert_int_eq(kan_case_log_check(path, &found, NULL, NULL), KAN_OK);
	for (size_t i = 0; i < found.n; i++)
		n += kan_finding_is_problem(found.list[i].kind);
	ck_assert_uint_eq(n, seeds[_i].problems);
	kan_findings_done(&found);
}
END_TEST

START_TEST(log_check_reports_lines_too_long_empty_and_none)
{
	unsigned line = 0;
	uint64_t nlines;

	make_log();
	ck_assert_int_eq(sample_sh("{ head -n 2 c/case.jsonl; head -c 3000000 /dev/zero |"
	                           " tr '\\0' x; echo; } >x; mv x c/case.jsonl"),
	                 0);
	ck_assert_uint_eq(count_problems(&nlines, &line), 1);
	ck_assert_uint_eq(line, 3);
	ck_assert_uint_eq(nlines, 3);
	ck_assert_int_eq(sample_sh("echo >>c/case.jsonl"), 0);
	ck_assert_uint_eq(count_problems(&nlines, NULL), 2);
	ck_assert_int_eq(sample_sh(": >c/case.jsonl"), 0);
	sample_write(log_path, "", 0);
	{
		struct kan_findings found = { 0 };

		ck_assert_int_eq(kan_case_log_check(log_path, &found, &nlines, NULL), KAN_OK);
		ck_assert(kan_findings_have_problem(&found));
		ck_assert_uint_eq(nlines, 0);
		kan_findings_done(&found);
	}
}
END_TEST

START_TEST(log_check_refuses_what_is_no_file)
{
	struct kan_err err = { 0 };
	uint64_t nlines = 9;

	ck_assert_int_eq(kan_case_log_check("nowhere", NULL, &nlines, &err), KAN_EIO);
	ck_assert_ptr_nonnull(strstr(err.msg, "nowhere: No such file"));
	ck_assert_int_eq(kan_case_log_check("/tmp", NULL, &nlines, &err), KAN_EFORMAT);
	ck_assert_int_eq(sample_sh("mkfifo f"), 0);
	ck_assert_int_eq(kan_case_log_check("f", NULL, &nlines, &err), KAN_EFORMAT);
	ck_assert_uint_eq(nlines, 9);
}
END_TEST

/* ---- writing ----------------------------------------------------------------- */

START_TEST(log_refuses_keys_and_events_that_are_not_for_the_caller)
{
	static const char *const keys[] = { "prev", "seq", "event", "", "a b", "a\"", "\xc3\xa9" };
	static const char *const events[] = { "", "case.complete", "log.repaired", "a b", "a\n" };
	KAN_AUTO(case) struct kan_case *c = sample_case("c");
	struct kan_case_field twice[] = { { "a", "1" }, { "b", "2" }, { "a", "3" } };
	struct kan_err err = { 0 };
	uint64_t nlines;

	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		struct kan_case_field f = { keys[i], "x" };

		ck_assert_int_eq(kan_case_log(c, "run.note", &f, 1, NULL), KAN_EARG);
	}
	for (size_t i = 0; i < sizeof(events) / sizeof(events[0]); i++)
		ck_assert_int_eq(kan_case_log(c, events[i], NULL, 0, NULL), KAN_EARG);
	ck_assert_int_eq(kan_case_log(c, "run.note", twice, 3, &err), KAN_EARG);
	ck_assert_ptr_nonnull(strstr(err.msg, "key twice: a"));
	ck_assert_uint_eq(count_problems(&nlines, NULL), 0);
	ck_assert_uint_eq(nlines, 1);
}
END_TEST

START_TEST(log_refuses_a_line_that_is_too_long_and_goes_on)
{
	KAN_AUTO(case) struct kan_case *c = sample_case("c");
	KAN_AUTO(mem) char *big = malloc((1 << 20) + 1);
	struct kan_case_field f = { "big", big };
	uint64_t nlines;

	memset(big, 'x', 1 << 20);
	big[1 << 20] = '\0';
	ck_assert_int_eq(kan_case_log(c, "run.note", &f, 1, NULL), KAN_ELIMIT);
	big[(1 << 20) - 1000] = '\0';
	ck_assert_int_eq(kan_case_log(c, "run.note", &f, 1, NULL), KAN_OK);
	ck_assert_uint_eq(count_problems(&nlines, NULL), 0);
	ck_assert_uint_eq(nlines, 2);
}
END_TEST

/* Leave the log of an interrupted case with the first @keep bytes of another line. */
static size_t tear(size_t keep)
{
	size_t len, whole;
	char *data;

	kan_case_close(sample_case("c"));
	data = sample_read(log_path, &whole);
	free(data);
	{
		KAN_AUTO(case) struct kan_case *c = sample_case("c");

		ck_assert_ptr_nonnull(c);
	}
	data = sample_read(log_path, &len);
	ck_assert_uint_lt(whole + keep, len);
	sample_write(log_path, data, whole + keep);
	free(data);
	return whole;
}

START_TEST(log_with_a_torn_last_line_is_repaired_visibly)
{
	size_t keep = (size_t)_i, whole = tear(keep);
	unsigned line = 0;
	uint64_t nlines;
	char *data;

	data = sample_read(log_path, NULL);
	ck_assert_uint_eq(count_problems(&nlines, &line), keep > 0);
	ck_assert_uint_eq(line, keep > 0 ? 2 : 0);
	kan_case_close(sample_case("c"));
	ck_assert_uint_eq(count_problems(&nlines, NULL), 0);
	ck_assert_uint_eq(nlines, keep > 0 ? 3 : 2);
	ck_assert_int_eq(sample_sh("%s", sh_check), 0);
	if (keep > 0) {
		struct kan_buf hex = { 0 };

		for (size_t i = 0; i < keep; i++)
			kan_buf_printf(&hex, "%02x", (uint8_t)data[whole + i]);
		ck_assert_int_eq(sample_sh("grep -q '\"log.repaired\",\"torn_bytes\":\"%zu\",.*"
		                           "\"torn_hex\":\"%s\"' c/case.jsonl",
		                           keep, hex.data),
		                 0);
		kan_buf_done(&hex);
	}
	free(data);
}
END_TEST

START_TEST(log_with_a_long_torn_line_is_cut_to_its_record)
{
	uint64_t nlines;

	kan_case_close(sample_case("c"));
	ck_assert_int_eq(sample_sh("cp c/case.jsonl was; head -c 400000 /dev/zero >>c/case.jsonl"),
	                 0);
	kan_case_close(sample_case("c"));
	ck_assert_uint_eq(count_problems(&nlines, NULL), 0);
	ck_assert_uint_eq(nlines, 3);
	ck_assert_int_eq(sample_sh("grep -q \"\\\"torn_sha256\\\":\\\"$(head -c 400000 /dev/zero |"
	                           " sha256sum | cut -d' ' -f1)\\\"\" c/case.jsonl"),
	                 0);
	ck_assert_int_eq(sample_sh("head -n 1 c/case.jsonl | cmp - was"), 0);
}
END_TEST

START_TEST(log_that_is_damaged_is_not_continued)
{
	struct kan_case *c = NULL;
	struct kan_err err = { 0 };

	kan_case_close(sample_case("c"));
	kan_case_close(sample_case("c"));
	ck_assert_int_eq(sample_sh("sed -i 1s/created/cr3ated/ c/case.jsonl; cp c/case.jsonl was"),
	                 0);
	ck_assert_int_eq(kan_case_create(&c, "c", &err), KAN_EFORMAT);
	ck_assert_ptr_null(c);
	ck_assert_ptr_nonnull(strstr(err.msg, "case.jsonl line 2"));
	ck_assert_int_eq(sample_sh("cmp c/case.jsonl was"), 0);
}
END_TEST

START_TEST(log_is_locked_while_a_case_is_made)
{
	struct kan_case *other = NULL;
	struct kan_err err = { 0 };
	struct kan_case *c = sample_case("c");

	ck_assert_int_eq(kan_case_create(&other, "c", &err), KAN_EEXIST);
	ck_assert_ptr_null(other);
	ck_assert_ptr_nonnull(strstr(err.msg, "another process is working on this case"));
	kan_case_close(c);
	kan_case_close(sample_case("c"));
}
END_TEST

static Suite *log_suite(void)
{
	Suite *s = suite_create("log");
	TCase *tc = tcase_create("chain");

	tcase_add_checked_fixture(tc, sample_setup, sample_teardown);
	tcase_set_timeout(tc, 120);
	tcase_add_test(tc, log_of_a_complete_case_is_whole);
	tcase_add_test(tc, log_is_checked_by_a_shell_and_sha256sum);
	tcase_add_test(tc, log_holds_the_digest_of_every_data_file);
	tcase_add_test(tc, log_is_read_by_jq_with_the_values_that_were_given);
	tcase_add_test(tc, log_check_sees_every_flipped_bit_but_in_the_last_line);
	tcase_add_loop_test(tc, log_check_names_the_line_of_an_edit, 0,
	                    sizeof(edits) / sizeof(edits[0]));
	tcase_add_test(tc, log_check_gives_the_digest_of_the_line_that_nothing_vouches_for);
	tcase_add_loop_test(tc, log_check_agrees_with_an_independent_writer, 0,
	                    sizeof(seeds) / sizeof(seeds[0]));
	tcase_add_test(tc, log_check_reports_lines_too_long_empty_and_none);
	tcase_add_test(tc, log_check_refuses_what_is_no_file);
	suite_add_tcase(s, tc);
	tc = tcase_create("writing");
	tcase_add_checked_fixture(tc, sample_setup, sample_teardown);
	tcase_add_test(tc, log_refuses_keys_and_events_that_are_not_for_the_caller);
	tcase_add_test(tc, log_refuses_a_line_that_is_too_long_and_goes_on);
	tcase_add_loop_test(tc, log_with_a_torn_last_line_is_repaired_visibly, 0, 40);
	tcase_add_test(tc, log_with_a_long_torn_line_is_cut_to_its_record);
	tcase_add_test(tc, log_that_is_damaged_is_not_continued);
	tcase_add_test(tc, log_is_locked_while_a_case_is_made);
	suite_add_tcase(s, tc);
	return s;
}

RUN_SUITE(log_suite)
