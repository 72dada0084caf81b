/* SPDX-License-Identifier: MIT */
/*
 * test_ewf_damage.c - E01 sets that are damaged or lie: what is lost is told, the rest is right
 */
#include "image/image_check.h"
#include "suite.h"

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

/* ---- damage ------------------------------------------------------------- */

/* 50 chunks of 2 KiB in 8 tables of one file. */
static const struct made_plan damaged = { .nsectors = 199, .table_chunks = 7, .compressed = true };

/* Open, read and check that nothing is wrong in what is not reported. */
static void read_damaged(struct kan_image **img, struct kan_findings *gaps)
{
	KAN_AUTO(mem) uint8_t *data = NULL;

	*img = must_open(path);
	data = must_read(*img, 1 << 20, gaps);
	ck_assert(is_pattern(data, kan_image_info(*img)->size, gaps));
	ck_assert_uint_eq(kan_image_info(*img)->size, 199 * 512);
}

START_TEST(ewf_loses_one_chunk_for_one_flipped_byte)
{
	KAN_AUTO(image) struct kan_image *img = NULL;
	KAN_AUTO(findings) struct kan_findings gaps = { 0 };
	uint64_t chunk = (uint64_t)_i; /* compressed, stored */
	uint64_t at;

	made_set(dir, damaged);
	at = made_find(path, "sectors", 1) + 76; /* chunk 7 is stored, 8 is compressed */
	made_flip(path, at + 100 + chunk * (2048 + 4));
	read_damaged(&img, &gaps);
	ck_assert_uint_eq(gaps.n, 1);
	ck_assert_int_eq(gaps.list[0].kind, KAN_FINDING_CHECKSUM);
	ck_assert_uint_eq(gaps.list[0].offset, (7 + chunk) * 2048);
	ck_assert_uint_eq(gaps.list[0].length, 2048);
	ck_assert_str_eq(gaps.list[0].subject, "x.E01");
}
END_TEST

START_TEST(ewf_reports_only_the_wanted_part_of_a_bad_chunk)
{
	KAN_AUTO(image) struct kan_image *img = NULL;
	KAN_AUTO(findings) struct kan_findings gaps = { 0 };
	uint8_t buf[10] = { 1, 2, 3 };

	made_set(dir, damaged);
	made_flip(path, made_find(path, "sectors", 0) + 76 + 100);
	img = must_open(path);
	ck_assert_int_eq(kan_source_read(kan_image_source(img), 2043, buf, 10, &gaps, NULL),
	                 KAN_OK);
	ck_assert_uint_eq(gaps.n, 1);
	ck_assert_uint_eq(gaps.list[0].offset, 2043);
	ck_assert_uint_eq(gaps.list[0].length, 5);
	ck_assert_uint_eq(buf[4], 0);
	ck_assert_uint_eq(buf[5], made_byte(2048));
}
END_TEST

START_TEST(ewf_uses_the_second_table_if_the_first_is_bad)
{
	KAN_AUTO(image) struct kan_image *img = NULL;
	KAN_AUTO(findings) struct kan_findings gaps = { 0 };

	made_set(dir, damaged);
	made_flip(path, made_find(path, "table", 2) + 76 + 24 + 4 * (uint64_t)_i);
	read_damaged(&img, &gaps);
	ck_assert_uint_eq(gaps.n, 0);
	ck_assert_uint_eq(count_problems(kan_image_findings(img)), 1);
	ck_assert_ptr_nonnull(strstr(kan_image_findings(img)->list[0].detail, "checksum"));
}
END_TEST

START_TEST(ewf_uses_what_is_left_of_two_bad_tables)
{
	KAN_AUTO(image) struct kan_image *img = NULL;
	KAN_AUTO(findings) struct kan_findings gaps = { 0 };

	made_set(dir, damaged);
	made_flip(path, made_find(path, "table", 2) + 76 + 24 + 4 * 3);
	made_flip(path, made_find(path, "table2", 2) + 76 + 24 + 4 * 3);
	read_damaged(&img, &gaps);
	ck_assert_uint_ge(count_problems(kan_image_findings(img)), 2);
	ck_assert_uint_eq(gaps.n, 1);
	ck_assert_uint_eq(gaps.list[0].offset, (14 + 3) * 2048);
	ck_assert_uint_eq(gaps.list[0].length, 2048);
}
END_TEST

START_TEST(ewf_goes_on_behind_a_damaged_descriptor)
{
	static const char *const types[] = { "header", "sectors", "table", "table2", "hash" };
	static const uint8_t zeros[76];
	KAN_AUTO(image) struct kan_image *img = NULL;
	KAN_AUTO(findings) struct kan_findings gaps = { 0 };
	bool erased = _i >= 5;

	made_set(dir, damaged);
	if (erased)
		made_poke(path, made_find(path, types[_i % 5], 0), zeros, sizeof(zeros));
	else
		made_flip(path, made_find(path, types[_i % 5], 0) + 40);
	read_damaged(&img, &gaps);
	ck_assert_uint_eq(gaps.n, 0);
	ck_assert_ptr_nonnull(find_kind(kan_image_findings(img), KAN_FINDING_STRUCTURE));
}
END_TEST

START_TEST(ewf_places_chunks_behind_a_lost_table)
{
	static const uint8_t zeros[76];
	KAN_AUTO(image) struct kan_image *img = NULL;
	KAN_AUTO(findings) struct kan_findings gaps = { 0 };

	made_set(dir, damaged);
	made_poke(path, made_find(path, "table2", 3), zeros, sizeof(zeros));
	made_poke(path, made_find(path, "table", 3), zeros, sizeof(zeros));
	read_damaged(&img, &gaps);
	ck_assert_uint_eq(gaps.n, 1);
	ck_assert_uint_eq(gaps.list[0].offset, 21 * 2048);
	ck_assert_uint_eq(gaps.list[0].length, 7 * 2048);
}
END_TEST

START_TEST(ewf_does_not_go_round_in_circles)
{
	KAN_AUTO(image) struct kan_image *img = NULL;
	KAN_AUTO(findings) struct kan_findings gaps = { 0 };
	uint64_t at, back;

	made_set(dir, damaged);
	at = made_find(path, "table2", 3);
	back = _i == 0 ? made_find(path, "sectors", 0) : at;
	made_relink(path, at, back);
	read_damaged(&img, &gaps);
	ck_assert_uint_eq(gaps.n, 0); /* the size still says where the next one is */
	ck_assert_ptr_nonnull(find_kind(kan_image_findings(img), KAN_FINDING_STRUCTURE));
}
END_TEST

START_TEST(ewf_tells_a_chain_that_skips_sections)
{
	KAN_AUTO(image) struct kan_image *img = NULL;
	KAN_AUTO(findings) struct kan_findings gaps = { 0 };

	made_set(dir, damaged);
	made_relink(path, made_find(path, "table2", 3), made_find(path, "sectors", 5));
	read_damaged(&img, &gaps);
	ck_assert_ptr_nonnull(find_kind(kan_image_findings(img), KAN_FINDING_STRUCTURE));
	ck_assert_uint_gt(gaps.n, 0);
}
END_TEST

START_TEST(ewf_survives_every_truncation)
{
	size_t len, step;
	KAN_AUTO(mem) uint8_t *file = NULL;

	made_set(dir, (struct made_plan){ .nsectors = 43,
	                                  .table_chunks = 3,
	                                  .compressed = true,
	                                  .encase1 = _i == 1 });
	file = made_load(path, &len);
	for (size_t cut = 1; cut < len; cut += step) {
		KAN_AUTO(image) struct kan_image *img = NULL;
		KAN_AUTO(findings) struct kan_findings gaps = { 0 };
		KAN_AUTO(mem) uint8_t *data = NULL;
		struct kan_err err = { 0 };

		step = cut < 300 || len - cut < 200 ? 1 : 97;
		made_store(path, file, cut);
		if (kan_image_open(&img, path, NULL, &err) != KAN_OK) {
			ck_assert_ptr_nonnull(strstr(err.msg, path));
			continue;
		}
		if (strcmp(kan_image_info(img)->format, "ewf") != 0)
			continue; /* less than the magic is left */
		data = must_read(img, 10000, &gaps);
		ck_assert_uint_eq(kan_image_info(img)->size, 43 * 512);
		ck_assert_msg(is_pattern(data, 43 * 512, &gaps), "cut at %zu", cut);
		ck_assert_msg(count_problems(kan_image_findings(img)) > 0, "cut at %zu", cut);
	}
}
END_TEST

/* Wrong bytes that no finding announces would be a lie. */
START_TEST(ewf_never_lies_about_a_flipped_byte)
{
	size_t len;
	KAN_AUTO(mem) uint8_t *file = NULL;

	made_set(dir, (struct made_plan){ .nsectors = 9,
	                                  .chunk_sectors = 1,
	                                  .table_chunks = 3,
	                                  .compressed = true,
	                                  .encase1 = _i == 1 });
	file = made_load(path, &len);
	for (size_t at = 8; at < len; at++) {
		KAN_AUTO(image) struct kan_image *img = NULL;
		KAN_AUTO(findings) struct kan_findings gaps = { 0 };
		KAN_AUTO(mem) uint8_t *data = NULL;

		made_flip(path, at);
		if (kan_image_open(&img, path, NULL, NULL) == KAN_OK) {
			uint64_t size = kan_image_info(img)->size;

			if (size > 1 << 20)
				ck_assert(kan_findings_have_problem(kan_image_findings(img)));
			else
				data = must_read(img, 10000, &gaps);
			if (data && (size != 9 * 512 || !is_pattern(data, size, &gaps)))
				ck_assert_msg(count_problems(kan_image_findings(img)) > 0,
				              "byte %zu", at);
		}
		made_flip(path, at);
	}
}
END_TEST

/* ---- forged tables --------------------------------------------------------- */

/* Chunks in table 2 of the damaged plan: numbers 14 to 20. */
#define FORGED_FIRST 14u
#define FORGED_N     7u

static uint32_t entry_of(const char *type, unsigned i)
{
	size_t len;
	KAN_AUTO(mem) uint8_t *file = made_load(path, &len);

	return (uint32_t)made_get(file + made_find(path, type, 2) + 76 + 24 + 4 * i, 4);
}

/* Rewrite entry @i of table 2, with a fitting checksum. */
static void forge_entry(const char *type, unsigned i, uint32_t raw)
{
	uint64_t at = made_find(path, type, 2) + 76 + 24;
	uint8_t entries[4 * FORGED_N + 4];
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	ck_assert_int_eq(pread(fd, entries, sizeof(entries), (off_t)at), sizeof(entries));
	ck_assert_int_eq(close(fd), 0);
	made_put(entries + 4 * i, raw, 4);
	made_put(entries + 4 * FORGED_N, made_adler(entries, 4 * FORGED_N), 4);
	made_poke(path, at, entries, sizeof(entries));
}

/* Exactly chunk @i of the table is lost, and exactly that is said. */
static void lose_only(unsigned i)
{
	KAN_AUTO(image) struct kan_image *img = NULL;
	KAN_AUTO(findings) struct kan_findings gaps = { 0 };
	const struct kan_findings *found;

	read_damaged(&img, &gaps);
	found = kan_image_findings(img);
	ck_assert_uint_eq(count_problems(found), 1);
	ck_assert_int_eq(found->list[0].kind, KAN_FINDING_STRUCTURE);
	ck_assert_uint_eq(found->list[0].offset, (FORGED_FIRST + i) * 2048);
	ck_assert_uint_eq(found->list[0].length, 2048);
	ck_assert_uint_eq(gaps.n, 1);
	ck_assert_uint_eq(gaps.list[0].offset, (FORGED_FIRST + i) * 2048);
	ck_assert_uint_eq(gaps.list[0].length, 2048);
}

/* Every entry is forged to be each of the others, which are sound chunks. */
START_TEST(ewf_loses_only_the_chunk_whose_entry_points_to_another)
{
	unsigned i = (unsigned)_i / FORGED_N, k = (unsigned)_i % FORGED_N;

	if (i == k)
		return;
	made_set(dir, damaged);
	forge_entry("table", i, entry_of("table", k));
	forge_entry("table2", i, entry_of("table2", k));
	lose_only(i);
}
END_TEST

START_TEST(ewf_loses_only_the_chunk_whose_entry_leaves_the_section)
{
	static const uint32_t values[] = { 0, 13, 0x7fffffff, 0xffffffff };
	unsigned i = (unsigned)_i / 4;

	made_set(dir, damaged);
	forge_entry("table", i, values[_i % 4]);
	forge_entry("table2", i, values[_i % 4]);
	lose_only(i);
}
END_TEST

START_TEST(ewf_uses_the_copy_for_an_entry_that_is_forged_with_its_sum)
{
	unsigned i = (unsigned)_i / 3;
	/* of another chunk, behind the section, between its neighbours */
	const uint32_t add[] = { 3 * 2052, 0x100000, 1 };
	KAN_AUTO(image) struct kan_image *img = NULL;
	KAN_AUTO(findings) struct kan_findings gaps = { 0 };

	made_set(dir, damaged);
	forge_entry("table", i, entry_of("table", i) + add[_i % 3]);
	read_damaged(&img, &gaps);
	ck_assert_uint_eq(gaps.n, 0);
	ck_assert_ptr_nonnull(find_kind(kan_image_findings(img), KAN_FINDING_STRUCTURE));
}
END_TEST

START_TEST(ewf_uses_both_copies_if_each_is_forged_elsewhere)
{
	KAN_AUTO(image) struct kan_image *img = NULL;
	KAN_AUTO(findings) struct kan_findings gaps = { 0 };

	made_set(dir, damaged);
	forge_entry("table", 1, entry_of("table", 5));
	forge_entry("table2", 4, entry_of("table2", 2));
	read_damaged(&img, &gaps);
	ck_assert_uint_eq(gaps.n, 0);
	ck_assert_uint_ge(count_problems(kan_image_findings(img)), 2);
}
END_TEST

START_TEST(ewf_loses_what_both_copies_have_forged)
{
	KAN_AUTO(image) struct kan_image *img = NULL;
	KAN_AUTO(findings) struct kan_findings gaps = { 0 };

	made_set(dir, damaged);
	forge_entry("table", 3, entry_of("table", 6));
	forge_entry("table2", 3, entry_of("table2", 1));
	read_damaged(&img, &gaps);
	ck_assert_uint_eq(gaps.n, 1);
	ck_assert_uint_eq(gaps.list[0].offset, (FORGED_FIRST + 3) * 2048);
	ck_assert_uint_eq(gaps.list[0].length, 2048);
}
END_TEST

START_TEST(ewf_tells_a_table_without_any_order_as_a_whole)
{
	KAN_AUTO(image) struct kan_image *img = NULL;
	const struct kan_finding *f;
	uint32_t entries[FORGED_N];

	made_set(dir, damaged);
	for (unsigned i = 0; i < FORGED_N; i++)
		entries[i] = entry_of("table", i);
	for (unsigned i = 0; i < FORGED_N; i++) {
		forge_entry("table", i, entries[FORGED_N - 1 - i]);
		forge_entry("table2", i, entries[FORGED_N - 1 - i]);
	}
	img = must_open(path);
	f = find_kind(kan_image_findings(img), KAN_FINDING_STRUCTURE);
	ck_assert_ptr_nonnull(f);
	ck_assert_uint_eq(f->offset, FORGED_FIRST * 2048);
	ck_assert_uint_eq(f->length, FORGED_N * 2048);
}
END_TEST

/* The fixture: an image of ewfacquire with one forged entry in both tables. */
START_TEST(ewf_loses_one_chunk_of_an_image_with_a_forged_table)
{
	const char *fixture = KAN_FIXTURES "/hostile/forged-table.E01";
	KAN_AUTO(image) struct kan_image *img = NULL, *sound = NULL;
	KAN_AUTO(findings) struct kan_findings gaps = { 0 };
	KAN_AUTO(mem) uint8_t *data = NULL, *want = NULL;
	uint64_t size;

	if (access(fixture, R_OK) != 0) {
		printf("SKIP: no %s\n", fixture);
		return;
	}
	img = must_open(fixture);
	sound = must_open(KAN_FIXTURES "/hostile/forged-table-original.E01");
	data = must_read(img, 1 << 20, &gaps);
	want = must_read(sound, 1 << 20, NULL);
	size = kan_image_info(img)->size;
	ck_assert_uint_eq(size, kan_image_info(sound)->size);
	ck_assert_uint_eq(gaps.n, 1);
	ck_assert_uint_eq(gaps.list[0].offset, 32768);
	ck_assert_uint_eq(gaps.list[0].length, 32768);
	ck_assert_mem_eq(data, want, 32768);
	ck_assert_mem_eq(data + 65536, want + 65536, size - 65536);
	ck_assert_uint_eq(count_problems(kan_image_findings(img)), 1);
	ck_assert_uint_eq(kan_image_findings(img)->list[0].offset, 32768);
	ck_assert_uint_eq(kan_image_findings(img)->list[0].length, 32768);
}
END_TEST

/* ---- the volume section ------------------------------------------------- */

START_TEST(ewf_tells_numbers_that_contradict_each_other)
{
	KAN_AUTO(image) struct kan_image *img = NULL;
	KAN_AUTO(findings) struct kan_findings gaps = { 0 };
	struct made_plan p = damaged;

	p.volume_chunks = _i == 0 ? 5 : (uint32_t)-5;
	made_set(dir, p);
	read_damaged(&img, &gaps);
	ck_assert_uint_eq(gaps.n, 0);
	ck_assert_ptr_nonnull(find_kind(kan_image_findings(img), KAN_FINDING_STRUCTURE));
}
END_TEST

/* Rewrite the number of sectors, with a fitting checksum. */
static void forge_size(uint64_t nsectors, uint32_t nchunks)
{
	uint64_t at = made_find(path, "volume", 0) + 76;
	uint8_t v[1052];
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	ck_assert_int_eq(pread(fd, v, sizeof(v), (off_t)at), sizeof(v));
	ck_assert_int_eq(close(fd), 0);
	made_put(v + 4, nchunks, 4);
	made_put(v + 16, nsectors, 8);
	made_put(v + 1048, made_adler(v, 1048), 4);
	made_poke(path, at, v, sizeof(v));
}

START_TEST(ewf_bounds_the_media_by_what_the_file_can_hold)
{
	KAN_AUTO(image) struct kan_image *img = NULL;
	struct kan_source *src;
	uint8_t byte;

	made_set(dir, damaged);
	forge_size(_i == 0 ? 1ull << 40 : UINT64_MAX, _i == 0 ? 1u << 30 : UINT32_MAX);
	img = must_open(path);
	src = kan_image_source(img);
	ck_assert_uint_lt(src->size, 1ull << 32);
	ck_assert_ptr_nonnull(find_kind(kan_image_findings(img), KAN_FINDING_LIMIT));
	ck_assert_ptr_nonnull(find_kind(kan_image_findings(img), KAN_FINDING_TRUNCATED));
	ck_assert_int_eq(kan_source_read(src, src->size - 1, &byte, 1, NULL, NULL), KAN_OK);
}
END_TEST

START_TEST(ewf_drops_chunks_that_the_volume_does_not_have)
{
	KAN_AUTO(image) struct kan_image *img = NULL;
	KAN_AUTO(findings) struct kan_findings gaps = { 0 };
	KAN_AUTO(mem) uint8_t *data = NULL;

	made_set(dir, damaged);
	forge_size(21, 6);
	img = must_open(path);
	ck_assert_uint_eq(kan_image_info(img)->size, 21 * 512);
	data = must_read(img, 1000, &gaps);
	ck_assert(is_pattern(data, 21 * 512, &gaps));
	ck_assert_ptr_nonnull(find_kind(kan_image_findings(img), KAN_FINDING_STRUCTURE));
}
END_TEST

START_TEST(ewf_takes_the_volume_from_a_copy)
{
	KAN_AUTO(image) struct kan_image *img = NULL;
	KAN_AUTO(findings) struct kan_findings gaps = { 0 };
	KAN_AUTO(mem) uint8_t *data = NULL;

	made_set(dir, (struct made_plan){ .nsectors = 32, .table_chunks = 2, .segment_tables = 1 });
	made_flip(path, made_find(path, "volume", 0) + 76 + 8); /* sectors in a chunk */
	img = must_open(path);
	data = must_read(img, 5000, &gaps);
	ck_assert_uint_eq(gaps.n, 0);
	ck_assert(is_pattern(data, 32 * 512, &gaps));
	ck_assert_uint_gt(count_problems(kan_image_findings(img)), 0);
}
END_TEST

START_TEST(ewf_refuses_a_file_without_a_volume)
{
	struct kan_image *img = NULL;
	struct kan_err err = { 0 };
	uint8_t none[1052] = { 0 };

	made_set(dir, (struct made_plan){ .nsectors = 9 });
	made_poke(path, made_find(path, "volume", 0) + 76, none, sizeof(none));
	ck_assert_int_eq(kan_image_open(&img, path, NULL, &err), KAN_EFORMAT);
	ck_assert_ptr_nonnull(strstr(err.msg, "volume"));
}
END_TEST

static Suite *ewf_damage_suite(void)
{
	Suite *s = suite_create("ewf_damage");
	TCase *damage = tcase_create("damage");
	TCase *forged = tcase_create("forged");
	TCase *volume = tcase_create("volume");

	tcase_add_checked_fixture(damage, set_up, tear_down);
	tcase_set_timeout(damage, 240);
	tcase_add_loop_test(damage, ewf_loses_one_chunk_for_one_flipped_byte, 0, 2);
	tcase_add_test(damage, ewf_reports_only_the_wanted_part_of_a_bad_chunk);
	tcase_add_loop_test(damage, ewf_uses_the_second_table_if_the_first_is_bad, 0, 7);
	tcase_add_test(damage, ewf_uses_what_is_left_of_two_bad_tables);
	tcase_add_loop_test(damage, ewf_goes_on_behind_a_damaged_descriptor, 0, 10);
	tcase_add_test(damage, ewf_places_chunks_behind_a_lost_table);
	tcase_add_loop_test(damage, ewf_does_not_go_round_in_circles, 0, 2);
	tcase_add_test(damage, ewf_tells_a_chain_that_skips_sections);
	tcase_add_loop_test(damage, ewf_survives_every_truncation, 0, 2);
	tcase_add_loop_test(damage, ewf_never_lies_about_a_flipped_byte, 0, 2);
	suite_add_tcase(s, damage);

	tcase_add_checked_fixture(forged, set_up, tear_down);
	tcase_add_loop_test(forged, ewf_loses_only_the_chunk_whose_entry_points_to_another, 0,
	                    FORGED_N * FORGED_N);
	tcase_add_loop_test(forged, ewf_loses_only_the_chunk_whose_entry_leaves_the_section, 0,
	                    FORGED_N * 4);
	tcase_add_loop_test(forged, ewf_uses_the_copy_for_an_entry_that_is_forged_with_its_sum, 0,
	                    FORGED_N * 3);
	tcase_add_test(forged, ewf_uses_both_copies_if_each_is_forged_elsewhere);
	tcase_add_test(forged, ewf_loses_what_both_copies_have_forged);
	tcase_add_test(forged, ewf_tells_a_table_without_any_order_as_a_whole);
	tcase_add_test(forged, ewf_loses_one_chunk_of_an_image_with_a_forged_table);
	suite_add_tcase(s, forged);

	tcase_add_checked_fixture(volume, set_up, tear_down);
	tcase_add_loop_test(volume, ewf_tells_numbers_that_contradict_each_other, 0, 2);
	tcase_add_loop_test(volume, ewf_bounds_the_media_by_what_the_file_can_hold, 0, 2);
	tcase_add_test(volume, ewf_drops_chunks_that_the_volume_does_not_have);
	tcase_add_test(volume, ewf_takes_the_volume_from_a_copy);
	tcase_add_test(volume, ewf_refuses_a_file_without_a_volume);
	suite_add_tcase(s, volume);
	return s;
}

RUN_SUITE(ewf_damage_suite)
