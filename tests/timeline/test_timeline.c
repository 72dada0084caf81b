/* SPDX-License-Identifier: MIT */
/*
 * test_timeline.c - the timeline gives what qsort() with kan_event_compare() gives
 */
#include "core/cleanup.h"
#include "failing_memory.h"
#include "kanshiki/event.h"
#include "suite.h"

#include <stdio.h>
#include <string.h>

KAN_DEFINE_DROP(timeline, struct kan_timeline *, kan_timeline_free)

static uint64_t next_random(uint64_t *state)
{
	*state = *state * 6364136223846793005u + 1442695040888963407u;
	return *state >> 33;
}

/* Few values for each field, so that ties reach every one of them. */
static struct kan_event make_event(uint64_t *state)
{
	static const int64_t times[] = { INT64_MIN + 1, -1, 0, 1, 1000000000, INT64_MAX };
	static const char *const names[] = { "", "a", "a\xff", "a b", "\x01", "\xe3\x81\x82" };
	static const uint64_t numbers[] = { 0, 1, 255, 256, UINT32_MAX, UINT64_MAX };
	uint64_t r[16];

	for (size_t i = 0; i < 16; i++)
		r[i] = next_random(state) % 6;
	return (struct kan_event){
		.time_ns = times[r[0]],
		.source = names[r[1] / 2],
		.meaning = names[r[2] / 2],
		.path = names[r[3]],
		.evidence = (uint32_t)r[4] / 3,
		.fs = (uint32_t)numbers[r[5]],
		.addr = numbers[r[6]],
		.seq = numbers[r[7]],
		.attr_type = (uint32_t)r[8],
		.attr_id = (uint32_t)r[9],
		.flags = (uint32_t)r[10],
		.unit_ns = r[11] > 2 ? 100 : KAN_UNIT_DAY,
		.local = r[12] > 2,
		.type = (enum kan_file_type)r[13],
		.mode = 0644,
		.uid = (uint32_t)numbers[r[14]],
		.gid = 7,
		.size = numbers[r[15]],
		.count = 1,
	};
}

static int compare(const void *a, const void *b)
{
	return kan_event_compare(a, b);
}

struct check {
	const struct kan_event *expect;
	size_t n, at;
};

static int expect_event(void *arg, const struct kan_event *ev, struct kan_err *err)
{
	struct check *c = arg;
	uint32_t count = 0;
	size_t first = c->at;

	(void)err;
	while (c->at < c->n && kan_event_compare(&c->expect[first], &c->expect[c->at]) == 0)
		count += c->expect[c->at++].count;
	ck_assert_uint_gt(count, 0);
	ck_assert_int_eq(kan_event_compare(ev, &c->expect[first]), 0);
	ck_assert_uint_eq(ev->count, count);
	ck_assert_int_eq(ev->local, c->expect[first].local);
	ck_assert_str_eq(ev->path, c->expect[first].path);
	return KAN_OK;
}

static const struct {
	size_t n, memory;
} sizes[] = { { 0, 0 }, { 1, 0 }, { 5000, 0 }, { 5000, 4096 }, { 100000, 100000 } };

START_TEST(timeline_is_what_qsort_gives_and_equal_events_are_counted)
{
	KAN_AUTO(timeline) struct kan_timeline *t = NULL;
	KAN_AUTO(mem) struct kan_event *list = calloc(sizes[_i].n + 1, sizeof(*list));
	struct kan_timeline_opts opts = { .memory = sizes[_i].memory };
	struct check c = { .expect = list, .n = sizes[_i].n };
	uint64_t state = 11;

	ck_assert_int_eq(kan_timeline_new(&t, &opts, NULL), KAN_OK);
	for (size_t i = 0; i < c.n; i++) {
		/* Every fourth is one that was there before. */
		list[i] = i % 4 == 3 ? list[next_random(&state) % i] : make_event(&state);
		ck_assert_int_eq(kan_timeline_add(t, &list[i], NULL), KAN_OK);
	}
	qsort(list, c.n, sizeof(*list), compare);
	ck_assert_int_eq(kan_timeline_each(t, expect_event, &c, NULL), KAN_OK);
	ck_assert_uint_eq(c.at, c.n);
}
END_TEST

static const int64_t S = 1000000000;

static const struct {
	int64_t time_s;
	uint32_t unit_ns;
	bool kept;
} limited[] = {
	{ 99, 100, false },        { 100, 100, true },
	{ 199, 100, true },        { 200, 100, false },
	{ 98, 2000000000, false }, { 99, 2000000000, true },
	{ 99, 1000000000, false }, { -86300, KAN_UNIT_DAY, false },
	{ 0, KAN_UNIT_DAY, true }, { 200, KAN_UNIT_DAY, false },
};

static int count_events(void *arg, const struct kan_event *ev, struct kan_err *err)
{
	size_t *n = arg;

	(void)ev;
	(void)err;
	++*n;
	return KAN_OK;
}

START_TEST(limits_keep_what_may_lie_inside)
{
	KAN_AUTO(timeline) struct kan_timeline *t = NULL;
	struct kan_timeline_opts opts = {
		.since_ns = 100 * S, .until_ns = 200 * S, .has_since = true, .has_until = true
	};
	struct kan_event ev = { .time_ns = limited[_i].time_s * S,
		                .unit_ns = limited[_i].unit_ns,
		                .source = "x",
		                .meaning = "y",
		                .path = "z",
		                .count = 1 };
	size_t n = 0;

	ck_assert_int_eq(kan_timeline_new(&t, &opts, NULL), KAN_OK);
	ck_assert_int_eq(kan_timeline_add(t, &ev, NULL), KAN_OK);
	ck_assert_int_eq(kan_timeline_each(t, count_events, &n, NULL), KAN_OK);
	ck_assert_uint_eq(n, limited[_i].kept);
}
END_TEST

static int expect_full(void *arg, const struct kan_event *ev, struct kan_err *err)
{
	(void)err;
	ck_assert_uint_eq(ev->count, UINT32_MAX);
	++*(size_t *)arg;
	return KAN_OK;
}

START_TEST(count_stops_at_its_largest_value)
{
	KAN_AUTO(timeline) struct kan_timeline *t = NULL;
	struct kan_event ev = {
		.source = "x", .meaning = "y", .path = "z", .count = UINT32_MAX - 1
	};
	size_t n = 0;

	ck_assert_int_eq(kan_timeline_new(&t, NULL, NULL), KAN_OK);
	ck_assert_int_eq(kan_timeline_add(t, &ev, NULL), KAN_OK);
	ck_assert_int_eq(kan_timeline_add(t, &ev, NULL), KAN_OK);
	ck_assert_int_eq(kan_timeline_each(t, expect_full, &n, NULL), KAN_OK);
	ck_assert_uint_eq(n, 1);
}
END_TEST

static int stop(void *arg, const struct kan_event *ev, struct kan_err *err)
{
	(void)arg;
	(void)ev;
	return kan_fail(err, KAN_ESTOPPED, "enough");
}

START_TEST(error_of_the_receiver_comes_back)
{
	KAN_AUTO(timeline) struct kan_timeline *t = NULL;
	struct kan_event ev = { .source = "x", .meaning = "y", .path = "z", .count = 1 };

	ck_assert_int_eq(kan_timeline_new(&t, NULL, NULL), KAN_OK);
	for (int i = 0; i < _i; i++, ev.time_ns++)
		ck_assert_int_eq(kan_timeline_add(t, &ev, NULL), KAN_OK);
	ck_assert_int_eq(kan_timeline_each(t, stop, NULL, NULL), KAN_ESTOPPED);
}
END_TEST

static int make_timeline(size_t *n)
{
	KAN_AUTO(timeline) struct kan_timeline *t = NULL;
	struct kan_timeline_opts opts = { .memory = 4096 };
	uint64_t state = 1;
	int rc = kan_timeline_new(&t, &opts, NULL);

	for (int i = 0; i < 200 && rc == KAN_OK; i++) {
		struct kan_event ev = make_event(&state);

		ev.seq = (uint64_t)i; /* none are equal */
		rc = kan_timeline_add(t, &ev, NULL);
	}
	return rc == KAN_OK ? kan_timeline_each(t, count_events, n, NULL) : rc;
}

START_TEST(every_failing_allocation_is_an_error)
{
	size_t failed = 0;

	if (!KAN_MEMORY_CAN_FAIL) {
		(void)fprintf(stderr, "SKIP: memory cannot fail under a sanitizer\n");
		return;
	}
	for (long at = 1;; at++, failed++) {
		size_t n = 0;
		bool hit;
		int rc;

		memory_fail_at(at);
		rc = make_timeline(&n);
		hit = memory_has_failed();
		memory_fail_at(0);
		if (!hit) {
			ck_assert_int_eq(rc, KAN_OK);
			ck_assert_uint_eq(n, 200);
			break;
		}
		ck_assert_int_eq(rc, KAN_ENOMEM);
	}
	ck_assert_uint_gt(failed, 5);
}
END_TEST

#define COUNT(a) ((int)(sizeof(a) / sizeof((a)[0])))

static Suite *timeline_suite(void)
{
	Suite *s = suite_create("timeline");
	TCase *order = tcase_create("order");
	TCase *limits = tcase_create("limits");

	tcase_set_timeout(order, 60);
	tcase_add_loop_test(order, timeline_is_what_qsort_gives_and_equal_events_are_counted, 0,
	                    COUNT(sizes));
	suite_add_tcase(s, order);
	tcase_add_loop_test(limits, limits_keep_what_may_lie_inside, 0, COUNT(limited));
	tcase_add_test(limits, count_stops_at_its_largest_value);
	tcase_add_loop_test(limits, error_of_the_receiver_comes_back, 1, 3);
	tcase_add_test(limits, every_failing_allocation_is_an_error);
	suite_add_tcase(s, limits);
	return s;
}

RUN_SUITE(timeline_suite)
