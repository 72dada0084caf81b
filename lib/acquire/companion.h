/* SPDX-License-Identifier: MIT */
/*
 * companion.h - the files that stand beside an image: IMAGE.json, IMAGE.journal, ...
 */
#ifndef KAN_ACQUIRE_COMPANION_H
#define KAN_ACQUIRE_COMPANION_H

#include "core/cleanup.h"
#include "kanshiki/buf.h"

#define KAN_COMPANION_RECORD  ".json"
#define KAN_COMPANION_BLOCKS  ".blocks"
#define KAN_COMPANION_MAP     ".map"
#define KAN_COMPANION_LOG     ".jsonl"
#define KAN_COMPANION_JOURNAL ".journal"

/** Behind these, while the file is written. */
#define KAN_COMPANION_PART ".part"

/** Room for the path of such a file; a longer one is KAN_ELIMIT. */
#define KAN_COMPANION_PATH 4096

/** "IMAGE.suffix" into @out, which has KAN_COMPANION_PATH bytes. */
KAN_MUST_CHECK int kan_companion_path(char *out, const char *image, const char *suffix,
                                      struct kan_err *err);

/** True if there is anything of this name, even a broken link. */
bool kan_companion_exists(const char *image, const char *suffix);

/**
 * A file that replaces the old one whole, so that at any moment the old or the new one
 * is there: temporary name, sync, rename, sync of the folder.  Without commit nothing
 * changes.  Release with kan_companion_close().
 */
struct kan_companion;
KAN_MUST_CHECK int kan_companion_open(struct kan_companion **out, const char *image,
                                      const char *suffix, struct kan_err *err);
KAN_MUST_CHECK int kan_companion_add(struct kan_companion *s, const void *data, size_t len,
                                     struct kan_err *err);
KAN_MUST_CHECK int kan_companion_commit(struct kan_companion *s, struct kan_err *err);
void kan_companion_close(struct kan_companion *s);

KAN_DEFINE_DROP(companion, struct kan_companion *, kan_companion_close)

/** The same for content that is in memory. */
KAN_MUST_CHECK int kan_companion_save(const char *image, const char *suffix, const void *data,
                                      size_t len, struct kan_err *err);

/** Give the content of the file, a regular one, to @fn piece by piece. */
KAN_MUST_CHECK int kan_companion_read(const char *image, const char *suffix,
                                      int (*fn)(void *arg, const void *data, size_t len,
                                                struct kan_err *err),
                                      void *arg, struct kan_err *err);

/** Append the content of the file, at most @max bytes, to @out. */
KAN_MUST_CHECK int kan_companion_load(struct kan_buf *out, const char *image, const char *suffix,
                                      size_t max, struct kan_err *err);

/** Remove it and sync the folder; one that is not there is no error. */
int kan_companion_remove(const char *image, const char *suffix, struct kan_err *err);

/** Open the folder that holds @path. */
KAN_MUST_CHECK int kan_companion_folder(int *out, const char *path, struct kan_err *err);

#endif
