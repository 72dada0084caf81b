/* SPDX-License-Identifier: MIT */
/*
 * export.c - evidence.json and coverage.csv out of the store
 *
 * Both are the answers to queries, row by row, so that they cannot say anything
 * else than the store.  In evidence.json, a row is an object on a line of its own:
 * two files can be compared with diff.  A column whose name begins with "?" is
 * true or false.
 */
#include "case/export.h"

#include "case/drops.h"
#include "case/schema.h"
#include "core/escape.h"
#include "kanshiki/version.h"

enum { FLUSH_AT = 65536 };

struct out {
	struct kan_store *store;
	struct kan_case_file *file;
	struct kan_buf text; /* not yet written */
};

static void drop_out(struct out *o)
{
	kan_case_file_free(o->file);
	kan_buf_done(&o->text);
}

static int flush(struct out *o, size_t at_least, struct kan_err *err)
{
	int rc = kan_buf_check(&o->text, err);

	if (rc != KAN_OK || o->text.len < at_least)
		return rc;
	rc = kan_case_file_add(o->file, o->text.data, o->text.len, err);
	kan_buf_reset(&o->text);
	return rc;
}

static int commit(struct out *o, struct kan_err *err)
{
	int rc = flush(o, 1, err);

	return rc == KAN_OK ? kan_case_file_commit(o->file, err) : rc;
}

/* NULL, true or false, a number, or a string. */
static void put_value(struct kan_buf *b, sqlite3_stmt *st, int column, bool flag)
{
	int type = sqlite3_column_type(st, column);
	const char *text;

	if (type == SQLITE_INTEGER && flag) {
		kan_buf_puts(b, sqlite3_column_int(st, column) ? "true" : "false");
		return;
	}
	text = (const char *)sqlite3_column_text(st, column);
	if (type == SQLITE_NULL)
		kan_buf_puts(b, "null");
	else if (!text)
		b->failed = true;
	else if (type == SQLITE_INTEGER)
		kan_buf_puts(b, text);
	else
		kan_escape_json(b, text);
}

/* "name":value for each column, with commas between them. */
static void put_members(struct kan_buf *b, sqlite3_stmt *st)
{
	for (int i = 0; i < sqlite3_column_count(st); i++) {
		const char *name = sqlite3_column_name(st, i);
		bool flag = name && name[0] == '?';

		if (!name) {
			b->failed = true;
			return;
		}
		kan_buf_printf(b, "%s\"%s\":", i > 0 ? "," : "", name + flag);
		put_value(b, st, i, flag);
	}
}

/* ,"name":[ one object for each row ] */
static int put_list(struct out *o, const char *name, const char *sql, int64_t evidence,
                    struct kan_err *err)
{
	KAN_AUTO(stmt) sqlite3_stmt *st = NULL;
	int rc = kan_store_prepare(o->store, &st, sql, err);
	bool first = true;
	int step;

	if (rc != KAN_OK)
		return rc;
	step = sqlite3_bind_int64(st, 1, evidence);
	if (step != SQLITE_OK)
		return kan_store_fail(o->store, step, err);
	kan_buf_printf(&o->text, ",\n\"%s\":[", name);
	while ((step = sqlite3_step(st)) == SQLITE_ROW) {
		kan_buf_puts(&o->text, first ? "\n{" : ",\n{");
		put_members(&o->text, st);
		kan_buf_putc(&o->text, '}');
		first = false;
		rc = flush(o, FLUSH_AT, err);
		if (rc != KAN_OK)
			return rc;
	}
	kan_buf_puts(&o->text, first ? "]" : "\n]");
	return step == SQLITE_DONE ? kan_buf_check(&o->text, err)
	                           : kan_store_fail(o->store, step, err);
}

static const struct {
	const char *name;
	const char *sql;
} lists[] = {
	{ "segments", "SELECT number, name, size, missing AS \"?missing\" FROM segment"
	              " WHERE evidence = ? ORDER BY rowid" },
	{ "header", "SELECT name, value FROM header_value WHERE evidence = ? ORDER BY rowid" },
	{ "digests", "SELECT algorithm, computed, stored, verdict FROM digest"
	             " WHERE evidence = ? ORDER BY rowid" },
	{ "volumes", "SELECT number, offset, length, table_type, kind, description FROM volume"
	             " WHERE evidence = ? ORDER BY rowid" },
	{ "filesystems",
	  "SELECT number, volume, state, type, id, label, offset, size, block_size, first_block,"
	  " last_block, first_addr, last_addr, root_addr, pool_block FROM filesystem"
	  " WHERE evidence = ? ORDER BY rowid" },
	{ "findings", "SELECT stage, kind, problem AS \"?problem\", offset, length, subject, detail"
	              " FROM finding WHERE evidence = ? ORDER BY id" },
};

static const char select_evidence[] =
	"SELECT number, name, format, variant, size, sector_size, chunk_size, verdict, bytes_read,"
	" bytes_unreadable FROM evidence ORDER BY number";

static int put_evidence(struct out *o, sqlite3_stmt *st, struct kan_err *err)
{
	int64_t number = sqlite3_column_int64(st, 0);
	int rc = KAN_OK;

	kan_buf_putc(&o->text, '{');
	put_members(&o->text, st);
	for (size_t i = 0; rc == KAN_OK && i < sizeof(lists) / sizeof(lists[0]); i++)
		rc = put_list(o, lists[i].name, lists[i].sql, number, err);
	kan_buf_putc(&o->text, '}');
	return rc;
}

static int put_all_evidence(struct out *o, struct kan_err *err)
{
	KAN_AUTO(stmt) sqlite3_stmt *st = NULL;
	int rc = kan_store_prepare(o->store, &st, select_evidence, err);
	const char *before = "\n";
	int step = SQLITE_ROW;

	while (rc == KAN_OK && (step = sqlite3_step(st)) == SQLITE_ROW) {
		kan_buf_puts(&o->text, before);
		before = ",\n";
		rc = put_evidence(o, st, err);
	}
	if (rc != KAN_OK)
		return rc;
	return step == SQLITE_DONE ? KAN_OK : kan_store_fail(o->store, step, err);
}

int kan_export_evidence(struct kan_store *s, struct kan_folder *f, struct kan_err *err)
{
	__attribute__((cleanup(drop_out))) struct out o = { .store = s };
	int rc = kan_folder_file(&o.file, f, KAN_CASE_EVIDENCE, err);

	if (rc != KAN_OK)
		return rc;
	kan_buf_printf(&o.text, "{\"schema\":%d,\n\"tool\":\"kanshiki %s\",\n\"evidence\":[",
	               KAN_STORE_SCHEMA, KAN_VERSION);
	rc = put_all_evidence(&o, err);
	kan_buf_puts(&o.text, "]}\n");
	return rc == KAN_OK ? commit(&o, err) : rc;
}

static void put_csv_row(struct kan_buf *b, sqlite3_stmt *st, bool names)
{
	for (int i = 0; i < sqlite3_column_count(st); i++) {
		const char *text = names ? sqlite3_column_name(st, i)
		                         : (const char *)sqlite3_column_text(st, i);

		if (i > 0)
			kan_buf_putc(b, ',');
		if (text)
			kan_escape_csv(b, text);
		else if (names || sqlite3_column_type(st, i) != SQLITE_NULL)
			b->failed = true;
	}
	kan_buf_putc(b, '\n');
}

int kan_export_coverage(struct kan_store *s, struct kan_folder *f, struct kan_err *err)
{
	__attribute__((cleanup(drop_out))) struct out o = { .store = s };
	KAN_AUTO(stmt) sqlite3_stmt *st = NULL;
	int rc = kan_folder_file(&o.file, f, KAN_CASE_COVERAGE, err);
	int step = SQLITE_ROW;

	if (rc == KAN_OK)
		rc = kan_store_prepare(s, &st,
		                       "SELECT evidence, stage, subject, status, reason, detail,"
		                       " offset, length, count FROM coverage ORDER BY id",
		                       err);
	if (rc != KAN_OK)
		return rc;
	put_csv_row(&o.text, st, true);
	while (rc == KAN_OK && (step = sqlite3_step(st)) == SQLITE_ROW) {
		put_csv_row(&o.text, st, false);
		rc = flush(&o, FLUSH_AT, err);
	}
	if (rc != KAN_OK)
		return rc;
	return step == SQLITE_DONE ? commit(&o, err) : kan_store_fail(s, step, err);
}
