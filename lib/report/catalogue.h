/* SPDX-License-Identifier: MIT */
/*
 * catalogue.h - the translations of one language, out of a GNU gettext .mo file
 */
#ifndef KAN_REPORT_CATALOGUE_H
#define KAN_REPORT_CATALOGUE_H

#include "core/cleanup.h"
#include "core/view.h"
#include "kanshiki/err.h"

/** Immutable once open; may be shared by threads.  NULL is a valid one: English. */
struct kan_catalogue;

/**
 * Open the catalogue of @lang: "en" gives NULL, "ja" the first file found of
 * share/locale/ja/LC_MESSAGES/kanshiki.mo beside the folder of the running
 * program, one folder above that, and the place of installation.  KAN_EARG for
 * any other language, KAN_EIO if no file is found, KAN_EFORMAT if it is damaged.
 * *@out is owned by the caller; release it with kan_catalogue_close().
 */
KAN_MUST_CHECK int kan_catalogue_open(struct kan_catalogue **out, const char *lang,
                                      struct kan_err *err);

/** The same for bytes in memory, which are copied. */
KAN_MUST_CHECK int kan_catalogue_parse(struct kan_catalogue **out, struct kan_view mo,
                                       struct kan_err *err);

/** The translation of @english, or @english itself; belongs to @cat or the caller. */
const char *kan_catalogue_find(const struct kan_catalogue *cat, const char *english)
	__attribute__((format_arg(2)));

/** Release @cat (may be NULL). */
void kan_catalogue_close(struct kan_catalogue *cat);

KAN_DEFINE_DROP(catalogue, struct kan_catalogue *, kan_catalogue_close)

#endif
