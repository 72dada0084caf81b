/* SPDX-License-Identifier: MIT */
/*
 * test_record.c - a record comes back as it was written, and as nothing else
 */
#include "core/cleanup.h"
#include "failing_memory.h"
#include "record/sample.h"
#include "suite.h"

#include <stdio.h>

static struct kan_buf text; /* of the sample */

static void set_up(void)
{
	KAN_DEFER(kan_record_done) struct kan_record r = { 0 };

	sample_record(&r);
	kan_record_write(&text, &r);
	ck_assert_int_eq(kan_buf_check(&text, NULL), KAN_OK);
}

static void tear_down(void)
{
	kan_buf_done(&text);
}

/* The sample with the first @from in it made @to; the caller releases. */
static struct kan_buf edited(const char *from, const char *to)
{
	struct kan_buf out = { 0 };
	const char *at = strstr(text.data, from);

	ck_assert_msg(at, "no %s in the sample", from);
	kan_buf_add(&out, text.data, (size_t)(at - text.data));
	kan_buf_puts(&out, to);
	kan_buf_puts(&out, at + strlen(from));
	return out;
}

static void must_refuse(const struct kan_buf *b, int want, const char *why)
{
	struct kan_record r = { 0 };
	struct kan_err err = { 0 };
	int rc = kan_record_read(&r, b->data, b->len, &err);

	ck_assert_msg(rc == want, "%d (%s) for: %s", rc, err.msg, why);
	ck_assert_msg(strstr(err.msg, why), "\"%s\" does not say \"%s\"", err.msg, why);
	ck_assert_ptr_null(r.tool);
}

START_TEST(record_comes_back_as_it_was)
{
	KAN_DEFER(kan_record_done) struct kan_record r = { 0 }, got = { 0 };
	struct kan_err err = { 0 };
	int rc = kan_record_read(&got, text.data, text.len, &err);

	sample_record(&r);
	ck_assert_msg(rc == KAN_OK, "%s", err.msg);
	ck_assert_str_eq(got.tool, r.tool);
	ck_assert_uint_eq(got.people.n, 2);
	ck_assert_str_eq(got.people.list[1].name, "examiner");
	ck_assert_str_eq(got.people.list[1].value, r.people.list[1].value);
	ck_assert_uint_eq(got.source.n, 2);
	ck_assert_str_eq(got.source.list[0].value, "C:\\dev\xff\n\"x\"");
	ck_assert_str_eq(got.source.list[1].value, "");
	ck_assert_uint_eq(got.media_size, r.media_size);
	ck_assert_uint_eq(got.sector_size, 512);
	ck_assert_uint_eq(got.ndigests, 2);
	ck_assert_str_eq(got.digests[1].algorithm, "sha256");
	ck_assert_str_eq(got.digests[1].hex, SAMPLE_SHA256);
	ck_assert_uint_eq(got.nreread, 1);
	ck_assert_str_eq(got.reread_verdict, "match");
	ck_assert_uint_eq(got.nunreadable, 2);
	ck_assert_uint_eq(got.unreadable[1].offset, 1048576);
	ck_assert_uint_eq(got.bytes_unreadable, 1536);
	ck_assert_str_eq(got.tree_root, SAMPLE_SHA256);
	ck_assert_uint_eq(got.tree_leaves, 3);
	ck_assert_uint_eq(got.nsegments, 2);
	ck_assert_str_eq(got.segments[1].name, "disk.E02");
	ck_assert_uint_eq(got.segments[1].size, 17);
}
END_TEST

START_TEST(record_that_is_empty_comes_back)
{
	KAN_DEFER(kan_record_done) struct kan_record r = { 0 }, got = { 0 };
	KAN_DEFER(kan_buf_done) struct kan_buf b = { 0 };
	struct kan_err err = { 0 };

	kan_record_write(&b, &r);
	ck_assert_msg(kan_record_read(&got, b.data, b.len, &err) == KAN_OK, "%s", err.msg);
	ck_assert_str_eq(got.tool, "");
	ck_assert_uint_eq(got.nsegments, 0);
}
END_TEST

START_TEST(record_is_json_for_jq)
{
	char path[] = "/tmp/kan-record-XXXXXX", cmd[256], out[128] = "";
	int fd = mkstemp(path);
	FILE *f;

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(write(fd, text.data, text.len), (ssize_t)text.len);
	ck_assert_int_eq(close(fd), 0);
	snprintf(cmd, sizeof(cmd),
	         "jq -r '[.media_size, .digests[1].algorithm, .unreadable[0].length,"
	         " .segments[1].name, .people.examiner] | @csv' %s",
	         path);
	if (system("jq --version >/dev/null 2>&1") != 0) {
		puts("SKIP: jq is not installed");
		unlink(path);
		return;
	}
	f = popen(cmd, "r");
	ck_assert_ptr_nonnull(f);
	(void)!fread(out, 1, sizeof(out) - 1, f);
	unlink(path);
	ck_assert_int_eq(pclose(f), 0);
	ck_assert_str_eq(out,
	                 "3145216,\"sha256\",1024,\"disk.E02\",\"\xe5\xb1\xb1\xe7\x94\xb0\"\n");
}
END_TEST

START_TEST(record_cut_anywhere_is_refused)
{
	for (size_t len = 0; len < text.len; len++) {
		struct kan_record r = { 0 };

		ck_assert_msg(kan_record_read(&r, text.data, len, NULL) == KAN_EFORMAT,
		              "first %zu bytes", len);
	}
}
END_TEST

START_TEST(record_with_any_byte_changed_is_another_or_none)
{
	for (size_t i = 0; i < text.len; i++) {
		KAN_DEFER(kan_record_done) struct kan_record r = { 0 };
		KAN_DEFER(kan_buf_done) struct kan_buf b = { 0 };

		text.data[i] ^= 1;
		if (kan_record_read(&r, text.data, text.len, NULL) == KAN_OK) {
			kan_record_write(&b, &r);
			ck_assert_uint_eq(b.len, text.len);
			ck_assert_mem_eq(b.data, text.data, text.len);
		}
		text.data[i] ^= 1;
	}
}
END_TEST

static const struct {
	const char *from, *to;
	const char *why;
} edits[] = {
	{ "\"tool\": ", "\"tools\": ", "unknown key \"tools\"" },
	{ "\"tool\": ", "\"\\u0001\": ", "a key is no word" },
	{ "\"tool\": ", "\"people\": ", "\"tool\" is not where it must be" },
	{ "\"people\": ", "\"tool\": ", "key \"tool\" comes twice" },
	{ "\"tool\": \"kanshiki 0.1.0\"", "\"tool\": 5", "\"tool\" is of the wrong type" },
	{ "\"tool\": \"kanshiki 0.1.0\"", "\"tool\": null", "\"tool\" is of the wrong type" },
	{ "kanshiki 0.1.0", "a\\u0000b", "\"tool\" is not printable text" },
	{ "kanshiki 0.1.0", "a\\\\x00b", "\"tool\" is not printable text" },
	{ "kanshiki 0.1.0", "a\\nb", "\"tool\" is not printable text" },
	{ "kanshiki 0.1.0", "k\\u0061nshiki", "not in canonical form" },
	{ "kanshiki-acquisition-1", "kanshiki-acquisition-2", "\"format\" is not" },
	{ "case_number", "case number", "\"people\": a key is no word" },
	{ "case_number", "examiner", "key \"examiner\" comes twice" },
	{ "\"2026-17\"", "[]", "\"case_number\" is of the wrong type" },
	{ "\"people\": {", "\"people\": [", "\"people\" is of the wrong type" },
	{ "\"sector_size\": 512", "\"sector_size\": 4294967296", "\"sector_size\" is too large" },
	{ "\"sector_size\": 512", "\"sector_size\": 5e2", "\"sector_size\" is no whole number" },
	{ "\"sector_size\": 512", "\"sector_size\": -512", "\"sector_size\" is no whole number" },
	{ "\"sector_size\": 512", "\"sector_size\": \"512\"", "\"sector_size\" is of the wrong" },
	{ "\"sector_size\": 512,", "", "\"sector_size\" is not where" },
	{ "\"media_size\": ", "\"media_size\": 99999999999999", "\"media_size\" is too large" },
	{ "\"algorithm\": \"md5\"", "\"algorithm\": \"crc\"", "\"digests\" 1: unknown algorithm" },
	{ "\"algorithm\": \"md5\"", "\"algorithm\": \"MD5\"", "\"digests\" 1: unknown algorithm" },
	{ "\"algorithm\": \"md5\"", "\"algorithm\": \"a-very-long-name\"", "is too long" },
	{ "\"algorithm\": \"md5\"", "\"algorithm\": \"sha1\"", "\"digests\" 1: no digest of 20" },
	{ "\"hex\": \"0", "\"hex\": \"A", "\"digests\" 1: no digest of 16" },
	{ "\"hex\": ", "\"algorithm\": ", "\"digests\" 1: key \"algorithm\" comes twice" },
	{ "\"digests\": [", "\"digests\": [1,", "\"digests\" holds a wrong type" },
	{ "\"digests\": [", "\"digests\": [{},", "\"digests\" 1: \"algorithm\" is missing" },
	{ "\"match\"", "\"perhaps\"", "\"reread_verdict\" is no verdict" },
	{ "\"offset\": 512", "\"offset\": 1048576", "\"unreadable\" 2" },
	{ "\"length\": 512", "\"length\": 5242880", "\"unreadable\" 2" },
	{ "\"length\": 512", "\"length\": 18446744073709551615", "\"unreadable\" 2" },
	{ "\"length\": 1024", "\"length\": 0", "\"unreadable\" 1" },
	{ "\"bytes_unreadable\": 1536", "\"bytes_unreadable\": 1537", "the ranges have 1536" },
	{ "\"bytes_unreadable\": 1536", "\"bytes_unreadable\": 1535", "the ranges have 1536" },
	{ "\"tree_leaves\": 3", "\"tree_leaves\": 4", "the media have 3" },
	{ "\"tree_root\": \"", "\"tree_root\": \"0", "is too long" },
	{ "\"tree_root\": \"0", "\"tree_root\": \"", "\"tree_root\" is no digest" },
	{ "disk.E02", "", "\"segments\" 2: no name of a file" },
	{ "disk.E02", "..", "\"segments\" 2: no name of a file" },
	{ "disk.E02", "../disk.E02", "\"segments\" 2: no name of a file" },
	{ "\"sha256\": \"0", "\"sha256\": \"", "\"segments\" 1: no digest" },
	{ "\n  ]\n}\n", "\n  ],\n  \"more\": 1\n}\n", "unknown key \"more\"" },
	{ "\n  ]\n}\n", "\n  ],\n  \"tool\": \"\"\n}\n", "key \"tool\" comes twice" },
	{ "\n  ]\n}\n", "\n  ]\n}\n\n", "not in canonical form" },
	{ "\n  ]\n}\n", "\n  ]\n}", "not in canonical form" },
	{ "\n  ]\n}\n", "\n  ]\n} {}", "something behind the value" },
	{ "\"sector_size\": 512", "\"sector_size\":512", "not in canonical form" },
	{ "{\n  \"format\"", "[\n  \"format\"", "not an object" },
};

START_TEST(record_that_was_edited_is_refused_with_a_reason)
{
	KAN_DEFER(kan_buf_done) struct kan_buf b = edited(edits[_i].from, edits[_i].to);

	must_refuse(&b, KAN_EFORMAT, edits[_i].why);
}
END_TEST

START_TEST(record_limits_its_lists)
{
	KAN_DEFER(kan_buf_done) struct kan_buf ranges = { 0 }, values = { 0 }, b = { 0 };
	KAN_DEFER(kan_buf_done) struct kan_buf c = { 0 };

	kan_buf_puts(&ranges, "\"unreadable\": [");
	for (unsigned i = 0; i <= KAN_RECORD_RANGES_MAX; i++)
		kan_buf_puts(&ranges, "{\"offset\": 1, \"length\": 1},");
	b = edited("\"unreadable\": [", ranges.data);
	must_refuse(&b, KAN_ELIMIT, "\"unreadable\" has more than 1048576 items");
	kan_buf_puts(&values, "\"people\": {");
	for (unsigned i = 0; i < KAN_RECORD_VALUES_MAX; i++)
		kan_buf_printf(&values, "\"v%u\": \"\",", i);
	c = edited("\"people\": {", values.data);
	must_refuse(&c, KAN_ELIMIT, "more than 256 values");
}
END_TEST

START_TEST(record_limits_its_texts)
{
	KAN_DEFER(kan_buf_done) struct kan_buf longer = { 0 }, b = { 0 }, huge = { 0 };

	for (size_t i = 0; i <= KAN_RECORD_TEXT_MAX; i++)
		kan_buf_putc(&longer, 'x');
	b = edited("2026-17", longer.data);
	must_refuse(&b, KAN_ELIMIT, "\"case_number\" is longer than 65536 bytes");
	huge = (struct kan_buf){ .len = KAN_RECORD_FILE_MAX + 1 };
	must_refuse(&huge, KAN_ELIMIT, "more than 67108864 bytes"); /* nothing is read of it */
}
END_TEST

START_TEST(record_value_refuses_what_the_file_could_not_hold)
{
	KAN_DEFER(kan_record_done) struct kan_record r = { 0 };

	ck_assert_int_eq(kan_record_value(&r.people, "a b", "x", NULL), KAN_EARG);
	ck_assert_int_eq(kan_record_value(&r.people, "", "x", NULL), KAN_EARG);
	ck_assert_int_eq(kan_record_value(&r.people, "a", "x", NULL), KAN_OK);
	ck_assert_int_eq(kan_record_value(&r.people, "a", "y", NULL), KAN_EARG);
	ck_assert_int_eq(kan_record_value(&r.people, "b", NULL, NULL), KAN_OK);
	ck_assert_uint_eq(r.people.n, 1);
}
END_TEST

START_TEST(record_survives_any_allocation_that_fails)
{
	bool failed;
	long n = 0;

	if (!KAN_MEMORY_CAN_FAIL) {
		puts("SKIP: memory cannot fail under a sanitizer");
		return;
	}
	do {
		KAN_DEFER(kan_record_done) struct kan_record r = { 0 };
		struct kan_err err = { 0 };
		int rc;

		memory_fail_at(++n);
		rc = kan_record_read(&r, text.data, text.len, &err);
		failed = memory_has_failed();
		memory_fail_at(0);
		ck_assert_msg(rc == (failed ? KAN_ENOMEM : KAN_OK), "%ld: %d %s", n, rc, err.msg);
	} while (failed);
	ck_assert_int_gt(n, 20);
}
END_TEST

static Suite *record_suite(void)
{
	Suite *s = suite_create("record");
	TCase *t = tcase_create("record");

	tcase_add_checked_fixture(t, set_up, tear_down);
	tcase_add_test(t, record_comes_back_as_it_was);
	tcase_add_test(t, record_that_is_empty_comes_back);
	tcase_add_test(t, record_is_json_for_jq);
	tcase_add_test(t, record_cut_anywhere_is_refused);
	tcase_add_test(t, record_with_any_byte_changed_is_another_or_none);
	tcase_add_loop_test(t, record_that_was_edited_is_refused_with_a_reason, 0,
	                    sizeof(edits) / sizeof(edits[0]));
	tcase_add_test(t, record_limits_its_lists);
	tcase_add_test(t, record_limits_its_texts);
	tcase_add_test(t, record_value_refuses_what_the_file_could_not_hold);
	tcase_add_test(t, record_survives_any_allocation_that_fails);
	suite_add_tcase(s, t);
	return s;
}

RUN_SUITE(record_suite)
