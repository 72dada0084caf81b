/* SPDX-License-Identifier: MIT */
/*
 * smart.c - SMART attributes and their thresholds
 *
 * Two blocks of the same shape: a revision, 30 entries of 12 bytes, and at the
 * end a byte that makes the sum of all bytes zero.  The standard leaves the
 * attributes to the vendors; the layout is that of SFF-8035i revision 2.
 */
#include "core/bytes.h"
#include "image/drive/ata.h"

#define ENTRIES_AT   2u
#define ENTRY_LEN    12u
#define PREFAILURE   0x0001u
#define VALUE_MAX    253u
#define ALWAYS_FAILS 255u /* a threshold for tests of the host */

static const uint8_t *good_block(struct kan_view v)
{
	const uint8_t *p = kan_view_at(v, 0, KAN_ATA_BLOCK);
	uint8_t sum = 0;
	bool filled = false;

	for (size_t i = 0; p && i < KAN_ATA_BLOCK; i++) {
		sum = (uint8_t)(sum + p[i]);
		filled = filled || p[i] != 0;
	}
	return filled && sum == 0 ? p : NULL;
}

bool kan_smart_parse(struct kan_smart *out, struct kan_view v)
{
	struct kan_smart s = { 0 };
	const uint8_t *p = good_block(v);

	if (!p)
		return false;
	for (size_t i = 0; i < KAN_SMART_MAX; i++) {
		const uint8_t *e = p + ENTRIES_AT + i * ENTRY_LEN;

		if (e[0] == 0)
			continue;
		s.list[s.n++] = (struct kan_smart_attribute){
			.id = e[0],
			.flags = kan_le16(e + 1),
			.value = e[3],
			.worst = e[4],
			.raw = kan_le32(e + 5) | (uint64_t)kan_le16(e + 9) << 32,
		};
	}
	*out = s;
	return true;
}

bool kan_smart_add_thresholds(struct kan_smart *s, struct kan_view v)
{
	const uint8_t *p = good_block(v);

	if (!p)
		return false;
	for (size_t i = 0; i < KAN_SMART_MAX; i++) {
		const uint8_t *e = p + ENTRIES_AT + i * ENTRY_LEN;

		for (size_t k = 0; e[0] != 0 && k < s->n; k++)
			if (s->list[k].id == e[0])
				s->list[k].threshold = e[1];
	}
	return true;
}

const struct kan_smart_attribute *kan_smart_find(const struct kan_smart *s, uint8_t id)
{
	for (size_t i = 0; i < s->n; i++)
		if (s->list[i].id == id)
			return &s->list[i];
	return NULL;
}

bool kan_smart_is_failing(const struct kan_smart *s)
{
	for (size_t i = 0; i < s->n; i++) {
		const struct kan_smart_attribute *a = &s->list[i];

		if ((a->flags & PREFAILURE) && a->value >= 1 && a->value <= VALUE_MAX &&
		    a->threshold != 0 && a->threshold != ALWAYS_FAILS && a->value <= a->threshold)
			return true;
	}
	return false;
}
