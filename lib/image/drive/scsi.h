/* SPDX-License-Identifier: MIT */
/*
 * scsi.h - INQUIRY, vital product data and sense data
 *
 * SCSI Primary Commands 4 (SPC-4, INCITS 513-2015): sense data 4.5, INQUIRY 6.6,
 * vital product data 7.8 (80h unit serial number, 83h device identification).
 * SCSI Block Commands 3 (SBC-3): page B1h, block device characteristics.
 * SCSI / ATA Translation 3 (SAT-3, INCITS 517-2015): page 89h, ATA information, and
 * the ATA status return descriptor of ATA PASS-THROUGH.
 *
 * Every function here is pure: bytes in, facts out.
 */
#ifndef KAN_IMAGE_SCSI_H
#define KAN_IMAGE_SCSI_H

#include "image/drive/ata.h"

#define KAN_SCSI_STATUS_CHECK 0x02u /* CHECK CONDITION */
#define KAN_VPD_PAGES         0x00u
#define KAN_VPD_SERIAL        0x80u
#define KAN_VPD_IDENTITY      0x83u
#define KAN_VPD_ATA           0x89u
#define KAN_VPD_BLOCK         0xb1u

/** Sense data of either format. */
struct kan_sense {
	uint8_t key;
	uint8_t asc;
	uint8_t ascq;
	bool deferred;      /* about an earlier command */
	bool has_registers; /* the ATA drive's, only for an ATA PASS-THROUGH */
	struct kan_ata_registers registers;
};

/** False, and *@out untouched, if @v is no sense data. */
bool kan_sense_parse(struct kan_sense *out, struct kan_view v);

/** Standard INQUIRY data. */
struct kan_inquiry {
	uint8_t type; /* of the peripheral; 0: a disk */
	bool removable;
	char vendor[9];
	char product[17];
	char revision[5];
};

bool kan_inquiry_parse(struct kan_inquiry *out, struct kan_view v);

/** The CDB of INQUIRY for vital product data @page, for at most @len bytes. */
void kan_inquiry_cdb(uint8_t cdb[6], uint8_t page, uint16_t len);

/** True if page 00h in @v says that there is @page. */
bool kan_vpd_offers(struct kan_view v, uint8_t page);

/** Unit serial number of page 80h; false if @v is none. */
bool kan_vpd_serial(char *out, size_t size, struct kan_view v);

/**
 * The name of the logical unit of page 83h as sysfs has it: "naa.5000...", or
 * "eui.0025..." where there is no NAA; false if it has neither.
 */
bool kan_vpd_wwn(char *out, size_t size, struct kan_view v);

/** The IDENTIFY DEVICE data in page 89h; false if @v has none. */
bool kan_vpd_ata(struct kan_view *out, struct kan_view v);

/** Rotation of page B1h as in struct kan_ata_identity; false if @v is none. */
bool kan_vpd_rotation(uint16_t *out, struct kan_view v);

#endif
