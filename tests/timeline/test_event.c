/* SPDX-License-Identifier: MIT */
/*
 * test_event.c - a file record gives one event for each time that is set
 */
#include "core/cleanup.h"
#include "kanshiki/event.h"
#include "suite.h"

#include <stdio.h>
#include <string.h>

enum { SEEN_MAX = 16 };

struct seen {
	size_t n;
	struct {
		struct kan_event ev;
		char source[32], meaning[32], path[64];
	} list[SEEN_MAX];
};

static int remember(void *arg, const struct kan_event *ev, struct kan_err *err)
{
	struct seen *s = arg;

	(void)err;
	ck_assert_uint_lt(s->n, SEEN_MAX);
	s->list[s->n].ev = *ev;
	snprintf(s->list[s->n].source, sizeof(s->list[0].source), "%s", ev->source);
	snprintf(s->list[s->n].meaning, sizeof(s->list[0].meaning), "%s", ev->meaning);
	snprintf(s->list[s->n].path, sizeof(s->list[0].path), "%s", ev->path);
	s->n++;
	return KAN_OK;
}

static struct kan_file sample(void)
{
	struct kan_file f = {
		.evidence = 2,
		.fs = 3,
		.addr = 44,
		.seq = 5,
		.attr_type = 128,
		.attr_id = 6,
		.meta_type = KAN_FILE_REGULAR,
		.mode = 0640,
		.uid = 1,
		.gid = 2,
		.size = 77,
		.path = "/a/b",
		.stream = "",
		.link = "",
	};

	for (size_t i = 0; i < KAN_FILE_NTIMES; i++) {
		f.time_ns[i] = f.fn_ns[i] = KAN_NO_TIME;
		f.time_unit_ns[i] = 100;
	}
	return f;
}

START_TEST(time_that_is_not_set_is_no_event)
{
	struct kan_file f = sample();
	struct seen s = { 0 };

	ck_assert_int_eq(kan_events_of_file(&f, "ntfs", remember, &s, NULL), KAN_OK);
	ck_assert_uint_eq(s.n, 0);
	f.time_ns[KAN_TIME_DELETED] = 0;
	ck_assert_int_eq(kan_events_of_file(&f, "ext4", remember, &s, NULL), KAN_OK);
	ck_assert_uint_eq(s.n, 1);
	ck_assert_str_eq(s.list[0].meaning, "deleted");
	ck_assert_str_eq(s.list[0].source, "ext4");
	ck_assert_int_eq(s.list[0].ev.time_ns, 0);
}
END_TEST

START_TEST(event_carries_what_the_record_says)
{
	struct kan_file f = sample();
	struct seen s = { 0 };
	const struct kan_event *ev = &s.list[0].ev;

	f.time_ns[KAN_TIME_CHANGED] = -5;
	f.flags = KAN_FILE_NAME_DELETED | KAN_FILE_COMPRESSED;
	ck_assert_int_eq(kan_events_of_file(&f, "ntfs", remember, &s, NULL), KAN_OK);
	ck_assert_uint_eq(s.n, 1);
	ck_assert_str_eq(s.list[0].source, "ntfs:si");
	ck_assert_str_eq(s.list[0].meaning, "changed");
	ck_assert_str_eq(s.list[0].path, "/a/b");
	ck_assert_int_eq(ev->time_ns, -5);
	ck_assert_uint_eq(ev->unit_ns, 100);
	ck_assert(!ev->local);
	ck_assert_uint_eq(ev->evidence, 2);
	ck_assert_uint_eq(ev->fs, 3);
	ck_assert_uint_eq(ev->addr, 44);
	ck_assert_uint_eq(ev->seq, 5);
	ck_assert_uint_eq(ev->attr_type, 128);
	ck_assert_uint_eq(ev->attr_id, 6);
	ck_assert_uint_eq(ev->flags, f.flags);
	ck_assert_uint_eq(ev->mode, 0640);
	ck_assert_uint_eq(ev->size, 77);
	ck_assert_uint_eq(ev->count, 1);
	ck_assert_int_eq(ev->type, KAN_FILE_REGULAR);
}
END_TEST

START_TEST(times_of_the_name_are_events_of_their_own_and_told_once)
{
	struct kan_file f = sample();
	struct seen s = { 0 };

	f.stream = "Zone.Identifier";
	f.flags = KAN_FILE_FN_TIMES;
	f.time_ns[KAN_TIME_CREATED] = 10;
	f.fn_ns[KAN_TIME_CREATED] = 20;
	ck_assert_int_eq(kan_events_of_file(&f, "ntfs", remember, &s, NULL), KAN_OK);
	ck_assert_uint_eq(s.n, 2);
	ck_assert_str_eq(s.list[0].path, "/a/b:Zone.Identifier");
	ck_assert_str_eq(s.list[0].source, "ntfs:si");
	ck_assert_str_eq(s.list[1].path, "/a/b");
	ck_assert_str_eq(s.list[1].source, "ntfs:fn");
	ck_assert_int_eq(s.list[1].ev.time_ns, 20);
	ck_assert_uint_eq(s.list[1].ev.attr_type, 48);
	f.flags |= KAN_FILE_NEXT_STREAM;
	s.n = 0;
	ck_assert_int_eq(kan_events_of_file(&f, "ntfs", remember, &s, NULL), KAN_OK);
	ck_assert_uint_eq(s.n, 1);
}
END_TEST

static const struct {
	const char *type;
	uint32_t unit;
	bool local;
} systems[] = {
	{ "fat12", 2000000000, true },   { "fat32", KAN_UNIT_DAY, true },
	{ "exfat", 10000000, true },     { "ext4", 1, false },
	{ "ntfs", 100, false },          { "hfs", 1000000000, false },
	{ "other", KAN_UNIT_DAY, true },
};

START_TEST(only_fat_keeps_local_time)
{
	struct kan_file f = sample();
	struct seen s = { 0 };

	f.time_ns[KAN_TIME_MODIFIED] = 1;
	f.time_unit_ns[KAN_TIME_MODIFIED] = systems[_i].unit;
	ck_assert_int_eq(kan_events_of_file(&f, systems[_i].type, remember, &s, NULL), KAN_OK);
	ck_assert_uint_eq(s.n, 1);
	ck_assert_int_eq(s.list[0].ev.local, systems[_i].local);
}
END_TEST

static int refuse(void *arg, const struct kan_event *ev, struct kan_err *err)
{
	size_t *n = arg;

	(void)ev;
	++*n;
	return kan_fail(err, KAN_ESTOPPED, "enough");
}

START_TEST(error_of_the_receiver_ends_the_record)
{
	struct kan_file f = sample();
	size_t n = 0;

	f.time_ns[KAN_TIME_MODIFIED] = f.time_ns[KAN_TIME_CREATED] = 1;
	f.fn_ns[KAN_TIME_CREATED] = 1;
	f.flags = KAN_FILE_FN_TIMES;
	ck_assert_int_eq(kan_events_of_file(&f, "ntfs", refuse, &n, NULL), KAN_ESTOPPED);
	ck_assert_uint_eq(n, 1);
}
END_TEST

/* Each step makes the event later in the order, whatever the steps before did. */
START_TEST(order_looks_at_the_fields_in_turn)
{
	struct kan_event e[20];
	size_t n = 0;

	for (size_t i = 0; i < 20; i++)
		e[i] = (struct kan_event){ .time_ns = 5,
			                   .source = "b",
			                   .evidence = 2,
			                   .fs = 2,
			                   .path = "b",
			                   .meaning = "b",
			                   .addr = 2,
			                   .seq = 2,
			                   .size = 2,
			                   .count = (uint32_t)i };
	e[n++].time_ns = INT64_MIN;
	e[n++].time_ns = -1;
	e[n++].time_ns = 4;
	e[n++].source = "a";
	e[n++].evidence = 1;
	e[n++].fs = 1;
	e[n++].path = "a\xff";
	e[n++].meaning = "a";
	e[n++].addr = 1;
	e[n++].seq = 1;
	e[n++].size = 1;
	n++; /* as it is */
	e[n++].size = 3;
	e[n++].seq = UINT64_MAX;
	e[n++].addr = 3;
	e[n++].meaning = "b ";
	e[n++].path = "b\x01";
	e[n++].fs = UINT32_MAX;
	e[n++].source = "\xe3";
	e[n++].time_ns = INT64_MAX;
	ck_assert_uint_eq(n, 20);
	for (size_t i = 0; i < n; i++) {
		for (size_t k = 0; k < n; k++) {
			int order = kan_event_compare(&e[i], &e[k]);

			ck_assert_msg((order > 0) - (order < 0) == (i > k) - (i < k),
			              "%zu and %zu: %d", i, k, order);
		}
	}
}
END_TEST

static Suite *event_suite(void)
{
	Suite *s = suite_create("event");
	TCase *file = tcase_create("file");
	TCase *order = tcase_create("order");

	tcase_add_test(file, time_that_is_not_set_is_no_event);
	tcase_add_test(file, event_carries_what_the_record_says);
	tcase_add_test(file, times_of_the_name_are_events_of_their_own_and_told_once);
	tcase_add_loop_test(file, only_fat_keeps_local_time, 0,
	                    (int)(sizeof(systems) / sizeof(systems[0])));
	tcase_add_test(file, error_of_the_receiver_ends_the_record);
	suite_add_tcase(s, file);
	tcase_add_test(order, order_looks_at_the_fields_in_turn);
	suite_add_tcase(s, order);
	return s;
}

RUN_SUITE(event_suite)
