/* SPDX-License-Identifier: MIT */
/*
 * sha512.c - SHA-512
 */
#include "hash/evp.h"
#include "kanshiki/hash.h"

static int open_sha512(void **state_out, struct kan_err *err)
{
	return kan_evp_open(state_out, "SHA2-512", err);
}

const struct kan_hash kan_hash_sha512 = {
	.name = "sha512",
	.label = "SHA-512",
	.spec = "FIPS 180-4, 6.4",
	.digest_len = 64,
	.open = open_sha512,
	.update = kan_evp_update,
	.finish = kan_evp_finish,
	.close = kan_evp_close,
};
