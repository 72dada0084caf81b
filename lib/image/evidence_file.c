/* SPDX-License-Identifier: MIT */
/*
 * evidence_file.c - open evidence read-only, and read it around its bad sectors
 *
 * A read that fails is taken apart: what the kernel gave before the error is
 * kept, then single sectors are tried until one can be read, then the rest is
 * read in one piece again.  On a device the single sectors are read past the page
 * cache, which fetches whole pages and would lose up to seven good sectors beside
 * a bad one.
 */
#include "image/evidence_file.h"

#include "core/cleanup.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/stat.h>

#define SECTOR_DEFAULT 512u
#define SECTOR_MAX     65536u
#define READ_MAX       (1u << 30) /* bytes asked from the kernel at once */

const char *kan_base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash && slash[1] != '\0' ? slash + 1 : path;
}

/* A set may have more segments than files may be open by default. */
static bool allow_more_files(void)
{
	struct rlimit lim;

	if (getrlimit(RLIMIT_NOFILE, &lim) != 0 || lim.rlim_cur >= lim.rlim_max)
		return false;
	lim.rlim_cur = lim.rlim_max;
	return setrlimit(RLIMIT_NOFILE, &lim) == 0;
}

/* O_NONBLOCK keeps open() from waiting for the writer of a pipe. */
static int open_read_only(const char *path, int flags)
{
	int fd;

	flags |= O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK;
	do
		fd = open(path, flags);
	while (fd < 0 && errno == EINTR);
	if (fd < 0 && errno == EMFILE && allow_more_files())
		fd = open(path, flags);
	return fd;
}

static int measure_device(struct kan_evidence_file *f, struct kan_err *err)
{
	int sector = 0;

	f->device = true;
	if (ioctl(f->fd, BLKGETSIZE64, &f->size) != 0)
		return kan_fail(err, KAN_EIO, "%s: cannot ask for the size of the device", f->path);
	if (ioctl(f->fd, BLKSSZGET, &sector) == 0 && sector > 0 && sector <= (int)SECTOR_MAX)
		f->sector_size = (uint32_t)sector;
	f->direct_fd = open_read_only(f->path, O_DIRECT);
	return KAN_OK;
}

static int measure(struct kan_evidence_file *f, struct kan_err *err)
{
	struct stat st;

	if (fstat(f->fd, &st) != 0)
		return kan_fail(err, KAN_EIO, "%s: cannot ask for its size", f->path);
	if (S_ISBLK(st.st_mode))
		return measure_device(f, err);
	if (S_ISDIR(st.st_mode))
		return kan_fail(err, KAN_EARG, "%s: is a directory, not an image", f->path);
	if (!S_ISREG(st.st_mode) || st.st_size < 0)
		return kan_fail(err, KAN_EARG, "%s: is neither a file nor a block device", f->path);
	f->size = (uint64_t)st.st_size;
	return KAN_OK;
}

int kan_evidence_file_open(struct kan_evidence_file *out, const char *path, struct kan_err *err)
{
	struct kan_evidence_file f = KAN_EVIDENCE_FILE_NONE;
	int rc;

	f.sector_size = SECTOR_DEFAULT;
	f.fd = open_read_only(path, 0);
	if (f.fd < 0)
		return kan_fail(err, KAN_EIO, "%s", path);
	f.path = strdup(path);
	rc = f.path ? measure(&f, err) : kan_fail(err, KAN_ENOMEM, "out of memory for a path");
	if (rc != KAN_OK) {
		kan_evidence_file_close(&f);
		return rc;
	}
	f.name = kan_base_name(f.path);
	*out = f;
	return KAN_OK;
}

bool kan_evidence_file_exists(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && (S_ISREG(st.st_mode) || S_ISBLK(st.st_mode));
}

void kan_evidence_file_close(struct kan_evidence_file *f)
{
	kan_drop_fd(&f->fd);
	kan_drop_fd(&f->direct_fd);
	free(f->path);
	*f = (struct kan_evidence_file)KAN_EVIDENCE_FILE_NONE;
}

/* Errors that say something about the medium, not about this process. */
static bool is_medium_error(int e)
{
	return e == EIO || e == ENXIO || e == ENODATA || e == ENOMEDIUM || e == EMEDIUMTYPE ||
	       e == EREMOTEIO || e == ETIMEDOUT || e == ESTALE || e == EILSEQ || e == ENODEV ||
	       e == EUCLEAN || e == EBADMSG;
}

/* One position in a read and what was lost so far. */
struct reading {
	const struct kan_evidence_file *f;
	uint64_t offset;
	uint8_t *buf;
	size_t len;
	struct kan_findings *gaps;
	uint64_t bad;
};

static void advance(struct reading *r, size_t n)
{
	r->offset += n;
	r->buf += n;
	r->len -= n;
}

static void lose(struct reading *r, size_t n, enum kan_finding_kind kind, const char *why)
{
	memset(r->buf, 0, n);
	kan_findings_add(r->gaps, kind, r->offset, n, r->f->name, "%s", why);
	r->bad += n;
	advance(r, n);
}

static ssize_t read_some(int fd, void *buf, size_t len, uint64_t offset)
{
	ssize_t n;

	if (offset > INT64_MAX)
		return 0;
	do
		n = pread(fd, buf, len < READ_MAX ? len : READ_MAX, (off_t)offset);
	while (n < 0 && errno == EINTR);
	return n;
}

/* The sector around r->offset, past the page cache; false if it cannot be read. */
static bool read_sector_direct(const struct reading *r, size_t want)
{
	size_t sector = r->f->sector_size;
	size_t skip = (size_t)(r->offset % sector);
	void *raw = NULL;
	bool good;

	if (r->f->direct_fd < 0 || posix_memalign(&raw, SECTOR_MAX, sector) != 0)
		return false;
	good = read_some(r->f->direct_fd, raw, sector, r->offset - skip) == (ssize_t)sector;
	if (good)
		memcpy(r->buf, (uint8_t *)raw + skip, want);
	free(raw);
	return good;
}

/* Read or lose what the request holds of one sector; true if it could be read. */
static bool step_sector(struct reading *r)
{
	size_t sector = r->f->sector_size;
	size_t want = sector - (size_t)(r->offset % sector);

	if (want > r->len)
		want = r->len;
	if (read_sector_direct(r, want) ||
	    read_some(r->f->fd, r->buf, want, r->offset) == (ssize_t)want) {
		advance(r, want);
		return true;
	}
	lose(r, want, KAN_FINDING_UNREADABLE, "cannot be read");
	return false;
}

int kan_evidence_file_read(const struct kan_evidence_file *f, uint64_t offset, void *buf,
                           size_t len, struct kan_findings *gaps, uint64_t *bad,
                           struct kan_err *err)
{
	struct reading r = { .f = f, .offset = offset, .buf = buf, .len = len, .gaps = gaps };

	while (r.len > 0) {
		ssize_t n = read_some(f->fd, r.buf, r.len, r.offset);

		if (n > 0) {
			advance(&r, (size_t)n);
		} else if (n == 0) {
			lose(&r, r.len, KAN_FINDING_TRUNCATED, "the file ends before");
		} else if (!is_medium_error(errno)) {
			return kan_fail(err, KAN_EIO, "%s: cannot read at %llu", f->path,
			                (unsigned long long)r.offset);
		} else {
			while (r.len > 0 && !step_sector(&r))
				;
		}
	}
	if (bad)
		*bad = r.bad;
	return KAN_OK;
}
