/* SPDX-License-Identifier: MIT */
/*
 * test_html_memory.c - without memory there is no report, never half of one
 */
#include "failing_memory.h"
#include "report/report_case.h"
#include "suite.h"

static const char content[] = REPORT_EVIDENCE
	"INSERT INTO volume VALUES(1,1,0,1048576,'dos','allocated','x');"
	"INSERT INTO filesystem VALUES(1,1,1,'readable','ntfs','x','x',0,9,0,0,0,0,0,0,0);"
	"INSERT INTO digest VALUES(1,'md5','00','00','match');" REPORT_FILE(1, "a/b.txt", "r", 1,
                                                                            "", 10)
		REPORT_EVENT(86400, 100, 0,
                             "a/b.txt") "INSERT INTO finding "
					"VALUES(1,1,'files','unparsed',1,512,10,'x','y');";

/* SQLite survives a few of these; then the document must be the whole one. */
START_TEST(failing_memory_gives_an_error_or_the_same_report)
{
	const struct kan_report_opts opts = { .lang = "ja", .zone = "Asia/Tokyo" };
	KAN_AUTO(mem) char *whole = NULL;
	bool failed = KAN_MEMORY_CAN_FAIL;
	int errors = 0;

	report_make("c", content);
	whole = report_html("c", "ja", "Asia/Tokyo");
	for (long n = 1; failed; n += n < 300 ? 1 : 7) {
		struct kan_case *c = NULL;
		struct kan_buf out = { 0 };
		int rc;

		ck_assert_int_eq(kan_case_open(&c, "c", NULL), KAN_OK);
		memory_fail_at(n);
		rc = kan_report_html(c, &opts, &out, NULL);
		failed = memory_has_failed();
		memory_fail_at(0);
		if (rc == KAN_OK)
			ck_assert_str_eq(out.data, whole);
		else
			ck_assert_uint_eq(out.len, 0);
		errors += rc != KAN_OK;
		kan_buf_done(&out);
		kan_case_close(c);
	}
	ck_assert_int_ge(errors, KAN_MEMORY_CAN_FAIL ? 100 : 0);
}
END_TEST

static Suite *suite(void)
{
	Suite *s = suite_create("report/html_memory");
	TCase *tc = tcase_create("memory");

	tcase_set_timeout(tc, 120);
	tcase_add_checked_fixture(tc, report_setup, report_teardown);
	tcase_add_test(tc, failing_memory_gives_an_error_or_the_same_report);
	suite_add_tcase(s, tc);
	return s;
}

RUN_SUITE(suite)
