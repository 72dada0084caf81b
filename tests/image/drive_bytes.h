/* SPDX-License-Identifier: MIT */
/*
 * drive_bytes.h - answers of drives, built field by field from the standards
 */
#ifndef KAN_TESTS_DRIVE_BYTES_H
#define KAN_TESTS_DRIVE_BYTES_H

#include "image/drive/parts.h"

#include <string.h>

static inline void put_word(uint8_t *p, unsigned n, unsigned v)
{
	p[2 * n] = (uint8_t)v;
	p[2 * n + 1] = (uint8_t)(v >> 8);
}

/* Two characters in each word, the first in its high byte, filled up with spaces. */
static inline void put_string(uint8_t *p, unsigned first, unsigned nwords, const char *s)
{
	size_t len = strlen(s);

	for (unsigned i = 0; i < 2 * nwords; i++)
		p[2 * first + (i ^ 1)] = (uint8_t)(i < len ? s[i] : ' ');
}

/* The last byte makes the sum of all zero. */
static inline void put_sum(uint8_t *p)
{
	uint8_t sum = 0;

	for (size_t i = 0; i < 511; i++)
		sum = (uint8_t)(sum + p[i]);
	p[511] = (uint8_t)-sum;
}

/* Word 255: signature and checksum. */
static inline void seal(uint8_t *p)
{
	p[510] = 0xa5;
	put_sum(p);
}

#define DRIVE_SECTORS 1953525168u /* 1 TB */

/* A rotating drive of 1 TB with 4 KiB sectors, 48 bits, HPA, DCO and SMART. */
static inline void make_identify(uint8_t p[512])
{
	memset(p, 0, 512);
	put_word(p, 0, 0x0040);
	put_string(p, 10, 10, "  WD-WCC1S0123456");
	put_string(p, 23, 4, "01.01A01");
	put_string(p, 27, 20, "WDC WD10EZEX-00BN5A0");
	put_word(p, 60, 0xffff);
	put_word(p, 61, 0x0fff);
	put_word(p, 82, 0x0001 | 0x0400 | 0x0002); /* SMART, HPA, security */
	put_word(p, 83, 0x4000 | 0x0400 | 0x0800); /* valid, 48 bits, DCO */
	put_word(p, 84, 0x4000);
	put_word(p, 85, 0x0001);
	put_word(p, 87, 0x4000 | 0x0100); /* valid, WWN */
	put_word(p, 100, DRIVE_SECTORS & 0xffff);
	put_word(p, 101, DRIVE_SECTORS >> 16);
	put_word(p, 106, 0x4000 | 0x2000 | 3); /* 8 logical in a physical sector */
	put_word(p, 108, 0x5001);
	put_word(p, 109, 0x4ee2);
	put_word(p, 110, 0x0abc);
	put_word(p, 111, 0xdef0);
	put_word(p, 128, 0x0001 | 0x0008); /* security: supported, frozen */
	put_word(p, 217, 7200);
	seal(p);
}

/* DEVICE CONFIGURATION IDENTIFY: revision 2, the maximum LBA in words 3 to 6. */
static inline void make_dco(uint8_t p[512], uint64_t sectors)
{
	memset(p, 0, 512);
	put_word(p, 0, 2);
	for (unsigned i = 0; i < 4; i++)
		put_word(p, 3 + i, (unsigned)((sectors - 1) >> (16 * i) & 0xffff));
	seal(p);
}

static inline void put_attribute(uint8_t *p, unsigned slot, uint8_t id, unsigned flags,
                                 uint8_t value, uint64_t raw)
{
	uint8_t *e = p + 2 + 12 * slot;

	e[0] = id;
	e[1] = (uint8_t)flags;
	e[2] = (uint8_t)(flags >> 8);
	e[3] = value;
	e[4] = value;
	for (unsigned i = 0; i < 6; i++)
		e[5 + i] = (uint8_t)(raw >> (8 * i));
}

static inline void make_smart(uint8_t p[512])
{
	memset(p, 0, 512);
	put_word(p, 0, 16);
	put_attribute(p, 0, 5, 0x0033, 200, 7);
	put_attribute(p, 1, 9, 0x0032, 80, UINT64_C(0x1d2c00003039)); /* hours, and more above */
	put_attribute(p, 2, 194, 0x0022, 112, UINT64_C(0x002b00130023));
	put_attribute(p, 3, 197, 0x0032, 200, 3);
	put_attribute(p, 4, 198, 0x0030, 200, 1);
	put_sum(p);
}

static inline void make_thresholds(uint8_t p[512], uint8_t of_reallocated)
{
	memset(p, 0, 512);
	put_word(p, 0, 16);
	p[2] = 5;
	p[3] = of_reallocated;
	p[14] = 9;
	put_sum(p);
}

/* Sense data of a command that was asked for its registers (CK_COND), descriptor format. */
static inline size_t make_registers(uint8_t p[22], uint8_t status, uint8_t error, uint64_t lba)
{
	const uint8_t head[] = { 0x72, 0x01, 0x00, 0x1d, 0, 0, 0, 14, 0x09, 12, 0x01 };

	memset(p, 0, 22);
	memcpy(p, head, sizeof(head));
	p[11] = error;
	p[14] = (uint8_t)(lba >> 24);
	p[15] = (uint8_t)lba;
	p[16] = (uint8_t)(lba >> 32);
	p[17] = (uint8_t)(lba >> 8);
	p[18] = (uint8_t)(lba >> 40);
	p[19] = (uint8_t)(lba >> 16);
	p[20] = 0x40;
	p[21] = status;
	return 22;
}

static inline void make_nvme(uint8_t p[KAN_NVME_IDENTIFY_LEN])
{
	memset(p, 0, KAN_NVME_IDENTIFY_LEN);
	memcpy(p + 4, "S4EWNX0R123456      ", 20);
	memcpy(p + 24, "Samsung SSD 970 EVO Plus 1TB            ", 40);
	memcpy(p + 64, "2B2QEXM7", 8);
	p[256] = 0x08; /* namespace management */
	p[283] = 0x20; /* capacity 0x20000000 */
	p[297] = 0x10; /* unallocated 0x1000 */
}

static inline void make_health(uint8_t p[KAN_NVME_HEALTH_LEN])
{
	memset(p, 0, KAN_NVME_HEALTH_LEN);
	p[1] = 0x3a; /* 314 K */
	p[2] = 0x01;
	p[3] = 100;
	p[5] = 12;
	p[128] = 0x39; /* 12345 hours */
	p[129] = 0x30;
	p[160] = 4;
}

#endif
