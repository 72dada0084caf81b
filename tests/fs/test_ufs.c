/* SPDX-License-Identifier: MIT */
/*
 * test_ufs.c - UFS1 and UFS2 in both byte orders, as makefs makes them
 *
 * makefs puts the superblock of UFS2 at 8 KiB, where BSD looks and Sleuth Kit does
 * not.  There fls gets a copy whose superblock is at 256 KiB, over the content of a
 * file, which does not change what it lists.
 */
#include "fs/listing.h"

#include "core/bytes.h"

enum { SUPER_AT = 8192, OTHER_AT = 262144, SUPER_LEN = 1536, PLACE_AT = 1000 };

static const struct {
	const char *options;
	const char *type;
	bool big_endian;
} kinds[] = {
	{ "-B le -o version=1", "ufs1", false },
	{ "-B be -o version=1", "ufs1", true },
	{ "-B le -o version=2", "ufs2", false },
	{ "-B be -o version=2", "ufs2", true },
	{ "-B le -o version=2,bsize=32768,fsize=4096", "ufs2", false },
};

enum { NKINDS = sizeof(kinds) / sizeof(kinds[0]) };

static bool make_image(char *path, size_t room, int kind)
{
	if (skip_without("makefs") || skip_without("fls"))
		return false;
	ck_assert(shell("mkdir -p $T/in/dir/sub; cd $T/in; echo one > one; "
	                "test -f dir/big || head -c 700000 /dev/urandom > dir/big; "
	                "printf '\\344\\270\\255' > dir/sub/鑑識; ln -sf one link; "
	                "ln -f one dir/hard; for i in $(seq 200); do echo $i > dir/sub/$i; done; "
	                "makefs -t ffs %s -s 8m $T/ufs $T/in",
	                kinds[kind].options));
	snprintf(path, room, "%s/ufs", work_dir);
	return true;
}

/* $T/moved: the same with its superblock at @at, which says so if it is to be true. */
static void move_super(int kind, uint64_t at, bool says, bool leaves)
{
	uint8_t super[SUPER_LEN];
	char path[256];
	FILE *f;

	ck_assert(shell("cp $T/ufs $T/moved"));
	snprintf(path, sizeof(path), "%s/moved", work_dir);
	f = fopen(path, "r+b");
	ck_assert_ptr_nonnull(f);
	ck_assert_int_eq(fseek(f, SUPER_AT, SEEK_SET), 0);
	ck_assert_uint_eq(fread(super, 1, sizeof(super), f), sizeof(super));
	if (says && kinds[kind].big_endian)
		kan_put_be64(super + PLACE_AT, at);
	else if (says)
		kan_put_le64(super + PLACE_AT, at);
	ck_assert_int_eq(fseek(f, (long)at, SEEK_SET), 0);
	ck_assert_uint_eq(fwrite(super, 1, sizeof(super), f), sizeof(super));
	memset(super, 0, sizeof(super));
	ck_assert_int_eq(fseek(f, SUPER_AT, SEEK_SET), 0);
	if (leaves)
		ck_assert_uint_eq(fwrite(super, 1, sizeof(super), f), sizeof(super));
	ck_assert_int_eq(fclose(f), 0);
}

static size_t read_file(uint8_t *out, size_t room, const char *name, long at)
{
	char path[256];
	FILE *f;
	size_t n;

	snprintf(path, sizeof(path), "%s/%s", work_dir, name);
	f = fopen(path, "rb");
	ck_assert_ptr_nonnull(f);
	ck_assert_int_eq(fseek(f, at, SEEK_SET), 0);
	n = fread(out, 1, room, f);
	ck_assert_int_eq(fclose(f), 0);
	return n;
}

/* What fls lists, sorted. */
static void ask_fls(struct lines *out, int kind)
{
	KAN_AUTO(mem) uint8_t *big = malloc(1u << 20);
	uint8_t lost[SUPER_LEN];
	bool moved = strcmp(kinds[kind].type, "ufs2") == 0;
	size_t len = read_file(big, 1u << 20, "in/dir/big", 0);

	if (moved) {
		ck_assert_uint_eq(read_file(lost, sizeof(lost), "ufs", OTHER_AT), sizeof(lost));
		ck_assert_ptr_nonnull(memmem(big, len, lost, sizeof(lost)));
		move_super(kind, OTHER_AT, false, false);
	}
	lines_of(out, "fls -r -p %s/%s", work_dir, moved ? "moved" : "ufs");
	lines_sort(out);
}

static void assert_one_system(const struct evidence *e, const char *type)
{
	ck_assert_uint_eq(e->layout->nfilesystems, 1);
	ck_assert_str_eq(e->layout->filesystems[0].type, type);
	ck_assert_int_eq(e->layout->filesystems[0].state, KAN_FS_READABLE);
	ck_assert_uint_eq(e->findings.n, 0);
}

START_TEST(lists_what_fls_lists)
{
	struct lines got = { 0 }, want = { 0 };
	struct evidence e;
	char path[256];

	if (!make_image(path, sizeof(path), _i))
		return;
	open_evidence(&e, path);
	assert_one_system(&e, kinds[_i].type);
	list_system(&got, &e, 1);
	ask_fls(&want, _i);
	assert_same_lines(&got, &want, path);
	ck_assert_uint_gt(got.n, 205);
	lines_done(&got);
	lines_done(&want);
	close_evidence(&e);
}
END_TEST

static int check_file(void *arg, const struct kan_file *f, struct kan_err *err)
{
	char hex[2 * KAN_DIGEST_MAX + 1];
	struct lines want = { 0 };
	size_t *n = arg;

	(void)err;
	if (f->ndigests == 0)
		return KAN_OK;
	if (++*n > 20 && strcmp(f->path, "/dir/big") != 0)
		return KAN_OK; /* a program for each of them takes its time */
	lines_of(&want, "md5sum < '%s/in%s' | cut -c1-32", work_dir, f->path);
	kan_hash_hex(hex, f->digests[0].bytes, 16);
	ck_assert_msg(strcmp(hex, want.line[0]) == 0, "%s", f->path);
	lines_done(&want);
	return KAN_OK;
}

/* The place where the superblock is shown to Sleuth Kit belongs to a file. */
START_TEST(digests_are_those_of_the_files_that_went_in)
{
	struct kan_fs_opts opts = { .jobs = 2 };
	struct evidence e;
	char path[256];
	size_t n = 0;

	if (!make_image(path, sizeof(path), _i))
		return;
	open_evidence(&e, path);
	ck_assert_int_eq(kan_hash_set_parse(&opts.hashes, "md5", NULL), KAN_OK);
	ck_assert_int_eq(kan_files_walk(e.img, e.layout, &opts, check_file, &n, &e.findings, NULL),
	                 KAN_OK);
	ck_assert_uint_eq(n, 204);
	ck_assert_uint_eq(e.findings.n, 0);
	close_evidence(&e);
}
END_TEST

static const uint32_t places[] = { 0, OTHER_AT };

START_TEST(finds_ufs2_at_each_place_where_bsd_looks)
{
	const int le = 2;
	struct lines got = { 0 }, want = { 0 };
	struct evidence e;
	char path[256];

	if (!make_image(path, sizeof(path), le))
		return;
	ask_fls(&want, le);
	move_super(le, places[_i], true, true);
	snprintf(path, sizeof(path), "%s/moved", work_dir);
	open_evidence(&e, path);
	assert_one_system(&e, "ufs2");
	list_system(&got, &e, 1);
	assert_same_lines(&got, &want, path);
	lines_done(&got);
	lines_done(&want);
	close_evidence(&e);
}
END_TEST

/* A copy of a superblock that says it belongs elsewhere is no file system. */
START_TEST(a_copy_of_a_superblock_is_not_taken_for_one)
{
	const int le = 2;
	struct evidence e;
	char path[256];

	if (!make_image(path, sizeof(path), le))
		return;
	move_super(le, 0, false, true);
	snprintf(path, sizeof(path), "%s/moved", work_dir);
	open_evidence(&e, path);
	ck_assert_uint_eq(e.layout->nfilesystems, 0);
	close_evidence(&e);
}
END_TEST

static Suite *suite(void)
{
	Suite *s = suite_create("fs/ufs");
	TCase *t = tcase_create("ufs");

	tcase_add_unchecked_fixture(t, make_work_dir, remove_work_dir);
	tcase_set_timeout(t, 60);
	tcase_add_loop_test(t, lists_what_fls_lists, 0, NKINDS);
	tcase_add_loop_test(t, digests_are_those_of_the_files_that_went_in, 0, NKINDS);
	tcase_add_loop_test(t, finds_ufs2_at_each_place_where_bsd_looks, 0,
	                    sizeof(places) / sizeof(places[0]));
	tcase_add_test(t, a_copy_of_a_superblock_is_not_taken_for_one);
	suite_add_tcase(s, t);
	return s;
}

RUN_SUITE(suite)
