/* SPDX-License-Identifier: MIT */
/*
 * escape.h - text out of evidence, made safe to print and told apart again
 *
 * Two steps.  kan_escape_text() turns any bytes into *printable text*: valid
 * UTF-8 without control characters, reversible.  The quoting of a format (JSON,
 * CSV, HTML) comes on top of that and never has to think about evidence.
 *
 * Printable text: backslash is "\\"; bytes below 0x20, 0x7f and bytes that are not
 * valid UTF-8 (lone surrogates too) are "\xNN"; C1 controls, line and paragraph
 * separators, byte order marks, noncharacters, invisible marks and the marks that
 * turn the writing direction are "\uNNNN" or, above U+FFFF, "\UNNNNNNNN".  Everything
 * else is as it is (the joiners U+200C and U+200D too: names are written with them).
 */
#ifndef KAN_CORE_ESCAPE_H
#define KAN_CORE_ESCAPE_H

#include "kanshiki/buf.h"

/** Append the printable form of @len bytes at @s. */
void kan_escape_text(struct kan_buf *out, const char *s, size_t len);

/**
 * The same, with the ASCII characters in @also as "\xNN": separators of a format
 * that has no quoting of its own.
 */
void kan_escape_text_and(struct kan_buf *out, const char *s, size_t len, const char *also);

/**
 * The inverse; false, and @out as it was, if @s is no output of kan_escape_text()
 * (or memory has run out: see kan_buf_check()).
 */
bool kan_unescape_text(struct kan_buf *out, const char *s, size_t len);

/** Append @s, which is valid UTF-8, as a JSON string with its quotes. */
void kan_escape_json(struct kan_buf *out, const char *s);

/**
 * Append @s, which is valid UTF-8, as a CSV field (RFC 4180), quoted where
 * needed.  A text that a spreadsheet could take for a formula (it begins with
 * = + - @, their full-width forms, or ') gets a leading apostrophe: removing one
 * leading apostrophe always gives the text back.
 */
void kan_escape_csv(struct kan_buf *out, const char *s);

/** Append @s, which is valid UTF-8, with & < > " ' as entities. */
void kan_escape_html(struct kan_buf *out, const char *s);

/** Length in bytes of the valid UTF-8 sequence at @s (at most @len), 0 if there is none. */
size_t kan_utf8_len(const uint8_t *s, size_t len, uint32_t *point);

#endif
