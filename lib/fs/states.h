/* SPDX-License-Identifier: MIT */
/*
 * states.h - the hashes of one stream in a worker, and what comes of them
 */
#ifndef KAN_FS_STATES_H
#define KAN_FS_STATES_H

#include "fs/stream.h"

struct kan_states {
	const struct kan_hash *algo[KAN_HASHES_MAX];
	void *state[KAN_HASHES_MAX];
	size_t n;
	struct kan_err err;
};

/** Open the hashes that @req names.  Close @st also after a failure. */
KAN_MUST_CHECK int kan_states_open(struct kan_states *st, struct kan_wire *req,
                                   struct kan_err *err);

/** A kan_fs_bytes_fn. */
bool kan_states_update(void *states, uint64_t offset, const void *data, size_t len);

/** Finish all hashes, which are ready for a new stream then; answer if @good. */
int kan_states_answer(struct kan_fs_answer *a, uint32_t index, struct kan_states *st, bool good);

/** Answer that there is no digest, and why. */
int kan_states_refuse(struct kan_fs_answer *a, uint32_t index, enum kan_finding_kind kind,
                      const char *why);

/** NULL, or why the stream is not worth reading. */
const char *kan_states_absurd(const struct kan_fs_session *s, const struct kan_fs_content *c,
                              enum kan_finding_kind *kind);

void kan_states_close(struct kan_states *st);

#endif
