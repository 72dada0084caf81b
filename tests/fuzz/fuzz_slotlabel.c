/* SPDX-License-Identifier: MIT */
/*
 * fuzz_slotlabel.c - any bytes as the label of a BSD or of Solaris inside a slot
 */
#include "core/bytes.h"
#include "fs/slot_label.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void check_entry(const struct kan_volume *v)
{
	if (strcmp(v->table, "bsd") != 0 && strcmp(v->table, "sun") != 0)
		abort();
	if (v->length == 0 || v->description[0] == '\0')
		abort();
}

/* The sector, then its size, and the place and length of the slot. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct kan_slot_label label;
	uint8_t *sector;

	if (len < KAN_SLOT_SECTOR + 20)
		return 0;
	sector = malloc(KAN_SLOT_SECTOR);
	if (!sector)
		return 0;
	memcpy(sector, data, KAN_SLOT_SECTOR);
	data += KAN_SLOT_SECTOR;
	if (kan_slot_label_read(&label, sector, kan_le32(data), kan_le64(data + 4),
	                        kan_le64(data + 12))) {
		if (label.n + label.nbad > KAN_SLOT_ENTRIES)
			abort();
		for (size_t i = 0; i < label.n; i++)
			check_entry(&label.entries[i]);
	}
	free(sector);
	return 0;
}
