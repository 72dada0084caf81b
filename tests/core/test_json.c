/* SPDX-License-Identifier: MIT */
/*
 * test_json.c - the JSON reader takes what RFC 8259 allows, and nothing else
 */
#include "core/json.h"
#include "suite.h"

#include <stdio.h>
#include <string.h>

/* Read @text to its end; one letter for each token goes to @kinds. */
static int read_all(const char *text, size_t len, char *kinds, size_t room, struct kan_err *err)
{
	static const char letters[] = "E{}[]ks#tfn";
	struct kan_json j = { .in = { (const uint8_t *)text, len } };
	enum kan_json_kind kind = KAN_JSON_NULL;
	size_t n = 0;
	int rc;

	do {
		rc = kan_json_next(&j, &kind, err);
		if (rc == KAN_OK && kind != KAN_JSON_END && n + 1 < room)
			kinds[n++] = letters[kind];
	} while (rc == KAN_OK && kind != KAN_JSON_END);
	kinds[n] = '\0';
	kan_json_done(&j);
	return rc;
}

static const struct {
	const char *text;
	const char *kinds;
} good[] = {
	{ "{}", "{}" },
	{ " [ ] ", "[]" },
	{ "{\"a\":1,\"b\":[true,false,null]}", "{k#k[tfn]}" },
	{ "{\"a\":{\"b\":{}}}", "{k{k{}}}" },
	{ "\"\"", "s" },
	{ "-0.5e+10", "#" },
	{ "0", "#" },
	{ "[1,\r\n\t2]", "[##]" },
};

START_TEST(json_reads_the_tokens_of_a_good_text)
{
	char kinds[32];

	ck_assert_int_eq(read_all(good[_i].text, strlen(good[_i].text), kinds, sizeof(kinds), NULL),
	                 KAN_OK);
	ck_assert_str_eq(kinds, good[_i].kinds);
}
END_TEST

START_TEST(json_refuses_every_truncation_of_a_container)
{
	const char *text = "{\"a\":[1,\"\\u00e9\",{\"b\":null}],\"c\":true}";
	char kinds[64];

	for (size_t len = 0; len < strlen(text); len++)
		ck_assert_msg(read_all(text, len, kinds, sizeof(kinds), NULL) == KAN_EFORMAT,
		              "first %zu bytes", len);
}
END_TEST

static const char *const bad[] = {
	"",
	" ",
	"{",
	"{\"a\"}",
	"{\"a\":}",
	"{a:1}",
	"{\"a\":1,}",
	"{,}",
	"[1,]",
	"[,1]",
	"[1 2]",
	"[1}",
	"{} {}",
	"1 2",
	"01",
	"1.",
	".5",
	"-",
	"+1",
	"1e",
	"1e+",
	"0x1",
	"NaN",
	"tru",
	"truefalse",
	"\"\\x\"",
	"\"\\u12g4\"",
	"\"\\ud800\"",
	"\"\\ud800\\u0041\"",
	"\"\\udc00\"",
	"\"\\ud800\\ud800\"",
	"\"a\nb\"",
	"\"\t\"",
	"\"\\",
	"'a'",
	"\"\xff\"",
	"\"\xed\xa0\x80\"",
	"\"\xc0\x80\"",
	"/**/1",
	"[1]//",
	"\xef\xbb\xbf{}",
	"{\"a\":1 \"b\":2}",
	"{\"a\" 1}",
	"nullnull",
	"{1:2}",
	"]",
	"}",
};

START_TEST(json_refuses_what_the_grammar_does_not_allow)
{
	struct kan_err err = { 0 };
	char kinds[64];

	ck_assert_int_eq(read_all(bad[_i], strlen(bad[_i]), kinds, sizeof(kinds), &err),
	                 KAN_EFORMAT);
	ck_assert_uint_le(err.offset, strlen(bad[_i]));
}
END_TEST

START_TEST(json_refuses_a_nul_byte_everywhere)
{
	static const char text[] = "{\"a\": [1, \"b\"]}";
	char kinds[64], copy[sizeof(text)];

	for (size_t i = 0; i < sizeof(text) - 1; i++) {
		memcpy(copy, text, sizeof(text));
		copy[i] = '\0';
		ck_assert_int_eq(read_all(copy, sizeof(text) - 1, kinds, sizeof(kinds), NULL),
		                 KAN_EFORMAT);
	}
	ck_assert_int_eq(read_all("1\0", 2, kinds, sizeof(kinds), NULL), KAN_EFORMAT);
}
END_TEST

static void decodes(const char *text, const char *expected, size_t len)
{
	struct kan_json j = { .in = { (const uint8_t *)text, strlen(text) } };
	enum kan_json_kind kind = KAN_JSON_END;

	ck_assert_int_eq(kan_json_next(&j, &kind, NULL), KAN_OK);
	ck_assert_int_eq(kind, KAN_JSON_STRING);
	ck_assert_uint_eq(j.text.len, len);
	ck_assert_mem_eq(j.text.data, expected, len);
	kan_json_done(&j);
}

START_TEST(json_decodes_escapes_into_utf8)
{
	decodes("\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"", "\"\\/\b\f\n\r\t", 8);
	decodes("\"\\u0041\\u00e9\\u3042\"", "A\xc3\xa9\xe3\x81\x82", 6);
	decodes("\"\\uD842\\uDFB7\"", "\xf0\xa0\xae\xb7", 4);
	decodes("\"a\\u0000b\"", "a\0b", 3);
	decodes("\"\xe3\x81\x82\"", "\xe3\x81\x82", 3);
}
END_TEST

START_TEST(json_refuses_one_level_too_many)
{
	char text[2 * KAN_JSON_DEPTH_MAX + 3], kinds[256];

	memset(text, '[', KAN_JSON_DEPTH_MAX);
	memset(text + KAN_JSON_DEPTH_MAX, ']', KAN_JSON_DEPTH_MAX);
	ck_assert_int_eq(read_all(text, 2 * KAN_JSON_DEPTH_MAX, kinds, sizeof(kinds), NULL),
	                 KAN_OK);
	memset(text, '[', KAN_JSON_DEPTH_MAX + 1);
	memset(text + KAN_JSON_DEPTH_MAX + 1, ']', KAN_JSON_DEPTH_MAX + 1);
	ck_assert_int_eq(read_all(text, 2 * KAN_JSON_DEPTH_MAX + 2, kinds, sizeof(kinds), NULL),
	                 KAN_ELIMIT);
}
END_TEST

START_TEST(json_stays_failed_after_the_first_error)
{
	struct kan_json j = { .in = { (const uint8_t *)"[x]", 3 } };
	enum kan_json_kind kind;

	ck_assert_int_eq(kan_json_next(&j, &kind, NULL), KAN_OK);
	for (int i = 0; i < 3; i++)
		ck_assert_int_eq(kan_json_next(&j, &kind, NULL), KAN_EFORMAT);
	kan_json_done(&j);
}
END_TEST

static Suite *json_suite(void)
{
	Suite *s = suite_create("json");
	TCase *tc = tcase_create("grammar");

	tcase_add_loop_test(tc, json_reads_the_tokens_of_a_good_text, 0,
	                    sizeof(good) / sizeof(good[0]));
	tcase_add_loop_test(tc, json_refuses_what_the_grammar_does_not_allow, 0,
	                    sizeof(bad) / sizeof(bad[0]));
	tcase_add_test(tc, json_refuses_every_truncation_of_a_container);
	tcase_add_test(tc, json_refuses_a_nul_byte_everywhere);
	tcase_add_test(tc, json_refuses_one_level_too_many);
	tcase_add_test(tc, json_stays_failed_after_the_first_error);
	suite_add_tcase(s, tc);
	tc = tcase_create("strings");
	tcase_add_test(tc, json_decodes_escapes_into_utf8);
	suite_add_tcase(s, tc);
	return s;
}

RUN_SUITE(json_suite)
