/* SPDX-License-Identifier: MIT */
/*
 * html_coverage.c - what was examined; first of all, what was not
 *
 * "Nothing was left out" is a strong sentence.  It is said only if the case came
 * to its end, something is recorded as examined, nothing as examined in part or
 * not at all, and no other table of the store knows of a gap.
 */
#include "report/html.h"

#include "core/escape.h"

/* Reasons to think that something was left out, wherever the store has them. */
static const char gaps_sql[] =
	"SELECT (SELECT count(*) FROM coverage WHERE status != 'complete' OR status IS NULL)"
	" + (SELECT count(*) = 0 FROM coverage)"
	" + (SELECT count(*) FROM filesystem WHERE state NOT IN ('readable', 'swap', 'container'))"
	" + (SELECT count(*) FROM segment WHERE missing != 0)"
	" + (SELECT count(*) FROM evidence WHERE bytes_unreadable > 0)"
	" + (SELECT count(*) FROM evidence e WHERE NOT EXISTS"
	" (SELECT 1 FROM coverage c WHERE c.evidence = e.number))";

static const struct kan_html_column columns[] = {
	{ KAN_WORD("Evidence"), KAN_CELL_NUMBER, 0 },
	{ KAN_WORD("Stage"), KAN_CELL_WORD, KAN_WORDS_STAGE },
	{ KAN_WORD("Subject"), KAN_CELL_PATH, 0 },
	{ KAN_WORD("Result"), KAN_CELL_WORD, KAN_WORDS_COVERAGE },
	{ KAN_WORD("Reason"), KAN_CELL_WORD, KAN_WORDS_FINDING },
	{ KAN_WORD("Detail"), KAN_CELL_PATH, KAN_WORDS_DETAIL },
	{ KAN_WORD("Offset + length"), KAN_CELL_RANGE, 0 },
	{ NULL, 0, 0 },
};

static const struct kan_html_column complete_columns[] = {
	{ KAN_WORD("Evidence"), KAN_CELL_NUMBER, 0 },
	{ KAN_WORD("Stage"), KAN_CELL_WORD, KAN_WORDS_STAGE },
	{ KAN_WORD("Subject"), KAN_CELL_PATH, 0 },
	{ KAN_WORD("Result"), KAN_CELL_WORD, KAN_WORDS_COVERAGE },
	{ KAN_WORD("Offset + length"), KAN_CELL_RANGE, 0 },
	{ KAN_WORD("Records"), KAN_CELL_NUMBER, 0 },
	{ NULL, 0, 0 },
};

int kan_html_gaps(struct kan_html *h, bool *out, struct kan_err *err)
{
	int64_t n = 0;
	int rc = kan_html_query_number(h, gaps_sql, &n, err);

	if (rc)
		return rc;
	*out = n != 0 || h->evidence_total == 0 || !h->complete;
	return KAN_OK;
}

int kan_html_gap_list(struct kan_html *h, uint32_t max, struct kan_err *err)
{
	const struct kan_html_list list = {
		.caption = KAN_WORD("What was not examined, or not in full"),
		.columns = columns,
		.sql = "SELECT evidence, stage, subject, status, reason, detail, offset, length"
		       " FROM coverage WHERE status != 'complete' OR status IS NULL"
		       " ORDER BY ifnull(status, '') = 'partial', id",
		.count = "SELECT count(*) FROM coverage WHERE status != 'complete' OR status IS "
			 "NULL",
		.rest = "coverage.csv",
		.max = max,
	};

	return kan_html_list(h, &list, err);
}

int kan_html_coverage(struct kan_html *h, struct kan_err *err)
{
	static const struct kan_html_list complete = {
		.caption = KAN_WORD("What was examined in full"),
		.columns = complete_columns,
		.sql = "SELECT evidence, stage, subject, status, offset, length, count"
		       " FROM coverage WHERE status = 'complete' ORDER BY id",
		.count = "SELECT count(*) FROM coverage WHERE status = 'complete'",
		.rest = "coverage.csv",
		.empty = KAN_WORD("Nothing is recorded as examined in full."),
	};
	bool gaps = true;
	int rc = kan_html_gaps(h, &gaps, err);

	if (rc)
		return rc;
	if (gaps)
		kan_html_para(h, "warn", "Not everything was examined.");
	else
		kan_html_para(h, "good",
		              "Nothing was left out: every step that is recorded came to its end.");
	rc = kan_html_gap_list(h, KAN_REPORT_ROWS_MAX, err);
	return rc ? rc : kan_html_list(h, &complete, err);
}
