/* SPDX-License-Identifier: MIT */
/*
 * paths.h - a list of paths, and names that evidence gives to its neighbours
 */
#ifndef KAN_IMAGE_PATHS_H
#define KAN_IMAGE_PATHS_H

#include "kanshiki/buf.h"

/** All zero is an empty list.  `list` ends with NULL once it is not NULL. */
struct kan_paths {
	char **list;
	size_t n;
};

/** Add a copy of @path; one that is there already is not added.  At most KAN_FOREIGN_FILES_MAX. */
KAN_MUST_CHECK int kan_paths_add(struct kan_paths *p, const char *path, struct kan_err *err);

bool kan_paths_has(const struct kan_paths *p, const char *path);

void kan_paths_done(struct kan_paths *p);

/** For KAN_AUTO(paths). */
static inline void kan_drop_paths(struct kan_paths *p)
{
	kan_paths_done(p);
}

/**
 * The path of the file called @name in the folder of @path, malloc'ed.  What
 * stands before the last slash or backslash of @name is dropped: evidence names
 * files of the machine it comes from, and may only lead to its own folder.
 * NULL if memory is out or nothing is left of the name.
 */
char *kan_path_beside(const char *path, const char *name);

#endif
