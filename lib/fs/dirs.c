/* SPDX-License-Identifier: MIT */
/*
 * dirs.c - directories that wait to be listed, with the way to each of them
 */
#include "fs/dirs.h"

#include <stdlib.h>
#include <string.h>

void kan_dir_release(struct kan_dir *d)
{
	while (d && --d->refs == 0) {
		struct kan_dir *up = d->up;

		free(d);
		d = up;
	}
}

void kan_dirs_done(struct kan_dirs *l)
{
	for (size_t i = 0; i < l->n; i++)
		kan_dir_release(l->list[i]);
	free(l->list);
	*l = (struct kan_dirs){ 0 };
}

int kan_dirs_add(struct kan_dirs *l, struct kan_dir *d, struct kan_err *err)
{
	if (l->n == l->room) {
		size_t room = l->room ? l->room * 2 : 16;
		struct kan_dir **list = realloc(l->list, room * sizeof(struct kan_dir *));

		if (!list)
			return kan_fail(err, KAN_ENOMEM, "out of memory");
		l->list = list;
		l->room = room;
	}
	l->list[l->n++] = d;
	return KAN_OK;
}

struct kan_dir *kan_dir_new(struct kan_dir *up, const char *path, size_t system, uint64_t addr)
{
	size_t path_len = strlen(path);
	struct kan_dir *d = calloc(1, sizeof(*d) + path_len + 1);

	if (!d)
		return NULL;
	d->up = up;
	d->refs = 1;
	d->system = system;
	d->addr = addr;
	if (up) {
		up->refs++;
		d->depth = up->depth + 1;
		d->orphan = up->orphan;
	}
	memcpy(d->path, path, path_len);
	return d;
}

bool kan_dir_is_loop(const struct kan_dir *d, uint64_t addr)
{
	for (; d && d->depth > 0; d = d->up)
		if (d->addr == addr)
			return true;
	return false;
}
