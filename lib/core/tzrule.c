/* SPDX-License-Identifier: MIT */
/*
 * tzrule.c - what a zone does for ever: the TZ string at the end of a TZif file
 *
 * An instant is in summer time if the last change before it began summer.  The
 * changes of the year before and after are looked at too, so that rules around New
 * Year, and in the south, where summer contains it, need no special care.
 */
#include "core/tzrule.h"

#include "core/utc.h"

#include <ctype.h>
#include <stddef.h>

static const int64_t DAY_S = 86400;
static const int64_t RANGE_S = 106751 * 86400LL; /* of int64 nanoseconds, on either side */

/* At most three digits at *@p, from @least to @most. */
static bool take_number(const char **p, int least, int most, int *out)
{
	int v = 0, n = 0;

	for (; n < 3 && **p >= '0' && **p <= '9'; n++, (*p)++)
		v = v * 10 + (**p - '0');
	*out = v;
	return n > 0 && v >= least && v <= most;
}

static bool take_char(const char **p, char c)
{
	if (**p != c)
		return false;
	(*p)++;
	return true;
}

/* "EST" or "<+03>"; at least three characters. */
static bool take_name(const char **p)
{
	bool quoted = take_char(p, '<');
	int n = 0;

	for (; isalpha((unsigned char)**p) ||
	       (quoted && (isdigit((unsigned char)**p) || **p == '+' || **p == '-'));
	     n++)
		(*p)++;
	return n >= 3 && (!quoted || take_char(p, '>'));
}

/* [+-]hh[:mm[:ss]] as seconds. */
static bool take_time(const char **p, int hours_max, int32_t *out)
{
	int sign = take_char(p, '-') ? -1 : 1;
	int h, m = 0, s = 0;

	if (sign == 1)
		(void)take_char(p, '+');
	if (!take_number(p, 0, hours_max, &h))
		return false;
	if (take_char(p, ':') && !take_number(p, 0, 59, &m))
		return false;
	if (take_char(p, ':') && !take_number(p, 0, 59, &s))
		return false;
	*out = sign * (h * 3600 + m * 60 + s);
	return true;
}

static bool take_date(const char **p, struct kan_tzdate *out)
{
	out->time_s = 2 * 3600;
	if (take_char(p, 'M')) {
		out->kind = KAN_TZDATE_WEEKDAY;
		if (!take_number(p, 1, 12, &out->month) || !take_char(p, '.') ||
		    !take_number(p, 1, 5, &out->week) || !take_char(p, '.') ||
		    !take_number(p, 0, 6, &out->day))
			return false;
	} else if (take_char(p, 'J')) {
		out->kind = KAN_TZDATE_JULIAN;
		if (!take_number(p, 1, 365, &out->day))
			return false;
	} else {
		out->kind = KAN_TZDATE_ORDINAL;
		if (!take_number(p, 0, 365, &out->day))
			return false;
	}
	return !take_char(p, '/') || take_time(p, 167, &out->time_s);
}

bool kan_tzrule_parse(struct kan_tzrule *out, const char *text)
{
	struct kan_tzrule r = { 0 };
	const char *p = text;
	int32_t west;

	if (!take_name(&p) || !take_time(&p, 24, &west))
		return false;
	r.standard = -west; /* POSIX counts to the west */
	if (*p != '\0') {
		r.has_summer = true;
		r.summer = r.standard + 3600;
		if (!take_name(&p))
			return false;
		if (*p != ',') {
			if (!take_time(&p, 24, &west))
				return false;
			r.summer = -west;
		}
		if (!take_char(&p, ',') || !take_date(&p, &r.begin) || !take_char(&p, ',') ||
		    !take_date(&p, &r.end) || *p != '\0')
			return false;
	}
	*out = r;
	return true;
}

/* Local seconds since 1970 at which the change of @year happens. */
static int64_t change_in(const struct kan_tzdate *d, int64_t year)
{
	int64_t first = kan_utc_days(year, 1, 1);
	bool leap = kan_utc_days(year + 1, 1, 1) - first == 366;
	int64_t days, next;

	if (d->kind == KAN_TZDATE_ORDINAL)
		return (first + d->day) * DAY_S + d->time_s;
	if (d->kind == KAN_TZDATE_JULIAN)
		return (first + d->day - 1 + (leap && d->day >= 60)) * DAY_S + d->time_s;
	days = kan_utc_days(year, d->month, 1);
	next = d->month == 12 ? kan_utc_days(year + 1, 1, 1) : kan_utc_days(year, d->month + 1, 1);
	/* 1970-01-01 was a Thursday (4). */
	days += (d->day - ((days + 4) % 7 + 7) % 7 + 7) % 7 + 7 * (d->week - 1);
	if (days >= next)
		days -= 7;
	return days * DAY_S + d->time_s;
}

int32_t kan_tzrule_offset(const struct kan_tzrule *rule, int64_t time_s)
{
	int64_t latest = INT64_MIN;
	int64_t year;
	bool summer = false;

	if (!rule->has_summer || time_s >= RANGE_S || time_s < -RANGE_S)
		return rule->standard;
	year = kan_utc_civil(time_s * 1000000000).year;
	for (int64_t y = year - 1; y <= year + 1; y++) {
		int64_t begin = change_in(&rule->begin, y) - rule->standard;
		int64_t end = change_in(&rule->end, y) - rule->summer;

		if (begin <= time_s && begin >= latest) {
			latest = begin;
			summer = true;
		}
		if (end <= time_s && end > latest) {
			latest = end;
			summer = false;
		}
	}
	return summer ? rule->summer : rule->standard;
}
