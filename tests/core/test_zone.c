/* SPDX-License-Identifier: MIT */
/*
 * test_zone.c - offsets of zones agree with the C library; damaged files are refused
 */
#include "core/zone.h"

#include "core/tzrule.h"
#include "suite.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

static const char *const names[] = {
	"Asia/Tokyo",        "Europe/Berlin", "America/New_York", "Australia/Lord_Howe",
	"America/Sao_Paulo", "Africa/Cairo",  "Europe/Dublin",    "Asia/Kathmandu",
	"America/Santiago",  "Etc/GMT+5",     "Pacific/Apia",
};

static bool have_zones(void)
{
	if (access("/usr/share/zoneinfo/Asia/Tokyo", R_OK) == 0)
		return true;
	(void)fprintf(stderr, "SKIP: no time zone data on this machine\n");
	return false;
}

/* From 1850 to 2200; every test has a process, or at least a TZ, of its own. */
START_TEST(offsets_agree_with_the_c_library)
{
	KAN_AUTO(zone) struct kan_zone *zone = NULL;
	struct kan_err err = { 0 };

	if (!have_zones())
		return;
	ck_assert_msg(kan_zone_load(&zone, names[_i], &err) == KAN_OK, "%s", err.msg);
	ck_assert_int_eq(setenv("TZ", names[_i], 1), 0);
	tzset();
	for (int64_t s = -3786825600; s < 7258118400; s += 7919 * 3) {
		time_t t = (time_t)s;
		struct tm tm;

		/* An assertion that holds costs a write. */
		if (localtime_r(&t, &tm) && kan_zone_offset(zone, s) == tm.tm_gmtoff)
			continue;
		ck_abort_msg("%s at %lld: %d, not %ld", names[_i], (long long)s,
		             (int)kan_zone_offset(zone, s), tm.tm_gmtoff);
	}
}
END_TEST

static const struct {
	const char *name;
	int32_t offset;
} fixed[] = {
	{ "UTC", 0 }, { "Z", 0 }, { "+09:00", 32400 }, { "-03:30", -12600 }, { "+23:59", 86340 },
};

START_TEST(fixed_offsets_need_no_file)
{
	KAN_AUTO(zone) struct kan_zone *zone = NULL;

	ck_assert_int_eq(kan_zone_load(&zone, fixed[_i].name, NULL), KAN_OK);
	ck_assert_int_eq(kan_zone_offset(zone, INT64_MIN), fixed[_i].offset);
	ck_assert_int_eq(kan_zone_offset(zone, 0), fixed[_i].offset);
	ck_assert_int_eq(kan_zone_offset(zone, INT64_MAX), fixed[_i].offset);
}
END_TEST

static const char *const no_names[] = {
	"",
	"Asia/Atlantis",
	"/etc/passwd",
	"../../../etc/passwd",
	"Asia",
	"zone.tab",
	"+9:00",
	"+24:00",
	"+09:60",
	"+0900",
	"a\nb",
	"tzdata.zi",
	"iso3166.tab",
	"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
};

START_TEST(what_is_no_zone_is_refused)
{
	struct kan_zone *zone = NULL;
	struct kan_err err = { 0 };

	ck_assert_int_eq(kan_zone_load(&zone, no_names[_i], &err), KAN_EARG);
	ck_assert_ptr_null(zone);
	ck_assert_ptr_nonnull(strstr(err.msg, "time zone"));
}
END_TEST

static const struct {
	const char *rule;
	int64_t time_s;
	int32_t offset;
} rules[] = {
	{ "JST-9", 0, 32400 },
	{ "<+0330>-3:30", 0, 12600 },
	{ "EST5EDT,M3.2.0,M11.1.0", 1331449199, -18000 }, /* 2012-03-11T06:59:59Z */
	{ "EST5EDT,M3.2.0,M11.1.0", 1331449200, -14400 },
	{ "EST5EDT,M3.2.0,M11.1.0", 1352008799, -14400 }, /* 2012-11-04T05:59:59Z */
	{ "EST5EDT,M3.2.0,M11.1.0", 1352008800, -18000 },
	{ "EST5EDT4,J60/0,J300", 1330578000, -14400 }, /* 2012-03-01T05:00:00Z */
	{ "EST5EDT4,J60/0,J300", 1330577999, -18000 },
	{ "EST5EDT4,59/0,299", 1330491600, -14400 },       /* 2012-02-29T05:00:00Z */
	{ "XXX3EDT4,0/0,J365/23", 1325386800, 0 - 14400 }, /* summer for ever */
	{ "IST-1GMT0,M10.5.0,M3.5.0/1", 1342000000, 3600 },
	{ "IST-1GMT0,M10.5.0,M3.5.0/1", 1326000000, 0 },
};

START_TEST(rules_hold_at_their_edges)
{
	struct kan_tzrule rule;

	ck_assert_msg(kan_tzrule_parse(&rule, rules[_i].rule), "%s", rules[_i].rule);
	ck_assert_int_eq(kan_tzrule_offset(&rule, rules[_i].time_s), rules[_i].offset);
}
END_TEST

static const char *const no_rules[] = {
	"",
	"9",
	"AB3",
	"<AB>",
	"<ABC",
	"ABC",
	"ABC25",
	"ABC3DEF",
	"ABC3DEF,M3.2.0",
	"ABC3DEF,M13.2.0,M11.1.0",
	"ABC3DEF,M3.6.0,M11.1.0",
	"ABC3DEF,M3.2.7,M11.1.0",
	"ABC3DEF,J0,J1",
	"ABC3DEF,J366,J1",
	"ABC3DEF,366,1",
	"ABC3DEF,1/168,2",
	"ABC3DEF,1,2x",
	"ABC3:60",
};

START_TEST(text_that_is_no_rule_is_refused)
{
	struct kan_tzrule rule;

	ck_assert_msg(!kan_tzrule_parse(&rule, no_rules[_i]), "%s", no_rules[_i]);
}
END_TEST

static size_t read_zone(uint8_t *buf, size_t room)
{
	FILE *f = fopen("/usr/share/zoneinfo/Europe/Berlin", "rb");
	size_t n;

	ck_assert_ptr_nonnull(f);
	n = fread(buf, 1, room, f);
	ck_assert_int_eq(fclose(f), 0);
	return n;
}

START_TEST(file_cut_short_anywhere_is_refused)
{
	uint8_t *exact, buf[8192];
	size_t len;

	if (!have_zones())
		return;
	len = read_zone(buf, sizeof(buf));
	for (size_t cut = 0; cut < len; cut++) {
		struct kan_zone *zone = NULL;

		exact = malloc(cut + 1); /* the sanitizer sees a read behind the end */
		memcpy(exact, buf, cut);
		ck_assert_int_eq(kan_zone_parse(&zone, (struct kan_view){ exact, cut }, NULL),
		                 KAN_EFORMAT);
		ck_assert_ptr_null(zone);
		free(exact);
	}
}
END_TEST

#define COUNT(a) ((int)(sizeof(a) / sizeof((a)[0])))

static Suite *zone_suite(void)
{
	Suite *s = suite_create("zone");
	TCase *offsets = tcase_create("offsets");
	TCase *refusals = tcase_create("refusals");

	tcase_set_timeout(offsets, 60);
	tcase_add_loop_test(offsets, offsets_agree_with_the_c_library, 0, COUNT(names));
	tcase_add_loop_test(offsets, fixed_offsets_need_no_file, 0, COUNT(fixed));
	tcase_add_loop_test(offsets, rules_hold_at_their_edges, 0, COUNT(rules));
	suite_add_tcase(s, offsets);
	tcase_add_loop_test(refusals, what_is_no_zone_is_refused, 0, COUNT(no_names));
	tcase_add_loop_test(refusals, text_that_is_no_rule_is_refused, 0, COUNT(no_rules));
	tcase_add_test(refusals, file_cut_short_anywhere_is_refused);
	suite_add_tcase(s, refusals);
	return s;
}

RUN_SUITE(zone_suite)
