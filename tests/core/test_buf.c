/* SPDX-License-Identifier: MIT */
/*
 * test_buf.c - a string that grows, and says once when it could not
 */
#include "kanshiki/buf.h"
#include "failing_memory.h"
#include "suite.h"

#include <stdio.h>
#include <string.h>

static struct kan_buf buf;

static void teardown(void)
{
	kan_buf_done(&buf);
}

START_TEST(buf_joins_what_is_added)
{
	kan_buf_puts(&buf, "ab");
	kan_buf_putc(&buf, 'c');
	kan_buf_printf(&buf, "%d-%s", 42, "x");
	kan_buf_add(&buf, "\0y", 2);
	ck_assert_uint_eq(buf.len, 9);
	ck_assert_mem_eq(buf.data, "abc42-x\0y", 10);
	ck_assert_int_eq(kan_buf_check(&buf, NULL), KAN_OK);
}
END_TEST

START_TEST(buf_is_terminated_at_every_length)
{
	for (size_t i = 1; i < 5000; i++) {
		kan_buf_putc(&buf, 'a');
		ck_assert_uint_eq(buf.len, i);
		ck_assert_int_eq(buf.data[i], '\0');
		ck_assert_uint_gt(buf.room, i);
	}
	ck_assert_uint_eq(strspn(buf.data, "a"), 4999);
}
END_TEST

START_TEST(buf_prints_text_longer_than_its_room)
{
	kan_buf_puts(&buf, "x");
	kan_buf_printf(&buf, "%*d", 3000, 7);
	ck_assert_uint_eq(buf.len, 3001);
	ck_assert_str_eq(buf.data + 2998, "  7");
}
END_TEST

START_TEST(buf_adds_nothing_of_no_length)
{
	kan_buf_add(&buf, NULL, 0);
	ck_assert_uint_eq(buf.len, 0);
	ck_assert_str_eq(buf.data, "");
}
END_TEST

START_TEST(buf_refuses_a_length_that_overflows)
{
	struct kan_err err = { 0 };

	kan_buf_puts(&buf, "abc");
	kan_buf_add(&buf, "x", SIZE_MAX - 3);
	ck_assert(buf.failed);
	ck_assert_str_eq(buf.data, "abc");
	ck_assert_int_eq(kan_buf_check(&buf, &err), KAN_ENOMEM);
	ck_assert_ptr_nonnull(strstr(err.msg, "out of memory"));
}
END_TEST

START_TEST(buf_refuses_a_length_that_wraps)
{
	kan_buf_puts(&buf, "abc");
	kan_buf_add(&buf, "x", SIZE_MAX);
	ck_assert(buf.failed);
	ck_assert_uint_eq(buf.len, 3);
}
END_TEST

START_TEST(buf_keeps_what_it_had_when_memory_runs_out)
{
	if (!KAN_MEMORY_CAN_FAIL) {
		printf("SKIP: this build brings an allocator of its own\n");
		return;
	}
	kan_buf_puts(&buf, "abc");
	memory_fail_at(1);
	kan_buf_printf(&buf, "%*d", 3000, 7);
	memory_fail_at(0);
	ck_assert(buf.failed);
	kan_buf_puts(&buf, "this is not added: something before it is missing");
	ck_assert_str_eq(buf.data, "abc");
}
END_TEST

START_TEST(buf_reset_keeps_memory_and_failure)
{
	char *data;

	kan_buf_reset(&buf);
	kan_buf_puts(&buf, "abc");
	data = buf.data;
	kan_buf_reset(&buf);
	ck_assert_str_eq(buf.data, "");
	kan_buf_puts(&buf, "d");
	ck_assert_ptr_eq(buf.data, data);
	kan_buf_add(&buf, "x", SIZE_MAX);
	kan_buf_reset(&buf);
	ck_assert_int_eq(kan_buf_check(&buf, NULL), KAN_ENOMEM);
}
END_TEST

static Suite *buf_suite(void)
{
	Suite *s = suite_create("buf");
	TCase *tc = tcase_create("buf");

	tcase_add_checked_fixture(tc, NULL, teardown);
	tcase_add_test(tc, buf_joins_what_is_added);
	tcase_add_test(tc, buf_is_terminated_at_every_length);
	tcase_add_test(tc, buf_prints_text_longer_than_its_room);
	tcase_add_test(tc, buf_adds_nothing_of_no_length);
	tcase_add_test(tc, buf_refuses_a_length_that_overflows);
	tcase_add_test(tc, buf_refuses_a_length_that_wraps);
	tcase_add_test(tc, buf_keeps_what_it_had_when_memory_runs_out);
	tcase_add_test(tc, buf_reset_keeps_memory_and_failure);
	suite_add_tcase(s, tc);
	return s;
}

RUN_SUITE(buf_suite)
