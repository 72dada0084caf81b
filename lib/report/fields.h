/* SPDX-License-Identifier: MIT */
/*
 * fields.h - pieces of lines that several formats have in common
 */
#ifndef KAN_REPORT_FIELDS_H
#define KAN_REPORT_FIELDS_H

#include "kanshiki/buf.h"
#include "kanshiki/event.h"

/** Append a string constant. */
#define KAN_PUT(buf, literal) kan_buf_add(buf, "" literal, sizeof(literal) - 1)

void kan_put_u64(struct kan_buf *b, uint64_t v);
void kan_put_i64(struct kan_buf *b, int64_t v);

/** Four or more octal digits: "0644". */
void kan_put_octal(struct kan_buf *b, uint32_t v);

/** "rrwxr-xr-x", "drwxrwxrwt": letter of the type and permissions, as fls prints them. */
void kan_put_mode(struct kan_buf *b, enum kan_file_type type, uint32_t mode);

/** "128-3", or nothing where there are no attributes. */
void kan_put_attr(struct kan_buf *b, uint32_t type, uint32_t id);

/** "5-128-3", or "5" where there are no attributes. */
void kan_put_addr(struct kan_buf *b, uint64_t addr, uint32_t attr_type, uint32_t attr_id);

/** A label of text for people, padded to the column where the values begin. */
void kan_put_label(struct kan_buf *b, const char *label);

/** Whole seconds since 1970, rounded down. */
int64_t kan_seconds(int64_t time_ns);

/** Name of flag number @i of enum kan_file_flags, such as "compressed"; NULL: no such flag. */
const char *kan_flag_name(unsigned i);

/** Append the names of @flags, each between @quote, separated by @separator. */
void kan_put_flags(struct kan_buf *b, uint32_t flags, const char *quote, const char *separator);

/** "deleted", "deleted-realloc" (the metadata belongs to another file now), "". */
const char *kan_state(uint32_t flags);

/** Resolution in nanoseconds, with a day as what it is. */
uint64_t kan_unit(uint32_t unit_ns);

/** Evidence text as a JSON string. */
void kan_put_json(struct kan_buf *b, const char *s);

/** Evidence text as a CSV field. */
void kan_put_csv(struct kan_buf *b, const char *s);

/** Evidence text, with the characters of @also (never more than a few) escaped too. */
void kan_put_text(struct kan_buf *b, const char *s, const char *also);

/**
 * Path, and ":" and stream, of @file.  What a name could use to look like the
 * things that a line has behind it (" -> target", " (deleted)", ":stream") is
 * escaped.
 */
void kan_put_name(struct kan_buf *b, const struct kan_file *file, const char *also);

/** " -> target" if there is one, escaped by the same rule. */
void kan_put_link(struct kan_buf *b, const struct kan_file *file, const char *also);

/** Digest of @file by @algo as hex; false, and nothing appended, if it has none. */
bool kan_put_digest(struct kan_buf *b, const struct kan_file *file, const struct kan_hash *algo);

#endif
