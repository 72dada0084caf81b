/* SPDX-License-Identifier: MIT */
/*
 * html_format.c - numbers and times as people read them
 *
 * Integer arithmetic only: floating point text depends on the locale, and the
 * last digit of a logarithm on the machine.
 */
#include "report/html.h"

#include "core/utc.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static const int64_t NS_PER_S = 1000000000;

struct kan_html_str kan_html_count(uint64_t n)
{
	struct kan_html_str out = { "" };
	char digits[24];
	int len = snprintf(digits, sizeof(digits), "%" PRIu64, n);
	size_t pos = 0;

	for (int i = 0; i < len; i++) {
		if (i > 0 && (len - i) % 3 == 0)
			out.s[pos++] = ',';
		out.s[pos++] = digits[i];
	}
	out.s[pos] = '\0';
	return out;
}

struct kan_html_str kan_html_size(uint64_t bytes)
{
	static const char *const units[] = { "KiB", "MiB", "GiB", "TiB", "PiB", "EiB" };
	struct kan_html_str out;
	unsigned shift = 10;
	size_t unit = 0;
	uint64_t tenths;

	if (bytes < 1024) {
		snprintf(out.s, sizeof(out.s), "%" PRIu64 " B", bytes);
		return out;
	}
	while (shift < 60 && bytes >> shift >= 1024) {
		shift += 10;
		unit++;
	}
	tenths = (bytes >> shift) * 10 +
	         (((bytes & ((UINT64_C(1) << shift) - 1)) >> (shift - 10)) * 10) / 1024;
	snprintf(out.s, sizeof(out.s), "%" PRIu64 ".%" PRIu64 " %s", tenths / 10, tenths % 10,
	         units[unit]);
	return out;
}

struct kan_html_str kan_html_bytes(const struct kan_html *h, int64_t bytes)
{
	struct kan_html_str out;

	if (bytes < 0)
		snprintf(out.s, sizeof(out.s), "%s", kan_html_tr(h, "unknown"));
	else if (bytes < 1024)
		snprintf(out.s, sizeof(out.s), kan_html_tr(h, "%s bytes"),
		         kan_html_count((uint64_t)bytes).s);
	else
		snprintf(out.s, sizeof(out.s), kan_html_tr(h, "%s (%s bytes)"),
		         kan_html_size((uint64_t)bytes).s, kan_html_count((uint64_t)bytes).s);
	return out;
}

/* Seconds east of UTC at @time_ns. */
static int32_t offset_at(const struct kan_html *h, int64_t time_ns)
{
	return kan_zone_offset(h->zone, time_ns / NS_PER_S - (time_ns % NS_PER_S < 0));
}

int64_t kan_html_day_ns(int64_t day)
{
	int64_t ns;

	if (__builtin_mul_overflow(day, 86400 * NS_PER_S, &ns))
		return day < 0 ? INT64_MIN : INT64_MAX;
	return ns;
}

int64_t kan_html_shift(const struct kan_html *h, int64_t time_ns)
{
	int64_t shifted;

	if (__builtin_add_overflow(time_ns, offset_at(h, time_ns) * NS_PER_S, &shifted))
		return time_ns;
	return shifted;
}

/* " UTC" or " +09:00". */
static void add_zone(const struct kan_html *h, struct kan_html_str *out, int64_t ns)
{
	size_t len = strlen(out->s);
	int32_t offset = offset_at(h, ns);
	int32_t seconds = offset < 0 ? -offset : offset;

	if (!h->zone) {
		snprintf(out->s + len, sizeof(out->s) - len, " UTC");
		return;
	}
	snprintf(out->s + len, sizeof(out->s) - len, " %c%02d:%02d", offset < 0 ? '-' : '+',
	         seconds / 3600, seconds / 60 % 60);
	len = strlen(out->s);
	if (seconds % 60) /* local mean time, before there were zones */
		snprintf(out->s + len, sizeof(out->s) - len, ":%02d", seconds % 60);
}

struct kan_html_str kan_html_time(const struct kan_html *h, int64_t ns, int64_t unit, bool local)
{
	bool date_only = unit == (int64_t)KAN_UNIT_DAY;
	struct kan_html_str out;
	char text[KAN_UTC_LEN];
	uint32_t digits = unit > 0 && unit < (int64_t)UINT32_MAX ? (uint32_t)unit : 1;
	char *t;

	kan_utc_format(text, local || date_only ? ns : kan_html_shift(h, ns),
	               date_only ? KAN_UNIT_DAY : digits, false);
	t = strchr(text, 'T');
	if (t)
		*t = ' ';
	snprintf(out.s, sizeof(out.s), "%s", text);
	if (!local && !date_only)
		add_zone(h, &out, ns);
	return out;
}

struct kan_html_str kan_html_long_time(const struct kan_html *h, int64_t ns, int64_t unit,
                                       bool local)
{
	bool date_only = unit == (int64_t)KAN_UNIT_DAY;
	struct kan_civil c = kan_utc_civil(local || date_only ? ns : kan_html_shift(h, ns));
	struct kan_html_str out;
	char year[24], month[16], day[16];
	size_t len;

	snprintf(year, sizeof(year), "%04d", (int)c.year);
	/* Translators: year, month, day, weekday. */
	snprintf(month, sizeof(month), h->words ? "%d" : "%02d", c.month);
	snprintf(day, sizeof(day), h->words ? "%d" : "%02d", c.day);
	snprintf(out.s, sizeof(out.s), kan_html_tr(h, "%1$s-%2$s-%3$s (%4$s)"), year, month, day,
	         kan_html_weekday(h, c.weekday));
	if (date_only)
		return out;
	len = strlen(out.s);
	snprintf(out.s + len, sizeof(out.s) - len, " %02d:%02d:%02d", c.hour, c.minute, c.second);
	if (!local)
		add_zone(h, &out, ns);
	return out;
}

bool kan_html_number(const char *s, int64_t *out)
{
	long long v;
	char *end;

	if (!s || *s == '\0')
		return false;
	errno = 0;
	v = strtoll(s, &end, 10);
	if (errno || *end != '\0')
		return false;
	*out = v;
	return true;
}

uint64_t kan_html_scale(uint64_t a, uint64_t b, uint64_t c)
{
	unsigned __int128 v;

	if (c == 0)
		return 0;
	v = (unsigned __int128)(a < c ? a : c) * b / c;
	return (uint64_t)v;
}

uint32_t kan_html_log2(uint64_t n)
{
	unsigned whole = n > 0 ? 63u - (unsigned)__builtin_clzll(n) : 0;
	uint64_t x =
		n > 0 ? (whole > 31 ? n >> (whole - 31) : n << (31 - whole)) : UINT64_C(1) << 31;
	uint32_t out = whole << 16;

	/* x is n / 2^whole in [1, 2) with 31 fraction bits; squaring it gives a bit each time. */
	for (int bit = 15; bit >= 0; bit--) {
		x = (x * x) >> 31;
		if (x >> 32) {
			out |= 1u << bit;
			x >>= 1;
		}
	}
	return out;
}
