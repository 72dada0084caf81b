/* SPDX-License-Identifier: MIT */
/*
 * selection.h - which streams of an image a user asked for, and where they go
 */
#ifndef KAN_CMD_SELECTION_H
#define KAN_CMD_SELECTION_H

#include "cli.h"

#include "kanshiki/fs.h"

/** One stream to copy out. */
struct selected {
	struct kan_content content;
	uint64_t size;
	char *path; /* as in the file system, with ":stream"; "" for unallocated space */
	char *name; /* relative name of the copy, safe on any file system */
};

struct selection {
	struct selected *list;
	size_t n;
	size_t room;
};

/** What a user may ask for. */
struct wishes {
	struct cli_list paths; /* globs on the path */
	struct cli_list addrs; /* FS:ADDR or FS:ADDR-TYPE-ID */
	bool deleted;          /* only deleted files */
	bool slack;            /* slack instead of content */
	bool unallocated;
};

/** True if every address is well formed; else a usage message was printed. */
bool wishes_valid(const struct wishes *w);

/** Take @file if it is wished for.  Directories have no content to copy. */
KAN_MUST_CHECK int selection_consider(struct selection *s, const struct wishes *w,
                                      const struct kan_file *file, struct kan_err *err);

/** Take the unallocated space of file system @fs. */
KAN_MUST_CHECK int selection_add_unallocated(struct selection *s, uint32_t fs, struct kan_err *err);

void selection_done(struct selection *s);

#endif
