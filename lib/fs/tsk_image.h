/* SPDX-License-Identifier: MIT */
/*
 * tsk_image.h - our sources as images of Sleuth Kit
 */
#ifndef KAN_FS_TSK_IMAGE_H
#define KAN_FS_TSK_IMAGE_H

#include "kanshiki/source.h"

#include <tsk/libtsk.h>

/** Unreadable ranges remembered for one image; a dying disk could give any number. */
#define KAN_TSK_GAPS_MAX 4096u

struct kan_tsk_range {
	uint64_t offset; /* in the media */
	uint64_t length;
};

/**
 * Sleuth Kit sees only the first member.  Gaps are kept for the life of the
 * image, because the caches above the source read each of them once.
 */
struct kan_tsk_image {
	TSK_IMG_INFO info;
	struct kan_source *cache; /* owned; over the source, which is borrowed */
	struct kan_tsk_range *gaps;
	size_t ngaps;
	bool too_many_gaps;           /* some are not in the list */
	struct kan_tsk_image *report; /* gets gaps and failures instead, if not NULL; borrowed */
	const uint8_t *patch; /* shown instead of what is at patch_at; NULL: none; borrowed */
	uint64_t patch_at;
	size_t patch_len;
	char no_file[16]; /* its name as Sleuth Kit wants it, where it wants one */
	char *files[1];
	struct kan_err err; /* the source itself failed: err.code is not KAN_OK */
};

/** *@out is owned by the caller; @src is borrowed and must outlive it. */
KAN_MUST_CHECK int kan_tsk_image_open(struct kan_tsk_image **out, struct kan_source *src,
                                      struct kan_err *err);

/**
 * An image for one file system, on a source of its own, which it takes over also when
 * it fails, and whose gaps are in offsets of the media: they go to @report.  Its
 * blocks have @page bytes, and @spare bytes that are not content.
 */
KAN_MUST_CHECK int kan_tsk_image_open_nand(struct kan_tsk_image **out, struct kan_source *src,
                                           struct kan_tsk_image *report, uint32_t page,
                                           uint32_t spare, struct kan_err *err);

/** Close all file systems on @img before.  @img may be NULL. */
void kan_tsk_image_close(struct kan_tsk_image *img);

/** True if a byte of the range was read and is a gap, or may be one. */
bool kan_tsk_image_has_gap(const struct kan_tsk_image *img, uint64_t offset, uint64_t length);

#endif
