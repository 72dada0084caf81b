/* SPDX-License-Identifier: MIT */
/*
 * test_output.c - every format against its golden lines in testdata/report/
 *
 * KAN_REWRITE=1 in the environment writes the goldens anew; look at the diff.
 */
#include "records.h"

#include "failing_memory.h"

#include <stdio.h>
#include <string.h>

static const int64_t T = 1526479317123456700; /* 2018-05-16T14:01:57.1234567Z */

static void set_times(struct kan_file *f, int64_t ns, uint32_t unit)
{
	for (size_t i = 0; i <= KAN_TIME_CREATED; i++) {
		f->time_ns[i] = ns + (int64_t)i * 1000000000;
		f->time_unit_ns[i] = unit;
	}
}

static void put(struct kan_buf *b, const struct kan_output *o, const struct kan_file *f,
                const struct kan_output_opts *opts)
{
	struct kan_err err = { 0 };

	ck_assert_msg(o->file(b, f, opts, &err) == KAN_OK, "%s", err.msg);
}

/* An NTFS file with $FILE_NAME times and digests, and its deleted stream. */
static void put_ntfs(struct kan_buf *b, const struct kan_output *o,
                     const struct kan_output_opts *opts)
{
	struct kan_file f = plain_file();

	set_times(&f, T, 100);
	f.flags = KAN_FILE_FN_TIMES | KAN_FILE_COMPRESSED;
	f.attr_type = 128;
	f.attr_id = 3;
	f.mode = 04755;
	for (size_t i = 0; i <= KAN_TIME_CREATED; i++)
		f.fn_ns[i] = T - 100;
	f.ndigests = opts->hashes.n;
	for (size_t i = 0; i < f.ndigests; i++) {
		f.digests[i].algo = opts->hashes.algo[i];
		memset(f.digests[i].bytes, 0xa0 + (int)i, sizeof(f.digests[i].bytes));
	}
	put(b, o, &f, opts);
	f.flags = KAN_FILE_FN_TIMES | KAN_FILE_NEXT_STREAM | KAN_FILE_NAME_DELETED |
	          KAN_FILE_META_DELETED | KAN_FILE_RESIDENT;
	f.stream = "Zone.Identifier";
	f.ndigests = 0;
	put(b, o, &f, opts);
}

/* A FAT file with local times, and one whose metadata could not be read. */
static void put_odd(struct kan_buf *b, const struct kan_output *o,
                    const struct kan_output_opts *opts)
{
	struct kan_file f = plain_file();

	f.time_ns[KAN_TIME_MODIFIED] = 1526479316000000000;
	f.time_unit_ns[KAN_TIME_MODIFIED] = 2000000000;
	f.time_ns[KAN_TIME_ACCESSED] = 1526428800000000000;
	f.time_unit_ns[KAN_TIME_ACCESSED] = KAN_UNIT_DAY;
	f.time_ns[KAN_TIME_CREATED] = 1526479316120000000;
	f.time_unit_ns[KAN_TIME_CREATED] = 10000000;
	f.path = "/DOCS/A.TXT";
	put(b, o, &f, opts);
	f = plain_file();
	f.name_type = KAN_FILE_UNKNOWN;
	f.meta_type = KAN_FILE_UNKNOWN;
	f.flags = KAN_FILE_NAME_DELETED | KAN_FILE_NO_META;
	f.addr = f.size = f.seq = 0;
	f.mode = f.uid = f.gid = f.nlink = 0;
	put(b, o, &f, opts);
}

/* The ends of what can be represented. */
static void put_extremes(struct kan_buf *b, const struct kan_output *o,
                         const struct kan_output_opts *opts)
{
	struct kan_file f = plain_file();

	f.evidence = f.fs = f.uid = f.gid = f.nlink = UINT32_MAX;
	f.addr = f.seq = f.parent = f.size = UINT64_MAX;
	f.attr_type = f.attr_id = UINT32_MAX;
	f.mode = 07777;
	f.meta_type = KAN_FILE_SYMLINK;
	f.link = "../target";
	f.flags = KAN_FILE_NAME_DELETED | KAN_FILE_META_REUSED | KAN_FILE_ORPHAN |
	          KAN_FILE_ENCRYPTED | KAN_FILE_SPARSE;
	f.time_ns[KAN_TIME_MODIFIED] = INT64_MIN + 1;
	f.time_ns[KAN_TIME_ACCESSED] = INT64_MAX;
	f.time_ns[KAN_TIME_CHANGED] = -1;
	f.time_ns[KAN_TIME_CREATED] = 0;
	f.time_ns[KAN_TIME_DELETED] = 1;
	f.time_ns[KAN_TIME_BACKUP] = -1000000000;
	put(b, o, &f, opts);
}

static void put_files(struct kan_buf *b, const struct kan_output *o)
{
	struct kan_output_opts opts = { 0 };
	struct kan_file f = plain_file();

	ck_assert_int_eq(kan_hash_set_parse(&opts.hashes, "sha256,md5", NULL), KAN_OK);
	if (o->file_head)
		ck_assert_int_eq(o->file_head(b, &opts, NULL), KAN_OK);
	put_ntfs(b, o, &opts);
	put_odd(b, o, &opts);
	put_extremes(b, o, &opts);
	for (size_t i = 0; i < NHOSTILE; i++) {
		f.path = hostile_names[i];
		put(b, o, &f, &opts);
	}
}

static void put_events(struct kan_buf *b, const struct kan_output *o)
{
	static const char *const meanings[] = { "accessed", "changed", "created",
		                                "deleted",  "backup",  "executed" };
	struct kan_output_opts opts = { 0 };
	struct kan_event ev = plain_event();

	if (o->event_head)
		ck_assert_int_eq(o->event_head(b, &opts, NULL), KAN_OK);
	for (size_t i = 0; i < sizeof(meanings) / sizeof(meanings[0]); i++) {
		ev.meaning = meanings[i];
		ev.flags = i == 3 ? KAN_FILE_NAME_DELETED | KAN_FILE_META_DELETED : 0;
		ev.count = (uint32_t)i + 1;
		ck_assert_int_eq(o->event(b, &ev, &opts, NULL), KAN_OK);
	}
	ev = plain_event();
	ev.time_ns = INT64_MIN + 1;
	ev.unit_ns = 1;
	ck_assert_int_eq(o->event(b, &ev, &opts, NULL), KAN_OK);
	ev.time_ns = INT64_MAX;
	ck_assert_int_eq(o->event(b, &ev, &opts, NULL), KAN_OK);
	ev.time_ns = -1;
	ck_assert_int_eq(o->event(b, &ev, &opts, NULL), KAN_OK);
	ev.time_ns = 1526428800000000000;
	ev.unit_ns = KAN_UNIT_DAY;
	ev.local = true;
	ev.source = "fat16";
	ev.attr_type = ev.attr_id = 0;
	ck_assert_int_eq(o->event(b, &ev, &opts, NULL), KAN_OK);
	ev = plain_event();
	for (size_t i = 0; i < NHOSTILE; i++) {
		ev.path = hostile_names[i];
		ck_assert_int_eq(o->event(b, &ev, &opts, NULL), KAN_OK);
	}
}

static void rewrite(const char *path, const struct kan_buf *text)
{
	FILE *f = fopen(path, "wb");

	ck_assert_ptr_nonnull(f);
	ck_assert_uint_eq(fwrite(text->data, 1, text->len, f), text->len);
	ck_assert_int_eq(fclose(f), 0);
}

static void read_golden(struct kan_buf *out, const char *path)
{
	FILE *f = fopen(path, "rb");
	char piece[4096];
	size_t n;

	ck_assert_msg(f != NULL, "%s is missing", path);
	while ((n = fread(piece, 1, sizeof(piece), f)) > 0)
		kan_buf_add(out, piece, n);
	ck_assert_int_eq(fclose(f), 0);
	kan_buf_add(out, "", 0);
}

static void compare_golden(const struct kan_buf *text, const char *format, const char *what)
{
	struct kan_buf golden = { 0 };
	char path[512];
	size_t line = 1, i = 0;

	snprintf(path, sizeof(path), "%s/report/%s.%s.golden", KAN_TESTDATA, format, what);
	if (getenv("KAN_REWRITE"))
		rewrite(path, text);
	read_golden(&golden, path);
	for (; i < text->len && i < golden.len && text->data[i] == golden.data[i]; i++)
		line += text->data[i] == '\n';
	ck_assert_msg(i == text->len && i == golden.len, "%s:%zu: it is now: %.200s", path, line,
	              text->data + i);
	kan_buf_done(&golden);
}

static const char *const formats[] = {
	"body", "csv", "jsonl", "l2tcsv", "text", "tln", "timesketch"
};
enum { NFORMATS = sizeof(formats) / sizeof(formats[0]) };

START_TEST(lines_are_those_of_the_golden_files)
{
	const struct kan_output *o = kan_output_find(formats[_i]);
	struct kan_buf text = { 0 };

	ck_assert_ptr_nonnull(o);
	ck_assert_str_eq(o->name, formats[_i]);
	if (o->file) {
		put_files(&text, o);
		compare_golden(&text, o->name, "files");
	}
	kan_buf_reset(&text);
	if (o->event) {
		put_events(&text, o);
		compare_golden(&text, o->name, "events");
	}
	kan_buf_done(&text);
}
END_TEST

START_TEST(registry_is_sorted_and_every_entry_says_what_it_is)
{
	size_t n = 0;

	for (; kan_output_list[n]; n++) {
		const struct kan_output *o = kan_output_list[n];

		ck_assert(o->file || o->event);
		ck_assert_uint_gt(strlen(o->label), 0);
		ck_assert_uint_gt(strlen(o->spec), 0);
		ck_assert_ptr_eq(kan_output_find(o->name), o);
		ck_assert(n == 0 || strcmp(kan_output_list[n - 1]->name, o->name) < 0);
	}
	ck_assert_uint_ge(n, NFORMATS);
	ck_assert_ptr_null(kan_output_find("nonsense"));
}
END_TEST

static const struct {
	const char *zone;
	int64_t ns;
	bool local;
	const char *shown;
} shown[] = {
	{ NULL, 0, false, "1970-01-01T00:00:00.0000000Z " },
	{ "UTC", 0, false, "1970-01-01T00:00:00.0000000Z " },
	{ "+09:00", 0, false, "1970-01-01T09:00:00.0000000+09:00 " },
	{ "-03:30", 0, false, "1969-12-31T20:30:00.0000000-03:30 " },
	{ "+09:00", 0, true, "1970-01-01T00:00:00.0000000 " },
	{ "+09:00", INT64_MAX, false, "2262-04-11T23:47:16.8547758Z " },
	{ "-09:00", INT64_MIN + 1, false, "1677-09-21T00:12:43.1452241Z " },
};

START_TEST(text_shows_times_in_the_zone_of_the_reader)
{
	struct kan_output_opts opts = { .zone = shown[_i].zone };
	const struct kan_output *o = kan_output_find("text");
	struct kan_event ev = plain_event();
	struct kan_zone *zone = NULL;
	struct kan_buf text = { 0 };

	ev.time_ns = shown[_i].ns;
	ev.local = shown[_i].local;
	for (int loaded = 0; loaded < 2; loaded++) {
		if (loaded)
			ck_assert_int_eq(kan_zone_load(&zone, shown[_i].zone, NULL), KAN_OK);
		opts.loaded_zone = zone;
		kan_buf_reset(&text);
		ck_assert_int_eq(o->event(&text, &ev, &opts, NULL), KAN_OK);
		ck_assert_msg(strncmp(text.data, shown[_i].shown, strlen(shown[_i].shown)) == 0,
		              "%s", text.data);
	}
	kan_zone_free(zone);
	kan_buf_done(&text);
}
END_TEST

START_TEST(unknown_zone_is_an_error)
{
	struct kan_output_opts opts = { .zone = "Asia/Atlantis" };
	struct kan_event ev = plain_event();
	struct kan_buf text = { 0 };
	struct kan_err err = { 0 };

	ck_assert_int_eq(kan_output_find("text")->event(&text, &ev, &opts, &err), KAN_EARG);
	ck_assert_ptr_nonnull(strstr(err.msg, "Asia/Atlantis"));
	kan_buf_done(&text);
}
END_TEST

/* A fresh buffer for each call, so that every allocation of a line is met. */
static int print_all(const struct kan_output *o)
{
	struct kan_output_opts opts = { .zone = "+09:00" };
	struct kan_event ev = plain_event();
	struct kan_file f = plain_file();
	struct kan_buf text = { 0 };
	int rc = KAN_OK;

	f.path = ev.path = "/\xe3\x81\x82\"\n,";
	f.stream = "a\\b";
	if (o->file)
		rc = o->file(&text, &f, &opts, NULL);
	if (rc == KAN_OK && o->event)
		rc = o->event(&text, &ev, &opts, NULL);
	kan_buf_done(&text);
	return rc;
}

START_TEST(every_failing_allocation_of_a_line_is_an_error)
{
	const struct kan_output *o = kan_output_find(formats[_i]);

	if (!KAN_MEMORY_CAN_FAIL) {
		(void)fprintf(stderr, "SKIP: memory cannot fail under a sanitizer\n");
		return;
	}
	for (long at = 1;; at++) {
		bool hit;
		int rc;

		memory_fail_at(at);
		rc = print_all(o);
		hit = memory_has_failed();
		memory_fail_at(0);
		ck_assert_int_eq(rc, hit ? KAN_ENOMEM : KAN_OK);
		if (!hit)
			break;
		ck_assert_int_lt(at, 100);
	}
}
END_TEST

static Suite *output_suite(void)
{
	Suite *s = suite_create("output");
	TCase *golden = tcase_create("golden");
	TCase *zones = tcase_create("zones");

	tcase_add_loop_test(golden, lines_are_those_of_the_golden_files, 0, NFORMATS);
	tcase_add_test(golden, registry_is_sorted_and_every_entry_says_what_it_is);
	tcase_add_loop_test(golden, every_failing_allocation_of_a_line_is_an_error, 0, NFORMATS);
	suite_add_tcase(s, golden);
	tcase_add_loop_test(zones, text_shows_times_in_the_zone_of_the_reader, 0,
	                    (int)(sizeof(shown) / sizeof(shown[0])));
	tcase_add_test(zones, unknown_zone_is_an_error);
	suite_add_tcase(s, zones);
	return s;
}

RUN_SUITE(output_suite)
