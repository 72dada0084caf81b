/* SPDX-License-Identifier: MIT */
/*
 * view.h - a run of untrusted bytes that knows where it ends
 */
#ifndef KAN_CORE_VIEW_H
#define KAN_CORE_VIEW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct kan_view {
	const uint8_t *data;
	size_t len;
};

/** The @len bytes at @pos of @v into *@out; false, and *@out untouched, if they are not there. */
static inline bool kan_view_sub(struct kan_view *out, struct kan_view v, uint64_t pos, uint64_t len)
{
	if (pos > v.len || v.len - pos < len)
		return false;
	*out = (struct kan_view){ v.data + pos, (size_t)len };
	return true;
}

/** A sub-view of fixed length as a pointer; NULL if the bytes are not there. */
static inline const uint8_t *kan_view_at(struct kan_view v, uint64_t pos, uint64_t len)
{
	struct kan_view sub;

	return kan_view_sub(&sub, v, pos, len) ? sub.data : NULL;
}

#endif
