/* SPDX-License-Identifier: MIT */
/*
 * test_splitraw.c - raw media in numbered files
 */
#include "image/image_check.h"
#include "suite.h"

static char dir[MADE_DIR];

static void set_up(void)
{
	made_folder(dir);
}

static void tear_down(void)
{
	made_remove(dir);
}

/* A file with the pattern of @len bytes at @start of the media. */
static const char *put(char *path, const char *ext, uint64_t start, size_t len)
{
	uint8_t *data = malloc(len + 1);

	ck_assert_ptr_nonnull(data);
	for (size_t i = 0; i < len; i++)
		data[i] = made_byte(start + i);
	snprintf(path, MADE_PATH, "%s/d.%s", dir, ext);
	made_store(path, data, len);
	free(data);
	return path;
}

START_TEST(split_reads_sets_of_every_naming)
{
	static const char *const names[][3] = {
		{ "001", "002", "003" },    { "000", "001", "002" }, { "01", "02", "03" },
		{ "0000", "0001", "0002" }, { "aa", "ab", "ac" },    { "aaa", "aab", "aac" },
		{ "AA", "AB", "AC" },
	};
	static const size_t blocks[] = { 1, 999, 1000, 1001, 4096 };
	KAN_AUTO(image) struct kan_image *img = NULL;
	char path[MADE_PATH], first[MADE_PATH];

	put(first, names[_i][0], 0, 1000);
	put(path, names[_i][1], 1000, 1000);
	put(path, names[_i][2], 2000, 77);
	img = must_open(first);
	ck_assert_str_eq(kan_image_info(img)->format, "splitraw");
	ck_assert_str_eq(kan_image_info(img)->variant, "split raw, 3 segments");
	ck_assert_uint_eq(kan_image_info(img)->size, 2077);
	ck_assert_uint_eq(kan_image_findings(img)->n, 0);
	for (size_t i = 0; i < 5; i++) {
		KAN_AUTO(findings) struct kan_findings gaps = { 0 };
		KAN_AUTO(mem) uint8_t *data = must_read(img, blocks[i], &gaps);

		ck_assert(is_pattern(data, 2077, &gaps));
		ck_assert_uint_eq(gaps.n, 0);
	}
}
END_TEST

START_TEST(split_fills_a_missing_segment_with_a_gap)
{
	KAN_AUTO(image) struct kan_image *img = NULL;
	KAN_AUTO(findings) struct kan_findings gaps = { 0 };
	KAN_AUTO(mem) uint8_t *data = NULL;
	const struct kan_finding *f;
	char path[MADE_PATH], first[MADE_PATH];

	put(first, "001", 0, 1000);
	put(path, _i == 0 ? "002" : "003", _i == 0 ? 1000 : 2000, 1000);
	put(path, "004", 3000, 500);
	img = must_open(first);
	ck_assert_uint_eq(kan_image_info(img)->size, 3500);
	data = must_read(img, 300, &gaps);
	ck_assert(is_pattern(data, 3500, &gaps));
	ck_assert_uint_eq(gaps.n, 1);
	f = find_kind(kan_image_findings(img), KAN_FINDING_MISSING_SEGMENT);
	ck_assert_ptr_nonnull(f);
	ck_assert_uint_eq(f->offset, _i == 0 ? 2000 : 1000);
	ck_assert_uint_eq(f->length, 1000);
	ck_assert_str_eq(f->subject, _i == 0 ? "d.003" : "d.002");
}
END_TEST

START_TEST(split_says_if_the_size_of_a_missing_segment_is_a_guess)
{
	KAN_AUTO(image) struct kan_image *img = NULL;
	const struct kan_finding *f;
	char path[MADE_PATH], first[MADE_PATH];

	put(first, "001", 0, 1000);
	put(path, "002", 1000, 900);
	put(path, "004", 3000, 500);
	img = must_open(first);
	f = find_kind(kan_image_findings(img), KAN_FINDING_MISSING_SEGMENT);
	ck_assert_ptr_nonnull(f);
	ck_assert_ptr_nonnull(strstr(f->detail, "may be wrong"));
	ck_assert_ptr_nonnull(find_kind(kan_image_findings(img), KAN_FINDING_STRUCTURE));
}
END_TEST

START_TEST(split_notes_that_the_end_is_not_known)
{
	KAN_AUTO(image) struct kan_image *img = NULL;
	char path[MADE_PATH], first[MADE_PATH];

	put(first, "001", 0, 1000);
	put(path, "002", 1000, 1000);
	img = must_open(first);
	ck_assert_ptr_nonnull(find_kind(kan_image_findings(img), KAN_FINDING_NOTE));
	ck_assert_uint_eq(count_problems(kan_image_findings(img)), 0);
}
END_TEST

START_TEST(split_names_the_first_segment_if_a_later_one_is_given)
{
	struct kan_image *img = NULL;
	struct kan_err err = { 0 };
	char path[MADE_PATH], first[MADE_PATH];

	put(first, "001", 0, 1000);
	put(path, "002", 1000, 1000);
	ck_assert_int_eq(kan_image_open(&img, path, NULL, &err), KAN_EARG);
	ck_assert_ptr_nonnull(strstr(err.msg, first));
}
END_TEST

START_TEST(split_tells_that_the_first_segment_is_missing)
{
	struct kan_image *img = NULL;
	struct kan_err err = { 0 };
	char path[MADE_PATH];

	put(path, "003", 0, 1000);
	put(path, "002", 1000, 1000);
	ck_assert_int_eq(kan_image_open(&img, path, NULL, &err), KAN_EARG);
	ck_assert_ptr_nonnull(strstr(err.msg, "d.001"));
	ck_assert_ptr_nonnull(strstr(err.msg, "missing"));
}
END_TEST

START_TEST(split_leaves_single_files_alone)
{
	static const char *const names[] = { "001", "000", "aa", "2024", "dd", "raw" };
	KAN_AUTO(image) struct kan_image *img = NULL;
	char path[MADE_PATH];

	img = must_open(put(path, names[_i], 0, 1000));
	ck_assert_str_eq(kan_image_info(img)->format, "raw");
	ck_assert_uint_eq(kan_image_info(img)->size, 1000);
}
END_TEST

START_TEST(split_can_be_overruled)
{
	KAN_AUTO(image) struct kan_image *img = NULL;
	struct kan_image_opts opts = { .format = "raw" };
	char path[MADE_PATH];

	put(path, "001", 0, 1000);
	put(path, "002", 1000, 1000);
	ck_assert_int_eq(kan_image_open(&img, path, &opts, NULL), KAN_OK);
	ck_assert_uint_eq(kan_image_info(img)->size, 1000);
}
END_TEST

/* Behind .999 comes .1000, as our own writer and FTK Imager have it. */
START_TEST(split_goes_on_behind_999)
{
	KAN_AUTO(image) struct kan_image *img = NULL;
	KAN_AUTO(findings) struct kan_findings gaps = { 0 };
	KAN_AUTO(mem) uint8_t *data = NULL;
	struct kan_image *later = NULL;
	struct kan_err err = { 0 };
	char path[MADE_PATH], ext[8], first[MADE_PATH];

	put(first, "001", 0, 100);
	for (unsigned i = 2; i <= 1001; i++) {
		snprintf(ext, sizeof(ext), "%03u", i);
		put(path, ext, (i - 1) * 100, i < 1001 ? 100 : 30);
	}
	img = must_open(first);
	ck_assert_str_eq(kan_image_info(img)->variant, "split raw, 1001 segments");
	ck_assert_uint_eq(kan_image_findings(img)->n, 0);
	data = must_read(img, 4096, &gaps);
	ck_assert(is_pattern(data, 100030, &gaps));
	ck_assert_uint_eq(gaps.n, 0);
	ck_assert_int_eq(kan_image_open(&later, path, NULL, &err), KAN_EARG);
	ck_assert_ptr_nonnull(strstr(err.msg, first));
}
END_TEST

START_TEST(split_takes_no_year_for_a_segment)
{
	KAN_AUTO(image) struct kan_image *img = NULL;
	char path[MADE_PATH], first[MADE_PATH];

	put(first, "001", 0, 1000);
	put(path, "002", 1000, 1000);
	put(path, "2024", 0, 700);
	img = must_open(path);
	ck_assert_str_eq(kan_image_info(img)->format, "raw");
	kan_image_close(img);
	img = must_open(first);
	ck_assert_uint_eq(kan_image_info(img)->size, 2000);
}
END_TEST

static Suite *splitraw_suite(void)
{
	Suite *s = suite_create("splitraw");
	TCase *read = tcase_create("read");

	tcase_add_checked_fixture(read, set_up, tear_down);
	tcase_add_loop_test(read, split_reads_sets_of_every_naming, 0, 7);
	tcase_add_loop_test(read, split_fills_a_missing_segment_with_a_gap, 0, 2);
	tcase_add_test(read, split_says_if_the_size_of_a_missing_segment_is_a_guess);
	tcase_add_test(read, split_notes_that_the_end_is_not_known);
	tcase_add_test(read, split_names_the_first_segment_if_a_later_one_is_given);
	tcase_add_test(read, split_tells_that_the_first_segment_is_missing);
	tcase_add_loop_test(read, split_leaves_single_files_alone, 0, 6);
	tcase_add_test(read, split_can_be_overruled);
	tcase_add_test(read, split_goes_on_behind_999);
	tcase_add_test(read, split_takes_no_year_for_a_segment);
	suite_add_tcase(s, read);
	return s;
}

RUN_SUITE(splitraw_suite)
