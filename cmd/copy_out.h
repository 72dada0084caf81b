/* SPDX-License-Identifier: MIT */
/*
 * copy_out.h - write selected streams into a folder, with a manifest
 */
#ifndef KAN_CMD_COPY_OUT_H
#define KAN_CMD_COPY_OUT_H

#include "evidence.h"
#include "selection.h"

/**
 * Copy everything in @s into the new folder @dir.  Each copy is hashed as it is
 * written; manifest.jsonl in @dir has one line for each: path, name of the copy,
 * place in the evidence, size, digests, and whether it is complete.
 */
KAN_MUST_CHECK int copy_out(struct evidence *e, const struct selection *s, const char *dir,
                            struct kan_err *err);

#endif
