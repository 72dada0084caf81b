/* SPDX-License-Identifier: MIT */
/*
 * sha256.c - SHA-256
 */
#include "hash/evp.h"
#include "kanshiki/hash.h"

static int open_sha256(void **state_out, struct kan_err *err)
{
	return kan_evp_open(state_out, "SHA2-256", err);
}

const struct kan_hash kan_hash_sha256 = {
	.name = "sha256",
	.label = "SHA-256",
	.spec = "FIPS 180-4, 6.2",
	.digest_len = 32,
	.open = open_sha256,
	.update = kan_evp_update,
	.finish = kan_evp_finish,
	.close = kan_evp_close,
};
