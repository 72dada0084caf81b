/* SPDX-License-Identifier: MIT */
/*
 * logline.h - one line of the log of a case: made, and taken apart again
 *
 * The form is canonical: for given content there is one line only.  See
 * docs/formats/case-log.md.
 */
#ifndef KAN_CASE_LOGLINE_H
#define KAN_CASE_LOGLINE_H

#include "case/digest.h"
#include "core/view.h"
#include "kanshiki/buf.h"
#include "kanshiki/case.h"

/** Bytes of a line with its newline; a longer one is damage. */
#define KAN_CASE_LINE_MAX (1u << 20)

/** Fields of a line besides the fixed ones. */
#define KAN_CASE_FIELDS_MAX 64u

/** Characters of an event's name or a key. */
#define KAN_CASE_WORD_MAX 80u

/** Resolution of the time of a line. */
#define KAN_CASE_CLOCK_NS 1000u

/** The fixed fields.  Strings are printable text. */
struct kan_logline {
	uint64_t seq; /* from 1 */
	const char *time;
	const char *host;
	const char *user;
	const char *event;
	const char *prev; /* hex digest of the line before */
};

/** True if @s may be the name of an event or a key: letters, digits, "_.:-". */
bool kan_logline_is_word(const char *s);

/** Append the line with its newline.  Values of @fields are bytes. */
KAN_MUST_CHECK int kan_logline_write(struct kan_buf *out, const struct kan_logline *line,
                                     const struct kan_case_field *fields, size_t n,
                                     struct kan_err *err);

/** What the reader of a line needs of it. */
struct kan_logline_read {
	uint64_t seq;
	int64_t time_ns;
	char event[KAN_CASE_WORD_MAX + 1];
	char prev[KAN_SHA256_HEX];
};

/**
 * Take apart the @len bytes of a line without its newline.  KAN_EFORMAT says
 * what is not canonical about it.
 */
KAN_MUST_CHECK int kan_logline_parse(struct kan_logline_read *out, const char *line, size_t len,
                                     struct kan_err *err);

#endif
