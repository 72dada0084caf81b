/* SPDX-License-Identifier: MIT */
/*
 * test_sidecar_memory.c - verifying with a record survives every allocation that fails
 */
#include "core/cleanup.h"
#include "failing_memory.h"
#include "image/image_check.h"
#include "kanshiki/verify.h"
#include "suite.h"

static char dir[MADE_DIR];
static char image[MADE_PATH];

/* An image of one short block, its record and its leaf. */
static void set_up(void)
{
	KAN_DEFER(kan_record_done) struct kan_record r = { .media_size = 700, .sector_size = 512 };
	KAN_DEFER(kan_buf_done) struct kan_buf json = { 0 }, blocks = { 0 };
	static const uint8_t media[700] = "not all zeros";
	uint8_t leaf[KAN_TREE_HASH];
	char path[MADE_PATH + 16];

	made_folder(dir);
	snprintf(image, sizeof(image), "%s/x.dd", dir);
	made_store(image, media, sizeof(media));
	ck_assert_int_eq(kan_tree_leaf(leaf, media, sizeof(media), NULL), KAN_OK);
	kan_hash_hex(r.tree_root, leaf, sizeof(leaf)); /* of one leaf it is the leaf */
	r.tree_leaves = 1;
	kan_record_write(&json, &r);
	kan_buf_printf(&blocks, "%s\n", r.tree_root);
	snprintf(path, sizeof(path), "%s.json", image);
	made_store(path, (const uint8_t *)json.data, json.len);
	snprintf(path, sizeof(path), "%s.blocks", image);
	made_store(path, (const uint8_t *)blocks.data, blocks.len);
	made_flip(image, 600);
}

static void tear_down(void)
{
	memory_fail_at(0);
	made_remove(dir);
}

static int verify(struct kan_verify_result *r, struct kan_image *img, struct kan_err *err)
{
	const struct kan_verify_opts opts = { .jobs = 1, .record = true };

	return kan_verify_image(r, img, &opts, err);
}

static int prove(struct kan_verify_block *b, struct kan_image *img, struct kan_err *err)
{
	return kan_verify_block(b, img, 0, err);
}

/* A problem is never lost: it is in the findings, or they say that some were dropped. */
START_TEST(verify_with_a_record_tells_of_every_allocation_that_fails)
{
	bool failed;
	long n = 0;

	if (!KAN_MEMORY_CAN_FAIL) {
		printf("SKIP: this build brings an allocator of its own\n");
		return;
	}
	do {
		KAN_AUTO(image) struct kan_image *img = must_open(image);
		struct kan_verify_result r = { .nitems = 0 };
		struct kan_err err = { 0 };
		int rc;

		memory_fail_at(++n);
		rc = verify(&r, img, &err);
		failed = memory_has_failed();
		memory_fail_at(0);
		ck_assert_msg(rc == KAN_OK || (failed && err.msg[0]), "call %ld: %d", n, rc);
		ck_assert_msg(rc != KAN_OK || kan_findings_have_problem(&r.findings), "call %ld",
		              n);
		kan_verify_result_done(&r);
	} while (failed && n < 100000);
	ck_assert_int_gt(n, 20);
}
END_TEST

START_TEST(a_block_is_never_proven_for_lack_of_memory)
{
	bool failed;
	long n = 0;

	if (!KAN_MEMORY_CAN_FAIL) {
		printf("SKIP: this build brings an allocator of its own\n");
		return;
	}
	do {
		KAN_AUTO(image) struct kan_image *img = must_open(image);
		struct kan_verify_block b = { 0 };
		struct kan_err err = { 0 };
		int rc;

		memory_fail_at(++n);
		rc = prove(&b, img, &err);
		failed = memory_has_failed();
		memory_fail_at(0);
		ck_assert_msg(rc == KAN_OK || (failed && err.msg[0]), "call %ld: %d", n, rc);
		ck_assert_msg(rc != KAN_OK || b.verdict == KAN_VERDICT_MISMATCH, "call %ld", n);
		kan_verify_block_done(&b);
	} while (failed && n < 100000);
	ck_assert_int_gt(n, 10);
}
END_TEST

static Suite *sidecar_memory_suite(void)
{
	Suite *s = suite_create("sidecar_memory");
	TCase *t = tcase_create("memory");

	tcase_add_checked_fixture(t, set_up, tear_down);
	tcase_add_test(t, verify_with_a_record_tells_of_every_allocation_that_fails);
	tcase_add_test(t, a_block_is_never_proven_for_lack_of_memory);
	suite_add_tcase(s, t);
	return s;
}

RUN_SUITE(sidecar_memory_suite)
