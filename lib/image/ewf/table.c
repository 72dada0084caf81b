/* SPDX-License-Identifier: MIT */
/*
 * table.c - the chunk tables of E01
 *
 * A table stands twice: "table" and "table2".  Both are read once, to check their
 * sums and to judge their entries; then one of them is chosen and only its place
 * is kept.  In EnCase 1 there is no sectors section and no second table: the
 * chunks follow the entries in the table section itself.
 */
#include "image/ewf/ewf.h"

#include "core/bytes.h"
#include "core/cleanup.h"

#include <inttypes.h>
#include <libdeflate.h>
#include <string.h>

enum table_layout {
	TABLE_COUNT = 0,
	TABLE_BASE = 8,
	TABLE_CHECKSUM = 20,
	ENTRY_LEN = 4,
};

#define ENTRIES_AT_ONCE 16384u
#define FLAG            0x80000000u

/* What judging the entries of one table carries from one to the next. */
struct judge {
	struct kan_ewf_run *run;
	uint64_t first;    /* offset of the first chunk */
	uint64_t i;        /* number of the entry */
	uint32_t previous; /* without its flag */
};

/*
 * EnCase 6.7 lets offsets run over 2 GiB in one sectors section: they then take all
 * 32 bits and the flag is lost.  It shows as an entry that goes on where the one
 * before ended if its top bit is taken as a part of the offset, and jumps back if not.
 */
static bool overflows(const struct judge *j, uint32_t raw)
{
	return j->i > 0 && (raw & FLAG) && (raw & ~FLAG) < j->previous && raw > j->previous &&
	       raw - j->previous <= KAN_EWF_CHUNK_MAX &&
	       j->run->data_end - j->run->data_start > FLAG;
}

static void judge_entry(struct judge *j, uint32_t raw)
{
	struct kan_ewf_run *run = j->run;
	uint32_t value;
	uint64_t offset;

	if (run->overflow > j->i && overflows(j, raw))
		run->overflow = j->i;
	value = run->overflow <= j->i ? raw : raw & ~FLAG;
	if (__builtin_add_overflow(run->base, value, &offset))
		offset = UINT64_MAX;
	if (j->i == 0)
		j->first = offset;
	if (offset < run->data_start || offset >= run->data_end ||
	    (j->i > 0 && value <= j->previous))
		run->nodd++;
	j->previous = value;
	j->i++;
}

/* Read all entries of @t once, for their checksum and to judge them. */
static int judge_entries(struct kan_ewf_opening *o, const struct kan_ewf_segment *seg,
                         struct kan_ewf_table *t, uint64_t *first)
{
	KAN_AUTO(mem) uint8_t *raw = malloc((size_t)ENTRIES_AT_ONCE * ENTRY_LEN);
	struct judge j = { .run = &t->run };

	if (!raw)
		return kan_fail(o->err, KAN_ENOMEM, "out of memory for a chunk table");
	t->checksum = 1;
	while (j.i < t->run.nchunks) {
		uint64_t left = t->run.nchunks - j.i;
		size_t n = left < ENTRIES_AT_ONCE ? (size_t)left : ENTRIES_AT_ONCE;
		int rc = kan_evidence_file_read(&seg->file, t->run.entries + j.i * ENTRY_LEN, raw,
		                                n * ENTRY_LEN, NULL, NULL, o->err);

		if (rc != KAN_OK)
			return rc;
		t->checksum = libdeflate_adler32(t->checksum, raw, n * ENTRY_LEN);
		for (size_t k = 0; k < n; k++)
			judge_entry(&j, kan_le32(raw + k * ENTRY_LEN));
	}
	*first = j.first;
	return KAN_OK;
}

/* Where the chunks of the table are: its sectors section, or itself. */
static void set_range(struct kan_ewf_run *run, const struct kan_ewf_section *s,
                      const struct kan_ewf_tables *t)
{
	const struct kan_ewf_section *in = t->has_sectors ? &t->sectors : s;

	run->data_start = in->data;
	run->data_end = in->data + in->data_len;
	if (!t->has_sectors)
		run->data_start = run->entries + run->nchunks * ENTRY_LEN;
}

/* Check the sum behind the entries; @first is where the first chunk is. */
static int check_sum(struct kan_ewf_opening *o, const struct kan_ewf_segment *seg,
                     const struct kan_ewf_section *s, struct kan_ewf_table *t, uint64_t first)
{
	uint8_t raw[4];
	uint64_t end = t->run.entries + t->run.nchunks * ENTRY_LEN;
	int rc;

	if (first >= end && first - end < sizeof(raw))
		return KAN_OK; /* the original format has none: the chunks follow at once */
	if (s->data + s->data_len - end < sizeof(raw)) {
		kan_ewf_complain(o, seg, s, "ends before its checksum");
		t->sound = false;
		return KAN_OK;
	}
	rc = kan_evidence_file_read(&seg->file, end, raw, sizeof(raw), NULL, NULL, o->err);
	if (rc == KAN_OK && kan_le32(raw) != t->checksum) {
		kan_ewf_complain(o, seg, s, "the checksum of its entries does not fit");
		t->sound = false;
	}
	return rc;
}

/* The table header: number of entries, base offset, and the place of the entries. */
static void read_table_header(struct kan_ewf_opening *o, const struct kan_ewf_segment *seg,
                              const struct kan_ewf_section *s, const uint8_t *head,
                              struct kan_ewf_table *t)
{
	uint64_t room = (s->data_len - KAN_EWF_TABLE_HEADER_LEN) / ENTRY_LEN;

	t->present = true;
	t->sound = true;
	t->run.entries = s->data + KAN_EWF_TABLE_HEADER_LEN;
	t->run.nchunks = kan_le32(head + TABLE_COUNT);
	t->run.base = kan_le64(head + TABLE_BASE);
	t->run.overflow = UINT64_MAX;
	if (kan_le32(head + TABLE_CHECKSUM) != libdeflate_adler32(1, head, TABLE_CHECKSUM)) {
		kan_ewf_complain(o, seg, s, "the checksum of its header does not fit");
		t->sound = false;
	}
	if (t->run.nchunks > room) {
		kan_ewf_complain(o, seg, s, "has fewer entries than it says");
		t->run.nchunks = room;
		t->sound = false;
	}
}

int kan_ewf_read_table(struct kan_ewf_opening *o, size_t segment, const struct kan_ewf_section *s,
                       struct kan_ewf_tables *tables)
{
	const struct kan_ewf_segment *seg = &o->ewf->segments[segment];
	struct kan_ewf_table *t = &tables->table[strcmp(s->type, "table2") == 0];
	uint8_t head[KAN_EWF_TABLE_HEADER_LEN];
	uint64_t first = 0;
	int rc = KAN_OK;

	if (tables->table[1].present || (tables->table[0].present && t == &tables->table[0]))
		rc = kan_ewf_finish_table(o, tables);
	if (rc != KAN_OK)
		return rc;
	if (s->data_len < sizeof(head)) {
		kan_ewf_complain(o, seg, s, "has no header");
		return KAN_OK;
	}
	rc = kan_evidence_file_read(&seg->file, s->data, head, sizeof(head), NULL, NULL, o->err);
	if (rc != KAN_OK)
		return rc;
	*t = (struct kan_ewf_table){ .run.segment = (uint32_t)segment };
	read_table_header(o, seg, s, head, t);
	set_range(&t->run, s, tables);
	rc = judge_entries(o, seg, t, &first);
	return rc == KAN_OK ? check_sum(o, seg, s, t, first) : rc;
}

/* The copy to use: a sound one, then the one with more and better entries. */
static const struct kan_ewf_table *better(const struct kan_ewf_table *a,
                                          const struct kan_ewf_table *b)
{
	if (!a->present || !b->present)
		return a->present ? a : b;
	if (a->sound != b->sound)
		return a->sound ? a : b;
	if (a->run.nchunks != b->run.nchunks)
		return a->run.nchunks > b->run.nchunks ? a : b;
	return a->run.nodd <= b->run.nodd ? a : b;
}

int kan_ewf_finish_table(struct kan_ewf_opening *o, struct kan_ewf_tables *tables)
{
	const struct kan_ewf_table *a = &tables->table[0], *b = &tables->table[1];
	const struct kan_ewf_table *t = better(a, b);
	struct kan_ewf_run run = t->run;
	int rc = KAN_OK;

	if (a->present && b->present && a->sound && b->sound &&
	    (a->checksum != b->checksum || a->run.base != b->run.base ||
	     a->run.nchunks != b->run.nchunks))
		kan_findings_add(o->findings, KAN_FINDING_STRUCTURE, KAN_NO_OFFSET, 0,
		                 o->ewf->segments[a->run.segment].name,
		                 "the two copies of the table at %" PRIu64 " differ",
		                 a->run.entries);
	if (a->present && b->present && a->checksum != b->checksum && a->run.base == b->run.base &&
	    a->run.nchunks == b->run.nchunks)
		run.entries2 = t == a ? b->run.entries : a->run.entries;
	if (t->present && run.nchunks > 0)
		rc = kan_ewf_add_run(o, &run);
	if (rc == KAN_OK && t->present && tables->hole_behind)
		rc = kan_ewf_add_hole(o, t->run.segment, KAN_FINDING_STRUCTURE);
	tables->hole_behind = false;
	tables->table[0] = tables->table[1] = (struct kan_ewf_table){ 0 };
	return rc;
}

struct kan_ewf_entry kan_ewf_entry(const struct kan_ewf_run *run, uint64_t i, const uint8_t *bytes,
                                   const uint8_t *next)
{
	uint32_t raw = kan_le32(bytes);
	bool wide = i >= run->overflow;
	uint32_t mask = wide ? UINT32_MAX : ~FLAG;
	uint32_t next_mask = i + 1 >= run->overflow ? UINT32_MAX : ~FLAG;
	struct kan_ewf_entry entry = { .compressed = !wide && (raw & FLAG) };

	if (__builtin_add_overflow(run->base, raw & mask, &entry.offset))
		entry.offset = UINT64_MAX;
	entry.end = entry.offset < run->data_end ? run->data_end : UINT64_MAX;
	if (next && (kan_le32(next) & next_mask) > (raw & mask))
		entry.end = run->base + (kan_le32(next) & next_mask);
	return entry;
}
