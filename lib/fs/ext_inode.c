/* SPDX-License-Identifier: MIT */
/*
 * ext_inode.c - where ext2/3/4 keeps an inode, and the times in it
 *
 * Seconds are signed 32-bit; inodes of more than 128 bytes add two bits of epoch
 * and 30 bits of nanoseconds to each (Linux, Documentation/filesystems/ext4,
 * "Inode Timestamps").  Sleuth Kit reads the seconds unsigned and leaves the
 * epoch out, which moves years before 1970 and after 2106.
 */
#include "fs/ext_inode.h"

#include "core/bytes.h"

#include <string.h>

enum { SUPERBLOCK_AT = 1024, SUPERBLOCK_LEN = 264, MAGIC = 0xef53 };
enum { BIT64 = 0x80, META_BG = 0x10 };
enum { INODE_LEN = 160, OLD_INODE_LEN = 128, EXTRA_SIZE_AT = 128 };

static bool read_at(struct kan_source *src, uint64_t at, uint8_t *buf, size_t len)
{
	if (at > src->size || src->size - at < len)
		return false;
	return kan_source_read(src, at, buf, len, NULL, NULL) == KAN_OK;
}

void kan_ext_open(struct kan_ext *out, struct kan_source *src, uint64_t offset)
{
	uint8_t sb[SUPERBLOCK_LEN];
	struct kan_ext e = { .offset = offset };
	uint32_t incompat, shift, first;

	memset(out, 0, sizeof(*out));
	if (offset > src->size || !read_at(src, offset + SUPERBLOCK_AT, sb, sizeof(sb)) ||
	    kan_le16(sb + 56) != MAGIC)
		return;
	shift = kan_le32(sb + 24);
	first = kan_le32(sb + 20);
	incompat = kan_le32(sb + 96);
	e.ninodes = kan_le32(sb);
	e.inodes_per_group = kan_le32(sb + 40);
	e.inode_size = kan_le32(sb + 76) == 0 ? OLD_INODE_LEN : kan_le16(sb + 88);
	e.wide = (incompat & BIT64) != 0;
	e.descriptor_size = e.wide ? kan_le16(sb + 254) : 32;
	/* With META_BG the descriptors are spread out; Sleuth Kit does not read that either. */
	if (shift > 6 || (incompat & META_BG) || e.inodes_per_group == 0 || first > 1)
		return;
	if (e.inode_size < OLD_INODE_LEN || e.descriptor_size < (e.wide ? 64u : 32u))
		return;
	e.block_size = 1024u << shift;
	e.table = offset + (uint64_t)(first + 1) * e.block_size;
	*out = e;
}

/* Where inode @number is in the source. */
static bool locate(const struct kan_ext *e, struct kan_source *src, uint64_t number, uint64_t *at)
{
	uint64_t group, index, block, inside;
	uint8_t desc[64];

	if (number == 0 || number > e->ninodes)
		return false;
	group = (number - 1) / e->inodes_per_group;
	index = (number - 1) % e->inodes_per_group;
	if (!read_at(src, e->table + group * e->descriptor_size, desc, e->wide ? 64 : 32))
		return false;
	block = kan_le32(desc + 8);
	if (e->wide)
		block |= (uint64_t)kan_le32(desc + 40) << 32;
	inside = index * e->inode_size;
	return !__builtin_mul_overflow(block, (uint64_t)e->block_size, at) &&
	       !__builtin_add_overflow(*at, e->offset, at) &&
	       !__builtin_add_overflow(*at, inside, at);
}

/* Seconds at @pos; @extra is where epoch and nanoseconds are, 0 if nowhere. */
static struct kan_ext_time time_at(const uint8_t *raw, size_t room, size_t pos, size_t extra)
{
	struct kan_ext_time t = { .seconds = (int32_t)kan_le32(raw + pos), .stored = true };

	if (extra != 0 && extra + 4 <= room) {
		uint32_t more = kan_le32(raw + extra);

		t.seconds += (int64_t)(more & 3) << 32;
		t.nanos = more >> 2;
	}
	return t;
}

bool kan_ext_times(const struct kan_ext *e, struct kan_source *src, uint64_t number,
                   struct kan_ext_time out[KAN_FILE_NTIMES])
{
	uint8_t raw[INODE_LEN] = { 0 };
	size_t len = e->inode_size < INODE_LEN ? OLD_INODE_LEN : INODE_LEN;
	size_t room = OLD_INODE_LEN;
	uint64_t at;

	if (!locate(e, src, number, &at) || !read_at(src, at, raw, len))
		return false;
	memset(out, 0, KAN_FILE_NTIMES * sizeof(*out));
	/* i_extra_isize says how much of what follows is in use. */
	if (len == INODE_LEN && kan_le16(raw + EXTRA_SIZE_AT) <= e->inode_size - OLD_INODE_LEN)
		room += kan_le16(raw + EXTRA_SIZE_AT);
	if (room > len)
		room = len;
	out[KAN_TIME_ACCESSED] = time_at(raw, room, 8, 140);
	out[KAN_TIME_CHANGED] = time_at(raw, room, 12, 132);
	out[KAN_TIME_MODIFIED] = time_at(raw, room, 16, 136);
	out[KAN_TIME_DELETED] = time_at(raw, room, 20, 0);
	if (room >= 148)
		out[KAN_TIME_CREATED] = time_at(raw, room, 144, 148);
	return true;
}
