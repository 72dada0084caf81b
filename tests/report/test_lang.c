/* SPDX-License-Identifier: MIT */
/*
 * test_lang.c - messages are found without a locale, and none is left untranslated
 */
#include "core/cleanup.h"
#include "kanshiki/buf.h"
#include "kanshiki/report.h"
#include "report/catalogue.h"
#include "suite.h"

#include <locale.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

/* Beside the folders of the test programs and of the commands. */
#define CATALOGUE "/../../share/locale/ja/LC_MESSAGES/kanshiki.mo"

static void find_catalogue(char *path, size_t room)
{
	ssize_t n = readlink("/proc/self/exe", path, room - sizeof(CATALOGUE));

	ck_assert_int_gt(n, 0);
	path[n] = '\0';
	*strrchr(path, '/') = '\0';
	ck_assert_int_eq(snprintf(path + strlen(path), sizeof(CATALOGUE), "%s", CATALOGUE),
	                 sizeof(CATALOGUE) - 1);
}

static void read_catalogue(struct kan_buf *out)
{
	char path[4096], piece[4096];
	size_t n;
	FILE *f;

	find_catalogue(path, sizeof(path));
	f = fopen(path, "rb");
	ck_assert_msg(f != NULL, "%s", path);
	while ((n = fread(piece, 1, sizeof(piece), f)) > 0)
		kan_buf_add(out, piece, n);
	fclose(f);
}

static int parse(const struct kan_buf *mo, size_t len)
{
	KAN_AUTO(mem) uint8_t *exact = malloc(len ? len : 1); /* so that a sanitizer sees its end */
	KAN_AUTO(catalogue) struct kan_catalogue *cat = NULL;
	int rc;

	ck_assert_ptr_nonnull(exact);
	if (len > 0)
		memcpy(exact, mo->data, len);
	rc = kan_catalogue_parse(&cat, (struct kan_view){ exact, len }, NULL);
	if (rc == KAN_OK)
		ck_assert_ptr_nonnull(kan_catalogue_find(cat, "Match"));
	return rc;
}

START_TEST(english_is_the_default_and_comes_back)
{
	ck_assert_str_eq(kan_text("Match"), "Match");
	ck_assert_int_eq(kan_language_set("ja", NULL), KAN_OK);
	ck_assert_str_eq(kan_text("Match"), "一致");
	ck_assert_int_eq(kan_language_set("en", NULL), KAN_OK);
	ck_assert_str_eq(kan_text("Match"), "Match");
	ck_assert_int_eq(kan_language_set("ja", NULL), KAN_OK);
	ck_assert_str_eq(kan_text("Mismatch"), "不一致");
}
END_TEST

START_TEST(unknown_language_is_refused_and_changes_nothing)
{
	struct kan_err err = { 0 };

	ck_assert_int_eq(kan_language_set("ja", NULL), KAN_OK);
	ck_assert_int_eq(kan_language_set("fr", &err), KAN_EARG);
	ck_assert_msg(strstr(err.msg, "\"fr\"") != NULL, "%s", err.msg);
	ck_assert_int_eq(kan_language_set("../ja", &err), KAN_EARG);
	ck_assert_str_eq(kan_text("Match"), "一致");
}
END_TEST

START_TEST(locale_and_environment_of_the_process_stay_as_they_are)
{
	ck_assert_int_eq(unsetenv("LANGUAGE"), 0);
	ck_assert_int_eq(setenv("LC_ALL", "C", 1), 0);
	ck_assert_int_eq(kan_language_set("ja", NULL), KAN_OK);
	ck_assert_str_eq(setlocale(LC_ALL, NULL), "C");
	ck_assert_ptr_null(getenv("LANGUAGE"));
	ck_assert_str_eq(kan_text("Summary"), "概要");
}
END_TEST

START_TEST(text_without_translation_stays_english)
{
	ck_assert_int_eq(kan_language_set("ja", NULL), KAN_OK);
	ck_assert_str_eq(kan_text("no such message"), "no such message");
	ck_assert_str_eq(kan_text(""), ""); /* not the header of the catalogue */
}
END_TEST

/* msgunfmt reads the same file in its own way. */
START_TEST(every_entry_of_the_catalogue_is_found)
{
	char path[4096], command[4200], id[4096], line[4096];
	size_t n = 0;
	FILE *p;

	find_catalogue(path, sizeof(path));
	snprintf(command, sizeof(command),
	         "msgunfmt --no-wrap '%s' | sed -n 's/^msgid \"\\(.*\\)\"$/\\1/p'", path);
	ck_assert_int_eq(kan_language_set("ja", NULL), KAN_OK);
	p = popen(command, "r");
	ck_assert_ptr_nonnull(p);
	while (fgets(line, sizeof(line), p)) {
		line[strcspn(line, "\n")] = '\0';
		if (!*line || strchr(line, '\\')) /* of several lines: not told apart here */
			continue;
		snprintf(id, sizeof(id), "%s", line);
		ck_assert_ptr_ne(kan_text(id), id);
		n++;
	}
	ck_assert_int_eq(pclose(p), 0);
	ck_assert_uint_gt(n, 200);
}
END_TEST

START_TEST(catalogue_cut_anywhere_is_damaged)
{
	struct kan_buf mo = { 0 };

	read_catalogue(&mo);
	ck_assert_int_eq(parse(&mo, mo.len), KAN_OK);
	for (size_t len = 0; len < mo.len; len += len < 4096 ? 1 : 61)
		ck_assert_int_eq(parse(&mo, len), KAN_EFORMAT);
	kan_buf_done(&mo);
}
END_TEST

/* Any answer will do, but within bounds. */
START_TEST(catalogue_with_a_changed_byte_does_no_harm)
{
	struct kan_buf mo = { 0 };
	int damaged = 0;

	read_catalogue(&mo);
	for (size_t i = 0; i < 3000; i++) {
		char old = mo.data[i];

		mo.data[i] = (char)~old;
		damaged += parse(&mo, mo.len) == KAN_EFORMAT;
		mo.data[i] = old;
	}
	ck_assert_int_gt(damaged, 1000);
	kan_buf_done(&mo);
}
END_TEST

/* xgettext over lib/report and cmd against every catalogue. */
START_TEST(no_text_of_the_sources_is_untranslated)
{
	int status = system("sh " KAN_TESTDATA "/../lib/po/messages.sh check");

	ck_assert_int_ne(status, -1);
	ck_assert_msg(WIFEXITED(status) && WEXITSTATUS(status) == 0,
	              "untranslated texts, see above; add them with lib/po/messages.sh update");
}
END_TEST

static Suite *suite(void)
{
	Suite *s = suite_create("report/lang");
	TCase *tc = tcase_create("lang");

	tcase_set_timeout(tc, 120);
	tcase_add_test(tc, english_is_the_default_and_comes_back);
	tcase_add_test(tc, unknown_language_is_refused_and_changes_nothing);
	tcase_add_test(tc, locale_and_environment_of_the_process_stay_as_they_are);
	tcase_add_test(tc, text_without_translation_stays_english);
	tcase_add_test(tc, every_entry_of_the_catalogue_is_found);
	tcase_add_test(tc, catalogue_cut_anywhere_is_damaged);
	tcase_add_test(tc, catalogue_with_a_changed_byte_does_no_harm);
	tcase_add_test(tc, no_text_of_the_sources_is_untranslated);
	suite_add_tcase(s, tc);
	return s;
}

RUN_SUITE(suite)
