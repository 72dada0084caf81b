/* SPDX-License-Identifier: MIT */
/*
 * stack.c - partitions, holders and loop devices on top of a device
 */
#include "core/cleanup.h"
#include "image/drive/kernel_text.h"
#include "image/drive/usage.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/sysmacros.h>

const struct kan_usage_roots kan_usage_roots_here = { "/sys", "/proc" };

bool kan_stack_has(const struct kan_stack *stack, dev_t dev)
{
	for (size_t i = 0; i < stack->n; i++)
		if (stack->devs[i] == dev)
			return true;
	return stack->full;
}

static void push(struct kan_stack *stack, dev_t dev)
{
	if (kan_stack_has(stack, dev))
		return;
	if (stack->n == KAN_STACK_MAX)
		stack->full = true;
	else
		stack->devs[stack->n++] = dev;
}

static bool make_path(char out[static PATH_MAX], const char *folder, const char *name,
                      const char *file)
{
	int n = snprintf(out, PATH_MAX, "%s/%s/%s", folder, name, file);

	return n > 0 && n < PATH_MAX;
}

/* What push_each() needs to know of the entries of a folder. */
struct search {
	struct kan_stack *stack;
	struct kan_buf text;
	int shortage;            /* errno of what could not be looked at for want of something */
	const char *mark;        /* entries with this file only; or NULL */
	const struct stat *over; /* entries with a backing file that is this only; or NULL */
};

static bool read_text(struct search *s, const char *path)
{
	bool read = kan_kernel_text(&s->text, path);

	if (!read && kan_is_shortage(errno))
		s->shortage = errno;
	return read;
}

static bool is_backed_by(struct search *s, const char *folder, const char *name)
{
	char path[PATH_MAX];
	struct stat st;

	if (!make_path(path, folder, name, "loop/backing_file") || !read_text(s, path))
		return false;
	s->text.data[strcspn(s->text.data, "\n")] = '\0';
	if (stat(s->text.data, &st) != 0)
		return false;
	if (S_ISBLK(s->over->st_mode))
		return S_ISBLK(st.st_mode) && st.st_rdev == s->over->st_rdev;
	return st.st_dev == s->over->st_dev && st.st_ino == s->over->st_ino;
}

static void push_entry(struct search *s, const char *folder, const char *name)
{
	char path[PATH_MAX];
	dev_t dev;

	if (s->mark && (!make_path(path, folder, name, s->mark) || access(path, F_OK) != 0))
		return;
	if (s->over && !is_backed_by(s, folder, name))
		return;
	if (make_path(path, folder, name, "dev") && read_text(s, path) &&
	    kan_parse_dev(&dev, s->text.data))
		push(s->stack, dev);
}

static void push_each(struct search *s, const char *folder)
{
	DIR *dir = opendir(folder);
	struct dirent *e;

	if (!dir && kan_is_shortage(errno))
		s->shortage = errno;
	if (!dir)
		return;
	while ((e = readdir(dir)) != NULL)
		if (e->d_name[0] != '.')
			push_entry(s, folder, e->d_name);
	(void)closedir(dir);
}

static void push_loops(struct search *s, const struct stat *over,
                       const struct kan_usage_roots *roots)
{
	char folder[PATH_MAX];

	s->mark = "loop";
	s->over = over;
	if (make_path(folder, roots->sys, "block", ""))
		push_each(s, folder);
	s->over = NULL;
}

static void push_above(struct search *s, dev_t dev, const struct kan_usage_roots *roots)
{
	struct stat over = { .st_mode = S_IFBLK, .st_rdev = dev };
	char folder[PATH_MAX], number[32];

	snprintf(number, sizeof(number), "dev/block/%u:%u", major(dev), minor(dev));
	s->mark = "partition";
	if (make_path(folder, roots->sys, number, ""))
		push_each(s, folder);
	s->mark = NULL;
	if (make_path(folder, roots->sys, number, "holders"))
		push_each(s, folder);
	push_loops(s, &over, roots);
}

int kan_stack_find(struct kan_stack *out, const struct stat *st,
                   const struct kan_usage_roots *roots, struct kan_err *err)
{
	struct search s = { .stack = out };

	*out = (struct kan_stack){ 0 };
	if (S_ISBLK(st->st_mode))
		push(out, st->st_rdev);
	else
		push_loops(&s, st, roots);
	for (size_t i = 0; i < out->n; i++)
		push_above(&s, out->devs[i], roots);
	kan_buf_done(&s.text);
	errno = s.shortage;
	return s.shortage ? kan_fail(err, KAN_EIO, "cannot see what is built on a device") : KAN_OK;
}
