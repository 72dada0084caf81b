/* SPDX-License-Identifier: MIT */
/*
 * fuzz_ewf2.c - any bytes as the only segment of an Ex01 set
 *
 * Its descriptors have checksums that chance never meets, so they are put right
 * first, along the chain that the bytes themselves give.
 */
#include "core/bytes.h"
#include "fuzz/image_input.h"

#include <string.h>
#include <zlib.h>

#define DESCRIPTOR_LEN 64u
#define HEADER_LEN     32u
#define TABLE          4u
#define MOST           64u /* descriptors that are put right */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void sum(uint8_t *data, unsigned len)
{
	kan_put_le32(data + len, (uint32_t)adler32(1, data, len));
}

static void put_right(uint8_t *file, size_t size)
{
	size_t at = size - DESCRIPTOR_LEN;

	for (unsigned i = 0; i < MOST; i++) {
		uint64_t before = kan_le64(file + at + 8);
		bool linked = before >= HEADER_LEN && before < at;

		if (linked && kan_le32(file + at) == TABLE && at - before >= 2 * DESCRIPTOR_LEN)
			sum(file + before + DESCRIPTOR_LEN, 16);
		kan_put_le32(file + at + 24, DESCRIPTOR_LEN);
		sum(file + at, 60);
		if (!linked)
			return;
		at = (size_t)before;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t *file;

	if (size < HEADER_LEN + DESCRIPTOR_LEN)
		return try_image("ewf2", data, size);
	file = malloc(size);
	if (!file)
		return 0;
	memcpy(file, data, size);
	put_right(file, size);
	(void)try_image("ewf2", data, size); /* always 0 */
	(void)try_image("ewf2", file, size);
	free(file);
	return 0;
}
