/* SPDX-License-Identifier: MIT */
/*
 * html_verdict.c - are the data those that were acquired?
 *
 * The verdict of each piece of evidence with both digests, in words that do not
 * say more than a digest proves.
 */
#include "report/html.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

struct meaning {
	const char *verdict;
	const char *css;
	const char *mark; /* so that the colour is not needed */
	const char *english;
};

static const struct meaning meanings[] = {
	{ "match", "good", "\xe2\x9c\x93",
	  KAN_WORD("The hash values stored in the image, or in the record of its acquisition beside"
	           " it, and those computed now over all of its data are the same.") },
	{ "mismatch", "bad", "\xe2\x9c\x97",
	  KAN_WORD("What the image, or the record of its acquisition beside it, says about the data"
	           " and the data themselves differ: the data, or the values stored with them, are"
	           " not those of the acquisition.") },
	{ "unchecked", "warn", "?",
	  KAN_WORD("The image carries no hash value to compare with, nor does a record of its"
	           " acquisition beside it, or it could not be computed. Whether the data are"
	           " unchanged cannot be told from the image alone; the computed values can be"
	           " compared with a record made at the acquisition.") },
	{ "", "warn", "?",
	  KAN_WORD("The data were not read to verify them. Nothing is said here about whether they"
	           " are unchanged.") },
};

static const struct meaning *meaning_of(const char *verdict)
{
	for (size_t i = 0; i < sizeof(meanings) / sizeof(meanings[0]); i++)
		if (strcmp(meanings[i].verdict, verdict) == 0)
			return &meanings[i];
	return NULL;
}

void kan_html_badge(struct kan_html *h, const char *verdict)
{
	const struct meaning *m = meaning_of(verdict);

	kan_buf_printf(h->out, "<span class=\"badge %s\">%s ", m ? m->css : "warn",
	               m ? m->mark : "?");
	kan_html_text(h, kan_html_word(h, KAN_WORDS_VERDICT, verdict));
	kan_html_raw(h, "</span>");
}

/* The name as people write it: "sha256" is SHA-256. */
static const char *label_of(const char *algorithm)
{
	static const char *const labels[][2] = { { "md5", "MD5" },
		                                 { "sha1", "SHA-1" },
		                                 { "sha256", "SHA-256" },
		                                 { "sha512", "SHA-512" } };

	for (size_t i = 0; i < sizeof(labels) / sizeof(labels[0]); i++)
		if (strcmp(labels[i][0], algorithm) == 0)
			return labels[i][1];
	return algorithm;
}

static void put_value(struct kan_html *h, const char *label, const char *hex, const char *other)
{
	kan_html_raw(h, "<tr><th scope=\"row\">");
	kan_html_say(h, label);
	kan_html_raw(h, "</th><td class=\"h\">");
	if (*hex)
		kan_html_hash(h, hex, *other ? other : NULL);
	else
		kan_html_say(h, "none");
	kan_html_raw(h, "</td></tr>\n");
}

/* Columns: algorithm, stored, computed, verdict. */
static int put_digest(void *arg, int ncolumns, const char *const *col, struct kan_err *err)
{
	struct kan_html *h = arg;
	const char *stored, *computed;

	if (ncolumns < 4)
		return kan_fail(err, KAN_EFORMAT, "unexpected answer of the store");
	stored = col[1] ? col[1] : "";
	computed = col[2] ? col[2] : "";
	kan_html_raw(h, "<table class=\"digest\"><thead><tr><th scope=\"col\">");
	kan_html_text(h, label_of(col[0] ? col[0] : ""));
	kan_html_raw(h, "</th><th scope=\"col\">");
	if (*stored && *computed)
		kan_html_badge(h, col[3] ? col[3] : "");
	else
		kan_html_say(h,
		             *computed ? KAN_WORD("Computed; the image stores none to compare with")
		                       : KAN_WORD("Stored; not computed"));
	kan_html_raw(h, "</th></tr></thead>\n<tbody>\n");
	put_value(h, KAN_WORD("Stored in the image"), stored, computed);
	put_value(h, KAN_WORD("Computed now"), computed, stored);
	kan_html_raw(h, "</tbody></table>\n");
	return KAN_OK;
}

static void put_reading(struct kan_html *h, const struct kan_html_evidence *e)
{
	if (e->bytes_read < 0)
		return;
	kan_html_raw(h, "<p>");
	kan_html_sayf(h, "Read for this: %s.", kan_html_bytes(h, e->bytes_read).s);
	kan_html_raw(h, "</p>\n");
	if (e->bytes_unreadable <= 0)
		return;
	kan_html_raw(h, "<p class=\"warn\">");
	kan_html_sayf(h,
	              "%s could not be read and count as zeros in the hash value: it covers the"
	              " image as filled, not the medium.",
	              kan_html_bytes(h, e->bytes_unreadable).s);
	kan_html_raw(h, "</p>\n");
}

static int put_one(struct kan_html *h, const struct kan_html_evidence *e, struct kan_err *err)
{
	const struct meaning *m = meaning_of(e->verdict);
	char number[24];

	snprintf(number, sizeof(number), "%" PRId64, e->number);
	kan_html_raw(h, "<div class=\"item\"><h3>");
	kan_html_sayf(h, "Evidence %1$s: %2$s", number, e->name);
	kan_html_raw(h, " ");
	kan_html_badge(h, e->verdict);
	kan_html_raw(h, "</h3>\n");
	if (m)
		kan_html_para(h, NULL, m->english);
	put_reading(h, e);
	kan_html_raw(h, "</div>\n");
	return kan_html_query(h, put_digest, h, err,
	                      "SELECT algorithm, stored, computed, verdict FROM digest"
	                      " WHERE evidence = %" PRId64 " ORDER BY rowid LIMIT %u",
	                      e->number, KAN_REPORT_TOP_ROWS);
}

int kan_html_verdict(struct kan_html *h, struct kan_err *err)
{
	if (h->nevidence == 0)
		kan_html_para(h, "none", "The case holds no evidence.");
	for (size_t i = 0; i < h->nevidence; i++) {
		int rc = put_one(h, &h->evidence[i], err);

		if (rc)
			return rc;
	}
	kan_html_para(
		h, "note",
		"What a hash value proves: if two are the same, the data are the same, bit for"
		" bit, since the first was computed. It does not prove who made the data, nor"
		" when, nor that the image and the value in it were not replaced together:"
		" against that, compare with a value recorded elsewhere at the acquisition."
		" MD5 and SHA-1 detect damage; against deliberate collisions rely on SHA-256"
		" or stronger.");
	return KAN_OK;
}
