/* SPDX-License-Identifier: MIT */
/*
 * blocks.c - the leaves of a tree as text: IMAGE.blocks
 *
 * All lines have the same length, so the line of a block is found without reading
 * the others, and the length of the file says how many there are.
 */
#include "core/cleanup.h"
#include "kanshiki/record.h"
#include "record/hex.h"

#include <assert.h>
#include <inttypes.h>

KAN_DEFINE_DROP(tree, struct kan_tree *, kan_tree_free)

void kan_tree_write(struct kan_buf *out, const struct kan_tree *t, uint64_t first, uint64_t n)
{
	for (uint64_t i = first; i < first + n && !out->failed; i++) {
		const uint8_t *leaf = kan_tree_leaf_of(t, i);
		char line[KAN_TREE_LINE];

		assert(leaf);
		kan_hash_hex(line, leaf, KAN_TREE_HASH);
		line[KAN_TREE_LINE - 1] = '\n';
		kan_buf_add(out, line, KAN_TREE_LINE);
	}
}

int kan_tree_read(struct kan_tree **out, const char *text, size_t len, uint64_t media_size,
                  struct kan_err *err)
{
	KAN_AUTO(tree) struct kan_tree *t = NULL;
	uint64_t n = media_size / KAN_TREE_BLOCK + (media_size % KAN_TREE_BLOCK > 0);
	int rc;

	/* Memory for the leaves of a medium only if the text could hold them. */
	if (n > len / KAN_TREE_LINE)
		return kan_fail(err, KAN_EFORMAT, "line %zu of %" PRIu64 ": not complete",
		                len / KAN_TREE_LINE + 1, n);
	if (len > n * KAN_TREE_LINE)
		return kan_fail(err, KAN_EFORMAT, "line %" PRIu64 ": the medium has no such block",
		                n + 1);
	rc = kan_tree_new(&t, media_size, err);
	for (uint64_t i = 0; rc == KAN_OK && i < n; i++) {
		const char *line = text + i * KAN_TREE_LINE;
		uint8_t leaf[KAN_TREE_HASH];

		if (!kan_record_hex(leaf, line, KAN_TREE_HASH) || line[KAN_TREE_LINE - 1] != '\n')
			return kan_fail(err, KAN_EFORMAT,
			                "line %" PRIu64 ": not 64 hexadecimal digits", i + 1);
		kan_tree_set(t, i, leaf);
	}
	if (rc == KAN_OK)
		*out = KAN_STEAL(t);
	return rc;
}
