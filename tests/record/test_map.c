/* SPDX-License-Identifier: MIT */
/*
 * test_map.c - the map of a drive is one that GNU ddrescue goes on with
 *
 * Oracle: ddrescuelog, which reads the file and lists blocks by their status.
 */
#include "kanshiki/record.h"
#include "core/cleanup.h"
#include "suite.h"

#include <stdio.h>
#include <string.h>

#define SECTOR 512u

static char path[] = "/tmp/kan-map-XXXXXX";
static struct kan_record_range bad[8];
static size_t nbad;

static void set_up(void)
{
	int fd;

	memcpy(path + strlen(path) - 6, "XXXXXX", 6);
	fd = mkstemp(path);
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(close(fd), 0);
}

static void tear_down(void)
{
	unlink(path);
	nbad = 0;
}

static void add_gap(uint64_t offset, uint64_t length)
{
	ck_assert_uint_lt(nbad, sizeof(bad) / sizeof(bad[0]));
	bad[nbad++] = (struct kan_record_range){ offset, length };
}

static void write_map(uint64_t size, uint64_t done)
{
	KAN_DEFER(kan_buf_done) struct kan_buf text = { 0 };
	FILE *f = fopen(path, "we");

	ck_assert_ptr_nonnull(f);
	kan_map_write(&text, size, done, bad, nbad);
	ck_assert_int_eq(kan_buf_check(&text, NULL), KAN_OK);
	ck_assert_uint_eq(fwrite(text.data, 1, text.len, f), text.len);
	ck_assert_int_eq(fclose(f), 0);
}

/* Output of "ddrescuelog @option map" in one line; returns the exit status. */
static int ddrescuelog(char *out, size_t room, const char *option)
{
	char cmd[128];
	size_t n;
	FILE *f;

	snprintf(cmd, sizeof(cmd), "ddrescuelog %s %s 2>&1", option, path);
	f = popen(cmd, "r");
	ck_assert_ptr_nonnull(f);
	n = fread(out, 1, room - 1, f);
	out[n] = '\0';
	for (char *p = out; *p; p++)
		*p = *p == '\n' ? ' ' : *p;
	return pclose(f);
}

static bool no_oracle(void)
{
	if (system("ddrescuelog --version >/dev/null 2>&1") == 0)
		return false;
	puts("SKIP: ddrescuelog is not installed");
	return true;
}

static void expect_blocks(char status, const char *want)
{
	char option[] = "-l?", out[512];

	option[2] = status;
	ck_assert_int_eq(ddrescuelog(out, sizeof(out), option), 0);
	ck_assert_str_eq(out, want);
}

START_TEST(map_of_a_whole_drive_is_finished)
{
	char out[512];

	if (no_oracle())
		return;
	write_map(100 * SECTOR, 100 * SECTOR);
	ck_assert_int_eq(ddrescuelog(out, sizeof(out), "-D"), 0);
	ck_assert_int_eq(ddrescuelog(out, sizeof(out), "-t"), 0);
	ck_assert_ptr_nonnull(strstr(out, "current status: finished"));
}
END_TEST

START_TEST(map_has_the_unreadable_sectors_as_bad)
{
	char out[512];

	if (no_oracle())
		return;
	add_gap(0, SECTOR);
	add_gap(7 * SECTOR, 2 * SECTOR);
	add_gap(9 * SECTOR, SECTOR); /* adjacent */
	add_gap(99 * SECTOR, SECTOR);
	write_map(100 * SECTOR, 100 * SECTOR);
	expect_blocks('-', "0 7 8 9 99 ");
	expect_blocks('?', "");
	ck_assert_int_ne(ddrescuelog(out, sizeof(out), "-D"), 0);
}
END_TEST

START_TEST(map_of_half_a_drive_has_the_rest_not_tried)
{
	if (no_oracle())
		return;
	add_gap(2 * SECTOR, SECTOR);
	add_gap(4 * SECTOR, 4 * SECTOR); /* goes past what is done */
	add_gap(7 * SECTOR, SECTOR);
	write_map(8 * SECTOR, 5 * SECTOR);
	expect_blocks('-', "2 4 ");
	expect_blocks('?', "5 6 7 ");
	expect_blocks('+', "0 1 3 ");
}
END_TEST

START_TEST(map_of_nothing_done_is_all_not_tried)
{
	if (no_oracle())
		return;
	write_map(3 * SECTOR, 0);
	expect_blocks('?', "0 1 2 ");
}
END_TEST

START_TEST(map_of_a_large_drive_is_exact)
{
	const uint64_t size = UINT64_C(1) << 44;
	char out[512];

	if (no_oracle())
		return;
	add_gap(size - 4 * SECTOR, 4 * SECTOR);
	write_map(size, size);
	expect_blocks('-', "34359738364 34359738365 34359738366 34359738367 ");
	ck_assert_int_eq(ddrescuelog(out, sizeof(out), "-t"), 0);
}
END_TEST

START_TEST(map_of_an_empty_drive_is_accepted)
{
	char out[512];

	if (no_oracle())
		return;
	write_map(0, 0);
	ck_assert_int_eq(ddrescuelog(out, sizeof(out), "-t"), 0);
}
END_TEST

START_TEST(map_ignores_what_lies_behind_the_medium)
{
	KAN_DEFER(kan_buf_done) struct kan_buf with = { 0 }, without = { 0 };

	kan_map_write(&without, 4096, 4096, NULL, 0);
	add_gap(8192, 512);
	add_gap(UINT64_MAX - 512, 512);
	kan_map_write(&with, 4096, 4096, bad, nbad);
	ck_assert_str_eq(with.data, without.data);
}
END_TEST

static Suite *map_suite(void)
{
	Suite *s = suite_create("map");
	TCase *t = tcase_create("map");

	tcase_add_checked_fixture(t, set_up, tear_down);
	tcase_add_test(t, map_of_a_whole_drive_is_finished);
	tcase_add_test(t, map_has_the_unreadable_sectors_as_bad);
	tcase_add_test(t, map_of_half_a_drive_has_the_rest_not_tried);
	tcase_add_test(t, map_of_nothing_done_is_all_not_tried);
	tcase_add_test(t, map_of_a_large_drive_is_exact);
	tcase_add_test(t, map_of_an_empty_drive_is_accepted);
	tcase_add_test(t, map_ignores_what_lies_behind_the_medium);
	suite_add_tcase(s, t);
	return s;
}

RUN_SUITE(map_suite)
