/* SPDX-License-Identifier: MIT */
/*
 * html_chart.c - a bar chart as inline SVG
 *
 * The first days of a machine bring more events than the years that follow, so
 * the axis becomes logarithmic where the tallest bar would make the ordinary ones
 * invisible; the chart says which it is.  Lengths are integers in a hundredth of
 * a unit.  Every chart has its values as a table as well.
 */
#include "report/html_activity.h"

#include "core/utc.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

enum {
	WIDTH = 960,
	HEIGHT = 240,
	LEFT = 64,
	RIGHT = 8,
	TOP = 12,
	BOTTOM = 28,
	PLOT_WIDTH = WIDTH - LEFT - RIGHT,
	PLOT_HEIGHT = HEIGHT - TOP - BOTTOM,
	LABELS = 12, /* at most, on the time axis */
};

static const uint64_t LOG_FROM = 60;    /* tallest bar / median from which on it is */
static const uint32_t LOG_BASE = 65536; /* height of one event, as if it were two */
static const uint64_t PER_UNIT = 100;

struct scale {
	uint64_t top; /* value at the upper end */
	uint64_t step;
	bool log;
};

struct label {
	char s[32];
};

static struct label label_of(const struct kan_bars *b, size_t i)
{
	int64_t at = b->first + (int64_t)i;
	struct label out;
	struct kan_civil c;

	switch (b->step) {
	case KAN_STEP_DAY:
		c = kan_utc_civil(kan_html_day_ns(at));
		snprintf(out.s, sizeof(out.s), "%04d-%02d-%02d", (int)c.year, c.month, c.day);
		break;
	case KAN_STEP_MONTH:
		snprintf(out.s, sizeof(out.s), "%04d-%02d", (int)(at / 12), (int)(at % 12 + 1));
		break;
	default:
		snprintf(out.s, sizeof(out.s), "%04d", (int)at);
	}
	return out;
}

static int by_value(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

/* Median of the bars that are not empty; 0 if there is none. */
static uint64_t median(struct kan_html *h, const struct kan_bars *b)
{
	KAN_AUTO(mem) uint64_t *sorted = calloc(b->n, sizeof(*sorted));
	size_t n = 0;

	if (!sorted) {
		h->out->failed = true;
		return 0;
	}
	for (size_t i = 0; i < b->n; i++)
		if (b->count[i])
			sorted[n++] = b->count[i];
	if (n == 0)
		return 0;
	qsort(sorted, n, sizeof(*sorted), by_value);
	return sorted[n / 2];
}

static size_t tallest(const struct kan_bars *b)
{
	size_t best = 0;

	for (size_t i = 1; i < b->n; i++)
		if (b->count[i] > b->count[best])
			best = i;
	return best;
}

static struct scale choose_scale(struct kan_html *h, const struct kan_bars *b)
{
	uint64_t max = b->count[tallest(b)], middle = median(h, b);
	struct scale s = { .top = 1, .step = 1, .log = middle > 0 && max / middle >= LOG_FROM };

	if (s.log) {
		while (s.top < max && s.top <= UINT64_MAX / 10)
			s.top *= 10;
		return s;
	}
	for (int i = 0; max / s.step > 5 && s.step <= UINT64_MAX / 10; i++)
		s.step = i % 3 == 1 ? s.step / 2 * 5 : s.step * 2; /* 1 2 5 10 20 50 */
	s.top = max / s.step * s.step;
	if (s.top < max || s.top == 0)
		s.top += s.step;
	return s;
}

/* Height of @v in hundredths of a unit. */
static uint64_t height_of(const struct scale *s, uint64_t v)
{
	if (v == 0)
		return 0;
	if (s->log)
		return kan_html_scale(kan_html_log2(v) + LOG_BASE, PLOT_HEIGHT * PER_UNIT,
		                      kan_html_log2(s->top) + (uint64_t)LOG_BASE);
	return kan_html_scale(v, PLOT_HEIGHT * PER_UNIT, s->top);
}

/* A number of hundredths as "12.34" */
static struct label units(uint64_t hundredths)
{
	struct label out;

	snprintf(out.s, sizeof(out.s), "%" PRIu64 ".%02" PRIu64, hundredths / PER_UNIT,
	         hundredths % PER_UNIT);
	return out;
}

static void put_line(struct kan_html *h, const struct scale *s, uint64_t v, bool label)
{
	struct label y = units((TOP + PLOT_HEIGHT) * PER_UNIT - height_of(s, v));

	kan_buf_printf(h->out, "<line class=\"grid\" x1=\"%d\" x2=\"%d\" y1=\"%s\" y2=\"%s\"/>",
	               LEFT, WIDTH - RIGHT, y.s, y.s);
	if (label)
		kan_buf_printf(h->out,
		               "<text class=\"axis end\" x=\"%d\" y=\"%s\" dy=\"4\">%s</text>\n",
		               LEFT - 6, y.s, kan_html_count(v).s);
}

static void put_lines(struct kan_html *h, const struct scale *s)
{
	put_line(h, s, 0, !s->log); /* that of 1 would lie over it */
	for (uint64_t v = s->step; v <= s->top; v = s->log ? v * 10 : v + s->step) {
		put_line(h, s, v, true);
		if (v > UINT64_MAX / 10)
			break;
	}
}

/* A bar gets a label under it if it begins a natural unit of time. */
static bool wants_label(const struct kan_bars *b, size_t i)
{
	int64_t at = b->first + (int64_t)i;
	int64_t every = 1;

	switch (b->step) {
	case KAN_STEP_DAY:
		if (b->n <= LABELS)
			return true;
		if (b->n <= 7 * LABELS)
			return (at + 3) % 7 == 0; /* Mondays: 1970-01-01 was a Thursday */
		return kan_utc_civil(kan_html_day_ns(at)).day == 1;
	case KAN_STEP_MONTH:
		if (b->n <= LABELS)
			return true;
		while ((int64_t)b->n / (12 * every) > LABELS)
			every++;
		return at % (12 * every) == 0;
	default:
		while ((int64_t)b->n / every > LABELS)
			every = every * 10 % 4 ? every * 2 : every * 5 / 2;
		return at % every == 0;
	}
}

static void put_bar(struct kan_html *h, const struct kan_bars *b, const struct scale *s, size_t i)
{
	uint64_t width = PLOT_WIDTH * PER_UNIT / b->n;
	uint64_t x = LEFT * PER_UNIT + kan_html_scale(i, PLOT_WIDTH * PER_UNIT, b->n);
	uint64_t tall = height_of(s, b->count[i]);
	uint64_t gap = width > 4 * PER_UNIT ? PER_UNIT : width / 5;

	if (wants_label(b, i))
		kan_buf_printf(h->out, "<text class=\"axis\" x=\"%s\" y=\"%d\">%s</text>\n",
		               units(x).s, HEIGHT - BOTTOM + 17, label_of(b, i).s);
	if (!b->count[i])
		return;
	if (tall < PER_UNIT)
		tall = PER_UNIT; /* never invisible */
	kan_buf_printf(h->out,
	               "<rect class=\"bar\" x=\"%s\" y=\"%s\" width=\"%s\" height=\"%s\">"
	               "<title>%s: %s</title></rect>\n",
	               units(x).s, units((TOP + PLOT_HEIGHT) * PER_UNIT - tall).s,
	               units(width - gap).s, units(tall).s, label_of(b, i).s,
	               kan_html_count(b->count[i]).s);
}

static void put_values(struct kan_html *h, const struct kan_bars *b)
{
	static const struct kan_html_column columns[] = { { KAN_WORD("Time"), KAN_CELL_TEXT, 0 },
		                                          { KAN_WORD("Events"), KAN_CELL_NUMBER,
		                                            0 },
		                                          { NULL, 0, 0 } };

	kan_html_raw(h, "<details><summary>");
	kan_html_say(h, "The values of the chart");
	kan_html_raw(h, "</summary>\n");
	kan_html_table(h, NULL, columns);
	for (size_t i = 0; i < b->n; i++)
		if (b->count[i])
			kan_buf_printf(h->out,
			               "<tr><td class=\"t\">%s</td><td class=\"n\">%s</td></tr>\n",
			               label_of(b, i).s, kan_html_count(b->count[i]).s);
	kan_html_table_end(h);
	kan_html_raw(h, "</details>\n");
}

static void put_caption(struct kan_html *h, const struct kan_bars *b, const struct scale *s)
{
	static const char *const each[] = { KAN_WORD("One bar is a day."),
		                            KAN_WORD("One bar is a month."),
		                            KAN_WORD("One bar is a year.") };
	size_t most = tallest(b);

	kan_html_raw(h, "<figcaption>");
	kan_html_say(h, each[b->step]);
	kan_html_raw(h, " ");
	kan_html_sayf(h, "From %1$s to %2$s; most events: %3$s (%4$s).", label_of(b, 0).s,
	              label_of(b, b->n - 1).s, kan_html_count(b->count[most]).s,
	              label_of(b, most).s);
	if (s->log) {
		kan_html_raw(h, " <strong>");
		kan_html_say(h, "The scale is logarithmic: each line is ten times the one below.");
		kan_html_raw(h, "</strong>");
	}
	kan_html_raw(h, "</figcaption>\n");
}

void kan_html_bars(struct kan_html *h, const struct kan_bars *b)
{
	struct scale s = choose_scale(h, b);

	kan_buf_printf(h->out,
	               "<figure><svg viewBox=\"0 0 %d %d\" role=\"img\" aria-labelledby=\"%s-t\">"
	               "<title id=\"%s-t\">",
	               WIDTH, HEIGHT, b->id, b->id);
	kan_html_say(h, b->title);
	kan_html_raw(h, "</title>\n");
	put_lines(h, &s);
	for (size_t i = 0; i < b->n; i++)
		put_bar(h, b, &s, i);
	kan_html_raw(h, "</svg>\n");
	put_caption(h, b, &s);
	put_values(h, b);
	kan_html_raw(h, "</figure>\n");
}
