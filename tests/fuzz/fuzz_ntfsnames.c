/* SPDX-License-Identifier: MIT */
/*
 * fuzz_ntfsnames.c - any bytes where names of NTFS are stored
 */
#include "fs/ntfs_names.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(const struct kan_ntfs_names *names)
{
	for (size_t i = 0; i < names->n; i++) {
		const struct kan_ntfs_name *name = &names->list[i];
		size_t at = 0;

		if (name->shown > names->text.len || name->exact > names->text.len)
			abort();
		if (!kan_ntfs_names_next(names, &at, name->addr, names->text.data + name->shown))
			abort();
		(void)strlen(kan_ntfs_name_exact(names, name));
	}
}

/* The first byte says where the rest is from; the directory is the root, 5. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct kan_ntfs_names names = { 0 };
	struct kan_view rest;
	uint8_t *copy;

	if (size < 2)
		return 0;
	copy = malloc(size - 1);
	if (!copy)
		return 0;
	memcpy(copy, data + 1, size - 1);
	rest = (struct kan_view){ copy, size - 1 };
	switch (data[0] % 5) {
	case 0:
		kan_ntfs_names_add_root(&names, 5, rest);
		break;
	case 1:
		kan_ntfs_names_add_block(&names, 5, copy, size - 1);
		break;
	case 2:
		kan_ntfs_names_add_record(&names, copy, size - 1);
		break;
	case 3:
		kan_ntfs_names_add_attrs(&names, rest);
		break;
	default:
		kan_ntfs_names_add_fname(&names, 64, 5, rest);
	}
	if (!names.text.failed)
		check(&names);
	kan_ntfs_names_done(&names);
	free(copy);
	return 0;
}
