/* SPDX-License-Identifier: MIT */
/*
 * test_ewf2_damage.c - Ex01 sets that are damaged, incomplete or hostile
 *
 * What must hold for all of them: a byte is right, or it is zero and a gap.
 */
#include "image/ewf2_check.h"
#include "suite.h"

static char dir[MADE_DIR];
static char path[MADE_PATH];

static const struct ex01_plan three_segments = {
	.nsectors = 201, .mix = 7, .table_chunks = 9, .segment_tables = 2, .hashed = true
};
#define CHUNK (4u * 512)

static void set_up(void)
{
	made_folder(dir);
	ex01_path(path, dir, 1, false);
}

static void tear_down(void)
{
	made_remove(dir);
}

static void must_refuse(int code, const char *word)
{
	struct kan_image *img = NULL;
	struct kan_err err = { 0 };

	ck_assert_int_eq(kan_image_open(&img, path, NULL, &err), code);
	ck_assert_msg(strstr(err.msg, word) != NULL, "%s", err.msg);
}

static bool has_finding(enum kan_finding_kind kind, const char *words)
{
	KAN_AUTO(image) struct kan_image *img = must_open(path);
	const struct kan_findings *f = kan_image_findings(img);

	for (size_t i = 0; i < f->n; i++)
		if (f->list[i].kind == kind && strstr(f->list[i].detail, words))
			return true;
	return false;
}

/* ---- whole segments ----------------------------------------------------------- */

START_TEST(missing_segment_of_ex01_is_a_gap_of_exactly_its_chunks)
{
	static const unsigned first[] = { 0, 0, 18, 36 }, last[] = { 0, 18, 36, 51 };
	char name[MADE_PATH];
	unsigned missing = (unsigned)_i;
	uint64_t end = (uint64_t)last[missing] * CHUNK;

	ck_assert_uint_eq(ex01_set(dir, three_segments), 3);
	if (end > 201 * 512)
		end = 201 * 512;
	ck_assert_int_eq(unlink(ex01_path(name, dir, missing, false)), 0);
	if (missing == 1) /* the first one gives the set its name */
		ex01_path(path, dir, 2, false);
	ck_assert_uint_eq(ex01_must_hold(path, three_segments), end - first[missing] * CHUNK);
	ck_assert(has_finding(KAN_FINDING_MISSING_SEGMENT, "missing"));
}
END_TEST

START_TEST(two_holes_in_ex01_leave_what_is_between_them)
{
	struct ex01_plan p = three_segments;
	char name[MADE_PATH];

	p.segment_tables = 1;
	ck_assert_uint_eq(ex01_set(dir, p), 6);
	ck_assert_int_eq(unlink(ex01_path(name, dir, 2, false)), 0);
	ck_assert_int_eq(unlink(ex01_path(name, dir, 4, false)), 0);
	ck_assert_uint_eq(ex01_must_hold(path, p), 2 * 9 * CHUNK);
}
END_TEST

START_TEST(segment_of_another_set_is_not_read)
{
	struct ex01_plan other = three_segments;
	char name[MADE_PATH], away[MADE_PATH];

	other.guid = 7;
	ex01_set(dir, other);
	snprintf(away, sizeof(away), "%s/kept", dir);
	ck_assert_int_eq(rename(ex01_path(name, dir, 2, false), away), 0);
	ex01_set(dir, three_segments);
	ck_assert_int_eq(rename(away, name), 0);
	ck_assert_uint_eq(ex01_must_hold(path, three_segments), 18 * CHUNK);
	ck_assert(has_finding(KAN_FINDING_STRUCTURE, "another set"));
}
END_TEST

START_TEST(lone_middle_segment_of_ex01_is_read_where_it_belongs)
{
	char name[MADE_PATH];

	ex01_set(dir, three_segments);
	snprintf(path, sizeof(path), "%s/found.bin", dir);
	ck_assert_int_eq(rename(ex01_path(name, dir, 2, false), path), 0);
	ck_assert_uint_eq(ex01_must_hold(path, three_segments), 201 * 512 - 18 * CHUNK);
}
END_TEST

START_TEST(ex01_cut_anywhere_has_gaps_or_is_refused)
{
	KAN_AUTO(mem) uint8_t *whole = NULL;
	char second[MADE_PATH];
	size_t len;
	uint64_t least = UINT64_MAX;

	ex01_set(dir, three_segments);
	whole = made_load(ex01_path(second, dir, 2, false), &len);
	for (size_t cut = 1; cut <= len; cut += cut < 200 || cut > len - 200 ? 13 : 997) {
		uint64_t lost;

		made_store(second, whole, len - cut);
		lost = ex01_must_hold(path, three_segments);
		ck_assert(has_finding(KAN_FINDING_TRUNCATED, ""));
		ck_assert_uint_le(lost, 18 * CHUNK);
		ck_assert(lost == 0 || has_finding(KAN_FINDING_TRUNCATED, "lost with the end"));
		least = lost < least ? lost : least;
	}
	ck_assert_uint_eq(least, 0); /* all tables were still there */
}
END_TEST

START_TEST(bytes_behind_ex01_are_told_and_cost_nothing)
{
	static const uint8_t junk[300] = { 1 };
	FILE *f;

	ex01_set(dir, three_segments);
	f = fopen(path, "ab");
	made_write(f, junk, sizeof(junk));
	ck_assert_int_eq(fclose(f), 0);
	ck_assert_uint_eq(ex01_must_hold(path, three_segments), 0);
	ck_assert(has_finding(KAN_FINDING_STRUCTURE, "300 bytes lie behind"));
}
END_TEST

/* ---- parts of a segment --------------------------------------------------------- */

START_TEST(damaged_chunk_of_ex01_is_the_only_gap)
{
	ex01_set(dir, three_segments);
	made_flip(path, ex01_find(path, EX01_TYPE_CASE, 0) + 64 + 100); /* chunk 0 */
	ck_assert_uint_eq(ex01_must_hold(path, three_segments), CHUNK);
}
END_TEST

START_TEST(damaged_table_of_ex01_costs_what_only_it_tells)
{
	uint64_t table;

	ex01_set(dir, three_segments);
	table = ex01_find(path, EX01_TYPE_TABLE, 0) - (32 + 9 * 16 + 16);
	made_flip(path, table + 32 + 2 * 16 + 3); /* the pattern of chunk 2 */
	/* chunks 2, 5 and 8 are patterns, which have no checksum of their own */
	ck_assert_uint_eq(ex01_must_hold(path, three_segments), 3 * CHUNK);
	ck_assert(has_finding(KAN_FINDING_STRUCTURE, "checksum of its entries"));
	ck_assert(has_finding(KAN_FINDING_STRUCTURE, "integrity hash"));
}
END_TEST

START_TEST(chunks_of_ex01_without_a_checksum_need_a_sound_table)
{
	struct ex01_plan p = { .nsectors = 40, .mix = EX01_UNSUMMED };

	ex01_set(dir, p);
	made_flip(path, ex01_find(path, EX01_TYPE_TABLE, 0) - 1);
	ck_assert_uint_eq(ex01_must_hold(path, p), 0); /* padding that nothing covers */
	made_flip(path, ex01_find(path, EX01_TYPE_TABLE, 0) - 16);
	ck_assert_uint_eq(ex01_must_hold(path, p), 40 * 512);
}
END_TEST

START_TEST(entries_of_ex01_that_lead_out_of_the_file_are_told)
{
	ex01_set(dir, three_segments);
	made_flip(path, ex01_find(path, EX01_TYPE_TABLE, 0) - 16 - 9 * 16 + 6);
	ck_assert(has_finding(KAN_FINDING_STRUCTURE, "1 of 9 entries"));
	ck_assert_uint_eq(ex01_must_hold(path, three_segments), 4 * CHUNK); /* and the patterns */
}
END_TEST

START_TEST(ex01_table_whose_header_is_damaged_is_read_where_it_follows_on)
{
	uint64_t table;

	ex01_set(dir, three_segments);
	table = ex01_find(path, EX01_TYPE_TABLE, 1) - (32 + 9 * 16 + 16);
	made_flip(path, table + 17); /* its checksum */
	ck_assert_uint_eq(ex01_must_hold(path, three_segments), 3 * CHUNK);
	made_flip(path, table); /* its first chunk is 25: now it does not follow */
	ck_assert_uint_eq(ex01_must_hold(path, three_segments), 9 * CHUNK);
}
END_TEST

START_TEST(destroyed_descriptor_of_ex01_costs_its_section_only)
{
	static const struct {
		uint32_t type;
		uint64_t lost;
	} cases[] = {
		{ EX01_TYPE_DEVICE, 0 },           { EX01_TYPE_CASE, 0 }, { EX01_TYPE_DATA, 0 },
		{ EX01_TYPE_TABLE, 9ull * CHUNK }, { EX01_TYPE_NEXT, 0 },
	};

	ex01_set(dir, three_segments);
	made_flip(path, ex01_find(path, cases[_i].type, 0) + 17);
	ck_assert_uint_eq(ex01_must_hold(path, three_segments), cases[_i].lost);
	ck_assert(has_finding(KAN_FINDING_STRUCTURE, ""));
}
END_TEST

START_TEST(tables_of_ex01_in_any_order_are_read)
{
	struct ex01_plan p = ex01_defaults(
		(struct ex01_plan){ .nsectors = 4 * 20, .mix = 7, .table_chunks = 10 });
	uint64_t last = 0;
	FILE *f = ex01_begin(dir, &p, 1);

	ex01_texts(f, &p, &last);
	ex01_run(f, &p, 10, 10, &last);
	ex01_run(f, &p, 0, 7, &last);
	ex01_run(f, &p, 5, 6, &last); /* overlaps with both */
	ex01_descriptor(f, EX01_TYPE_DONE, 0, NULL, &last);
	ck_assert_int_eq(fclose(f), 0);
	ck_assert_uint_eq(ex01_must_hold(path, p), 0);
	ck_assert(has_finding(KAN_FINDING_STRUCTURE, "repeats chunks"));
}
END_TEST

START_TEST(sound_table_of_ex01_wins_over_a_damaged_one)
{
	struct ex01_plan p =
		ex01_defaults((struct ex01_plan){ .nsectors = 40, .mix = 7, .table_chunks = 10 });
	uint64_t last = 0;
	FILE *f = ex01_begin(dir, &p, 1);

	ex01_texts(f, &p, &last);
	ex01_run(f, &p, 0, 10, &last);
	ex01_run(f, &p, 0, 10, &last);
	ex01_descriptor(f, EX01_TYPE_DONE, 0, NULL, &last);
	ck_assert_int_eq(fclose(f), 0);
	made_flip(path, ex01_find(path, EX01_TYPE_TABLE, _i) - 16 - 10 * 16 + 2 * 16);
	ck_assert_uint_eq(ex01_must_hold(path, p), 0);
}
END_TEST

START_TEST(ex01_table_of_impossible_chunks_is_told)
{
	struct ex01_plan p = ex01_defaults((struct ex01_plan){ .nsectors = 40 });
	uint8_t entries[48] = { 0 };
	uint64_t last = 0;
	FILE *f = ex01_begin(dir, &p, 1);

	ex01_texts(f, &p, &last);
	ex01_run(f, &p, 0, 10, &last);
	ex01_table(f, entries, UINT64_MAX - 1, 3, false, &last);
	ex01_descriptor(f, EX01_TYPE_DONE, 0, NULL, &last);
	ck_assert_int_eq(fclose(f), 0);
	ck_assert_uint_eq(ex01_must_hold(path, p), 0);
	ck_assert(has_finding(KAN_FINDING_STRUCTURE, "a chunk that cannot be"));
}
END_TEST

/* The data are at the start of the room of their section; what follows is told. */
START_TEST(bytes_that_belong_to_no_section_of_ex01_are_told)
{
	static const uint8_t junk[48] = { 7 };
	struct ex01_plan p = ex01_defaults((struct ex01_plan){ .nsectors = 40 });
	uint8_t hash[32] = { 1 };
	uint64_t last = 0;
	FILE *f = ex01_begin(dir, &p, 1);

	ex01_texts(f, &p, &last);
	ex01_run(f, &p, 0, 10, &last);
	made_put(hash + 16, made_adler(hash, 16), 4);
	made_write(f, hash, sizeof(hash));
	made_write(f, junk, sizeof(junk));
	ex01_descriptor(f, EX01_TYPE_MD5, sizeof(hash), NULL, &last);
	made_write(f, junk, sizeof(junk));
	ex01_descriptor(f, EX01_TYPE_DATA, 0, NULL, &last);
	ex01_descriptor(f, EX01_TYPE_DONE, 0, NULL, &last);
	ck_assert_int_eq(fclose(f), 0);
	ck_assert_uint_eq(ex01_must_hold(path, p), 0);
	ck_assert(has_finding(KAN_FINDING_STRUCTURE, "48 bytes belong to nothing"));
	ck_assert(has_finding(KAN_FINDING_NOTE, "48 bytes belong to nothing"));

	KAN_AUTO(image) struct kan_image *img = must_open(path);

	ck_assert_uint_eq(kan_image_info(img)->nhashes, 1);
}
END_TEST

START_TEST(ex01_image_inside_ex01_leads_nobody_astray)
{
	struct ex01_plan p = three_segments;
	KAN_AUTO(mem) uint8_t *inner = NULL;
	uint64_t last = 0, at;
	char name[MADE_PATH];
	size_t len;
	FILE *f;

	p.segment_tables = 0;
	p.texts = "its texts have another length\t\t\t\t\t\t\t1\t1";
	ex01_set(dir, p);
	inner = made_load(path, &len);
	p.texts = NULL;
	p = ex01_defaults(p);
	f = ex01_begin(dir, &p, 1);
	ex01_texts(f, &p, &last);
	at = (uint64_t)ftello(f);
	made_write(f, inner, len); /* as a stored chunk of evidence would be */
	ex01_descriptor(f, EX01_TYPE_DATA, (uint64_t)ftello(f) - at, NULL, &last);
	ck_assert_int_eq(fclose(f), 0);
	ck_assert_int_eq(truncate(ex01_path(name, dir, 1, false), (off_t)(at + len + 10)), 0);
	ck_assert_uint_eq(ex01_must_hold(path, p), 201 * 512);
	/* nor is the end of the inner image that of the outer one */
	ck_assert(has_finding(KAN_FINDING_TRUNCATED, "ends before its last section"));
	/* nor is it one of its sections */
	ck_assert(!has_finding(KAN_FINDING_STRUCTURE, "belong to nothing"));
	ck_assert(!has_finding(KAN_FINDING_STRUCTURE, "table section"));
}
END_TEST

START_TEST(ex01_with_any_byte_changed_has_no_wrong_byte)
{
	struct ex01_plan p = { .nsectors = 21, .mix = 7, .table_chunks = 3, .hashed = true };
	KAN_AUTO(mem) uint8_t *file = NULL;
	size_t len, opened = 0;

	ex01_set(dir, p);
	p = ex01_defaults(p);
	file = made_load(path, &len);
	for (size_t i = 0; i < len; i += i < 1200 || i > len - 400 ? 1 : 7) {
		KAN_AUTO(findings) struct kan_findings gaps = { 0 };
		struct kan_image *img = NULL;

		made_flip(path, i);
		if (kan_image_open(&img, path, NULL, NULL) == KAN_OK &&
		    strcmp(kan_image_info(img)->format, "ewf2") == 0) {
			uint64_t size = kan_image_source(img)->size;
			uint8_t *data = must_read(img, size, &gaps);

			ck_assert_uint_eq(size, 21 * 512);
			ck_assert_msg(ex01_first_wrong(data, size, p, &gaps) == size, "byte %zu",
			              i);
			free(data);
			opened++;
		}
		kan_image_close(img);
		made_poke(path, i, file + i, 1);
	}
	ck_assert_uint_gt(opened, 1000);
}
END_TEST

START_TEST(description_of_ex01_that_comes_first_counts)
{
	struct ex01_plan p = ex01_defaults((struct ex01_plan){ .nsectors = 41 }), other = p;
	uint64_t last = 0;
	FILE *f = ex01_begin(dir, &p, 1);

	other.nsectors = 40;
	ex01_texts(f, &p, &last);
	ex01_run(f, &p, 0, 11, &last);
	ex01_texts(f, &other, &last);
	ex01_descriptor(f, EX01_TYPE_DONE, 0, NULL, &last);
	ck_assert_int_eq(fclose(f), 0);
	ck_assert_uint_eq(ex01_must_hold(path, p), 0);
	ck_assert(has_finding(KAN_FINDING_STRUCTURE, "describes other media"));
}
END_TEST

/* ---- sections beside the chunks --------------------------------------------------- */

/* Sectors 5 to 7 and, beyond the media, 100. */
static void put_errors(FILE *f, uint64_t *last)
{
	uint8_t t[32 + 32 + 16] = { 2 };

	made_put(t + 16, made_adler(t, 16), 4);
	made_put(t + 32, 5, 8);
	made_put(t + 40, 3, 4);
	made_put(t + 48, 100, 8);
	made_put(t + 56, 1, 4);
	made_put(t + 64, made_adler(t + 32, 32), 4);
	ex01_section(f, EX01_TYPE_ERRORS, t, sizeof(t), true, last);
}

START_TEST(acquisition_errors_of_ex01_are_told)
{
	KAN_AUTO(image) struct kan_image *img = NULL;
	const struct kan_finding *f;

	ex01_set(dir, (struct ex01_plan){ .nsectors = 41, .extra = put_errors });
	img = must_open(path);
	f = find_kind(kan_image_findings(img), KAN_FINDING_UNREADABLE);
	ck_assert_ptr_nonnull(f);
	ck_assert_uint_eq(f->offset, 5 * 512);
	ck_assert_uint_eq(f->length, 3 * 512);
	ck_assert(has_finding(KAN_FINDING_STRUCTURE, "the media does not have"));
}
END_TEST

START_TEST(hash_of_ex01_with_a_wrong_checksum_is_not_used)
{
	KAN_AUTO(image) struct kan_image *img = NULL;

	ex01_set(dir, three_segments);
	ex01_path(path, dir, 3, false);
	made_flip(path, ex01_find(path, EX01_TYPE_MD5, 0) - 32 + 5);
	ex01_path(path, dir, 1, false);
	img = must_open(path);
	ck_assert_uint_eq(kan_image_info(img)->nhashes, 1);
	ck_assert_str_eq(kan_image_info(img)->hashes[0].algorithm, "sha1");
	ck_assert(has_finding(KAN_FINDING_STRUCTURE, "MD5 hash section"));
}
END_TEST

START_TEST(integrity_hash_of_ex01_covers_the_padding)
{
	KAN_AUTO(image) struct kan_image *img = NULL;

	ex01_set(dir, three_segments);
	ex01_path(path, dir, 3, false);
	made_flip(path, ex01_find(path, EX01_TYPE_SHA1, 0) - 1);
	ex01_path(path, dir, 1, false);
	img = must_open(path);
	ck_assert_uint_eq(kan_image_info(img)->nhashes, 2);
	ck_assert(has_finding(KAN_FINDING_STRUCTURE, "its integrity hash does not fit"));
}
END_TEST

START_TEST(chunks_of_ex01_without_a_checksum_are_noted)
{
	ex01_set(dir, (struct ex01_plan){ .nsectors = 41, .mix = EX01_UNSUMMED });
	ck_assert(has_finding(KAN_FINDING_NOTE, "11 chunks have no checksum"));
}
END_TEST

/* ---- refused ---------------------------------------------------------------------- */

START_TEST(encrypted_ex01_is_refused_as_such)
{
	uint64_t at;

	ex01_set(dir, (struct ex01_plan){ .nsectors = 41 });
	at = ex01_find(path, EX01_TYPE_DEVICE, 0);
	made_poke(path, at + (_i ? 0 : 4), _i ? "\x0b" : "\2", 1); /* key section, or flag */
	ex01_resum(path, at);
	must_refuse(KAN_EUNSUPPORTED, "encrypted Ex01");
}
END_TEST

START_TEST(ex01_that_cannot_be_read_is_refused_by_its_name)
{
	static const struct {
		size_t offset;
		const char *bytes;
		const char *word;
	} cases[] = {
		{ 10, "\2", "bzip2" },
		{ 10, "\7", "compression method 7" },
		{ 8, "\3", "version 3.1" },
		{ 0, "LE", "Lx01" },
	};

	ex01_set(dir, (struct ex01_plan){ .nsectors = 41 });
	made_poke(path, cases[_i].offset, cases[_i].bytes, strlen(cases[_i].bytes));
	must_refuse(KAN_EUNSUPPORTED, cases[_i].word);
}
END_TEST

START_TEST(ex01_without_a_description_is_refused)
{
	struct ex01_plan p = ex01_defaults((struct ex01_plan){ .nsectors = 41 });
	uint64_t last = 0;
	FILE *f = ex01_begin(dir, &p, 1);

	if (_i == 1)
		ex01_run(f, &p, 0, 11, &last);
	if (_i == 2) {
		ex01_text(f, EX01_TYPE_DEVICE, "1\nmain\nts\tbp\n0\t512\n\n", false, &last);
		ex01_text(f, EX01_TYPE_CASE, "1\nmain\nsb\ttb\n64\t0\n\n", false, &last);
	}
	if (_i > 0)
		ex01_descriptor(f, EX01_TYPE_DONE, 0, NULL, &last);
	ck_assert_int_eq(fclose(f), 0);
	must_refuse(KAN_EFORMAT, "media");
}
END_TEST

static Suite *ewf2_damage_suite(void)
{
	Suite *s = suite_create("ewf2_damage");
	TCase *segments = tcase_create("segments");
	TCase *sections = tcase_create("sections");
	TCase *refused = tcase_create("refused");

	tcase_add_checked_fixture(segments, set_up, tear_down);
	tcase_add_checked_fixture(sections, set_up, tear_down);
	tcase_add_checked_fixture(refused, set_up, tear_down);
	tcase_set_timeout(segments, 120);
	tcase_set_timeout(sections, 120);
	tcase_add_loop_test(segments, missing_segment_of_ex01_is_a_gap_of_exactly_its_chunks, 1, 4);
	tcase_add_test(segments, two_holes_in_ex01_leave_what_is_between_them);
	tcase_add_test(segments, segment_of_another_set_is_not_read);
	tcase_add_test(segments, lone_middle_segment_of_ex01_is_read_where_it_belongs);
	tcase_add_test(segments, ex01_cut_anywhere_has_gaps_or_is_refused);
	tcase_add_test(segments, bytes_behind_ex01_are_told_and_cost_nothing);
	tcase_add_test(sections, damaged_chunk_of_ex01_is_the_only_gap);
	tcase_add_test(sections, damaged_table_of_ex01_costs_what_only_it_tells);
	tcase_add_test(sections, ex01_table_whose_header_is_damaged_is_read_where_it_follows_on);
	tcase_add_loop_test(sections, destroyed_descriptor_of_ex01_costs_its_section_only, 0, 5);
	tcase_add_test(sections, chunks_of_ex01_without_a_checksum_need_a_sound_table);
	tcase_add_test(sections, entries_of_ex01_that_lead_out_of_the_file_are_told);
	tcase_add_loop_test(sections, sound_table_of_ex01_wins_over_a_damaged_one, 0, 2);
	tcase_add_test(sections, ex01_table_of_impossible_chunks_is_told);
	tcase_add_test(sections, bytes_that_belong_to_no_section_of_ex01_are_told);
	tcase_add_test(sections, tables_of_ex01_in_any_order_are_read);
	tcase_add_test(sections, ex01_image_inside_ex01_leads_nobody_astray);
	tcase_add_test(sections, ex01_with_any_byte_changed_has_no_wrong_byte);
	tcase_add_test(sections, acquisition_errors_of_ex01_are_told);
	tcase_add_test(sections, hash_of_ex01_with_a_wrong_checksum_is_not_used);
	tcase_add_test(sections, description_of_ex01_that_comes_first_counts);
	tcase_add_test(sections, integrity_hash_of_ex01_covers_the_padding);
	tcase_add_test(sections, chunks_of_ex01_without_a_checksum_are_noted);
	tcase_add_loop_test(refused, encrypted_ex01_is_refused_as_such, 0, 2);
	tcase_add_loop_test(refused, ex01_that_cannot_be_read_is_refused_by_its_name, 0, 4);
	tcase_add_loop_test(refused, ex01_without_a_description_is_refused, 0, 3);
	suite_add_tcase(s, segments);
	suite_add_tcase(s, sections);
	suite_add_tcase(s, refused);
	return s;
}

RUN_SUITE(ewf2_damage_suite)
