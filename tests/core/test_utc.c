/* SPDX-License-Identifier: MIT */
/*
 * test_utc.c - civil time agrees with the C library and survives the ends of its range
 */
#include "core/utc.h"
#include "suite.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

static const int64_t S = 1000000000;

static const struct {
	int64_t ns;
	uint32_t unit;
	bool zulu;
	const char *text;
} formatted[] = {
	{ 0, 1000000000, true, "1970-01-01T00:00:00Z" },
	{ 0, 0, true, "1970-01-01T00:00:00.000000000Z" },
	{ -1, 1, true, "1969-12-31T23:59:59.999999999Z" },
	{ -1, 100, true, "1969-12-31T23:59:59.9999999Z" },
	{ 951782400LL * 1000000000, 1000, true, "2000-02-29T00:00:00.000000Z" },
	{ 951782400LL * 1000000000, 2000000000, false, "2000-02-29T00:00:00" },
	{ 951782400LL * 1000000000 + 10000000, 10000000, false, "2000-02-29T00:00:00.01" },
	{ 951782400LL * 1000000000, UINT32_MAX, true, "2000-02-29" },
	{ INT64_MAX, 1, true, "2262-04-11T23:47:16.854775807Z" },
	{ INT64_MIN, 1, true, "1677-09-21T00:12:43.145224192Z" },
	{ INT64_MIN + 1, 1000000000, true, "1677-09-21T00:12:43Z" },
};

START_TEST(time_is_written_with_the_precision_of_its_source)
{
	char text[KAN_UTC_LEN];

	ck_assert_ptr_eq(
		kan_utc_format(text, formatted[_i].ns, formatted[_i].unit, formatted[_i].zulu),
		text);
	ck_assert_str_eq(text, formatted[_i].text);
}
END_TEST

static const struct {
	const char *text;
	int64_t ns;
} parsed[] = {
	{ "1970-01-01", 0 },
	{ "1970-01-01T00:00:01", 1000000000 },
	{ "1970-01-01 00:00:01Z", 1000000000 },
	{ "1970-01-01T09:00:00+09:00", 0 },
	{ "1969-12-31T20:30:00-03:30", 0 },
	{ "1970-01-01T00:00:00.5Z", 500000000 },
	{ "1969-12-31T23:59:59.999999999", -1 },
	{ "2000-02-29", 951782400LL * 1000000000 },
	{ "2262-04-11T23:47:16.854775807Z", INT64_MAX },
	{ "1677-09-21T00:12:43.145224192Z", INT64_MIN },
	{ "1677-09-21T00:12:44Z", -9223372036 * 1000000000LL },
	{ "2262-04-12T08:47:16.854775807+09:00", INT64_MAX },
};

START_TEST(time_is_read)
{
	int64_t ns = 1234;

	ck_assert_msg(kan_utc_parse(&ns, parsed[_i].text), "%s", parsed[_i].text);
	ck_assert_int_eq(ns, parsed[_i].ns);
}
END_TEST

static const char *const refused[] = {
	"",
	"1970",
	"1970-1-1",
	"1970-01-01T",
	"1970-01-01T00:00",
	"1970-01-01T00:00:00.",
	"1970-01-01T00:00:00.1234567890",
	"1970-13-01",
	"1970-00-01",
	"1970-01-00",
	"1970-01-32",
	"1900-02-29",
	"2100-02-29",
	"2001-02-29",
	"2000-02-30",
	"2000-04-31",
	"1970-01-01T24:00:00",
	"1970-01-01T00:60:00",
	"1970-01-01T00:00:60",
	"1970-01-01Z",
	"1970-01-01T00:00:00+9:00",
	"1970-01-01T00:00:00+09",
	"1970-01-01T00:00:00+24:00",
	"1970-01-01T00:00:00ZZ",
	"1970-01-01T00:00:00 Z",
	" 1970-01-01",
	"1970-01-01 ",
	"+1970-01-01",
	"2262-04-12",
	"2262-04-11T23:47:16.854775808Z",
	"1677-09-21T00:12:43.145224191Z",
	"1677-09-21",
	"0000-01-01",
	"9999-12-31",
	"1601-01-01T00:00:00Z",
};

START_TEST(text_that_is_no_time_is_refused_and_changes_nothing)
{
	int64_t ns = 1234;

	ck_assert_msg(!kan_utc_parse(&ns, refused[_i]), "%s", refused[_i]);
	ck_assert_int_eq(ns, 1234);
}
END_TEST

/* Every 7919th hour or so from 1677 to 2262, beside gmtime_r() of the C library. */
START_TEST(civil_time_agrees_with_the_c_library)
{
	for (int64_t s = -9223372036; s <= 9223372036; s += 7919 * 3597) {
		struct kan_civil c = kan_utc_civil(s * S + (s >= 0 ? 7 : 0));
		time_t t = (time_t)s;
		struct tm tm;

		ck_assert_ptr_nonnull(gmtime_r(&t, &tm));
		ck_assert_int_eq(c.year, tm.tm_year + 1900);
		ck_assert_int_eq(c.month, tm.tm_mon + 1);
		ck_assert_int_eq(c.day, tm.tm_mday);
		ck_assert_int_eq(c.hour, tm.tm_hour);
		ck_assert_int_eq(c.minute, tm.tm_min);
		ck_assert_int_eq(c.second, tm.tm_sec);
		ck_assert_int_eq(c.weekday, tm.tm_wday);
		ck_assert_int_eq(c.ns, s >= 0 ? 7 : 0);
		ck_assert_int_eq(kan_utc_days(c.year, c.month, c.day) * 86400 + c.hour * 3600 +
		                         c.minute * 60 + c.second,
		                 s);
	}
}
END_TEST

START_TEST(what_is_written_is_read_back)
{
	uint64_t state = 42;

	for (int i = 0; i < 100000; i++) {
		char text[KAN_UTC_LEN];
		int64_t ns, back;

		state = state * 6364136223846793005u + 1442695040888963407u;
		ns = (int64_t)(state ^ state >> 29);
		kan_utc_format(text, ns, 1, i & 1);
		ck_assert_msg(kan_utc_parse(&back, text), "%s", text);
		ck_assert_int_eq(back, ns);
	}
}
END_TEST

#define COUNT(a) ((int)(sizeof(a) / sizeof((a)[0])))

static Suite *utc_suite(void)
{
	Suite *s = suite_create("utc");
	TCase *text = tcase_create("text");
	TCase *range = tcase_create("range");

	tcase_add_loop_test(text, time_is_written_with_the_precision_of_its_source, 0,
	                    COUNT(formatted));
	tcase_add_loop_test(text, time_is_read, 0, COUNT(parsed));
	tcase_add_loop_test(text, text_that_is_no_time_is_refused_and_changes_nothing, 0,
	                    COUNT(refused));
	suite_add_tcase(s, text);
	tcase_set_timeout(range, 60);
	tcase_add_test(range, civil_time_agrees_with_the_c_library);
	tcase_add_test(range, what_is_written_is_read_back);
	suite_add_tcase(s, range);
	return s;
}

RUN_SUITE(utc_suite)
