/* SPDX-License-Identifier: MIT */
/*
 * runs.c - sorted runs of records, one behind the other in a temporary file
 *
 * All runs of a pass share one file, so the number of runs costs no descriptors.
 * Writing goes through one buffer.  A reader keeps its current record whole in
 * its buffer and moves the cut one at the end to the front before it refills.
 */
#include "core/runs.h"

#include "core/tmpfile.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const size_t WRITE_BUF = 64 * 1024; /* bytes */

static int compare_bytes(struct kan_view a, struct kan_view b)
{
	size_t least = a.len < b.len ? a.len : b.len;
	int order = least > 0 ? memcmp(a.data, b.data, least) : 0;

	return order ? order : (a.len > b.len) - (a.len < b.len);
}

int kan_record_compare(const uint8_t *a, const uint8_t *b)
{
	int order = compare_bytes(kan_record_key(a), kan_record_key(b));

	return order ? order : compare_bytes(kan_record_data(a), kan_record_data(b));
}

void kan_runs_init(struct kan_runs *r, const char *dir)
{
	*r = (struct kan_runs){ .dir = dir, .fd = -1 };
}

void kan_runs_done(struct kan_runs *r)
{
	if (r->fd >= 0)
		(void)close(r->fd); /* the file has no name: nothing can be lost */
	free(r->list);
	free(r->buf);
	kan_runs_init(r, r->dir);
}

static int write_out(struct kan_runs *r, const uint8_t *data, size_t len, struct kan_err *err)
{
	while (len > 0) {
		ssize_t n = pwrite(r->fd, data, len, (off_t)r->written);

		if (n < 0 && errno == EINTR)
			continue;
		if (n == 0)
			errno = ENOSPC;
		if (n <= 0)
			return kan_fail(err, KAN_EIO, "cannot write a temporary file for sorting");
		data += n;
		len -= (size_t)n;
		r->written += (uint64_t)n;
	}
	return KAN_OK;
}

static int flush(struct kan_runs *r, struct kan_err *err)
{
	size_t len = r->buf_len;

	r->buf_len = 0;
	return write_out(r, r->buf, len, err);
}

static int add_run(struct kan_runs *r, struct kan_err *err)
{
	if (r->n == r->room) {
		size_t room = r->room ? 2 * r->room : 16;
		struct kan_run *list = reallocarray(r->list, room, sizeof(*list));

		if (!list)
			return kan_fail(err, KAN_ENOMEM, "out of memory for %zu runs", room);
		r->list = list;
		r->room = room;
	}
	r->list[r->n++] = (struct kan_run){ .offset = r->written };
	return KAN_OK;
}

int kan_runs_begin(struct kan_runs *r, struct kan_err *err)
{
	int rc;

	if (!r->buf)
		r->buf = malloc(WRITE_BUF);
	if (!r->buf)
		return kan_fail(err, KAN_ENOMEM, "out of memory for sorting");
	if (r->fd < 0) {
		rc = kan_tmpfile_open(&r->fd, r->dir, err);
		if (rc != KAN_OK)
			return rc;
	}
	return add_run(r, err);
}

int kan_runs_put(struct kan_runs *r, const uint8_t *rec, struct kan_err *err)
{
	size_t len = kan_record_len(rec);
	int rc;

	if (WRITE_BUF - r->buf_len < len) {
		rc = flush(r, err);
		if (rc != KAN_OK)
			return rc;
	}
	if (len > WRITE_BUF)
		return write_out(r, rec, len, err);
	memcpy(r->buf + r->buf_len, rec, len);
	r->buf_len += len;
	return KAN_OK;
}

int kan_runs_end(struct kan_runs *r, struct kan_err *err)
{
	int rc = flush(r, err);

	if (rc == KAN_OK)
		r->list[r->n - 1].length = r->written - r->list[r->n - 1].offset;
	return rc;
}

/* Move what is left to the front and read as much as fits behind it. */
static int refill(struct kan_run_reader *r, struct kan_err *err)
{
	memmove(r->buf, r->buf + r->head, r->tail - r->head);
	r->tail -= r->head;
	r->head = 0;
	while (r->tail < r->room && r->pos < r->end) {
		uint64_t left = r->end - r->pos;
		size_t want = r->room - r->tail < left ? r->room - r->tail : (size_t)left;
		ssize_t n = pread(r->fd, r->buf + r->tail, want, (off_t)r->pos);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return kan_fail(err, KAN_EIO, "cannot read a temporary file for sorting");
		if (n == 0)
			return kan_fail(err, KAN_EFORMAT, "a temporary file became shorter");
		r->tail += (size_t)n;
		r->pos += (uint64_t)n;
	}
	return KAN_OK;
}

/* True if the record at head is whole in the buffer. */
static bool is_whole(const struct kan_run_reader *r)
{
	size_t len = r->tail - r->head;

	return len >= KAN_RECORD_HEAD && kan_record_len(r->buf + r->head) <= len;
}

int kan_run_open(struct kan_run_reader *r, bool *more, struct kan_err *err)
{
	int rc;

	*more = r->tail > r->head || r->pos < r->end;
	if (!*more || is_whole(r))
		return KAN_OK;
	rc = refill(r, err);
	if (rc == KAN_OK && !is_whole(r))
		rc = kan_fail(err, KAN_EFORMAT, "a temporary file for sorting was damaged");
	return rc;
}

int kan_run_next(struct kan_run_reader *r, bool *more, struct kan_err *err)
{
	r->head += kan_record_len(r->buf + r->head);
	return kan_run_open(r, more, err);
}
