/* SPDX-License-Identifier: MIT */
/*
 * html_days.c - events over time: one chart of all, one of the last days
 */
#include "report/html_activity.h"

#include "core/utc.h"

#include <inttypes.h>

/* Beyond these the next larger unit is taken, so that a bar stays wider than two points. */
static const int64_t DAYS_MAX = 400;
static const int64_t MONTHS_MAX = 300;
static const int64_t LAST_DAYS = 92;

static const int FAR_ROWS_MAX = 40; /* years listed beside the chart */

/* Which bar of a chart by @step the @day belongs to. */
static int64_t bar_of(enum kan_step step, int64_t day)
{
	struct kan_civil c;

	if (step == KAN_STEP_DAY)
		return day;
	c = kan_utc_civil(kan_html_day_ns(day));
	return step == KAN_STEP_MONTH ? c.year * 12 + c.month - 1 : c.year;
}

static int put_chart(struct kan_html *h, struct kan_bars *b, int64_t first_day, struct kan_err *err)
{
	const struct kan_activity *a = h->activity;
	KAN_AUTO(mem) uint64_t *count = NULL;

	b->first = bar_of(b->step, first_day);
	b->n = (size_t)(bar_of(b->step, a->last_day) - b->first + 1);
	count = calloc(b->n, sizeof(*count));
	if (!count)
		return kan_fail(err, KAN_ENOMEM, "out of memory for a chart");
	for (int64_t day = first_day; day <= a->last_day; day++)
		count[bar_of(b->step, day) - b->first] += kan_activity_day(a, day);
	b->count = count;
	kan_html_bars(h, b);
	b->count = NULL;
	return KAN_OK;
}

static void put_far_years(struct kan_html *h)
{
	static const struct kan_html_column columns[] = { { KAN_WORD("Year"), KAN_CELL_TEXT, 0 },
		                                          { KAN_WORD("Events"), KAN_CELL_NUMBER,
		                                            0 },
		                                          { NULL, 0, 0 } };
	const struct kan_activity *a = h->activity;
	uint64_t shown = 0;
	int rows = 0;

	if (a->in_range == a->total)
		return;
	kan_html_raw(h, "<p class=\"note\">");
	kan_html_sayf(h,
	              "%1$s events bear dates far away from all others. Such dates, 1601 or 1970"
	              " among them, are often values that were never set. They are not in the"
	              " charts, but listed here.",
	              kan_html_count(a->total - a->in_range).s);
	kan_html_raw(h, "</p>\n");
	kan_html_table(h, NULL, columns);
	for (int y = 0; y < KAN_YEARS && rows < FAR_ROWS_MAX; y++) {
		int year = y + KAN_FIRST_YEAR;

		if (!a->years[y] || (year >= a->first_year && year <= a->last_year))
			continue;
		kan_buf_printf(h->out, "<tr><td class=\"t\">%d</td><td class=\"n\">%s</td></tr>\n",
		               year, kan_html_count(a->years[y]).s);
		shown += a->years[y];
		rows++;
	}
	kan_html_table_end(h);
	if (shown < a->total - a->in_range) {
		kan_html_raw(h, "<p class=\"rest\">");
		kan_html_sayf(h,
		              "Events of further years, not shown here: %1$s. All of them: %2$s.",
		              kan_html_count(a->total - a->in_range - shown).s, "timeline.csv");
		kan_html_raw(h, "</p>\n");
	}
}

static void put_clocks(struct kan_html *h)
{
	const struct kan_activity *a = h->activity;

	kan_html_raw(h, "<p class=\"note\">");
	kan_html_sayf(h, "Dates are those of the time zone %s.", h->zone_name);
	if (a->local > 0) {
		kan_html_raw(h, " ");
		kan_html_sayf(h,
		              "%1$s events come from file systems that keep the local time of a"
		              " device without its zone (FAT); they are counted on the date that"
		              " is stored.",
		              kan_html_count(a->local).s);
	}
	kan_html_raw(h, "</p>\n");
}

int kan_html_days(struct kan_html *h, struct kan_err *err)
{
	const struct kan_activity *a = h->activity;
	int64_t span = a->last_day - a->first_day + 1;
	struct kan_bars all = { .id = "chart-all", .title = KAN_WORD("Events over time") };
	struct kan_bars last = { .id = "chart-last",
		                 .title = KAN_WORD("The last 92 days of that time") };
	int rc;

	if (a->total == 0) {
		kan_html_para(h, "none", "There are no events.");
		return KAN_OK;
	}
	put_clocks(h);
	all.step = span <= DAYS_MAX ? KAN_STEP_DAY
	           : bar_of(KAN_STEP_MONTH, a->last_day) - bar_of(KAN_STEP_MONTH, a->first_day) <
	                           MONTHS_MAX
	                   ? KAN_STEP_MONTH
	                   : KAN_STEP_YEAR;
	rc = put_chart(h, &all, a->first_day, err);
	if (rc)
		return rc;
	put_far_years(h);
	if (all.step == KAN_STEP_DAY)
		return KAN_OK;
	kan_html_subheading(h, last.title);
	return put_chart(h, &last, a->last_day - LAST_DAYS + 1, err);
}
