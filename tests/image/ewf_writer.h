/* SPDX-License-Identifier: MIT */
/*
 * ewf_writer.h - E01 sets made to order, and damage done to them
 *
 * Written for tests from the format description, independently of lib/image: the
 * media is a fixed pattern, compression is deflate's stored blocks, sums are added
 * up byte by byte.
 */
#ifndef KAN_TESTS_EWF_WRITER_H
#define KAN_TESTS_EWF_WRITER_H

#include <check.h>
#include <dirent.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define MADE_PATH 512
#define MADE_DIR  128 /* of the folder of one test */

struct made_plan {
	uint32_t chunk_sectors; /* 0: 4 */
	uint32_t sector_size;   /* 0: 512 */
	uint64_t nsectors;
	unsigned table_chunks;   /* chunks in a table; 0: 1000 */
	unsigned segment_tables; /* tables in a segment; 0: all */
	bool compressed;         /* every second chunk is */
	bool encase1;            /* chunks in the table section, no table2 */
	bool base;               /* entries relative to the sectors section */
	bool lie_compressed;     /* the flags are all wrong */
	uint32_t volume_chunks;  /* added to the number in the volume section */
	const char *header2;     /* text of a header2 section, ASCII */
	void (*extra)(FILE *f);  /* writes further sections before the hash section */
};

/* The byte of the media at @offset. */
static inline uint8_t made_byte(uint64_t offset)
{
	return (uint8_t)(offset * 7 + (offset >> 9) * 13 + (offset >> 16));
}

static inline uint32_t made_adler(const uint8_t *p, size_t len)
{
	uint32_t a = 1, b = 0;

	for (size_t i = 0; i < len; i++) {
		a = (a + p[i]) % 65521;
		b = (b + a) % 65521;
	}
	return b << 16 | a;
}

static inline void made_put(uint8_t *p, uint64_t v, unsigned bytes)
{
	for (unsigned i = 0; i < bytes; i++)
		p[i] = (uint8_t)(v >> (8 * i));
}

static inline uint64_t made_get(const uint8_t *p, unsigned bytes)
{
	uint64_t v = 0;

	for (unsigned i = bytes; i-- > 0;)
		v = v << 8 | p[i];
	return v;
}

static inline void made_write(FILE *f, const void *data, size_t len)
{
	ck_assert_uint_eq(fwrite(data, 1, len, f), len);
}

/* A descriptor at the current position; next is behind @len bytes, or here. */
static inline void made_descriptor(FILE *f, const char *type, uint64_t len, bool last)
{
	uint8_t d[76] = { 0 };
	uint64_t here = (uint64_t)ftello(f);

	memcpy(d, type, strlen(type));
	made_put(d + 16, last ? here : here + 76 + len, 8);
	made_put(d + 24, last ? 0 : 76 + len, 8);
	made_put(d + 72, made_adler(d, 72), 4);
	made_write(f, d, sizeof(d));
}

/* zlib with stored blocks; returns the length. */
static inline size_t made_zlib(uint8_t *out, const uint8_t *in, size_t len)
{
	size_t n = 2, done = 0;
	uint32_t sum = made_adler(in, len);

	out[0] = 0x78;
	out[1] = 0x01;
	do {
		size_t part = len - done < 65535 ? len - done : 65535;

		out[n] = done + part == len;
		made_put(out + n + 1, part, 2);
		made_put(out + n + 3, ~part, 2);
		memcpy(out + n + 5, in + done, part);
		n += 5 + part;
		done += part;
	} while (done < len);
	for (unsigned i = 0; i < 4; i++)
		out[n++] = (uint8_t)(sum >> (24 - 8 * i));
	return n;
}

static inline void made_header(FILE *f)
{
	static const char text[] = "1\r\nmain\r\nc\tn\ta\te\tt\tav\tov\tm\tu\tp\r\n"
				   "case 7\tev\tdescr\texam\tnotes\t6.1\tLinux\t"
				   "2026 11 22 2 42 30\t2026 11 22 2 42 30\t0\r\n\r\n";
	uint8_t z[512];
	size_t n = made_zlib(z, (const uint8_t *)text, sizeof(text) - 1);

	made_descriptor(f, "header", n, false);
	made_write(f, z, n);
}

static inline void made_header2(FILE *f, const char *text)
{
	size_t len = 2 * strlen(text) + 2;
	uint8_t *utf16 = calloc(1, len), *z = malloc(len + 64);
	size_t n;

	ck_assert(utf16 && z);
	made_put(utf16, 0xfeff, 2);
	for (size_t i = 0; text[i]; i++)
		utf16[2 * i + 2] = (uint8_t)text[i];
	n = made_zlib(z, utf16, len);
	made_descriptor(f, "header2", n, false);
	made_write(f, z, n);
	free(utf16);
	free(z);
}

/* A section of @len bytes that end with the sum of those before them. */
static inline void made_summed(FILE *f, const char *type, uint8_t *data, size_t len)
{
	made_put(data + len - 4, made_adler(data, len - 4), 4);
	made_descriptor(f, type, len, false);
	made_write(f, data, len);
}

static inline struct made_plan made_defaults(struct made_plan p)
{
	p.chunk_sectors = p.chunk_sectors ? p.chunk_sectors : 4;
	p.sector_size = p.sector_size ? p.sector_size : 512;
	p.table_chunks = p.table_chunks ? p.table_chunks : 1000;
	return p;
}

static inline uint64_t made_chunks(struct made_plan p)
{
	p = made_defaults(p);
	return (p.nsectors + p.chunk_sectors - 1) / p.chunk_sectors;
}

static inline void made_volume(FILE *f, const char *type, const struct made_plan *p)
{
	uint8_t v[1052] = { 1 };

	made_put(v + 4, made_chunks(*p) + p->volume_chunks, 4);
	made_put(v + 8, p->chunk_sectors, 4);
	made_put(v + 12, p->sector_size, 4);
	made_put(v + 16, p->nsectors, 8);
	v[36] = 3;
	made_put(v + 56, 64, 4);
	made_put(v + 1048, made_adler(v, 1048), 4);
	made_descriptor(f, type, sizeof(v), false);
	made_write(f, v, sizeof(v));
}

/* Chunk @c as it stands in the file; returns its length. */
static inline size_t made_chunk(uint8_t *out, const struct made_plan *p, uint64_t c,
                                bool *compressed)
{
	size_t size = (size_t)p->chunk_sectors * p->sector_size;
	uint64_t start = c * size, media = p->nsectors * p->sector_size;
	size_t len = media - start < size ? (size_t)(media - start) : size;
	uint8_t *raw = malloc(size);
	size_t n;

	ck_assert_ptr_nonnull(raw);
	for (size_t i = 0; i < len; i++)
		raw[i] = made_byte(start + i);
	*compressed = p->compressed && c % 2 == 0;
	if (*compressed) {
		n = made_zlib(out, raw, len);
	} else {
		memcpy(out, raw, len);
		made_put(out + len, made_adler(raw, len), 4);
		n = len + 4;
	}
	free(raw);
	return n;
}

static inline void made_table(FILE *f, const char *type, uint64_t base, const uint8_t *entries,
                              uint32_t n, uint64_t extra)
{
	uint8_t head[24] = { 0 }, sum[4];

	made_descriptor(f, type, sizeof(head) + 4ull * n + sizeof(sum) + extra, false);
	made_put(head, n, 4);
	made_put(head + 8, base, 8);
	made_put(head + 20, made_adler(head, 20), 4);
	made_write(f, head, sizeof(head));
	made_write(f, entries, 4ull * n);
	made_put(sum, made_adler(entries, 4ull * n), 4);
	made_write(f, sum, sizeof(sum));
}

/* Chunks @first to @first + @n - 1 with their tables. */
static inline void made_run(FILE *f, const struct made_plan *p, uint64_t first, uint32_t n)
{
	size_t most = 2 * (size_t)p->chunk_sectors * p->sector_size + 64;
	uint8_t *data = malloc(most * n), *entries = calloc(n, 4);
	uint64_t at = (uint64_t)ftello(f) + 76 + (p->encase1 ? 24 + 4ull * n + 4 : 0);
	uint64_t base = p->base ? at : 0;
	size_t len = 0;

	ck_assert(data && entries);
	for (uint32_t i = 0; i < n; i++) {
		bool compressed;
		size_t chunk = made_chunk(data + len, p, first + i, &compressed);

		made_put(entries + 4ull * i,
		         (at + len - base) | (compressed != p->lie_compressed ? 0x80000000u : 0),
		         4);
		len += chunk;
	}
	if (p->encase1) {
		made_table(f, "table", base, entries, n, len);
		made_write(f, data, len);
	} else {
		made_descriptor(f, "sectors", len, false);
		made_write(f, data, len);
		made_table(f, "table", base, entries, n, 0);
		made_table(f, "table2", base, entries, n, 0);
	}
	free(data);
	free(entries);
}

static inline void made_hash(FILE *f)
{
	uint8_t h[36] = { 0 };

	memset(h, 0xa5, 16);
	made_summed(f, "hash", h, sizeof(h));
}

/* Path of segment @i, from 1. */
static inline const char *made_path(char *out, const char *dir, unsigned i)
{
	unsigned k = i - 100;

	if (i < 100)
		snprintf(out, MADE_PATH, "%s/x.E%02u", dir, i);
	else
		snprintf(out, MADE_PATH, "%s/x.%c%c%c", dir, 'E' + (char)(k / 676),
		         'A' + (char)(k / 26 % 26), 'A' + (char)(k % 26));
	return out;
}

/* Write the whole set into @dir; returns the number of segments. */
static inline unsigned made_set(const char *dir, struct made_plan p)
{
	uint64_t c = 0, total;
	unsigned segment = 0;

	p = made_defaults(p);
	total = made_chunks(p);
	while (c < total) {
		uint8_t head[13] = { 'E', 'V', 'F', 9, 13, 10, 255, 0, 1 };
		char path[MADE_PATH];
		FILE *f = fopen(made_path(path, dir, ++segment), "wb");

		ck_assert_ptr_nonnull(f);
		made_put(head + 9, segment, 2);
		made_write(f, head, sizeof(head));
		if (segment == 1 && p.header2)
			made_header2(f, p.header2);
		if (segment == 1)
			made_header(f);
		made_volume(f, segment == 1 ? "volume" : "data", &p);
		for (unsigned t = 0; c < total && (!p.segment_tables || t < p.segment_tables);
		     t++) {
			uint32_t n =
				total - c < p.table_chunks ? (uint32_t)(total - c) : p.table_chunks;

			made_run(f, &p, c, n);
			c += n;
		}
		if (c == total && p.extra)
			p.extra(f);
		if (c == total)
			made_hash(f);
		made_descriptor(f, c == total ? "done" : "next", 0, true);
		ck_assert_int_eq(fclose(f), 0);
	}
	return segment;
}

/* ---- damage ------------------------------------------------------------- */

/* All of a file; the caller frees. */
static inline uint8_t *made_load(const char *path, size_t *len)
{
	FILE *f = fopen(path, "rb");
	struct stat st;
	uint8_t *data;

	ck_assert_msg(f != NULL, "%s", path);
	ck_assert_int_eq(fstat(fileno(f), &st), 0);
	*len = (size_t)st.st_size;
	data = malloc(*len + 1);
	ck_assert_ptr_nonnull(data);
	ck_assert_uint_eq(fread(data, 1, *len, f), *len);
	(void)fclose(f);
	return data;
}

static inline void made_store(const char *path, const uint8_t *data, size_t len)
{
	FILE *f = fopen(path, "wb");

	ck_assert_ptr_nonnull(f);
	made_write(f, data, len);
	ck_assert_int_eq(fclose(f), 0);
}

/* Offset of the descriptor of the @nth (from 0) section of @type, following the chain. */
static inline uint64_t made_find(const char *path, const char *type, unsigned nth)
{
	size_t len;
	uint8_t *data = made_load(path, &len);
	uint64_t at = 13, found = UINT64_MAX;

	while (at + 76 <= len && found == UINT64_MAX) {
		uint64_t next = made_get(data + at + 16, 8);

		if (strcmp((char *)data + at, type) == 0 && nth-- == 0)
			found = at;
		if (next <= at)
			break;
		at = next;
	}
	free(data);
	ck_assert_msg(found != UINT64_MAX, "%s has no %s section", path, type);
	return found;
}

/* Overwrite @len bytes at @offset. */
static inline void made_poke(const char *path, uint64_t offset, const void *bytes, size_t len)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(pwrite(fd, bytes, len, (off_t)offset), (ssize_t)len);
	ck_assert_int_eq(close(fd), 0);
}

static inline void made_flip(const char *path, uint64_t offset)
{
	uint8_t b;
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	ck_assert_int_eq(pread(fd, &b, 1, (off_t)offset), 1);
	ck_assert_int_eq(close(fd), 0);
	b ^= 0x10;
	made_poke(path, offset, &b, 1);
}

/* Give the descriptor at @at another next offset, with a fitting checksum. */
static inline void made_relink(const char *path, uint64_t at, uint64_t next)
{
	uint8_t d[76];
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	ck_assert_int_eq(pread(fd, d, sizeof(d), (off_t)at), sizeof(d));
	ck_assert_int_eq(close(fd), 0);
	made_put(d + 16, next, 8);
	made_put(d + 72, made_adler(d, 72), 4);
	made_poke(path, at, d, sizeof(d));
}

/* ---- a folder for one test ---------------------------------------------- */

static inline void made_folder(char *dir)
{
	const char *tmp = getenv("TMPDIR");

	snprintf(dir, MADE_DIR, "%.100s/kan-image-XXXXXX", tmp ? tmp : "/tmp");
	ck_assert_ptr_nonnull(mkdtemp(dir));
}

static inline void made_remove(const char *dir)
{
	DIR *d = opendir(dir);
	struct dirent *e;

	while (d && (e = readdir(d)) != NULL)
		(void)unlinkat(dirfd(d), e->d_name, 0); /* fails for . and .. */
	if (d)
		closedir(d);
	(void)rmdir(dir);
}

#endif
