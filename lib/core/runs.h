/* SPDX-License-Identifier: MIT */
/*
 * runs.h - sorted runs of records, one behind the other in a temporary file
 *
 * For core/sort.c.  A record is its key length and data length (4 bytes each,
 * little-endian), the key, and the data, in memory and in the file alike.
 */
#ifndef KAN_CORE_RUNS_H
#define KAN_CORE_RUNS_H

#include "core/bytes.h"
#include "core/view.h"
#include "kanshiki/err.h"

#define KAN_RECORD_HEAD 8u         /* bytes before the key */
#define KAN_RECORD_MAX  (1u << 20) /* key and data together */

static inline struct kan_view kan_record_key(const uint8_t *rec)
{
	return (struct kan_view){ rec + KAN_RECORD_HEAD, kan_le32(rec) };
}

static inline struct kan_view kan_record_data(const uint8_t *rec)
{
	size_t key_len = kan_le32(rec);

	return (struct kan_view){ rec + KAN_RECORD_HEAD + key_len, kan_le32(rec + 4) };
}

/** Length of the whole record in bytes. */
static inline size_t kan_record_len(const uint8_t *rec)
{
	return KAN_RECORD_HEAD + (size_t)kan_le32(rec) + kan_le32(rec + 4);
}

/** Order of the sorter: key, then data; a string before its own extensions. */
int kan_record_compare(const uint8_t *a, const uint8_t *b);

struct kan_run {
	uint64_t offset;
	uint64_t length;
};

/** Being written; transparent for reading.  The file is opened by the first run. */
struct kan_runs {
	const char *dir; /* borrowed; NULL: the system's */
	int fd;          /* -1: no file yet */
	struct kan_run *list;
	size_t n;
	size_t room;
	uint8_t *buf; /* what is not yet in the file */
	size_t buf_len;
	uint64_t written;
};

void kan_runs_init(struct kan_runs *r, const char *dir);
KAN_MUST_CHECK int kan_runs_begin(struct kan_runs *r, struct kan_err *err);
KAN_MUST_CHECK int kan_runs_put(struct kan_runs *r, const uint8_t *rec, struct kan_err *err);
KAN_MUST_CHECK int kan_runs_end(struct kan_runs *r, struct kan_err *err);
void kan_runs_done(struct kan_runs *r);

/** Reads one run, a record at a time, through a piece of memory of the caller's. */
struct kan_run_reader {
	int fd;
	uint64_t pos; /* of the next byte to read from the file */
	uint64_t end;
	uint8_t *buf;
	size_t room; /* at least the length of the longest record */
	size_t head; /* the current record starts here */
	size_t tail; /* bytes in the buffer end here */
};

/** The current record. */
static inline const uint8_t *kan_run_record(const struct kan_run_reader *r)
{
	return r->buf + r->head;
}

/** Go to the first record; *@more is false if there is none. */
KAN_MUST_CHECK int kan_run_open(struct kan_run_reader *r, bool *more, struct kan_err *err);

/** Go to the next record; *@more is false behind the last. */
KAN_MUST_CHECK int kan_run_next(struct kan_run_reader *r, bool *more, struct kan_err *err);

#endif
