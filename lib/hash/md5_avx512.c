/* SPDX-License-Identifier: MIT */
/*
 * md5_avx512.c - MD5's block function with AVX-512VL
 *
 * One message in one lane of a vector: nothing is done in parallel.  What helps is
 * that vpternlogd computes any function of three words at once and vprold rotates, so
 * that the late word of a step, b, passes four instructions: ternary logic, add,
 * rotate, add.  Where each of them takes one cycle this beats any scalar code; on
 * processors that need two for the rotation it does not.
 */
#include "hash/md5.h"

#if defined(__x86_64__)

#include "core/bytes.h"
#include "hash/md5_steps.h"

#include <immintrin.h>

/*
 * The value of each function of RFC 1321 for the eight values of the bits b, c, d, b
 * being the highest.  b has to be the first operand: it is the one that is overwritten,
 * and the copy that the compiler makes of it costs nothing, while AMD's first processors
 * with these instructions take a cycle more for a late third operand.
 */
enum {
	TRUTH_F = 0xca,
	TRUTH_G = 0xe4,
	TRUTH_H = 0x96,
	TRUTH_I = 0x39,
};

/* Have @x at this point: the compiler must not put the late term into an earlier sum. */
#define EARLY(x) __asm__("" : "+v"(x))

/*
 * The compiler must not know the address of the table either.  If it sees constants
 * it loads all 64 of them ahead of the loop, and from there puts most on the stack;
 * like this each one is an operand in memory of the addition.
 */
#define STEP(a, b, c, d, k, s, i, truth)                                               \
	do {                                                                           \
		const uint32_t *table_ = kan_md5_table;                                \
		__asm__("" : "+r"(table_));                                            \
		(a) = _mm_add_epi32(a, _mm_set1_epi32((int)table_[i]));                \
		(a) = _mm_add_epi32(a, _mm_set1_epi32((int)kan_le32(data + 4 * (k)))); \
		EARLY(a);                                                              \
		(a) = _mm_add_epi32(a, _mm_ternarylogic_epi32(b, c, d, truth));        \
		(a) = _mm_add_epi32(_mm_rol_epi32(a, s), b);                           \
	} while (0)

#define F(a, b, c, d, k, s, i) STEP(a, b, c, d, k, s, i, TRUTH_F)
#define G(a, b, c, d, k, s, i) STEP(a, b, c, d, k, s, i, TRUTH_G)
#define H(a, b, c, d, k, s, i) STEP(a, b, c, d, k, s, i, TRUTH_H)
#define I(a, b, c, d, k, s, i) STEP(a, b, c, d, k, s, i, TRUTH_I)

__attribute__((target("avx512f,avx512vl"))) static void
digest_blocks(uint32_t chain[KAN_MD5_NWORDS], const uint8_t *data, size_t nblocks)
{
	__m128i a = _mm_cvtsi32_si128((int)chain[0]);
	__m128i b = _mm_cvtsi32_si128((int)chain[1]);
	__m128i c = _mm_cvtsi32_si128((int)chain[2]);
	__m128i d = _mm_cvtsi32_si128((int)chain[3]);

	for (; nblocks > 0; nblocks--) {
		const __m128i a0 = a, b0 = b, c0 = c, d0 = d;

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
