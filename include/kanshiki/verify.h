/* SPDX-License-Identifier: MIT */
/*
 * verify.h - recompute everything that an image claims, and say what differs
 *
 * Ranges that cannot be read count as zeros.  Where the imager did the same, its
 * digest fits: that is a match, and the ranges stand beside it as findings.  Where
 * a digest does not fit and ranges were unreadable, the finding says how many bytes.
 *
 * Beside an image there may be a record of its acquisition (kanshiki/record.h).  Its
 * tree says which blocks are still as they were read, even if others are not.
 */
#ifndef KAN_VERIFY_H
#define KAN_VERIFY_H

#include "kanshiki/hash.h"
#include "kanshiki/image.h"
#include "kanshiki/record.h"

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
	char recorded[2 * KAN_DIGEST_MAX + 1]; /* in the record; "" if there is none */
	enum kan_verdict record_verdict;
};

/** What is checked, each for itself. */
enum kan_verify_check_id {
	KAN_CHECK_DATA_HASH,       /* digests in the container, of the media */
	KAN_CHECK_CHUNK_CHECKSUM,  /* checksums of single chunks */
	KAN_CHECK_STRUCTURE,       /* the container itself, and its end */
	KAN_CHECK_MISSING_SEGMENT, /* all files of the set are there */
	KAN_CHECK_READING,         /* every byte could be read from its medium */
	KAN_CHECK_STORED_HASH,     /* the container has a digest at all; else unchecked */
	KAN_CHECK_RECORD,          /* the record can be read and fits the media size */
	KAN_CHECK_RECORD_DIGEST,   /* digests of the media in the record */
	KAN_CHECK_RECORD_SEGMENT,  /* names, sizes and digests of segment files */
	KAN_CHECK_RECORD_TREE,     /* the tree over blocks */
	KAN_CHECK_CROSS,           /* a second reader gives the same bytes */
	KAN_VERIFY_NCHECKS
};

/** Stable name, such as "chunk-checksum". */
KAN_API const char *kan_verify_check_name(enum kan_verify_check_id id);

struct kan_verify_check {
	bool asked; /* false: not part of this run */
	enum kan_verdict verdict;
	struct kan_record_range *ranges; /* of the media that it touches; ascending, apart */
	size_t nranges;
	char detail[160]; /* what else is to be said, English; may be "" */
};

struct kan_verify_result {
	struct kan_verify_item items[KAN_HASHES_MAX];
	size_t nitems;
	uint32_t sector_size; /* of the media, in bytes */
	uint64_t bytes_read;
	uint64_t bytes_unreadable;    /* filled with zeros and part of the digests */
	struct kan_findings findings; /* of opening, reading and comparing, in that order */
	struct kan_verify_check checks[KAN_VERIFY_NCHECKS];

	/* By the tree of the record: how much of it is as it was; all zero without one. */
	uint64_t blocks_proven, blocks_recorded;
	uint64_t bytes_proven, bytes_recorded;

	struct kan_tree *tree; /* over the media as it was read now; NULL if not computed */

	/*
	 * Of the image.  Mismatch: an item or a hash-mismatch finding says so, or no
	 * digest could be compared and a checksum of the container does not fit.
	 * Match: a digest, of the container or the record, or the tree fits and none
	 * differs.  Unchecked: nothing was compared.
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
	bool record; /* look for a record beside the image, and compare with it */
	bool tree;   /* compute the tree over blocks even without a record */
};

/**
 * Read all of @img once and compare; @opts may be NULL.  Fails only if the work
 * could not be done, or KAN_ESTOPPED; a mismatch is a result.  *@out is filled on
 * success; release what it holds with kan_verify_result_done().
 */
KAN_API KAN_MUST_CHECK int kan_verify_image(struct kan_verify_result *out, struct kan_image *img,
                                            const struct kan_verify_opts *opts,
                                            struct kan_err *err);

/**
 * Read the media a second time, with libewf in a confined worker, and add what came of it
 * to @r, the result of kan_verify_image() for the image whose first file is @path, with
 * opts.tree set.  Formats without a second reader are unchecked.  What libewf cannot do,
 * or dies of, is a finding.
 */
KAN_API KAN_MUST_CHECK int kan_verify_cross(struct kan_verify_result *r, const char *path,
                                            const struct kan_image_info *info,
                                            const struct kan_verify_opts *opts,
                                            struct kan_err *err);

/** Release what @r holds and make it empty; @r itself belongs to the caller. */
KAN_API void kan_verify_result_done(struct kan_verify_result *r);

/** One block of the media, and its way to the root in the record. */
struct kan_verify_block {
	uint64_t block;
	uint64_t offset, length;              /* in the media, in bytes */
	uint8_t proof[64][KAN_TREE_HASH];     /* lowest first */
	bool left[64];                        /* the hash of the proof stands on the left */
	uint8_t nodes[65][KAN_TREE_HASH];     /* from the leaf, as read, up to what it gives */
	size_t nproof;                        /* nodes has one more */
	char root[2 * KAN_TREE_HASH + 1];     /* in the record */
	char recorded[2 * KAN_TREE_HASH + 1]; /* leaf in IMAGE.blocks */
	uint64_t nleaves;
	enum kan_verdict verdict;
	struct kan_findings findings;
};

/**
 * Read nothing but block @block of @img and prove it.  KAN_EARG if there is no such
 * block, KAN_EFORMAT if IMAGE.json or IMAGE.blocks is not there or cannot be used.
 * Release what *@out holds with kan_verify_block_done().
 */
KAN_API KAN_MUST_CHECK int kan_verify_block(struct kan_verify_block *out, struct kan_image *img,
                                            uint64_t block, struct kan_err *err);
KAN_API void kan_verify_block_done(struct kan_verify_block *b);

KAN_END_DECLS

#endif
