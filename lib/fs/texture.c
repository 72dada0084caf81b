/* SPDX-License-Identifier: MIT */
/*
 * texture.c - what the bytes of a volume look like where nothing is recognised
 *
 * Samples all over the volume: one repeated byte, random, or something else.
 * Well-encrypted bytes look random, but so do bytes that somebody wrote over a
 * volume to clear it: this is a hint, never a statement.
 */
#include "fs/recognise.h"
#include "fs/signatures.h"

enum { SAMPLES = 32, SAMPLE_LEN = 4096 };

/*
 * Chi-square of the byte counts against a flat distribution, 255 degrees of
 * freedom: 255 on average, standard deviation 22.6.  Text, code and most
 * compressed data are far above; a constant is higher still.
 */
static bool is_flat(const uint32_t *count, uint64_t n, uint64_t most)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < 256; i++)
		sum += (uint64_t)count[i] * count[i];
	return sum * 256 / n - n <= most;
}

enum kan_texture kan_texture_of(struct kan_source *src, uint64_t offset, uint64_t length)
{
	struct kan_place p = { src, offset, length, NULL };
	uint32_t all[256] = { 0 };
	uint64_t n = 0;
	bool constant = true, random = true;

	for (uint64_t i = 0; i < SAMPLES; i++) {
		uint64_t at = length < SAMPLE_LEN ? 0 : (length - SAMPLE_LEN) / (SAMPLES - 1) * i;
		uint32_t count[256] = { 0 };
		uint8_t raw[SAMPLE_LEN];

		if (!kan_place_read(&p, at, raw, sizeof(raw)))
			return KAN_TEXTURE_OTHER;
		for (size_t k = 0; k < sizeof(raw); k++) {
			count[raw[k]]++;
			all[raw[k]]++;
		}
		n += sizeof(raw);
		constant = constant && count[raw[0]] == sizeof(raw);
		random = random && is_flat(count, sizeof(raw), 400);
	}
	if (constant)
		return KAN_TEXTURE_EMPTY;
	return random && is_flat(all, n, 360) ? KAN_TEXTURE_RANDOM : KAN_TEXTURE_OTHER;
}
