/* SPDX-License-Identifier: MIT */
/*
 * handle.c - open a drive so that neither we nor anybody else changes it
 *
 * First it is asked who uses the device, because setting the read-only switch under a
 * file system that is being written would damage it.  O_EXCL then keeps mounts and
 * other claims away, and the switch keeps writers away.
 */
#include "image/drive/handle.h"

#include "core/cleanup.h"
#include "image/drive/kernel_text.h"
#include "image/drive/usage.h"
#include "image/evidence_file.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/sysmacros.h>

enum {
	SECTOR_DEFAULT = 512,
	SECTOR_MAX = 65536,
};

static void note(struct kan_handle *d, const char *what, const char *why)
{
	char *end = d->state.note + strlen(d->state.note);
	size_t room = sizeof(d->state.note) - (size_t)(end - d->state.note);

	snprintf(end, room, "%s%s%s", end == d->state.note ? "" : "; ", what, why);
}

static int open_read_only(const char *path, int flags)
{
	int fd;

	do
		fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK | flags);
	while (fd < 0 && errno == EINTR);
	return fd;
}

/* A driver that cannot read past the page cache says EINVAL. */
static int open_direct(struct kan_handle *d, int flags)
{
	d->fd = open_read_only(d->path, flags | O_DIRECT);
	d->state.direct = d->fd >= 0;
	if (d->fd < 0 && errno == EINVAL)
		d->fd = open_read_only(d->path, flags);
	return d->fd;
}

/* ---- the read-only switch ---------------------------------------------------------- */

static bool read_switch(int fd)
{
	int on = 0;

	return ioctl(fd, BLKROGET, &on) == 0 && on != 0;
}

static void set_switch(struct kan_handle *d)
{
	const int on = 1;
	char text[96];

	d->state.was_read_only = read_switch(d->fd);
	d->state.read_only = d->state.was_read_only;
	if (d->state.read_only)
		return;
	if (ioctl(d->fd, BLKROSET, &on) != 0)
		note(d, "cannot be set read-only: ", strerror_r(errno, text, sizeof(text)));
	d->switched = d->state.read_only = read_switch(d->fd);
}

/* A forked child has the same descriptor; what it closes is still being read. */
static void restore_switch(const struct kan_handle *d)
{
	const int off = 0;

	/* Nothing can be done about a device that does not answer any more. */
	if (d->switched && d->owner == getpid())
		(void)ioctl(d->fd, BLKROSET, &off);
}

/* ---- opening ----------------------------------------------------------------------- */

static int refuse_writers(const struct kan_handle *d, const struct kan_stack *stack,
                          const struct kan_usage *usage, struct kan_err *err)
{
	if (stack->full)
		return kan_fail(err, KAN_ELIMIT, "%s: more than %u devices are built on it",
		                d->path, KAN_STACK_MAX);
	if (usage->writer[0] != '\0')
		return kan_fail(err, KAN_EARG, "%s: is %s", d->path, usage->writer);
	return KAN_OK;
}

static int open_claimed(struct kan_handle *d, const struct kan_drive_opts *opts,
                        const struct kan_usage *usage, struct kan_err *err)
{
	d->state.exclusive = open_direct(d, O_EXCL) >= 0;
	if (d->fd < 0 && errno == EBUSY) {
		if (usage->reader[0] == '\0' && !opts->allow_busy)
			return kan_fail(err, KAN_EARG,
			                "%s: is in use by another program, or mounted where this "
			                "one cannot see it",
			                d->path);
		note(d, usage->reader[0] != '\0' ? usage->reader : "in use by another program", "");
		(void)open_direct(d, 0);
	}
	if (d->fd < 0)
		return kan_fail(err, KAN_EIO, "%s", d->path);
	if (!d->state.direct)
		note(d, "read through the page cache", "");
	return KAN_OK;
}

static bool is_sector_size(uint64_t n)
{
	return n >= SECTOR_DEFAULT && n <= SECTOR_MAX && (n & (n - 1)) == 0;
}

static int measure_device(struct kan_handle *d, struct kan_err *err)
{
	struct kan_drive_state *s = &d->state;
	unsigned physical = 0;
	int sector = 0;

	if (ioctl(d->fd, BLKGETSIZE64, &s->size) != 0)
		return kan_fail(err, KAN_EIO, "%s: cannot ask for the size of the device", d->path);
	if (ioctl(d->fd, BLKSSZGET, &sector) == 0 && sector > 0 && is_sector_size((unsigned)sector))
		s->sector_size = (unsigned)sector;
	s->physical_sector = s->sector_size;
	if (ioctl(d->fd, BLKPBSZGET, &physical) == 0 && is_sector_size(physical))
		s->physical_sector = physical;
	s->odd_bytes = s->size % s->sector_size;
	if (s->direct && s->odd_bytes > 0)
		d->tail_fd = open_read_only(d->path, 0);
	return KAN_OK;
}

static bool sysfs_path(const struct kan_handle *d, const char *file, char *out, size_t room)
{
	int n = snprintf(out, room, "%s/dev/block/%u:%u/%s", kan_usage_roots_here.sys,
	                 major(d->dev), minor(d->dev), file);

	return n > 0 && (size_t)n < room;
}

static bool is_in_sysfs(const struct kan_handle *d)
{
	char path[128];

	return sysfs_path(d, "dev", path, sizeof(path)) && access(path, F_OK) == 0;
}

static int open_device(struct kan_handle *d, const struct stat *st,
                       const struct kan_drive_opts *opts, const struct kan_usage *usage,
                       struct kan_err *err)
{
	struct stat now;
	int rc = open_claimed(d, opts, usage, err);

	if (rc != KAN_OK)
		return rc;
	if (fstat(d->fd, &now) != 0 || !S_ISBLK(now.st_mode) || now.st_rdev != st->st_rdev)
		return kan_fail(err, KAN_EIO, "%s: became another device", d->path);
	d->state.device = true;
	d->dev = now.st_rdev;
	d->in_sysfs = is_in_sysfs(d);
	rc = measure_device(d, err);
	if (rc != KAN_OK)
		return rc;
	if (!opts->keep_writable)
		set_switch(d);
	else
		d->state.read_only = d->state.was_read_only = read_switch(d->fd);
	return KAN_OK;
}

static int open_file(struct kan_handle *d, struct kan_err *err)
{
	struct stat st;

	d->fd = open_read_only(d->path, 0);
	if (d->fd < 0 || fstat(d->fd, &st) != 0)
		return kan_fail(err, KAN_EIO, "%s", d->path);
	if (S_ISDIR(st.st_mode))
		return kan_fail(err, KAN_EARG, "%s: is a directory, not a drive", d->path);
	if (!S_ISREG(st.st_mode) || st.st_size < 0)
		return kan_fail(err, KAN_EARG, "%s: is neither a file nor a block device", d->path);
	d->state.size = (uint64_t)st.st_size;
	d->state.odd_bytes = d->state.size % SECTOR_DEFAULT;
	return KAN_OK;
}

int kan_handle_open(struct kan_handle *out, const char *path, const struct kan_drive_opts *opts,
                    struct kan_err *err)
{
	struct kan_usage usage;
	struct kan_stack stack;
	struct stat st;
	int rc;

	out->owner = getpid();
	out->state.sector_size = out->state.physical_sector = SECTOR_DEFAULT;
	if (stat(path, &st) != 0)
		return kan_fail(err, KAN_EIO, "%s", path);
	out->path = strdup(path);
	if (!out->path)
		return kan_fail(err, KAN_ENOMEM, "out of memory for a path");
	out->name = kan_base_name(out->path);
	rc = kan_stack_find(&stack, &st, &kan_usage_roots_here, err);
	if (rc == KAN_OK)
		rc = kan_usage_find(&usage, &stack, &kan_usage_roots_here, err);
	if (rc == KAN_OK)
		rc = refuse_writers(out, &stack, &usage, err);
	if (rc != KAN_OK)
		return rc;
	if (S_ISBLK(st.st_mode))
		return open_device(out, &st, opts, &usage, err);
	return open_file(out, err);
}

void kan_handle_close(struct kan_handle *d)
{
	if (d->fd >= 0)
		restore_switch(d);
	kan_drop_fd(&d->fd);
	kan_drop_fd(&d->tail_fd);
	free(d->path);
	*d = (struct kan_handle)KAN_HANDLE_NONE;
}

/* ---- the end of a drive ------------------------------------------------------------ */

bool kan_handle_state_is_dead(const char *state)
{
	/* Of SCSI (scsi_sysfs.c) and NVMe (nvme core); their other states may pass. */
	static const char *const dead[] = {
		"offline", "transport-offline", "cancel",          "deleted",
		"dead",    "deleting",          "deleting (no IO)"
	};
	size_t len = strcspn(state, "\n");

	for (size_t i = 0; i < sizeof(dead) / sizeof(dead[0]); i++)
		if (strlen(dead[i]) == len && memcmp(dead[i], state, len) == 0)
			return true;
	return false;
}

static bool is_given_up(const struct kan_handle *d)
{
	/* Of a disk, and of the disk of a partition. */
	static const char *const files[] = { "device/state", "../device/state" };
	KAN_DEFER(kan_buf_done) struct kan_buf text = { 0 };
	char path[128];

	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++)
		if (sysfs_path(d, files[i], path, sizeof(path)) && kan_kernel_text(&text, path) &&
		    kan_handle_state_is_dead(text.data))
			return true;
	return false;
}

bool kan_handle_is_gone(const struct kan_handle *d)
{
	uint64_t size = 0;

	if (!d->state.device)
		return false;
	return ioctl(d->fd, BLKGETSIZE64, &size) != 0 || (size == 0 && d->state.size > 0) ||
	       (d->in_sysfs && !is_in_sysfs(d)) || is_given_up(d);
}
