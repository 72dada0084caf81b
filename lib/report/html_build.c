/* SPDX-License-Identifier: MIT */
/*
 * html_build.c - markup and text of the report
 *
 * Text of the store is printable text already (core/escape.h), with its own
 * backslashes.  A store that somebody tampered with may hold anything, so what is
 * not printable is made so here again, piece by piece between the backslashes,
 * which are left as they are.
 */
#include "report/html.h"

#include "core/escape.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static const size_t HASH_GROUP = 8;

void kan_html_raw(struct kan_html *h, const char *markup)
{
	kan_buf_puts(h->out, markup);
}

void kan_html_text(struct kan_html *h, const char *s)
{
	struct kan_buf plain = { 0 };

	while (*s) {
		size_t len = strcspn(s, "\\");

		kan_escape_text(&plain, s, len);
		s += len;
		for (; *s == '\\'; s++)
			kan_buf_putc(&plain, '\\');
	}
	if (plain.data)
		kan_escape_html(h->out, plain.data);
	h->out->failed |= plain.failed;
	kan_buf_done(&plain);
}

const char *kan_html_tr(const struct kan_html *h, const char *english)
{
	return kan_catalogue_find(h->words, english);
}

void kan_html_say(struct kan_html *h, const char *english)
{
	kan_html_text(h, kan_html_tr(h, english));
}

void kan_html_sayf(struct kan_html *h, const char *english, ...)
{
	KAN_AUTO(mem) char *text = NULL;
	va_list ap;

	va_start(ap, english);
	if (vasprintf(&text, kan_html_tr(h, english), ap) < 0)
		text = NULL;
	va_end(ap);
	if (text)
		kan_html_text(h, text);
	else
		h->out->failed = true;
}

void kan_html_para(struct kan_html *h, const char *css, const char *english)
{
	if (css)
		kan_buf_printf(h->out, "<p class=\"%s\">", css);
	else
		kan_html_raw(h, "<p>");
	kan_html_say(h, english);
	kan_html_raw(h, "</p>\n");
}

void kan_html_subheading(struct kan_html *h, const char *english)
{
	kan_html_raw(h, "<h3>");
	kan_html_say(h, english);
	kan_html_raw(h, "</h3>\n");
}

/* The group at @i is not the same in both. */
static bool differs(const char *hex, const char *other, size_t i)
{
	return other && (strlen(other) <= i || strncasecmp(hex + i, other + i, HASH_GROUP) != 0);
}

void kan_html_hash(struct kan_html *h, const char *hex, const char *other)
{
	size_t len = strlen(hex);
	char group[16];

	/* A space to the eye (CSS), none in the text: what is copied is the digest. */
	kan_html_raw(h, "<code class=\"hash\">");
	for (size_t i = 0; i < len; i += HASH_GROUP) {
		bool mark = differs(hex, other, i);

		snprintf(group, sizeof(group), "%.*s", (int)HASH_GROUP, hex + i);
		kan_html_raw(h, i > 0 ? "<wbr>" : "");
		kan_html_raw(h, mark ? "<mark>" : "<span>");
		kan_html_text(h, group);
		kan_html_raw(h, mark ? "</mark>" : "</span>");
	}
	kan_html_raw(h, "</code>");
}

void kan_html_term(struct kan_html *h, const char *english)
{
	kan_html_raw(h, "<div><dt>");
	kan_html_say(h, english);
	kan_html_raw(h, "</dt><dd>");
}

void kan_html_term_end(struct kan_html *h)
{
	kan_html_raw(h, "</dd></div>\n");
}
