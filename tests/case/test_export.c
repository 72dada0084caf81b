/* SPDX-License-Identifier: MIT */
/*
 * test_export.c - evidence, findings and coverage reach the store and the small files
 */
#include "case/sample.h"
#include "suite.h"

#include <stdint.h>

static struct kan_segment segments[] = {
	{ (char[]){ "/mnt/evidence/disk \xe8\xa8\xbc.E01" }, 1000, false },
	{ (char[]){ "disk\n.E02" }, 0, true },
};
static struct kan_stored_hash hashes[] = {
	{ "md5", "0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f" },
	{ "sha1", "1111111111111111111111111111111111111111" },
};
static struct kan_header_value header[] = {
	{ (char[]){ "case_number" }, (char[]){ "=2+5\t\"x\"" } },
	{ (char[]){ "description" }, (char[]){ "\xe6\x8a\xbc\xe5\x8f\x8e\xe5\x93\x81 \xff" } },
};
static const struct kan_image_info info = {
	.format = "ewf",
	.variant = "EnCase 6",
	.size = UINT64_MAX,
	.sector_size = 512,
	.chunk_size = 32768,
	.segments = segments,
	.nsegments = 2,
	.hashes = hashes,
	.nhashes = 2,
	.values = header,
	.nvalues = 2,
};
static struct kan_volume volumes[] = {
	{ 1, 0, 512, "dos", "metadata", "Primary Table (#0)" },
	{ 2, 65536, 1u << 20, "dos", "allocated", "NTFS / exFAT (0x07)" },
};
static struct kan_filesystem filesystems[] = {
	{ 1, 2, KAN_FS_READABLE, "ntfs", "1234-ABCD",
	  "\xe3\x83\x87\xe3\x82\xa3\xe3\x82\xb9\xe3\x82\xaf", 65536, 1u << 20, 4096, 0, 255, 0, 64,
	  5, 0 },
};
static const struct kan_layout layout = { volumes, 2, filesystems, 1 };

static void add_all(struct kan_case *c)
{
	struct kan_verify_result verified = { .nitems = 1,
		                              .bytes_read = 500,
		                              .bytes_unreadable = 12,
		                              .verdict = KAN_VERDICT_MISMATCH };
	struct kan_evidence ev = { 1, "disk \xe8\xa8\xbc.E01", &info, &verified, &layout };
	struct kan_evidence bare = { 2, "b", &info, NULL, NULL };
	struct kan_findings found = { 0 };
	struct kan_coverage row = { 1,          "image",       "media", "complete", "",
		                    "-1,\"x\"", KAN_NO_OFFSET, 0,       17 };

	verified.items[0] = (struct kan_verify_item){ .computed.algo = kan_hash_find("md5"),
		                                      .verdict = KAN_VERDICT_MATCH };
	memset(verified.items[0].computed.bytes, 0x0f, 16);
	memcpy(verified.items[0].stored, hashes[0].hex, sizeof("0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f"));
	ck_assert_int_eq(kan_case_add_evidence(c, &ev, NULL), KAN_OK);
	ck_assert_int_eq(kan_case_add_evidence(c, &bare, NULL), KAN_OK);
	kan_findings_add(&found, KAN_FINDING_CHECKSUM, 4096, 512, "disk.E01", "bad chunk %d", 3);
	kan_findings_add(&found, KAN_FINDING_ENCRYPTED, 7, 9, "volume 2\x07", "BitLocker");
	kan_findings_add(&found, KAN_FINDING_NOTE, KAN_NO_OFFSET, 0, "disk.E01", "fine");
	found.dropped = 4;
	ck_assert_int_eq(kan_case_add_findings(c, 1, "verify", &found, NULL), KAN_OK);
	kan_findings_done(&found);
	ck_assert_int_eq(kan_case_add_coverage(c, &row, NULL), KAN_OK);
}

static void make(void)
{
	KAN_AUTO(case) struct kan_case *c = sample_case("c");

	add_all(c);
	sample_finish(c);
}

static const struct {
	const char *jq;
	const char *expected;
} questions[] = {
	{ ".schema, (.evidence | length)", "1\n2" },
	{ "keys_unsorted | join(\" \")", "schema tool evidence" },
	{ ".evidence[0] | keys_unsorted | join(\" \")",
	  "number name format variant size sector_size chunk_size verdict bytes_read "
	  "bytes_unreadable"
	  " segments header digests volumes filesystems findings" },
	{ ".evidence[0] | .name, .size, .verdict, .bytes_read, .bytes_unreadable",
	  "disk \xe8\xa8\xbc.E01\n18446744073709551615\nmismatch\n500\n12" },
	{ ".evidence[1] | .verdict, .bytes_read, (.volumes | length)", "null\nnull\n0" },
	{ ".evidence[0].segments[] | [.number, .name, .size, .missing] | @tsv",
	  "1\tdisk \xe8\xa8\xbc.E01\t1000\tfalse\n2\tdisk\\\\x0a.E02\t0\ttrue" },
	{ ".evidence[0].header[].value",
	  "=2+5\\x09\"x\"\n\xe6\x8a\xbc\xe5\x8f\x8e\xe5\x93\x81 \\xff" },
	{ ".evidence[0].digests[] | .algorithm, .computed, .stored, .verdict",
	  "md5\n0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f\n0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f\nmatch\n"
	  "sha1\nnull\n1111111111111111111111111111111111111111\nunchecked" },
	{ ".evidence[1].digests[] | .algorithm, .computed, .verdict",
	  "md5\nnull\nunchecked\nsha1\nnull\nunchecked" },
	{ ".evidence[0].volumes[1] | [.[]] | @csv",
	  "2,65536,1048576,\"dos\",\"allocated\",\"NTFS / exFAT (0x07)\"" },
	{ ".evidence[0].filesystems[0] | [.[]] | @csv",
	  "1,2,\"readable\",\"ntfs\",\"1234-ABCD\","
	  "\"\xe3\x83\x87\xe3\x82\xa3\xe3\x82\xb9\xe3\x82\xaf\","
	  "65536,1048576,4096,0,255,0,64,5,0" },
	{ ".evidence[0].findings[] | [.stage, .kind, .problem, .offset, .length, .subject] | @csv",
	  "\"verify\",\"checksum\",true,4096,512,\"disk.E01\"\n"
	  "\"verify\",\"encrypted\",true,7,9,\"volume 2\\x07\"\n"
	  "\"verify\",\"note\",false,,,\"disk.E01\"\n"
	  "\"verify\",\"limit\",true,,,\"findings\"" },
	{ ".evidence[1].findings", "[]" },
};

START_TEST(evidence_json_says_what_was_examined)
{
	char command[1024];

	if (!sample_has("jq"))
		return;
	make();
	snprintf(command, sizeof(command), "jq -r '%s' c/evidence.json", questions[_i].jq);
	sample_prints(command, questions[_i].expected);
}
END_TEST

START_TEST(evidence_json_holds_no_clock_host_folder_or_control_character)
{
	make();
	ck_assert_int_eq(
		sample_sh("! grep -q \"/mnt\\|$(hostname)\\|$(date +%%Y)\" c/evidence.json"), 0);
	ck_assert_int_eq(
		sample_sh("! tr -d '\\n' <c/evidence.json | LC_ALL=C grep -q '[[:cntrl:]]'"), 0);
}
END_TEST

START_TEST(coverage_csv_is_the_table_of_the_store)
{
	make();
	sample_prints(
		"cat c/coverage.csv",
		"evidence,stage,subject,status,reason,detail,offset,length,count\n"
		"1,verify,disk.E01,partial,checksum,bad chunk 3,4096,512,\n"
		"1,verify,volume 2\\x07,none,encrypted,BitLocker,7,9,\n"
		"1,verify,findings,partial,limit,4 more findings were counted and not kept,,,\n"
		"1,image,media,complete,,\"'-1,\"\"x\"\"\",,,17");
}
END_TEST

START_TEST(store_tells_findings_and_evidence_to_sqlite)
{
	if (!sample_has("sqlite3"))
		return;
	make();
	sample_prints(
		"sqlite3 -separator , c/case.db 'SELECT id, kind, problem, offset IS NULL FROM"
		" finding; SELECT count(*), sum(problem) FROM finding;"
		" SELECT size, typeof(size), segments, verdict FROM evidence;"
		" SELECT max(typeof(count)), min(typeof(count)) FROM coverage'",
		"1,checksum,1,0\n2,encrypted,1,0\n3,note,0,1\n4,limit,1,1\n4,3\n"
		"18446744073709551615,text,2,mismatch\n18446744073709551615,text,2,\n"
		"null,integer");
}
END_TEST

START_TEST(coverage_of_an_unknown_status_is_refused)
{
	KAN_AUTO(case) struct kan_case *c = sample_case("c");
	struct kan_coverage row = { 1, "image", "media", "mostly", "", "", 0, 1, 1 };
	struct kan_err err = { 0 };

	ck_assert_int_eq(kan_case_add_coverage(c, &row, &err), KAN_EARG);
	ck_assert_ptr_nonnull(strstr(err.msg, "mostly"));
	row.status = "none";
	ck_assert_int_eq(kan_case_add_coverage(c, &row, NULL), KAN_OK);
	sample_finish(c);
}
END_TEST

START_TEST(evidence_of_the_same_number_is_refused)
{
	KAN_AUTO(case) struct kan_case *c = sample_case("c");
	struct kan_evidence ev = { 1, "a", &info, NULL, NULL };

	ck_assert_int_eq(kan_case_add_evidence(c, &ev, NULL), KAN_OK);
	ck_assert_int_eq(kan_case_add_evidence(c, &ev, NULL), KAN_EARG);
	ck_assert_int_ne(kan_case_finish(c, false, NULL), KAN_OK);
}
END_TEST

START_TEST(evidence_json_of_many_findings_is_whole)
{
	enum { MANY = 20000 };
	struct kan_findings found = { 0 };
	struct kan_case *c = sample_case("c");

	add_all(c);
	for (int i = 0; i < MANY; i++)
		kan_findings_add(&found, KAN_FINDING_UNPARSED, KAN_NO_OFFSET, 0, "/file", "n %d",
		                 i);
	ck_assert_int_eq(kan_case_add_findings(c, 2, "files", &found, NULL), KAN_OK);
	sample_finish(c);
	kan_case_close(c);
	kan_findings_done(&found);
	sample_prints("wc -l <c/coverage.csv", "20005");
	if (sample_has("jq"))
		sample_prints("jq '.evidence[1].findings | length' c/evidence.json", "20000");
}
END_TEST

static Suite *export_suite(void)
{
	Suite *s = suite_create("export");
	TCase *tc = tcase_create("evidence");

	tcase_add_checked_fixture(tc, sample_setup, sample_teardown);
	tcase_add_loop_test(tc, evidence_json_says_what_was_examined, 0,
	                    sizeof(questions) / sizeof(questions[0]));
	tcase_add_test(tc, evidence_json_holds_no_clock_host_folder_or_control_character);
	tcase_add_test(tc, store_tells_findings_and_evidence_to_sqlite);
	tcase_add_test(tc, evidence_of_the_same_number_is_refused);
	tcase_add_test(tc, evidence_json_of_many_findings_is_whole);
	suite_add_tcase(s, tc);
	tc = tcase_create("coverage");
	tcase_add_checked_fixture(tc, sample_setup, sample_teardown);
	tcase_add_test(tc, coverage_csv_is_the_table_of_the_store);
	tcase_add_test(tc, coverage_of_an_unknown_status_is_refused);
	suite_add_tcase(s, tc);
	return s;
}

RUN_SUITE(export_suite)
