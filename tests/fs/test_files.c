/* SPDX-License-Identifier: MIT */
/*
 * test_files.c - our lists of files against those of fls, on evidence of others
 */
#include "fs/crew.h"
#include "fs/samples.h"
#include "worker/confine.h"

/* ---- collecting ------------------------------------------------------------- */

struct collector {
	const struct kan_layout *layout;
	uint32_t fs; /* 0: all */
	struct lines lines;
	struct kan_buf line;
	size_t deleted;
	bool with_numbers; /* every field, for comparing runs */
};

static void put_numbers(struct collector *c, const struct kan_file *f)
{
	kan_buf_printf(&c->line, "|%llu|%llu|%x|%o|%u|%u|%u|%llu|%s", (unsigned long long)f->seq,
	               (unsigned long long)f->parent, f->flags, f->mode, f->uid, f->gid, f->nlink,
	               (unsigned long long)f->size, f->link);
	for (size_t i = 0; i < KAN_FILE_NTIMES; i++)
		kan_buf_printf(&c->line, "|%lld+%u/%lld", (long long)f->time_ns[i],
		               f->time_unit_ns[i], (long long)f->fn_ns[i]);
	for (size_t i = 0; i < f->ndigests; i++) {
		char hex[2 * KAN_DIGEST_MAX + 1];

		kan_hash_hex(hex, f->digests[i].bytes, f->digests[i].algo->digest_len);
		kan_buf_printf(&c->line, "|%s", hex);
	}
}

static int collect(void *arg, const struct kan_file *f, struct kan_err *err)
{
	struct collector *c = arg;

	(void)err;
	if (c->fs && f->fs != c->fs)
		return KAN_OK;
	fls_line(&c->line, f, c->layout->filesystems[f->fs - 1].type);
	if (c->with_numbers)
		put_numbers(c, f);
	lines_add(&c->lines, c->line.data);
	c->deleted += (f->flags & KAN_FILE_NAME_DELETED) != 0;
	return KAN_OK;
}

static void walk(struct evidence *e, struct collector *c, const struct kan_fs_opts *opts,
                 const struct kan_fs_fault *fault)
{
	struct kan_err err = { 0 };

	c->layout = e->layout;
	ck_assert_msg(kan_files_walk_with(e->img, e->layout, opts, fault, collect, c, &e->findings,
	                                  &err) == KAN_OK,
	              "%s", err.msg);
}

static void collector_done(struct collector *c)
{
	lines_done(&c->lines);
	kan_buf_done(&c->line);
}

/* ---- against fls ------------------------------------------------------------- */

static void ask_fls(struct lines *out, const char *path, const struct kan_filesystem *fs)
{
	unsigned long long sector = fs->offset / 512;

	if (strcmp(fs->type, "apfs") == 0)
		lines_of(out, "fls -r -p -P apfs -B %llu -o %llu '%s'",
		         (unsigned long long)fs->pool_block, sector, path);
	else
		lines_of(out, "fls -r -p -o %llu '%s'", sector, path);
}

static void compare_system(struct evidence *e, const char *path, const struct kan_filesystem *fs)
{
	struct collector c = { .fs = fs->number };
	struct lines want = { 0 };

	walk(e, &c, NULL, NULL);
	lines_sort(&c.lines);
	ask_fls(&want, path, fs);
	lines_sort(&want);
	assert_same_lines(&c.lines, &want, path);
	lines_done(&want);
	collector_done(&c);
}

START_TEST(lists_what_fls_lists)
{
	struct evidence e;
	char path[512];

	if (skip_without("fls") || !get_sample(path, sizeof(path), &samples[_i]))
		return;
	open_evidence(&e, path);
	for (size_t i = 0; i < e.layout->nfilesystems; i++)
		if (e.layout->filesystems[i].state == KAN_FS_READABLE)
			compare_system(&e, path, &e.layout->filesystems[i]);
	close_evidence(&e);
}
END_TEST

START_TEST(finds_the_known_number_of_entries)
{
	struct collector c = { 0 };
	struct evidence e;
	char path[512];

	if (!get_sample(path, sizeof(path), &samples[_i]))
		return;
	open_evidence(&e, path);
	walk(&e, &c, NULL, NULL);
	ck_assert_uint_eq(c.lines.n, samples[_i].entries);
	if (samples[_i].deleted)
		ck_assert_uint_eq(c.deleted, samples[_i].deleted);
	collector_done(&c);
	close_evidence(&e);
}
END_TEST

/* ---- the same for any number of workers ------------------------------------- */

START_TEST(gives_the_same_records_with_any_number_of_workers)
{
	static const size_t jobs[] = { 1, 2, 3, 8, 16 };
	static const size_t cases[] = { 0, 3, 8, 10, 13, 15, 21, 22, 26, 29 };
	struct collector first = { .with_numbers = true };
	struct kan_fs_opts opts = { .jobs = jobs[0] };
	struct evidence e;
	char path[512];

	if (!get_sample(path, sizeof(path), &samples[cases[_i]]))
		return;
	open_evidence(&e, path);
	ck_assert_int_eq(kan_hash_set_parse(&opts.hashes, "md5", NULL), KAN_OK);
	walk(&e, &first, &opts, NULL);
	for (size_t i = 1; i < sizeof(jobs) / sizeof(jobs[0]); i++) {
		struct collector c = { .with_numbers = true };

		opts.jobs = jobs[i];
		walk(&e, &c, &opts, NULL);
		assert_same_lines(&c.lines, &first.lines, path);
		collector_done(&c);
	}
	collector_done(&first);
	close_evidence(&e);
}
END_TEST

/* ---- digests ------------------------------------------------------------------ */

struct checker {
	const char *path;
	const struct kan_layout *layout;
	size_t checked;
};

static int check_digest(void *arg, const struct kan_file *f, struct kan_err *err)
{
	struct checker *c = arg;
	const struct kan_filesystem *fs = &c->layout->filesystems[f->fs - 1];
	char hex[2 * KAN_DIGEST_MAX + 1], attr[32] = "";
	struct lines want = { 0 };

	(void)err;
	if (f->ndigests == 0)
		return KAN_OK;
	if (f->attr_type)
		snprintf(attr, sizeof(attr), "-%u-%u", f->attr_type, f->attr_id);
	lines_of(&want, "icat -o %llu '%s' %llu%s | md5sum | cut -c1-32",
	         (unsigned long long)(fs->offset / 512), c->path, (unsigned long long)f->addr,
	         attr);
	kan_hash_hex(hex, f->digests[0].bytes, 16);
	ck_assert_msg(strcmp(want.line[0], hex) == 0, "%s: got %s, want %s", f->path, hex,
	              want.line[0]);
	lines_done(&want);
	c->checked++;
	return KAN_OK;
}

START_TEST(digests_are_those_of_what_icat_prints)
{
	static const struct {
		size_t sample;
		size_t least;
	} cases[] = { { 0, 3 }, { 2, 3 }, { 3, 20 }, { 8, 5 }, { 15, 10 }, { 21, 4 }, { 26, 40 } };
	struct kan_fs_opts opts = { .jobs = 2 };
	struct kan_err err = { 0 };
	struct checker c = { 0 };
	struct evidence e;
	char path[512];

	if (skip_without("icat") || !get_sample(path, sizeof(path), &samples[cases[_i].sample]))
		return;
	open_evidence(&e, path);
	ck_assert_int_eq(kan_hash_set_parse(&opts.hashes, "md5", NULL), KAN_OK);
	c.path = path;
	c.layout = e.layout;
	ck_assert_msg(kan_files_walk(e.img, e.layout, &opts, check_digest, &c, &e.findings, &err) ==
	                      KAN_OK,
	              "%s", err.msg);
	ck_assert_uint_ge(c.checked, cases[_i].least);
	close_evidence(&e);
}
END_TEST

static int find_sparse(void *arg, const struct kan_file *f, struct kan_err *err)
{
	struct kan_digest *d = arg;

	(void)err;
	if (strcmp(f->path, "/sparse") == 0 && f->ndigests == 1)
		*d = f->digests[0];
	return KAN_OK;
}

/* A hole between two extents is zeros, and nothing is missing. */
START_TEST(a_hole_in_a_file_of_ext4_is_hashed_as_zeros)
{
	struct kan_fs_opts opts = { .jobs = 1 };
	struct kan_digest got = { 0 };
	struct lines want = { 0 };
	char path[256], hex[2 * KAN_DIGEST_MAX + 1];
	struct evidence e;

	if (skip_without("mkfs.ext4"))
		return;
	ck_assert(shell("mkdir -p $T/in; (head -c 20000 /dev/urandom; head -c 300000 /dev/zero; "
	                "echo end) > $T/in/sparse; truncate -s 8M $T/holes; "
	                "mkfs.ext4 -q -F -d $T/in $T/holes"));
	lines_of(&want, "sha256sum < %s/in/sparse | cut -c1-64", work_dir);
	snprintf(path, sizeof(path), "%s/holes", work_dir);
	open_evidence(&e, path);
	ck_assert_int_eq(kan_hash_set_parse(&opts.hashes, "sha256", NULL), KAN_OK);
	ck_assert_int_eq(
		kan_files_walk(e.img, e.layout, &opts, find_sparse, &got, &e.findings, NULL),
		KAN_OK);
	ck_assert_ptr_nonnull(got.algo);
	kan_hash_hex(hex, got.bytes, 32);
	ck_assert_str_eq(hex, want.line[0]);
	ck_assert_uint_eq(e.findings.n, 0);
	lines_done(&want);
	close_evidence(&e);
}
END_TEST

/* ---- damage -------------------------------------------------------------------- */

struct two {
	size_t big, small; /* digests of these files */
};

static int count_digests(void *arg, const struct kan_file *f, struct kan_err *err)
{
	struct two *t = arg;

	(void)err;
	if (strcmp(f->path, "/big") == 0)
		t->big += f->ndigests;
	if (strcmp(f->path, "/small") == 0)
		t->small += f->ndigests;
	return KAN_OK;
}

/* "/big" fills most of the media, so that a bad chunk in the middle is one of its own. */
START_TEST(a_file_with_unreadable_bytes_has_no_digest)
{
	struct kan_fs_opts opts = { .jobs = 2 };
	struct two t = { 0 };
	struct evidence e;
	char path[256];

	if (skip_without("ewfacquire") || skip_without("mkfs.ext4"))
		return;
	ck_assert(shell("mkdir -p $T/two; head -c 6M /dev/urandom > $T/two/big; "
	                "echo small > $T/two/small; truncate -s 8M $T/two.raw; "
	                "mkfs.ext4 -q -F -O ^has_journal -d $T/two $T/two.raw; "
	                "ewfacquire -q -u -c none -t $T/two $T/two.raw; "
	                "printf '\\252\\125\\252' | "
	                "dd of=$T/two.E01 bs=1 seek=4000000 conv=notrunc"));
	snprintf(path, sizeof(path), "%s/two.E01", work_dir);
	open_evidence(&e, path);
	ck_assert_uint_eq(e.layout->nfilesystems, 1);
	ck_assert_int_eq(kan_hash_set_parse(&opts.hashes, "md5", NULL), KAN_OK);
	ck_assert_int_eq(
		kan_files_walk(e.img, e.layout, &opts, count_digests, &t, &e.findings, NULL),
		KAN_OK);
	ck_assert_uint_eq(t.big, 0);
	ck_assert_uint_eq(t.small, 1);
	ck_assert_uint_eq(count_findings(&e.findings, KAN_FINDING_UNPARSED, "/big"), 1);
	ck_assert_uint_eq(count_findings(&e.findings, KAN_FINDING_UNREADABLE, "media"), 1);
	close_evidence(&e);
}
END_TEST

/* ---- faults ---------------------------------------------------------------------- */

static const struct {
	enum kan_fs_fault_kind kind;
	enum kan_finding_kind finding;
} faults[] = {
	{ KAN_FS_FAULT_CRASH, KAN_FINDING_CRASHED },
	{ KAN_FS_FAULT_HANG, KAN_FINDING_TIMEOUT },
	{ KAN_FS_FAULT_MEMORY, KAN_FINDING_MEMORY },
};

/* Only what hangs is waited for in vain; on a busy machine the others are slow. */
static unsigned patience(int i)
{
	return faults[i].kind == KAN_FS_FAULT_HANG ? 6 : 120;
}

/* A sanitizer maps terabytes and turns off the limit of memory. */
static bool skip_fault(int i)
{
	if (!KAN_SANITIZED || faults[i].kind != KAN_FS_FAULT_MEMORY)
		return false;
	printf("SKIP: no limit of memory beside a sanitizer\n");
	return true;
}

/* 12 is "a_directory" of the ext2 image, with four entries. */
START_TEST(a_directory_that_kills_its_worker_costs_itself_only)
{
	const struct kan_fs_fault fault = { faults[_i].kind, KAN_FS_OP_LIST, 1, 12, 0 };
	const struct kan_fs_opts opts = { .jobs = 2,
		                          .seconds = patience(_i),
		                          .memory_limit = 256u << 20 };
	struct collector whole = { 0 }, damaged = { 0 };
	struct evidence e;
	char path[512];
	size_t missing = 0;

	if (skip_fault(_i) || !get_sample(path, sizeof(path), &samples[0]))
		return;
	open_evidence(&e, path);
	walk(&e, &whole, &opts, NULL);
	ck_assert_uint_eq(e.findings.n, 0);
	walk(&e, &damaged, &opts, &fault);
	ck_assert_uint_eq(count_findings(&e.findings, faults[_i].finding, "/a_directory"), 1);
	ck_assert_uint_eq(e.findings.n, 1);
	for (size_t i = 0; i < whole.lines.n; i++)
		missing += strstr(whole.lines.line[i], "\ta_directory/") != NULL;
	ck_assert_uint_eq(missing, 4);
	ck_assert_uint_eq(damaged.lines.n, whole.lines.n - missing);
	collector_done(&whole);
	collector_done(&damaged);
	close_evidence(&e);
}
END_TEST

/* 15 is "passwords.txt"; its digest is asked for in one batch with all others. */
START_TEST(a_file_that_kills_its_worker_goes_without_a_digest)
{
	const struct kan_fs_fault fault = { faults[_i].kind, KAN_FS_OP_DIGEST, 1, 15, 0 };
	struct kan_fs_opts opts = { .jobs = 2,
		                    .seconds = patience(_i),
		                    .memory_limit = 256u << 20 };
	struct collector whole = { .with_numbers = true }, damaged = { .with_numbers = true };
	struct evidence e;
	char path[512];
	size_t different = 0;

	if (skip_fault(_i) || !get_sample(path, sizeof(path), &samples[0]))
		return;
	open_evidence(&e, path);
	ck_assert_int_eq(kan_hash_set_parse(&opts.hashes, "sha256", NULL), KAN_OK);
	walk(&e, &whole, &opts, NULL);
	walk(&e, &damaged, &opts, &fault);
	ck_assert_uint_eq(count_findings(&e.findings, faults[_i].finding, "/passwords.txt"), 1);
	ck_assert_uint_eq(e.findings.n, 1);
	ck_assert_uint_eq(damaged.lines.n, whole.lines.n);
	for (size_t i = 0; i < whole.lines.n; i++)
		different += strcmp(whole.lines.line[i], damaged.lines.line[i]) != 0;
	ck_assert_uint_eq(different, 1);
	collector_done(&whole);
	collector_done(&damaged);
	close_evidence(&e);
}
END_TEST

/* Parts of a few bytes: the digests must be those of whole streams. */
START_TEST(a_long_stream_is_hashed_in_parts)
{
	static const size_t cases[] = { 0, 3, 8, 15 };
	const struct kan_fs_fault parts = { .part_len = _i ? 3000 : 7 };
	struct collector whole = { .with_numbers = true }, in_parts = { .with_numbers = true };
	struct kan_fs_opts opts = { .jobs = 1 };
	struct evidence e;
	char path[512];

	if (!get_sample(path, sizeof(path), &samples[cases[_i]]))
		return;
	open_evidence(&e, path);
	ck_assert_int_eq(kan_hash_set_parse(&opts.hashes, "md5,sha256", NULL), KAN_OK);
	walk(&e, &whole, &opts, NULL);
	walk(&e, &in_parts, &opts, &parts);
	assert_same_lines(&in_parts.lines, &whole.lines, path);
	collector_done(&whole);
	collector_done(&in_parts);
	close_evidence(&e);
}
END_TEST

START_TEST(a_long_stream_that_kills_its_worker_goes_without_a_digest)
{
	const struct kan_fs_fault fault = {
		.kind = KAN_FS_FAULT_CRASH, .op = KAN_FS_OP_PART, .fs = 1, .addr = 15, .part_len = 7
	};
	struct collector c = { .with_numbers = true };
	struct kan_fs_opts opts = { .jobs = 1 };
	struct evidence e;
	char path[512];

	if (!get_sample(path, sizeof(path), &samples[0]))
		return;
	open_evidence(&e, path);
	ck_assert_int_eq(kan_hash_set_parse(&opts.hashes, "md5", NULL), KAN_OK);
	walk(&e, &c, &opts, &fault);
	ck_assert_uint_eq(count_findings(&e.findings, KAN_FINDING_CRASHED, "/passwords.txt"), 1);
	ck_assert_uint_eq(e.findings.n, 1);
	ck_assert_uint_eq(c.lines.n, samples[0].entries);
	collector_done(&c);
	close_evidence(&e);
}
END_TEST

static bool stop_now(void *arg, uint64_t done, uint64_t total)
{
	(void)arg;
	(void)done;
	(void)total;
	return false;
}

START_TEST(stops_when_it_is_told_to)
{
	const struct kan_fs_fault hang = { KAN_FS_FAULT_HANG, KAN_FS_OP_LIST, 1, 12, 0 };
	const struct kan_fs_opts opts = { .jobs = 1, .progress = { stop_now, NULL } };
	struct collector c = { 0 };
	struct kan_err err = { 0 };
	struct evidence e;
	char path[512];

	if (!get_sample(path, sizeof(path), &samples[0]))
		return;
	open_evidence(&e, path);
	c.layout = e.layout;
	ck_assert_int_eq(
		kan_files_walk_with(e.img, e.layout, &opts, &hang, collect, &c, &e.findings, &err),
		KAN_ESTOPPED);
	ck_assert_uint_eq(c.lines.n, 0);
	collector_done(&c);
	close_evidence(&e);
}
END_TEST

static Suite *suite(void)
{
	Suite *s = suite_create("fs/files");
	TCase *same = tcase_create("same as others");
	TCase *bad = tcase_create("faults");

	tcase_add_unchecked_fixture(same, make_work_dir, NULL);
	tcase_set_timeout(same, 120);
	tcase_add_loop_test(same, lists_what_fls_lists, 0, NSAMPLES);
	tcase_add_loop_test(same, finds_the_known_number_of_entries, 0, NSAMPLES);
	tcase_add_loop_test(same, gives_the_same_records_with_any_number_of_workers, 0, 10);
	tcase_add_loop_test(same, digests_are_those_of_what_icat_prints, 0, 7);
	tcase_add_test(same, a_hole_in_a_file_of_ext4_is_hashed_as_zeros);
	suite_add_tcase(s, same);
	tcase_add_unchecked_fixture(bad, make_work_dir, remove_work_dir);
	tcase_set_timeout(bad, 120);
	tcase_add_loop_test(bad, a_directory_that_kills_its_worker_costs_itself_only, 0, 3);
	tcase_add_loop_test(bad, a_file_that_kills_its_worker_goes_without_a_digest, 0, 3);
	tcase_add_test(bad, a_file_with_unreadable_bytes_has_no_digest);
	tcase_add_loop_test(bad, a_long_stream_is_hashed_in_parts, 0, 4);
	tcase_add_test(bad, a_long_stream_that_kills_its_worker_goes_without_a_digest);
	tcase_add_test(bad, stops_when_it_is_told_to);
	suite_add_tcase(s, bad);
	return s;
}

RUN_SUITE(suite)
