/* SPDX-License-Identifier: MIT */
/*
 * foreign.c - no container of another library yet
 */
#include "image/foreign.h"

int kan_foreign_enter_worker(struct kan_source *src, struct kan_err *err)
{
	(void)src;
	(void)err;
	return KAN_OK;
}

const char *const *kan_foreign_readable(const struct kan_source *src)
{
	(void)src;
	return NULL;
}
