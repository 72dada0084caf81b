/* SPDX-License-Identifier: MIT */
/*
 * folder.c - the folder of a case
 *
 * Every file is written under ".NAME.part", which must not exist, synced, closed
 * with the result checked, and renamed; then the folder is synced.  So a name of
 * the list stands for a whole file or is not there.  Names are looked up
 * relative to the open folder: a changed working directory does not matter.
 */
#include "case/folder.h"

#include "core/escape.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

/* Sorted, because the digests in the log come in this order. */
const struct kan_case_name kan_case_files[KAN_CASE_NFILES] = {
	{ KAN_CASE_STORE, false }, { KAN_CASE_COVERAGE, false }, { KAN_CASE_EVIDENCE, false },
	{ "files.csv", false },    { "manifest.sha256", true },  { "report.html", true },
	{ "report.json", true },   { "report.json.p7s", true },  { "report.json.tsr", true },
	{ "report.pdf", true },    { "timeline.csv", false },
};

/* What a run that did not come to its end may leave besides ".NAME.part". */
static const char store_part[] = KAN_CASE_STORE ".part";

struct kan_case_file {
	struct kan_folder *folder;
	size_t index; /* in kan_case_files */
	int fd;
	bool failed; /* a piece is missing: never committed */
	struct kan_sha256 sha;
	char part[KAN_CASE_NAME_MAX];
};

static int find_name(const char *name)
{
	for (size_t i = 0; i < KAN_CASE_NFILES; i++)
		if (strcmp(kan_case_files[i].name, name) == 0)
			return (int)i;
	return -1;
}

static char *part_name(char *out, const char *name)
{
	snprintf(out, KAN_CASE_NAME_MAX, ".%s.part", name);
	return out;
}

static bool is_ours(const char *name)
{
	char part[KAN_CASE_NAME_MAX];

	if (find_name(name) >= 0 || strcmp(name, store_part) == 0)
		return true;
	for (size_t i = 0; i < KAN_CASE_NFILES; i++)
		if (strcmp(part_name(part, kan_case_files[i].name), name) == 0)
			return true;
	return false;
}

int kan_folder_open(struct kan_folder *f, const char *path, bool make, struct kan_err *err)
{
	if (make && mkdir(path, 0777) != 0 && errno != EEXIST)
		return kan_fail(err, KAN_EIO, "%s: cannot make the folder", path);
	f->fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (f->fd < 0 && errno == ENOTDIR)
		return kan_fail(err, make ? KAN_EEXIST : KAN_EFORMAT, "%s: not a folder", path);
	if (f->fd < 0)
		return kan_fail(err, KAN_EIO, "%s", path);
	f->path = strdup(path);
	if (!f->path)
		return kan_fail(err, KAN_ENOMEM, "out of memory for a path");
	f->real = realpath(path, NULL);
	return f->real ? KAN_OK : kan_fail(err, KAN_EIO, "%s", path);
}

void kan_folder_done(struct kan_folder *f)
{
	kan_drop_fd(&f->fd);
	free(f->path);
	free(f->real);
	*f = (struct kan_folder){ .fd = -1 };
}

static inline void kan_drop_dir(DIR **dir)
{
	if (*dir)
		(void)closedir(*dir); /* only read */
}

/* The folder from its first entry; the descriptor of @f stays where it is. */
static DIR *entries(const struct kan_folder *f)
{
	int fd = openat(f->fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = fd >= 0 ? fdopendir(fd) : NULL;

	if (!dir && fd >= 0)
		(void)close(fd);
	return dir;
}

static bool is_allowed(const struct kan_folder *f, const char *name, bool empty)
{
	struct stat st;

	if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0 || strcmp(name, KAN_CASE_LOG) == 0)
		return true;
	/* A link or a folder of that name was not made by us. */
	return !empty && is_ours(name) && fstatat(f->fd, name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
	       S_ISREG(st.st_mode);
}

static int refuse(const struct kan_folder *f, const char *name, struct kan_err *err)
{
	struct kan_buf text = { 0 };

	kan_escape_text(&text, name, strlen(name));
	(void)kan_fail(err, KAN_EEXIST, "%s: holds \"%s\", which is no part of a new case", f->path,
	               text.data ? text.data : "?");
	kan_buf_done(&text);
	return KAN_EEXIST;
}

int kan_folder_check(const struct kan_folder *f, bool empty, struct kan_err *err)
{
	char first[NAME_MAX + 1] = "";
	KAN_AUTO(dir) DIR *dir = entries(f);
	struct dirent *e;

	if (!dir)
		return kan_fail(err, KAN_EIO, "%s", f->path);
	errno = 0;
	while ((e = readdir(dir))) {
		/* The smallest name, so that the message does not depend on the disk. */
		if (!is_allowed(f, e->d_name, empty) &&
		    (first[0] == '\0' || strcmp(e->d_name, first) < 0))
			snprintf(first, sizeof(first), "%s", e->d_name);
		errno = 0;
	}
	if (errno != 0)
		return kan_fail(err, KAN_EIO, "%s", f->path);
	return first[0] ? refuse(f, first, err) : KAN_OK;
}

/* Calls @fn for each name that a run may leave, until it fails. */
static int each_leftover(const struct kan_folder *f,
                         int (*fn)(const struct kan_folder *f, const char *name, void *arg,
                                   struct kan_err *err),
                         void *arg, struct kan_err *err)
{
	char part[KAN_CASE_NAME_MAX];
	int rc = fn(f, store_part, arg, err);

	for (size_t i = 0; rc == KAN_OK && i < KAN_CASE_NFILES; i++) {
		rc = fn(f, kan_case_files[i].name, arg, err);
		if (rc == KAN_OK)
			rc = fn(f, part_name(part, kan_case_files[i].name), arg, err);
	}
	return rc;
}

static int add_name(const struct kan_folder *f, const char *name, void *arg, struct kan_err *err)
{
	struct kan_buf *names = arg;
	struct stat st;

	if (fstatat(f->fd, name, &st, AT_SYMLINK_NOFOLLOW) == 0)
		kan_buf_printf(names, "%s%s", names->len > 0 ? "," : "", name);
	else if (errno != ENOENT)
		return kan_fail(err, KAN_EIO, "%s/%s", f->path, name);
	return KAN_OK;
}

static int remove_name(const struct kan_folder *f, const char *name, void *arg, struct kan_err *err)
{
	(void)arg;
	if (unlinkat(f->fd, name, 0) != 0 && errno != ENOENT)
		return kan_fail(err, KAN_EIO, "%s/%s: cannot remove it", f->path, name);
	return KAN_OK;
}

int kan_folder_list(const struct kan_folder *f, struct kan_buf *names, struct kan_err *err)
{
	int rc = each_leftover(f, add_name, names, err);

	return rc == KAN_OK ? kan_buf_check(names, err) : rc;
}

int kan_folder_clear(const struct kan_folder *f, struct kan_err *err)
{
	int rc = each_leftover(f, remove_name, NULL, err);

	return rc == KAN_OK ? kan_folder_sync(f, err) : rc;
}

int kan_folder_sync(const struct kan_folder *f, struct kan_err *err)
{
	/* A file system that cannot sync a folder says EINVAL: nothing more can be done. */
	if (fsync(f->fd) != 0 && errno != EINVAL)
		return kan_fail(err, KAN_EIO, "%s: cannot sync", f->path);
	return KAN_OK;
}

int kan_folder_commit(struct kan_folder *f, const char *from, const char *name, const char *hex,
                      struct kan_err *err)
{
	int i = find_name(name);

	if (renameat(f->fd, from, f->fd, name) != 0)
		return kan_fail(err, KAN_EIO, "%s/%s: cannot rename", f->path, name);
	memcpy(f->files[i].hex, hex, KAN_SHA256_HEX);
	f->files[i].written = true;
	return kan_folder_sync(f, err);
}

int kan_folder_file(struct kan_case_file **out, struct kan_folder *f, const char *name,
                    struct kan_err *err)
{
	KAN_AUTO(case_file) struct kan_case_file *file = NULL;
	int i = find_name(name);
	int rc;

	if (i < 0 || strcmp(name, KAN_CASE_STORE) == 0)
		return kan_fail(err, KAN_EARG, "%s: not a name of a file of a case", name);
	if (f->log && !kan_case_files[i].view)
		return kan_fail(err, KAN_EARG,
		                "%s: the case is complete, its data stay as they are", name);
	file = calloc(1, sizeof(*file));
	if (!file)
		return kan_fail(err, KAN_ENOMEM, "out of memory for a file");
	file->folder = f;
	file->index = (size_t)i;
	file->fd = -1;
	rc = kan_sha256_open(&file->sha, err);
	if (rc != KAN_OK)
		return rc;
	file->fd = openat(f->fd, part_name(file->part, name),
	                  O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
	if (file->fd < 0)
		return kan_fail(err, KAN_EIO, "%s/%s", f->path, file->part);
	*out = KAN_STEAL(file);
	return KAN_OK;
}

int kan_case_file_add(struct kan_case_file *f, const void *data, size_t len, struct kan_err *err)
{
	const char *p = data;
	size_t left = len;
	int rc;

	if (f->fd < 0 || f->failed)
		return kan_fail(err, KAN_EARG, "%s: closed or failed before",
		                kan_case_files[f->index].name);
	while (left > 0) {
		ssize_t n = write(f->fd, p, left);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0) {
			f->failed = true;
			return kan_fail(err, KAN_EIO, "%s/%s: cannot write", f->folder->path,
			                kan_case_files[f->index].name);
		}
		p += n;
		left -= (size_t)n;
	}
	rc = kan_sha256_add(&f->sha, data, len, err);
	f->failed = rc != KAN_OK;
	return rc;
}

/* Sync and close; the descriptor is gone in any case. */
static int settle(struct kan_case_file *f, struct kan_err *err)
{
	int fd = f->fd;
	int rc = fsync(fd) == 0 ? KAN_OK
	                        : kan_fail(err, KAN_EIO, "%s/%s: cannot sync", f->folder->path,
	                                   kan_case_files[f->index].name);

	f->fd = -1;
	if (close(fd) != 0 && rc == KAN_OK)
		rc = kan_fail(err, KAN_EIO, "%s/%s: cannot close", f->folder->path,
		              kan_case_files[f->index].name);
	if (rc != KAN_OK)
		(void)unlinkat(f->folder->fd, f->part, 0); /* the first error is the one to tell */
	return rc;
}

int kan_case_file_commit(struct kan_case_file *f, struct kan_err *err)
{
	char hex[KAN_SHA256_HEX];
	int rc;

	if (f->fd < 0 || f->failed)
		return kan_fail(err, KAN_EARG, "%s: closed or failed before",
		                kan_case_files[f->index].name);
	rc = kan_sha256_finish(&f->sha, hex, err);
	if (rc != KAN_OK)
		return rc;
	rc = settle(f, err);
	if (rc != KAN_OK)
		return rc;
	rc = kan_folder_commit(f->folder, f->part, kan_case_files[f->index].name, hex, err);
	if (rc != KAN_OK)
		(void)unlinkat(f->folder->fd, f->part, 0); /* as above */
	if (rc != KAN_OK || !f->folder->log)
		return rc;
	return kan_log_append(f->folder->log, "file.written",
	                      (struct kan_case_field[]){
				      { "name", kan_case_files[f->index].name },
				      { "sha256", hex },
			      },
	                      2, err);
}

void kan_case_file_free(struct kan_case_file *f)
{
	if (!f)
		return;
	if (f->fd >= 0) {
		kan_drop_fd(&f->fd);
		(void)unlinkat(f->folder->fd, f->part,
		               0); /* an empty rest is removed by the next run */
	}
	kan_sha256_done(&f->sha);
	free(f);
}
