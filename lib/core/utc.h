/* SPDX-License-Identifier: MIT */
/*
 * utc.h - UTC nanoseconds as RFC 3339 text, with the precision of their source
 */
#ifndef KAN_CORE_UTC_H
#define KAN_CORE_UTC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define KAN_UTC_LEN 48 /* room for any formatted time and its NUL */

struct kan_civil {
	int64_t year;
	int month; /* 1-12 */
	int day;   /* 1-31 */
	int hour, minute, second;
	int64_t ns;  /* 0-999999999 */
	int weekday; /* 0 = Sunday */
};

/** Proleptic Gregorian calendar date and time of day of @time_ns. */
struct kan_civil kan_utc_civil(int64_t time_ns);

/** Days since 1970-01-01 of a date of the proleptic Gregorian calendar. */
int64_t kan_utc_days(int64_t year, int month, int day);

/**
 * "2026-01-31T23:59:59.1234567Z": as many fraction digits as @unit_ns (the
 * resolution of the source) gives; none for a second or more; only the date if
 * @unit_ns is UINT32_MAX (KAN_UNIT_DAY).  @zulu false leaves the "Z" out: a local
 * time of an unknown zone.  @out holds KAN_UTC_LEN bytes; returns @out.
 */
char *kan_utc_format(char *out, int64_t time_ns, uint32_t unit_ns, bool zulu);

/**
 * Read "2026-01-31", "2026-01-31T23:59:59", a fraction of up to nine digits, "Z" or
 * "+09:00"; without a zone the time is UTC.  False if @text is anything else or
 * does not fit into int64 nanoseconds (1677-09-21 to 2262-04-11).
 */
bool kan_utc_parse(int64_t *out_ns, const char *text);

#endif
