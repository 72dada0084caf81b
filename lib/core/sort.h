/* SPDX-License-Identifier: MIT */
/*
 * sort.h - sort any number of records with a fixed amount of memory
 *
 * Records are a key and data, both byte strings.  The order is that of memcmp()
 * on the keys, a key before its own extensions, then the same on the data: a
 * total order, so the result does not depend on the order of adding.  What does
 * not fit into memory goes, sorted, to unlinked temporary files and is merged.
 * A full disk is an error.
 */
#ifndef KAN_CORE_SORT_H
#define KAN_CORE_SORT_H

#include "core/view.h"
#include "kanshiki/err.h"

struct kan_sort;

/** @memory in bytes, 0: 64 MiB.  @tmp_dir NULL: the system's. */
KAN_MUST_CHECK int kan_sort_new(struct kan_sort **out, size_t memory, const char *tmp_dir,
                                struct kan_err *err);

/** Add a copy of a record; key and data together at most 1 MiB. */
KAN_MUST_CHECK int kan_sort_add(struct kan_sort *s, struct kan_view key, struct kan_view data,
                                struct kan_err *err);

typedef int kan_sort_fn(void *arg, struct kan_view key, struct kan_view data, struct kan_err *err);

/** Give all records in order; the views are valid during the call.  Once. */
KAN_MUST_CHECK int kan_sort_each(struct kan_sort *s, kan_sort_fn *fn, void *arg,
                                 struct kan_err *err);

/** Release @s (may be NULL) and its temporary files. */
void kan_sort_free(struct kan_sort *s);

#endif
