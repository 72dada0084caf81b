/* SPDX-License-Identifier: MIT */
/*
 * source.h - anything that can be read at an offset
 *
 * A raw file, an E01 set, a partition, an unlocked volume, a snapshot: each is
 * a source, and sources stack.  A layer is written by embedding struct
 * kan_source as the first member of its own struct and filling in `ops`.
 *
 * Threads: kan_source_read() may be called from many threads at once unless the
 * constructor of the layer says otherwise; close may not run beside it.
 * Processes: a source may be used in a forked child, side by side with the
 * parent, because all reads are positional and no lock is held across fork().
 */
#ifndef KAN_SOURCE_H
#define KAN_SOURCE_H

#include "kanshiki/finding.h"

#include <stddef.h>

KAN_BEGIN_DECLS

struct kan_source;

struct kan_source_ops {
	const char *name; /* of the layer, for messages: "raw", "ewf", "slice" */

	/**
	 * Fill @buf with exactly @len bytes from @offset; the range lies inside the
	 * source.  A range that cannot be read is filled with zeros and added to
	 * @gaps (may be NULL: the damage was recorded before), with offsets in
	 * *this* source; the call still succeeds.  Fails only for reasons that do
	 * not lie in the evidence (memory, a dead worker).
	 */
	int (*read)(struct kan_source *src, uint64_t offset, void *buf, size_t len,
	            struct kan_findings *gaps, struct kan_err *err);

	/** Release the source and everything it owns. */
	void (*close)(struct kan_source *src);
};

struct kan_source {
	const struct kan_source_ops *ops;
	uint64_t size;        /* in bytes */
	uint32_t sector_size; /* logical sector in bytes, 512 if unknown */
	uint32_t block_len;   /* reads aligned to this many bytes are cheapest; at least 1 */
};

/**
 * Read exactly @len bytes at @offset.  A range that leaves the source is
 * KAN_EARG.  See kan_source_ops.read for @gaps.
 */
KAN_API KAN_MUST_CHECK int kan_source_read(struct kan_source *src, uint64_t offset, void *buf,
                                           size_t len, struct kan_findings *gaps,
                                           struct kan_err *err);

/** Release @src (may be NULL).  Layers below it are released only if it owns them. */
KAN_API void kan_source_close(struct kan_source *src);

/**
 * A window of @size bytes at @offset of @below, which is borrowed and must
 * outlive the slice.  The window must lie inside @below (else KAN_EARG).
 * Ranges in @gaps are in coordinates of the slice.
 */
KAN_API KAN_MUST_CHECK int kan_source_slice(struct kan_source **out, struct kan_source *below,
                                            uint64_t offset, uint64_t size, struct kan_err *err);

/**
 * A least-recently-used cache of @nblocks blocks of @block_len bytes over
 * @below (borrowed).  For readers that jump, such as file-system walkers.
 * One thread at a time.
 */
KAN_API KAN_MUST_CHECK int kan_source_cache(struct kan_source **out, struct kan_source *below,
                                            size_t block_len, size_t nblocks, struct kan_err *err);

KAN_END_DECLS

#endif
