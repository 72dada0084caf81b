/* SPDX-License-Identifier: MIT */
/*
 * device.h - what a drive is: its name plate, what it hides, and how well it is
 *
 * Facts about a block device, gathered from sysfs and, where that is permitted,
 * with commands to the drive that only read (docs/formats/device.md lists them).
 * Nothing is guessed: a fact that could not be had is unknown, with the reason.
 */
#ifndef KAN_DEVICE_H
#define KAN_DEVICE_H

#include "kanshiki/err.h"

#include <stdbool.h>
#include <stddef.h>

KAN_BEGIN_DECLS

/** Room for one text with its NUL; a longer one is cut. */
#define KAN_DEVICE_TEXT 256u

/** Mount points that are kept; what is more is only counted. */
#define KAN_DEVICE_MOUNTS_MAX 16u

/** A question that the drive, or its driver, answers with yes or no. */
enum kan_fact {
	KAN_FACT_UNKNOWN = 0, /* see the reason beside it */
	KAN_FACT_YES,
	KAN_FACT_NO,
};

/** Why a fact is unknown. */
enum kan_device_why {
	KAN_WHY_KNOWN = 0,
	KAN_WHY_NOT_ATA,
	KAN_WHY_NOT_NVME,
	KAN_WHY_USB_BRIDGE,   /* the bridge answers in place of the drive */
	KAN_WHY_PERMISSION,   /* the device cannot be opened, or commands need more rights */
	KAN_WHY_NO_COMMANDS,  /* the driver passes none: virtio, loop, mmc, a mapped device */
	KAN_WHY_NOT_OFFERED,  /* the drive says that it has no such feature: it is not asked */
	KAN_WHY_SWITCHED_OFF, /* the feature is there and off; it is left so */
	KAN_WHY_REFUSED,      /* the drive, or the path to it, gave an error */
	KAN_WHY_DAMAGED,      /* an answer that is too short, or fails its checksum */
	KAN_WHY_INCOMPLETE,   /* the path to the drive cuts the upper bits of the answer off */
	KAN_WHY_CHANGED,      /* the device is not what it was a moment ago */
};

/** @why as a short English sentence; "" for KAN_WHY_KNOWN. */
KAN_API const char *kan_device_why_text(enum kan_device_why why);

/** How the drive is attached to this machine. */
enum kan_device_bus {
	KAN_BUS_UNKNOWN = 0,
	KAN_BUS_ATA,
	KAN_BUS_NVME,
	KAN_BUS_USB,
	KAN_BUS_SCSI, /* SAS too, and ATA drives behind a SAS controller */
	KAN_BUS_MMC,
	KAN_BUS_VIRTIO,
	KAN_BUS_LOOP,
	KAN_BUS_VIRTUAL, /* made by the kernel from other devices: device mapper, md, zram */
};

/** Stable name of @bus: "ata", "nvme", ... */
KAN_API const char *kan_device_bus_name(enum kan_device_bus bus);

/** State of the ATA security feature set, which is a password in the drive. */
enum kan_device_security {
	KAN_SECURITY_UNKNOWN = 0,
	KAN_SECURITY_UNSUPPORTED,
	KAN_SECURITY_DISABLED,
	KAN_SECURITY_UNLOCKED, /* a password is set: the drive is locked once it loses power */
	KAN_SECURITY_LOCKED,   /* the media cannot be read without the password */
};

/** A number that the drive may not tell. */
struct kan_device_number {
	enum kan_device_why why; /* KAN_WHY_KNOWN with @known */
	bool known;
	int64_t value; /* a larger one is INT64_MAX */
};

/** All facts.  Texts are bytes of the drive, NUL-terminated, not necessarily UTF-8. */
struct kan_device {
	bool is_device;             /* false: not a block device, and nothing else is set */
	char path[KAN_DEVICE_TEXT]; /* as given */
	char disk[64];              /* the kernel's name of the whole disk: "sda" */
	uint32_t partition;         /* number if a partition was named, else 0 */
	uint64_t partition_offset;  /* in bytes in the disk */
	uint64_t size;              /* in bytes, of what was named */
	uint64_t disk_size;         /* in bytes, of the whole disk */
	uint32_t logical_sector;    /* bytes; 0: unknown */
	uint32_t physical_sector;   /* bytes; 0: unknown */

	enum kan_device_bus bus;
	char vendor[64];
	char model[64];
	char serial[KAN_DEVICE_TEXT];
	char firmware[64];
	char wwn[64];                  /* world wide name, "naa.5000c500a1b2c3d4" */
	char bridge[KAN_DEVICE_TEXT];  /* USB: what is plugged in, as it names itself */
	char backing[KAN_DEVICE_TEXT]; /* loop: the file */
	enum kan_fact rotational;
	uint32_t rpm; /* 0: unknown or not rotating */
	enum kan_fact removable;
	enum kan_fact read_only; /* the kernel's flag, not a property of the drive */

	enum kan_fact mounted;                               /* as far as this process can see */
	char mounts[KAN_DEVICE_MOUNTS_MAX][KAN_DEVICE_TEXT]; /* "sda1 on /media/usb" */
	size_t nmounts;                                      /* found; may be more than are kept */
	enum kan_fact unlocked;            /* an encrypted volume on it is open at this moment */
	char unlocked_as[KAN_DEVICE_TEXT]; /* its mapping: "dm-0 (luks-home)" */

	/* Sectors that are hidden.  Counts are in logical sectors. */
	struct kan_device_number sectors;        /* accessible, as the drive says */
	struct kan_device_number native_sectors; /* without host protected area or AMAC */
	struct kan_device_number dco_sectors;    /* as made */
	enum kan_fact hpa;                       /* host protected area: present? */
	enum kan_device_why hpa_why;
	enum kan_fact dco; /* device configuration overlay hides sectors? */
	enum kan_device_why dco_why;
	enum kan_fact amac; /* accessible max address set below the native one (ACS-3)? */
	enum kan_device_why amac_why;
	struct kan_device_number unallocated; /* NVMe: bytes in no namespace */

	enum kan_device_security security;
	enum kan_device_why security_why;
	enum kan_fact frozen; /* the security state cannot be changed until it loses power */

	enum kan_fact healthy; /* KAN_FACT_NO: the drive foretells its failure */
	enum kan_device_why healthy_why;
	struct kan_device_number reallocated; /* SMART 5: sectors */
	struct kan_device_number pending;     /* SMART 197: sectors that wait for a verdict */
	struct kan_device_number offline_bad; /* SMART 198: sectors */
	struct kan_device_number hours;       /* powered on */
	struct kan_device_number celsius;
	struct kan_device_number critical;     /* NVMe: critical warning bits */
	struct kan_device_number media_errors; /* NVMe */
	struct kan_device_number used; /* NVMe: percent of its endurance, may be above 100 */
};

/**
 * Read the facts about @path into *@out.  A path that is no block device is a
 * plain result: *@out is all zero.  Opens O_RDONLY and sends commands that read,
 * to the whole disk where @path is a partition.  KAN_EIO if @path is not there;
 * what else does not work is a fact that is unknown.
 */
KAN_API KAN_MUST_CHECK int kan_device_read(struct kan_device *out, const char *path,
                                           struct kan_err *err);

enum kan_device_kind {
	KAN_ITEM_TEXT,   /* bytes of the drive, "" if it has none */
	KAN_ITEM_WORD,   /* one of a few stable words */
	KAN_ITEM_NUMBER, /* in @unit */
};

/** One fact for output.  What is unknown has a reason and neither text nor number. */
struct kan_device_item {
	const char *name; /* stable: "model", "hpa", "power_on_hours" */
	enum kan_device_kind kind;
	const char *text; /* belongs to the device or is static */
	int64_t number;
	const char *unit; /* "bytes", "sectors", "hours", ... or "" */
	const char *why;  /* "" if it is known */
};

/**
 * Fact number @i, from 0; false if there are no more.  The names and their order
 * are always the same, but that "mounted" comes once for each mount point.
 */
KAN_API bool kan_device_item(const struct kan_device *d, size_t i, struct kan_device_item *out);

/**
 * The same as a pair: *@name is static, @buf gets printable text (as every output
 * has it), at most @len bytes with the NUL: the value, or "unknown (reason)" (out of
 * memory is one, too), or "" where the drive has none.  False if there are no more.
 */
KAN_API bool kan_device_value(const struct kan_device *d, size_t i, const char **name, char *buf,
                              size_t len);

KAN_END_DECLS

#endif
