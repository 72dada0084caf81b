/* SPDX-License-Identifier: MIT */
/*
 * section.c - section descriptors and volume sections, out of bytes
 */
#include "image/ewf/ewf.h"

#include "core/bytes.h"

#include <libdeflate.h>
#include <string.h>

enum descriptor_layout {
	DESCRIPTOR_TYPE_LEN = 16,
	DESCRIPTOR_NEXT = 16,
	DESCRIPTOR_SIZE = 24,
	DESCRIPTOR_CHECKSUM = 72,
};

bool kan_ewf_section_is_known(const char *type)
{
	static const char *const types[] = {
		"header",     "header2", "volume", "disk",    "data",   "sectors", "table",
		"table2",     "next",    "done",   "session", "error2", "digest",  "hash",
		"incomplete", "xheader", "xhash",  "ltree",   "ltypes", "map",
	};

	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		if (strcmp(type, types[i]) == 0)
			return true;
	return false;
}

/*
 * Both the offset of the next section and the size of this one are stored.  The
 * chain follows the former; the latter may be 0 (next and done sections, and all
 * of Expert Witness 1.35), and is believed only where it is the smaller one.
 */
void kan_ewf_section_parse(struct kan_ewf_section *out, const uint8_t *raw, uint64_t offset,
                           uint64_t file_size)
{
	uint64_t size = kan_le64(raw + DESCRIPTOR_SIZE);
	uint64_t room = file_size - offset - KAN_EWF_DESCRIPTOR_LEN;
	uint64_t len = 0;

	*out = (struct kan_ewf_section){ .offset = offset };
	memcpy(out->type, raw, DESCRIPTOR_TYPE_LEN);
	out->next = kan_le64(raw + DESCRIPTOR_NEXT);
	out->data = offset + KAN_EWF_DESCRIPTOR_LEN;
	out->sound = kan_le32(raw + DESCRIPTOR_CHECKSUM) ==
	             libdeflate_adler32(1, raw, DESCRIPTOR_CHECKSUM);
	if (out->next >= out->data)
		len = out->next - out->data;
	if (size >= KAN_EWF_DESCRIPTOR_LEN &&
	    (size - KAN_EWF_DESCRIPTOR_LEN < len || out->next < out->data))
		len = size - KAN_EWF_DESCRIPTOR_LEN;
	out->cut = len > room;
	out->data_len = out->cut ? room : len;
}

bool kan_ewf_volume_can_be(const struct kan_ewf_volume *v)
{
	uint64_t chunk_size = (uint64_t)v->chunk_sectors * v->sector_size;

	return v->sector_size > 0 && v->sector_size <= 65536 && chunk_size >= KAN_EWF_CHUNK_MIN &&
	       chunk_size <= KAN_EWF_CHUNK_MAX;
}

bool kan_ewf_volume_parse(struct kan_ewf_volume *out, struct kan_view v)
{
	const uint8_t *p = kan_view_at(v, 0, KAN_EWF_VOLUME_LEN);
	struct kan_ewf_volume vol;

	if (!p)
		return false;
	vol = (struct kan_ewf_volume){
		.media_type = p[KAN_EWF_VOLUME_MEDIA_TYPE],
		.media_flags = p[KAN_EWF_VOLUME_FLAGS],
		.compression = p[KAN_EWF_VOLUME_COMPRESSION],
		.nchunks = kan_le32(p + KAN_EWF_VOLUME_CHUNKS),
		.chunk_sectors = kan_le32(p + KAN_EWF_VOLUME_CHUNK_SECTORS),
		.sector_size = kan_le32(p + KAN_EWF_VOLUME_SECTOR_SIZE),
		.nsectors = kan_le64(p + KAN_EWF_VOLUME_SECTORS),
		.granularity = kan_le32(p + KAN_EWF_VOLUME_GRANULARITY),
		.sound = kan_le32(p + KAN_EWF_VOLUME_CHECKSUM) ==
		         libdeflate_adler32(1, p, KAN_EWF_VOLUME_CHECKSUM),
	};
	memcpy(vol.guid, p + KAN_EWF_VOLUME_GUID, sizeof(vol.guid));
	if (!kan_ewf_volume_can_be(&vol))
		return false;
	*out = vol;
	return true;
}
