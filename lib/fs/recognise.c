/* SPDX-License-Identifier: MIT */
/*
 * recognise.c - volumes that Sleuth Kit does not read, told by their signatures
 *
 * Most are rows of the table in signatures.c; those that stand at more than one
 * place, or at the end of the volume, have functions here.
 */
#include "fs/recognise.h"

#include "core/bytes.h"
#include "fs/proto.h"
#include "fs/signatures.h"
#include "fs/ufs.h"
#include "fs/yaffs.h"

#include <string.h>

static void take_id(const struct kan_place *p, const struct kan_signature *s,
                    struct kan_recognised *out)
{
	uint8_t raw[36];

	if (s->id_len == 0 || !kan_place_read(p, s->id_at, raw, s->id_len))
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

static void take_label(const struct kan_place *p, const struct kan_signature *s,
                       struct kan_recognised *out)
{
	uint8_t raw[128] = { 0 };

	if (s->label_len > 0 && kan_place_read(p, s->label_at, raw, s->label_len))
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
static bool find_lvm(const struct kan_place *p, struct kan_recognised *out)
{
	for (uint32_t at = 0; at < 4 * 512; at += 512) {
		uint8_t raw[4];

		if (!kan_place_has(p, at, "LABELONE", 8) ||
		    !kan_place_has(p, at + 24, "LVM2 001", 8))
			continue;
		set(out, "lvm2", "LVM2 physical volume", KAN_FS_CONTAINER, at);
		if (kan_place_read(p, at + 20, raw, 4) && kan_le32(raw) <= 512 - 32)
			(void)kan_place_read(p, at + kan_le32(raw), (uint8_t *)out->id, 32);
		for (size_t i = 0; i < 32; i++)
			if (out->id[i] < 0x21 || out->id[i] > 0x7e)
				out->id[i] = '\0';
		return true;
	}
	return false;
}

/* Swap: the signature ends the first page, whatever the page size of the machine was. */
static bool find_swap(const struct kan_place *p, struct kan_recognised *out)
{
	static const uint32_t pages[] = { 4096, 8192, 16384, 32768, 65536 };
	static const char *const marks[] = { "SWAPSPACE2", "SWAP-SPACE", "S1SUSPEND\0",
		                             "S2SUSPEND\0", "ULSUSPEND\0" };

	for (size_t i = 0; i < sizeof(pages) / sizeof(pages[0]); i++)
		for (size_t m = 0; m < sizeof(marks) / sizeof(marks[0]); m++) {
			uint8_t raw[16];

			if (!kan_place_has(p, pages[i] - 10, marks[m], 10))
				continue;
			set(out, "swap", m < 2 ? "swap" : "swap that holds a hibernated system",
			    KAN_FS_SWAP, pages[i] - 10);
			if (m == 0 && kan_place_read(p, 1036, raw, 16))
				kan_hash_hex(out->id, raw, 16);
			if (m == 0)
				(void)kan_place_read(p, 1052, (uint8_t *)out->label, 16);
			return true;
		}
	return false;
}

/* Linux RAID with its superblock at the end: 1.0, and 0.90 in either byte order. */
static bool find_md_end(const struct kan_place *p, struct kan_recognised *out)
{
	uint64_t at = (p->length & ~(uint64_t)511) - 8192;

	if (p->length < 128u << 10)
		return false;
	at &= ~(uint64_t)4095;
	if (kan_place_has(p, at, "\xfc\x4e\x2b\xa9\1\0\0\0", 8)) {
		set(out, "mdraid", "Linux RAID 1.0", KAN_FS_CONTAINER, at);
		return true;
	}
	at = (p->length & ~(uint64_t)65535) - 65536;
	if (kan_place_has(p, at, "\xfc\x4e\x2b\xa9\0\0\0\0", 8) ||
	    kan_place_has(p, at, "\xa9\x2b\x4e\xfc\0\0\0\0", 8)) {
		set(out, "mdraid", "Linux RAID 0.90", KAN_FS_CONTAINER, at);
		return true;
	}
	return false;
}

/* ZFS: 128 uberblocks of 1 KiB from 128 KiB in the first label; two must be there. */
static bool find_zfs(const struct kan_place *p, struct kan_recognised *out)
{
	size_t n = 0;

	for (uint64_t at = 128u << 10; at < 256u << 10; at += 1024)
		n += kan_place_has(p, at, "\x0c\xb1\xba\0\0\0\0\0", 8) ||
		     kan_place_has(p, at, "\0\0\0\0\0\xba\xb1\x0c", 8);
	if (n < 2)
		return false;
	set(out, "zfs", "ZFS", KAN_FS_UNSUPPORTED, 128u << 10);
	return true;
}

/* UDF: a sequence of volume structure descriptors of 2 KiB from 32 KiB (ECMA-167, 2/8). */
static bool find_udf(const struct kan_place *p, struct kan_recognised *out)
{
	for (uint64_t at = 32768; at < 32768 + 16 * 2048; at += 2048)
		if (kan_place_has(p, at, "\0NSR02\1", 7) || kan_place_has(p, at, "\0NSR03\1", 7)) {
			set(out, "udf", "UDF", KAN_FS_UNSUPPORTED, at);
			return true;
		}
	return false;
}

static bool find_ufs(const struct kan_place *p, struct kan_recognised *out)
{
	struct kan_ufs ufs;

	if (!kan_ufs_find(&ufs, p))
		return false;
	set(out, ufs.version == 2 ? "ufs2" : "ufs1", ufs.version == 2 ? "UFS2" : "UFS1",
	    KAN_FS_READABLE, ufs.super_at);
	kan_fs_set_text(out->label, sizeof(out->label), ufs.label);
	return true;
}

static bool find_yaffs(const struct kan_place *p, struct kan_recognised *out)
{
	struct kan_yaffs y;

	if (!kan_yaffs_find(&y, p))
		return false;
	/* Sleuth Kit reads the order of small machines only. */
	set(out, "yaffs2", y.big_endian ? "YAFFS2, big-endian" : "YAFFS2",
	    y.big_endian ? KAN_FS_UNSUPPORTED : KAN_FS_READABLE, 0);
	return true;
}

static bool find_signature(const struct kan_place *p, struct kan_recognised *out)
{
	for (size_t i = 0; i < kan_nsignatures; i++) {
		const struct kan_signature *s = &kan_signatures[i];

		if (!kan_place_has(p, s->at, s->magic, s->magic_len) || (s->check && !s->check(p)))
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
	struct kan_place p = { src, offset, length, findings };

	return find_signature(&p, out) || find_ufs(&p, out) || find_lvm(&p, out) ||
	       find_swap(&p, out) || find_udf(&p, out) || find_md_end(&p, out) ||
	       find_zfs(&p, out) || find_yaffs(&p, out);
}
