/* SPDX-License-Identifier: MIT */
/*
 * paths.c - a list of paths
 */
#include "image/paths.h"

#include "core/cleanup.h"
#include "image/foreign.h"

#include <string.h>

bool kan_paths_has(const struct kan_paths *p, const char *path)
{
	for (size_t i = 0; i < p->n; i++)
		if (strcmp(p->list[i], path) == 0)
			return true;
	return false;
}

int kan_paths_add(struct kan_paths *p, const char *path, struct kan_err *err)
{
	char **list;

	if (kan_paths_has(p, path))
		return KAN_OK;
	if (p->n >= KAN_FOREIGN_FILES_MAX)
		return kan_fail(err, KAN_ELIMIT, "%s: more than %u files", path,
		                KAN_FOREIGN_FILES_MAX);
	list = realloc(p->list, (p->n + 2) * sizeof(*list));
	if (!list)
		return kan_fail(err, KAN_ENOMEM, "out of memory for %zu paths", p->n);
	p->list = list;
	list[p->n] = strdup(path);
	if (!list[p->n])
		return kan_fail(err, KAN_ENOMEM, "out of memory for a path");
	list[++p->n] = NULL;
	return KAN_OK;
}

void kan_paths_done(struct kan_paths *p)
{
	for (size_t i = 0; i < p->n; i++)
		free(p->list[i]);
	free(p->list);
	*p = (struct kan_paths){ 0 };
}

char *kan_path_beside(const char *path, const char *name)
{
	const char *slash = strrchr(path, '/');
	size_t folder_len = slash ? (size_t)(slash - path) + 1 : 0;
	struct kan_buf b = { 0 };
	const char *cut;

	while ((cut = strpbrk(name, "/\\")) != NULL)
		name = cut + 1;
	if (*name == '\0' || strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
		return NULL;
	kan_buf_add(&b, path, folder_len);
	kan_buf_puts(&b, name);
	if (kan_buf_check(&b, NULL) != KAN_OK)
		kan_buf_done(&b);
	return b.data;
}
