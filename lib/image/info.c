/* SPDX-License-Identifier: MIT */
/*
 * info.c - lists of segments, header values and stored digests
 */
#include "image/info.h"

#include "core/cleanup.h"

#include <stdio.h>
#include <string.h>

/* Room for one more element of @size bytes behind @n; doubles at powers of two. */
static bool make_room(void **list, size_t n, size_t size)
{
	void *more;

	if (n >= KAN_IMAGE_INFO_MAX)
		return false;
	if (n > 0 && (n < 4 || (n & (n - 1)) != 0))
		return true;
	more = realloc(*list, (n < 4 ? 4 : 2 * n) * size);
	if (!more)
		return false;
	*list = more;
	return true;
}

int kan_image_info_segment(struct kan_image_info *info, const char *path, uint64_t size,
                           bool missing, struct kan_err *err)
{
	KAN_AUTO(mem) char *copy = strdup(path);
	void *list = info->segments;

	if (!copy || !make_room(&list, info->nsegments, sizeof(*info->segments)))
		return kan_fail(err, KAN_ENOMEM, "out of memory for %zu segments", info->nsegments);
	info->segments = list;
	info->segments[info->nsegments++] =
		(struct kan_segment){ .path = KAN_STEAL(copy), .size = size, .missing = missing };
	return KAN_OK;
}

const char *kan_image_info_find(const struct kan_image_info *info, const char *name)
{
	for (size_t i = 0; i < info->nvalues; i++)
		if (strcmp(info->values[i].name, name) == 0)
			return info->values[i].value;
	return NULL;
}

int kan_image_info_value(struct kan_image_info *info, const char *name, const char *value,
                         struct kan_err *err)
{
	KAN_AUTO(mem) char *name_copy = NULL;
	KAN_AUTO(mem) char *value_copy = NULL;
	void *list = info->values;

	if (kan_image_info_find(info, name))
		return KAN_OK;
	name_copy = strdup(name);
	value_copy = strdup(value);
	if (!name_copy || !value_copy || !make_room(&list, info->nvalues, sizeof(*info->values)))
		return kan_fail(err, KAN_ENOMEM, "out of memory for header values");
	info->values = list;
	info->values[info->nvalues++] =
		(struct kan_header_value){ KAN_STEAL(name_copy), KAN_STEAL(value_copy) };
	return KAN_OK;
}

static bool has_hash(const struct kan_image_info *info, const struct kan_stored_hash *h)
{
	for (size_t i = 0; i < info->nhashes; i++)
		if (strcmp(info->hashes[i].algorithm, h->algorithm) == 0 &&
		    strcmp(info->hashes[i].hex, h->hex) == 0)
			return true;
	return false;
}

int kan_image_info_hash(struct kan_image_info *info, const char *algorithm, const uint8_t *digest,
                        size_t len, struct kan_err *err)
{
	static const char digits[] = "0123456789abcdef";
	struct kan_stored_hash h = { 0 };
	void *list = info->hashes;

	if (len > (sizeof(h.hex) - 1) / 2)
		return kan_fail(err, KAN_EARG, "a digest of %zu bytes", len);
	snprintf(h.algorithm, sizeof(h.algorithm), "%s", algorithm);
	for (size_t i = 0; i < len; i++) {
		h.hex[2 * i] = digits[digest[i] >> 4];
		h.hex[2 * i + 1] = digits[digest[i] & 15];
	}
	if (has_hash(info, &h))
		return KAN_OK;
	if (!make_room(&list, info->nhashes, sizeof(*info->hashes)))
		return kan_fail(err, KAN_ENOMEM, "out of memory for stored digests");
	info->hashes = list;
	info->hashes[info->nhashes++] = h;
	return KAN_OK;
}

void kan_image_info_done(struct kan_image_info *info)
{
	for (size_t i = 0; i < info->nsegments; i++)
		free(info->segments[i].path);
	for (size_t i = 0; i < info->nvalues; i++) {
		free(info->values[i].name);
		free(info->values[i].value);
	}
	free(info->segments);
	free(info->values);
	free(info->hashes);
	*info = (struct kan_image_info){ 0 };
}
