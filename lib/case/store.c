/* SPDX-License-Identifier: MIT */
/*
 * store.c - the connection to case.db
 *
 * Writing: everything is one transaction in a file that nobody knows yet, so
 * neither a journal nor a sync is needed until the end; a crash leaves a file with
 * a temporary name.  Page size, encoding and the order of statements are fixed,
 * freed bytes are overwritten and the library's version is taken out of the
 * header, so that the same rows give the same bytes.
 *
 * Reading: the file may come from anybody.  It is opened as immutable (no
 * journal beside it is looked at), defensive, with low limits, and only if its
 * schema is ours letter for letter.
 */
#include "case/store.h"

#include "case/drops.h"
#include "case/schema.h"
#include "core/bytes.h"
#include "kanshiki/version.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

/* File format of SQLite, 1.3: where the version of the last writer stands. */
enum { HEADER_VERSION = 96 };

/* What is written there instead: the oldest version that the schema needs. */
static const uint32_t FIXED_VERSION = 3037000;

static const struct {
	int id;
	int most;
} limits[] = {
	{ SQLITE_LIMIT_LENGTH, KAN_STORE_VALUE_MAX },
	{ SQLITE_LIMIT_SQL_LENGTH, 1 << 18 },
	{ SQLITE_LIMIT_COLUMN, 100 },
	{ SQLITE_LIMIT_EXPR_DEPTH, 100 },
	{ SQLITE_LIMIT_COMPOUND_SELECT, 50 },
	{ SQLITE_LIMIT_VDBE_OP, 100000 },
	{ SQLITE_LIMIT_FUNCTION_ARG, 100 },
	{ SQLITE_LIMIT_ATTACHED, 0 },
	{ SQLITE_LIMIT_LIKE_PATTERN_LENGTH, 4096 },
	{ SQLITE_LIMIT_VARIABLE_NUMBER, 100 },
	{ SQLITE_LIMIT_TRIGGER_DEPTH, 1 },
	{ SQLITE_LIMIT_WORKER_THREADS, 0 },
};

static const struct {
	int op;
	int value;
} switches[] = {
	{ SQLITE_DBCONFIG_DEFENSIVE, 1 },
	{ SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0 },
	{ SQLITE_DBCONFIG_ENABLE_TRIGGER, 0 },
	{ SQLITE_DBCONFIG_ENABLE_VIEW, 0 },
	{ SQLITE_DBCONFIG_DQS_DML, 0 },
	{ SQLITE_DBCONFIG_DQS_DDL, 0 },
	{ SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, 0 },
};

static const char write_setup[] =
	"PRAGMA page_size = 4096;"
	"PRAGMA encoding = 'UTF-8';"
	"PRAGMA auto_vacuum = NONE;"
	"PRAGMA locking_mode = EXCLUSIVE;"
	/* Nothing was there before the transaction, so this one stays empty. */
	"PRAGMA journal_mode = MEMORY;"
	"PRAGMA synchronous = OFF;"
	"PRAGMA secure_delete = ON;"
	"PRAGMA cache_size = -16384;"
	/* With sorting in memory, making an index would take as much as the table. */
	"PRAGMA temp_store = FILE;"
	"BEGIN EXCLUSIVE;"
	"PRAGMA user_version = 1;";

#define TEXT_OF(x)   #x
#define NUMBER_OF(x) TEXT_OF(x)
static const char schema_text[] = NUMBER_OF(KAN_STORE_SCHEMA);

static const char read_setup[] = "PRAGMA cell_size_check = ON;"
				 "PRAGMA mmap_size = 0;"
				 "PRAGMA cache_size = -16384;"
				 "PRAGMA temp_store = FILE;";

static enum kan_status translate(int sql_rc)
{
	switch (sql_rc & 0xff) {
	case SQLITE_NOMEM:
		return KAN_ENOMEM;
	case SQLITE_CORRUPT:
	case SQLITE_NOTADB:
	case SQLITE_SCHEMA:
	case SQLITE_FORMAT:
		return KAN_EFORMAT;
	case SQLITE_TOOBIG:
		return KAN_ELIMIT;
	case SQLITE_FULL:
	case SQLITE_IOERR:
	case SQLITE_CANTOPEN:
	case SQLITE_READONLY:
	case SQLITE_PERM:
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
		return KAN_EIO;
	default:
		return KAN_EARG;
	}
}

int kan_store_fail(const struct kan_store *s, int sql_rc, struct kan_err *err)
{
	enum kan_status code = translate(sql_rc);
	const char *why = s->db && sqlite3_errcode(s->db) != SQLITE_OK ? sqlite3_errmsg(s->db)
	                                                               : sqlite3_errstr(sql_rc);

	if (code != KAN_EIO)
		return kan_fail(err, code, "case.db: %s", why);
	errno = (sql_rc & 0xff) == SQLITE_FULL ? ENOSPC : s->db ? sqlite3_system_errno(s->db) : 0;
	if (errno == 0)
		errno = EIO;
	return kan_fail(err, KAN_EIO, "case.db: %s", why);
}

/* Lets a statement of somebody else do nothing but read. */
static int authorize(void *arg, int action, const char *a, const char *b, const char *c,
                     const char *d)
{
	const struct kan_store *s = arg;

	(void)a;
	(void)c;
	(void)d;
	if (!s->asking)
		return SQLITE_OK;
	switch (action) {
	case SQLITE_SELECT:
	case SQLITE_READ:
	case SQLITE_RECURSIVE:
		return SQLITE_OK;
	case SQLITE_FUNCTION:
		return b && sqlite3_stricmp(b, "load_extension") == 0 ? SQLITE_DENY : SQLITE_OK;
	default:
		return SQLITE_DENY;
	}
}

static int connect(struct kan_store *s, const char *name, int flags, struct kan_err *err)
{
	int rc = sqlite3_open_v2(name, &s->db, flags | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_NOFOLLOW,
	                         NULL);

	if (rc != SQLITE_OK)
		return kan_store_fail(s, rc, err);
	(void)sqlite3_extended_result_codes(s->db, 1); /* fails only without a connection */
	for (size_t i = 0; i < sizeof(limits) / sizeof(limits[0]); i++)
		(void)sqlite3_limit(s->db, limits[i].id, limits[i].most); /* gives the old one */
	for (size_t i = 0; i < sizeof(switches) / sizeof(switches[0]); i++) {
		rc = sqlite3_db_config(s->db, switches[i].op, switches[i].value, NULL);
		if (rc != SQLITE_OK)
			return kan_store_fail(s, rc, err);
	}
	rc = sqlite3_set_authorizer(s->db, authorize, s);
	return rc == SQLITE_OK ? KAN_OK : kan_store_fail(s, rc, err);
}

static int run(struct kan_store *s, const char *sql, struct kan_err *err)
{
	int rc = sqlite3_exec(s->db, sql, NULL, NULL, NULL);

	return rc == SQLITE_OK ? KAN_OK : kan_store_fail(s, rc, err);
}

static int run_all(struct kan_store *s, const char *const *sql, struct kan_err *err)
{
	int rc = KAN_OK;

	for (; *sql && rc == KAN_OK; sql++)
		rc = run(s, *sql, err);
	return rc;
}

int kan_store_check(const struct kan_store *s, struct kan_err *err)
{
	return s->failed ? kan_fail(err, KAN_EIO, "case.db: a row failed before") : KAN_OK;
}

int kan_store_prepare(struct kan_store *s, sqlite3_stmt **out, const char *sql, struct kan_err *err)
{
	int rc = kan_store_check(s, err);

	if (rc != KAN_OK)
		return rc;
	rc = sqlite3_prepare_v3(s->db, sql, -1, 0, out, NULL);

	return rc == SQLITE_OK ? KAN_OK : kan_store_fail(s, rc, err);
}

/* Every row of the schema is the next of our statements. */
static int check_schema(struct kan_store *s, struct kan_err *err)
{
	const char *const *lists[] = { kan_store_tables, kan_store_indices };
	KAN_AUTO(stmt) sqlite3_stmt *st = NULL;
	size_t list = 0, i = 0;
	int rc = kan_store_prepare(s, &st, "SELECT sql FROM sqlite_schema ORDER BY rowid", err);

	if (rc != KAN_OK)
		return rc;
	while ((rc = sqlite3_step(st)) == SQLITE_ROW) {
		const char *sql = (const char *)sqlite3_column_text(st, 0);

		if (list < 2 && !lists[list][i]) {
			list++;
			i = 0;
		}
		if (list == 2 || !sql || strcmp(sql, lists[list][i]) != 0)
			return kan_fail(err, KAN_EFORMAT, "case.db: not a store of schema %d",
			                KAN_STORE_SCHEMA);
		i++;
	}
	if (rc != SQLITE_DONE)
		return kan_store_fail(s, rc, err);
	return list == 1 && !lists[1][i]
	               ? KAN_OK
	               : kan_fail(err, KAN_EFORMAT, "case.db: not a store of schema %d",
	                          KAN_STORE_SCHEMA);
}

/* "file:" URI of @path; everything but plain letters is %NN. */
static void put_uri(struct kan_buf *out, const char *path)
{
	kan_buf_puts(out, "file:");
	for (const char *p = path; *p; p++) {
		uint8_t c = (uint8_t)*p;

		if ((c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z') ||
		    strchr("/._-", c))
			kan_buf_putc(out, *p);
		else
			kan_buf_printf(out, "%%%02x", c);
	}
	kan_buf_puts(out, "?mode=ro&immutable=1");
}

int kan_store_open(struct kan_store *s, const char *path, struct kan_err *err)
{
	KAN_AUTO(buf) struct kan_buf uri = { 0 };
	struct stat st;
	int rc;

	if (lstat(path, &st) != 0)
		return kan_fail(err, KAN_EIO, "%s", path);
	if (!S_ISREG(st.st_mode))
		return kan_fail(err, KAN_EFORMAT, "%s: not a regular file", path);
	put_uri(&uri, path);
	rc = kan_buf_check(&uri, err);
	if (rc == KAN_OK)
		rc = connect(s, uri.data, SQLITE_OPEN_READONLY | SQLITE_OPEN_URI, err);
	if (rc == KAN_OK)
		rc = run(s, read_setup, err);
	s->indexed = true;
	return rc == KAN_OK ? check_schema(s, err) : rc;
}

static int put_meta(struct kan_store *s, const char *key, const char *value, struct kan_err *err)
{
	struct kan_row r = kan_row_begin(s, KAN_TABLE_META);

	kan_row_text(&r, key);
	kan_row_text(&r, value);
	return kan_row_end(&r, err);
}

int kan_store_create(struct kan_store *s, const char *path, struct kan_err *err)
{
	int rc = connect(s, path, SQLITE_OPEN_READWRITE, err);

	s->writing = true;
	if (rc == KAN_OK)
		rc = run(s, write_setup, err);
	if (rc == KAN_OK)
		rc = run_all(s, kan_store_tables, err);
	if (rc == KAN_OK)
		rc = put_meta(s, "schema", schema_text, err);
	return rc == KAN_OK ? put_meta(s, "tool", "kanshiki " KAN_VERSION, err) : rc;
}

/* Which hashes the files carry: known at the end, and asked for before it. */
static int put_hashes(struct kan_store *s, struct kan_err *err)
{
	KAN_AUTO(buf) struct kan_buf list = { 0 };
	int rc;

	if (s->hashes_put && s->hashes.n == s->nhashes_put)
		return KAN_OK;
	kan_buf_add(&list, "", 0);
	for (size_t i = 0; i < s->hashes.n; i++)
		kan_buf_printf(&list, "%s%s", i > 0 ? "," : "", s->hashes.algo[i]->name);
	rc = kan_buf_check(&list, err);
	if (rc == KAN_OK && s->hashes_put)
		rc = run(s, "DELETE FROM meta WHERE key = 'hashes'", err);
	if (rc == KAN_OK)
		rc = put_meta(s, "hashes", list.data, err);
	s->hashes_put = true;
	s->nhashes_put = s->hashes.n;
	return rc;
}

int kan_store_index(struct kan_store *s, struct kan_err *err)
{
	int rc = kan_store_check(s, err);

	if (rc == KAN_OK)
		rc = put_hashes(s, err);
	if (rc != KAN_OK || s->indexed)
		return rc;
	s->failed = true;
	rc = run_all(s, kan_store_indices, err);
	s->failed = rc != KAN_OK;
	s->indexed = rc == KAN_OK;
	return rc;
}

static void release_statements(struct kan_store *s)
{
	for (size_t i = 0; i < KAN_NTABLES; i++) {
		(void)sqlite3_finalize(s->insert[i]); /* its error was told when it was made */
		s->insert[i] = NULL;
	}
}

/* Take what depends on the installed library out of the header. */
static int fix_header(const char *path, struct kan_err *err)
{
	KAN_AUTO(fd) int fd = open(path, O_WRONLY | O_CLOEXEC | O_NOFOLLOW);
	uint8_t raw[4];

	kan_put_be32(raw, FIXED_VERSION);
	errno = ENOSPC; /* the reason of a short write */
	if (fd < 0 || pwrite(fd, raw, sizeof(raw), HEADER_VERSION) != sizeof(raw))
		return kan_fail(err, KAN_EIO, "case.db: cannot write its header");
	return KAN_OK;
}

int kan_store_commit(struct kan_store *s, struct kan_err *err)
{
	KAN_AUTO(mem) char *path = NULL;
	int rc = kan_store_check(s, err);

	if (rc != KAN_OK)
		return rc;
	path = strdup(sqlite3_db_filename(s->db, "main"));
	if (!path)
		return kan_fail(err, KAN_ENOMEM, "out of memory for a path");
	rc = kan_store_index(s, err);
	s->failed = true;
	if (rc == KAN_OK)
		rc = run(s, "COMMIT", err);
	if (rc != KAN_OK)
		return rc;
	release_statements(s);
	rc = sqlite3_close(s->db);
	if (rc != SQLITE_OK)
		return kan_store_fail(s, rc, err);
	s->db = NULL;
	return fix_header(path, err);
}

void kan_store_done(struct kan_store *s)
{
	release_statements(s);
	(void)sqlite3_close(s->db); /* what was to be kept is committed */
	for (size_t i = 0; i < KAN_ROW_TEXTS; i++)
		kan_buf_done(&s->text[i]);
	*s = (struct kan_store){ 0 };
}
