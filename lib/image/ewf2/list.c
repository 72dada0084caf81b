/* SPDX-License-Identifier: MIT */
/*
 * list.c - find the sections of an Ex01 segment, from the end of the file backwards
 *
 * Every descriptor stands behind its section and says where the one before stands.
 * The walk only goes backward, so it ends.  Where there is no descriptor the file is
 * searched backward for one; evidence may contain an Ex01 image of its own, whose
 * descriptors would lead astray, so one that is found so has to have a neighbour in
 * front of it, or to be the first.
 */
#include "image/ewf2/ewf2.h"

#include "core/bytes.h"
#include "core/cleanup.h"

#include <inttypes.h>
#include <string.h>

#define SEARCH_LEN (256u << 10) /* bytes searched at once */
#define BREAKS_MAX 1024u        /* of the chain of one segment that are searched for */

int kan_ewf2_read_descriptor(struct kan_ewf_opening *o, const struct kan_ewf_segment *seg,
                             uint64_t offset, struct kan_ewf2_section *out, bool *there)
{
	uint8_t raw[KAN_EWF2_DESCRIPTOR_LEN];
	uint64_t size = seg->file.size, bad = 0;
	int rc;

	*there = false;
	if (offset < KAN_EWF2_FILE_HEADER_LEN || offset > size || size - offset < sizeof(raw))
		return KAN_OK;
	rc = kan_evidence_file_read(&seg->file, offset, raw, sizeof(raw), NULL, &bad, o->err);
	if (rc == KAN_OK)
		*there = kan_ewf2_section_parse(out, raw, offset);
	return rc;
}

/* Could a descriptor begin at @p?  Cheap, because every byte of a file may be asked. */
static bool looks_right(const uint8_t *p)
{
	uint32_t type = kan_le32(p);

	return type >= 1 && type <= KAN_EWF2_TYPE_MAX && p[24] == KAN_EWF2_DESCRIPTOR_LEN &&
	       p[25] == 0 && p[26] == 0 && p[27] == 0;
}

/* Does @s follow another section, or the header, without a gap? */
static int is_linked(struct kan_ewf_opening *o, const struct kan_ewf_segment *seg,
                     const struct kan_ewf2_section *s, bool *linked)
{
	struct kan_ewf2_section before;

	*linked = s->spare == 0 || (s->previous > 0 && s->type == KAN_EWF2_SECTOR_DATA);
	if (s->previous == 0 || !*linked)
		return KAN_OK;
	return kan_ewf2_read_descriptor(o, seg, s->previous, &before, linked);
}

/* The last descriptor in the @len bytes at @buf, which stand at @at of the file. */
static int search_block(struct kan_ewf_opening *o, const struct kan_ewf_segment *seg,
                        struct kan_view v, uint64_t at, uint64_t *offset)
{
	for (size_t i = v.len - KAN_EWF2_DESCRIPTOR_LEN + 1; i-- > 0;) {
		struct kan_ewf2_section s;
		bool linked = false;
		int rc;

		if (!looks_right(v.data + i) || !kan_ewf2_section_parse(&s, v.data + i, at + i))
			continue;
		rc = is_linked(o, seg, &s, &linked);
		if (rc != KAN_OK)
			return rc;
		if (linked) {
			*offset = at + i;
			return KAN_OK;
		}
	}
	return KAN_OK;
}

/* The last descriptor that ends before @end into *@offset, or 0. */
static int search(struct kan_ewf_opening *o, const struct kan_ewf_segment *seg, uint64_t end,
                  uint64_t *offset)
{
	KAN_AUTO(mem) uint8_t *buf = malloc(SEARCH_LEN);
	const uint64_t first = KAN_EWF2_FILE_HEADER_LEN;

	*offset = 0;
	if (!buf)
		return kan_fail(o->err, KAN_ENOMEM, "out of memory for a search");
	while (*offset == 0 && end > first && end - first >= KAN_EWF2_DESCRIPTOR_LEN) {
		size_t len = end - first < SEARCH_LEN ? (size_t)(end - first) : SEARCH_LEN;
		uint64_t at = end - len;
		int rc = kan_evidence_file_read(&seg->file, at, buf, len, NULL, NULL, o->err);

		if (rc == KAN_OK)
			rc = search_block(o, seg, (struct kan_view){ buf, len }, at, offset);
		if (rc != KAN_OK)
			return rc;
		end = at == first ? first : at + KAN_EWF2_DESCRIPTOR_LEN - 1;
	}
	return KAN_OK;
}

static int add_link(struct kan_ewf_opening *o, const struct kan_ewf_segment *seg,
                    struct kan_ewf2_list *l, struct kan_ewf2_link link)
{
	if (l->n >= KAN_EWF2_SECTIONS_MAX)
		return kan_fail(o->err, KAN_ELIMIT, "%s: more than %u sections", seg->path,
		                KAN_EWF2_SECTIONS_MAX);
	if (l->n == l->room) {
		size_t room = l->room ? 2 * l->room : 64;
		struct kan_ewf2_link *links = realloc(l->links, room * sizeof(*links));

		if (!links)
			return kan_fail(o->err, KAN_ENOMEM, "out of memory for %zu sections", room);
		l->links = links;
		l->room = room;
	}
	l->links[l->n++] = link;
	return KAN_OK;
}

/* There is no section at @offset: note it, and find the one before. */
static int resume(struct kan_ewf_opening *o, const struct kan_ewf_segment *seg,
                  struct kan_ewf2_list *l, uint64_t *offset)
{
	uint64_t size = seg->file.size, from = *offset;
	bool at_end = l->n == 0;
	int rc = add_link(o, seg, l, (struct kan_ewf2_link){ .broken = true });

	if (rc == KAN_OK && ++l->nbreaks > BREAKS_MAX) {
		kan_findings_add(o->findings, KAN_FINDING_LIMIT, KAN_NO_OFFSET, 0, seg->name,
		                 "the chain of sections is broken more than %u times", BREAKS_MAX);
		*offset = 0;
		return KAN_OK;
	}
	if (rc == KAN_OK)
		rc = search(o, seg, at_end ? size : from + KAN_EWF2_DESCRIPTOR_LEN - 1, offset);
	if (rc != KAN_OK)
		return rc;
	if (at_end && *offset > 0)
		kan_findings_add(o->findings, KAN_FINDING_STRUCTURE, KAN_NO_OFFSET, 0, seg->name,
		                 "%" PRIu64 " bytes lie behind the last section that can be found",
		                 size - *offset - KAN_EWF2_DESCRIPTOR_LEN);
	else if (at_end)
		kan_findings_add(o->findings, KAN_FINDING_STRUCTURE, KAN_NO_OFFSET, 0, seg->name,
		                 "there is no section in the file");
	else
		kan_findings_add(o->findings, KAN_FINDING_STRUCTURE, KAN_NO_OFFSET, 0, seg->name,
		                 *offset > 0 ? "there is no section at %" PRIu64 " of the file; "
		                               "going on with the one before"
		                             : "there is no section at %" PRIu64
		                               " of the file, nor before",
		                 from);
	return KAN_OK;
}

int kan_ewf2_list(struct kan_ewf_opening *o, const struct kan_ewf_segment *seg,
                  struct kan_ewf2_list *out)
{
	uint64_t size = seg->file.size, offset = 0;

	if (size >= KAN_EWF2_FILE_HEADER_LEN + KAN_EWF2_DESCRIPTOR_LEN)
		offset = size - KAN_EWF2_DESCRIPTOR_LEN;
	do {
		struct kan_ewf2_section s;
		bool there;
		int rc = kan_ewf2_read_descriptor(o, seg, offset, &s, &there);

		if (rc == KAN_OK && there)
			rc = add_link(o, seg, out, (struct kan_ewf2_link){ .offset = offset });
		if (rc == KAN_OK && there)
			offset = s.previous; /* is in front of this one */
		else if (rc == KAN_OK)
			rc = resume(o, seg, out, &offset);
		if (rc != KAN_OK)
			return rc;
	} while (offset > 0);
	return KAN_OK;
}
