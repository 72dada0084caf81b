/* SPDX-License-Identifier: MIT */
/*
 * recognise.c - volumes that Sleuth Kit does not read, told by their signatures
 *
 * One table: a signature at a place, where the identifier and the label stand,
 * and for the few that need it a further check, because four bytes alone are met
 * by chance.  Places are from the start of the volume; superblocks that stand at
 * its end have functions of their own.  Sources are the headers of the Linux
 * kernel and the published formats named at each group.
 */
#include "fs/recognise.h"

#include "core/bytes.h"
#include "fs/proto.h"

#include <string.h>

struct place {
	struct kan_source *src;
	uint64_t offset;
	uint64_t length;
	struct kan_findings *findings;
};

struct signature {
	const char *type;
	const char *people;
	enum kan_fs_state state;
	bool first;
	uint32_t at;
	uint8_t magic[16];
	uint8_t magic_len;
	uint32_t id_at;    /* 0: none */
	uint8_t id_len;    /* bytes of a binary identifier; 36: it is text */
	uint32_t label_at; /* 0: none */
	uint8_t label_len;
	bool (*check)(const struct place *p);
};

static bool peek(const struct place *p, uint64_t at, uint8_t *buf, size_t len)
{
	uint64_t offset;

	if (at > p->length || p->length - at < len ||
	    __builtin_add_overflow(p->offset, at, &offset))
		return false;
	if (offset > p->src->size || p->src->size - offset < len)
		return false;
	return kan_source_read(p->src, offset, buf, len, p->findings, NULL) == KAN_OK;
}

static bool has(const struct place *p, uint64_t at, const void *magic, size_t len)
{
	uint8_t raw[32];

	return len <= sizeof(raw) && peek(p, at, raw, len) && memcmp(raw, magic, len) == 0;
}

static bool is_luks1(const struct place *p)
{
	return has(p, 6, "\0\1", 2);
}

static bool is_luks2(const struct place *p)
{
	return has(p, 6, "\0\2", 2);
}

/* A Core Storage physical volume header: version 1, block type 0x10. */
static bool is_core_storage(const struct place *p)
{
	return has(p, 8, "\1\0\x10\0", 4);
}

static bool is_squashfs(const struct place *p)
{
	return has(p, 28, "\4\0", 2);
}

static bool is_md_1(const struct place *p)
{
	return has(p, 4, "\1\0\0\0", 4);
}

static bool is_md_12(const struct place *p)
{
	return has(p, 4096 + 4, "\1\0\0\0", 4);
}

/* The BPB of a file system and not the code of a boot manager: 512-4096 bytes a sector. */
static bool is_boot_sector(const struct place *p)
{
	uint8_t raw[2];
	unsigned n;

	if (!peek(p, 11, raw, 2) || !has(p, 510, "\x55\xaa", 2))
		return false;
	n = kan_le16(raw);
	return n == 512 || n == 1024 || n == 2048 || n == 4096;
}

static bool is_exfat(const struct place *p)
{
	return has(p, 510, "\x55\xaa", 2);
}

/* State 1 or 2 (clean, with errors), and a block size that exists. */
static bool is_ext(const struct place *p)
{
	uint8_t raw[4];

	return peek(p, 1024 + 24, raw, 4) && kan_le32(raw) <= 6 && peek(p, 1024 + 76, raw, 4) &&
	       kan_le32(raw) <= 1;
}

static const struct signature signatures[] = {
	/* Encryption: what else is found beside these is a cover. */
	{ .type = "bitlocker", .people = "BitLocker", .state = KAN_FS_ENCRYPTED, .first = true, .at = 3, .magic = "-FVE-FS-", .magic_len = 8 },
	{ .type = "bitlocker", .people = "BitLocker To Go", .state = KAN_FS_ENCRYPTED, .first = true, .at = 424, .magic = "\x3b\xd6\x67\x49\x29\x2e\xd8\x4a\x83\x99\xf6\xa3\x39\xe3\xd0\x01", .magic_len = 16 },
	{ .type = "luks1", .people = "LUKS version 1", .state = KAN_FS_ENCRYPTED, .first = true, .at = 0, .magic = "LUKS\xba\xbe", .magic_len = 6, .id_at = 168, .id_len = 36, .check = is_luks1 },
	{ .type = "luks2", .people = "LUKS version 2", .state = KAN_FS_ENCRYPTED, .first = true, .at = 0, .magic = "LUKS\xba\xbe", .magic_len = 6, .id_at = 168, .id_len = 36, .label_at = 24, .label_len = 48, .check = is_luks2 },
	{ .type = "luks2", .people = "LUKS version 2 (second header)", .state = KAN_FS_ENCRYPTED, .first = true, .at = 16384, .magic = "SKUL\xba\xbe", .magic_len = 6, .id_at = 16384 + 168, .id_len = 36, .label_at = 16384 + 24, .label_len = 48 },
	{ .type = "corestorage", .people = "Core Storage (FileVault 2)", .state = KAN_FS_ENCRYPTED, .first = true, .at = 88, .magic = "CS", .magic_len = 2, .id_at = 304, .id_len = 16, .check = is_core_storage },
	/* Containers of volumes. */
	{ .type = "mdraid", .people = "Linux RAID 1.1", .state = KAN_FS_CONTAINER, .at = 0, .magic = "\xfc\x4e\x2b\xa9", .magic_len = 4, .id_at = 16, .id_len = 16, .label_at = 32, .label_len = 32, .check = is_md_1 },
	{ .type = "mdraid", .people = "Linux RAID 1.2", .state = KAN_FS_CONTAINER, .at = 4096, .magic = "\xfc\x4e\x2b\xa9", .magic_len = 4, .id_at = 4096 + 16, .id_len = 16, .label_at = 4096 + 32, .label_len = 32, .check = is_md_12 },
	/* File systems. */
	{ .type = "btrfs", .people = "Btrfs", .state = KAN_FS_UNSUPPORTED, .at = 65536 + 64, .magic = "_BHRfS_M", .magic_len = 8, .id_at = 65536 + 32, .id_len = 16, .label_at = 65536 + 299, .label_len = 127 },
	{ .type = "xfs", .people = "XFS", .state = KAN_FS_UNSUPPORTED, .at = 0, .magic = "XFSB", .magic_len = 4, .id_at = 32, .id_len = 16, .label_at = 108, .label_len = 12 },
	{ .type = "refs", .people = "ReFS", .state = KAN_FS_UNSUPPORTED, .at = 3, .magic = "ReFS\0\0\0\0", .magic_len = 8 },
	{ .type = "f2fs", .people = "F2FS", .state = KAN_FS_UNSUPPORTED, .at = 1024, .magic = "\x10\x20\xf5\xf2", .magic_len = 4, .id_at = 1024 + 108, .id_len = 16 },
	{ .type = "jfs", .people = "JFS", .state = KAN_FS_UNSUPPORTED, .at = 32768, .magic = "JFS1", .magic_len = 4, .id_at = 32768 + 136, .id_len = 16, .label_at = 32768 + 152, .label_len = 16 },
	{ .type = "reiserfs", .people = "ReiserFS 3.5", .state = KAN_FS_UNSUPPORTED, .at = 65536 + 52, .magic = "ReIsErFs", .magic_len = 8 },
	{ .type = "reiserfs", .people = "ReiserFS 3.6", .state = KAN_FS_UNSUPPORTED, .at = 65536 + 52, .magic = "ReIsEr2Fs", .magic_len = 9, .id_at = 65536 + 84, .id_len = 16, .label_at = 65536 + 100, .label_len = 16 },
	{ .type = "reiserfs", .people = "ReiserFS with its own journal", .state = KAN_FS_UNSUPPORTED, .at = 65536 + 52, .magic = "ReIsEr3Fs", .magic_len = 9, .id_at = 65536 + 84, .id_len = 16, .label_at = 65536 + 100, .label_len = 16 },
	{ .type = "reiser4", .people = "Reiser4", .state = KAN_FS_UNSUPPORTED, .at = 65536, .magic = "ReIsEr4", .magic_len = 7 },
	{ .type = "squashfs", .people = "SquashFS", .state = KAN_FS_UNSUPPORTED, .at = 0, .magic = "hsqs", .magic_len = 4, .check = is_squashfs },
	{ .type = "erofs", .people = "EROFS", .state = KAN_FS_UNSUPPORTED, .at = 1024, .magic = "\xe2\xe1\xf5\xe0", .magic_len = 4, .id_at = 1024 + 48, .id_len = 16, .label_at = 1024 + 64, .label_len = 16 },
	{ .type = "gfs2", .people = "GFS2", .state = KAN_FS_UNSUPPORTED, .at = 65536, .magic = "\x01\x16\x19\x70\0\0\0\1", .magic_len = 8 },
	{ .type = "ocfs2", .people = "OCFS2", .state = KAN_FS_UNSUPPORTED, .at = 8192, .magic = "OCFSV2", .magic_len = 6 },
	{ .type = "vmfs", .people = "VMFS", .state = KAN_FS_UNSUPPORTED, .at = 0x100000, .magic = "\x0d\xd0\x01\xc0", .magic_len = 4 },
	/* What Sleuth Kit reads: a hint for it, and a name if it does not. */
	{ .type = "apfs", .people = "APFS", .state = KAN_FS_READABLE, .at = 32, .magic = "NXSB", .magic_len = 4, .id_at = 72, .id_len = 16 },
	{ .type = "ntfs", .people = "NTFS", .state = KAN_FS_READABLE, .at = 3, .magic = "NTFS    ", .magic_len = 8, .check = is_boot_sector },
	{ .type = "exfat", .people = "exFAT", .state = KAN_FS_READABLE, .at = 3, .magic = "EXFAT   ", .magic_len = 8, .check = is_exfat },
	{ .type = "fat32", .people = "FAT32", .state = KAN_FS_READABLE, .at = 82, .magic = "FAT32   ", .magic_len = 8, .check = is_boot_sector },
	{ .type = "fat16", .people = "FAT16", .state = KAN_FS_READABLE, .at = 54, .magic = "FAT16   ", .magic_len = 8, .check = is_boot_sector },
	{ .type = "fat12", .people = "FAT12", .state = KAN_FS_READABLE, .at = 54, .magic = "FAT12   ", .magic_len = 8, .check = is_boot_sector },
	{ .type = "ext4", .people = "ext2, ext3 or ext4", .state = KAN_FS_READABLE, .at = 1024 + 56, .magic = "\x53\xef", .magic_len = 2, .id_at = 1024 + 104, .id_len = 16, .label_at = 1024 + 120, .label_len = 16, .check = is_ext },
	{ .type = "hfs+", .people = "HFS+", .state = KAN_FS_READABLE, .at = 1024, .magic = "H+\0\4", .magic_len = 4 },
	{ .type = "hfs+", .people = "HFSX", .state = KAN_FS_READABLE, .at = 1024, .magic = "HX\0\5", .magic_len = 4 },
	{ .type = "iso9660", .people = "ISO 9660", .state = KAN_FS_READABLE, .at = 32768, .magic = "\1CD001\1", .magic_len = 7 },
};

static void take_id(const struct place *p, const struct signature *s, struct kan_recognised *out)
{
	uint8_t raw[36];

	if (s->id_len == 0 || !peek(p, s->id_at, raw, s->id_len))
		return;
	if (s->id_len < 36) {
		kan_hash_hex(out->id, raw, s->id_len);
		return;
	}
	/* As text: keep the hexadecimal digits. */
	for (size_t i = 0, n = 0; i < 36 && raw[i] != 0; i++)
		if (strchr("0123456789abcdef", raw[i]) && n < 32) {
			out->id[n++] = (char)raw[i];
			out->id[n] = '\0';
		}
}

static void take_label(const struct place *p, const struct signature *s,
                       struct kan_recognised *out)
{
	uint8_t raw[128] = { 0 };

	if (s->label_len > 0 && peek(p, s->label_at, raw, s->label_len))
		kan_fs_set_text(out->label, sizeof(out->label), (const char *)raw);
}

static void set(struct kan_recognised *out, const char *type, const char *people,
                enum kan_fs_state state, uint64_t at)
{
	*out = (struct kan_recognised){
		.type = type,
		.label_for_people = people,
		.state = state,
		.found_at = at,
	};
}

/* LVM2: a label in one of the first four sectors, then the identifier of the volume. */
static bool find_lvm(const struct place *p, struct kan_recognised *out)
{
	for (uint32_t at = 0; at < 4 * 512; at += 512) {
		uint8_t raw[4];

		if (!has(p, at, "LABELONE", 8) || !has(p, at + 24, "LVM2 001", 8))
			continue;
		set(out, "lvm2", "LVM2 physical volume", KAN_FS_CONTAINER, at);
		if (peek(p, at + 20, raw, 4) && kan_le32(raw) <= 512 - 32)
			(void)peek(p, at + kan_le32(raw), (uint8_t *)out->id, 32);
		for (size_t i = 0; i < 32; i++)
			if (out->id[i] < 0x21 || out->id[i] > 0x7e)
				out->id[i] = '\0';
		return true;
	}
	return false;
}

/* Swap: the signature ends the first page, whatever the page size of the machine was. */
static bool find_swap(const struct place *p, struct kan_recognised *out)
{
	static const uint32_t pages[] = { 4096, 8192, 16384, 32768, 65536 };
	static const char *const marks[] = { "SWAPSPACE2", "SWAP-SPACE", "S1SUSPEND\0", "S2SUSPEND\0",
		                             "ULSUSPEND\0" };

	for (size_t i = 0; i < sizeof(pages) / sizeof(pages[0]); i++)
		for (size_t m = 0; m < sizeof(marks) / sizeof(marks[0]); m++) {
			uint8_t raw[16];

			if (!has(p, pages[i] - 10, marks[m], 10))
				continue;
			set(out, "swap", m < 2 ? "swap" : "swap that holds a hibernated system",
			    KAN_FS_SWAP, pages[i] - 10);
			if (m == 0 && peek(p, 1036, raw, 16))
				kan_hash_hex(out->id, raw, 16);
			if (m == 0)
				(void)peek(p, 1052, (uint8_t *)out->label, 16);
			return true;
		}
	return false;
}

/* Linux RAID with its superblock at the end: 1.0, and 0.90 in either byte order. */
static bool find_md_end(const struct place *p, struct kan_recognised *out)
{
	uint64_t at = (p->length & ~(uint64_t)511) - 8192;

	if (p->length < 128u << 10)
		return false;
	at &= ~(uint64_t)4095;
	if (has(p, at, "\xfc\x4e\x2b\xa9\1\0\0\0", 8)) {
		set(out, "mdraid", "Linux RAID 1.0", KAN_FS_CONTAINER, at);
		return true;
	}
	at = (p->length & ~(uint64_t)65535) - 65536;
	if (has(p, at, "\xfc\x4e\x2b\xa9\0\0\0\0", 8) || has(p, at, "\xa9\x2b\x4e\xfc\0\0\0\0", 8)) {
		set(out, "mdraid", "Linux RAID 0.90", KAN_FS_CONTAINER, at);
		return true;
	}
	return false;
}

/* ZFS: 128 uberblocks of 1 KiB from 128 KiB in the first label; two must be there. */
static bool find_zfs(const struct place *p, struct kan_recognised *out)
{
	size_t n = 0;

	for (uint64_t at = 128u << 10; at < 256u << 10; at += 1024)
		n += has(p, at, "\x0c\xb1\xba\0\0\0\0\0", 8) ||
		     has(p, at, "\0\0\0\0\0\xba\xb1\x0c", 8);
	if (n < 2)
		return false;
	set(out, "zfs", "ZFS", KAN_FS_UNSUPPORTED, 128u << 10);
	return true;
}

/* UDF: a sequence of volume structure descriptors of 2 KiB from 32 KiB (ECMA-167, 2/8). */
static bool find_udf(const struct place *p, struct kan_recognised *out)
{
	for (uint64_t at = 32768; at < 32768 + 16 * 2048; at += 2048)
		if (has(p, at, "\0NSR02\1", 7) || has(p, at, "\0NSR03\1", 7)) {
			set(out, "udf", "UDF", KAN_FS_UNSUPPORTED, at);
			return true;
		}
	return false;
}

static bool find_signature(const struct place *p, struct kan_recognised *out)
{
	for (size_t i = 0; i < sizeof(signatures) / sizeof(signatures[0]); i++) {
		const struct signature *s = &signatures[i];

		if (!has(p, s->at, s->magic, s->magic_len) || (s->check && !s->check(p)))
			continue;
		set(out, s->type, s->people, s->state, s->at);
		out->certain_first = s->first;
		take_id(p, s, out);
		take_label(p, s, out);
		return true;
	}
	return false;
}

bool kan_recognise(struct kan_recognised *out, struct kan_source *src, uint64_t offset,
                   uint64_t length, struct kan_findings *findings)
{
	struct place p = { src, offset, length, findings };

	return find_signature(&p, out) || find_lvm(&p, out) || find_swap(&p, out) ||
	       find_udf(&p, out) || find_md_end(&p, out) || find_zfs(&p, out);
}

/* ---- texture --------------------------------------------------------------- */

enum { SAMPLES = 32, SAMPLE_LEN = 4096 };

/*
 * Chi-square of the byte counts against a flat distribution, 255 degrees of
 * freedom: 255 on average, standard deviation 22.6.  Text, code and most
 * compressed data are far above; a constant is higher still.
 */
static bool is_flat(const uint32_t *count, uint64_t n, uint64_t most)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < 256; i++)
		sum += (uint64_t)count[i] * count[i];
	return sum * 256 / n - n <= most;
}

enum kan_texture kan_texture_of(struct kan_source *src, uint64_t offset, uint64_t length)
{
	struct place p = { src, offset, length, NULL };
	uint32_t all[256] = { 0 };
	uint64_t n = 0;
	bool constant = true, random = true;

	for (uint64_t i = 0; i < SAMPLES; i++) {
		uint64_t at = length < SAMPLE_LEN ? 0 : (length - SAMPLE_LEN) / (SAMPLES - 1) * i;
		uint32_t count[256] = { 0 };
		uint8_t raw[SAMPLE_LEN];

		if (!peek(&p, at, raw, sizeof(raw)))
			return KAN_TEXTURE_OTHER;
		for (size_t k = 0; k < sizeof(raw); k++) {
			count[raw[k]]++;
			all[raw[k]]++;
		}
		n += sizeof(raw);
		constant = constant && count[raw[0]] == sizeof(raw);
		random = random && is_flat(count, sizeof(raw), 400);
	}
	if (constant)
		return KAN_TEXTURE_EMPTY;
	return random && is_flat(all, n, 360) ? KAN_TEXTURE_RANDOM : KAN_TEXTURE_OTHER;
}
