/* SPDX-License-Identifier: MIT */
/*
 * device_sysfs.c - what the kernel knows about a drive without asking it
 *
 * /sys/dev/block/MAJ:MIN leads to the folder of the device, below the folders of
 * what it is plugged into; a partition lies in the folder of its disk.  The kernel
 * keeps the pages of INQUIRY that it read when the drive came up, among them the
 * IDENTIFY DEVICE data of an ATA drive, so most of the name plate needs no rights.
 */
#include "core/cleanup.h"
#include "image/drive/parts.h"
#include "image/drive/text.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#define SECTOR     512u /* of sysfs, whatever the drive has */
#define HELD_DEPTH 8u   /* device mapper on top of device mapper, ... */

/* Read up to @size bytes of @dir/@name; false if there are none. */
static bool read_file(const char *dir, const char *name, uint8_t *buf, size_t size, size_t *len_out)
{
	char path[PATH_MAX];
	KAN_AUTO(fd) int fd = -1;
	int n = snprintf(path, sizeof(path), "%s/%s", dir, name);
	ssize_t got;

	if (n < 0 || (size_t)n >= sizeof(path))
		return false;
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0)
		return false;
	do
		got = read(fd, buf, size);
	while (got < 0 && errno == EINTR);
	*len_out = got > 0 ? (size_t)got : 0;
	return got > 0;
}

static bool read_text(const char *dir, const char *name, char *out, size_t size)
{
	uint8_t buf[4096];
	size_t len;

	if (!read_file(dir, name, buf, sizeof(buf), &len))
		return false;
	kan_drive_text(out, size, buf, len);
	return out[0] != '\0';
}

static bool read_number(const char *dir, const char *name, uint64_t *out)
{
	char text[64], *end;
	uintmax_t v;

	if (!read_text(dir, name, text, sizeof(text)) || !isdigit((unsigned char)text[0]))
		return false;
	errno = 0;
	v = strtoumax(text, &end, 10);
	if (*end != '\0' || errno != 0)
		return false;
	*out = v;
	return true;
}

static enum kan_fact read_flag(const char *dir, const char *name)
{
	uint64_t v;

	if (!read_number(dir, name, &v))
		return KAN_FACT_UNKNOWN;
	return v ? KAN_FACT_YES : KAN_FACT_NO;
}

static uint32_t read_size(const char *dir, const char *name)
{
	uint64_t v;

	return read_number(dir, name, &v) && v <= UINT32_MAX ? (uint32_t)v : 0;
}

static uint64_t read_bytes(const char *dir, const char *name)
{
	uint64_t v;

	return read_number(dir, name, &v) && v <= UINT64_MAX / SECTOR ? v * SECTOR : 0;
}

static bool has_file(const char *dir, const char *name)
{
	char path[PATH_MAX];
	int n = snprintf(path, sizeof(path), "%s/%s", dir, name);
	struct stat st;

	return n > 0 && (size_t)n < sizeof(path) && stat(path, &st) == 0;
}

static const char *last_part(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

static bool is_numbered(const char *part, size_t len, const char *prefix)
{
	size_t n = strlen(prefix);

	return len > n && strncmp(part, prefix, n) == 0 && isdigit((unsigned char)part[n]);
}

static enum kan_device_bus bus_of_name(const char *name)
{
	if (is_numbered(name, strlen(name), "nvme"))
		return KAN_BUS_NVME;
	if (is_numbered(name, strlen(name), "mmcblk"))
		return KAN_BUS_MMC;
	if (is_numbered(name, strlen(name), "loop"))
		return KAN_BUS_LOOP;
	return KAN_BUS_UNKNOWN;
}

enum kan_device_bus kan_device_bus_of(const char *path)
{
	bool usb = false, ata = false, virtio = false, scsi = false;
	enum kan_device_bus by_name = bus_of_name(last_part(path));

	if (by_name != KAN_BUS_UNKNOWN)
		return by_name;
	for (const char *part = path; part; part = strchr(part, '/')) {
		size_t len;

		part += *part == '/';
		len = strcspn(part, "/");
		usb = usb || is_numbered(part, len, "usb");
		ata = ata || is_numbered(part, len, "ata");
		virtio = virtio || is_numbered(part, len, "virtio");
		scsi = scsi || is_numbered(part, len, "host");
	}
	if (usb)
		return KAN_BUS_USB;
	if (ata)
		return KAN_BUS_ATA;
	/* A SCSI host may sit on a virtio device; then its disks are SCSI disks. */
	if (scsi)
		return KAN_BUS_SCSI;
	if (virtio)
		return KAN_BUS_VIRTIO;
	return strstr(path, "/virtual/block/") ? KAN_BUS_VIRTUAL : KAN_BUS_UNKNOWN;
}

static struct kan_view read_page(const char *dir, const char *name, uint8_t *buf, size_t size)
{
	size_t len;

	return read_file(dir, name, buf, size, &len) ? (struct kan_view){ buf, len }
	                                             : (struct kan_view){ buf, 0 };
}

static void take_pages(struct kan_device *d, struct kan_sysfs *more, const char *dir)
{
	uint8_t buf[4096];
	struct kan_view v = read_page(dir, "device/vpd_pg83", buf, sizeof(buf));
	struct kan_view identity;
	uint16_t rotation;

	more->has_pages = v.len > 0;
	(void)kan_vpd_wwn(d->wwn, sizeof(d->wwn), v); /* or it stays empty */
	v = read_page(dir, "device/vpd_pg80", buf, sizeof(buf));
	(void)kan_vpd_serial(d->serial, sizeof(d->serial), v);
	v = read_page(dir, "device/vpd_pgb1", buf, sizeof(buf));
	if (kan_vpd_rotation(&rotation, v) && rotation >= 0x0401 && rotation != 0xffff)
		d->rpm = rotation;
	v = read_page(dir, "device/vpd_pg89", buf, sizeof(buf));
	if (kan_vpd_ata(&identity, v)) {
		memcpy(more->identity, identity.data, KAN_ATA_BLOCK);
		more->has_identity = true;
	}
}

/* The full texts of INQUIRY; the files beside it have the same. */
static void take_inquiry(struct kan_device *d, struct kan_sysfs *more, const char *dir)
{
	uint8_t buf[4096];
	struct kan_view v = read_page(dir, "device/inquiry", buf, sizeof(buf));
	struct kan_inquiry q;

	if (kan_inquiry_parse(&q, v)) {
		(void)snprintf(d->vendor, sizeof(d->vendor), "%s", q.vendor);
		(void)snprintf(d->model, sizeof(d->model), "%s", q.product);
		(void)snprintf(d->firmware, sizeof(d->firmware), "%s", q.revision);
	} else {
		(void)read_text(dir, "device/vendor", d->vendor, sizeof(d->vendor));
		(void)read_text(dir, "device/model", d->model, sizeof(d->model));
		(void)read_text(dir, "device/rev", d->firmware, sizeof(d->firmware));
	}
	/* The vendor "ATA" is the translator, not who made the drive. */
	if (strcmp(d->vendor, "ATA") == 0) {
		more->says_ata = true;
		d->vendor[0] = '\0';
	}
}

/* The USB device that @dir lies in: the first folder above with an idVendor. */
static void take_usb(struct kan_device *d, const char *dir)
{
	char up[PATH_MAX], id[16], product[16], maker[64] = "", name[64] = "", *slash;

	(void)snprintf(up, sizeof(up), "%s", dir);
	for (slash = strrchr(up, '/'); slash && slash != up; slash = strrchr(up, '/')) {
		*slash = '\0';
		if (has_file(up, "idVendor"))
			break;
	}
	if (!read_text(up, "idVendor", id, sizeof(id)) ||
	    !read_text(up, "idProduct", product, sizeof(product)))
		return;
	(void)read_text(up, "manufacturer", maker, sizeof(maker)); /* both may be absent */
	(void)read_text(up, "product", name, sizeof(name));
	(void)snprintf(d->bridge, sizeof(d->bridge), "%s:%s%s%s%s%s", id, product,
	               maker[0] ? " " : "", maker, name[0] ? " " : "", name);
	if (d->serial[0] == '\0')
		(void)read_text(up, "serial", d->serial, sizeof(d->serial));
}

static void take_plate(struct kan_device *d, struct kan_sysfs *more, const char *dir)
{
	switch (d->bus) {
	case KAN_BUS_NVME:
		(void)read_text(dir, "device/model", d->model, sizeof(d->model));
		(void)read_text(dir, "device/serial", d->serial, sizeof(d->serial));
		(void)read_text(dir, "device/firmware_rev", d->firmware, sizeof(d->firmware));
		(void)read_text(dir, "wwid", d->wwn, sizeof(d->wwn));
		break;
	case KAN_BUS_MMC:
		(void)read_text(dir, "device/manfid", d->vendor, sizeof(d->vendor));
		(void)read_text(dir, "device/name", d->model, sizeof(d->model));
		(void)read_text(dir, "device/serial", d->serial, sizeof(d->serial));
		(void)read_text(dir, "device/fwrev", d->firmware, sizeof(d->firmware));
		break;
	case KAN_BUS_VIRTIO:
		(void)read_text(dir, "device/vendor", d->vendor, sizeof(d->vendor));
		(void)read_text(dir, "serial", d->serial, sizeof(d->serial));
		break;
	case KAN_BUS_LOOP:
		(void)read_text(dir, "loop/backing_file", d->backing, sizeof(d->backing));
		break;
	case KAN_BUS_ATA:
	case KAN_BUS_SCSI:
	case KAN_BUS_USB:
		take_inquiry(d, more, dir);
		take_pages(d, more, dir);
		if (d->bus == KAN_BUS_USB)
			take_usb(d, dir);
		break;
	default:
		break;
	}
}

static void join_family(struct kan_family *f, const char *dir)
{
	char dev[32];
	unsigned major, minor;
	char *end;

	if (f->n == KAN_FAMILY_MAX || !read_text(dir, "dev", dev, sizeof(dev)))
		return;
	major = (unsigned)strtoul(dev, &end, 10);
	if (*end != ':')
		return;
	minor = (unsigned)strtoul(end + 1, &end, 10);
	for (size_t i = 0; i < f->n; i++)
		if (f->list[i].major == major && f->list[i].minor == minor)
			return;
	(void)snprintf(f->list[f->n].name, sizeof(f->list[f->n].name), "%s", last_part(dir));
	f->list[f->n].major = major;
	f->list[f->n].minor = minor;
	f->n++;
}

/* A crypt mapping that is open: its key is in memory now. */
static void look_for_key(struct kan_device *d, const char *dir)
{
	char uuid[160], name[128] = "";

	if (!read_text(dir, "dm/uuid", uuid, sizeof(uuid)) || strncmp(uuid, "CRYPT-", 6) != 0 ||
	    d->unlocked == KAN_FACT_YES)
		return;
	(void)read_text(dir, "dm/name", name, sizeof(name)); /* the number tells enough */
	d->unlocked = KAN_FACT_YES;
	(void)snprintf(d->unlocked_as, sizeof(d->unlocked_as), "%.64s (%s)", last_part(dir), name);
}

static void walk_family(struct kan_device *d, struct kan_family *f, const char *dir,
                        unsigned depth);

/* What lies in the folder @dir/@sub and is a block device. */
static void walk_below(struct kan_device *d, struct kan_family *f, const char *dir, const char *sub,
                       unsigned depth)
{
	char path[PATH_MAX], real[PATH_MAX];
	const struct dirent *e;
	int n = snprintf(path, sizeof(path), "%s%s", dir, sub);
	DIR *list = n > 0 && (size_t)n < sizeof(path) ? opendir(path) : NULL;

	if (!list)
		return;
	while (f->n < KAN_FAMILY_MAX && (e = readdir(list))) {
		if (e->d_name[0] == '.')
			continue;
		n = snprintf(path, sizeof(path), "%s%s/%s", dir, sub, e->d_name);
		if (n < 0 || (size_t)n >= sizeof(path) || !realpath(path, real))
			continue;
		if (sub[0] != '\0' || has_file(real, "partition"))
			walk_family(d, f, real, depth + 1);
	}
	(void)closedir(list);
}

static void walk_family(struct kan_device *d, struct kan_family *f, const char *dir, unsigned depth)
{
	size_t before = f->n;

	join_family(f, dir);
	if (depth >= HELD_DEPTH || f->n == before)
		return;
	look_for_key(d, dir);
	walk_below(d, f, dir, "", depth);
	walk_below(d, f, dir, "/holders", depth);
}

static void take_queue(struct kan_device *d, const char *disk)
{
	d->disk_size = read_bytes(disk, "size");
	d->logical_sector = read_size(disk, "queue/logical_block_size");
	d->physical_sector = read_size(disk, "queue/physical_block_size");
	d->rotational = read_flag(disk, "queue/rotational");
	d->removable = read_flag(disk, "removable");
}

bool kan_device_sysfs(struct kan_device *d, struct kan_sysfs *more, const char *sys, unsigned major,
                      unsigned minor)
{
	char link[PATH_MAX], dir[PATH_MAX];
	int n = snprintf(link, sizeof(link), "%s/dev/block/%u:%u", sys, major, minor);

	if (n < 0 || (size_t)n >= sizeof(link) || !realpath(link, dir))
		return false;
	d->size = read_bytes(dir, "size");
	d->read_only = read_flag(dir, "ro");
	d->unlocked = KAN_FACT_NO;
	walk_family(d, &more->family, dir, 0);
	if (has_file(dir, "partition")) {
		d->partition = read_size(dir, "partition");
		d->partition_offset = read_bytes(dir, "start");
		*strrchr(dir, '/') = '\0';
	}
	(void)snprintf(d->disk, sizeof(d->disk), "%.63s", last_part(dir));
	/* sysfs has no slash in a name: "cciss!c0d0" is /dev/cciss/c0d0. */
	for (char *c = strchr(d->disk, '!'); c; c = strchr(c, '!'))
		*c = '/';
	d->bus = kan_device_bus_of(dir);
	take_queue(d, dir);
	take_plate(d, more, dir);
	return true;
}
