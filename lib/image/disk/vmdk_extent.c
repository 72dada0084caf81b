/* SPDX-License-Identifier: MIT */
/*
 * vmdk_extent.c - sparse extents: two levels of tables that lead to grains
 *
 * The directory holds the sector of each grain table, a table that of each grain;
 * 0 means that the grain is not here, and 1, if the header says so, that it is
 * zero.  In a stream-optimised extent the grains are compressed and the header
 * that counts is at the end.  ESX has a header of its own ("COWD").
 */
#include "image/disk/vmdk.h"

#include "core/bytes.h"
#include "core/cleanup.h"

#include <string.h>

/* Offsets in a sparse header, little-endian. */
enum {
	S_VERSION = 4,
	S_FLAGS = 8,
	S_CAPACITY = 12,
	S_GRAIN = 20,
	S_TEXT_OFFSET = 28,
	S_TEXT_LEN = 36,
	S_TABLE_LEN = 44,
	S_DIRECTORY = 56,
	S_COMPRESSION = 77,

	FLAG_ZERO_GRAINS = 1 << 2,
	FLAG_PACKED = 1 << 16,
	FLAG_MARKERS = 1 << 17,
	COMPRESSION_DEFLATE = 1,
};

/* Offsets in a COWD header, little-endian. */
enum {
	C_CAPACITY = 12,
	C_GRAIN = 16,
	C_DIRECTORY = 20,
	C_TABLE_LEN = 4096,
};

enum {
	VERSION_MAX = 3,
	GRAIN_SECTORS_MAX = 1 << 15, /* 128 in all products */
	TABLE_LEN_MAX = 1 << 16,     /* 512 in all products */
	DIRECTORY_MAX = 1 << 24,     /* entries */
	FOOTER_FROM_END = 2 * KAN_VMDK_SECTOR,
	MARKER_LEN = 12, /* before a compressed grain: sector u64, length u32 */
};

#define DIRECTORY_AT_END UINT64_MAX

static bool has_magic(const uint8_t *h, const char *magic)
{
	return memcmp(h, magic, 4) == 0;
}

bool kan_vmdk_embedded(const struct kan_evidence_file *f, uint64_t *offset, size_t *len)
{
	uint8_t h[KAN_VMDK_SECTOR];
	uint64_t sector, sectors;

	if (!kan_read_table(f, 0, h, sizeof(h)) || !has_magic(h, KAN_VMDK_SPARSE_MAGIC))
		return false;
	sector = kan_le64(h + S_TEXT_OFFSET);
	sectors = kan_le64(h + S_TEXT_LEN);
	if (sector == 0 || sectors == 0 || sectors > KAN_VMDK_TEXT_MAX / KAN_VMDK_SECTOR ||
	    sector > f->size / KAN_VMDK_SECTOR)
		return false;
	*offset = sector * KAN_VMDK_SECTOR;
	*len = (size_t)sectors * KAN_VMDK_SECTOR;
	return true;
}

static int read_directory(struct kan_vmdk_extent *e, uint64_t sector, struct kan_err *err)
{
	uint64_t covered = e->grain_len * e->table_len;
	uint64_t n = e->capacity / covered + (e->capacity % covered != 0);

	if (n > DIRECTORY_MAX || sector > e->file.size / KAN_VMDK_SECTOR)
		return kan_fail(err, KAN_EFORMAT,
		                "a grain directory of %llu entries at sector %llu",
		                (unsigned long long)n, (unsigned long long)sector);
	e->ntables = (uint32_t)n;
	e->directory = calloc((size_t)n + 1, 4);
	if (!e->directory)
		return kan_fail(err, KAN_ENOMEM, "out of memory for a grain directory");
	if (!kan_read_table(&e->file, sector * KAN_VMDK_SECTOR, e->directory, (size_t)n * 4))
		return kan_fail(err, KAN_EFORMAT, "the grain directory cannot be read");
	return KAN_OK;
}

static int check_geometry(struct kan_vmdk_extent *e, uint64_t grain, uint64_t capacity,
                          uint32_t table_len, struct kan_err *err)
{
	if (grain == 0 || grain > GRAIN_SECTORS_MAX || (grain & (grain - 1)) != 0 ||
	    table_len == 0 || table_len > TABLE_LEN_MAX || capacity > UINT64_C(1) << 48)
		return kan_fail(err, KAN_EFORMAT,
		                "grains of %llu sectors, tables of %u entries, %llu sectors in all",
		                (unsigned long long)grain, table_len, (unsigned long long)capacity);
	e->grain_len = grain * KAN_VMDK_SECTOR;
	e->capacity = capacity * KAN_VMDK_SECTOR;
	e->table_len = table_len;
	return KAN_OK;
}

static int read_cowd(struct kan_vmdk_extent *e, const uint8_t *h, struct kan_err *err)
{
	int rc = check_geometry(e, kan_le32(h + C_GRAIN), kan_le32(h + C_CAPACITY), C_TABLE_LEN,
	                        err);

	return rc == KAN_OK ? read_directory(e, kan_le32(h + C_DIRECTORY), err) : rc;
}

/* The header that counts into @h: the one at the end if the first says so. */
static int read_header(const struct kan_vmdk_extent *e, uint8_t h[KAN_VMDK_SECTOR],
                       struct kan_err *err)
{
	if (kan_le64(h + S_DIRECTORY) != DIRECTORY_AT_END)
		return KAN_OK;
	if (e->file.size < FOOTER_FROM_END ||
	    !kan_read_table(&e->file, e->file.size - FOOTER_FROM_END, h, KAN_VMDK_SECTOR) ||
	    !has_magic(h, KAN_VMDK_SPARSE_MAGIC))
		return kan_fail(err, KAN_EFORMAT,
		                "the footer with the place of the grain directory is missing");
	return KAN_OK;
}

static int read_hosted(struct kan_vmdk_extent *e, uint8_t h[KAN_VMDK_SECTOR], struct kan_err *err)
{
	int rc = read_header(e, h, err);
	uint32_t flags = kan_le32(h + S_FLAGS);

	if (rc != KAN_OK)
		return rc;
	if (kan_le32(h + S_VERSION) > VERSION_MAX)
		return kan_fail(err, KAN_EUNSUPPORTED, "a sparse extent of version %u",
		                kan_le32(h + S_VERSION));
	e->has_zero_grains = (flags & FLAG_ZERO_GRAINS) != 0;
	e->packed = (flags & FLAG_PACKED) != 0;
	e->has_markers = (flags & FLAG_MARKERS) != 0;
	if (e->packed && kan_le16(h + S_COMPRESSION) != COMPRESSION_DEFLATE)
		return kan_fail(err, KAN_EUNSUPPORTED, "a sparse extent with compression %u",
		                kan_le16(h + S_COMPRESSION));
	rc = check_geometry(e, kan_le64(h + S_GRAIN), kan_le64(h + S_CAPACITY),
	                    kan_le32(h + S_TABLE_LEN), err);
	return rc == KAN_OK ? read_directory(e, kan_le64(h + S_DIRECTORY), err) : rc;
}

int kan_vmdk_read_sparse(struct kan_vmdk_extent *e, struct kan_err *err)
{
	uint8_t h[KAN_VMDK_SECTOR];

	if (!kan_read_table(&e->file, 0, h, sizeof(h)))
		return kan_fail(err, KAN_EFORMAT, "the header of a sparse extent cannot be read");
	if (has_magic(h, KAN_VMDK_COWD_MAGIC))
		return read_cowd(e, h, err);
	if (has_magic(h, KAN_VMDK_SPARSE_MAGIC))
		return read_hosted(e, h, err);
	return kan_fail(err, KAN_EFORMAT, "a sparse extent without its header");
}

/* A compressed grain at @where, with the length in its marker or up to twice its size. */
static void map_packed(const struct kan_vmdk_extent *e, uint64_t where, uint64_t skip,
                       struct kan_run *run)
{
	size_t most = 2 * (size_t)e->grain_len;
	uint8_t marker[MARKER_LEN];

	run->kind = KAN_RUN_PACKED;
	run->where = where;
	run->packed_len = most;
	run->unit_len = (size_t)e->grain_len;
	run->skip = (size_t)skip;
	if (!e->has_markers)
		return;
	run->where += MARKER_LEN;
	if (!kan_read_table(&e->file, where, marker, sizeof(marker)))
		(void)kan_run_lost(run, &e->file,
		                   "the header of a compressed grain cannot be read");
	else if (kan_le32(marker + 8) == 0 || kan_le32(marker + 8) > most)
		(void)kan_run_lost(run, &e->file, "a compressed grain of impossible length");
	else
		run->packed_len = kan_le32(marker + 8);
}

void kan_vmdk_map_sparse(const struct kan_vmdk_extent *e, uint64_t offset, struct kan_run *run)
{
	uint64_t grain = offset / e->grain_len;
	uint64_t skip = offset % e->grain_len;
	uint64_t table = grain / e->table_len;
	uint32_t sector;
	uint8_t raw[4];

	kan_run_shorten(run, e->grain_len - skip);
	run->kind = KAN_RUN_ABSENT;
	if (offset >= e->capacity || table >= e->ntables) {
		(void)kan_run_lost(run, &e->file, "past the end that the extent gives itself");
		return;
	}
	sector = kan_le32(e->directory + 4 * table);
	if (sector == 0 || (e->has_zero_grains && sector == 1)) {
		run->kind = sector == 0 ? KAN_RUN_ABSENT : KAN_RUN_ZERO;
		return;
	}
	if (!kan_read_table(&e->file,
	                    (uint64_t)sector * KAN_VMDK_SECTOR + 4 * (grain % e->table_len), raw,
	                    sizeof(raw))) {
		(void)kan_run_lost(run, &e->file, "a grain table cannot be read");
		return;
	}
	sector = kan_le32(raw);
	if (sector == 0)
		return;
	run->kind = e->has_zero_grains && sector == 1 ? KAN_RUN_ZERO : KAN_RUN_PLAIN;
	run->where = (uint64_t)sector * KAN_VMDK_SECTOR + skip;
	if (run->kind == KAN_RUN_PLAIN && e->packed)
		map_packed(e, (uint64_t)sector * KAN_VMDK_SECTOR, skip, run);
}
