/* SPDX-License-Identifier: MIT */
/*
 * deflate.c - ISA-L, made to give the same bytes every time and on every machine
 *
 * Level 3 has another search for each family of processors and gives other bytes on
 * each.  Level 2 has one, with a fault (isa-l 2.30, and before): the third position
 * of the input is entered into the hash table under the CRC-32C of bits 16 to 47 of
 * the *address of the state*, where its bytes should be.  Once in some ten thousand
 * chunks this costs or gives a match.
 *
 * Of that sum only the lowest 15 bits count, because the table has as many places.  So
 * the state is put where they are zero: 2^16 neighbouring places of 64 KiB have at
 * least one such, since the map from 15 bits of the place to 15 bits of the sum is one
 * to one.  The range is only reserved while it is searched; a library without the fault
 * does not care.
 */
#include "acquire/ewf/e01.h"

#include "core/bytes.h"

#include <isa-l/igzip_lib.h>
#include <libdeflate.h>
#include <string.h>
#include <sys/mman.h>

#define LEVEL     2
#define LEVEL_LEN ISAL_DEF_LVL2_DEFAULT

#define PLACE_LEN  65536u
#define PLACES     65536u
#define TABLE_MASK 0x7fffu
#define CRC32C     0x82f63b78u /* the polynomial, reflected */

enum zlib_layout {
	ZLIB_HEADER_LEN = 2,
	ZLIB_TRAILER_LEN = 4,
};

struct kan_e01_fast {
	struct isal_zstream stream; /* first: its address is what the library looks at */
	uint8_t level_buf[LEVEL_LEN];
};

/* In whole places. */
static size_t fast_len(void)
{
	return (sizeof(struct kan_e01_fast) + PLACE_LEN - 1) / PLACE_LEN * PLACE_LEN;
}

static uint32_t crc32c(uint32_t x)
{
	for (unsigned i = 0; i < 32; i++)
		x = x >> 1 ^ (x & 1 ? CRC32C : 0);
	return x;
}

static bool is_good(const uint8_t *place)
{
	return (crc32c((uint32_t)((uintptr_t)place / PLACE_LEN)) & TABLE_MASK) == 0;
}

/* Give back [@from, @to). */
static void give_back(uint8_t *from, uint8_t *to)
{
	if (to > from)
		(void)munmap(from, (size_t)(to - from)); /* a part of what was mapped */
}

struct kan_e01_fast *kan_e01_fast_new(void)
{
	const size_t len = fast_len(), all = (size_t)PLACES * PLACE_LEN + PLACE_LEN + len;
	uint8_t *range =
		mmap(NULL, all, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	uint8_t *place, *end = range + all;

	if (range == MAP_FAILED)
		return NULL;
	place = range + (PLACE_LEN - (uintptr_t)range % PLACE_LEN) % PLACE_LEN;
	while ((size_t)(end - place) > len && !is_good(place))
		place += PLACE_LEN;
	give_back(range, place);
	give_back(place + len, end);
	if (!is_good(place) || mprotect(place, len, PROT_READ | PROT_WRITE) != 0) {
		(void)munmap(place, len);
		return NULL;
	}
	return (struct kan_e01_fast *)(void *)place;
}

void kan_e01_fast_free(struct kan_e01_fast *f)
{
	if (f)
		(void)munmap(f, fast_len()); /* as it was mapped */
}

/* Raw deflate from the library, in our own frame of zlib. */
size_t kan_e01_fast_pack(struct kan_e01_fast *f, uint8_t *out, size_t room, const uint8_t *in,
                         size_t len)
{
	struct isal_zstream *s = &f->stream;

	if (room <= ZLIB_HEADER_LEN + ZLIB_TRAILER_LEN)
		return 0;
	isal_deflate_stateless_init(s);
	s->level = LEVEL;
	s->level_buf = f->level_buf;
	s->level_buf_size = sizeof(f->level_buf);
	s->end_of_stream = 1;
	s->flush = NO_FLUSH;
	s->next_in = (uint8_t *)(uintptr_t)in; /* is not written to */
	s->avail_in = (uint32_t)len;
	s->next_out = out + ZLIB_HEADER_LEN;
	s->avail_out = (uint32_t)(room - ZLIB_HEADER_LEN - ZLIB_TRAILER_LEN);
	if (isal_deflate_stateless(s) != COMP_OK)
		return 0;
	out[0] = 0x78; /* deflate, a window of 32 KiB */
	out[1] = 0x01; /* the fastest level */
	kan_put_be32(out + ZLIB_HEADER_LEN + s->total_out, libdeflate_adler32(1, in, len));
	return ZLIB_HEADER_LEN + s->total_out + ZLIB_TRAILER_LEN;
}
