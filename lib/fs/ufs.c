/* SPDX-License-Identifier: MIT */
/*
 * ufs.c - where the superblock of a UFS is
 *
 * From sys/ufs/ffs/fs.h of BSD: it can lie at four places and says itself at which
 * (fs_sblockloc, UFS2 only).  A copy that stands elsewhere does not count, and
 * neither does the old superblock of a UFS1 that was turned into a UFS2.
 */
#include "fs/ufs.h"

#include "core/bytes.h"

#include <string.h>

/* In the order in which BSD looks. */
static const uint32_t places[] = { KAN_UFS2_SUPER_AT, 8192, 0, 262144 };

enum { BLOCK_AT = 48, FRAGMENT_AT = 52, LABEL_AT = 680, LABEL_LEN = 32, PLACE_AT = 1000 };
enum { MAGIC_AT = 1372 };

static const uint32_t magic_1 = 0x00011954;
static const uint32_t magic_2 = 0x19540119;

static uint32_t u32(const uint8_t *p, bool big)
{
	return big ? kan_be32(p) : kan_le32(p);
}

static uint64_t u64(const uint8_t *p, bool big)
{
	return big ? kan_be64(p) : kan_le64(p);
}

static bool has_sane_sizes(const uint8_t *super, bool big)
{
	uint32_t block = u32(super + BLOCK_AT, big), fragment = u32(super + FRAGMENT_AT, big);

	return block >= 4096 && block <= 65536 && (block & (block - 1)) == 0 && fragment >= 512 &&
	       fragment <= block && (fragment & (fragment - 1)) == 0;
}

static bool is_super(struct kan_ufs *out, const uint8_t *super, uint32_t at, bool big)
{
	uint32_t magic = u32(super + MAGIC_AT, big);

	if ((magic != magic_1 && magic != magic_2) || !has_sane_sizes(super, big))
		return false;
	/* Of UFS1 Sleuth Kit reads the usual place only. */
	if (magic == magic_1 ? at != 8192 : u64(super + PLACE_AT, big) != at)
		return false;
	*out = (struct kan_ufs){
		.version = magic == magic_1 ? 1 : 2,
		.super_at = at,
		.big_endian = big,
	};
	if (magic == magic_2)
		memcpy(out->label, super + LABEL_AT, LABEL_LEN);
	return true;
}

bool kan_ufs_find(struct kan_ufs *out, const struct kan_place *p)
{
	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		uint8_t super[KAN_UFS_SUPER_LEN];

		if (kan_place_read(p, places[i], super, sizeof(super)) &&
		    (is_super(out, super, places[i], false) ||
		     is_super(out, super, places[i], true)))
			return true;
	}
	return false;
}
