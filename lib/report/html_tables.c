/* SPDX-License-Identifier: MIT */
/*
 * html_tables.c - notable files and findings
 */
#include "report/html_activity.h"

#include <inttypes.h>
#include <stdio.h>

/* ---- notable files ------------------------------------------------------------ */

static const struct kan_html_column large_columns[] = {
	{ KAN_WORD("Evidence"), KAN_CELL_NUMBER, 0 },
	{ KAN_WORD("Path"), KAN_CELL_PATH, 0 },
	{ KAN_WORD("Size in bytes"), KAN_CELL_SIZE, 0 },
	{ KAN_WORD("Deleted"), KAN_CELL_WORD, KAN_WORDS_YES },
	{ NULL, 0, 0 },
};

static const struct kan_html_column deleted_columns[] = {
	{ KAN_WORD("Evidence"), KAN_CELL_NUMBER, 0 },
	{ KAN_WORD("Path"), KAN_CELL_PATH, 0 },
	{ KAN_WORD("Size in bytes"), KAN_CELL_SIZE, 0 },
	{ NULL, 0, 0 },
};

static const struct kan_html_column recent_columns[] = {
	{ KAN_WORD("Time"), KAN_CELL_TIME, 0 },
	{ KAN_WORD("What"), KAN_CELL_WORD, KAN_WORDS_MEANING },
	{ KAN_WORD("Source"), KAN_CELL_TEXT, 0 },
	{ KAN_WORD("Path"), KAN_CELL_PATH, 0 },
	{ KAN_WORD("Size in bytes"), KAN_CELL_SIZE, 0 },
	{ NULL, 0, 0 },
};

static const struct kan_html_list notable[] = {
	{ .caption = KAN_WORD("The largest files"),
	  .columns = large_columns,
	  .sql = "SELECT f.evidence, f.path, s.size, f.deleted != 0" KAN_SQL_FILES
	         " AND s.size > 0 ORDER BY s.size DESC, f.id",
	  .max = KAN_REPORT_TOP_ROWS,
	  .empty = KAN_WORD("There are no files.") },
	{ .caption = KAN_WORD("The largest deleted files"),
	  .columns = deleted_columns,
	  .sql = "SELECT f.evidence, f.path, s.size" KAN_SQL_FILES
	         " AND s.size > 0 AND f.deleted != 0 ORDER BY s.size DESC, f.id",
	  .max = KAN_REPORT_TOP_ROWS },
};

/* Those of the main range: a date far in the future is a wrong clock, not the latest change. */
static int put_latest(struct kan_html *h, struct kan_err *err)
{
	KAN_AUTO(mem) char *sql = NULL;
	struct kan_html_list list = {
		.caption = KAN_WORD("The latest changes of content, creations and deletions"),
		.columns = recent_columns,
		.max = KAN_REPORT_TOP_ROWS,
	};
	int64_t end = INT64_MAX;

	/* The range ends years before the next date, so a day more for zones does no harm. */
	if (h->activity->total > 0)
		end = kan_html_day_ns(h->activity->last_day + 2);
	if (asprintf(&sql,
	             "SELECT time_ns, unit_ns, local, meaning, source, path, size FROM event"
	             " WHERE meaning IN ('modified', 'created', 'deleted') AND type = 'r'"
	             " AND time_ns <= %" PRId64 " ORDER BY time_ns DESC, id",
	             end) < 0)
		return kan_fail(err, KAN_ENOMEM, "out of memory for a query");
	list.sql = sql;
	return kan_html_list(h, &list, err);
}

int kan_html_notable(struct kan_html *h, struct kan_err *err)
{
	int latest;

	for (size_t i = 0; i < sizeof(notable) / sizeof(notable[0]); i++) {
		int rc = kan_html_list(h, &notable[i], err);

		if (rc)
			return rc;
	}
	latest = put_latest(h, err);
	if (latest)
		return latest;
	kan_html_para(
		h, "note",
		"Sizes of deleted files are what is left of their records. Dates far away from"
		" all others are not among the latest. All files are in files.csv, all events"
		" in timeline.csv.");
	return KAN_OK;
}

/* ---- findings ------------------------------------------------------------------- */

static const struct kan_html_column kind_columns[] = {
	{ KAN_WORD("Kind"), KAN_CELL_WORD, KAN_WORDS_FINDING },
	{ KAN_WORD("Problem"), KAN_CELL_WORD, KAN_WORDS_YES },
	{ KAN_WORD("Findings"), KAN_CELL_NUMBER, 0 },
	{ NULL, 0, 0 },
};

static const struct kan_html_column finding_columns[] = {
	{ KAN_WORD("Evidence"), KAN_CELL_NUMBER, 0 },
	{ KAN_WORD("Stage"), KAN_CELL_WORD, KAN_WORDS_STAGE },
	{ KAN_WORD("Kind"), KAN_CELL_WORD, KAN_WORDS_FINDING },
	{ KAN_WORD("Offset + length"), KAN_CELL_RANGE, 0 },
	{ KAN_WORD("Subject"), KAN_CELL_PATH, 0 },
	{ KAN_WORD("Detail"), KAN_CELL_PATH, KAN_WORDS_DETAIL },
	{ NULL, 0, 0 },
};

static const struct kan_html_list findings[] = {
	{ .caption = KAN_WORD("Findings by kind"),
	  .columns = kind_columns,
	  .sql = "SELECT kind, problem != 0, count(*) FROM finding GROUP BY 1, 2"
	         " ORDER BY 2 DESC, 3 DESC, 1",
	  .empty = KAN_WORD("There are no findings.") },
	{ .caption = KAN_WORD("Findings, problems first; offsets in bytes in the media"),
	  .columns = finding_columns,
	  .sql = "SELECT evidence, stage, kind, offset, length, subject, detail FROM finding"
	         " ORDER BY problem = 0, id",
	  .count = "SELECT count(*) FROM finding",
	  .rest = "case.db" },
};

int kan_html_findings(struct kan_html *h, struct kan_err *err)
{
	for (size_t i = 0; i < sizeof(findings) / sizeof(findings[0]); i++) {
		int rc = kan_html_list(h, &findings[i], err);

		if (rc)
			return rc;
	}
	kan_html_para(h, "note", "Subjects and details are shown in the words of the store.");
	return KAN_OK;
}
