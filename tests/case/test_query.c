/* SPDX-License-Identifier: MIT */
/*
 * test_query.c - questions only read, and a store from anybody does no harm
 */
#include "case/sample.h"
#include "suite.h"

/* All cells of an answer, "|" behind a cell and "\n" behind a row. */
static int collect(void *arg, int n, const char *const *columns, struct kan_err *err)
{
	(void)err;
	for (int i = 0; i < n; i++)
		kan_buf_printf(arg, "%s|", columns[i] ? columns[i] : "NULL");
	kan_buf_putc(arg, '\n');
	return KAN_OK;
}

static void answers(struct kan_case *c, const char *sql, const char *expected)
{
	struct kan_buf out = { 0 };
	struct kan_err err = { 0 };
	int rc = kan_case_query(c, sql, collect, &out, &err);

	ck_assert_msg(rc == KAN_OK, "%s: %s", sql, err.msg);
	ck_assert_str_eq(out.data ? out.data : "", expected);
	kan_buf_done(&out);
}

START_TEST(query_answers_rows_of_text_and_null)
{
	KAN_AUTO(case) struct kan_case *c = NULL;

	sample_complete("c", 3);
	c = sample_open("c");
	answers(c, "SELECT id, path, deleted_ns FROM file WHERE id < 3 ORDER BY id;",
	        "1|/docs/file 0.txt|NULL|\n2|/docs/file 1.txt|NULL|\n");
	answers(c, "SELECT count(*), sum(count) FROM event -- all", "3|3|\n");
	answers(c,
	        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 3)"
	        " SELECT group_concat(i) FROM n",
	        "1,2,3|\n");
	answers(c, "SELECT 1 WHERE 0", "");
	answers(c, "SELECT value FROM meta WHERE key = 'schema'", "1|\n");
}
END_TEST

START_TEST(query_of_a_case_being_made_sees_what_was_added)
{
	KAN_AUTO(case) struct kan_case *c = sample_case("c");
	struct kan_file f = sample_file("/a", 0);

	sample_add_file(c, &f);
	answers(c, "SELECT path FROM file", "/a|\n");
	f.path = "/b";
	f.digests[0].algo = kan_hash_find("md5");
	f.ndigests = 1;
	sample_add_file(c, &f);
	answers(c, "SELECT path FROM file WHERE path = '/b'", "/b|\n");
	answers(c, "SELECT value FROM meta WHERE key = 'hashes'", "md5|\n");
	sample_finish(c);
	answers(c, "SELECT count(*) FROM file", "2|\n");
}
END_TEST

/* Adds a row while rows are read, and asks a question inside of a question. */
static int add_and_ask(void *arg, const struct kan_file *f, struct kan_err *err)
{
	struct kan_event ev = sample_event(f->path, 1);
	struct kan_buf out = { 0 };
	int rc = kan_case_add_event(arg, &ev, err);

	if (rc == KAN_OK)
		rc = kan_case_query(arg, "SELECT count(*) FROM file", collect, &out, err);
	ck_assert_str_eq(out.data, "3|\n");
	kan_buf_done(&out);
	return rc;
}

START_TEST(query_inside_of_a_walk_works_and_so_does_adding)
{
	KAN_AUTO(case) struct kan_case *c = sample_case("c");
	struct kan_err err = { 0 };
	int rc;

	for (uint32_t i = 0; i < 3; i++) {
		struct kan_file f = sample_file("/a", i);

		sample_add_file(c, &f);
	}
	rc = kan_case_each_file(c, add_and_ask, c, &err);
	ck_assert_msg(rc == KAN_OK, "%s", err.msg);
	answers(c, "SELECT count(*) FROM event", "3|\n");
	sample_finish(c);
}
END_TEST

static const char *const forbidden[] = {
	"DELETE FROM file",
	"INSERT INTO meta VALUES('a', 'b')",
	"UPDATE file SET path = ''",
	"DROP TABLE file",
	"CREATE TABLE x(a)",
	"CREATE TEMP TABLE x(a)",
	"COMMIT",
	"ROLLBACK",
	"BEGIN",
	"SAVEPOINT a",
	"VACUUM INTO 'stolen.db'",
	"ATTACH 'stolen.db' AS s",
	"DETACH main",
	"PRAGMA user_version = 7",
	"PRAGMA writable_schema = ON",
	"PRAGMA journal_mode = DELETE",
	"REINDEX",
	"ANALYZE",
	"SELECT load_extension('x')",
	"SELECT 1; SELECT 2",
	"SELECT 1; DELETE FROM file",
	"",
	"-- nothing",
	"SELECT",
	"SELECT * FROM nowhere",
	"SELECT \"no such column\" FROM file",
};

START_TEST(query_does_nothing_but_read)
{
	const char *sql = forbidden[_i];
	struct kan_buf out = { 0 };
	struct kan_case *c = sample_case("c");
	struct kan_file f = sample_file("/a", 1);
	struct kan_err err = { 0 };

	sample_add_file(c, &f);
	ck_assert_msg(kan_case_query(c, sql, collect, &out, &err) == KAN_EARG, "%s", sql);
	ck_assert_str_ne(err.msg, "");
	sample_finish(c);
	ck_assert_msg(kan_case_query(c, sql, collect, &out, &err) == KAN_EARG, "%s", sql);
	ck_assert_ptr_null(out.data);
	answers(c, "SELECT count(*) FROM file", "1|\n");
	kan_case_close(c);
	ck_assert(!sample_exists("stolen.db"));
	ck_assert(!sample_exists("c/case.db-journal"));
}
END_TEST

START_TEST(query_gives_only_utf8)
{
	KAN_AUTO(case) struct kan_case *c = NULL;
	struct kan_buf out = { 0 };

	sample_complete("c", 1);
	c = sample_open("c");
	ck_assert_int_eq(kan_case_query(c, "SELECT x'ff41'", collect, &out, NULL), KAN_EFORMAT);
	ck_assert_int_eq(kan_case_query(c, "SELECT x'410042'", collect, &out, NULL), KAN_EFORMAT);
	answers(c, "SELECT x'e38182', x''", "\xe3\x81\x82||\n");
	kan_buf_done(&out);
}
END_TEST

/* ---- stores of others ------------------------------------------------------------ */

static int count_row(void *arg, const struct kan_file *f, struct kan_err *err)
{
	(void)err;
	ck_assert_ptr_nonnull(f->path);
	++*(size_t *)arg;
	return KAN_OK;
}

static int count_event(void *arg, const struct kan_event *ev, struct kan_err *err)
{
	(void)err;
	ck_assert_ptr_nonnull(ev->path);
	++*(size_t *)arg;
	return KAN_OK;
}

/* Read all of the case in every way; true if anything failed. */
static bool read_all(struct kan_err *err)
{
	KAN_AUTO(case) struct kan_case *c = sample_open("c");
	struct kan_hash_set set;
	struct kan_buf out = { 0 };
	size_t n = 0;
	int bad = 0;

	bad |= kan_case_each_file(c, count_row, &n, err);
	bad |= kan_case_each_event(c, count_event, &n, err);
	bad |= kan_case_hashes(c, &set, err);
	bad |= kan_case_query(c, "SELECT * FROM file NATURAL JOIN event", collect, &out, err);
	kan_buf_done(&out);
	return bad != 0;
}

static const char *const changes[] = {
	"CREATE VIEW v AS SELECT 1",
	"CREATE TRIGGER t AFTER INSERT ON file BEGIN SELECT 1; END",
	"CREATE INDEX extra ON file(uid)",
	"DROP INDEX file_path",
	"ALTER TABLE meta RENAME TO m2; CREATE VIEW meta AS SELECT 'hashes' AS key, 'md5' AS value",
	"ALTER TABLE file ADD COLUMN x ANY",
	"ALTER TABLE event RENAME COLUMN path TO p",
	"CREATE TABLE more(a)",
	"DROP TABLE coverage",
};

START_TEST(store_with_another_schema_is_refused)
{
	struct kan_err err = { 0 };

	if (!sample_has("sqlite3"))
		return;
	sample_complete("c", 3);
	ck_assert_int_eq(sample_sh("sqlite3 c/case.db \"%s\"", changes[_i]), 0);
	ck_assert(read_all(&err));
	ck_assert_int_eq(err.code, KAN_EFORMAT);
	ck_assert_ptr_nonnull(strstr(err.msg, "not a store of schema 1"));
}
END_TEST

static const char *const values[] = {
	"file SET path = '\\q'",
	"file SET path = '\\'",
	"file SET path = '\\x0'",
	"file SET path = '\\x00'",
	"file SET link = 'a\\x00b'",
	"file SET link = '\\x41'",
	"file SET path = 'a' || char(1)",
	"file SET path = 'a' || char(8238)",
	"file SET path = CAST(x'ff41' AS TEXT)",
	"file SET meta_type = 'Q'",
	"file SET meta_type = ''",
	"file SET name_type = 'rr'",
	"file SET flags = -1",
	"file SET mode = 4294967296",
	"file SET addr = -5",
	"file SET addr = '12'",
	"file SET addr = '99999999999999999999'",
	"file SET addr = '9223372036854775808x'",
	"file SET addr = 1.5",
	"file SET seq = ''",
	"file SET parent = x'00'",
	"file SET units = ''",
	"file SET units = '1,2,3,4,5'",
	"file SET units = '1,2,3,4,5,6,7'",
	"file SET units = '1,2,3,4,5,4294967296'",
	"file SET units = '1,2,3,4,5,-6'",
	"file SET modified_ns = -9223372036854775808",
	"file SET path = 'a' || char(0) || 'b'",
	"stream SET md5 = 'zz'",
	"stream SET md5 = '0123456789abcdef0123456789abcdeg'",
	"stream SET sha256 = '00'",
	"stream SET file = file + 100",
	"event SET path = '\\'",
	"event SET count = 0",
	"event SET local = 2",
	"event SET type = '?'",
	"meta SET value = 'md5,nonsense' WHERE key = 'hashes'",
};

START_TEST(store_with_an_impossible_value_is_an_error)
{
	struct kan_err err = { 0 };

	if (!sample_has("sqlite3"))
		return;
	sample_complete("c", 3);
	ck_assert(!read_all(&err));
	ck_assert_int_eq(sample_sh("sqlite3 c/case.db \"UPDATE %s\"", values[_i]), 0);
	ck_assert_msg(read_all(&err), "%s", values[_i]);
}
END_TEST

START_TEST(store_that_is_no_database_is_refused)
{
	static const char *const makes[] = {
		": >c/case.db",
		"head -c 50000 /dev/urandom >c/case.db",
		"rm c/case.db",
		"rm c/case.db; mkdir c/case.db",
		"rm c/case.db; mkfifo c/case.db",
		"mv c/case.db x; ln -s ../x c/case.db",
		"rm c/case.db; sqlite3 c/case.db 'CREATE TABLE a(b)'",
	};
	struct kan_err err = { 0 };

	sample_complete("c", 3);
	ck_assert_int_eq(sample_sh("%s", makes[_i]), 0);
	ck_assert(read_all(&err));
}
END_TEST

START_TEST(store_with_a_journal_beside_it_is_read_as_it_is)
{
	struct kan_err err = { 0 };

	sample_complete("c", 3);
	ck_assert_int_eq(
		sample_sh("head -c 8192 /dev/urandom | tee c/case.db-wal >c/case.db-journal;"
	                  " cp -r c was"),
		0);
	ck_assert(!read_all(&err));
	ck_assert_int_eq(sample_sh("diff -r c was"), 0);
}
END_TEST

START_TEST(store_is_found_in_a_folder_with_a_strange_name)
{
	static const char *const odd[] = { "a?mode=rwc", "a#b",      "a%41",
		                           "a b&c",      "\xff\xfe", ":memory:" };

	for (size_t i = 0; i < sizeof(odd) / sizeof(odd[0]); i++) {
		struct kan_case *c;

		sample_complete(odd[i], 2);
		c = sample_open(odd[i]);
		ck_assert_str_eq(kan_case_path(c), odd[i]);
		answers(c, "SELECT count(*) FROM file", "2|\n");
		kan_case_close(c);
	}
}
END_TEST

/* Not all damage can be seen, but none may be more than an error. */
START_TEST(store_that_is_damaged_is_an_error_at_most)
{
	size_t len, failed = 0;
	uint32_t x = 1;
	char *good, *bad;

	sample_complete("c", 60);
	good = sample_read("c/case.db", &len);
	bad = malloc(len);
	for (int round = 0; round < 400; round++) {
		struct kan_err err = { 0 };
		size_t cut = len;

		memcpy(bad, good, len);
		for (int k = 0; k < 1 + round % 8; k++) {
			x = x * 1664525 + 1013904223;
			/* Mostly near the heads of pages, where the structure is. */
			bad[(x >> 8) % 3 ? (x >> 12) % len / 4096 * 4096 + (x >> 4) % 128
			                 : (x >> 12) % len] = (char)(x >> 24);
		}
		if (round % 10 == 9)
			cut = (x >> 12) % len;
		sample_write("c/case.db", bad, cut);
		failed += read_all(&err);
	}
	ck_assert_uint_gt(failed, 50);
	free(good);
	free(bad);
}
END_TEST

static Suite *query_suite(void)
{
	Suite *s = suite_create("query");
	TCase *tc = tcase_create("questions");

	tcase_add_checked_fixture(tc, sample_setup, sample_teardown);
	tcase_add_test(tc, query_answers_rows_of_text_and_null);
	tcase_add_test(tc, query_of_a_case_being_made_sees_what_was_added);
	tcase_add_test(tc, query_inside_of_a_walk_works_and_so_does_adding);
	tcase_add_loop_test(tc, query_does_nothing_but_read, 0,
	                    sizeof(forbidden) / sizeof(forbidden[0]));
	tcase_add_test(tc, query_gives_only_utf8);
	suite_add_tcase(s, tc);
	tc = tcase_create("hostile");
	tcase_add_checked_fixture(tc, sample_setup, sample_teardown);
	tcase_set_timeout(tc, 120);
	tcase_add_loop_test(tc, store_with_another_schema_is_refused, 0,
	                    sizeof(changes) / sizeof(changes[0]));
	tcase_add_loop_test(tc, store_with_an_impossible_value_is_an_error, 0,
	                    sizeof(values) / sizeof(values[0]));
	tcase_add_loop_test(tc, store_that_is_no_database_is_refused, 0, 7);
	tcase_add_test(tc, store_with_a_journal_beside_it_is_read_as_it_is);
	tcase_add_test(tc, store_is_found_in_a_folder_with_a_strange_name);
	tcase_add_test(tc, store_that_is_damaged_is_an_error_at_most);
	suite_add_tcase(s, tc);
	return s;
}

RUN_SUITE(query_suite)
