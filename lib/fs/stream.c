/* SPDX-License-Identifier: MIT */
/*
 * stream.c - the bytes of one stream of a file, in a worker
 *
 * Sleuth Kit fills what it does not have with zeros: runs that it has not found,
 * and ranges that our source could not read.  Whoever takes a digest has to know
 * that, so the runs of a stream are looked at as well as its bytes.
 */
#include "fs/stream.h"

#include <string.h>

/* Runs of one stream that are looked at; NTFS can have some ten thousands. */
static const size_t runs_max = 50000000;

struct walker {
	kan_fs_bytes_fn *fn;
	void *arg;
	uint64_t size;
	uint64_t next; /* offset that must come now */
	bool slack;
	bool hole;
	bool stopped;
};

bool kan_fs_content_open(struct kan_fs_content *c, const struct kan_fs_handle *h,
                         const struct kan_fs_stream *which)
{
	*c = (struct kan_fs_content){ .h = h };
	tsk_error_reset();
	c->file = tsk_fs_file_open_meta(h->fs, NULL, which->addr);
	if (!c->file)
		return false;
	if (which->attr_type == 0)
		c->attr = tsk_fs_file_attr_get(c->file);
	else if (which->attr_id <= UINT16_MAX)
		c->attr =
			tsk_fs_file_attr_get_type(c->file, (TSK_FS_ATTR_TYPE_ENUM)which->attr_type,
		                                  (uint16_t)which->attr_id, 1);
	if (!c->attr || c->attr->size < 0) {
		kan_fs_content_close(c);
		return false;
	}
	tsk_error_reset(); /* left by a search that succeeded in the end */
	c->size = (uint64_t)c->attr->size;
	return true;
}

void kan_fs_content_close(struct kan_fs_content *c)
{
	tsk_fs_file_close(c->file);
	c->file = NULL;
	c->attr = NULL;
}

static bool pass(struct walker *w, uint64_t offset, const char *data, size_t len)
{
	if (len == 0)
		return true;
	if (!w->fn(w->arg, offset, data, len))
		w->stopped = true;
	return !w->stopped;
}

static TSK_WALK_RET_ENUM on_bytes(TSK_FS_FILE *f, TSK_OFF_T off, TSK_DADDR_T addr, char *buf,
                                  size_t len, TSK_FS_BLOCK_FLAG_ENUM flags, void *arg)
{
	struct walker *w = arg;
	uint64_t offset = (uint64_t)off;
	size_t inside;

	(void)f;
	(void)addr;
	(void)flags;
	if (off < 0 || offset != w->next) {
		w->hole = true;
		return TSK_WALK_ERROR;
	}
	w->next += len;
	inside = offset >= w->size ? 0 : w->size - offset < len ? (size_t)(w->size - offset) : len;
	if (w->slack ? pass(w, offset + inside, buf + inside, len - inside)
	             : pass(w, offset, buf, inside))
		return TSK_WALK_CONT;
	return TSK_WALK_STOP;
}

bool kan_fs_content_walk(const struct kan_fs_content *c, bool slack, kan_fs_bytes_fn *fn, void *arg,
                         const char **why)
{
	TSK_FS_FILE_WALK_FLAG_ENUM flags =
		slack ? TSK_FS_FILE_WALK_FLAG_SLACK : TSK_FS_FILE_WALK_FLAG_NONE;
	struct walker w = { .fn = fn, .arg = arg, .size = c->size, .slack = slack };

	*why = NULL;
	tsk_error_reset();
	if (c->size == 0 && !slack)
		return true;
	if (tsk_fs_attr_walk(c->attr, flags, on_bytes, &w) || w.hole)
		*why = "not all of the stream could be read";
	else if (w.stopped)
		*why = "stopped";
	else if (w.next < c->size)
		*why = "the stream ends before its size says";
	return !*why;
}

uint64_t kan_fs_content_sparse(const struct kan_fs_content *c)
{
	const TSK_FS_ATTR_RUN *run = c->attr->flags & TSK_FS_ATTR_NONRES ? c->attr->nrd.run : NULL;
	const int no_blocks = TSK_FS_ATTR_RUN_FLAG_SPARSE | TSK_FS_ATTR_RUN_FLAG_FILLER;
	uint64_t blocks = 0, bytes;

	for (size_t n = 0; run && n < runs_max; run = run->next, n++)
		if ((run->flags & no_blocks) &&
		    __builtin_add_overflow(blocks, (uint64_t)run->len, &blocks))
			return UINT64_MAX;
	if (__builtin_mul_overflow(blocks, (uint64_t)c->h->fs->block_size, &bytes))
		return UINT64_MAX;
	return bytes;
}

static bool run_has_gap(const struct kan_fs_content *c, const TSK_FS_ATTR_RUN *run,
                        const struct kan_tsk_image *img)
{
	uint64_t block = c->h->chunk_len ? c->h->chunk_len : c->h->fs->block_size, at, len;

	if (!kan_fs_handle_place(&at, c->h, (uint64_t)run->addr) ||
	    __builtin_mul_overflow((uint64_t)run->len, block, &len))
		return true;
	return kan_tsk_image_has_gap(img, at, len);
}

const char *kan_fs_content_doubt(const struct kan_fs_content *c, const struct kan_tsk_image *img)
{
	const TSK_FS_ATTR_RUN *run = c->attr->flags & TSK_FS_ATTR_NONRES ? c->attr->nrd.run : NULL;
	const int no_blocks = TSK_FS_ATTR_RUN_FLAG_SPARSE | TSK_FS_ATTR_RUN_FLAG_FILLER;
	bool gaps = img->ngaps > 0 || img->too_many_gaps;
	bool ntfs = TSK_FS_TYPE_ISNTFS(c->h->fs->ftype);
	size_t n = 0;

	for (; run && n < runs_max; run = run->next, n++) {
		/* Elsewhere it is a hole between two extents, which is zeros by right. */
		if (ntfs && (run->flags & TSK_FS_ATTR_RUN_FLAG_FILLER))
			return "a part of the stream is missing in the file system";
		if (gaps && !(run->flags & no_blocks) && run_has_gap(c, run, img))
			return "a part of the stream lies in an unreadable range of the media";
	}
	return run ? "the stream has too many runs" : NULL;
}
