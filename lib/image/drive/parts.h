/* SPDX-License-Identifier: MIT */
/*
 * parts.h - the steps of kan_device_read()
 */
#ifndef KAN_IMAGE_DRIVE_PARTS_H
#define KAN_IMAGE_DRIVE_PARTS_H

#include "image/drive/nvme.h"
#include "image/drive/scsi.h"
#include "kanshiki/device.h"

/** Block devices whose mounts count as those of the one that was named. */
#define KAN_FAMILY_MAX 64u

struct kan_family {
	struct {
		char name[64];
		unsigned major;
		unsigned minor;
	} list[KAN_FAMILY_MAX];
	size_t n;
};

/** What an ATA command came back with. */
struct kan_ata_answer {
	uint8_t data[KAN_ATA_BLOCK];
	size_t len; /* bytes in data */
	bool has_registers;
	struct kan_ata_registers registers;
};

/**
 * The way to a drive.  Each call sends one command and is KAN_WHY_KNOWN if the
 * drive answered, else the reason why not; a member may be NULL.
 */
struct kan_drive_port {
	void *arg;
	enum kan_device_why (*ata)(void *arg, enum kan_ata_read what, struct kan_ata_answer *out);
	enum kan_device_why (*page)(void *arg, uint8_t page, uint8_t *buf, size_t *len);
	enum kan_device_why (*nvme)(void *arg, enum kan_nvme_read what, uint8_t *buf, size_t len);
};

/** How the device whose folder in sysfs is @path is attached. */
enum kan_device_bus kan_device_bus_of(const char *path);

/**
 * What sysfs below @sys ("/sys") says about device @major:@minor, and who belongs
 * to it.  False if it is not there.  @identity gets the IDENTIFY DEVICE data that
 * the kernel keeps (KAN_ATA_BLOCK bytes), @has_identity says if there are any.
 */
struct kan_sysfs {
	struct kan_family family;
	bool says_ata;  /* INQUIRY: the vendor is "ATA" */
	bool has_pages; /* the kernel keeps page 83h, so others are kept or not there */
	bool has_identity;
	uint8_t identity[KAN_ATA_BLOCK];
};

bool kan_device_sysfs(struct kan_device *d, struct kan_sysfs *more, const char *sys, unsigned major,
                      unsigned minor);

/**
 * Take the mount points of @family out of @mountinfo, and its swap out of @swaps.
 * Without a family or a @mountinfo (NULL) it stays unknown if there are any.
 */
void kan_device_mounts(struct kan_device *d, const struct kan_family *family, const char *mountinfo,
                       const char *swaps);

/** Ask an ATA drive everything; without an answer the reasons are set. */
void kan_device_ask_ata(struct kan_device *d, const struct kan_drive_port *port);

/** The same for an NVMe drive. */
void kan_device_ask_nvme(struct kan_device *d, const struct kan_drive_port *port);

/** Ask for the pages of vital product data that @d lacks. */
void kan_device_ask_pages(struct kan_device *d, const struct kan_drive_port *port);

/** Model, serial, sectors and so on out of @id. */
void kan_device_take_identity(struct kan_device *d, const struct kan_ata_identity *id);

/** Everything that only a command can tell is unknown, for @why. */
void kan_device_set_why(struct kan_device *d, enum kan_device_why why);

/** The way through the kernel: SG_IO and NVMe admin commands on @fd, which @port keeps. */
void kan_drive_port_open(struct kan_drive_port *port, const int *fd);

/** What SG_IO gave: its three states and the sense data. */
struct kan_sg_result {
	uint8_t status; /* of SCSI */
	uint16_t host;
	struct kan_view sense;
};

/** Judge @r, the result of @what; takes the registers.  Pure. */
enum kan_device_why kan_drive_judge(struct kan_ata_answer *out, enum kan_ata_read what,
                                    const struct kan_sg_result *r);

#endif
