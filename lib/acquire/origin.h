/* SPDX-License-Identifier: MIT */
/*
 * origin.h - what is copied: a drive, a file, or the media of another image
 */
#ifndef KAN_ACQUIRE_ORIGIN_H
#define KAN_ACQUIRE_ORIGIN_H

#include "kanshiki/acquire.h"
#include "kanshiki/drive.h"

/** Nothing is open when all is zero. */
struct kan_origin {
	const char *path; /* borrowed */
	struct kan_source *src;
	struct kan_image *img; /* owns src, unless it is a drive */
	bool device;
	uint64_t file_size;             /* of a regular file, when it was opened */
	int64_t file_changed_ns;        /* the same: time of the last change */
	bool told_changed;              /* there is a finding of it */
	struct kan_record_values facts; /* for the record */
	struct kan_findings findings;   /* of opening */
};

/**
 * Open @path and learn what it is.  A block device through drive.h, with @retries
 * rounds over its bad sectors ("": the default); anything else through image.h.
 * Release with kan_origin_done().
 */
KAN_MUST_CHECK int kan_origin_open(struct kan_origin *o, const char *path, const char *retries,
                                   struct kan_err *err);

/** KAN_EARG if the destination @path lies on the source, or is it. */
KAN_MUST_CHECK int kan_origin_check_destination(const struct kan_origin *o, const char *path,
                                                struct kan_err *err);

/**
 * KAN_EIO if a source file is shorter than it was.  One that was changed in another
 * way is a finding in @o.
 */
KAN_MUST_CHECK int kan_origin_check_unchanged(struct kan_origin *o, struct kan_err *err);

/** What the drive answered so far; zeros if it is no drive. */
struct kan_drive_counts kan_origin_counts(const struct kan_origin *o);

void kan_origin_done(struct kan_origin *o);

#endif
