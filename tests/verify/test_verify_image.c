/* SPDX-License-Identifier: MIT */
/*
 * test_verify_image.c - verdicts over real E01 sets, beside those of ewfverify
 */
#include "kanshiki/verify.h"
#include "core/cleanup.h"
#include "suite.h"

#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

KAN_DEFINE_DROP(image, struct kan_image *, kan_image_close)

static void kan_drop_result(struct kan_verify_result *r)
{
	kan_verify_result_done(r);
}

static void kan_drop_file(FILE **f)
{
	if (*f)
		fclose(*f);
}

static const char *const sets[] = {
	"log2timeline+dfvfs/test_data/ext2.E01",
	"log2timeline+dfvfs/test_data/ext2.split.E01",
	"log2timeline+plaso/test_data/image.E01",
	"keramics+keramics/test_data/ewf/ext2.E01",
	"sleuthkit+sleuthkit/test/data/image.E01",
	"sleuthkit+sleuthkit/test/data/imageformat_mmls_1.E01",
	"hostile/forged-table-original.E01",
	"hostile/forged-table.E01",
};

enum { NSETS = sizeof(sets) / sizeof(sets[0]) };

static bool is_there(const char *path)
{
	if (access(path, R_OK) == 0)
		return true;
	printf("SKIP: %s is not there\n", path);
	return false;
}

/*
 * The MD5 that ewfverify computes over @path ("" if it prints none), and whether it
 * is content; false if it is not installed.
 */
static bool ask_ewfverify(const char *path, char md5[33], bool *content)
{
	char command[4200], line[512];
	FILE *f;
	int status;

	snprintf(command, sizeof(command), "ewfverify '%s' 2>/dev/null", path);
	f = popen(command, "r");
	ck_assert_ptr_nonnull(f);
	md5[0] = '\0';
	while (fgets(line, sizeof(line), f))
		if (strstr(line, "MD5 hash calculated over data:"))
			ck_assert_int_eq(sscanf(line, "%*[^:]: %32s", md5), 1);
	status = pclose(f);
	*content = status == 0;
	if (WIFEXITED(status) && WEXITSTATUS(status) == 127)
		printf("SKIP: ewfverify is not installed\n");
	return !WIFEXITED(status) || WEXITSTATUS(status) != 127;
}

static void verify(struct kan_verify_result *r, const char *path)
{
	const struct kan_verify_opts opts = { .jobs = 2 };
	KAN_AUTO(image) struct kan_image *img = NULL;
	struct kan_err err = { 0 };
	int rc = kan_image_open(&img, path, NULL, &err);

	ck_assert_msg(rc == KAN_OK, "%s", err.msg);
	rc = kan_verify_image(r, img, &opts, &err);
	ck_assert_msg(rc == KAN_OK, "%s", err.msg);
}

START_TEST(verify_agrees_with_ewfverify)
{
	KAN_AUTO(result) struct kan_verify_result r = { .nitems = 0 };
	char path[4096], theirs[33], ours[2 * KAN_DIGEST_MAX + 1];
	bool content;

	snprintf(path, sizeof(path), "%s/%s", KAN_FIXTURES, sets[_i]);
	if (!is_there(path) || !ask_ewfverify(path, theirs, &content))
		return;
	verify(&r, path);
	ck_assert_int_eq(r.verdict == KAN_VERDICT_MATCH, content);
	ck_assert_uint_ge(r.nitems, 1);
	ck_assert_str_eq(r.items[0].computed.algo->name, "md5");
	kan_hash_hex(ours, r.items[0].computed.bytes, r.items[0].computed.algo->digest_len);
	if (content)
		ck_assert_str_eq(ours, theirs);
}
END_TEST

/* A copy of @from with all bits of the byte at @at turned over; the caller unlinks it. */
static void copy_with_damage(char *to, const char *from, long at)
{
	KAN_AUTO(file) FILE *in = fopen(from, "rb");
	KAN_AUTO(file) FILE *out = NULL;
	int fd = mkstemps(to, 4), c;

	ck_assert_int_ge(fd, 0);
	out = fdopen(fd, "wb");
	ck_assert(in && out);
	for (long i = 0; (c = getc(in)) != EOF; i++)
		ck_assert_int_ne(putc(i == at ? c ^ 0xff : c, out), EOF);
}

/* Verify ext2.E01 with the byte at @at damaged; false if it is not there. */
static bool verify_damaged(struct kan_verify_result *r, long at)
{
	char copy[] = "/tmp/kan-verify-XXXXXX.E01";
	char path[4096];

	snprintf(path, sizeof(path), "%s/%s", KAN_FIXTURES, sets[0]);
	if (!is_there(path))
		return false;
	copy_with_damage(copy, path, at);
	verify(r, copy);
	unlink(copy);
	return true;
}

static const struct kan_finding *finding(const struct kan_verify_result *r,
                                         enum kan_finding_kind kind)
{
	for (size_t i = 0; i < r->findings.n; i++)
		if (r->findings.list[i].kind == kind)
			return &r->findings.list[i];
	return NULL;
}

/* In compressed chunks that hold more than zeros. */
static const long in_data[] = { 1960, 2300, 3000 };

START_TEST(verify_blames_a_damaged_chunk)
{
	KAN_AUTO(result) struct kan_verify_result r = { .nitems = 0 };
	const struct kan_finding *gap, *mismatch;

	if (!verify_damaged(&r, in_data[_i]))
		return;
	ck_assert_int_eq(r.verdict, KAN_VERDICT_MISMATCH);
	ck_assert_uint_eq(r.bytes_unreadable, 32768);
	gap = finding(&r, KAN_FINDING_CHECKSUM);
	mismatch = finding(&r, KAN_FINDING_HASH_MISMATCH);
	ck_assert(gap && mismatch);
	ck_assert_uint_eq(gap->length, 32768);
	ck_assert_ptr_nonnull(
		strstr(mismatch->detail, "; 32768 unreadable bytes were taken as zeros"));
}
END_TEST

/*
 * In compressed chunks of zeros: what takes their place is what they held, and the
 * digest proves it.  The damage stays a finding.
 */
static const long in_zeros[] = { 4000, 8000 };

START_TEST(verify_matches_where_the_damaged_chunk_held_zeros)
{
	KAN_AUTO(result) struct kan_verify_result r = { .nitems = 0 };

	if (!verify_damaged(&r, in_zeros[_i]))
		return;
	ck_assert_int_eq(r.verdict, KAN_VERDICT_MATCH);
	ck_assert_uint_eq(r.bytes_unreadable, 32768);
	ck_assert_ptr_nonnull(finding(&r, KAN_FINDING_CHECKSUM));
	ck_assert(kan_findings_have_problem(&r.findings));
}
END_TEST

static Suite *verify_image_suite(void)
{
	Suite *s = suite_create("verify image");
	TCase *tc = tcase_create("E01");

	tcase_add_loop_test(tc, verify_agrees_with_ewfverify, 0, NSETS);
	tcase_add_loop_test(tc, verify_blames_a_damaged_chunk, 0,
	                    sizeof(in_data) / sizeof(in_data[0]));
	tcase_add_loop_test(tc, verify_matches_where_the_damaged_chunk_held_zeros, 0,
	                    sizeof(in_zeros) / sizeof(in_zeros[0]));
	tcase_set_timeout(tc, 60);
	suite_add_tcase(s, tc);
	return s;
}

RUN_SUITE(verify_image_suite)
