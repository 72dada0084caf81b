/* SPDX-License-Identifier: MIT */
/*
 * fuzz_device.c - any bytes as the answers of a drive
 *
 * The first byte says what they are: an answer for one of the parsers, all answers
 * of a drive one after another, or the tables of mounts.
 */
#include "image/drive/parts.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Answers are taken from here until there are none left. */
struct answers {
	struct kan_view left;
};

static size_t take(struct answers *a, uint8_t *out, size_t len)
{
	size_t n = len < a->left.len ? len : a->left.len;

	memcpy(out, a->left.data, n);
	a->left.data += n;
	a->left.len -= n;
	return n;
}

static enum kan_device_why answer_ata(void *arg, enum kan_ata_read what, struct kan_ata_answer *out)
{
	uint8_t raw[34] = { 0 };
	struct kan_sg_result r = { 0 };

	memset(out, 0, sizeof(*out));
	if (kan_ata_has_data(what))
		out->len = take(arg, out->data, sizeof(out->data));
	r.sense = (struct kan_view){ raw + 2, take(arg, raw, sizeof(raw)) };
	r.sense.len -= r.sense.len < 2 ? r.sense.len : 2;
	r.status = raw[0];
	r.host = raw[1];
	return kan_drive_judge(out, what, &r);
}

static enum kan_device_why answer_page(void *arg, uint8_t page, uint8_t *buf, size_t *len)
{
	(void)page;
	*len = take(arg, buf, *len < 64 ? *len : 64);
	return KAN_WHY_KNOWN;
}

static enum kan_device_why answer_nvme(void *arg, enum kan_nvme_read what, uint8_t *buf, size_t len)
{
	(void)what;
	memset(buf, 0, len);
	return take(arg, buf, len) > 0 ? KAN_WHY_KNOWN : KAN_WHY_REFUSED;
}

/* Every value is printable text, and every unknown has a reason. */
static void require_sane(const struct kan_device *d)
{
	struct kan_device_item item;
	const char *name;
	char buf[1100];

	for (size_t i = 0; kan_device_item(d, i, &item); i++) {
		if (!kan_device_value(d, i, &name, buf, sizeof(buf)) ||
		    strcmp(name, item.name) != 0)
			abort();
		for (const char *c = buf; *c; c++)
			if ((uint8_t)*c < 0x20)
				abort();
		if (item.kind == KAN_ITEM_WORD && strcmp(item.text, "unknown") == 0 &&
		    item.why[0] == '\0')
			abort();
	}
}

static void try_drive(uint8_t how, struct kan_view v)
{
	struct kan_device d = { .is_device = true, .bus = KAN_BUS_ATA };
	struct answers a = { v };
	struct kan_drive_port port = { &a, answer_ata, answer_page, answer_nvme };

	kan_device_set_why(&d, KAN_WHY_NO_COMMANDS);
	if (how == 0)
		kan_device_ask_ata(&d, &port);
	else if (how == 1)
		kan_device_ask_nvme(&d, &port);
	else
		kan_device_ask_pages(&d, &port);
	require_sane(&d);
	if (d.hpa == KAN_FACT_YES && d.native_sectors.value <= d.sectors.value)
		abort();
	if (d.dco == KAN_FACT_YES && d.dco_sectors.value <= d.sectors.value)
		abort();
}

static void try_mounts(struct kan_view v)
{
	struct kan_family family = { .list = { { "sda", 8, 0 }, { "dm-0", 253, 0 } }, .n = 2 };
	struct kan_device d = { .is_device = true };
	char *text = malloc(v.len + 1);

	if (!text)
		return;
	memcpy(text, v.data, v.len);
	text[v.len] = '\0';
	kan_device_set_why(&d, KAN_WHY_NO_COMMANDS);
	kan_device_mounts(&d, &family, text, text);
	require_sane(&d);
	free(text);
}

static void try_parsers(struct kan_view v)
{
	struct kan_ata_identity id;
	struct kan_nvme_identity nvme;
	struct kan_nvme_health health;
	struct kan_smart smart = { 0 };
	struct kan_inquiry inquiry;
	struct kan_sense sense;
	struct kan_view sub;
	uint64_t sectors;
	uint16_t rotation;
	char text[16];

	(void)kan_ata_identify_parse(&id, v);
	(void)kan_ata_dco_parse(&sectors, v);
	(void)kan_smart_parse(&smart, v);
	(void)kan_smart_add_thresholds(&smart, v);
	(void)kan_smart_is_failing(&smart);
	(void)kan_sense_parse(&sense, v);
	(void)kan_inquiry_parse(&inquiry, v);
	(void)kan_vpd_offers(v, KAN_VPD_SERIAL);
	(void)kan_vpd_serial(text, sizeof(text), v);
	(void)kan_vpd_wwn(text, sizeof(text), v);
	(void)kan_vpd_rotation(&rotation, v);
	if (kan_vpd_ata(&sub, v))
		(void)kan_ata_identify_parse(&id, sub);
	(void)kan_nvme_identity_parse(&nvme, v);
	(void)kan_nvme_health_parse(&health, v);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct kan_view v;

	if (size == 0)
		return 0;
	v = (struct kan_view){ data + 1, size - 1 };
	if (data[0] < 3)
		try_drive(data[0], v);
	else if (data[0] == 3)
		try_mounts(v);
	else
		try_parsers(v);
	return 0;
}
