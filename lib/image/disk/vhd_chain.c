/* SPDX-License-Identifier: MIT */
/*
 * vhd_chain.c - find the parent of a differencing VHD
 *
 * A differencing VHD stores the identifier of its parent, and a name.  The name is
 * only a hint: it is a path on another machine, and the file may have been renamed
 * since.  The identifier decides.
 */
#include "core/cleanup.h"
#include "image/paths.h"
#include "image/disk/vhd.h"

#include <dirent.h>
#include <stdio.h>
#include <string.h>

enum {
	FOLDER_MAX = 65536, /* files looked at for an identifier */
};

static bool is_parent(const struct kan_vhd_disk *child, const char *path)
{
	uint8_t id[KAN_VHD_ID_LEN];

	return kan_vhd_id(path, id) && memcmp(id, child->parent_id, sizeof(id)) == 0;
}

static DIR *open_folder_of(const char *path)
{
	KAN_AUTO(mem) char *folder = kan_path_beside(path, "x");

	if (!folder)
		return NULL;
	folder[strlen(folder) - 1] = '\0';
	return opendir(*folder ? folder : ".");
}

/* The first file by name, so that the answer does not depend on the order of a folder. */
static char *find_by_id(const struct kan_vhd_disk *child)
{
	DIR *dir = open_folder_of(child->file.path);
	const struct dirent *e;
	char *best = NULL;

	for (unsigned n = 0; dir && n < FOLDER_MAX && (e = readdir(dir)); n++) {
		KAN_AUTO(mem) char *other = kan_path_beside(child->file.path, e->d_name);
		if (other && is_parent(child, other) && (!best || strcmp(other, best) < 0)) {
			free(best);
			best = KAN_STEAL(other);
		}
	}
	if (dir)
		closedir(dir);
	return best;
}

int kan_vhd_find_parent(char **out, const struct kan_vhd_disk *child, struct kan_err *err)
{
	KAN_AUTO(mem) char *parent = kan_path_beside(child->file.path, child->parent_name);
	char hex[2 * KAN_VHD_ID_LEN + 1];

	if (!parent || !is_parent(child, parent)) {
		free(parent);
		parent = find_by_id(child);
	}
	if (parent) {
		*out = KAN_STEAL(parent);
		return KAN_OK;
	}
	for (size_t i = 0; i < KAN_VHD_ID_LEN; i++)
		snprintf(hex + 2 * i, 3, "%02x", child->parent_id[i]);
	return kan_fail(err, KAN_EUNSUPPORTED,
	                "%s: a differencing VHD whose parent \"%.200s\" (identifier %s) is not in "
	                "the same folder",
	                child->file.path, child->parent_name, hex);
}
