/* SPDX-License-Identifier: MIT */
/*
 * md5.c - MD5 (RFC 1321)
 *
 * A few containers protect their tables with it.  Nothing here has to be fast or
 * withstand an attacker: it tells damage.
 */
#include "image/md5.h"

#include "core/bytes.h"

#include <string.h>

static const uint32_t sines[64] = {
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

static const uint8_t turns[4][4] = {
	{ 7, 12, 17, 22 },
	{ 5, 9, 14, 20 },
	{ 4, 11, 16, 23 },
	{ 6, 10, 15, 21 },
};

/* The function of step @i and the word that it takes. */
static uint32_t mix(unsigned i, const uint32_t *s, unsigned *word)
{
	switch (i / 16) {
	case 0:
		*word = i;
		return (s[1] & s[2]) | (~s[1] & s[3]);
	case 1:
		*word = (5 * i + 1) % 16;
		return (s[3] & s[1]) | (~s[3] & s[2]);
	case 2:
		*word = (3 * i + 5) % 16;
		return s[1] ^ s[2] ^ s[3];
	default:
		*word = 7 * i % 16;
		return s[2] ^ (s[1] | ~s[3]);
	}
}

static void add_block(struct kan_md5 *m, const uint8_t *block)
{
	uint32_t s[4];

	memcpy(s, m->state, sizeof(s));
	for (unsigned i = 0; i < 64; i++) {
		unsigned word, turn = turns[i / 16][i % 4];
		uint32_t f = mix(i, s, &word);

		f += s[0] + sines[i] + kan_le32(block + 4 * (size_t)word);
		s[0] = s[3];
		s[3] = s[2];
		s[2] = s[1];
		s[1] += f << turn | f >> (32 - turn);
	}
	for (unsigned i = 0; i < 4; i++)
		m->state[i] += s[i];
}

void kan_md5_init(struct kan_md5 *m)
{
	*m = (struct kan_md5){ .state = { 0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476 } };
}

void kan_md5_update(struct kan_md5 *m, const uint8_t *data, size_t len)
{
	size_t held = m->len % sizeof(m->block);

	m->len += len;
	while (len > 0) {
		size_t n = sizeof(m->block) - held < len ? sizeof(m->block) - held : len;

		memcpy(m->block + held, data, n);
		data += n;
		len -= n;
		held += n;
		if (held == sizeof(m->block)) {
			add_block(m, m->block);
			held = 0;
		}
	}
}

void kan_md5_finish(struct kan_md5 *m, uint8_t *digest)
{
	static const uint8_t end[64] = { 0x80 };
	uint8_t bits[8];
	size_t held = m->len % sizeof(m->block);

	kan_put_le64(bits, m->len * 8);
	kan_md5_update(m, end, held < 56 ? 56 - held : 120 - held);
	kan_md5_update(m, bits, sizeof(bits));
	for (unsigned i = 0; i < 4; i++)
		kan_put_le32(digest + 4 * (size_t)i, m->state[i]);
}
