/* SPDX-License-Identifier: MIT */
/*
 * vhd_disk.c - footer, header and block table of one VHD
 *
 * The footer stands at the end; all kinds but fixed have a copy of it at the
 * start, which serves if the file was cut short.  Checksums are one's complements
 * of byte sums.  A wrong one is told and the structure used all the same: there
 * are programs that write it wrong.
 */
#include "image/disk/vhd.h"

#include "core/bytes.h"
#include "core/cleanup.h"

#include <stdio.h>
#include <string.h>

/* Offsets in the footer, big-endian. */
enum {
	FOOTER_DATA_OFFSET = 16,
	FOOTER_CREATOR = 28,
	FOOTER_SIZE = 48,
	FOOTER_TYPE = 60,
	FOOTER_CHECKSUM = 64,
	FOOTER_ID = 68,
};

/* Offsets in the dynamic disk header, big-endian. */
enum {
	HEADER_TABLE = 16,
	HEADER_ENTRIES = 28,
	HEADER_BLOCK_LEN = 32,
	HEADER_CHECKSUM = 36,
	HEADER_PARENT_ID = 40,
	HEADER_PARENT_NAME = 64,
	HEADER_LEN = 1024,
};

enum {
	BLOCK_MIN = KAN_VHD_SECTOR,
	BLOCK_MAX = 256 << 20, /* 2 MiB in all products */
	TABLE_MAX = 1 << 24,   /* entries; a disk of 2040 GiB has about a million */
	BITS_PER_SECTOR = KAN_VHD_SECTOR * 8,
};

/* Largest that the format can address: 32-bit sector numbers. */
#define SIZE_MAX_VHD ((uint64_t)UINT32_MAX * KAN_VHD_SECTOR)

/* Read a footer at @offset; false if there is none. */
static bool read_footer_at(const struct kan_evidence_file *f, uint64_t offset,
                           uint8_t footer[KAN_VHD_FOOTER_LEN])
{
	return kan_read_table(f, offset, footer, KAN_VHD_FOOTER_LEN) &&
	       memcmp(footer, KAN_VHD_COOKIE, KAN_VHD_COOKIE_LEN) == 0;
}

static bool read_footer(const struct kan_evidence_file *f, uint8_t footer[KAN_VHD_FOOTER_LEN],
                        struct kan_findings *findings)
{
	if (f->size < KAN_VHD_FOOTER_LEN)
		return false;
	if (read_footer_at(f, f->size - KAN_VHD_FOOTER_LEN, footer))
		return true;
	if (!read_footer_at(f, 0, footer))
		return false;
	kan_findings_add(findings, KAN_FINDING_TRUNCATED, KAN_NO_OFFSET, 0, f->name,
	                 "the footer at the end is not there; its copy at the start is used");
	return true;
}

static void check_sum(const struct kan_evidence_file *f, const uint8_t *data, size_t len,
                      size_t where, const char *what, struct kan_findings *findings)
{
	uint32_t sum = 0;

	for (size_t i = 0; i < len; i++)
		if (i < where || i >= where + 4)
			sum += data[i];
	if (~sum != kan_be32(data + where))
		kan_findings_add(findings, KAN_FINDING_CHECKSUM, KAN_NO_OFFSET, 0, f->name,
		                 "the checksum of the %s is %08x, computed %08x", what,
		                 kan_be32(data + where), ~sum);
}

/* ---- text ----------------------------------------------------------------------- */

/* @c (at most three bytes in UTF-8) behind @out; returns what it takes. */
static size_t put_point(char *out, uint32_t c)
{
	if (c < 0x80) {
		out[0] = (char)c;
		return 1;
	}
	if (c < 0x800) {
		out[0] = (char)(0xc0 | c >> 6);
		out[1] = (char)(0x80 | (c & 0x3f));
		return 2;
	}
	out[0] = (char)(0xe0 | c >> 12);
	out[1] = (char)(0x80 | (c >> 6 & 0x3f));
	out[2] = (char)(0x80 | (c & 0x3f));
	return 3;
}

/* Four bytes for a pair of surrogates. */
static size_t put_pair(char *out, uint32_t high, uint32_t low)
{
	uint32_t c = 0x10000 + ((high - 0xd800) << 10) + (low - 0xdc00);

	out[0] = (char)(0xf0 | c >> 18);
	out[1] = (char)(0x80 | (c >> 12 & 0x3f));
	out[2] = (char)(0x80 | (c >> 6 & 0x3f));
	out[3] = (char)(0x80 | (c & 0x3f));
	return 4;
}

/* UTF-16BE up to its NUL; what is no text becomes a question mark. */
static void decode_name(char out[3 * KAN_VHD_NAME_MAX + 1], const uint8_t *raw)
{
	size_t len = 0;

	for (size_t i = 0; i < KAN_VHD_NAME_MAX; i++) {
		uint32_t c = kan_be16(raw + 2 * i);
		uint32_t next = i + 1 < KAN_VHD_NAME_MAX ? kan_be16(raw + 2 * i + 2) : 0;

		if (c == 0)
			break;
		if (c >= 0xd800 && c < 0xdc00 && next >= 0xdc00 && next < 0xe000) {
			len += put_pair(out + len, c, next);
			i++;
		} else {
			len += put_point(out + len,
			                 c < 0x20 || (c >= 0xd800 && c < 0xe000) ? '?' : c);
		}
	}
	out[len] = '\0';
}

/* ---- header and table ---------------------------------------------------------------- */

static int read_table(struct kan_vhd_disk *d, uint64_t offset, uint32_t entries,
                      struct kan_findings *findings, struct kan_err *err)
{
	uint64_t needed = (d->layer.size + d->block_len - 1) / d->block_len;
	size_t len;

	if (needed > TABLE_MAX)
		return kan_fail(err, KAN_ELIMIT, "%s: a block table of %llu entries", d->file.path,
		                (unsigned long long)needed);
	if (entries < needed)
		kan_findings_add(findings, KAN_FINDING_STRUCTURE, KAN_NO_OFFSET, 0, d->file.name,
		                 "the block table has %u entries, the media needs %llu", entries,
		                 (unsigned long long)needed);
	d->nblocks = entries < needed ? entries : (uint32_t)needed;
	len = (size_t)d->nblocks * 4;
	d->table = malloc(len + 1);
	if (!d->table)
		return kan_fail(err, KAN_ENOMEM, "out of memory for a block table");
	if (!kan_read_table(&d->file, offset, d->table, len))
		return kan_fail(err, KAN_EFORMAT, "%s: its block table cannot be read",
		                d->file.path);
	return KAN_OK;
}

static int read_header(struct kan_vhd_disk *d, uint64_t offset, struct kan_findings *findings,
                       struct kan_err *err)
{
	uint8_t header[HEADER_LEN];
	uint32_t sectors;

	if (!kan_read_table(&d->file, offset, header, sizeof(header)) ||
	    memcmp(header, "cxsparse", 8) != 0)
		return kan_fail(err, KAN_EFORMAT, "%s: there is no dynamic disk header at %llu",
		                d->file.path, (unsigned long long)offset);
	check_sum(&d->file, header, sizeof(header), HEADER_CHECKSUM, "dynamic disk header",
	          findings);
	d->block_len = kan_be32(header + HEADER_BLOCK_LEN);
	if (d->block_len < BLOCK_MIN || d->block_len > BLOCK_MAX ||
	    (d->block_len & (d->block_len - 1)) != 0)
		return kan_fail(err, KAN_EFORMAT, "%s: blocks of %u bytes", d->file.path,
		                d->block_len);
	sectors = d->block_len / KAN_VHD_SECTOR;
	d->bitmap_len = (sectors + BITS_PER_SECTOR - 1) / BITS_PER_SECTOR * KAN_VHD_SECTOR;
	memcpy(d->parent_id, header + HEADER_PARENT_ID, KAN_VHD_ID_LEN);
	decode_name(d->parent_name, header + HEADER_PARENT_NAME);
	return read_table(d, kan_be64(header + HEADER_TABLE), kan_be32(header + HEADER_ENTRIES),
	                  findings, err);
}

static int read_disk(struct kan_vhd_disk *d, const char *path, struct kan_findings *findings,
                     struct kan_err *err)
{
	uint8_t footer[KAN_VHD_FOOTER_LEN];
	uint32_t type;
	int rc = kan_evidence_file_open(&d->file, path, err);

	if (rc != KAN_OK)
		return rc;
	if (!read_footer(&d->file, footer, findings))
		return kan_fail(err, KAN_EFORMAT, "%s: no VHD footer that can be read", path);
	check_sum(&d->file, footer, sizeof(footer), FOOTER_CHECKSUM, "footer", findings);
	d->layer.size = kan_be64(footer + FOOTER_SIZE);
	memcpy(d->id, footer + FOOTER_ID, KAN_VHD_ID_LEN);
	for (size_t i = 0; i < 4; i++) {
		uint8_t c = footer[FOOTER_CREATOR + i];
		d->creator[i] = (char)(c < 0x20 || c > 0x7e ? '?' : c);
	}
	if (d->layer.size == 0 || d->layer.size > SIZE_MAX_VHD)
		return kan_fail(err, KAN_EFORMAT, "%s: a disk of %llu bytes", path,
		                (unsigned long long)d->layer.size);
	type = kan_be32(footer + FOOTER_TYPE);
	if (type < KAN_VHD_FIXED || type > KAN_VHD_DIFFERENCING)
		return kan_fail(err, KAN_EUNSUPPORTED, "%s: a VHD of type %u", path, type);
	d->type = (enum kan_vhd_type)type;
	if (d->type == KAN_VHD_FIXED)
		return KAN_OK;
	return read_header(d, kan_be64(footer + FOOTER_DATA_OFFSET), findings, err);
}

int kan_vhd_disk_open(struct kan_vhd_disk *out, const char *path, struct kan_findings *findings,
                      struct kan_err *err)
{
	int rc;

	*out = (struct kan_vhd_disk){ .file = KAN_EVIDENCE_FILE_NONE };
	rc = read_disk(out, path, findings, err);
	if (rc != KAN_OK)
		kan_vhd_disk_close(out);
	return rc;
}

void kan_vhd_disk_close(struct kan_vhd_disk *d)
{
	if (d->file.path)
		kan_evidence_file_close(&d->file);
	free(d->table);
	d->table = NULL;
}

bool kan_vhd_id(const char *path, uint8_t id[KAN_VHD_ID_LEN])
{
	KAN_AUTO(evidence_file) struct kan_evidence_file f = KAN_EVIDENCE_FILE_NONE;
	uint8_t footer[KAN_VHD_FOOTER_LEN];

	if (!kan_evidence_file_exists(path) || kan_evidence_file_open(&f, path, NULL) != KAN_OK ||
	    !read_footer(&f, footer, NULL))
		return false;
	memcpy(id, footer + FOOTER_ID, KAN_VHD_ID_LEN);
	return true;
}
