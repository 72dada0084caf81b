/* SPDX-License-Identifier: MIT */
/*
 * acquire.h - copy a source to images that can be continued and proven
 *
 * The source is read once.  Every block goes to the digests, to the tree over
 * blocks (record.h) and to each destination; what cannot be read is zeros, and is
 * told.  Beside each destination stand its journal while it is unfinished, its map
 * of unreadable ranges and its log; its record when it is finished.
 *
 * A journal never claims more than was synced.  Continuing reads what is already in
 * a destination from there, and the rest from the source, so the digests are of
 * bytes that were really read and are really there, and the files are the same as
 * without the interruption.
 */
#ifndef KAN_ACQUIRE_H
#define KAN_ACQUIRE_H

#include "kanshiki/record.h"
#include "kanshiki/verify.h"
#include "kanshiki/writer.h"

KAN_BEGIN_DECLS

#define KAN_ACQUIRE_DESTINATIONS_MAX 8

/** What is going on, for people. */
enum kan_acquire_phase {
	KAN_ACQUIRE_COPYING,
	KAN_ACQUIRE_VERIFYING, /* one destination after the other */
};

struct kan_acquire_status {
	enum kan_acquire_phase phase;
	const char *subject;       /* the source, or the destination that is verified */
	uint64_t done, total;      /* in bytes */
	uint64_t bytes_unreadable; /* so far */
	uint64_t read_errors;      /* answers of the drive that were errors, so far */
	uint64_t recovered;        /* bytes that could be read in a later round */
};

/** All zero but for the destinations means defaults. */
struct kan_acquire_opts {
	const char *const *destinations; /* paths; the extension chooses the format (writer.h) */
	size_t ndestinations;
	struct kan_hash_set hashes; /* of the media; none: md5, sha1, sha256 */
	enum kan_compress compress; /* of an E01 */
	bool has_compress;          /* it was chosen, and is not just the default */
	uint64_t segment_size;      /* most bytes of a segment file; 0: default of the format */
	const char *retries;        /* rounds over bad sectors, a number; NULL: the default */
	struct kan_record_values people; /* case_number, exhibit, examiner, witness, place, ... */
	bool resume;                     /* go on with what is there */
	bool no_verify;                  /* do not read the images back */
	size_t jobs;                     /* threads; 0: one for each processor */
	int64_t started_ns;              /* UTC, of the start; 0: now */
	unsigned checkpoint_ms;          /* between two entries in the journal; 0: 5,000 */

	/* About ten times a second on the calling thread; false stops, and can be resumed. */
	bool (*update)(void *arg, const struct kan_acquire_status *status);
	void *arg;
};

/** What became of one destination. */
struct kan_acquire_destination {
	char *path;
	bool failed;        /* err says why; it can be resumed */
	bool was_complete;  /* already when the acquisition was resumed */
	struct kan_err err; /* of a failure */
	uint64_t bytes;     /* of all its segment files */
	size_t nsegments;
	struct kan_digest reread[KAN_HASHES_MAX]; /* of the image read back, as in `digests` */
	enum kan_verdict verdict;                 /* of that; unchecked if it was not read back */
};

struct kan_acquire_result {
	uint64_t media_size;
	struct kan_digest digests[KAN_HASHES_MAX];
	size_t ndigests;
	uint8_t tree_root[KAN_TREE_HASH];
	uint64_t tree_leaves;
	uint64_t resumed_at; /* bytes that were there already */
	uint64_t bytes_unreadable;
	uint64_t recovered;
	struct kan_findings findings; /* of the source: damage, unreadable ranges, notes */
	struct kan_acquire_destination destinations[KAN_ACQUIRE_DESTINATIONS_MAX];
	size_t ndestinations;
};

/**
 * Copy the drive, file or image at @source.  Succeeds if at least one destination
 * is complete.  A destination that cannot be written does not stop the others.
 * KAN_ESTOPPED if update said so; after that, and after a failure while copying, the
 * destinations can be resumed.  Refused, with nothing written: a source that is
 * mounted for writing or holds a destination; a destination that is there already
 * (without resume), or whose format cannot hold the source; a source that is not the
 * one that was begun (with resume), or options that differ from those of the start.
 * *@out is filled on success; release it with kan_acquire_result_done().
 */
KAN_API KAN_MUST_CHECK int kan_acquire_run(struct kan_acquire_result *out, const char *source,
                                           const struct kan_acquire_opts *opts,
                                           struct kan_err *err);

/** Release what @r holds and make it empty. */
KAN_API void kan_acquire_result_done(struct kan_acquire_result *r);

KAN_END_DECLS

#endif
