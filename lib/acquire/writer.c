/* SPDX-License-Identifier: MIT */
/*
 * writer.c - the format that a destination asks for by its name
 */
#include "acquire/writer.h"

#include <inttypes.h>

const struct kan_writer_format *kan_writer_format_for(const char *path)
{
	for (size_t i = 0; kan_writer_format_list[i]; i++)
		if (kan_writer_format_list[i]->claims(path))
			return kan_writer_format_list[i];
	return NULL;
}

int kan_writer_check_block(const struct kan_writer_opts *opts, uint64_t done,
                           const struct kan_block *blk, struct kan_err *err)
{
	uint64_t left = opts->media_size - done;
	uint64_t want = left < opts->block_len ? left : opts->block_len;

	if (blk->offset == done && blk->len == want && want > 0)
		return KAN_OK;
	return kan_fail(err, KAN_EARG,
	                "%zu bytes at %" PRIu64 " where %" PRIu64 " at %" PRIu64 " were to come",
	                blk->len, blk->offset, want, done);
}

int kan_writer_check_mark(const struct kan_writer_opts *opts, const char *path,
                          const struct kan_writer_mark *mark, struct kan_err *err)
{
	if (mark->media_done == opts->media_size ||
	    (mark->media_done < opts->media_size && mark->media_done % KAN_WRITER_STEP == 0))
		return KAN_OK;
	return kan_fail(err, KAN_EARG, "%s: cannot be continued after %" PRIu64 " bytes", path,
	                mark->media_done);
}

static int open_writer(struct kan_writer **out, const char *path,
                       const struct kan_writer_opts *opts, const struct kan_writer_mark *from,
                       struct kan_err *err)
{
	const struct kan_writer_format *format = kan_writer_format_for(path);

	if (!format)
		return kan_fail(err, KAN_EARG,
		                "%s: no format is written under this name, it ends in .E01, .raw, "
		                ".dd, .img or .001",
		                path);
	if (opts->block_len == 0 || KAN_WRITER_STEP % opts->block_len != 0)
		return kan_fail(err, KAN_EARG, "%s: blocks of %zu bytes cannot be written", path,
		                opts->block_len);
	return format->open(out, path, opts, from, err);
}

int kan_writer_create(struct kan_writer **out, const char *path, const struct kan_writer_opts *opts,
                      struct kan_err *err)
{
	return open_writer(out, path, opts, NULL, err);
}

int kan_writer_resume(struct kan_writer **out, const char *path, const struct kan_writer_opts *opts,
                      const struct kan_writer_mark *mark, struct kan_err *err)
{
	return open_writer(out, path, opts, mark, err);
}

struct kan_sink kan_writer_sink(struct kan_writer *w)
{
	return w->ops->sink(w);
}

int kan_writer_sync(struct kan_writer *w, struct kan_writer_mark *out, struct kan_err *err)
{
	return w->ops->sync(w, out, err);
}

int kan_writer_finish(struct kan_writer *w, const struct kan_writer_end *end, struct kan_err *err)
{
	return w->ops->finish(w, end, err);
}

const struct kan_writer_segment *kan_writer_segments(const struct kan_writer *w, size_t *n)
{
	return w->ops->segments(w, n);
}

void kan_writer_close(struct kan_writer *w)
{
	if (w)
		w->ops->close(w);
}
