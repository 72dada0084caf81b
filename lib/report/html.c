/* SPDX-License-Identifier: MIT */
/*
 * html.c - the frame of the report: head, contents, sections in their order
 *
 * The document needs nothing outside itself.  Its policy allows the one style
 * sheet in it, by digest, and nothing else: no script, no image, no network, even
 * if something in the evidence got past the escaping.
 */
#include "report/html_activity.h"

#include "core/escape.h"
#include "kanshiki/version.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>

static const struct {
	const char *id;
	const char *title;
	int (*write)(struct kan_html *h, struct kan_err *err);
} sections[] = {
	{ "summary", KAN_WORD("Summary"), kan_html_summary },
	{ "verdict", KAN_WORD("Verification by hash value"), kan_html_verdict },
	{ "evidence", KAN_WORD("Evidence"), kan_html_evidence },
	{ "layout", KAN_WORD("Partitions and file systems"), kan_html_layout },
	{ "days", KAN_WORD("Events over time"), kan_html_days },
	{ "hours", KAN_WORD("Activity heat map"), kan_html_hours },
	{ "types", KAN_WORD("File types"), kan_html_types },
	{ "notable", KAN_WORD("Largest and latest files"), kan_html_notable },
	{ "findings", KAN_WORD("Findings"), kan_html_findings },
	{ "coverage", KAN_WORD("Coverage"), kan_html_coverage },
	{ "check", KAN_WORD("How to check this report"), kan_html_check },
};

static const size_t NSECTIONS = sizeof(sections) / sizeof(sections[0]);

/* The name of the folder of the case, printable; its place on this machine is nobody's matter. */
static void put_case_name(struct kan_html *h)
{
	struct kan_buf name = { 0 };
	const char *path = kan_case_path(h->c);
	KAN_AUTO(mem) char *real = realpath(path, NULL);
	const char *s = real ? real : path;
	const char *slash = strrchr(s, '/');

	if (slash && slash[1])
		s = slash + 1;
	kan_escape_text(&name, s, strlen(s));
	if (name.data)
		kan_html_text(h, name.data);
	h->out->failed |= name.failed;
	kan_buf_done(&name);
}

static void put_head(struct kan_html *h, const char *lang)
{
	kan_buf_printf(h->out,
	               "<!DOCTYPE html>\n<html lang=\"%s\">\n<head>\n<meta charset=\"utf-8\">\n"
	               "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none';"
	               " style-src '%s'; base-uri 'none'; form-action 'none'\">\n"
	               "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
	               "<meta name=\"referrer\" content=\"no-referrer\">\n<title>",
	               lang, kan_report_css_hash);
	kan_html_say(h, "Digital evidence examination report");
	kan_html_raw(h, " \xe2\x80\x93 ");
	put_case_name(h);
	kan_html_raw(h, "</title>\n<style>");
	kan_html_raw(h, kan_report_css);
	kan_html_raw(h, "</style>\n</head>\n<body>\n");
}

static int put_tool(void *arg, int ncolumns, const char *const *col, struct kan_err *err)
{
	struct kan_html *h = arg;

	(void)err;
	if (ncolumns < 1 || !col[0])
		return KAN_OK;
	kan_html_term(h, "Case made by");
	kan_html_text(h, col[0]);
	kan_html_term_end(h);
	return KAN_OK;
}

static void put_state(struct kan_html *h)
{
	bool complete = h->complete;

	kan_html_term(h, "State");
	kan_buf_printf(h->out, "<span class=\"badge %s\">", complete ? "good" : "bad");
	kan_html_say(h, complete ? KAN_WORD("Complete") : KAN_WORD("INTERRUPTED"));
	kan_html_raw(h, "</span>");
	kan_html_term_end(h);
}

static int put_title(struct kan_html *h, struct kan_err *err)
{
	int rc;

	kan_html_raw(h, "<header>\n<h1>");
	kan_html_say(h, "Digital evidence examination report");
	kan_html_raw(h, "</h1>\n<dl class=\"terms\">\n");
	kan_html_term(h, "Case folder");
	put_case_name(h);
	kan_html_term_end(h);
	put_state(h);
	rc = kan_case_query(h->c, "SELECT value FROM meta WHERE key = 'tool'", put_tool, h, err);
	if (rc)
		return rc;
	kan_html_term(h, "Report made by");
	kan_html_text(h, "kanshiki " KAN_VERSION);
	kan_html_term_end(h);
	kan_html_term(h, "Time zone of this report");
	kan_html_text(h, h->zone_name);
	kan_html_term_end(h);
	kan_html_raw(h, "</dl>\n");
	if (!h->complete)
		kan_html_para(h, "banner",
		              "INTERRUPTED: the run that made this case did not come to its end."
		              " Everything below is incomplete.");
	kan_html_raw(h, "</header>\n");
	return KAN_OK;
}

static void put_contents(struct kan_html *h)
{
	kan_html_raw(h, "<nav aria-label=\"");
	kan_html_say(h, "Contents");
	kan_html_raw(h, "\"><ol>\n");
	for (size_t i = 0; i < NSECTIONS; i++) {
		kan_buf_printf(h->out, "<li><a href=\"#%s\">", sections[i].id);
		kan_html_say(h, sections[i].title);
		kan_html_raw(h, "</a></li>\n");
	}
	kan_html_raw(h, "</ol></nav>\n<main>\n");
}

static int put_section(struct kan_html *h, size_t i, struct kan_err *err)
{
	int rc;

	kan_buf_printf(h->out,
	               "<section id=\"%s\" aria-labelledby=\"%s-h\">\n<h2 id=\"%s-h\">%zu. ",
	               sections[i].id, sections[i].id, sections[i].id, i + 1);
	kan_html_say(h, sections[i].title);
	kan_html_raw(h, "</h2>\n");
	rc = sections[i].write(h, err);
	kan_html_raw(h, "</section>\n");
	return rc ? kan_fail_in(err, rc, "report: %s", sections[i].id) : KAN_OK;
}

static int put_document(struct kan_html *h, const char *lang, struct kan_err *err)
{
	int rc = kan_html_load_evidence(h, err);

	if (rc == KAN_OK)
		rc = kan_activity_load(h, err);
	if (rc)
		return kan_fail_in(err, rc, "report");
	put_head(h, lang);
	rc = put_title(h, err);
	if (rc)
		return kan_fail_in(err, rc, "report");
	put_contents(h);
	for (size_t i = 0; i < NSECTIONS; i++) {
		rc = put_section(h, i, err);
		if (rc)
			return rc;
	}
	kan_html_raw(h, "</main>\n<footer><p>");
	kan_html_say(h, "Made from the store of the case (case.db) alone. This document needs no"
	                " network, holds no script, and is the same whenever it is made again.");
	kan_html_raw(h, "</p></footer>\n</body>\n</html>\n");
	return KAN_OK;
}

int kan_report_html(struct kan_case *c, const struct kan_report_opts *opts, struct kan_buf *out,
                    struct kan_err *err)
{
	const char *lang = opts && opts->lang ? opts->lang : "en";
	const char *zone = opts && opts->zone ? opts->zone : "UTC";
	KAN_AUTO(catalogue) struct kan_catalogue *words = NULL;
	KAN_AUTO(zone) struct kan_zone *loaded = NULL;
	struct kan_buf text = { 0 };
	struct kan_html h = { .out = &text, .c = c, .zone_name = zone };
	int rc = kan_catalogue_open(&words, lang, err);

	if (rc == KAN_OK)
		rc = kan_zone_load(&loaded, zone, err);
	if (rc)
		return rc;
	h.complete = kan_case_state(c) == KAN_CASE_COMPLETE;
	h.words = words;
	h.zone = loaded;
	rc = put_document(&h, lang, err);
	if (rc == KAN_OK)
		rc = kan_buf_check(&text, err);
	if (rc == KAN_OK) {
		kan_buf_add(out, text.data, text.len);
		rc = kan_buf_check(out, err);
	}
	kan_html_drop_evidence(&h);
	free(h.activity);
	kan_buf_done(&text);
	return rc;
}
