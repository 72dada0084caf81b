/* SPDX-License-Identifier: MIT */
/*
 * md5_avx512.c - MD5's block function with AVX-512VL
 *
 * One message in one lane of a vector: nothing is done in parallel.  What helps is
 * that vpternlogd computes any function of three words at once and vprold rotates, so
 * that the late word of a step, b, passes four instructions: ternary logic, add,
 * rotate, add.  Where each of them takes one cycle this beats any scalar code.  On
 * AMD's fourth generation, where a rotation takes two and a late operand of vpternlogd
 * that is not the overwritten one is late by another, it does not.
 */
#include "hash/md5_avx512.h"

#if defined(__x86_64__)

#include "core/bytes.h"
#include "core/md5_steps.h"

#include <immintrin.h>

/*
 * The value of each function of RFC 1321 for the eight values of the bits d, c, b, d
 * being the highest.
 */
enum {
	TRUTH_F = 0xd8,
	TRUTH_G = 0xac,
	TRUTH_H = 0x96,
	TRUTH_I = 0x63,
};

#define TARGET __attribute__((target("avx512f,avx512vl")))

/*
 * @a, and what step @i adds to it that does not wait for the step before.  The assembly
 * is empty.  It hides the address of the table: a compiler that sees constants loads
 * all 64 ahead of the loop and from there puts most on the stack, instead of making
 * each an operand of the addition.  And it has the sum at this point, so that no late
 * term gets into it.
 */
TARGET static inline __m128i early_sum(__m128i a, const uint8_t *data, int i)
{
	const uint32_t *table = kan_md5_table;

	__asm__("" : "+r"(table));
	a = _mm_add_epi32(a, _mm_set1_epi32((int)table[i]));
	a = _mm_add_epi32(a, _mm_set1_epi32((int)kan_le32(data + 4 * KAN_MD5_WORD(i))));
	__asm__("" : "+v"(a));
	return a;
}

/*
 * @a is the early sum of this step already, and @d, which is "a" of the next step,
 * becomes that of the next one.  So the ternary logic, which overwrites an operand, can
 * have d's register, and nothing is copied.
 */
#define STEP(a, b, c, d, s, i, truth)                                                \
	do {                                                                         \
		__m128i next_ = (i) < 63 ? early_sum(d, data, ((i) + 1) % 64) : (d); \
		(d) = _mm_ternarylogic_epi32(d, c, b, truth);                        \
		(a) = _mm_add_epi32(_mm_rol_epi32(_mm_add_epi32(a, d), s), b);       \
		(d) = next_;                                                         \
	} while (0)

#define F(a, b, c, d, s, i) STEP(a, b, c, d, s, i, TRUTH_F)
#define G(a, b, c, d, s, i) STEP(a, b, c, d, s, i, TRUTH_G)
#define H(a, b, c, d, s, i) STEP(a, b, c, d, s, i, TRUTH_H)
#define I(a, b, c, d, s, i) STEP(a, b, c, d, s, i, TRUTH_I)

TARGET static void digest_blocks(uint32_t chain[KAN_MD5_NWORDS], const uint8_t *data,
                                 size_t nblocks)
{
	__m128i a = _mm_cvtsi32_si128((int)chain[0]);
	__m128i b = _mm_cvtsi32_si128((int)chain[1]);
	__m128i c = _mm_cvtsi32_si128((int)chain[2]);
	__m128i d = _mm_cvtsi32_si128((int)chain[3]);

	for (; nblocks > 0; nblocks--) {
		const __m128i a0 = a, b0 = b, c0 = c, d0 = d;

		a = early_sum(a, data, 0);
		KAN_MD5_STEPS(F, G, H, I);
		a = _mm_add_epi32(a, a0);
		b = _mm_add_epi32(b, b0);
		c = _mm_add_epi32(c, c0);
		d = _mm_add_epi32(d, d0);
		data += KAN_MD5_BLOCK_LEN;
	}
	chain[0] = (uint32_t)_mm_cvtsi128_si32(a);
	chain[1] = (uint32_t)_mm_cvtsi128_si32(b);
	chain[2] = (uint32_t)_mm_cvtsi128_si32(c);
	chain[3] = (uint32_t)_mm_cvtsi128_si32(d);
}

kan_md5_blocks *kan_md5_blocks_avx512(void)
{
	return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl")
	               ? digest_blocks
	               : NULL;
}

#else

kan_md5_blocks *kan_md5_blocks_avx512(void)
{
	return NULL;
}

#endif
