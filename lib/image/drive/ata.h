/* SPDX-License-Identifier: MIT */
/*
 * ata.h - the commands that are sent to an ATA drive, and what it answers
 *
 * ATA/ATAPI Command Set 3 (ACS-3, INCITS 522-2014): IDENTIFY DEVICE (ECh, 7.12),
 * GET NATIVE MAX ADDRESS EXT (78h/0000h), SMART RETURN STATUS (B0h/DAh).
 * ATA/ATAPI-7 volume 1 (INCITS 397-2005), for what ACS-3 made obsolete: READ NATIVE
 * MAX ADDRESS (F8h) and EXT (27h), DEVICE CONFIGURATION IDENTIFY (B1h/C2h), SMART
 * READ DATA (B0h/D0h); ATA-3 for SMART READ ATTRIBUTE THRESHOLDS (B0h/D1h).
 * SCSI / ATA Translation 3 (SAT-3, INCITS 517-2015): ATA PASS-THROUGH (16), 12.2.2.
 *
 * Every function here is pure: bytes in, facts out.
 */
#ifndef KAN_IMAGE_ATA_H
#define KAN_IMAGE_ATA_H

#include "core/view.h"

#define KAN_ATA_BLOCK      512u
#define KAN_ATA_CDB        16u
#define KAN_SMART_MAX      30u /* attributes in one block */
#define KAN_ATA_STATUS_ERR 0x01u
#define KAN_ATA_STATUS_DF  0x20u

/** The only commands that can be sent; each one reads. */
enum kan_ata_read {
	KAN_ATA_IDENTIFY,
	KAN_ATA_NATIVE_MAX,     /* 28 bits */
	KAN_ATA_NATIVE_MAX_EXT, /* 48 bits */
	KAN_ATA_AMAC,           /* GET NATIVE MAX ADDRESS EXT */
	KAN_ATA_DCO,            /* DEVICE CONFIGURATION IDENTIFY */
	KAN_ATA_SMART_DATA,
	KAN_ATA_SMART_THRESHOLDS,
	KAN_ATA_SMART_STATUS,
	KAN_ATA_NREADS,
};

/** The ATA PASS-THROUGH (16) command for @what. */
void kan_ata_cdb(uint8_t cdb[KAN_ATA_CDB], enum kan_ata_read what);

/** True if @what answers with a block of KAN_ATA_BLOCK bytes, false if with registers. */
bool kan_ata_has_data(enum kan_ata_read what);

/** The registers of the drive after a command. */
struct kan_ata_registers {
	uint8_t status;
	uint8_t error;
	uint8_t device;
	uint64_t lba;    /* 48 bits */
	bool upper_lost; /* bits 24 to 47 are not zero, and were not passed on */
};

/** What IDENTIFY DEVICE says.  Texts are trimmed; a NUL inside is a space. */
struct kan_ata_identity {
	char serial[21];
	char firmware[9];
	char model[41];
	uint64_t wwn; /* 0: none */
	uint64_t sectors;
	uint32_t logical_sector;
	uint32_t physical_sector;
	uint16_t rotation; /* 0: not told, 1: does not rotate, else per minute */
	bool lba48;
	bool hpa;      /* host protected area feature set */
	bool dco;      /* device configuration overlay feature set */
	bool amac;     /* accessible max address configuration feature set */
	bool smart;    /* supported */
	bool smart_on; /* enabled */
	bool security; /* the feature set is there */
	bool security_enabled;
	bool security_locked;
	bool security_frozen;
};

/** False, and *@out untouched, if @v is no IDENTIFY DEVICE data of an ATA drive. */
bool kan_ata_identify_parse(struct kan_ata_identity *out, struct kan_view v);

/** Sectors as made, by DEVICE CONFIGURATION IDENTIFY; false if the block is damaged. */
bool kan_ata_dco_parse(uint64_t *sectors, struct kan_view v);

/** Sectors by the answer to one of the three native max commands; false if it is none. */
bool kan_ata_native_sectors(uint64_t *sectors, enum kan_ata_read what,
                            const struct kan_ata_registers *r);

/** SMART RETURN STATUS: false if the registers hold neither answer. */
bool kan_smart_status(bool *healthy, const struct kan_ata_registers *r);

struct kan_smart_attribute {
	uint8_t id;
	uint16_t flags;
	uint8_t value;
	uint8_t worst;
	uint8_t threshold; /* 0: never reached, or not known */
	uint64_t raw;      /* 48 bits */
};

struct kan_smart {
	struct kan_smart_attribute list[KAN_SMART_MAX];
	size_t n;
};

/** False, and *@out untouched, if the block is short or its checksum is wrong. */
bool kan_smart_parse(struct kan_smart *out, struct kan_view v);

/** Add the thresholds to @s; false, and @s untouched, as above. */
bool kan_smart_add_thresholds(struct kan_smart *s, struct kan_view v);

/** Attribute @id; NULL if the drive does not keep it. */
const struct kan_smart_attribute *kan_smart_find(const struct kan_smart *s, uint8_t id);

/** True if an attribute that foretells failure has reached its threshold. */
bool kan_smart_is_failing(const struct kan_smart *s);

#endif
