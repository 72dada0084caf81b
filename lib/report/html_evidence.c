/* SPDX-License-Identifier: MIT */
/*
 * html_evidence.c - what the container of each piece of evidence says about itself
 */
#include "report/html.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* ---- loading ----------------------------------------------------------------- */

static int64_t number_or_none(const char *s)
{
	int64_t v;

	return kan_html_number(s, &v) ? v : -1;
}

static int take_evidence(void *arg, int ncolumns, const char *const *col, struct kan_err *err)
{
	struct kan_html *h = arg;
	struct kan_html_evidence *e;

	if (ncolumns < 11 || h->nevidence >= KAN_REPORT_EVIDENCE_MAX)
		return kan_fail(err, KAN_ELIMIT, "unexpected answer of the store");
	e = realloc(h->evidence, (h->nevidence + 1) * sizeof(*e));
	if (!e)
		return kan_fail(err, KAN_ENOMEM, "out of memory for the evidence");
	h->evidence = e;
	e += h->nevidence++;
	*e = (struct kan_html_evidence){
		.number = number_or_none(col[0]),
		.size = number_or_none(col[1]),
		.sector_size = number_or_none(col[2]),
		.chunk_size = number_or_none(col[3]),
		.segments = number_or_none(col[4]),
		.bytes_read = number_or_none(col[5]),
		.bytes_unreadable = number_or_none(col[6]),
		.name = strdup(col[7] ? col[7] : ""),
		.format = strdup(col[8] ? col[8] : ""),
		.variant = strdup(col[9] ? col[9] : ""),
		.verdict = strdup(col[10] ? col[10] : ""),
	};
	if (!e->name || !e->format || !e->variant || !e->verdict)
		return kan_fail(err, KAN_ENOMEM, "out of memory for the evidence");
	return KAN_OK;
}

int kan_html_load_evidence(struct kan_html *h, struct kan_err *err)
{
	int64_t total = 0;
	int rc = kan_html_query_number(h, "SELECT count(*) FROM evidence", &total, err);

	if (rc)
		return rc;
	h->evidence_total = (uint64_t)(total > 0 ? total : 0);
	return kan_html_query(h, take_evidence, h, err,
	                      "SELECT number, size, sector_size, chunk_size, segments, bytes_read,"
	                      " bytes_unreadable, name, format, variant, verdict"
	                      " FROM evidence ORDER BY number LIMIT %u",
	                      KAN_REPORT_EVIDENCE_MAX);
}

void kan_html_drop_evidence(struct kan_html *h)
{
	for (size_t i = 0; i < h->nevidence; i++) {
		free(h->evidence[i].name);
		free(h->evidence[i].format);
		free(h->evidence[i].variant);
		free(h->evidence[i].verdict);
	}
	free(h->evidence);
	h->evidence = NULL;
	h->nevidence = 0;
}

/* ---- the section ------------------------------------------------------------- */

static const struct kan_html_column segment_columns[] = {
	{ KAN_WORD("No."), KAN_CELL_NUMBER, 0 },
	{ KAN_WORD("Segment file"), KAN_CELL_PATH, 0 },
	{ KAN_WORD("Size in bytes"), KAN_CELL_SIZE, 0 },
	{ KAN_WORD("Missing"), KAN_CELL_WORD, KAN_WORDS_YES },
	{ NULL, 0, 0 },
};

static const struct kan_html_column value_columns[] = {
	{ KAN_WORD("Item"), KAN_CELL_WORD, KAN_WORDS_VALUE },
	{ KAN_WORD("Value in the image"), KAN_CELL_PATH, 0 },
	{ NULL, 0, 0 },
};

static void put_number(struct kan_html *h, const char *label, int64_t n)
{
	if (n < 0)
		return;
	kan_html_term(h, label);
	kan_html_text(h, kan_html_bytes(h, n).s);
	kan_html_term_end(h);
}

static void put_facts(struct kan_html *h, const struct kan_html_evidence *e)
{
	kan_html_raw(h, "<dl class=\"terms\">\n");
	kan_html_term(h, "Format");
	kan_html_text(h, kan_html_word(h, KAN_WORDS_FORMAT, e->format));
	if (*e->variant) {
		kan_html_raw(h, " \xe2\x80\x93 ");
		kan_html_text(h, e->variant);
	}
	kan_html_term_end(h);
	put_number(h, KAN_WORD("Size of the media"), e->size);
	put_number(h, KAN_WORD("Sector size"), e->sector_size);
	if (e->chunk_size > 0)
		put_number(h, KAN_WORD("Chunk size"), e->chunk_size);
	if (e->segments >= 0) {
		kan_html_term(h, "Segment files");
		kan_html_text(h, kan_html_count((uint64_t)e->segments).s);
		kan_html_term_end(h);
	}
	kan_html_raw(h, "</dl>\n");
}

static int put_list(struct kan_html *h, struct kan_html_list *list, const char *table,
                    const char *what, int64_t number, struct kan_err *err)
{
	KAN_AUTO(mem) char *sql = NULL;
	KAN_AUTO(mem) char *count = NULL;

	if (asprintf(&sql, "SELECT %s FROM %s WHERE evidence = %" PRId64 " ORDER BY rowid", what,
	             table, number) < 0 ||
	    asprintf(&count, "SELECT count(*) FROM %s WHERE evidence = %" PRId64, table, number) <
	            0)
		return kan_fail(err, KAN_ENOMEM, "out of memory for a query");
	list->sql = sql;
	list->count = count;
	return kan_html_list(h, list, err);
}

static int put_one(struct kan_html *h, const struct kan_html_evidence *e, struct kan_err *err)
{
	struct kan_html_list segments = { .columns = segment_columns, .rest = "evidence.json" };
	struct kan_html_list values = {
		.caption = KAN_WORD("Values in the header, as whoever made the image entered them"),
		.columns = value_columns,
		.rest = "evidence.json",
		.empty = KAN_WORD("The container carries no header values."),
	};
	char number[24];
	int rc;

	snprintf(number, sizeof(number), "%" PRId64, e->number);
	kan_html_raw(h, "<h3>");
	kan_html_sayf(h, "Evidence %1$s: %2$s", number, e->name);
	kan_html_raw(h, "</h3>\n");
	put_facts(h, e);
	rc = put_list(h, &segments, "segment", "number, name, size, missing", e->number, err);
	return rc ? rc : put_list(h, &values, "header_value", "name, value", e->number, err);
}

int kan_html_evidence(struct kan_html *h, struct kan_err *err)
{
	if (h->nevidence == 0)
		kan_html_para(h, "none", "The case holds no evidence.");
	for (size_t i = 0; i < h->nevidence; i++) {
		int rc = put_one(h, &h->evidence[i], err);

		if (rc)
			return rc;
	}
	return KAN_OK;
}
