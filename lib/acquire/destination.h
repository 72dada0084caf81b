/* SPDX-License-Identifier: MIT */
/*
 * destination.h - one image that is written, with all that stands beside it
 *
 * A destination that fails takes no more blocks and keeps its last journal, so that
 * it can be continued; the others do not notice.
 */
#ifndef KAN_ACQUIRE_DESTINATION_H
#define KAN_ACQUIRE_DESTINATION_H

#include "acquire/journal.h"
#include "acquire/ranges.h"
#include "case/log.h"
#include "kanshiki/acquire.h"

#include <stdatomic.h>

struct kan_destination {
	pthread_mutex_t lock; /* guards err */
	struct kan_err err;   /* why it failed */
	atomic_bool failed;

	const char *path;          /* borrowed */
	struct kan_ranges *ranges; /* shared by all destinations */
	atomic_size_t *alive;      /* destinations that have not failed */
	struct kan_writer *writer;
	struct kan_sink inner; /* of the writer */
	struct kan_log log;
	struct kan_journal journal;  /* as last saved, or as found; the record if complete */
	const struct kan_tree *tree; /* of the media; borrowed */
	uint64_t begun_leaves;       /* of what was read before, not compared yet */
	uint8_t begun_root[KAN_TREE_HASH];
	bool found;    /* a journal was there: it is continued */
	bool begun;    /* what is there was made by this run */
	bool complete; /* a record was there, and no journal */
};

/** An empty one for the image @path. */
void kan_destination_init(struct kan_destination *d, const char *path, struct kan_ranges *ranges,
                          atomic_size_t *alive);

/**
 * Look at what is there.  Without @resume anything is KAN_EEXIST; with it a journal
 * is read into d->journal, and no other process can change what is there from then on;
 * where there is none, a record is.
 */
KAN_MUST_CHECK int kan_destination_look(struct kan_destination *d, bool resume,
                                        struct kan_err *err);

/**
 * Open the writer, at the mark of the journal if one was found; if not, lock the log and
 * save a first journal with @record and @opts.
 */
KAN_MUST_CHECK int kan_destination_open(struct kan_destination *d,
                                        const struct kan_writer_opts *opts,
                                        const struct kan_record *record, struct kan_err *err);

/** Remove what kan_destination_open() made: the acquisition does not begin. */
void kan_destination_abandon(struct kan_destination *d);

/** The sink that never fails while another destination is alive. */
struct kan_sink kan_destination_sink(struct kan_destination *d);

/**
 * Sync what was written and save map and journal.  On the thread of checkpoints, or
 * when the stream has ended.  A failure fails the destination.
 */
void kan_destination_checkpoint(struct kan_destination *d);

/** The leaves of the media will be in @tree; what the journal says of them is expected. */
void kan_destination_expect(struct kan_destination *d, const struct kan_tree *tree);

/**
 * Compare what was read before with the same part of the stream, as soon as the tree
 * has it.  KAN_EFORMAT if it is not the same: it was changed, or the source was.
 */
KAN_MUST_CHECK int kan_destination_check_begun(struct kan_destination *d, struct kan_err *err);

/** Save the map of the media up to the mark of the journal. */
KAN_MUST_CHECK int kan_destination_save_map(const struct kan_destination *d, struct kan_err *err);

/** Append a line to the log; a failure fails the destination. */
void kan_destination_log(struct kan_destination *d, const char *event,
                         const struct kan_case_field *fields, size_t n);

/** Stop taking blocks, for the reason in @err. */
void kan_destination_fail(struct kan_destination *d, const struct kan_err *err);

static inline bool kan_destination_is_writing(const struct kan_destination *d)
{
	return d->writer && !atomic_load(&d->failed);
}

/** Release what @d holds; its files stay. */
void kan_destination_done(struct kan_destination *d);

#endif
