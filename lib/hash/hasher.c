/* SPDX-License-Identifier: MIT */
/*
 * hasher.c - several digests over one stream, each on a lane of its own
 *
 * A lane is used by one thread at a time, as the stream promises for sinks in
 * order, and lanes share nothing that is written: no locks.  The pieces have one lane
 * for all algorithms, so that their digests come in one order, whoever is faster.
 */
#include "kanshiki/hash.h"

#include "core/cleanup.h"

enum { CACHE_LINE = 64 };

struct digest_lane {
	const struct kan_hash *algo;
	void *whole; /* state over all bytes */
} __attribute__((aligned(CACHE_LINE)));

struct piece_lane {
	void *parts[KAN_HASHES_MAX]; /* states over the piece at start; NULL without pieces */
	uint64_t start;
	uint64_t fill; /* bytes in parts, less than piece_len between calls */
} __attribute__((aligned(CACHE_LINE)));

struct kan_hasher {
	struct digest_lane lanes[KAN_HASHES_MAX];
	struct piece_lane pieces;
	size_t n;
	struct kan_hasher_opts opts;
};

static int end_piece(struct kan_hasher *h, struct kan_err *err)
{
	uint64_t start = h->pieces.start, len = h->pieces.fill;
	int rc = KAN_OK;

	h->pieces.start += len;
	h->pieces.fill = 0;
	for (size_t i = 0; rc == KAN_OK && i < h->n; i++) {
		struct kan_digest d = { .algo = h->lanes[i].algo };

		rc = d.algo->finish(h->pieces.parts[i], d.bytes, err);
		if (rc == KAN_OK)
			rc = h->opts.piece(h->opts.arg, &d, start, len, err);
	}
	return rc;
}

static int consume_pieces(void *self, const struct kan_block *blk, struct kan_err *err)
{
	struct kan_hasher *h = self;
	const uint8_t *data = blk->data;
	size_t len = blk->len;
	int rc = KAN_OK;

	while (len > 0 && rc == KAN_OK) {
		uint64_t room = h->opts.piece_len - h->pieces.fill;
		size_t step = len < room ? len : (size_t)room;

		for (size_t i = 0; rc == KAN_OK && i < h->n; i++)
			rc = h->lanes[i].algo->update(h->pieces.parts[i], data, step, err);
		if (rc != KAN_OK)
			return rc;
		data += step;
		len -= step;
		h->pieces.fill += step;
		if (h->pieces.fill == h->opts.piece_len)
			rc = end_piece(h, err);
	}
	return rc;
}

static int consume(void *self, const struct kan_block *blk, struct kan_err *err)
{
	struct digest_lane *l = self;

	return l->algo->update(l->whole, blk->data, blk->len, err);
}

void kan_hasher_free(struct kan_hasher *h)
{
	if (!h)
		return;
	for (size_t i = 0; i < h->n; i++) {
		h->lanes[i].algo->close(h->lanes[i].whole);
		h->lanes[i].algo->close(h->pieces.parts[i]);
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
		void **part = &h->pieces.parts[h->n];

		l->algo = set->algo[h->n++];
		rc = l->algo->open(&l->whole, err);
		if (rc == KAN_OK && h->opts.piece_len > 0)
			rc = l->algo->open(part, err);
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
	if (h->n == 0 || h->opts.piece_len == 0)
		return h->n;
	sinks[h->n] = (struct kan_sink){
		.name = "pieces", .order = KAN_IN_ORDER, .self = h, .consume = consume_pieces
	};
	return h->n + 1;
}

int kan_hasher_finish(struct kan_hasher *h, struct kan_digest *digests, struct kan_err *err)
{
	int rc = h->pieces.fill > 0 ? end_piece(h, err) : KAN_OK;

	if (rc != KAN_OK)
		return kan_fail_in(err, rc, "pieces");
	h->pieces.start = 0;
	for (size_t i = 0; i < h->n; i++) {
		struct digest_lane *l = &h->lanes[i];
		struct kan_digest d = { .algo = l->algo };

		rc = l->algo->finish(l->whole, d.bytes, err);
		if (rc != KAN_OK)
			return kan_fail_in(err, rc, "%s", l->algo->name);
		digests[i] = d;
	}
	return KAN_OK;
}
