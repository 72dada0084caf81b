/* SPDX-License-Identifier: MIT */
/*
 * test_html_safety.c - whatever the store holds, the document stays a document
 *
 * A strict reader of our own checks every byte of the output: tags of a closed list,
 * quoted attributes without control characters, everything closed in order.
 */
#include "report/report_case.h"
#include "suite.h"

#include <ctype.h>

/* Text that tries to be markup, a script, a line of a terminal and a turned name. */
#define HOSTILE "</td></style><script>alert(1)</script>&\"''>\x01\x1b[31m\x7f\xe2\x80\xae\xc2\x85x"

static const char *const tags[] = {
	"a",     "body", "br",     "caption",    "code",    "dd",     "defs",  "details",
	"div",   "dl",   "dt",     "figcaption", "figure",  "footer", "h1",    "h2",
	"h3",    "head", "header", "html",       "li",      "line",   "main",  "mark",
	"meta",  "nav",  "ol",     "p",          "pattern", "pre",    "rect",  "section",
	"small", "span", "strong", "style",      "summary", "svg",    "table", "tbody",
	"td",    "text", "th",     "thead",      "title",   "tr",     "ul",    "wbr",
};
static const char *const empty_tags[] = { "br", "meta", "wbr" };

struct reader {
	const char *p;
	const char *open[64];
	size_t depth;
};

static const char *find(const char *const *list, size_t n, const char *name)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(list[i], name) == 0)
			return list[i];
	return NULL;
}

static void take_attributes(struct reader *r)
{
	while (*r->p == ' ') {
		r->p++;
		while (islower((unsigned char)*r->p) || isdigit((unsigned char)*r->p) ||
		       *r->p == '-' || isupper((unsigned char)*r->p))
			r->p++;
		if (*r->p != '=') /* none of ours has no value */
			ck_abort_msg("attribute without value: %.40s", r->p);
		ck_assert_msg(r->p[1] == '"', "attribute without quotes: %.40s", r->p);
		for (r->p += 2; *r->p != '"'; r->p++)
			ck_assert_msg(*r->p && *r->p != '<' && *r->p != '>', "attribute: %.40s",
			              r->p);
		r->p++;
	}
}

static void take_tag(struct reader *r)
{
	bool closes = r->p[1] == '/', empty;
	const char *tag;
	char name[16];
	size_t n = 0;

	for (r->p += closes ? 2 : 1; isalnum((unsigned char)*r->p) && n + 1 < sizeof(name); r->p++)
		name[n++] = *r->p;
	name[n] = '\0';
	tag = find(tags, sizeof(tags) / sizeof(tags[0]), name);
	ck_assert_msg(tag != NULL, "unexpected tag <%s>", name);
	empty = find(empty_tags, sizeof(empty_tags) / sizeof(empty_tags[0]), name) != NULL;
	if (!closes)
		take_attributes(r);
	if (*r->p == '/') {
		empty = true;
		r->p++;
	}
	ck_assert_msg(*r->p == '>', "tag <%s> does not end: %.40s", name, r->p);
	r->p++;
	if (closes) {
		ck_assert_uint_gt(r->depth, 0);
		ck_assert_str_eq(r->open[--r->depth], name);
	} else if (!empty) {
		ck_assert_uint_lt(r->depth, sizeof(r->open) / sizeof(r->open[0]));
		r->open[r->depth++] = tag;
	}
}

static void take_entity(struct reader *r)
{
	static const char *const known[] = { "&amp;", "&lt;", "&gt;", "&quot;", "&#39;" };

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		if (strncmp(r->p, known[i], strlen(known[i])) == 0) {
			r->p += strlen(known[i]);
			return;
		}
	}
	ck_abort_msg("no entity: %.40s", r->p);
}

static void check_document(const char *html)
{
	struct reader r = { .p = html };
	const char *style_end = strstr(html, "</style>");

	ck_assert_int_eq(strncmp(r.p, "<!DOCTYPE html>\n", 16), 0);
	r.p += 16;
	while (*r.p) {
		unsigned char c = (unsigned char)*r.p;

		ck_assert_msg(c >= 0x20 || c == '\n' || (c == '\t' && r.p < style_end),
		              "control character %02x before %.40s", c, r.p);
		ck_assert_uint_ne(c, 0x7f);
		if (c == '<')
			take_tag(&r);
		else if (c == '&')
			take_entity(&r);
		else
			ck_assert_msg(r.p++ < style_end || c != '>', "bare >: %.40s", r.p);
	}
	ck_assert_uint_eq(r.depth, 0);
	report_silent(html, "\xe2\x80\xae"); /* turns the writing direction */
	report_silent(html, "\xc2\x85");     /* a control character of C1 */
}

/* Every text column of every table, one after another, without those that say which words. */
static const char *const columns[] = {
	"meta.value",        "evidence.name",         "evidence.format",    "evidence.variant",
	"evidence.verdict",  "segment.name",          "header_value.name",  "header_value.value",
	"digest.algorithm",  "digest.computed",       "digest.stored",      "digest.verdict",
	"volume.table_type", "volume.kind",           "volume.description", "filesystem.state",
	"filesystem.type",   "filesystem.id",         "filesystem.label",   "file.path",
	"stream.name",       "event.source",          "event.path",         "finding.stage",
	"finding.kind",      "finding.subject",       "finding.detail",     "coverage.stage",
	"coverage.subject",  "coverage.status",       "coverage.reason",    "coverage.detail",
	"evidence.size",     "segment.size",          "volume.offset",      "volume.length",
	"filesystem.offset", "filesystem.pool_block", "stream.size",        "event.size",
	"finding.offset",    "finding.length",        "coverage.count",
};
enum { NCOLUMNS = sizeof(columns) / sizeof(columns[0]) };

static const char one_of_each[] = REPORT_EVIDENCE
	"INSERT INTO header_value VALUES(1,'notes','x');"
	"INSERT INTO digest VALUES(1,'md5','00','00','match');"
	"INSERT INTO volume VALUES(1,1,0,1048576,'dos','allocated','x');"
	"INSERT INTO filesystem "
	"VALUES(1,1,1,'readable','ntfs','x','x',0,9,0,0,0,0,0,0,0);" REPORT_FILE(1, "a/b.txt", "r",
                                                                                 1, "", 10)
		REPORT_EVENT(86400, 100, 0,
                             "a/b.txt") "INSERT INTO finding "
					"VALUES(1,1,'files','unparsed',1,512,10,'x','y');"
					"INSERT INTO coverage "
					"VALUES(2,1,'files','x','partial','unparsed','',1,2,3);";

static const char empty_all[] =
	"DELETE FROM evidence; DELETE FROM segment; DELETE FROM header_value; DELETE FROM digest;"
	"DELETE FROM volume; DELETE FROM filesystem; DELETE FROM file; DELETE FROM stream;"
	"DELETE FROM event; DELETE FROM finding; DELETE FROM coverage;";

static void set_column(const char *column)
{
	char sql[512], table[32];

	snprintf(table, sizeof(table), "%.*s", (int)strcspn(column, "."), column);
	snprintf(sql, sizeof(sql), "UPDATE %s SET %s = '%s'", table, strchr(column, '.') + 1,
	         HOSTILE);
	report_sql("c", sql);
}

/* One column at a time: a value that is read as a number must not hide the next one. */
START_TEST(hostile_text_in_a_column_stays_text)
{
	report_make("c", "");
	for (int i = 0; i < NCOLUMNS; i++) {
		KAN_AUTO(mem) char *html = NULL;

		report_sql("c", empty_all);
		report_sql("c", one_of_each);
		set_column(columns[i]);
		html = report_html("c", i % 2 ? "ja" : "en", NULL);
		check_document(html);
		report_silent(html, "<script");
	}
}
END_TEST

START_TEST(hostile_text_in_all_columns_is_shown_escaped)
{
	KAN_AUTO(mem) char *html = NULL;

	report_make("c", one_of_each);
	for (int i = 0; i < NCOLUMNS; i++)
		set_column(columns[i]);
	html = report_html("c", "en", NULL);
	check_document(html);
	report_says(html,
	            "&lt;script&gt;alert(1)&lt;/script&gt;&amp;&quot;&#39;&gt;\\x01\\x1b[31m");
	report_says(html, "\\x7f\\u202e\\u0085x");
}
END_TEST

START_TEST(name_of_the_case_folder_is_evidence_of_nothing_and_escaped)
{
	KAN_AUTO(mem) char *html = NULL;

	report_make("a<b>\x1b&\"c", "");
	html = report_html("a<b>\x1b&\"c", "en", NULL);
	check_document(html);
	report_says(html, "a&lt;b&gt;\\x1b&amp;&quot;c</title>");
	report_silent(html, report_dir);
}
END_TEST

START_TEST(name_is_quoted_for_the_shell)
{
	KAN_AUTO(mem) char *html = NULL;

	report_make("c", REPORT_EVIDENCE "UPDATE evidence SET name = '-rf a''b; $(x)';");
	html = report_html("c", "en", NULL);
	report_says(html, "<pre>ewfinfo ./&#39;-rf a&#39;\\&#39;&#39;b; $(x)&#39;</pre>");
	report_sql("c", "UPDATE evidence SET name = 'a\\x0ab''c';");
	free(html);
	html = report_html("c", "en", NULL);
	report_says(html, "<pre>ewfinfo $&#39;a\\x0ab\\&#39;c&#39;</pre>");
}
END_TEST

START_TEST(long_text_is_cut_between_characters_and_says_so)
{
	KAN_AUTO(mem) char *html = NULL;

	report_make("c",
	            REPORT_EVIDENCE "INSERT INTO finding VALUES(1,1,'files','note',0,NULL,NULL,"
	                            "replace(hex(zeroblob(100000)), '00', '\xe6\xbc\xa2'),'d');");
	html = report_html("c", "en", NULL);
	check_document(html);
	report_says(html, "\xe6\xbc\xa2<strong>\xe2\x80\xa6 (cut off here; 300,000 bytes in all)");
	ck_assert_uint_lt(strlen(html), 100000);
}
END_TEST

START_TEST(document_refers_to_nothing_outside_itself)
{
	KAN_AUTO(mem) char *html = NULL;

	report_make("c", one_of_each);
	html = report_html("c", "en", NULL);
	report_silent(html, "http:");
	report_silent(html, "https:");
	report_silent(html, "src=");
	report_silent(html, "@import");
	report_silent(html, "<link");
	report_silent(html, " style=");
	report_says(html, "default-src 'none'; style-src 'sha256-");
	for (const char *p = html; (p = strstr(p, "href=\"")) != NULL; p += 6)
		ck_assert_int_eq(p[6], '#');
	for (const char *p = html; (p = strstr(p, "url(")) != NULL; p += 4)
		ck_assert_int_eq(p[4], '#');
}
END_TEST

/* The digest that the policy allows, by another program. */
START_TEST(policy_allows_the_style_sheet_that_is_in_the_document)
{
	KAN_AUTO(mem) char *html = NULL;
	char expected[128] = "style-src 'sha256-", *style, *end;
	FILE *f = fopen("style", "w"), *p;

	report_make("c", "");
	html = report_html("c", "en", NULL);
	style = strstr(html, "<style>") + 7;
	end = strstr(style, "</style>");
	ck_assert_ptr_nonnull(f);
	ck_assert_uint_eq(fwrite(style, 1, (size_t)(end - style), f), (size_t)(end - style));
	fclose(f);
	p = popen("openssl dgst -sha256 -binary style | openssl base64 -A", "r");
	ck_assert_ptr_nonnull(p);
	ck_assert_ptr_nonnull(fgets(expected + strlen(expected), 64, p));
	pclose(p);
	report_says(html, expected);
}
END_TEST

START_TEST(same_case_gives_the_same_bytes)
{
	KAN_AUTO(mem) char *first = NULL;
	KAN_AUTO(mem) char *second = NULL;

	report_make("c", one_of_each);
	first = report_html("c", "ja", "Asia/Tokyo");
	ck_assert_int_eq(system("mkdir sub && cp -r c sub/c && touch -d 2001-01-01 sub/c/case.db"),
	                 0);
	ck_assert_int_eq(setenv("TZ", "America/New_York", 1), 0);
	second = report_html("sub/c", "ja", "Asia/Tokyo");
	ck_assert_str_eq(first, second);
}
END_TEST

START_TEST(damaged_store_is_an_error)
{
	struct kan_err err = { 0 };

	report_make("c", one_of_each);
	for (off_t len = 4096 + 512 * 40; len > 0; len -= 512) {
		ck_assert_int_eq(truncate("c/case.db", len), 0);
		ck_assert_int_eq(report_fails("c", NULL, &err), KAN_EFORMAT);
		ck_assert_str_ne(err.msg, "");
	}
}
END_TEST

START_TEST(store_without_a_table_is_an_error)
{
	static const char *const tables[] = { "evidence", "event", "coverage", "stream", "meta" };
	struct kan_err err = { 0 };
	char sql[64];

	report_make("c", one_of_each);
	snprintf(sql, sizeof(sql), "DROP TABLE %s", tables[_i]);
	report_sql("c", sql);
	ck_assert_int_eq(report_fails("c", NULL, &err), KAN_EFORMAT);
}
END_TEST

/* Numbers that no evidence should have. */
START_TEST(absurd_numbers_do_no_harm)
{
	static const char *const sets[] = {
		"UPDATE volume SET offset = -5, length = 9223372036854775807",
		"UPDATE volume SET offset = '18446744073709551615'",
		"UPDATE evidence SET size = 0, sector_size = 0",
		"UPDATE evidence SET size = '18446744073709551615', bytes_read = -1",
		"UPDATE stream SET size = 9223372036854775807",
		"UPDATE event SET count = 9223372036854775807, size = -1",
		"UPDATE event SET unit_ns = -7, local = 99",
		"UPDATE finding SET offset = -1, length = 9223372036854775807",
	};
	KAN_AUTO(mem) char *html = NULL;

	report_make("c", one_of_each);
	report_sql("c", sets[_i]);
	html = report_html("c", "en", "Asia/Tokyo");
	check_document(html);
}
END_TEST

static Suite *suite(void)
{
	Suite *s = suite_create("report/html_safety");
	TCase *tc = tcase_create("safety");

	tcase_add_checked_fixture(tc, report_setup, report_teardown);
	tcase_add_test(tc, hostile_text_in_a_column_stays_text);
	tcase_add_test(tc, hostile_text_in_all_columns_is_shown_escaped);
	tcase_add_test(tc, name_of_the_case_folder_is_evidence_of_nothing_and_escaped);
	tcase_add_test(tc, name_is_quoted_for_the_shell);
	tcase_add_test(tc, long_text_is_cut_between_characters_and_says_so);
	tcase_add_test(tc, document_refers_to_nothing_outside_itself);
	tcase_add_test(tc, policy_allows_the_style_sheet_that_is_in_the_document);
	tcase_add_test(tc, same_case_gives_the_same_bytes);
	tcase_add_test(tc, damaged_store_is_an_error);
	tcase_add_loop_test(tc, store_without_a_table_is_an_error, 0, 5);
	tcase_add_loop_test(tc, absurd_numbers_do_no_harm, 0, 8);
	suite_add_tcase(s, tc);
	return s;
}

RUN_SUITE(suite)
