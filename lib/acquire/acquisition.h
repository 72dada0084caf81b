/* SPDX-License-Identifier: MIT */
/*
 * acquisition.h - what the steps of an acquisition share: start, copy, end
 */
#ifndef KAN_ACQUIRE_ACQUISITION_H
#define KAN_ACQUIRE_ACQUISITION_H

#include "acquire/continued.h"
#include "acquire/destination.h"
#include "acquire/origin.h"
#include "core/utc.h"
#include "kanshiki/pool.h"

struct kan_acquisition {
	const struct kan_acquire_opts *opts;
	struct kan_origin origin;
	struct kan_record record; /* what all destinations that are begun now have in common */

	struct kan_destination dests[KAN_ACQUIRE_DESTINATIONS_MAX];
	size_t ndests;
	atomic_size_t alive; /* destinations that have not failed */
	struct kan_ranges ranges;

	/* The settings: those of the options, or of the journal that is continued. */
	struct kan_hash_set hashes;
	char hash_list[128]; /* the same in words */
	enum kan_compress compress;
	uint64_t segment_size;
	const struct kan_record_values *people; /* borrowed */
	int64_t started_ns;

	/* What was there already. */
	struct kan_image *begun_img;
	struct kan_begun begun;
	struct kan_source *continued; /* NULL: everything comes from the origin */

	struct kan_pool *pool;
	struct kan_hasher *hasher;
	struct kan_tree *tree;
	struct kan_digest digests[KAN_HASHES_MAX];
	uint8_t tree_root[KAN_TREE_HASH];

	struct kan_err source_gone; /* the source became shorter while it was read */
};

/** The time of now, UTC. */
int64_t kan_acquisition_now(void);

/**
 * The format with which our own reader opens the image @path of @nsegments files,
 * whatever it holds.
 */
const char *kan_acquisition_format(const char *path, uint64_t nsegments);

/** Say in @err that --resume goes on from here; returns @rc. */
int kan_acquisition_add_way_out(int rc, struct kan_err *err);

/**
 * Open source and destinations, settle the settings, find what was begun.  After a
 * failure nothing new is left behind.
 */
KAN_MUST_CHECK int kan_acquisition_start(struct kan_acquisition *a, const char *source,
                                         struct kan_err *err);

/**
 * Copy all, with checkpoints.  After a failure, and KAN_ESTOPPED, the destinations
 * are at a checkpoint.
 */
KAN_MUST_CHECK int kan_acquisition_copy(struct kan_acquisition *a, struct kan_err *err);

/** Close the images, read them back, write the records.  Fills in the destinations of @out. */
KAN_MUST_CHECK int kan_acquisition_end(struct kan_acquisition *a, struct kan_acquire_result *out,
                                       struct kan_err *err);

#endif
