/* SPDX-License-Identifier: MIT */
/*
 * triage.h - the whole way from evidence to a finished case
 */
#ifndef KAN_CMD_TRIAGE_H
#define KAN_CMD_TRIAGE_H

#include "coverage.h"

/** What is asked for. */
struct triage_plan {
	const struct cli_common *common; /* output is the case directory */
	const char *profile;
	struct kan_hash_set hashes; /* of every file; empty: content is not read */
	int n;
	char **evidence;
};

/** What came out. */
struct triage_result {
	uint64_t nfiles;
	uint64_t ndeleted;
	uint64_t nevents;
	bool problem; /* the evidence has one */
};

/**
 * For each piece of evidence: layout, every file (into the store, files.csv and
 * the timeline), then the hash of the media.  After the last one the timeline is
 * sorted, the case is finished and the report is made from its store.
 */
KAN_MUST_CHECK int triage_run(struct triage_result *out, const struct triage_plan *plan,
                              struct kan_err *err);

#endif
