/* SPDX-License-Identifier: MIT */
/*
 * md5.c - messages for MD5's block functions, and the plain one of these
 *
 * Of what a step computes only b, the result of the step before, is late.  The terms
 * are ordered so that b goes through as few operations as possible: and, xor, add,
 * rotate, add in the first and the last round, and one less in the two between.  The
 * second round can do that because its two halves have no bit in common: their "or"
 * is a sum, and the half without b is added ahead of time.
 */
#include "core/md5.h"

#include "core/bytes.h"
#include "core/md5_steps.h"

#include <string.h>

enum { LEN_AT = KAN_MD5_BLOCK_LEN - 8 }; /* where the last block holds the length in bits */

static const uint32_t first_chain[KAN_MD5_NWORDS] = { 0x67452301, 0xefcdab89, 0x98badcfe,
	                                              0x10325476 };

const uint32_t kan_md5_table[64] = {
	0xd76aa478, 0xe8c7b756, 0x242070db, 0xc1bdceee, 0xf57c0faf, 0x4787c62a, 0xa8304613,
	0xfd469501, 0x698098d8, 0x8b44f7af, 0xffff5bb1, 0x895cd7be, 0x6b901122, 0xfd987193,
	0xa679438e, 0x49b40821, 0xf61e2562, 0xc040b340, 0x265e5a51, 0xe9b6c7aa, 0xd62f105d,
	0x02441453, 0xd8a1e681, 0xe7d3fbc8, 0x21e1cde6, 0xc33707d6, 0xf4d50d87, 0x455a14ed,
	0xa9e3e905, 0xfcefa3f8, 0x676f02d9, 0x8d2a4c8a, 0xfffa3942, 0x8771f681, 0x6d9d6122,
	0xfde5380c, 0xa4beea44, 0x4bdecfa9, 0xf6bb4b60, 0xbebfbc70, 0x289b7ec6, 0xeaa127fa,
	0xd4ef3085, 0x04881d05, 0xd9d4d039, 0xe6db99e5, 0x1fa27cf8, 0xc4ac5665, 0xf4292244,
	0x432aff97, 0xab9423a7, 0xfc93a039, 0x655b59c3, 0x8f0ccc92, 0xffeff47d, 0x85845dd1,
	0x6fa87e4f, 0xfe2ce6e0, 0xa3014314, 0x4e0811a1, 0xf7537e82, 0xbd3af235, 0x2ad7d2bb,
	0xeb86d391,
};

/* Have @x at this point: the compiler must not put the late term into an earlier sum. */
#define EARLY(x) __asm__("" : "+r"(x))

#define ROTATE(x, s) ((x) << (s) | (x) >> (32 - (s)))

/* @early is without b, @late waits for it. */
#define STEP(a, b, early, late, s, i)                                           \
	do {                                                                    \
		(a) += kan_md5_table[i] + kan_le32(data + 4 * KAN_MD5_WORD(i)); \
		(a) += (early);                                                 \
		EARLY(a);                                                       \
		(a) += (late);                                                  \
		(a) = ROTATE(a, s) + (b);                                       \
	} while (0)

#define F(a, b, c, d, s, i) STEP(a, b, 0, (d) ^ ((b) & ((c) ^ (d))), s, i)
#define G(a, b, c, d, s, i) STEP(a, b, (c) & ~(d), (b) & (d), s, i)
#define H(a, b, c, d, s, i)                     \
	do {                                    \
		uint32_t cd_ = (c) ^ (d);       \
		EARLY(cd_);                     \
		STEP(a, b, 0, (b) ^ cd_, s, i); \
	} while (0)
#define I(a, b, c, d, s, i) STEP(a, b, 0, (c) ^ ((b) | ~(d)), s, i)

void kan_md5_blocks_plain(uint32_t chain[KAN_MD5_NWORDS], const uint8_t *data, size_t nblocks)
{
	uint32_t a = chain[0], b = chain[1], c = chain[2], d = chain[3];

	for (; nblocks > 0; nblocks--) {
		const uint32_t a0 = a, b0 = b, c0 = c, d0 = d;

		KAN_MD5_STEPS(F, G, H, I);
		a += a0;
		b += b0;
		c += c0;
		d += d0;
		data += KAN_MD5_BLOCK_LEN;
	}
	chain[0] = a;
	chain[1] = b;
	chain[2] = c;
	chain[3] = d;
}

void kan_md5_begin(struct kan_md5 *m, kan_md5_blocks *blocks)
{
	m->blocks = blocks;
	m->len = 0;
	memcpy(m->chain, first_chain, sizeof(m->chain));
}

void kan_md5_add(struct kan_md5 *m, const uint8_t *data, size_t len)
{
	size_t fill = (size_t)(m->len % KAN_MD5_BLOCK_LEN), room = KAN_MD5_BLOCK_LEN - fill;
	size_t nblocks;

	if (len == 0)
		return;
	m->len += len; /* modulo 2^64, and the bits with it, as RFC 1321 has it */
	if (len < room) {
		memcpy(m->tail + fill, data, len);
		return;
	}
	if (fill > 0) {
		memcpy(m->tail + fill, data, room);
		m->blocks(m->chain, m->tail, 1);
		data += room;
		len -= room;
	}
	nblocks = len / KAN_MD5_BLOCK_LEN;
	if (nblocks > 0)
		m->blocks(m->chain, data, nblocks);
	memcpy(m->tail, data + nblocks * KAN_MD5_BLOCK_LEN, len % KAN_MD5_BLOCK_LEN);
}

void kan_md5_end(struct kan_md5 *m, uint8_t *digest)
{
	size_t fill = (size_t)(m->len % KAN_MD5_BLOCK_LEN);

	m->tail[fill++] = 0x80;
	if (fill > LEN_AT) {
		memset(m->tail + fill, 0, KAN_MD5_BLOCK_LEN - fill);
		m->blocks(m->chain, m->tail, 1);
		fill = 0;
	}
	memset(m->tail + fill, 0, LEN_AT - fill);
	kan_put_le64(m->tail + LEN_AT, m->len << 3);
	m->blocks(m->chain, m->tail, 1);
	for (size_t i = 0; i < KAN_MD5_NWORDS; i++)
		kan_put_le32(digest + 4 * i, m->chain[i]);
}
