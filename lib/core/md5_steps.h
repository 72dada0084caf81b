/* SPDX-License-Identifier: MIT */
/*
 * md5_steps.h - the 64 steps of RFC 1321, 3.4, in their order
 *
 * KAN_MD5_STEPS(F, G, H, I) wants four macros for the four rounds, each of which is
 * called as X(a, b, c, d, s, i) and does one step [abcd k s i] on the variables a, b,
 * c and d.  i counts from 0, and k is KAN_MD5_WORD(i).
 */
#ifndef KAN_CORE_MD5_STEPS_H
#define KAN_CORE_MD5_STEPS_H

/* Which of the 16 words of the block step @i adds. */
#define KAN_MD5_WORD(i)                  \
	((i) < 16   ? (i)                \
	 : (i) < 32 ? (5 * (i) + 1) % 16 \
	 : (i) < 48 ? (3 * (i) + 5) % 16 \
	            : 7 * (i) % 16)

/* Four steps; @s1 to @s4 are the rotations. */
#define KAN_MD5_FOUR(X, i, s1, s2, s3, s4) \
	X(a, b, c, d, s1, (i));            \
	X(d, a, b, c, s2, (i) + 1);        \
	X(c, d, a, b, s3, (i) + 2);        \
	X(b, c, d, a, s4, (i) + 3)

#define KAN_MD5_ROUND(X, i, s1, s2, s3, s4)       \
	KAN_MD5_FOUR(X, i, s1, s2, s3, s4);       \
	KAN_MD5_FOUR(X, (i) + 4, s1, s2, s3, s4); \
	KAN_MD5_FOUR(X, (i) + 8, s1, s2, s3, s4); \
	KAN_MD5_FOUR(X, (i) + 12, s1, s2, s3, s4)

#define KAN_MD5_STEPS(F, G, H, I)            \
	KAN_MD5_ROUND(F, 0, 7, 12, 17, 22);  \
	KAN_MD5_ROUND(G, 16, 5, 9, 14, 20);  \
	KAN_MD5_ROUND(H, 32, 4, 11, 16, 23); \
	KAN_MD5_ROUND(I, 48, 6, 10, 15, 21)

#endif
