/* SPDX-License-Identifier: MIT */
/*
 * buf.c - a string that grows by doubling
 */
#include "kanshiki/buf.h"

#include "core/cleanup.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Make room for @more bytes and a NUL; false if memory has run out. */
static bool reserve(struct kan_buf *b, size_t more)
{
	size_t need, room = b->room ? b->room : 256;
	char *data;

	if (b->failed || __builtin_add_overflow(b->len, more, &need) || need == SIZE_MAX) {
		b->failed = true;
		return false;
	}
	need++;
	if (need <= b->room)
		return true;
	while (room < need)
		if (__builtin_mul_overflow(room, (size_t)2, &room))
			room = need;
	data = realloc(b->data, room);
	if (!data) {
		b->failed = true;
		return false;
	}
	b->data = data;
	b->room = room;
	return true;
}

void kan_buf_add(struct kan_buf *b, const void *data, size_t len)
{
	if (!reserve(b, len))
		return;
	if (len > 0)
		memcpy(b->data + b->len, data, len);
	b->len += len;
	b->data[b->len] = '\0';
}

void kan_buf_puts(struct kan_buf *b, const char *s)
{
	kan_buf_add(b, s, strlen(s));
}

void kan_buf_putc(struct kan_buf *b, char c)
{
	kan_buf_add(b, &c, 1);
}

void kan_buf_printf(struct kan_buf *b, const char *fmt, ...)
{
	va_list ap;
	int len;

	va_start(ap, fmt);
	len = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	if (len < 0 || !reserve(b, (size_t)len)) {
		b->failed = true;
		return;
	}
	va_start(ap, fmt);
	vsnprintf(b->data + b->len, (size_t)len + 1, fmt, ap);
	va_end(ap);
	b->len += (size_t)len;
}

void kan_buf_reset(struct kan_buf *b)
{
	b->len = 0;
	if (b->data)
		b->data[0] = '\0';
}

int kan_buf_check(const struct kan_buf *b, struct kan_err *err)
{
	return b->failed ? kan_fail(err, KAN_ENOMEM, "out of memory for text") : KAN_OK;
}

void kan_buf_done(struct kan_buf *b)
{
	free(b->data);
	*b = (struct kan_buf){ 0 };
}
