/* SPDX-License-Identifier: MIT */
/*
 * test_acquire.c - a copy is whole, proven and described, or it says why it is not
 *
 * Oracles: cmp, sha256sum, md5sum, ewfverify and ewfexport.
 */
#include "acquire/media.h"
#include "acquire/origin.h"

enum { SIZE_MIB = 35 };

static void setup(void)
{
	sample_setup();
	make_media("disk.bin", SIZE_MIB * (uint64_t)MIB);
}

static bool record_says(const char *path, const char *text)
{
	return sample_sh("grep -qF '%s' %s", text, path) == 0;
}

/* ---- what is written ------------------------------------------------------------- */

START_TEST(acquire_writes_several_destinations_at_once)
{
	static const char *const paths[] = { "a.E01", "b.raw", "c.001" };
	struct kan_acquire_opts opts = options(paths, 3);

	opts.segment_size = 0;
	acquire("disk.bin", &opts);
	expect_same_file("disk.bin", "b.raw");
	expect_same_file("disk.bin", "c.001");
	if (sample_has("ewfverify") && sample_has("ewfexport")) {
		ck_assert_int_eq(sample_sh("ewfverify -q a.E01 >/dev/null 2>&1"), 0);
		ck_assert_int_eq(sample_sh("ewfexport -q -u -f raw -t exported a.E01 "
		                           ">/dev/null 2>&1 </dev/null"),
		                 0);
		expect_same_file("disk.bin", "exported.raw");
	}
}
END_TEST

START_TEST(acquire_gives_the_digests_of_the_media)
{
	static const char *const paths[] = { "a.E01" };
	struct kan_acquire_opts opts = options(paths, 1);
	KAN_DEFER(kan_acquire_result_done) struct kan_acquire_result r = { 0 };
	KAN_AUTO(mem) char *want = sha256sum("disk.bin");
	KAN_AUTO(mem) char *md5 = sample_output("md5sum < disk.bin | cut -c 1-32");
	char hex[2 * KAN_DIGEST_MAX + 1];

	ck_assert_int_eq(kan_hash_set_parse(&opts.hashes, "md5,sha256", NULL), KAN_OK);
	ck_assert_int_eq(kan_acquire_run(&r, "disk.bin", &opts, NULL), KAN_OK);
	ck_assert_uint_eq(r.ndigests, 2);
	kan_hash_hex(hex, r.digests[0].bytes, 16);
	ck_assert_str_eq(hex, md5);
	kan_hash_hex(hex, r.digests[1].bytes, 32);
	ck_assert_str_eq(hex, want);
	ck_assert_int_eq(r.destinations[0].verdict, KAN_VERDICT_MATCH);
	ck_assert_mem_eq(r.destinations[0].reread[1].bytes, r.digests[1].bytes, 32);
	ck_assert(record_says("a.E01.json", hex));
}
END_TEST

START_TEST(acquire_leaves_record_map_blocks_and_log_and_no_journal)
{
	static const char *const paths[] = { "a.E01" };
	struct kan_acquire_opts opts = options(paths, 1);
	KAN_AUTO(mem) char *digest = NULL;
	struct kan_findings damage = { 0 };
	uint64_t lines = 0;

	acquire("disk.bin", &opts);
	ck_assert_int_eq(sample_sh("ls -A | grep -v '^disk.bin$' | tr '\\n' ' ' > names"), 0);
	ck_assert(record_says("names", "a.E01 a.E01.blocks a.E01.json a.E01.jsonl a.E01.map"));
	ck_assert(!record_says("names", "journal"));
	ck_assert(!record_says("names", ".part"));
	digest = sha256sum("a.E01");
	ck_assert(record_says("a.E01.json", digest));
	free(digest);
	digest = sha256sum("a.E01.json");
	ck_assert(record_says("a.E01.jsonl", digest));
	ck_assert_int_eq(kan_case_log_check("a.E01.jsonl", &damage, &lines, NULL), KAN_OK);
	ck_assert(!kan_findings_have_problem(&damage));
	ck_assert_uint_eq(lines, 4);
	kan_findings_done(&damage);
	ck_assert_int_eq(sample_sh("[ $(wc -l < a.E01.blocks) = %d ]", SIZE_MIB), 0);
}
END_TEST

START_TEST(blocks_can_be_checked_with_stock_tools)
{
	static const char *const paths[] = { "b.raw" };
	struct kan_acquire_opts opts = options(paths, 1);

	acquire("disk.bin", &opts);
	ck_assert_int_eq(sample_sh("want=$(sed -n 8p b.raw.blocks); got=$( (printf '\\000'; dd "
	                           "if=b.raw bs=1M skip=7 count=1 2>/dev/null) | sha256sum | "
	                           "cut -c 1-64); [ \"$want\" = \"$got\" ]"),
	                 0);
}
END_TEST

START_TEST(acquire_gives_the_same_bytes_for_any_number_of_threads)
{
	static const size_t jobs[] = { 1, 3, 8 };
	static const char *const paths[] = { "a.E01" };
	struct kan_acquire_opts opts = options(paths, 1);

	acquire("disk.bin", &opts);
	ck_assert_int_eq(sample_sh("mkdir ref && mv a.E01* ref/"), 0);
	opts.jobs = jobs[_i];
	acquire("disk.bin", &opts);
	expect_same_file("a.E01", "ref/a.E01");
	expect_same_file("a.E01.blocks", "ref/a.E01.blocks");
	expect_same_file("a.E01.map", "ref/a.E01.map");
}
END_TEST

START_TEST(acquire_writes_what_people_said_into_image_and_record)
{
	static const char *const paths[] = { "a.E01" };
	struct kan_acquire_opts opts = options(paths, 1);
	struct kan_record held;

	ck_assert_int_eq(kan_record_value(&opts.people, "case_number", "令和8年第12号", NULL), 0);
	ck_assert_int_eq(kan_record_value(&opts.people, "examiner", "鑑識 太郎", NULL), 0);
	ck_assert_int_eq(kan_record_value(&opts.people, "witness", "𠮟 髙﨑", NULL), 0);
	acquire("disk.bin", &opts);
	ck_assert(record_says("a.E01.json", "令和8年第12号"));
	ck_assert(record_says("a.E01.json", "𠮟 髙﨑"));
	if (sample_has("ewfinfo")) {
		ck_assert_int_eq(sample_sh("LC_ALL=C.UTF-8 ewfinfo -A utf8 a.E01 > info 2>&1 || "
		                           "LC_ALL=C.UTF-8 ewfinfo a.E01 > info"),
		                 0);
		ck_assert(record_says("info", "令和8年第12号"));
		ck_assert(record_says("info", "鑑識 太郎"));
	}
	held = (struct kan_record){ .people = opts.people };
	kan_record_done(&held);
}
END_TEST

/* ---- conversion ---------------------------------------------------------------------- */

static const struct {
	const char *from, *to;
} conversions[] = { { "x.E01", "y.raw" }, { "x.raw", "y.E01" }, { "x.001", "y.dd" },
	            { "x.001", "y.E01" }, { "x.E01", "y.001" }, { "x.E01", "y.E01" } };

START_TEST(acquire_converts_and_carries_the_digests)
{
	const char *first[] = { conversions[_i].from }, *second[] = { conversions[_i].to };
	struct kan_acquire_opts opts = options(first, 1);
	KAN_AUTO(mem) char *md5 = sample_output("md5sum < disk.bin | cut -c 1-32");
	char record[64];

	opts.segment_size = strstr(first[0], ".001") ? 10 * MIB : 0;
	acquire("disk.bin", &opts);
	opts.segment_size = 0;
	opts.destinations = second;
	acquire(first[0], &opts);
	snprintf(record, sizeof(record), "%s.json", second[0]);
	ck_assert(record_says(record, md5));
	if (strstr(first[0], ".E01"))
		ck_assert(record_says(record, "stored_md5"));
	if (!strstr(second[0], ".E01"))
		expect_same_file("disk.bin", second[0]);
	else if (sample_has("ewfverify"))
		ck_assert_int_eq(sample_sh("ewfverify -q %s >/dev/null 2>&1", second[0]), 0);
}
END_TEST

/* ---- what is refused ------------------------------------------------------------------ */

static void expect_refusal(const char *source, const struct kan_acquire_opts *opts, const char *why)
{
	struct kan_acquire_result r = { 0 };
	struct kan_err err = { 0 };

	ck_assert_int_ne(kan_acquire_run(&r, source, opts, &err), KAN_OK);
	ck_assert_msg(strstr(err.msg, why) != NULL, "\"%s\" instead of \"%s\"", err.msg, why);
}

START_TEST(acquire_refuses_what_is_there_already)
{
	static const char *const names[] = { "a.E01", "a.E01.json", "a.E01.jsonl", "a.E01.map",
		                             "a.E01.blocks" };
	static const char *const paths[] = { "a.E01" };
	struct kan_acquire_opts opts = options(paths, 1);

	ck_assert_int_eq(sample_sh("echo mine > %s", names[_i]), 0);
	expect_refusal("disk.bin", &opts, "there already");
	ck_assert_int_eq(sample_sh("[ \"$(cat %s)\" = mine ] && [ $(ls | wc -l) = 2 ]", names[_i]),
	                 0);
}
END_TEST

START_TEST(acquire_refuses_a_size_that_an_e01_cannot_hold)
{
	static const char *const paths[] = { "a.raw", "a.E01" };
	struct kan_acquire_opts opts = options(paths, 2);

	make_media("odd.bin", 1000);
	expect_refusal("odd.bin", &opts, "sector");
	/* Nothing is left of the destination that could have been written. */
	ck_assert_int_eq(sample_sh("[ $(ls | wc -l) = 2 ]"), 0);
	opts.ndestinations = 1;
	acquire("odd.bin", &opts);
	expect_same_file("odd.bin", "a.raw");
}
END_TEST

START_TEST(acquire_refuses_to_write_over_its_source)
{
	static const char *const paths[] = { "./disk.bin.raw" };
	struct kan_acquire_opts opts = options(paths, 1);

	ck_assert_int_eq(sample_sh("ln disk.bin disk.bin.raw"), 0);
	expect_refusal("disk.bin", &opts, "disk.bin");
	ck_assert_int_eq(sample_sh("[ $(stat -c %%s disk.bin) = %u ]", SIZE_MIB * MIB), 0);
}
END_TEST

START_TEST(acquire_refuses_a_source_that_it_would_replace)
{
	static const char *const sources[] = { "a.raw.map", "a.raw.json.part",
		                               "a.raw.journal.part" };
	static const char *const paths[] = { "a.raw" };
	struct kan_acquire_opts opts = options(paths, 1);

	ck_assert_int_eq(
		sample_sh("mv disk.bin %s && sha256sum %s > before", sources[_i], sources[_i]), 0);
	expect_refusal(sources[_i], &opts, "beside it");
	ck_assert_int_eq(sample_sh("sha256sum --quiet -c before && [ $(ls | wc -l) = 2 ]"), 0);
}
END_TEST

START_TEST(acquire_names_what_is_missing)
{
	static const char *const nowhere[] = { "no/such/folder/a.E01" }, *const unknown[] = {
		"a.xyz"
	};
	static const char *const paths[] = { "a.E01" };
	struct kan_acquire_opts opts = options(nowhere, 1);

	expect_refusal("disk.bin", &opts, "no/such/folder/a.E01");
	opts = options(unknown, 1);
	expect_refusal("disk.bin", &opts, "a.xyz");
	opts = options(paths, 1);
	expect_refusal("gone.bin", &opts, "gone.bin");
	ck_assert_int_eq(sample_sh("[ $(ls | wc -l) = 1 ]"), 0);
}
END_TEST

/* ---- what goes wrong on the way ---------------------------------------------------------- */

static bool shorten(void *arg, const struct kan_acquire_status *status)
{
	bool *done = arg;

	if (!*done && status->phase == KAN_ACQUIRE_COPYING)
		*done = truncate("shrinks.bin", MIB) == 0;
	return true;
}

START_TEST(acquire_says_that_the_source_became_shorter)
{
	static const char *const paths[] = { "a.raw" };
	struct kan_acquire_opts opts = options(paths, 1);
	bool done = false;

	make_media("shrinks.bin", 300 * (uint64_t)MIB);
	opts.update = shorten;
	opts.arg = &done;
	expect_refusal("shrinks.bin", &opts, "became shorter");
	ck_assert(kan_case_log_check("a.raw.jsonl", NULL, NULL, NULL) == KAN_OK);
	ck_assert_int_eq(sample_sh("test -e a.raw.journal && ! test -e a.raw.json"), 0);
}
END_TEST

START_TEST(acquire_goes_on_when_one_destination_is_full)
{
	static const char *const paths[] = { "small/a.raw", "b.raw" };
	struct kan_acquire_opts opts = options(paths, 2);
	KAN_DEFER(kan_acquire_result_done) struct kan_acquire_result r = { 0 };
	int rc;

	if (sample_sh("mkdir small && mount -t tmpfs -o size=20m tmpfs small 2>/dev/null") != 0) {
		puts("SKIP: no mount here");
		return;
	}
	rc = kan_acquire_run(&r, "disk.bin", &opts, NULL);
	ck_assert_int_eq(sample_sh("ls small > left; umount small"), 0);
	ck_assert_int_eq(rc, KAN_OK);
	ck_assert(r.destinations[0].failed);
	ck_assert_ptr_nonnull(strstr(r.destinations[0].err.msg, "No space left"));
	ck_assert(!r.destinations[1].failed);
	expect_same_file("disk.bin", "b.raw");
	ck_assert(record_says("left", "a.raw.journal"));
}
END_TEST

START_TEST(source_that_changes_while_it_is_read_is_told_once)
{
	KAN_DEFER(kan_origin_done) struct kan_origin o = { 0 };

	ck_assert_int_eq(kan_origin_open(&o, "disk.bin", "", NULL), KAN_OK);
	ck_assert_int_eq(kan_origin_check_unchanged(&o, NULL), KAN_OK);
	ck_assert_uint_eq(o.findings.n, 0);
	ck_assert_int_eq(sample_sh("touch -d '2001-01-01' disk.bin"), 0);
	for (int i = 0; i < 3; i++)
		ck_assert_int_eq(kan_origin_check_unchanged(&o, NULL), KAN_OK);
	ck_assert_uint_eq(o.findings.n, 1);
	ck_assert(kan_findings_have_problem(&o.findings));
	ck_assert_int_eq(sample_sh("truncate -s -1 disk.bin"), 0);
	ck_assert_int_eq(kan_origin_check_unchanged(&o, NULL), KAN_EIO);
}
END_TEST

static Suite *suite(void)
{
	Suite *s = suite_create("acquire");
	TCase *written = tcase_create("written"), *refused = tcase_create("refused");
	TCase *wrong = tcase_create("wrong");

	tcase_add_checked_fixture(written, setup, sample_teardown);
	tcase_add_checked_fixture(refused, setup, sample_teardown);
	tcase_add_checked_fixture(wrong, setup, sample_teardown);
	tcase_add_test(written, acquire_writes_several_destinations_at_once);
	tcase_add_test(written, source_that_changes_while_it_is_read_is_told_once);
	tcase_add_test(written, acquire_gives_the_digests_of_the_media);
	tcase_add_test(written, acquire_leaves_record_map_blocks_and_log_and_no_journal);
	tcase_add_test(written, blocks_can_be_checked_with_stock_tools);
	tcase_add_loop_test(written, acquire_gives_the_same_bytes_for_any_number_of_threads, 0, 3);
	tcase_add_test(written, acquire_writes_what_people_said_into_image_and_record);
	tcase_add_loop_test(written, acquire_converts_and_carries_the_digests, 0,
	                    sizeof(conversions) / sizeof(conversions[0]));
	tcase_add_loop_test(refused, acquire_refuses_what_is_there_already, 0, 5);
	tcase_add_test(refused, acquire_refuses_a_size_that_an_e01_cannot_hold);
	tcase_add_test(refused, acquire_refuses_to_write_over_its_source);
	tcase_add_loop_test(refused, acquire_refuses_a_source_that_it_would_replace, 0, 3);
	tcase_add_test(refused, acquire_names_what_is_missing);
	tcase_add_test(wrong, acquire_says_that_the_source_became_shorter);
	tcase_add_test(wrong, acquire_goes_on_when_one_destination_is_full);
	suite_add_tcase(s, written);
	suite_add_tcase(s, refused);
	suite_add_tcase(s, wrong);
	return s;
}

RUN_SUITE(suite)
