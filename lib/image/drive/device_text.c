/* SPDX-License-Identifier: MIT */
/*
 * device_text.c - texts of a drive, which are padded and not terminated
 */
#include "image/drive/text.h"

#include <stdbool.h>

static bool is_padding(uint8_t c)
{
	return c == ' ' || c == '\0' || c == '\n';
}

void kan_drive_text(char *out, size_t size, const uint8_t *raw, size_t len)
{
	size_t n;

	while (len > 0 && is_padding(raw[len - 1]))
		len--;
	while (len > 0 && is_padding(raw[0])) {
		raw++;
		len--;
	}
	n = len < size ? len : size - 1;
	for (size_t i = 0; i < n; i++)
		out[i] = raw[i] ? (char)raw[i] : ' ';
	out[n] = '\0';
}
