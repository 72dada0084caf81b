/* SPDX-License-Identifier: MIT */
/*
 * test_writer_raw.c - raw images that we write, in one file and in numbered ones
 */
#include "acquire/writer_check.h"

#include <dirent.h>

/* Everything in the folder, one file behind the other in the order of the segments. */
static void must_be_bytes(const struct kan_writer *w, const uint8_t *data, size_t len)
{
	size_t n, at = 0;
	const struct kan_writer_segment *seg = kan_writer_segments(w, &n);

	for (size_t i = 0; i < n; i++) {
		size_t size;
		KAN_AUTO(mem) uint8_t *file = made_load(seg[i].path, &size);

		ck_assert_uint_le(size, len - at);
		ck_assert(memcmp(file, data + at, size) == 0);
		at += size;
	}
	ck_assert_uint_eq(at, len);
}

START_TEST(raw_media_of_every_size_is_the_file)
{
	static const size_t sizes[] = { 1,   511,     512,      513,  MIB - 1,
		                        MIB, MIB + 1, STEP - 1, STEP, STEP + 1 };
	KAN_AUTO(mem) uint8_t *data = make_media(sizes[_i]);
	KAN_AUTO(writer) struct kan_writer *w = NULL;
	struct kan_writer_opts opts = opts_for(sizes[_i]);
	char path[MADE_PATH];

	opts.block_len = _i % 2 == 0 ? MIB : 4096;
	w = must_write(in_dir(path, "m.raw"), data, &opts, 2);
	must_be_bytes(w, data, sizes[_i]);
	must_tell_segments(w);
	must_hold(path, data, sizes[_i]);
}
END_TEST

START_TEST(raw_set_is_cut_where_it_was_asked_for)
{
	static const size_t segments[] = { MIB, MIB + 512, 65536, 3 * MIB + 1536, 3 * MIB };
	const size_t len = 3 * MIB + 1536;
	KAN_AUTO(mem) uint8_t *data = make_media(len);
	KAN_AUTO(writer) struct kan_writer *w = NULL;
	struct kan_writer_opts opts = opts_for(len);
	const struct kan_writer_segment *seg;
	char path[MADE_PATH];
	size_t n;

	opts.segment_size = segments[_i];
	w = must_write(in_dir(path, "m.001"), data, &opts, 2);
	seg = kan_writer_segments(w, &n);
	ck_assert_uint_eq(n, (len + segments[_i] - 1) / segments[_i]);
	for (size_t i = 0; i + 1 < n; i++)
		ck_assert_uint_eq(seg[i].size, segments[_i]);
	must_be_bytes(w, data, len);
	must_tell_segments(w);
	must_hold(path, data, len);
}
END_TEST

START_TEST(raw_sets_are_named_as_their_first_file)
{
	static const char *const names[][3] = {
		{ "x.001", "x.002", "x.003" },       { "x.000", "x.001", "x.002" },
		{ "x.aa", "x.ab", "x.ac" },          { "x.AA", "x.AB", "x.AC" },
		{ "x.y.001", "x.y.002", "x.y.003" },
	};
	const size_t len = 3 * 65536;
	KAN_AUTO(mem) uint8_t *data = make_media(len);
	KAN_AUTO(writer) struct kan_writer *w = NULL;
	struct kan_writer_opts opts = opts_for(len);
	char path[MADE_PATH], other[MADE_PATH];
	size_t n;

	opts.segment_size = 65536;
	w = must_write(in_dir(path, names[_i][0]), data, &opts, 1);
	for (size_t i = 0; i < 3; i++)
		ck_assert_str_eq(kan_writer_segments(w, &n)[i].path, in_dir(other, names[_i][i]));
	ck_assert_uint_eq(n, 3);
	must_hold(path, data, len);
}
END_TEST

START_TEST(raw_set_goes_on_behind_999)
{
	const size_t len = 1001 * 65536 + 512;
	KAN_AUTO(mem) uint8_t *data = make_media(len);
	KAN_AUTO(writer) struct kan_writer *w = NULL;
	struct kan_writer_opts opts = opts_for(len);
	const struct kan_writer_segment *seg;
	char path[MADE_PATH];
	size_t n;

	opts.segment_size = 65536;
	w = must_write(in_dir(path, "m.001"), data, &opts, 2);
	seg = kan_writer_segments(w, &n);
	ck_assert_uint_eq(n, 1002);
	ck_assert_str_eq(strrchr(seg[998].path, '.'), ".999");
	ck_assert_str_eq(strrchr(seg[999].path, '.'), ".1000");
	must_hold(path, data, len);
}
END_TEST

START_TEST(raw_zeros_are_no_holes)
{
	KAN_AUTO(mem) uint8_t *data = calloc(1, 4 * MIB);
	KAN_AUTO(writer) struct kan_writer *w = NULL;
	struct kan_writer_opts opts = opts_for(4 * MIB);
	char path[MADE_PATH];
	struct stat st;

	w = must_write(in_dir(path, "m.dd"), data, &opts, 1);
	ck_assert_int_eq(stat(path, &st), 0);
	ck_assert_int_ge(st.st_blocks * 512, 4 * MIB);
}
END_TEST

/* ---- what is refused, by both formats ------------------------------------------ */

START_TEST(names_tell_the_format)
{
	static const struct {
		const char *path, *format;
	} names[] = {
		{ "a.E01", "ewf" },    { "a.e01", "ewf" }, { "/x/\xe8\xa8\xbc.E01", "ewf" },
		{ "a.raw", "raw" },    { "a.RAW", "raw" }, { "a.dd", "raw" },
		{ "a.img", "raw" },    { "a.bin", "raw" }, { "a.001", "raw" },
		{ "a.000", "raw" },    { "a.aa", "raw" },  { "a.002", NULL },
		{ "a.E02", NULL },     { "a", NULL },      { ".E01", NULL },
		{ "a.dd/b", NULL },    { ".dd", NULL },    { "a.aA", NULL },
		{ "a.E01.txt", NULL }, { "a.eE01", NULL }, { "a.Ex01", NULL },
	};
	const struct kan_writer_format *f = kan_writer_format_for(names[_i].path);
	struct kan_writer_opts opts = opts_for(MIB);
	struct kan_writer *w = NULL;
	struct kan_err err = { 0 };

	if (names[_i].format) {
		ck_assert_ptr_nonnull(f);
		ck_assert_str_eq(f->name, names[_i].format);
		return;
	}
	ck_assert_ptr_null(f);
	ck_assert_int_eq(kan_writer_create(&w, names[_i].path, &opts, &err), KAN_EARG);
	ck_assert_ptr_nonnull(strstr(err.msg, names[_i].path));
}
END_TEST

START_TEST(options_that_do_not_fit_are_refused_and_leave_nothing)
{
	static char bad_utf8[] = "\xff", name[] = "notes";
	static const struct kan_header_value bad_value = { name, bad_utf8 };
	static const struct {
		const char *name;
		struct kan_writer_opts opts;
		int rc;
		const char *why;
	} cases[] = {
		{ "m.E01", { .media_size = 0, .block_len = MIB }, KAN_EARG, "" },
		{ "m.dd", { .media_size = 0, .block_len = MIB }, KAN_EARG, "" },
		{ "m.E01", { .media_size = 513, .block_len = MIB }, KAN_EARG, "sectors" },
		{ "m.E01",
		  { .media_size = 512, .sector_size = 4096, .block_len = MIB },
		  KAN_EARG,
		  "4096" },
		{ "m.E01",
		  { .media_size = 5200, .sector_size = 520, .block_len = MIB },
		  KAN_EARG,
		  "520" },
		{ "m.E01", { .media_size = MIB, .block_len = 4096 }, KAN_EARG, "32768" },
		{ "m.E01", { .media_size = MIB, .block_len = 3 * CHUNK }, KAN_EARG, "" },
		{ "m.dd", { .media_size = MIB, .block_len = 0 }, KAN_EARG, "" },
		{ "m.E01",
		  { .media_size = MIB, .block_len = MIB, .segment_size = MIB },
		  KAN_EARG,
		  "is the least" },
		{ "m.E01",
		  { .media_size = (1ull << 47) + 512, .block_len = MIB },
		  KAN_ELIMIT,
		  "128 TiB" },
		{ "m.E01",
		  { .media_size = UINT64_MAX - 511, .block_len = MIB },
		  KAN_ELIMIT,
		  "128 TiB" },
		{ "m.E01", { .media_size = 1ull << 47, .block_len = CHUNK }, KAN_EARG, "1048576" },
		{ "m.dd",
		  { .media_size = MIB, .block_len = MIB, .segment_size = MIB },
		  KAN_EARG,
		  ".001" },
		{ "m.001",
		  { .media_size = MIB, .block_len = MIB, .segment_size = 1000 },
		  KAN_EARG,
		  "65536" },
		{ "m.001",
		  { .media_size = 1ull << 40, .block_len = MIB, .segment_size = MIB },
		  KAN_EARG,
		  "names" },
		{ "m.E01",
		  { .media_size = MIB, .block_len = MIB, .values = &bad_value, .nvalues = 1 },
		  KAN_EARG,
		  "notes" },
	};
	struct kan_writer *w = NULL;
	struct kan_err err = { 0 };
	char path[MADE_PATH];

	in_dir(path, cases[_i].name);
	ck_assert_int_eq(kan_writer_create(&w, path, &cases[_i].opts, &err), cases[_i].rc);
	ck_assert_msg(strstr(err.msg, cases[_i].why) != NULL, "%s", err.msg);
	ck_assert_int_eq(access(path, F_OK), -1);
}
END_TEST

START_TEST(files_that_are_there_are_not_touched)
{
	static const char *const names[][2] = {
		{ "m.E01", "m.E01" }, { "m.E01", "m.E02" }, { "m.E01", "m.EAA" },
		{ "m.e01", "m.e03" }, { "m.dd", "m.dd" },   { "m.001", "m.002" },
	};
	struct kan_writer_opts opts = opts_for(MIB);
	struct kan_writer *w = NULL;
	struct kan_err err = { 0 };
	char path[MADE_PATH], old[MADE_PATH];
	struct stat st;

	made_store(in_dir(old, names[_i][1]), (const uint8_t *)"old", 3);
	ck_assert_int_eq(kan_writer_create(&w, in_dir(path, names[_i][0]), &opts, &err),
	                 KAN_EEXIST);
	ck_assert_ptr_nonnull(strstr(err.msg, old));
	ck_assert_int_eq(stat(old, &st), 0);
	ck_assert_int_eq(st.st_size, 3);
}
END_TEST

START_TEST(relative_names_and_other_bytes_are_taken_as_they_are)
{
	static const char *const names[] = { "m.dd",        "m.E01",
		                             "./m.E01",     "\xe8\xa8\xbc\xe6\x8b\xa0.E01",
		                             "\xff\xfe.dd", "a b'\"\\.001" };
	KAN_AUTO(mem) uint8_t *data = make_media(MIB);
	KAN_AUTO(writer) struct kan_writer *w = NULL;
	struct kan_writer_opts opts = opts_for(MIB);
	char old[4096];
	size_t n;

	ck_assert_ptr_nonnull(getcwd(old, sizeof(old)));
	ck_assert_int_eq(chdir(dir), 0);
	w = must_write(names[_i], data, &opts, 1);
	ck_assert_str_eq(kan_writer_segments(w, &n)[0].path, names[_i]);
	must_hold(names[_i], data, MIB);
	must_tell_segments(w);
	ck_assert_int_eq(chdir(old), 0);
}
END_TEST

START_TEST(blocks_out_of_order_and_an_early_end_are_refused)
{
	KAN_AUTO(mem) uint8_t *data = make_media(4 * MIB);
	KAN_AUTO(writer) struct kan_writer *w = NULL;
	struct kan_writer_opts opts = opts_for(4 * MIB);
	struct kan_writer_end end = { 0 };
	struct kan_err err = { 0 };
	char path[MADE_PATH];
	size_t n;

	w = must_create(in_dir(path, _i == 0 ? "m.E01" : "m.dd"), &opts);
	ck_assert_int_eq(feed_block(w, data, 0, MIB, NULL), KAN_OK);
	ck_assert_int_eq(feed_block(w, data, 2 * MIB, MIB, &err), KAN_EARG);
	ck_assert_int_eq(feed_block(w, data, MIB, MIB - 512, &err), KAN_EARG);
	ck_assert_int_eq(kan_writer_finish(w, &end, &err), KAN_EARG);
	(void)kan_writer_segments(w, &n);
	ck_assert_uint_eq(n, 0);
	ck_assert_int_eq(feed(w, data, &opts, MIB, 4 * MIB, NULL), KAN_OK);
	must_finish(w);
	ck_assert_int_eq(kan_writer_finish(w, &end, &err), KAN_EARG);
	must_hold(path, data, 4 * MIB);
}
END_TEST

START_TEST(folder_that_is_missing_is_named)
{
	struct kan_writer_opts opts = opts_for(MIB);
	struct kan_writer *w = NULL;
	struct kan_err err = { 0 };

	ck_assert_int_eq(kan_writer_create(&w, "/nowhere/at/all/m.dd", &opts, &err), KAN_EIO);
	ck_assert_ptr_nonnull(strstr(err.msg, "/nowhere/at/all"));
}
END_TEST

static Suite *writer_raw_suite(void)
{
	Suite *s = suite_create("writer_raw");
	TCase *raw = tcase_create("raw");
	TCase *both = tcase_create("both");

	tcase_add_checked_fixture(raw, set_up, tear_down);
	tcase_set_timeout(raw, 60);
	tcase_add_loop_test(raw, raw_media_of_every_size_is_the_file, 0, 10);
	tcase_add_loop_test(raw, raw_set_is_cut_where_it_was_asked_for, 0, 5);
	tcase_add_loop_test(raw, raw_sets_are_named_as_their_first_file, 0, 5);
	tcase_add_test(raw, raw_set_goes_on_behind_999);
	tcase_add_test(raw, raw_zeros_are_no_holes);
	suite_add_tcase(s, raw);

	tcase_add_checked_fixture(both, set_up, tear_down);
	tcase_set_timeout(both, 60);
	tcase_add_loop_test(both, names_tell_the_format, 0, 21);
	tcase_add_loop_test(both, options_that_do_not_fit_are_refused_and_leave_nothing, 0, 16);
	tcase_add_loop_test(both, files_that_are_there_are_not_touched, 0, 6);
	tcase_add_loop_test(both, relative_names_and_other_bytes_are_taken_as_they_are, 0, 6);
	tcase_add_loop_test(both, blocks_out_of_order_and_an_early_end_are_refused, 0, 2);
	tcase_add_test(both, folder_that_is_missing_is_named);
	suite_add_tcase(s, both);
	return s;
}

RUN_SUITE(writer_raw_suite)
