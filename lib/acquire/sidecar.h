/* SPDX-License-Identifier: MIT */
/*
 * sidecar.h - the files that stand beside an image: IMAGE.json, IMAGE.journal, ...
 */
#ifndef KAN_ACQUIRE_SIDECAR_H
#define KAN_ACQUIRE_SIDECAR_H

#include "core/cleanup.h"
#include "kanshiki/buf.h"

#define KAN_SIDECAR_RECORD  ".json"
#define KAN_SIDECAR_BLOCKS  ".blocks"
#define KAN_SIDECAR_MAP     ".map"
#define KAN_SIDECAR_LOG     ".jsonl"
#define KAN_SIDECAR_JOURNAL ".journal"

/** Room for the path of a sidecar; a longer one is KAN_ELIMIT. */
#define KAN_SIDECAR_PATH 4096

/** "IMAGE.suffix" into @out, which has KAN_SIDECAR_PATH bytes. */
KAN_MUST_CHECK int kan_sidecar_path(char *out, const char *image, const char *suffix,
                                    struct kan_err *err);

/** True if there is anything of this name, even a broken link. */
bool kan_sidecar_exists(const char *image, const char *suffix);

/**
 * A file that replaces the old one whole, so that at any moment the old or the new one
 * is there: temporary name, sync, rename, sync of the folder.  Without commit nothing
 * changes.  Release with kan_sidecar_close().
 */
struct kan_sidecar;
KAN_MUST_CHECK int kan_sidecar_open(struct kan_sidecar **out, const char *image, const char *suffix,
                                    struct kan_err *err);
KAN_MUST_CHECK int kan_sidecar_add(struct kan_sidecar *s, const void *data, size_t len,
                                   struct kan_err *err);
KAN_MUST_CHECK int kan_sidecar_commit(struct kan_sidecar *s, struct kan_err *err);
void kan_sidecar_close(struct kan_sidecar *s);

KAN_DEFINE_DROP(sidecar, struct kan_sidecar *, kan_sidecar_close)

/** The same for content that is in memory. */
KAN_MUST_CHECK int kan_sidecar_save(const char *image, const char *suffix, const void *data,
                                    size_t len, struct kan_err *err);

/** Give the content of the file, a regular one, to @fn piece by piece. */
KAN_MUST_CHECK int kan_sidecar_read(const char *image, const char *suffix,
                                    int (*fn)(void *arg, const void *data, size_t len,
                                              struct kan_err *err),
                                    void *arg, struct kan_err *err);

/** Append the content of the file, at most @max bytes, to @out. */
KAN_MUST_CHECK int kan_sidecar_load(struct kan_buf *out, const char *image, const char *suffix,
                                    size_t max, struct kan_err *err);

/** Remove it and sync the folder; one that is not there is no error. */
int kan_sidecar_remove(const char *image, const char *suffix, struct kan_err *err);

/** Open the folder that holds @path. */
KAN_MUST_CHECK int kan_sidecar_folder(int *out, const char *path, struct kan_err *err);

#endif
