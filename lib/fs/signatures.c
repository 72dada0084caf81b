/* SPDX-License-Identifier: MIT */
/*
 * signatures.c - the table of signatures
 *
 * A signature at a place, where the identifier and the label stand, and for the
 * few that need it a further check, because four bytes alone are met by chance.
 * Places are from the start of the volume.  Sources are the headers of the Linux
 * kernel, libbde, libfvde and the on-disk descriptions of each format.
 */
#include "core/bytes.h"
#include "fs/signatures.h"

#include <string.h>

static bool is_luks1(const struct kan_place *p)
{
	return kan_place_has(p, 6, "\0\1", 2);
}

static bool is_luks2(const struct kan_place *p)
{
	return kan_place_has(p, 6, "\0\2", 2);
}

/* A Core Storage physical volume header: version 1, block type 0x10. */
static bool is_core_storage(const struct kan_place *p)
{
	return kan_place_has(p, 8, "\1\0\x10\0", 4);
}

static bool is_squashfs(const struct kan_place *p)
{
	return kan_place_has(p, 28, "\4\0", 2);
}

static bool is_md_1(const struct kan_place *p)
{
	return kan_place_has(p, 4, "\1\0\0\0", 4);
}

static bool is_md_12(const struct kan_place *p)
{
	return kan_place_has(p, 4096 + 4, "\1\0\0\0", 4);
}

/* The BPB of a file system and not the code of a boot manager: 512-4096 bytes a sector. */
static bool is_boot_sector(const struct kan_place *p)
{
	uint8_t raw[2];
	unsigned n;

	if (!kan_place_read(p, 11, raw, 2) || !kan_place_has(p, 510, "\x55\xaa", 2))
		return false;
	n = kan_le16(raw);
	return n == 512 || n == 1024 || n == 2048 || n == 4096;
}

static bool is_exfat(const struct kan_place *p)
{
	return kan_place_has(p, 510, "\x55\xaa", 2);
}

/* State 1 or 2 (clean, with errors), and a block size that exists. */
static bool is_ext(const struct kan_place *p)
{
	uint8_t raw[4];

	return kan_place_read(p, 1024 + 24, raw, 4) && kan_le32(raw) <= 6 &&
	       kan_place_read(p, 1024 + 76, raw, 4) && kan_le32(raw) <= 1;
}

const struct kan_signature kan_signatures[] = {
	/* Encryption: what else is found beside these is a cover. */
	{ .type = "bitlocker",
	  .people = "BitLocker",
	  .state = KAN_FS_ENCRYPTED,
	  .first = true,
	  .at = 3,
	  .magic = "-FVE-FS-",
	  .magic_len = 8 },
	{ .type = "bitlocker",
	  .people = "BitLocker To Go",
	  .state = KAN_FS_ENCRYPTED,
	  .first = true,
	  .at = 424,
	  .magic = "\x3b\xd6\x67\x49\x29\x2e\xd8\x4a\x83\x99\xf6\xa3\x39\xe3\xd0\x01",
	  .magic_len = 16 },
	{ .type = "luks1",
	  .people = "LUKS version 1",
	  .state = KAN_FS_ENCRYPTED,
	  .first = true,
	  .at = 0,
	  .magic = "LUKS\xba\xbe",
	  .magic_len = 6,
	  .id_at = 168,
	  .id_len = 36,
	  .check = is_luks1 },
	{ .type = "luks2",
	  .people = "LUKS version 2",
	  .state = KAN_FS_ENCRYPTED,
	  .first = true,
	  .at = 0,
	  .magic = "LUKS\xba\xbe",
	  .magic_len = 6,
	  .id_at = 168,
	  .id_len = 36,
	  .label_at = 24,
	  .label_len = 48,
	  .check = is_luks2 },
	{ .type = "luks2",
	  .people = "LUKS version 2 (second header)",
	  .state = KAN_FS_ENCRYPTED,
	  .first = true,
	  .at = 16384,
	  .magic = "SKUL\xba\xbe",
	  .magic_len = 6,
	  .id_at = 16384 + 168,
	  .id_len = 36,
	  .label_at = 16384 + 24,
	  .label_len = 48 },
	{ .type = "corestorage",
	  .people = "Core Storage (FileVault 2)",
	  .state = KAN_FS_ENCRYPTED,
	  .first = true,
	  .at = 88,
	  .magic = "CS",
	  .magic_len = 2,
	  .id_at = 304,
	  .id_len = 16,
	  .check = is_core_storage },
	/* Containers of volumes. */
	{ .type = "mdraid",
	  .people = "Linux RAID 1.1",
	  .state = KAN_FS_CONTAINER,
	  .at = 0,
	  .magic = "\xfc\x4e\x2b\xa9",
	  .magic_len = 4,
	  .id_at = 16,
	  .id_len = 16,
	  .label_at = 32,
	  .label_len = 32,
	  .check = is_md_1 },
	{ .type = "mdraid",
	  .people = "Linux RAID 1.2",
	  .state = KAN_FS_CONTAINER,
	  .at = 4096,
	  .magic = "\xfc\x4e\x2b\xa9",
	  .magic_len = 4,
	  .id_at = 4096 + 16,
	  .id_len = 16,
	  .label_at = 4096 + 32,
	  .label_len = 32,
	  .check = is_md_12 },
	/* File systems. */
	{ .type = "btrfs",
	  .people = "Btrfs",
	  .state = KAN_FS_UNSUPPORTED,
	  .at = 65536 + 64,
	  .magic = "_BHRfS_M",
	  .magic_len = 8,
	  .id_at = 65536 + 32,
	  .id_len = 16,
	  .label_at = 65536 + 299,
	  .label_len = 127 },
	{ .type = "xfs",
	  .people = "XFS",
	  .state = KAN_FS_UNSUPPORTED,
	  .at = 0,
	  .magic = "XFSB",
	  .magic_len = 4,
	  .id_at = 32,
	  .id_len = 16,
	  .label_at = 108,
	  .label_len = 12 },
	{ .type = "refs",
	  .people = "ReFS",
	  .state = KAN_FS_UNSUPPORTED,
	  .at = 3,
	  .magic = "ReFS\0\0\0\0",
	  .magic_len = 8 },
	{ .type = "f2fs",
	  .people = "F2FS",
	  .state = KAN_FS_UNSUPPORTED,
	  .at = 1024,
	  .magic = "\x10\x20\xf5\xf2",
	  .magic_len = 4,
	  .id_at = 1024 + 108,
	  .id_len = 16 },
	{ .type = "jfs",
	  .people = "JFS",
	  .state = KAN_FS_UNSUPPORTED,
	  .at = 32768,
	  .magic = "JFS1",
	  .magic_len = 4,
	  .id_at = 32768 + 136,
	  .id_len = 16,
	  .label_at = 32768 + 152,
	  .label_len = 16 },
	{ .type = "reiserfs",
	  .people = "ReiserFS 3.5",
	  .state = KAN_FS_UNSUPPORTED,
	  .at = 65536 + 52,
	  .magic = "ReIsErFs",
	  .magic_len = 8 },
	{ .type = "reiserfs",
	  .people = "ReiserFS 3.6",
	  .state = KAN_FS_UNSUPPORTED,
	  .at = 65536 + 52,
	  .magic = "ReIsEr2Fs",
	  .magic_len = 9,
	  .id_at = 65536 + 84,
	  .id_len = 16,
	  .label_at = 65536 + 100,
	  .label_len = 16 },
	{ .type = "reiserfs",
	  .people = "ReiserFS with its own journal",
	  .state = KAN_FS_UNSUPPORTED,
	  .at = 65536 + 52,
	  .magic = "ReIsEr3Fs",
	  .magic_len = 9,
	  .id_at = 65536 + 84,
	  .id_len = 16,
	  .label_at = 65536 + 100,
	  .label_len = 16 },
	{ .type = "reiser4",
	  .people = "Reiser4",
	  .state = KAN_FS_UNSUPPORTED,
	  .at = 65536,
	  .magic = "ReIsEr4",
	  .magic_len = 7 },
	{ .type = "squashfs",
	  .people = "SquashFS",
	  .state = KAN_FS_UNSUPPORTED,
	  .at = 0,
	  .magic = "hsqs",
	  .magic_len = 4,
	  .check = is_squashfs },
	{ .type = "erofs",
	  .people = "EROFS",
	  .state = KAN_FS_UNSUPPORTED,
	  .at = 1024,
	  .magic = "\xe2\xe1\xf5\xe0",
	  .magic_len = 4,
	  .id_at = 1024 + 48,
	  .id_len = 16,
	  .label_at = 1024 + 64,
	  .label_len = 16 },
	{ .type = "gfs2",
	  .people = "GFS2",
	  .state = KAN_FS_UNSUPPORTED,
	  .at = 65536,
	  .magic = "\x01\x16\x19\x70\0\0\0\1",
	  .magic_len = 8 },
	{ .type = "ocfs2",
	  .people = "OCFS2",
	  .state = KAN_FS_UNSUPPORTED,
	  .at = 8192,
	  .magic = "OCFSV2",
	  .magic_len = 6 },
	{ .type = "vmfs",
	  .people = "VMFS",
	  .state = KAN_FS_UNSUPPORTED,
	  .at = 0x100000,
	  .magic = "\x0d\xd0\x01\xc0",
	  .magic_len = 4 },
	/* What Sleuth Kit reads: a hint for it, and a name if it does not. */
	{ .type = "apfs",
	  .people = "APFS",
	  .state = KAN_FS_READABLE,
	  .at = 32,
	  .magic = "NXSB",
	  .magic_len = 4,
	  .id_at = 72,
	  .id_len = 16 },
	{ .type = "ntfs",
	  .people = "NTFS",
	  .state = KAN_FS_READABLE,
	  .at = 3,
	  .magic = "NTFS    ",
	  .magic_len = 8,
	  .check = is_boot_sector },
	{ .type = "exfat",
	  .people = "exFAT",
	  .state = KAN_FS_READABLE,
	  .at = 3,
	  .magic = "EXFAT   ",
	  .magic_len = 8,
	  .check = is_exfat },
	{ .type = "fat32",
	  .people = "FAT32",
	  .state = KAN_FS_READABLE,
	  .at = 82,
	  .magic = "FAT32   ",
	  .magic_len = 8,
	  .check = is_boot_sector },
	{ .type = "fat16",
	  .people = "FAT16",
	  .state = KAN_FS_READABLE,
	  .at = 54,
	  .magic = "FAT16   ",
	  .magic_len = 8,
	  .check = is_boot_sector },
	{ .type = "fat12",
	  .people = "FAT12",
	  .state = KAN_FS_READABLE,
	  .at = 54,
	  .magic = "FAT12   ",
	  .magic_len = 8,
	  .check = is_boot_sector },
	{ .type = "ext4",
	  .people = "ext2, ext3 or ext4",
	  .state = KAN_FS_READABLE,
	  .at = 1024 + 56,
	  .magic = "\x53\xef",
	  .magic_len = 2,
	  .id_at = 1024 + 104,
	  .id_len = 16,
	  .label_at = 1024 + 120,
	  .label_len = 16,
	  .check = is_ext },
	{ .type = "hfs+",
	  .people = "HFS+",
	  .state = KAN_FS_READABLE,
	  .at = 1024,
	  .magic = "H+\0\4",
	  .magic_len = 4 },
	{ .type = "hfs+",
	  .people = "HFSX",
	  .state = KAN_FS_READABLE,
	  .at = 1024,
	  .magic = "HX\0\5",
	  .magic_len = 4 },
	{ .type = "iso9660",
	  .people = "ISO 9660",
	  .state = KAN_FS_READABLE,
	  .at = 32768,
	  .magic = "\1CD001\1",
	  .magic_len = 7 },
};

const size_t kan_nsignatures = sizeof(kan_signatures) / sizeof(kan_signatures[0]);
