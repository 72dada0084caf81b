/* SPDX-License-Identifier: MIT */
/*
 * test_tree.c - the tree over blocks is the one of RFC 9162
 *
 * Oracles: the leaves, roots and proofs of the tests of Certificate Transparency (the
 * tree of RFC 6962 is the same), the recursive definition of the RFC written down as it
 * stands there, and sha256sum.
 */
#include "kanshiki/pool.h"
#include "kanshiki/record.h"
#include "core/cleanup.h"
#include "failing_memory.h"
#include "stream/fake_source.h"
#include "suite.h"

#include <stdio.h>

#define LEAVES_MAX 70u

typedef uint8_t hash[KAN_TREE_HASH];

KAN_DEFINE_DROP(tree, struct kan_tree *, kan_tree_free)
KAN_DEFINE_DROP(pool, struct kan_pool *, kan_pool_free)

/* ---- the definitions of RFC 9162, section 2.1 ---------------------------------------- */

static void sha256_of(hash out, const void *data, size_t len)
{
	const struct kan_hash *sha256 = kan_hash_find("sha256");
	void *state = NULL;

	ck_assert_int_eq(sha256->open(&state, NULL), KAN_OK);
	ck_assert_int_eq(sha256->update(state, data, len, NULL), KAN_OK);
	ck_assert_int_eq(sha256->finish(state, out, NULL), KAN_OK);
	sha256->close(state);
}

static size_t split_of(size_t n)
{
	size_t k = 1;

	while (2 * k < n)
		k *= 2;
	return k;
}

/* MTH, whose leaves are hashed already. */
static void mth(hash out, hash *leaves, size_t n)
{
	uint8_t node[1 + 2 * sizeof(hash)] = { 1 };
	size_t k = split_of(n);

	if (n == 1) {
		memcpy(out, leaves[0], sizeof(hash));
		return;
	}
	mth(node + 1, leaves, k);
	mth(node + 1 + sizeof(hash), leaves + k, n - k);
	sha256_of(out, node, sizeof(node));
}

/* PATH; returns the number of hashes. */
static size_t path_of(hash *out, size_t m, hash *leaves, size_t n)
{
	size_t k = split_of(n), len;

	if (n == 1)
		return 0;
	if (m < k) {
		len = path_of(out, m, leaves, k);
		mth(out[len], leaves + k, n - k);
	} else {
		len = path_of(out, m - k, leaves + k, n - k);
		mth(out[len], leaves, k);
	}
	return len + 1;
}

/* ---- helpers --------------------------------------------------------------------------- */

static struct kan_tree *new_tree(uint64_t media_size)
{
	struct kan_tree *t = NULL;

	ck_assert_int_eq(kan_tree_new(&t, media_size, NULL), KAN_OK);
	return t;
}

/* A tree of @n leaves that differ. */
static struct kan_tree *sample(hash *leaves, size_t n)
{
	struct kan_tree *t = new_tree((uint64_t)n * KAN_TREE_BLOCK);

	for (size_t i = 0; i < n; i++) {
		uint32_t seed = (uint32_t)(i * 2654435761u + 17);

		ck_assert_int_eq(kan_tree_leaf(leaves[i], &seed, sizeof(seed), NULL), KAN_OK);
		kan_tree_set(t, i, leaves[i]);
	}
	return t;
}

static void root_of(char *hex, const struct kan_tree *t)
{
	hash root;

	ck_assert_int_eq(kan_tree_root(root, t, NULL), KAN_OK);
	kan_hash_hex(hex, root, sizeof(root));
}

/* ---- vectors ----------------------------------------------------------------------------- */

static const struct {
	const char *data;
	size_t len;
	const char *root; /* of the leaves up to this one */
} vectors[] = {
	{ "", 0, "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d" },
	{ "\x00", 1, "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125" },
	{ "\x10", 1, "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77" },
	{ "\x20\x21", 2, "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7" },
	{ "\x30\x31", 2, "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4" },
	{ "\x40\x41\x42\x43", 4,
	  "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef" },
	{ "\x50\x51\x52\x53\x54\x55\x56\x57", 8,
	  "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c" },
	{ "\x60\x61\x62\x63\x64\x65\x66\x67\x68\x69\x6a\x6b\x6c\x6d\x6e\x6f", 16,
	  "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328" },
};

#define NVECTORS (sizeof(vectors) / sizeof(vectors[0]))

static struct kan_tree *vector_tree(size_t n)
{
	struct kan_tree *t = new_tree((uint64_t)n * KAN_TREE_BLOCK);

	for (size_t i = 0; i < n; i++) {
		hash leaf;

		ck_assert_int_eq(kan_tree_leaf(leaf, vectors[i].data, vectors[i].len, NULL),
		                 KAN_OK);
		kan_tree_set(t, i, leaf);
	}
	return t;
}

START_TEST(tree_has_the_roots_of_certificate_transparency)
{
	KAN_AUTO(tree) struct kan_tree *t = vector_tree((size_t)_i + 1);
	char hex[2 * sizeof(hash) + 1];

	root_of(hex, t);
	ck_assert_str_eq(hex, vectors[_i].root);
}
END_TEST

START_TEST(tree_has_a_proof_of_certificate_transparency)
{
	static const char *const want[] = {
		"96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
		"5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
		"6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
	};
	KAN_AUTO(tree) struct kan_tree *t = vector_tree(NVECTORS);
	hash proof[64];
	size_t n = 0;

	ck_assert_int_eq(kan_tree_proof(proof, &n, t, 0, NULL), KAN_OK);
	ck_assert_uint_eq(n, 3);
	for (size_t i = 0; i < n; i++) {
		char hex[2 * sizeof(hash) + 1];

		kan_hash_hex(hex, proof[i], sizeof(hash));
		ck_assert_str_eq(hex, want[i]);
	}
}
END_TEST

START_TEST(tree_of_nothing_is_the_hash_of_nothing)
{
	KAN_AUTO(tree) struct kan_tree *t = new_tree(0);
	char hex[2 * sizeof(hash) + 1];
	hash proof[64];
	size_t n = 0;

	root_of(hex, t);
	ck_assert_str_eq(hex, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
	ck_assert_uint_eq(kan_tree_leaves(t), 0);
	ck_assert_int_eq(kan_tree_proof(proof, &n, t, 0, NULL), KAN_EARG);
}
END_TEST

/* ---- against the recursive definition -------------------------------------------------- */

START_TEST(tree_agrees_with_the_recursive_definition)
{
	for (size_t n = 1; n <= LEAVES_MAX; n++) {
		hash leaves[LEAVES_MAX], root, want, proof[64], path[64];
		KAN_AUTO(tree) struct kan_tree *t = sample(leaves, n);

		mth(want, leaves, n);
		ck_assert_int_eq(kan_tree_root(root, t, NULL), KAN_OK);
		ck_assert_mem_eq(root, want, sizeof(root));
		for (size_t m = 0; m < n; m++) {
			size_t len = 0, want_len = path_of(path, m, leaves, n);

			ck_assert_int_eq(kan_tree_proof(proof, &len, t, m, NULL), KAN_OK);
			ck_assert_uint_eq(len, want_len);
			ck_assert_mem_eq(proof, path, len * sizeof(hash));
			ck_assert(kan_tree_proves(leaves[m], m, n, proof, len, root));
		}
	}
}
END_TEST

START_TEST(tree_does_not_prove_anything_else)
{
	for (size_t n = 1; n <= 20; n++) {
		hash leaves[LEAVES_MAX], root, proof[65];
		KAN_AUTO(tree) struct kan_tree *t = sample(leaves, n);

		ck_assert_int_eq(kan_tree_root(root, t, NULL), KAN_OK);
		for (size_t m = 0; m < n; m++) {
			size_t len = 0;

			ck_assert_int_eq(kan_tree_proof(proof, &len, t, m, NULL), KAN_OK);
			for (size_t other = 0; other <= n; other++)
				ck_assert(other == m ||
				          !kan_tree_proves(leaves[m], other, n, proof, len, root));
			for (size_t other = 0; other < n; other++)
				ck_assert(other == m ||
				          !kan_tree_proves(leaves[other], m, n, proof, len, root));
			ck_assert(len == 0 ||
			          !kan_tree_proves(leaves[m], m, n, proof, len - 1, root));
			memcpy(proof[len], root, sizeof(hash));
			ck_assert(!kan_tree_proves(leaves[m], m, n, proof, len + 1, root));
			for (size_t i = 0; i < len; i++) {
				proof[i][7] ^= 0x10;
				ck_assert(!kan_tree_proves(leaves[m], m, n, proof, len, root));
				proof[i][7] ^= 0x10;
			}
			root[31] ^= 1;
			ck_assert(!kan_tree_proves(leaves[m], m, n, proof, len, root));
			root[31] ^= 1;
		}
	}
}
END_TEST

START_TEST(tree_without_all_leaves_has_no_root)
{
	hash leaves[LEAVES_MAX], root;
	KAN_AUTO(tree) struct kan_tree *t = new_tree(5 * KAN_TREE_BLOCK);
	struct kan_err err = { 0 };

	kan_tree_free(sample(leaves, 5));
	for (size_t i = 0; i < 5; i++)
		if (i != 3)
			kan_tree_set(t, i, leaves[i]);
	ck_assert_ptr_nonnull(kan_tree_leaf_of(t, 4));
	ck_assert_ptr_null(kan_tree_leaf_of(t, 3));
	ck_assert_ptr_null(kan_tree_leaf_of(t, 5));
	ck_assert_int_eq(kan_tree_root(root, t, &err), KAN_EARG);
	ck_assert_ptr_nonnull(strstr(err.msg, "block 3"));
	kan_tree_set(t, 3, leaves[3]);
	ck_assert_int_eq(kan_tree_root(root, t, &err), KAN_OK);
}
END_TEST

START_TEST(tree_refuses_media_beyond_its_limit)
{
	struct kan_tree *t = NULL;

	ck_assert_int_eq(kan_tree_new(&t, UINT64_MAX, NULL), KAN_ELIMIT);
	ck_assert_int_eq(kan_tree_new(&t, (uint64_t)KAN_TREE_LEAVES_MAX * KAN_TREE_BLOCK + 1, NULL),
	                 KAN_ELIMIT);
	ck_assert_ptr_null(t);
}
END_TEST

/* ---- as a sink ---------------------------------------------------------------------------- */

#define MEDIA_SIZE (5u * KAN_TREE_BLOCK + 1234u)

static uint8_t *media;
static struct fake_source fake;

static void make_media(void)
{
	media = malloc(MEDIA_SIZE);
	ck_assert_ptr_nonnull(media);
	fake_fill(media, MEDIA_SIZE);
	fake_init(&fake, media, MEDIA_SIZE);
}

static void drop_media(void)
{
	free(media);
}

static int stream_into(struct kan_tree *t, size_t block_len, size_t jobs)
{
	const struct kan_stream_opts opts = { .block_len = block_len };
	struct kan_sink sink = kan_tree_sink(t);
	KAN_AUTO(pool) struct kan_pool *pool = NULL;

	ck_assert_int_eq(kan_pool_new(&pool, jobs, jobs, NULL), KAN_OK);
	return kan_stream_run(&fake.src, &sink, 1, &opts, pool, NULL, NULL);
}

START_TEST(tree_is_the_same_for_any_number_of_workers)
{
	static const size_t jobs[] = { 1, 2, 3, 8, 16 };
	hash leaves[6], want, root;

	for (size_t i = 0; i < 6; i++) {
		size_t len = i < 5 ? KAN_TREE_BLOCK : MEDIA_SIZE % KAN_TREE_BLOCK;
		uint8_t *raw = malloc(len + 1);

		ck_assert_ptr_nonnull(raw);
		raw[0] = 0;
		memcpy(raw + 1, media + i * KAN_TREE_BLOCK, len);
		sha256_of(leaves[i], raw, len + 1);
		free(raw);
	}
	mth(want, leaves, 6);
	for (size_t i = 0; i < sizeof(jobs) / sizeof(jobs[0]); i++) {
		KAN_AUTO(tree) struct kan_tree *t = new_tree(MEDIA_SIZE);

		ck_assert_int_eq(stream_into(t, (1 + i % 3) * KAN_TREE_BLOCK, jobs[i]), KAN_OK);
		ck_assert_int_eq(kan_tree_root(root, t, NULL), KAN_OK);
		ck_assert_mem_eq(root, want, sizeof(root));
	}
}
END_TEST

START_TEST(tree_refuses_blocks_that_are_no_leaves)
{
	KAN_AUTO(tree) struct kan_tree *t = new_tree(MEDIA_SIZE);
	KAN_AUTO(tree) struct kan_tree *longer = new_tree(MEDIA_SIZE + 1);
	KAN_AUTO(tree) struct kan_tree *shorter = new_tree(MEDIA_SIZE - 1);

	ck_assert_int_eq(stream_into(t, KAN_TREE_BLOCK / 2, 2), KAN_EARG);
	ck_assert_int_eq(stream_into(t, KAN_TREE_BLOCK + 512, 2), KAN_EARG);
	ck_assert_int_eq(stream_into(longer, KAN_TREE_BLOCK, 2), KAN_EARG);
	ck_assert_int_eq(stream_into(shorter, KAN_TREE_BLOCK, 2), KAN_EARG);
}
END_TEST

START_TEST(tree_leaf_can_be_checked_with_sha256sum)
{
	char path[] = "/tmp/kan-tree-XXXXXX", cmd[128], want[65] = "", hex[65];
	int fd = mkstemp(path);
	hash leaf;
	FILE *f;

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(write(fd, media, 5000), 5000);
	ck_assert_int_eq(close(fd), 0);
	snprintf(cmd, sizeof(cmd), "{ printf '\\000'; cat %s; } | sha256sum", path);
	f = popen(cmd, "r");
	ck_assert_ptr_nonnull(f);
	ck_assert_uint_eq(fread(want, 1, 64, f), 64);
	ck_assert_int_eq(unlink(path), 0);
	(void)pclose(f); /* sha256sum may complain that we did not read the rest */
	ck_assert_int_eq(kan_tree_leaf(leaf, media, 5000, NULL), KAN_OK);
	kan_hash_hex(hex, leaf, sizeof(leaf));
	ck_assert_str_eq(hex, want);
}
END_TEST

/* ---- as text ------------------------------------------------------------------------------ */

START_TEST(blocks_file_comes_back)
{
	hash leaves[LEAVES_MAX], a, b;
	KAN_AUTO(tree) struct kan_tree *t = sample(leaves, 7), *again = NULL;
	KAN_DEFER(kan_buf_done) struct kan_buf text = { 0 };

	kan_tree_write(&text, t, 0, kan_tree_leaves(t));
	ck_assert_uint_eq(text.len, 7 * KAN_TREE_LINE);
	ck_assert_int_eq(kan_tree_read(&again, text.data, text.len, 7 * KAN_TREE_BLOCK, NULL),
	                 KAN_OK);
	ck_assert_int_eq(kan_tree_root(a, t, NULL), KAN_OK);
	ck_assert_int_eq(kan_tree_root(b, again, NULL), KAN_OK);
	ck_assert_mem_eq(a, b, sizeof(a));
}
END_TEST

static void refuse_blocks(const char *text, size_t len, uint64_t blocks, const char *line)
{
	struct kan_tree *t = NULL;
	struct kan_err err = { 0 };

	ck_assert_int_eq(kan_tree_read(&t, text, len, blocks * KAN_TREE_BLOCK, &err), KAN_EFORMAT);
	ck_assert_msg(strstr(err.msg, line), "%s, not %s", err.msg, line);
	ck_assert_ptr_null(t);
}

START_TEST(blocks_file_that_is_damaged_is_refused_by_its_line)
{
	hash leaves[LEAVES_MAX];
	KAN_AUTO(tree) struct kan_tree *t = sample(leaves, 3);
	KAN_DEFER(kan_buf_done) struct kan_buf text = { 0 };

	kan_tree_write(&text, t, 0, kan_tree_leaves(t));
	refuse_blocks(text.data, text.len, 4, "line 4");
	refuse_blocks(text.data, text.len, 2, "line 3");
	refuse_blocks(text.data, text.len - 1, 3, "line 3");
	refuse_blocks("", 0, 1, "line 1");
	refuse_blocks("", 0, UINT64_MAX / KAN_TREE_BLOCK, "line 1");
	text.data[KAN_TREE_LINE + 5] = 'A';
	refuse_blocks(text.data, text.len, 3, "line 2");
	text.data[KAN_TREE_LINE + 5] = 'a';
	text.data[KAN_TREE_LINE - 1] = ' ';
	refuse_blocks(text.data, text.len, 3, "line 1");
}
END_TEST

START_TEST(tree_survives_any_allocation_that_fails)
{
	hash leaves[LEAVES_MAX], root, proof[64];
	KAN_AUTO(tree) struct kan_tree *t = sample(leaves, 6);
	KAN_DEFER(kan_buf_done) struct kan_buf text = { 0 };
	long n = 0;
	bool failed;

	if (!KAN_MEMORY_CAN_FAIL) {
		puts("SKIP: memory cannot fail under a sanitizer");
		return;
	}
	kan_tree_write(&text, t, 0, kan_tree_leaves(t));
	do {
		KAN_AUTO(tree) struct kan_tree *again = NULL;
		size_t len = 0;
		int rc;

		memory_fail_at(++n);
		rc = kan_tree_read(&again, text.data, text.len, 6 * KAN_TREE_BLOCK, NULL);
		if (rc == KAN_OK)
			rc = kan_tree_root(root, again, NULL);
		if (rc == KAN_OK)
			rc = kan_tree_proof(proof, &len, again, 4, NULL);
		failed = memory_has_failed();
		memory_fail_at(0);
		/* The crypto library may need less than it asks for. */
		ck_assert(rc == KAN_OK || failed);
		ck_assert(rc != KAN_OK || kan_tree_proves(leaves[4], 4, 6, proof, len, root));
	} while (failed);
	ck_assert_int_gt(n, 3);
}
END_TEST

static Suite *tree_suite(void)
{
	Suite *s = suite_create("tree");
	TCase *math = tcase_create("math");
	TCase *sink = tcase_create("sink");
	TCase *text = tcase_create("text");

	tcase_add_loop_test(math, tree_has_the_roots_of_certificate_transparency, 0, NVECTORS);
	tcase_add_test(math, tree_has_a_proof_of_certificate_transparency);
	tcase_add_test(math, tree_of_nothing_is_the_hash_of_nothing);
	tcase_add_test(math, tree_agrees_with_the_recursive_definition);
	tcase_add_test(math, tree_does_not_prove_anything_else);
	tcase_add_test(math, tree_without_all_leaves_has_no_root);
	tcase_add_test(math, tree_refuses_media_beyond_its_limit);
	tcase_add_checked_fixture(sink, make_media, drop_media);
	tcase_add_test(sink, tree_is_the_same_for_any_number_of_workers);
	tcase_add_test(sink, tree_refuses_blocks_that_are_no_leaves);
	tcase_add_test(sink, tree_leaf_can_be_checked_with_sha256sum);
	tcase_add_test(text, blocks_file_comes_back);
	tcase_add_test(text, blocks_file_that_is_damaged_is_refused_by_its_line);
	tcase_add_test(text, tree_survives_any_allocation_that_fails);
	suite_add_tcase(s, math);
	suite_add_tcase(s, sink);
	suite_add_tcase(s, text);
	return s;
}

RUN_SUITE(tree_suite)
