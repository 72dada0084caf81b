/* SPDX-License-Identifier: MIT */
/*
 * store.h - case.db: the connection, and one row at a time into it
 *
 * The only header of the project that knows SQLite.  A store is either being
 * written (one transaction in a file with a temporary name) or read; what is
 * asked of it passes an authorizer that lets through nothing but reading.
 */
#ifndef KAN_CASE_STORE_H
#define KAN_CASE_STORE_H

#include "core/cleanup.h"
#include "kanshiki/buf.h"
#include "kanshiki/case.h"

#include <sqlite3.h>

enum kan_table {
	KAN_TABLE_META,
	KAN_TABLE_EVIDENCE,
	KAN_TABLE_SEGMENT,
	KAN_TABLE_HEADER_VALUE,
	KAN_TABLE_DIGEST,
	KAN_TABLE_VOLUME,
	KAN_TABLE_FILESYSTEM,
	KAN_TABLE_FILE,
	KAN_TABLE_STREAM,
	KAN_TABLE_EVENT,
	KAN_TABLE_FINDING,
	KAN_TABLE_COVERAGE,
	KAN_NTABLES
};

/** Text columns of one row that may need escaping. */
#define KAN_ROW_TEXTS 16u

/** Bytes of one value or row; a longer one is refused. */
#define KAN_STORE_VALUE_MAX (32 << 20)

struct kan_store {
	sqlite3 *db; /* NULL: closed */
	bool writing;
	bool failed;  /* a row is missing: never committed */
	bool indexed; /* the indices are there */
	bool asking;  /* a statement of somebody else is being compiled */
	sqlite3_stmt *insert[KAN_NTABLES];
	int64_t rows[KAN_NTABLES];          /* added so far */
	struct kan_hash_set hashes;         /* of the streams added so far */
	size_t nhashes_put;                 /* of them, in `meta` */
	bool hashes_put;                    /* `meta` says which */
	struct kan_buf text[KAN_ROW_TEXTS]; /* escaped texts of the row being added */
};

/** Make the store in the empty file @path. */
KAN_MUST_CHECK int kan_store_create(struct kan_store *s, const char *path, struct kan_err *err);

/** Open the finished store @path for reading; KAN_EFORMAT if it is not one of ours. */
KAN_MUST_CHECK int kan_store_open(struct kan_store *s, const char *path, struct kan_err *err);

/** Make the indices, if they are not there. */
KAN_MUST_CHECK int kan_store_index(struct kan_store *s, struct kan_err *err);

/** Commit and close; the file is complete, though not synced. */
KAN_MUST_CHECK int kan_store_commit(struct kan_store *s, struct kan_err *err);

/** Release what @s holds; @s may be all zero. */
void kan_store_done(struct kan_store *s);

/** KAN_EIO if a row is missing: SQLite may have rolled everything back. */
KAN_MUST_CHECK int kan_store_check(const struct kan_store *s, struct kan_err *err);

/** Translate what SQLite says last about @s. */
int kan_store_fail(const struct kan_store *s, int sql_rc, struct kan_err *err);

/** Compile one of our own statements; release it with sqlite3_finalize(). */
KAN_MUST_CHECK int kan_store_prepare(struct kan_store *s, sqlite3_stmt **out, const char *sql,
                                     struct kan_err *err);

static inline void kan_drop_stmt(sqlite3_stmt **st)
{
	(void)sqlite3_finalize(*st); /* repeats the error of the last step */
}

/** True if @s is its own printable form; most names are. */
static inline bool kan_text_is_plain(const char *s, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if ((uint8_t)s[i] < 0x20 || (uint8_t)s[i] >= 0x7f || s[i] == '\\')
			return false;
	return true;
}

/* ---- one row: begin, its columns from left to right, end --------------------- */

struct kan_row {
	struct kan_store *store;
	enum kan_table table;
	int column; /* bound so far */
	unsigned texts;
	int rc; /* first failure of SQLite */
};

struct kan_row kan_row_begin(struct kan_store *s, enum kan_table table);
void kan_row_int(struct kan_row *r, int64_t v);
void kan_row_u64(struct kan_row *r, uint64_t v);
void kan_row_null(struct kan_row *r);
/** Bytes of any origin, stored as printable text; valid until kan_row_end(). */
void kan_row_text(struct kan_row *r, const char *s);
/** KAN_NO_TIME is NULL. */
void kan_row_time(struct kan_row *r, int64_t time_ns);
/** KAN_NO_OFFSET is NULL. */
void kan_row_offset(struct kan_row *r, uint64_t offset);
KAN_MUST_CHECK int kan_row_end(struct kan_row *r, struct kan_err *err);

/* ---- what the functions of kanshiki/case.h do, each on a store --------------- */

KAN_MUST_CHECK int kan_store_add_evidence(struct kan_store *s, const struct kan_evidence *ev,
                                          struct kan_err *err);
KAN_MUST_CHECK int kan_store_add_file(struct kan_store *s, const struct kan_file *file,
                                      struct kan_err *err);
KAN_MUST_CHECK int kan_store_add_event(struct kan_store *s, const struct kan_event *ev,
                                       struct kan_err *err);
KAN_MUST_CHECK int kan_store_add_findings(struct kan_store *s, uint32_t evidence, const char *stage,
                                          const struct kan_findings *findings, struct kan_err *err);
KAN_MUST_CHECK int kan_store_add_coverage(struct kan_store *s, const struct kan_coverage *row,
                                          struct kan_err *err);
KAN_MUST_CHECK int kan_store_each_file(struct kan_store *s, kan_file_fn *fn, void *arg,
                                       struct kan_err *err);
KAN_MUST_CHECK int kan_store_each_event(struct kan_store *s, kan_event_fn *fn, void *arg,
                                        struct kan_err *err);
KAN_MUST_CHECK int kan_store_query(struct kan_store *s, const char *sql, kan_row_fn *fn, void *arg,
                                   struct kan_err *err);
KAN_MUST_CHECK int kan_store_hashes(struct kan_store *s, struct kan_hash_set *out,
                                    struct kan_err *err);

#endif
