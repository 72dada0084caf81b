/* SPDX-License-Identifier: MIT */
/*
 * ranges.h - the ranges of the media that could not be read, exactly
 *
 * Filled by the lanes of the destinations, whichever is first at a block, and read
 * by the checkpoints beside them.
 */
#ifndef KAN_ACQUIRE_RANGES_H
#define KAN_ACQUIRE_RANGES_H

#include "kanshiki/record.h"
#include "kanshiki/stream.h"

#include <pthread.h>

/** Ranges told apart; those behind them are told as one, with what lies between. */
#define KAN_RANGES_MAX KAN_RECORD_RANGES_MAX

struct kan_ranges {
	pthread_mutex_t lock;          /* guards all that follows */
	struct kan_record_range *list; /* ascending, apart from each other */
	size_t n, room;
	uint64_t bytes; /* in all ranges */
	uint64_t next;  /* offset behind the last block noted */
	bool joined;    /* the last one holds bytes that could be read */
};

void kan_ranges_init(struct kan_ranges *r);

/** Note the gaps of @blk, unless a lane was here before. */
KAN_MUST_CHECK int kan_ranges_note(struct kan_ranges *r, const struct kan_block *blk,
                                   struct kan_err *err);

/**
 * Add the ranges of the findings of @known that are unreadable: what the source, an
 * image itself, says of the drive that it was made of.  Not before all blocks are noted.
 */
KAN_MUST_CHECK int kan_ranges_include(struct kan_ranges *r, const struct kan_findings *known,
                                      struct kan_err *err);

/** Bytes that could not be read so far. */
uint64_t kan_ranges_bytes(struct kan_ranges *r);

/** A copy of the ranges below @end, owned by the caller (free()). */
KAN_MUST_CHECK int kan_ranges_below(struct kan_record_range **out, size_t *n, struct kan_ranges *r,
                                    uint64_t end, struct kan_err *err);

void kan_ranges_done(struct kan_ranges *r);

#endif
