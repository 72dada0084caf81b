/* SPDX-License-Identifier: MIT */
/*
 * test_ewf2.c - Ex01 sets as they should be
 *
 * No program here writes the format, so there are two writers of our own, made from
 * the description without the reader: ewf2_writer.h in C and make_ex01.py in Python,
 * with zlib and hashlib.
 */
#include "image/ewf2_check.h"
#include "kanshiki/pool.h"
#include "kanshiki/verify.h"
#include "suite.h"

#include <sys/mman.h>

#define JOBS 16u

KAN_DEFINE_DROP(pool, struct kan_pool *, kan_pool_free)

static char dir[MADE_DIR];
static char path[MADE_PATH];

static void set_up(void)
{
	made_folder(dir);
	ex01_path(path, dir, 1, false);
}

static void tear_down(void)
{
	made_remove(dir);
}

static const struct ex01_plan plans[] = {
	{ .nsectors = 1 },
	{ .nsectors = 64, .mix = EX01_STORED },
	{ .nsectors = 64, .mix = EX01_STORED, .method_none = true },
	{ .nsectors = 63, .mix = EX01_DEFLATED, .hashed = true },
	{ .nsectors = 61, .mix = EX01_FILLED, .hashed = true },
	{ .nsectors = 201, .mix = 7, .chunk_sectors = 8, .table_chunks = 5 },
	{ .nsectors = 201, .mix = 15, .full = true, .hashed = true },
	{ .nsectors = 401, .mix = 7, .table_chunks = 7, .segment_tables = 3, .hashed = true },
	{ .nsectors = 50, .mix = 3, .sector_size = 4096, .chunk_sectors = 64 },
	{ .nsectors = 401, .mix = 3, .table_chunks = 9, .segment_tables = 2, .lower = true },
	{ .nsectors = 5000, .mix = 7, .table_chunks = 640 },
};

#define PLANS (sizeof(plans) / sizeof(plans[0]))

START_TEST(ex01_holds_every_byte)
{
	KAN_AUTO(image) struct kan_image *img = NULL;

	ex01_path(path, dir, 1, plans[_i].lower);
	ex01_set(dir, plans[_i]);
	ck_assert_uint_eq(ex01_must_hold(path, plans[_i]), 0);
	img = must_open(path);
	ck_assert_uint_eq(count_problems(kan_image_findings(img)), 0);
	ck_assert_str_eq(kan_image_info(img)->format, "ewf2");
}
END_TEST

START_TEST(ex01_fits_its_stored_hashes)
{
	KAN_AUTO(image) struct kan_image *img = NULL;
	struct kan_verify_result r = { 0 };
	struct kan_err err = { 0 };
	int rc;

	ex01_path(path, dir, 1, plans[_i].lower);
	ex01_set(dir, plans[_i]);
	img = must_open(path);
	rc = kan_verify_image(&r, img, NULL, &err);
	ck_assert_msg(rc == KAN_OK, "%s", err.msg);
	ck_assert_uint_eq(kan_image_info(img)->nhashes, 2);
	ck_assert_uint_eq(count_problems(&r.findings), 0);
	kan_verify_result_done(&r);
}
END_TEST

START_TEST(ex01_names_run_past_99_segments)
{
	struct ex01_plan p = { .nsectors = 4 * 130, .table_chunks = 1, .segment_tables = 1 };
	char last[MADE_PATH];

	p.lower = _i;
	ex01_path(path, dir, 1, p.lower);
	ck_assert_uint_eq(ex01_set(dir, p), 130);
	ck_assert_str_eq(strrchr(ex01_path(last, dir, 130, p.lower), '.'),
	                 p.lower ? ".exbe" : ".ExBE");
	ck_assert_uint_eq(ex01_must_hold(path, p), 0);
}
END_TEST

START_TEST(later_segment_of_an_ex01_set_is_refused)
{
	struct ex01_plan p = { .nsectors = 401, .table_chunks = 9, .segment_tables = 2 };
	struct kan_image *img = NULL;
	struct kan_err err = { 0 };

	ex01_set(dir, p);
	ex01_path(path, dir, 2, false);
	ck_assert_int_eq(kan_image_open(&img, path, NULL, &err), KAN_EARG);
	ck_assert_msg(strstr(err.msg, "x.Ex01") != NULL, "%s", err.msg);
}
END_TEST

START_TEST(ex01_header_values_have_the_names_of_e01)
{
	KAN_AUTO(image) struct kan_image *img = NULL;

	ex01_set(dir, (struct ex01_plan){ .nsectors = 9,
	                                  .texts = "証拠品\t令和8年 第12号\t𠮷野家\t鑑識 花子\t"
	                                           "一\001二\003三\t7.04\tWindows 7\t"
	                                           "1795315360\t1795315350" });
	img = must_open(path);
	ck_assert_str_eq(value_of(img, "description"), "証拠品");
	ck_assert_str_eq(value_of(img, "case_number"), "令和8年 第12号");
	ck_assert_str_eq(value_of(img, "evidence_number"), "𠮷野家");
	ck_assert_str_eq(value_of(img, "examiner_name"), "鑑識 花子");
	ck_assert_str_eq(value_of(img, "notes"), "一\n二\t三");
	ck_assert_str_eq(value_of(img, "acquiry_software_version"), "7.04");
	ck_assert_str_eq(value_of(img, "acquiry_operating_system"), "Windows 7");
	ck_assert_str_eq(value_of(img, "acquisition_date"), "2026-11-22T02:42:30Z");
	ck_assert_str_eq(value_of(img, "system_date"), "2026-11-22T02:42:40Z");
	ck_assert_str_eq(value_of(img, "model"), "モデル");
	ck_assert_str_eq(value_of(img, "serial_number"), "WD-1");
	ck_assert_str_eq(value_of(img, "device_label"), "label");
	ck_assert_str_eq(value_of(img, "media_type"), "fixed disk");
	ck_assert_str_eq(value_of(img, "is_physical"), "yes");
	ck_assert_str_eq(value_of(img, "write_blocker"), "Tableau");
	ck_assert_str_eq(value_of(img, "error_granularity"), "64");
	ck_assert_str_eq(value_of(img, "compression_method"), "deflate");
	ck_assert_str_eq(value_of(img, "compression_level"), "");
	ck_assert_str_eq(value_of(img, "set_identifier"), "33221100-5544-7766-8899-aabbccddeeff");
}
END_TEST

/* ---- reading ------------------------------------------------------------------ */

struct job {
	struct kan_source *src;
	const struct ex01_plan *plan;
	size_t block;
	bool good;
};

static void read_all(void *arg)
{
	struct job *j = arg;
	uint8_t *buf = malloc(j->block);

	j->good = buf != NULL;
	for (uint64_t at = 0; j->good && at < j->src->size; at += j->block) {
		uint64_t left = j->src->size - at;
		size_t len = left < j->block ? (size_t)left : j->block;

		j->good = kan_source_read(j->src, at, buf, len, NULL, NULL) == KAN_OK;
		for (size_t k = 0; j->good && k < len; k++)
			j->good = buf[k] == ex01_byte(j->plan, at + k);
	}
	free(buf);
}

START_TEST(ex01_can_be_read_by_any_number_of_threads)
{
	static const size_t workers[] = { 1, 2, 3, 8, 16 };
	struct ex01_plan p = { .nsectors = 901, .mix = 7, .table_chunks = 37, .segment_tables = 3 };
	KAN_AUTO(image) struct kan_image *img = NULL;
	KAN_AUTO(pool) struct kan_pool *pool = NULL;
	struct job jobs[JOBS] = { 0 };

	ex01_set(dir, p);
	p = ex01_defaults(p);
	img = must_open(path);
	ck_assert_int_eq(kan_pool_new(&pool, workers[_i], 4, NULL), KAN_OK);
	for (unsigned i = 0; i < JOBS; i++) {
		jobs[i] = (struct job){ .src = kan_image_source(img),
			                .plan = &p,
			                .block = 1000 + i * 3111 };
		kan_pool_run(pool, read_all, &jobs[i]);
	}
	kan_pool_drain(pool);
	for (unsigned i = 0; i < JOBS; i++)
		ck_assert(jobs[i].good);
}
END_TEST

START_TEST(reading_ex01_writes_nothing_behind_the_buffer)
{
	struct ex01_plan p = ex01_defaults((struct ex01_plan){ .nsectors = 61, .mix = 15 });
	size_t page = (size_t)sysconf(_SC_PAGESIZE), room = 16 * page;
	uint8_t *map =
		mmap(NULL, room + page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	KAN_AUTO(image) struct kan_image *img = NULL;

	ck_assert(map != MAP_FAILED && mprotect(map + room, page, PROT_NONE) == 0);
	ex01_set(dir, p);
	img = must_open(path);
	for (size_t len = 1; len < 9000; len += 389)
		for (uint64_t at = 0; at + len <= kan_image_source(img)->size; at += 1021) {
			uint8_t *buf = map + room - len;

			ck_assert_int_eq(
				kan_source_read(kan_image_source(img), at, buf, len, NULL, NULL),
				KAN_OK);
			for (size_t k = 0; k < len; k++)
				ck_assert(buf[k] == ex01_byte(&p, at + k));
		}
	ck_assert_int_eq(munmap(map, room + page), 0);
}
END_TEST

START_TEST(offsets_in_ex01_have_64_bits)
{
	struct ex01_plan p = { .nsectors = 61, .mix = 7, .hole = 5ull << 30 };
	struct stat st;

	ex01_set(dir, p);
	ck_assert_int_eq(stat(path, &st), 0);
	ck_assert_int_gt(st.st_size, 5ll << 30);
	ck_assert_uint_eq(ex01_must_hold(path, p), 0);
}
END_TEST

/* ---- the other writer --------------------------------------------------------- */

START_TEST(sets_of_the_writer_in_python_hold_what_it_says)
{
	static const char *const options[] = {
		"--bytes 1000",
		"--bytes 700001 --chunk-sectors 64 --table-chunks 5",
		"--bytes 700001 --method none",
		"--bytes 2000000 --segment-chunks 11 --table-chunks 4 --hashed",
		"--bytes 300000 --chunk-sectors 1 --hashed --segment-chunks 400",
	};
	KAN_AUTO(findings) struct kan_findings gaps = { 0 };
	KAN_AUTO(image) struct kan_image *img = NULL;
	char cmd[4 * MADE_PATH], raw[MADE_PATH];
	KAN_AUTO(mem) uint8_t *ours = NULL, *theirs = NULL;
	struct kan_verify_result r = { 0 };
	size_t len;

	if (lacks_tool("python3"))
		return;
	snprintf(raw, sizeof(raw), "%s/media.raw", dir);
	snprintf(cmd, sizeof(cmd), "python3 %s/make_ex01.py %s --raw %s %s",
	         KAN_TESTDATA "/../tests/image", options[_i], raw, path);
	ck_assert_int_eq(system(cmd), 0);
	img = must_open(path);
	ours = must_read(img, 65536, &gaps);
	theirs = made_load(raw, &len);
	ck_assert_uint_eq(kan_image_source(img)->size, len);
	ck_assert_int_eq(memcmp(ours, theirs, len), 0);
	ck_assert_uint_eq(gaps.n + count_problems(kan_image_findings(img)), 0);
	ck_assert_int_eq(kan_verify_image(&r, img, NULL, NULL), KAN_OK);
	ck_assert_uint_eq(count_problems(&r.findings), 0);
	ck_assert_uint_eq(kan_image_info(img)->nhashes, 2);
	ck_assert_str_eq(value_of(img, "examiner_name"), "鑑識 花子");
	kan_verify_result_done(&r);
}
END_TEST

static Suite *ewf2_suite(void)
{
	Suite *s = suite_create("ewf2");
	TCase *media = tcase_create("media");
	TCase *reading = tcase_create("reading");

	tcase_add_checked_fixture(media, set_up, tear_down);
	tcase_add_checked_fixture(reading, set_up, tear_down);
	tcase_set_timeout(media, 120);
	tcase_set_timeout(reading, 120);
	tcase_add_loop_test(media, ex01_holds_every_byte, 0, PLANS);
	tcase_add_loop_test(media, ex01_fits_its_stored_hashes, 0, PLANS);
	tcase_add_loop_test(media, ex01_names_run_past_99_segments, 0, 2);
	tcase_add_test(media, later_segment_of_an_ex01_set_is_refused);
	tcase_add_test(media, ex01_header_values_have_the_names_of_e01);
	tcase_add_loop_test(media, sets_of_the_writer_in_python_hold_what_it_says, 0, 5);
	tcase_add_loop_test(reading, ex01_can_be_read_by_any_number_of_threads, 0, 5);
	tcase_add_test(reading, reading_ex01_writes_nothing_behind_the_buffer);
	tcase_add_test(reading, offsets_in_ex01_have_64_bits);
	suite_add_tcase(s, media);
	suite_add_tcase(s, reading);
	return s;
}

RUN_SUITE(ewf2_suite)
