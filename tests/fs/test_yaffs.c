/* SPDX-License-Identifier: MIT */
/*
 * test_yaffs.c - YAFFS2 on chips of all kinds, and nothing else taken for it
 *
 * No program at hand makes such an image, so it is made here, chunk by chunk, from
 * the headers of YAFFS2; what it holds is then asked of fls and of unyaffs.
 */
#include "fs/samples.h"

#include "core/bytes.h"
#include "fs/listing.h"
#include "fs/yaffs.h"

enum { CHUNKS_MAX = 700, SMALL = 7 };
enum { FILE_TYPE = 1, LINK_TYPE = 2, DIR_TYPE = 3 };
enum { ROOT = 1, DELETED = 4 };

struct chip {
	uint32_t page, spare, tags, block;
	bool extra; /* tags repeat the header */
	bool big_endian;
	bool unyaffs; /* can read it */
};

static const struct chip chips[] = {
	{ 2048, 64, 0, 64, false, false, true },  { 2048, 64, 2, 64, false, false, true },
	{ 2048, 64, 30, 64, true, false, false }, { 2048, 128, 0, 64, true, false, true },
	{ 4096, 128, 0, 128, true, false, true }, { 4096, 218, 2, 128, false, false, false },
	{ 4096, 224, 0, 64, false, false, true }, { 8192, 256, 2, 128, true, false, true },
	{ 8192, 448, 0, 64, true, false, true },  { 16384, 1280, 5, 64, true, false, false },
	{ 512, 16, 0, 32, false, false, false },  { 1024, 32, 1, 64, true, false, false },
};

enum { NCHIPS = sizeof(chips) / sizeof(chips[0]) };

struct maker {
	const struct chip *chip;
	uint8_t *data;
	size_t n;
	uint32_t seq;
	bool plain; /* one number for all blocks, and each header once */
	uint8_t page[16384];
};

static void put32(const struct maker *m, uint8_t *p, uint32_t v)
{
	m->chip->big_endian ? kan_put_be32(p, v) : kan_put_le32(p, v);
}

static size_t chunk_len(const struct chip *c)
{
	return c->page + c->spare;
}

/* m->page with its tags.  @chunk is 0 for a header. */
static void put_chunk(struct maker *m, uint32_t obj, uint32_t chunk, uint32_t bytes)
{
	uint8_t *out = m->data + m->n * chunk_len(m->chip), *tags;

	ck_assert_uint_lt(m->n, CHUNKS_MAX);
	memset(out, 0xff, chunk_len(m->chip));
	memcpy(out, m->page, m->chip->page);
	tags = out + m->chip->page + m->chip->tags;
	put32(m, tags, m->seq + (m->plain ? 0 : (uint32_t)(m->n / m->chip->block)));
	put32(m, tags + 4, obj);
	put32(m, tags + 8, chunk);
	put32(m, tags + 12, bytes);
	m->n++;
}

static void put_header(struct maker *m, uint32_t obj, uint32_t type, uint32_t parent,
                       const char *name, uint32_t size, const char *alias)
{
	uint8_t *p = m->page;
	bool extra = m->chip->extra && parent != DELETED && !m->plain;

	memset(p, 0xff, m->chip->page);
	put32(m, p, type);
	put32(m, p + 4, parent);
	memset(p + 10, 0, 256);
	memcpy(p + 10, name, strlen(name));
	put32(m, p + 0x10c, type == DIR_TYPE ? 040755 : type == LINK_TYPE ? 0120777 : 0100644);
	put32(m, p + 0x110, 1000);
	put32(m, p + 0x114, 100);
	for (size_t i = 0; i < 3; i++)
		put32(m, p + 0x118 + 4 * i, 1500000000 + obj);
	put32(m, p + 0x124, size);
	put32(m, p + 0x128, UINT32_MAX);
	memset(p + 0x12c, 0, 160);
	if (type == LINK_TYPE)
		memcpy(p + 0x12c, alias, strlen(alias));
	put_chunk(m, extra ? obj | type << 28 : obj, extra ? 0x80000000 | parent : 0,
	          extra ? size : 0xffff);
}

/* A header without a size, the content, and the header as it is written at the end. */
static void put_file(struct maker *m, uint32_t obj, uint32_t parent, const char *name,
                     uint32_t size)
{
	uint32_t chunk = 1;

	put_header(m, obj, FILE_TYPE, parent, name, m->plain ? size : 0, "");
	for (uint32_t at = 0; at < size; at += m->chip->page, chunk++) {
		uint32_t n = size - at < m->chip->page ? size - at : m->chip->page;

		memset(m->page, 0, m->chip->page);
		for (uint32_t i = 0; i < n; i++)
			m->page[i] = (uint8_t)((at + i) * 2654435761u >> 24 ^ obj);
		put_chunk(m, obj, chunk, n);
	}
	if (!m->plain)
		put_header(m, obj, FILE_TYPE, parent, name, size, "");
}

/* Chunks that were never written, to the end of the block and one block more. */
static void put_erased(struct maker *m)
{
	size_t end = (m->n / m->chip->block + 2) * m->chip->block;

	ck_assert_uint_le(end, CHUNKS_MAX);
	memset(m->data + m->n * chunk_len(m->chip), 0xff, (end - m->n) * chunk_len(m->chip));
	m->n = end;
}

static void store(char *path, size_t room, const char *name, const uint8_t *data, size_t len)
{
	FILE *f;

	snprintf(path, room, "%s/%s", work_dir, name);
	f = fopen(path, "wb");
	ck_assert_ptr_nonnull(f);
	ck_assert_uint_eq(fwrite(data, 1, len, f), len);
	ck_assert_int_eq(fclose(f), 0);
}

static void start(struct maker *m, const struct chip *chip)
{
	*m = (struct maker){ .chip = chip, .seq = 0x1001 };
	m->data = malloc(CHUNKS_MAX * chunk_len(chip));
	ck_assert_ptr_nonnull(m->data);
	put_header(m, ROOT, DIR_TYPE, ROOT, "", 0, "");
	put_header(m, 257, DIR_TYPE, ROOT, "dir", 0, "");
}

/* $T/yaffs: files, links, a deleted one, and one of which there are two versions. */
static void make_image(char *path, size_t room, const struct chip *chip)
{
	struct maker m;

	start(&m, chip);
	put_file(&m, 258, ROOT, "one", 100);
	put_file(&m, 259, 257, "big", 70 * chip->page + 5);
	put_header(&m, 260, LINK_TYPE, ROOT, "link", 0, "one");
	put_header(&m, 261, DIR_TYPE, 257, "sub", 0, "");
	put_file(&m, 262, 261, "鑑識", chip->page);
	put_file(&m, 263, ROOT, "gone", 3 * chip->page);
	put_header(&m, 263, FILE_TYPE, DELETED, "deleted", 0, "");
	while (m.n % chip->block != 0)
		put_header(&m, 300 + (uint32_t)m.n, FILE_TYPE, 261, "filler", 0, "");
	put_file(&m, 258, ROOT, "one", 3 * chip->page + 1);
	put_erased(&m);
	store(path, room, "yaffs", m.data, m.n * chunk_len(chip));
	free(m.data);
}

/*
 * $T/plain: as mkyaffs2image writes, which is all that unyaffs reads: each header once,
 * with its content behind it, and nothing deleted.
 */
static void make_plain(char *path, size_t room, const struct chip *chip)
{
	struct maker m = { .chip = chip, .seq = 0x1000, .plain = true };

	m.data = malloc(CHUNKS_MAX * chunk_len(chip));
	ck_assert_ptr_nonnull(m.data);
	put_header(&m, 257, DIR_TYPE, ROOT, "dir", 0, "");
	put_file(&m, 258, ROOT, "one", 100);
	put_file(&m, 259, 257, "big", 70 * chip->page + 5);
	put_header(&m, 260, LINK_TYPE, ROOT, "link", 0, "one");
	put_header(&m, 261, DIR_TYPE, 257, "sub", 0, "");
	put_file(&m, 262, 261, "鑑識", chip->page);
	store(path, room, "plain", m.data, m.n * chunk_len(chip));
	free(m.data);
}

/* What fls has to know about a chip, beside the image. */
static void tell_fls(const struct chip *c)
{
	ck_assert(shell("printf 'flash_page_size = %u\\nflash_spare_size = %u\\n"
	                "spare_seq_num_offset = %u\\nspare_obj_id_offset = %u\\n"
	                "spare_chunk_id_offset = %u\\n' > $T/yaffs-yaffs2.config",
	                c->page, c->spare, c->tags, c->tags + 4, c->tags + 8));
}

static void assert_yaffs(const struct evidence *e)
{
	ck_assert_uint_eq(e->layout->nfilesystems, 1);
	ck_assert_str_eq(e->layout->filesystems[0].type, "yaffs2");
	ck_assert_int_eq(e->layout->filesystems[0].state, KAN_FS_READABLE);
	ck_assert_uint_eq(e->findings.n, 0);
}

START_TEST(lists_what_fls_lists_when_it_is_told_the_chip)
{
	const struct chip *c = &chips[_i];
	struct evidence e;
	char path[256];

	/* Sleuth Kit refuses a spare of less than 46 bytes. */
	if (skip_without("fls") || c->spare < 46)
		return;
	make_image(path, sizeof(path), c);
	open_evidence(&e, path);
	assert_yaffs(&e);
	ck_assert_uint_eq(e.layout->filesystems[0].block_size, c->page);
	tell_fls(c);
	assert_like_fls(&e, 1, "-f yaffs2", path, 12);
	ck_assert_uint_eq(e.findings.n, 0);
	close_evidence(&e);
}
END_TEST

struct checker {
	char dir[256];
	size_t checked;
};

/* The newest version of a file, which has a plain name. */
static int check_digest(void *arg, const struct kan_file *f, struct kan_err *err)
{
	char hex[2 * KAN_DIGEST_MAX + 1];
	struct lines want = { 0 };
	struct checker *c = arg;

	(void)err;
	if (f->ndigests == 0 || f->size == 0 || (f->flags & KAN_FILE_NAME_DELETED) ||
	    f->meta_type != KAN_FILE_REGULAR)
		return KAN_OK;
	lines_of(&want, "md5sum < '%s%s' | cut -c1-32", c->dir, f->path);
	kan_hash_hex(hex, f->digests[0].bytes, 16);
	ck_assert_msg(strcmp(hex, want.line[0]) == 0, "%s", f->path);
	lines_done(&want);
	c->checked++;
	return KAN_OK;
}

START_TEST(digests_are_those_of_what_unyaffs_extracts)
{
	const struct chip *c = &chips[_i];
	struct kan_fs_opts opts = { .jobs = 2 };
	struct checker check = { 0 };
	struct evidence e;
	char path[256];

	if (!c->unyaffs || skip_without("unyaffs"))
		return;
	make_plain(path, sizeof(path), c);
	ck_assert(shell("rm -rf $T/out; mkdir $T/out; unyaffs %s -c %u -s %u $T/plain $T/out",
	                c->tags == 2 ? "-b" : "", c->page / 1024, c->spare));
	snprintf(check.dir, sizeof(check.dir), "%s/out", work_dir);
	open_evidence(&e, path);
	assert_yaffs(&e);
	ck_assert_int_eq(kan_hash_set_parse(&opts.hashes, "md5", NULL), KAN_OK);
	ck_assert_int_eq(
		kan_files_walk(e.img, e.layout, &opts, check_digest, &check, &e.findings, NULL),
		KAN_OK);
	ck_assert_uint_eq(check.checked, 3);
	close_evidence(&e);
}
END_TEST

/* Fewer pages than Sleuth Kit wants to see before it believes. */
START_TEST(reads_an_image_of_a_few_pages)
{
	struct lines got = { 0 };
	struct maker m;
	struct evidence e;
	size_t found = 0;
	char path[256];

	start(&m, &chips[_i]);
	put_file(&m, 258, 257, "one", 100);
	ck_assert_uint_lt(m.n, SMALL);
	store(path, sizeof(path), "small", m.data, m.n * chunk_len(&chips[_i]));
	free(m.data);
	open_evidence(&e, path);
	assert_yaffs(&e);
	list_system(&got, &e, 1);
	for (size_t i = 0; i < got.n; i++)
		found += strstr(got.line[i], "\tdir/one") != NULL;
	ck_assert_uint_ge(found, 1);
	lines_done(&got);
	close_evidence(&e);
}
END_TEST

/* Blocks that the chip has lost are anything. */
START_TEST(a_bad_block_costs_itself_only)
{
	const struct chip *c = &chips[_i];
	struct lines after = { 0 };
	struct evidence e;
	char path[256];
	struct maker m;

	start(&m, c);
	put_file(&m, 258, 257, "one", 100);
	while (m.n < 3 * c->block)
		put_file(&m, 300 + (uint32_t)m.n, 257, "filler", 3 * c->page);
	put_erased(&m);
	memset(m.data + (m.n - c->block) * chunk_len(c), 0x5a, c->block / 4 * chunk_len(c));
	memset(m.data + 3 * chunk_len(c) + c->page, 0, c->spare); /* one in the first block */
	store(path, sizeof(path), "bad", m.data, m.n * chunk_len(c));
	free(m.data);
	open_evidence(&e, path);
	assert_yaffs(&e);
	list_system(&after, &e, 1);
	ck_assert_uint_gt(after.n, 20);
	lines_done(&after);
	close_evidence(&e);
}
END_TEST

static int check_range(void *arg, uint32_t fs, uint64_t offset, uint64_t length,
                       struct kan_err *err)
{
	const struct evidence *e = arg;
	uint64_t size = kan_image_source(e->img)->size;

	(void)fs;
	(void)err;
	ck_assert_uint_eq(offset % chunk_len(&chips[0]), 0);
	ck_assert_uint_eq(length, chips[0].page);
	ck_assert_uint_le(offset + length, size);
	return KAN_OK;
}

/* Spare bytes are no content, so pages do not join. */
START_TEST(unallocated_ranges_are_pages_of_the_media)
{
	struct evidence e;
	char path[256];

	make_image(path, sizeof(path), &chips[0]);
	open_evidence(&e, path);
	ck_assert_int_eq(
		kan_unallocated_walk(e.img, e.layout, NULL, check_range, &e, &e.findings, NULL),
		KAN_OK);
	close_evidence(&e);
}
END_TEST

START_TEST(the_other_byte_order_is_recognised_and_not_read)
{
	static const struct chip big = { 2048, 64, 0, 64, true, true, false };
	struct evidence e;
	char path[256];

	make_image(path, sizeof(path), &big);
	open_evidence(&e, path);
	ck_assert_uint_eq(e.layout->nfilesystems, 1);
	ck_assert_str_eq(e.layout->filesystems[0].type, "yaffs2");
	ck_assert_int_eq(e.layout->filesystems[0].state, KAN_FS_UNSUPPORTED);
	ck_assert_uint_eq(count_findings(&e.findings, KAN_FINDING_UNSUPPORTED, "yaffs2"), 1);
	close_evidence(&e);
}
END_TEST

/* ---- what is none ------------------------------------------------------------------- */

static void assert_none(const char *path)
{
	struct kan_image *img = NULL;
	struct kan_place p = { 0 };
	struct kan_yaffs y;

	ck_assert_int_eq(kan_image_open(&img, path, NULL, NULL), KAN_OK);
	p.src = kan_image_source(img);
	p.length = p.src->size;
	ck_assert_msg(!kan_yaffs_find(&y, &p), "%s", path);
	kan_image_close(img);
}

START_TEST(no_sample_of_another_file_system_is_taken_for_one)
{
	char path[512];

	if (get_sample(path, sizeof(path), &samples[_i]))
		assert_none(path);
}
END_TEST

START_TEST(noise_is_not_taken_for_one)
{
	static const char *const make[] = {
		"head -c 8M /dev/urandom > $T/noise",
		"head -c 8M /dev/zero > $T/noise",
		"head -c 8M /dev/zero | tr '\\0' '\\377' > $T/noise",
		"yes yaffs2 | head -c 8M > $T/noise",
		"cat /proc/self/exe /bin/* 2>/dev/null | head -c 8M > $T/noise",
	};
	char path[256];

	for (size_t i = 0; i < sizeof(make) / sizeof(make[0]); i++) {
		ck_assert(shell("%s", make[i]));
		snprintf(path, sizeof(path), "%s/noise", work_dir);
		assert_none(path);
	}
}
END_TEST

/* Headers alone are no file system, and neither is an image in a file of another one. */
START_TEST(pages_without_tags_and_an_image_inside_of_others_are_none)
{
	char path[256];

	make_image(path, sizeof(path), &chips[0]);
	ck_assert(shell("head -c 4M /dev/urandom > $T/inside; "
	                "dd if=$T/yaffs of=$T/inside bs=1056 seek=1024 conv=notrunc"));
	snprintf(path, sizeof(path), "%s/inside", work_dir);
	assert_none(path);
	ck_assert(shell("split -b 2112 --filter='head -c 2048; head -c 64 >/dev/null; "
	                "head -c 64 /dev/zero' $T/yaffs > $T/inside"));
	assert_none(path);
}
END_TEST

static Suite *suite(void)
{
	Suite *s = suite_create("fs/yaffs");
	TCase *t = tcase_create("read");
	TCase *none = tcase_create("none");

	tcase_add_unchecked_fixture(t, make_work_dir, NULL);
	tcase_set_timeout(t, 60);
	tcase_add_loop_test(t, lists_what_fls_lists_when_it_is_told_the_chip, 0, NCHIPS);
	tcase_add_loop_test(t, digests_are_those_of_what_unyaffs_extracts, 0, NCHIPS);
	tcase_add_loop_test(t, reads_an_image_of_a_few_pages, 0, NCHIPS);
	tcase_add_loop_test(t, a_bad_block_costs_itself_only, 0, NCHIPS);
	tcase_add_test(t, unallocated_ranges_are_pages_of_the_media);
	tcase_add_test(t, the_other_byte_order_is_recognised_and_not_read);
	suite_add_tcase(s, t);
	tcase_add_unchecked_fixture(none, make_work_dir, remove_work_dir);
	tcase_set_timeout(none, 60);
	tcase_add_loop_test(none, no_sample_of_another_file_system_is_taken_for_one, 0, NSAMPLES);
	tcase_add_test(none, noise_is_not_taken_for_one);
	tcase_add_test(none, pages_without_tags_and_an_image_inside_of_others_are_none);
	suite_add_tcase(s, none);
	return s;
}

RUN_SUITE(suite)
