/* SPDX-License-Identifier: MIT */
/*
 * place.c - put the chunk tables of Ex01 in the order of their chunks
 *
 * Tables say which chunk is their first, so nothing has to be guessed: what no table
 * holds is a hole of exactly that length.  While the segments are read the list has
 * tables and notes of holes in the order of the files; here it becomes a list without
 * gaps or overlaps, as reading needs it.
 */
#include "image/ewf2/ewf2.h"

#include "core/cleanup.h"

#include <inttypes.h>

/* A table and its place in the order of the files. */
struct place {
	const struct kan_ewf_run *run;
	size_t index;
};

static int compare(const void *a, const void *b)
{
	const struct place *x = a, *y = b;

	if (x->run->first != y->run->first)
		return x->run->first < y->run->first ? -1 : 1;
	if (x->run->doubtful != y->run->doubtful)
		return x->run->doubtful ? 1 : -1;
	return x->index < y->index ? -1 : 1;
}

/* The old list, sorted, and how far the new one has come. */
struct placing {
	struct kan_ewf_opening *o;
	struct kan_ewf_run *runs; /* in the order of the files */
	size_t nruns;
	struct place *sorted;
	size_t nsorted;
	uint64_t next; /* chunk */
};

static int sort_tables(struct placing *p)
{
	p->sorted = malloc((p->nruns + 1) * sizeof(*p->sorted));
	if (!p->sorted)
		return kan_fail(p->o->err, KAN_ENOMEM, "out of memory for %zu chunk tables",
		                p->nruns);
	for (size_t i = 0; i < p->nruns; i++)
		if (!p->runs[i].is_hole)
			p->sorted[p->nsorted++] = (struct place){ &p->runs[i], i };
	qsort(p->sorted, p->nsorted, sizeof(*p->sorted), compare);
	return KAN_OK;
}

/* Chunks up to @chunk are in no table; the note next before @index of the files says why. */
static int add_hole(struct placing *p, uint64_t chunk, size_t index)
{
	struct kan_ewf_run hole = { .is_hole = true, .hole = KAN_FINDING_STRUCTURE };

	if (index > 0)
		hole.segment = p->runs[index - 1].segment;
	if (index > 0 && p->runs[index - 1].is_hole)
		hole.hole = p->runs[index - 1].hole;
	hole.first = p->next;
	hole.nchunks = chunk - p->next;
	p->next = chunk;
	return kan_ewf_add_run(p->o, &hole);
}

static int add_table(struct placing *p, const struct place *place)
{
	const struct kan_ewf *e = p->o->ewf;
	struct kan_ewf_run run = *place->run;
	uint64_t known = p->next - (run.first < p->next ? run.first : p->next);
	int rc = KAN_OK;

	if (run.first > p->next)
		rc = add_hole(p, run.first, place->index);
	if (rc != KAN_OK)
		return rc;
	if (known > 0)
		kan_findings_add(p->o->findings, KAN_FINDING_STRUCTURE, KAN_NO_OFFSET, 0,
		                 e->segments[run.segment].name,
		                 "the chunk table at %" PRIu64 " repeats chunks of another table",
		                 run.entries);
	if (known >= run.nchunks)
		return KAN_OK;
	run.first += known;
	run.nchunks -= known;
	run.entries += known * KAN_EWF2_ENTRY_LEN;
	p->next = run.first + run.nchunks;
	return kan_ewf_add_run(p->o, &run);
}

static int place_all(struct placing *p)
{
	struct kan_ewf *e = p->o->ewf;
	int rc = sort_tables(p);

	for (size_t i = 0; rc == KAN_OK && i < p->nsorted; i++)
		rc = add_table(p, &p->sorted[i]);
	if (rc == KAN_OK)
		rc = kan_ewf_settle(p->o, p->next);
	if (rc == KAN_OK && p->next < e->nchunks)
		rc = add_hole(p, e->nchunks, p->nruns);
	return rc == KAN_OK ? kan_ewf_finish_place(p->o) : rc;
}

int kan_ewf2_place(struct kan_ewf_opening *o)
{
	struct kan_ewf *e = o->ewf;
	struct placing p = { .o = o, .runs = e->runs, .nruns = e->nruns };
	int rc;

	e->runs = NULL;
	e->nruns = 0;
	rc = place_all(&p);
	free(p.runs);
	free(p.sorted);
	return rc;
}
