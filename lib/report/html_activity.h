/* SPDX-License-Identifier: MIT */
/*
 * html_activity.h - how many events fall on which day and hour
 */
#ifndef KAN_REPORT_HTML_ACTIVITY_H
#define KAN_REPORT_HTML_ACTIVITY_H

#include "report/html.h"

/* int64 nanoseconds reach from 1677-09-21 to 2262-04-11; a zone may add a day. */
enum { KAN_FIRST_YEAR = 1677, KAN_YEARS = 586, KAN_DAYS = KAN_YEARS * 366 };

/** Events of one clock by hour; weekday 0 is Monday. */
struct kan_hours {
	uint64_t n;
	uint64_t at[7][24];
};

/**
 * Everything is counted by the date and hour in the zone of the report; events
 * of local time (FAT) by the date and hour that is stored.
 */
struct kan_activity {
	uint64_t total;     /* rows of `event` */
	uint64_t merged;    /* events before equal ones became one row */
	uint64_t local;     /* rows of local time */
	uint64_t date_only; /* rows without an hour */
	uint64_t in_range;  /* rows of the main range */
	int first_year;     /* the main range, without dates far away from all others */
	int last_year;
	int64_t first_day; /* first and last day with events of that range, since 1970 */
	int64_t last_day;
	struct kan_hours zoned; /* of the main range, by the zone of the report */
	struct kan_hours local_hours;
	uint64_t years[KAN_YEARS];
	uint64_t days[KAN_DAYS]; /* since January 1st of KAN_FIRST_YEAR */
};

/** Count the events of the case into h->activity, which the caller releases with free(). */
KAN_MUST_CHECK int kan_activity_load(struct kan_html *h, struct kan_err *err);

/** Events on @day since 1970-01-01. */
uint64_t kan_activity_day(const struct kan_activity *a, int64_t day);

enum kan_step { KAN_STEP_DAY, KAN_STEP_MONTH, KAN_STEP_YEAR };

/** Bars of a chart, one for each day, month or year. */
struct kan_bars {
	enum kan_step step;
	int64_t first; /* day since 1970, month since year 0, or year */
	size_t n;
	uint64_t *count;
	const char *id;    /* of the chart in the document */
	const char *title; /* English */
};

/** The bar chart with its title, its values as a table, and its scale in words. */
void kan_html_bars(struct kan_html *h, const struct kan_bars *bars);

#endif
