/* SPDX-License-Identifier: MIT */
/*
 * meta.c - sections of E01 that describe the media: volume, hash, error2
 *
 * The volume section stands in the first segment; data sections repeat it in the
 * others.  The first sound one counts, and the others must say the same.
 */
#include "image/ewf/ewf.h"

#include "core/bytes.h"
#include "core/cleanup.h"

#include <inttypes.h>
#include <libdeflate.h>
#include <stdio.h>
#include <string.h>

enum hash_layout {
	MD5_LEN = 16,
	SHA1_LEN = 20,
	HASH_CHECKSUM = 32,
	DIGEST_SHA1 = 16,
	DIGEST_CHECKSUM = 76,
};

enum errors_layout {
	ERRORS_HEADER_LEN = 520,
	ERRORS_CHECKSUM = 516,
	ERRORS_ENTRY_LEN = 8,
};

#define ERRORS_MAX (1u << 20) /* ranges of acquisition errors that are read */

void kan_ewf_complain(struct kan_ewf_opening *o, const struct kan_ewf_segment *seg,
                      const struct kan_ewf_section *s, const char *what)
{
	kan_findings_add(o->findings, KAN_FINDING_STRUCTURE, KAN_NO_OFFSET, 0, seg->name,
	                 "%s section at %" PRIu64 ": %s", s->type, s->offset, what);
}

bool kan_ewf_volume_equals(const struct kan_ewf_volume *a, const struct kan_ewf_volume *b)
{
	return a->nchunks == b->nchunks && a->chunk_sectors == b->chunk_sectors &&
	       a->sector_size == b->sector_size && a->nsectors == b->nsectors;
}

static void take_volume(struct kan_ewf_opening *o, const struct kan_ewf_segment *seg,
                        const struct kan_ewf_section *s, const struct kan_ewf_volume *v)
{
	struct kan_ewf *e = o->ewf;
	bool is_copy = strcmp(s->type, "data") == 0;

	/* Some acquisition devices write data sections whose checksum never fits. */
	if (!v->sound)
		kan_findings_add(o->findings, is_copy ? KAN_FINDING_NOTE : KAN_FINDING_STRUCTURE,
		                 KAN_NO_OFFSET, 0, seg->name,
		                 "%s section at %" PRIu64 ": its checksum does not fit", s->type,
		                 s->offset);
	if (!e->has_volume || (!e->volume.sound && v->sound)) {
		e->volume = *v;
		e->has_volume = true;
	} else if (v->sound && !kan_ewf_volume_equals(v, &e->volume)) {
		kan_ewf_complain(o, seg, s, "describes other media than the volume section");
	}
}

int kan_ewf_read_volume(struct kan_ewf_opening *o, const struct kan_ewf_segment *seg,
                        const struct kan_ewf_section *s)
{
	struct kan_ewf_volume v;
	struct kan_view data;
	bool good;
	int rc = kan_ewf_load(o, seg, s, KAN_EWF_VOLUME_LEN, &data);

	if (rc != KAN_OK)
		return rc;
	good = kan_ewf_volume_parse(&v, data);
	free((void *)(uintptr_t)data.data);
	if (good)
		take_volume(o, seg, s, &v);
	else if (data.len == KAN_EWF_VOLUME_SMART_LEN && !o->ewf->has_volume)
		return kan_fail(o->err, KAN_EUNSUPPORTED,
		                "%s: the SMART variant of EWF, which this format does not read",
		                seg->path);
	else
		kan_ewf_complain(o, seg, s, "does not describe any media");
	return KAN_OK;
}

static bool is_set(const uint8_t *digest, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (digest[i] != 0)
			return true;
	return false;
}

int kan_ewf_take_hash(struct kan_ewf_opening *o, const char *algorithm, const uint8_t *digest,
                      size_t len)
{
	if (!digest || !is_set(digest, len))
		return KAN_OK;
	return kan_image_info_hash(o->info, algorithm, digest, len, o->err);
}

/* hash: an MD5; digest: an MD5 and a SHA-1; not acquired ones are zero. */
int kan_ewf_read_hash(struct kan_ewf_opening *o, const struct kan_ewf_segment *seg,
                      const struct kan_ewf_section *s)
{
	bool is_digest = strcmp(s->type, "digest") == 0;
	size_t sum_at = is_digest ? DIGEST_CHECKSUM : HASH_CHECKSUM;
	size_t before = o->info->nhashes;
	struct kan_view v;
	const uint8_t *sum;
	int rc = kan_ewf_load(o, seg, s, sum_at + 4, &v);

	if (rc != KAN_OK)
		return rc;
	sum = kan_view_at(v, sum_at, 4);
	if (!sum)
		kan_ewf_complain(o, seg, s, "is too short");
	else if (kan_le32(sum) != libdeflate_adler32(1, v.data, sum_at))
		kan_ewf_complain(o, seg, s, "its checksum does not fit");
	rc = kan_ewf_take_hash(o, "md5", kan_view_at(v, 0, MD5_LEN), MD5_LEN);
	if (rc == KAN_OK && is_digest)
		rc = kan_ewf_take_hash(o, "sha1", kan_view_at(v, DIGEST_SHA1, SHA1_LEN), SHA1_LEN);
	free((void *)(uintptr_t)v.data);
	if (before > 0 && o->info->nhashes > before &&
	    strcmp(o->info->hashes[before].algorithm, "md5") == 0)
		kan_ewf_complain(o, seg, s, "holds another MD5 than the section before");
	return rc;
}

void kan_ewf_add_error(struct kan_ewf_opening *o, const struct kan_ewf_segment *seg,
                       const struct kan_ewf_section *s, uint64_t start, uint64_t count)
{
	const struct kan_ewf_volume *v = &o->ewf->volume;

	if (start >= v->nsectors || count > v->nsectors - start) {
		kan_ewf_complain(o, seg, s, "names sectors that the media does not have");
		if (start >= v->nsectors)
			return;
		count = v->nsectors - start;
	}
	if (count > 0)
		kan_findings_add(o->findings, KAN_FINDING_UNREADABLE, start * v->sector_size,
		                 count * v->sector_size, seg->name, "unreadable when acquired");
}

/* Sectors that could not be read when the image was made; they are zeros in it. */
int kan_ewf_read_errors(struct kan_ewf_opening *o, const struct kan_ewf_segment *seg,
                        const struct kan_ewf_section *s)
{
	struct kan_view v;
	const uint8_t *head;
	uint64_t room, n;
	int rc = kan_ewf_load(o, seg, s,
	                      ERRORS_HEADER_LEN + (size_t)ERRORS_MAX * ERRORS_ENTRY_LEN + 4, &v);

	if (rc != KAN_OK)
		return rc;
	head = kan_view_at(v, 0, ERRORS_HEADER_LEN);
	n = head ? kan_le32(head) : 0;
	room = head ? (v.len - ERRORS_HEADER_LEN) / ERRORS_ENTRY_LEN : 0;
	if (!head || n > room)
		kan_ewf_complain(o, seg, s, "is too short");
	if (head &&
	    kan_le32(head + ERRORS_CHECKSUM) != libdeflate_adler32(1, head, ERRORS_CHECKSUM))
		kan_ewf_complain(o, seg, s, "its checksum does not fit");
	if (!o->ewf->has_volume)
		kan_ewf_complain(o, seg, s, "stands before any volume section and is not read");
	for (uint64_t i = 0; o->ewf->has_volume && i < n && i < room; i++) {
		const uint8_t *p = v.data + ERRORS_HEADER_LEN + i * ERRORS_ENTRY_LEN;

		kan_ewf_add_error(o, seg, s, kan_le32(p), kan_le32(p + 4));
	}
	free((void *)(uintptr_t)v.data);
	return KAN_OK;
}

static const char *media_type(uint8_t type)
{
	switch (type) {
	case 0x00:
		return "removable disk";
	case 0x01:
		return "fixed disk";
	case 0x03:
		return "optical disk (CD/DVD/BD)";
	case 0x0e:
		return "single files";
	case 0x10:
		return "memory (RAM)";
	default:
		return "unknown";
	}
}

static const char *compression(uint8_t level)
{
	static const char *const names[] = { "no compression", "good (fast) compression",
		                             "best compression" };

	return level < 3 ? names[level] : "unknown";
}

/* What ewfinfo shows beside the header. */
int kan_ewf_put_media_values(struct kan_ewf_opening *o)
{
	/* The first three fields of a GUID are little-endian. */
	static const uint8_t guid_order[16] = {
		3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15
	};
	const struct kan_ewf_volume *v = &o->ewf->volume;
	char text[64] = "";
	size_t len = 0;
	int rc = kan_image_info_value(o->info, "media_type", media_type(v->media_type), o->err);

	if (rc == KAN_OK)
		rc = kan_image_info_value(o->info, "is_physical",
		                          v->media_flags & KAN_EWF_MEDIA_PHYSICAL ? "yes" : "no",
		                          o->err);
	if (rc == KAN_OK && (v->media_flags & (KAN_EWF_MEDIA_FASTBLOC | KAN_EWF_MEDIA_TABLEAU)))
		rc = kan_image_info_value(
			o->info, "write_blocker",
			v->media_flags & KAN_EWF_MEDIA_TABLEAU ? "Tableau" : "FastBloc", o->err);
	if (rc == KAN_OK && v->compression != KAN_EWF_NO_LEVEL)
		rc = kan_image_info_value(o->info, "compression_level", compression(v->compression),
		                          o->err);
	snprintf(text, sizeof(text), "%" PRIu32, v->granularity);
	if (rc == KAN_OK && v->granularity > 0)
		rc = kan_image_info_value(o->info, "error_granularity", text, o->err);
	if (rc != KAN_OK || !is_set(v->guid, sizeof(v->guid)))
		return rc;
	for (size_t i = 0; i < sizeof(v->guid); i++)
		len += (size_t)snprintf(text + len, sizeof(text) - len, "%s%02x",
		                        i == 4 || i == 6 || i == 8 || i == 10 ? "-" : "",
		                        v->guid[guid_order[i]]);
	return kan_image_info_value(o->info, "set_identifier", text, o->err);
}
