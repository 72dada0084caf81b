/* SPDX-License-Identifier: MIT */
/*
 * sha1.c - SHA-1
 */
#include "hash/evp.h"
#include "kanshiki/hash.h"

static int open_sha1(void **state_out, struct kan_err *err)
{
	return kan_evp_open(state_out, "SHA1", err);
}

const struct kan_hash kan_hash_sha1 = {
	.name = "sha1",
	.label = "SHA-1",
	.spec = "FIPS 180-4, 6.1",
	.digest_len = 20,
	.open = open_sha1,
	.update = kan_evp_update,
	.finish = kan_evp_finish,
	.close = kan_evp_close,
};
