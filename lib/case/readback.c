/* SPDX-License-Identifier: MIT */
/*
 * readback.c - files and events out of the store again
 *
 * The file may have been made or changed by anybody: every number must fit its
 * field, every text must be printable text without a NUL inside, and every digest
 * must have its length.  What does not fit is an error that names the row.
 */
#include "case/drops.h"
#include "case/store.h"
#include "core/escape.h"

#include <inttypes.h>
#include <string.h>

/* Texts of one record that are turned into bytes: at most path, stream, link. */
enum { NTEXTS = 4 };

struct record {
	struct kan_store *store;
	sqlite3_stmt *st;
	const char *table;
	int column; /* the next one */
	size_t texts;
	struct kan_buf text[NTEXTS];
	bool bad;    /* something does not fit */
	bool memory; /* memory ran out */
};

static void drop_record(struct record *r)
{
	(void)sqlite3_finalize(r->st); /* repeats the error of the last step */
	for (size_t i = 0; i < NTEXTS; i++)
		kan_buf_done(&r->text[i]);
}

static int64_t take_int(struct record *r, int64_t min, int64_t max)
{
	int64_t v = sqlite3_column_int64(r->st, r->column);

	if (sqlite3_column_type(r->st, r->column++) == SQLITE_INTEGER && v >= min && v <= max)
		return v;
	r->bad = true;
	return min;
}

static uint32_t take_u32(struct record *r)
{
	return (uint32_t)take_int(r, 0, UINT32_MAX);
}

/* An integer, or the decimal digits of what is too large for one. */
static uint64_t take_u64(struct record *r)
{
	const char *s;
	uint64_t v = 0;

	if (sqlite3_column_type(r->st, r->column) != SQLITE_TEXT)
		return (uint64_t)take_int(r, 0, INT64_MAX);
	s = (const char *)sqlite3_column_text(r->st, r->column++);
	for (; s && *s >= '0' && *s <= '9'; s++)
		if (__builtin_mul_overflow(v, 10u, &v) ||
		    __builtin_add_overflow(v, (uint64_t)(*s - '0'), &v))
			break;
	if (s && *s == '\0' && v > INT64_MAX)
		return v;
	r->bad = true;
	return 0;
}

static int64_t take_time(struct record *r)
{
	if (sqlite3_column_type(r->st, r->column) == SQLITE_NULL) {
		r->column++;
		return KAN_NO_TIME;
	}
	return take_int(r, INT64_MIN + 1, INT64_MAX);
}

/* Text as it is stored; "" if there is none. */
static const char *take_raw(struct record *r, size_t *len)
{
	int type = sqlite3_column_type(r->st, r->column);
	const char *s = (const char *)sqlite3_column_text(r->st, r->column);

	*len = (size_t)sqlite3_column_bytes(r->st, r->column++);
	if (s && type == SQLITE_TEXT && strlen(s) == *len)
		return s;
	if (type == SQLITE_TEXT && !s)
		r->memory = true;
	else
		r->bad = true;
	*len = 0;
	return "";
}

/* The bytes that a printable text stands for; valid until the next row. */
static const char *take_text(struct record *r)
{
	size_t len;
	const char *s = take_raw(r, &len);
	struct kan_buf *b;

	if (kan_text_is_plain(s, len))
		return s;
	b = &r->text[r->texts++];
	kan_buf_reset(b);
	kan_buf_add(b, "", 0);
	if (!kan_unescape_text(b, s, len) || (!b->failed && memchr(b->data, '\0', b->len)))
		r->bad = true;
	r->memory = r->memory || b->failed;
	return b->data ? b->data : "";
}

static enum kan_file_type take_type(struct record *r)
{
	size_t len;
	const char *s = take_raw(r, &len);

	for (int t = 0; t < KAN_FILE_NTYPES && len == 1; t++)
		if (kan_file_type_letter((enum kan_file_type)t) == s[0])
			return (enum kan_file_type)t;
	r->bad = true;
	return KAN_FILE_UNKNOWN;
}

static void take_units(struct record *r, uint32_t *units)
{
	size_t len;
	const char *s = take_raw(r, &len);

	for (int i = 0; i < KAN_FILE_NTIMES; i++, s += *s == ',') {
		uint64_t v = 0;
		int digits = 0;

		for (; *s >= '0' && *s <= '9' && digits < 11; s++, digits++)
			v = v * 10 + (uint64_t)(*s - '0');
		if (digits == 0 || v > UINT32_MAX || *s != (i + 1 < KAN_FILE_NTIMES ? ',' : '\0')) {
			r->bad = true;
			return;
		}
		units[i] = (uint32_t)v;
	}
}

static int hex_digit(char c)
{
	return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static void take_digest(struct record *r, struct kan_file *f, const char *name)
{
	const struct kan_hash *algo = kan_hash_find(name);
	struct kan_digest *d = &f->digests[f->ndigests];
	const char *s;
	size_t len;

	if (sqlite3_column_type(r->st, r->column) == SQLITE_NULL) {
		r->column++;
		return;
	}
	s = take_raw(r, &len);
	if (!algo || len != 2 * algo->digest_len) {
		r->bad = true;
		return;
	}
	for (size_t i = 0; i < len; i += 2) {
		int high = hex_digit(s[i]), low = hex_digit(s[i + 1]);

		r->bad = r->bad || high < 0 || low < 0;
		d->bytes[i / 2] = (uint8_t)((high & 15) << 4 | (low & 15));
	}
	d->algo = algo;
	f->ndigests++;
}

static void take_times(struct record *r, struct kan_file *f)
{
	for (int i = 0; i < KAN_FILE_NTIMES; i++)
		f->time_ns[i] = take_time(r);
	for (int i = KAN_TIME_MODIFIED; i <= KAN_TIME_CREATED; i++)
		f->fn_ns[i] = take_time(r);
	f->fn_ns[KAN_TIME_DELETED] = KAN_NO_TIME;
	f->fn_ns[KAN_TIME_BACKUP] = KAN_NO_TIME;
}

/* Columns in the order of select_files. */
static void take_file(struct record *r, struct kan_file *f)
{
	static const char *const digests[] = { "md5", "sha1", "sha256", "sha512" };

	f->evidence = take_u32(r);
	f->fs = take_u32(r);
	f->addr = take_u64(r);
	f->seq = take_u64(r);
	f->parent = take_u64(r);
	f->path = take_text(r);
	f->name_type = take_type(r);
	f->meta_type = take_type(r);
	f->flags = take_u32(r);
	f->mode = take_u32(r);
	f->uid = take_u32(r);
	f->gid = take_u32(r);
	f->nlink = take_u32(r);
	f->link = take_text(r);
	take_times(r, f);
	take_units(r, f->time_unit_ns);
	f->stream = take_text(r);
	f->attr_type = take_u32(r);
	f->attr_id = take_u32(r);
	f->size = take_u64(r);
	for (size_t i = 0; i < sizeof(digests) / sizeof(digests[0]); i++)
		take_digest(r, f, digests[i]);
}

static const char select_files[] =
	"SELECT id, evidence, fs, addr, seq, parent, path, name_type, meta_type, flags, mode, uid,"
	" gid, nlink, link, modified_ns, accessed_ns, changed_ns, created_ns, deleted_ns, "
	"backup_ns,"
	" fn_modified_ns, fn_accessed_ns, fn_changed_ns, fn_created_ns, units, name, attr_type,"
	" attr_id, size, md5, sha1, sha256, sha512"
	" FROM file LEFT JOIN stream ON stream.file = file.id ORDER BY file.id";

/* Columns in the order of select_events. */
static void take_event(struct record *r, struct kan_event *ev)
{
	ev->time_ns = take_int(r, INT64_MIN + 1, INT64_MAX);
	ev->unit_ns = take_u32(r);
	ev->local = take_int(r, 0, 1) != 0;
	ev->source = take_text(r);
	ev->meaning = take_text(r);
	ev->evidence = take_u32(r);
	ev->fs = take_u32(r);
	ev->addr = take_u64(r);
	ev->seq = take_u64(r);
	ev->attr_type = take_u32(r);
	ev->attr_id = take_u32(r);
	ev->flags = take_u32(r);
	ev->type = take_type(r);
	ev->mode = take_u32(r);
	ev->uid = take_u32(r);
	ev->gid = take_u32(r);
	ev->size = take_u64(r);
	ev->path = take_text(r);
	ev->count = (uint32_t)take_int(r, 1, UINT32_MAX);
}

static const char select_events[] =
	"SELECT id, time_ns, unit_ns, local, source, meaning, evidence, fs, addr, seq, attr_type,"
	" attr_id, flags, type, mode, uid, gid, size, path, count FROM event ORDER BY id";

/* The next row into *@have; its first column, the id, is passed over. */
static int next_row(struct record *r, bool *have, struct kan_err *err)
{
	int rc = sqlite3_step(r->st);

	if (rc != SQLITE_ROW && rc != SQLITE_DONE)
		return kan_store_fail(r->store, rc, err);
	*have = rc == SQLITE_ROW;
	r->column = 1;
	r->texts = 0;
	return KAN_OK;
}

static int check_row(const struct record *r, struct kan_err *err)
{
	if (r->memory)
		return kan_fail(err, KAN_ENOMEM, "out of memory for a row");
	if (r->bad)
		return kan_fail(err, KAN_EFORMAT, "case.db: %s %lld holds what cannot be", r->table,
		                (long long)sqlite3_column_int64(r->st, 0));
	return KAN_OK;
}

int kan_store_each_file(struct kan_store *s, kan_file_fn *fn, void *arg, struct kan_err *err)
{
	__attribute__((cleanup(drop_record))) struct record r = { .store = s, .table = "file" };
	bool have = true;
	int rc = kan_store_prepare(s, &r.st, select_files, err);

	while (rc == KAN_OK) {
		struct kan_file file = { 0 };

		rc = next_row(&r, &have, err);
		if (rc != KAN_OK || !have)
			break;
		take_file(&r, &file);
		rc = check_row(&r, err);
		if (rc == KAN_OK)
			rc = fn(arg, &file, err);
	}
	return rc;
}

int kan_store_each_event(struct kan_store *s, kan_event_fn *fn, void *arg, struct kan_err *err)
{
	__attribute__((cleanup(drop_record))) struct record r = { .store = s, .table = "event" };
	bool have = true;
	int rc = kan_store_prepare(s, &r.st, select_events, err);

	while (rc == KAN_OK) {
		struct kan_event ev = { 0 };

		rc = next_row(&r, &have, err);
		if (rc != KAN_OK || !have)
			break;
		take_event(&r, &ev);
		rc = check_row(&r, err);
		if (rc == KAN_OK)
			rc = fn(arg, &ev, err);
	}
	return rc;
}
