/* SPDX-License-Identifier: MIT */
/*
 * test_md5.c - our own MD5 is the crypto library's, with every block function
 */
#include "hash/md5_avx512.h"
#include "core/bytes.h"
#include "core/cleanup.h"
#include "hash/evp.h"
#include "kanshiki/hash.h"
#include "suite.h"

#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { DIGEST_LEN = 16, NFUNCTIONS = 2 };

static void kan_drop_file(FILE **f)
{
	if (*f)
		fclose(*f);
}

/* The block function of a loop test; NULL, and a line about it, if it cannot run here. */
static kan_md5_blocks *function(int i)
{
	kan_md5_blocks *f = i == 0 ? kan_md5_blocks_plain : kan_md5_blocks_avx512();

	if (!f)
		printf("SKIP: this processor has no AVX-512VL\n");
	return f;
}

/* Bytes without a pattern of 4 or 64, the same in every run. */
static void fill(uint8_t *data, size_t len, uint32_t seed)
{
	for (size_t i = 0; i < len; i++) {
		seed = seed * 1664525 + 1013904223;
		data[i] = (uint8_t)(seed >> 24);
	}
}

static void ours(uint8_t *digest, kan_md5_blocks *blocks, const uint8_t *data, size_t len)
{
	struct kan_md5 m;

	kan_md5_begin(&m, blocks);
	kan_md5_add(&m, data, len);
	kan_md5_end(&m, digest);
}

/* The crypto library's answer. */
static void theirs(uint8_t *digest, const uint8_t *data, size_t len)
{
	void *state = NULL;

	ck_assert_int_eq(kan_evp_open(&state, "MD5", NULL), KAN_OK);
	ck_assert_int_eq(kan_evp_update(state, data, len, NULL), KAN_OK);
	ck_assert_int_eq(kan_evp_finish(state, digest, NULL), KAN_OK);
	kan_evp_close(state);
}

START_TEST(md5_agrees_with_the_vectors_of_the_rfc)
{
	KAN_AUTO(file) FILE *f = fopen(KAN_TESTDATA "/hash/vectors.txt", "r");
	kan_md5_blocks *blocks = function(_i);
	char line[1024], hex[2 * DIGEST_LEN + 1];
	uint8_t digest[DIGEST_LEN];
	size_t n = 0;

	ck_assert_ptr_nonnull(f);
	while (blocks && fgets(line, sizeof(line), f)) {
		char *rest = line, *name = strsep(&rest, "\t"), *times = strsep(&rest, "\t");
		char *text = strsep(&rest, "\t"), *want = strsep(&rest, "\n");

		if (strcmp(name, "md5") != 0 || strcmp(times, "1") != 0)
			continue;
		ours(digest, blocks, (const uint8_t *)text, strlen(text));
		kan_hash_hex(hex, digest, DIGEST_LEN);
		ck_assert_str_eq(hex, want);
		n++;
	}
	ck_assert(!blocks || n == 7);
}
END_TEST

START_TEST(md5_agrees_with_the_crypto_library_at_every_length_and_address)
{
	static uint8_t data[300 + 64 + 8];
	kan_md5_blocks *blocks = function(_i);
	uint8_t got[DIGEST_LEN], want[DIGEST_LEN];

	fill(data, sizeof(data), 1);
	for (size_t len = 0; blocks && len <= 300; len++)
		for (size_t shift = 0; shift < 5; shift++) {
			ours(got, blocks, data + shift, len);
			theirs(want, data + shift, len);
			ck_assert_mem_eq(got, want, DIGEST_LEN);
		}
}
END_TEST

START_TEST(md5_agrees_with_the_crypto_library_on_long_messages)
{
	static const size_t long_lens[] = { 4095, 65536, 100001, (1 << 20) + 55, (2 << 20) + 56 };
	static uint8_t data[(2 << 20) + 100];
	kan_md5_blocks *blocks = function(_i);
	uint8_t got[DIGEST_LEN], want[DIGEST_LEN];

	fill(data, sizeof(data), 2);
	for (size_t i = 0; blocks && i < sizeof(long_lens) / sizeof(long_lens[0]); i++) {
		ours(got, blocks, data + i, long_lens[i]);
		theirs(want, data + i, long_lens[i]);
		ck_assert_mem_eq(got, want, DIGEST_LEN);
	}
}
END_TEST

START_TEST(md5_takes_words_of_only_zeros_and_only_ones)
{
	static uint8_t data[4 * 64];
	kan_md5_blocks *blocks = function(_i);
	uint8_t got[DIGEST_LEN], want[DIGEST_LEN];

	for (int v = 0; blocks && v < 2; v++) {
		memset(data, v ? 0xff : 0, sizeof(data));
		ours(got, blocks, data, sizeof(data));
		theirs(want, data, sizeof(data));
		ck_assert_mem_eq(got, want, DIGEST_LEN);
	}
}
END_TEST

START_TEST(md5_does_not_depend_on_two_cuts)
{
	static uint8_t data[200];
	kan_md5_blocks *blocks = function(_i);
	uint8_t got[DIGEST_LEN], want[DIGEST_LEN];

	fill(data, sizeof(data), 3);
	theirs(want, data, sizeof(data));
	for (size_t x = 0; blocks && x <= sizeof(data); x++)
		for (size_t y = x; y <= sizeof(data); y++) {
			struct kan_md5 m;

			kan_md5_begin(&m, blocks);
			kan_md5_add(&m, data, x);
			kan_md5_add(&m, data + x, y - x);
			kan_md5_add(&m, data + y, sizeof(data) - y);
			kan_md5_end(&m, got);
			ck_assert_mem_eq(got, want, DIGEST_LEN);
		}
}
END_TEST

START_TEST(md5_does_not_depend_on_the_length_of_parts)
{
	static uint8_t data[3000];
	kan_md5_blocks *blocks = function(_i);
	uint8_t got[DIGEST_LEN], want[DIGEST_LEN];

	fill(data, sizeof(data), 4);
	theirs(want, data, sizeof(data));
	for (size_t step = 1; blocks && step <= 300; step++) {
		struct kan_md5 m;

		kan_md5_begin(&m, blocks);
		for (size_t at = 0, n; at < sizeof(data); at += n) {
			n = sizeof(data) - at < step ? sizeof(data) - at : step;
			kan_md5_add(&m, data + at, n);
		}
		kan_md5_end(&m, got);
		ck_assert_mem_eq(got, want, DIGEST_LEN);
	}
}
END_TEST

/* Lengths of which the number of bits needs more than 32, and more than 64, bits. */
static const uint64_t lens_so_far[] = { (1ull << 29) - 64, 1ull << 29, (1ull << 32) + 64,
	                                (1ull << 61) - 64, 1ull << 61 };

START_TEST(md5_counts_bits_beyond_32_and_wraps_at_64)
{
	enum { N = sizeof(lens_so_far) / sizeof(lens_so_far[0]) };
	kan_md5_blocks *blocks = function(_i / N);
	uint64_t so_far = lens_so_far[_i % N];
	uint8_t text[66], padded[128] = { 0 }, got[DIGEST_LEN];
	struct kan_md5 m, by_hand;

	if (!blocks)
		return;
	fill(text, sizeof(text), 5);
	kan_md5_begin(&m, blocks);
	m.len = so_far;
	kan_md5_add(&m, text, sizeof(text));
	kan_md5_end(&m, got);

	memcpy(padded, text, sizeof(text));
	padded[sizeof(text)] = 0x80;
	kan_put_le64(padded + 120, (so_far + sizeof(text)) * 8);
	kan_md5_begin(&by_hand, blocks);
	blocks(by_hand.chain, padded, 2);
	for (size_t i = 0; i < 4; i++)
		ck_assert_uint_eq(kan_le32(got + 4 * i), by_hand.chain[i]);
}
END_TEST

START_TEST(md5_reads_not_a_byte_beyond_its_message)
{
	kan_md5_blocks *blocks = function(_i);
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	uint8_t *two =
		mmap(NULL, 2 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	uint8_t got[DIGEST_LEN], want[DIGEST_LEN];

	ck_assert_ptr_ne(two, MAP_FAILED);
	fill(two, page, 6);
	ck_assert_int_eq(mprotect(two + page, page, PROT_NONE), 0);
	for (size_t len = 0; blocks && len <= 130; len++) {
		ours(got, blocks, two + page - len, len);
		theirs(want, two + page - len, len);
		ck_assert_mem_eq(got, want, DIGEST_LEN);
	}
	munmap(two, 2 * page);
}
END_TEST

/*
 * One state of the registry's MD5, over messages before, at and after the choice: long
 * and short ones, in parts.  The state that begins with a long one chooses at once.
 */
static const size_t lens[] = { 0, 300, 70000, 100,  1 << 20,       1, 3 << 20,
	                       0, 64,  9000,  5000, (1 << 20) + 1, 5, 200 };
static const size_t part_lens[] = { 8191, 8192, 65536, 1 << 20, 3 << 20 };
enum { NLENS = sizeof(lens) / sizeof(lens[0]), NPARTS = sizeof(part_lens) / sizeof(part_lens[0]) };

START_TEST(md5_gives_the_same_digest_before_and_after_the_choice)
{
	static uint8_t data[3 << 20];
	const struct kan_hash *h = kan_hash_find("md5");
	size_t part_len = part_lens[_i % NPARTS], first = _i < NPARTS ? 0 : 4;
	uint8_t got[DIGEST_LEN], want[DIGEST_LEN];
	void *state = NULL;

	fill(data, sizeof(data), 7);
	ck_assert_int_eq(h->open(&state, NULL), KAN_OK);
	for (size_t i = 0; i < NLENS; i++) {
		size_t len = lens[(first + i) % NLENS];

		for (size_t at = 0, n; at < len; at += n) {
			n = len - at < part_len ? len - at : part_len;
			ck_assert_int_eq(h->update(state, data + at, n, NULL), KAN_OK);
			ck_assert_int_eq(h->update(state, data, 0, NULL), KAN_OK);
		}
		ck_assert_int_eq(h->finish(state, got, NULL), KAN_OK);
		theirs(want, data, len);
		ck_assert_mem_eq(got, want, DIGEST_LEN);
	}
	h->close(state);
}
END_TEST

static Suite *md5_suite(void)
{
	Suite *s = suite_create("md5");
	TCase *blocks = tcase_create("block functions");
	TCase *choice = tcase_create("choice");

	tcase_add_loop_test(blocks, md5_agrees_with_the_vectors_of_the_rfc, 0, NFUNCTIONS);
	tcase_add_loop_test(blocks, md5_agrees_with_the_crypto_library_at_every_length_and_address,
	                    0, NFUNCTIONS);
	tcase_add_loop_test(blocks, md5_agrees_with_the_crypto_library_on_long_messages, 0,
	                    NFUNCTIONS);
	tcase_add_loop_test(blocks, md5_takes_words_of_only_zeros_and_only_ones, 0, NFUNCTIONS);
	tcase_add_loop_test(blocks, md5_does_not_depend_on_two_cuts, 0, NFUNCTIONS);
	tcase_add_loop_test(blocks, md5_does_not_depend_on_the_length_of_parts, 0, NFUNCTIONS);
	tcase_add_loop_test(blocks, md5_counts_bits_beyond_32_and_wraps_at_64, 0,
	                    NFUNCTIONS * (int)(sizeof(lens_so_far) / sizeof(lens_so_far[0])));
	tcase_add_loop_test(blocks, md5_reads_not_a_byte_beyond_its_message, 0, NFUNCTIONS);
	suite_add_tcase(s, blocks);
	tcase_add_loop_test(choice, md5_gives_the_same_digest_before_and_after_the_choice, 0,
	                    2 * NPARTS);
	suite_add_tcase(s, choice);
	return s;
}

RUN_SUITE(md5_suite)
