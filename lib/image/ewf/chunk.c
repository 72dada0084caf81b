/* SPDX-License-Identifier: MIT */
/*
 * chunk.c - read chunks of an E01 set, from many threads at once
 *
 * A read finds the run of each chunk, reads the table entries of all chunks that it
 * wants at once, and then their bytes through a window that is filled with one
 * system call for many chunks.  Whole chunks are decompressed straight into the
 * caller's buffer.  Everything that changes lives in struct reading, which one call
 * owns: there is nothing to lock, and nothing that a fork could catch half-done.
 *
 * The flag that says "compressed" is a hint only: a chunk that cannot be read one
 * way is tried the other way, and its checksum decides.
 */
#include "image/ewf/ewf.h"

#include "core/bytes.h"
#include "core/cleanup.h"

#include <libdeflate.h>
#include <string.h>

#define WINDOW_LEN (256u << 10) /* bytes of a segment file read at once */
#define ENTRIES    512u         /* table entries read at once */
#define SUM_LEN    4u
#define NEAR       (64u << 10) /* bytes between chunks that are still read in one go */

struct reading {
	const struct kan_ewf *e;
	struct kan_findings *gaps;
	struct kan_err *err;
	struct libdeflate_decompressor *inflate;
	uint8_t *window;
	size_t window_room;
	uint64_t window_at; /* in the file of segment window_of */
	size_t window_len;
	uint32_t window_of;
	uint8_t *scratch; /* one chunk, for requests that do not want all of it */
};

/* Where a chunk goes. */
struct unpacked {
	uint8_t *data;
	size_t len;
};

/* What became of one chunk. */
struct outcome {
	bool good;
	enum kan_finding_kind kind;
	const char *why;
};

/* More than any compressor makes of a chunk, with room for stored blocks. */
static size_t most_bytes(const struct kan_ewf *e)
{
	return (size_t)e->chunk_size + e->chunk_size / 8 + 1024;
}

/* Reading ahead pays only if chunks follow one another. */
static bool goes_on(const struct reading *r, uint32_t segment, uint64_t offset)
{
	return !r->window || (segment == r->window_of && offset >= r->window_at &&
	                      offset - r->window_at <= (uint64_t)r->window_len + NEAR);
}

/* Have @len bytes at @offset in the window, or fewer if the file ends before. */
static int fill_window(struct reading *r, uint32_t segment, uint64_t offset, size_t len,
                       uint64_t *bad)
{
	const struct kan_evidence_file *f = &r->e->segments[segment].file;
	uint64_t left = offset < f->size ? f->size - offset : 0;
	size_t want = len > r->window_room || !goes_on(r, segment, offset) ? len : r->window_room;
	int rc;

	*bad = 0;
	if (want > r->window_room || !r->window) {
		free(r->window);
		r->window_len = 0;
		if (want > r->window_room)
			r->window_room = want;
		r->window = malloc(r->window_room);
	}
	if (!r->window)
		return kan_fail(r->err, KAN_ENOMEM, "out of memory for %zu bytes of a segment",
		                want);
	if (want > left)
		want = (size_t)left;
	r->window_len = 0;
	rc = kan_evidence_file_read(f, offset, r->window, want, NULL, bad, r->err);
	if (rc == KAN_OK && *bad > 0 && len < want) /* the damage may lie behind this chunk */
		rc = kan_evidence_file_read(f, offset, r->window, want = len, NULL, bad, r->err);
	if (rc != KAN_OK)
		return rc;
	r->window_at = offset;
	r->window_of = segment;
	r->window_len = *bad > 0 ? 0 : want;
	return KAN_OK;
}

/* The bytes of @entry; fewer than it says where the file ends. */
static int load(struct reading *r, const struct kan_ewf_run *run, const struct kan_ewf_entry *entry,
                struct kan_view *out, uint64_t *bad)
{
	uint64_t size = r->e->segments[run->segment].file.size;
	uint64_t end = entry->end < size ? entry->end : size;
	size_t most = most_bytes(r->e);
	size_t len = 0;
	int rc;

	*bad = 0;
	if (entry->offset < end)
		len = end - entry->offset < most ? (size_t)(end - entry->offset) : most;
	if (len > 0 && (r->window_of != run->segment || entry->offset < r->window_at ||
	                entry->offset - r->window_at > r->window_len ||
	                r->window_len - (size_t)(entry->offset - r->window_at) < len)) {
		rc = fill_window(r, run->segment, entry->offset, len, bad);
		if (rc != KAN_OK)
			return rc;
	}
	*out = (struct kan_view){ NULL, 0 };
	if (len > 0 && *bad == 0)
		*out = (struct kan_view){ r->window + (entry->offset - r->window_at), len };
	return KAN_OK;
}

/* Stored chunk: its bytes, then their Adler-32. */
static bool unpack_stored(struct kan_view v, uint8_t *to, size_t len)
{
	const uint8_t *sum = kan_view_at(v, len, SUM_LEN);

	if (!sum || libdeflate_adler32(1, v.data, len) != kan_le32(sum))
		return false;
	memcpy(to, sum - len, len);
	return true;
}

static bool unpack_zlib(const struct reading *r, struct kan_view v, uint8_t *to, size_t len)
{
	size_t got = 0, used;

	return libdeflate_zlib_decompress_ex(r->inflate, v.data, v.len, to, len, &used, &got) ==
	               LIBDEFLATE_SUCCESS &&
	       got == len;
}

/* At least @len bytes, at most a whole chunk. */
static bool unpack_most(struct reading *r, struct kan_view v, uint8_t *whole, size_t len)
{
	size_t full = r->e->chunk_size, got = 0, used;

	if (libdeflate_zlib_decompress_ex(r->inflate, v.data, v.len, whole, full, &used, &got) ==
	    LIBDEFLATE_SUCCESS)
		return got >= len;
	return unpack_stored(v, whole, full) || (v.len >= len + SUM_LEN && v.len - SUM_LEN < full &&
	                                         unpack_stored(v, whole, v.len - SUM_LEN));
}

/*
 * The last chunk of the media is short.  Some programs fill it up; some leave in it what
 * is behind the last whole sector.
 */
static bool unpack_padded(struct reading *r, struct kan_view v, uint8_t *to, size_t len)
{
	size_t full = r->e->chunk_size;
	uint8_t *whole;
	bool good;

	if (len == full || !(whole = malloc(full)))
		return false;
	good = unpack_most(r, v, whole, len);
	if (good)
		memcpy(to, whole, len);
	free(whole);
	return good;
}

/* Nothing says whether these bytes are the right ones: only their number can be wrong. */
static bool unpack_plain(struct kan_view v, uint8_t *to, size_t len)
{
	const uint8_t *p = kan_view_at(v, 0, len);

	if (!p)
		return false;
	memcpy(to, p, len);
	return true;
}

static bool unpack(struct reading *r, const struct kan_ewf_entry *entry, struct kan_view v,
                   uint8_t *to, size_t len)
{
	if (entry->unsummed)
		return unpack_plain(v, to, len);
	if (entry->compressed && unpack_zlib(r, v, to, len))
		return true;
	return unpack_stored(v, to, len) || (!entry->compressed && unpack_zlib(r, v, to, len)) ||
	       unpack_padded(r, v, to, len);
}

static void fill(const struct kan_ewf_entry *entry, uint8_t *to, size_t len)
{
	uint8_t pattern[8];
	size_t i = 0;

	kan_put_le64(pattern, entry->offset);
	for (; len - i >= sizeof(pattern); i += sizeof(pattern))
		memcpy(to + i, pattern, sizeof(pattern));
	memcpy(to + i, pattern, len - i);
}

/* Load and unpack the chunk of @entry into the @len bytes at @to. */
static int try_chunk(struct reading *r, const struct kan_ewf_run *run,
                     const struct kan_ewf_entry *entry, uint8_t *to, size_t len,
                     struct outcome *out)
{
	uint64_t size = r->e->segments[run->segment].file.size;
	struct kan_view v;
	uint64_t bad;
	int rc;

	*out = (struct outcome){ .good = true };
	if (run->doubtful && (entry->filled || entry->unsummed)) {
		*out = (struct outcome){ false, KAN_FINDING_CHECKSUM,
			                 "nothing but a damaged table tells what is here" };
		return KAN_OK;
	}
	if (entry->filled) {
		fill(entry, to, len);
		return KAN_OK;
	}
	rc = load(r, run, entry, &v, &bad);
	if (rc != KAN_OK)
		return rc;
	if (bad > 0)
		*out = (struct outcome){ false, KAN_FINDING_UNREADABLE,
			                 "the bytes of the chunk cannot be read" };
	else if (entry->offset >= size)
		*out = (struct outcome){ false, KAN_FINDING_TRUNCATED,
			                 "the chunk lies behind the end of the file" };
	else if (!unpack(r, entry, v, to, len))
		*out = (struct outcome){ false, KAN_FINDING_CHECKSUM,
			                 entry->unsummed ? "the chunk is too short"
			                                 : "the chunk does not fit its checksum" };
	return KAN_OK;
}

/* A chunk may be sound although the entry behind it, which tells its end, is not. */
static int read_chunk(struct reading *r, const struct kan_ewf_run *run,
                      const struct kan_ewf_entry *entry, uint8_t *to, size_t len,
                      struct outcome *out)
{
	struct kan_ewf_entry wider = *entry;
	int rc = try_chunk(r, run, entry, to, len, out);

	wider.end = UINT64_MAX;
	if (rc == KAN_OK && !out->good && out->kind == KAN_FINDING_CHECKSUM && !entry->unsummed &&
	    !entry->filled && entry->end - entry->offset < most_bytes(r->e))
		rc = try_chunk(r, run, &wider, to, len, out);
	if (rc == KAN_OK && !out->good)
		memset(to, 0, len);
	return rc;
}

/* The table is wrong about this chunk, or its copies do not agree. */
static int read_patched(struct reading *r, const struct kan_ewf_run *run,
                        const struct kan_ewf_patch *patch, const struct kan_ewf_entry *entry,
                        struct unpacked *to, struct outcome *out)
{
	struct kan_ewf_entry other;
	int rc = KAN_OK;

	*out = (struct outcome){ false, KAN_FINDING_TRUNCATED,
		                 "the chunk table does not tell where this is" };
	if (!patch->odd)
		rc = read_chunk(r, run, entry, to->data, to->len, out);
	if (rc != KAN_OK || out->good)
		return rc;
	if (patch->has_other) {
		other = kan_ewf_entry(run, patch->chunk - run->first, patch->raw, NULL);
		return read_chunk(r, run, &other, to->data, to->len, out);
	}
	memset(to->data, 0, to->len);
	return KAN_OK;
}

/* The part of a request that one run answers. */
struct part {
	const struct kan_ewf_run *run;
	uint64_t offset; /* in the media */
	uint8_t *to;
	size_t len;
};

static void report(struct reading *r, const struct part *p, uint64_t offset, size_t len,
                   enum kan_finding_kind kind, const char *why)
{
	kan_findings_add(r->gaps, kind, offset, len, r->e->segments[p->run->segment].name, "%s",
	                 why);
}

/* Copy what @p wants of chunk @chunk, and move @p behind it. */
static int read_one(struct reading *r, struct part *p, uint64_t chunk,
                    const struct kan_ewf_entry *entry)
{
	uint64_t start = chunk * r->e->chunk_size;
	uint64_t left = r->e->src.size - start;
	size_t whole = left < r->e->chunk_size ? (size_t)left : r->e->chunk_size;
	size_t skip = (size_t)(p->offset - start);
	size_t n = whole - skip < p->len ? whole - skip : p->len;
	uint8_t *to = p->to;
	const struct kan_ewf_patch *patch;
	struct outcome how;
	int rc;

	if (n < whole && !r->scratch && !(r->scratch = malloc(r->e->chunk_size)))
		return kan_fail(r->err, KAN_ENOMEM, "out of memory for a chunk");
	if (n < whole)
		to = r->scratch;
	patch = p->run->patched ? kan_ewf_find_patch(r->e, chunk) : NULL;
	rc = patch ? read_patched(r, p->run, patch, entry, &(struct unpacked){ to, whole }, &how)
	           : read_chunk(r, p->run, entry, to, whole, &how);
	if (rc != KAN_OK)
		return rc;
	if (n < whole)
		memcpy(p->to, to + skip, n);
	if (!how.good)
		report(r, p, p->offset, n, how.kind, how.why);
	p->offset += n;
	p->to += n;
	p->len -= n;
	return KAN_OK;
}

/* Read @n entries at @first of the table; the one behind them helps with the last. */
static int read_entries(struct reading *r, const struct part *p, uint64_t first, size_t n,
                        struct kan_ewf_entry *entries)
{
	const struct kan_ewf_dialect *d = r->e->dialect;
	const struct kan_evidence_file *f = &r->e->segments[p->run->segment].file;
	uint8_t raw[KAN_EWF_ENTRY_LEN_MAX * (ENTRIES + 1)];
	size_t count = first + n < p->run->nchunks ? n + 1 : n;
	int rc = kan_evidence_file_read(f, p->run->entries + d->entry_len * first, raw,
	                                d->entry_len * count, NULL, NULL, r->err);

	for (size_t i = 0; rc == KAN_OK && i < n; i++) {
		const uint8_t *next = i + 1 < count ? raw + d->entry_len * (i + 1) : NULL;

		entries[i] = d->entry(p->run, first + i, raw + d->entry_len * i, next);
	}
	return rc;
}

static int read_run(struct reading *r, struct part *p)
{
	const struct kan_ewf_run *run = p->run;
	struct kan_ewf_entry entries[ENTRIES];

	while (p->len > 0) {
		uint64_t first = p->offset / r->e->chunk_size - run->first;
		uint64_t last = (p->offset + p->len - 1) / r->e->chunk_size - run->first;
		size_t n = last - first < ENTRIES ? (size_t)(last - first) + 1 : ENTRIES;
		int rc = read_entries(r, p, first, n, entries);

		for (size_t i = 0; rc == KAN_OK && i < n; i++)
			rc = read_one(r, p, run->first + first + i, &entries[i]);
		if (rc != KAN_OK)
			return rc;
	}
	return KAN_OK;
}

static int read_hole(struct reading *r, struct part *p)
{
	enum kan_finding_kind why = p->run->hole;

	memset(p->to, 0, p->len);
	report(r, p, p->offset, p->len, why == KAN_FINDING_STRUCTURE ? KAN_FINDING_TRUNCATED : why,
	       kan_ewf_hole_text(why));
	return KAN_OK;
}

/* Cut the request into the parts that single runs answer. */
static int read_parts(struct reading *r, uint64_t offset, uint8_t *to, size_t len)
{
	const struct kan_ewf *e = r->e;
	int rc = KAN_OK;

	while (rc == KAN_OK && len > 0) {
		const struct kan_ewf_run *run = kan_ewf_find_run(e, offset / e->chunk_size);
		uint64_t end = (run->first + run->nchunks) * e->chunk_size;
		size_t n = end - offset < len ? (size_t)(end - offset) : len;
		struct part p = { run, offset, to, n };

		rc = run->is_hole ? read_hole(r, &p) : read_run(r, &p);
		offset += n;
		to += n;
		len -= n;
	}
	return rc;
}

int kan_ewf_read(struct kan_source *src, uint64_t offset, void *buf, size_t len,
                 struct kan_findings *gaps, struct kan_err *err)
{
	const struct kan_ewf *e = (const struct kan_ewf *)src;
	struct reading r = { .e = e, .gaps = gaps, .err = err };
	int rc;

	/* Small requests need no large window. */
	r.window_room = len / 2 + most_bytes(e) < WINDOW_LEN ? len / 2 + most_bytes(e) : WINDOW_LEN;
	r.inflate = libdeflate_alloc_decompressor();
	if (!r.inflate)
		return kan_fail(err, KAN_ENOMEM, "out of memory for a decompressor");
	rc = read_parts(&r, offset, buf, len);
	libdeflate_free_decompressor(r.inflate);
	free(r.window);
	free(r.scratch);
	return rc;
}

/* The chunk alone, as it is compressed, or as it is stored; the bytes that it takes. */
static size_t take_alone(struct reading *r, struct kan_view v, uint8_t *to, size_t len)
{
	size_t got = 0, used = 0;

	if (libdeflate_zlib_decompress_ex(r->inflate, v.data, v.len, to, len, &used, &got) ==
	            LIBDEFLATE_SUCCESS &&
	    got == len)
		return used;
	return unpack_stored(v, to, len) ? len + SUM_LEN : 0;
}

int kan_ewf_try(const struct kan_ewf *e, const struct kan_ewf_run *run, uint64_t chunk,
                uint64_t offset, uint64_t *end, struct kan_err *err)
{
	const struct kan_ewf_entry entry = { .offset = offset, .end = run->data_end };
	struct reading r = { .e = e, .err = err, .window_room = most_bytes(e) };
	uint64_t left = e->src.size - chunk * e->chunk_size, bad;
	size_t len = left < e->chunk_size ? (size_t)left : e->chunk_size, used;
	KAN_AUTO(mem) uint8_t *to = malloc(len);
	struct kan_view v;
	int rc;

	*end = 0;
	r.inflate = libdeflate_alloc_decompressor();
	rc = r.inflate && to ? load(&r, run, &entry, &v, &bad)
	                     : kan_fail(err, KAN_ENOMEM, "out of memory for a chunk");
	if (rc == KAN_OK && v.len > 0) {
		used = take_alone(&r, v, to, len);
		*end = used > 0 ? offset + used : 0;
	}
	if (r.inflate)
		libdeflate_free_decompressor(r.inflate);
	free(r.window);
	return rc;
}
