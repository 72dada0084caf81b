/* SPDX-License-Identifier: MIT */
/*
 * err.c - filling in struct kan_err
 */
#include "kanshiki/err.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#undef kan_fail
#undef kan_fail_in

/* ": No such file or directory" behind the message, as far as there is room. */
static void append_reason(struct kan_err *err)
{
	char text[96];
	size_t used = strlen(err->msg);
	const char *reason = strerror_r(err->os_errno, text, sizeof(text));

	snprintf(err->msg + used, sizeof(err->msg) - used, ": %s", reason);
}

int kan_fail(struct kan_err *err, enum kan_status code, const char *fmt, ...)
{
	int saved = errno;
	va_list ap;

	if (!err)
		return code;

	err->code = code;
	err->os_errno = code == KAN_EIO ? saved : 0;
	err->offset = KAN_NO_OFFSET;
	va_start(ap, fmt);
	vsnprintf(err->msg, sizeof(err->msg), fmt, ap);
	va_end(ap);
	if (err->os_errno != 0)
		append_reason(err);
	return code;
}

int kan_fail_in(struct kan_err *err, int code, const char *fmt, ...)
{
	char inner[sizeof(err->msg)];
	size_t used, room;
	va_list ap;

	if (!err)
		return code;

	memcpy(inner, err->msg, sizeof(inner));
	va_start(ap, fmt);
	vsnprintf(err->msg, sizeof(err->msg), fmt, ap);
	va_end(ap);

	/* A long context cuts the inner message short; the code still says why. */
	used = strlen(err->msg);
	room = sizeof(err->msg) - used - 1;
	if (room > 2) {
		memcpy(err->msg + used, ": ", 2);
		memcpy(err->msg + used + 2, inner, strnlen(inner, room - 2));
		err->msg[used + 2 + strnlen(inner, room - 2)] = '\0';
	}
	return code;
}
