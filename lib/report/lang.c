/* SPDX-License-Identifier: MIT */
/*
 * lang.c - the language of the messages of this process
 *
 * The one piece of process-wide state of the library, as the header says: it is
 * set once, before there are threads, and never released, so that a text that
 * was returned stays valid.
 */
#include "kanshiki/report.h"

#include "report/catalogue.h"

#include <string.h>

static struct kan_catalogue *japanese;     /* once loaded, for good */
static const struct kan_catalogue *chosen; /* NULL: English */

int kan_language_set(const char *lang, struct kan_err *err)
{
	struct kan_catalogue *cat = NULL;
	int rc = KAN_OK;

	if (japanese && strcmp(lang, "ja") == 0)
		cat = japanese;
	else
		rc = kan_catalogue_open(&cat, lang, err);
	if (rc)
		return rc;
	if (cat)
		japanese = cat;
	chosen = cat;
	return KAN_OK;
}

const char *kan_text(const char *english)
{
	return kan_catalogue_find(chosen, english);
}
