/* SPDX-License-Identifier: MIT */
/*
 * name.c - the names of the segments of an E01 set
 *
 * .E01 to .E99, .EAA to .EZZ, .FAA to .ZZZ; all in lower case if the first one is.
 */
#include "acquire/ewf/e01.h"

#include <string.h>

#define EXTENSION_LEN 3u
#define LETTERS       26u
#define DIGITS_MAX    99u

bool kan_e01_claims(const char *path)
{
	const char *base = kan_base_name(path);
	const char *dot = strrchr(base, '.');

	return dot && dot > base && (strcmp(dot, ".E01") == 0 || strcmp(dot, ".e01") == 0);
}

bool kan_e01_name(char *out, const char *first, uint64_t index)
{
	size_t len = strlen(first);
	char *ext = out + len - EXTENSION_LEN;
	char e = first[len - EXTENSION_LEN], a = e == 'e' ? 'a' : 'A';
	uint64_t number = index + 1, k = number - DIGITS_MAX - 1;

	memcpy(out, first, len + 1);
	if (number <= DIGITS_MAX) {
		ext[1] = (char)('0' + (char)(number / 10));
		ext[2] = (char)('0' + (char)(number % 10));
		return true;
	}
	if (k / ((uint64_t)LETTERS * LETTERS) > (uint64_t)(a + 25 - e))
		return false;
	ext[0] = (char)(e + (char)(k / (LETTERS * LETTERS)));
	ext[1] = (char)(a + (char)(k / LETTERS % LETTERS));
	ext[2] = (char)(a + (char)(k % LETTERS));
	return true;
}
