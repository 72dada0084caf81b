/* SPDX-License-Identifier: MIT */
/*
 * html_query.c - from the store to tables
 *
 * A table is a list of columns and a query; each kind of cell knows how it is
 * shown and how many columns of the query it takes.  The number of rows is
 * limited, and what is beyond is counted and said below the table.
 */
#include "report/html.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

struct answer {
	int64_t value;
};

static int take_number(void *arg, int ncolumns, const char *const *col, struct kan_err *err)
{
	struct answer *a = arg;

	(void)err;
	if (ncolumns > 0)
		(void)kan_html_number(col[0], &a->value); /* stays -1 if it is none */
	return KAN_OK;
}

int kan_html_query_number(struct kan_html *h, const char *sql, int64_t *out, struct kan_err *err)
{
	struct answer a = { -1 };
	int rc = kan_case_query(h->c, sql, take_number, &a, err);

	if (rc == KAN_OK)
		*out = a.value;
	return rc;
}

int kan_html_query(struct kan_html *h, kan_row_fn *fn, void *arg, struct kan_err *err,
                   const char *sql, ...)
{
	KAN_AUTO(mem) char *text = NULL;
	va_list ap;

	va_start(ap, sql);
	if (vasprintf(&text, sql, ap) < 0)
		text = NULL;
	va_end(ap);
	if (!text)
		return kan_fail(err, KAN_ENOMEM, "out of memory for a query");
	return kan_case_query(h->c, text, fn, arg, err);
}

/* ---- tables ---------------------------------------------------------------------- */

static const struct {
	const char *css;
	int width; /* columns of the query */
} cells[] = {
	[KAN_CELL_TEXT] = { "t", 1 },  [KAN_CELL_PATH] = { "p", 1 }, [KAN_CELL_NUMBER] = { "n", 1 },
	[KAN_CELL_PLAIN] = { "n", 1 }, [KAN_CELL_SIZE] = { "n", 1 }, [KAN_CELL_RANGE] = { "n", 2 },
	[KAN_CELL_TIME] = { "d", 3 },  [KAN_CELL_WORD] = { "t", 1 }, [KAN_CELL_HASH] = { "h", 1 },
};

void kan_html_table(struct kan_html *h, const char *caption, const struct kan_html_column *columns)
{
	kan_html_raw(h, "<div class=\"scroll\"><table>");
	if (caption) {
		kan_html_raw(h, "<caption>");
		kan_html_say(h, caption);
		kan_html_raw(h, "</caption>");
	}
	kan_html_raw(h, "\n<thead><tr>");
	for (; columns->label; columns++) {
		kan_buf_printf(h->out, "<th scope=\"col\" class=\"%s\">", cells[columns->cell].css);
		kan_html_say(h, columns->label);
		kan_html_raw(h, "</th>");
	}
	kan_html_raw(h, "</tr></thead>\n<tbody>\n");
}

void kan_html_table_end(struct kan_html *h)
{
	kan_html_raw(h, "</tbody></table></div>\n");
}

static void put_range(struct kan_html *h, int64_t offset, const char *const *col)
{
	int64_t length;

	kan_html_text(h, kan_html_count((uint64_t)offset).s);
	if (kan_html_number(col[1], &length) && length > 0) {
		kan_html_raw(h, "<br>+ ");
		kan_html_text(h, kan_html_count((uint64_t)length).s);
	}
}

static void put_time(struct kan_html *h, int64_t ns, const char *const *col)
{
	int64_t unit = 1, local = 0;

	(void)kan_html_number(col[1], &unit); /* without them: as exact as it can be, UTC */
	(void)kan_html_number(col[2], &local);
	kan_html_text(h, kan_html_time(h, ns, unit, local != 0).s);
}

static void put_number(struct kan_html *h, enum kan_html_cell cell, int64_t v,
                       const char *const *col)
{
	switch (cell) {
	case KAN_CELL_NUMBER:
		kan_html_text(h, kan_html_count((uint64_t)v).s);
		return;
	case KAN_CELL_SIZE:
		kan_html_text(h, kan_html_count((uint64_t)v).s);
		kan_buf_printf(h->out, " <small>%s</small>",
		               v >= 1024 ? kan_html_size((uint64_t)v).s : "");
		return;
	case KAN_CELL_RANGE:
		put_range(h, v, col);
		return;
	case KAN_CELL_TIME:
		put_time(h, v, col);
		return;
	default:
		kan_html_text(h, col[0]);
	}
}

/* Text of evidence can be a megabyte long; what is cut off is said. */
static void put_text(struct kan_html *h, const char *s)
{
	KAN_AUTO(mem) char *part = NULL;
	size_t len = strlen(s), keep = KAN_REPORT_TEXT_MAX;

	if (len <= keep) {
		kan_html_text(h, s);
		return;
	}
	while (keep > 0 && ((uint8_t)s[keep] & 0xc0) == 0x80) /* not within a character */
		keep--;
	part = strndup(s, keep);
	if (!part) {
		h->out->failed = true;
		return;
	}
	kan_html_text(h, part);
	kan_html_raw(h, "<strong>");
	kan_html_sayf(h, "\xe2\x80\xa6 (cut off here; %s bytes in all)", kan_html_count(len).s);
	kan_html_raw(h, "</strong>");
}

static void put_value(struct kan_html *h, const struct kan_html_column *column,
                      const char *const *col)
{
	int64_t v;

	switch (column->cell) {
	case KAN_CELL_TEXT:
	case KAN_CELL_PATH:
		put_text(h, column->words ? kan_html_word(h, column->words, col[0]) : col[0]);
		return;
	case KAN_CELL_WORD:
		kan_html_text(h, kan_html_word(h, column->words, col[0]));
		return;
	case KAN_CELL_HASH:
		kan_html_hash(h, col[0], NULL);
		return;
	default:
		/* What should be a number and is none, or is negative, is shown as it stands. */
		if (!kan_html_number(col[0], &v) || (v < 0 && column->cell != KAN_CELL_TIME))
			kan_html_text(h, col[0]);
		else
			put_number(h, column->cell, v, col);
	}
}

void kan_html_cell(struct kan_html *h, const struct kan_html_column *column, const char *const *col)
{
	kan_buf_printf(h->out, "<td class=\"%s\">", cells[column->cell].css);
	if (!col[0])
		kan_html_raw(h, "<span class=\"none\">\xe2\x80\x93</span>");
	else
		put_value(h, column, col);
	kan_html_raw(h, "</td>");
}

struct rows {
	struct kan_html *h;
	const struct kan_html_list *list;
	uint64_t n;
};

static int put_row(void *arg, int ncolumns, const char *const *col, struct kan_err *err)
{
	struct rows *r = arg;
	int at = 0;

	if (r->n++ == 0)
		kan_html_table(r->h, r->list->caption, r->list->columns);
	kan_html_raw(r->h, "<tr>");
	for (const struct kan_html_column *c = r->list->columns; c->label; c++) {
		if (at + cells[c->cell].width > ncolumns)
			return kan_fail(err, KAN_EFORMAT, "unexpected answer of the store");
		kan_html_cell(r->h, c, col + at);
		at += cells[c->cell].width;
	}
	kan_html_raw(r->h, "</tr>\n");
	return KAN_OK;
}

/* What the table leaves out, and where it is. */
static int say_rest(struct kan_html *h, const struct kan_html_list *list, uint64_t shown,
                    struct kan_err *err)
{
	int64_t total = 0;
	int rc;

	if (!list->count)
		return KAN_OK;
	rc = kan_html_query_number(h, list->count, &total, err);
	if (rc || total < 0 || (uint64_t)total <= shown)
		return rc;
	kan_html_raw(h, "<p class=\"rest\">");
	kan_html_sayf(h, "Shown: %1$s of %2$s rows. Not shown here: %3$s. All of them: %4$s.",
	              kan_html_count(shown).s, kan_html_count((uint64_t)total).s,
	              kan_html_count((uint64_t)total - shown).s, list->rest);
	kan_html_raw(h, "</p>\n");
	return KAN_OK;
}

int kan_html_list(struct kan_html *h, const struct kan_html_list *list, struct kan_err *err)
{
	struct rows r = { .h = h, .list = list };
	int rc = kan_html_query(h, put_row, &r, err, "%s LIMIT %u", list->sql,
	                        list->max ? list->max : KAN_REPORT_ROWS_MAX);

	if (rc)
		return rc;
	if (r.n > 0)
		kan_html_table_end(h);
	else if (list->empty)
		kan_html_para(h, "none", list->empty);
	return say_rest(h, list, r.n, err);
}
