/* SPDX-License-Identifier: MIT */
/*
 * test_ewf_meta.c - what an E01 set says beside its chunks
 */
#include "image/image_check.h"
#include "suite.h"

static char dir[MADE_DIR];
static char path[MADE_PATH];

static void set_up(void)
{
	made_folder(dir);
	made_path(path, dir, 1);
}

static void tear_down(void)
{
	made_remove(dir);
}

static struct kan_image *make(void (*extra)(FILE *f), const char *header2)
{
	made_set(dir, (struct made_plan){ .nsectors = 40, .extra = extra, .header2 = header2 });
	return must_open(path);
}

/* ---- error2 ------------------------------------------------------------- */

static void put_errors(FILE *f, const uint32_t *entries, uint32_t n, uint32_t said)
{
	uint8_t d[520 + 8 * 8 + 4] = { 0 };
	size_t len = 520 + 8 * (size_t)n;

	made_put(d, said, 4);
	made_put(d + 516, made_adler(d, 516), 4);
	for (uint32_t i = 0; i < 2 * n; i++)
		made_put(d + 520 + 4 * (size_t)i, entries[i], 4);
	made_put(d + len, made_adler(d + 520, len - 520), 4);
	made_descriptor(f, "error2", len + 4, false);
	made_write(f, d, len + 4);
}

static void two_errors(FILE *f)
{
	put_errors(f, (const uint32_t[]){ 3, 1, 10, 20 }, 2, 2);
}

static void errors_outside(FILE *f)
{
	put_errors(f, (const uint32_t[]){ 39, 5, UINT32_MAX, UINT32_MAX }, 2, 2);
}

static void errors_lie(FILE *f)
{
	put_errors(f, (const uint32_t[]){ 3, 1 }, 1, UINT32_MAX);
}

START_TEST(sectors_that_were_unreadable_when_acquired_are_told)
{
	KAN_AUTO(image) struct kan_image *img = make(two_errors, NULL);
	const struct kan_findings *f = kan_image_findings(img);

	ck_assert_uint_eq(f->n, 2);
	for (size_t i = 0; i < 2; i++) {
		ck_assert_int_eq(f->list[i].kind, KAN_FINDING_UNREADABLE);
		ck_assert_str_eq(f->list[i].detail, "unreadable when acquired");
		ck_assert_uint_eq(f->list[i].offset, (i == 0 ? 3 : 10) * 512);
		ck_assert_uint_eq(f->list[i].length, (i == 0 ? 1 : 20) * 512);
	}
}
END_TEST

START_TEST(acquisition_errors_outside_of_the_media_are_cut_and_told)
{
	KAN_AUTO(image) struct kan_image *img = make(errors_outside, NULL);
	const struct kan_finding *f = find_kind(kan_image_findings(img), KAN_FINDING_UNREADABLE);

	ck_assert_uint_eq(f->offset, 39 * 512);
	ck_assert_uint_eq(f->length, 512);
	ck_assert_ptr_nonnull(find_kind(kan_image_findings(img), KAN_FINDING_STRUCTURE));
}
END_TEST

START_TEST(number_of_acquisition_errors_is_not_believed)
{
	KAN_AUTO(image) struct kan_image *img = make(errors_lie, NULL);

	ck_assert_ptr_nonnull(find_kind(kan_image_findings(img), KAN_FINDING_UNREADABLE));
	ck_assert_ptr_nonnull(find_kind(kan_image_findings(img), KAN_FINDING_STRUCTURE));
}
END_TEST

/* ---- digests ------------------------------------------------------------ */

static void put_digest(FILE *f, uint8_t md5, uint8_t sha1)
{
	uint8_t d[80] = { 0 };

	memset(d, md5, 16);
	memset(d + 16, sha1, 20);
	made_summed(f, "digest", d, sizeof(d));
}

static void same_digest(FILE *f)
{
	put_digest(f, 0xa5, 0x5a);
}

static void other_digest(FILE *f)
{
	put_digest(f, 0xa6, 0);
}

static void no_digest(FILE *f)
{
	put_digest(f, 0, 0);
}

static void short_digest(FILE *f)
{
	uint8_t d[20];

	memset(d, 0xa5, sizeof(d));
	made_descriptor(f, "digest", sizeof(d), false);
	made_write(f, d, sizeof(d));
}

START_TEST(digest_section_gives_md5_and_sha1_once)
{
	KAN_AUTO(image) struct kan_image *img = make(same_digest, NULL);
	const struct kan_image_info *info = kan_image_info(img);

	ck_assert_uint_eq(info->nhashes, 2);
	ck_assert_str_eq(info->hashes[0].algorithm, "md5");
	ck_assert_str_eq(info->hashes[1].algorithm, "sha1");
	ck_assert_str_eq(info->hashes[1].hex, "5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a");
	ck_assert_uint_eq(kan_image_findings(img)->n, 0);
}
END_TEST

START_TEST(digests_that_contradict_each_other_are_both_kept_and_told)
{
	KAN_AUTO(image) struct kan_image *img = make(other_digest, NULL);

	ck_assert_uint_eq(kan_image_info(img)->nhashes, 2);
	ck_assert_str_eq(kan_image_info(img)->hashes[1].algorithm, "md5");
	ck_assert_ptr_nonnull(find_kind(kan_image_findings(img), KAN_FINDING_STRUCTURE));
}
END_TEST

START_TEST(digest_of_zeros_is_not_set)
{
	KAN_AUTO(image) struct kan_image *img = make(no_digest, NULL);

	ck_assert_uint_eq(kan_image_info(img)->nhashes, 1);
	ck_assert_uint_eq(kan_image_findings(img)->n, 0);
}
END_TEST

START_TEST(digest_section_that_is_cut_short_is_told)
{
	KAN_AUTO(image) struct kan_image *img = make(short_digest, NULL);

	ck_assert_uint_eq(kan_image_info(img)->nhashes, 1);
	ck_assert_ptr_nonnull(find_kind(kan_image_findings(img), KAN_FINDING_STRUCTURE));
}
END_TEST

START_TEST(wrong_sum_of_a_hash_section_is_told)
{
	KAN_AUTO(image) struct kan_image *img = NULL;

	made_set(dir, (struct made_plan){ .nsectors = 4 });
	made_flip(path, made_find(path, "hash", 0) + 76);
	img = must_open(path);
	ck_assert_ptr_nonnull(find_kind(kan_image_findings(img), KAN_FINDING_STRUCTURE));
}
END_TEST

/* ---- headers ------------------------------------------------------------ */

START_TEST(header2_wins_over_header_and_its_times_are_utc)
{
	KAN_AUTO(image)
	struct kan_image *img = make(
		NULL, "3\nmain\na\tc\tn\te\tt\tmd\tsn\tl\tav\tov\tm\tu\tp\tpid\n"
		      "D\tcase 8\t\tE\tN\tmodel\tserial\tlabel\t7.1\tW\t1795315350\t\t0\t\n\n");

	ck_assert_str_eq(value_of(img, "case_number"), "case 8");
	ck_assert_str_eq(value_of(img, "acquisition_date"), "2026-11-22T02:42:30Z");
	ck_assert_str_eq(value_of(img, "system_date"), "");
	ck_assert_str_eq(value_of(img, "device_label"), "label");
	ck_assert_str_eq(value_of(img, "serial_number"), "serial");
	ck_assert_str_eq(kan_image_info(img)->variant, "EnCase 7");
	ck_assert_uint_eq(kan_image_findings(img)->n, 0);
}
END_TEST

START_TEST(password_is_noted_and_does_not_stop_anything)
{
	KAN_AUTO(image) struct kan_image *img = make(NULL, "1\nmain\nc\tp\nx\tdeadbeef\n\n");

	ck_assert_str_eq(value_of(img, "password"), "deadbeef");
	ck_assert_uint_eq(kan_image_findings(img)->n, 1);
	ck_assert_int_eq(kan_image_findings(img)->list[0].kind, KAN_FINDING_NOTE);
}
END_TEST

START_TEST(header_without_values_is_told)
{
	static const char *const texts[] = { "", "main", "1\nmain\nc", "1\nmine\nc\nx\n" };
	KAN_AUTO(image) struct kan_image *img = make(NULL, texts[_i]);

	ck_assert_ptr_nonnull(find_kind(kan_image_findings(img), KAN_FINDING_STRUCTURE));
}
END_TEST

START_TEST(dates_that_are_none_are_kept_as_they_are)
{
	KAN_AUTO(image)
	struct kan_image *img =
		make(NULL, "1\nmain\nm\tu\n2026 13 22 2 42 30\t99999999999999999999\n\n");

	ck_assert_str_eq(value_of(img, "acquisition_date"), "2026 13 22 2 42 30");
	ck_assert_str_eq(value_of(img, "system_date"), "99999999999999999999");
}
END_TEST

START_TEST(header_that_cannot_be_decompressed_is_told)
{
	KAN_AUTO(image) struct kan_image *img = NULL;

	made_set(dir, (struct made_plan){ .nsectors = 4 });
	made_flip(path, made_find(path, "header", 0) + 76 + 40);
	img = must_open(path);
	ck_assert_ptr_nonnull(strstr(kan_image_findings(img)->list[0].detail, "decompressed"));
	ck_assert_str_eq(value_of(img, "case_number"), "");
}
END_TEST

static void put_latin1(FILE *f)
{
	static const char text[] = "1\nmain\nc\tn\te\nM\xfcller \\\t\x83\x65\tx\n\n";
	uint8_t z[256];
	size_t n = made_zlib(z, (const uint8_t *)text, sizeof(text) - 1);

	made_descriptor(f, "header", n, false);
	made_write(f, z, n);
}

START_TEST(bytes_of_an_unknown_code_page_are_kept_readable)
{
	KAN_AUTO(image) struct kan_image *img = NULL;

	made_set(dir, (struct made_plan){ .nsectors = 4, .extra = put_latin1 });
	made_flip(path, made_find(path, "header", 0) + 76 + 40); /* the first header is lost */
	img = must_open(path);
	ck_assert_str_eq(value_of(img, "case_number"), "M\\xfcller \\\\");
	ck_assert_str_eq(value_of(img, "evidence_number"), "\\x83e");
	ck_assert_str_eq(value_of(img, "examiner_name"), "x");
}
END_TEST

static void put_unknown(FILE *f)
{
	made_descriptor(f, "horoscope", 5, false);
	made_write(f, "hello", 5);
}

START_TEST(section_of_an_unknown_type_is_noted)
{
	KAN_AUTO(image) struct kan_image *img = make(put_unknown, NULL);

	ck_assert_uint_eq(kan_image_findings(img)->n, 1);
	ck_assert_int_eq(kan_image_findings(img)->list[0].kind, KAN_FINDING_NOTE);
	ck_assert_ptr_nonnull(strstr(kan_image_findings(img)->list[0].detail, "horoscope"));
}
END_TEST

static Suite *ewf_meta_suite(void)
{
	Suite *s = suite_create("ewf_meta");
	TCase *errors = tcase_create("errors");
	TCase *digests = tcase_create("digests");
	TCase *headers = tcase_create("headers");

	tcase_add_checked_fixture(errors, set_up, tear_down);
	tcase_add_test(errors, sectors_that_were_unreadable_when_acquired_are_told);
	tcase_add_test(errors, acquisition_errors_outside_of_the_media_are_cut_and_told);
	tcase_add_test(errors, number_of_acquisition_errors_is_not_believed);
	suite_add_tcase(s, errors);

	tcase_add_checked_fixture(digests, set_up, tear_down);
	tcase_add_test(digests, digest_section_gives_md5_and_sha1_once);
	tcase_add_test(digests, digests_that_contradict_each_other_are_both_kept_and_told);
	tcase_add_test(digests, digest_of_zeros_is_not_set);
	tcase_add_test(digests, digest_section_that_is_cut_short_is_told);
	tcase_add_test(digests, wrong_sum_of_a_hash_section_is_told);
	suite_add_tcase(s, digests);

	tcase_add_checked_fixture(headers, set_up, tear_down);
	tcase_add_test(headers, header2_wins_over_header_and_its_times_are_utc);
	tcase_add_test(headers, password_is_noted_and_does_not_stop_anything);
	tcase_add_loop_test(headers, header_without_values_is_told, 0, 4);
	tcase_add_test(headers, dates_that_are_none_are_kept_as_they_are);
	tcase_add_test(headers, header_that_cannot_be_decompressed_is_told);
	tcase_add_test(headers, bytes_of_an_unknown_code_page_are_kept_readable);
	tcase_add_test(headers, section_of_an_unknown_type_is_noted);
	suite_add_tcase(s, headers);
	return s;
}

RUN_SUITE(ewf_meta_suite)
