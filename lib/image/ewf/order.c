/* SPDX-License-Identifier: MIT */
/*
 * order.c - which entries of a chunk table cannot be right
 *
 * The chunks of a table follow one another in the file, so its entries ascend.  Where
 * they do not, the entries that are wrong are those outside of the longest ascending
 * sequence: one forged entry, wherever it points to, is the one that is left out, and
 * not its sound neighbour.  Where several sequences are equally long, the chunks decide:
 * that of the right entry unpacks, begins where the one before it ends, and ends where
 * the next one begins.
 *
 * An entry that cannot be right is not followed: what it points to may be sound, but
 * belongs to another place of the media.  If the other copy of the table has an entry
 * that fits between its neighbours, that is tried instead.
 */
#include "image/ewf/ewf.h"

#include "core/cleanup.h"

#include <inttypes.h>
#include <string.h>

/** Entries of a table that is looked at so closely: 32 GiB of media in chunks of 32 KiB. */
#define ORDER_MAX (1u << 20)
/** Chunks that are unpacked while an image is opened. */
#define TRIES_MAX 64u

/* One table; arrays of @n. */
struct order {
	struct kan_ewf_opening *o;
	struct kan_ewf_run *run;
	size_t n;
	uint64_t *at;    /* where the chunk of an entry is in the file */
	uint64_t *tails; /* least last value of a sequence of each length */
	uint32_t *up;    /* length of the longest sequence that ends with an entry, or 0 */
	uint32_t *down;  /* that begins with it */
	uint32_t *count; /* entries that a longest sequence can have at each place */
	bool *kept;
	uint32_t longest;
};

static void drop_order(struct order *w)
{
	free(w->at);
	free(w->tails);
	free(w->up);
	free(w->down);
	free(w->count);
	free(w->kept);
}

/* The raw entries of the copy of the table at @offset. */
static int load_entries(struct order *w, uint64_t offset, uint8_t **out)
{
	const struct kan_evidence_file *f = &w->o->ewf->segments[w->run->segment].file;
	KAN_AUTO(mem) uint8_t *raw = malloc(4 * w->n);
	int rc;

	if (!raw)
		return kan_fail(w->o->err, KAN_ENOMEM, "out of memory for a chunk table");
	rc = kan_evidence_file_read(f, offset, raw, 4 * w->n, NULL, NULL, w->o->err);
	if (rc == KAN_OK)
		*out = KAN_STEAL(raw);
	return rc;
}

static bool is_inside(const struct order *w, uint64_t at)
{
	return at >= w->run->data_start && at < w->run->data_end;
}

/* Length of the longest sequence so far with @value at its end; strictly ascending. */
static uint32_t extend(uint64_t *tails, uint32_t *ntails, uint64_t value)
{
	uint32_t lo = 0, hi = *ntails;

	while (lo < hi) {
		uint32_t mid = lo + (hi - lo) / 2;

		if (tails[mid] < value)
			lo = mid + 1;
		else
			hi = mid;
	}
	tails[lo] = value;
	if (lo == *ntails)
		(*ntails)++;
	return lo + 1;
}

static bool in_a_longest(const struct order *w, size_t i)
{
	return w->up[i] > 0 && w->up[i] + w->down[i] - 1 == w->longest;
}

static void measure(struct order *w)
{
	uint32_t ntails = 0;

	for (size_t i = 0; i < w->n; i++)
		if (is_inside(w, w->at[i]))
			w->up[i] = extend(w->tails, &ntails, w->at[i]);
	w->longest = ntails;
	ntails = 0;
	for (size_t i = w->n; i-- > 0;)
		if (is_inside(w, w->at[i]))
			w->down[i] = extend(w->tails, &ntails, ~w->at[i]);
	for (size_t i = 0; i < w->n; i++)
		if (in_a_longest(w, i))
			w->count[w->up[i] - 1]++;
	for (size_t i = 0; i < w->n; i++)
		w->kept[i] = in_a_longest(w, i) && w->count[w->up[i] - 1] == 1;
}

/* Where the chunk of entry @i ends in the file; 0 if it does not unpack. */
static int end_of(struct order *w, size_t i, uint64_t *end)
{
	*end = 0;
	if (w->o->tries >= TRIES_MAX)
		return KAN_OK;
	w->o->tries++;
	return kan_ewf_try(w->o->ewf, w->run, w->run->first + i, w->at[i], end, w->o->err);
}

/* How much speaks for entry @i: 0 to 3. */
static int weigh(struct order *w, size_t i, unsigned *out)
{
	uint64_t next = i + 1 < w->n ? w->at[i + 1] : w->run->data_end;
	uint64_t before = w->run->data_start, end;
	int rc = end_of(w, i, &end);

	*out = 0;
	if (rc != KAN_OK || end == 0)
		return rc;
	if (i > 0)
		rc = end_of(w, i - 1, &before);
	*out = 1u + (end == next) + (before == w->at[i]);
	return rc;
}

/* Several entries can stand at one place of the longest sequence: keep the best one. */
static int decide(struct order *w, size_t first)
{
	uint32_t place = w->up[first];
	unsigned best = 0;
	size_t which = w->n;

	for (size_t i = first; i < w->n; i++) {
		unsigned weight;
		int rc;

		if (!in_a_longest(w, i) || w->up[i] != place)
			continue;
		rc = weigh(w, i, &weight);
		if (rc != KAN_OK)
			return rc;
		if (weight == best)
			which = w->n;
		if (weight > best) {
			best = weight;
			which = i;
		}
	}
	if (which < w->n)
		w->kept[which] = true;
	w->count[place - 1] = 0; /* done with this place */
	return KAN_OK;
}

static int decide_all(struct order *w)
{
	int rc = KAN_OK;

	for (size_t i = 0; rc == KAN_OK && i < w->n && w->o->tries < TRIES_MAX; i++)
		if (in_a_longest(w, i) && w->count[w->up[i] - 1] > 1)
			rc = decide(w, i);
	return rc;
}

static int add_patch(struct kan_ewf_opening *o, const struct kan_ewf_patch *p)
{
	struct kan_ewf *e = o->ewf;

	if ((e->npatches & (e->npatches - 1)) == 0) { /* a power of two, or none: full */
		size_t room = e->npatches ? 2 * e->npatches : 1;
		struct kan_ewf_patch *list = realloc(e->patches, room * sizeof(*list));

		if (!list)
			return kan_fail(o->err, KAN_ENOMEM, "out of memory for a chunk table");
		e->patches = list;
	}
	e->patches[e->npatches++] = *p;
	return KAN_OK;
}

/* Does @at fit between the entries around @i that are kept? */
static bool fits(const struct order *w, size_t i, uint64_t at)
{
	size_t lo = i, hi = i + 1;

	while (lo > 0 && !w->kept[lo - 1])
		lo--;
	while (hi < w->n && !w->kept[hi])
		hi++;
	return is_inside(w, at) && (lo == 0 || w->at[lo - 1] < at) &&
	       (hi == w->n || at < w->at[hi]);
}

static void tell(const struct order *w, const struct kan_ewf_patch *p)
{
	const struct kan_ewf *e = w->o->ewf;
	uint64_t start = p->chunk * e->chunk_size, left = e->src.size - start;

	if (p->odd)
		kan_findings_add(w->o->findings, KAN_FINDING_STRUCTURE, start,
		                 left < e->chunk_size ? left : e->chunk_size,
		                 e->segments[w->run->segment].name,
		                 "the entry in the chunk table at %" PRIu64 " is out of order or "
		                 "out of bounds%s",
		                 w->run->entries,
		                 p->has_other ? "; that of the copy of the table is used" : "");
}

/* Note what reading has to do otherwise than the table says. */
static int patch(struct order *w, const uint8_t *raw, const uint8_t *other)
{
	int rc = KAN_OK;

	for (size_t i = 0; rc == KAN_OK && i < w->n; i++) {
		struct kan_ewf_patch p = { .chunk = w->run->first + i, .odd = !w->kept[i] };

		if (other && memcmp(raw + 4 * i, other + 4 * i, 4) != 0) {
			memcpy(p.raw, other + 4 * i, 4);
			p.has_other = fits(w, i, kan_ewf_entry(w->run, i, p.raw, NULL).offset);
		}
		if (!p.odd && !p.has_other)
			continue;
		tell(w, &p);
		rc = add_patch(w->o, &p);
	}
	w->run->patched = true;
	return rc;
}

static int allocate(struct order *w)
{
	w->at = calloc(w->n, sizeof(*w->at));
	w->tails = calloc(w->n, sizeof(*w->tails));
	w->up = calloc(w->n, sizeof(*w->up));
	w->down = calloc(w->n, sizeof(*w->down));
	w->count = calloc(w->n, sizeof(*w->count));
	w->kept = calloc(w->n, sizeof(*w->kept));
	return w->at && w->tails && w->up && w->down && w->count && w->kept
	               ? KAN_OK
	               : kan_fail(w->o->err, KAN_ENOMEM, "out of memory for a chunk table");
}

int kan_ewf_check_order(struct kan_ewf_opening *o, struct kan_ewf_run *run)
{
	KAN_DEFER(drop_order) struct order w = { .o = o, .run = run, .n = (size_t)run->nchunks };
	KAN_AUTO(mem) uint8_t *raw = NULL, *other = NULL;
	int rc;

	/* Version 2 has no second copy, and its entries say where a chunk ends. */
	if (o->ewf->dialect->entry_len != sizeof(((struct kan_ewf_patch *)0)->raw) ||
	    run->nchunks > ORDER_MAX || o->ewf->npatches + run->nchunks > KAN_EWF_PATCHES_MAX)
		return KAN_OK;
	rc = allocate(&w);
	if (rc == KAN_OK)
		rc = load_entries(&w, run->entries, &raw);
	if (rc == KAN_OK && run->entries2 > 0)
		rc = load_entries(&w, run->entries2, &other);
	if (rc != KAN_OK)
		return rc;
	for (size_t i = 0; i < w.n; i++)
		w.at[i] = kan_ewf_entry(run, i, raw + 4 * i, NULL).offset;
	measure(&w);
	/* With fewer than half of them in order, order says nothing. */
	if (w.longest < w.n - w.n / 2)
		return KAN_OK;
	rc = decide_all(&w);
	return rc == KAN_OK ? patch(&w, raw, other) : rc;
}

const struct kan_ewf_patch *kan_ewf_find_patch(const struct kan_ewf *e, uint64_t chunk)
{
	size_t lo = 0, hi = e->npatches;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (e->patches[mid].chunk < chunk)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo < e->npatches && e->patches[lo].chunk == chunk ? &e->patches[lo] : NULL;
}
