/* SPDX-License-Identifier: MIT */
/*
 * test_finding.c - findings grow together, have a limit, and are never lost silently
 */
#include "kanshiki/finding.h"
#include "failing_memory.h"
#include "suite.h"

#include <stdio.h>
#include <string.h>

static struct kan_findings set;

static void teardown(void)
{
	kan_findings_done(&set);
}

static void add(enum kan_finding_kind kind, uint64_t offset, uint64_t length, const char *subject)
{
	kan_findings_add(&set, kind, offset, length, subject, "detail");
}

START_TEST(findings_that_continue_each_other_become_one)
{
	for (uint64_t i = 0; i < 1000; i++)
		add(KAN_FINDING_UNREADABLE, 4096 + i * 512, 512, "a");
	ck_assert_uint_eq(set.n, 1);
	ck_assert_uint_eq(set.list[0].offset, 4096);
	ck_assert_uint_eq(set.list[0].length, 512000);
}
END_TEST

static const struct {
	enum kan_finding_kind kind;
	uint64_t offset, length;
	const char *subject, *detail;
} apart[] = {
	{ KAN_FINDING_CHECKSUM, 100, 10, "a", "detail" },            /* another kind */
	{ KAN_FINDING_UNREADABLE, 101, 10, "a", "detail" },          /* a hole between */
	{ KAN_FINDING_UNREADABLE, 99, 10, "a", "detail" },           /* an overlap */
	{ KAN_FINDING_UNREADABLE, 100, 0, "a", "detail" },           /* no range */
	{ KAN_FINDING_UNREADABLE, KAN_NO_OFFSET, 1, "a", "detail" }, /* no place */
	{ KAN_FINDING_UNREADABLE, 100, 10, "b", "detail" },          /* another thing */
	{ KAN_FINDING_UNREADABLE, 100, 10, "a", "other" },           /* another reason */
};

START_TEST(findings_that_differ_stay_apart)
{
	add(KAN_FINDING_UNREADABLE, 90, 10, "a");
	kan_findings_add(&set, apart[_i].kind, apart[_i].offset, apart[_i].length,
	                 apart[_i].subject, "%s", apart[_i].detail);
	ck_assert_uint_eq(set.n, 2);
	ck_assert_uint_eq(set.list[0].length, 10);
	ck_assert_int_eq(set.list[1].kind, apart[_i].kind);
	ck_assert_uint_eq(set.list[1].offset, apart[_i].offset);
	ck_assert_str_eq(set.list[1].detail, apart[_i].detail);
}
END_TEST

/* The sum of offset and length would be 0 and go on with the next finding. */
START_TEST(findings_at_the_end_of_numbers_do_not_wrap_around)
{
	add(KAN_FINDING_UNREADABLE, UINT64_MAX - 1, 2, "a");
	add(KAN_FINDING_UNREADABLE, 0, 5, "a");
	ck_assert_uint_eq(set.n, 2);
	ck_assert_uint_eq(set.list[0].length, 2);
}
END_TEST

START_TEST(findings_copy_their_strings)
{
	char subject[] = "disk.E01";

	kan_findings_add(&set, KAN_FINDING_NOTE, 0, 0, subject, "chunk %d of %s", 7, subject);
	subject[0] = 'X';
	ck_assert_str_eq(set.list[0].subject, "disk.E01");
	ck_assert_str_eq(set.list[0].detail, "chunk 7 of disk.E01");
}
END_TEST

START_TEST(findings_past_the_limit_are_counted)
{
	for (uint64_t i = 0; i < KAN_FINDINGS_MAX + 5u; i++)
		add(KAN_FINDING_NOTE, i * 3, 1, "a");
	ck_assert_uint_eq(set.n, KAN_FINDINGS_MAX);
	ck_assert_uint_eq(set.dropped, 5);
	ck_assert(kan_findings_have_problem(&set));
}
END_TEST

START_TEST(findings_that_find_no_memory_are_counted)
{
	if (!KAN_MEMORY_CAN_FAIL) {
		printf("SKIP: this build brings an allocator of its own\n");
		return;
	}
	for (long n = 1; n <= 3; n++) {
		memory_fail_at(n);
		add(KAN_FINDING_NOTE, 0, 0, "a");
		memory_fail_at(0);
		ck_assert_uint_eq(set.n, 0);
		ck_assert_uint_eq(set.dropped, (uint64_t)n);
	}
	add(KAN_FINDING_NOTE, 0, 0, "a");
	ck_assert_uint_eq(set.n, 1);
	ck_assert(kan_findings_have_problem(&set));
}
END_TEST

START_TEST(merging_keeps_order_joins_ranges_and_adds_up_what_was_dropped)
{
	struct kan_findings more = { 0 };

	add(KAN_FINDING_UNREADABLE, 0, 512, "a");
	set.dropped = 2;
	kan_findings_add(&more, KAN_FINDING_UNREADABLE, 512, 512, "a", "detail");
	kan_findings_add(&more, KAN_FINDING_NOTE, 0, 0, "b", "detail");
	more.dropped = 3;
	kan_findings_merge(&set, &more);
	kan_findings_done(&more);
	ck_assert_uint_eq(set.n, 2);
	ck_assert_uint_eq(set.list[0].length, 1024);
	ck_assert_str_eq(set.list[1].subject, "b");
	ck_assert_uint_eq(set.dropped, 5);
}
END_TEST

START_TEST(findings_may_be_null)
{
	kan_findings_add(NULL, KAN_FINDING_NOTE, 0, 0, "a", "detail");
	kan_findings_merge(NULL, &set);
	kan_findings_merge(&set, NULL);
	ck_assert(!kan_findings_have_problem(NULL));
	ck_assert_uint_eq(set.n, 0);
}
END_TEST

START_TEST(kinds_have_distinct_names_and_gaps_are_problems)
{
	for (int i = 0; i < KAN_FINDING_NKINDS; i++) {
		ck_assert_ptr_nonnull(kan_finding_name((enum kan_finding_kind)i));
		ck_assert(!kan_finding_is_gap((enum kan_finding_kind)i) ||
		          kan_finding_is_problem((enum kan_finding_kind)i));
		for (int k = 0; k < i; k++)
			ck_assert_str_ne(kan_finding_name((enum kan_finding_kind)i),
			                 kan_finding_name((enum kan_finding_kind)k));
	}
	ck_assert_str_eq(kan_finding_name(KAN_FINDING_NKINDS), "unknown");
	ck_assert(!kan_finding_is_problem(KAN_FINDING_NKINDS));
	ck_assert(!kan_finding_is_problem(KAN_FINDING_HASH_ABSENT));
	ck_assert(kan_finding_is_problem(KAN_FINDING_HASH_MISMATCH));
	ck_assert(!kan_finding_is_gap(KAN_FINDING_HASH_MISMATCH));
}
END_TEST

static Suite *finding_suite(void)
{
	Suite *s = suite_create("finding");
	TCase *tc = tcase_create("findings");

	tcase_add_checked_fixture(tc, NULL, teardown);
	tcase_add_test(tc, findings_that_continue_each_other_become_one);
	tcase_add_loop_test(tc, findings_that_differ_stay_apart, 0,
	                    sizeof(apart) / sizeof(apart[0]));
	tcase_add_test(tc, findings_at_the_end_of_numbers_do_not_wrap_around);
	tcase_add_test(tc, findings_copy_their_strings);
	tcase_add_test(tc, findings_past_the_limit_are_counted);
	tcase_add_test(tc, findings_that_find_no_memory_are_counted);
	tcase_add_test(tc, merging_keeps_order_joins_ranges_and_adds_up_what_was_dropped);
	tcase_add_test(tc, findings_may_be_null);
	tcase_add_test(tc, kinds_have_distinct_names_and_gaps_are_problems);
	tcase_set_timeout(tc, 60);
	suite_add_tcase(s, tc);
	return s;
}

RUN_SUITE(finding_suite)
