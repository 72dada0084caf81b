/* SPDX-License-Identifier: MIT */
/*
 * report.h - what a person reads: one HTML file made from the store of a case
 *
 * Self-contained: no network, no script from elsewhere, opens by double-click.
 * The same case gives the same bytes.
 */
#ifndef KAN_REPORT_H
#define KAN_REPORT_H

#include "kanshiki/buf.h"
#include "kanshiki/case.h"

KAN_BEGIN_DECLS

/** All zero means defaults. */
struct kan_report_opts {
	const char *lang; /* "en" (default) or "ja" */
	const char *zone; /* IANA name for display; NULL: UTC */
};

/**
 * Append the report of @c to @out as one HTML document; it says INTERRUPTED unless
 * the case is complete.  @opts may be NULL.  KAN_EARG: unknown language or zone;
 * KAN_EFORMAT: the store is damaged or not ours.  On failure @out is as it was.
 */
KAN_API KAN_MUST_CHECK int kan_report_html(struct kan_case *c, const struct kan_report_opts *opts,
                                           struct kan_buf *out, struct kan_err *err);

/**
 * Choose the language of what kan_text() returns: "en" or "ja".  Process-wide;
 * call it before other threads start.  KAN_EARG for any other language.
 */
KAN_API KAN_MUST_CHECK int kan_language_set(const char *lang, struct kan_err *err);

/** @english in the chosen language; static. */
KAN_API const char *kan_text(const char *english) __attribute__((format_arg(1)));

/**
 * The word for a stable name, such as a finding kind or a verdict, in the chosen
 * language; @code itself if it is none of them.
 */
KAN_API const char *kan_text_code(const char *code);

KAN_END_DECLS

#endif
