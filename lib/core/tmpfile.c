/* SPDX-License-Identifier: MIT */
/*
 * tmpfile.c - O_TMPFILE where the file system knows it, else create and unlink
 */
#include "core/tmpfile.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static const char *default_dir(void)
{
	const char *dir = secure_getenv("TMPDIR");

	return dir && *dir ? dir : "/tmp";
}

/* For file systems without O_TMPFILE (NFS, FAT, some overlays). */
static int open_and_unlink(const char *dir)
{
	char path[PATH_MAX];
	int n = snprintf(path, sizeof(path), "%s/kanshiki-XXXXXX", dir);
	int fd;

	if (n < 0 || (size_t)n >= sizeof(path)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	fd = mkostemp(path, O_CLOEXEC);
	if (fd >= 0 && unlink(path) != 0) {
		int saved = errno;

		(void)close(fd); /* nothing was written yet */
		errno = saved;
		return -1;
	}
	return fd;
}

int kan_tmpfile_open(int *out, const char *dir, struct kan_err *err)
{
	const char *folder = dir ? dir : default_dir();
	int fd = open(folder, O_TMPFILE | O_RDWR | O_CLOEXEC | O_EXCL, 0600);

	if (fd < 0 && (errno == EOPNOTSUPP || errno == EISDIR || errno == EINVAL))
		fd = open_and_unlink(folder);
	if (fd < 0)
		return kan_fail(err, KAN_EIO, "cannot make a temporary file in %s", folder);
	*out = fd;
	return KAN_OK;
}
