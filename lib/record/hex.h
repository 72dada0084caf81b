/* SPDX-License-Identifier: MIT */
/*
 * hex.h - bytes out of lower-case hexadecimal digits
 */
#ifndef KAN_RECORD_HEX_H
#define KAN_RECORD_HEX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** The value of one digit; -1 if it is none. */
static inline int kan_record_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/** @len bytes from 2 x @len digits at @text; false if one of them is no digit. */
static inline bool kan_record_hex(uint8_t *out, const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		int high = kan_record_digit(text[2 * i]);
		int low = high < 0 ? -1 : kan_record_digit(text[2 * i + 1]);

		if (low < 0)
			return false;
		out[i] = (uint8_t)(high << 4 | low);
	}
	return true;
}

#endif
