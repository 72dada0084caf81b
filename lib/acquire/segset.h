/* SPDX-License-Identifier: MIT */
/*
 * segset.h - segment files that only ever grow
 *
 * What a writer appends goes to the end of the last file, and into the SHA-256 of
 * that file on its way.  A file is never written twice, so its digest is known when
 * it is finished, and whatever a mark covers is as it will stay.
 *
 * One thread appends; kan_segset_sync() may run on another one beside it.
 */
#ifndef KAN_ACQUIRE_SEGSET_H
#define KAN_ACQUIRE_SEGSET_H

#include "kanshiki/buf.h"
#include "kanshiki/writer.h"

struct kan_segset;

/** Bytes that a name may be longer than that of the first segment. */
#define KAN_SEGSET_ROOM 8u
/** Following names that must be free before a set is begun. */
#define KAN_SEGSET_LOOK 1000u

/** What a format says of its segments. */
struct kan_segset_form {
	/*
	 * The path of segment @index (from 0) of the set whose first file is @first; @out
	 * has KAN_SEGSET_ROOM bytes more than @first.  False if there is no such name.
	 */
	bool (*name)(char *out, const char *first, uint64_t index);

	/* Append the bytes that segment @index begins with; NULL: none. */
	int (*prologue)(const void *arg, uint64_t index, struct kan_buf *out, struct kan_err *err);
	const void *arg; /* of prologue; outlives the set */
	uint64_t full;   /* bytes of every file but the last; 0: any number */
};

/**
 * Create the first file.  KAN_EEXIST if it or one that would follow it is there.
 * On success *@out is owned by the caller; release it with kan_segset_close().
 */
KAN_MUST_CHECK int kan_segset_create(struct kan_segset **out, const char *first,
                                     const struct kan_segset_form *form, struct kan_err *err);

/** Continue at @mark: see kan_writer_resume().  KAN_EFORMAT if a file begins otherwise. */
KAN_MUST_CHECK int kan_segset_resume(struct kan_segset **out, const char *first,
                                     const struct kan_segset_form *form,
                                     const struct kan_writer_mark *mark, struct kan_err *err);

/** Bytes of the last file. */
uint64_t kan_segset_len(const struct kan_segset *s);

/** Index of the last file. */
uint64_t kan_segset_index(const struct kan_segset *s);

KAN_MUST_CHECK int kan_segset_append(struct kan_segset *s, const void *data, size_t len,
                                     struct kan_err *err);

/** Finish the last file and begin the next one with its prologue. */
KAN_MUST_CHECK int kan_segset_next(struct kan_segset *s, struct kan_err *err);

/** What has been written holds the first @media_done bytes of the media: begin to store it. */
void kan_segset_mark(struct kan_segset *s, uint64_t media_done);

/** See kan_writer_sync(). */
KAN_MUST_CHECK int kan_segset_sync(struct kan_segset *s, struct kan_writer_mark *out,
                                   struct kan_err *err);

/** Finish the last file, and sync all of them and their folder. */
KAN_MUST_CHECK int kan_segset_finish(struct kan_segset *s, struct kan_err *err);

/** The files, after kan_segset_finish(); before, *@n is 0. */
const struct kan_writer_segment *kan_segset_list(const struct kan_segset *s, size_t *n);

void kan_segset_close(struct kan_segset *s);

#endif
