/* SPDX-License-Identifier: MIT */
/*
 * kernel_text.h - small texts that the kernel shows in /proc and /sys
 */
#ifndef KAN_IMAGE_DRIVE_KERNEL_TEXT_H
#define KAN_IMAGE_DRIVE_KERNEL_TEXT_H

#include "kanshiki/buf.h"

#include <sys/types.h>

/** The longest text that is read; one with more is cut. */
#define KAN_KERNEL_TEXT_MAX (16u << 20)

/** Replace @out by the text at @path; false, with an errno, if it cannot be read. */
bool kan_kernel_text(struct kan_buf *out, const char *path);

/** True if the errno @e says that we lack something, and nothing about the path. */
bool kan_is_shortage(int e);

/** The number in a text like "8:1"; false, and *@out untouched, if it is another. */
bool kan_parse_dev(dev_t *out, const char *text);

/** The next word of *@line, which ends at a blank; "" at the end.  *@line is written to. */
char *kan_next_word(char **line);

/** The next line of *@text; NULL at the end.  *@text is written to. */
char *kan_next_line(char **text);

/** Replace "\040" and the like by what they stand for, in place. */
void kan_undo_octal(char *s);

#endif
