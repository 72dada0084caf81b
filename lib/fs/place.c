/* SPDX-License-Identifier: MIT */
/*
 * place.c - what is not inside the volume is not read
 */
#include "fs/place.h"

#include <string.h>

bool kan_place_read(const struct kan_place *p, uint64_t at, uint8_t *buf, size_t len)
{
	uint64_t offset;

	if (at > p->length || p->length - at < len ||
	    __builtin_add_overflow(p->offset, at, &offset))
		return false;
	if (offset > p->src->size || p->src->size - offset < len)
		return false;
	return kan_source_read(p->src, offset, buf, len, p->findings, NULL) == KAN_OK;
}

bool kan_place_has(const struct kan_place *p, uint64_t at, const void *magic, size_t len)
{
	uint8_t raw[32];

	return len <= sizeof(raw) && kan_place_read(p, at, raw, len) &&
	       memcmp(raw, magic, len) == 0;
}
