/* SPDX-License-Identifier: MIT */
/*
 * segset.c - segment files that only ever grow
 *
 * A sync copies the descriptors of all files that may not be on the medium, and
 * works on the copies without the lock; so the writer may go on, and may even close
 * its own.  What a mark says is true once these copies are synced, because the mark
 * was taken together with them.
 */
#include "acquire/segset_parts.h"

#include "core/cleanup.h"
#include "image/evidence_file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

int kan_segset_alloc(struct kan_segset **out, const char *first, const struct kan_segset_form *form,
                     struct kan_err *err)
{
	const struct kan_hash *sha256 = kan_hash_find("sha256");
	const char *base = kan_base_name(first);
	KAN_AUTO(mem) char *folder = NULL;
	struct kan_segset *s = calloc(1, sizeof(*s));
	int rc = KAN_OK;

	if (!s)
		return kan_fail(err, KAN_ENOMEM, "out of memory for an image");
	pthread_mutex_init(&s->lock, NULL);
	pthread_mutex_init(&s->syncing, NULL);
	s->form = *form;
	s->last.fd = s->folder = -1;
	s->first = strdup(first);
	folder = base > first ? strndup(first, (size_t)(base - first)) : strdup(".");
	if (!s->first || !folder)
		rc = kan_fail(err, KAN_ENOMEM, "out of memory for a path");
	else if (base[0] == '\0')
		rc = kan_fail(err, KAN_EARG, "%s: is not the name of a file", first);
	if (rc == KAN_OK)
		rc = sha256->open(&s->digest, err);
	if (rc == KAN_OK)
		s->folder = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (rc == KAN_OK && s->folder < 0)
		rc = kan_fail(err, KAN_EIO, "%s: the folder cannot be opened", folder);
	if (rc != KAN_OK) {
		kan_segset_close(s);
		return rc;
	}
	*out = s;
	return KAN_OK;
}

/* NULL if there is no such name, or no memory: see *@rc. */
static char *path_of(const struct kan_segset *s, uint64_t index, int *rc, struct kan_err *err)
{
	KAN_AUTO(mem) char *path = calloc(1, strlen(s->first) + KAN_SEGSET_ROOM + 1);

	*rc = path ? KAN_OK : kan_fail(err, KAN_ENOMEM, "out of memory for a path");
	if (path && !s->form.name(path, s->first, index))
		return NULL;
	return KAN_STEAL(path);
}

int kan_segset_find(const struct kan_segset *s, uint64_t index, bool *there, char **path,
                    struct kan_err *err)
{
	int rc;
	KAN_AUTO(mem) char *name = path_of(s, index, &rc, err);

	*there = name && faccessat(s->folder, kan_base_name(name), F_OK, AT_SYMLINK_NOFOLLOW) == 0;
	if (path)
		*path = KAN_STEAL(name);
	return rc;
}

int kan_segset_add_path(struct kan_segset *s, struct kan_err *err)
{
	KAN_AUTO(mem) char *path = NULL;
	int rc;

	if (s->n == s->room) {
		size_t room = s->room ? 2 * s->room : 16;
		struct kan_writer_segment *list = realloc(s->list, room * sizeof(*list));

		if (!list)
			return kan_fail(err, KAN_ENOMEM, "out of memory for %zu segments", room);
		s->list = list;
		s->room = room;
	}
	path = path_of(s, s->n, &rc, err);
	if (rc != KAN_OK)
		return rc;
	if (!path)
		return kan_fail(err, KAN_ELIMIT,
		                "%s: the names of segments have run out after %zu files; larger "
		                "segments are needed",
		                s->first, s->n);
	s->list[s->n++] = (struct kan_writer_segment){ .path = KAN_STEAL(path) };
	return KAN_OK;
}

int kan_segset_digest(struct kan_segset *s, const void *data, size_t len, struct kan_err *err)
{
	return kan_hash_find("sha256")->update(s->digest, data, len, err);
}

int kan_segset_seal(struct kan_segset *s, struct kan_err *err)
{
	struct kan_writer_segment *seg = &s->list[s->n - 1];

	seg->size = s->len;
	return kan_hash_find("sha256")->finish(s->digest, seg->sha256, err);
}

static const char *last_path(const struct kan_segset *s)
{
	return s->list[s->n - 1].path;
}

/* Create the next file and write what it begins with. */
static int begin_file(struct kan_segset *s, struct kan_err *err)
{
	struct kan_buf prologue KAN_DEFER(kan_buf_done) = { 0 };
	int fd, rc = kan_segset_add_path(s, err);

	if (rc != KAN_OK)
		return rc;
	fd = openat(s->folder, kan_base_name(last_path(s)), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC,
	            0666);
	if (fd < 0 && errno == EEXIST)
		return kan_fail(err, KAN_EEXIST, "%s: is there already and is not overwritten",
		                last_path(s));
	if (fd < 0)
		return kan_fail(err, KAN_EIO, "%s: cannot be created", last_path(s));
	pthread_mutex_lock(&s->lock);
	if (s->last.fd >= 0)
		s->waiting[s->nwaiting++] = s->last; /* kan_segset_next() has made room */
	s->last = (struct kan_segset_file){ fd, s->n - 1 };
	s->folder_changed = true;
	pthread_mutex_unlock(&s->lock);
	s->len = s->flushed = 0;
	if (!s->form.prologue)
		return KAN_OK;
	rc = s->form.prologue(s->form.arg, s->n - 1, &prologue, err);
	if (rc == KAN_OK)
		rc = kan_buf_check(&prologue, err);
	return rc == KAN_OK ? kan_segset_append(s, prologue.data, prologue.len, err) : rc;
}

int kan_segset_create(struct kan_segset **out, const char *first,
                      const struct kan_segset_form *form, struct kan_err *err)
{
	struct kan_segset *s = NULL;
	int rc = kan_segset_alloc(&s, first, form, err);

	for (uint64_t i = 1; rc == KAN_OK && i < KAN_SEGSET_LOOK; i++) {
		KAN_AUTO(mem) char *path = NULL;
		bool there;

		rc = kan_segset_find(s, i, &there, &path, err);
		if (rc == KAN_OK && there)
			rc = kan_fail(
				err, KAN_EEXIST,
				"%s: a segment of another image of this name is there already",
				path);
		if (!path)
			break;
	}
	if (rc == KAN_OK)
		rc = begin_file(s, err);
	if (rc == KAN_OK)
		kan_segset_mark(s, 0);
	if (rc == KAN_OK) {
		*out = s;
	} else if (s) {
		if (s->last.fd >= 0) /* it is ours, and nothing of the media is in it */
			(void)unlinkat(s->folder, kan_base_name(last_path(s)), 0);
		kan_segset_close(s);
	}
	return rc;
}

uint64_t kan_segset_len(const struct kan_segset *s)
{
	return s->len;
}

uint64_t kan_segset_index(const struct kan_segset *s)
{
	return s->n - 1;
}

static int write_all(const struct kan_segset *s, const uint8_t *data, size_t len,
                     struct kan_err *err)
{
	while (len > 0) {
		ssize_t n = write(s->last.fd, data, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return kan_fail(err, KAN_EIO, "%s: cannot be written", last_path(s));
		data += n;
		len -= (size_t)n;
	}
	return KAN_OK;
}

/* After a failure the end of the file is not known. */
static int check_sound(const struct kan_segset *s, struct kan_err *err)
{
	if (!s->broken)
		return KAN_OK;
	return kan_fail(err, KAN_EARG, "%s: could not be written before, it must be continued",
	                s->first);
}

int kan_segset_append(struct kan_segset *s, const void *data, size_t len, struct kan_err *err)
{
	int rc = check_sound(s, err);

	if (rc == KAN_OK)
		rc = write_all(s, data, len, err);
	if (rc == KAN_OK)
		rc = kan_segset_digest(s, data, len, err);
	if (rc == KAN_OK)
		s->len += len;
	s->broken |= rc != KAN_OK;
	return rc;
}

/* The list of paths belongs to the other thread: make the name again. */
static int fail_to_store(const struct kan_segset *s, uint64_t index, struct kan_err *err)
{
	int reason = errno, unused;
	KAN_AUTO(mem) char *path = path_of(s, index, &unused, NULL);

	errno = reason;
	return kan_fail(err, KAN_EIO, "%s: cannot be brought to the medium",
	                path ? path : s->first);
}

/* Sync copies of @files; the copies are closed. */
static int sync_copies(struct kan_segset *s, const struct kan_segset_file *files, size_t n,
                       struct kan_err *err)
{
	int rc = KAN_OK;

	for (size_t i = 0; i < n; i++) {
		if (rc == KAN_OK && fdatasync(files[i].fd) != 0)
			rc = fail_to_store(s, files[i].index, err);
		(void)close(files[i].fd); /* a copy; what it has to tell came with the sync */
	}
	return rc;
}

/* Files up to @index are on the medium, or will never be. */
static void forget_waiting(struct kan_segset *s, uint64_t index)
{
	size_t kept = 0;

	for (size_t i = 0; i < s->nwaiting; i++) {
		if (s->waiting[i].index <= index)
			(void)close(s->waiting[i].fd); /* was synced */
		else
			s->waiting[kept++] = s->waiting[i];
	}
	s->nwaiting = kept;
}

/* Copies of the descriptors of all files that are not on the medium; with the lock held. */
static int copy_files(struct kan_segset *s, struct kan_segset_file *copies, size_t *n,
                      struct kan_err *err)
{
	for (*n = 0; *n <= s->nwaiting; ++*n) {
		const struct kan_segset_file *f = *n < s->nwaiting ? &s->waiting[*n] : &s->last;
		int fd = fcntl(f->fd, F_DUPFD_CLOEXEC, 0);

		if (fd < 0)
			return kan_fail(err, KAN_EIO, "%s: no descriptor to sync it", s->first);
		copies[*n] = (struct kan_segset_file){ fd, f->index };
	}
	return KAN_OK;
}

static int sync_folder(struct kan_segset *s, struct kan_err *err)
{
	/* Some file systems over the network cannot and need not. */
	if (fsync(s->folder) == 0 || errno == EINVAL)
		return KAN_OK;
	return kan_fail(err, KAN_EIO, "%s: its folder cannot be brought to the medium", s->first);
}

/* One at a time: the system tells a failure of a file to only one of two that ask. */
static int sync_now(struct kan_segset *s, struct kan_writer_mark *out, struct kan_err *err)
{
	struct kan_segset_file copies[KAN_SEGSET_WAITING_MAX + 1];
	struct kan_writer_mark mark;
	bool folder_changed;
	size_t n = 0;
	int rc, synced;

	if (s->sync_failed)
		return kan_fail(err, KAN_EARG, "%s: could not be brought to the medium before",
		                s->first);
	pthread_mutex_lock(&s->lock);
	mark = s->mark;
	folder_changed = s->folder_changed;
	s->folder_changed = false;
	rc = copy_files(s, copies, &n, err);
	pthread_mutex_unlock(&s->lock);
	synced = sync_copies(s, copies, n, rc == KAN_OK ? err : NULL);
	if (rc == KAN_OK)
		rc = synced;
	if (rc == KAN_OK && folder_changed)
		rc = sync_folder(s, err);
	s->sync_failed = rc != KAN_OK;
	if (rc != KAN_OK)
		return rc;
	pthread_mutex_lock(&s->lock);
	if (n > 1)
		forget_waiting(s, copies[n - 2].index);
	pthread_mutex_unlock(&s->lock);
	*out = mark;
	return KAN_OK;
}

int kan_segset_sync(struct kan_segset *s, struct kan_writer_mark *out, struct kan_err *err)
{
	int rc;

	pthread_mutex_lock(&s->syncing);
	rc = sync_now(s, out, err);
	pthread_mutex_unlock(&s->syncing);
	return rc;
}

int kan_segset_next(struct kan_segset *s, struct kan_err *err)
{
	struct kan_writer_mark unused;
	bool full;
	int rc = check_sound(s, err);

	if (rc == KAN_OK)
		rc = kan_segset_seal(s, err);
	pthread_mutex_lock(&s->lock);
	full = s->nwaiting == KAN_SEGSET_WAITING_MAX;
	pthread_mutex_unlock(&s->lock);
	if (rc == KAN_OK && full)
		rc = kan_segset_sync(s, &unused, err);
	if (rc == KAN_OK)
		rc = begin_file(s, err);
	s->broken |= rc != KAN_OK;
	return rc;
}

void kan_segset_mark(struct kan_segset *s, uint64_t media_done)
{
	/* A hint: the sync that counts comes later, and tells of failures. */
	if (s->len > s->flushed)
		(void)sync_file_range(s->last.fd, (off_t)s->flushed, (off_t)(s->len - s->flushed),
		                      SYNC_FILE_RANGE_WRITE);
	s->flushed = s->len;
	pthread_mutex_lock(&s->lock);
	s->mark = (struct kan_writer_mark){ media_done, s->n - 1, s->len };
	pthread_mutex_unlock(&s->lock);
}

int kan_segset_finish(struct kan_segset *s, struct kan_err *err)
{
	struct kan_writer_mark unused;
	int rc = check_sound(s, err);

	if (rc == KAN_OK)
		rc = kan_segset_seal(s, err);
	if (rc == KAN_OK)
		rc = kan_segset_sync(s, &unused, err);
	s->finished = rc == KAN_OK;
	s->broken = !s->finished;
	return rc;
}

const struct kan_writer_segment *kan_segset_list(const struct kan_segset *s, size_t *n)
{
	*n = s->finished ? s->n : 0;
	return s->list;
}

void kan_segset_close(struct kan_segset *s)
{
	if (!s)
		return;
	forget_waiting(s, UINT64_MAX);
	if (s->last.fd >= 0)
		(void)close(s->last.fd); /* unfinished, or synced */
	if (s->folder >= 0)
		(void)close(s->folder);
	if (s->digest)
		kan_hash_find("sha256")->close(s->digest);
	for (size_t i = 0; i < s->n; i++)
		free((void *)(uintptr_t)s->list[i].path);
	free(s->list);
	free(s->first);
	pthread_mutex_destroy(&s->syncing);
	pthread_mutex_destroy(&s->lock);
	free(s);
}
