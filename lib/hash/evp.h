/* SPDX-License-Identifier: MIT */
/*
 * evp.h - what all digest algorithms of the crypto library have in common
 *
 * The functions fit the members of struct kan_hash; a file in algos/ adds the
 * name and the length.
 */
#ifndef KAN_HASH_EVP_H
#define KAN_HASH_EVP_H

#include "kanshiki/err.h"

#include <stddef.h>

/**
 * Begin a digest that the library knows as @name, such as "SHA2-256".
 * KAN_EUNSUPPORTED if the library or its policy (FIPS) refuses it.
 */
KAN_MUST_CHECK int kan_evp_open(void **out, const char *name, struct kan_err *err);

KAN_MUST_CHECK int kan_evp_update(void *state, const void *data, size_t len, struct kan_err *err);

/** Write the digest and begin anew. */
KAN_MUST_CHECK int kan_evp_finish(void *state, uint8_t *digest, struct kan_err *err);

/** Release @state (may be NULL). */
void kan_evp_close(void *state);

#endif
