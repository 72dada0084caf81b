/* SPDX-License-Identifier: MIT */
/*
 * scan.c - read the sections of all segments of an Ex01 set, in order
 */
#include "image/ewf2/ewf2.h"

#include "core/cleanup.h"

#include <inttypes.h>

static int refuse_encrypted(struct kan_ewf_opening *o, const struct kan_ewf_segment *seg)
{
	return kan_fail(o->err, KAN_EUNSUPPORTED,
	                "%s: an encrypted Ex01 image; only EnCase can decrypt it", seg->path);
}

static int read_section(struct kan_ewf_opening *o, size_t index, const struct kan_ewf2_section *s)
{
	const struct kan_ewf_segment *seg = &o->ewf->segments[index];

	if (kan_ewf2_is_encrypted(s) || s->type == KAN_EWF2_KEYS)
		return refuse_encrypted(o, seg);
	switch (s->type) {
	case KAN_EWF2_DEVICE:
	case KAN_EWF2_CASE:
		return kan_ewf2_read_text(o, seg, s);
	case KAN_EWF2_SECTOR_TABLE:
		return kan_ewf2_read_table(o, index, s);
	case KAN_EWF2_ERROR_TABLE:
		return kan_ewf2_read_errors(o, seg, s);
	case KAN_EWF2_MD5:
	case KAN_EWF2_SHA1:
		return kan_ewf2_read_hash(o, seg, s);
	case KAN_EWF2_DONE:
		o->ewf->done = true;
		return KAN_OK;
	case KAN_EWF2_SECTOR_DATA: /* the tables lead to what is in it */
	case KAN_EWF2_SESSION_TABLE:
	case KAN_EWF2_RESTART:
	case KAN_EWF2_NEXT:
	case KAN_EWF2_FINAL:
	case KAN_EWF2_ANALYTICAL:
		return KAN_OK;
	default:
		kan_findings_add(o->findings, KAN_FINDING_NOTE, KAN_NO_OFFSET, 0, seg->name,
		                 "a section of type \"%s\" is not read", s->s.type);
		return KAN_OK;
	}
}

static void report(struct kan_ewf_opening *o, const struct kan_ewf_segment *seg,
                   const struct kan_ewf2_section *s)
{
	if (s->s.cut)
		kan_ewf_complain(o, seg, &s->s, "has less room than it says");
	if (s->spare > 0)
		kan_findings_add(o->findings,
		                 s->type == KAN_EWF2_SECTOR_DATA ? KAN_FINDING_NOTE
		                                                 : KAN_FINDING_STRUCTURE,
		                 KAN_NO_OFFSET, 0, seg->name,
		                 "%s section at %" PRIu64 ": %" PRIu64 " bytes belong to nothing",
		                 s->s.type, s->s.offset, s->spare);
}

/* One link of the list; *@last becomes the type of its section. */
static int walk_link(struct kan_ewf_opening *o, size_t index, const struct kan_ewf2_link *link,
                     uint32_t *last)
{
	const struct kan_ewf_segment *seg = &o->ewf->segments[index];
	struct kan_ewf2_section s;
	bool there;
	int rc;

	if (link->broken)
		return kan_ewf_add_hole(o, index, KAN_FINDING_STRUCTURE);
	rc = kan_ewf2_read_descriptor(o, seg, link->offset, &s, &there);
	if (rc != KAN_OK || !there)
		return rc; /* it was there a moment ago */
	*last = s.type;
	report(o, seg, &s);
	return read_section(o, index, &s);
}

static int walk_segment(struct kan_ewf_opening *o, size_t index)
{
	const struct kan_ewf_segment *seg = &o->ewf->segments[index];
	struct kan_ewf2_list list = { 0 };
	uint32_t last = 0;
	int rc = kan_ewf2_list(o, seg, &list);

	for (size_t i = list.n; rc == KAN_OK && i-- > 0;)
		if (i > 0 || !list.links[i].broken) /* a break at the end is dealt with below */
			rc = walk_link(o, index, &list.links[i], &last);
	free(list.links);
	if (rc != KAN_OK || last == KAN_EWF2_NEXT || last == KAN_EWF2_DONE)
		return rc;
	kan_findings_add(o->findings, KAN_FINDING_TRUNCATED, KAN_NO_OFFSET, 0, seg->name,
	                 "the file ends before its last section");
	return kan_ewf_add_hole(o, index, KAN_FINDING_TRUNCATED);
}

int kan_ewf2_scan(struct kan_ewf_opening *o)
{
	return kan_ewf_scan_segments(o, walk_segment);
}
