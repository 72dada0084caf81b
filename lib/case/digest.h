/* SPDX-License-Identifier: MIT */
/*
 * digest.h - SHA-256 as the log of a case needs it: hexadecimal, piece by piece
 */
#ifndef KAN_CASE_DIGEST_H
#define KAN_CASE_DIGEST_H

#include "core/cleanup.h"
#include "kanshiki/hash.h"

#define KAN_SHA256_HEX 65 /* characters of a digest and the NUL */

/** All zero is closed. */
struct kan_sha256 {
	const struct kan_hash *algo;
	void *state;
};

static inline int kan_sha256_open(struct kan_sha256 *h, struct kan_err *err)
{
	h->algo = kan_hash_find("sha256");
	return h->algo ? h->algo->open(&h->state, err)
	               : kan_fail(err, KAN_EUNSUPPORTED, "this build has no sha256");
}

static inline int kan_sha256_add(struct kan_sha256 *h, const void *data, size_t len,
                                 struct kan_err *err)
{
	return h->algo->update(h->state, data, len, err);
}

/** Write KAN_SHA256_HEX characters to @hex and begin a new message. */
static inline int kan_sha256_finish(struct kan_sha256 *h, char *hex, struct kan_err *err)
{
	uint8_t raw[KAN_DIGEST_MAX];
	int rc = h->algo->finish(h->state, raw, err);

	if (rc == KAN_OK)
		kan_hash_hex(hex, raw, h->algo->digest_len);
	return rc;
}

static inline void kan_sha256_done(struct kan_sha256 *h)
{
	if (h->state)
		h->algo->close(h->state);
	h->state = NULL;
}

static inline void kan_drop_sha256(struct kan_sha256 *h)
{
	kan_sha256_done(h);
}

#endif
