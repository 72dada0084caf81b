/* SPDX-License-Identifier: MIT */
/*
 * foreign.h - a container that a library of somebody else parses
 *
 * The library runs in a confined worker of its own; the source that comes out
 * asks that worker for bytes.  Inside a process that is a confined worker
 * already, kan_foreign_enter_worker() opens the container in place instead.
 *
 * A format with such a library is one file in formats/: probe() is our own code
 * and runs anywhere, files() is our own code and runs in the parent, open() calls
 * the library and runs in a worker only.
 */
#ifndef KAN_IMAGE_FOREIGN_H
#define KAN_IMAGE_FOREIGN_H

#include "image/paths.h"
#include "kanshiki/image.h"

/** Most files of one set. */
#define KAN_FOREIGN_FILES_MAX 4096u

struct kan_foreign {
	const char *name; /* of the format */

	/**
	 * The files that the set at @path consists of, @path first; all of them are
	 * there.  The worker may read these and nothing else.  NULL: @path only.
	 * Fails with a message that names what is missing or not supported.
	 */
	int (*files)(struct kan_paths *out, const char *path, struct kan_err *err);

	/**
	 * Open the set with the library, in this process, which is confined.  Adds
	 * values, hashes, variant and chunk_size to @info, damage to @findings.
	 */
	int (*open)(struct kan_source **out, const struct kan_paths *files,
	            struct kan_image_info *info, struct kan_findings *findings,
	            struct kan_err *err);
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
