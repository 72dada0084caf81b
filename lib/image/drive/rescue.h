/* SPDX-License-Identifier: MIT */
/*
 * rescue.h - get everything out of a medium that gives errors, unit by unit
 *
 * Knows nothing of devices: what reads, and what decides whether an error is one of
 * the medium, is handed in.
 */
#ifndef KAN_IMAGE_DRIVE_RESCUE_H
#define KAN_IMAGE_DRIVE_RESCUE_H

#include "kanshiki/finding.h"

#include <stdatomic.h>

/** Kept up to date while reading; any thread may look. */
struct kan_rescue_tally {
	_Atomic uint64_t errors;    /* reads that failed */
	_Atomic uint64_t recovered; /* units that a later round could read */
};

struct kan_rescue {
	/**
	 * Read @len bytes at @offset into @buf and return how many came.  Fewer than
	 * @len: *@why is an errno, or 0 for the end of the medium.
	 */
	size_t (*read)(void *arg, uint64_t offset, void *buf, size_t len, int *why);

	/**
	 * KAN_OK if the error @why (0: the medium ended) is damage that is read around,
	 * else a failure that ends the request.  @streak is the number of reads that
	 * have failed since one of this request gave anything.
	 */
	int (*bear)(void *arg, int why, unsigned streak, struct kan_err *err);

	/** The range is lost; called in ascending order when the rounds are over. */
	void (*lose)(void *arg, uint64_t offset, uint64_t len, enum kan_finding_kind kind);

	void *arg;
	uint32_t unit;   /* in bytes; the smallest thing that is read by itself */
	unsigned rounds; /* over the units that failed, after the first pass */
	struct kan_rescue_tally *tally;
};

/**
 * Fill @buf with the @len bytes at @offset, which is a multiple of the unit; @len is
 * one too, or ends with the medium.  All units are tried once, then those that failed
 * again in each round, from the end to the start and back.  What is lost is zeros.
 * At most 2 x units x (1 + rounds) reads, whatever fails.
 */
KAN_MUST_CHECK int kan_rescue_read(const struct kan_rescue *r, uint64_t offset, uint8_t *buf,
                                   size_t len, struct kan_err *err);

#endif
