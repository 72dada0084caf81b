/* SPDX-License-Identifier: MIT */
/*
 * test_store.c - what goes into case.db comes out again, and SQLite's own tool agrees
 */
#include "case/sample.h"
#include "kanshiki/version.h"
#include "suite.h"

#include <inttypes.h>
#include <malloc.h>

static struct kan_digest digest_of(const char *algorithm, uint8_t fill)
{
	struct kan_digest d = { .algo = kan_hash_find(algorithm) };

	ck_assert_ptr_nonnull(d.algo);
	memset(d.bytes, fill, d.algo->digest_len);
	return d;
}

static void assert_same_file(const struct kan_file *a, const struct kan_file *b)
{
	ck_assert_uint_eq(a->evidence, b->evidence);
	ck_assert_uint_eq(a->fs, b->fs);
	ck_assert_uint_eq(a->addr, b->addr);
	ck_assert_uint_eq(a->seq, b->seq);
	ck_assert_uint_eq(a->parent, b->parent);
	ck_assert_uint_eq(a->attr_type, b->attr_type);
	ck_assert_uint_eq(a->attr_id, b->attr_id);
	ck_assert_uint_eq(a->flags, b->flags);
	ck_assert_int_eq(a->name_type, b->name_type);
	ck_assert_int_eq(a->meta_type, b->meta_type);
	ck_assert_uint_eq(a->mode, b->mode);
	ck_assert_uint_eq(a->uid, b->uid);
	ck_assert_uint_eq(a->gid, b->gid);
	ck_assert_uint_eq(a->nlink, b->nlink);
	ck_assert_uint_eq(a->size, b->size);
	ck_assert_mem_eq(a->time_ns, b->time_ns, sizeof(a->time_ns));
	ck_assert_mem_eq(a->fn_ns, b->fn_ns, sizeof(a->fn_ns));
	ck_assert_mem_eq(a->time_unit_ns, b->time_unit_ns, sizeof(a->time_unit_ns));
	ck_assert_str_eq(a->path, b->path);
	ck_assert_str_eq(a->stream, b->stream);
	ck_assert_str_eq(a->link, b->link);
	ck_assert_uint_eq(a->ndigests, b->ndigests);
	for (size_t i = 0; i < a->ndigests; i++) {
		ck_assert_ptr_eq(a->digests[i].algo, b->digests[i].algo);
		ck_assert_mem_eq(a->digests[i].bytes, b->digests[i].bytes,
		                 a->digests[i].algo->digest_len);
	}
}

/* Compares the files that come with a list. */
struct expected {
	const struct kan_file *files;
	size_t n;
	size_t seen;
};

static int compare_file(void *arg, const struct kan_file *f, struct kan_err *err)
{
	struct expected *e = arg;

	(void)err;
	ck_assert_uint_lt(e->seen, e->n);
	assert_same_file(&e->files[e->seen++], f);
	return KAN_OK;
}

/* Add @files, finish, and read them back before and after. */
static void round_trip(const struct kan_file *files, size_t n)
{
	struct expected e = { files, n, 0 };
	struct kan_case *c = sample_case("c");
	struct kan_err err = { 0 };
	int rc;

	for (size_t i = 0; i < n; i++)
		sample_add_file(c, &files[i]);
	rc = kan_case_each_file(c, compare_file, &e, &err);
	ck_assert_msg(rc == KAN_OK, "%s", err.msg);
	ck_assert_uint_eq(e.seen, n);
	sample_finish(c);
	e.seen = 0;
	rc = kan_case_each_file(c, compare_file, &e, &err);
	ck_assert_msg(rc == KAN_OK, "%s", err.msg);
	kan_case_close(c);
	ck_assert_uint_eq(e.seen, n);
	c = sample_open("c");
	e.seen = 0;
	ck_assert_int_eq(kan_case_each_file(c, compare_file, &e, NULL), KAN_OK);
	ck_assert_uint_eq(e.seen, n);
	kan_case_close(c);
}

START_TEST(store_gives_back_every_field_of_a_file)
{
	struct kan_file f[4] = { sample_file("/a", 1), sample_file("/a", 2), sample_file("/b", 3),
		                 sample_file("/c", 4) };

	f[0].stream = "Zone.Identifier";
	f[0].flags = KAN_FILE_FN_TIMES | KAN_FILE_RESIDENT | KAN_FILE_ORPHAN;
	for (int i = 0; i <= KAN_TIME_CREATED; i++)
		f[0].fn_ns[i] = -5 - i;
	f[1].addr = f[1].seq = f[1].parent = f[1].size = UINT64_MAX;
	f[1].evidence = f[1].fs = f[1].attr_type = f[1].attr_id = f[1].flags = UINT32_MAX;
	f[1].flags &= ~(uint32_t)KAN_FILE_FN_TIMES;
	f[1].mode = f[1].uid = f[1].gid = f[1].nlink = UINT32_MAX;
	f[2].size = INT64_MAX;
	f[2].addr = (uint64_t)INT64_MAX + 1;
	f[2].name_type = KAN_FILE_SYMLINK;
	f[2].meta_type = KAN_FILE_VIRTUAL_DIR;
	f[2].link = "../target";
	for (int i = 0; i < KAN_FILE_NTIMES; i++) {
		f[2].time_ns[i] = i % 2 ? INT64_MAX : INT64_MIN + 1;
		f[2].time_unit_ns[i] = i == 1 ? KAN_UNIT_DAY : i == 2 ? 2000000000 : 0;
		f[3].time_ns[i] = KAN_NO_TIME;
	}
	f[3].digests[0] = digest_of("md5", 0x0f);
	f[3].digests[1] = digest_of("sha256", 0xa5);
	f[3].ndigests = 2;
	round_trip(f, 4);
}
END_TEST

/* Names as evil as a disk can hold them. */
static const char *const names[] = {
	"/plain",
	"",
	"/\\",
	"/\\x41 \\u0041 \\\\",
	"/tab\tnewline\nreturn\rescape\x1b[31m bell\x07 del\x7f",
	"/\xff\xfe invalid \x80 \xc0\x80 \xe3\x81",
	"/lone surrogate \xed\xa0\x80 and \xed\xbf\xbf",
	"/\xe8\xa8\xbc\xe6\x8b\xa0 \xf0\xa0\xae\xb7 \xe8\x91\x9b\xf3\xa0\x84\x80",
	"/C1 \xc2\x85 \xc2\x9b bom \xef\xbb\xbf noncharacter \xef\xbf\xbf \xf4\x8f\xbf\xbf",
	"/exe.\xe2\x80\xaegnp.txt",
	"=cmd|' /C calc'!A0",
	"+1+1",
	"-2",
	"@SUM(A1)",
	"'quoted",
	"\"; DROP TABLE file; --",
	"<script>alert(1)</script>",
	"%s%n%x",
	"a,b\"c\r\n,d",
};
enum { NNAMES = sizeof(names) / sizeof(names[0]) };

START_TEST(store_gives_back_names_byte_for_byte)
{
	struct kan_file f[NNAMES];

	for (uint32_t i = 0; i < NNAMES; i++) {
		f[i] = sample_file(names[i], i);
		f[i].stream = names[(i + 1) % NNAMES];
		f[i].link = names[(i + 2) % NNAMES];
	}
	round_trip(f, NNAMES);
}
END_TEST

START_TEST(store_gives_back_every_byte_and_every_pair_with_a_continuation)
{
	static char text[256][8];
	struct kan_file f[256];

	for (uint32_t i = 1; i < 256; i++) {
		snprintf(text[i], sizeof(text[i]), "%c%c%c", (char)i, (char)(i ^ 0x80), (char)i);
		for (char *p = text[i]; *p; p++)
			if (*p == '\0')
				*p = 'x';
		f[i] = sample_file(text[i], i);
	}
	round_trip(f + 1, 255);
}
END_TEST

START_TEST(store_keeps_only_printable_text)
{
	struct kan_case *c;

	if (!sample_has("sqlite3"))
		return;
	c = sample_case("c");
	for (uint32_t i = 0; i < NNAMES; i++) {
		struct kan_file f = sample_file(names[i], i);

		sample_add_file(c, &f);
	}
	sample_finish(c);
	kan_case_close(c);
	sample_prints("sqlite3 c/case.db 'SELECT path FROM file ORDER BY id' |"
	              " LC_ALL=C grep -c '[[:cntrl:]]' || true",
	              "0");
	ck_assert_int_eq(sample_sh("sqlite3 c/case.db 'SELECT path FROM file' | iconv -f utf-8 -t "
	                           "utf-16 >/dev/null"),
	                 0);
	sample_prints("sqlite3 c/case.db 'SELECT path FROM file WHERE id = 7'",
	              "/lone surrogate \\xed\\xa0\\x80 and \\xed\\xbf\\xbf");
}
END_TEST

struct events {
	const struct kan_event *list;
	size_t n, seen;
};

static int compare_event(void *arg, const struct kan_event *got, struct kan_err *err)
{
	struct events *e = arg;
	const struct kan_event *want = &e->list[e->seen++];

	(void)err;
	ck_assert_uint_le(e->seen, e->n);
	ck_assert_int_eq(got->time_ns, want->time_ns);
	ck_assert_uint_eq(got->unit_ns, want->unit_ns);
	ck_assert_int_eq(got->local, want->local);
	ck_assert_str_eq(got->source, want->source);
	ck_assert_str_eq(got->meaning, want->meaning);
	ck_assert_uint_eq(got->evidence, want->evidence);
	ck_assert_uint_eq(got->fs, want->fs);
	ck_assert_uint_eq(got->addr, want->addr);
	ck_assert_uint_eq(got->seq, want->seq);
	ck_assert_uint_eq(got->attr_type, want->attr_type);
	ck_assert_uint_eq(got->attr_id, want->attr_id);
	ck_assert_uint_eq(got->flags, want->flags);
	ck_assert_int_eq(got->type, want->type);
	ck_assert_uint_eq(got->mode, want->mode);
	ck_assert_uint_eq(got->uid, want->uid);
	ck_assert_uint_eq(got->gid, want->gid);
	ck_assert_uint_eq(got->size, want->size);
	ck_assert_str_eq(got->path, want->path);
	ck_assert_uint_eq(got->count, want->count);
	return KAN_OK;
}

START_TEST(store_gives_back_every_field_of_an_event)
{
	struct kan_event ev[3] = { sample_event("/a:stream", 1), sample_event(names[5], 2),
		                   sample_event("", 3) };
	struct events e = { ev, 3, 0 };
	struct kan_case *c = sample_case("c");

	ev[1] = (struct kan_event){ INT64_MAX,         UINT32_MAX, true,       "fat16",
		                    "created",         UINT32_MAX, UINT32_MAX, UINT64_MAX,
		                    UINT64_MAX,        UINT32_MAX, UINT32_MAX, UINT32_MAX,
		                    KAN_FILE_WHITEOUT, UINT32_MAX, UINT32_MAX, UINT32_MAX,
		                    UINT64_MAX,        names[5],   UINT32_MAX };
	ev[2].time_ns = INT64_MIN + 1;
	for (int i = 0; i < 3; i++)
		sample_add_event(c, &ev[i]);
	sample_finish(c);
	kan_case_close(c);
	c = sample_open("c");
	ck_assert_int_eq(kan_case_each_event(c, compare_event, &e, NULL), KAN_OK);
	ck_assert_uint_eq(e.seen, 3);
	kan_case_close(c);
}
END_TEST

static int stop_at_second(void *arg, const struct kan_file *f, struct kan_err *err)
{
	(void)f;
	return ++*(int *)arg == 2 ? kan_fail(err, KAN_ESTOPPED, "enough") : KAN_OK;
}

START_TEST(store_stops_when_the_reader_says_so)
{
	struct kan_err err = { 0 };
	int seen = 0;
	struct kan_case *c;

	sample_complete("c", 5);
	c = sample_open("c");
	ck_assert_int_eq(kan_case_each_file(c, stop_at_second, &seen, &err), KAN_ESTOPPED);
	ck_assert_int_eq(seen, 2);
	ck_assert_str_eq(err.msg, "enough");
	kan_case_close(c);
}
END_TEST

/* ---- hashes -------------------------------------------------------------------- */

START_TEST(store_tells_which_hashes_its_files_carry)
{
	struct kan_file f = sample_file("/a", 1);
	struct kan_case *c = sample_case("c");
	struct kan_hash_set set = { 0 };

	ck_assert_int_eq(kan_case_hashes(c, &set, NULL), KAN_OK);
	ck_assert_uint_eq(set.n, 0);
	sample_add_file(c, &f);
	f.digests[0] = digest_of("sha256", 1);
	f.digests[1] = digest_of("md5", 2);
	f.ndigests = 2;
	sample_add_file(c, &f);
	f.ndigests = 1;
	sample_add_file(c, &f);
	sample_finish(c);
	kan_case_close(c);
	c = sample_open("c");
	ck_assert_int_eq(kan_case_hashes(c, &set, NULL), KAN_OK);
	ck_assert_uint_eq(set.n, 2);
	ck_assert_str_eq(set.algo[0]->name, "sha256");
	ck_assert_str_eq(set.algo[1]->name, "md5");
	kan_case_close(c);
}
END_TEST

START_TEST(store_without_hashes_says_none)
{
	struct kan_hash_set set = { .n = 7 };
	struct kan_case *c;

	sample_complete("c", 2);
	c = sample_open("c");
	ck_assert_int_eq(kan_case_hashes(c, &set, NULL), KAN_OK);
	ck_assert_uint_eq(set.n, 0);
	kan_case_close(c);
}
END_TEST

/* ---- the file ------------------------------------------------------------------ */

START_TEST(store_passes_the_checks_of_sqlite)
{
	if (!sample_has("sqlite3"))
		return;
	sample_complete("c", 1000);
	sample_prints("sqlite3 c/case.db 'PRAGMA integrity_check; PRAGMA user_version;"
	              " PRAGMA page_size; PRAGMA journal_mode; SELECT count(*), max(id) FROM file;"
	              " SELECT count(*), max(file) FROM stream; SELECT count(*) FROM event;"
	              " SELECT count(*) FROM pragma_table_list WHERE strict AND schema = \"main\";"
	              " SELECT * FROM meta ORDER BY key' | tr '\\n' ' '",
	              "ok 1 4096 delete 1000|1000 1000|1000 1000 12 hashes| schema|1 "
	              "tool|kanshiki " KAN_VERSION " ");
}
END_TEST

START_TEST(store_does_not_tell_the_version_of_the_library)
{
	sample_complete("c", 1);
	sample_prints("od -A n -t u1 -j 96 -N 4 c/case.db", "   0  46  87  72"); /* 3037000 */
}
END_TEST

START_TEST(store_has_the_columns_of_its_document)
{
	if (!sample_has("sqlite3"))
		return;
	sample_complete("c", 1);
	/* From each row of the table: name, then the names of the columns in `...`. */
	ck_assert_int_eq(
		sample_sh("grep '^| `' %s/../docs/formats/case-db.md |"
	                  " sed 's/([^)]*)//g' | awk -F'|' '{ gsub(/[` ]/, \"\", $2);"
	                  " gsub(/[` ]|NULL.*/, \"\", $4); print $2 \": \" $4 }' | sort >want;"
	                  " sqlite3 c/case.db \"SELECT m.name || ': ' || group_concat(p.name) FROM"
	                  " sqlite_schema m, pragma_table_info(m.name) p WHERE m.type = 'table'"
	                  " GROUP BY m.name\" | sort >have; test $(wc -l <want) = 12 &&"
	                  " diff want have",
	                  KAN_TESTDATA),
		0);
}
END_TEST

START_TEST(store_is_the_same_bytes_for_the_same_input)
{
	sample_complete("c", 5000);
	ck_assert_int_eq(sample_sh("mkdir b; mv c b/c"), 0);
	sample_complete("c", 5000);
	ck_assert_int_eq(sample_sh("for f in case.db evidence.json coverage.csv; do"
	                           " cmp c/$f b/c/$f || exit 1; done"),
	                 0);
	sample_prints("ls -A c", "case.db\ncase.jsonl\ncoverage.csv\nevidence.json");
}
END_TEST

START_TEST(store_answers_queries_by_index)
{
	static const char *const sql[] = {
		"SELECT * FROM file WHERE path = \"/a\"",
		"SELECT * FROM file WHERE evidence = 1 AND fs = 1 AND addr = 5",
		"SELECT * FROM event WHERE time_ns BETWEEN 1 AND 2",
		"SELECT * FROM event WHERE evidence = 1 AND fs = 1 AND addr = 5",
		"SELECT * FROM stream WHERE md5 = \"00\"",
		"SELECT * FROM stream WHERE sha256 = \"00\"",
		"SELECT * FROM finding WHERE evidence = 1 AND stage = \"x\"",
		"SELECT * FROM file JOIN stream ON stream.file = file.id WHERE path = \"/a\"",
	};

	if (!sample_has("sqlite3"))
		return;
	sample_complete("c", 1);
	for (size_t i = 0; i < sizeof(sql) / sizeof(sql[0]); i++)
		ck_assert_msg(sample_sh("sqlite3 c/case.db 'EXPLAIN QUERY PLAN %s' >plan;"
		                        " grep -q SEARCH plan && ! grep -q SCAN plan",
		                        sql[i]) == 0,
		              "%s", sql[i]);
}
END_TEST

START_TEST(store_memory_does_not_grow_with_the_number_of_files)
{
	enum { FILES = 100000, MARGIN = 4 << 20 };
	struct kan_case *c = sample_case("c");
	size_t early = 0, late;
	char path[64];

	for (uint32_t i = 0; i < FILES; i++) {
		struct kan_file f = sample_file(path, i);
		struct kan_event ev = sample_event(path, i);

		snprintf(path, sizeof(path), "/dir %" PRIu32 "/file %" PRIu32, i / 100, i);
		sample_add_file(c, &f);
		sample_add_event(c, &ev);
		if (i == FILES / 4 * 3) /* the cache of 16 MiB is full before */
			early = mallinfo2().uordblks;
	}
	late = mallinfo2().uordblks;
	sample_finish(c);
	kan_case_close(c);
	if (early == 0) {
		printf("SKIP: this build brings an allocator of its own\n");
		return;
	}
	ck_assert_uint_lt(late, early + MARGIN);
	ck_assert_uint_lt(late, (size_t)40 << 20);
}
END_TEST

static Suite *store_suite(void)
{
	Suite *s = suite_create("store");
	TCase *tc = tcase_create("round trip");

	tcase_add_checked_fixture(tc, sample_setup, sample_teardown);
	tcase_add_test(tc, store_gives_back_every_field_of_a_file);
	tcase_add_test(tc, store_gives_back_names_byte_for_byte);
	tcase_add_test(tc, store_gives_back_every_byte_and_every_pair_with_a_continuation);
	tcase_add_test(tc, store_keeps_only_printable_text);
	tcase_add_test(tc, store_gives_back_every_field_of_an_event);
	tcase_add_test(tc, store_stops_when_the_reader_says_so);
	tcase_add_test(tc, store_tells_which_hashes_its_files_carry);
	tcase_add_test(tc, store_without_hashes_says_none);
	suite_add_tcase(s, tc);
	tc = tcase_create("file");
	tcase_add_checked_fixture(tc, sample_setup, sample_teardown);
	tcase_set_timeout(tc, 120);
	tcase_add_test(tc, store_passes_the_checks_of_sqlite);
	tcase_add_test(tc, store_does_not_tell_the_version_of_the_library);
	tcase_add_test(tc, store_has_the_columns_of_its_document);
	tcase_add_test(tc, store_is_the_same_bytes_for_the_same_input);
	tcase_add_test(tc, store_answers_queries_by_index);
	tcase_add_test(tc, store_memory_does_not_grow_with_the_number_of_files);
	suite_add_tcase(s, tc);
	return s;
}

RUN_SUITE(store_suite)
