/* SPDX-License-Identifier: MIT */
/*
 * device.c - gather the facts about a drive
 *
 * First what the kernel knows, then what the drive answers.  Who is asked is
 * decided by how the drive is attached: commands go only where they are known to
 * be harmless.  A USB bridge is asked for the ATA drive behind it unless its
 * medium is removable, which is the rule of udev's ata_id: a stick may stumble
 * over commands that it does not know.
 */
#include "core/cleanup.h"
#include "image/drive/parts.h"
#include "kanshiki/buf.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#define PROC_MAX (4u << 20) /* bytes of a file in /proc */

static void read_all(struct kan_buf *out, const char *path)
{
	KAN_AUTO(fd) int fd = open(path, O_RDONLY | O_CLOEXEC);
	char piece[4096];
	ssize_t n;

	if (fd < 0)
		return;
	do {
		n = read(fd, piece, sizeof(piece));
		if (n > 0)
			kan_buf_add(out, piece, (size_t)n);
	} while ((n > 0 && out->len < PROC_MAX) || (n < 0 && errno == EINTR));
}

static int take_mounts(struct kan_device *d, const struct kan_family *family, struct kan_err *err)
{
	KAN_DEFER(kan_buf_done) struct kan_buf mounts = { 0 };
	KAN_DEFER(kan_buf_done) struct kan_buf swaps = { 0 };
	int rc;

	read_all(&mounts, "/proc/self/mountinfo");
	read_all(&swaps, "/proc/swaps");
	rc = kan_buf_check(&mounts, err);
	if (rc == KAN_OK)
		rc = kan_buf_check(&swaps, err);
	if (rc == KAN_OK)
		kan_device_mounts(d, family, mounts.data, swaps.data ? swaps.data : "");
	return rc;
}

static int open_node(const char *path)
{
	int fd;

	do
		fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	while (fd < 0 && errno == EINTR);
	return fd;
}

/* Sizes that the kernel gives of an open device, where sysfs had none. */
static void take_sizes(struct kan_device *d, int fd)
{
	uint64_t size = 0;
	int logical = 0, read_only = 0;
	unsigned physical = 0;

	if (d->size == 0 && ioctl(fd, BLKGETSIZE64, &size) == 0)
		d->size = size;
	if (d->logical_sector == 0 && ioctl(fd, BLKSSZGET, &logical) == 0 && logical > 0)
		d->logical_sector = (uint32_t)logical;
	if (d->physical_sector == 0 && ioctl(fd, BLKPBSZGET, &physical) == 0)
		d->physical_sector = physical;
	if (d->read_only == KAN_FACT_UNKNOWN && ioctl(fd, BLKROGET, &read_only) == 0)
		d->read_only = read_only ? KAN_FACT_YES : KAN_FACT_NO;
}

static bool is_same(int fd, dev_t disk)
{
	struct stat st;

	return fstat(fd, &st) == 0 && S_ISBLK(st.st_mode) && st.st_rdev == disk;
}

/* The number of the whole disk; that of the device itself where it is no partition. */
static bool find_disk(dev_t *out, const struct kan_device *d, dev_t named)
{
	char path[160], text[32] = "";
	unsigned major, minor;
	char *end;
	ssize_t n;
	KAN_AUTO(fd) int fd = -1;

	*out = named;
	if (d->partition == 0)
		return true;
	(void)snprintf(path, sizeof(path), "/sys/dev/block/%u:%u/../dev", major(named),
	               minor(named));
	fd = open(path, O_RDONLY | O_CLOEXEC);
	n = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);
	if (n <= 0)
		return false;
	major = (unsigned)strtoul(text, &end, 10);
	if (*end != ':')
		return false;
	minor = (unsigned)strtoul(end + 1, NULL, 10);
	*out = makedev(major, minor);
	return true;
}

/* The whole disk, by the name that the kernel has for it. */
static int open_disk(const struct kan_device *d, dev_t named, enum kan_device_why *why)
{
	char path[96];
	dev_t disk;
	int fd;

	*why = KAN_WHY_CHANGED;
	if (!find_disk(&disk, d, named))
		return -1;
	(void)snprintf(path, sizeof(path), "/dev/%s", d->disk);
	fd = open_node(d->partition == 0 ? d->path : path);
	if (fd < 0) {
		*why = errno == EACCES || errno == EPERM ? KAN_WHY_PERMISSION : KAN_WHY_REFUSED;
		return -1;
	}
	if (!is_same(fd, disk)) {
		(void)close(fd);
		return -1;
	}
	return fd;
}

static void ask(struct kan_device *d, const struct kan_sysfs *more, int fd)
{
	struct kan_drive_port port;

	kan_drive_port_open(&port, &fd);
	switch (d->bus) {
	case KAN_BUS_NVME:
		kan_device_ask_nvme(d, &port);
		break;
	case KAN_BUS_ATA:
		kan_device_ask_ata(d, &port);
		break;
	case KAN_BUS_SCSI:
		if (!more->has_pages)
			kan_device_ask_pages(d, &port);
		if (more->says_ata || more->has_identity)
			kan_device_ask_ata(d, &port);
		break;
	case KAN_BUS_USB:
		if (d->removable == KAN_FACT_NO)
			kan_device_ask_ata(d, &port);
		break;
	default:
		break;
	}
}

/* Why a drive on this bus is not asked, or could not be. */
static enum kan_device_why why_by_bus(const struct kan_device *d)
{
	switch (d->bus) {
	case KAN_BUS_USB:
		return KAN_WHY_USB_BRIDGE;
	case KAN_BUS_SCSI:
	case KAN_BUS_NVME:
		return KAN_WHY_NOT_ATA;
	case KAN_BUS_ATA:
		return KAN_WHY_REFUSED;
	default:
		return KAN_WHY_NO_COMMANDS;
	}
}

static bool wants_commands(const struct kan_device *d)
{
	return d->bus == KAN_BUS_NVME || d->bus == KAN_BUS_ATA || d->bus == KAN_BUS_SCSI ||
	       d->bus == KAN_BUS_USB;
}

static void ask_drive(struct kan_device *d, const struct kan_sysfs *more, dev_t named)
{
	enum kan_device_why why = KAN_WHY_KNOWN;
	struct kan_ata_identity id;
	KAN_AUTO(fd) int fd = open_disk(d, named, &why);

	/* What the kernel keeps is enough for the name plate, not for what may change. */
	if (more->has_identity &&
	    kan_ata_identify_parse(&id, (struct kan_view){ more->identity, KAN_ATA_BLOCK }))
		kan_device_take_identity(d, &id);
	kan_device_set_why(d, fd < 0 && wants_commands(d) ? why : why_by_bus(d));
	if (d->bus == KAN_BUS_NVME)
		d->hpa_why = d->dco_why = d->amac_why = d->security_why = KAN_WHY_NOT_ATA;
	if (fd >= 0)
		ask(d, more, fd);
}

static int look(struct kan_device *d, dev_t named, struct kan_err *err)
{
	struct kan_sysfs more = { 0 };
	KAN_AUTO(fd) int fd = -1;

	/* Without sysfs, in some containers, there is only what the node itself tells. */
	(void)kan_device_sysfs(d, &more, "/sys", major(named), minor(named));
	fd = open_node(d->path);
	if (fd >= 0 && is_same(fd, named))
		take_sizes(d, fd);
	ask_drive(d, &more, named);
	return take_mounts(d, &more.family, err);
}

int kan_device_read(struct kan_device *out, const char *path, struct kan_err *err)
{
	struct kan_device d = { 0 };
	struct stat st;
	int rc;

	if (stat(path, &st) != 0)
		return kan_fail(err, KAN_EIO, "%s", path);
	if (!S_ISBLK(st.st_mode)) {
		*out = d;
		return KAN_OK;
	}
	if (strlen(path) >= sizeof(d.path))
		return kan_fail(err, KAN_ELIMIT, "%s: the name of the device is too long", path);
	d.is_device = true;
	(void)snprintf(d.path, sizeof(d.path), "%s", path);
	rc = look(&d, st.st_rdev, err);
	if (rc == KAN_OK)
		*out = d;
	return rc;
}
