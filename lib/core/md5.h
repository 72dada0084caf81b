/* SPDX-License-Identifier: MIT */
/*
 * md5.h - MD5 (RFC 1321) of our own
 *
 * For containers that protect their structures with it, and for media on processors
 * where it is faster than the crypto library's (hash/algos/md5.c).  A digest goes block
 * by block through a chain of 64 steps, each of which waits for the one before: its
 * speed is the latency of a step and nothing else.
 */
#ifndef KAN_CORE_MD5_H
#define KAN_CORE_MD5_H

#include <stddef.h>
#include <stdint.h>

enum {
	KAN_MD5_LEN = 16, /* of a digest */
	KAN_MD5_BLOCK_LEN = 64,
	KAN_MD5_NWORDS = 4, /* of the chain */
};

/** Take @nblocks blocks of 64 bytes, at any address, into @chain. */
typedef void kan_md5_blocks(uint32_t chain[KAN_MD5_NWORDS], const uint8_t *data, size_t nblocks);

/** The table of RFC 1321, 3.4: T[1] to T[64]. */
extern const uint32_t kan_md5_table[64];

/** The one that runs everywhere. */
kan_md5_blocks kan_md5_blocks_plain;

/** One message; begin with kan_md5_begin().  Nothing is to be released. */
struct kan_md5 {
	kan_md5_blocks *blocks;
	uint32_t chain[KAN_MD5_NWORDS];
	uint64_t len;                    /* bytes so far */
	uint8_t tail[KAN_MD5_BLOCK_LEN]; /* the len % 64 bytes that are not in the chain yet */
};

/** Begin a message, which @blocks will digest. */
void kan_md5_begin(struct kan_md5 *m, kan_md5_blocks *blocks);

/** Add @len bytes; any split of the same bytes gives the same digest. */
void kan_md5_add(struct kan_md5 *m, const uint8_t *data, size_t len);

/** Write KAN_MD5_LEN bytes.  The message is over. */
void kan_md5_end(struct kan_md5 *m, uint8_t *digest);

#endif
