/* SPDX-License-Identifier: MIT */
/*
 * scan.c - walk the sections of all segments of an E01 set
 *
 * Each section says where the next one is.  The walk only goes forward, so it
 * ends.  Where a descriptor cannot be right the file is searched, byte by byte, for
 * the next one with a fitting checksum; what lies between may have held a chunk
 * table, so a hole is noted, which kan_ewf_place() closes again if nothing is
 * missing in the end.
 */
#include "image/ewf/ewf.h"

#include "core/cleanup.h"

#include <inttypes.h>
#include <string.h>

#define SEARCH_LEN (256u << 10) /* bytes searched at once for a descriptor */

/* State of the walk through one segment. */
struct walk {
	struct kan_ewf_opening *o;
	const struct kan_ewf_segment *seg;
	size_t index;
	struct kan_ewf_tables tables;
	bool ended; /* a next or done section was met */
};

int kan_ewf_load(struct kan_ewf_opening *o, const struct kan_ewf_segment *seg,
                 const struct kan_ewf_section *s, size_t max, struct kan_view *out)
{
	size_t len = s->data_len < max ? (size_t)s->data_len : max;
	uint64_t bad = 0;
	uint8_t *data;
	int rc;

	*out = (struct kan_view){ 0 };
	if (len == 0)
		return KAN_OK;
	data = malloc(len);
	if (!data)
		return kan_fail(o->err, KAN_ENOMEM, "out of memory for a section of %zu bytes",
		                len);
	rc = kan_evidence_file_read(&seg->file, s->data, data, len, NULL, &bad, o->err);
	if (rc != KAN_OK) {
		free(data);
		return rc;
	}
	if (bad > 0)
		kan_findings_add(o->findings, KAN_FINDING_UNREADABLE, KAN_NO_OFFSET, 0, seg->name,
		                 "%s section: %" PRIu64 " bytes cannot be read", s->type, bad);
	*out = (struct kan_view){ data, len };
	return KAN_OK;
}

/* The descriptor at @offset; false if the file ends before, or it cannot be read. */
static int read_descriptor(struct walk *w, uint64_t offset, struct kan_ewf_section *out,
                           bool *there)
{
	uint8_t raw[KAN_EWF_DESCRIPTOR_LEN];
	uint64_t size = w->seg->file.size, bad = 0;
	int rc;

	*there = false;
	if (offset > size || size - offset < sizeof(raw))
		return KAN_OK;
	rc = kan_evidence_file_read(&w->seg->file, offset, raw, sizeof(raw), NULL, &bad, w->o->err);
	if (rc != KAN_OK)
		return rc;
	kan_ewf_section_parse(out, raw, offset, size);
	*there = bad == 0 || out->sound;
	return KAN_OK;
}

/* next and done point to themselves; everything else points forward. */
static bool is_last(const struct kan_ewf_section *s)
{
	return strcmp(s->type, "next") == 0 || strcmp(s->type, "done") == 0;
}

static bool goes_on(const struct kan_ewf_section *s)
{
	return s->next >= s->data;
}

static bool can_be(const struct kan_ewf_section *s)
{
	return s->sound || (kan_ewf_section_is_known(s->type) && (goes_on(s) || is_last(s)));
}

/* Position of the first sound descriptor in @buf, or @len. */
static size_t find_sound(const uint8_t *buf, size_t len, uint64_t offset, uint64_t file_size,
                         struct kan_ewf_section *out)
{
	for (size_t i = 0; i + KAN_EWF_DESCRIPTOR_LEN <= len; i++) {
		if (!memchr("tsdhnevxi", buf[i], 9) || buf[i + 15] != 0 || buf[i + 3] < 'a' ||
		    buf[i + 3] > 'z')
			continue;
		kan_ewf_section_parse(out, buf + i, offset + i, file_size);
		if (out->sound && kan_ewf_section_is_known(out->type))
			return i;
	}
	return len;
}

/* Search for the next sound descriptor at or behind @offset. */
static int search(struct walk *w, uint64_t offset, struct kan_ewf_section *out, bool *there)
{
	KAN_AUTO(mem) uint8_t *buf = malloc(SEARCH_LEN);
	uint64_t size = w->seg->file.size;

	*there = false;
	if (!buf)
		return kan_fail(w->o->err, KAN_ENOMEM, "out of memory for a search");
	while (offset < size && size - offset >= KAN_EWF_DESCRIPTOR_LEN) {
		size_t len = size - offset < SEARCH_LEN ? (size_t)(size - offset) : SEARCH_LEN;
		int rc = kan_evidence_file_read(&w->seg->file, offset, buf, len, NULL, NULL,
		                                w->o->err);

		if (rc != KAN_OK)
			return rc;
		*there = find_sound(buf, len, offset, size, out) < len;
		if (*there)
			return KAN_OK;
		offset += len - KAN_EWF_DESCRIPTOR_LEN + 1;
	}
	return KAN_OK;
}

/* Nothing is known about the rest of the file: look for where the chain goes on. */
static int resume(struct walk *w, uint64_t offset, struct kan_ewf_section *out, bool *there)
{
	int rc = search(w, offset, out, there);

	if (rc != KAN_OK)
		return rc;
	kan_findings_add(w->o->findings, KAN_FINDING_STRUCTURE, KAN_NO_OFFSET, 0, w->seg->name,
	                 *there ? "there is no section at %" PRIu64 " of the file; going on with "
	                          "the next one"
	                        : "there is no section at %" PRIu64 " of the file, nor behind",
	                 offset);
	rc = kan_ewf_finish_table(w->o, &w->tables);
	if (rc != KAN_OK)
		return rc;
	w->tables.sectors = (struct kan_ewf_section){ .data = KAN_EWF_FILE_HEADER_LEN,
		                                      .data_len = w->seg->file.size };
	w->tables.has_sectors = true; /* it may have been lost: anywhere in the file */
	return *there ? kan_ewf_add_hole(w->o, w->index, KAN_FINDING_STRUCTURE) : KAN_OK;
}

static int read_sectors(struct walk *w, const struct kan_ewf_section *s)
{
	int rc = kan_ewf_finish_table(w->o, &w->tables);

	w->tables.sectors = *s;
	w->tables.has_sectors = true;
	return rc;
}

static int read_last(struct walk *w, const struct kan_ewf_section *s)
{
	w->ended = true;
	if (strcmp(s->type, "done") == 0)
		w->o->ewf->done = true;
	return KAN_OK;
}

static int note_unread(struct walk *w, const struct kan_ewf_section *s)
{
	kan_findings_add(w->o->findings, KAN_FINDING_NOTE, KAN_NO_OFFSET, 0, w->seg->name,
	                 "a section of type \"%s\" is not read", s->type);
	return KAN_OK;
}

static int read_section(struct walk *w, const struct kan_ewf_section *s)
{
	static const struct {
		const char *type;
		int (*read)(struct kan_ewf_opening *o, const struct kan_ewf_segment *seg,
		            const struct kan_ewf_section *s);
	} readers[] = {
		{ "header", kan_ewf_read_header }, { "header2", kan_ewf_read_header },
		{ "volume", kan_ewf_read_volume }, { "disk", kan_ewf_read_volume },
		{ "data", kan_ewf_read_volume },   { "hash", kan_ewf_read_hash },
		{ "digest", kan_ewf_read_hash },   { "error2", kan_ewf_read_errors },
	};

	if (strcmp(s->type, "table") == 0 || strcmp(s->type, "table2") == 0)
		return kan_ewf_read_table(w->o, w->index, s, &w->tables);
	if (strcmp(s->type, "sectors") == 0)
		return read_sectors(w, s);
	if (is_last(s))
		return read_last(w, s);
	for (size_t i = 0; i < sizeof(readers) / sizeof(readers[0]); i++)
		if (strcmp(s->type, readers[i].type) == 0)
			return readers[i].read(w->o, w->seg, s);
	return strcmp(s->type, "session") == 0 ? KAN_OK : note_unread(w, s);
}

/* Bytes between this section and the next one that belong to neither. */
static uint64_t unclaimed(const struct kan_ewf_section *s)
{
	if (is_last(s) || !goes_on(s) || s->cut)
		return 0;
	return s->next - s->data - s->data_len;
}

/* A chain that leaves bytes out may have left out a table. */
static int suspect_hole(struct walk *w, const struct kan_ewf_section *s)
{
	if (unclaimed(s) < KAN_EWF_DESCRIPTOR_LEN + KAN_EWF_TABLE_HEADER_LEN)
		return KAN_OK;
	if (w->tables.table[0].present || w->tables.table[1].present) {
		w->tables.hole_behind = true;
		return KAN_OK;
	}
	return kan_ewf_add_hole(w->o, w->index, KAN_FINDING_STRUCTURE);
}

static void report(struct walk *w, const struct kan_ewf_section *s)
{
	if (!s->sound)
		kan_findings_add(
			w->o->findings, KAN_FINDING_STRUCTURE, KAN_NO_OFFSET, 0, w->seg->name,
			"%.16s section at %" PRIu64 ": the checksum of its descriptor "
			"does not fit",
			kan_ewf_section_is_known(s->type) ? s->type : "unknown", s->offset);
	if (!is_last(s) && !goes_on(s))
		kan_findings_add(w->o->findings, KAN_FINDING_STRUCTURE, KAN_NO_OFFSET, 0,
		                 w->seg->name,
		                 "%s section at %" PRIu64 ": says that the next one is at %" PRIu64
		                 ", which is not behind it",
		                 s->type, s->offset, s->next);
	if (s->cut)
		kan_findings_add(w->o->findings, KAN_FINDING_TRUNCATED, KAN_NO_OFFSET, 0,
		                 w->seg->name, "the file ends inside the %s section at %" PRIu64,
		                 s->type, s->offset);
	else if (unclaimed(s) > 0)
		kan_findings_add(w->o->findings, KAN_FINDING_STRUCTURE, KAN_NO_OFFSET, 0,
		                 w->seg->name,
		                 "%s section at %" PRIu64 ": its size leaves %" PRIu64
		                 " bytes before the next section",
		                 s->type, s->offset, unclaimed(s));
}

/* Find the section at @offset, or the next one that can be found at all. */
static int next_section(struct walk *w, uint64_t offset, struct kan_ewf_section *s, bool *there)
{
	int rc = read_descriptor(w, offset, s, there);

	if (rc != KAN_OK)
		return rc;
	if (*there && can_be(s))
		return KAN_OK;
	if (w->seg->file.size <= offset) {
		*there = false;
		return KAN_OK;
	}
	return resume(w, offset, s, there);
}

static int walk_sections(struct walk *w)
{
	uint64_t offset = KAN_EWF_FILE_HEADER_LEN;

	for (unsigned n = 0; n < KAN_EWF_SECTIONS_MAX && !w->ended; n++) {
		struct kan_ewf_section s;
		bool there;
		int rc = next_section(w, offset, &s, &there);

		if (rc != KAN_OK || !there)
			return rc;
		report(w, &s);
		rc = read_section(w, &s);
		if (rc == KAN_OK)
			rc = suspect_hole(w, &s);
		if (rc != KAN_OK)
			return rc;
		/* A descriptor that points back would send us round in circles. */
		offset = goes_on(&s) ? s.next : s.data + s.data_len;
	}
	return KAN_OK;
}

static int walk_segment(struct kan_ewf_opening *o, size_t index)
{
	struct walk w = { .o = o, .seg = &o->ewf->segments[index], .index = index };
	int rc = walk_sections(&w);

	if (rc == KAN_OK)
		rc = kan_ewf_finish_table(o, &w.tables);
	if (rc != KAN_OK || w.ended)
		return rc;
	kan_findings_add(o->findings, KAN_FINDING_TRUNCATED, KAN_NO_OFFSET, 0, w.seg->name,
	                 "the file ends before its last section");
	return kan_ewf_add_hole(o, index, KAN_FINDING_TRUNCATED);
}

static int miss_segment(struct kan_ewf_opening *o, size_t index)
{
	kan_findings_add(o->findings, KAN_FINDING_MISSING_SEGMENT, KAN_NO_OFFSET, 0,
	                 o->ewf->segments[index].name, "the segment is missing");
	return kan_ewf_add_hole(o, index, KAN_FINDING_MISSING_SEGMENT);
}

int kan_ewf_scan_segments(struct kan_ewf_opening *o,
                          int (*walk)(struct kan_ewf_opening *o, size_t index))
{
	struct kan_ewf *e = o->ewf;
	int rc = o->starts_late ? kan_ewf_add_hole(o, 0, KAN_FINDING_MISSING_SEGMENT) : KAN_OK;
	size_t i;

	for (i = 0; rc == KAN_OK && i < e->nsegments && !e->done; i++)
		rc = e->segments[i].missing ? miss_segment(o, i) : walk(o, i);
	if (rc != KAN_OK)
		return rc;
	if (e->done && i < e->nsegments)
		kan_findings_add(o->findings, KAN_FINDING_NOTE, KAN_NO_OFFSET, 0,
		                 e->segments[i].name, "lies beside the set, which ends with %s",
		                 e->segments[i - 1].name);
	if (!e->done && (e->nruns == 0 || !e->runs[e->nruns - 1].is_hole)) {
		kan_findings_add(o->findings, KAN_FINDING_MISSING_SEGMENT, KAN_NO_OFFSET, 0,
		                 e->segments[e->nsegments - 1].name,
		                 "is the last segment that is there, but more should follow");
		return kan_ewf_add_hole(o, e->nsegments - 1, KAN_FINDING_MISSING_SEGMENT);
	}
	return KAN_OK;
}

int kan_ewf_scan(struct kan_ewf_opening *o)
{
	return kan_ewf_scan_segments(o, walk_segment);
}
