/* SPDX-License-Identifier: MIT */
/*
 * slot_label.c - the label of a BSD or of Solaris inside a slot of another table
 *
 * struct disklabel of 4.4BSD (sys/disklabel.h), in either byte order, and struct
 * dk_label of Solaris on x86 (sys/dklabel.h).  Sleuth Kit reads both; but labels of
 * a BSD count sectors from the start of the media or of the slot, as each system
 * liked it, and Sleuth Kit gives bare numbers and refuses those that are large.
 */
#include "fs/slot_label.h"

#include "core/bytes.h"
#include "fs/proto.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* disklabel: places, and an entry. */
enum { MAGIC_AT = 0, MAGIC2_AT = 132, COUNT_AT = 138, ENTRIES_AT = 148, ENTRY_LEN = 16 };
enum { SIZE_AT = 0, START_AT = 4, TYPE_AT = 12 };

/* dk_label: places, and an entry. */
enum { SANE_AT = 12, VTOC_COUNT_AT = 30, VTOC_ENTRIES_AT = 72, VTOC_ENTRY_LEN = 12 };
enum { VTOC_START_AT = 4, VTOC_SIZE_AT = 8, SUN_MAGIC_AT = 508 };

/* The entry that is the whole slice by custom, "c". */
enum { RAW_ENTRY = 2 };

/* Tag of Solaris for the whole slice. */
enum { SUN_BACKUP = 5 };

static const uint32_t bsd_magic = 0x82564557;
static const uint32_t sun_sane = 0x600ddeee;
static const uint16_t sun_magic = 0xdabe;

/* One entry as it stands in a label, in sectors. */
struct entry {
	uint32_t start, size, type;
};

struct reader {
	const uint8_t *p;
	bool big;
};

static uint32_t u32(const struct reader *r, size_t at)
{
	return r->big ? kan_be32(r->p + at) : kan_le32(r->p + at);
}

static uint16_t u16(const struct reader *r, size_t at)
{
	return r->big ? kan_be16(r->p + at) : kan_le16(r->p + at);
}

static const char *const bsd_types[] = {
	"unused",         "swap",   "Version 6", "Version 7", "System V", "4.1BSD",
	"Eighth Edition", "4.2BSD", "MS-DOS",    "4.4LFS",    "other",    "HPFS",
	"ISO 9660",       "boot",   "ADOS",      "HFS",       "ADFS",
};

static const char *const sun_types[] = {
	"unassigned",        "boot",    "/", "swap", "/usr", "backup", "stand", "/var", "/home",
	"alternate sectors", "cachefs",
};

#define NAME_OF(list, type) \
	((type) < sizeof(list) / sizeof((list)[0]) ? (list)[type] : "unknown type")

static void add_entry(struct kan_slot_label *out, const struct entry *e, uint64_t base,
                      uint32_t sector_size, const char *name, bool meta)
{
	struct kan_volume *v = &out->entries[out->n];

	if (e->size == 0)
		return;
	*v = (struct kan_volume){ .length = (uint64_t)e->size * sector_size };
	if (__builtin_add_overflow((uint64_t)e->start * sector_size, base, &v->offset)) {
		out->nbad++;
		return;
	}
	kan_fs_set_text(v->table, sizeof(v->table), out->table);
	kan_fs_set_text(v->kind, sizeof(v->kind), meta ? "metadata" : "allocated");
	snprintf(v->description, sizeof(v->description), "%s (0x%02" PRIx32 ")", name, e->type);
	out->n++;
}

static struct entry bsd_entry(const struct reader *r, size_t i)
{
	size_t at = ENTRIES_AT + i * ENTRY_LEN;

	return (struct entry){ u32(r, at + START_AT), u32(r, at + SIZE_AT), r->p[at + TYPE_AT] };
}

/*
 * What a BSD counts from.  "c" is the whole slice, and says it; on OpenBSD it is the
 * whole media, from whose start that system counts always.  Without it, what begins
 * before its own slice cannot have been counted from the media.
 */
static bool counts_from_media(const struct reader *r, size_t n, uint64_t first, uint64_t sectors)
{
	struct entry c = { 0 };

	if (n > RAW_ENTRY)
		c = bsd_entry(r, RAW_ENTRY);
	if (c.size > 0 && c.start == 0)
		return c.size > sectors;
	if (c.size > 0 && c.start == first)
		return true;
	for (size_t i = 0; i < n; i++) {
		struct entry e = bsd_entry(r, i);

		if (i != RAW_ENTRY && e.size > 0 && e.type != 0 && e.start < first)
			return false;
	}
	return true;
}

static void read_bsd(struct kan_slot_label *out, const struct reader *r, uint32_t sector_size,
                     uint64_t offset, uint64_t length)
{
	size_t n = u16(r, COUNT_AT);
	uint64_t base;

	if (n > KAN_SLOT_ENTRIES)
		n = KAN_SLOT_ENTRIES;
	out->table = "bsd";
	base = counts_from_media(r, n, offset / sector_size, length / sector_size) ? 0 : offset;
	for (size_t i = 0; i < n; i++) {
		struct entry e = bsd_entry(r, i);

		add_entry(out, &e, base, sector_size, NAME_OF(bsd_types, e.type), e.type == 0);
	}
}

static void read_sun(struct kan_slot_label *out, const struct reader *r, uint32_t sector_size,
                     uint64_t offset)
{
	size_t n = u16(r, VTOC_COUNT_AT);

	if (n > KAN_SLOT_ENTRIES)
		n = KAN_SLOT_ENTRIES;
	out->table = "sun";
	for (size_t i = 0; i < n; i++) {
		size_t at = VTOC_ENTRIES_AT + i * VTOC_ENTRY_LEN;
		struct entry e = { u32(r, at + VTOC_START_AT), u32(r, at + VTOC_SIZE_AT),
			           u16(r, at) };

		add_entry(out, &e, offset, sector_size, NAME_OF(sun_types, e.type),
		          e.type == SUN_BACKUP);
	}
}

bool kan_slot_label_read(struct kan_slot_label *out, const uint8_t sector[KAN_SLOT_SECTOR],
                         uint32_t sector_size, uint64_t offset, uint64_t length)
{
	*out = (struct kan_slot_label){ 0 };
	if (sector_size == 0)
		sector_size = KAN_SLOT_SECTOR;
	for (int big = 0; big < 2; big++) {
		struct reader r = { sector, big };

		if (u32(&r, MAGIC_AT) == bsd_magic && u32(&r, MAGIC2_AT) == bsd_magic) {
			read_bsd(out, &r, sector_size, offset, length);
			return true;
		}
		if (u32(&r, SANE_AT) == sun_sane && u16(&r, SUN_MAGIC_AT) == sun_magic) {
			read_sun(out, &r, sector_size, offset);
			return true;
		}
	}
	return false;
}
