/* SPDX-License-Identifier: MIT */
/*
 * test_ewf.c - E01 sets: what was written is read, what is missing is told
 */
#include "image/image_check.h"
#include "suite.h"

#include <sys/mman.h>
#include <sys/wait.h>

static char dir[MADE_DIR];
static char path[MADE_PATH]; /* of the first segment */

static void set_up(void)
{
	made_folder(dir);
	made_path(path, dir, 1);
}

static void tear_down(void)
{
	made_remove(dir);
}

/* ---- sound sets --------------------------------------------------------- */

static const struct made_plan sound[] = {
	{ .nsectors = 1 },
	{ .nsectors = 4 },
	{ .nsectors = 401, .compressed = true },
	{ .nsectors = 401, .compressed = true, .encase1 = true },
	{ .nsectors = 401, .table_chunks = 7, .compressed = true },
	{ .nsectors = 401, .table_chunks = 7, .encase1 = true },
	{ .nsectors = 401, .table_chunks = 7, .segment_tables = 2, .compressed = true },
	{ .nsectors = 401, .table_chunks = 7, .base = true, .compressed = true },
	{ .nsectors = 401, .lie_compressed = true, .compressed = true },
	{ .nsectors = 333, .chunk_sectors = 64, .compressed = true },
	{ .nsectors = 333, .chunk_sectors = 8, .sector_size = 2048 },
	{ .nsectors = 3000, .chunk_sectors = 1, .table_chunks = 1 },
};
#define NSOUND (sizeof(sound) / sizeof(sound[0]))

START_TEST(ewf_reads_what_was_written)
{
	KAN_AUTO(image) struct kan_image *img = NULL;
	KAN_AUTO(findings) struct kan_findings gaps = { 0 };
	KAN_AUTO(mem) uint8_t *data = NULL;
	struct made_plan p = made_defaults(sound[_i]);

	made_set(dir, p);
	img = must_open(path);
	ck_assert_str_eq(kan_image_info(img)->format, "ewf");
	ck_assert_uint_eq(kan_image_info(img)->size, p.nsectors * p.sector_size);
	ck_assert_uint_eq(kan_image_info(img)->sector_size, p.sector_size);
	ck_assert_uint_eq(kan_image_source(img)->block_len, p.chunk_sectors * p.sector_size);
	data = must_read(img, 1 << 20, &gaps);
	ck_assert_uint_eq(gaps.n, 0);
	ck_assert_uint_eq(kan_image_findings(img)->n, 0);
	ck_assert(is_pattern(data, kan_image_info(img)->size, &gaps));
}
END_TEST

START_TEST(ewf_reads_the_same_in_pieces_of_any_length)
{
	static const size_t blocks[] = { 1, 2, 511, 512, 513, 2047, 2048, 2049, 10000 };
	KAN_AUTO(image) struct kan_image *img = NULL;
	KAN_AUTO(findings) struct kan_findings gaps = { 0 };
	KAN_AUTO(mem) uint8_t *data = NULL;

	made_set(dir, (struct made_plan){ .nsectors = 43, .table_chunks = 3, .compressed = true });
	img = must_open(path);
	data = must_read(img, blocks[_i], &gaps);
	ck_assert_uint_eq(gaps.n, 0);
	ck_assert(is_pattern(data, 43 * 512, &gaps));
}
END_TEST

START_TEST(ewf_never_writes_past_the_buffer)
{
	KAN_AUTO(image) struct kan_image *img = NULL;
	long page = sysconf(_SC_PAGESIZE);
	uint8_t *map = mmap(NULL, 3 * (size_t)page, PROT_READ | PROT_WRITE,
	                    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	ck_assert_ptr_ne(map, MAP_FAILED);
	ck_assert_int_eq(mprotect(map + 2 * page, (size_t)page, PROT_NONE), 0);
	made_set(dir, (struct made_plan){ .nsectors = 43, .compressed = true });
	img = must_open(path);
	for (size_t len = 1; len <= 2 * (size_t)page; len += 97) {
		uint8_t *buf = map + 2 * page - len;
		uint64_t at = 43 * 512 - len;

		ck_assert_int_eq(kan_source_read(kan_image_source(img), at, buf, len, NULL, NULL),
		                 KAN_OK);
		ck_assert_uint_eq(buf[len - 1], made_byte(43 * 512 - 1));
	}
	munmap(map, 3 * (size_t)page);
}
END_TEST

START_TEST(ewf_refuses_reads_outside_of_the_media)
{
	KAN_AUTO(image) struct kan_image *img = NULL;
	struct kan_err err = { 0 };
	uint8_t buf[4];

	made_set(dir, (struct made_plan){ .nsectors = 2 });
	img = must_open(path);
	ck_assert_int_eq(kan_source_read(kan_image_source(img), 1021, buf, 4, NULL, &err),
	                 KAN_EARG);
	ck_assert_int_eq(kan_source_read(kan_image_source(img), UINT64_MAX, buf, 2, NULL, &err),
	                 KAN_EARG);
	ck_assert_int_eq(kan_source_read(kan_image_source(img), 1024, buf, 0, NULL, &err), KAN_OK);
}
END_TEST

START_TEST(ewf_tells_header_values_and_hashes)
{
	KAN_AUTO(image) struct kan_image *img = NULL;

	made_set(dir, (struct made_plan){ .nsectors = 2 });
	img = must_open(path);
	ck_assert_str_eq(value_of(img, "case_number"), "case 7");
	ck_assert_str_eq(value_of(img, "acquisition_date"), "2026-11-22T02:42:30");
	ck_assert_str_eq(value_of(img, "password"), "");
	ck_assert_str_eq(kan_image_info(img)->variant, "EnCase 2");
	ck_assert_uint_eq(kan_image_info(img)->nhashes, 1);
	ck_assert_str_eq(kan_image_info(img)->hashes[0].algorithm, "md5");
	ck_assert_str_eq(kan_image_info(img)->hashes[0].hex, "a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5");
}
END_TEST

/* ---- segments ----------------------------------------------------------- */

START_TEST(ewf_follows_segment_names_past_e99_and_ezz)
{
	KAN_AUTO(image) struct kan_image *img = NULL;
	KAN_AUTO(findings) struct kan_findings gaps = { 0 };
	KAN_AUTO(mem) uint8_t *data = NULL;

	ck_assert_uint_eq(made_set(dir, (struct made_plan){ .nsectors = 800,
	                                                    .chunk_sectors = 1,
	                                                    .table_chunks = 1,
	                                                    .segment_tables = 1 }),
	                  800);
	img = must_open(path);
	ck_assert_uint_eq(kan_image_info(img)->nsegments, 800);
	ck_assert_str_eq(strrchr(kan_image_info(img)->segments[775].path, '.'), ".FAA");
	data = must_read(img, 65536, &gaps);
	ck_assert_uint_eq(kan_image_findings(img)->n + gaps.n, 0);
	ck_assert(is_pattern(data, 800 * 512, &gaps));
}
END_TEST

/* Four segments of two chunks of 2 KiB. */
static const struct made_plan four = { .nsectors = 32, .table_chunks = 2, .segment_tables = 1 };

/* Remove segments, read what is left, and compare the only gap. */
static void lose_segments(unsigned first, unsigned last, uint64_t gap_at, uint64_t gap_len)
{
	KAN_AUTO(image) struct kan_image *img = NULL;
	KAN_AUTO(findings) struct kan_findings gaps = { 0 };
	KAN_AUTO(mem) uint8_t *data = NULL;
	const struct kan_finding *f;
	char name[MADE_PATH];

	made_set(dir, four);
	for (unsigned i = first; i <= last; i++)
		ck_assert_int_eq(unlink(made_path(name, dir, i)), 0);
	img = must_open(first == 1 ? made_path(name, dir, last + 1) : path);
	data = must_read(img, 1 << 20, &gaps);
	ck_assert_uint_eq(kan_image_info(img)->size, 32 * 512);
	ck_assert_uint_eq(gaps.n, 1);
	ck_assert_int_eq(gaps.list[0].kind, KAN_FINDING_MISSING_SEGMENT);
	ck_assert_uint_eq(gaps.list[0].offset, gap_at);
	ck_assert_uint_eq(gaps.list[0].length, gap_len);
	ck_assert(is_pattern(data, 32 * 512, &gaps));
	f = &kan_image_findings(img)->list[kan_image_findings(img)->n - 1];
	ck_assert_int_eq(f->kind, KAN_FINDING_MISSING_SEGMENT);
	ck_assert_uint_eq(f->offset, gap_at);
	ck_assert_uint_eq(f->length, gap_len);
}

START_TEST(ewf_places_the_range_of_missing_segments)
{
	static const struct {
		unsigned first, last;
		uint64_t at, len;
	} cases[] = {
		{ 2, 2, 4096, 4096 }, { 2, 3, 4096, 8192 }, { 4, 4, 12288, 4096 },
		{ 3, 4, 8192, 8192 }, { 1, 1, 0, 4096 },    { 1, 3, 0, 12288 },
	};

	lose_segments(cases[_i].first, cases[_i].last, cases[_i].at, cases[_i].len);
}
END_TEST

START_TEST(ewf_gives_up_only_what_lies_between_two_missing_segments)
{
	KAN_AUTO(image) struct kan_image *img = NULL;
	KAN_AUTO(findings) struct kan_findings gaps = { 0 };
	KAN_AUTO(mem) uint8_t *data = NULL;
	char name[MADE_PATH];

	made_set(dir, (struct made_plan){ .nsectors = 40, .table_chunks = 2, .segment_tables = 1 });
	ck_assert_int_eq(unlink(made_path(name, dir, 2)), 0);
	ck_assert_int_eq(unlink(made_path(name, dir, 4)), 0);
	img = must_open(path);
	data = must_read(img, 1 << 20, &gaps);
	ck_assert_uint_eq(gaps.n, 1);
	ck_assert_uint_eq(gaps.list[0].offset, 4096);
	ck_assert_uint_eq(gaps.list[0].length, 3 * 4096);
	ck_assert(is_pattern(data, 40 * 512, &gaps));
	ck_assert(kan_image_info(img)->segments[1].missing);
	ck_assert(kan_image_info(img)->segments[3].missing);
	ck_assert(!kan_image_info(img)->segments[2].missing);
}
END_TEST

START_TEST(ewf_names_the_first_segment_if_a_later_one_is_given)
{
	struct kan_image *img = NULL;
	struct kan_err err = { 0 };
	char name[MADE_PATH];

	made_set(dir, four);
	ck_assert_int_eq(kan_image_open(&img, made_path(name, dir, 3), NULL, &err), KAN_EARG);
	ck_assert_ptr_nonnull(strstr(err.msg, "segment 3"));
	ck_assert_ptr_nonnull(strstr(err.msg, path));
}
END_TEST

START_TEST(ewf_tells_segments_that_were_swapped)
{
	KAN_AUTO(image) struct kan_image *img = NULL;
	char a[MADE_PATH], b[MADE_PATH], c[MADE_PATH];

	made_set(dir, four);
	snprintf(c, sizeof(c), "%s/tmp", dir);
	ck_assert_int_eq(rename(made_path(a, dir, 2), c), 0);
	ck_assert_int_eq(rename(made_path(b, dir, 3), a), 0);
	ck_assert_int_eq(rename(c, b), 0);
	img = must_open(path);
	ck_assert_ptr_nonnull(find_kind(kan_image_findings(img), KAN_FINDING_STRUCTURE));
}
END_TEST

START_TEST(ewf_reads_lower_case_names)
{
	KAN_AUTO(image) struct kan_image *img = NULL;
	char old[MADE_PATH], new[MADE_PATH];

	made_set(dir, four);
	for (unsigned i = 1; i <= 4; i++) {
		snprintf(new, sizeof(new), "%s/x.e%02u", dir, i);
		ck_assert_int_eq(rename(made_path(old, dir, i), new), 0);
	}
	snprintf(new, sizeof(new), "%s/x.e01", dir);
	img = must_open(new);
	ck_assert_uint_eq(kan_image_info(img)->nsegments, 4);
	ck_assert_uint_eq(kan_image_findings(img)->n, 0);
}
END_TEST

START_TEST(ewf_reads_a_single_file_of_any_name)
{
	KAN_AUTO(image) struct kan_image *img = NULL;
	char name[MADE_PATH];

	made_set(dir, (struct made_plan){ .nsectors = 9 });
	snprintf(name, sizeof(name), "%s/証拠.raw", dir);
	ck_assert_int_eq(rename(path, name), 0);
	img = must_open(name);
	ck_assert_uint_eq(kan_image_info(img)->nsegments, 1);
	ck_assert_uint_eq(kan_image_findings(img)->n, 0);
}
END_TEST

/* ---- many readers ------------------------------------------------------- */

START_TEST(ewf_can_be_read_in_a_child_beside_its_parent)
{
	KAN_AUTO(image) struct kan_image *img = NULL;
	KAN_AUTO(findings) struct kan_findings gaps = { 0 };
	int status = -1;
	pid_t child;

	made_set(dir, (struct made_plan){ .nsectors = 199, .table_chunks = 7, .compressed = true });
	img = must_open(path);
	child = fork();
	for (int i = 0; i < 50; i++) {
		uint8_t *data = must_read(img, 777, &gaps);

		if (!is_pattern(data, 199 * 512, &gaps))
			_exit(1);
		free(data);
	}
	if (child == 0)
		_exit(gaps.n == 0 ? 0 : 1);
	ck_assert_int_eq(waitpid(child, &status, 0), child);
	ck_assert_int_eq(status, 0);
	ck_assert_uint_eq(gaps.n, 0);
}
END_TEST

static Suite *ewf_suite(void)
{
	Suite *s = suite_create("ewf");
	TCase *read = tcase_create("read");
	TCase *segments = tcase_create("segments");

	tcase_add_checked_fixture(read, set_up, tear_down);
	tcase_add_loop_test(read, ewf_reads_what_was_written, 0, NSOUND);
	tcase_add_loop_test(read, ewf_reads_the_same_in_pieces_of_any_length, 0, 9);
	tcase_add_test(read, ewf_never_writes_past_the_buffer);
	tcase_add_test(read, ewf_refuses_reads_outside_of_the_media);
	tcase_add_test(read, ewf_tells_header_values_and_hashes);
	tcase_add_test(read, ewf_can_be_read_in_a_child_beside_its_parent);
	suite_add_tcase(s, read);

	tcase_add_checked_fixture(segments, set_up, tear_down);
	tcase_set_timeout(segments, 60);
	tcase_add_test(segments, ewf_follows_segment_names_past_e99_and_ezz);
	tcase_add_loop_test(segments, ewf_places_the_range_of_missing_segments, 0, 6);
	tcase_add_test(segments, ewf_gives_up_only_what_lies_between_two_missing_segments);
	tcase_add_test(segments, ewf_names_the_first_segment_if_a_later_one_is_given);
	tcase_add_test(segments, ewf_tells_segments_that_were_swapped);
	tcase_add_test(segments, ewf_reads_lower_case_names);
	tcase_add_test(segments, ewf_reads_a_single_file_of_any_name);
	suite_add_tcase(s, segments);

	return s;
}

RUN_SUITE(ewf_suite)
