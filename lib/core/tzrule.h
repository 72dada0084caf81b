/* SPDX-License-Identifier: MIT */
/*
 * tzrule.h - what a zone does for ever: the TZ string at the end of a TZif file
 *
 * POSIX.1-2017, Base Definitions 8.3, with the extensions of RFC 8536, 3.3.1:
 * names in angle brackets, hours of a change from -167 to 167.
 */
#ifndef KAN_CORE_TZRULE_H
#define KAN_CORE_TZRULE_H

#include <stdbool.h>
#include <stdint.h>

enum kan_tzdate_kind {
	KAN_TZDATE_JULIAN,  /* Jn: day 1 to 365, the 29th of February never counts */
	KAN_TZDATE_ORDINAL, /* n: day 0 to 365 */
	KAN_TZDATE_WEEKDAY, /* Mm.w.d: weekday d (0 = Sunday) of week w (5 = last) of month m */
};

/** When a change happens in a year. */
struct kan_tzdate {
	enum kan_tzdate_kind kind;
	int day; /* also the weekday */
	int week;
	int month;
	int32_t time_s; /* after local midnight, in the time that ends */
};

struct kan_tzrule {
	int32_t standard; /* seconds east of UTC */
	int32_t summer;
	bool has_summer;
	struct kan_tzdate begin; /* of summer time */
	struct kan_tzdate end;
};

/** Read a TZ string; false if it is none. */
bool kan_tzrule_parse(struct kan_tzrule *out, const char *text);

/** Seconds east of UTC at @time_s, seconds since 1970-01-01 UTC. */
int32_t kan_tzrule_offset(const struct kan_tzrule *rule, int64_t time_s);

#endif
