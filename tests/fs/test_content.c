/* SPDX-License-Identifier: MIT */
/*
 * test_content.c - bytes of files, of slack and of free blocks, against icat and blkls
 */
#include "fs/samples.h"

#define MEDIA_MAX (64u << 20)

/* What comes for one wanted thing. */
struct taken {
	struct kan_buf data;
	size_t begun;
	size_t ended;
	bool complete;
};

static int on_begin(void *arg, size_t i, struct kan_err *err)
{
	struct taken *t = arg;

	(void)err;
	kan_buf_reset(&t[i].data);
	t[i].begun++;
	return KAN_OK;
}

struct target {
	struct taken *list;
	size_t now;
};

static int begin(void *arg, size_t i, struct kan_err *err)
{
	struct target *t = arg;

	t->now = i;
	return on_begin(t->list, i, err);
}

/* Slack begins at the size of the stream; everything else at 0, without holes. */
static int data(void *arg, uint64_t offset, const void *bytes, size_t len, struct kan_err *err)
{
	struct target *t = arg;

	(void)offset;
	(void)err;
	kan_buf_add(&t->list[t->now].data, bytes, len);
	return KAN_OK;
}

static int end(void *arg, size_t i, bool complete, struct kan_err *err)
{
	struct target *t = arg;

	(void)err;
	t->list[i].ended++;
	t->list[i].complete = complete;
	return KAN_OK;
}

static void read_all(struct evidence *e, const struct kan_content *wanted, size_t n,
                     struct taken *out)
{
	struct target t = { .list = out };
	const struct kan_content_events events = { begin, data, end, &t };
	struct kan_err err = { 0 };

	ck_assert_msg(kan_content_read(e->img, e->layout, wanted, n, NULL, &events, &e->findings,
	                               &err) == KAN_OK,
	              "%s", err.msg);
}

static void md5_of(char *hex, const void *bytes, size_t len)
{
	const struct kan_hash *md5 = kan_hash_find("md5");
	uint8_t digest[KAN_DIGEST_MAX];
	void *state = NULL;

	ck_assert_ptr_nonnull(md5);
	ck_assert_int_eq(md5->open(&state, NULL), KAN_OK);
	ck_assert_int_eq(md5->update(state, len ? bytes : "", len, NULL), KAN_OK);
	ck_assert_int_eq(md5->finish(state, digest, NULL), KAN_OK);
	md5->close(state);
	kan_hash_hex(hex, digest, md5->digest_len);
}

static void assert_output_of(const char *cmd, const struct kan_buf *got, const char *what)
{
	struct lines want = { 0 };
	char hex[2 * KAN_DIGEST_MAX + 1];

	lines_of(&want, "%s | md5sum | cut -c1-32", cmd);
	md5_of(hex, got->data, got->len);
	ck_assert_msg(strcmp(want.line[0], hex) == 0, "%s: %zu bytes, not those of '%s'", what,
	              got->len, cmd);
	lines_done(&want);
}

/* ---- streams and slack ---------------------------------------------------------- */

struct pick {
	const struct kan_layout *layout;
	struct kan_content wanted[96];
	size_t n;
};

static int pick_file(void *arg, const struct kan_file *f, struct kan_err *err)
{
	struct pick *p = arg;
	bool ntfs = strcmp(p->layout->filesystems[f->fs - 1].type, "ntfs") == 0;

	(void)err;
	if (p->n + 2 > 96 || f->meta_type != KAN_FILE_REGULAR || f->size == 0 ||
	    f->size > (8u << 20) || (ntfs && f->attr_type != 128))
		return KAN_OK;
	p->wanted[p->n++] = (struct kan_content){ KAN_CONTENT_STREAM, f->fs, f->addr, f->attr_type,
		                                  f->attr_id };
	p->wanted[p->n] = p->wanted[p->n - 1];
	p->wanted[p->n++].kind = KAN_CONTENT_SLACK;
	return KAN_OK;
}

static void icat_of(char *cmd, size_t room, const char *path, const struct kan_layout *l,
                    const struct kan_content *c, const char *flag)
{
	char attr[32] = "";

	if (c->attr_type)
		snprintf(attr, sizeof(attr), "-%u-%u", c->attr_type, c->attr_id);
	snprintf(cmd, room, "icat %s -o %llu '%s' %llu%s", flag,
	         (unsigned long long)(l->filesystems[c->fs - 1].offset / 512), path,
	         (unsigned long long)c->addr, attr);
}

START_TEST(streams_and_slack_are_those_of_icat)
{
	static const size_t cases[] = { 0, 3, 8, 15, 19, 21, 26 };
	struct taken *taken = calloc(96, sizeof(*taken));
	struct pick p = { 0 };
	struct evidence e;
	char path[512], cmd[900];

	if (skip_without("icat") || !get_sample(path, sizeof(path), &samples[cases[_i]])) {
		free(taken);
		return;
	}
	open_evidence(&e, path);
	p.layout = e.layout;
	ck_assert_int_eq(kan_files_walk(e.img, e.layout, NULL, pick_file, &p, &e.findings, NULL),
	                 KAN_OK);
	ck_assert_uint_gt(p.n, 4);
	read_all(&e, p.wanted, p.n, taken);
	for (size_t i = 0; i < p.n; i++) {
		bool slack = p.wanted[i].kind == KAN_CONTENT_SLACK;
		struct kan_buf both = { 0 };

		ck_assert_uint_eq(taken[i].begun, 1);
		ck_assert_uint_eq(taken[i].ended, 1);
		if (!taken[i].complete && !slack)
			continue; /* icat has what could be read, too */
		/* icat -s prints the stream and then its slack. */
		if (slack)
			kan_buf_add(&both, taken[i - 1].data.data, taken[i - 1].data.len);
		kan_buf_add(&both, taken[i].data.data, taken[i].data.len);
		icat_of(cmd, sizeof(cmd), path, e.layout, &p.wanted[i], slack ? "-s" : "");
		assert_output_of(cmd, &both, path);
		kan_buf_done(&both);
	}
	for (size_t i = 0; i < p.n; i++)
		kan_buf_done(&taken[i].data);
	free(taken);
	close_evidence(&e);
}
END_TEST

/* ---- free blocks ------------------------------------------------------------------- */

static const size_t free_cases[] = { 0, 3, 8, 10, 15, 16, 21, 26, 27 };

START_TEST(unallocated_bytes_are_those_of_blkls)
{
	struct kan_content wanted = { .kind = KAN_CONTENT_UNALLOCATED, .fs = 1 };
	struct taken taken = { 0 };
	struct evidence e;
	char path[512], cmd[900];

	if (skip_without("blkls") || !get_sample(path, sizeof(path), &samples[free_cases[_i]]))
		return;
	open_evidence(&e, path);
	read_all(&e, &wanted, 1, &taken);
	if (e.layout->filesystems[0].pool_block)
		snprintf(cmd, sizeof(cmd), "blkls -P apfs -B %llu '%s'",
		         (unsigned long long)e.layout->filesystems[0].pool_block, path);
	else
		snprintf(cmd, sizeof(cmd), "blkls -o %llu '%s' 2>/dev/null",
		         (unsigned long long)(e.layout->filesystems[0].offset / 512), path);
	assert_output_of(cmd, &taken.data, path);
	kan_buf_done(&taken.data);
	close_evidence(&e);
}
END_TEST

struct ranges {
	struct kan_source *src;
	struct kan_buf data;
	uint64_t last;
	uint32_t fs;
};

static int read_range(void *arg, uint32_t fs, uint64_t offset, uint64_t length, struct kan_err *err)
{
	struct ranges *r = arg;
	uint8_t *bytes;

	if (fs != 1)
		return KAN_OK;
	ck_assert(r->data.len == 0 || offset > r->last);
	ck_assert_uint_gt(length, 0);
	ck_assert_uint_lt(length, MEDIA_MAX);
	bytes = malloc((size_t)length);
	ck_assert_ptr_nonnull(bytes);
	ck_assert_int_eq(kan_source_read(r->src, offset, bytes, (size_t)length, NULL, err), KAN_OK);
	kan_buf_add(&r->data, bytes, (size_t)length);
	free(bytes);
	r->last = offset + length;
	return KAN_OK;
}

/* The same bytes again, but read by us from the places that we were told. */
START_TEST(unallocated_ranges_hold_what_blkls_prints)
{
	struct kan_content wanted = { .kind = KAN_CONTENT_UNALLOCATED, .fs = 1 };
	struct taken taken = { 0 };
	struct ranges r = { 0 };
	struct evidence e;
	char path[512];

	if (!get_sample(path, sizeof(path), &samples[free_cases[_i]]))
		return;
	open_evidence(&e, path);
	r.src = kan_image_source(e.img);
	ck_assert_int_eq(
		kan_unallocated_walk(e.img, e.layout, NULL, read_range, &r, &e.findings, NULL),
		KAN_OK);
	read_all(&e, &wanted, 1, &taken);
	ck_assert_uint_eq(r.data.len, taken.data.len);
	if (r.data.len > 0)
		ck_assert_mem_eq(r.data.data, taken.data.data, r.data.len);
	kan_buf_done(&taken.data);
	kan_buf_done(&r.data);
	close_evidence(&e);
}
END_TEST

/* ---- what cannot be read -------------------------------------------------------------- */

START_TEST(a_stream_that_is_not_there_is_incomplete_and_a_finding)
{
	const struct kan_content wanted[] = { { KAN_CONTENT_STREAM, 1, 9999, 0, 0 },
		                              { KAN_CONTENT_STREAM, 1, 15, 0, 0 } };
	struct taken taken[2] = { 0 };
	struct evidence e;
	char path[512];

	if (!get_sample(path, sizeof(path), &samples[0]))
		return;
	open_evidence(&e, path);
	read_all(&e, wanted, 2, taken);
	ck_assert(!taken[0].complete);
	ck_assert(taken[1].complete);
	ck_assert_uint_gt(taken[1].data.len, 0);
	ck_assert_uint_eq(count_findings(&e.findings, KAN_FINDING_UNPARSED, NULL), 1);
	kan_buf_done(&taken[0].data);
	kan_buf_done(&taken[1].data);
	close_evidence(&e);
}
END_TEST

START_TEST(a_file_system_that_is_not_there_is_refused)
{
	const struct kan_content wanted = { KAN_CONTENT_STREAM, 7, 15, 0, 0 };
	struct target t = { 0 };
	const struct kan_content_events events = { begin, data, end, &t };
	struct kan_err err = { 0 };
	struct evidence e;
	char path[512];

	if (!get_sample(path, sizeof(path), &samples[0]))
		return;
	open_evidence(&e, path);
	ck_assert_int_eq(
		kan_content_read(e.img, e.layout, &wanted, 1, NULL, &events, &e.findings, &err),
		KAN_EARG);
	ck_assert_ptr_nonnull(strstr(err.msg, "file system 7"));
	close_evidence(&e);
}
END_TEST

static Suite *suite(void)
{
	Suite *s = suite_create("fs/content");
	TCase *tc = tcase_create("content");
	size_t nfree = sizeof(free_cases) / sizeof(free_cases[0]);

	tcase_add_unchecked_fixture(tc, make_work_dir, remove_work_dir);
	tcase_set_timeout(tc, 120);
	tcase_add_loop_test(tc, streams_and_slack_are_those_of_icat, 0, 7);
	tcase_add_loop_test(tc, unallocated_bytes_are_those_of_blkls, 0, (int)nfree);
	tcase_add_loop_test(tc, unallocated_ranges_hold_what_blkls_prints, 0, (int)nfree);
	tcase_add_test(tc, a_stream_that_is_not_there_is_incomplete_and_a_finding);
	tcase_add_test(tc, a_file_system_that_is_not_there_is_refused);
	suite_add_tcase(s, tc);
	return s;
}

RUN_SUITE(suite)
