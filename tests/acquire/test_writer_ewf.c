/* SPDX-License-Identifier: MIT */
/*
 * test_writer_ewf.c - E01 images that we write, read back
 *
 * What other programs say of them is in test_writer_tools.c.
 */
#include "acquire/ewf/e01.h"
#include "acquire/writer_check.h"

#include <zlib.h>

/* The least that takes a group of noise. */
#define SMALL_SEGMENT (17u * MIB)

static const size_t sizes[] = {
	512, CHUNK - 512, CHUNK, CHUNK + 512, 3 * CHUNK + 1024,
	MIB, STEP - 512,  STEP,  STEP + 512,  2 * STEP + CHUNK + 512,
};

enum { NSIZES = sizeof(sizes) / sizeof(sizes[0]) };

START_TEST(media_of_every_size_is_read_back)
{
	const bool is_large = sizes[_i / 3] > MIB;
	KAN_AUTO(mem) uint8_t *data = NULL;
	KAN_AUTO(writer) struct kan_writer *w = NULL;
	struct kan_writer_opts opts = opts_for(sizes[_i / 3]);
	char path[MADE_PATH];

	opts.compress = (enum kan_compress)(_i % 3);
	if (is_large && opts.compress == KAN_COMPRESS_BEST)
		return; /* slow, and a matter of chunks only */
	data = make_media(opts.media_size);
	w = must_write(in_dir(path, "m.E01"), data, &opts, 2);
	must_hold(path, data, opts.media_size);
	must_tell_segments(w);
}
END_TEST

START_TEST(sectors_of_every_size_are_read_back)
{
	static const uint32_t sectors[] = { 512, 1024, 2048, 4096 };
	KAN_AUTO(mem) uint8_t *data = make_media(MIB + 4096);
	KAN_AUTO(writer) struct kan_writer *w = NULL;
	KAN_AUTO(image) struct kan_image *img = NULL;
	struct kan_writer_opts opts = opts_for(MIB + 4096);
	char path[MADE_PATH];

	opts.sector_size = sectors[_i];
	w = must_write(in_dir(path, "m.e01"), data, &opts, 1);
	must_hold(path, data, opts.media_size);
	img = must_open(path);
	ck_assert_uint_eq(kan_image_info(img)->sector_size, sectors[_i]);
	ck_assert_uint_eq(kan_image_info(img)->chunk_size, CHUNK);
}
END_TEST

START_TEST(files_depend_on_neither_workers_nor_blocks)
{
	static const struct {
		size_t workers, block_len;
	} ways[] = { { 1, CHUNK }, { 2, 4 * CHUNK }, { 8, MIB }, { 8, CHUNK }, { 2, STEP } };
	const size_t len = (_i == KAN_COMPRESS_BEST ? 0 : STEP) + 2 * MIB + 1536;
	KAN_AUTO(mem) uint8_t *data = make_media(len);
	KAN_AUTO(writer) struct kan_writer *first = NULL;
	struct kan_writer_opts opts = opts_for(len);
	char path[MADE_PATH];

	opts.compress = (enum kan_compress)_i;
	first = must_write(in_dir(path, "first.E01"), data, &opts, 1);
	for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
		KAN_AUTO(writer) struct kan_writer *w = NULL;

		opts.block_len = ways[i].block_len;
		w = must_write(in_dir(path, "m.E01"), data, &opts, ways[i].workers);
		must_equal(first, w);
		(void)unlink(path);
	}
}
END_TEST

START_TEST(segments_are_as_large_as_they_may_be)
{
	const size_t len = 4 * STEP + 512;
	KAN_AUTO(mem) uint8_t *data = make_noise(len);
	KAN_AUTO(writer) struct kan_writer *w = NULL;
	struct kan_writer_opts opts = opts_for(len);
	const struct kan_writer_segment *seg;
	char path[MADE_PATH];
	size_t n;

	opts.segment_size = _i == 0 ? SMALL_SEGMENT : 2 * SMALL_SEGMENT;
	w = must_write(in_dir(path, "m.E01"), data, &opts, 2);
	seg = kan_writer_segments(w, &n);
	ck_assert_uint_eq(n, _i == 0 ? 4 : 2);
	for (size_t i = 0; i < n; i++)
		ck_assert_uint_le(seg[i].size, opts.segment_size);
	ck_assert_str_eq(strrchr(seg[1].path, '.'), ".E02");
	must_hold(path, data, len);
	must_tell_segments(w);
}
END_TEST

/* Ranges that could not be read: so many that the section needs a segment of its own. */
START_TEST(long_list_of_unreadable_sectors_begins_a_segment)
{
	const size_t len = STEP;
	KAN_AUTO(mem) uint8_t *data = make_noise(len);
	KAN_AUTO(writer) struct kan_writer *w = NULL;
	KAN_AUTO(image) struct kan_image *img = NULL;
	struct kan_writer_end end = { .nbad = 0 };
	struct kan_writer_opts opts = opts_for(len);
	char path[MADE_PATH];
	size_t n;

	opts.segment_size = STEP + 16384;
	for (uint64_t i = 0; i < 10000; i++)
		add_bad(&end, i * 1024, 512);
	opts.compress = KAN_COMPRESS_NONE;
	w = must_create(in_dir(path, "m.E01"), &opts);
	ck_assert_int_eq(feed(w, data, &opts, 0, len, NULL), KAN_OK);
	ck_assert_int_eq(kan_writer_finish(w, &end, NULL), KAN_OK);
	ck_assert_uint_eq((kan_writer_segments(w, &n), n), 2);
	img = must_open(path);
	ck_assert_uint_eq(kan_image_findings(img)->n, 10000);
	ck_assert_ptr_null(find_kind(kan_image_findings(img), KAN_FINDING_STRUCTURE));
}
END_TEST

START_TEST(unreadable_sectors_are_whole_and_joined)
{
	static const uint64_t ranges[][2] = {
		{ 0, 512 }, { 5000, 1 }, { 5100, 30 }, { 5632, 512 }, { 10240, 1024 }
	};
	KAN_AUTO(mem) uint8_t *data = make_media(MIB);
	KAN_AUTO(writer) struct kan_writer *w = NULL;
	KAN_AUTO(image) struct kan_image *img = NULL;
	struct kan_writer_end end = { .nbad = 0 };
	struct kan_writer_opts opts = opts_for(MIB);
	const struct kan_findings *found;
	char path[MADE_PATH];

	for (size_t i = 0; i < 5; i++)
		add_bad(&end, ranges[i][0], ranges[i][1]);
	w = must_create(in_dir(path, "m.E01"), &opts);
	ck_assert_int_eq(feed(w, data, &opts, 0, MIB, NULL), KAN_OK);
	ck_assert_int_eq(kan_writer_finish(w, &end, NULL), KAN_OK);
	img = must_open(path);
	found = kan_image_findings(img);
	ck_assert_uint_eq(found->n, 3);
	ck_assert_uint_eq(found->list[0].offset, 0);
	ck_assert_uint_eq(found->list[0].length, 512);
	ck_assert_uint_eq(found->list[1].offset, 4608);
	ck_assert_uint_eq(found->list[1].length, 1536);
	ck_assert_uint_eq(found->list[2].offset, 10240);
	ck_assert_uint_eq(found->list[2].length, 1024);
}
END_TEST

/* Numbers of sectors have 32 bits: what cannot be told is left out, and never told wrong. */
START_TEST(unreadable_sectors_end_where_their_numbers_end)
{
	static const uint64_t last = 1ull << 32;
	struct kan_writer_end end = { .nbad = 0 };
	struct kan_buf out KAN_DEFER(kan_buf_done) = { 0 };
	const uint8_t *entry;

	add_bad(&end, 7 * 512, 512);
	add_bad(&end, (last - 2) * 512, 10 * 512);
	add_bad(&end, (last + 99) * 512, 512);
	kan_e01_put_error2(&out, 0, &end, 512);
	ck_assert_uint_eq(out.len, 76 + 520 + 2 * 8 + 4);
	entry = (const uint8_t *)out.data + 76 + 520;
	ck_assert_uint_eq(made_get(entry, 4), 7);
	ck_assert_uint_eq(made_get(entry + 4, 4), 1);
	ck_assert_uint_eq(made_get(entry + 8, 4), last - 2);
	ck_assert_uint_eq(made_get(entry + 12, 4), 2);

	kan_buf_reset(&out);
	end.nbad = 0;
	add_bad(&end, 0, last * 1024);
	kan_e01_put_error2(&out, 0, &end, 512);
	ck_assert_uint_eq(out.len, 76 + 520 + 2 * 8 + 4);
	entry = (const uint8_t *)out.data + 76 + 520;
	ck_assert_uint_eq(made_get(entry, 4), 0);
	ck_assert_uint_eq(made_get(entry + 4, 4), last - 1);
	ck_assert_uint_eq(made_get(entry + 8, 4), last - 1);
	ck_assert_uint_eq(made_get(entry + 12, 4), 1);
}
END_TEST

START_TEST(digests_are_those_that_were_given)
{
	KAN_AUTO(mem) uint8_t *data = make_media(MIB);
	KAN_AUTO(writer) struct kan_writer *w = NULL;
	KAN_AUTO(image) struct kan_image *img = NULL;
	struct kan_digest digests[3] = { { .algo = kan_hash_find("sha256"), .bytes = { 3 } },
		                         { .algo = kan_hash_find("md5"), .bytes = { 1 } },
		                         { .algo = kan_hash_find("sha1"), .bytes = { 2 } } };
	struct kan_writer_end end = { .digests = digests, .ndigests = (size_t)_i };
	struct kan_writer_opts opts = opts_for(MIB);
	const struct kan_image_info *info;
	char path[MADE_PATH];

	w = must_create(in_dir(path, "m.E01"), &opts);
	ck_assert_int_eq(feed(w, data, &opts, 0, MIB, NULL), KAN_OK);
	ck_assert_int_eq(kan_writer_finish(w, &end, NULL), KAN_OK);
	img = must_open(path);
	info = kan_image_info(img);
	ck_assert_uint_eq(info->nhashes, _i == 0 ? 0 : (size_t)_i - 1);
	for (size_t i = 0; i < info->nhashes; i++)
		ck_assert_str_eq(info->hashes[i].algorithm,
		                 info->hashes[i].hex[1] == '1' ? "md5" : "sha1");
	ck_assert_uint_eq(kan_image_findings(img)->n, 0);
}
END_TEST

/* ---- chunks ---------------------------------------------------------------- */

/* The reason is in lib/acquire/ewf/deflate.c; no chunk shows it often enough for a test. */
START_TEST(compressor_lies_where_its_address_does_not_count)
{
	struct kan_e01_fast *fast[40];

	for (size_t i = 0; i < 40; i++) {
		uint32_t crc;

		fast[i] = kan_e01_fast_new();
		ck_assert_ptr_nonnull(fast[i]);
		ck_assert_uint_eq((uintptr_t)fast[i] % 65536, 0);
		crc = (uint32_t)((uintptr_t)fast[i] >> 16);
		for (unsigned k = 0; k < 32; k++)
			crc = crc & 1 ? crc >> 1 ^ 0x82f63b78u : crc >> 1;
		ck_assert_uint_eq(crc & 0x7fff, 0);
	}
	for (size_t i = 0; i < 40; i++)
		kan_e01_fast_free(fast[i]);
}
END_TEST

START_TEST(chunks_do_not_depend_on_where_they_lie)
{
	const size_t len = 40 * CHUNK;
	KAN_AUTO(mem) uint8_t *data = make_media(len);
	KAN_AUTO(mem) uint8_t *arena = malloc((size_t)3 * CHUNK);
	KAN_AUTO(mem) uint8_t *a = malloc(CHUNK + 4);
	KAN_AUTO(mem) uint8_t *b = malloc(CHUNK + 4);
	struct kan_e01_packer *packer = NULL, *fresh;

	ck_assert(arena && a && b);
	ck_assert_int_eq(kan_e01_packer_new(&packer, (enum kan_compress)_i, CHUNK, NULL), KAN_OK);
	for (size_t i = 0; i < 40; i++) {
		uint32_t n = kan_e01_pack(packer, a, data + i * CHUNK, CHUNK);

		for (size_t at = i; at < 2 * CHUNK; at += 17001) {
			memcpy(arena + at, data + i * CHUNK, CHUNK);
			ck_assert_int_eq(
				kan_e01_packer_new(&fresh, (enum kan_compress)_i, CHUNK, NULL),
				KAN_OK);
			ck_assert_uint_eq(kan_e01_pack(fresh, b, arena + at, CHUNK), n);
			ck_assert_mem_eq(a, b, n & ~KAN_E01_COMPRESSED);
			kan_e01_packer_free(fresh);
		}
	}
	kan_e01_packer_free(packer);
}
END_TEST

START_TEST(chunks_are_zlib_or_summed_bytes_and_never_longer)
{
	static const size_t lens[] = { 1, 2, 3, 9, 512, 4096, CHUNK - 1, CHUNK };
	KAN_AUTO(mem) uint8_t *data = make_media(8 * CHUNK);
	KAN_AUTO(mem) uint8_t *out = malloc(CHUNK + 4);
	KAN_AUTO(mem) uint8_t *back = malloc(CHUNK);
	struct kan_e01_packer *packer = NULL;
	size_t packed = 0;

	ck_assert(out && back);
	ck_assert_int_eq(kan_e01_packer_new(&packer, (enum kan_compress)_i, CHUNK, NULL), KAN_OK);
	for (size_t i = 0; i < 64; i++) {
		const uint8_t *in = data + i / 8 * CHUNK;
		size_t len = lens[i % 8];
		uint32_t n = kan_e01_pack(packer, out, in, len);
		uLongf got = CHUNK;

		if (n & KAN_E01_COMPRESSED) {
			packed++;
			n &= ~KAN_E01_COMPRESSED;
			ck_assert_uint_lt(n, len);
			ck_assert_int_eq(uncompress(back, &got, out, n), Z_OK);
			ck_assert_uint_eq(got, len);
			ck_assert_mem_eq(back, in, len);
		} else {
			ck_assert_uint_eq(n, len + 4);
			ck_assert_mem_eq(out, in, len);
			ck_assert_uint_eq(made_get(out + len, 4), made_adler(in, len));
		}
	}
	kan_e01_packer_free(packer);
	ck_assert(_i == KAN_COMPRESS_NONE ? packed == 0 : packed > 20);
}
END_TEST

START_TEST(noise_is_stored_and_text_is_not)
{
	KAN_AUTO(mem) uint8_t *noise = make_noise(CHUNK);
	KAN_AUTO(mem) uint8_t *out = malloc(CHUNK + 4);
	struct kan_e01_packer *packer = NULL;

	ck_assert_int_eq(kan_e01_packer_new(&packer, KAN_COMPRESS_FAST, CHUNK, NULL), KAN_OK);
	ck_assert_uint_eq(kan_e01_pack(packer, out, noise, CHUNK), CHUNK + 4);
	for (size_t i = 0; i < CHUNK; i++)
		noise[i] &= 0x7f; /* seven bits of eight: an eighth is to be gained */
	ck_assert(kan_e01_pack(packer, out, noise, CHUNK) & KAN_E01_COMPRESSED);
	kan_e01_packer_free(packer);
}
END_TEST

/* ---- names ----------------------------------------------------------------- */

START_TEST(names_go_on_behind_e99_and_end_with_zzz)
{
	char path[MADE_PATH], ours[MADE_PATH] = "";

	for (unsigned i = 1; i <= KAN_EWF_SEGMENTS_MAX; i++) {
		ck_assert(kan_e01_name(ours, "d/x.E01", i - 1));
		ck_assert_str_eq(ours, made_path(path, "d", i));
	}
	ck_assert_str_eq(ours, "d/x.ZZZ");
	ck_assert(!kan_e01_name(ours, "d/x.E01", KAN_EWF_SEGMENTS_MAX));
	ck_assert(kan_e01_name(ours, "d/x.e01", 99));
	ck_assert_str_eq(ours, "d/x.eaa");
	ck_assert(kan_e01_name(ours, "d/x.e01", KAN_EWF_SEGMENTS_MAX - 1));
	ck_assert_str_eq(ours, "d/x.zzz");
}
END_TEST

/* 98 segments that hold nothing but their beginning stand for those of a long run. */
START_TEST(set_of_more_than_99_segments_is_continued)
{
	const uint64_t before = 98ull * STEP, len = before + 3 * STEP;
	KAN_AUTO(mem) uint8_t *noise = make_noise(STEP);
	KAN_AUTO(writer) struct kan_writer *w = NULL;
	KAN_AUTO(image) struct kan_image *img = NULL;
	struct kan_writer_opts opts = opts_for(len);
	struct kan_writer_mark mark = { before, 98, 13 + 76 + 1052 };
	char path[MADE_PATH], other[MADE_PATH];
	uint8_t head[13 + 76 + 1052], *file;
	size_t n;

	opts.segment_size = SMALL_SEGMENT;
	opts.block_len = STEP;
	w = must_create(in_dir(path, "x.E01"), &opts);
	ck_assert_int_eq(feed(w, noise, &opts, 0, STEP, NULL), KAN_OK);
	kan_writer_close(w);
	file = made_load(path, &n);
	memcpy(head, file, 13);
	memcpy(head + 13, file + made_find(path, "volume", 0), 76 + 1052);
	free(file);
	memcpy(head + 13, "data\0\0", 6);
	made_put(head + 13 + 16, sizeof(head), 8);
	made_put(head + 13 + 72, made_adler(head + 13, 72), 4);
	for (unsigned i = 2; i <= 99; i++) {
		made_put(head + 9, i, 2);
		made_store(made_path(other, dir, i), head, sizeof(head));
	}
	w = NULL;
	ck_assert_int_eq(kan_writer_resume(&w, path, &opts, &mark, NULL), KAN_OK);
	for (uint64_t at = before; at < len; at += STEP)
		ck_assert_int_eq(feed_block(w, noise, at, STEP, NULL), KAN_OK);
	must_finish(w);
	must_tell_segments(w);
	ck_assert_str_eq(kan_writer_segments(w, &n)[98].path, made_path(other, dir, 99));
	ck_assert_str_eq(kan_writer_segments(w, &n)[100].path, made_path(other, dir, 101));
	ck_assert_uint_eq(n, 101);
	img = must_open(path);
	ck_assert_uint_eq(kan_image_info(img)->nsegments, 101);
	ck_assert_uint_eq(kan_image_info(img)->size, len);
}
END_TEST

/* Media that no test can write: the start of an image, as far as a run may get. */
START_TEST(chunks_of_large_media_are_longer)
{
	static const struct {
		uint64_t size;
		uint32_t chunk_len;
	} media[] = { { 4ull << 40, CHUNK },
		      { (4ull << 40) + 512, 2 * CHUNK },
		      { 20ull << 40, 8 * CHUNK },
		      { 1ull << 47, 32 * CHUNK } };
	struct kan_writer_opts opts = opts_for(media[_i].size);
	KAN_AUTO(mem) uint8_t *data = make_media(STEP);
	KAN_AUTO(mem) uint8_t *got = malloc(STEP);
	KAN_AUTO(writer) struct kan_writer *w = NULL;
	KAN_AUTO(image) struct kan_image *img = NULL;
	KAN_AUTO(findings) struct kan_findings gaps = { 0 };
	char path[MADE_PATH];

	w = must_create(in_dir(path, "m.E01"), &opts);
	ck_assert_int_eq(feed(w, data, &opts, 0, STEP, NULL), KAN_OK);
	img = must_open(path);
	ck_assert_uint_eq(kan_image_info(img)->size, media[_i].size);
	ck_assert_uint_eq(kan_image_info(img)->chunk_size, media[_i].chunk_len);
	ck_assert_int_eq(kan_source_read(kan_image_source(img), 0, got, STEP, &gaps, NULL), KAN_OK);
	ck_assert_uint_eq(gaps.n, 0);
	ck_assert(memcmp(got, data, STEP) == 0);
}
END_TEST

static Suite *writer_ewf_suite(void)
{
	Suite *s = suite_create("writer_ewf");
	TCase *tc = tcase_create("files");
	TCase *chunks = tcase_create("chunks");
	TCase *names = tcase_create("names");

	tcase_add_checked_fixture(tc, set_up, tear_down);
	tcase_set_timeout(tc, 120);
	tcase_add_loop_test(tc, media_of_every_size_is_read_back, 0, 3 * NSIZES);
	tcase_add_loop_test(tc, sectors_of_every_size_are_read_back, 0, 4);
	tcase_add_loop_test(tc, files_depend_on_neither_workers_nor_blocks, 0, 3);
	tcase_add_loop_test(tc, segments_are_as_large_as_they_may_be, 0, 2);
	tcase_add_test(tc, long_list_of_unreadable_sectors_begins_a_segment);
	tcase_add_test(tc, unreadable_sectors_are_whole_and_joined);
	tcase_add_test(tc, unreadable_sectors_end_where_their_numbers_end);
	tcase_add_loop_test(tc, digests_are_those_that_were_given, 0, 4);
	tcase_add_loop_test(tc, chunks_of_large_media_are_longer, 0, 4);
	tcase_add_test(tc, set_of_more_than_99_segments_is_continued);
	suite_add_tcase(s, tc);

	tcase_add_test(chunks, compressor_lies_where_its_address_does_not_count);
	tcase_add_loop_test(chunks, chunks_do_not_depend_on_where_they_lie, 0, 3);
	tcase_add_loop_test(chunks, chunks_are_zlib_or_summed_bytes_and_never_longer, 0, 3);
	tcase_add_test(chunks, noise_is_stored_and_text_is_not);
	suite_add_tcase(s, chunks);

	tcase_add_test(names, names_go_on_behind_e99_and_end_with_zzz);
	suite_add_tcase(s, names);
	return s;
}

RUN_SUITE(writer_ewf_suite)
