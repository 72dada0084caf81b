/* SPDX-License-Identifier: MIT */
/*
 * md5.h - MD5 of the structures of a container; the digests of media are in lib/hash
 */
#ifndef KAN_IMAGE_MD5_H
#define KAN_IMAGE_MD5_H

#include <stddef.h>
#include <stdint.h>

#define KAN_MD5_LEN 16u

struct kan_md5 {
	uint32_t state[4];
	uint64_t len; /* bytes so far */
	uint8_t block[64];
};

void kan_md5_init(struct kan_md5 *m);
void kan_md5_update(struct kan_md5 *m, const uint8_t *data, size_t len);
/** Write the 16 bytes of the digest; @m is used up. */
void kan_md5_finish(struct kan_md5 *m, uint8_t *digest);

#endif
