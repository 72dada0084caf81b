/* SPDX-License-Identifier: MIT */
/*
 * usage.c - mounts, swap and holders of a stack of devices
 *
 * A mount belongs to the stack by the number of its device, or by the device that it
 * names as its source: btrfs and others show a number of their own.  It is read-only
 * only if the superblock is: a read-only view of a file system that is also mounted
 * for writing changes all the same.
 */
#include "image/drive/usage.h"

#include "core/cleanup.h"
#include "core/escape.h"
#include "image/drive/kernel_text.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/sysmacros.h>

/* The words of a line of mountinfo that matter here. */
struct mount_line {
	uint64_t id;
	dev_t dev;
	char *point, *source;
	bool writable;
};

static bool is_stacked(const struct kan_stack *stack, char *name)
{
	struct stat st;

	kan_undo_octal(name);
	return name[0] == '/' && stat(name, &st) == 0 && S_ISBLK(st.st_mode) &&
	       kan_stack_has(stack, st.st_rdev);
}

static bool has_option(char *options, const char *name)
{
	char *save = NULL;

	for (char *o = strtok_r(options, ",", &save); o; o = strtok_r(NULL, ",", &save))
		if (strcmp(o, name) == 0)
			return true;
	return false;
}

/* proc(5): id parent dev root point options [optional...] - type source superoptions */
static bool parse_mount(struct mount_line *m, char *line)
{
	char *word;

	m->id = strtoull(kan_next_word(&line), NULL, 10);
	(void)kan_next_word(&line); /* the parent */
	if (!kan_parse_dev(&m->dev, kan_next_word(&line)))
		return false;
	(void)kan_next_word(&line); /* the root inside the file system */
	m->point = kan_next_word(&line);
	do
		word = kan_next_word(&line);
	while (*word != '\0' && strcmp(word, "-") != 0);
	(void)kan_next_word(&line); /* the type */
	m->source = kan_next_word(&line);
	m->writable = !has_option(kan_next_word(&line), "ro");
	kan_undo_octal(m->point);
	return *word != '\0';
}

static bool belongs(const struct kan_stack *stack, struct mount_line *m)
{
	return kan_stack_has(stack, m->dev) || is_stacked(stack, m->source);
}

/* The first one stays. */
static void tell(char *out, size_t room, const char *what, const char *where)
{
	KAN_DEFER(kan_buf_done) struct kan_buf text = { 0 };

	if (out[0] != '\0')
		return;
	kan_escape_text(&text, where, strlen(where));
	snprintf(out, room, "%s %s", what, text.data ? text.data : "");
}

static void find_mounts(struct kan_usage *out, const struct kan_stack *stack, char *text)
{
	struct mount_line m;
	char *line;

	while ((line = kan_next_line(&text)) != NULL) {
		if (!parse_mount(&m, line) || !belongs(stack, &m))
			continue;
		if (m.writable)
			tell(out->writer, sizeof(out->writer), "mounted read-write at", m.point);
		else
			tell(out->reader, sizeof(out->reader), "mounted read-only at", m.point);
	}
}

static void find_swap(struct kan_usage *out, const struct kan_stack *stack, char *text)
{
	char *line;

	while ((line = kan_next_line(&text)) != NULL) {
		char *name = kan_next_word(&line);

		if (is_stacked(stack, name))
			tell(out->writer, sizeof(out->writer), "in use as swap:", name);
	}
}

static void find_holder(struct kan_usage *out, dev_t dev, const struct kan_usage_roots *roots)
{
	char folder[PATH_MAX];
	struct dirent *e;
	DIR *dir;

	if (snprintf(folder, sizeof(folder), "%s/dev/block/%u:%u/holders", roots->sys, major(dev),
	             minor(dev)) >= (int)sizeof(folder))
		return;
	dir = opendir(folder);
	if (!dir)
		return;
	while ((e = readdir(dir)) != NULL)
		if (e->d_name[0] != '.')
			tell(out->reader, sizeof(out->reader), "held by", e->d_name);
	(void)closedir(dir);
}

static bool read_proc(struct kan_buf *out, const char *name, const struct kan_usage_roots *roots)
{
	char path[PATH_MAX];

	return snprintf(path, sizeof(path), "%s/%s", roots->proc, name) < (int)sizeof(path) &&
	       kan_kernel_text(out, path);
}

int kan_usage_find(struct kan_usage *out, const struct kan_stack *stack,
                   const struct kan_usage_roots *roots, struct kan_err *err)
{
	KAN_DEFER(kan_buf_done) struct kan_buf text = { 0 };

	*out = (struct kan_usage){ 0 };
	if (!read_proc(&text, "self/mountinfo", roots))
		return kan_fail(err, KAN_EIO, "%s/self/mountinfo: cannot see what is mounted",
		                roots->proc);
	find_mounts(out, stack, text.data);
	/* A kernel without swap has no such file. */
	if (read_proc(&text, "swaps", roots))
		find_swap(out, stack, text.data);
	else if (kan_is_shortage(errno))
		return kan_fail(err, KAN_EIO, "%s/swaps: cannot see what is swap", roots->proc);
	for (size_t i = 0; i < stack->n; i++)
		find_holder(out, stack->devs[i], roots);
	return KAN_OK;
}

int kan_stack_is_mounted_as(const struct kan_stack *stack, uint64_t mount_id,
                            const struct kan_usage_roots *roots, bool *is_out, struct kan_err *err)
{
	KAN_DEFER(kan_buf_done) struct kan_buf text = { 0 };
	struct mount_line m;
	char *rest, *line;

	if (!read_proc(&text, "self/mountinfo", roots))
		return kan_fail(err, KAN_EIO, "%s/self/mountinfo: cannot see what is mounted",
		                roots->proc);
	*is_out = false;
	rest = text.data;
	while ((line = kan_next_line(&rest)) != NULL)
		if (parse_mount(&m, line) && m.id == mount_id)
			*is_out = belongs(stack, &m);
	return KAN_OK;
}
