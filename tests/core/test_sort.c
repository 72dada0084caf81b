/* SPDX-License-Identifier: MIT */
/*
 * test_sort.c - the external sorter agrees with qsort(), in memory and through files
 */
#include "core/sort.h"

#include "core/cleanup.h"
#include "suite.h"

#include <stdio.h>
#include <string.h>

KAN_DEFINE_DROP(sort, struct kan_sort *, kan_sort_free)

struct record {
	uint8_t bytes[40];
	uint8_t key_len;
	uint8_t data_len;
};

struct check {
	const struct record *expect;
	size_t n;
	size_t at;
};

static uint64_t next_random(uint64_t *state)
{
	*state = *state * 6364136223846793005u + 1442695040888963407u;
	return *state >> 33;
}

static struct kan_view view_of(const void *data, size_t len)
{
	return (struct kan_view){ data, len };
}

/* Short keys over few letters, NUL and 0xff among them: many ties and prefixes. */
static void make_records(struct record *list, size_t n, uint64_t seed)
{
	static const uint8_t letters[] = { 0x00, 0x01, 'a', 0x7f, 0x80, 0xff };

	for (size_t i = 0; i < n; i++) {
		struct record *r = &list[i];

		r->key_len = (uint8_t)(next_random(&seed) % 20);
		r->data_len = (uint8_t)(next_random(&seed) % 20);
		for (size_t k = 0; k < sizeof(r->bytes); k++)
			r->bytes[k] = letters[next_random(&seed) % sizeof(letters)];
	}
}

static int compare_strings(const uint8_t *a, size_t a_len, const uint8_t *b, size_t b_len)
{
	for (size_t i = 0; i < a_len && i < b_len; i++)
		if (a[i] != b[i])
			return a[i] < b[i] ? -1 : 1;
	return a_len == b_len ? 0 : a_len < b_len ? -1 : 1;
}

static int compare_records(const void *pa, const void *pb)
{
	const struct record *a = pa, *b = pb;
	int order = compare_strings(a->bytes, a->key_len, b->bytes, b->key_len);

	return order ? order
	             : compare_strings(a->bytes + 20, a->data_len, b->bytes + 20, b->data_len);
}

/* An assertion of check writes to a pipe even when it holds; there are many records. */
static int expect_next(void *arg, struct kan_view key, struct kan_view data, struct kan_err *err)
{
	struct check *c = arg;
	const struct record *r = &c->expect[c->at];

	if (c->at == c->n)
		return kan_fail(err, KAN_EFORMAT, "more than %zu records", c->n);
	if (key.len != r->key_len || memcmp(key.data, r->bytes, key.len) != 0)
		return kan_fail(err, KAN_EFORMAT, "record %zu has another key", c->at);
	if (data.len != r->data_len || memcmp(data.data, r->bytes + 20, data.len) != 0)
		return kan_fail(err, KAN_EFORMAT, "record %zu has other data", c->at);
	c->at++;
	return KAN_OK;
}

static void sort_and_compare(size_t n, size_t memory)
{
	KAN_AUTO(sort) struct kan_sort *s = NULL;
	KAN_AUTO(mem) struct record *list = calloc(n + 1, sizeof(*list));
	struct check c = { .expect = list, .n = n };
	struct kan_err err = { 0 };

	make_records(list, n, n + memory);
	ck_assert_int_eq(kan_sort_new(&s, memory, NULL, &err), KAN_OK);
	for (size_t i = 0; i < n; i++)
		if (kan_sort_add(s, view_of(list[i].bytes, list[i].key_len),
		                 view_of(list[i].bytes + 20, list[i].data_len), &err) != KAN_OK)
			ck_abort_msg("%s", err.msg);
	qsort(list, n, sizeof(*list), compare_records);
	ck_assert_msg(kan_sort_each(s, expect_next, &c, &err) == KAN_OK, "%s", err.msg);
	ck_assert_uint_eq(c.at, n);
}

static const struct {
	size_t n, memory;
} sizes[] = {
	{ 0, 0 },        { 1, 0 },         { 12, 0 },         { 13, 0 },
	{ 1000, 0 },     { 1, 1 },         { 100, 1 },        { 1000, 1 },
	{ 50000, 4096 }, { 50000, 10001 }, { 50000, 100000 }, { 200000, 1 << 20 },
};

START_TEST(sorter_gives_what_qsort_gives_at_any_size_and_memory)
{
	sort_and_compare(sizes[_i].n, sizes[_i].memory);
}
END_TEST

struct count {
	size_t n;
	uint64_t last;
	uint64_t sum;
};

static int expect_rising(void *arg, struct kan_view key, struct kan_view data, struct kan_err *err)
{
	struct count *c = arg;
	uint64_t v = 0;

	for (size_t i = 0; i < key.len; i++)
		v = v << 8 | key.data[i];
	if (key.len != 8 || data.len != 0 || v < c->last) /* an assertion costs a write */
		return kan_fail(err, KAN_EFORMAT, "record %zu is wrong", c->n);
	c->last = v;
	c->sum += v;
	c->n++;
	return KAN_OK;
}

START_TEST(million_records_pass_through_a_little_memory)
{
	KAN_AUTO(sort) struct kan_sort *s = NULL;
	uint64_t seed = 7, sum = 0;
	struct count c = { 0 };

	ck_assert_int_eq(kan_sort_new(&s, 64 * 1024, NULL, NULL), KAN_OK);
	for (size_t i = 0; i < 1000000; i++) {
		uint64_t v = next_random(&seed);
		uint8_t key[8];

		for (int k = 0; k < 8; k++)
			key[k] = (uint8_t)(v >> (56 - 8 * k));
		sum += v;
		if (kan_sort_add(s, view_of(key, 8), view_of(NULL, 0), NULL) != KAN_OK)
			ck_abort_msg("record %zu was refused", i);
	}
	ck_assert_int_eq(kan_sort_each(s, expect_rising, &c, NULL), KAN_OK);
	ck_assert_uint_eq(c.n, 1000000);
	ck_assert_uint_eq(c.sum, sum);
}
END_TEST

static int expect_filled(void *arg, struct kan_view key, struct kan_view data, struct kan_err *err)
{
	size_t *n = arg;

	(void)err;
	ck_assert_uint_eq(key.len, 1);
	ck_assert_uint_eq(key.data[0], *n);
	for (size_t i = 0; i < data.len; i += 4093)
		ck_assert_uint_eq(data.data[i], *n);
	ck_assert_uint_eq(data.len, (1u << 20) - 1);
	(*n)++;
	return KAN_OK;
}

START_TEST(records_of_the_largest_size_need_no_more_than_a_few_of_them_in_memory)
{
	KAN_AUTO(sort) struct kan_sort *s = NULL;
	KAN_AUTO(mem) uint8_t *data = malloc(1u << 20);
	size_t n = 0;

	ck_assert_int_eq(kan_sort_new(&s, 4096, NULL, NULL), KAN_OK);
	for (uint8_t key = 20; key-- > 0;) {
		memset(data, key, 1u << 20);
		ck_assert_int_eq(
			kan_sort_add(s, view_of(&key, 1), view_of(data, (1u << 20) - 1), NULL),
			KAN_OK);
	}
	ck_assert_int_eq(kan_sort_each(s, expect_filled, &n, NULL), KAN_OK);
	ck_assert_uint_eq(n, 20);
}
END_TEST

START_TEST(record_over_the_limit_is_refused_and_the_rest_is_kept)
{
	KAN_AUTO(sort) struct kan_sort *s = NULL;
	KAN_AUTO(mem) uint8_t *data = calloc(1, (1u << 20) + 1);
	struct kan_err err = { 0 };
	struct count c = { 0 };

	ck_assert_int_eq(kan_sort_new(&s, 0, NULL, NULL), KAN_OK);
	ck_assert_int_eq(kan_sort_add(s, view_of(data, 8), view_of(NULL, 0), NULL), KAN_OK);
	ck_assert_int_eq(kan_sort_add(s, view_of(data, 8), view_of(data, (1u << 20) - 7), &err),
	                 KAN_ELIMIT);
	ck_assert_int_eq(kan_sort_add(s, view_of(data, (1u << 20) + 1), view_of(NULL, 0), &err),
	                 KAN_ELIMIT);
	ck_assert_int_eq(kan_sort_each(s, expect_rising, &c, NULL), KAN_OK);
	ck_assert_uint_eq(c.n, 1);
}
END_TEST

START_TEST(sorter_gives_its_records_once)
{
	KAN_AUTO(sort) struct kan_sort *s = NULL;
	struct kan_err err = { 0 };
	struct count c = { 0 };

	ck_assert_int_eq(kan_sort_new(&s, 0, NULL, NULL), KAN_OK);
	ck_assert_int_eq(kan_sort_each(s, expect_rising, &c, NULL), KAN_OK);
	ck_assert_int_eq(kan_sort_each(s, expect_rising, &c, &err), KAN_EARG);
	ck_assert_int_eq(kan_sort_add(s, view_of("12345678", 8), view_of(NULL, 0), &err), KAN_EARG);
}
END_TEST

static int stop_at_second(void *arg, struct kan_view key, struct kan_view data, struct kan_err *err)
{
	size_t *n = arg;

	(void)key;
	(void)data;
	return ++*n == 2 ? kan_fail(err, KAN_ESTOPPED, "enough") : KAN_OK;
}

START_TEST(error_of_the_receiver_ends_the_run_and_comes_back)
{
	KAN_AUTO(sort) struct kan_sort *s = NULL;
	struct kan_err err = { 0 };
	size_t seen = 0;

	ck_assert_int_eq(kan_sort_new(&s, 4096, NULL, NULL), KAN_OK);
	for (int i = 0; i < (_i ? 1000 : 3); i++)
		ck_assert_int_eq(kan_sort_add(s, view_of("same", 4), view_of("same", 4), NULL),
		                 KAN_OK);
	ck_assert_int_eq(kan_sort_each(s, stop_at_second, &seen, &err), KAN_ESTOPPED);
	ck_assert_uint_eq(seen, 2);
	ck_assert_str_eq(err.msg, "enough");
}
END_TEST

START_TEST(missing_folder_for_temporary_files_is_an_error)
{
	KAN_AUTO(sort) struct kan_sort *s = NULL;
	struct kan_err err = { 0 };
	struct count c = { 0 };
	int rc = KAN_OK;

	ck_assert_int_eq(kan_sort_new(&s, 4096, "/nonexistent/folder", NULL), KAN_OK);
	for (int i = 0; i < 1000 && rc == KAN_OK; i++)
		rc = kan_sort_add(s, view_of("12345678", 8), view_of(NULL, 0), &err);
	ck_assert_int_eq(rc, KAN_EIO);
	ck_assert_ptr_nonnull(strstr(err.msg, "/nonexistent/folder"));
	ck_assert_int_eq(kan_sort_each(s, expect_rising, &c, &err), KAN_EARG);
}
END_TEST

static Suite *sort_suite(void)
{
	Suite *s = suite_create("sort");
	TCase *order = tcase_create("order");
	TCase *limits = tcase_create("limits");

	tcase_set_timeout(order, 120);
	tcase_add_loop_test(order, sorter_gives_what_qsort_gives_at_any_size_and_memory, 0,
	                    (int)(sizeof(sizes) / sizeof(sizes[0])));
	tcase_add_test(order, million_records_pass_through_a_little_memory);
	suite_add_tcase(s, order);
	tcase_set_timeout(limits, 120);
	tcase_add_test(limits,
	               records_of_the_largest_size_need_no_more_than_a_few_of_them_in_memory);
	tcase_add_test(limits, record_over_the_limit_is_refused_and_the_rest_is_kept);
	tcase_add_test(limits, sorter_gives_its_records_once);
	tcase_add_loop_test(limits, error_of_the_receiver_ends_the_run_and_comes_back, 0, 2);
	tcase_add_test(limits, missing_folder_for_temporary_files_is_an_error);
	suite_add_tcase(s, limits);
	return s;
}

RUN_SUITE(sort_suite)
