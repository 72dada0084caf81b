/* SPDX-License-Identifier: MIT */
/*
 * qcow_header.c - header, extensions and first table of a QCOW file
 *
 * Version 3 has bits for features that a reader must know.  Those that we do not
 * know, or that change where bytes lie in ways that we do not follow, are refused:
 * reading on would give wrong bytes without a sign.
 */
#include "image/disk/qcow.h"

#include "core/bytes.h"
#include "core/cleanup.h"

#include <string.h>

/* Offsets in the header, big-endian. */
enum {
	H_VERSION = 4,
	H_BACKING_OFFSET = 8,
	H_BACKING_LEN = 16,
	H_CLUSTER_BITS = 20, /* version 2 on */
	H_SIZE = 24,
	H_CRYPT = 32,
	H_L1_LEN = 36,
	H_L1_OFFSET = 40,
	H_SNAPSHOTS = 60,
	H_INCOMPATIBLE = 72, /* version 3 */
	H_HEADER_LEN = 100,
	HEADER_LEN_2 = 72,
	HEADER_LEN_3 = 104,

	H1_CLUSTER_BITS = 32, /* version 1 */
	H1_L2_BITS = 33,
	H1_CRYPT = 36,
};

enum {
	CLUSTER_BITS_MIN = 9,
	CLUSTER_BITS_MAX = 21,
	L1_MAX = 32 << 20, /* bytes; what QEMU accepts */
	EXTENSIONS_MAX = 64,
};

#define EXTENSION_FORMAT 0xe2792acau /* name of the format of the backing file */

/* Bits of H_INCOMPATIBLE. */
enum {
	BIT_DIRTY = 1, /* counts of references may be wrong; they are not needed to read */
	BIT_CORRUPT = 2,
	BIT_DATA_FILE = 4, /* clusters lie in another file */
	BIT_COMPRESSION = 8,
	BIT_EXTENDED_L2 = 16,
};

static int check_features(const struct kan_qcow *q, uint64_t bits, struct kan_findings *findings,
                          struct kan_err *err)
{
	static const char *const names[] = { "an external data file",
		                             "a compression other than zlib", "extended L2 entries",
		                             "features that are not known" };
	uint64_t bad = bits & ~(uint64_t)(BIT_DIRTY | BIT_CORRUPT);

	if (bits & BIT_CORRUPT)
		kan_findings_add(findings, KAN_FINDING_STRUCTURE, KAN_NO_OFFSET, 0, q->file.name,
		                 "marked as corrupt by the program that wrote it");
	if (bits & BIT_DIRTY)
		kan_findings_add(findings, KAN_FINDING_NOTE, KAN_NO_OFFSET, 0, q->file.name,
		                 "was not closed cleanly");
	if (bad == 0)
		return KAN_OK;
	return kan_fail(err, KAN_EUNSUPPORTED, "%s: a QCOW2 image with %s; convert it first",
	                q->file.path,
	                names[bad & BIT_DATA_FILE     ? 0
	                      : bad & BIT_COMPRESSION ? 1
	                      : bad & BIT_EXTENDED_L2 ? 2
	                                              : 3]);
}

static int check_encryption(const struct kan_qcow *q, uint32_t method, struct kan_err *err)
{
	if (method == 0)
		return KAN_OK;
	return kan_fail(err, KAN_EUNSUPPORTED, "%s: an encrypted QCOW image (%s)", q->file.path,
	                method == 1   ? "AES"
	                : method == 2 ? "LUKS"
	                              : "unknown method");
}

/* Name of the backing file, and of its format if an extension tells it. */
static int read_backing(struct kan_qcow *q, const uint8_t *h, struct kan_err *err)
{
	uint64_t offset = kan_be64(h + H_BACKING_OFFSET);
	uint32_t len = kan_be32(h + H_BACKING_LEN);

	if (offset == 0 || len == 0)
		return KAN_OK;
	if (len > KAN_QCOW_BACKING_MAX ||
	    !kan_read_table(&q->file, offset, (uint8_t *)q->backing, len))
		return kan_fail(err, KAN_EFORMAT, "%s: the name of its backing file cannot be read",
		                q->file.path);
	for (uint32_t i = 0; i < len; i++)
		if ((unsigned char)q->backing[i] < 0x20)
			q->backing[i] = '?';
	return KAN_OK;
}

static void read_extensions(struct kan_qcow *q, uint64_t offset)
{
	for (unsigned i = 0; i < EXTENSIONS_MAX; i++) {
		uint8_t h[8];
		uint32_t len;

		if (!kan_read_table(&q->file, offset, h, sizeof(h)) || kan_be32(h) == 0)
			return;
		len = kan_be32(h + 4);
		if (kan_be32(h) == EXTENSION_FORMAT && len <= KAN_QCOW_FORMAT_MAX &&
		    !kan_read_table(&q->file, offset + 8, (uint8_t *)q->backing_format, len))
			q->backing_format[0] = '\0';
		offset += 8 + ((uint64_t)len + 7) / 8 * 8;
	}
}

static int read_l1(struct kan_qcow *q, uint64_t offset, uint64_t entries,
                   struct kan_findings *findings, struct kan_err *err)
{
	uint64_t needed = ((q->layer.size - 1) >> (q->cluster_bits + q->l2_bits)) + 1;

	if (needed > L1_MAX / 8)
		return kan_fail(err, KAN_ELIMIT, "%s: a first table of %llu entries", q->file.path,
		                (unsigned long long)needed);
	if (entries < needed)
		kan_findings_add(findings, KAN_FINDING_STRUCTURE, KAN_NO_OFFSET, 0, q->file.name,
		                 "the first table has %llu entries, the media needs %llu",
		                 (unsigned long long)entries, (unsigned long long)needed);
	q->l1_len = (uint32_t)(entries < needed ? entries : needed);
	q->l1 = calloc((size_t)q->l1_len + 1, 8);
	if (!q->l1)
		return kan_fail(err, KAN_ENOMEM, "out of memory for a table");
	if (!kan_read_table(&q->file, offset, q->l1, (size_t)q->l1_len * 8))
		return kan_fail(err, KAN_EFORMAT, "%s: its first table cannot be read",
		                q->file.path);
	return KAN_OK;
}

static int check_geometry(const struct kan_qcow *q, struct kan_err *err)
{
	if (q->cluster_bits < CLUSTER_BITS_MIN || q->cluster_bits > CLUSTER_BITS_MAX ||
	    q->l2_bits < CLUSTER_BITS_MIN - 3 || q->l2_bits > CLUSTER_BITS_MAX - 3)
		return kan_fail(err, KAN_EFORMAT, "%s: clusters of 2^%u bytes", q->file.path,
		                q->cluster_bits);
	if (q->layer.size == 0 || q->layer.size > INT64_MAX)
		return kan_fail(err, KAN_EFORMAT, "%s: a disk of %llu bytes", q->file.path,
		                (unsigned long long)q->layer.size);
	return KAN_OK;
}

static int read_version_1(struct kan_qcow *q, const uint8_t *h, struct kan_findings *findings,
                          struct kan_err *err)
{
	int rc = check_encryption(q, kan_be32(h + H1_CRYPT), err);

	q->cluster_bits = h[H1_CLUSTER_BITS];
	q->l2_bits = h[H1_L2_BITS];
	if (rc == KAN_OK)
		rc = check_geometry(q, err);
	/* Version 1 does not store the length of the table. */
	return rc == KAN_OK ? read_l1(q, kan_be64(h + H_L1_OFFSET), UINT64_MAX, findings, err) : rc;
}

static int read_version_2(struct kan_qcow *q, const uint8_t *h, struct kan_findings *findings,
                          struct kan_err *err)
{
	uint64_t features = q->version >= 3 ? kan_be64(h + H_INCOMPATIBLE) : 0;
	int rc = check_encryption(q, kan_be32(h + H_CRYPT), err);

	q->cluster_bits = kan_be32(h + H_CLUSTER_BITS);
	q->l2_bits = q->cluster_bits - 3;
	q->nsnapshots = kan_be32(h + H_SNAPSHOTS);
	if (rc == KAN_OK)
		rc = check_features(q, features, findings, err);
	if (rc == KAN_OK)
		rc = check_geometry(q, err);
	if (rc != KAN_OK)
		return rc;
	read_extensions(q, q->version >= 3 ? kan_be32(h + H_HEADER_LEN) : HEADER_LEN_2);
	return read_l1(q, kan_be64(h + H_L1_OFFSET), kan_be32(h + H_L1_LEN), findings, err);
}

static int read_all(struct kan_qcow *q, const char *path, struct kan_findings *findings,
                    struct kan_err *err)
{
	uint8_t h[HEADER_LEN_3] = { 0 };
	int rc = kan_evidence_file_open(&q->file, path, err);

	if (rc != KAN_OK)
		return rc;
	/* A version 1 header may be shorter than what is read here. */
	if (!kan_read_table(&q->file, 0, h, q->file.size < sizeof(h) ? q->file.size : sizeof(h)) ||
	    memcmp(h, KAN_QCOW_MAGIC, KAN_QCOW_MAGIC_LEN) != 0)
		return kan_fail(err, KAN_EFORMAT, "%s: no QCOW header", path);
	q->version = kan_be32(h + H_VERSION);
	q->layer.size = kan_be64(h + H_SIZE);
	if (q->version < 1 || q->version > 3)
		return kan_fail(err, KAN_EUNSUPPORTED, "%s: QCOW of version %u", path, q->version);
	rc = read_backing(q, h, err);
	if (rc != KAN_OK)
		return rc;
	return q->version == 1 ? read_version_1(q, h, findings, err)
	                       : read_version_2(q, h, findings, err);
}

int kan_qcow_open(struct kan_qcow *out, const char *path, struct kan_findings *findings,
                  struct kan_err *err)
{
	int rc;

	*out = (struct kan_qcow){ .file = KAN_EVIDENCE_FILE_NONE };
	rc = read_all(out, path, findings, err);
	if (rc != KAN_OK)
		kan_qcow_close(out);
	return rc;
}

void kan_qcow_close(struct kan_qcow *q)
{
	kan_evidence_file_close(&q->file);
	free(q->l1);
	q->l1 = NULL;
}
