/* SPDX-License-Identifier: MIT */
/*
 * mapped.h - a disk whose bytes lie scattered in files, found through tables
 *
 * What the containers of virtual machines have in common.  A format says where a
 * run of the media lies (map); reading, unpacking, gaps and the way down a chain
 * of parents are the same for all of them.
 */
#ifndef KAN_IMAGE_MAPPED_H
#define KAN_IMAGE_MAPPED_H

#include "image/evidence_file.h"
#include "kanshiki/source.h"

/** Longest chain of parents; no product makes any that long. */
#define KAN_LAYERS_MAX 64u

enum kan_run_kind {
	KAN_RUN_ABSENT, /* not in this layer: ask the parent */
	KAN_RUN_ZERO,
	KAN_RUN_PLAIN,  /* in the file as it is */
	KAN_RUN_PACKED, /* part of a unit that is compressed */
	KAN_RUN_LOST,   /* the tables do not lead to it */
};

/** Where a run of the media lies. */
struct kan_run {
	enum kan_run_kind kind;
	uint64_t len;                         /* at least 1; map() may only make it shorter */
	const struct kan_evidence_file *file; /* of all but absent and zero */
	uint64_t where;                       /* byte in the file, of plain and packed */
	size_t packed_len;                    /* bytes that hold the packed unit, or more */
	size_t unit_len;                      /* of the unit when it is unpacked */
	size_t skip;                          /* bytes of the unit before the run */
	const char *lost;                     /* why */
	enum kan_finding_kind lost_kind;
};

struct kan_layer;

struct kan_layer_ops {
	/** Where does what begins at @offset lie?  Any thread; *@run is absent at first. */
	int (*map)(const struct kan_layer *layer, uint64_t offset, struct kan_run *run,
	           struct kan_err *err);

	/**
	 * Unpack one unit of at most @unit_len bytes into @unit; its length, or 0 if the
	 * bytes are damaged.  NULL if nothing is ever packed.
	 */
	size_t (*unpack)(uint8_t *unit, size_t unit_len, const uint8_t *packed, size_t packed_len);

	void (*close)(struct kan_layer *layer);
};

/** First member of what a format keeps for one file of a chain. */
struct kan_layer {
	const struct kan_layer_ops *ops;
	uint64_t size; /* of the media, as this layer sees it */
};

/** A source under construction; all zero but `src.ops` is one without layers. */
struct kan_mapped {
	struct kan_source src;
	size_t nlayers;
	struct kan_layer *layers[KAN_LAYERS_MAX]; /* the child first */
};

/** A source without layers.  Any thread may read it once it has them. */
KAN_MUST_CHECK int kan_mapped_new(struct kan_mapped **out, struct kan_err *err);

/** Put @layer (taken, also on failure) below the others.  The first gives the size. */
KAN_MUST_CHECK int kan_mapped_add(struct kan_mapped *m, struct kan_layer *layer,
                                  struct kan_err *err);

void kan_mapped_close(struct kan_mapped *m);

/** For KAN_AUTO(mapped). */
static inline void kan_drop_mapped(struct kan_mapped **m)
{
	kan_mapped_close(*m);
}

/** True if all @len bytes at @offset of @f could be read into @buf. */
bool kan_read_table(const struct kan_evidence_file *f, uint64_t offset, uint8_t *buf, size_t len);

/** Say that what was to be mapped is lost: @why lives for ever. */
static inline int kan_run_lost(struct kan_run *run, const struct kan_evidence_file *f,
                               const char *why)
{
	run->kind = KAN_RUN_LOST;
	run->file = f;
	run->lost = why;
	run->lost_kind = KAN_FINDING_STRUCTURE;
	return KAN_OK;
}

/** Make @run not longer than @len. */
static inline void kan_run_shorten(struct kan_run *run, uint64_t len)
{
	if (len < run->len)
		run->len = len;
}

#endif
