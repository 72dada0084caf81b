/* SPDX-License-Identifier: MIT */
/*
 * test_escape.c - any bytes become printable text and come back the same
 */
#include "core/escape.h"
#include "suite.h"

#include <string.h>

static const struct {
	const char *raw;
	size_t len;
	const char *text;
} printed[] = {
	{ "plain name.txt", 14, "plain name.txt" },
	{ "", 0, "" },
	{ "\\", 1, "\\\\" },
	{ "a\nb\r\t", 5, "a\\x0ab\\x0d\\x09" },
	{ "\0", 1, "\\x00" },
	{ "\x1b[31m", 5, "\\x1b[31m" },
	{ "\x7f", 1, "\\x7f" },
	{ "\xe9\x91\x91\xe8\xad\x98", 6, "\xe9\x91\x91\xe8\xad\x98" },
	{ "\xe9\x91", 2, "\\xe9\\x91" },
	{ "\xc2\x85", 2, "\\u0085" },
	{ "\x85", 1, "\\x85" },
	{ "\xed\xa0\x80", 3, "\\xed\\xa0\\x80" },          /* lone surrogate */
	{ "\xc0\xaf", 2, "\\xc0\\xaf" },                   /* overlong "/" */
	{ "\xf4\x90\x80\x80", 4, "\\xf4\\x90\\x80\\x80" }, /* past Unicode */
	{ "\xf0\x9f\x98\x80", 4, "\xf0\x9f\x98\x80" },
	{ "a\xe2\x80\xaetxt.exe", 11, "a\\u202etxt.exe" },
	{ "\xef\xbb\xbf", 3, "\\ufeff" },
	{ "a\xe2\x80\x8b", 4, "a\\u200b" },
	{ "\xe2\x80\x8d", 3, "\xe2\x80\x8d" },
	{ "\xf3\xa0\x81\x81", 4, "\\U000e0041" },
	{ "\xf4\x8f\xbf\xbf", 4, "\\U0010ffff" },
};

START_TEST(text_is_printable_and_comes_back)
{
	struct kan_buf text = { 0 }, back = { 0 };

	kan_escape_text(&text, printed[_i].raw, printed[_i].len);
	ck_assert_str_eq(text.data ? text.data : "", printed[_i].text);
	kan_buf_puts(&back, "before");
	ck_assert(kan_unescape_text(&back, text.data ? text.data : "", text.len));
	ck_assert_uint_eq(back.len, 6 + printed[_i].len);
	ck_assert_mem_eq(back.data + 6, printed[_i].raw, printed[_i].len);
	kan_buf_done(&text);
	kan_buf_done(&back);
}
END_TEST

static const char *const no_output[] = {
	"\\",
	"\\x",
	"\\x4",
	"\\x41",
	"\\X41",
	"\\n",
	"\\u202",
	"\\u0041",
	"\\u202E",
	"\\ud800",
	"\\x0A",
	"\\U0000202e",
	"\\U00110000",
	"\n",
	"\x7f",
	"\xff",
	"\xc2\x85",
	"\xe2\x80\xae",
	"\\xe9\\x91\\x91",
	"\\U0001f600",
	"\\u3042",
};

START_TEST(text_that_was_not_printed_by_us_is_refused_and_changes_nothing)
{
	struct kan_buf back = { 0 };

	kan_buf_puts(&back, "before");
	ck_assert_msg(!kan_unescape_text(&back, no_output[_i], strlen(no_output[_i])), "%s",
	              no_output[_i]);
	ck_assert_str_eq(back.data, "before");
	ck_assert_uint_eq(back.len, 6);
	kan_buf_done(&back);
}
END_TEST

/* An assertion of check writes to a pipe even when it holds; these loops are long. */
static bool is_printable(const struct kan_buf *text)
{
	uint32_t point;
	size_t n;

	for (size_t i = 0; i < text->len; i += n) {
		n = kan_utf8_len((const uint8_t *)text->data + i, text->len - i, &point);
		if (n == 0 || point < 0x20 || (point >= 0x7f && point < 0xa0))
			return false;
	}
	return true;
}

static void expect_round_trip(const char *raw, size_t len)
{
	struct kan_buf text = { 0 }, back = { 0 };

	kan_escape_text(&text, raw, len);
	if (!is_printable(&text))
		ck_abort_msg("not printable: %s", text.data);
	if (!kan_unescape_text(&back, text.data ? text.data : "", text.len))
		ck_abort_msg("refused: %s", text.data);
	if (back.len != len || (len > 0 && memcmp(back.data, raw, len) != 0))
		ck_abort_msg("not the same: %s", text.data);
	kan_buf_done(&text);
	kan_buf_done(&back);
}

START_TEST(every_pair_of_bytes_survives)
{
	for (int a = 0; a < 256; a++) {
		for (int b = 0; b < 256; b++) {
			char raw[] = { (char)a, (char)b };

			expect_round_trip(raw, b ? 2 : 1);
		}
	}
}
END_TEST

START_TEST(random_bytes_survive)
{
	uint64_t state = 3;

	for (int i = 0; i < 20000; i++) {
		char raw[24];

		for (size_t k = 0; k < sizeof(raw); k++) {
			state = state * 6364136223846793005u + 1442695040888963407u;
			/* Half of them lead bytes and continuations that nearly fit. */
			raw[k] =
				(char)(state >> 40 & 1 ? state >> 50 : 0x80 | (state >> 52 & 0x7f));
		}
		expect_round_trip(raw, (size_t)i % sizeof(raw));
	}
}
END_TEST

START_TEST(separators_of_a_format_are_escaped_on_top)
{
	struct kan_buf text = { 0 };

	kan_escape_text_and(&text, "a|b,\\|\xe3\x81\x82", 9, "|,");
	ck_assert_str_eq(text.data, "a\\x7cb\\x2c\\\\\\x7c\xe3\x81\x82");
	kan_buf_done(&text);
}
END_TEST

static const struct {
	const char *in, *csv, *json, *html;
} quoted[] = {
	{ "a", "a", "\"a\"", "a" },
	{ "", "", "\"\"", "" },
	{ "a,b", "\"a,b\"", "\"a,b\"", "a,b" },
	{ "a\"b", "\"a\"\"b\"", "\"a\\\"b\"", "a&quot;b" },
	{ "\"", "\"\"\"\"", "\"\\\"\"", "&quot;" },
	{ "=1+1", "'=1+1", "\"=1+1\"", "=1+1" },
	{ "+a", "'+a", "\"+a\"", "+a" },
	{ "-a", "'-a", "\"-a\"", "-a" },
	{ "@a", "'@a", "\"@a\"", "@a" },
	{ "'a", "''a", "\"'a\"", "&#39;a" },
	{ "=a,\"b\"", "\"'=a,\"\"b\"\"\"", "\"=a,\\\"b\\\"\"", "=a,&quot;b&quot;" },
	{ "\xef\xbc\x9d"
	  "1",
	  "'\xef\xbc\x9d"
	  "1",
	  "\"\xef\xbc\x9d"
	  "1\"",
	  "\xef\xbc\x9d"
	  "1" },
	{ "a\\x0a", "a\\x0a", "\"a\\\\x0a\"", "a\\x0a" },
	{ "<b>&", "<b>&", "\"<b>&\"", "&lt;b&gt;&amp;" },
};

START_TEST(quoting_of_each_format)
{
	struct kan_buf csv = { 0 }, json = { 0 }, html = { 0 };

	kan_escape_csv(&csv, quoted[_i].in);
	kan_escape_json(&json, quoted[_i].in);
	kan_escape_html(&html, quoted[_i].in);
	ck_assert_str_eq(csv.data ? csv.data : "", quoted[_i].csv);
	ck_assert_str_eq(json.data, quoted[_i].json);
	ck_assert_str_eq(html.data ? html.data : "", quoted[_i].html);
	kan_buf_done(&csv);
	kan_buf_done(&json);
	kan_buf_done(&html);
}
END_TEST

#define COUNT(a) ((int)(sizeof(a) / sizeof((a)[0])))

static Suite *escape_suite(void)
{
	Suite *s = suite_create("escape");
	TCase *text = tcase_create("text");
	TCase *quotes = tcase_create("quotes");

	tcase_set_timeout(text, 60);
	tcase_add_loop_test(text, text_is_printable_and_comes_back, 0, COUNT(printed));
	tcase_add_loop_test(text, text_that_was_not_printed_by_us_is_refused_and_changes_nothing, 0,
	                    COUNT(no_output));
	tcase_add_test(text, every_pair_of_bytes_survives);
	tcase_add_test(text, random_bytes_survive);
	tcase_add_test(text, separators_of_a_format_are_escaped_on_top);
	suite_add_tcase(s, text);
	tcase_add_loop_test(quotes, quoting_of_each_format, 0, COUNT(quoted));
	suite_add_tcase(s, quotes);
	return s;
}

RUN_SUITE(escape_suite)
