/* SPDX-License-Identifier: MIT */
/*
 * listing.h - what we list of one file system, and the same as fls does
 */
#ifndef KAN_TESTS_FS_LISTING_H
#define KAN_TESTS_FS_LISTING_H

#include "fs/oracle.h"

struct listing {
	const struct kan_layout *layout;
	uint32_t fs;
	struct lines lines;
	struct kan_buf line;
};

static inline int listing_add(void *arg, const struct kan_file *f, struct kan_err *err)
{
	struct listing *l = arg;

	(void)err;
	if (f->fs != l->fs)
		return KAN_OK;
	fls_line(&l->line, f, l->layout->filesystems[f->fs - 1].type);
	lines_add(&l->lines, l->line.data);
	return KAN_OK;
}

/* Sorted lines as fls prints them; @out is released with lines_done(). */
static inline void list_system(struct lines *out, struct evidence *e, uint32_t fs)
{
	struct listing l = { .layout = e->layout, .fs = fs };
	struct kan_err err = { 0 };

	ck_assert_msg(kan_files_walk(e->img, e->layout, NULL, listing_add, &l, &e->findings,
	                             &err) == KAN_OK,
	              "%s", err.msg);
	kan_buf_done(&l.line);
	lines_sort(&l.lines);
	*out = l.lines;
}

/* File system @fs of @e is listed as "fls -r -p @options @path" does. */
static inline void assert_like_fls(struct evidence *e, uint32_t fs, const char *options,
                                   const char *path, size_t least)
{
	struct lines got = { 0 }, want = { 0 };

	list_system(&got, e, fs);
	lines_of(&want, "fls -r -p %s '%s'", options, path);
	lines_sort(&want);
	assert_same_lines(&got, &want, path);
	ck_assert_uint_ge(got.n, least);
	lines_done(&got);
	lines_done(&want);
}

#endif
