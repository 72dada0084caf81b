/* SPDX-License-Identifier: MIT */
/*
 * section.c - descriptors of Ex01 sections, their data, and the header of a segment
 */
#include "image/ewf2/ewf2.h"

#include "core/bytes.h"

#include <libdeflate.h>
#include <stdio.h>
#include <string.h>

enum descriptor_layout {
	DESCRIPTOR_TYPE = 0,
	DESCRIPTOR_FLAGS = 4,
	DESCRIPTOR_PREVIOUS = 8,
	DESCRIPTOR_DATA_SIZE = 16,
	DESCRIPTOR_SIZE = 24,
	DESCRIPTOR_MD5 = 32,
	DESCRIPTOR_CHECKSUM = 60,
};

enum descriptor_flags {
	FLAG_HASHED = 1,
	FLAG_ENCRYPTED = 2,
};

enum header_layout {
	HEADER_MAJOR = 8,
	HEADER_MINOR = 9,
	HEADER_METHOD = 10,
	HEADER_NUMBER = 12,
	HEADER_GUID = 16,
};

static const char *name_of(uint32_t type)
{
	static const char *const names[] = {
		[KAN_EWF2_DEVICE] = "device info",
		[KAN_EWF2_CASE] = "case data",
		[KAN_EWF2_SECTOR_DATA] = "sector data",
		[KAN_EWF2_SECTOR_TABLE] = "sector table",
		[KAN_EWF2_ERROR_TABLE] = "error table",
		[KAN_EWF2_SESSION_TABLE] = "session table",
		[0x07] = "increment data",
		[KAN_EWF2_MD5] = "MD5 hash",
		[KAN_EWF2_SHA1] = "SHA1 hash",
		[KAN_EWF2_RESTART] = "restart data",
		[KAN_EWF2_KEYS] = "encryption keys",
		[0x0c] = "memory extents",
		[KAN_EWF2_NEXT] = "next",
		[KAN_EWF2_FINAL] = "final info",
		[KAN_EWF2_DONE] = "done",
		[KAN_EWF2_ANALYTICAL] = "analytical data",
		[0x20] = "single files",
	};

	return type < sizeof(names) / sizeof(names[0]) ? names[type] : NULL;
}

/*
 * The data begin where the section before ends, which its offset tells even if that
 * descriptor itself is destroyed.  They may be shorter than the room: an acquisition
 * that was broken off and taken up again leaves bytes that belong to nothing.
 */
bool kan_ewf2_section_parse(struct kan_ewf2_section *out, const uint8_t *raw, uint64_t offset)
{
	struct kan_ewf2_section d = {
		.s = { .offset = offset, .sound = true },
		.type = kan_le32(raw + DESCRIPTOR_TYPE),
		.flags = kan_le32(raw + DESCRIPTOR_FLAGS),
		.previous = kan_le64(raw + DESCRIPTOR_PREVIOUS),
	};
	uint64_t len = kan_le64(raw + DESCRIPTOR_DATA_SIZE), room;
	const char *name = name_of(d.type);

	if (kan_le32(raw + DESCRIPTOR_SIZE) != KAN_EWF2_DESCRIPTOR_LEN ||
	    kan_le32(raw + DESCRIPTOR_CHECKSUM) != libdeflate_adler32(1, raw, DESCRIPTOR_CHECKSUM))
		return false;
	d.s.data = KAN_EWF2_FILE_HEADER_LEN;
	if (d.previous != 0) {
		if (d.previous < KAN_EWF2_FILE_HEADER_LEN || d.previous >= offset)
			return false;
		d.s.data = d.previous + KAN_EWF2_DESCRIPTOR_LEN;
	}
	if (d.s.data > offset)
		return false;
	room = offset - d.s.data;
	d.s.cut = len > room;
	d.s.data_len = d.s.cut ? room : len;
	d.spare = room - d.s.data_len;
	memcpy(d.md5, raw + DESCRIPTOR_MD5, sizeof(d.md5));
	if (name)
		snprintf(d.s.type, sizeof(d.s.type), "%s", name);
	else
		snprintf(d.s.type, sizeof(d.s.type), "type %#x", d.type);
	*out = d;
	return true;
}

bool kan_ewf2_has_md5(const struct kan_ewf2_section *s)
{
	return s->flags & FLAG_HASHED;
}

bool kan_ewf2_is_encrypted(const struct kan_ewf2_section *s)
{
	return s->flags & FLAG_ENCRYPTED;
}

int kan_ewf2_load(struct kan_ewf_opening *o, const struct kan_ewf_segment *seg,
                  const struct kan_ewf2_section *s, struct kan_view *out)
{
	uint8_t digest[KAN_MD5_LEN];
	struct kan_md5 m;
	int rc = kan_ewf_load(o, seg, &s->s, KAN_EWF2_LOAD_MAX, out);

	if (rc != KAN_OK)
		return rc;
	if (out->len < s->s.data_len) {
		kan_ewf_complain(o, seg, &s->s, "is too large and is read in part only");
		return KAN_OK;
	}
	if (!kan_ewf2_has_md5(s) || out->len == 0)
		return KAN_OK;
	kan_md5_begin(&m, kan_md5_blocks_plain);
	kan_md5_add(&m, (const uint8_t *)out->data, out->len);
	kan_md5_end(&m, digest);
	if (memcmp(digest, s->md5, sizeof(digest)) != 0)
		kan_ewf_complain(o, seg, &s->s, "its integrity hash does not fit");
	return KAN_OK;
}

static int check_method(struct kan_ewf_opening *o, const struct kan_ewf_segment *seg,
                        unsigned method)
{
	if (method == KAN_EWF2_STORED || method == KAN_EWF2_DEFLATE)
		return KAN_OK;
	if (method == KAN_EWF2_BZIP2)
		return kan_fail(o->err, KAN_EUNSUPPORTED,
		                "%s: an Ex01 image compressed with bzip2, which is not read",
		                seg->path);
	return kan_fail(o->err, KAN_EUNSUPPORTED,
	                "%s: an Ex01 image with the unknown compression method %u", seg->path,
	                method);
}

/* All segments carry the identifier of their set: a stray one would give foreign bytes. */
static void check_guid(struct kan_ewf_opening *o, struct kan_ewf_segment *seg, const uint8_t *guid)
{
	struct kan_ewf_volume *v = &o->ewf->volume;
	static const uint8_t none[sizeof(v->guid)];

	if (memcmp(v->guid, none, sizeof(none)) == 0)
		memcpy(v->guid, guid, sizeof(v->guid));
	if (memcmp(v->guid, guid, sizeof(v->guid)) == 0)
		return;
	kan_findings_add(o->findings, KAN_FINDING_STRUCTURE, KAN_NO_OFFSET, 0, seg->name,
	                 "belongs to another set by its identifier and is not read");
	seg->missing = true;
}

static int read_header(struct kan_ewf_opening *o, size_t i, const uint8_t *raw, unsigned *out)
{
	struct kan_ewf_segment *seg = &o->ewf->segments[i];
	unsigned method = kan_le16(raw + HEADER_METHOD);
	int rc;

	if (raw[HEADER_MAJOR] != 2)
		return kan_fail(o->err, KAN_EUNSUPPORTED,
		                "%s: version %u.%u of the Ex01 format, which is not known",
		                seg->path, raw[HEADER_MAJOR], raw[HEADER_MINOR]);
	rc = check_method(o, seg, method);
	if (rc != KAN_OK)
		return rc;
	o->method = (uint16_t)method;
	check_guid(o, seg, raw + HEADER_GUID);
	*out = kan_le32(raw + HEADER_NUMBER);
	return KAN_OK;
}

const struct kan_ewf_dialect kan_ewf2_dialect = {
	.magic = (const uint8_t *)KAN_EWF2_MAGIC,
	.set = "an Ex01 set",
	.volume = "the description of the media",
	.prefix_len = 1,
	.header_len = KAN_EWF2_FILE_HEADER_LEN,
	.entry_len = KAN_EWF2_ENTRY_LEN,
	.header = read_header,
	.entry = kan_ewf2_entry,
};
