/* SPDX-License-Identifier: MIT */
/*
 * test_ltree.c - the files of logical evidence (L01) are counted, and said not to be listed
 *
 * No program here writes L01 and no sample was at hand: trees are written from the
 * description of the format, into an E01 set whose magic is changed.
 */
#include "image/ewf/ltree.h"
#include "image/ewf2_writer.h"
#include "image/image_check.h"
#include "suite.h"

#define HEAD                                                                        \
	"5\nrec\ntb\tcl\n5\t1\n\nperm\n1\t1\np\tn\ts\n0\t1\n1\t\t\n0\t0\n\tx\t\n\n" \
	"srce\n0\t1\np\tn\n0\t0\n\t\n\nsub\n0\t1\np\tn\n0\t0\n\t\n\n"
#define ENTRIES "entry\n4\t1\np\tn\tid\n"

static char dir[MADE_DIR];
static char path[MADE_PATH];

static void set_up(void)
{
	made_folder(dir);
	snprintf(path, sizeof(path), "%s/x.L01", dir);
}

static void tear_down(void)
{
	made_remove(dir);
}

static const struct {
	const char *text;
	uint64_t nfiles, nfolders;
	bool whole;
} trees[] = {
	{ HEAD ENTRIES "0\t1\n1\tC\t1\n0\t3\n1\tdocs\t2\n0\t0\n\ta.txt\t3\n0\t1\n1\tsub\t4\n"
	               "0\t0\n\tb.txt\t5\n0\t0\n\tentry\t6\n\n",
	  3, 2, true },
	{ HEAD "entry\n1\t1\nid\tn\tp\n26\t2\n\t\t1\n0\t0\n1\tx\t\n2\t0\n2\ty\t", 2, 0, true },
	{ "1\nentry\n1\t1\np\tn\n0\t1\n1\t\n0\t0\n\tx\n", 1, 0, true },
	{ HEAD ENTRIES "0\t0\n1\tC\t1\n\n", 0, 0, true },
	{ HEAD ENTRIES "0\t5\n1\tC\t1\n0\t0\n\ta.txt\t2\n\n", 1, 0, false },
	{ HEAD ENTRIES "0\t2\n1\tC\t1\n0\tx\n\ta.txt\t2\n", 0, 0, false },
	{ HEAD ENTRIES "0\t18446744073709551615\n1\tC\t1\n0\t0\n\ta.txt\t2\n", 0, 0, false },
	{ HEAD, 0, 0, false },
	{ "", 0, 0, false },
};

#define TREES (sizeof(trees) / sizeof(trees[0]))

/* The ASCII text as UTF-16; the caller frees. */
static uint8_t *widen(const char *text, size_t *len)
{
	uint8_t *out = calloc(strlen(text) + 1, 2);

	ck_assert_ptr_nonnull(out);
	for (*len = 0; text[*len / 2]; *len += 2)
		out[*len] = (uint8_t)text[*len / 2];
	return out;
}

START_TEST(ltree_counts_the_files_of_a_tree)
{
	size_t len;
	KAN_AUTO(mem) uint8_t *wide = widen(trees[_i].text, &len);

	for (size_t step = 1; step <= len + 1; step += step < 9 ? 1 : 97) {
		struct kan_ltree t = { 0 };

		for (size_t at = 0; at < len; at += step)
			kan_ltree_feed(&t, wide + at, len - at < step ? len - at : step);
		kan_ltree_end(&t);
		ck_assert_uint_eq(t.nfiles, trees[_i].nfiles);
		ck_assert_uint_eq(t.nfolders, trees[_i].nfolders);
		ck_assert(t.whole == trees[_i].whole);
	}
}
END_TEST

static const char *tree_text;

/* The ltree section that made_set() puts in front of the hash. */
static void put_tree(FILE *f)
{
	uint8_t head[48] = { 0 };
	size_t len;
	uint8_t *wide = widen(tree_text, &len);

	made_put(head + 16, len, 8);
	ex01_digest("md5", wide, len, head);
	made_put(head + 24, made_adler(head, sizeof(head)), 4);
	made_descriptor(f, "ltree", sizeof(head) + len, false);
	made_write(f, head, sizeof(head));
	made_write(f, wide, len);
	free(wide);
}

/* Two segments; the tree is in the last one. */
static void put_set(void (*extra)(FILE *f))
{
	char from[MADE_PATH], to[MADE_PATH];
	unsigned n = made_set(dir, (struct made_plan){ .nsectors = 61,
	                                               .table_chunks = 9,
	                                               .segment_tables = 1,
	                                               .extra = extra });

	for (unsigned i = 1; i <= n; i++) {
		made_poke(made_path(from, dir, i), 0, "LVF", 3);
		snprintf(to, sizeof(to), "%s/x.L%02u", dir, i);
		ck_assert_int_eq(rename(from, to), 0);
	}
}

static void must_say(enum kan_finding_kind kind, const char *words)
{
	struct kan_paths files = { 0 };
	struct kan_findings f = { 0 };
	const struct kan_finding *found;
	char second[MADE_PATH];

	snprintf(second, sizeof(second), "%s/x.L02", dir);
	ck_assert_int_eq(kan_paths_add(&files, path, NULL), KAN_OK);
	ck_assert_int_eq(kan_paths_add(&files, second, NULL), KAN_OK);
	ck_assert_int_eq(kan_ltree_report(&files, &f, NULL), KAN_OK);
	found = find_kind(&f, kind);
	ck_assert_ptr_nonnull(found);
	ck_assert_str_eq(found->detail, words);
	ck_assert_str_eq(found->subject, "logical tree of x.L01");
	kan_findings_done(&f);
	kan_paths_done(&files);
}

START_TEST(ltree_is_found_in_the_last_segment)
{
	tree_text = trees[_i ? 4 : 0].text;
	put_set(put_tree);
	must_say(KAN_FINDING_UNSUPPORTED,
	         _i ? "it is damaged; its files, at least 1, are not listed"
	            : "3 files of the logical tree are not listed");
}
END_TEST

START_TEST(set_without_ltree_is_told)
{
	put_set(NULL);
	must_say(KAN_FINDING_UNSUPPORTED, "it was not found; the files in it are not listed");
}
END_TEST

START_TEST(logical_image_says_what_it_does_not_list)
{
	KAN_AUTO(image) struct kan_image *img = NULL;
	const struct kan_finding *f;

	tree_text = trees[0].text;
	put_set(_i ? put_tree : NULL);
	img = must_open(path);
	f = find_kind(kan_image_findings(img), KAN_FINDING_UNSUPPORTED);
	ck_assert_ptr_nonnull(f);
	ck_assert_msg(strstr(f->detail, _i ? "3 files" : "not found") != NULL, "%s", f->detail);
	ck_assert(kan_findings_have_problem(kan_image_findings(img)));
}
END_TEST

static Suite *ltree_suite(void)
{
	Suite *s = suite_create("ltree");
	TCase *tree = tcase_create("tree");

	tcase_add_checked_fixture(tree, set_up, tear_down);
	tcase_add_loop_test(tree, ltree_counts_the_files_of_a_tree, 0, TREES);
	tcase_add_loop_test(tree, ltree_is_found_in_the_last_segment, 0, 2);
	tcase_add_test(tree, set_without_ltree_is_told);
	tcase_add_loop_test(tree, logical_image_says_what_it_does_not_list, 0, 2);
	suite_add_tcase(s, tree);
	return s;
}

RUN_SUITE(ltree_suite)
