/* SPDX-License-Identifier: MIT */
/*
 * fuzz_tzif.c - any bytes are refused as a zone or give sane offsets at any time
 */
#include "core/tzrule.h"
#include "core/zone.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void require_sane(int32_t offset)
{
	if (offset < -26 * 3600 || offset > 26 * 3600)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static const int64_t times[] = { INT64_MIN,  -9223372036, -1,         0,
		                         1700000000, 4102444800,  9223372036, INT64_MAX };
	struct kan_zone *zone = NULL;
	struct kan_tzrule rule;
	char text[128];

	if (kan_zone_parse(&zone, (struct kan_view){ data, len }, NULL) == KAN_OK)
		for (size_t i = 0; i < sizeof(times) / sizeof(times[0]); i++)
			require_sane(kan_zone_offset(zone, times[i]));
	kan_zone_free(zone);
	for (size_t i = 0; i < sizeof(text); i++)
		text[i] = i < len && i + 1 < sizeof(text) ? (char)data[i] : '\0';
	if (kan_tzrule_parse(&rule, text))
		for (size_t i = 0; i < sizeof(times) / sizeof(times[0]); i++)
			require_sane(kan_tzrule_offset(&rule, times[i]));
	return 0;
}
