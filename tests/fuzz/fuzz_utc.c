/* SPDX-License-Identifier: MIT */
/*
 * fuzz_utc.c - a time that is read is written and read as the same
 */
#include "core/utc.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void check_number(const uint8_t *data, uint32_t unit)
{
	char text[KAN_UTC_LEN];
	int64_t ns, back;

	memcpy(&ns, data, sizeof(ns));
	if (strlen(kan_utc_format(text, ns, unit, true)) >= KAN_UTC_LEN)
		abort();
	(void)kan_utc_format(text, ns, 1, true);
	if (!kan_utc_parse(&back, text) || back != ns)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	char *text = malloc(len + 1), again[KAN_UTC_LEN];
	int64_t ns, back;

	if (!text)
		return 0;
	if (len > 0)
		memcpy(text, data, len);
	text[len] = '\0';
	if (kan_utc_parse(&ns, text)) {
		kan_utc_format(again, ns, 1, true);
		if (!kan_utc_parse(&back, again) || back != ns)
			abort();
	}
	if (len >= 12) {
		uint32_t unit;

		memcpy(&unit, data + 8, sizeof(unit));
		check_number(data, unit);
	}
	free(text);
	return 0;
}
