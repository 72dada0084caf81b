/* SPDX-License-Identifier: MIT */
/*
 * test_drive_device.c - what is read from devices with bad sectors, and from dying ones
 */
#include "image/drive_check.h"
#include "kanshiki/pool.h"
#include "kanshiki/stream.h"
#include "suite.h"

#include <errno.h>

#define SIZE (6u << 20)

/* At both ends, alone, in a row, across a border of blocks, and every second one. */
static const struct range bad[] = {
	{ 0, 512 },       { 1044480, 512 }, { 1048064, 1024 }, { 2097152, 65536 },
	{ 3147264, 512 }, { 3148288, 512 }, { 3149312, 512 },  { SIZE - 512, 512 },
};

static const struct {
	const char *options;
	uint64_t sector, unit; /* the device's, and what is lost at once */
	bool device;
} shapes[] = {
	{ "", 512, 512, true },
	{ "-s 4096", 4096, 4096, true },
	{ "-b", 512, 4096, true },
	{ "-f", 512, 4096, false },
};

KAN_DEFINE_DROP(pool, struct kan_pool *, kan_pool_free)

static char *start_shape(char out[static MADE_PATH], const char *options)
{
	char ranges[512];
	size_t used = 0;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		used += (size_t)snprintf(ranges + used, sizeof(ranges) - used, " %llu:%llu",
		                         (unsigned long long)bad[i].offset,
		                         (unsigned long long)bad[i].len);
	make_image("image", SIZE);
	ck_assert_int_eq(sh("mkdir -p d"), 0);
	return sh_line(out, BAD_DEVICE " start %s d image %s", options, ranges);
}

static void *aligned(size_t len)
{
	void *p = NULL;

	ck_assert_int_eq(posix_memalign(&p, 4096, len), 0);
	memset(p, 0x5c, len);
	return p;
}

/* ---- bad sectors -------------------------------------------------------------------- */

START_TEST(drive_loses_exactly_the_bad_sectors)
{
	static const size_t blocks[] = { 1 << 20, 100003, SIZE, 512 * 129 };
	KAN_AUTO(source) struct kan_source *src = NULL;
	KAN_AUTO(mem) uint8_t *map = NULL, *data = NULL;
	struct kan_drive_counts counts = { 0 }, before;
	struct kan_drive_state state;
	char path[MADE_PATH];

	if (no_devices)
		return;
	start_shape(path, shapes[_i].options);
	map = map_of(bad, sizeof(bad) / sizeof(bad[0]), SIZE, shapes[_i].unit);
	data = aligned(SIZE + 1);
	src = must_open_drive(path, NULL, &state);
	ck_assert_uint_eq(state.device, shapes[_i].device);
	ck_assert_uint_eq(state.direct, shapes[_i].device);
	ck_assert_uint_eq(state.exclusive, shapes[_i].device);
	ck_assert_uint_eq(state.sector_size, shapes[_i].sector);
	ck_assert_uint_eq(state.size, SIZE);
	ck_assert_uint_eq(state.odd_bytes, 0);
	ck_assert_str_eq(state.note, "");
	for (size_t i = 0; i < sizeof(blocks) / sizeof(blocks[0]); i++) {
		KAN_AUTO(findings) struct kan_findings gaps = { 0 };

		before = counts;
		ck_assert_int_eq(read_range(src, (struct range){ 0, SIZE }, blocks[i], data + i % 2,
		                            &gaps, NULL),
		                 KAN_OK);
		check_medium(data + i % 2, SIZE, map, &gaps);
		kan_drive_counts(src, &counts);
		ck_assert_uint_eq(counts.lost - before.lost, lost_in(map, SIZE));
		ck_assert_uint_gt(counts.errors, before.errors);
		ck_assert_uint_eq(counts.recovered, 0);
	}
}
END_TEST

static int copy_block(void *self, const struct kan_block *blk, struct kan_err *err)
{
	(void)err;
	memcpy((uint8_t *)self + blk->offset, blk->data, blk->len);
	return KAN_OK;
}

START_TEST(drive_is_the_same_for_any_number_of_readers)
{
	static const unsigned workers[] = { 1, 2, 8 };
	KAN_AUTO(mem) uint8_t *map = NULL, *data = aligned(SIZE);
	char path[MADE_PATH];

	if (no_devices)
		return;
	start_shape(path, "");
	map = map_of(bad, sizeof(bad) / sizeof(bad[0]), SIZE, 512);
	for (size_t i = 0; i < sizeof(workers) / sizeof(workers[0]); i++) {
		const struct kan_sink sink = { "copy", KAN_ANY_ORDER, data, copy_block, NULL };
		KAN_AUTO(source) struct kan_source *src = must_open_drive(path, NULL, NULL);
		KAN_AUTO(findings) struct kan_findings gaps = { 0 };
		KAN_AUTO(pool) struct kan_pool *pool = NULL;
		struct kan_drive_counts counts;

		memset(data, 0x5c, SIZE);
		ck_assert_int_eq(kan_pool_new(&pool, workers[i], 16, NULL), KAN_OK);
		ck_assert_int_eq(kan_stream_run(src, &sink, 1, NULL, pool, &gaps, NULL), KAN_OK);
		check_medium(data, SIZE, map, &gaps);
		kan_drive_counts(src, &counts);
		ck_assert_uint_eq(counts.lost, lost_in(map, SIZE));
	}
}
END_TEST

/* The lines "offset length -" of its map, in our words. */
static void read_map(struct kan_findings *out)
{
	unsigned long long at, len;
	char path[MADE_PATH], line[256], status;
	FILE *f;

	snprintf(path, sizeof(path), "%s/ddrescue.map", dir);
	f = fopen(path, "r");
	ck_assert_ptr_nonnull(f);
	while (fgets(line, sizeof(line), f))
		if (sscanf(line, "0x%llx 0x%llx %c", &at, &len, &status) == 3 && status == '-')
			kan_findings_add(out, KAN_FINDING_UNREADABLE, at, len, "", " ");
	fclose(f);
}

START_TEST(drive_agrees_with_ddrescue)
{
	KAN_AUTO(source) struct kan_source *src = NULL;
	KAN_AUTO(findings) struct kan_findings gaps = { 0 };
	KAN_AUTO(findings) struct kan_findings theirs = { 0 };
	KAN_AUTO(mem) uint8_t *data = aligned(SIZE);
	char path[MADE_PATH];

	if (no_devices || lacks_tool("ddrescue"))
		return;
	start_shape(path, shapes[_i].options);
	ck_assert_int_eq(
		sh("rm -f ddrescue.*; ddrescue -q -d -b %d -r 1 %s ddrescue.out ddrescue.map",
	           (int)shapes[_i].sector, path),
		0);
	src = must_open_drive(path, NULL, NULL);
	ck_assert_int_eq(read_range(src, (struct range){ 0, SIZE }, 1 << 20, data, &gaps, NULL),
	                 KAN_OK);
	read_map(&theirs);
	ck_assert_uint_eq(gaps.n, theirs.n);
	for (size_t i = 0; i < gaps.n; i++) {
		ck_assert_uint_eq(gaps.list[i].offset, theirs.list[i].offset);
		ck_assert_uint_eq(gaps.list[i].length, theirs.list[i].length);
	}
}
END_TEST

START_TEST(drive_gets_passing_faults_back_in_its_rounds)
{
	static const struct {
		const char *options;
		unsigned retries, back, lost;
	} cases[] = {
		{ "-p 1", 0, 3, 0 },
		{ "-p 1", KAN_DRIVE_NO_RETRIES, 0, 3 },
		{ "-p 2", 1, 0, 3 },
		{ "-p 4", 4, 3, 0 },
	};
	const struct kan_drive_opts opts = { .retries = cases[_i].retries };
	KAN_AUTO(source) struct kan_source *src = NULL;
	KAN_AUTO(findings) struct kan_findings gaps = { 0 };
	KAN_AUTO(mem) uint8_t *data = aligned(1 << 20);
	KAN_AUTO(mem) uint8_t *map = NULL;
	struct kan_drive_counts counts;
	char path[MADE_PATH];

	if (no_devices)
		return;
	make_image("image", 1 << 20);
	ck_assert_int_eq(sh("mkdir -p d"), 0);
	sh_line(path, BAD_DEVICE " start %s d image 51200:1024 524288:512", cases[_i].options);
	map = map_of((const struct range[]){ { 51200, 1024 }, { 524288, 512 } },
	             cases[_i].lost ? 2 : 0, 1 << 20, 512);
	src = must_open_drive(path, &opts, NULL);
	ck_assert_int_eq(kan_source_read(src, 0, data, 1 << 20, &gaps, NULL), KAN_OK);
	check_medium(data, 1 << 20, map, &gaps);
	kan_drive_counts(src, &counts);
	ck_assert_uint_eq(counts.recovered, cases[_i].back);
	ck_assert_uint_eq(counts.lost, cases[_i].lost * 512);
}
END_TEST

/* ---- drives that die ---------------------------------------------------------------- */

START_TEST(drive_that_answers_no_more_is_a_failure_and_no_gap)
{
	KAN_AUTO(source) struct kan_source *src = NULL;
	KAN_AUTO(findings) struct kan_findings gaps = { 0 };
	KAN_AUTO(mem) uint8_t *data = aligned(1 << 20);
	struct kan_drive_counts counts;
	struct kan_err err = { 0 };
	char path[MADE_PATH];

	if (no_devices)
		return;
	start_shape(path, "");
	src = must_open_drive(path, NULL, NULL);
	ck_assert_int_eq(kan_source_read(src, 4 << 20, data, 1 << 20, &gaps, &err), KAN_OK);
	ck_assert_int_eq(sh(": >d/dead"), 0);
	ck_assert_int_eq(kan_source_read(src, 5 << 20, data, 512 * 100, &gaps, &err), KAN_EIO);
	ck_assert_msg(strstr(err.msg, "does not answer any more") != NULL, "%s", err.msg);
	ck_assert_uint_eq(gaps.n, 0);
	kan_drive_counts(src, &counts);
	ck_assert_uint_lt(counts.errors, 40);

	ck_assert_int_eq(sh("rm d/dead"), 0);
	ck_assert_int_eq(kan_source_read(src, 5 << 20, data, 512 * 100, &gaps, &err), KAN_OK);
	for (size_t i = 0; i < 512u * 100; i++)
		if (data[i] != made_byte((5u << 20) + i))
			ck_abort_msg("byte %zu is wrong", i);
}
END_TEST

START_TEST(drive_whose_bytes_could_never_be_read_is_all_gap)
{
	KAN_AUTO(source) struct kan_source *src = NULL;
	KAN_AUTO(findings) struct kan_findings gaps = { 0 };
	uint8_t *data = aligned(512 * 100);
	char path[MADE_PATH];

	if (no_devices)
		return;
	start_shape(path, "");
	ck_assert_int_eq(sh(": >d/dead"), 0);
	src = must_open_drive(path, NULL, NULL);
	ck_assert_int_eq(kan_source_read(src, 1000, data, 512 * 99, &gaps, NULL), KAN_OK);
	ck_assert_uint_eq(gaps.n, 1);
	ck_assert_uint_eq(gaps.list[0].offset, 1000);
	ck_assert_uint_eq(gaps.list[0].length, 512 * 99);
	free(data);
	ck_assert_int_eq(sh("rm d/dead"), 0);
}
END_TEST

START_TEST(drive_that_is_gone_is_a_failure)
{
	KAN_AUTO(source) struct kan_source *src = NULL;
	KAN_AUTO(findings) struct kan_findings gaps = { 0 };
	KAN_AUTO(mem) uint8_t *data = aligned(1 << 20);
	struct kan_err err = { 0 };
	char path[MADE_PATH];

	if (no_devices)
		return;
	make_image("image", 2 << 20);
	make_loop(path, "-r", "image");
	src = must_open_drive(path, NULL, NULL);
	ck_assert_int_eq(kan_source_read(src, 0, data, 1 << 20, &gaps, NULL), KAN_OK);
	/* The kernel gives a disk that is pulled out a size of 0. */
	ck_assert_int_eq(sh("truncate -s 0 image && losetup -c %s", path), 0);
	ck_assert_int_eq(kan_source_read(src, 1 << 20, data, 1 << 20, &gaps, &err), KAN_EIO);
	ck_assert_msg(strstr(err.msg, "the drive is gone") != NULL, "%s", err.msg);
	ck_assert_uint_eq(gaps.n, 0);
}
END_TEST

START_TEST(drive_on_a_file_system_that_is_gone_is_a_failure)
{
	KAN_AUTO(source) struct kan_source *src = NULL;
	KAN_AUTO(findings) struct kan_findings gaps = { 0 };
	KAN_AUTO(mem) uint8_t *data = aligned(1 << 20);
	struct kan_err err = { 0 };
	char path[MADE_PATH];

	if (no_devices)
		return;
	start_shape(path, "-f");
	src = must_open_drive(path, NULL, NULL);
	ck_assert_int_eq(sh("kill -9 $(cat d/pid)"), 0);
	ck_assert_int_eq(kan_source_read(src, 4 << 20, data, 1 << 20, &gaps, &err), KAN_EIO);
	ck_assert_int_ne(err.os_errno, EIO);
	ck_assert_uint_eq(gaps.n, 0);
}
END_TEST

/* Of a loop device, a file, and a loop device that knows of it. */
START_TEST(drive_that_becomes_shorter_has_a_gap_at_its_end)
{
	static const struct {
		const char *options;
		bool tell;
		enum kan_finding_kind kind;
	} cases[] = {
		{ "-r", false, KAN_FINDING_UNREADABLE },
		{ NULL, false, KAN_FINDING_TRUNCATED },
		{ "-r", true, KAN_FINDING_TRUNCATED },
	};
	KAN_AUTO(source) struct kan_source *src = NULL;
	KAN_AUTO(findings) struct kan_findings gaps = { 0 };
	KAN_AUTO(mem) uint8_t *data = aligned(2 << 20);
	char path[MADE_PATH];

	if (no_devices && cases[_i].options)
		return;
	make_image("image", 2 << 20);
	if (cases[_i].options)
		make_loop(path, cases[_i].options, "image");
	else
		snprintf(path, sizeof(path), "%s/image", dir);
	src = must_open_drive(path, NULL, NULL);
	ck_assert_int_eq(sh("truncate -s 1M image"), 0);
	if (cases[_i].tell)
		ck_assert_int_eq(sh("losetup -c %s", path), 0);
	ck_assert_int_eq(read_range(src, (struct range){ 0, 2 << 20 }, 300000, data, &gaps, NULL),
	                 KAN_OK);
	ck_assert_uint_eq(gaps.n, 1);
	ck_assert_int_eq(gaps.list[0].kind, cases[_i].kind);
	ck_assert_uint_eq(gaps.list[0].offset, 1 << 20);
	ck_assert_uint_eq(gaps.list[0].length, 1 << 20);
	for (size_t i = 0; i < 2u << 20; i++)
		if (data[i] != (i < 1u << 20 ? made_byte(i) : 0))
			ck_abort_msg("byte %zu is wrong", i);
}
END_TEST

START_TEST(drive_of_odd_size_is_read_to_its_last_byte)
{
	KAN_AUTO(source) struct kan_source *src = NULL;
	KAN_AUTO(findings) struct kan_findings gaps = { 0 };
	KAN_AUTO(mem) uint8_t *data = aligned(100000);
	struct kan_drive_state state;
	char path[MADE_PATH];

	make_image("image", 100000);
	snprintf(path, sizeof(path), "%s/image", dir);
	src = must_open_drive(path, NULL, &state);
	ck_assert(!state.device);
	ck_assert_uint_eq(state.odd_bytes, 100000 % 512);
	ck_assert_int_eq(read_range(src, (struct range){ 0, 100000 }, 4096, data, &gaps, NULL),
	                 KAN_OK);
	ck_assert_uint_eq(gaps.n, 0);
	for (size_t i = 0; i < 100000; i++)
		if (data[i] != made_byte(i))
			ck_abort_msg("byte %zu is wrong", i);
}
END_TEST

/* The kernel does not give the tail of such a device; that is said, and nothing more is lost. */
START_TEST(drive_loses_no_more_than_a_tail_that_is_no_sector)
{
	KAN_AUTO(source) struct kan_source *src = NULL;
	KAN_AUTO(findings) struct kan_findings gaps = { 0 };
	KAN_AUTO(mem) uint8_t *data = aligned(1 << 20);
	uint64_t covered = 0, whole = (1 << 20) - 4096;
	struct kan_drive_state state;
	char path[MADE_PATH];

	if (no_devices)
		return;
	make_image("image", (1 << 20) - 3584);
	make_loop(path, "-r --sector-size 4096", "image");
	src = must_open_drive(path, NULL, &state);
	ck_assert_uint_eq(state.sector_size, 4096);
	ck_assert_uint_eq(state.odd_bytes, state.size % 4096);
	ck_assert_int_eq(
		read_range(src, (struct range){ 0, state.size }, 1 << 20, data, &gaps, NULL),
		KAN_OK);
	for (size_t i = 0; i < gaps.n; i++) {
		ck_assert_uint_ge(gaps.list[i].offset, whole);
		covered += gaps.list[i].length;
	}
	for (uint64_t i = 0; i < state.size - covered; i++)
		if (data[i] != made_byte(i))
			ck_abort_msg("byte %llu is wrong", (unsigned long long)i);
}
END_TEST

START_TEST(drive_refuses_what_is_no_drive)
{
	const struct kan_drive_opts many = { .retries = KAN_DRIVE_RETRIES_MAX + 1 };
	struct kan_source *src = NULL;
	char path[MADE_PATH];

	make_image("image", 512);
	ck_assert_int_eq(sh("mkfifo -m 600 pipe"), 0);
	refuses_drive(dir, NULL, "directory");
	refuses_drive("/dev/null", NULL, "neither a file nor a block device");
	snprintf(path, sizeof(path), "%s/pipe", dir);
	refuses_drive(path, NULL, "neither a file nor a block device");
	snprintf(path, sizeof(path), "%s/image", dir);
	ck_assert_int_eq(kan_drive_open(&src, path, &many, NULL, NULL), KAN_EARG);
	snprintf(path, sizeof(path), "%s/nothing", dir);
	ck_assert_int_eq(kan_drive_open(&src, path, NULL, NULL, NULL), KAN_EIO);
	ck_assert_ptr_null(src);
	ck_assert_int_eq(sh("rm pipe"), 0);
}
END_TEST

/* Each test case makes its device in the same place: one after the other. */
static void stop_device(void)
{
	if (!no_devices)
		(void)sh(BAD_DEVICE " stop . && rm -rf d");
}

static void no_set_up(void)
{
}

static Suite *drive_device_suite(void)
{
	Suite *s = suite_create("drive_device");
	TCase *faults = tcase_create("faults"), *ends = tcase_create("ends");

	tcase_add_unchecked_fixture(faults, set_up_devices, tear_down_devices);
	tcase_add_checked_fixture(faults, no_set_up, stop_device);
	tcase_add_loop_test(faults, drive_loses_exactly_the_bad_sectors, 0, 4);
	tcase_add_test(faults, drive_is_the_same_for_any_number_of_readers);
	tcase_add_loop_test(faults, drive_agrees_with_ddrescue, 0, 3);
	tcase_add_loop_test(faults, drive_gets_passing_faults_back_in_its_rounds, 0, 4);
	suite_add_tcase(s, faults);
	tcase_add_unchecked_fixture(ends, set_up_devices, tear_down_devices);
	tcase_add_checked_fixture(ends, no_set_up, stop_device);
	tcase_add_test(ends, drive_that_answers_no_more_is_a_failure_and_no_gap);
	tcase_add_test(ends, drive_whose_bytes_could_never_be_read_is_all_gap);
	tcase_add_test(ends, drive_that_is_gone_is_a_failure);
	tcase_add_test(ends, drive_on_a_file_system_that_is_gone_is_a_failure);
	tcase_add_loop_test(ends, drive_that_becomes_shorter_has_a_gap_at_its_end, 0, 3);
	tcase_add_test(ends, drive_of_odd_size_is_read_to_its_last_byte);
	tcase_add_test(ends, drive_loses_no_more_than_a_tail_that_is_no_sector);
	tcase_add_test(ends, drive_refuses_what_is_no_drive);
	suite_add_tcase(s, ends);
	return s;
}

RUN_SUITE(drive_device_suite)
