/* SPDX-License-Identifier: MIT */
/*
 * ewf2_writer.h - Ex01 sets made to order
 *
 * Written for tests from the format description, independently of lib/image: the
 * media is a fixed pattern, compression is deflate's stored blocks, Adler-32 is added
 * up byte by byte, MD5 and SHA-1 are those of the crypto library.
 */
#ifndef KAN_TESTS_EWF2_WRITER_H
#define KAN_TESTS_EWF2_WRITER_H

#include "image/ewf_writer.h"
#include "kanshiki/hash.h"

#define EX01_DEVICE "sn\tmd\tlb\tts\ths\tdc\tdt\tpid\trs\tls\tbp\tph"
#define EX01_CASE   "nm\tcn\ten\tex\tnt\tav\tos\ttt\tat\ttb\tcp\tsb\tgr\twb"

/* The kinds of chunks, in turn. */
enum ex01_mix {
	EX01_STORED = 1,
	EX01_DEFLATED = 2,
	EX01_FILLED = 4,
	EX01_UNSUMMED = 8,
};

enum ex01_type {
	EX01_TYPE_DEVICE = 1,
	EX01_TYPE_CASE = 2,
	EX01_TYPE_DATA = 3,
	EX01_TYPE_TABLE = 4,
	EX01_TYPE_ERRORS = 5,
	EX01_TYPE_MD5 = 8,
	EX01_TYPE_SHA1 = 9,
	EX01_TYPE_NEXT = 0xd,
	EX01_TYPE_DONE = 0xf,
};

struct ex01_plan {
	uint32_t chunk_sectors; /* 0: 4 */
	uint32_t sector_size;   /* 0: 512 */
	uint64_t nsectors;
	unsigned mix;            /* of chunks; 0: deflated ones */
	unsigned table_chunks;   /* chunks in a table; 0: 1000 */
	unsigned segment_tables; /* tables in a segment; 0: all */
	unsigned method;         /* in the header of a segment; 0: 1 */
	bool method_none;        /* method 0 */
	bool hashed;             /* sections have an integrity hash */
	bool lower;              /* file names in lower case */
	bool full;               /* the last chunk is filled up */
	uint64_t hole;           /* bytes that are skipped in front of the first chunk */
	uint8_t guid;            /* first byte of the identifier of the set */
	const char *texts;       /* UTF-8 of the first nine values of the case data */
	void (*extra)(FILE *f, uint64_t *last); /* further sections before the hashes */
};

static inline struct ex01_plan ex01_defaults(struct ex01_plan p)
{
	p.chunk_sectors = p.chunk_sectors ? p.chunk_sectors : 4;
	p.sector_size = p.sector_size ? p.sector_size : 512;
	p.mix = p.mix ? p.mix : EX01_DEFLATED;
	p.table_chunks = p.table_chunks ? p.table_chunks : 1000;
	p.method = p.method_none ? 0 : p.method ? p.method : 1;
	p.texts =
		p.texts ? p.texts
			: "descr\tcase 7\tev\texam\tnotes\t7.04\tWindows 7\t1795315350\t1795315360";
	return p;
}

static inline uint64_t ex01_chunks(struct ex01_plan p)
{
	p = ex01_defaults(p);
	return (p.nsectors + p.chunk_sectors - 1) / p.chunk_sectors;
}

/* What chunk @c is made as. */
static inline unsigned ex01_kind(const struct ex01_plan *p, uint64_t c)
{
	unsigned kinds[4], n = 0;

	for (unsigned bit = 1; bit <= EX01_UNSUMMED; bit <<= 1)
		if (p->mix & bit)
			kinds[n++] = bit;
	return kinds[c % n];
}

/* The byte of the media at @offset; @plan has no defaults left. */
static inline uint8_t ex01_byte(const struct ex01_plan *plan, uint64_t offset)
{
	uint64_t size = (uint64_t)plan->chunk_sectors * plan->sector_size;
	uint64_t c = offset / size;

	if (ex01_kind(plan, c) == EX01_FILLED)
		return (uint8_t)(c * 31 + 0x40 + offset % size % 8);
	return made_byte(offset);
}

static inline void ex01_digest(const char *algorithm, const void *data, size_t len, uint8_t *out)
{
	const struct kan_hash *h = kan_hash_find(algorithm);
	void *state = NULL;

	ck_assert_int_eq(h->open(&state, NULL), KAN_OK);
	ck_assert_int_eq(h->update(state, data, len, NULL), KAN_OK);
	ck_assert_int_eq(h->finish(state, out, NULL), KAN_OK);
	h->close(state);
}

/* The descriptor behind @len bytes, of which @padding are padding; *@last is moved on. */
static inline void ex01_descriptor(FILE *f, uint32_t type, uint64_t len, const uint8_t *md5,
                                   uint64_t *last)
{
	uint8_t d[64] = { 0 };
	uint64_t here = (uint64_t)ftello(f);

	made_put(d, type, 4);
	made_put(d + 4, md5 ? 1 : 0, 4);
	made_put(d + 8, *last, 8);
	made_put(d + 16, len, 8);
	made_put(d + 24, sizeof(d), 4);
	if (md5)
		memcpy(d + 32, md5, 16);
	made_put(d + 60, made_adler(d, 60), 4);
	made_write(f, d, sizeof(d));
	*last = here;
}

/* A section of @len bytes, padded to 16. */
static inline void ex01_section(FILE *f, uint32_t type, const void *data, size_t len, bool hashed,
                                uint64_t *last)
{
	size_t whole = (len + 15) / 16 * 16;
	uint8_t *padded = calloc(1, whole + 1), md5[16];

	ck_assert_ptr_nonnull(padded);
	if (len > 0)
		memcpy(padded, data, len);
	ex01_digest("md5", padded, whole, md5);
	made_write(f, padded, whole);
	ex01_descriptor(f, type, whole, hashed && whole ? md5 : NULL, last);
	free(padded);
}

/* Sound UTF-8 as UTF-16 with a byte order mark; returns the length. */
static inline size_t ex01_utf16(uint8_t *out, const char *utf8)
{
	const uint8_t *p = (const uint8_t *)utf8;
	size_t n = 2;

	made_put(out, 0xfeff, 2);
	while (*p) {
		unsigned more = *p < 0x80 ? 0 : *p < 0xe0 ? 1 : *p < 0xf0 ? 2 : 3;
		uint32_t c = more == 0 ? *p : *p & (0x3fu >> more);

		for (p++; more > 0; more--)
			c = c << 6 | (*p++ & 0x3f);
		if (c >= 0x10000) {
			made_put(out + n, 0xd800 + ((c - 0x10000) >> 10), 2);
			c = 0xdc00 + (c & 0x3ff);
			n += 2;
		}
		made_put(out + n, c, 2);
		n += 2;
	}
	return n;
}

/* A text section, compressed. */
static inline void ex01_text(FILE *f, uint32_t type, const char *utf8, bool hashed, uint64_t *last)
{
	size_t room = 2 * strlen(utf8) + 2;
	uint8_t *utf16 = malloc(room), *z = malloc(room + 64);

	ck_assert(utf16 && z);
	ex01_section(f, type, z, made_zlib(z, utf16, ex01_utf16(utf16, utf8)), hashed, last);
	free(utf16);
	free(z);
}

static inline void ex01_texts(FILE *f, const struct ex01_plan *p, uint64_t *last)
{
	char text[2048];

	snprintf(text, sizeof(text),
	         "1\nmain\n" EX01_DEVICE "\nWD-1\tモデル\tlabel\t%llu\t\t\tf\t\t\t\t%u\t1\n\n",
	         (unsigned long long)p->nsectors, p->sector_size);
	ex01_text(f, EX01_TYPE_DEVICE, text, p->hashed, last);
	snprintf(text, sizeof(text), "1\nmain\n" EX01_CASE "\n%s\t%llu\t1\t%u\t64\t2\n\n", p->texts,
	         (unsigned long long)ex01_chunks(*p), p->chunk_sectors);
	ex01_text(f, EX01_TYPE_CASE, text, p->hashed, last);
}

/* Chunk @c at the current position; its entry into @entry. */
static inline void ex01_chunk(FILE *f, const struct ex01_plan *p, uint64_t c, uint8_t *entry)
{
	size_t size = (size_t)p->chunk_sectors * p->sector_size, n = size;
	uint64_t start = c * size, media = p->nsectors * p->sector_size, at = (uint64_t)ftello(f);
	size_t len = media - start < size && !p->full ? (size_t)(media - start) : size;
	unsigned kind = ex01_kind(p, c);
	uint8_t *raw = calloc(1, size + 16), *z = calloc(1, 2 * size + 80);

	ck_assert(raw && z);
	for (size_t i = 0; i < len; i++)
		raw[i] = start + i < media || kind == EX01_FILLED ? ex01_byte(p, start + i) : 0;
	made_put(entry + 12, kind == EX01_UNSUMMED ? 0 : kind == EX01_STORED ? 2 : 1, 4);
	if (kind == EX01_FILLED) {
		memcpy(entry, raw, 8);
		entry[12] = 5;
	} else {
		n = len;
		if (kind == EX01_DEFLATED)
			n = made_zlib(z, raw, len);
		else
			memcpy(z, raw, len);
		if (kind == EX01_STORED) {
			made_put(z + n, made_adler(raw, len), 4);
			n += 4;
		}
		made_write(f, z, (n + 15) / 16 * 16);
		made_put(entry, at, 8);
		made_put(entry + 8, n, 4);
	}
	free(raw);
	free(z);
}

/* A table of @n entries whose first chunk is @first. */
static inline void ex01_table(FILE *f, const uint8_t *entries, uint64_t first, uint32_t n,
                              bool hashed, uint64_t *last)
{
	size_t len = 32 + 16 * (size_t)n + 16;
	uint8_t *t = calloc(1, len);

	ck_assert_ptr_nonnull(t);
	made_put(t, first, 8);
	made_put(t + 8, n, 4);
	made_put(t + 16, made_adler(t, 16), 4);
	memcpy(t + 32, entries, 16 * (size_t)n);
	made_put(t + 32 + 16 * (size_t)n, made_adler(entries, 16 * (size_t)n), 4);
	ex01_section(f, EX01_TYPE_TABLE, t, len, hashed, last);
	free(t);
}

/* Chunks @first to @first + @n - 1 with their table. */
static inline void ex01_run(FILE *f, const struct ex01_plan *p, uint64_t first, uint32_t n,
                            uint64_t *last)
{
	uint8_t *entries = calloc(n, 16);
	uint64_t start = (uint64_t)ftello(f);

	ck_assert_ptr_nonnull(entries);
	if (first == 0 && p->hole > 0)
		ck_assert_int_eq(fseeko(f, (off_t)p->hole, SEEK_CUR), 0);
	for (uint32_t i = 0; i < n; i++)
		ex01_chunk(f, p, first + i, entries + 16 * (size_t)i);
	ex01_descriptor(f, EX01_TYPE_DATA, (uint64_t)ftello(f) - start, NULL, last);
	ex01_table(f, entries, first, n, p->hashed, last);
	free(entries);
}

/* A digest of the whole media, with its checksum. */
static inline void ex01_hash(FILE *f, const struct ex01_plan *p, bool sha1, uint64_t *last)
{
	size_t size = (size_t)(p->nsectors * p->sector_size), len = sha1 ? 20 : 16;
	uint8_t *media = malloc(size + 1), h[24];

	ck_assert_ptr_nonnull(media);
	for (size_t i = 0; i < size; i++)
		media[i] = ex01_byte(p, i);
	ex01_digest(sha1 ? "sha1" : "md5", media, size, h);
	made_put(h + len, made_adler(h, len), 4);
	ex01_section(f, sha1 ? EX01_TYPE_SHA1 : EX01_TYPE_MD5, h, len + 4, p->hashed, last);
	free(media);
}

/* Path of segment @i, from 1. */
static inline const char *ex01_path(char *out, const char *dir, unsigned i, bool lower)
{
	unsigned k = i - 100;
	char a = lower ? 'a' : 'A';

	if (i < 100)
		snprintf(out, MADE_PATH, "%s/x.%cx%02u", dir, lower ? 'e' : 'E', i);
	else
		snprintf(out, MADE_PATH, "%s/x.%c%c%c%c", dir, lower ? 'e' : 'E',
		         'x' + (char)(k / 676), a + (char)(k / 26 % 26), a + (char)(k % 26));
	return out;
}

static inline FILE *ex01_begin(const char *dir, const struct ex01_plan *p, unsigned segment)
{
	uint8_t head[32] = { 'E', 'V', 'F', '2', 13, 10, 0x81, 0, 2, 1 };
	char path[MADE_PATH];
	FILE *f = fopen(ex01_path(path, dir, segment, p->lower), "wb");

	ck_assert_ptr_nonnull(f);
	made_put(head + 10, p->method, 2);
	made_put(head + 12, segment, 4);
	for (unsigned i = 0; i < 16; i++)
		head[16 + i] = (uint8_t)(p->guid + 0x11 * i);
	made_write(f, head, sizeof(head));
	return f;
}

/* Write the whole set into @dir; returns the number of segments. */
static inline unsigned ex01_set(const char *dir, struct ex01_plan p)
{
	uint64_t c = 0, total;
	unsigned segment = 0;

	p = ex01_defaults(p);
	total = ex01_chunks(p);
	while (c < total) {
		FILE *f = ex01_begin(dir, &p, ++segment);
		uint64_t last = 0;

		ex01_texts(f, &p, &last);
		for (unsigned t = 0; c < total && (!p.segment_tables || t < p.segment_tables);
		     t++) {
			uint32_t n =
				total - c < p.table_chunks ? (uint32_t)(total - c) : p.table_chunks;

			ex01_run(f, &p, c, n, &last);
			c += n;
		}
		if (c == total && p.extra)
			p.extra(f, &last);
		if (c == total) {
			ex01_hash(f, &p, false, &last);
			ex01_hash(f, &p, true, &last);
		}
		ex01_descriptor(f, c == total ? EX01_TYPE_DONE : EX01_TYPE_NEXT, 0, NULL, &last);
		ck_assert_int_eq(fclose(f), 0);
	}
	return segment;
}

/* Offset of the descriptor of the @nth (from 0, from the start) section of @type. */
static inline uint64_t ex01_find(const char *path, uint32_t type, unsigned nth)
{
	uint64_t found[256], at;
	size_t len, n = 0;
	uint8_t *data = made_load(path, &len);

	for (at = len - 64; at != 0; at = made_get(data + at + 8, 8))
		if (made_get(data + at, 4) == type && n < 256)
			found[n++] = at;
	free(data);
	ck_assert_msg(nth < n, "%s has no section %u", path, type);
	return found[n - 1 - nth];
}

/* Make the checksum of the descriptor at @at fit what it says now. */
static inline void ex01_resum(const char *path, uint64_t at)
{
	size_t len;
	uint8_t *data = made_load(path, &len), sum[4];

	made_put(sum, made_adler(data + at, 60), 4);
	free(data);
	made_poke(path, at + 60, sum, 4);
}

#endif
