/* SPDX-License-Identifier: MIT */
/*
 * fuzz_ltree.c - any bytes as the tree of logical evidence, in pieces of odd lengths
 */
#include "image/ewf/ltree.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct kan_ltree whole = { 0 }, pieces = { 0 };

	kan_ltree_feed(&whole, data, size);
	kan_ltree_end(&whole);
	for (size_t at = 0; at < size; at += 7)
		kan_ltree_feed(&pieces, data + at, size - at < 7 ? size - at : 7);
	kan_ltree_end(&pieces);
	if (whole.nfiles != pieces.nfiles || whole.nfolders != pieces.nfolders ||
	    whole.whole != pieces.whole || whole.nfiles > size)
		abort();
	return 0;
}
