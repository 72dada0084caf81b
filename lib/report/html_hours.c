/* SPDX-License-Identifier: MIT */
/*
 * html_hours.c - the activity heat map: weekday by hour
 *
 * It is a table whose cells are coloured, so that it can be read without the
 * colours: by a person, on paper, and by a screen reader.  The hour in which an
 * operating system was installed may hold more events than a year of work, so the
 * darkest colour is for the few cells above the usual; the legend says from where.
 */
#include "report/html_activity.h"

#include <inttypes.h>
#include <stdio.h>

struct shades {
	uint64_t max;
	uint64_t usual; /* nineteen of twenty cells with events are not above it */
};

enum { CELLS = 7 * 24, STEPS = 6 }; /* shades; 0 is for no event at all */

static int by_value(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

static void measure(const struct kan_hours *hours, struct shades *out)
{
	uint64_t sorted[CELLS];
	size_t n = 0;

	for (int day = 0; day < 7; day++)
		for (int hour = 0; hour < 24; hour++)
			if (hours->at[day][hour])
				sorted[n++] = hours->at[day][hour];
	if (n == 0)
		return;
	qsort(sorted, n, sizeof(sorted[0]), by_value);
	out->max = sorted[n - 1];
	out->usual = sorted[(n - 1) * 95 / 100];
}

/* Shade 1 to STEPS - 1 of @n: even steps up to what is usual, the last for all above. */
static unsigned shade_of(uint64_t n, const struct shades *s)
{
	if (n == 0)
		return 0;
	if (n > s->usual)
		return STEPS - 1;
	return 1 + (unsigned)kan_html_scale(n - 1, STEPS - 2, s->usual);
}

/* The smallest number that has @shade; more than the largest if none has. */
static uint64_t shade_from(unsigned shade, const struct shades *s)
{
	uint64_t low = 1, high = s->max + 1;

	while (low < high) {
		uint64_t mid = low + (high - low) / 2;

		if (shade_of(mid, s) >= shade)
			high = mid;
		else
			low = mid + 1;
	}
	return low;
}

/* At most four characters: "9999", "12k", "340M". */
static struct kan_html_str short_count(uint64_t n)
{
	static const char units[] = " kMGTPE";
	struct kan_html_str out;
	size_t unit = 0;

	if (n <= 9999) {
		snprintf(out.s, sizeof(out.s), "%" PRIu64, n);
		return out;
	}
	for (; n >= 1000 && units[unit + 1]; n /= 1000)
		unit++;
	snprintf(out.s, sizeof(out.s), "%" PRIu64 "%c", n, units[unit]);
	return out;
}

static void put_row(struct kan_html *h, const struct kan_hours *hours, int day,
                    const struct shades *s)
{
	const char *name = kan_html_weekday(h, (day + 1) % 7);
	uint64_t sum = 0;

	kan_html_raw(h, "<tr><th scope=\"row\">");
	kan_html_text(h, name);
	kan_html_raw(h, "</th>");
	for (int hour = 0; hour < 24; hour++) {
		uint64_t n = hours->at[day][hour];

		sum += n;
		kan_buf_printf(h->out, "<td class=\"s%u\"", shade_of(n, s));
		if (n > 9999)
			kan_buf_printf(h->out, " title=\"%s\"", kan_html_count(n).s);
		kan_buf_printf(h->out, ">%s</td>", n > 0 ? short_count(n).s : "");
	}
	kan_buf_printf(h->out, "<td class=\"sum\">%s</td></tr>\n", kan_html_count(sum).s);
}

static void put_legend(struct kan_html *h, const struct shades *s)
{
	kan_html_raw(h, "<p class=\"legend\"><span class=\"key s0\"></span> 0");
	for (unsigned shade = 1; shade < STEPS; shade++) {
		uint64_t from = shade_from(shade, s);
		uint64_t to = shade + 1 < STEPS ? shade_from(shade + 1, s) - 1 : s->max;

		if (from > to)
			continue;
		kan_buf_printf(h->out, " <span class=\"key s%u\"></span> %s", shade,
		               kan_html_count(from).s);
		if (to > from)
			kan_buf_printf(h->out, "\xe2\x80\x93%s", kan_html_count(to).s);
	}
	kan_html_raw(h, "</p>\n");
}

static void put_map(struct kan_html *h, const struct kan_hours *hours)
{
	struct shades s = { 0 };

	measure(hours, &s);
	kan_html_raw(h,
	             "<div class=\"scroll\"><table class=\"heat\">\n<thead><tr><th scope=\"col\">");
	kan_html_say(h, "Hour");
	kan_html_raw(h, "</th>");
	for (int hour = 0; hour < 24; hour++)
		kan_buf_printf(h->out, "<th scope=\"col\">%d</th>", hour);
	kan_html_raw(h, "<th scope=\"col\">");
	kan_html_say(h, "Sum");
	kan_html_raw(h, "</th></tr></thead>\n<tbody>\n");
	for (int day = 0; day < 7; day++)
		put_row(h, hours, day, &s);
	kan_html_raw(h, "</tbody></table></div>\n");
	put_legend(h, &s);
}

int kan_html_hours(struct kan_html *h, struct kan_err *err)
{
	const struct kan_activity *a = h->activity;

	(void)err; /* nothing is read here */
	if (a->zoned.n == 0 && a->local_hours.n == 0) {
		kan_html_para(h, "none", "There are no events with a time of day.");
		return KAN_OK;
	}
	kan_html_para(h, "note",
	              "How many events fall on which hour of which weekday, in the time that the"
	              " first chart shows. A time in a file system may come from a program, an"
	              " installation or a copy: it does not show that a person was there.");
	if (a->zoned.n > 0) {
		kan_html_raw(h, "<h3>");
		kan_html_sayf(h, "Time zone %1$s: %2$s events", h->zone_name,
		              kan_html_count(a->zoned.n).s);
		kan_html_raw(h, "</h3>\n");
		put_map(h, &a->zoned);
	}
	if (a->local_hours.n > 0) {
		kan_html_raw(h, "<h3>");
		kan_html_sayf(h, "Local time of unknown zone, as stored (FAT): %s events",
		              kan_html_count(a->local_hours.n).s);
		kan_html_raw(h, "</h3>\n");
		put_map(h, &a->local_hours);
	}
	if (a->date_only > 0) {
		kan_html_raw(h, "<p class=\"note\">");
		kan_html_sayf(h,
		              "Events that have a date but no time of day, not counted here: %s.",
		              kan_html_count(a->date_only).s);
		kan_html_raw(h, "</p>\n");
	}
	return KAN_OK;
}
