/* SPDX-License-Identifier: MIT */
/*
 * tmpfile.h - a temporary file that has no name and vanishes with its descriptor
 */
#ifndef KAN_CORE_TMPFILE_H
#define KAN_CORE_TMPFILE_H

#include "kanshiki/err.h"

/**
 * Open an empty file without a name in the folder @dir (NULL: $TMPDIR, else /tmp)
 * for reading and writing.  The descriptor is owned by the caller.
 */
KAN_MUST_CHECK int kan_tmpfile_open(int *out, const char *dir, struct kan_err *err);

#endif
