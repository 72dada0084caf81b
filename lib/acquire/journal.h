/* SPDX-License-Identifier: MIT */
/*
 * journal.h - IMAGE.journal: where an unfinished image can be continued
 *
 * A first line with the mark and a digest, then the record as far as it is known:
 * the settings of the start, the source, the unreadable ranges before the mark.
 * Form: docs/formats/acquisition.md.
 */
#ifndef KAN_ACQUIRE_JOURNAL_H
#define KAN_ACQUIRE_JOURNAL_H

#include "kanshiki/record.h"
#include "kanshiki/writer.h"

/** All zero is an empty one. */
struct kan_journal {
	struct kan_writer_mark mark;
	uint64_t leaves;             /* blocks of the tree below the mark, as far as known */
	uint8_t root[KAN_TREE_HASH]; /* over these */
	int64_t started_ns;          /* UTC */
	struct kan_record record;
};

/** Replace the journal of @image. */
KAN_MUST_CHECK int kan_journal_save(const char *image, const struct kan_journal *j,
                                    struct kan_err *err);

/** Read it; KAN_EFORMAT if it was changed or is none.  Release with kan_journal_done(). */
KAN_MUST_CHECK int kan_journal_load(struct kan_journal *out, const char *image,
                                    struct kan_err *err);

/** The value called @name in @values; NULL if there is none. */
const char *kan_record_find(const struct kan_record_values *values, const char *name);

void kan_journal_done(struct kan_journal *j);

#endif
