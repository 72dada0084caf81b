/* SPDX-License-Identifier: MIT */
/*
 * test_foreign.c - a library that parses evidence may break; the evidence is still read
 *
 * A toy library stands for one of the real ones: its container is a plain file in
 * which certain bytes at the start of a block make it misbehave.
 */
#include "image/disk_check.h"
#include "image/foreign.h"
#include "image/info.h"
#include "image/library.h"
#include "kanshiki/pool.h"
#include "kanshiki/worker.h"
#include "suite.h"
#include "worker/confine.h"

#include <fcntl.h>
#include <pthread.h>

KAN_DEFINE_DROP(source, struct kan_source *, kan_source_close)
KAN_DEFINE_DROP(worker, struct kan_worker *, kan_worker_stop)

static char dir[MADE_DIR];
static char path[MADE_PATH];

enum {
	CHUNK = 32768,
	TOY_LEN = 3 << 20,
};

/* ---- the toy library ------------------------------------------------------------ */

struct toy {
	int fd;
};

static ssize_t toy_read(void *handle, uint64_t offset, void *buf, size_t len)
{
	const struct toy *t = handle;
	uint64_t chunk = offset / CHUNK * CHUNK;

	for (; chunk < offset + len; chunk += CHUNK) {
		char what = 0;

		if (pread(t->fd, &what, 1, (off_t)chunk) != 1)
			return -1;
		if (what == 'C')
			_exit(3);
		if (what == 'E')
			return -1;
		if (what == 'S' && chunk < offset + len && chunk + 512 > offset)
			return -1; /* only the first sector of the chunk */
	}
	return pread(t->fd, buf, len, (off_t)offset);
}

static void toy_close(void *handle)
{
	(void)close(((struct toy *)handle)->fd);
	free(handle);
}

static const struct kan_library_ops toy_library = {
	.name = "libtoy",
	.read = toy_read,
	.close = toy_close,
};

static int toy_open(struct kan_source **out, const struct kan_paths *files,
                    struct kan_image_info *info, struct kan_findings *findings, struct kan_err *err)
{
	const struct kan_library_media media = { "toy", TOY_LEN, 512, CHUNK };
	struct toy *t = malloc(sizeof(*t));
	int rc;

	t->fd = open(files->list[0], O_RDONLY);
	if (t->fd < 0) {
		free(t);
		return kan_fail(err, KAN_EIO, "the toy does not open");
	}
	snprintf(info->variant, sizeof(info->variant), "wooden");
	rc = kan_image_info_value(info, "maker", "\xff\xe6\x97\xa5", err);
	if (rc == KAN_OK)
		rc = kan_image_info_hash(info, "md5", (const uint8_t *)"0123456789abcdef", 16, err);
	kan_findings_add(findings, KAN_FINDING_STRUCTURE, KAN_NO_OFFSET, 0, "toy",
	                 "a wheel is off");
	return rc == KAN_OK ? kan_library_source(out, &toy_library, t, &media, err) : rc;
}

static int crash_open(struct kan_source **out, const struct kan_paths *files,
                      struct kan_image_info *info, struct kan_findings *findings,
                      struct kan_err *err)
{
	(void)out;
	(void)files;
	(void)info;
	(void)findings;
	(void)err;
	_exit(3);
}

static int outside_open(struct kan_source **out, const struct kan_paths *files,
                        struct kan_image_info *info, struct kan_findings *findings,
                        struct kan_err *err)
{
	int rc = toy_open(out, files, info, findings, err);

	kan_findings_add(findings, KAN_FINDING_UNREADABLE, TOY_LEN - 1, 2, "toy", "a lie");
	return rc;
}

static const struct kan_foreign toy = { .name = "toy", .open = toy_open };
static const struct kan_foreign crashing = { .name = "crashing", .open = crash_open };
static const struct kan_foreign lying = { .name = "lying", .open = outside_open };

static void set_up(void)
{
	KAN_AUTO(mem) uint8_t *data = malloc(TOY_LEN);

	made_folder(dir);
	snprintf(path, sizeof(path), "%s/toy", dir);
	for (size_t i = 0; i < TOY_LEN; i++)
		data[i] = i % CHUNK == 0 ? '.' : made_byte(i);
	made_store(path, data, TOY_LEN);
}

static void tear_down(void)
{
	made_remove(dir);
}

static void put(size_t chunk, char what)
{
	made_poke(path, chunk * CHUNK, &what, 1);
}

static struct kan_source *open_toy(struct kan_image_info *info, struct kan_findings *findings)
{
	struct kan_source *src = NULL;
	struct kan_err err = { 0 };
	int rc = kan_foreign_open(&src, &toy, path, info, findings, &err);

	ck_assert_msg(rc == KAN_OK, "%s", err.msg);
	return src;
}

static uint8_t *read_toy(struct kan_findings *gaps)
{
	struct kan_image_info info = { 0 };
	struct kan_findings findings = { 0 };
	KAN_AUTO(source) struct kan_source *src = open_toy(&info, &findings);
	uint8_t *data = malloc(TOY_LEN);

	ck_assert_int_eq(kan_source_read(src, 0, data, TOY_LEN, gaps, NULL), KAN_OK);
	kan_image_info_done(&info);
	kan_findings_done(&findings);
	return data;
}

/* All bytes are those of the file, but @len at @from are zero. */
static bool is_toy_but(const uint8_t *data, size_t from, size_t len)
{
	size_t n = 0;
	KAN_AUTO(mem) uint8_t *file = made_load(path, &n);

	memset(file + from, 0, len);
	return memcmp(file, data, TOY_LEN) == 0;
}

/* ---- tests ------------------------------------------------------------------------- */

START_TEST(description_arrives_and_text_is_made_utf8)
{
	struct kan_image_info info = { 0 };
	KAN_AUTO(findings) struct kan_findings findings = { 0 };
	KAN_AUTO(source) struct kan_source *src = open_toy(&info, &findings);

	ck_assert_uint_eq(src->size, TOY_LEN);
	ck_assert_str_eq(info.variant, "wooden");
	ck_assert_str_eq(info.values[0].value, "?\xe6\x97\xa5");
	ck_assert_str_eq(info.hashes[0].hex, "30313233343536373839616263646566");
	ck_assert_uint_eq(info.nsegments, 1);
	ck_assert_uint_eq(info.segments[0].size, TOY_LEN);
	ck_assert_str_eq(findings.list[0].detail, "a wheel is off");
	kan_image_info_done(&info);
}
END_TEST

START_TEST(bytes_arrive_whole)
{
	KAN_AUTO(findings) struct kan_findings gaps = { 0 };
	KAN_AUTO(mem) uint8_t *data = read_toy(&gaps);

	ck_assert_uint_eq(gaps.n, 0);
	ck_assert(is_toy_but(data, 0, 0));
}
END_TEST

START_TEST(block_that_kills_the_library_is_the_only_gap)
{
	KAN_AUTO(findings) struct kan_findings gaps = { 0 };

	put(40, 'C');

	KAN_AUTO(mem) uint8_t *data = read_toy(&gaps);

	ck_assert_uint_eq(gaps.n, 1);
	ck_assert_int_eq(gaps.list[0].kind, KAN_FINDING_CRASHED);
	ck_assert_uint_eq(gaps.list[0].offset, 40 * CHUNK);
	ck_assert_uint_eq(gaps.list[0].length, CHUNK);
	ck_assert_ptr_nonnull(strstr(gaps.list[0].detail, "exited with status 3"));
	ck_assert(is_toy_but(data, 40 * CHUNK, CHUNK));
}
END_TEST

START_TEST(container_that_kills_the_library_all_the_time_is_given_up)
{
	KAN_AUTO(findings) struct kan_findings gaps = { 0 };
	uint64_t lost = 0;

	for (size_t i = 0; i < TOY_LEN / CHUNK; i++)
		put(i, 'C');

	KAN_AUTO(mem) uint8_t *data = read_toy(&gaps);

	for (size_t i = 0; i < gaps.n; i++)
		lost += gaps.list[i].length;
	ck_assert_uint_eq(lost, TOY_LEN);
	ck_assert_ptr_nonnull(strstr(gaps.list[gaps.n - 1].detail, "given up"));
	ck_assert(is_toy_but(data, 0, TOY_LEN));
}
END_TEST

START_TEST(chunk_that_the_library_cannot_read_is_a_gap)
{
	KAN_AUTO(findings) struct kan_findings gaps = { 0 };

	put(3, 'E');

	KAN_AUTO(mem) uint8_t *data = read_toy(&gaps);

	ck_assert_uint_eq(gaps.n, 1);
	ck_assert_int_eq(gaps.list[0].kind, KAN_FINDING_UNREADABLE);
	ck_assert_uint_eq(gaps.list[0].offset, 3 * CHUNK);
	ck_assert_uint_eq(gaps.list[0].length, CHUNK);
	ck_assert(is_toy_but(data, 3 * CHUNK, CHUNK));
}
END_TEST

START_TEST(sector_that_the_library_cannot_read_is_a_gap_of_one_sector)
{
	KAN_AUTO(findings) struct kan_findings gaps = { 0 };

	put(3, 'S');

	KAN_AUTO(mem) uint8_t *data = read_toy(&gaps);

	ck_assert_uint_eq(gaps.n, 1);
	ck_assert_uint_eq(gaps.list[0].length, 512);
	ck_assert(is_toy_but(data, 3 * CHUNK, 512));
}
END_TEST

static void must_not_open(const struct kan_foreign *lib, int code, const char *words)
{
	struct kan_image_info info = { 0 };
	KAN_AUTO(findings) struct kan_findings findings = { 0 };
	struct kan_source *src = NULL;
	struct kan_err err = { 0 };

	ck_assert_int_eq(kan_foreign_open(&src, lib, path, &info, &findings, &err), code);
	ck_assert_ptr_null(src);
	ck_assert_msg(strstr(err.msg, words), "%s", err.msg);
	ck_assert_msg(strstr(err.msg, path), "%s", err.msg);
	kan_image_info_done(&info);
}

START_TEST(library_that_dies_or_lies_while_opening_is_an_error)
{
	must_not_open(&crashing, KAN_EWORKER, "exited with status 3");
	must_not_open(&lying, KAN_EWORKER, "a finding that cannot be right");
	(void)unlink(path);
	must_not_open(&toy, KAN_EIO, "the toy does not open");
}
END_TEST

struct reading {
	struct kan_source *src;
	uint8_t *data;
	size_t from;
	int rc;
};

static void read_quarter(void *arg)
{
	struct reading *r = arg;

	r->rc = kan_source_read(r->src, r->from, r->data + r->from, TOY_LEN / 4, NULL, NULL);
}

KAN_DEFINE_DROP(pool, struct kan_pool *, kan_pool_free)

START_TEST(many_threads_read_the_same_bytes)
{
	struct kan_image_info info = { 0 };
	KAN_AUTO(findings) struct kan_findings findings = { 0 };
	KAN_AUTO(source) struct kan_source *src = open_toy(&info, &findings);
	KAN_AUTO(mem) uint8_t *data = malloc(TOY_LEN);
	KAN_AUTO(pool) struct kan_pool *pool = NULL;
	struct reading parts[4];

	ck_assert_int_eq(kan_pool_new(&pool, 4, 4, NULL), KAN_OK);
	for (size_t i = 0; i < 4; i++) {
		parts[i] = (struct reading){ src, data, i * (TOY_LEN / 4), -1 };
		kan_pool_run(pool, read_quarter, &parts[i]);
	}
	kan_pool_drain(pool);
	for (size_t i = 0; i < 4; i++)
		ck_assert_int_eq(parts[i].rc, KAN_OK);
	ck_assert(is_toy_but(data, 0, 0));
	kan_image_info_done(&info);
}
END_TEST

/* ---- inside another worker ----------------------------------------------------------- */

static int enter(void *arg, void **state_out, struct kan_err *err)
{
	*state_out = arg;
	return kan_foreign_enter_worker(arg, err);
}

static int read_inside(void *state, struct kan_bytes req, struct kan_worker_reply *r,
                       struct kan_err *err)
{
	KAN_AUTO(mem) uint8_t *data = malloc(TOY_LEN);
	int rc = kan_source_read(state, 0, data, TOY_LEN, NULL, err);

	(void)req;
	return rc == KAN_OK ? kan_worker_emit(r, data, TOY_LEN, err) : rc;
}

static int keep(void *arg, struct kan_bytes rec, struct kan_err *err)
{
	(void)err;
	ck_assert_uint_eq(rec.len, TOY_LEN);
	memcpy(arg, rec.data, rec.len);
	return KAN_OK;
}

START_TEST(container_is_opened_again_inside_a_worker)
{
	static const struct kan_worker_ops ops = { "reader", enter, read_inside };
	struct kan_image_info info = { 0 };
	KAN_AUTO(findings) struct kan_findings findings = { 0 };
	KAN_AUTO(source) struct kan_source *src = open_toy(&info, &findings);
	const struct kan_worker_opts opts = { .readable = kan_foreign_readable(src), .arg = src };
	KAN_AUTO(worker) struct kan_worker *w = NULL;
	KAN_AUTO(mem) uint8_t *data = malloc(TOY_LEN);
	struct kan_job_result result;
	struct kan_err err = { 0 };

	ck_assert_msg(kan_worker_start(&w, &ops, &opts, &err) == KAN_OK, "%s", err.msg);
	ck_assert_int_eq(kan_worker_call(w, "", 0, keep, data, &result, NULL), KAN_OK);
	ck_assert_msg(result.end == KAN_JOB_DONE, "%s", result.err.msg);
	ck_assert(is_toy_but(data, 0, 0));
	/* The parent's own worker was not disturbed. */
	memset(data, 0, TOY_LEN);
	ck_assert_int_eq(kan_source_read(src, 0, data, TOY_LEN, NULL, NULL), KAN_OK);
	ck_assert(is_toy_but(data, 0, 0));
	kan_image_info_done(&info);
}
END_TEST

START_TEST(source_of_our_own_is_left_alone)
{
	KAN_AUTO(image) struct kan_image *img = must_open(path);

	ck_assert_ptr_null(kan_foreign_readable(kan_image_source(img)));
	ck_assert_int_eq(kan_foreign_enter_worker(kan_image_source(img), NULL), KAN_OK);
}
END_TEST

/* ---- the real libraries ----------------------------------------------------------------- */

static const struct {
	const char *name;
	const char *command;
} vhdx[] = {
	{ "fixed.vhdx", "qemu-img convert -O vhdx -o subformat=fixed in.raw fixed.vhdx" },
	{ "dynamic.vhdx", "qemu-img convert -O vhdx in.raw dynamic.vhdx" },
	{ "absent.vhdx", "qemu-img convert -O vhdx -o block_state_zero=off in.raw absent.vhdx" },
};

START_TEST(vhdx_holds_what_qemu_finds_in_it)
{
	if (lacks_tool("qemu-img"))
		return;
	disk_make_raw(dir);
	disk_run(dir, vhdx[_i].command);
	disk_must_equal_qemu(dir, vhdx[_i].name);
}
END_TEST

START_TEST(damaged_vhdx_is_refused_or_has_gaps)
{
	if (lacks_tool("qemu-img"))
		return;
	disk_run(dir, "qemu-img create -f vhdx -o block_size=1M,log_size=1M d.vhdx 2M && "
	              "qemu-io -c 'write -P 5 100k 300k' d.vhdx");
	disk_survives_damage(dir, "d.vhdx");
}
END_TEST

#define ACQUIRE "ewfacquire -u -f smart -c deflate:fast -C case9 -S 1048576 -t s in.raw"

static struct kan_image *acquire_smart(const char *file)
{
	char name[MADE_PATH];

	disk_make_raw(dir);
	disk_run(dir, ACQUIRE);
	snprintf(name, sizeof(name), "%s/%s", dir, file);
	return must_open(name);
}

START_TEST(smart_image_holds_what_was_acquired)
{
	char name[MADE_PATH], raw[MADE_PATH];

	if (lacks_tool("ewfacquire"))
		return;

	KAN_AUTO(image) struct kan_image *img = acquire_smart("s.s01");

	ck_assert_str_eq(kan_image_info(img)->format, "ewflib");
	ck_assert_str_eq(value_of(img, "case_number"), "case9");
	ck_assert_uint_ge(kan_image_info(img)->nsegments, 2);
	ck_assert_uint_eq(kan_image_info(img)->nhashes, 1);
	snprintf(name, sizeof(name), "%s/s.s01", dir);
	snprintf(raw, sizeof(raw), "%s/in.raw", dir);
	disk_must_equal(name, raw);
}
END_TEST

START_TEST(smart_set_with_a_hole_is_refused_by_the_name_of_the_segment)
{
	if (lacks_tool("ewfacquire"))
		return;
	kan_image_close(acquire_smart("s.s01"));
	disk_run(dir, "rm s.s02");
	disk_must_refuse(dir, "s.s01", KAN_EUNSUPPORTED, "s.s02 is missing");
}
END_TEST

START_TEST(damaged_chunk_of_a_smart_set_is_a_gap)
{
	KAN_AUTO(findings) struct kan_findings gaps = { 0 };
	char name[MADE_PATH], raw[MADE_PATH];
	size_t len = 0;

	if (lacks_tool("ewfacquire"))
		return;
	kan_image_close(acquire_smart("s.s01"));
	snprintf(name, sizeof(name), "%s/s.s01", dir);
	snprintf(raw, sizeof(raw), "%s/in.raw", dir);
	free(made_load(name, &len));
	made_flip(name, len / 2);

	KAN_AUTO(image) struct kan_image *img = must_open(name);
	KAN_AUTO(mem) uint8_t *ours = must_read(img, 65536, &gaps);
	KAN_AUTO(mem) uint8_t *theirs = made_load(raw, &len);

	ck_assert_ptr_nonnull(find_kind(&gaps, KAN_FINDING_CHECKSUM));
	for (size_t i = 0; i < len; i++)
		ck_assert(ours[i] == theirs[i] || (ours[i] == 0 && is_covered(&gaps, i)));
}
END_TEST

START_TEST(logical_evidence_of_version_2_is_refused_by_its_name)
{
	made_store(path, (const uint8_t *)"LEF2\r\n\x81\0\2\1\1\0\0\0\0\0", 16);
	disk_must_refuse(dir, "toy", KAN_EUNSUPPORTED, "Lx01");
}
END_TEST

static Suite *foreign_suite(void)
{
	Suite *s = suite_create("foreign");
	TCase *breaks = tcase_create("libraries that break");
	TCase *inside = tcase_create("threads and workers");
	TCase *real = tcase_create("real libraries");

	tcase_add_checked_fixture(breaks, set_up, tear_down);
	tcase_add_checked_fixture(inside, set_up, tear_down);
	tcase_add_checked_fixture(real, set_up, tear_down);
	tcase_set_timeout(real, 120);
	tcase_set_timeout(breaks, 120);
	tcase_add_test(breaks, description_arrives_and_text_is_made_utf8);
	tcase_add_test(breaks, bytes_arrive_whole);
	tcase_add_test(breaks, block_that_kills_the_library_is_the_only_gap);
	tcase_add_test(breaks, container_that_kills_the_library_all_the_time_is_given_up);
	tcase_add_test(breaks, chunk_that_the_library_cannot_read_is_a_gap);
	tcase_add_test(breaks, sector_that_the_library_cannot_read_is_a_gap_of_one_sector);
	tcase_add_test(breaks, library_that_dies_or_lies_while_opening_is_an_error);
	tcase_add_test(inside, many_threads_read_the_same_bytes);
	tcase_add_test(inside, container_is_opened_again_inside_a_worker);
	tcase_add_test(inside, source_of_our_own_is_left_alone);
	tcase_add_loop_test(real, vhdx_holds_what_qemu_finds_in_it, 0, 3);
	tcase_add_test(real, damaged_vhdx_is_refused_or_has_gaps);
	tcase_add_test(real, smart_image_holds_what_was_acquired);
	tcase_add_test(real, smart_set_with_a_hole_is_refused_by_the_name_of_the_segment);
	tcase_add_test(real, damaged_chunk_of_a_smart_set_is_a_gap);
	tcase_add_test(real, logical_evidence_of_version_2_is_refused_by_its_name);
	suite_add_tcase(s, breaks);
	suite_add_tcase(s, inside);
	suite_add_tcase(s, real);
	return s;
}

RUN_SUITE(foreign_suite)
