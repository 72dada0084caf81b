/* SPDX-License-Identifier: MIT */
/*
 * scsi.c - INQUIRY, vital product data and sense data
 */
#include "image/drive/scsi.h"

#include "core/bytes.h"
#include "image/drive/text.h"

#include <stdio.h>

/* Sense data, SPC-4 4.5. */
#define FIXED_NOW      0x70u
#define FIXED_DEFERRED 0x71u
#define DESCRIPTOR_NOW 0x72u
#define DESCRIPTORS_AT 8u
#define FIXED_LEN_MIN  14u
#define ATA_RETURN     0x09u /* type of the descriptor */
#define ATA_RETURN_LEN 14u
#define ASC_ATA        0x00u /* ATA PASS-THROUGH INFORMATION AVAILABLE */
#define ASCQ_ATA       0x1du

#define INQUIRY         0x12u
#define INQUIRY_LEN_MIN 36u
#define EVPD            0x01u

#define PAGE_HEAD       4u
#define NAA             3u /* types of designators, SPC-4 7.8.6 */
#define EUI64           2u
#define BINARY          1u
#define DESIGNATOR_MAX  16u
#define ATA_IDENTIFY_AT 60u
#define ATA_COMMAND_AT  56u
#define IDENTIFY_DEVICE 0xecu

/* SAT-3, ATA status return descriptor. */
static void take_descriptor(struct kan_sense *s, const uint8_t *d)
{
	struct kan_ata_registers *r = &s->registers;

	s->has_registers = true;
	r->error = d[3];
	r->device = d[12];
	r->status = d[13];
	r->lba = (uint64_t)d[7] | (uint64_t)d[9] << 8 | (uint64_t)d[11] << 16;
	/* Without the extend bit the upper bytes are reserved. */
	if (d[2] & 0x01)
		r->lba |= (uint64_t)d[6] << 24 | (uint64_t)d[8] << 32 | (uint64_t)d[10] << 40;
}

static void walk_descriptors(struct kan_sense *s, struct kan_view v)
{
	size_t end = DESCRIPTORS_AT + (size_t)v.data[7];
	size_t at = DESCRIPTORS_AT;

	if (end > v.len)
		end = v.len;
	while (end - at >= 2) {
		size_t len = 2 + (size_t)v.data[at + 1];

		if (len > end - at)
			return;
		if (v.data[at] == ATA_RETURN && len >= ATA_RETURN_LEN) {
			take_descriptor(s, v.data + at);
			return;
		}
		at += len;
	}
}

/* SAT-3, fixed format: what there is no room for is only told to be there or not. */
static void take_fixed(struct kan_sense *s, const uint8_t *p)
{
	if (s->asc != ASC_ATA || s->ascq != ASCQ_ATA)
		return;
	s->has_registers = true;
	s->registers.error = p[3];
	s->registers.status = p[4];
	s->registers.device = p[5];
	s->registers.lba = (uint64_t)p[9] | (uint64_t)p[10] << 8 | (uint64_t)p[11] << 16;
	s->registers.upper_lost = p[8] & 0x20;
}

bool kan_sense_parse(struct kan_sense *out, struct kan_view v)
{
	struct kan_sense s = { 0 };
	uint8_t code;

	if (v.len < DESCRIPTORS_AT)
		return false;
	code = v.data[0] & 0x7f;
	s.deferred = code & 0x01;
	if (code == DESCRIPTOR_NOW || code == DESCRIPTOR_NOW + 1) {
		s.key = v.data[1] & 0x0f;
		s.asc = v.data[2];
		s.ascq = v.data[3];
		walk_descriptors(&s, v);
	} else if ((code == FIXED_NOW || code == FIXED_DEFERRED) && v.len >= FIXED_LEN_MIN) {
		s.key = v.data[2] & 0x0f;
		s.asc = v.data[12];
		s.ascq = v.data[13];
		take_fixed(&s, v.data);
	} else {
		return false;
	}
	*out = s;
	return true;
}

bool kan_inquiry_parse(struct kan_inquiry *out, struct kan_view v)
{
	struct kan_inquiry q = { 0 };
	const uint8_t *p = kan_view_at(v, 0, INQUIRY_LEN_MIN);

	/* Peripheral qualifier: 0 is a device that is there. */
	if (!p || p[0] >> 5 != 0)
		return false;
	q.type = p[0] & 0x1f;
	q.removable = p[1] & 0x80;
	kan_drive_text(q.vendor, sizeof(q.vendor), p + 8, 8);
	kan_drive_text(q.product, sizeof(q.product), p + 16, 16);
	kan_drive_text(q.revision, sizeof(q.revision), p + 32, 4);
	*out = q;
	return true;
}

void kan_inquiry_cdb(uint8_t cdb[6], uint8_t page, uint16_t len)
{
	cdb[0] = INQUIRY;
	cdb[1] = EVPD;
	cdb[2] = page;
	cdb[3] = (uint8_t)(len >> 8);
	cdb[4] = (uint8_t)len;
	cdb[5] = 0;
}

/* The bytes behind the head of @page: no more than are there. */
static bool take_page(struct kan_view *out, struct kan_view v, uint8_t page)
{
	size_t len;

	if (v.len < PAGE_HEAD || v.data[1] != page)
		return false;
	len = kan_be16(v.data + 2);
	if (len > v.len - PAGE_HEAD)
		len = v.len - PAGE_HEAD;
	return kan_view_sub(out, v, PAGE_HEAD, len);
}

bool kan_vpd_offers(struct kan_view v, uint8_t page)
{
	struct kan_view pages;

	if (!take_page(&pages, v, KAN_VPD_PAGES))
		return false;
	for (size_t i = 0; i < pages.len; i++)
		if (pages.data[i] == page)
			return true;
	return false;
}

bool kan_vpd_serial(char *out, size_t size, struct kan_view v)
{
	struct kan_view text;

	if (!take_page(&text, v, KAN_VPD_SERIAL))
		return false;
	kan_drive_text(out, size, text.data, text.len);
	return out[0] != '\0';
}

static void put_hex(char *out, size_t size, const char *prefix, const uint8_t *raw, size_t len)
{
	int at = snprintf(out, size, "%s", prefix);

	for (size_t i = 0; i < len && at > 0 && (size_t)at < size; i++)
		at += snprintf(out + at, size - (size_t)at, "%02x", raw[i]);
}

bool kan_vpd_wwn(char *out, size_t size, struct kan_view v)
{
	struct kan_view page;
	size_t at = 0;
	unsigned best = 0;

	if (!take_page(&page, v, KAN_VPD_IDENTITY))
		return false;
	while (page.len - at >= PAGE_HEAD) {
		const uint8_t *d = page.data + at;
		size_t len = d[3];
		unsigned type = d[1] & 0x0f;

		if (len > page.len - at - PAGE_HEAD)
			break;
		/* Of the logical unit itself, not of its port or its target. */
		if ((d[0] & 0x0f) == BINARY && (d[1] >> 4 & 3) == 0 && type > best && len > 0 &&
		    len <= DESIGNATOR_MAX && (type == NAA || type == EUI64)) {
			put_hex(out, size, type == NAA ? "naa." : "eui.", d + PAGE_HEAD, len);
			best = type;
		}
		at += PAGE_HEAD + len;
	}
	return best != 0;
}

bool kan_vpd_ata(struct kan_view *out, struct kan_view v)
{
	return v.len > ATA_COMMAND_AT && v.data[1] == KAN_VPD_ATA &&
	       v.data[ATA_COMMAND_AT] == IDENTIFY_DEVICE &&
	       kan_view_sub(out, v, ATA_IDENTIFY_AT, KAN_ATA_BLOCK);
}

bool kan_vpd_rotation(uint16_t *out, struct kan_view v)
{
	struct kan_view page;

	if (!take_page(&page, v, KAN_VPD_BLOCK) || page.len < 2)
		return false;
	*out = kan_be16(page.data);
	return true;
}
