/* SPDX-License-Identifier: MIT */
/*
 * companion.c - files beside an image are replaced whole or not at all
 */
#include "acquire/companion.h"

#include "core/cleanup.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

int kan_companion_path(char *out, const char *image, const char *suffix, struct kan_err *err)
{
	int n = snprintf(out, KAN_COMPANION_PATH, "%s%s", image, suffix);

	if (n < 0 || n >= KAN_COMPANION_PATH)
		return kan_fail(err, KAN_ELIMIT, "%.64s...: the path is too long", image);
	return KAN_OK;
}

bool kan_companion_exists(const char *image, const char *suffix)
{
	char path[KAN_COMPANION_PATH];
	struct stat st;

	return kan_companion_path(path, image, suffix, NULL) == KAN_OK && lstat(path, &st) == 0;
}

int kan_companion_folder(int *out, const char *path, struct kan_err *err)
{
	char copy[KAN_COMPANION_PATH];
	int rc = kan_companion_path(copy, path, "", err);
	int fd;

	if (rc != KAN_OK)
		return rc;
	fd = open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return kan_fail(err, KAN_EIO, "%s: cannot open its folder", path);
	*out = fd;
	return KAN_OK;
}

/* What was made or removed in the folder of @path survives a power loss after this. */
static int sync_folder(const char *path, struct kan_err *err)
{
	KAN_AUTO(fd) int fd = -1;
	int rc = kan_companion_folder(&fd, path, err);

	/* Some file systems over the network cannot and need not. */
	if (rc == KAN_OK && fsync(fd) != 0 && errno != EINVAL)
		rc = kan_fail(err, KAN_EIO, "%s: cannot sync its folder", path);
	return rc;
}

static int write_all(int fd, const char *data, size_t len)
{
	while (len > 0) {
		ssize_t n = write(fd, data, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n == 0)
			errno = ENOSPC;
		if (n <= 0)
			return -1;
		data += n;
		len -= (size_t)n;
	}
	return 0;
}

struct kan_companion {
	char path[KAN_COMPANION_PATH];
	char part[KAN_COMPANION_PATH];
	int fd; /* of part; -1: committed, or not open */
};

int kan_companion_open(struct kan_companion **out, const char *image, const char *suffix,
                       struct kan_err *err)
{
	KAN_AUTO(companion) struct kan_companion *s = calloc(1, sizeof(*s));
	int rc;

	if (!s)
		return kan_fail(err, KAN_ENOMEM, "out of memory for a file");
	s->fd = -1;
	rc = kan_companion_path(s->path, image, suffix, err);
	if (rc == KAN_OK)
		rc = kan_companion_path(s->part, s->path, KAN_COMPANION_PART, err);
	if (rc != KAN_OK)
		return rc;
	/* What a killed run left under the temporary name is ours, whatever it holds. */
	(void)unlink(s->part);
	s->fd = open(s->part, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0666);
	if (s->fd < 0)
		return kan_fail(err, KAN_EIO, "%s", s->path);
	*out = KAN_STEAL(s);
	return KAN_OK;
}

int kan_companion_add(struct kan_companion *s, const void *data, size_t len, struct kan_err *err)
{
	return write_all(s->fd, data, len) == 0 ? KAN_OK : kan_fail(err, KAN_EIO, "%s", s->path);
}

int kan_companion_commit(struct kan_companion *s, struct kan_err *err)
{
	if (fsync(s->fd) != 0 || rename(s->part, s->path) != 0)
		return kan_fail(err, KAN_EIO, "%s", s->path);
	kan_drop_fd(&s->fd);
	s->fd = -1;
	return sync_folder(s->path, err);
}

void kan_companion_close(struct kan_companion *s)
{
	if (!s)
		return;
	if (s->fd >= 0)
		(void)unlink(s->part); /* why it was not committed is told already */
	kan_drop_fd(&s->fd);
	free(s);
}

int kan_companion_save(const char *image, const char *suffix, const void *data, size_t len,
                       struct kan_err *err)
{
	KAN_AUTO(companion) struct kan_companion *s = NULL;
	int rc = kan_companion_open(&s, image, suffix, err);

	if (rc == KAN_OK)
		rc = kan_companion_add(s, data, len, err);
	return rc == KAN_OK ? kan_companion_commit(s, err) : rc;
}

int kan_companion_read(const char *image, const char *suffix,
                       int (*fn)(void *arg, const void *data, size_t len, struct kan_err *err),
                       void *arg, struct kan_err *err)
{
	char path[KAN_COMPANION_PATH], piece[16384];
	KAN_AUTO(fd) int fd = -1;
	struct stat st;
	ssize_t n;
	int rc = kan_companion_path(path, image, suffix, err);

	if (rc != KAN_OK)
		return rc;
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0 || fstat(fd, &st) != 0)
		return kan_fail(err, KAN_EIO, "%s", path);
	if (!S_ISREG(st.st_mode))
		return kan_fail(err, KAN_EFORMAT, "%s: not a regular file", path);
	while (rc == KAN_OK && (n = read(fd, piece, sizeof(piece))) != 0) {
		if (n > 0)
			rc = fn(arg, piece, (size_t)n, err);
		else if (errno != EINTR)
			rc = kan_fail(err, KAN_EIO, "%s", path);
	}
	return rc;
}

struct loading {
	struct kan_buf *out;
	size_t left;
};

static int load_piece(void *arg, const void *data, size_t len, struct kan_err *err)
{
	struct loading *l = arg;

	if (len > l->left)
		return kan_fail(err, KAN_ELIMIT, "the file is too long");
	l->left -= len;
	kan_buf_add(l->out, data, len);
	return kan_buf_check(l->out, err);
}

int kan_companion_load(struct kan_buf *out, const char *image, const char *suffix, size_t max,
                       struct kan_err *err)
{
	struct loading l = { out, max };

	return kan_companion_read(image, suffix, load_piece, &l, err);
}

int kan_companion_remove(const char *image, const char *suffix, struct kan_err *err)
{
	char path[KAN_COMPANION_PATH];
	int rc = kan_companion_path(path, image, suffix, err);

	if (rc != KAN_OK)
		return rc;
	if (unlink(path) != 0)
		return errno == ENOENT ? KAN_OK : kan_fail(err, KAN_EIO, "%s", path);
	return sync_folder(path, err);
}
