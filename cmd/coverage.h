/* SPDX-License-Identifier: MIT */
/*
 * coverage.h - rows that say what was examined, and how much of it
 */
#ifndef KAN_CMD_COVERAGE_H
#define KAN_CMD_COVERAGE_H

#include "evidence.h"

/** Records seen in each file system; index is the number of the file system minus one. */
struct tally {
	uint64_t *files;
	size_t n;
};

/**
 * Add the rows for the media, the layout and every file system of evidence
 * @number.  A file system with a gap finding inside its range is "partial", one
 * that cannot be read is "none".
 */
KAN_MUST_CHECK int coverage_add(struct kan_case *c, uint32_t number, const struct evidence *e,
                                const struct kan_verify_result *verified, const struct tally *tally,
                                struct kan_err *err);

#endif
