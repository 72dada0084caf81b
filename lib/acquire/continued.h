/* SPDX-License-Identifier: MIT */
/*
 * continued.h - a source whose first part is read from an image that was begun
 */
#ifndef KAN_ACQUIRE_CONTINUED_H
#define KAN_ACQUIRE_CONTINUED_H

#include "kanshiki/record.h"
#include "kanshiki/source.h"

/** Where the first @len bytes come from. */
struct kan_begun {
	const char *path;                   /* of the image, for messages */
	struct kan_source *image;           /* holds at least @len bytes */
	uint64_t len;                       /* ends between two blocks of the stream */
	const struct kan_record_range *bad; /* zeros of the image that could not be read */
	size_t nbad;
};

/**
 * The media of @origin, but what lies in @begun is read from there.  All are borrowed
 * and must outlive the result, which is owned by the caller.  A range of the image
 * that cannot be read is a failure: what was there is not there any more.
 */
KAN_MUST_CHECK int kan_source_continued(struct kan_source **out, struct kan_source *origin,
                                        const struct kan_begun *begun, struct kan_err *err);

/**
 * Compare 64 places, spread over what was begun, with @origin.  KAN_EARG if it is not
 * the same medium.  Ranges that cannot be read now, or could not, are not compared.
 */
KAN_MUST_CHECK int kan_begun_compare(const struct kan_begun *begun, struct kan_source *origin,
                                     struct kan_err *err);

#endif
