/* SPDX-License-Identifier: MIT */
/*
 * test_verify.c - verdicts over images whose bytes, claims and damage are made up
 *
 * A stand-in takes the place of lib/image, so that every combination can be had.
 */
#include "kanshiki/verify.h"
#include "stream/fake_source.h"
#include "suite.h"

#include <stdio.h>
#include <string.h>

/* ---- the image ------------------------------------------------------------ */

struct kan_image {
	struct fake_source fake;
	struct kan_image_info info;
	struct kan_findings findings;
};

struct kan_source *kan_image_source(const struct kan_image *img)
{
	return (struct kan_source *)(uintptr_t)&img->fake.src;
}

const struct kan_image_info *kan_image_info(const struct kan_image *img)
{
	return &img->info;
}

const struct kan_findings *kan_image_findings(const struct kan_image *img)
{
	return &img->findings;
}

/* "abc" and its digests from RFC 1321 and FIPS 180. */
#define MD5_ABC    "900150983cd24fb0d6963f7d28e17f72"
#define SHA1_ABC   "a9993e364706816aba3e25717850c26c9cd0d89d"
#define SHA256_ABC "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
#define MD5_OTHER  "00000000000000000000000000000000"

static char path[] = "/cases/7/disk.E01";
static struct kan_segment segment = { .path = path };
static struct kan_stored_hash stored[12];
static struct kan_image img;
static struct kan_verify_result r;
static const struct fake_range last_byte = { 2, 1 };

static void setup(void)
{
	memset(&img, 0, sizeof(img));
	memset(&r, 0, sizeof(r));
	fake_init(&img.fake, (const uint8_t *)"abc", 3);
	img.info = (struct kan_image_info){
		.format = "ewf", .size = 3, .segments = &segment, .nsegments = 1, .hashes = stored
	};
}

static void teardown(void)
{
	kan_verify_result_done(&r);
	kan_findings_done(&img.findings);
}

static void claim(const char *algorithm, const char *hex)
{
	struct kan_stored_hash *h = &stored[img.info.nhashes++];

	snprintf(h->algorithm, sizeof(h->algorithm), "%s", algorithm);
	snprintf(h->hex, sizeof(h->hex), "%s", hex);
}

static void damage_last_byte(void)
{
	img.fake.bad = &last_byte;
	img.fake.nbad = 1;
}

static void verify(const char *hashes)
{
	struct kan_verify_opts opts = { .jobs = 2 };

	if (hashes)
		ck_assert_int_eq(kan_hash_set_parse(&opts.hashes, hashes, NULL), KAN_OK);
	ck_assert_int_eq(kan_verify_image(&r, &img, &opts, NULL), KAN_OK);
}

static const struct kan_finding *finding(enum kan_finding_kind kind)
{
	for (size_t i = 0; i < r.findings.n; i++)
		if (r.findings.list[i].kind == kind)
			return &r.findings.list[i];
	return NULL;
}

static const char *computed(size_t i)
{
	static char hex[2 * KAN_DIGEST_MAX + 1];

	kan_hash_hex(hex, r.items[i].computed.bytes, r.items[i].computed.algo->digest_len);
	return hex;
}

/* ---- items ---------------------------------------------------------------- */

START_TEST(verify_matches_what_the_container_stores)
{
	claim("md5", MD5_ABC);
	claim("sha1", SHA1_ABC);
	verify(NULL);
	ck_assert_uint_eq(r.nitems, 2);
	ck_assert_int_eq(r.items[0].verdict, KAN_VERDICT_MATCH);
	ck_assert_int_eq(r.items[1].verdict, KAN_VERDICT_MATCH);
	ck_assert_int_eq(r.verdict, KAN_VERDICT_MATCH);
	ck_assert_uint_eq(r.findings.n, 0);
	ck_assert_uint_eq(r.bytes_read, 3);
	ck_assert_uint_eq(r.bytes_unreadable, 0);
}
END_TEST

START_TEST(verify_computes_what_was_asked_for_besides)
{
	claim("md5", MD5_ABC);
	verify("sha256,md5");
	ck_assert_uint_eq(r.nitems, 2);
	ck_assert_str_eq(r.items[0].computed.algo->name, "md5");
	ck_assert_str_eq(r.items[1].computed.algo->name, "sha256");
	ck_assert_str_eq(r.items[1].stored, "");
	ck_assert_int_eq(r.items[1].verdict, KAN_VERDICT_UNCHECKED);
	ck_assert_str_eq(computed(1), SHA256_ABC);
	ck_assert_int_eq(r.verdict, KAN_VERDICT_MATCH);
}
END_TEST

START_TEST(verify_tells_stored_and_computed_of_a_mismatch)
{
	const struct kan_finding *f;

	claim("md5", MD5_OTHER);
	claim("sha1", SHA1_ABC);
	verify(NULL);
	ck_assert_int_eq(r.items[0].verdict, KAN_VERDICT_MISMATCH);
	ck_assert_int_eq(r.items[1].verdict, KAN_VERDICT_MATCH);
	ck_assert_int_eq(r.verdict, KAN_VERDICT_MISMATCH);
	f = finding(KAN_FINDING_HASH_MISMATCH);
	ck_assert_ptr_nonnull(f);
	ck_assert_str_eq(f->subject, "disk.E01");
	ck_assert_str_eq(f->detail, "MD5: stored " MD5_OTHER ", computed " MD5_ABC);
}
END_TEST

START_TEST(verify_checks_both_of_two_contradicting_digests)
{
	claim("md5", MD5_ABC);
	claim("md5", MD5_OTHER);
	claim("md5", MD5_ABC);
	verify(NULL);
	ck_assert_uint_eq(r.nitems, 2);
	ck_assert_int_eq(r.items[0].verdict, KAN_VERDICT_MATCH);
	ck_assert_int_eq(r.items[1].verdict, KAN_VERDICT_MISMATCH);
	ck_assert_int_eq(r.verdict, KAN_VERDICT_MISMATCH);
}
END_TEST

START_TEST(verify_reports_claims_that_cannot_be_checked)
{
	claim("whirlpool", "00");
	claim("md5", "900150983cd24fb0d6963f7d28e17f7");
	claim("sha1", "zz993e364706816aba3e25717850c26c9cd0d89d");
	verify(NULL);
	ck_assert_uint_eq(r.nitems, 0);
	ck_assert_int_eq(r.verdict, KAN_VERDICT_UNCHECKED);
	ck_assert_uint_eq(r.findings.n, 3);
	ck_assert_ptr_nonnull(strstr(finding(KAN_FINDING_UNSUPPORTED)->detail, "whirlpool"));
	ck_assert_ptr_nonnull(finding(KAN_FINDING_STRUCTURE));
	ck_assert(kan_findings_have_problem(&r.findings));
}
END_TEST

START_TEST(verify_reports_more_claims_than_it_checks)
{
	char hex[33];

	for (int i = 0; i < 12; i++) {
		snprintf(hex, sizeof(hex), "%032x", i);
		claim("md5", hex);
	}
	verify("sha1");
	ck_assert_uint_eq(r.nitems, KAN_HASHES_MAX);
	ck_assert_int_eq(r.verdict, KAN_VERDICT_MISMATCH);
	ck_assert_ptr_nonnull(finding(KAN_FINDING_LIMIT));
}
END_TEST

/* ---- absent digests ------------------------------------------------------- */

START_TEST(verify_notes_an_ewf_image_without_a_digest)
{
	verify("md5");
	ck_assert_int_eq(r.verdict, KAN_VERDICT_UNCHECKED);
	ck_assert_ptr_nonnull(finding(KAN_FINDING_HASH_ABSENT));
	ck_assert(!kan_findings_have_problem(&r.findings));
}
END_TEST

START_TEST(verify_expects_no_digest_of_a_raw_image)
{
	img.info.format = "raw";
	verify("md5");
	ck_assert_int_eq(r.verdict, KAN_VERDICT_UNCHECKED);
	ck_assert_uint_eq(r.findings.n, 0);
	ck_assert_str_eq(computed(0), MD5_ABC);
}
END_TEST

/* ---- damage --------------------------------------------------------------- */

START_TEST(verify_blames_unreadable_bytes_for_a_mismatch)
{
	claim("md5", MD5_ABC);
	damage_last_byte();
	verify(NULL);
	ck_assert_int_eq(r.verdict, KAN_VERDICT_MISMATCH);
	ck_assert_uint_eq(r.bytes_unreadable, 1);
	ck_assert_ptr_nonnull(strstr(finding(KAN_FINDING_HASH_MISMATCH)->detail,
	                             "; 1 unreadable bytes were taken as zeros"));
}
END_TEST

START_TEST(verify_matches_an_imager_that_wrote_zeros_too)
{
	char hex[2 * KAN_DIGEST_MAX + 1];

	damage_last_byte();
	verify("md5");
	snprintf(hex, sizeof(hex), "%s", computed(0));
	kan_verify_result_done(&r);
	claim("md5", hex);
	verify(NULL);
	ck_assert_int_eq(r.verdict, KAN_VERDICT_MATCH);
	ck_assert_uint_eq(r.bytes_unreadable, 1);
	ck_assert_uint_eq(finding(KAN_FINDING_UNREADABLE)->offset, 2);
	ck_assert(kan_findings_have_problem(&r.findings));
}
END_TEST

START_TEST(verify_of_damage_alone_is_unchecked)
{
	damage_last_byte();
	verify("md5");
	ck_assert_int_eq(r.verdict, KAN_VERDICT_UNCHECKED);
	ck_assert(kan_findings_have_problem(&r.findings));
}
END_TEST

START_TEST(verify_takes_a_bad_checksum_for_a_mismatch_without_digests)
{
	kan_findings_add(&img.findings, KAN_FINDING_CHECKSUM, 0, 3, "disk.E01", "chunk 0");
	verify("md5");
	ck_assert_int_eq(r.verdict, KAN_VERDICT_MISMATCH);
}
END_TEST

START_TEST(verify_orders_findings_by_opening_reading_and_comparing)
{
	claim("md5", MD5_ABC);
	damage_last_byte();
	kan_findings_add(&img.findings, KAN_FINDING_NOTE, KAN_NO_OFFSET, 0, "disk.E01", "opened");
	verify(NULL);
	ck_assert_uint_eq(r.findings.n, 3);
	ck_assert_int_eq(r.findings.list[0].kind, KAN_FINDING_NOTE);
	ck_assert_int_eq(r.findings.list[1].kind, KAN_FINDING_UNREADABLE);
	ck_assert_int_eq(r.findings.list[2].kind, KAN_FINDING_HASH_MISMATCH);
}
END_TEST

/* ---- the work cannot be done ------------------------------------------------ */

START_TEST(verify_leaves_the_result_alone_when_reading_fails)
{
	struct kan_err err = { 0 };

	r.nitems = 99;
	img.fake.fail_at = 1;
	ck_assert_int_eq(kan_verify_image(&r, &img, NULL, &err), KAN_EWORKER);
	ck_assert_uint_eq(r.nitems, 99);
	ck_assert_int_eq(strncmp(err.msg, "fake: ", 6), 0);
}
END_TEST

START_TEST(verify_of_empty_media_compares_the_digest_of_nothing)
{
	img.fake.src.size = 0;
	claim("md5", "d41d8cd98f00b204e9800998ecf8427e");
	verify(NULL);
	ck_assert_int_eq(r.verdict, KAN_VERDICT_MATCH);
	ck_assert_uint_eq(r.bytes_read, 0);
}
END_TEST

START_TEST(verdicts_have_stable_names)
{
	ck_assert_str_eq(kan_verdict_name(KAN_VERDICT_MATCH), "match");
	ck_assert_str_eq(kan_verdict_name(KAN_VERDICT_MISMATCH), "mismatch");
	ck_assert_str_eq(kan_verdict_name(KAN_VERDICT_UNCHECKED), "unchecked");
	ck_assert_str_eq(kan_verdict_name((enum kan_verdict)77), "unknown");
}
END_TEST

static Suite *verify_suite(void)
{
	Suite *s = suite_create("verify");
	TCase *items = tcase_create("items");
	TCase *damage = tcase_create("damage");

	tcase_add_checked_fixture(items, setup, teardown);
	tcase_add_test(items, verify_matches_what_the_container_stores);
	tcase_add_test(items, verify_computes_what_was_asked_for_besides);
	tcase_add_test(items, verify_tells_stored_and_computed_of_a_mismatch);
	tcase_add_test(items, verify_checks_both_of_two_contradicting_digests);
	tcase_add_test(items, verify_reports_claims_that_cannot_be_checked);
	tcase_add_test(items, verify_reports_more_claims_than_it_checks);
	tcase_add_test(items, verify_notes_an_ewf_image_without_a_digest);
	tcase_add_test(items, verify_expects_no_digest_of_a_raw_image);
	tcase_add_test(items, verify_of_empty_media_compares_the_digest_of_nothing);
	tcase_add_test(items, verdicts_have_stable_names);
	suite_add_tcase(s, items);
	tcase_add_checked_fixture(damage, setup, teardown);
	tcase_add_test(damage, verify_blames_unreadable_bytes_for_a_mismatch);
	tcase_add_test(damage, verify_matches_an_imager_that_wrote_zeros_too);
	tcase_add_test(damage, verify_of_damage_alone_is_unchecked);
	tcase_add_test(damage, verify_takes_a_bad_checksum_for_a_mismatch_without_digests);
	tcase_add_test(damage, verify_orders_findings_by_opening_reading_and_comparing);
	tcase_add_test(damage, verify_leaves_the_result_alone_when_reading_fails);
	suite_add_tcase(s, damage);
	return s;
}

RUN_SUITE(verify_suite)
