/* SPDX-License-Identifier: MIT */
/*
 * verify.h - recompute everything that an image claims, and say what differs
 *
 * Ranges that cannot be read count as zeros.  Where the imager did the same, its
 * digest fits: that is a match, and the ranges stand beside it as findings.  Where
 * a digest does not fit and ranges were unreadable, the finding says how many bytes.
 */
#ifndef KAN_VERIFY_H
#define KAN_VERIFY_H

#include "kanshiki/hash.h"
#include "kanshiki/image.h"

KAN_BEGIN_DECLS

enum kan_verdict {
	KAN_VERDICT_MATCH,     /* stored and computed are the same */
	KAN_VERDICT_MISMATCH,  /* they differ */
	KAN_VERDICT_UNCHECKED, /* nothing stored to compare with, or it could not be computed */
};

/** Stable name: "match", "mismatch", "unchecked". */
KAN_API const char *kan_verdict_name(enum kan_verdict verdict);

/**
 * One digest of the media, and what the container says it should be.  A container
 * that stores two different digests of one algorithm has an item for each.
 */
struct kan_verify_item {
	struct kan_digest computed;
	char stored[2 * KAN_DIGEST_MAX + 1]; /* "" if the container has none */
	enum kan_verdict verdict;
};

struct kan_verify_result {
	struct kan_verify_item items[KAN_HASHES_MAX];
	size_t nitems;
	uint64_t bytes_read;
	uint64_t bytes_unreadable;    /* filled with zeros and part of the digests */
	struct kan_findings findings; /* of opening, reading and comparing, in that order */

	/*
	 * Of the image.  Mismatch: an item or a hash-mismatch finding says so, or no
	 * digest could be compared and a checksum of the container does not fit.
	 * Match: a digest fits and none differs.  Unchecked: nothing was compared.
	 * Exit codes follow kan_findings_have_problem(), not this alone.
	 */
	enum kan_verdict verdict;
};

/** All zero means defaults. */
struct kan_verify_opts {
	struct kan_hash_set hashes; /* computed besides those that the container stores */
	size_t jobs;                /* threads; 0: one for each processor */
	struct kan_hasher_opts pieces;
	struct kan_progress progress;
};

/**
 * Read all of @img once and compare; @opts may be NULL.  Fails only if the work
 * could not be done, or KAN_ESTOPPED; a mismatch is a result.  *@out is filled on
 * success; release what it holds with kan_verify_result_done().
 */
KAN_API KAN_MUST_CHECK int kan_verify_image(struct kan_verify_result *out, struct kan_image *img,
                                            const struct kan_verify_opts *opts,
                                            struct kan_err *err);

/** Release what @r holds and make it empty; @r itself belongs to the caller. */
KAN_API void kan_verify_result_done(struct kan_verify_result *r);

KAN_END_DECLS

#endif
