/* SPDX-License-Identifier: MIT */
/*
 * packer.c - chunks of E01: compressed if that makes them shorter, stored if not
 *
 * Noise (encrypted or compressed data) is told by a sample of its bytes before time is spent on it:
 * chunks that look so would shrink by less than half a per cent, and are stored.
 */
#include "acquire/ewf/e01.h"

#include "core/bytes.h"
#include "core/cleanup.h"

#include <libdeflate.h>
#include <string.h>

#define BEST_LEVEL 9 /* 10 to 12 gain one or two per cent, and take three times as long */
#define ZERO_LEVEL 12

/* The sample: 32 strips of 64 bytes. */
enum sample {
	STRIP_LEN = 64,
	STRIPS = 32,
	/* The sum of the squares of the 256 counts is near 18,400 for noise, 8 x that for text. */
	NOISE_MAX = 20000,
};

/* Compress a chunk of zeros once and for all; its form does not depend on the mode. */
static bool pack_zeros(struct kan_e01_packer *p)
{
	struct libdeflate_compressor *c = libdeflate_alloc_compressor(ZERO_LEVEL);
	KAN_AUTO(mem) uint8_t *zeros = calloc(1, p->chunk_len);

	if (c && zeros)
		p->zeros_len = libdeflate_zlib_compress(c, zeros, p->chunk_len, p->zeros,
		                                        sizeof(p->zeros));
	libdeflate_free_compressor(c);
	return p->zeros_len > 0;
}

int kan_e01_packer_new(struct kan_e01_packer **out, enum kan_compress how, uint32_t chunk_len,
                       struct kan_err *err)
{
	struct kan_e01_packer *p = calloc(1, sizeof(*p));
	bool good = p != NULL;

	if (good && how == KAN_COMPRESS_FAST) {
		p->fast = kan_e01_fast_new();
		good = p->fast != NULL;
	}
	if (good && how == KAN_COMPRESS_BEST) {
		p->best = libdeflate_alloc_compressor(BEST_LEVEL);
		good = p->best != NULL;
	}
	if (good) {
		p->how = how;
		p->chunk_len = chunk_len;
	}
	if (good && how != KAN_COMPRESS_NONE)
		good = pack_zeros(p);
	if (!good) {
		kan_e01_packer_free(p);
		return kan_fail(err, KAN_ENOMEM, "out of memory to compress");
	}
	*out = p;
	return KAN_OK;
}

void kan_e01_packer_free(struct kan_e01_packer *p)
{
	if (!p)
		return;
	libdeflate_free_compressor(p->best);
	kan_e01_fast_free(p->fast);
	free(p);
}

static bool is_zero(const uint8_t *p, size_t len)
{
	return p[0] == 0 && memcmp(p, p + 1, len - 1) == 0;
}

static bool looks_like_noise(const uint8_t *in, size_t len)
{
	uint16_t count[4][256] = { { 0 } };
	uint32_t sum = 0;

	if (len < KAN_E01_CHUNK_LEN)
		return false;
	for (size_t k = 0; k < STRIPS; k++)
		for (size_t i = 0; i < STRIP_LEN; i++)
			count[i % 4][in[len / STRIPS * k + i]]++;
	for (size_t i = 0; i < 256; i++) {
		uint32_t n = (uint32_t)count[0][i] + count[1][i] + count[2][i] + count[3][i];

		sum += n * n;
	}
	return sum <= NOISE_MAX;
}

/* Length of the compressed chunk at @out; 0 if it is not shorter than the media. */
static size_t squeeze(struct kan_e01_packer *p, uint8_t *out, const uint8_t *in, size_t len)
{
	if (p->how == KAN_COMPRESS_NONE || len < 2)
		return 0;
	if (len == p->chunk_len && is_zero(in, len)) {
		memcpy(out, p->zeros, p->zeros_len);
		return p->zeros_len;
	}
	if (looks_like_noise(in, len))
		return 0;
	if (p->how == KAN_COMPRESS_BEST)
		return libdeflate_zlib_compress(p->best, in, len, out, len - 1);
	return kan_e01_fast_pack(p->fast, out, len - 1, in, len);
}

uint32_t kan_e01_pack(struct kan_e01_packer *p, uint8_t *out, const uint8_t *in, size_t len)
{
	size_t n = squeeze(p, out, in, len);

	if (n > 0)
		return (uint32_t)n | KAN_E01_COMPRESSED;
	memcpy(out, in, len);
	kan_put_le32(out + len, libdeflate_adler32(1, in, len));
	return (uint32_t)(len + KAN_E01_STORED_LEN);
}
