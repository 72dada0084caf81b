/* SPDX-License-Identifier: MIT */
/*
 * test_hash.c - each algorithm is the one of its standard, under every name of it
 */
#include "kanshiki/hash.h"
#include "core/cleanup.h"
#include "suite.h"

#include <stdio.h>
#include <string.h>

static void kan_drop_file(FILE **f)
{
	if (*f)
		fclose(*f);
}

/* The digest of @text, repeated, as hexadecimal. */
static void digest_of(char *hex, const struct kan_hash *algo, const char *text, size_t len,
                      size_t times)
{
	uint8_t raw[KAN_DIGEST_MAX];
	void *state = NULL;

	ck_assert_int_eq(algo->open(&state, NULL), KAN_OK);
	for (size_t i = 0; i < times; i++)
		ck_assert_int_eq(algo->update(state, text, len, NULL), KAN_OK);
	ck_assert_int_eq(algo->finish(state, raw, NULL), KAN_OK);
	algo->close(state);
	kan_hash_hex(hex, raw, algo->digest_len);
}

START_TEST(hash_agrees_with_the_vectors_of_its_standard)
{
	KAN_AUTO(file) FILE *f = fopen(KAN_TESTDATA "/hash/vectors.txt", "r");
	char line[1024], hex[2 * KAN_DIGEST_MAX + 1];
	size_t n[32] = { 0 };

	ck_assert_ptr_nonnull(f);
	while (fgets(line, sizeof(line), f)) {
		char *rest = line, *field[4];
		size_t which = 0;

		if (line[0] == '#')
			continue;
		for (size_t i = 0; i < 4; i++)
			field[i] = strsep(&rest, "\t\n");
		while (kan_hash_list[which] && strcmp(kan_hash_list[which]->name, field[0]) != 0)
			which++;
		ck_assert_ptr_nonnull(kan_hash_list[which]);
		digest_of(hex, kan_hash_list[which], field[2], strlen(field[2]),
		          strtoul(field[1], NULL, 10));
		ck_assert_str_eq(hex, field[3]);
		n[which]++;
	}
	for (size_t i = 0; kan_hash_list[i]; i++)
		ck_assert_msg(n[i] >= 3, "%s has no reference vectors", kan_hash_list[i]->name);
}
END_TEST

START_TEST(hash_entries_are_sorted_and_described)
{
	for (size_t i = 0; kan_hash_list[i]; i++) {
		const struct kan_hash *h = kan_hash_list[i];

		ck_assert(i == 0 || strcmp(kan_hash_list[i - 1]->name, h->name) < 0);
		ck_assert(h->label[0] != '\0' && h->spec[0] != '\0');
		ck_assert_uint_le(h->digest_len, KAN_DIGEST_MAX);
		ck_assert_ptr_eq(kan_hash_find(h->name), h);
		ck_assert_ptr_eq(kan_hash_find(h->label), h);
	}
}
END_TEST

START_TEST(hash_gives_the_same_digest_for_every_split)
{
	static uint8_t text[301];
	char whole[2 * KAN_DIGEST_MAX + 1], parts[2 * KAN_DIGEST_MAX + 1];
	uint8_t raw[KAN_DIGEST_MAX];

	for (size_t i = 0; i < sizeof(text); i++)
		text[i] = (uint8_t)(i * 7);
	for (size_t k = 0; kan_hash_list[k]; k++) {
		const struct kan_hash *h = kan_hash_list[k];
		void *state = NULL;

		digest_of(whole, h, (const char *)text, sizeof(text), 1);
		ck_assert_int_eq(h->open(&state, NULL), KAN_OK);
		for (size_t at = 0; at <= sizeof(text); at++) {
			ck_assert_int_eq(h->update(state, text, at, NULL), KAN_OK);
			ck_assert_int_eq(h->update(state, text + at, sizeof(text) - at, NULL),
			                 KAN_OK);
			ck_assert_int_eq(h->finish(state, raw, NULL), KAN_OK);
			kan_hash_hex(parts, raw, h->digest_len);
			ck_assert_str_eq(parts, whole);
		}
		h->close(state);
	}
}
END_TEST

START_TEST(hash_is_found_as_people_write_it)
{
	static const char *const sha256[] = { "sha256", "SHA256", "SHA-256", "sha-256", "Sha256" };
	static const char *const none[] = { "", "-", "sha", "sha25", "sha2566", "sha 256", "md4" };

	for (size_t i = 0; i < sizeof(sha256) / sizeof(sha256[0]); i++) {
		ck_assert_ptr_nonnull(kan_hash_find(sha256[i]));
		ck_assert_str_eq(kan_hash_find(sha256[i])->name, "sha256");
	}
	for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++)
		ck_assert_ptr_null(kan_hash_find(none[i]));
}
END_TEST

START_TEST(hash_set_keeps_the_order_of_the_list)
{
	struct kan_hash_set set = { .n = 0 };

	ck_assert_int_eq(kan_hash_set_parse(&set, "SHA-256,md5,sha1", NULL), KAN_OK);
	ck_assert_uint_eq(set.n, 3);
	ck_assert_str_eq(set.algo[0]->name, "sha256");
	ck_assert_str_eq(set.algo[1]->name, "md5");
	ck_assert_str_eq(set.algo[2]->name, "sha1");
}
END_TEST

static const struct {
	const char *list, *says;
} wrong[] = {
	{ "md5,crc32", "unknown hash algorithm 'crc32'" },
	{ "md5,sha1,MD-5", "hash algorithm 'MD-5' is given twice" },
	{ "", "unknown hash algorithm ''" },
	{ "md5,", "unknown hash algorithm ''" },
	{ "md5,,sha1", "unknown hash algorithm ''" },
	{ "md5 ,sha1", "unknown hash algorithm 'md5 '" },
};

START_TEST(hash_set_refuses_and_names_what_is_wrong)
{
	struct kan_hash_set set = { .n = 77 };
	struct kan_err err = { 0 };

	ck_assert_int_eq(kan_hash_set_parse(&set, wrong[_i].list, &err), KAN_EARG);
	ck_assert_str_eq(err.msg, wrong[_i].says);
	ck_assert_uint_eq(set.n, 77);
}
END_TEST

START_TEST(hash_hex_is_lower_case_and_ends)
{
	static const uint8_t raw[] = { 0x00, 0x0f, 0xa5, 0xff };
	char hex[] = "xxxxxxxxxx";

	kan_hash_hex(hex, raw, sizeof(raw));
	ck_assert_mem_eq(hex, "000fa5ff\0x", 10);
	kan_hash_hex(hex, raw, 0);
	ck_assert_str_eq(hex, "");
}
END_TEST

static Suite *hash_suite(void)
{
	Suite *s = suite_create("hash");
	TCase *algos = tcase_create("algorithms");
	TCase *names = tcase_create("names");

	tcase_add_test(algos, hash_agrees_with_the_vectors_of_its_standard);
	tcase_add_test(algos, hash_entries_are_sorted_and_described);
	tcase_add_test(algos, hash_gives_the_same_digest_for_every_split);
	suite_add_tcase(s, algos);
	tcase_add_test(names, hash_is_found_as_people_write_it);
	tcase_add_test(names, hash_set_keeps_the_order_of_the_list);
	tcase_add_loop_test(names, hash_set_refuses_and_names_what_is_wrong, 0,
	                    sizeof(wrong) / sizeof(wrong[0]));
	tcase_add_test(names, hash_hex_is_lower_case_and_ends);
	suite_add_tcase(s, names);
	return s;
}

RUN_SUITE(hash_suite)
