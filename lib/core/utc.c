/* SPDX-License-Identifier: MIT */
/*
 * utc.c - civil time by arithmetic, without the C library's zones
 *
 * The day algorithms count eras of 400 years (146,097 days) from 0000-03-01, so
 * that a leap day is the last day of its year.
 */
#include "core/utc.h"

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
		.ns = time_ns % NS_PER_S < 0 ? time_ns % NS_PER_S + NS_PER_S : time_ns % NS_PER_S,
		.weekday = (int)(((days + 4) % 7 + 7) % 7),
	};
}

/* @v as @n digits at @p; returns what is behind them. */
static char *put_number(char *p, int64_t v, int n)
{
	for (int i = n; i-- > 0; v /= 10)
		p[i] = (char)('0' + v % 10);
	return p + n;
}

/* Digits of a fraction of a second that a source of this resolution has. */
static int fraction_digits(uint32_t unit_ns)
{
	int digits = 9;

	for (uint32_t unit = unit_ns; digits > 0 && unit >= 10; unit /= 10)
		digits--;
	return digits;
}

char *kan_utc_format(char *out, int64_t time_ns, uint32_t unit_ns, bool zulu)
{
	struct kan_civil c = kan_utc_civil(time_ns);
	int digits = fraction_digits(unit_ns);
	char *p = put_number(out, c.year, 4); /* 1677 to 2262 */

	*p++ = '-';
	p = put_number(p, c.month, 2);
	*p++ = '-';
	p = put_number(p, c.day, 2);
	*p = '\0';
	if (unit_ns == UINT32_MAX)
		return out;
	*p++ = 'T';
	p = put_number(p, c.hour, 2);
	*p++ = ':';
	p = put_number(p, c.minute, 2);
	*p++ = ':';
	p = put_number(p, c.second, 2);
	if (digits > 0) {
		for (int i = digits; i < 9; i++)
			c.ns /= 10;
		*p++ = '.';
		p = put_number(p, c.ns, digits);
	}
	if (zulu)
		*p++ = 'Z';
	*p = '\0';
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
	static const int lengths[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
	int64_t y, m, d;
	bool leap;

	if (!take_number(p, 4, &y) || !take_char(p, '-') || !take_number(p, 2, &m) ||
	    !take_char(p, '-') || !take_number(p, 2, &d) || m < 1 || m > 12)
		return false;
	leap = y % 4 == 0 && (y % 100 != 0 || y % 400 == 0);
	if (d < 1 || d > lengths[m - 1] + (m == 2 && leap))
		return false;
	*days = kan_utc_days(y, (int)m, (int)d);
	return true;
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
	if (total < 0 && ns > 0) { /* the first second of all begins outside the range */
		total++;
		ns -= NS_PER_S;
	}
	if (__builtin_mul_overflow(total, NS_PER_S, &total) ||
	    __builtin_add_overflow(total, ns, &total))
		return false;
	*out_ns = total;
	return true;
}
