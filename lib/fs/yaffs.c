/* SPDX-License-Identifier: MIT */
/*
 * yaffs.c - YAFFS2 is recognised by what its chunks say about each other
 *
 * There is no superblock and no signature, and Sleuth Kit takes other things for it.
 * Here three things must be true of one geometry: what looks like the header of an
 * object is at the start of a page; the tags behind that page belong to a header, and
 * to the same object where they say more; and most pages all over the place have
 * tags that are possible, or have never been written.
 *
 * From yaffs_guts.h and yaffs_packedtags2.c of YAFFS2.  Tags inside of the pages
 * ("inband"), tags in pieces, and YAFFS1 are not recognised.
 */
#include "fs/yaffs.h"

#include "core/bytes.h"
#include "core/cleanup.h"

#include <string.h>

/* Pages and spares that chips have, the smaller first. */
static const struct {
	uint16_t page, spare;
} chips[] = {
	{ 512, 16 },     { 1024, 32 },    { 2048, 64 },    { 2048, 128 }, { 4096, 128 },
	{ 4096, 218 },   { 4096, 224 },   { 4096, 256 },   { 8192, 256 }, { 8192, 436 },
	{ 8192, 448 },   { 8192, 512 },   { 8192, 640 },   { 8192, 744 }, { 16384, 512 },
	{ 16384, 1024 }, { 16384, 1216 }, { 16384, 1280 },
};

/* Header of an object. */
enum { TYPE_AT = 0, PARENT_AT = 4, SUM_AT = 8, NAME_AT = 10, NAME_LEN = 256, HEADER_LEN = 266 };
enum { TYPE_DIRECTORY = 3, TYPE_MAX = 5, ROOT = 1, OBJECT_MAX = 0x3ffff };

/* Numbers of blocks, and the flag of tags that repeat the header. */
static const uint32_t seq_min = 0x1000, seq_max = 0xefffff00, extra_flag = 0x80000000;

enum {
	HEADERS_MAX = 128,
	WINDOWS = 16,
	WINDOW_LEN = 256 << 10,
	PIECE_LEN = 64 << 10,
	SAMPLES = 512,
	SPARE_MAX = 2048,
};

struct header {
	uint64_t at; /* from the start of the volume */
	uint32_t type, parent;
};

/* Headers in one byte order. */
struct finder {
	const struct kan_place *p;
	bool big;
	size_t n;
	struct header headers[HEADERS_MAX];
};

static uint32_t u32(const uint8_t *p, bool big)
{
	return big ? kan_be32(p) : kan_le32(p);
}

/*
 * A name has no slash and an end; only the root may have none.  What is never written
 * is 0xff, and stands behind the tags of data, whose numbers could be those of a header.
 */
static bool has_name(const uint8_t *p, uint32_t type, uint32_t parent)
{
	const uint8_t *end = memchr(p + NAME_AT, '\0', NAME_LEN);

	if (!end || p[NAME_AT] == 0xff || memchr(p + NAME_AT, '/', (size_t)(end - p - NAME_AT)))
		return false;
	return end != p + NAME_AT || (type == TYPE_DIRECTORY && parent == ROOT);
}

static void look_at(struct finder *f, uint64_t at, const uint8_t *p)
{
	uint32_t type, parent;

	if (p[SUM_AT] != 0xff || p[SUM_AT + 1] != 0xff || f->n == HEADERS_MAX)
		return;
	type = u32(p + TYPE_AT, f->big);
	parent = u32(p + PARENT_AT, f->big);
	if (type == 0 || type > TYPE_MAX || parent == 0 || parent > OBJECT_MAX ||
	    !has_name(p, type, parent))
		return;
	if (f->n > 0 && f->headers[f->n - 1].at == at)
		return; /* pieces share a place */
	f->headers[f->n++] = (struct header){ at, type, parent };
}

/* What looks like a header in a few windows of the place, in each byte order. */
static void find_headers(struct finder f[2])
{
	KAN_AUTO(mem) uint8_t *buf = malloc(PIECE_LEN + HEADER_LEN);
	uint64_t length = f->p->length, last = length > WINDOW_LEN ? length - WINDOW_LEN : 0;
	uint64_t at = 0;

	for (uint64_t w = 0; buf && w < WINDOWS; w++) {
		uint64_t start = last / (WINDOWS - 1) * w & ~(uint64_t)1;

		/* The windows of a small place overlap. */
		if (at < start)
			at = start;
		for (; at < start + WINDOW_LEN && at < length; at += PIECE_LEN) {
			uint64_t left = length - at;
			size_t len = left < PIECE_LEN + HEADER_LEN ? (size_t)left
			                                           : PIECE_LEN + HEADER_LEN;

			if (len < HEADER_LEN || !kan_place_read(f->p, at, buf, len))
				break;
			for (size_t i = 0; i <= len - HEADER_LEN; i += 2) {
				look_at(&f[0], at + i, buf + i);
				look_at(&f[1], at + i, buf + i);
			}
		}
	}
}

bool kan_yaffs_tags(struct kan_yaffs_tags *out, const uint8_t raw[KAN_YAFFS_TAGS], bool big_endian)
{
	uint32_t obj;

	*out = (struct kan_yaffs_tags){
		.seq = u32(raw, big_endian),
		.obj = u32(raw + 4, big_endian),
		.chunk = u32(raw + 8, big_endian),
		.bytes = u32(raw + 12, big_endian),
	};
	obj = out->chunk & extra_flag ? out->obj & 0x0fffffff : out->obj;
	return out->seq >= seq_min && out->seq <= seq_max && obj > 0 && obj <= OBJECT_MAX &&
	       (out->chunk & extra_flag || out->chunk < 0x8000000);
}

/* Tags that stand behind the header @h, as far as one can tell. */
static bool fits(const struct header *h, const uint8_t *raw, bool big)
{
	struct kan_yaffs_tags t;

	if (!kan_yaffs_tags(&t, raw, big))
		return false;
	if (t.chunk & extra_flag)
		return (t.chunk & 0x0fffffff) == h->parent && t.obj >> 28 == h->type;
	return t.chunk == 0 && (t.obj != h->parent || t.obj == ROOT);
}

/*
 * How many headers have their tags at each place of the spare of one chip.  Beside the
 * right place others can fit as well, shifted by a byte or two: there numbers of blocks,
 * which begin low and are counted up, are much larger.
 */
static size_t count_fits(const struct finder *f, struct kan_yaffs *y)
{
	uint16_t found[SPARE_MAX] = { 0 };
	uint32_t seq[SPARE_MAX] = { 0 };
	uint32_t places = y->spare - KAN_YAFFS_TAGS + 1;
	size_t best = 0;

	for (size_t i = 0; i < f->n; i++) {
		uint8_t spare[SPARE_MAX];

		if (f->headers[i].at % (y->page + y->spare) != 0 ||
		    !kan_place_read(f->p, f->headers[i].at + y->page, spare, y->spare))
			continue;
		for (uint32_t at = 0; at < places; at++) {
			uint32_t n = u32(spare + at, f->big);

			if (!fits(&f->headers[i], spare + at, f->big))
				continue;
			found[at]++;
			seq[at] = n > seq[at] ? n : seq[at];
		}
	}
	for (uint32_t at = 0; at < places; at++)
		if (found[at] > best || (best > 0 && found[at] == best && seq[at] < seq[y->tags])) {
			best = found[at];
			y->tags = at;
		}
	return best;
}

static bool is_erased(const uint8_t *raw)
{
	for (size_t i = 0; i < KAN_YAFFS_TAGS; i++)
		if (raw[i] != 0xff)
			return false;
	return true;
}

/* Chunks all over the place; a bad block in eight is forgiven. */
static bool holds_everywhere(const struct kan_place *p, const struct kan_yaffs *y)
{
	uint64_t step = y->chunks > SAMPLES ? y->chunks / SAMPLES : 1;
	size_t looked = 0, good = 0;

	for (uint64_t k = 0; k < y->chunks; k += step) {
		uint8_t raw[KAN_YAFFS_TAGS];
		struct kan_yaffs_tags t;

		if (!kan_place_read(p, k * (y->page + y->spare) + y->page + y->tags, raw,
		                    sizeof(raw)))
			break;
		looked++;
		good += kan_yaffs_tags(&t, raw, y->big_endian) || is_erased(raw);
	}
	return looked > 0 && good >= looked - looked / 8;
}

static bool find_chip(struct kan_yaffs *out, const struct finder *f)
{
	size_t best = 0;

	for (size_t i = 0; f->n >= 2 && i < sizeof(chips) / sizeof(chips[0]); i++) {
		struct kan_yaffs y = { .page = chips[i].page,
			               .spare = chips[i].spare,
			               .big_endian = f->big };
		size_t n = count_fits(f, &y);

		y.chunks = f->p->length / (y.page + y.spare);
		if (n <= best || n < 2 || n < f->n - f->n / 4 || !holds_everywhere(f->p, &y))
			continue;
		best = n;
		*out = y;
	}
	return best > 0;
}

bool kan_yaffs_find(struct kan_yaffs *out, const struct kan_place *p)
{
	KAN_AUTO(mem) struct finder *f = calloc(2, sizeof(*f));
	struct kan_place place = *p;

	if (!f || place.offset > place.src->size)
		return false;
	if (place.length > place.src->size - place.offset)
		place.length = place.src->size - place.offset;
	f[0].p = f[1].p = &place;
	f[1].big = true;
	find_headers(f);
	return find_chip(out, &f[0]) || find_chip(out, &f[1]);
}
