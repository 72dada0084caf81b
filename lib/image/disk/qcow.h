/* SPDX-License-Identifier: MIT */
/*
 * qcow.h - one file of a QEMU copy-on-write disk, versions 1 to 3
 *
 * QEMU, docs/interop/qcow2.txt; for version 1 block/qcow.c.
 */
#ifndef KAN_IMAGE_QCOW_H
#define KAN_IMAGE_QCOW_H

#include "image/mapped.h"

#define KAN_QCOW_MAGIC     "QFI\xfb"
#define KAN_QCOW_MAGIC_LEN 4u

enum {
	KAN_QCOW_BACKING_MAX = 1023, /* bytes of the name */
	KAN_QCOW_FORMAT_MAX = 31,
};

struct kan_qcow {
	struct kan_layer layer; /* with the size of the media */
	struct kan_evidence_file file;
	unsigned version;
	unsigned cluster_bits;
	unsigned l2_bits; /* a second-level table has 1 << l2_bits entries */
	uint32_t l1_len;  /* entries in l1 */
	uint8_t *l1;      /* first-level table, big-endian */
	uint32_t nsnapshots;
	char backing[KAN_QCOW_BACKING_MAX + 1];       /* name as stored, or "" */
	char backing_format[KAN_QCOW_FORMAT_MAX + 1]; /* "raw", "qcow2"; "" if not told */
};

/**
 * Open and read everything but the clusters; the layer has no ops yet.  Fails with
 * KAN_EUNSUPPORTED, saying what it is, for encryption and for features that would
 * make us read wrong bytes.  Close with kan_qcow_close().
 */
KAN_MUST_CHECK int kan_qcow_open(struct kan_qcow *out, const char *path,
                                 struct kan_findings *findings, struct kan_err *err);

/** Close and release what @q holds. */
void kan_qcow_close(struct kan_qcow *q);

#endif
