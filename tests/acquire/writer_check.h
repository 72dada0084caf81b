/* SPDX-License-Identifier: MIT */
/*
 * writer_check.h - what the tests of writers share: media, a run, and comparisons
 */
#ifndef KAN_TESTS_WRITER_CHECK_H
#define KAN_TESTS_WRITER_CHECK_H

#include "core/cleanup.h"
#include "image/image_check.h"
#include "kanshiki/pool.h"
#include "kanshiki/writer.h"
#include "stream/fake_source.h"
#include "suite.h"

enum { MIB = 1 << 20, CHUNK = 32768, STEP = KAN_WRITER_STEP };

KAN_DEFINE_DROP(pool, struct kan_pool *, kan_pool_free)
KAN_DEFINE_DROP(writer, struct kan_writer *, kan_writer_close)

static char dir[MADE_DIR];

static inline void set_up(void)
{
	made_folder(dir);
}

static inline void tear_down(void)
{
	made_remove(dir);
}

static inline const char *in_dir(char *out, const char *name)
{
	snprintf(out, MADE_PATH, "%s/%s", dir, name);
	return out;
}

/* Stripes of 48 KiB: text, noise, zeros, numbers; no two of them are equal. */
static inline uint8_t *make_media(size_t len)
{
	uint8_t *data = malloc(len + 1);
	uint32_t x = 2463534242u;

	ck_assert_ptr_nonnull(data);
	for (size_t i = 0; i < len; i++) {
		size_t stripe = i / 49152;

		x ^= x << 13;
		x ^= x >> 17;
		x ^= x << 5;
		switch (stripe % 4) {
		case 0:
			data[i] = (uint8_t)("forensic triage\n"[(i + stripe) % 16] ^ (x % 9 == 0));
			break;
		case 1:
			data[i] = (uint8_t)(x >> 24);
			break;
		case 2:
			data[i] = 0;
			break;
		default:
			data[i] = i % 4 == 3 ? 0 : (uint8_t)(i >> (8 * (i % 4)));
		}
	}
	return data;
}

static inline uint8_t *make_noise(size_t len)
{
	uint8_t *data = malloc(len + 1);

	ck_assert_ptr_nonnull(data);
	fake_fill(data, len);
	return data;
}

/* Options for @len bytes in blocks of 1 MiB. */
static inline struct kan_writer_opts opts_for(uint64_t len)
{
	return (struct kan_writer_opts){ .media_size = len,
		                         .block_len = MIB,
		                         .started_ns = 1795890893000000000 };
}

/* Pass @data through @w, with all threads of a pool. */
static inline int stream_to(struct kan_writer *w, const uint8_t *data,
                            const struct kan_writer_opts *opts, size_t workers, struct kan_err *err)
{
	KAN_AUTO(pool) struct kan_pool *pool = NULL;
	struct kan_stream_opts so = { .block_len = opts->block_len };
	struct kan_sink sink = kan_writer_sink(w);
	struct fake_source fake;

	fake_init(&fake, data, opts->media_size);
	ck_assert_int_eq(kan_pool_new(&pool, workers, 1, NULL), KAN_OK);
	return kan_stream_run(&fake.src, &sink, 1, &so, pool, NULL, err);
}

/* Feed one block on this thread. */
static inline int feed_block(struct kan_writer *w, const uint8_t *data, uint64_t offset, size_t len,
                             struct kan_err *err)
{
	struct kan_sink sink = kan_writer_sink(w);
	const struct kan_findings none = { 0 };
	struct kan_block blk = { offset, data, len, 0, &none };
	int rc = sink.prepare ? sink.prepare(sink.self, &blk, err) : KAN_OK;

	return rc == KAN_OK ? sink.consume(sink.self, &blk, err) : rc;
}

/* Feed the blocks of [@from, @to) on this thread. */
static inline int feed(struct kan_writer *w, const uint8_t *data,
                       const struct kan_writer_opts *opts, uint64_t from, uint64_t to,
                       struct kan_err *err)
{
	int rc = KAN_OK;

	for (uint64_t at = from; rc == KAN_OK && at < to; at += opts->block_len) {
		uint64_t left = opts->media_size - at;
		size_t len = left < opts->block_len ? (size_t)left : opts->block_len;

		rc = feed_block(w, data + at, at, len, err);
	}
	return rc;
}

static inline void must_finish(struct kan_writer *w)
{
	struct kan_writer_end end = { 0 };
	struct kan_err err = { 0 };
	int rc = kan_writer_finish(w, &end, &err);

	ck_assert_msg(rc == KAN_OK, "%s", err.msg);
}

static inline struct kan_writer *must_create(const char *path, const struct kan_writer_opts *opts)
{
	struct kan_writer *w = NULL;
	struct kan_err err = { 0 };
	int rc = kan_writer_create(&w, path, opts, &err);

	ck_assert_msg(rc == KAN_OK, "%s", err.msg);
	return w;
}

/* Write the whole image; the caller closes the writer. */
static inline struct kan_writer *must_write(const char *path, const uint8_t *data,
                                            const struct kan_writer_opts *opts, size_t workers)
{
	struct kan_writer *w = must_create(path, opts);
	struct kan_err err = { 0 };
	int rc = stream_to(w, data, opts, workers, &err);

	ck_assert_msg(rc == KAN_OK, "%s", err.msg);
	must_finish(w);
	return w;
}

/* The image at @path holds @data, and nothing is wrong with it. */
static inline void must_hold(const char *path, const uint8_t *data, uint64_t len)
{
	KAN_AUTO(image) struct kan_image *img = must_open(path);
	KAN_AUTO(findings) struct kan_findings gaps = { 0 };
	KAN_AUTO(mem) uint8_t *got = NULL;

	ck_assert_uint_eq(kan_image_info(img)->size, len);
	ck_assert_uint_eq(count_problems(kan_image_findings(img)), 0);
	got = must_read(img, MIB, &gaps);
	ck_assert_uint_eq(gaps.n, 0);
	ck_assert(memcmp(got, data, (size_t)len) == 0);
}

/* Digest and size of every segment are those of the file. */
static inline void must_tell_segments(const struct kan_writer *w)
{
	const struct kan_hash *sha256 = kan_hash_find("sha256");
	size_t n;
	const struct kan_writer_segment *seg = kan_writer_segments(w, &n);

	ck_assert_uint_gt(n, 0);
	for (size_t i = 0; i < n; i++) {
		uint8_t digest[KAN_DIGEST_MAX];
		size_t len;
		KAN_AUTO(mem) uint8_t *file = made_load(seg[i].path, &len);
		void *state = NULL;

		ck_assert_int_eq(sha256->open(&state, NULL), KAN_OK);
		ck_assert_int_eq(sha256->update(state, file, len, NULL), KAN_OK);
		ck_assert_int_eq(sha256->finish(state, digest, NULL), KAN_OK);
		sha256->close(state);
		ck_assert_uint_eq(seg[i].size, len);
		ck_assert_mem_eq(seg[i].sha256, digest, 32);
	}
}

/* The files of two sets, which have the same extensions, are equal. */
static inline void must_equal(const struct kan_writer *a, const struct kan_writer *b)
{
	size_t n, m;
	const struct kan_writer_segment *x = kan_writer_segments(a, &n);
	const struct kan_writer_segment *y = kan_writer_segments(b, &m);

	ck_assert_uint_eq(n, m);
	for (size_t i = 0; i < n; i++) {
		ck_assert_str_eq(strrchr(x[i].path, '.'), strrchr(y[i].path, '.'));
		ck_assert_uint_eq(x[i].size, y[i].size);
		ck_assert_mem_eq(x[i].sha256, y[i].sha256, 32);
	}
	must_tell_segments(b);
}

/* Add @len bytes that do not belong there. */
static inline void add_garbage(const char *path, size_t len)
{
	KAN_AUTO(mem) uint8_t *junk = make_noise(len);
	FILE *f = fopen(path, "ab");

	ck_assert_ptr_nonnull(f);
	made_write(f, junk, len);
	ck_assert_int_eq(fclose(f), 0);
}

/*
 * Write up to @until, as a run that is killed there, and write down the mark that a
 * sync gives.  Garbage is left behind it in the last file, and in a further one if
 * @more names it.
 */
static inline struct kan_writer_mark cut_short(const char *path, const uint8_t *data,
                                               const struct kan_writer_opts *opts, uint64_t until,
                                               const char *more)
{
	KAN_AUTO(writer) struct kan_writer *w = must_create(path, opts);
	struct kan_writer_mark mark = { 0 };
	char behind[MADE_PATH];

	ck_assert_int_eq(feed(w, data, opts, 0, until, NULL), KAN_OK);
	ck_assert_int_eq(kan_writer_sync(w, &mark, NULL), KAN_OK);
	if (until < opts->media_size)
		(void)feed(w, data, opts, until, until + opts->block_len, NULL);
	if (more && mark.segment == 0)
		add_garbage(in_dir(behind, more), 1000);
	else if (mark.segment == 0)
		add_garbage(path, 70000);
	return mark;
}

/* Continue at @mark, with the whole media coming again. */
static inline struct kan_writer *must_resume(const char *path, const uint8_t *data,
                                             const struct kan_writer_opts *opts,
                                             const struct kan_writer_mark *mark)
{
	struct kan_writer *w = NULL;
	struct kan_err err = { 0 };
	int rc = kan_writer_resume(&w, path, opts, mark, &err);

	ck_assert_msg(rc == KAN_OK, "%s", err.msg);
	rc = stream_to(w, data, opts, 2, &err);
	ck_assert_msg(rc == KAN_OK, "%s", err.msg);
	must_finish(w);
	return w;
}

/* Add a range that could not be read to @end. */
static inline void add_bad(struct kan_writer_end *end, uint64_t offset, uint64_t length)
{
	static struct kan_record_range list[10000];

	ck_assert_uint_lt(end->nbad, sizeof(list) / sizeof(list[0]));
	list[end->nbad++] = (struct kan_record_range){ offset, length };
	end->bad = list;
}

#endif
