/* SPDX-License-Identifier: MIT */
/*
 * section.c - sections of E01 as bytes
 */
#include "acquire/ewf/e01.h"

#include "core/bytes.h"

#include <libdeflate.h>
#include <string.h>

enum descriptor_layout {
	DESCRIPTOR_NEXT = 16,
	DESCRIPTOR_SIZE = 24,
	DESCRIPTOR_CHECKSUM = 72,
};

enum table_layout {
	TABLE_COUNT = 0,
	TABLE_BASE = 8,
	TABLE_CHECKSUM = 20,
	ENTRY_LEN = 4,
};

static void put_raw_descriptor(struct kan_buf *out, const char *type, uint64_t next, uint64_t size)
{
	uint8_t d[KAN_EWF_DESCRIPTOR_LEN] = { 0 };

	memcpy(d, type, strlen(type));
	kan_put_le64(d + DESCRIPTOR_NEXT, next);
	kan_put_le64(d + DESCRIPTOR_SIZE, size);
	kan_put_le32(d + DESCRIPTOR_CHECKSUM, libdeflate_adler32(1, d, DESCRIPTOR_CHECKSUM));
	kan_buf_add(out, d, sizeof(d));
}

void kan_e01_put_descriptor(struct kan_buf *out, uint64_t start, const char *type, uint64_t len)
{
	uint64_t size = KAN_EWF_DESCRIPTOR_LEN + len;

	put_raw_descriptor(out, type, start + out->len + size, size);
}

void kan_e01_put_section(struct kan_buf *out, uint64_t start, const char *type, const void *data,
                         size_t len)
{
	kan_e01_put_descriptor(out, start, type, len);
	kan_buf_add(out, data, len);
}

/* The last section of a file points to itself and has no size. */
void kan_e01_put_last(struct kan_buf *out, uint64_t start, const char *type)
{
	put_raw_descriptor(out, type, start + out->len, 0);
}

void kan_e01_put_tables(struct kan_buf *out, uint64_t start, uint64_t base, const uint8_t *entries,
                        uint32_t n)
{
	static const char *const types[] = { "table", "table2" };
	uint8_t head[KAN_EWF_TABLE_HEADER_LEN] = { 0 }, sum[4];
	size_t len = (size_t)n * ENTRY_LEN;

	kan_put_le32(head + TABLE_COUNT, n);
	kan_put_le64(head + TABLE_BASE, base);
	kan_put_le32(head + TABLE_CHECKSUM, libdeflate_adler32(1, head, TABLE_CHECKSUM));
	kan_put_le32(sum, libdeflate_adler32(1, entries, len));
	for (size_t i = 0; i < 2; i++) {
		kan_e01_put_descriptor(out, start, types[i], sizeof(head) + len + sizeof(sum));
		kan_buf_add(out, head, sizeof(head));
		kan_buf_add(out, entries, len);
		kan_buf_add(out, sum, sizeof(sum));
	}
}
