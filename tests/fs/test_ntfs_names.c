/* SPDX-License-Identifier: MIT */
/*
 * test_ntfs_names.c - names of NTFS with half of a surrogate pair
 *
 * No program writes them, so they are written into an image of mkntfs: letters of
 * names are replaced wherever these are stored, in records and in indexes.
 */
#include "fs/listing.h"

#include "core/bytes.h"
#include "fs/ntfs_names.h"

enum { MEDIA = 4 << 20, UNITS_MAX = 32 };

#define SAMPLE "/usr/share/forensics-samples/fs.ntfs.xz"

/* A name that ntfscp can write, and the units that its capital letters become. */
struct name {
	const char *before;
	uint16_t a, b;
	const char *after; /* the path */
};

static const struct name names[] = {
	{ "two-A.txt", 0xd800, 0, "/two-\xed\xa0\x80.txt" },
	{ "two-B.txt", 0, 0xd801, "/two-\xed\xa0\x81.txt" },
	{ "low-A", 0xdc00, 0, "/low-\xed\xb0\x80" },
	{ "low-B", 0, 0xdfff, "/low-\xed\xbf\xbf" },
	{ "end-A", 0xdbff, 0, "/end-\xed\xaf\xbf" },
	{ "swap-AB-x", 0xde00, 0xd83d, "/swap-\xed\xb8\x80\xed\xa0\xbd-x" },
	{ "whole-AB", 0xd83d, 0xde00, "/whole-😀" },
	{ "twice-AB", 0xd83d, 0xd83d, "/twice-\xed\xa0\xbd\xed\xa0\xbd" },
	{ "plain^", 0, 0, "/plain^" },
	{ "zzz-A", 0xd900, 0, "/zzz-\xed\xa4\x80" },
};

static const struct name streams[] = {
	{ "one-A", 0xd800, 0, "one-\xed\xa0\x80" },
	{ "one-B", 0, 0xd801, "one-\xed\xa0\x81" },
	{ "low-stream-A-x", 0xdc00, 0, "low-stream-\xed\xb0\x80-x" },
};

enum { NNAMES = sizeof(names) / sizeof(names[0]), NSTREAMS = sizeof(streams) / sizeof(streams[0]) };

static size_t encode(uint8_t *out, const struct name *n, bool edited)
{
	size_t len = 0;

	for (const char *p = n->before; *p; p++, len += 2) {
		uint16_t c = (uint8_t)*p;

		if (edited && c == 'A' && n->a)
			c = n->a;
		if (edited && c == 'B' && n->b)
			c = n->b;
		out[len] = (uint8_t)c;
		out[len + 1] = (uint8_t)(c >> 8);
	}
	return len;
}

/* Every copy of the name in the media. */
static size_t edit(uint8_t *media, size_t size, const struct name *n)
{
	uint8_t from[2 * UNITS_MAX], to[2 * UNITS_MAX];
	size_t len = encode(from, n, false), done = 0;
	uint8_t *p = media;

	encode(to, n, true);
	while ((p = memmem(p, size - (size_t)(p - media), from, len))) {
		memcpy(p, to, len);
		p += len;
		done++;
	}
	return done;
}

static uint8_t *load(const char *name, size_t size)
{
	uint8_t *data = malloc(size);
	char path[256];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", work_dir, name);
	f = fopen(path, "rb");
	ck_assert_ptr_nonnull(f);
	ck_assert_uint_eq(fread(data, 1, size, f), size);
	ck_assert_int_eq(fclose(f), 0);
	return data;
}

static void store(char *path, size_t room, const char *name, const uint8_t *data, size_t size)
{
	FILE *f;

	snprintf(path, room, "%s/%s", work_dir, name);
	f = fopen(path, "wb");
	ck_assert_ptr_nonnull(f);
	ck_assert_uint_eq(fwrite(data, 1, size, f), size);
	ck_assert_int_eq(fclose(f), 0);
}

/* An image with all names, as they can be written. */
static uint8_t *make_media(void)
{
	ck_assert(shell("truncate -s %u $T/ntfs; mkntfs -qF $T/ntfs; echo content > $T/content",
	                MEDIA));
	for (size_t i = 0; i < NNAMES; i++)
		ck_assert(shell("ntfscp -q $T/ntfs $T/content '%s'", names[i].before));
	for (size_t i = 0; i < NSTREAMS; i++)
		ck_assert(shell("ntfscp -q $T/ntfs $T/content host%zu; "
		                "ntfscp -q -N '%s' $T/ntfs $T/content host%zu",
		                i, streams[i].before, i));
	return load("ntfs", MEDIA);
}

static bool skip(void)
{
	return skip_without("mkntfs") || skip_without("ntfscp") || skip_without("fls");
}

static int collect_path(void *arg, const struct kan_file *f, struct kan_err *err)
{
	KAN_DEFER(kan_buf_done) struct kan_buf b = { 0 };

	(void)err;
	kan_buf_printf(&b, "%s%s%s", f->path, f->stream[0] ? ":" : "", f->stream);
	lines_add(arg, b.data);
	return KAN_OK;
}

static void list_paths(struct lines *out, struct evidence *e)
{
	ck_assert_int_eq(
		kan_files_walk(e->img, e->layout, NULL, collect_path, out, &e->findings, NULL),
		KAN_OK);
	lines_sort(out);
}

static size_t count_line(const struct lines *l, const char *text)
{
	size_t n = 0;

	for (size_t i = 0; i < l->n; i++)
		n += strcmp(l->line[i], text) == 0;
	return n;
}

START_TEST(every_name_is_exact)
{
	KAN_AUTO(mem) uint8_t *media = NULL;
	struct lines got = { 0 };
	struct evidence e;
	char path[256];

	if (skip())
		return;
	media = make_media();
	for (size_t i = 0; i < NNAMES; i++)
		ck_assert_uint_ge(edit(media, MEDIA, &names[i]), 2);
	for (size_t i = 0; i < NSTREAMS; i++)
		ck_assert_uint_ge(edit(media, MEDIA, &streams[i]), 1);
	store(path, sizeof(path), "edited", media, MEDIA);
	open_evidence(&e, path);
	list_paths(&got, &e);
	for (size_t i = 0; i < NNAMES; i++)
		ck_assert_msg(count_line(&got, names[i].after) == 1, "%s", names[i].before);
	for (size_t i = 0; i < NSTREAMS; i++) {
		char line[64];

		snprintf(line, sizeof(line), "/host%zu:%s", i, streams[i].after);
		ck_assert_msg(count_line(&got, line) == 1, "%s", streams[i].before);
	}
	ck_assert_uint_eq(e.findings.n, 0);
	lines_done(&got);
	close_evidence(&e);
}
END_TEST

/* Lines of fls without their names, which are all that differs. */
static void cut_names(struct lines *l)
{
	for (size_t i = 0; i < l->n; i++)
		l->line[i][strcspn(l->line[i], "\t")] = '\0';
	lines_sort(l);
}

START_TEST(all_but_the_names_is_what_fls_lists)
{
	KAN_AUTO(mem) uint8_t *media = NULL;
	struct lines got = { 0 }, want = { 0 };
	struct evidence e;
	char path[256];

	if (skip())
		return;
	media = make_media();
	for (size_t i = 0; i < NNAMES; i++)
		edit(media, MEDIA, &names[i]);
	for (size_t i = 0; i < NSTREAMS; i++)
		edit(media, MEDIA, &streams[i]);
	store(path, sizeof(path), "edited", media, MEDIA);
	open_evidence(&e, path);
	list_system(&got, &e, 1);
	lines_of(&want, "fls -r -p '%s'", path);
	cut_names(&got);
	cut_names(&want);
	assert_same_lines(&got, &want, path);
	lines_done(&got);
	lines_done(&want);
	close_evidence(&e);
}
END_TEST

/*
 * The used part of the index block that holds @name ends before its entry.  Sleuth Kit
 * believes in what is left only if its times are before 2020.
 */
static void forget_entry(uint8_t *media, const struct name *name)
{
	enum { LIST = 24, USED = 28, FNAME = 66, ENTRY = 82 };
	uint8_t units[2 * UNITS_MAX];
	size_t len = encode(units, name, true);

	for (size_t at = 0; at + 4096 <= MEDIA; at += 4096) {
		uint8_t *block = media + at;
		uint8_t *p = memcmp(block, "INDX", 4) == 0 ? memmem(block, 4096, units, len) : NULL;

		if (!p)
			continue;
		kan_put_le32(block + USED, (uint32_t)(p - ENTRY - block - LIST));
		for (size_t i = 0; i < 4; i++)
			kan_put_le64(p - FNAME + 8 + 8 * i, 130645440000000000);
	}
}

/* The record with the name is in use no more. */
static void forget_record(uint8_t *media, const struct name *name)
{
	uint8_t units[2 * UNITS_MAX];
	size_t len = encode(units, name, true);

	for (size_t at = 0; at + 1024 <= MEDIA; at += 1024)
		if (memcmp(media + at, "FILE", 4) == 0 && memmem(media + at, 1024, units, len))
			media[at + 22] = 0;
}

/* What is left of it in the index, and the file that has lost its directory. */
START_TEST(a_deleted_name_is_exact)
{
	KAN_AUTO(mem) uint8_t *media = NULL;
	const struct name *last = &names[NNAMES - 1];
	struct lines got = { 0 }, deleted = { 0 };
	struct evidence e;
	char path[256];

	if (skip())
		return;
	media = make_media();
	ck_assert_uint_ge(edit(media, MEDIA, last), 2);
	forget_entry(media, last);
	forget_record(media, last);
	store(path, sizeof(path), "deleted", media, MEDIA);
	lines_of(&deleted, "fls -r -p -d '%s' | grep zzz", path);
	ck_assert_uint_eq(deleted.n, 2);
	open_evidence(&e, path);
	list_paths(&got, &e);
	ck_assert_uint_eq(count_line(&got, last->after), 1);
	ck_assert_uint_eq(count_line(&got, "/$OrphanFiles/zzz-\xed\xa4\x80"), 1);
	lines_done(&got);
	lines_done(&deleted);
	close_evidence(&e);
}
END_TEST

/* The name of a directory stands in the paths of all that is in it. */
START_TEST(the_name_of_a_directory_is_exact_in_every_path)
{
	static const struct name dir = { "Audio1", 0xd800, 0, "/" };
	static const struct name lower = { "audio1", 0, 0, "/" };
	const size_t size = 52428800;
	KAN_AUTO(mem) uint8_t *media = NULL;
	uint8_t from[2 * UNITS_MAX], to[2 * UNITS_MAX], *p;
	struct lines got = { 0 };
	struct evidence e;
	size_t len, n = 0;
	char path[256];

	if (!shell("xz -dc " SAMPLE " > $T/sample")) {
		printf("SKIP: " SAMPLE " is not there\n");
		return;
	}
	media = load("sample", size);
	len = encode(from, &lower, false);
	encode(to, &dir, true);
	for (p = media; (p = memmem(p, size - (size_t)(p - media), from, len)); p += len)
		memcpy(p, to, len);
	store(path, sizeof(path), "sample", media, size);
	open_evidence(&e, path);
	list_paths(&got, &e);
	ck_assert_uint_eq(got.n, 72);
	for (size_t i = 0; i < got.n; i++)
		n += strncmp(got.line[i], "/\xed\xa0\x80udio1", 9) == 0;
	ck_assert_uint_eq(n, 4);
	ck_assert_uint_eq(count_line(&got, "/\xed\xa0\x80udio1/debian.mp3"), 1);
	lines_done(&got);
	close_evidence(&e);
}
END_TEST

/* ---- hard links, and what no image at hand holds ------------------------------------ */

/* An index entry with the name of @units at @p; returns its length. */
static size_t put_entry(uint8_t *p, uint64_t addr, uint64_t dir, const uint16_t *units, uint8_t n)
{
	size_t len = (16u + 66 + 2u * n + 7) & ~7u;

	kan_put_le64(p, addr);
	p[8] = (uint8_t)len;
	p[10] = (uint8_t)(66 + 2 * n);
	kan_put_le64(p + 16, dir);
	p[16 + 64] = n;
	for (size_t i = 0; i < n; i++) {
		p[16 + 66 + 2 * i] = (uint8_t)units[i];
		p[16 + 66 + 2 * i + 1] = (uint8_t)(units[i] >> 8);
	}
	return len;
}

START_TEST(hard_links_that_are_shown_alike_are_told_apart)
{
	static const uint16_t first[] = { 'x', 0xdc00 }, second[] = { 'x', 0xdc01 };
	struct kan_ntfs_names list = { 0 };
	const struct kan_ntfs_name *name;
	uint8_t root[512] = { 0 };
	size_t at = 32, i = 0;

	at += put_entry(root + at, 77, 5, first, 2);
	at += put_entry(root + at, 77, 5, second, 2);
	kan_put_le32(root + 16, 16);
	kan_put_le32(root + 20, (uint32_t)(at - 16));
	kan_ntfs_names_add_root(&list, 5, (struct kan_view){ root, sizeof(root) });
	ck_assert_uint_eq(list.n, 2);
	name = kan_ntfs_names_next(&list, &i, 77, "x^");
	ck_assert_ptr_nonnull(name);
	ck_assert(name->live);
	ck_assert_str_eq(kan_ntfs_name_exact(&list, name), "x\xed\xb0\x80");
	name = kan_ntfs_names_next(&list, &i, 77, "x^");
	ck_assert_ptr_nonnull(name);
	ck_assert_str_eq(kan_ntfs_name_exact(&list, name), "x\xed\xb0\x81");
	ck_assert_ptr_null(kan_ntfs_names_next(&list, &i, 77, "x^"));
	kan_ntfs_names_done(&list);
}
END_TEST

START_TEST(names_of_another_directory_and_short_names_do_not_count)
{
	static const uint16_t units[] = { 'x', 0xdc00 };
	struct kan_ntfs_names list = { 0 };
	uint8_t root[512] = { 0 };

	put_entry(root + 32, 77, 6, units, 2);
	kan_put_le32(root + 16, 16);
	kan_put_le32(root + 20, 200);
	kan_ntfs_names_add_root(&list, 5, (struct kan_view){ root, sizeof(root) });
	ck_assert_uint_eq(list.n, 0);
	put_entry(root + 32, 77, 5, units, 2);
	root[32 + 16 + 65] = 2;
	kan_ntfs_names_add_root(&list, 5, (struct kan_view){ root, sizeof(root) });
	ck_assert_uint_eq(list.n, 0);
	kan_ntfs_names_done(&list);
}
END_TEST

static Suite *suite(void)
{
	Suite *s = suite_create("fs/ntfs_names");
	TCase *t = tcase_create("images");
	TCase *parts = tcase_create("parts");

	tcase_add_unchecked_fixture(t, make_work_dir, remove_work_dir);
	tcase_set_timeout(t, 60);
	tcase_add_test(t, every_name_is_exact);
	tcase_add_test(t, all_but_the_names_is_what_fls_lists);
	tcase_add_test(t, a_deleted_name_is_exact);
	tcase_add_test(t, the_name_of_a_directory_is_exact_in_every_path);
	suite_add_tcase(s, t);
	tcase_add_test(parts, hard_links_that_are_shown_alike_are_told_apart);
	tcase_add_test(parts, names_of_another_directory_and_short_names_do_not_count);
	suite_add_tcase(s, parts);
	return s;
}

RUN_SUITE(suite)
