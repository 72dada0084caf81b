/* SPDX-License-Identifier: MIT */
/*
 * md5.c - MD5
 */
#include "hash/evp.h"
#include "kanshiki/hash.h"

static int open_md5(void **state_out, struct kan_err *err)
{
	return kan_evp_open(state_out, "MD5", err);
}

const struct kan_hash kan_hash_md5 = {
	.name = "md5",
	.label = "MD5",
	.spec = "RFC 1321, 3",
	.digest_len = 16,
	.open = open_md5,
	.update = kan_evp_update,
	.finish = kan_evp_finish,
	.close = kan_evp_close,
};
