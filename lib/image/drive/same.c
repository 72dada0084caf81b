/* SPDX-License-Identifier: MIT */
/*
 * same.c - would writing to a path change the drive that is read?
 */
#include "core/cleanup.h"
#include "image/drive/usage.h"
#include "kanshiki/drive.h"

#include <fcntl.h>
#include <string.h>
#include <sys/sysmacros.h>

static bool are_one_file(const struct stat *a, const struct stat *b)
{
	return a->st_dev == b->st_dev && a->st_ino == b->st_ino;
}

static bool are_one_device(const struct stat *a, const struct stat *b)
{
	return S_ISBLK(a->st_mode) && S_ISBLK(b->st_mode) && a->st_rdev == b->st_rdev;
}

/* True if @st is a device in @stack. */
static bool stands_on(const struct kan_stack *stack, const struct stat *st)
{
	return S_ISBLK(st->st_mode) && kan_stack_has(stack, st->st_rdev);
}

/* What cannot be found out is taken for the same: nothing is written then. */
static bool is_stack_of(const struct stat *below, const struct stat *above)
{
	struct kan_stack stack;

	return kan_stack_find(&stack, below, &kan_usage_roots_here, NULL) != KAN_OK ||
	       stands_on(&stack, above);
}

static bool look_at(const char *path, struct statx *out)
{
	return statx(AT_FDCWD, path, 0, STATX_BASIC_STATS | STATX_MNT_ID, out) == 0;
}

/* @path, or what is there of the folders that hold it. */
static bool find_nearest(const char *path, struct statx *out)
{
	KAN_AUTO(mem) char *folder = strdup(path);
	char *slash;

	if (!folder)
		return false;
	if (look_at(path, out))
		return true;
	while ((slash = strrchr(folder, '/')) != NULL) {
		slash[slash == folder] = '\0';
		if (look_at(folder, out))
			return true;
		if (slash == folder)
			return false;
	}
	return look_at(".", out);
}

static bool is_mounted_from(const struct kan_stack *stack, const struct statx *where)
{
	bool is = false;

	if (kan_stack_has(stack, makedev(where->stx_dev_major, where->stx_dev_minor)))
		return true;
	if (!(where->stx_mask & STATX_MNT_ID))
		return false;
	return kan_stack_is_mounted_as(stack, where->stx_mnt_id, &kan_usage_roots_here, &is,
	                               NULL) == KAN_OK &&
	       is;
}

bool kan_drive_same_file(const char *source, const char *destination)
{
	struct kan_stack stack;
	struct stat src, dst;
	struct statx where;

	if (stat(source, &src) != 0)
		return false;
	if (stat(destination, &dst) == 0 &&
	    (are_one_file(&src, &dst) || are_one_device(&src, &dst) || is_stack_of(&src, &dst) ||
	     is_stack_of(&dst, &src)))
		return true;
	if (kan_stack_find(&stack, &src, &kan_usage_roots_here, NULL) != KAN_OK)
		return true;
	return find_nearest(destination, &where) && is_mounted_from(&stack, &where);
}
