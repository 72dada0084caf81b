/* SPDX-License-Identifier: MIT */
/*
 * ata.c - IDENTIFY DEVICE, native sizes, and the commands for them
 */
#include "image/drive/ata.h"

#include "core/bytes.h"
#include "image/drive/text.h"

#include <string.h>

#define SIGNATURE 0xa5u /* low byte of word 255: the high byte is a checksum */

/* ATA PASS-THROUGH (16). */
#define PASS_THROUGH_16 0x85u
#define NON_DATA        (3u << 1)
#define PIO_IN          (4u << 1)
#define EXTEND          0x01u
#define CK_COND         0x20u /* return the registers as sense data */
#define ONE_BLOCK_IN    0x0eu /* t_dir, byt_blok, length in the count field */
#define SMART_MID       0x4fu
#define SMART_HIGH      0xc2u
#define LBA_DEVICE      0x40u

/* Words of IDENTIFY DEVICE. */
#define WORD_SERIAL     10u
#define WORD_FIRMWARE   23u
#define WORD_MODEL      27u
#define WORD_SECTORS_28 60u
#define WORD_ADDITIONAL 69u
#define WORD_SETS_82    82u
#define WORD_SETS_83    83u
#define WORD_ON_85      85u
#define WORD_ON_87      87u
#define WORD_SECTORS_48 100u
#define WORD_SECTOR     106u
#define WORD_WWN        108u
#define WORD_LOGICAL    117u
#define WORD_SETS_119   119u
#define WORD_SECURITY   128u
#define WORD_ROTATION   217u
#define WORD_SECTORS_64 230u
#define CFA             0x848au

#define DCO_MAX_LBA        3u /* word */
#define LBA_48_END         (UINT64_C(1) << 48)
#define SECTOR_LOGICAL_MAX 65536u

struct command {
	uint8_t protocol; /* byte 1 of the CDB */
	uint8_t flags;    /* byte 2 */
	uint8_t feature;
	uint8_t count;
	uint8_t lba_mid;
	uint8_t lba_high;
	uint8_t command;
};

static const struct command commands[KAN_ATA_NREADS] = {
	[KAN_ATA_IDENTIFY] = { PIO_IN, ONE_BLOCK_IN, 0, 1, 0, 0, 0xec },
	[KAN_ATA_NATIVE_MAX] = { NON_DATA, CK_COND, 0, 0, 0, 0, 0xf8 },
	[KAN_ATA_NATIVE_MAX_EXT] = { NON_DATA | EXTEND, CK_COND, 0, 0, 0, 0, 0x27 },
	[KAN_ATA_AMAC] = { NON_DATA | EXTEND, CK_COND, 0, 0, 0, 0, 0x78 },
	[KAN_ATA_DCO] = { PIO_IN, ONE_BLOCK_IN, 0xc2, 1, 0, 0, 0xb1 },
	[KAN_ATA_SMART_DATA] = { PIO_IN, ONE_BLOCK_IN, 0xd0, 1, SMART_MID, SMART_HIGH, 0xb0 },
	[KAN_ATA_SMART_THRESHOLDS] = { PIO_IN, ONE_BLOCK_IN, 0xd1, 1, SMART_MID, SMART_HIGH, 0xb0 },
	[KAN_ATA_SMART_STATUS] = { NON_DATA, CK_COND, 0xda, 0, SMART_MID, SMART_HIGH, 0xb0 },
};

void kan_ata_cdb(uint8_t cdb[KAN_ATA_CDB], enum kan_ata_read what)
{
	const struct command *c = &commands[what];

	memset(cdb, 0, KAN_ATA_CDB);
	cdb[0] = PASS_THROUGH_16;
	cdb[1] = c->protocol;
	cdb[2] = c->flags;
	cdb[4] = c->feature;
	cdb[6] = c->count;
	cdb[10] = c->lba_mid;
	cdb[12] = c->lba_high;
	cdb[13] = what == KAN_ATA_DCO || what == KAN_ATA_IDENTIFY ? 0 : LBA_DEVICE;
	cdb[14] = c->command;
}

bool kan_ata_has_data(enum kan_ata_read what)
{
	return (commands[what].flags & CK_COND) == 0;
}

static uint16_t word(const uint8_t *p, unsigned n)
{
	return kan_le16(p + 2 * n);
}

static bool sums_to_zero(const uint8_t *p)
{
	uint8_t sum = 0;

	for (size_t i = 0; i < KAN_ATA_BLOCK; i++)
		sum = (uint8_t)(sum + p[i]);
	return sum == 0;
}

/* Words 82 to 87 and 119 count only where bit 14 is set and bit 15 is not. */
static bool is_valid(uint16_t w)
{
	return (w & 0xc000) == 0x4000;
}

/* Two characters in each word, the first in its high byte. */
static void take_text(char *out, size_t size, const uint8_t *p, unsigned first)
{
	uint8_t raw[40];

	for (size_t i = 0; i + 1 < size && i < sizeof(raw); i++)
		raw[i] = p[2 * first + (i ^ 1)];
	kan_drive_text(out, size, raw, size - 1);
}

static uint64_t count_sectors(const uint8_t *p, bool lba48)
{
	if (lba48 && is_valid(word(p, WORD_SETS_83)) && (word(p, WORD_ADDITIONAL) & 0x0008))
		return kan_le64(p + 2 * WORD_SECTORS_64);
	if (lba48)
		return kan_le64(p + 2 * WORD_SECTORS_48);
	return kan_le32(p + 2 * WORD_SECTORS_28);
}

static void take_sector_sizes(struct kan_ata_identity *id, const uint8_t *p)
{
	uint16_t w = word(p, WORD_SECTOR);
	uint64_t bytes = 2 * (uint64_t)kan_le32(p + 2 * WORD_LOGICAL);

	id->logical_sector = KAN_ATA_BLOCK;
	if (is_valid(w) && (w & 0x1000) && bytes >= KAN_ATA_BLOCK && bytes <= SECTOR_LOGICAL_MAX)
		id->logical_sector = (uint32_t)bytes;
	id->physical_sector = id->logical_sector;
	if (is_valid(w) && (w & 0x2000))
		id->physical_sector <<= w & 0x000f;
}

static void take_features(struct kan_ata_identity *id, const uint8_t *p)
{
	uint16_t sets83 = word(p, WORD_SETS_83);
	uint16_t on87 = word(p, WORD_ON_87);
	uint16_t security = word(p, WORD_SECURITY);

	if (is_valid(sets83)) {
		id->smart = word(p, WORD_SETS_82) & 0x0001;
		id->hpa = word(p, WORD_SETS_82) & 0x0400;
		id->dco = sets83 & 0x0800;
	}
	if (is_valid(on87)) {
		id->smart_on = id->smart && (word(p, WORD_ON_85) & 0x0001);
		if (on87 & 0x0100)
			id->wwn = (uint64_t)word(p, WORD_WWN) << 48 |
			          (uint64_t)word(p, WORD_WWN + 1) << 32 |
			          (uint64_t)word(p, WORD_WWN + 2) << 16 | word(p, WORD_WWN + 3);
	}
	id->amac = is_valid(word(p, WORD_SETS_119)) && (word(p, WORD_SETS_119) & 0x0100);
	id->security = security & 0x0001;
	id->security_enabled = id->security && (security & 0x0002);
	id->security_locked = id->security && (security & 0x0004);
	id->security_frozen = id->security && (security & 0x0008);
}

bool kan_ata_identify_parse(struct kan_ata_identity *out, struct kan_view v)
{
	struct kan_ata_identity id = { 0 };
	const uint8_t *p = kan_view_at(v, 0, KAN_ATA_BLOCK);

	if (!p || (p[2 * 255] == SIGNATURE && !sums_to_zero(p)))
		return false;
	/* Bit 15 of word 0: a packet device; CompactFlash cards have a value of their own. */
	if ((word(p, 0) & 0x8000) && word(p, 0) != CFA)
		return false;
	id.lba48 = is_valid(word(p, WORD_SETS_83)) && (word(p, WORD_SETS_83) & 0x0400);
	id.sectors = count_sectors(p, id.lba48);
	take_text(id.serial, sizeof(id.serial), p, WORD_SERIAL);
	take_text(id.firmware, sizeof(id.firmware), p, WORD_FIRMWARE);
	take_text(id.model, sizeof(id.model), p, WORD_MODEL);
	if (id.model[0] == '\0' || id.sectors == 0 || id.sectors > LBA_48_END)
		return false;
	take_sector_sizes(&id, p);
	take_features(&id, p);
	if (word(p, WORD_ROTATION) == 1 ||
	    (word(p, WORD_ROTATION) >= 0x0401 && word(p, WORD_ROTATION) != 0xffff))
		id.rotation = word(p, WORD_ROTATION);
	*out = id;
	return true;
}

bool kan_ata_dco_parse(uint64_t *sectors, struct kan_view v)
{
	const uint8_t *p = kan_view_at(v, 0, KAN_ATA_BLOCK);
	uint64_t max;

	if (!p || p[2 * 255] != SIGNATURE || !sums_to_zero(p))
		return false;
	max = kan_le64(p + 2 * DCO_MAX_LBA);
	if (max == 0 || max >= LBA_48_END)
		return false;
	*sectors = max + 1;
	return true;
}

bool kan_ata_native_sectors(uint64_t *sectors, enum kan_ata_read what,
                            const struct kan_ata_registers *r)
{
	uint64_t max = r->lba;

	if (what == KAN_ATA_NATIVE_MAX)
		max = (r->lba & 0xffffff) | (uint64_t)(r->device & 0x0f) << 24;
	else if (r->upper_lost)
		return false;
	if (max == 0 || max >= LBA_48_END)
		return false;
	*sectors = max + 1;
	return true;
}

bool kan_smart_status(bool *healthy, const struct kan_ata_registers *r)
{
	uint64_t key = r->lba >> 8 & 0xffff;

	if (key != (SMART_HIGH << 8 | SMART_MID) && key != 0x2cf4)
		return false;
	*healthy = key != 0x2cf4;
	return true;
}
