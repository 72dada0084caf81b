/* SPDX-License-Identifier: MIT */
/*
 * html_check.c - how to check the report without this program
 *
 * Commands of stock tools with the names and numbers of the case filled in.  A
 * name is quoted for the shell; one that holds escapes is written as $'...', whose
 * escapes are those of printable text (core/escape.h).
 */
#include "report/html.h"

#include "core/escape.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { NAMES_MAX = 8 }; /* segment files named one by one */

static const char own_files[] =
	"for f in case.db evidence.json files.csv timeline.csv coverage.csv; do\n"
	"  sed -n \"s/.*\\\"sha256:$f\\\":\\\"\\([0-9a-f]*\\)\\\".*/\\1  $f/p\" case.jsonl | "
	"sha256sum -c\n"
	"done\n"
	"sqlite3 -readonly case.db 'SELECT count(*) FROM file'";

struct set {
	struct kan_buf names; /* quoted, each with a space before it */
	int n;
};

static void quote(struct kan_buf *out, const char *name)
{
	bool escapes = strchr(name, '\\') != NULL;
	const char *p = name;

	if (*name == '-') /* no option */
		kan_buf_puts(out, "./");
	kan_buf_puts(out, escapes ? "$'" : "'");
	for (; *p; p++) {
		if (*p == '\'')
			kan_buf_puts(out, escapes ? "\\'" : "'\\''");
		else
			kan_buf_putc(out, *p);
	}
	kan_buf_putc(out, '\'');
}

static int take_name(void *arg, int ncolumns, const char *const *col, struct kan_err *err)
{
	struct set *s = arg;

	(void)err;
	if (ncolumns < 1 || !col[0])
		return KAN_OK;
	kan_buf_putc(&s->names, ' ');
	quote(&s->names, col[0]);
	s->n++;
	return KAN_OK;
}

static void put_command(struct kan_html *h, const struct kan_buf *line)
{
	kan_html_raw(h, "<pre>");
	kan_html_text(h, line->data ? line->data : "");
	kan_html_raw(h, "</pre>\n");
}

/* A line of one command, the name of a file, and what follows it. */
static void put_simple(struct kan_html *h, const char *command, const char *name, const char *after)
{
	struct kan_buf line = { 0 };

	kan_buf_puts(&line, command);
	kan_buf_putc(&line, ' ');
	quote(&line, name);
	kan_buf_puts(&line, after);
	put_command(h, &line);
	h->out->failed |= line.failed;
	kan_buf_done(&line);
}

/* The bytes of a raw image, in one or several files, through a stock digest tool. */
static int put_raw(struct kan_html *h, const struct kan_html_evidence *e, struct kan_err *err)
{
	struct kan_buf line = { 0 };
	struct set s = { .n = 0 };
	int rc = kan_html_query(h, take_name, &s, err,
	                        "SELECT name FROM segment WHERE evidence = %" PRId64
	                        " AND ifnull(missing, 0) = 0 ORDER BY number LIMIT %d",
	                        e->number, NAMES_MAX + 1);

	if (rc == KAN_OK && s.n <= 1) {
		put_simple(h, "sha256sum", e->name, "");
	} else if (rc == KAN_OK && s.n <= NAMES_MAX) {
		kan_buf_printf(&line, "cat%s | sha256sum", s.names.data ? s.names.data : "");
		put_command(h, &line);
	} else if (rc == KAN_OK) {
		kan_html_para(h, NULL,
		              "Join all segment files in the order of the table above with cat, and"
		              " give the result to sha256sum.");
	}
	h->out->failed |= line.failed || s.names.failed;
	kan_buf_done(&line);
	kan_buf_done(&s.names);
	return rc;
}

static int put_media(struct kan_html *h, const struct kan_html_evidence *e, struct kan_err *err)
{
	if (strcmp(e->format, "ewf") == 0 || strcmp(e->format, "ewf2") == 0) {
		put_simple(h, "ewfinfo", e->name, "");
		put_simple(h, "ewfverify -d sha256", e->name, "");
		return KAN_OK;
	}
	if (strcmp(e->format, "raw") == 0 || strcmp(e->format, "split") == 0)
		return put_raw(h, e, err);
	put_simple(h, "qemu-img info", e->name, "");
	put_simple(h, "qemu-img convert -O raw", e->name, " media.raw && sha256sum media.raw");
	return KAN_OK;
}

struct walk {
	struct kan_html *h;
	const struct kan_html_evidence *e;
};

/* Columns: number, type, offset, pool block. */
static int put_walk(void *arg, int ncolumns, const char *const *col, struct kan_err *err)
{
	struct walk *w = arg;
	struct kan_buf line = { 0 };
	int64_t offset, pool, sector = w->e->sector_size > 0 ? w->e->sector_size : 512;

	if (ncolumns < 4)
		return kan_fail(err, KAN_EFORMAT, "unexpected answer of the store");
	if (!kan_html_number(col[2], &offset) || offset < 0 || offset % sector != 0)
		return KAN_OK; /* no command of these tools can name that place */
	kan_buf_puts(&line, "fls -r -p");
	if (strcmp(w->e->format, "ewf") == 0)
		kan_buf_puts(&line, " -i ewf");
	if (sector != 512)
		kan_buf_printf(&line, " -b %" PRId64, sector);
	if (offset > 0)
		kan_buf_printf(&line, " -o %" PRId64, offset / sector);
	if (kan_html_number(col[3], &pool) && pool > 0)
		kan_buf_printf(&line, " -P apfs -B %" PRId64, pool);
	kan_buf_putc(&line, ' ');
	quote(&line, w->e->name);
	put_command(w->h, &line);
	w->h->out->failed |= line.failed;
	kan_buf_done(&line);
	return KAN_OK;
}

static int put_one(struct kan_html *h, const struct kan_html_evidence *e, struct kan_err *err)
{
	struct walk w = { h, e };
	char number[24];
	int rc;

	snprintf(number, sizeof(number), "%" PRId64, e->number);
	kan_html_raw(h, "<h3>");
	kan_html_sayf(h, "Evidence %1$s: %2$s", number, e->name);
	kan_html_raw(h, "</h3>\n");
	kan_html_para(h, NULL,
	              "The hash value over all data; compare with \xe2\x80\x9c"
	              "Computed now\xe2\x80\x9d:");
	rc = put_media(h, e, err);
	if (rc)
		return rc;
	kan_html_para(h, NULL, "The file list, from the file systems that were read:");
	return kan_html_query(h, put_walk, &w, err,
	                      "SELECT number, type, offset, pool_block FROM filesystem"
	                      " WHERE evidence = %" PRId64 " AND state = 'readable'"
	                      " ORDER BY number LIMIT %u",
	                      e->number, KAN_REPORT_TOP_ROWS);
}

int kan_html_check(struct kan_html *h, struct kan_err *err)
{
	kan_html_para(
		h, NULL,
		"Nobody has to trust this program. These commands of widely used tools"
		" (libewf, coreutils, The Sleuth Kit, QEMU, SQLite) are run in the folder of the"
		" evidence.");
	for (size_t i = 0; i < h->nevidence; i++) {
		int rc = put_one(h, &h->evidence[i], err);

		if (rc)
			return rc;
	}
	kan_html_subheading(h, "The files of this case");
	kan_html_para(
		h, NULL,
		"Run in the folder of the case. case.jsonl holds the digest of each data file,"
		" and each of its lines holds the SHA-256 of the line before.");
	kan_html_raw(h, "<pre>");
	/* Not kan_html_text(): that would make the ends of the lines visible. */
	kan_escape_html(h->out, own_files);
	kan_html_raw(h, "</pre>\n");
	return KAN_OK;
}
