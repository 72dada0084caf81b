/* SPDX-License-Identifier: MIT */
/*
 * foreign.h - a container that a library of somebody else parses
 *
 * The library runs in a confined worker of its own; the source that comes out
 * asks that worker for bytes.  Inside a process that is a confined worker
 * already, kan_foreign_enter_worker() opens the container in place instead.
 */
#ifndef KAN_IMAGE_FOREIGN_H
#define KAN_IMAGE_FOREIGN_H

#include "kanshiki/image.h"

struct kan_foreign {
	const char *name; /* of the format */

	/**
	 * Open the set whose first file is @path with the library, in this process,
	 * which is confined.  Same contract as kan_image_format.open.
	 */
	int (*open)(struct kan_source **out, const char *path, struct kan_image_info *info,
	            struct kan_findings *findings, struct kan_err *err);

	/**
	 * Files that the set may consist of, found in the parent by name alone (the
	 * worker may read these and nothing else): malloc'ed, NULL-ended.  NULL: @path only.
	 */
	char **(*files)(const char *path);
};

/** Open through a worker.  Same contract as kan_image_format.open. */
KAN_MUST_CHECK int kan_foreign_open(struct kan_source **out, const struct kan_foreign *lib,
                                    const char *path, struct kan_image_info *info,
                                    struct kan_findings *findings, struct kan_err *err);

/** See kan_image_enter_worker().  Any source may be given; ours are left alone. */
KAN_MUST_CHECK int kan_foreign_enter_worker(struct kan_source *src, struct kan_err *err);

/** NULL-ended paths that a worker must be allowed to read for @src; NULL for our own formats. */
const char *const *kan_foreign_readable(const struct kan_source *src);

/** Release everything in @info (zeroed afterwards). */
void kan_image_info_done(struct kan_image_info *info);

#endif
