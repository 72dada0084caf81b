/* SPDX-License-Identifier: MIT */
/*
 * fuzz_record.c - any bytes as the record of an acquisition and as leaves of a tree
 *
 * What is read is written again to the same bytes.
 */
#include "kanshiki/record.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void must_be(const struct kan_buf *again, const uint8_t *data, size_t len)
{
	if (again->failed || again->len != len || (len > 0 && memcmp(again->data, data, len) != 0))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	const char *text = (const char *)data;
	struct kan_buf record = { 0 }, blocks = { 0 };
	struct kan_record r = { 0 };
	struct kan_tree *t = NULL;
	struct kan_err err = { 0 };

	if (kan_record_read(&r, text, len, &err) == KAN_OK) {
		kan_record_write(&record, &r);
		must_be(&record, data, len);
	}
	if (kan_tree_read(&t, text, len, (uint64_t)(len / KAN_TREE_LINE) * KAN_TREE_BLOCK, &err) ==
	    KAN_OK) {
		kan_tree_write(&blocks, t, 0, kan_tree_leaves(t));
		must_be(&blocks, data, len);
	}
	kan_tree_free(t);
	kan_record_done(&r);
	kan_buf_done(&record);
	kan_buf_done(&blocks);
	return 0;
}
