/* SPDX-License-Identifier: MIT */
/*
 * place.c - which chunk of the media is in which table
 *
 * Chunks have no numbers: a table's first chunk is the one behind the last chunk of
 * the table before.  A hole in the chain - a missing or truncated segment, a lost
 * section - hides how many chunks it held, but the volume section says how many
 * there are in all.  So with one hole everything behind it is still exact.  With
 * several, what lies between the first and the last cannot be placed, and is
 * treated as lost: data at a wrong offset would be worse than none.
 */
#include "image/ewf/ewf.h"

#include "core/cleanup.h"

#include <inttypes.h>
#include <string.h>

int kan_ewf_add_run(struct kan_ewf_opening *o, const struct kan_ewf_run *run)
{
	struct kan_ewf *e = o->ewf;

	if (e->nruns >= KAN_EWF_RUNS_MAX)
		return kan_fail(o->err, KAN_ELIMIT, "more than %u chunk tables", KAN_EWF_RUNS_MAX);
	if ((e->nruns & (e->nruns - 1)) == 0) { /* a power of two, or none: full */
		size_t room = e->nruns ? 2 * e->nruns : 1;
		struct kan_ewf_run *runs = realloc(e->runs, room * sizeof(*runs));

		if (!runs)
			return kan_fail(o->err, KAN_ENOMEM, "out of memory for %zu chunk tables",
			                room);
		e->runs = runs;
	}
	e->runs[e->nruns++] = *run;
	return KAN_OK;
}

int kan_ewf_add_hole(struct kan_ewf_opening *o, size_t segment, enum kan_finding_kind why)
{
	const struct kan_ewf_run hole = { .segment = (uint32_t)segment,
		                          .hole = why,
		                          .is_hole = true };

	if (o->ewf->nruns > 0 && o->ewf->runs[o->ewf->nruns - 1].is_hole)
		return KAN_OK;
	return kan_ewf_add_run(o, &hole);
}

const struct kan_ewf_run *kan_ewf_find_run(const struct kan_ewf *e, uint64_t chunk)
{
	size_t lo = 0, hi = e->nruns;

	while (hi - lo > 1) {
		size_t mid = lo + (hi - lo) / 2;

		if (e->runs[mid].first <= chunk)
			lo = mid;
		else
			hi = mid;
	}
	return &e->runs[lo];
}

const char *kan_ewf_hole_text(enum kan_finding_kind why)
{
	if (why == KAN_FINDING_MISSING_SEGMENT)
		return "lost with the missing segment";
	if (why == KAN_FINDING_TRUNCATED)
		return "lost with the end of the file";
	return "no chunk table tells where this is";
}

/* "@before the volume section @after" */
static void complain(struct kan_ewf_opening *o, const char *before, const char *after)
{
	kan_findings_add(o->findings, KAN_FINDING_STRUCTURE, KAN_NO_OFFSET, 0,
	                 o->ewf->segments[0].name, "%s%s%s", before, o->ewf->dialect->volume,
	                 after);
}

static uint64_t count_in_tables(const struct kan_ewf *e)
{
	uint64_t n = 0;

	for (size_t i = 0; i < e->nruns; i++)
		n += e->runs[i].nchunks; /* at most 2^20 tables of 2^32 */
	return n;
}

/* If chunks and sectors contradict each other: the fewer, or what the tables have. */
static uint64_t settle_count(struct kan_ewf_opening *o, uint64_t in_tables)
{
	const struct kan_ewf_volume *v = &o->ewf->volume;
	uint64_t by_sectors = v->nsectors / v->chunk_sectors + (v->nsectors % v->chunk_sectors > 0);

	if (by_sectors == v->nchunks)
		return by_sectors;
	complain(o, "", " has numbers of chunks and of sectors that contradict each other");
	if (by_sectors == in_tables || v->nchunks == 0)
		return by_sectors;
	return by_sectors == 0 || v->nchunks < by_sectors ? v->nchunks : by_sectors;
}

/* A set that ends where it should cannot describe more chunks than its bytes have room for. */
static uint64_t limit_count(struct kan_ewf_opening *o, uint64_t n)
{
	struct kan_ewf *e = o->ewf;
	uint64_t limit = KAN_EWF_MEDIA_MAX / e->chunk_size, bytes = 0;
	bool missing = o->starts_late || !e->done;

	for (size_t i = 0; i < e->nsegments; i++) {
		bytes += e->segments[i].file.size;
		missing |= e->segments[i].missing;
	}
	if (!missing && bytes / e->dialect->entry_len < limit)
		limit = bytes / e->dialect->entry_len;
	if (n <= limit)
		return n;
	kan_findings_add(o->findings, KAN_FINDING_LIMIT, KAN_NO_OFFSET, 0, e->segments[0].name,
	                 "%" PRIu64
	                 " chunks are more than the set can hold; going on with %" PRIu64,
	                 n, limit);
	return limit;
}

/* Drop what the tables have behind chunk @n. */
static void cut_runs(struct kan_ewf *e, uint64_t n)
{
	size_t i = 0;

	for (; i < e->nruns && n > 0; i++) {
		if (e->runs[i].nchunks > n)
			e->runs[i].nchunks = n;
		n -= e->runs[i].nchunks;
	}
	e->nruns = i;
}

/* Remove all runs from @lo to @hi but the first, which becomes a hole of @n chunks. */
static void merge_runs(struct kan_ewf *e, size_t lo, size_t hi, uint64_t n)
{
	e->runs[lo].nchunks = n;
	memmove(&e->runs[lo + 1], &e->runs[hi + 1], (e->nruns - hi - 1) * sizeof(*e->runs));
	e->nruns -= hi - lo;
}

static void drop_holes(struct kan_ewf *e)
{
	size_t n = 0;

	for (size_t i = 0; i < e->nruns; i++)
		if (!e->runs[i].is_hole)
			e->runs[n++] = e->runs[i];
	e->nruns = n;
}

/* @missing chunks are in no table: they are in the hole, or between the holes. */
static int fill_holes(struct kan_ewf_opening *o, uint64_t missing)
{
	struct kan_ewf *e = o->ewf;
	size_t first = e->nruns, last = 0;
	uint64_t between = 0;
	int rc;

	for (size_t i = 0; i < e->nruns; i++) {
		if (!e->runs[i].is_hole)
			continue;
		first = first == e->nruns ? i : first;
		last = i;
	}
	if (first == e->nruns) {
		complain(o, "the tables have fewer chunks than ", " says");
		rc = kan_ewf_add_hole(o, e->nsegments - 1, KAN_FINDING_TRUNCATED);
		if (rc != KAN_OK)
			return rc;
		last = first;
	}
	for (size_t i = first; i <= last; i++)
		between += e->runs[i].nchunks;
	if (between > 0)
		kan_findings_add(
			o->findings, KAN_FINDING_STRUCTURE, KAN_NO_OFFSET, 0, e->segments[0].name,
			"chunks between two holes in the set cannot be placed and are lost too");
	merge_runs(e, first, last, between + missing);
	return KAN_OK;
}

/* Give every run its first chunk; tell which ranges of the media are affected. */
static int number_runs(struct kan_ewf_opening *o)
{
	struct kan_ewf *e = o->ewf;
	uint64_t chunk = 0;
	int rc = KAN_OK;

	for (size_t i = 0; rc == KAN_OK && i < e->nruns; i++) {
		struct kan_ewf_run *r = &e->runs[i];
		uint64_t start = chunk * e->chunk_size, end;

		r->first = chunk;
		chunk += r->nchunks;
		end = chunk * e->chunk_size < e->src.size ? chunk * e->chunk_size : e->src.size;
		if (r->is_hole)
			kan_findings_add(o->findings,
			                 r->hole == KAN_FINDING_STRUCTURE ? KAN_FINDING_TRUNCATED
			                                                  : r->hole,
			                 start, end - start, e->segments[r->segment].name, "%s",
			                 kan_ewf_hole_text(r->hole));
		else if (r->nodd > 0 || r->entries2 > 0)
			rc = kan_ewf_check_order(o, r);
		if (rc == KAN_OK && r->nodd > 0 && !r->patched)
			kan_findings_add(o->findings, KAN_FINDING_STRUCTURE, start, end - start,
			                 e->segments[r->segment].name,
			                 "%" PRIu64 " of %" PRIu64 " entries of the chunk table at "
			                 "%" PRIu64 " are out of order or out of bounds",
			                 r->nodd, r->nchunks, r->entries);
	}
	return rc;
}

static void set_size(struct kan_ewf *e)
{
	const struct kan_ewf_volume *v = &e->volume;

	e->src.size = e->nchunks * e->chunk_size; /* at most KAN_EWF_MEDIA_MAX */
	if (v->nsectors > 0 && v->nsectors < e->src.size / v->sector_size)
		e->src.size = v->nsectors * v->sector_size;
}

int kan_ewf_settle(struct kan_ewf_opening *o, uint64_t in_tables)
{
	struct kan_ewf *e = o->ewf;

	e->nchunks = limit_count(o, settle_count(o, in_tables));
	if (e->nchunks == 0)
		return kan_fail(o->err, KAN_EFORMAT, "%s: describes no media", e->segments[0].path);
	if (in_tables > e->nchunks)
		complain(o, "the tables have more chunks than ", " says");
	return KAN_OK;
}

int kan_ewf_finish_place(struct kan_ewf_opening *o)
{
	cut_runs(o->ewf, o->ewf->nchunks);
	set_size(o->ewf);
	return number_runs(o);
}

int kan_ewf_place(struct kan_ewf_opening *o)
{
	struct kan_ewf *e = o->ewf;
	uint64_t in_tables = count_in_tables(e);
	int rc = kan_ewf_settle(o, in_tables);

	if (rc != KAN_OK)
		return rc;
	if (in_tables < e->nchunks)
		rc = fill_holes(o, e->nchunks - in_tables);
	else
		drop_holes(e);
	return rc == KAN_OK ? kan_ewf_finish_place(o) : rc;
}
