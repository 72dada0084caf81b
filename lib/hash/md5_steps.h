/* SPDX-License-Identifier: MIT */
/*
 * md5_steps.h - the 64 steps of RFC 1321, 3.4, in their order
 *
 * KAN_MD5_STEPS(F, G, H, I) wants four macros for the four rounds, each of which is
 * called as X(a, b, c, d, k, s, i) and does one step [abcd k s i], i from 0, on the
 * variables a, b, c and d.
 */
#ifndef KAN_HASH_MD5_STEPS_H
#define KAN_HASH_MD5_STEPS_H

/* Four steps; @k1 to @k4 are the words of the block, @s1 to @s4 the rotations. */
#define KAN_MD5_FOUR(X, i, k1, k2, k3, k4, s1, s2, s3, s4) \
	X(a, b, c, d, k1, s1, (i));                        \
	X(d, a, b, c, k2, s2, (i) + 1);                    \
	X(c, d, a, b, k3, s3, (i) + 2);                    \
	X(b, c, d, a, k4, s4, (i) + 3)

#define KAN_MD5_STEPS(F, G, H, I)                           \
	KAN_MD5_FOUR(F, 0, 0, 1, 2, 3, 7, 12, 17, 22);      \
	KAN_MD5_FOUR(F, 4, 4, 5, 6, 7, 7, 12, 17, 22);      \
	KAN_MD5_FOUR(F, 8, 8, 9, 10, 11, 7, 12, 17, 22);    \
	KAN_MD5_FOUR(F, 12, 12, 13, 14, 15, 7, 12, 17, 22); \
	KAN_MD5_FOUR(G, 16, 1, 6, 11, 0, 5, 9, 14, 20);     \
	KAN_MD5_FOUR(G, 20, 5, 10, 15, 4, 5, 9, 14, 20);    \
	KAN_MD5_FOUR(G, 24, 9, 14, 3, 8, 5, 9, 14, 20);     \
	KAN_MD5_FOUR(G, 28, 13, 2, 7, 12, 5, 9, 14, 20);    \
	KAN_MD5_FOUR(H, 32, 5, 8, 11, 14, 4, 11, 16, 23);   \
	KAN_MD5_FOUR(H, 36, 1, 4, 7, 10, 4, 11, 16, 23);    \
	KAN_MD5_FOUR(H, 40, 13, 0, 3, 6, 4, 11, 16, 23);    \
	KAN_MD5_FOUR(H, 44, 9, 12, 15, 2, 4, 11, 16, 23);   \
	KAN_MD5_FOUR(I, 48, 0, 7, 14, 5, 6, 10, 15, 21);    \
	KAN_MD5_FOUR(I, 52, 12, 3, 10, 1, 6, 10, 15, 21);   \
	KAN_MD5_FOUR(I, 56, 8, 15, 6, 13, 6, 10, 15, 21);   \
	KAN_MD5_FOUR(I, 60, 4, 11, 2, 9, 6, 10, 15, 21)

#endif
