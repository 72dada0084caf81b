/* SPDX-License-Identifier: MIT */
/*
 * html_layout.c - the partitions of each piece of evidence, to scale and as a table
 *
 * What cannot be read for whatever reason is hatched, so that the eye finds it on
 * paper too.  A volume is never narrower than a hair, and the picture says that it
 * is not to scale there.
 */
#include "report/html.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { WIDTH = 960, BAR_HEIGHT = 56, HAIR = 3, LABEL_WIDTH = 60, VOLUMES_MAX = 256 };

static const struct kan_html_column volume_columns[] = {
	{ KAN_WORD("No."), KAN_CELL_NUMBER, 0 },
	{ KAN_WORD("Offset"), KAN_CELL_NUMBER, 0 },
	{ KAN_WORD("Length"), KAN_CELL_SIZE, 0 },
	{ KAN_WORD("Table"), KAN_CELL_WORD, KAN_WORDS_TABLE },
	{ KAN_WORD("Kind"), KAN_CELL_WORD, KAN_WORDS_VOLUME },
	{ KAN_WORD("What the table says"), KAN_CELL_TEXT, 0 },
	{ NULL, 0, 0 },
};

static const struct kan_html_column fs_columns[] = {
	{ KAN_WORD("No."), KAN_CELL_NUMBER, 0 },
	{ KAN_WORD("Volume"), KAN_CELL_NUMBER, 0 },
	{ KAN_WORD("Offset"), KAN_CELL_NUMBER, 0 },
	{ KAN_WORD("Size"), KAN_CELL_SIZE, 0 },
	{ KAN_WORD("Type"), KAN_CELL_TEXT, 0 },
	{ KAN_WORD("Label"), KAN_CELL_PATH, 0 },
	{ KAN_WORD("Serial no. or UUID"), KAN_CELL_TEXT, 0 },
	{ KAN_WORD("State"), KAN_CELL_WORD, KAN_WORDS_STATE },
	{ NULL, 0, 0 },
};

struct picture {
	struct kan_html *h;
	uint64_t size;   /* of the media */
	bool unreadable; /* something was hatched */
};

/* Of several file systems on a volume, the one that was read least decides. */
#define WORST_STATE                                                        \
	"max(CASE f.state WHEN 'encrypted' THEN 3 WHEN 'suspected' THEN 3" \
	" WHEN 'readable' THEN 1 ELSE CASE WHEN f.state IS NULL THEN 0 ELSE 2 END END)"

/* How a volume is drawn: by its kind, and by the state of what is on it. */
static const char *style_of(const char *kind, const char *state)
{
	static const char *const styles[] = { NULL, "v-fs", "v-unsup", "v-enc" };

	if (state[0] >= '1' && state[0] <= '3')
		return styles[state[0] - '0'];
	return strcmp(kind, "allocated") == 0  ? "v-alloc"
	       : strcmp(kind, "metadata") == 0 ? "v-meta"
	                                       : "v-free";
}

static void put_label(struct picture *p, uint64_t x, const char *number, const char *type)
{
	kan_buf_printf(p->h->out, "<text class=\"vol\" x=\"%" PRIu64 "\" y=\"24\">", x + 6);
	kan_html_text(p->h, number);
	kan_buf_printf(p->h->out, "</text><text class=\"vol\" x=\"%" PRIu64 "\" y=\"42\">", x + 6);
	kan_html_text(p->h, type);
	kan_html_raw(p->h, "</text>");
}

/* Columns: number, offset, length, kind, description, type, state. */
static int put_volume(void *arg, int ncolumns, const char *const *col, struct kan_err *err)
{
	struct picture *p = arg;
	const char *number, *style;
	int64_t offset, length;
	uint64_t x, width;

	if (ncolumns < 7)
		return kan_fail(err, KAN_EFORMAT, "unexpected answer of the store");
	if (!kan_html_number(col[1], &offset) || !kan_html_number(col[2], &length) || offset < 0 ||
	    length < 0)
		return KAN_OK; /* the table shows it; there is no place for it here */
	number = col[0] ? col[0] : "";
	style = style_of(col[3] ? col[3] : "", col[6] ? col[6] : "");
	p->unreadable |= strcmp(style, "v-enc") == 0 || strcmp(style, "v-unsup") == 0;
	x = kan_html_scale((uint64_t)offset, WIDTH, p->size);
	width = kan_html_scale((uint64_t)length, WIDTH, p->size);
	if (x > WIDTH - HAIR)
		x = WIDTH - HAIR;
	if (width < HAIR)
		width = HAIR;
	if (width > WIDTH - x)
		width = WIDTH - x;
	kan_buf_printf(p->h->out,
	               "<rect class=\"%s\" x=\"%" PRIu64 "\" y=\"0\" width=\"%" PRIu64
	               "\" height=\"%d\"><title>",
	               style, x, width, BAR_HEIGHT);
	kan_html_text(p->h, number);
	kan_html_raw(p->h, ": ");
	kan_html_text(p->h, col[4] ? col[4] : "");
	kan_html_raw(p->h, "</title></rect>");
	if (width >= LABEL_WIDTH && strcmp(style, "v-free") != 0)
		put_label(p, x, number, col[5] ? col[5] : "");
	kan_html_raw(p->h, "\n");
	return KAN_OK;
}

static void put_key(struct kan_html *h, const char *style, const char *english)
{
	kan_buf_printf(
		h->out,
		"<span class=\"nobr\"><svg class=\"key\" viewBox=\"0 0 16 16\""
		" aria-hidden=\"true\"><rect class=\"%s\" width=\"16\" height=\"16\"/></svg> ",
		style);
	kan_html_say(h, english);
	kan_html_raw(h, "</span> ");
}

static void put_legend(struct kan_html *h, const struct picture *p)
{
	kan_html_raw(h, "<figcaption class=\"legend\">");
	put_key(h, "v-fs", KAN_WORD("file system, read"));
	if (p->unreadable) {
		put_key(h, "v-enc", KAN_WORD("encrypted, or perhaps so: not read"));
		put_key(h, "v-unsup", KAN_WORD("recognised, not read"));
	}
	put_key(h, "v-alloc", KAN_WORD("partition without a known file system"));
	put_key(h, "v-meta", KAN_WORD("partition table"));
	put_key(h, "v-free", KAN_WORD("in no partition"));
	kan_html_raw(h, "<br>");
	kan_html_say(h, "To scale, but nothing is drawn narrower than a hair.");
	kan_html_raw(h, "</figcaption>\n");
}

/* Patterns belong to the document, so they are written once. */
static void put_patterns(struct kan_html *h)
{
	kan_html_raw(h,
	             "<svg class=\"defs\" width=\"0\" height=\"0\" aria-hidden=\"true\"><defs>"
	             "<pattern id=\"hatch-enc\" width=\"6\" height=\"6\""
	             " patternUnits=\"userSpaceOnUse\" patternTransform=\"rotate(45)\">"
	             "<rect class=\"h-enc\" width=\"6\" height=\"6\"/>"
	             "<rect class=\"h-line\" width=\"2\" height=\"6\"/></pattern>"
	             "<pattern id=\"hatch-unsup\" width=\"6\" height=\"6\""
	             " patternUnits=\"userSpaceOnUse\" patternTransform=\"rotate(-45)\">"
	             "<rect class=\"h-unsup\" width=\"6\" height=\"6\"/>"
	             "<rect class=\"h-line\" width=\"1\" height=\"6\"/></pattern></defs></svg>\n");
}

static int put_picture(struct kan_html *h, const struct kan_html_evidence *e, struct kan_err *err)
{
	struct picture p = { .h = h, .size = (uint64_t)(e->size > 0 ? e->size : 0) };
	KAN_AUTO(mem) char *count = NULL;
	int64_t n = 0;
	int rc;

	if (asprintf(&count, "SELECT count(*) FROM volume WHERE evidence = %" PRId64, e->number) <
	    0)
		return kan_fail(err, KAN_ENOMEM, "out of memory for a query");
	rc = kan_html_query_number(h, count, &n, err);
	if (rc || n <= 0 || p.size == 0)
		return rc;
	kan_buf_printf(
		h->out,
		"<figure><svg viewBox=\"0 0 %d %d\" role=\"img\" aria-labelledby=\"bar-%" PRId64
		"\"><title id=\"bar-%" PRId64 "\">",
		WIDTH, BAR_HEIGHT, e->number, e->number);
	kan_html_say(h, "The partitions to scale; the tables below hold the same.");
	kan_buf_printf(
		h->out,
		"</title>\n<rect class=\"v-free\" x=\"0\" y=\"0\" width=\"%d\" height=\"%d\"/>\n",
		WIDTH, BAR_HEIGHT);
	rc = kan_html_query(h, put_volume, &p, err,
	                    "SELECT v.number, v.offset, v.length, v.kind, v.description,"
	                    " min(f.type), " WORST_STATE " FROM volume v LEFT JOIN filesystem f"
	                    " ON f.evidence = v.evidence AND f.volume = v.number"
	                    " WHERE v.evidence = %" PRId64 " GROUP BY v.number, v.offset, v.kind"
	                    " ORDER BY v.kind = 'metadata', v.offset, v.number LIMIT %d",
	                    e->number, VOLUMES_MAX);
	if (rc)
		return rc;
	kan_html_raw(h, "</svg>\n");
	put_legend(h, &p);
	kan_html_raw(h, "</figure>\n");
	return KAN_OK;
}

static int put_tables(struct kan_html *h, const struct kan_html_evidence *e, struct kan_err *err)
{
	KAN_AUTO(mem) char *volumes = NULL;
	KAN_AUTO(mem) char *nvolumes = NULL;
	KAN_AUTO(mem) char *fs = NULL;
	KAN_AUTO(mem) char *nfs = NULL;
	struct kan_html_list list = { .caption = KAN_WORD("Volumes; offsets in bytes"),
		                      .columns = volume_columns,
		                      .rest = "case.db",
		                      .empty = KAN_WORD("No volumes are recorded.") };
	int64_t n = e->number;
	int rc;

	if (asprintf(&volumes,
	             "SELECT number, offset, length, table_type, kind, description FROM volume"
	             " WHERE evidence = %" PRId64 " ORDER BY offset, number",
	             n) < 0 ||
	    asprintf(&nvolumes, "SELECT count(*) FROM volume WHERE evidence = %" PRId64, n) < 0 ||
	    asprintf(&fs,
	             "SELECT number, volume, offset, size, type, label, id, state FROM filesystem"
	             " WHERE evidence = %" PRId64 " ORDER BY number",
	             n) < 0 ||
	    asprintf(&nfs, "SELECT count(*) FROM filesystem WHERE evidence = %" PRId64, n) < 0)
		return kan_fail(err, KAN_ENOMEM, "out of memory for a query");
	list.sql = volumes;
	list.count = nvolumes;
	rc = kan_html_list(h, &list, err);
	if (rc)
		return rc;
	list = (struct kan_html_list){ .caption = KAN_WORD(
					       "File systems, and what stands in the place of one"),
		                       .columns = fs_columns,
		                       .sql = fs,
		                       .count = nfs,
		                       .rest = "case.db",
		                       .empty = KAN_WORD("No file system was found.") };
	return kan_html_list(h, &list, err);
}

int kan_html_layout(struct kan_html *h, struct kan_err *err)
{
	if (h->nevidence == 0)
		kan_html_para(h, "none", "The case holds no evidence.");
	else
		put_patterns(h);
	for (size_t i = 0; i < h->nevidence; i++) {
		char number[24];
		int rc;

		snprintf(number, sizeof(number), "%" PRId64, h->evidence[i].number);
		kan_html_raw(h, "<h3>");
		kan_html_sayf(h, "Evidence %1$s: %2$s", number, h->evidence[i].name);
		kan_html_raw(h, "</h3>\n");
		rc = put_picture(h, &h->evidence[i], err);
		if (rc == KAN_OK)
			rc = put_tables(h, &h->evidence[i], err);
		if (rc)
			return rc;
	}
	return KAN_OK;
}
