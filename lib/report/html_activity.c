/* SPDX-License-Identifier: MIT */
/*
 * html_activity.c - count the events by day and hour
 *
 * One pass over the events, grouped by the store into quarters of an hour, which
 * every zone in use is a multiple of.  Dates such as 1601 or 1970 are often values
 * that were never set; a chart over four centuries shows nothing.  So groups of
 * years at either end that hold less than one event in twenty, and are years
 * away from the rest, are left out of the charts and listed beside them.
 */
#include "report/html_activity.h"

#include "core/utc.h"

static const int64_t QUARTER_NS = INT64_C(900) * 1000000000;
static const int GAP_YEARS = 5;       /* this many empty years separate a group */
static const uint64_t FAR_SHARE = 20; /* a group of less than one in so many is left out */

struct count {
	struct kan_html *h;
	struct kan_activity *a;
	uint64_t (*hours)[2][7][24]; /* by year, then zoned and local */
};

uint64_t kan_activity_day(const struct kan_activity *a, int64_t day)
{
	int64_t i = day - kan_utc_days(KAN_FIRST_YEAR, 1, 1);

	return i >= 0 && i < KAN_DAYS ? a->days[i] : 0;
}

static void count_at(struct count *c, int64_t at_ns, uint64_t n, bool has_hour, bool local)
{
	struct kan_civil at = kan_utc_civil(at_ns);
	int64_t day = kan_utc_days(at.year, at.month, at.day);
	int64_t year = at.year - KAN_FIRST_YEAR;
	int64_t i = day - kan_utc_days(KAN_FIRST_YEAR, 1, 1);

	if (year < 0 || year >= KAN_YEARS || i < 0 || i >= KAN_DAYS)
		return; /* cannot be: see KAN_FIRST_YEAR */
	c->a->years[year] += n;
	c->a->days[i] += n;
	if (has_hour)
		c->hours[year][local ? 1 : 0][(at.weekday + 6) % 7][at.hour] += n;
}

/* Columns: quarter, local, bare date, rows, events. */
static int take_quarter(void *arg, int ncolumns, const char *const *col, struct kan_err *err)
{
	struct count *c = arg;
	int64_t quarter, local = 0, bare = 0, rows, events, at_ns;

	if (ncolumns < 5 || !kan_html_number(col[0], &quarter) || !kan_html_number(col[3], &rows) ||
	    !kan_html_number(col[4], &events) || rows < 0)
		return kan_fail(err, KAN_EFORMAT, "case.db: an event without a time");
	(void)kan_html_number(col[1], &local); /* stays 0 if it is none */
	(void)kan_html_number(col[2], &bare);
	/* The first quarter that has a time begins before the first time that there is. */
	if (__builtin_mul_overflow(quarter, QUARTER_NS, &at_ns))
		at_ns = quarter < 0 ? INT64_MIN : INT64_MAX;
	c->a->total += (uint64_t)rows;
	c->a->merged += (uint64_t)(events > rows ? events : rows);
	c->a->local += local ? (uint64_t)rows : 0;
	c->a->date_only += bare ? (uint64_t)rows : 0;
	if (!local && !bare)
		at_ns = kan_html_shift(c->h, at_ns);
	count_at(c, at_ns, (uint64_t)rows, !bare, local != 0);
	return KAN_OK;
}

/* Year index of the end of the group that begins at @from, going by @step. */
static int group_end(const struct kan_activity *a, int from, int stop, int step)
{
	int last = from;

	for (int y = from; y != stop + step; y += step) {
		if (a->years[y])
			last = y;
		else if ((y - last) * step >= GAP_YEARS)
			break;
	}
	return last;
}

static uint64_t sum_years(const struct kan_activity *a, int from, int to)
{
	uint64_t n = 0;

	for (int y = from < to ? from : to; y <= (from < to ? to : from); y++)
		n += a->years[y];
	return n;
}

/* Take off the groups at either end that are small and far away, smallest first. */
static void find_range(struct kan_activity *a)
{
	int low = 0, high = KAN_YEARS - 1;

	while (low < high && !a->years[low])
		low++;
	while (high > low && !a->years[high])
		high--;
	for (int rounds = 0; rounds < KAN_YEARS; rounds++) {
		int low_end = group_end(a, low, high, 1);
		int high_end = group_end(a, high, low, -1);
		uint64_t at_low = sum_years(a, low, low_end);
		uint64_t at_high = sum_years(a, high, high_end);

		if (low_end == high) /* one group is left */
			break;
		if (at_low <= at_high && at_low < a->total / FAR_SHARE) {
			for (low = low_end + 1; !a->years[low];)
				low++;
		} else if (at_high < a->total / FAR_SHARE) {
			for (high = high_end - 1; !a->years[high];)
				high--;
		} else {
			break;
		}
	}
	a->first_year = low + KAN_FIRST_YEAR;
	a->last_year = high + KAN_FIRST_YEAR;
	a->in_range = sum_years(a, low, high);
}

static void find_days(struct kan_activity *a)
{
	a->first_day = kan_utc_days(a->first_year, 1, 1);
	a->last_day = kan_utc_days(a->last_year, 12, 31);
	while (a->first_day < a->last_day && !kan_activity_day(a, a->first_day))
		a->first_day++;
	while (a->last_day > a->first_day && !kan_activity_day(a, a->last_day))
		a->last_day--;
}

static void add_hours(struct kan_hours *out, uint64_t (*at)[24])
{
	for (int day = 0; day < 7; day++) {
		for (int hour = 0; hour < 24; hour++) {
			out->at[day][hour] += at[day][hour];
			out->n += at[day][hour];
		}
	}
}

int kan_activity_load(struct kan_html *h, struct kan_err *err)
{
	KAN_AUTO(mem) struct kan_activity *a = calloc(1, sizeof(*a));
	KAN_AUTO(mem) void *hours = calloc(KAN_YEARS, sizeof(uint64_t[2][7][24]));
	struct count c = { .h = h, .a = a, .hours = hours };
	int rc;

	if (!a || !hours)
		return kan_fail(err, KAN_ENOMEM, "out of memory for the activity");
	rc = kan_html_query(h, take_quarter, &c, err,
	                    "SELECT time_ns / 900000000000 - (time_ns %% 900000000000 < 0) AS q,"
	                    " local, unit_ns = %lld, count(*), sum(count)"
	                    " FROM event GROUP BY 1, 2, 3",
	                    (long long)KAN_UNIT_DAY);
	if (rc)
		return rc;
	find_range(a);
	find_days(a);
	for (int y = a->first_year - KAN_FIRST_YEAR; y <= a->last_year - KAN_FIRST_YEAR; y++) {
		add_hours(&a->zoned, c.hours[y][0]);
		add_hours(&a->local_hours, c.hours[y][1]);
	}
	h->activity = KAN_STEAL(a);
	return KAN_OK;
}
