/* SPDX-License-Identifier: MIT */
/*
 * text.h - the compressed texts of EWF: inflate, decode, cut into fields
 */
#ifndef KAN_IMAGE_EWF_TEXT_H
#define KAN_IMAGE_EWF_TEXT_H

#include "image/ewf/ewf.h"
#include "kanshiki/buf.h"

struct kan_ewf_text {
	const char *s;
	size_t len;
};

/** Cut the part before the next @end off @rest; false at the end of the text. */
bool kan_ewf_take(struct kan_ewf_text *out, struct kan_ewf_text *rest, char end);

/** The same for a line, which ends with a line feed, perhaps behind a carriage return. */
bool kan_ewf_take_line(struct kan_ewf_text *out, struct kan_ewf_text *rest);

/**
 * Append UTF-16 up to a NUL, with or without a byte order mark, as UTF-8; U+FFFD for
 * what is not valid.
 */
void kan_ewf_put_utf16(struct kan_buf *out, struct kan_view v);

/**
 * Decompress @v into a new buffer at *@out (caller frees), however large it gets within
 * KAN_EWF_HEADER_MAX.  NULL if it is not zlib data.
 */
KAN_MUST_CHECK int kan_ewf_inflate(struct kan_view v, uint8_t **out, size_t *out_len,
                                   struct kan_err *err);

/** Add the header value @name; dates and kinds of compression are put into words. */
KAN_MUST_CHECK int kan_ewf_put_value(struct kan_ewf_opening *o, const char *name,
                                     struct kan_ewf_text v);

#endif
