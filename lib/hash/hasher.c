/* SPDX-License-Identifier: MIT */
/*
 * hasher.c - several digests over one stream, each on a lane of its own
 *
 * A lane is used by one thread at a time, as the stream promises for sinks in
 * order, and lanes share nothing that is written: no locks.
 */
#include "kanshiki/hash.h"

#include "core/cleanup.h"

enum { CACHE_LINE = 64 };

struct digest_lane {
	const struct kan_hash *algo;
	const struct kan_hasher_opts *opts;
	void *whole; /* state over all bytes */
	void *part;  /* state over the piece that began at piece_start; NULL without pieces */
	uint64_t piece_start;
	uint64_t piece_fill; /* bytes in part, less than piece_len between calls */
} __attribute__((aligned(CACHE_LINE)));

struct kan_hasher {
	struct digest_lane lanes[KAN_HASHES_MAX];
	size_t n;
	struct kan_hasher_opts opts;
};

static int end_piece(struct digest_lane *l, struct kan_err *err)
{
	struct kan_digest d = { .algo = l->algo };
	uint64_t start = l->piece_start, len = l->piece_fill;
	int rc = l->algo->finish(l->part, d.bytes, err);

	if (rc != KAN_OK)
		return rc;
	l->piece_start += len;
	l->piece_fill = 0;
	return l->opts->piece(l->opts->arg, &d, start, len, err);
}

static int add_to_pieces(struct digest_lane *l, const uint8_t *data, size_t len,
                         struct kan_err *err)
{
	int rc = KAN_OK;

	while (len > 0 && rc == KAN_OK) {
		uint64_t room = l->opts->piece_len - l->piece_fill;
		size_t step = len < room ? len : (size_t)room;

		rc = l->algo->update(l->part, data, step, err);
		if (rc != KAN_OK)
			return rc;
		data += step;
		len -= step;
		l->piece_fill += step;
		if (l->piece_fill == l->opts->piece_len)
			rc = end_piece(l, err);
	}
	return rc;
}

static int consume(void *self, const struct kan_block *blk, struct kan_err *err)
{
	struct digest_lane *l = self;
	int rc = l->algo->update(l->whole, blk->data, blk->len, err);

	if (rc == KAN_OK && l->part)
		rc = add_to_pieces(l, blk->data, blk->len, err);
	return rc;
}

void kan_hasher_free(struct kan_hasher *h)
{
	if (!h)
		return;
	for (size_t i = 0; i < h->n; i++) {
		h->lanes[i].algo->close(h->lanes[i].whole);
		h->lanes[i].algo->close(h->lanes[i].part);
	}
	free(h);
}

KAN_DEFINE_DROP(hasher, struct kan_hasher *, kan_hasher_free)

int kan_hasher_new(struct kan_hasher **out, const struct kan_hash_set *set,
                   const struct kan_hasher_opts *opts, struct kan_err *err)
{
	KAN_AUTO(hasher) struct kan_hasher *h = NULL;
	int rc;

	if (set->n > KAN_HASHES_MAX)
		return kan_fail(err, KAN_EARG, "more than %d hash algorithms", KAN_HASHES_MAX);
	if (opts && opts->piece_len > 0 && !opts->piece)
		return kan_fail(err, KAN_EARG, "nobody takes the digests of the pieces");
	h = aligned_alloc(CACHE_LINE, sizeof(*h));
	if (!h)
		return kan_fail(err, KAN_ENOMEM, "out of memory for digests");
	*h = (struct kan_hasher){ .n = 0 };
	if (opts)
		h->opts = *opts;
	while (h->n < set->n) {
		struct digest_lane *l = &h->lanes[h->n];

		l->algo = set->algo[h->n++];
		l->opts = &h->opts;
		rc = l->algo->open(&l->whole, err);
		if (rc == KAN_OK && h->opts.piece_len > 0)
			rc = l->algo->open(&l->part, err);
		if (rc != KAN_OK)
			return rc;
	}
	*out = KAN_STEAL(h);
	return KAN_OK;
}

size_t kan_hasher_sinks(struct kan_hasher *h, struct kan_sink *sinks)
{
	for (size_t i = 0; i < h->n; i++)
		sinks[i] = (struct kan_sink){ .name = h->lanes[i].algo->name,
			                      .order = KAN_IN_ORDER,
			                      .self = &h->lanes[i],
			                      .consume = consume };
	return h->n;
}

int kan_hasher_finish(struct kan_hasher *h, struct kan_digest *digests, struct kan_err *err)
{
	for (size_t i = 0; i < h->n; i++) {
		struct digest_lane *l = &h->lanes[i];
		struct kan_digest d = { .algo = l->algo };
		int rc = KAN_OK;

		if (l->part && l->piece_fill > 0)
			rc = end_piece(l, err);
		if (rc == KAN_OK)
			rc = l->algo->finish(l->whole, d.bytes, err);
		if (rc != KAN_OK)
			return kan_fail_in(err, rc, "%s", l->algo->name);
		l->piece_start = 0;
		digests[i] = d;
	}
	return KAN_OK;
}
