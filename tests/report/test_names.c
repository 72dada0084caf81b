/* SPDX-License-Identifier: MIT */
/*
 * test_names.c - whatever a name holds, a line is a record and the name comes back
 *
 * Besides the hostile names there are names of two arbitrary bytes.  Where the name
 * stands in a line is found by printing a record whose name is only "/", or by the
 * reader of the format: ours for JSON, and jq and Python's csv module as others.
 */
#include "core/escape.h"
#include "core/json.h"
#include "records.h"

#include <stdio.h>
#include <string.h>

/* Every seventh pair has every byte in either place; test_escape.c goes through all. */
enum { NPAIRS = 255 * 255, STEP = 7 };

/* An assertion of check writes to a pipe even when it holds; these loops are long. */
#define EXPECT(condition, ...)                     \
	do {                                       \
		if (!(condition))                  \
			ck_abort_msg(__VA_ARGS__); \
	} while (0)

static const char *name_number(char *pair, size_t i)
{
	if (i < NHOSTILE)
		return hostile_names[i];
	i -= NHOSTILE;
	pair[0] = '/';
	pair[1] = (char)(1 + i / 255);
	pair[2] = (char)(1 + i % 255);
	pair[3] = '\0';
	return pair;
}

static unsigned digit(char c)
{
	return (unsigned)(c <= '9' ? c - '0' : c - 'a' + 10);
}

static void put_point(struct kan_buf *out, uint32_t c)
{
	const char four[] = { (char)(0xf0 | c >> 18), (char)(0x80 | (c >> 12 & 63)),
		              (char)(0x80 | (c >> 6 & 63)), (char)(0x80 | (c & 63)) };
	const char three[] = { (char)(0xe0 | c >> 12), four[2], four[3] };
	const char two[] = { (char)(0xc0 | c >> 6), four[3] };

	if (c > 0xffff)
		kan_buf_add(out, four, 4);
	else if (c > 0x7ff)
		kan_buf_add(out, three, 3);
	else
		kan_buf_add(out, two, 2);
}

/* Undo every escape, those on top of printable text too. */
static void decode(struct kan_buf *out, const char *s, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		uint32_t c = 0;
		size_t n = 0;

		if (s[i] != '\\') {
			kan_buf_putc(out, s[i]);
			continue;
		}
		i++;
		n = s[i] == 'x' ? 2 : s[i] == 'u' ? 4 : s[i] == 'U' ? 8 : 0;
		for (size_t k = 1; k <= n; k++)
			c = c << 4 | digit(s[i + k]);
		if (n == 0)
			kan_buf_putc(out, s[i]);
		else if (n == 2)
			kan_buf_putc(out, (char)c);
		else
			put_point(out, c);
		i += n;
	}
}

/* One record with this name, as a file if @is_file. */
static void print(struct kan_buf *line, const struct kan_output *o, bool is_file, const char *name)
{
	struct kan_output_opts opts = { 0 };
	struct kan_event ev = plain_event();
	struct kan_file f = plain_file();

	f.path = ev.path = name;
	kan_buf_reset(line);
	if (is_file)
		EXPECT(o->file(line, &f, &opts, NULL) == KAN_OK, "%s", name);
	else
		EXPECT(o->event(line, &ev, &opts, NULL) == KAN_OK, "%s", name);
}

static void expect_one_clean_line(const struct kan_buf *line, const char *name)
{
	size_t end = line->len - 1;

	EXPECT(line->data[end] == '\n', "the line of %s has no end", name);
	if (end > 0 && line->data[end - 1] == '\r')
		end--; /* CSV */
	for (size_t i = 0; i < end; i++)
		EXPECT((uint8_t)line->data[i] >= 0x20 && line->data[i] != 0x7f,
		       "control character in the line of %s", name);
	for (size_t i = 0; i < end;) {
		uint32_t point;
		size_t n = kan_utf8_len((uint8_t *)line->data + i, end - i, &point);

		EXPECT(n > 0, "the line of %s is not UTF-8", name);
		i += n;
	}
}

static void expect_decodes(const char *text, size_t len, const char *name)
{
	struct kan_buf back = { 0 };

	decode(&back, text, len);
	EXPECT(back.len == strlen(name) && memcmp(back.data, name, back.len) == 0, "%s: %.*s", name,
	       (int)len, text);
	kan_buf_done(&back);
}

/* Formats in which the name stands between the same bytes for all names. */
static const struct {
	const char *format;
	bool is_file;
	char end; /* first byte behind the name */
} framed[] = {
	{ "body", true, '|' },  { "text", true, '\n' },   { "text", false, '\n' },
	{ "tln", false, '\n' }, { "l2tcsv", false, ',' },
};

START_TEST(name_comes_back_out_of_a_framed_line)
{
	const struct kan_output *o = kan_output_find(framed[_i].format);
	struct kan_buf line = { 0 }, base = { 0 };
	size_t start = 0;

	print(&base, o, framed[_i].is_file, "/");
	print(&line, o, framed[_i].is_file, "/@");
	while (line.data[start] == base.data[start])
		start++;
	start--; /* the "/" */
	ck_assert_int_eq(base.data[start], '/');
	for (size_t i = 0; i < NHOSTILE + NPAIRS; i += i < NHOSTILE ? 1 : STEP) {
		char pair[4];
		const char *name = name_number(pair, i);
		const char *end;

		print(&line, o, framed[_i].is_file, name);
		expect_one_clean_line(&line, name);
		end = memchr(line.data + start, framed[_i].end, line.len - start);
		EXPECT(end, "the name %s has no end", name);
		expect_decodes(line.data + start, (size_t)(end - line.data) - start, name);
	}
	kan_buf_done(&line);
	kan_buf_done(&base);
}
END_TEST

static void expect_json_path(const struct kan_buf *line, const char *name)
{
	struct kan_json j = { .in = { (uint8_t *)line->data, line->len } };
	enum kan_json_kind kind;
	bool is_path = false, found = false;

	do {
		EXPECT(kan_json_next(&j, &kind, NULL) == KAN_OK, "no JSON: %s", line->data);
		if (is_path) {
			EXPECT(kind == KAN_JSON_STRING, "path is no string");
			expect_decodes(j.text.data, j.text.len, name);
			found = true;
		}
		is_path = kind == KAN_JSON_KEY && strcmp(j.text.data, "path") == 0;
	} while (kind != KAN_JSON_END);
	EXPECT(found, "no path: %s", line->data);
	kan_json_done(&j);
}

static const struct {
	const char *format;
	bool is_file;
} json[] = { { "jsonl", true }, { "jsonl", false }, { "timesketch", false } };

START_TEST(name_comes_back_out_of_json)
{
	const struct kan_output *o = kan_output_find(json[_i].format);
	struct kan_buf line = { 0 };

	for (size_t i = 0; i < NHOSTILE + NPAIRS; i += i < NHOSTILE ? 1 : STEP) {
		char pair[4];
		const char *name = name_number(pair, i);

		print(&line, o, json[_i].is_file, name);
		expect_one_clean_line(&line, name);
		expect_json_path(&line, name);
	}
	kan_buf_done(&line);
}
END_TEST

/* All names in one file, and what another program should find in it. */
static void save_all(char *path, const struct kan_output *o, bool is_file, struct kan_buf *expect)
{
	struct kan_output_opts opts = { 0 };
	struct kan_buf line = { 0 };
	int fd = mkstemp(path);

	ck_assert_int_ge(fd, 0);
	if (is_file && o->file_head)
		ck_assert_int_eq(o->file_head(&line, &opts, NULL), KAN_OK);
	if (!is_file && o->event_head)
		ck_assert_int_eq(o->event_head(&line, &opts, NULL), KAN_OK);
	ck_assert_int_eq(write(fd, line.len ? line.data : "", line.len), (ssize_t)line.len);
	for (size_t i = 0; i < NHOSTILE + NPAIRS; i += i < NHOSTILE ? 1 : STEP) {
		char pair[4];
		const char *name = name_number(pair, i);

		print(&line, o, is_file, name);
		EXPECT(write(fd, line.data, line.len) == (ssize_t)line.len, "short write");
		kan_escape_text(expect, name, strlen(name));
		kan_buf_putc(expect, '\n');
	}
	ck_assert_int_eq(close(fd), 0);
	kan_buf_done(&line);
}

static void expect_output(const char *command, const struct kan_buf *expect)
{
	struct kan_buf out = { 0 };
	FILE *f = popen(command, "r");
	char piece[4096];
	size_t n;

	ck_assert_ptr_nonnull(f);
	while ((n = fread(piece, 1, sizeof(piece), f)) > 0)
		kan_buf_add(&out, piece, n);
	ck_assert_int_eq(pclose(f), 0);
	ck_assert_uint_eq(out.len, expect->len);
	ck_assert_mem_eq(out.data, expect->data, out.len);
	kan_buf_done(&out);
}

#define PYTHON_CSV                                                                    \
	"python3 -c 'import csv, sys\n"                                               \
	"sys.stdout.reconfigure(encoding=\"utf-8\")\n"                                \
	"for r in csv.DictReader(open(sys.argv[1], newline=\"\", encoding=\"utf-8\")" \
	", strict=True):\n"                                                           \
	"    assert None not in r and None not in r.values()\n"                       \
	"    p = r[\"%s\"]\n"                                                         \
	"    print(p[1:] if p[:1] == chr(39) else p)' %s"

static const struct {
	const char *tool, *format, *column;
	bool is_file;
} oracles[] = {
	{ "jq", "jsonl", "path", true },          { "jq", "jsonl", "path", false },
	{ "jq", "timesketch", "message", false }, { "python3", "csv", "path", true },
	{ "python3", "csv", "path", false },
};

START_TEST(other_programs_read_the_same_names)
{
	char path[] = "/tmp/kanshiki-names-XXXXXX", command[1024];
	struct kan_buf expect = { 0 };

	snprintf(command, sizeof(command), "%s --version >/dev/null 2>&1", oracles[_i].tool);
	if (system(command) != 0) {
		(void)fprintf(stderr, "SKIP: %s is not there\n", oracles[_i].tool);
		return;
	}
	save_all(path, kan_output_find(oracles[_i].format), oracles[_i].is_file, &expect);
	if (strcmp(oracles[_i].tool, "jq") == 0)
		snprintf(command, sizeof(command), "jq -r .%s %s", oracles[_i].column, path);
	else
		snprintf(command, sizeof(command), PYTHON_CSV, oracles[_i].column, path);
	expect_output(command, &expect);
	ck_assert_int_eq(unlink(path), 0);
	kan_buf_done(&expect);
}
END_TEST

/* Records that differ only in where a text stands; all have the same address. */
static const struct {
	const char *path, *stream, *link;
	uint32_t flags;
} alike[] = {
	{ "/a", "", "", 0 },
	{ "/a", "", "", KAN_FILE_NAME_DELETED },
	{ "/a", "", "", KAN_FILE_NAME_DELETED | KAN_FILE_META_REUSED },
	{ "/a (deleted)", "", "", 0 },
	{ "/a (deleted-realloc)", "", "", 0 },
	{ "/a", "b", "", 0 },
	{ "/a:b", "", "", 0 },
	{ "/a", "b:c", "", 0 },
	{ "/a:b", "c", "", 0 },
	{ "/a", "", "b", 0 },
	{ "/a -> b", "", "", 0 },
	{ "/a", "", "b -> c", 0 },
	{ "/a -> b", "", "c", 0 },
	{ "/a ->", "", "b", 0 },
	{ "/a", "", "-> b", 0 },
	{ "/a -> b (deleted)", "", "", 0 },
	{ "/a", "", "b", KAN_FILE_NAME_DELETED },
	{ "/a", "", "b (deleted)", 0 },
	{ "/a ($FILE_NAME)", "", "", 0 },
	{ "/a", "b (deleted)", "", 0 },
	{ "/a", "b", "", KAN_FILE_NAME_DELETED },
	{ "/a\n", "", "", 0 },
	{ "/a\\x0a", "", "", 0 },
	{ "/a%41", "", "", 0 },
	{ "/a\\x2541", "", "", 0 },
};

enum { NALIKE = sizeof(alike) / sizeof(alike[0]) };

START_TEST(different_records_never_print_alike)
{
	static const char *const formats[] = { "body", "csv", "jsonl", "text" };
	const struct kan_output *o = kan_output_find(formats[_i]);
	struct kan_output_opts opts = { 0 };
	struct kan_buf lines[NALIKE] = { 0 };

	for (size_t i = 0; i < NALIKE; i++) {
		struct kan_file f = plain_file();

		f.attr_type = 128;
		f.path = alike[i].path;
		f.stream = alike[i].stream;
		f.link = alike[i].link;
		f.flags = alike[i].flags;
		ck_assert_int_eq(o->file(&lines[i], &f, &opts, NULL), KAN_OK);
		for (size_t k = 0; k < i; k++)
			ck_assert_str_ne(lines[i].data, lines[k].data);
	}
	for (size_t i = 0; i < NALIKE; i++)
		kan_buf_done(&lines[i]);
}
END_TEST

#define COUNT(a) ((int)(sizeof(a) / sizeof((a)[0])))

static Suite *names_suite(void)
{
	Suite *s = suite_create("names");
	TCase *own = tcase_create("own");
	TCase *others = tcase_create("others");

	tcase_set_timeout(own, 60);
	tcase_add_loop_test(own, name_comes_back_out_of_a_framed_line, 0, COUNT(framed));
	tcase_add_loop_test(own, name_comes_back_out_of_json, 0, COUNT(json));
	tcase_add_loop_test(own, different_records_never_print_alike, 0, 4);
	suite_add_tcase(s, own);
	tcase_set_timeout(others, 60);
	tcase_add_loop_test(others, other_programs_read_the_same_names, 0, COUNT(oracles));
	suite_add_tcase(s, others);
	return s;
}

RUN_SUITE(names_suite)
