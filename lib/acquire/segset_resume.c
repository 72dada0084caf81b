/* SPDX-License-Identifier: MIT */
/*
 * segset_resume.c - go on with segment files that were left unfinished
 *
 * Everything up to the mark is read again, because the digest of each file is
 * wanted in the end and nothing but its bytes can give it.  Nothing is changed until
 * all of it has been read and every file begins as it must.
 */
#include "acquire/segset_parts.h"

#include "core/cleanup.h"
#include "image/evidence_file.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>

#define READ_LEN (1u << 20)

/* Where reading stands in one file. */
struct reading {
	struct kan_segset *s;
	const char *path;
	int fd;
	uint64_t len; /* bytes to read */
	struct kan_buf prologue;
	uint8_t *buf; /* READ_LEN bytes */
};

static int open_file(struct reading *r, const struct kan_writer_mark *mark, struct kan_err *err)
{
	struct kan_segset *s = r->s;
	bool is_last = s->n - 1 == mark->segment;
	struct stat st;
	int rc;

	r->fd = openat(s->folder, kan_base_name(r->path),
	               (is_last ? O_RDWR : O_RDONLY) | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (r->fd < 0 && errno == ENOENT)
		return kan_fail(err, KAN_EFORMAT, "%s: is missing, the image cannot be continued",
		                r->path);
	if (r->fd < 0 || fstat(r->fd, &st) != 0)
		return kan_fail(err, KAN_EIO, "%s: cannot be opened", r->path);
	r->len = is_last ? mark->segment_len : (uint64_t)st.st_size;
	if (!S_ISREG(st.st_mode) || (uint64_t)st.st_size < r->len)
		return kan_fail(err, KAN_EFORMAT,
		                "%s: is shorter than it was, the image cannot be continued",
		                r->path);
	if (!is_last && s->form.full > 0 && r->len != s->form.full)
		return kan_fail(err, KAN_EFORMAT,
		                "%s: has %" PRIu64 " bytes instead of %" PRIu64
		                ", the image cannot be continued",
		                r->path, r->len, s->form.full);
	if (!s->form.prologue)
		return KAN_OK;
	kan_buf_reset(&r->prologue);
	rc = s->form.prologue(s->form.arg, s->n - 1, &r->prologue, err);
	return rc == KAN_OK ? kan_buf_check(&r->prologue, err) : rc;
}

static int check_prologue(const struct reading *r, uint64_t at, size_t n, struct kan_err *err)
{
	uint64_t left = at < r->prologue.len ? r->prologue.len - at : 0;
	size_t len = left < n ? (size_t)left : n;

	if (r->len >= r->prologue.len &&
	    (len == 0 || memcmp(r->prologue.data + at, r->buf, len) == 0))
		return KAN_OK;
	return kan_fail(err, KAN_EFORMAT, "%s: does not begin as a segment of this image does",
	                r->path);
}

static int read_file(struct reading *r, struct kan_err *err)
{
	uint64_t at = 0;

	do {
		uint64_t left = r->len - at;
		ssize_t n =
			pread(r->fd, r->buf, left < READ_LEN ? (size_t)left : READ_LEN, (off_t)at);
		int rc;

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 || (n == 0 && left > 0))
			return kan_fail(err, KAN_EIO, "%s: cannot be read again", r->path);
		rc = check_prologue(r, at, (size_t)n, err);
		if (rc == KAN_OK)
			rc = kan_segset_digest(r->s, r->buf, (size_t)n, err);
		if (rc != KAN_OK)
			return rc;
		at += (uint64_t)n;
	} while (at < r->len);
	return KAN_OK;
}

/* Read the files up to that of the mark; its descriptor stays open. */
static int read_files(struct reading *r, const struct kan_writer_mark *mark, struct kan_err *err)
{
	struct kan_segset *s = r->s;

	for (;;) {
		int rc = kan_segset_add_path(s, err);

		if (rc != KAN_OK)
			return rc;
		r->path = s->list[s->n - 1].path;
		rc = open_file(r, mark, err);
		if (rc == KAN_OK)
			rc = read_file(r, err);
		if (rc != KAN_OK)
			return rc;
		s->len = r->len;
		if (s->n - 1 == mark->segment)
			return KAN_OK;
		rc = kan_segset_seal(s, err);
		if (rc != KAN_OK)
			return rc;
		(void)close(r->fd); /* only read */
		r->fd = -1;
	}
}

/* Remove the segments behind the last one: they follow one another without a hole. */
static int remove_behind(struct kan_segset *s, struct kan_err *err)
{
	for (uint64_t i = s->n;; i++) {
		KAN_AUTO(mem) char *path = NULL;
		bool there;
		int rc = kan_segset_find(s, i, &there, &path, err);

		if (rc != KAN_OK || !there)
			return rc;
		if (unlinkat(s->folder, kan_base_name(path), 0) != 0)
			return kan_fail(err, KAN_EIO, "%s: cannot be removed", path);
	}
}

/* From here on the set changes. */
static int cut(struct reading *r, const struct kan_writer_mark *mark, struct kan_err *err)
{
	struct kan_segset *s = r->s;
	int rc = remove_behind(s, err);

	if (rc != KAN_OK)
		return rc;
	if (ftruncate(r->fd, (off_t)r->len) != 0 || lseek(r->fd, (off_t)r->len, SEEK_SET) < 0)
		return kan_fail(err, KAN_EIO, "%s: cannot be cut", r->path);
	s->last = (struct kan_segset_file){ r->fd, s->n - 1 };
	r->fd = -1;
	s->flushed = s->len;
	s->folder_changed = true;
	s->mark = *mark;
	return KAN_OK;
}

int kan_segset_resume(struct kan_segset **out, const char *first,
                      const struct kan_segset_form *form, const struct kan_writer_mark *mark,
                      struct kan_err *err)
{
	struct reading r = { .fd = -1 };
	int rc = kan_segset_alloc(&r.s, first, form, err);

	if (rc != KAN_OK)
		return rc;
	r.buf = malloc(READ_LEN);
	rc = r.buf ? read_files(&r, mark, err)
	           : kan_fail(err, KAN_ENOMEM, "out of memory to read %s again", first);
	if (rc == KAN_OK)
		rc = cut(&r, mark, err);
	if (r.fd >= 0)
		(void)close(r.fd);
	kan_buf_done(&r.prologue);
	free(r.buf);
	if (rc == KAN_OK)
		*out = r.s;
	else
		kan_segset_close(r.s);
	return rc;
}
