/* SPDX-License-Identifier: MIT */
/*
 * html_summary.c - the first page: what was examined, in plain words and figures
 */
#include "report/html_activity.h"

#include "core/utc.h"

#include <inttypes.h>
#include <stdio.h>

struct figure {
	const char *label; /* English */
	const char *sql;
};

static const struct figure files[] = {
	{ KAN_WORD("Entries in the file list (names and streams)"), "SELECT count(*) FROM file" },
	{ KAN_WORD("of these, files"), "SELECT count(*)" KAN_SQL_FILES },
	{ KAN_WORD("of these, directories"),
	  "SELECT count(*) FROM file f LEFT JOIN stream s ON s.file = f.id"
	  " WHERE (f.name_type = 'd' OR (f.name_type = '-' AND f.meta_type = 'd'))"
	  " AND ifnull(s.name, '') = ''" },
	{ KAN_WORD("of these, alternate streams"), "SELECT count(*) FROM stream WHERE name != ''" },
	{ KAN_WORD("Deleted entries"), "SELECT count(*) FROM file WHERE deleted != 0" },
	{ KAN_WORD("Events in the timeline"), "SELECT count(*) FROM event" },
	{ KAN_WORD("Findings that are a problem"),
	  "SELECT count(*) FROM finding WHERE problem != 0" },
	{ KAN_WORD("Other findings"), "SELECT count(*) FROM finding WHERE problem = 0" },
};

static int put_figures(struct kan_html *h, struct kan_err *err)
{
	kan_html_raw(h, "<dl class=\"figures\">\n");
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		int64_t n = 0;
		int rc = kan_html_query_number(h, files[i].sql, &n, err);

		if (rc)
			return rc;
		kan_html_term(h, files[i].label);
		kan_html_text(h, kan_html_count((uint64_t)(n > 0 ? n : 0)).s);
		kan_html_term_end(h);
	}
	kan_html_raw(h, "</dl>\n");
	return KAN_OK;
}

static void put_evidence(struct kan_html *h, const struct kan_html_evidence *e)
{
	char number[24];

	snprintf(number, sizeof(number), "%" PRId64, e->number);
	kan_html_raw(h, "<li>");
	kan_html_sayf(h, "Evidence %1$s: %2$s", number, e->name);
	kan_html_raw(h, " ");
	kan_html_badge(h, e->verdict);
	kan_html_raw(h, "<br>");
	kan_html_sayf(h, "Format: %1$s; media of %2$s.",
	              kan_html_word(h, KAN_WORDS_FORMAT, e->format), kan_html_bytes(h, e->size).s);
	kan_html_raw(h, "</li>\n");
}

static void put_all_evidence(struct kan_html *h)
{
	if (h->nevidence == 0) {
		kan_html_para(h, "banner", "The case holds no evidence.");
		return;
	}
	kan_html_raw(h, "<ul>\n");
	for (size_t i = 0; i < h->nevidence; i++)
		put_evidence(h, &h->evidence[i]);
	kan_html_raw(h, "</ul>\n");
	if (h->evidence_total > h->nevidence) {
		kan_html_raw(h, "<p class=\"rest\">");
		kan_html_sayf(h,
		              "Shown: %1$s of %2$s rows. Not shown here: %3$s. All of them: %4$s.",
		              kan_html_count(h->nevidence).s, kan_html_count(h->evidence_total).s,
		              kan_html_count(h->evidence_total - h->nevidence).s, "case.db");
		kan_html_raw(h, "</p>\n");
	}
}

static int put_event_time(void *arg, int ncolumns, const char *const *col, struct kan_err *err)
{
	struct kan_html *h = arg;
	int64_t ns, unit = 1, local = 0;

	(void)err; /* what is no time is left out here; it stops the count of the activity */
	if (ncolumns < 3 || !kan_html_number(col[0], &ns))
		return KAN_OK;
	(void)kan_html_number(col[1], &unit); /* without them: as exact as it can be, UTC */
	(void)kan_html_number(col[2], &local);
	kan_html_text(h, kan_html_long_time(h, ns, unit, local != 0).s);
	if (local) {
		kan_html_raw(h, " ");
		kan_html_say(h, "(local time, zone unknown)");
	}
	return KAN_OK;
}

static int put_times(struct kan_html *h, struct kan_err *err)
{
	static const char first[] =
		"SELECT time_ns, unit_ns, local FROM event ORDER BY time_ns, id LIMIT 1";
	static const char last[] =
		"SELECT time_ns, unit_ns, local FROM event ORDER BY time_ns DESC, id LIMIT 1";
	const struct kan_activity *a = h->activity;
	int rc;

	if (a->total == 0)
		return KAN_OK;
	kan_html_raw(h, "<dl class=\"terms\">\n");
	kan_html_term(h, "First event");
	rc = kan_case_query(h->c, first, put_event_time, h, err);
	if (rc)
		return rc;
	kan_html_term_end(h);
	kan_html_term(h, "Last event");
	rc = kan_case_query(h->c, last, put_event_time, h, err);
	if (rc)
		return rc;
	kan_html_term_end(h);
	if (a->in_range < a->total) {
		struct kan_html_str from =
			kan_html_time(h, kan_html_day_ns(a->first_day), KAN_UNIT_DAY, true);
		struct kan_html_str to =
			kan_html_time(h, kan_html_day_ns(a->last_day), KAN_UNIT_DAY, true);

		kan_html_term(h, "Most events");
		kan_html_sayf(h, "%1$s of %2$s events lie between %3$s and %4$s.",
		              kan_html_count(a->in_range).s, kan_html_count(a->total).s, from.s,
		              to.s);
		kan_html_term_end(h);
	}
	kan_html_raw(h, "</dl>\n");
	if (a->merged > a->total) {
		kan_html_raw(h, "<p class=\"note\">");
		kan_html_sayf(
			h,
			"Equal events are one row of the timeline: %1$s events became %2$s rows.",
			kan_html_count(a->merged).s, kan_html_count(a->total).s);
		kan_html_raw(h, "</p>\n");
	}
	return KAN_OK;
}

static int put_gaps(struct kan_html *h, struct kan_err *err)
{
	bool gaps = true;
	int rc = kan_html_gaps(h, &gaps, err);

	if (rc)
		return rc;
	if (!gaps) {
		kan_html_para(h, "good", "Nothing is recorded as left out.");
		return KAN_OK;
	}
	kan_html_raw(h, "<p class=\"warn\"><strong>");
	kan_html_say(h, "Not everything was examined.");
	kan_html_raw(h, "</strong> <a href=\"#coverage\">");
	kan_html_say(h, "See what was not examined, and why.");
	kan_html_raw(h, "</a></p>\n");
	return kan_html_gap_list(h, KAN_REPORT_FEW_ROWS, err);
}

int kan_html_summary(struct kan_html *h, struct kan_err *err)
{
	int rc;

	put_all_evidence(h);
	rc = put_gaps(h, err);
	if (rc)
		return rc;
	rc = put_figures(h, err);
	return rc ? rc : put_times(h, err);
}
