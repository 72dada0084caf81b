/* SPDX-License-Identifier: MIT */
/*
 * test_html.c - the report says what the store says, all of it, and no more
 */
#include "report/report_case.h"
#include "suite.h"

#include "report/html.h"

static const char *const section_ids[] = { "summary",  "verdict",  "evidence", "layout",
	                                   "days",     "hours",    "types",    "notable",
	                                   "findings", "coverage", "check" };

START_TEST(report_has_every_section_even_of_an_empty_case)
{
	KAN_AUTO(mem) char *html = NULL;
	char mark[64];

	report_make("c", "");
	html = report_html("c", "en", NULL);
	for (size_t i = 0; i < sizeof(section_ids) / sizeof(section_ids[0]); i++) {
		snprintf(mark, sizeof(mark), "<section id=\"%s\"", section_ids[i]);
		report_says(html, mark);
		snprintf(mark, sizeof(mark), "<a href=\"#%s\">", section_ids[i]);
		report_says(html, mark);
	}
	report_says(html, "The case holds no evidence.");
	report_silent(html, "Nothing was left out");
}
END_TEST

/* A figure of the summary equals what the query says. */
static void check_figure(const char *html, const char *label, const char *sql)
{
	char expected[256];

	snprintf(expected, sizeof(expected), "<dt>%s</dt><dd>%s</dd>", label,
	         report_number("c", sql));
	report_says(html, expected);
}

START_TEST(figures_of_the_summary_are_those_of_the_store)
{
	KAN_AUTO(mem) char *html = NULL;

	report_make("c",
	            REPORT_EVIDENCE REPORT_FILE(1, "a", "d", 0, "", 0) REPORT_FILE(
			    2, "a/b.txt", "r", 0, "", 10) REPORT_FILE(3, "a/b.txt", "r", 0,
	                                                              "Zone.Identifier", 26)
	                    REPORT_FILE(4, "a/c.TXT", "r", 1, "", 20) REPORT_FILE(
				    5, "a/.d", "r", 1, "", 30) REPORT_FILE(6, "l", "l", 0, "", 0)
	                            REPORT_EVENT(86400, 100, 0, "a/b.txt") REPORT_EVENT(
					    90000, 100, 0, "a/b.txt") "INSERT INTO finding "
	                                                              "VALUES(1,1,'files','"
	                                                              "unparsed',1,512,10,'x','y');"
	                                                              "INSERT INTO finding "
	                                                              "VALUES(2,1,'files','note',0,"
	                                                              "NULL,NULL,'x','y');");
	html = report_html("c", "en", NULL);
	check_figure(html, "Entries in the file list (names and streams)",
	             "SELECT count(*) FROM file");
	check_figure(html, "of these, files",
	             "SELECT count(*) FROM file f JOIN stream s ON s.file = f.id"
	             " WHERE f.name_type = 'r' AND s.name = ''");
	check_figure(html, "of these, directories",
	             "SELECT count(*) FROM file WHERE name_type = 'd'");
	check_figure(html, "of these, alternate streams",
	             "SELECT count(*) FROM stream WHERE name <> ''");
	check_figure(html, "Deleted entries", "SELECT sum(deleted) FROM file");
	check_figure(html, "Events in the timeline", "SELECT count(*) FROM event");
	check_figure(html, "Findings that are a problem",
	             "SELECT count(*) FROM finding WHERE problem = 1");
	check_figure(html, "Other findings", "SELECT count(*) FROM finding WHERE problem = 0");
	report_says(html, "<dt>First event</dt><dd>1970-01-02 (Fri) 00:00:00 UTC</dd>");
	report_says(html, "<dt>Last event</dt><dd>1970-01-02 (Fri) 01:00:00 UTC</dd>");
	report_says(html, "<td class=\"t\">txt</td><td class=\"n\">2</td>"
	                  "<td class=\"n\">30 <small></small></td><td class=\"n\">1</td>");
	report_says(html, "<td class=\"t\">(no extension)</td><td class=\"n\">1</td>");
}
END_TEST

static const struct {
	const char *verdict, *stored, *words, *mark;
} verdicts[] = {
	{ "'match'", "'0011223344556677'", "\xe2\x9c\x93 Match", "<span>00112233</span>" },
	{ "'mismatch'", "'0011223344556678'", "\xe2\x9c\x97 Mismatch",
	  "<span>00112233</span><wbr><mark>44556678</mark>" },
	{ "'unchecked'", "NULL", "? Cannot be verified", "the image stores none to compare with" },
	{ "NULL", "NULL", "? Not verified", "Nothing is said here about whether" },
};

START_TEST(verdict_is_told_with_both_values_in_groups_of_eight)
{
	KAN_AUTO(mem) char *html = NULL;
	char sql[512];

	snprintf(sql, sizeof(sql),
	         "INSERT INTO evidence VALUES(1,'d.E01','ewf','',100,512,0,1,%s,100,0);"
	         "INSERT INTO digest VALUES(1,'md5','0011223344556677',%s,%s);",
	         verdicts[_i].verdict, verdicts[_i].stored,
	         _i == 3 ? "'unchecked'" : verdicts[_i].verdict);
	report_make("c", sql);
	html = report_html("c", "en", NULL);
	report_says(html, verdicts[_i].words);
	report_says(html, verdicts[_i].mark);
	report_says(html, _i == 1 ? "<mark>44556677</mark>" : "<span>44556677</span>");
	for (int other = 0; other < 4; other++)
		if (other != _i)
			report_silent(html, verdicts[other].words);
}
END_TEST

START_TEST(digest_over_filled_sectors_is_said_to_be_of_the_image)
{
	KAN_AUTO(mem) char *html = NULL;

	report_make("c", REPORT_EVIDENCE "UPDATE evidence SET bytes_unreadable = 4096;");
	html = report_html("c", "en", NULL);
	report_says(html, "4.0 KiB (4,096 bytes) could not be read and count as zeros");
	report_silent(html, "Nothing was left out");
}
END_TEST

/* What must keep the report from saying that nothing was left out. */
static const char *const gaps[] = {
	"",
	"INSERT INTO coverage VALUES(2,1,'files','/x','partial','unparsed','',NULL,NULL,NULL);",
	"INSERT INTO coverage VALUES(2,1,'layout','v2','none','encrypted','',NULL,NULL,NULL);",
	"DELETE FROM coverage;",
	"UPDATE segment SET missing = 1;",
	"INSERT INTO filesystem VALUES(1,1,1,'encrypted','luks2','','',0,9,0,0,0,0,0,0,0);",
	"INSERT INTO evidence VALUES(2,'b.dd','raw','',1,512,0,1,'match',1,0);",
};

START_TEST(nothing_left_out_is_said_only_if_it_is_true)
{
	KAN_AUTO(mem) char *html = NULL;
	char sql[1024];

	snprintf(sql, sizeof(sql), "%s%s", REPORT_EVIDENCE, gaps[_i]);
	report_make("c", sql);
	html = report_html("c", "en", NULL);
	if (_i == 0)
		report_says(html, "Nothing was left out");
	else
		report_silent(html, "Nothing was left out");
	ck_assert_int_eq(strstr(html, "Not everything was examined.") != NULL, _i != 0);
}
END_TEST

START_TEST(interrupted_case_is_called_so)
{
	KAN_AUTO(case) struct kan_case *c = NULL;
	struct kan_buf out = { 0 };

	ck_assert_int_eq(kan_case_create(&c, "c", NULL), KAN_OK);
	ck_assert_int_eq(kan_report_html(c, NULL, &out, NULL), KAN_OK);
	report_says(out.data, "<p class=\"banner\">INTERRUPTED: the run");
	report_silent(out.data, "Complete");
	kan_buf_done(&out);
}
END_TEST

START_TEST(rows_beyond_the_limit_are_counted_and_placed)
{
	KAN_AUTO(mem) char *html = NULL;
	size_t rows = 0;

	report_make(
		"c", REPORT_EVIDENCE
		"WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 10000)"
		" INSERT INTO finding SELECT i,1,'files','unparsed',1,i*512,10,'subject '||i,"
		"'detail' FROM n;");
	html = report_html("c", "en", NULL);
	report_says(html,
	            "Shown: 500 of 10,000 rows. Not shown here: 9,500. All of them: case.db.");
	for (const char *p = html; (p = strstr(p, ">subject ")) != NULL; p++)
		rows++;
	ck_assert_uint_eq(rows, KAN_REPORT_ROWS_MAX);
	report_says(html, "<td class=\"t\">Not parsed</td><td class=\"t\">yes</td>"
	                  "<td class=\"n\">10,000</td>");
	report_says(html, "<td class=\"n\">512<br>+ 10</td>");
}
END_TEST

START_TEST(extensions_beyond_the_table_are_counted)
{
	KAN_AUTO(mem) char *html = NULL;

	report_make(
		"c", REPORT_EVIDENCE
		"WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20000)"
		" INSERT INTO file SELECT i,1,1,i,1,5,'/d.x/f.'||CASE WHEN i <= 100 THEN 'Doc'"
		" ELSE 'e'||i END,'r','r',0,0,511,0,0,1,'',NULL,NULL,NULL,NULL,NULL,NULL,NULL,"
		"NULL,NULL,NULL,'' FROM n;"
		"INSERT INTO stream SELECT id,'',128,0,10,NULL,NULL,NULL,NULL FROM file;");
	html = report_html("c", "en", NULL);
	report_says(html, "<td class=\"t\">doc</td><td class=\"n\">100</td>"
	                  "<td class=\"n\">1,000 <small></small></td>");
	/* 19,900 extensions of one file each, of which 39 are shown. */
	report_says(html, "Files with further extensions, not shown here: 19,861.");
}
END_TEST

START_TEST(partitions_are_drawn_to_scale_and_marked)
{
	KAN_AUTO(mem) char *html = NULL;

	report_make(
		"c", REPORT_EVIDENCE
		"INSERT INTO volume VALUES(1,1,0,512,'dos','metadata','Table');"
		"INSERT INTO volume VALUES(1,2,262144,262144,'dos','allocated','Linux (0x83)');"
		"INSERT INTO volume VALUES(1,3,524288,524288,'dos','allocated','NTFS (0x07)');"
		"INSERT INTO filesystem VALUES(1,1,2,'encrypted','luks2','','',262144,262144,0,0,"
		"0,0,0,0,0);"
		"INSERT INTO filesystem VALUES(1,2,3,'readable','ntfs','AB','data',524288,524288,"
		"4096,0,0,0,0,5,0);");
	html = report_html("c", "en", NULL);
	report_says(html, "<rect class=\"v-meta\" x=\"0\" y=\"0\" width=\"3\"");
	report_says(html, "<rect class=\"v-enc\" x=\"240\" y=\"0\" width=\"240\"");
	report_says(html, "<rect class=\"v-fs\" x=\"480\" y=\"0\" width=\"480\"");
	report_says(html, "<td class=\"t\">Encrypted</td>");
	report_says(html, "fls -r -p -i ewf -o 1024 &#39;disk.E01&#39;");
	report_says(html, "ewfverify -d sha256 &#39;disk.E01&#39;");
}
END_TEST

START_TEST(language_and_zone_must_be_known)
{
	struct kan_report_opts opts = { .lang = "fr" };
	struct kan_err err = { 0 };

	report_make("c", "");
	ck_assert_int_eq(report_fails("c", &opts, &err), KAN_EARG);
	opts = (struct kan_report_opts){ .zone = "Asia/Nowhere" };
	ck_assert_int_eq(report_fails("c", &opts, &err), KAN_EARG);
	ck_assert_msg(strstr(err.msg, "Nowhere") != NULL, "%s", err.msg);
}
END_TEST

START_TEST(report_in_japanese_uses_the_terms_of_the_courts)
{
	KAN_AUTO(mem) char *html = NULL;

	report_make("c", REPORT_EVIDENCE REPORT_EVENT(1333628700, 100, 0, "x"));
	html = report_html("c", "ja", "Asia/Tokyo");
	report_says(html, "<html lang=\"ja\">");
	report_says(html, "\xe2\x9c\x93 一致");
	report_says(html, "活動状況図(曜日×時間帯)");
	report_says(html, "2012年4月5日(木) 21:25:00 +09:00");
	report_says(html, "1.0 MiB (1,048,576 バイト)");
}
END_TEST

static Suite *suite(void)
{
	Suite *s = suite_create("report/html");
	TCase *tc = tcase_create("content");

	tcase_add_checked_fixture(tc, report_setup, report_teardown);
	tcase_add_test(tc, report_has_every_section_even_of_an_empty_case);
	tcase_add_test(tc, figures_of_the_summary_are_those_of_the_store);
	tcase_add_loop_test(tc, verdict_is_told_with_both_values_in_groups_of_eight, 0, 4);
	tcase_add_test(tc, digest_over_filled_sectors_is_said_to_be_of_the_image);
	tcase_add_loop_test(tc, nothing_left_out_is_said_only_if_it_is_true, 0,
	                    sizeof(gaps) / sizeof(gaps[0]));
	tcase_add_test(tc, interrupted_case_is_called_so);
	tcase_add_test(tc, rows_beyond_the_limit_are_counted_and_placed);
	tcase_add_test(tc, extensions_beyond_the_table_are_counted);
	tcase_add_test(tc, partitions_are_drawn_to_scale_and_marked);
	tcase_add_test(tc, language_and_zone_must_be_known);
	tcase_add_test(tc, report_in_japanese_uses_the_terms_of_the_courts);
	suite_add_tcase(s, tc);
	return s;
}

RUN_SUITE(suite)
