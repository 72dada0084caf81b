/* SPDX-License-Identifier: MIT */
/*
 * rows.c - file records on their way through the sorter
 *
 * Key: file system, path, stream, metadata address, attribute; numbers
 * big-endian and strings with their NUL, so that memcmp() gives the order.
 * Data: the numbers of the file, the link, then the job and its attempt.  Those
 * stand last: two rows that differ in nothing else are the same to everybody.
 */
#include "fs/rows.h"

#include <stdlib.h>
#include <string.h>

/* Jobs that were tried twice; each is the loss of a worker, so there are few. */
#define TRIES_MAX 1000000u

int kan_fs_tries_add(struct kan_fs_tries *t, struct kan_fs_try which, struct kan_err *err)
{
	if (t->n == TRIES_MAX)
		return kan_fail(err, KAN_ELIMIT, "more than %u jobs had to be tried again",
		                TRIES_MAX);
	if (t->n == t->room) {
		size_t room = t->room ? t->room * 2 : 16;
		struct kan_fs_try *list = realloc(t->list, room * sizeof(*list));

		if (!list)
			return kan_fail(err, KAN_ENOMEM, "out of memory");
		t->list = list;
		t->room = room;
	}
	t->list[t->n++] = which;
	return KAN_OK;
}

bool kan_fs_tries_has(const struct kan_fs_tries *t, struct kan_fs_try which)
{
	for (size_t i = 0; i < t->n; i++)
		if (t->list[i].tag == which.tag && t->list[i].attempt == which.attempt)
			return true;
	return false;
}

static void put_be32(struct kan_buf *b, uint32_t v)
{
	uint8_t raw[4];

	kan_put_be32(raw, v);
	kan_buf_add(b, raw, sizeof(raw));
}

static void put_be64(struct kan_buf *b, uint64_t v)
{
	uint8_t raw[8];

	kan_put_be64(raw, v);
	kan_buf_add(b, raw, sizeof(raw));
}

int kan_fs_rows_add(struct kan_fs_rows *r, const struct kan_file *f, struct kan_fs_try from,
                    struct kan_err *err)
{
	struct kan_view key, data;
	int rc;

	kan_buf_reset(&r->key);
	put_be32(&r->key, f->fs);
	kan_buf_add(&r->key, f->path, strlen(f->path) + 1);
	kan_buf_add(&r->key, f->stream, strlen(f->stream) + 1);
	put_be64(&r->key, f->addr);
	put_be32(&r->key, f->attr_type);
	put_be32(&r->key, f->attr_id);
	kan_buf_reset(&r->data);
	kan_fs_put_file(&r->data, f);
	kan_wire_put_str(&r->data, f->link);
	kan_wire_put_u64(&r->data, from.tag);
	kan_wire_put_u32(&r->data, from.attempt);
	rc = kan_buf_check(&r->key, err);
	if (rc == KAN_OK)
		rc = kan_buf_check(&r->data, err);
	if (rc != KAN_OK)
		return rc;
	key = (struct kan_view){ (const uint8_t *)r->key.data, r->key.len };
	data = (struct kan_view){ (const uint8_t *)r->data.data, r->data.len };
	return kan_sort_add(r->sort, key, data, err);
}

int kan_fs_row_of(struct kan_file *out, struct kan_fs_try *from, struct kan_view key,
                  struct kan_view data, struct kan_err *err)
{
	struct kan_wire w = { .v = data };
	const uint8_t *path = key.data + 4;
	const uint8_t *end = key.data + key.len;
	const uint8_t *path_end, *stream_end;

	memset(out, 0, sizeof(*out));
	if (key.len < 4)
		return kan_fail(err, KAN_EFORMAT, "a sorted record is damaged");
	path_end = memchr(path, '\0', (size_t)(end - path));
	stream_end = path_end ? memchr(path_end + 1, '\0', (size_t)(end - path_end - 1)) : NULL;
	kan_fs_get_file(&w, out);
	out->link = kan_wire_str(&w);
	from->tag = kan_wire_u64(&w);
	from->attempt = kan_wire_u32(&w);
	if (!stream_end || !kan_wire_end(&w))
		return kan_fail(err, KAN_EFORMAT, "a sorted record is damaged");
	out->evidence = 1;
	out->fs = kan_be32(key.data);
	out->path = (const char *)path;
	out->stream = (const char *)path_end + 1;
	return KAN_OK;
}

void kan_fs_rows_done(struct kan_fs_rows *r)
{
	kan_sort_free(r->sort);
	kan_buf_done(&r->key);
	kan_buf_done(&r->data);
	r->sort = NULL;
}
