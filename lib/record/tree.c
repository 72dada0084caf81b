/* SPDX-License-Identifier: MIT */
/*
 * tree.c - a Merkle tree over the blocks of a medium (RFC 9162, section 2.1)
 *
 * Only the leaves are kept; what lies above them is computed when it is asked for.
 * The RFC splits n leaves at the largest power of two below n, so a subtree is always
 * either full or the right edge of the whole: leaves can be taken from left to right,
 * two finished subtrees of equal size becoming one (a binary counter), and what is
 * left at the end is joined from the right.
 *
 * The leaves lie in a temporary file that is mapped: 32 MiB for a terabyte of media, of
 * which a process need not keep more than it is writing to.
 *
 * Every leaf has a mark that it is there.  The mark is set behind the leaf, so a
 * reader that sees the mark sees the leaf, on any thread.
 */
#include "core/cleanup.h"
#include "core/tmpfile.h"
#include "kanshiki/record.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/mman.h>

/* What stands before the hashed bytes, so that no leaf can pass for a node (2.1.1). */
static const uint8_t leaf_mark = 0x00;
static const uint8_t node_mark = 0x01;

/* Subtrees that wait for their right neighbour: one for each bit of a number of leaves. */
#define LEVELS_MAX 64

/* Leaves after which the pages of the file are given back: 2 MiB of them. */
#define LEAVES_KEPT 65536u

struct kan_tree {
	uint64_t media_size;
	uint64_t n; /* leaves */
	void *map;  /* of the temporary file: the leaves, then their marks */
	size_t map_len;
	atomic_uint added; /* leaves since pages were given back */
	uint8_t (*leaf)[KAN_TREE_HASH];
	_Atomic uint8_t *have; /* 1: the leaf is there */
};

/* SHA-256, ready for a message; not open while state is NULL. */
struct sha256 {
	const struct kan_hash *algo;
	void *state;
};

static void kan_drop_sha256(struct sha256 *s)
{
	if (s->state)
		s->algo->close(s->state);
}

KAN_DEFINE_DROP(tree, struct kan_tree *, kan_tree_free)

static int open_sha256(struct sha256 *s, struct kan_err *err)
{
	s->algo = kan_hash_find("sha256");
	if (!s->algo)
		return kan_fail(err, KAN_EUNSUPPORTED, "no SHA-256");
	return s->algo->open(&s->state, err);
}

static int leaf_hash(struct sha256 *s, uint8_t *out, const void *data, size_t len,
                     struct kan_err *err)
{
	int rc = s->algo->update(s->state, &leaf_mark, 1, err);

	if (rc == KAN_OK)
		rc = s->algo->update(s->state, data, len, err);
	return rc == KAN_OK ? s->algo->finish(s->state, out, err) : rc;
}

/* @out may be one of the two. */
static int node_hash(struct sha256 *s, uint8_t *out, const uint8_t *left, const uint8_t *right,
                     struct kan_err *err)
{
	uint8_t both[1 + 2 * KAN_TREE_HASH];
	int rc;

	both[0] = node_mark;
	memcpy(both + 1, left, KAN_TREE_HASH);
	memcpy(both + 1 + KAN_TREE_HASH, right, KAN_TREE_HASH);
	rc = s->algo->update(s->state, both, sizeof(both), err);
	return rc == KAN_OK ? s->algo->finish(s->state, out, err) : rc;
}

int kan_tree_leaf(uint8_t out[KAN_TREE_HASH], const void *data, size_t len, struct kan_err *err)
{
	KAN_AUTO(sha256) struct sha256 sha = { 0 };
	int rc = open_sha256(&sha, err);

	return rc == KAN_OK ? leaf_hash(&sha, out, data, len, err) : rc;
}

/* All zeros, as a new file is.  Its room is taken at once: a full disk is told now. */
static int map_leaves(struct kan_tree *t, struct kan_err *err)
{
	/* One more, so that an empty medium is no special case. */
	size_t len = (size_t)(t->n + 1) * (KAN_TREE_HASH + 1);
	KAN_AUTO(fd) int fd = -1;
	void *map;
	int rc = kan_tmpfile_open(&fd, NULL, err);

	if (rc != KAN_OK)
		return rc;
	errno = posix_fallocate(fd, 0, (off_t)len);
	if (errno != 0)
		return kan_fail(err, KAN_EIO, "no room for a tree of %" PRIu64 " blocks", t->n);
	map = mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (map == MAP_FAILED)
		return kan_fail(err, KAN_ENOMEM, "out of memory for a tree of %" PRIu64 " blocks",
		                t->n);
	t->map = map;
	t->map_len = len;
	t->leaf = map;
	t->have = (_Atomic uint8_t *)((uint8_t *)map + (size_t)(t->n + 1) * KAN_TREE_HASH);
	return KAN_OK;
}

int kan_tree_new(struct kan_tree **out, uint64_t media_size, struct kan_err *err)
{
	KAN_AUTO(tree) struct kan_tree *t = calloc(1, sizeof(*t));
	uint64_t n = media_size / KAN_TREE_BLOCK + (media_size % KAN_TREE_BLOCK > 0);
	int rc;

	if (n > KAN_TREE_LEAVES_MAX)
		return kan_fail(err, KAN_ELIMIT, "a tree of more than %u blocks",
		                KAN_TREE_LEAVES_MAX);
	if (!t)
		return kan_fail(err, KAN_ENOMEM, "out of memory for a tree");
	t->media_size = media_size;
	t->n = n;
	rc = map_leaves(t, err);
	if (rc != KAN_OK)
		return rc;
	*out = KAN_STEAL(t);
	return KAN_OK;
}

/* The pages stay in the file; other threads that touch them get them back. */
static void give_pages_back(struct kan_tree *t)
{
	if (atomic_fetch_add_explicit(&t->added, 1, memory_order_relaxed) % LEAVES_KEPT ==
	    LEAVES_KEPT - 1)
		(void)madvise(t->map, t->map_len, MADV_DONTNEED); /* only saves memory */
}

void kan_tree_set(struct kan_tree *t, uint64_t block, const uint8_t leaf[KAN_TREE_HASH])
{
	assert(block < t->n);
	memcpy(t->leaf[block], leaf, KAN_TREE_HASH);
	atomic_store_explicit(&t->have[block], 1, memory_order_release);
	give_pages_back(t);
}

/* A leaf is whole if it has all its bytes, or all that the medium has. */
static bool is_whole(const struct kan_tree *t, uint64_t offset, size_t len)
{
	uint64_t left = offset <= t->media_size ? t->media_size - offset : 0;

	return len > 0 && len == (left < KAN_TREE_BLOCK ? left : KAN_TREE_BLOCK);
}

static int consume(void *self, const struct kan_block *blk, struct kan_err *err)
{
	struct kan_tree *t = self;
	KAN_AUTO(sha256) struct sha256 sha = { 0 };
	uint8_t leaf[KAN_TREE_HASH];
	int rc = open_sha256(&sha, err);

	for (size_t at = 0; rc == KAN_OK && at < blk->len; at += KAN_TREE_BLOCK) {
		size_t left = blk->len - at;
		size_t len = left < KAN_TREE_BLOCK ? left : KAN_TREE_BLOCK;
		uint64_t offset = blk->offset + at;

		if (offset % KAN_TREE_BLOCK != 0 || !is_whole(t, offset, len))
			return kan_fail(err, KAN_EARG,
			                "%zu bytes at %" PRIu64 " are no block of the tree", len,
			                offset);
		rc = leaf_hash(&sha, leaf, blk->data + at, len, err);
		if (rc == KAN_OK)
			kan_tree_set(t, offset / KAN_TREE_BLOCK, leaf);
	}
	return rc;
}

struct kan_sink kan_tree_sink(struct kan_tree *t)
{
	return (struct kan_sink){
		.name = "tree", .order = KAN_ANY_ORDER, .self = t, .consume = consume
	};
}

uint64_t kan_tree_leaves(const struct kan_tree *t)
{
	return t->n;
}

const uint8_t *kan_tree_leaf_of(const struct kan_tree *t, uint64_t block)
{
	if (block >= t->n || !atomic_load_explicit(&t->have[block], memory_order_acquire))
		return NULL;
	return t->leaf[block];
}

/* Join the last two of @stack, which has @depth subtrees. */
static int join(struct sha256 *s, uint8_t stack[][KAN_TREE_HASH], size_t depth, struct kan_err *err)
{
	return node_hash(s, stack[depth - 2], stack[depth - 2], stack[depth - 1], err);
}

/* The hash of the @n leaves from @first on; @n is at least 1. */
static int subtree(struct sha256 *s, uint8_t out[KAN_TREE_HASH], const struct kan_tree *t,
                   uint64_t first, uint64_t n, struct kan_err *err)
{
	uint8_t stack[LEVELS_MAX + 1][KAN_TREE_HASH];
	size_t depth = 0;
	int rc = KAN_OK;

	for (uint64_t i = 0; i < n; i++) {
		const uint8_t *leaf = kan_tree_leaf_of(t, first + i);

		if (!leaf)
			return kan_fail(err, KAN_EARG, "block %" PRIu64 " is not in the tree",
			                first + i);
		memcpy(stack[depth++], leaf, KAN_TREE_HASH);
		for (uint64_t full = i; rc == KAN_OK && (full & 1) != 0; full >>= 1, depth--)
			rc = join(s, stack, depth, err);
		if (rc != KAN_OK)
			return rc;
	}
	for (; rc == KAN_OK && depth > 1; depth--)
		rc = join(s, stack, depth, err);
	if (rc == KAN_OK)
		memcpy(out, stack[0], KAN_TREE_HASH);
	return rc;
}

int kan_tree_root_of(uint8_t out[KAN_TREE_HASH], const struct kan_tree *t, uint64_t n,
                     struct kan_err *err)
{
	KAN_AUTO(sha256) struct sha256 sha = { 0 };
	int rc = open_sha256(&sha, err);

	if (rc != KAN_OK)
		return rc;
	if (n > t->n)
		return kan_fail(err, KAN_EARG, "the tree has no %" PRIu64 " blocks", n);
	if (n == 0)
		return sha.algo->finish(sha.state, out, err);
	return subtree(&sha, out, t, 0, n, err);
}

int kan_tree_root(uint8_t out[KAN_TREE_HASH], const struct kan_tree *t, struct kan_err *err)
{
	return kan_tree_root_of(out, t, t->n, err);
}

/* The largest power of two below @n, which is at least 2. */
static uint64_t split_of(uint64_t n)
{
	return UINT64_C(1) << (63 - __builtin_clzll(n - 1));
}

int kan_tree_proof(uint8_t out[64][KAN_TREE_HASH], size_t *n, const struct kan_tree *t,
                   uint64_t block, struct kan_err *err)
{
	KAN_AUTO(sha256) struct sha256 sha = { 0 };
	uint64_t first = 0, count = t->n;
	uint8_t path[LEVELS_MAX][KAN_TREE_HASH]; /* from the root down */
	size_t depth = 0;
	int rc;

	if (block >= t->n)
		return kan_fail(err, KAN_EARG, "block %" PRIu64 " is behind the last", block);
	rc = open_sha256(&sha, err);
	while (rc == KAN_OK && count > 1) {
		uint64_t left = split_of(count);

		if (block - first < left) {
			rc = subtree(&sha, path[depth++], t, first + left, count - left, err);
			count = left;
		} else {
			rc = subtree(&sha, path[depth++], t, first, left, err);
			first += left;
			count -= left;
		}
	}
	if (rc != KAN_OK)
		return rc;
	for (size_t i = 0; i < depth; i++)
		memcpy(out[i], path[depth - 1 - i], KAN_TREE_HASH);
	*n = depth;
	return KAN_OK;
}

/* The algorithm of RFC 9162, 2.1.3.2, whose names these are. */
static bool climb(struct sha256 *s, uint8_t r[KAN_TREE_HASH], uint64_t fn, uint64_t sn,
                  const uint8_t proof[][KAN_TREE_HASH], size_t n)
{
	for (size_t i = 0; i < n; i++) {
		bool on_the_left = (fn & 1) != 0 || fn == sn;
		int rc;

		if (sn == 0)
			return false;
		rc = on_the_left ? node_hash(s, r, proof[i], r, NULL)
		                 : node_hash(s, r, r, proof[i], NULL);
		if (rc != KAN_OK)
			return false;
		while (on_the_left && (fn & 1) == 0 && fn != 0) {
			fn >>= 1;
			sn >>= 1;
		}
		fn >>= 1;
		sn >>= 1;
	}
	return sn == 0;
}

bool kan_tree_proves(const uint8_t leaf[KAN_TREE_HASH], uint64_t block, uint64_t nleaves,
                     const uint8_t proof[][KAN_TREE_HASH], size_t n,
                     const uint8_t root[KAN_TREE_HASH])
{
	KAN_AUTO(sha256) struct sha256 sha = { 0 };
	uint8_t r[KAN_TREE_HASH];

	if (block >= nleaves || open_sha256(&sha, NULL) != KAN_OK)
		return false;
	memcpy(r, leaf, KAN_TREE_HASH);
	return climb(&sha, r, block, nleaves - 1, proof, n) && memcmp(r, root, sizeof(r)) == 0;
}

void kan_tree_free(struct kan_tree *t)
{
	if (!t)
		return;
	if (t->map)
		(void)munmap(t->map, t->map_len);
	free(t);
}
