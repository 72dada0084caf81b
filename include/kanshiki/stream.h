/* SPDX-License-Identifier: MIT */
/*
 * stream.h - read a source once and feed every block to many consumers
 *
 * Blocks are read and decompressed on the pool, several at once; a block is
 * delivered to a sink as soon as the sink may have it.  Memory is in_flight x
 * (block_len + ahead_len), whatever the size of the source: a slow sink slows
 * the reader, and nothing is dropped.
 */
#ifndef KAN_STREAM_H
#define KAN_STREAM_H

#include "kanshiki/source.h"

KAN_BEGIN_DECLS

struct kan_pool;

/** A run of bytes.  Read-only, and valid only during the call. */
struct kan_block {
	uint64_t offset; /* of data[0] in the source, in bytes */
	const uint8_t *data;
	size_t len;   /* bytes that belong to this block */
	size_t ahead; /* further readable bytes, owned by the next block */

	/* Ranges of this block that could not be read (zeros in data); may be empty. */
	const struct kan_findings *gaps;
};

enum kan_order {
	KAN_IN_ORDER,  /* one call at a time, ascending offsets, without holes */
	KAN_ANY_ORDER, /* many threads at once, any order */
};

/** Something that consumes every block: a hash, a writer, a carver. */
struct kan_sink {
	const char *name;
	enum kan_order order;
	void *self;

	int (*consume)(void *self, const struct kan_block *blk, struct kan_err *err);

	/*
	 * For a sink in order, or NULL: called for each block before consume gets it, by
	 * many threads at once and in any order.  Work that does not depend on the blocks
	 * before, such as compression, belongs here.  The bytes at blk->data are the same
	 * in both calls.
	 */
	int (*prepare)(void *self, const struct kan_block *blk, struct kan_err *err);
};

/**
 * Called on the calling thread about ten times a second, and once more with @done
 * equal to @total when all is done.  Return false to stop: no further block is
 * read, and those in flight go to every sink.
 */
struct kan_progress {
	bool (*update)(void *arg, uint64_t done, uint64_t total);
	void *arg;
};

/** All zero means defaults. */
struct kan_stream_opts {
	size_t block_len; /* bytes per block; 0: 1 MiB, rounded to the source's block_len */
	size_t ahead_len; /* look-ahead shared with the next block, in bytes */
	size_t in_flight; /* most blocks held in memory; 0: enough for the pool */
	struct kan_progress progress;
};

/**
 * Pass all of @src through @sinks[0..@n-1] on @pool; @n may be 0 (only the gaps
 * are of interest) and @opts NULL.  Returns when every sink has seen every block,
 * or after the first failure, which is put in @err with the name of the sink, or
 * of the layer that could not be read.  Of failures at the same time that of the
 * lowest offset is told.  Gaps of all blocks are added to @gaps (may be NULL) in
 * ascending order of offset, the same for any number of workers; after a failure
 * those of the blocks that were complete.  KAN_ESTOPPED if progress said so.
 *
 * Not callable from inside a job.  The pool may be shared with other work; a
 * stream needs one worker and one place in the queue at the least.
 */
KAN_API KAN_MUST_CHECK int kan_stream_run(struct kan_source *src, const struct kan_sink *sinks,
                                          size_t n, const struct kan_stream_opts *opts,
                                          struct kan_pool *pool, struct kan_findings *gaps,
                                          struct kan_err *err);

KAN_END_DECLS

#endif
