/* SPDX-License-Identifier: MIT */
/*
 * info.h - filling in what a container says about itself
 */
#ifndef KAN_IMAGE_INFO_H
#define KAN_IMAGE_INFO_H

#include "kanshiki/image.h"

/** Most segments, values or hashes of one image; no real set has as many. */
#define KAN_IMAGE_INFO_MAX 65536u

/** Add a segment; @path is copied. */
KAN_MUST_CHECK int kan_image_info_segment(struct kan_image_info *info, const char *path,
                                          uint64_t size, bool missing, struct kan_err *err);

/** Add a header value unless @name is there already; both are copied. */
KAN_MUST_CHECK int kan_image_info_value(struct kan_image_info *info, const char *name,
                                        const char *value, struct kan_err *err);

/** The value called @name, or NULL. */
const char *kan_image_info_find(const struct kan_image_info *info, const char *name);

/** Add a digest of @len bytes; one that is there already with the same bytes is not added. */
KAN_MUST_CHECK int kan_image_info_hash(struct kan_image_info *info, const char *algorithm,
                                       const uint8_t *digest, size_t len, struct kan_err *err);

/** Release everything in @info (zeroed afterwards). */
void kan_image_info_done(struct kan_image_info *info);

#endif
