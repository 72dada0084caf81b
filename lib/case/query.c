/* SPDX-License-Identifier: MIT */
/*
 * query.c - questions of others to the store
 */
#include "case/store.h"
#include "core/escape.h"

#include <string.h>

enum { COLUMNS_MAX = 100 };

static bool is_utf8(const char *s, size_t len)
{
	uint32_t point;

	for (size_t i = 0; i < len;) {
		size_t n = kan_utf8_len((const uint8_t *)s + i, len - i, &point);

		if (n == 0 || point == 0)
			return false;
		i += n;
	}
	return true;
}

/* Compile @sql, which must be one statement that only reads. */
static int compile(struct kan_store *s, sqlite3_stmt **st, const char *sql, struct kan_err *err)
{
	const char *rest = NULL;
	int rc;

	s->asking = true;
	rc = sqlite3_prepare_v3(s->db, sql, -1, 0, st, &rest);
	s->asking = false;
	if (rc != SQLITE_OK)
		return kan_store_fail(s, rc, err);
	if (!*st || rest[strspn(rest, " \t\r\n;")] != '\0')
		return kan_fail(err, KAN_EARG, "query: not exactly one statement");
	if (!sqlite3_stmt_readonly(*st))
		return kan_fail(err, KAN_EARG, "query: would change the store");
	return KAN_OK;
}

static int take_columns(struct kan_store *s, sqlite3_stmt *st, int n, const char **columns,
                        struct kan_err *err)
{
	for (int i = 0; i < n; i++) {
		bool null = sqlite3_column_type(st, i) == SQLITE_NULL;

		columns[i] = (const char *)sqlite3_column_text(st, i);
		if (!columns[i] && !null) {
			/* A blob without bytes is no text either. */
			if (sqlite3_errcode(s->db) == SQLITE_NOMEM)
				return kan_fail(err, KAN_ENOMEM, "out of memory for a row");
			columns[i] = "";
		}
		if (columns[i] && !is_utf8(columns[i], (size_t)sqlite3_column_bytes(st, i)))
			return kan_fail(err, KAN_EFORMAT, "case.db: column %d is not UTF-8 text",
			                i + 1);
	}
	return KAN_OK;
}

int kan_store_query(struct kan_store *s, const char *sql, kan_row_fn *fn, void *arg,
                    struct kan_err *err)
{
	KAN_AUTO(stmt) sqlite3_stmt *st = NULL;
	const char *columns[COLUMNS_MAX];
	int rc = s->writing ? kan_store_index(s, err) : KAN_OK;
	int n;

	if (rc == KAN_OK)
		rc = compile(s, &st, sql, err);
	if (rc != KAN_OK)
		return rc;
	n = sqlite3_column_count(st);
	if (n > COLUMNS_MAX)
		return kan_fail(err, KAN_ELIMIT, "query: more than %d columns", COLUMNS_MAX);
	for (;;) {
		int step = sqlite3_step(st);

		if (step == SQLITE_DONE)
			return KAN_OK;
		if (step != SQLITE_ROW)
			return kan_store_fail(s, step, err);
		rc = take_columns(s, st, n, columns, err);
		if (rc == KAN_OK)
			rc = fn(arg, n, columns, err);
		if (rc != KAN_OK)
			return rc;
	}
}

static int keep_hashes(void *arg, int n, const char *const *columns, struct kan_err *err)
{
	struct kan_hash_set *set = arg;

	if (n < 1 || !columns[0] || columns[0][0] == '\0')
		return KAN_OK;
	return kan_hash_set_parse(set, columns[0], err);
}

int kan_store_hashes(struct kan_store *s, struct kan_hash_set *out, struct kan_err *err)
{
	struct kan_hash_set set = { 0 };
	int rc;

	if (s->writing) {
		*out = s->hashes;
		return KAN_OK;
	}
	rc = kan_store_query(s, "SELECT value FROM meta WHERE key = 'hashes'", keep_hashes, &set,
	                     err);
	if (rc == KAN_OK)
		*out = set;
	return rc;
}
