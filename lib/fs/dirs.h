/* SPDX-License-Identifier: MIT */
/*
 * dirs.h - directories that wait to be listed, with the way to each of them
 */
#ifndef KAN_FS_DIRS_H
#define KAN_FS_DIRS_H

#include "kanshiki/err.h"

#include <stdbool.h>
#include <stddef.h>

/* A directory and the way to it.  Shared by its subdirectories. */
struct kan_dir {
	struct kan_dir *up;
	size_t refs;
	size_t system; /* index in the layout */
	uint64_t addr;
	unsigned depth; /* 0: the root */
	bool orphan;
	char path[]; /* "" for the root, else "/a/b" */
};

struct kan_dirs {
	struct kan_dir **list;
	size_t n;
	size_t room;
};

/** @up may be NULL, else it is shared.  NULL if memory has run out. */
struct kan_dir *kan_dir_new(struct kan_dir *up, const char *path, size_t system, uint64_t addr);

/** @d may be NULL. */
void kan_dir_release(struct kan_dir *d);

/** True if @addr is one of the directories on the way to @d; the root is not asked. */
bool kan_dir_is_loop(const struct kan_dir *d, uint64_t addr);

/** Takes @d; on failure it still belongs to the caller. */
KAN_MUST_CHECK int kan_dirs_add(struct kan_dirs *l, struct kan_dir *d, struct kan_err *err);

/** Release everything in @l and make it empty. */
void kan_dirs_done(struct kan_dirs *l);

#endif
