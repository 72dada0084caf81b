/* SPDX-License-Identifier: MIT */
/*
 * test_html_activity.c - events are counted on the right day and hour
 */
#include "report/report_case.h"
#include "suite.h"

#include "report/html_activity.h"

START_TEST(event_is_counted_on_the_day_and_hour_of_the_zone)
{
	KAN_AUTO(mem) char *utc = NULL;
	KAN_AUTO(mem) char *tokyo = NULL;

	/* 2023-12-31T20:00Z is a Sunday; in Tokyo it is Monday, five in the morning. */
	report_make("c", REPORT_EVIDENCE REPORT_EVENT(1704052800, 100, 0, "x"));
	utc = report_html("c", "en", NULL);
	tokyo = report_html("c", "en", "Asia/Tokyo");
	report_says(utc, "<title>2023-12-31: 1</title>");
	report_says(tokyo, "<title>2024-01-01: 1</title>");
	report_says(utc, "Time zone UTC: 1 events");
	report_says(tokyo, "<tr><th scope=\"row\">Mon</th><td class=\"s0\"></td>"
	                   "<td class=\"s0\"></td><td class=\"s0\"></td><td class=\"s0\"></td>"
	                   "<td class=\"s0\"></td><td class=\"s1\">1</td>");
}
END_TEST

START_TEST(local_time_is_never_moved_and_counted_apart)
{
	KAN_AUTO(mem) char *html = NULL;

	report_make("c", REPORT_EVIDENCE REPORT_EVENT(1704052800, 2000000000, 1, "x"));
	html = report_html("c", "en", "Asia/Tokyo");
	report_says(html, "<title>2023-12-31: 1</title>");
	report_says(html, "Local time of unknown zone, as stored (FAT): 1 events");
	report_says(html, "2023-12-31 (Sun) 20:00:00 (local time, zone unknown)");
	report_silent(html, "Time zone Asia/Tokyo: 1 events");
}
END_TEST

START_TEST(bare_date_has_a_day_but_no_hour)
{
	KAN_AUTO(mem) char *html = NULL;

	report_make("c", REPORT_EVIDENCE REPORT_EVENT(1704067200, 4294967295, 1, "x"));
	html = report_html("c", "en", "America/New_York");
	report_says(html, "<title>2024-01-01: 1</title>");
	report_says(html, "There are no events with a time of day.");
}
END_TEST

/* A hundred events in 2024, one in 1601 - no such time fits; 1700 - and one in 1970. */
static const char far_dates[] = REPORT_EVIDENCE
	"WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 99)"
	" INSERT INTO event SELECT i + 1,(1704067200 + i * 86400) * 1000000000,100,0,'ntfs:si',"
	"'modified',1,1,5,1,128,0,0,'r',511,0,0,10,'x',1 FROM n;" REPORT_EVENT(
		-8520336000, 100, 0, "y") REPORT_EVENT(0, 100, 0, "z");

START_TEST(dates_far_away_are_listed_beside_the_chart)
{
	KAN_AUTO(mem) char *html = NULL;

	report_make("c", far_dates);
	html = report_html("c", "en", NULL);
	report_says(html, "One bar is a day. From 2024-01-01 to 2024-04-09;");
	report_says(html, "2 events bear dates far away from all others.");
	report_says(html, "<td class=\"t\">1700</td><td class=\"n\">1</td>");
	report_says(html, "<td class=\"t\">1970</td><td class=\"n\">1</td>");
	report_says(html, "100 of 102 events lie between 2024-01-01 and 2024-04-09.");
	report_says(html, "<dt>First event</dt><dd>1700-01-01 (Fri)");
}
END_TEST

START_TEST(dates_far_away_stay_if_they_are_not_few)
{
	KAN_AUTO(mem) char *html = NULL;

	report_make("c", REPORT_EVIDENCE REPORT_EVENT(0, 100, 0, "x")
	                         REPORT_EVENT(1704067200, 100, 0, "y"));
	html = report_html("c", "en", NULL);
	report_silent(html, "far away from all others. Such");
	report_says(html, "One bar is a year. From 1970 to 2024;");
}
END_TEST

START_TEST(every_time_that_fits_is_counted)
{
	KAN_AUTO(mem) char *html = NULL;

	report_make(
		"c",
		REPORT_EVIDENCE REPORT_EVENT(0, 1, 0, "a") REPORT_EVENT(0, 1, 0, "b") REPORT_EVENT(
			0, 1, 0,
			"c") "UPDATE event SET time_ns = -9223372036854775807 WHERE path = 'a';"
			     "UPDATE event SET time_ns = 9223372036854775807 WHERE path = 'b';");
	html = report_html("c", "en", "Pacific/Kiritimati");
	report_says(html, "From 1677 to 2262;");
	report_says(html, "<td class=\"t\">1677</td><td class=\"n\">1</td>");
	report_says(html, "<td class=\"t\">2262</td><td class=\"n\">1</td>");
}
END_TEST

START_TEST(logarithmic_scale_is_used_only_where_it_is_needed_and_said)
{
	KAN_AUTO(mem) char *even = NULL;
	KAN_AUTO(mem) char *steep = NULL;

	report_make("c", far_dates);
	even = report_html("c", "en", NULL);
	report_sql("c",
	           "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 500)"
	           " INSERT INTO event SELECT 1000 + i,1704067200000000000,100,0,'ntfs:si',"
	           "'modified',1,1,5,1,128,0,0,'r',511,0,0,10,'x',1 FROM n;");
	steep = report_html("c", "en", NULL);
	report_silent(even, "The scale is logarithmic");
	report_says(steep, "The scale is logarithmic");
}
END_TEST

START_TEST(logarithm_is_right_to_a_part_in_thousands)
{
	ck_assert_uint_eq(kan_html_log2(1), 0);
	ck_assert_uint_eq(kan_html_log2(2), 65536);
	ck_assert_uint_eq(kan_html_log2(UINT64_C(1) << 63), 63 * 65536);
	ck_assert_uint_eq(kan_html_log2(10), 217705);       /* 3.321928 */
	ck_assert_uint_eq(kan_html_log2(1000000), 1306235); /* 19.931569 */
	for (uint64_t n = 1; n < 5000; n++)
		ck_assert_uint_le(kan_html_log2(n), kan_html_log2(n + 1));
}
END_TEST

START_TEST(numbers_read_as_people_write_them)
{
	ck_assert_str_eq(kan_html_count(0).s, "0");
	ck_assert_str_eq(kan_html_count(1000).s, "1,000");
	ck_assert_str_eq(kan_html_count(UINT64_MAX).s, "18,446,744,073,709,551,615");
	ck_assert_str_eq(kan_html_size(1023).s, "1023 B");
	ck_assert_str_eq(kan_html_size(1024).s, "1.0 KiB");
	ck_assert_str_eq(kan_html_size(UINT64_C(500107862016)).s, "465.7 GiB");
	ck_assert_str_eq(kan_html_size(UINT64_MAX).s, "15.9 EiB");
	ck_assert_uint_eq(kan_html_scale(UINT64_MAX, 960, UINT64_MAX), 960);
	ck_assert_uint_eq(kan_html_scale(7, 960, 0), 0);
}
END_TEST

static Suite *suite(void)
{
	Suite *s = suite_create("report/html_activity");
	TCase *tc = tcase_create("events");
	TCase *numbers = tcase_create("numbers");

	tcase_add_checked_fixture(tc, report_setup, report_teardown);
	tcase_add_test(tc, event_is_counted_on_the_day_and_hour_of_the_zone);
	tcase_add_test(tc, local_time_is_never_moved_and_counted_apart);
	tcase_add_test(tc, bare_date_has_a_day_but_no_hour);
	tcase_add_test(tc, dates_far_away_are_listed_beside_the_chart);
	tcase_add_test(tc, dates_far_away_stay_if_they_are_not_few);
	tcase_add_test(tc, every_time_that_fits_is_counted);
	tcase_add_test(tc, logarithmic_scale_is_used_only_where_it_is_needed_and_said);
	suite_add_tcase(s, tc);
	tcase_add_test(numbers, logarithm_is_right_to_a_part_in_thousands);
	tcase_add_test(numbers, numbers_read_as_people_write_them);
	suite_add_tcase(s, numbers);
	return s;
}

RUN_SUITE(suite)
