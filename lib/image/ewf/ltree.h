/* SPDX-License-Identifier: MIT */
/*
 * ltree.h - how many files the tree of logical evidence (L01) has
 */
#ifndef KAN_IMAGE_EWF_LTREE_H
#define KAN_IMAGE_EWF_LTREE_H

#include "image/paths.h"
#include "kanshiki/finding.h"

/** Bytes of a field that are looked at; longer ones are names. */
#define KAN_LTREE_FIELD_MAX 20u

/** A tree as it is read; all zero at first.  The counts hold at any time. */
struct kan_ltree {
	uint64_t nfiles;
	uint64_t nfolders;
	uint64_t pending; /* entries that are still to come */
	bool whole;       /* the category was found, and all of its entries */

	unsigned state;                     /* private, like all below */
	unsigned field;                     /* number of the field in the line */
	unsigned parent_field;              /* number of the field that says "is a folder" */
	char text[KAN_LTREE_FIELD_MAX + 1]; /* of the field, as far as it is ASCII */
	unsigned text_len;                  /* of the field, cut at KAN_LTREE_FIELD_MAX + 1 */
	unsigned nlines;                    /* before this one; 2 and more are 2 */
	bool blank_before;                  /* the line before was empty */
	bool is_folder;
	bool has_parent_field;
	uint64_t nchildren;
	bool half; /* of a UTF-16 unit: the low byte is in low */
	uint8_t low;
};

/** Go on with the next @len bytes of the text (UTF-16, little-endian). */
void kan_ltree_feed(struct kan_ltree *t, const uint8_t *data, size_t len);

/** The text ends here. */
void kan_ltree_end(struct kan_ltree *t);

/**
 * Add to @findings how many files the tree in the set of files @files has, all of which
 * are not listed; or that this cannot be told.
 */
KAN_MUST_CHECK int kan_ltree_report(const struct kan_paths *files, struct kan_findings *findings,
                                    struct kan_err *err);

#endif
