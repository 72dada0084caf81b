/* SPDX-License-Identifier: MIT */
/*
 * parts.h - the parts that descriptions are made of: labels of text, members of JSON
 */
#ifndef KAN_REPORT_PARTS_H
#define KAN_REPORT_PARTS_H

#include "kanshiki/buf.h"

#include <stdint.h>

/** Append @label (translated already), padded to the column of the values. */
void kan_part_label(struct kan_buf *out, const char *label);

/** Append bytes of any origin as printable text. */
void kan_part_text(struct kan_buf *out, const char *s);

/** Append "key":"printable text", with a comma before it unless @first. */
void kan_part_member(struct kan_buf *out, bool first, const char *key, const char *text);

/** Append ,"key":v */
void kan_part_number(struct kan_buf *out, const char *key, uint64_t v);

/** The last component of @path; points into it. */
const char *kan_part_name(const char *path);

#endif
