/* SPDX-License-Identifier: MIT */
/*
 * md5.c - MD5, by whoever is the fastest on this processor
 *
 * The crypto library digests until a state has seen enough bytes for the question to
 * matter.  Then, at the start of a message and once in the life of a state, the
 * library and our own block functions are timed on its first bytes, for a tenth of a
 * millisecond, and the winner takes the messages from there on.  The digest is the
 * same, whoever wins.  The library is always asked first whether MD5 may be used.
 */
#include "core/cleanup.h"
#include "hash/evp.h"
#include "hash/md5_avx512.h"
#include "kanshiki/hash.h"

#include <time.h>

enum {
	ASK_FROM = 1 << 20,  /* bytes of messages, from which on a choice pays */
	SAMPLE_LEN = 8192,   /* bytes that each one digests for it */
	NROUNDS = 3,         /* how often; the best time counts */
	MARGIN_PERCENT = 98, /* of the library's time is what ours may take at most */
};

struct md5 {
	void *evp;
	struct kan_md5 own;
	kan_md5_blocks *blocks; /* the winner; NULL: the library */
	uint64_t seen;          /* bytes of all messages, while nobody has won */
	bool chosen;
	bool begun; /* the message has bytes */
	bool ours;  /* who has the message that has begun */
};

static uint64_t now_ns(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t); /* cannot fail on Linux */
	return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

static void keep_least(uint64_t *best, uint64_t start)
{
	uint64_t took = now_ns() - start;

	if (took < *best)
		*best = took;
}

static int time_library(struct md5 *m, const void *sample, uint64_t *best, struct kan_err *err)
{
	uint8_t digest[KAN_DIGEST_MAX];
	uint64_t start = now_ns();
	int rc = kan_evp_update(m->evp, sample, SAMPLE_LEN, err);

	keep_least(best, start);
	return rc == KAN_OK ? kan_evp_finish(m->evp, digest, err) : rc;
}

static void time_ours(kan_md5_blocks *blocks, const void *sample, uint64_t *best)
{
	struct kan_md5 own;
	uint64_t start = now_ns();

	kan_md5_begin(&own, blocks);
	kan_md5_add(&own, sample, SAMPLE_LEN);
	keep_least(best, start);
}

/* The state is between messages, before and after. */
static int choose(struct md5 *m, const void *sample, struct kan_err *err)
{
	kan_md5_blocks *const ours[] = { kan_md5_blocks_plain, kan_md5_blocks_avx512() };
	enum { NOURS = sizeof(ours) / sizeof(ours[0]) };
	uint64_t best[NOURS] = { UINT64_MAX, UINT64_MAX }, library = UINT64_MAX, least;

	for (int round = 0; round < NROUNDS; round++) {
		int rc = time_library(m, sample, &library, err);

		if (rc != KAN_OK)
			return rc;
		for (size_t i = 0; i < NOURS; i++)
			if (ours[i])
				time_ours(ours[i], sample, &best[i]);
	}
	least = library / 100 * MARGIN_PERCENT;
	for (size_t i = 0; i < NOURS; i++)
		if (best[i] < least) {
			least = best[i];
			m->blocks = ours[i];
		}
	m->chosen = true;
	return KAN_OK;
}

static void close_md5(void *state)
{
	struct md5 *m = state;

	if (!m)
		return;
	kan_evp_close(m->evp);
	free(m);
}

KAN_DEFINE_DROP(md5, struct md5 *, close_md5)

static int open_md5(void **state_out, struct kan_err *err)
{
	KAN_AUTO(md5) struct md5 *m = calloc(1, sizeof(*m));
	int rc;

	if (!m)
		return kan_fail(err, KAN_ENOMEM, "out of memory for a digest");
	rc = kan_evp_open(&m->evp, "MD5", err);
	if (rc != KAN_OK)
		return rc;
	*state_out = KAN_STEAL(m);
	return KAN_OK;
}

static int update_md5(void *state, const void *data, size_t len, struct kan_err *err)
{
	struct md5 *m = state;

	if (len == 0)
		return KAN_OK;
	if (!m->chosen)
		m->seen += len;
	if (!m->begun) {
		int rc = KAN_OK;

		if (!m->chosen && m->seen >= ASK_FROM && len >= SAMPLE_LEN)
			rc = choose(m, data, err);
		if (rc != KAN_OK)
			return rc;
		m->ours = m->blocks != NULL;
		m->begun = true;
		if (m->ours)
			kan_md5_begin(&m->own, m->blocks);
	}
	if (!m->ours)
		return kan_evp_update(m->evp, data, len, err);
	kan_md5_add(&m->own, data, len);
	return KAN_OK;
}

static int finish_md5(void *state, uint8_t *digest, struct kan_err *err)
{
	struct md5 *m = state;
	bool ours = m->begun && m->ours;

	m->begun = false;
	if (!ours)
		return kan_evp_finish(m->evp, digest, err);
	kan_md5_end(&m->own, digest);
	return KAN_OK;
}

const struct kan_hash kan_hash_md5 = {
	.name = "md5",
	.label = "MD5",
	.spec = "RFC 1321, 3",
	.digest_len = 16,
	.open = open_md5,
	.update = update_md5,
	.finish = finish_md5,
	.close = close_md5,
};
