/* SPDX-License-Identifier: MIT */
/*
 * segset_parts.h - what segset.c and segset_resume.c share
 */
#ifndef KAN_ACQUIRE_SEGSET_PARTS_H
#define KAN_ACQUIRE_SEGSET_PARTS_H

#include "acquire/segset.h"

#include <pthread.h>

/** Finished files that may wait for a sync; then the writer brings them home itself. */
#define KAN_SEGSET_WAITING_MAX 4u

/** A file that is finished but perhaps not on the medium. */
struct kan_segset_file {
	int fd;
	uint64_t index;
};

struct kan_segset {
	pthread_mutex_t lock; /* guards the members down to mark; the descriptors stay open
	                         while their file waits, so that they can be copied */
	struct kan_segset_file last;
	struct kan_segset_file waiting[KAN_SEGSET_WAITING_MAX];
	size_t nwaiting;
	bool folder_changed;
	struct kan_writer_mark mark;

	pthread_mutex_t syncing; /* held during a sync; guards sync_failed; taken before lock */
	bool sync_failed;        /* the system tells such a failure once; it stays true */

	/* Of the thread that appends. */
	struct kan_segset_form form;
	char *first;
	int folder;
	uint64_t len;     /* of the last file */
	uint64_t flushed; /* of it, asked to be stored */
	void *digest;     /* of the last file so far */
	struct kan_writer_segment *list;
	size_t n, room; /* files, the last one included */
	bool broken;    /* a write has failed */
	bool finished;
};

/** A set without files for @first; its folder is open. */
KAN_MUST_CHECK int kan_segset_alloc(struct kan_segset **out, const char *first,
                                    const struct kan_segset_form *form, struct kan_err *err);

/** Add the path of the next segment to the list; KAN_ELIMIT if there is no name for it. */
KAN_MUST_CHECK int kan_segset_add_path(struct kan_segset *s, struct kan_err *err);

/** Add @len bytes to the digest of the last file. */
KAN_MUST_CHECK int kan_segset_digest(struct kan_segset *s, const void *data, size_t len,
                                     struct kan_err *err);

/** The last file has all of its bytes: put its size and digest into the list. */
KAN_MUST_CHECK int kan_segset_seal(struct kan_segset *s, struct kan_err *err);

/** Is there something of the name of segment @index?  *@path (may be NULL) is set to it. */
KAN_MUST_CHECK int kan_segset_find(const struct kan_segset *s, uint64_t index, bool *there,
                                   char **path, struct kan_err *err);

#endif
