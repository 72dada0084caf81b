/* SPDX-License-Identifier: MIT */
/*
 * row.c - one row into the store
 *
 * Columns are bound from left to right.  The first failure is kept and told at
 * the end of the row, so that a row reads as a list of its columns.  Most text
 * needs no escaping and is bound as it is, without a copy.
 */
#include "case/store.h"
#include "core/escape.h"

#include <inttypes.h>
#include <string.h>

static const struct {
	const char *name;
	int columns;
} tables[KAN_NTABLES] = {
	[KAN_TABLE_META] = { "meta", 2 },
	[KAN_TABLE_EVIDENCE] = { "evidence", 11 },
	[KAN_TABLE_SEGMENT] = { "segment", 5 },
	[KAN_TABLE_HEADER_VALUE] = { "header_value", 3 },
	[KAN_TABLE_DIGEST] = { "digest", 5 },
	[KAN_TABLE_VOLUME] = { "volume", 7 },
	[KAN_TABLE_FILESYSTEM] = { "filesystem", 16 },
	[KAN_TABLE_FILE] = { "file", 27 },
	[KAN_TABLE_STREAM] = { "stream", 9 },
	[KAN_TABLE_EVENT] = { "event", 20 },
	[KAN_TABLE_FINDING] = { "finding", 9 },
	[KAN_TABLE_COVERAGE] = { "coverage", 10 },
};

static int prepare(struct kan_store *s, enum kan_table table)
{
	struct kan_buf sql = { 0 };
	int rc = SQLITE_NOMEM;

	kan_buf_printf(&sql, "INSERT INTO %s VALUES(?", tables[table].name);
	for (int i = 1; i < tables[table].columns; i++)
		kan_buf_puts(&sql, ",?");
	kan_buf_putc(&sql, ')');
	if (!sql.failed)
		rc = sqlite3_prepare_v3(s->db, sql.data, -1, SQLITE_PREPARE_PERSISTENT,
		                        &s->insert[table], NULL);
	kan_buf_done(&sql);
	return rc;
}

struct kan_row kan_row_begin(struct kan_store *s, enum kan_table table)
{
	struct kan_row r = { .store = s, .table = table, .rc = SQLITE_OK };

	if (!s->writing || s->failed || !s->db)
		r.rc = SQLITE_MISUSE;
	else if (!s->insert[table])
		r.rc = prepare(s, table);
	return r;
}

/* The statement, and in r->column the column that comes now; NULL after a failure. */
static sqlite3_stmt *next(struct kan_row *r)
{
	r->column++;
	return r->rc == SQLITE_OK ? r->store->insert[r->table] : NULL;
}

void kan_row_int(struct kan_row *r, int64_t v)
{
	sqlite3_stmt *st = next(r);

	if (st)
		r->rc = sqlite3_bind_int64(st, r->column, v);
}

void kan_row_null(struct kan_row *r)
{
	sqlite3_stmt *st = next(r);

	if (st)
		r->rc = sqlite3_bind_null(st, r->column);
}

static void bind(struct kan_row *r, sqlite3_stmt *st, const char *s, size_t len)
{
	r->rc = sqlite3_bind_text64(st, r->column, s, len, SQLITE_STATIC, SQLITE_UTF8);
}

/* A buffer that lives until the row is in; NULL after a failure. */
static struct kan_buf *scratch(struct kan_row *r)
{
	struct kan_buf *b;

	if (r->texts == KAN_ROW_TEXTS) {
		r->rc = SQLITE_MISUSE;
		return NULL;
	}
	b = &r->store->text[r->texts++];
	kan_buf_reset(b);
	kan_buf_add(b, "", 0);
	return b;
}

static void bind_scratch(struct kan_row *r, sqlite3_stmt *st, const struct kan_buf *b)
{
	if (b->failed)
		r->rc = SQLITE_NOMEM;
	else
		bind(r, st, b->data, b->len);
}

void kan_row_u64(struct kan_row *r, uint64_t v)
{
	struct kan_buf *b;
	sqlite3_stmt *st;

	if (v <= INT64_MAX) {
		kan_row_int(r, (int64_t)v);
		return;
	}
	st = next(r);
	b = st ? scratch(r) : NULL;
	if (!b)
		return;
	kan_buf_printf(b, "%" PRIu64, v);
	bind_scratch(r, st, b);
}

void kan_row_text(struct kan_row *r, const char *s)
{
	sqlite3_stmt *st = next(r);
	size_t len = strlen(s);
	struct kan_buf *b;

	if (!st)
		return;
	if (kan_text_is_plain(s, len)) {
		bind(r, st, s, len);
		return;
	}
	b = scratch(r);
	if (!b)
		return;
	kan_escape_text(b, s, len);
	bind_scratch(r, st, b);
}

void kan_row_time(struct kan_row *r, int64_t time_ns)
{
	if (time_ns == KAN_NO_TIME)
		kan_row_null(r);
	else
		kan_row_int(r, time_ns);
}

void kan_row_offset(struct kan_row *r, uint64_t offset)
{
	if (offset == KAN_NO_OFFSET)
		kan_row_null(r);
	else
		kan_row_u64(r, offset);
}

int kan_row_end(struct kan_row *r, struct kan_err *err)
{
	struct kan_store *s = r->store;
	int rc;

	if (!s->writing || !s->db)
		return kan_fail(err, KAN_EARG, "case.db: not open for writing");
	if (s->failed)
		return kan_store_check(s, err);
	if (r->rc == SQLITE_OK && r->column != tables[r->table].columns)
		r->rc = SQLITE_RANGE;
	if (r->rc == SQLITE_OK) {
		sqlite3_stmt *st = s->insert[r->table];

		rc = sqlite3_step(st);
		r->rc = sqlite3_reset(st);
		if (rc == SQLITE_DONE && r->rc == SQLITE_OK) {
			s->rows[r->table]++;
			return KAN_OK;
		}
	}
	s->failed = true;
	return kan_fail_in(err, kan_store_fail(s, r->rc, err), "table %s", tables[r->table].name);
}
