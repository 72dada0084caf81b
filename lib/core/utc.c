/* SPDX-License-Identifier: MIT */
/*
 * utc.c - civil time by arithmetic, without the C library's zones
 *
 * The day algorithms count eras of 400 years (146,097 days) from 0000-03-01, so
 * that a leap day is the last day of its year.
 */
#include "core/utc.h"

#include <stdio.h>
#include <string.h>

static const int64_t NS_PER_S = 1000000000;
static const int64_t S_PER_DAY = 86400;

static int64_t floor_div(int64_t a, int64_t b)
{
	return a / b - (a % b < 0);
}

int64_t kan_utc_days(int64_t year, int month, int day)
{
	int64_t y = year - (month <= 2);
	int64_t era = floor_div(y, 400);
	int64_t yoe = y - era * 400;
	int64_t doy = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;

	return era * 146097 + yoe * 365 + yoe / 4 - yoe / 100 + doy - 719468;
}

struct kan_civil kan_utc_civil(int64_t time_ns)
{
	int64_t s = floor_div(time_ns, NS_PER_S);
	int64_t days = floor_div(s, S_PER_DAY);
	int64_t tod = s - days * S_PER_DAY;
	int64_t z = days + 719468;
	int64_t era = floor_div(z, 146097);
	int64_t doe = z - era * 146097;
	int64_t yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
	int64_t doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
	int64_t mp = (5 * doy + 2) / 153;
	int month = (int)(mp < 10 ? mp + 3 : mp - 9);

	return (struct kan_civil){
		.year = yoe + era * 400 + (month <= 2),
		.month = month,
		.day = (int)(doy - (153 * mp + 2) / 5 + 1),
		.hour = (int)(tod / 3600),
		.minute = (int)(tod / 60 % 60),
		.second = (int)(tod % 60),
		.ns = time_ns - s * NS_PER_S,
		.weekday = (int)(((days + 4) % 7 + 7) % 7),
	};
}

char *kan_utc_format(char *out, int64_t time_ns, uint32_t unit_ns, bool zulu)
{
	struct kan_civil c = kan_utc_civil(time_ns);
	int n = snprintf(out, KAN_UTC_LEN, "%04lld-%02d-%02d", (long long)c.year, c.month, c.day);
	uint32_t unit = unit_ns ? unit_ns : 1;
	int digits = 9;

	if (unit_ns == UINT32_MAX)
		return out;
	n += snprintf(out + n, KAN_UTC_LEN - (size_t)n, "T%02d:%02d:%02d", c.hour, c.minute,
	              c.second);
	for (; digits > 0 && unit >= 10; unit /= 10)
		digits--;
	if (digits > 0 && unit_ns < 1000000000u) {
		for (int i = digits; i < 9; i++)
			c.ns /= 10;
		n += snprintf(out + n, KAN_UTC_LEN - (size_t)n, ".%0*lld", digits, (long long)c.ns);
	}
	if (zulu)
		snprintf(out + n, KAN_UTC_LEN - (size_t)n, "Z");
	return out;
}

/* @n decimal digits at *@p; moves *@p behind them. */
static bool take_number(const char **p, int n, int64_t *out)
{
	int64_t v = 0;

	for (int i = 0; i < n; i++, (*p)++) {
		if (**p < '0' || **p > '9')
			return false;
		v = v * 10 + (**p - '0');
	}
	*out = v;
	return true;
}

static bool take_char(const char **p, char c)
{
	if (**p != c)
		return false;
	(*p)++;
	return true;
}

static bool take_date(const char **p, int64_t *days)
{
	int64_t y, m, d, back;
	struct kan_civil c;

	if (!take_number(p, 4, &y) || !take_char(p, '-') || !take_number(p, 2, &m) ||
	    !take_char(p, '-') || !take_number(p, 2, &d) || m < 1 || m > 12 || d < 1 || d > 31)
		return false;
	*days = kan_utc_days(y, (int)m, (int)d);
	if (__builtin_mul_overflow(*days, S_PER_DAY * NS_PER_S, &back))
		return false;
	c = kan_utc_civil(back); /* refuses the 30th of February */
	return c.month == m && c.day == d;
}

static bool take_fraction(const char **p, int64_t *ns)
{
	int64_t scale = NS_PER_S / 10;

	*ns = 0;
	if (!take_char(p, '.'))
		return true;
	if (**p < '0' || **p > '9')
		return false;
	for (; **p >= '0' && **p <= '9'; (*p)++, scale /= 10) {
		if (scale == 0)
			return false;
		*ns += (**p - '0') * scale;
	}
	return true;
}

static bool take_zone(const char **p, int64_t *seconds)
{
	int64_t h, m;
	int sign = **p == '-' ? -1 : 1;

	*seconds = 0;
	if (**p == '\0' || take_char(p, 'Z'))
		return true;
	if ((!take_char(p, '+') && !take_char(p, '-')) || !take_number(p, 2, &h) ||
	    !take_char(p, ':') || !take_number(p, 2, &m) || h > 23 || m > 59)
		return false;
	*seconds = sign * (h * 3600 + m * 60);
	return true;
}

bool kan_utc_parse(int64_t *out_ns, const char *text)
{
	const char *p = text;
	int64_t days, h = 0, m = 0, s = 0, ns = 0, zone = 0, total;

	if (!take_date(&p, &days))
		return false;
	if (*p == 'T' || *p == ' ') {
		p++;
		if (!take_number(&p, 2, &h) || !take_char(&p, ':') || !take_number(&p, 2, &m) ||
		    !take_char(&p, ':') || !take_number(&p, 2, &s) || h > 23 || m > 59 || s > 59 ||
		    !take_fraction(&p, &ns) || !take_zone(&p, &zone))
			return false;
	}
	if (*p != '\0')
		return false;
	total = days * S_PER_DAY + h * 3600 + m * 60 + s - zone;
	if (__builtin_mul_overflow(total, NS_PER_S, &total) ||
	    __builtin_add_overflow(total, ns, &total))
		return false;
	*out_ns = total;
	return true;
}
