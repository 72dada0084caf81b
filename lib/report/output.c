/* SPDX-License-Identifier: MIT */
/*
 * output.c - the formats by name
 */
#include "kanshiki/output.h"

#include <string.h>

const struct kan_output *kan_output_find(const char *name)
{
	for (size_t i = 0; kan_output_list[i]; i++)
		if (strcmp(kan_output_list[i]->name, name) == 0)
			return kan_output_list[i];
	return NULL;
}
