/* SPDX-License-Identifier: MIT */
/*
 * nvme.c - the identity and the health of an NVMe controller
 */
#include "image/drive/nvme.h"

#include "core/bytes.h"
#include "image/drive/text.h"

/* Identify Controller, figure 247. */
#define SERIAL_AT      4u
#define MODEL_AT       24u
#define FIRMWARE_AT    64u
#define COMMANDS_AT    256u /* OACS; bit 3: namespace management */
#define CAPACITY_AT    280u
#define UNALLOCATED_AT 296u

/* Health log, figure 194. */
#define CRITICAL_AT 0u
#define KELVIN_AT   1u
#define SPARE_AT    3u
#define USED_AT     5u
#define HOURS_AT    128u
#define MEDIA_AT    160u
#define KELVIN_ZERO 273

static int64_t take_128(const uint8_t *p)
{
	uint64_t low = kan_le64(p);

	return kan_le64(p + 8) != 0 || low > INT64_MAX ? INT64_MAX : (int64_t)low;
}

bool kan_nvme_identity_parse(struct kan_nvme_identity *out, struct kan_view v)
{
	struct kan_nvme_identity id = { 0 };
	const uint8_t *p = kan_view_at(v, 0, KAN_NVME_IDENTIFY_LEN);

	if (!p)
		return false;
	kan_drive_text(id.serial, sizeof(id.serial), p + SERIAL_AT, 20);
	kan_drive_text(id.model, sizeof(id.model), p + MODEL_AT, 40);
	kan_drive_text(id.firmware, sizeof(id.firmware), p + FIRMWARE_AT, 8);
	if (id.model[0] == '\0')
		return false;
	id.has_capacity = kan_le16(p + COMMANDS_AT) & 0x0008;
	if (id.has_capacity) {
		id.capacity = take_128(p + CAPACITY_AT);
		id.unallocated = take_128(p + UNALLOCATED_AT);
	}
	*out = id;
	return true;
}

bool kan_nvme_health_parse(struct kan_nvme_health *out, struct kan_view v)
{
	struct kan_nvme_health h = { 0 };
	const uint8_t *p = kan_view_at(v, 0, KAN_NVME_HEALTH_LEN);
	bool filled = false;

	for (size_t i = 0; p && i < KAN_NVME_HEALTH_LEN; i++)
		filled = filled || p[i] != 0;
	if (!filled)
		return false;
	h.critical = p[CRITICAL_AT];
	h.has_celsius = kan_le16(p + KELVIN_AT) != 0;
	h.celsius = kan_le16(p + KELVIN_AT) - KELVIN_ZERO;
	h.spare = p[SPARE_AT];
	h.used = p[USED_AT];
	h.hours = take_128(p + HOURS_AT);
	h.media_errors = take_128(p + MEDIA_AT);
	*out = h;
	return true;
}
