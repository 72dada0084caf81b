/* SPDX-License-Identifier: MIT */
/*
 * test_sidecar.c - an image against the record beside it, and a second reader
 *
 * Records are made here, with leaves and digests computed by this test; the test of the
 * command makes them with stock tools.
 */
#include "image/image_check.h"
#include "kanshiki/verify.h"
#include "suite.h"

#define BLOCK KAN_TREE_BLOCK
#define MEDIA (3u * BLOCK + 4096u) /* four blocks */

static char dir[MADE_DIR];
static char image[MADE_PATH];
static uint8_t *media;

KAN_DEFINE_DROP(tree, struct kan_tree *, kan_tree_free)

static void kan_drop_result(struct kan_verify_result *r)
{
	kan_verify_result_done(r);
}

static void write_beside(const char *suffix, const void *data, size_t len)
{
	char path[MADE_PATH + 16];

	snprintf(path, sizeof(path), "%s%s", image, suffix);
	made_store(path, data, len);
}

static void sha256_of(char *hex, const void *data, size_t len)
{
	const struct kan_hash *sha256 = kan_hash_find("sha256");
	uint8_t digest[KAN_DIGEST_MAX];
	void *state = NULL;

	ck_assert_int_eq(sha256->open(&state, NULL), KAN_OK);
	ck_assert_int_eq(sha256->update(state, data, len, NULL), KAN_OK);
	ck_assert_int_eq(sha256->finish(state, digest, NULL), KAN_OK);
	sha256->close(state);
	kan_hash_hex(hex, digest, sha256->digest_len);
}

/* The leaves of the media as it is now. */
static struct kan_tree *tree_of(const uint8_t *data, uint64_t size)
{
	struct kan_tree *t = NULL;

	ck_assert_int_eq(kan_tree_new(&t, size, NULL), KAN_OK);
	for (uint64_t at = 0; at < size; at += BLOCK) {
		uint8_t leaf[KAN_TREE_HASH];
		size_t len = size - at < BLOCK ? (size_t)(size - at) : BLOCK;

		ck_assert_int_eq(kan_tree_leaf(leaf, data + at, len, NULL), KAN_OK);
		kan_tree_set(t, at / BLOCK, leaf);
	}
	return t;
}

/* Write IMAGE.json and IMAGE.blocks; @edit (may be NULL) changes the record first. */
static void write_record(const char *name, void (*edit)(struct kan_record *r))
{
	KAN_DEFER(kan_record_done)
	struct kan_record r = { .media_size = MEDIA, .sector_size = 512 };
	KAN_DEFER(kan_buf_done) struct kan_buf json = { 0 }, blocks = { 0 };
	KAN_AUTO(tree) struct kan_tree *t = tree_of(media, MEDIA);
	uint8_t root[KAN_TREE_HASH];
	size_t len;
	KAN_AUTO(mem) uint8_t *file = made_load(image, &len);

	ck_assert_int_eq(kan_tree_root(root, t, NULL), KAN_OK);
	kan_hash_hex(r.tree_root, root, sizeof(root));
	r.tree_leaves = kan_tree_leaves(t);
	r.tool = strdup("a test");
	r.digests = calloc(1, sizeof(*r.digests));
	r.segments = calloc(1, sizeof(*r.segments));
	ck_assert(r.tool && r.digests && r.segments);
	r.ndigests = r.nsegments = 1;
	snprintf(r.digests[0].algorithm, sizeof(r.digests[0].algorithm), "sha256");
	sha256_of(r.digests[0].hex, media, MEDIA);
	r.segments[0].name = strdup(name);
	r.segments[0].size = len;
	sha256_of(r.segments[0].sha256, file, len);
	if (edit)
		edit(&r);
	kan_record_write(&json, &r);
	kan_tree_write(&blocks, t, 0, kan_tree_leaves(t));
	write_beside(".json", json.data, json.len);
	write_beside(".blocks", blocks.data, blocks.len);
}

static void set_up(void)
{
	made_folder(dir);
	snprintf(image, sizeof(image), "%s/x.dd", dir);
	media = malloc(MEDIA);
	ck_assert_ptr_nonnull(media);
	for (size_t i = 0; i < MEDIA; i++)
		media[i] = made_byte(i);
	made_store(image, media, MEDIA);
}

static void tear_down(void)
{
	free(media);
	made_remove(dir);
}

static void verify_with(struct kan_verify_result *r, size_t jobs, bool tree)
{
	const struct kan_verify_opts opts = { .jobs = jobs, .record = true, .tree = tree };
	KAN_AUTO(image) struct kan_image *img = must_open(image);
	struct kan_err err = { 0 };

	ck_assert_msg(kan_verify_image(r, img, &opts, &err) == KAN_OK, "%s", err.msg);
}

static void expect(const struct kan_verify_result *r, enum kan_verify_check_id id,
                   enum kan_verdict verdict)
{
	ck_assert_msg(r->checks[id].asked, "%s", kan_verify_check_name(id));
	ck_assert_msg(r->checks[id].verdict == verdict, "%s is %s", kan_verify_check_name(id),
	              kan_verdict_name(r->checks[id].verdict));
}

static const struct kan_finding *record_finding(const struct kan_verify_result *r, const char *text)
{
	for (size_t i = 0; i < r->findings.n; i++)
		if (r->findings.list[i].kind == KAN_FINDING_RECORD &&
		    strstr(r->findings.list[i].detail, text))
			return &r->findings.list[i];
	return NULL;
}

/* ---- the record -------------------------------------------------------------------------- */

START_TEST(sidecar_proves_an_image_that_is_as_it_was)
{
	static const size_t jobs[] = { 1, 2, 3, 8, 16 };

	write_record("x.dd", NULL);
	for (size_t i = 0; i < sizeof(jobs) / sizeof(jobs[0]); i++) {
		KAN_AUTO(result) struct kan_verify_result r = { .nitems = 0 };

		verify_with(&r, jobs[i], false);
		for (int id = KAN_CHECK_RECORD; id <= KAN_CHECK_RECORD_TREE; id++)
			expect(&r, (enum kan_verify_check_id)id, KAN_VERDICT_MATCH);
		ck_assert_int_eq(r.verdict, KAN_VERDICT_MATCH);
		ck_assert(!kan_findings_have_problem(&r.findings));
		ck_assert_uint_eq(r.blocks_proven, 4);
		ck_assert_uint_eq(r.bytes_proven, MEDIA);
		ck_assert_int_eq(r.items[0].record_verdict, KAN_VERDICT_MATCH);
	}
}
END_TEST

START_TEST(sidecar_that_is_not_there_is_no_problem)
{
	KAN_AUTO(result) struct kan_verify_result r = { .nitems = 0 };

	verify_with(&r, 2, false);
	expect(&r, KAN_CHECK_RECORD, KAN_VERDICT_UNCHECKED);
	ck_assert(!r.checks[KAN_CHECK_RECORD_TREE].asked);
	ck_assert(!kan_findings_have_problem(&r.findings));
	ck_assert_int_eq(r.verdict, KAN_VERDICT_UNCHECKED);
}
END_TEST

/* Blocks that are damaged, as bits, and what must come out as ranges. */
static const struct {
	unsigned damaged;
	size_t n;
	struct kan_record_range ranges[2];
} damages[] = {
	{ 0x1, 1, { { 0, BLOCK } } },
	{ 0x2, 1, { { BLOCK, BLOCK } } },
	{ 0x6, 1, { { BLOCK, 2 * BLOCK } } },
	{ 0x5, 2, { { 0, BLOCK }, { 2 * BLOCK, BLOCK } } },
	{ 0x8, 1, { { 3 * BLOCK, 4096 } } },
	{ 0xd, 2, { { 0, BLOCK }, { 2 * BLOCK, BLOCK + 4096 } } },
	{ 0xf, 1, { { 0, MEDIA } } },
};

START_TEST(sidecar_names_exactly_the_blocks_that_differ)
{
	KAN_AUTO(result) struct kan_verify_result r = { .nitems = 0 };
	const struct kan_verify_check *c = &r.checks[KAN_CHECK_RECORD_TREE];
	uint64_t lost = 0;

	write_record("x.dd", NULL);
	for (unsigned i = 0; i < 4; i++)
		if ((damages[_i].damaged >> i & 1) != 0)
			made_flip(image, (uint64_t)i * BLOCK + 77 * i);
	verify_with(&r, 2, false);
	expect(&r, KAN_CHECK_RECORD_TREE, KAN_VERDICT_MISMATCH);
	ck_assert_int_eq(r.verdict, KAN_VERDICT_MISMATCH);
	ck_assert(kan_findings_have_problem(&r.findings));
	ck_assert_uint_eq(c->nranges, damages[_i].n);
	for (size_t i = 0; i < c->nranges; i++) {
		ck_assert_uint_eq(c->ranges[i].offset, damages[_i].ranges[i].offset);
		ck_assert_uint_eq(c->ranges[i].length, damages[_i].ranges[i].length);
		lost += c->ranges[i].length;
	}
	ck_assert_uint_eq(r.bytes_proven, MEDIA - lost);
	ck_assert_uint_eq(r.blocks_recorded, 4);
	ck_assert_uint_eq(r.blocks_proven, 4 - (unsigned)__builtin_popcount(damages[_i].damaged));
}
END_TEST

START_TEST(sidecar_proves_what_is_left_of_an_image_that_was_cut)
{
	KAN_AUTO(result) struct kan_verify_result r = { .nitems = 0 };
	const struct kan_verify_check *c = &r.checks[KAN_CHECK_RECORD_TREE];

	write_record("x.dd", NULL);
	ck_assert_int_eq(truncate(image, BLOCK + 512), 0);
	verify_with(&r, 2, false);
	ck_assert_uint_eq(r.blocks_proven, 1);
	ck_assert_uint_eq(c->nranges, 1);
	ck_assert_uint_eq(c->ranges[0].offset, BLOCK);
	ck_assert_uint_eq(c->ranges[0].length, MEDIA - BLOCK);
	expect(&r, KAN_CHECK_RECORD, KAN_VERDICT_MISMATCH);
	ck_assert_ptr_nonnull(record_finding(&r, "were recorded"));
}
END_TEST

START_TEST(sidecar_proves_what_was_there_before_more_was_added)
{
	KAN_AUTO(result) struct kan_verify_result r = { .nitems = 0 };
	const struct kan_verify_check *c = &r.checks[KAN_CHECK_RECORD_TREE];

	write_record("x.dd", NULL);
	ck_assert_int_eq(truncate(image, 5 * BLOCK), 0);
	verify_with(&r, 2, false);
	ck_assert_uint_eq(r.blocks_proven, 3);
	ck_assert_uint_eq(c->nranges, 1);
	ck_assert_uint_eq(c->ranges[0].offset, 3 * BLOCK);
	ck_assert_uint_eq(c->ranges[0].length, 2 * BLOCK);
}
END_TEST

static void other_digest(struct kan_record *r)
{
	r->digests[0].hex[5] = r->digests[0].hex[5] == '0' ? '1' : '0';
}

static void other_root(struct kan_record *r)
{
	r->tree_root[5] = r->tree_root[5] == '0' ? '1' : '0';
}

static void other_name(struct kan_record *r)
{
	r->segments[0].name[0] = 'y';
}

static void other_size(struct kan_record *r)
{
	r->segments[0].size++;
}

static void other_sum(struct kan_record *r)
{
	r->segments[0].sha256[9] = r->segments[0].sha256[9] == '0' ? '1' : '0';
}

static void no_segment(struct kan_record *r)
{
	free(r->segments[0].name);
	r->nsegments = 0;
}

static void failed_reread(struct kan_record *r)
{
	memcpy(r->reread_verdict, "mismatch", sizeof("mismatch"));
}

static const struct {
	void (*edit)(struct kan_record *r);
	enum kan_verify_check_id id;
	const char *text;
} lies[] = {
	{ other_digest, KAN_CHECK_RECORD_DIGEST, "SHA-256: recorded " },
	{ other_root, KAN_CHECK_RECORD_TREE, "the blocks give the root" },
	{ other_root, KAN_CHECK_RECORD, "its leaves give the root" },
	{ other_name, KAN_CHECK_RECORD_SEGMENT, "is called y.dd in the record" },
	{ other_size, KAN_CHECK_RECORD_SEGMENT, "bytes, " },
	{ other_sum, KAN_CHECK_RECORD_SEGMENT, "SHA-256 of the file" },
	{ no_segment, KAN_CHECK_RECORD_SEGMENT, "is not in the record" },
	{ failed_reread, KAN_CHECK_RECORD, "when it was read back" },
};

START_TEST(sidecar_that_differs_is_a_mismatch_of_its_own_check)
{
	KAN_AUTO(result) struct kan_verify_result r = { .nitems = 0 };

	write_record("x.dd", lies[_i].edit);
	verify_with(&r, 2, false);
	expect(&r, lies[_i].id, KAN_VERDICT_MISMATCH);
	ck_assert_ptr_nonnull(record_finding(&r, lies[_i].text));
	ck_assert_int_eq(r.verdict, KAN_VERDICT_MISMATCH);
	ck_assert(kan_findings_have_problem(&r.findings));
}
END_TEST

START_TEST(sidecar_leaves_that_were_changed_with_the_block_prove_nothing)
{
	KAN_AUTO(result) struct kan_verify_result r = { .nitems = 0 };
	KAN_DEFER(kan_buf_done) struct kan_buf blocks = { 0 };
	KAN_AUTO(tree) struct kan_tree *t = NULL;

	write_record("x.dd", NULL);
	made_flip(image, 5);
	media[5] ^= 0x10;
	t = tree_of(media, MEDIA);
	kan_tree_write(&blocks, t, 0, kan_tree_leaves(t));
	write_beside(".blocks", blocks.data, blocks.len);
	verify_with(&r, 2, false);
	ck_assert_uint_eq(r.blocks_proven, 0);
	expect(&r, KAN_CHECK_RECORD_TREE, KAN_VERDICT_MISMATCH);
	ck_assert_ptr_nonnull(record_finding(&r, "its leaves give the root"));
}
END_TEST

START_TEST(sidecar_that_is_no_file_is_refused_and_does_not_hang)
{
	static const char *const what[] = { "pipe", "link to a pipe", "device", "folder" };
	KAN_AUTO(result) struct kan_verify_result r = { .nitems = 0 };
	char path[MADE_PATH + 16], pipe[MADE_PATH + 16];

	snprintf(path, sizeof(path), "%s.json", image);
	snprintf(pipe, sizeof(pipe), "%s.pipe", image);
	ck_assert_int_eq(mkfifo(_i == 0 ? path : pipe, 0600), 0);
	if (_i == 1)
		ck_assert_int_eq(symlink(pipe, path), 0);
	if (_i == 2)
		ck_assert_int_eq(symlink("/dev/tty", path), 0);
	if (_i == 3)
		ck_assert_int_eq(mkdir(path, 0700), 0);
	verify_with(&r, 2, false);
	if (_i == 3)
		ck_assert_int_eq(rmdir(path), 0);
	ck_assert_msg(r.checks[KAN_CHECK_RECORD].verdict == KAN_VERDICT_MISMATCH, "%s", what[_i]);
	ck_assert(kan_findings_have_problem(&r.findings));
}
END_TEST

START_TEST(sidecar_journal_says_that_the_image_is_not_finished)
{
	KAN_AUTO(result) struct kan_verify_result r = { .nitems = 0 };

	write_beside(".journal", "", 0);
	verify_with(&r, 2, false);
	ck_assert_uint_eq(r.findings.n, 1);
	ck_assert_int_eq(r.findings.list[0].kind, KAN_FINDING_TRUNCATED);
	ck_assert_str_eq(r.findings.list[0].subject, "x.dd.journal");
}
END_TEST

/* ---- one block ----------------------------------------------------------------------------- */

START_TEST(sidecar_proves_one_block_alone)
{
	write_record("x.dd", NULL);
	made_flip(image, 2 * BLOCK + 9); /* block 2 is damaged, and no other knows of it */
	for (uint64_t i = 0; i < 4; i++) {
		KAN_DEFER(kan_verify_block_done) struct kan_verify_block b = { 0 };
		KAN_AUTO(image) struct kan_image *img = must_open(image);
		struct kan_err err = { 0 };
		uint8_t root[KAN_TREE_HASH];
		KAN_AUTO(tree) struct kan_tree *t = tree_of(media, MEDIA);

		ck_assert_msg(kan_verify_block(&b, img, i, &err) == KAN_OK, "%s", err.msg);
		ck_assert_int_eq(b.verdict, i == 2 ? KAN_VERDICT_MISMATCH : KAN_VERDICT_MATCH);
		ck_assert_uint_eq(b.findings.n, i == 2);
		ck_assert_int_eq(kan_tree_root(root, t, NULL), KAN_OK);
		ck_assert_int_eq(kan_tree_proves(b.nodes[0], i, 4, b.proof, b.nproof, root),
		                 i != 2);
	}
}
END_TEST

START_TEST(sidecar_proves_no_block_without_a_record)
{
	struct kan_verify_block b = { 0 };
	KAN_AUTO(image) struct kan_image *img = must_open(image);
	struct kan_err err = { 0 };

	ck_assert_int_eq(kan_verify_block(&b, img, 0, &err), KAN_EFORMAT);
	ck_assert_ptr_nonnull(strstr(err.msg, "x.dd.json is not there"));
	write_record("x.dd", NULL);
	ck_assert_int_eq(kan_verify_block(&b, img, 4, &err), KAN_EARG);
	ck_assert_int_eq(kan_verify_block(&b, img, UINT64_MAX, &err), KAN_EARG);
}
END_TEST

/* ---- a second reader ----------------------------------------------------------------------- */

static void cross_check(struct kan_verify_result *r)
{
	const struct kan_verify_opts opts = { .jobs = 2, .tree = true };
	KAN_AUTO(image) struct kan_image *img = must_open(image);
	struct kan_err err = { 0 };
	int rc = kan_verify_image(r, img, &opts, &err);

	if (rc == KAN_OK)
		rc = kan_verify_cross(r, image, kan_image_info(img), &opts, &err);
	ck_assert_msg(rc == KAN_OK, "%s", err.msg);
}

/* 1.5 MiB in chunks of 32 KiB, as ewfacquire has them. */
static const struct made_plan plan = { .nsectors = 3072, .chunk_sectors = 64 };

START_TEST(cross_check_agrees_on_a_sound_image)
{
	KAN_AUTO(result) struct kan_verify_result r = { .nitems = 0 };

	made_path(image, dir, 1);
	made_set(dir, plan);
	cross_check(&r);
	expect(&r, KAN_CHECK_CROSS, KAN_VERDICT_MATCH);
	ck_assert_uint_eq(r.checks[KAN_CHECK_CROSS].nranges, 0);
}
END_TEST

/* What libewf makes of a forged table is its own affair: we go on, and say something. */
START_TEST(cross_check_survives_a_forged_table)
{
	KAN_AUTO(result) struct kan_verify_result r = { .nitems = 0 };
	const uint8_t forged[4] = { 0xff, 0xff, 0xff, 0x7f };

	made_path(image, dir, 1);
	made_set(dir, plan);
	made_poke(image, made_find(image, "table", 0) + 76 + 24 + 4 * 3, forged, sizeof(forged));
	made_poke(image, made_find(image, "table2", 0) + 76 + 24 + 4 * 3, forged, sizeof(forged));
	cross_check(&r);
	ck_assert(r.checks[KAN_CHECK_CROSS].asked);
	ck_assert(kan_findings_have_problem(&r.findings));
	ck_assert_uint_eq(r.bytes_read, 3072 * 512);
}
END_TEST

START_TEST(cross_check_has_no_second_reader_for_raw)
{
	KAN_AUTO(result) struct kan_verify_result r = { .nitems = 0 };

	cross_check(&r);
	expect(&r, KAN_CHECK_CROSS, KAN_VERDICT_UNCHECKED);
	ck_assert(!kan_findings_have_problem(&r.findings));
}
END_TEST

static Suite *sidecar_suite(void)
{
	Suite *s = suite_create("sidecar");
	TCase *record = tcase_create("record");
	TCase *cross = tcase_create("cross");

	tcase_add_checked_fixture(record, set_up, tear_down);
	tcase_add_test(record, sidecar_proves_an_image_that_is_as_it_was);
	tcase_add_test(record, sidecar_that_is_not_there_is_no_problem);
	tcase_add_loop_test(record, sidecar_names_exactly_the_blocks_that_differ, 0,
	                    sizeof(damages) / sizeof(damages[0]));
	tcase_add_test(record, sidecar_proves_what_is_left_of_an_image_that_was_cut);
	tcase_add_test(record, sidecar_proves_what_was_there_before_more_was_added);
	tcase_add_loop_test(record, sidecar_that_differs_is_a_mismatch_of_its_own_check, 0,
	                    sizeof(lies) / sizeof(lies[0]));
	tcase_add_test(record, sidecar_leaves_that_were_changed_with_the_block_prove_nothing);
	tcase_add_loop_test(record, sidecar_that_is_no_file_is_refused_and_does_not_hang, 0, 4);
	tcase_add_test(record, sidecar_journal_says_that_the_image_is_not_finished);
	tcase_add_test(record, sidecar_proves_one_block_alone);
	tcase_add_test(record, sidecar_proves_no_block_without_a_record);
	suite_add_tcase(s, record);
	tcase_add_checked_fixture(cross, set_up, tear_down);
	tcase_add_test(cross, cross_check_agrees_on_a_sound_image);
	tcase_add_test(cross, cross_check_survives_a_forged_table);
	tcase_add_test(cross, cross_check_has_no_second_reader_for_raw);
	suite_add_tcase(s, cross);
	return s;
}

RUN_SUITE(sidecar_suite)
