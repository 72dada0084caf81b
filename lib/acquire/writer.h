/* SPDX-License-Identifier: MIT */
/*
 * writer.h - the part that every writer begins with
 */
#ifndef KAN_ACQUIRE_WRITER_H
#define KAN_ACQUIRE_WRITER_H

#include "kanshiki/writer.h"

/** See the functions of the same names in kanshiki/writer.h. */
struct kan_writer_ops {
	struct kan_sink (*sink)(struct kan_writer *w);
	int (*sync)(struct kan_writer *w, struct kan_writer_mark *out, struct kan_err *err);
	int (*finish)(struct kan_writer *w, const struct kan_writer_end *end, struct kan_err *err);
	const struct kan_writer_segment *(*segments)(const struct kan_writer *w, size_t *n);
	void (*close)(struct kan_writer *w);
};

/** The first member of the struct of each format. */
struct kan_writer {
	const struct kan_writer_ops *ops;
};

/** KAN_EARG unless @blk is the block at @done, of the agreed length or the last one. */
KAN_MUST_CHECK int kan_writer_check_block(const struct kan_writer_opts *opts, uint64_t done,
                                          const struct kan_block *blk, struct kan_err *err);

/** KAN_EARG unless a writer of @opts can have been at @mark. */
KAN_MUST_CHECK int kan_writer_check_mark(const struct kan_writer_opts *opts, const char *path,
                                         const struct kan_writer_mark *mark, struct kan_err *err);

#endif
