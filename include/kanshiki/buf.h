/* SPDX-License-Identifier: MIT */
/*
 * buf.h - a string that grows
 *
 * All appends are infallible to the eye: after memory has run out the buffer
 * stays as it is, `failed` is set, and kan_buf_check() says so once at the end.
 */
#ifndef KAN_BUF_H
#define KAN_BUF_H

#include "kanshiki/err.h"

#include <stdbool.h>
#include <stddef.h>

KAN_BEGIN_DECLS

/** All zero is an empty buffer.  `data` is always NUL-terminated once it is not NULL. */
struct kan_buf {
	char *data;
	size_t len;  /* bytes used, without the NUL */
	size_t room; /* bytes allocated */
	bool failed; /* memory ran out: something is missing */
};

KAN_API void kan_buf_add(struct kan_buf *b, const void *data, size_t len);
KAN_API void kan_buf_puts(struct kan_buf *b, const char *s);
KAN_API void kan_buf_putc(struct kan_buf *b, char c);
KAN_API void kan_buf_printf(struct kan_buf *b, const char *fmt, ...) KAN_PRINTF(2, 3);

/** Forget the content, keep the memory and the flag. */
KAN_API void kan_buf_reset(struct kan_buf *b);

/** KAN_ENOMEM if an append failed. */
KAN_API KAN_MUST_CHECK int kan_buf_check(const struct kan_buf *b, struct kan_err *err);

/** Release the memory and make @b empty. */
KAN_API void kan_buf_done(struct kan_buf *b);

KAN_END_DECLS

#endif
