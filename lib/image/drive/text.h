/* SPDX-License-Identifier: MIT */
/*
 * text.h - texts of a drive, which are padded and not terminated
 */
#ifndef KAN_IMAGE_DRIVE_TEXT_H
#define KAN_IMAGE_DRIVE_TEXT_H

#include <stddef.h>
#include <stdint.h>

/**
 * The @len bytes at @raw without the spaces, NULs and line ends around them, as a
 * string in @out, at most @size bytes with its NUL.  A NUL inside becomes a space.
 */
void kan_drive_text(char *out, size_t size, const uint8_t *raw, size_t len);

#endif
