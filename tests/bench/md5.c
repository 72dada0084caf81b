/* SPDX-License-Identifier: MIT */
/*
 * md5.c - our MD5 block functions beside the crypto library's, in turns
 *
 *   md5 [ROUNDS]
 *
 * Built by md5.sh.  Each digests 1 MiB that lies in the cache, ROUNDS times (default
 * 300); the fastest round counts.  A cycle is what an addition takes that waits for the
 * one before, timed in the same run; a byte in 1 cycle is a step of the 64 in 1 cycle.
 */
#include "hash/evp.h"
#include "hash/md5_avx512.h"
#include "kanshiki/err.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { LEN = 1 << 20, NADDS = 1 << 16 };

struct best {
	const char *name;
	double seconds;
	unsigned char digest[16];
};

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* A core's cycle as seconds: what a chain of additions takes. */
static double time_addition(void)
{
	double start = now();
	unsigned x = 1;

	for (int i = 0; i < NADDS / 16; i++) {
#pragma GCC unroll 16
		for (int k = 0; k < 16; k++) {
			x += 3;
			__asm__ volatile("" : "+r"(x));
		}
	}
	return (now() - start) / NADDS;
}

static void take(struct best *b, double start)
{
	start = now() - start;
	if (b->seconds == 0 || start < b->seconds)
		b->seconds = start;
}

static void time_library(struct best *b, const unsigned char *data)
{
	void *state = NULL;
	double start;

	if (kan_evp_open(&state, "MD5", NULL) != KAN_OK)
		exit(1);
	start = now();
	if (kan_evp_update(state, data, LEN, NULL) != KAN_OK)
		exit(1);
	take(b, start);
	if (kan_evp_finish(state, b->digest, NULL) != KAN_OK)
		exit(1);
	kan_evp_close(state);
}

static void time_ours(struct best *b, kan_md5_blocks *blocks, const unsigned char *data)
{
	struct kan_md5 m;
	double start = now();

	kan_md5_begin(&m, blocks);
	kan_md5_add(&m, data, LEN);
	take(b, start);
	kan_md5_end(&m, b->digest);
}

int main(int argc, char **argv)
{
	struct best best[] = { { .name = "OpenSSL" },
		               { .name = "plain" },
		               { .name = "AVX-512VL" } };
	kan_md5_blocks *avx512 = kan_md5_blocks_avx512();
	int rounds = argc > 1 ? (int)strtol(argv[1], NULL, 10) : 300, n = avx512 ? 3 : 2;
	unsigned char *data = malloc(LEN);
	double cycle = 1;

	if (!data || rounds < 1)
		return 1;
	for (size_t i = 0; i < LEN; i++)
		data[i] = (unsigned char)(i * 2654435761u >> 13);
	for (int i = 0; i < rounds; i++) {
		double t = time_addition();

		if (t < cycle)
			cycle = t;
		time_library(&best[0], data);
		time_ours(&best[1], kan_md5_blocks_plain, data);
		if (avx512)
			time_ours(&best[2], avx512, data);
	}
	printf("%-10s %8s %8s\n", "md5", "MB/s", "cycles/B");
	for (int i = 0; i < n; i++) {
		if (memcmp(best[i].digest, best[0].digest, sizeof(best[0].digest)) != 0) {
			fprintf(stderr, "md5: %s gives another digest\n", best[i].name);
			return 1;
		}
		printf("%-10s %8.0f %8.2f\n", best[i].name, LEN / best[i].seconds / 1e6,
		       best[i].seconds / cycle / LEN);
	}
	if (!avx512)
		printf("%-10s this processor has no AVX-512VL\n", "AVX-512VL");
	free(data);
	return 0;
}
