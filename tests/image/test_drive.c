/* SPDX-License-Identifier: MIT */
/*
 * test_drive.c - getting around bad sectors, and who uses a device, without a device
 *
 * The medium is a pattern whose units fail as the test says; sysfs and /proc are made.
 */
#include "core/cleanup.h"
#include "failing_memory.h"
#include "image/drive/handle.h"
#include "image/drive/kernel_text.h"
#include "image/drive/rescue.h"
#include "image/drive/usage.h"
#include "image/image_check.h"
#include "kanshiki/drive.h"
#include "suite.h"

#include <errno.h>
#include <inttypes.h>
#include <sys/sysmacros.h>

/* ---- a medium that fails ----------------------------------------------------------- */

#define UNIT  512u
#define UNITS 2048u

static struct {
	unsigned faults[UNITS]; /* reads of the unit alone that fail; UINT_MAX: all */
	unsigned tried[UNITS];  /* reads of the unit alone */
	unsigned order[64];     /* the units that were read alone, as they came */
	size_t norder;
	size_t size;       /* the medium ends here */
	size_t asked;      /* and the request here */
	bool gives_before; /* a read gives what lies before its first bad unit */
	unsigned reads;
	unsigned longest_streak;
	int failure;          /* what bear says */
	unsigned failure_at;  /* at this read */
	uint8_t lost[UNITS];  /* 1: unreadable, 2: truncated */
	uint64_t lost_before; /* where the last range ended */
} medium;

static size_t medium_read(void *arg, uint64_t offset, void *buf, size_t len, int *why)
{
	size_t first = (size_t)offset / UNIT;
	size_t room = offset < medium.size ? medium.size - (size_t)offset : 0;

	(void)arg;
	if (offset % UNIT != 0 || len == 0 || (len % UNIT != 0 && offset + len != medium.asked))
		ck_abort_msg("%zu bytes at %" PRIu64, len, offset);
	medium.reads++;
	if (len <= UNIT) {
		if (medium.norder < 64)
			medium.order[medium.norder++] = (unsigned)first;
		medium.tried[first]++;
	}
	len = len < room ? len : room;
	for (size_t i = 0; i < len; i++) {
		unsigned *faults = &medium.faults[(offset + i) / UNIT];

		if (*faults > 0) {
			if (len <= UNIT && *faults != UINT_MAX)
				--*faults;
			*why = EIO;
			return medium.gives_before ? i : 0;
		}
		((uint8_t *)buf)[i] = made_byte(offset + i);
	}
	return len;
}

static int medium_bear(void *arg, int why, unsigned streak, struct kan_err *err)
{
	(void)arg;
	if (streak > medium.longest_streak)
		medium.longest_streak = streak;
	if (medium.failure && medium.reads >= medium.failure_at)
		return kan_fail(err, medium.failure, "no more after %d", why);
	return KAN_OK;
}

static void medium_lose(void *arg, uint64_t offset, uint64_t len, enum kan_finding_kind kind)
{
	(void)arg;
	if (offset < medium.lost_before || len == 0)
		ck_abort_msg("%" PRIu64 " bytes at %" PRIu64, len, offset);
	medium.lost_before = offset + len;
	for (uint64_t i = offset / UNIT; i * UNIT < offset + len; i++)
		medium.lost[i] = kind == KAN_FINDING_TRUNCATED ? 2 : 1;
}

static struct kan_rescue_tally tally;
static uint8_t bytes[UNITS * UNIT];

static void new_medium_for(size_t len)
{
	memset(&medium, 0, sizeof(medium));
	memset(&tally, 0, sizeof(tally));
	memset(bytes, 0x5c, len);
	medium.size = sizeof(bytes);
}

static void new_medium(void)
{
	new_medium_for(sizeof(bytes));
}

static int rescue(size_t len, unsigned rounds, struct kan_err *err)
{
	const struct kan_rescue how = {
		.read = medium_read,
		.bear = medium_bear,
		.lose = medium_lose,
		.unit = UNIT,
		.rounds = rounds,
		.tally = &tally,
	};

	medium.asked = len;
	return kan_rescue_read(&how, 0, bytes, len, err);
}

/* An assertion for each byte would take its time. */
static bool is_filled(size_t from, size_t end, bool lost)
{
	for (size_t i = from; i < end; i++)
		if (bytes[i] != (lost ? 0 : made_byte(i)))
			return false;
	return true;
}

/* Lost is what fails for ever, and zero; the rest is there. */
static void check_rescued(size_t len)
{
	for (size_t unit = 0; unit * UNIT < len; unit++) {
		size_t end = len - unit * UNIT < UNIT ? len : (unit + 1) * UNIT;
		bool lost = medium.faults[unit] == UINT_MAX;

		if (medium.lost[unit] != lost || !is_filled(unit * UNIT, end, lost))
			ck_abort_msg("unit %zu: %u", unit, medium.lost[unit]);
	}
}

static void check_all(size_t len, unsigned rounds)
{
	unsigned nunits = (unsigned)((len + UNIT - 1) / UNIT);

	if (rescue(len, rounds, NULL) != KAN_OK)
		ck_abort_msg("not rescued");
	check_rescued(len);
	if (medium.reads > 2 * nunits * (1 + rounds))
		ck_abort_msg("%u reads of %u units", medium.reads, nunits);
}

START_TEST(rescue_reads_a_good_medium_at_once)
{
	check_all(sizeof(bytes), 2);
	ck_assert_uint_eq(medium.reads, 1);
	ck_assert_uint_eq(tally.errors, 0);
}
END_TEST

/* All patterns of twelve units, with and without what lies before the error. */
START_TEST(rescue_loses_exactly_the_bad_units_of_any_pattern)
{
	for (unsigned pattern = 0; pattern < 1u << 12; pattern++) {
		new_medium_for(12 * UNIT);
		medium.gives_before = _i & 1;
		for (unsigned i = 0; i < 12; i++)
			medium.faults[i] = pattern >> i & 1 ? UINT_MAX : 0;
		check_all(_i & 2 ? 12 * UNIT - 100 : 12 * UNIT, _i & 4 ? 3 : 0);
	}
}
END_TEST

START_TEST(rescue_finds_a_single_bad_unit_in_few_reads)
{
	for (unsigned at = 0; at < UNITS; at += 61) {
		new_medium();
		medium.faults[at] = UINT_MAX;
		check_all(sizeof(bytes), 0);
		ck_assert_uint_le(medium.reads, 3 * 11 + 2);
		ck_assert_uint_eq(medium.tried[at], 1);
	}
}
END_TEST

START_TEST(rescue_steps_once_through_a_dead_region)
{
	for (unsigned i = 0; i < UNITS; i++)
		medium.faults[i] = UINT_MAX;
	check_all(sizeof(bytes), 0);
	ck_assert_uint_le(medium.reads, UNITS + 12);
	ck_assert_uint_eq(medium.longest_streak, medium.reads);
	ck_assert_uint_eq(tally.errors, medium.reads);
}
END_TEST

START_TEST(rescue_stays_in_its_bound_for_any_spacing_of_bad_units)
{
	for (unsigned step = 2; step < 40; step++) {
		new_medium();
		for (unsigned i = 0; i < UNITS; i++)
			medium.faults[i] = i % step == 1 || i % (step + 3) == 0 ? UINT_MAX : 0;
		check_all(sizeof(bytes), step % 3);
	}
}
END_TEST

/* A unit with n faults comes back in round n, and not before. */
START_TEST(rescue_gets_units_back_in_later_rounds)
{
	static const unsigned at[] = { 0, 7, 8, 700, UNITS - 1 };

	for (unsigned i = 0; i < 5; i++)
		medium.faults[at[i]] = (unsigned)_i;
	ck_assert_int_eq(rescue(sizeof(bytes), 2, NULL), KAN_OK);
	for (unsigned i = 0; i < 5; i++) {
		ck_assert_uint_eq(medium.lost[at[i]], _i > 2);
		ck_assert_uint_eq(medium.tried[at[i]], _i < 2 ? (unsigned)_i + 1 : 3);
		ck_assert(is_filled(at[i] * UNIT, (at[i] + 1) * UNIT, _i > 2));
	}
	ck_assert_uint_eq(tally.recovered, _i <= 2 ? 5 : 0);
}
END_TEST

START_TEST(rescue_turns_around_in_each_round)
{
	static const unsigned expected[] = { 2, 3, 4, 4, 3, 2, 2, 3, 4 };

	for (unsigned i = 2; i < 5; i++)
		medium.faults[i] = UINT_MAX;
	ck_assert_int_eq(rescue(5 * UNIT, 2, NULL), KAN_OK);
	ck_assert_uint_ge(medium.norder, 9);
	for (size_t i = 0; i < 9; i++)
		ck_assert_uint_eq(medium.order[medium.norder - 9 + i], expected[i]);
}
END_TEST

START_TEST(rescue_ends_with_the_medium)
{
	static const size_t sizes[] = { 0, 1, UNIT, 10 * UNIT, 10 * UNIT + 77, 19 * UNIT };

	for (unsigned pattern = 0; pattern < 4; pattern++) {
		new_medium();
		medium.size = sizes[_i];
		medium.faults[3] = pattern & 1 && sizes[_i] > 3 * UNIT ? UINT_MAX : 0;
		medium.faults[10] = pattern & 2 && sizes[_i] > 10 * UNIT ? UINT_MAX : 0;
		medium.gives_before = pattern & 1;
		ck_assert_int_eq(rescue(20 * UNIT, 2, NULL), KAN_OK);
		for (size_t i = 0; i < 20 * UNIT; i++)
			if (!is_filled(i, i + 1, i >= medium.size || medium.faults[i / UNIT]))
				ck_abort_msg("byte %zu of pattern %u", i, pattern);
		ck_assert_uint_eq(medium.lost[19], 2);
		ck_assert_uint_eq(medium.lost_before, 20 * UNIT);
	}
}
END_TEST

START_TEST(rescue_fails_when_the_medium_is_gone)
{
	struct kan_err err = { 0 };

	medium.faults[500] = medium.faults[900] = UINT_MAX;
	medium.failure = KAN_EIO;
	medium.failure_at = (unsigned)_i * 5 + 1;
	ck_assert_int_eq(rescue(sizeof(bytes), 2, &err), KAN_EIO);
	ck_assert_ptr_nonnull(strstr(err.msg, "no more after 5"));
	ck_assert_uint_eq(medium.lost_before, 0);
}
END_TEST

/* ---- who uses a device -------------------------------------------------------------- */

static char dir[MADE_DIR];
static char sys_root[MADE_DIR + 8], proc_root[MADE_DIR + 8];
static struct kan_usage_roots roots;

static void set_up_tree(void)
{
	made_folder(dir);
	snprintf(sys_root, sizeof(sys_root), "%s/sys", dir);
	snprintf(proc_root, sizeof(proc_root), "%s/proc", dir);
	roots = (struct kan_usage_roots){ sys_root, proc_root };
}

static void tear_down_tree(void)
{
	char cmd[MADE_PATH];

	snprintf(cmd, sizeof(cmd), "rm -rf '%s'", dir);
	ck_assert_int_eq(system(cmd), 0);
}

static void in_tree(const char *script)
{
	char cmd[4096];

	snprintf(cmd, sizeof(cmd), "set -e; cd '%s'; %s", dir, script);
	ck_assert_int_eq(system(cmd), 0);
}

/* A disk 240:0 with a partition 240:1 under LVM 241:0 under LUKS 241:1; another disk. */
static void make_disks(const char *mounts)
{
	static const char tree[] =
		"d=sys/devices/sda; mkdir -p $d/sda1/holders $d/holders $d/sda2/holders $d/queue "
		"sys/dev/block sys/block proc/self sys/devices/dm-0/holders "
		"sys/devices/dm-1/holders;"
		"echo 240:0 >$d/dev; echo 240:1 >$d/sda1/dev; echo 240:2 >$d/sda2/dev;"
		"echo 1 >$d/sda1/partition; echo 2 >$d/sda2/partition;"
		"echo 241:0 >sys/devices/dm-0/dev; echo 241:1 >sys/devices/dm-1/dev;"
		"ln -s ../../../dm-0 $d/sda1/holders/dm-0; ln -s ../../dm-1 "
		"sys/devices/dm-0/holders/dm-1;"
		"cd sys/dev/block; ln -s ../../devices/sda 240:0; ln -s ../../devices/sda/sda1 "
		"240:1;"
		"ln -s ../../devices/sda/sda2 240:2; ln -s ../../devices/dm-0 241:0;"
		"ln -s ../../devices/dm-1 241:1; cd ../../..;";
	char path[MADE_PATH];
	FILE *f;

	in_tree(tree);
	snprintf(path, sizeof(path), "%s/self/mountinfo", proc_root);
	f = fopen(path, "w");
	ck_assert_ptr_nonnull(f);
	fputs("21 1 8:1 / / rw,relatime shared:1 - ext4 /dev/root rw\n"
	      "22 21 0:5 / /proc rw - proc proc rw\n",
	      f);
	fputs(mounts, f);
	ck_assert_int_eq(fclose(f), 0);
}

static struct kan_usage usage_of(unsigned major_number, unsigned minor_number)
{
	struct stat st = { .st_mode = S_IFBLK, .st_rdev = makedev(major_number, minor_number) };
	struct kan_usage usage;
	struct kan_stack stack;

	ck_assert_int_eq(kan_stack_find(&stack, &st, &roots, NULL), KAN_OK);
	ck_assert_int_eq(kan_usage_find(&usage, &stack, &roots, NULL), KAN_OK);
	return usage;
}

START_TEST(usage_follows_partitions_and_holders_upwards_only)
{
	static const struct {
		unsigned major, minor;
		const char *writer, *reader;
	} cases[] = {
		{ 240, 0, "mounted read-write at /mnt/deep one", "mounted read-only at /mnt/two" },
		{ 240, 1, "mounted read-write at /mnt/deep one", "held by dm-0" },
		{ 240, 2, "", "mounted read-only at /mnt/two" },
		{ 241, 0, "mounted read-write at /mnt/deep one", "held by dm-1" },
		{ 241, 1, "mounted read-write at /mnt/deep one", "" },
		{ 242, 0, "", "" },
	};
	struct kan_usage usage;

	make_disks("50 21 241:1 / /mnt/deep\\040one rw,noexec - ext4 /dev/mapper/x rw,data=x\n"
	           "51 21 240:2 /a /mnt/two rw master:1 - ext4 /dev/sda2 ro,errors=x\n");
	usage = usage_of(cases[_i].major, cases[_i].minor);
	ck_assert_str_eq(usage.writer, cases[_i].writer);
	ck_assert_str_eq(usage.reader, cases[_i].reader);
}
END_TEST

START_TEST(usage_takes_a_read_only_view_of_a_writable_mount_for_writable)
{
	struct kan_usage usage;

	make_disks("51 21 240:2 / /mnt/two ro,relatime shared:7 master:1 - ext4 /dev/sda2 rw\n");
	usage = usage_of(240, 0);
	ck_assert_str_eq(usage.writer, "mounted read-write at /mnt/two");
}
END_TEST

START_TEST(usage_shows_odd_names_of_mount_points_as_text)
{
	struct kan_usage usage;

	make_disks("51 21 240:2 / /mnt/a\\012b\\134\\777c\\ rw - ext4 /dev/sda2 rw\n");
	usage = usage_of(240, 0);
	ck_assert_str_eq(usage.writer, "mounted read-write at /mnt/a\\x0ab\\\\\\\\777c\\\\");
}
END_TEST

START_TEST(usage_survives_lines_that_are_no_mounts)
{
	struct kan_usage usage;

	make_disks("\n-\n51\n51 21\n51 21 240:2\n51 21 240:2 /\n51 21 240:2 / /x rw\n"
	           "51 21 240 / /x rw - ext4 /dev/sda2 rw\n51 21 240:2 / /x rw shared:1\n"
	           "51 21 x:2 / /x rw - ext4 a rw\n51 21 240:2x / /x rw - ext4 a rw");
	usage = usage_of(240, 2);
	ck_assert_str_eq(usage.writer, "");
	ck_assert_str_eq(usage.reader, "");
}
END_TEST

START_TEST(usage_fails_where_mounts_cannot_be_seen)
{
	struct kan_stack stack = { .n = 0 };
	struct kan_usage usage;
	struct kan_err err = { 0 };

	ck_assert_int_eq(kan_usage_find(&usage, &stack, &roots, &err), KAN_EIO);
	ck_assert_ptr_nonnull(strstr(err.msg, "mountinfo"));
}
END_TEST

/* Two holders that hold each other would never end. */
START_TEST(stack_ends_in_a_circle_of_holders)
{
	struct stat st = { .st_mode = S_IFBLK, .st_rdev = makedev(240, 0) };
	struct kan_stack stack;

	make_disks("");
	in_tree("ln -s ../../dm-0 sys/devices/dm-1/holders/dm-0");
	ck_assert_int_eq(kan_stack_find(&stack, &st, &roots, NULL), KAN_OK);
	ck_assert_uint_eq(stack.n, 5);
	ck_assert(!stack.full);
	ck_assert(kan_stack_has(&stack, makedev(241, 1)));
	ck_assert(!kan_stack_has(&stack, makedev(8, 1)));
}
END_TEST

START_TEST(stack_that_is_full_holds_everything)
{
	struct stat st = { .st_mode = S_IFBLK, .st_rdev = makedev(240, 0) };
	struct kan_stack stack;

	make_disks("");
	in_tree("i=0; while [ $i -lt 300 ]; do mkdir sys/devices/sda/holders/x$i;"
	        "echo 245:$i >sys/devices/sda/holders/x$i/dev; i=$((i + 1)); done");
	ck_assert_int_eq(kan_stack_find(&stack, &st, &roots, NULL), KAN_OK);
	ck_assert_uint_eq(stack.n, KAN_STACK_MAX);
	ck_assert(stack.full);
	ck_assert(kan_stack_has(&stack, makedev(8, 1)));
}
END_TEST

START_TEST(stack_of_a_file_is_the_loop_devices_over_it)
{
	struct kan_stack stack;
	char path[MADE_PATH];
	struct stat st;

	make_disks("");
	in_tree("for n in 0 1; do mkdir -p sys/block/loop$n/loop; echo 7:$n >sys/block/loop$n/dev;"
	        "echo \"$PWD/image$n\" >sys/block/loop$n/loop/backing_file; : >image$n; done");
	snprintf(path, sizeof(path), "%s/image1", dir);
	ck_assert_int_eq(stat(path, &st), 0);
	ck_assert_int_eq(kan_stack_find(&stack, &st, &roots, NULL), KAN_OK);
	ck_assert_uint_eq(stack.n, 1);
	ck_assert(stack.devs[0] == makedev(7, 1));
}
END_TEST

START_TEST(device_number_is_two_numbers_and_a_colon)
{
	static const char *const wrong[] = { "",     ":",    "8",    "8:",   ":1",
		                             "8:1x", "8 :1", "-8:1", "8:-1", "99999999999:1",
		                             " 8:1" };
	dev_t dev = 77;

	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		ck_assert_msg(!kan_parse_dev(&dev, wrong[i]), "\"%s\"", wrong[i]);
	ck_assert(dev == 77);
	ck_assert(kan_parse_dev(&dev, "259:1048575\n"));
	ck_assert(dev == makedev(259, 1048575));
}
END_TEST

START_TEST(device_that_was_given_up_is_told_by_its_state)
{
	static const char *const dead[] = { "offline\n", "transport-offline\n", "dead", "cancel\n",
		                            "deleting (no IO)\n" };
	static const char *const alive[] = { "running\n",   "",
		                             "live\n",      "blocked\n",
		                             "off\n",       "offline2\n",
		                             "resetting\n", "connecting\n" };

	for (size_t i = 0; i < sizeof(dead) / sizeof(dead[0]); i++)
		ck_assert_msg(kan_handle_state_is_dead(dead[i]), "%s", dead[i]);
	for (size_t i = 0; i < sizeof(alive) / sizeof(alive[0]); i++)
		ck_assert_msg(!kan_handle_state_is_dead(alive[i]), "%s", alive[i]);
}
END_TEST

/* ---- memory ------------------------------------------------------------------------- */

START_TEST(drive_fails_cleanly_when_memory_runs_out)
{
	KAN_AUTO(findings) struct kan_findings gaps = { 0 };
	struct kan_source *src = NULL;
	struct kan_err err = { 0 };
	char path[MADE_PATH];
	uint8_t data[1000];
	long n = 0;
	int rc;

	if (!KAN_MEMORY_CAN_FAIL) {
		(void)fprintf(stderr, "SKIP: memory cannot fail under a sanitizer\n");
		return;
	}
	in_tree("head -c 5000 /dev/zero >image");
	snprintf(path, sizeof(path), "%s/image", dir);
	do {
		memory_fail_at(++n);
		rc = kan_drive_open(&src, path, NULL, NULL, &err);
		if (rc == KAN_OK && (rc = kan_source_read(src, 100, data, 1000, &gaps, &err)) != 0)
			kan_source_close(KAN_STEAL(src));
		if (!memory_has_failed())
			break;
		memory_fail_at(0);
		ck_assert_msg(rc == KAN_ENOMEM || (rc == KAN_EIO && err.os_errno == ENOMEM),
		              "at %ld: %d, %s", n, rc, err.msg);
		ck_assert_ptr_null(src);
	} while (n < 1000);
	memory_fail_at(0);
	ck_assert_int_eq(rc, KAN_OK);
	ck_assert_int_gt(n, 4); /* as many without sysfs */
	kan_source_close(src);
}
END_TEST

START_TEST(rescue_fails_without_memory_for_its_map)
{
	if (!KAN_MEMORY_CAN_FAIL)
		return;
	medium.faults[77] = UINT_MAX;
	memory_fail_at(1);
	ck_assert_int_eq(rescue(sizeof(bytes), 2, NULL), KAN_ENOMEM);
	memory_fail_at(0);
	ck_assert_uint_eq(medium.lost_before, 0);
}
END_TEST

static Suite *drive_suite(void)
{
	Suite *s = suite_create("drive");
	TCase *reading = tcase_create("rescue"), *users = tcase_create("usage");

	tcase_add_checked_fixture(reading, new_medium, NULL);
	tcase_add_test(reading, rescue_reads_a_good_medium_at_once);
	tcase_add_loop_test(reading, rescue_loses_exactly_the_bad_units_of_any_pattern, 0, 8);
	tcase_add_test(reading, rescue_finds_a_single_bad_unit_in_few_reads);
	tcase_add_test(reading, rescue_steps_once_through_a_dead_region);
	tcase_add_test(reading, rescue_stays_in_its_bound_for_any_spacing_of_bad_units);
	tcase_add_loop_test(reading, rescue_gets_units_back_in_later_rounds, 1, 5);
	tcase_add_test(reading, rescue_turns_around_in_each_round);
	tcase_add_loop_test(reading, rescue_ends_with_the_medium, 0, 6);
	tcase_add_loop_test(reading, rescue_fails_when_the_medium_is_gone, 0, 4);
	tcase_add_test(reading, rescue_fails_without_memory_for_its_map);
	suite_add_tcase(s, reading);
	tcase_add_checked_fixture(users, set_up_tree, tear_down_tree);
	tcase_add_loop_test(users, usage_follows_partitions_and_holders_upwards_only, 0, 6);
	tcase_add_test(users, usage_takes_a_read_only_view_of_a_writable_mount_for_writable);
	tcase_add_test(users, usage_shows_odd_names_of_mount_points_as_text);
	tcase_add_test(users, usage_survives_lines_that_are_no_mounts);
	tcase_add_test(users, usage_fails_where_mounts_cannot_be_seen);
	tcase_add_test(users, stack_ends_in_a_circle_of_holders);
	tcase_add_test(users, stack_that_is_full_holds_everything);
	tcase_add_test(users, stack_of_a_file_is_the_loop_devices_over_it);
	tcase_add_test(users, device_number_is_two_numbers_and_a_colon);
	tcase_add_test(users, device_that_was_given_up_is_told_by_its_state);
	tcase_add_test(users, drive_fails_cleanly_when_memory_runs_out);
	suite_add_tcase(s, users);
	return s;
}

RUN_SUITE(drive_suite)
