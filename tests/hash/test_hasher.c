/* SPDX-License-Identifier: MIT */
/*
 * test_hasher.c - digests of a stream, whole and in pieces, equal to coreutils'
 */
#include "kanshiki/hash.h"
#include "core/cleanup.h"
#include "kanshiki/pool.h"
#include "stream/fake_source.h"
#include "suite.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/stat.h>

KAN_DEFINE_DROP(pool, struct kan_pool *, kan_pool_free)
KAN_DEFINE_DROP(hasher, struct kan_hasher *, kan_hasher_free)

static const char *const all = "md5,sha1,sha256,sha512";

/* The digests of @data in the order of @list, read in blocks of @block_len. */
static void hash_stream(struct kan_digest *out, const char *list, const uint8_t *data, size_t len,
                        size_t block_len, const struct kan_hasher_opts *opts)
{
	const struct kan_stream_opts so = { .block_len = block_len, .ahead_len = 3 };
	KAN_AUTO(hasher) struct kan_hasher *h = NULL;
	KAN_AUTO(pool) struct kan_pool *pool = NULL;
	struct kan_sink sinks[KAN_HASHES_MAX + 1];
	struct kan_hash_set set;
	struct fake_source fake;
	size_t n;

	fake_init(&fake, data, len);
	ck_assert_int_eq(kan_hash_set_parse(&set, list, NULL), KAN_OK);
	ck_assert_int_eq(kan_pool_new(&pool, 3, 3, NULL), KAN_OK);
	ck_assert_int_eq(kan_hasher_new(&h, &set, opts, NULL), KAN_OK);
	n = kan_hasher_sinks(h, sinks);
	ck_assert_uint_eq(n, set.n + (opts ? 1 : 0));
	ck_assert_int_eq(kan_stream_run(&fake.src, sinks, n, &so, pool, NULL, NULL), KAN_OK);
	ck_assert_int_eq(kan_hasher_finish(h, out, NULL), KAN_OK);
}

/* First word that "<algorithm>sum /proc/self/exe" prints; false if there is no such tool. */
static bool ask_coreutils(char *hex, size_t room, const char *algorithm, const char *path)
{
	char command[4200];
	bool found;
	FILE *f;

	snprintf(command, sizeof(command), "command -v %ssum >/dev/null && %ssum < '%s'", algorithm,
	         algorithm, path);
	f = popen(command, "r");
	ck_assert_ptr_nonnull(f);
	found = fgets(hex, (int)room, f) != NULL;
	pclose(f);
	hex[found ? strcspn(hex, " ") : 0] = '\0';
	return found;
}

START_TEST(hasher_agrees_with_coreutils_on_a_real_file)
{
	char path[4096] = "", theirs[2 * KAN_DIGEST_MAX + 8], ours[2 * KAN_DIGEST_MAX + 1];
	struct kan_digest digests[KAN_HASHES_MAX];
	int fd = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
	struct stat st;
	uint8_t *data;

	ck_assert_int_gt(readlink("/proc/self/exe", path, sizeof(path) - 1), 0);
	ck_assert_int_eq(fstat(fd, &st), 0);
	data = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	ck_assert_ptr_ne(data, MAP_FAILED);
	hash_stream(digests, all, data, (size_t)st.st_size, 4096, NULL);
	for (size_t i = 0; i < 4; i++) {
		if (!ask_coreutils(theirs, sizeof(theirs), digests[i].algo->name, path)) {
			printf("SKIP: %ssum is not installed\n", digests[i].algo->name);
			continue;
		}
		kan_hash_hex(ours, digests[i].bytes, digests[i].algo->digest_len);
		ck_assert_str_eq(ours, theirs);
	}
	munmap(data, (size_t)st.st_size);
	close(fd);
}
END_TEST

static void digest_once(struct kan_digest *out, const struct kan_hash *algo, const uint8_t *data,
                        size_t len)
{
	void *state = NULL;

	out->algo = algo;
	ck_assert_int_eq(algo->open(&state, NULL), KAN_OK);
	ck_assert_int_eq(algo->update(state, data, len, NULL), KAN_OK);
	ck_assert_int_eq(algo->finish(state, out->bytes, NULL), KAN_OK);
	algo->close(state);
}

static bool same(const struct kan_digest *a, const struct kan_digest *b)
{
	return a->algo == b->algo && memcmp(a->bytes, b->bytes, a->algo->digest_len) == 0;
}

static const size_t block_lens[] = { 1, 63, 64, 511, 512, 513, 100000 };

START_TEST(hasher_does_not_depend_on_the_length_of_blocks)
{
	static uint8_t data[20000];
	struct kan_digest got[KAN_HASHES_MAX], want;

	fake_fill(data, sizeof(data));
	hash_stream(got, all, data, sizeof(data), block_lens[_i], NULL);
	for (size_t i = 0; i < 4; i++) {
		digest_once(&want, got[i].algo, data, sizeof(data));
		ck_assert(same(&got[i], &want));
	}
}
END_TEST

/* Checks the pieces as they come: md5 and sha1 in turn. */
struct pieces {
	const uint8_t *data;
	size_t len;
	uint64_t piece_len;
	uint64_t next[2]; /* expected offset, md5 and sha1 */
	atomic_size_t wrong;
};

static int check_piece(void *arg, const struct kan_digest *d, uint64_t offset, uint64_t len,
                       struct kan_err *err)
{
	struct pieces *p = arg;
	uint64_t *next = &p->next[strcmp(d->algo->name, "md5") != 0];
	uint64_t left = p->len - offset;
	struct kan_digest want;

	(void)err;
	if (next == &p->next[1] ? p->next[0] != offset + len : p->next[1] != offset)
		atomic_fetch_add(&p->wrong, 1);
	if (offset != *next || len != (left < p->piece_len ? left : p->piece_len))
		atomic_fetch_add(&p->wrong, 1);
	digest_once(&want, d->algo, p->data + offset, (size_t)len);
	if (!same(d, &want))
		atomic_fetch_add(&p->wrong, 1);
	*next = offset + len;
	return KAN_OK;
}

START_TEST(hasher_digests_every_piece_and_the_whole)
{
	static const uint64_t piece_lens[] = { 1, 7, 512, 1000, 3999, 4000, 4001, UINT64_MAX };
	static uint8_t data[4000];
	struct pieces p = { data, sizeof(data), piece_lens[_i], { 0 }, 0 };
	struct kan_hasher_opts opts = { p.piece_len, check_piece, &p };
	struct kan_digest got[KAN_HASHES_MAX], want;

	fake_fill(data, sizeof(data));
	hash_stream(got, "md5,sha1", data, sizeof(data), 512, &opts);
	ck_assert_uint_eq(atomic_load(&p.wrong), 0);
	ck_assert_uint_eq(p.next[0], sizeof(data));
	ck_assert_uint_eq(p.next[1], sizeof(data));
	digest_once(&want, got[0].algo, data, sizeof(data));
	ck_assert(same(&got[0], &want));
}
END_TEST

static int refuse_piece(void *arg, const struct kan_digest *d, uint64_t offset, uint64_t len,
                        struct kan_err *err)
{
	(void)arg;
	(void)d;
	(void)len;
	return offset >= 1024 ? kan_fail(err, KAN_EIO, "no room for piece digests") : KAN_OK;
}

START_TEST(hasher_hands_on_the_failure_of_whoever_takes_the_pieces)
{
	static uint8_t data[4000];
	struct kan_hasher_opts opts = { .piece_len = 512, .piece = refuse_piece };
	KAN_AUTO(hasher) struct kan_hasher *h = NULL;
	KAN_AUTO(pool) struct kan_pool *pool = NULL;
	struct kan_hash_set set;
	struct kan_sink sinks[KAN_HASHES_MAX + 1];
	struct fake_source fake;
	struct kan_err err = { 0 };

	fake_init(&fake, data, sizeof(data));
	ck_assert_int_eq(kan_hash_set_parse(&set, "sha256", NULL), KAN_OK);
	ck_assert_int_eq(kan_pool_new(&pool, 2, 2, NULL), KAN_OK);
	ck_assert_int_eq(kan_hasher_new(&h, &set, &opts, NULL), KAN_OK);
	ck_assert_uint_eq(kan_hasher_sinks(h, sinks), 2);
	ck_assert_int_eq(kan_stream_run(&fake.src, sinks, 2, NULL, pool, NULL, &err), KAN_EIO);
	ck_assert_int_eq(strncmp(err.msg, "pieces: no room", 15), 0);
}
END_TEST

START_TEST(hasher_refuses_pieces_that_nobody_takes)
{
	struct kan_hasher_opts opts = { .piece_len = 512 };
	struct kan_hash_set set = { .n = 0 };
	struct kan_hasher *h = NULL;

	ck_assert_int_eq(kan_hasher_new(&h, &set, &opts, NULL), KAN_EARG);
	ck_assert_ptr_null(h);
}
END_TEST

START_TEST(hasher_begins_anew_after_finish)
{
	static const uint8_t text[] = "abc";
	static const struct kan_findings none;
	const struct kan_block blk = { 0, text, 3, 0, &none };
	KAN_AUTO(hasher) struct kan_hasher *h = NULL;
	struct kan_sink sinks[KAN_HASHES_MAX + 1];
	struct kan_digest first, second;
	struct kan_hash_set set;

	ck_assert_int_eq(kan_hash_set_parse(&set, "sha1", NULL), KAN_OK);
	ck_assert_int_eq(kan_hasher_new(&h, &set, NULL, NULL), KAN_OK);
	kan_hasher_sinks(h, sinks);
	ck_assert_int_eq(sinks[0].consume(sinks[0].self, &blk, NULL), KAN_OK);
	ck_assert_int_eq(kan_hasher_finish(h, &first, NULL), KAN_OK);
	ck_assert_int_eq(sinks[0].consume(sinks[0].self, &blk, NULL), KAN_OK);
	ck_assert_int_eq(kan_hasher_finish(h, &second, NULL), KAN_OK);
	ck_assert(same(&first, &second));
}
END_TEST

static Suite *hasher_suite(void)
{
	Suite *s = suite_create("hasher");
	TCase *whole = tcase_create("whole");
	TCase *pieces = tcase_create("pieces");

	tcase_add_test(whole, hasher_agrees_with_coreutils_on_a_real_file);
	tcase_add_loop_test(whole, hasher_does_not_depend_on_the_length_of_blocks, 0,
	                    sizeof(block_lens) / sizeof(block_lens[0]));
	tcase_add_test(whole, hasher_begins_anew_after_finish);
	suite_add_tcase(s, whole);
	tcase_add_loop_test(pieces, hasher_digests_every_piece_and_the_whole, 0, 8);
	tcase_add_test(pieces, hasher_hands_on_the_failure_of_whoever_takes_the_pieces);
	tcase_add_test(pieces, hasher_refuses_pieces_that_nobody_takes);
	tcase_set_timeout(whole, 60);
	tcase_set_timeout(pieces, 60);
	suite_add_tcase(s, pieces);
	return s;
}

RUN_SUITE(hasher_suite)
