/* SPDX-License-Identifier: MIT */
/*
 * addfile.c - files and events into the store
 */
#include "case/store.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* The columns of `stream` that hold digests, in their order. */
static const char *const digest_columns[] = { "md5", "sha1", "sha256", "sha512" };
enum { NDIGESTS = 4, UNITS_LEN = KAN_FILE_NTIMES * 11 };

static void put_times(struct kan_row *r, const struct kan_file *f)
{
	bool fn = (f->flags & KAN_FILE_FN_TIMES) != 0;

	for (int i = 0; i < KAN_FILE_NTIMES; i++)
		kan_row_time(r, f->time_ns[i]);
	for (int i = KAN_TIME_MODIFIED; i <= KAN_TIME_CREATED; i++)
		kan_row_time(r, fn ? f->fn_ns[i] : KAN_NO_TIME);
}

/* The resolutions as six numbers with commas between them. */
static const char *format_units(char *out, const struct kan_file *f)
{
	const uint32_t *u = f->time_unit_ns;

	snprintf(out, UNITS_LEN,
	         "%" PRIu32 ",%" PRIu32 ",%" PRIu32 ",%" PRIu32 ",%" PRIu32 ",%" PRIu32, u[0], u[1],
	         u[2], u[3], u[4], u[5]);
	return out;
}

static int add_name(struct kan_store *s, const struct kan_file *f, struct kan_err *err)
{
	char name_type[] = { kan_file_type_letter(f->name_type), '\0' };
	char meta_type[] = { kan_file_type_letter(f->meta_type), '\0' };
	struct kan_row r = kan_row_begin(s, KAN_TABLE_FILE);
	char units[UNITS_LEN];

	kan_row_int(&r, s->rows[KAN_TABLE_FILE] + 1);
	kan_row_int(&r, f->evidence);
	kan_row_int(&r, f->fs);
	kan_row_u64(&r, f->addr);
	kan_row_u64(&r, f->seq);
	kan_row_u64(&r, f->parent);
	kan_row_text(&r, f->path);
	kan_row_text(&r, name_type);
	kan_row_text(&r, meta_type);
	kan_row_int(&r, f->flags);
	kan_row_int(&r, kan_file_is_deleted(f));
	kan_row_int(&r, f->mode);
	kan_row_int(&r, f->uid);
	kan_row_int(&r, f->gid);
	kan_row_int(&r, f->nlink);
	kan_row_text(&r, f->link);
	put_times(&r, f);
	kan_row_text(&r, format_units(units, f));
	return kan_row_end(&r, err);
}

static const struct kan_digest *find_digest(const struct kan_file *f, const char *name)
{
	for (size_t i = 0; i < f->ndigests; i++)
		if (strcmp(f->digests[i].algo->name, name) == 0)
			return &f->digests[i];
	return NULL;
}

static void put_digest(struct kan_row *r, char *hex, const struct kan_digest *d)
{
	if (d)
		kan_hash_hex(hex, d->bytes, d->algo->digest_len);
	if (d)
		kan_row_text(r, hex);
	else
		kan_row_null(r);
}

static int add_stream(struct kan_store *s, const struct kan_file *f, struct kan_err *err)
{
	char hex[NDIGESTS][2 * KAN_DIGEST_MAX + 1];
	struct kan_row r = kan_row_begin(s, KAN_TABLE_STREAM);

	kan_row_int(&r, s->rows[KAN_TABLE_STREAM] + 1);
	kan_row_text(&r, f->stream);
	kan_row_int(&r, f->attr_type);
	kan_row_int(&r, f->attr_id);
	kan_row_u64(&r, f->size);
	for (size_t i = 0; i < NDIGESTS; i++)
		put_digest(&r, hex[i], find_digest(f, digest_columns[i]));
	return kan_row_end(&r, err);
}

/* Remember that files carry @algo; there must be a column for it. */
static int note_hash(struct kan_store *s, const struct kan_hash *algo, struct kan_err *err)
{
	struct kan_hash_set *set = &s->hashes;

	for (size_t i = 0; i < set->n; i++)
		if (set->algo[i] == algo)
			return KAN_OK;
	for (size_t i = 0; i < NDIGESTS; i++)
		if (strcmp(digest_columns[i], algo->name) == 0) {
			set->algo[set->n++] = algo;
			return KAN_OK;
		}
	return kan_fail(err, KAN_EUNSUPPORTED, "case.db: no column for %s", algo->name);
}

int kan_store_add_file(struct kan_store *s, const struct kan_file *file, struct kan_err *err)
{
	int rc = KAN_OK;

	for (size_t i = 0; rc == KAN_OK && i < file->ndigests; i++)
		rc = note_hash(s, file->digests[i].algo, err);
	if (rc == KAN_OK)
		rc = add_name(s, file, err);
	return rc == KAN_OK ? add_stream(s, file, err) : rc;
}

int kan_store_add_event(struct kan_store *s, const struct kan_event *ev, struct kan_err *err)
{
	char type[] = { kan_file_type_letter(ev->type), '\0' };
	struct kan_row r = kan_row_begin(s, KAN_TABLE_EVENT);

	kan_row_int(&r, s->rows[KAN_TABLE_EVENT] + 1);
	kan_row_int(&r, ev->time_ns);
	kan_row_int(&r, ev->unit_ns);
	kan_row_int(&r, ev->local);
	kan_row_text(&r, ev->source);
	kan_row_text(&r, ev->meaning);
	kan_row_int(&r, ev->evidence);
	kan_row_int(&r, ev->fs);
	kan_row_u64(&r, ev->addr);
	kan_row_u64(&r, ev->seq);
	kan_row_int(&r, ev->attr_type);
	kan_row_int(&r, ev->attr_id);
	kan_row_int(&r, ev->flags);
	kan_row_text(&r, type);
	kan_row_int(&r, ev->mode);
	kan_row_int(&r, ev->uid);
	kan_row_int(&r, ev->gid);
	kan_row_u64(&r, ev->size);
	kan_row_text(&r, ev->path);
	kan_row_int(&r, ev->count);
	return kan_row_end(&r, err);
}
