/* SPDX-License-Identifier: MIT */
/*
 * test_drive_safety.c - nobody changes a drive while it is read, and we do not either
 *
 * Tests that mount something do so in a mount namespace of their own, which ends with
 * their process.
 */
#include "image/drive_check.h"
#include "suite.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>

static bool own_mounts(void)
{
	if (no_devices)
		return false;
	/* In a chroot, "/" is no mount point; without sysfs nobody knows what lies on what. */
	if (unshare(CLONE_NEWNS) == 0 && access("/sys/dev/block", F_OK) == 0 &&
	    mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0)
		return true;
	puts("SKIP: no mounts of one's own here");
	return false;
}

/* The kernel's switch, as somebody else sees it. */
static bool is_read_only(const char *path)
{
	char line[MADE_PATH];

	return strcmp(sh_line(line, "blockdev --getro %s", path), "1") == 0;
}

static char *digest_of(char out[static MADE_PATH], const char *name)
{
	return sh_line(out, "sha256sum <%s", name);
}

/* ---- the switch and the claim -------------------------------------------------------- */

START_TEST(drive_is_read_only_while_it_is_open)
{
	struct kan_drive_state state;
	struct kan_source *src;
	char path[MADE_PATH];

	if (no_devices)
		return;
	make_image("image", 1 << 20);
	make_loop(path, "", "image");
	ck_assert(!is_read_only(path));
	src = must_open_drive(path, NULL, &state);
	ck_assert(!state.was_read_only && state.read_only && state.exclusive && state.direct);
	ck_assert_str_eq(state.note, "");
	ck_assert(is_read_only(path));
	ck_assert_int_ne(
		sh("dd if=/dev/zero of=%s bs=512 count=1 conv=fsync,notrunc 2>/dev/null", path), 0);
	kan_source_close(src);
	ck_assert(!is_read_only(path));
	ck_assert_int_eq(
		sh("dd if=/dev/zero of=%s bs=512 count=1 conv=fsync,notrunc 2>/dev/null", path), 0);
}
END_TEST

START_TEST(drive_that_was_read_only_stays_so)
{
	struct kan_drive_state state;
	char path[MADE_PATH];

	if (no_devices)
		return;
	make_image("image", 1 << 20);
	make_loop(path, "-r", "image");
	kan_source_close(must_open_drive(path, NULL, &state));
	ck_assert(state.was_read_only && state.read_only);
	ck_assert(is_read_only(path));
}
END_TEST

START_TEST(drive_may_be_left_writable)
{
	const struct kan_drive_opts opts = { .keep_writable = true };
	KAN_AUTO(source) struct kan_source *src = NULL;
	struct kan_drive_state state;
	char path[MADE_PATH];

	if (no_devices)
		return;
	make_image("image", 1 << 20);
	make_loop(path, "", "image");
	src = must_open_drive(path, &opts, &state);
	ck_assert(!state.was_read_only && !state.read_only);
	ck_assert(!is_read_only(path));
}
END_TEST

START_TEST(drive_stays_read_only_when_a_child_closes_it)
{
	KAN_AUTO(source) struct kan_source *src = NULL;
	char path[MADE_PATH];
	int status;
	pid_t pid;

	if (no_devices)
		return;
	make_image("image", 1 << 20);
	make_loop(path, "", "image");
	src = must_open_drive(path, NULL, NULL);
	pid = fork();
	ck_assert_int_ge(pid, 0);
	if (pid == 0) {
		kan_source_close(src);
		_exit(0);
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert(is_read_only(path));
}
END_TEST

/* Exit code of a child without rights that opens the device: 0 if it said what it could not. */
static int read_without_rights(const char *path)
{
	struct kan_drive_state state;
	struct kan_source *src = NULL;
	char sector[SECTOR];

	if (setgid(65534) != 0 || setuid(65534) != 0)
		return 2;
	if (kan_drive_open(&src, path, NULL, &state, NULL) != KAN_OK)
		return 3;
	if (state.read_only || !strstr(state.note, "cannot be set read-only"))
		return 4;
	if (kan_source_read(src, 512, sector, sizeof(sector), NULL, NULL) != KAN_OK)
		return 5;
	kan_source_close(src);
	return 0;
}

START_TEST(drive_says_that_it_could_not_be_set_read_only)
{
	char path[MADE_PATH], node[MADE_PATH];
	struct stat st;
	int status, fd;
	pid_t pid;

	if (no_devices)
		return;
	make_image("image", 1 << 20);
	make_loop(path, "", "image");
	ck_assert_int_eq(stat(path, &st), 0);
	ck_assert_int_eq(chmod(dir, 0755), 0);
	snprintf(node, sizeof(node), "%s/node", dir);
	ck_assert_int_eq(mknod(node, S_IFBLK | 0444, st.st_rdev), 0);
	fd = open(node, O_RDONLY | O_CLOEXEC);
	if (fd < 0) {
		printf("SKIP: devices cannot be opened in %s\n", dir);
		return;
	}
	close(fd);
	pid = fork();
	ck_assert_int_ge(pid, 0);
	if (pid == 0)
		_exit(read_without_rights(node));
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert(WIFEXITED(status));
	ck_assert_int_eq(WEXITSTATUS(status), 0);
	ck_assert(!is_read_only(path));
}
END_TEST

START_TEST(drive_that_somebody_holds_is_read_only_if_it_is_asked_for)
{
	const struct kan_drive_opts opts = { .allow_busy = true };
	KAN_AUTO(source) struct kan_source *src = NULL;
	KAN_AUTO(fd) int holder = -1;
	struct kan_drive_state state;
	char path[MADE_PATH], byte;

	if (no_devices)
		return;
	make_image("image", 1 << 20);
	make_loop(path, "", "image");
	holder = open(path, O_RDONLY | O_EXCL | O_CLOEXEC);
	ck_assert_int_ge(holder, 0);
	refuses_drive(path, NULL, "in use by another program");
	src = must_open_drive(path, &opts, &state);
	ck_assert(!state.exclusive && state.direct && state.read_only);
	ck_assert_str_eq(state.note, "in use by another program");
	ck_assert_int_eq(kan_source_read(src, 77, &byte, 1, NULL, NULL), KAN_OK);
	ck_assert_int_eq((uint8_t)byte, made_byte(77));
}
END_TEST

/* ---- mounts ---------------------------------------------------------------------------- */

static char *make_ext4(char out[static MADE_PATH], const char *name)
{
	ck_assert_int_eq(
		sh("truncate -s 8M %s && mkfs.ext4 -q -J size=1 %s && mkdir -p m", name, name), 0);
	return make_loop(out, "", name);
}

START_TEST(drive_that_is_mounted_for_writing_is_refused)
{
	char path[MADE_PATH], why[MADE_PATH];

	if (lacks_tool("mkfs.ext4") || !own_mounts())
		return;
	make_ext4(path, "image");
	ck_assert_int_eq(sh("mkdir 'm n' && mount %s 'm n'", path), 0);
	snprintf(why, sizeof(why), "is mounted read-write at %.100s/m n", dir);
	refuses_drive(path, NULL, why);
	ck_assert(!is_read_only(path));
	/* The file below the loop device is the same evidence. */
	snprintf(path, sizeof(path), "%s/image", dir);
	refuses_drive(path, NULL, why);
	ck_assert_int_eq(sh("umount 'm n'"), 0);
}
END_TEST

START_TEST(drive_that_is_mounted_for_reading_is_allowed)
{
	KAN_AUTO(source) struct kan_source *src = NULL;
	KAN_AUTO(mem) uint8_t *data = malloc(8 << 20);
	struct kan_drive_state state;
	char path[MADE_PATH], why[MADE_PATH], before[MADE_PATH], after[MADE_PATH];
	FILE *f;

	if (lacks_tool("mkfs.ext4") || !own_mounts())
		return;
	make_ext4(path, "image");
	digest_of(before, "image");
	ck_assert_int_eq(sh("mount -o ro %s m", path), 0);
	src = must_open_drive(path, NULL, &state);
	ck_assert(!state.exclusive && state.read_only);
	snprintf(why, sizeof(why), "mounted read-only at %.100s/m", dir);
	ck_assert_str_eq(state.note, why);
	ck_assert_int_eq(kan_source_read(src, 0, data, 8 << 20, NULL, NULL), KAN_OK);
	/* It cannot become a mount for writing under us. */
	ck_assert_int_ne(sh("mount -o remount,rw m 2>/dev/null"), 0);
	snprintf(why, sizeof(why), "%s/read", dir);
	f = fopen(why, "wb");
	ck_assert_ptr_nonnull(f);
	ck_assert_uint_eq(fwrite(data, 1, 8 << 20, f), 8 << 20);
	fclose(f);
	ck_assert_str_eq(digest_of(after, "read"), before);
	ck_assert_int_eq(sh("umount m"), 0);
}
END_TEST

START_TEST(drive_knows_the_mounts_of_its_partitions)
{
	KAN_AUTO(source) struct kan_source *src = NULL;
	char path[MADE_PATH], part[MADE_PATH + 8];
	struct kan_drive_state state;

	if (lacks_tool("mkfs.ext4") || !own_mounts())
		return;
	ck_assert_int_eq(sh("truncate -s 17M image"), 0);
	make_loop(path, "", "image");
	if (sh("addpart %s 1 2048 16384 && addpart %s 2 18432 16384", path, path) != 0) {
		printf("SKIP: loop devices have no partitions here\n");
		return;
	}
	snprintf(part, sizeof(part), "%sp1", path);
	ck_assert_int_eq(sh("mkfs.ext4 -q %s && mkdir m && mount %s m", part, part), 0);
	refuses_drive(path, NULL, "is mounted read-write at ");
	refuses_drive(part, NULL, "is mounted read-write at ");
	ck_assert(kan_drive_same_file(path, part) && kan_drive_same_file(part, path));
	ck_assert(!is_read_only(path));

	/* The partition beside it is another piece of evidence. */
	part[strlen(part) - 1] = '2';
	src = must_open_drive(part, NULL, &state);
	ck_assert(state.exclusive && state.read_only);
	ck_assert_uint_eq(state.size, 16384 * SECTOR);
	ck_assert_int_eq(sh(": >m/still-writable && sync -f m && umount m"), 0);
}
END_TEST

/* An ext4 whose journal was not replayed, as after a power cut. */
static void make_dirty(const char *name)
{
	char path[MADE_PATH];

	make_ext4(path, "clean");
	ck_assert_int_eq(sh("mount %s m && echo a >m/a && mkdir m/b && cp clean /dev/null && "
	                    "sync -f m && cp clean %s && umount m && losetup -d %s",
	                    path, name, path),
	                 0);
}

/* Mount the device, or a loop device over it, as somebody does who only wants to look. */
static void mount_to_look(const char *path, bool around)
{
	(void)sh("l=%s; if %s; then l=$(losetup -f --show %s) || exit; fi; "
	         "mount -o ro $l m && umount m; [ $l = %s ] || losetup -d $l; sync",
	         path, around ? "true" : "false", path, path);
}

START_TEST(drive_is_not_changed_by_a_mount_that_would_replay_its_journal)
{
	/* Who mounts, and is it changed? */
	static const struct {
		bool open, keep_writable, around, changed;
	} cases[] = {
		{ false, false, false, true },
		{ true, false, false, false },
		{ true, true, true, true },
		{ true, false, true, false },
	};
	const struct kan_drive_opts opts = { .keep_writable = cases[_i].keep_writable };
	KAN_AUTO(source) struct kan_source *src = NULL;
	char path[MADE_PATH], before[MADE_PATH], after[MADE_PATH];

	if (lacks_tool("mkfs.ext4") || !own_mounts())
		return;
	make_dirty("dirty");
	digest_of(before, "dirty");
	make_loop(path, "", "dirty");
	if (cases[_i].open)
		src = must_open_drive(path, &opts, NULL);
	mount_to_look(path, cases[_i].around);
	digest_of(after, "dirty");
	ck_assert_int_eq(strcmp(before, after) != 0, cases[_i].changed);
}
END_TEST

/* ---- source and destination -------------------------------------------------------------- */

START_TEST(destination_on_the_source_is_seen)
{
	static const char *const same[] = { "m",     "m/x.E01",  "m/no/such/folder/x",
		                            "image", "to-image", "to-m/x",
		                            "node" };
	static const char *const other[] = { ".", "x.E01", "image2", "no/such", "m2/x" };
	char path[MADE_PATH], name[MADE_PATH], file[MADE_PATH];
	struct stat st;

	if (lacks_tool("mkfs.ext4") || !own_mounts())
		return;
	make_ext4(path, "image");
	ck_assert_int_eq(stat(path, &st), 0);
	ck_assert_int_eq(sh("mkdir m2 && mount -t tmpfs none m2 && mount %s m && : >image2 && "
	                    "ln -s image to-image && ln -s m to-m && mknod node b %u %u",
	                    path, major(st.st_rdev), minor(st.st_rdev)),
	                 0);
	snprintf(file, sizeof(file), "%s/image", dir);
	ck_assert(kan_drive_same_file(path, path));
	for (size_t i = 0; i < sizeof(same) / sizeof(same[0]); i++) {
		snprintf(name, sizeof(name), "%s/%s", dir, same[i]);
		ck_assert_msg(kan_drive_same_file(path, name), "%s", name);
		ck_assert_msg(kan_drive_same_file(file, name), "%s", name);
	}
	for (size_t i = 0; i < sizeof(other) / sizeof(other[0]); i++) {
		snprintf(name, sizeof(name), "%s/%s", dir, other[i]);
		ck_assert_msg(!kan_drive_same_file(path, name), "%s", name);
		ck_assert_msg(!kan_drive_same_file(file, name), "%s", name);
	}
	ck_assert_int_eq(chdir(dir), 0);
	ck_assert(kan_drive_same_file("image", "image"));
	ck_assert(kan_drive_same_file("image", "./m/x"));
	ck_assert(!kan_drive_same_file("image", "x"));
	ck_assert(!kan_drive_same_file("nothing", "x"));
	ck_assert_int_eq(chdir("/"), 0);
	ck_assert_int_eq(sh("umount m m2"), 0);
}
END_TEST

static void remove_devices(void)
{
	if (!no_devices)
		(void)sh(BAD_DEVICE " stop . && rm -rf ./*");
}

static void no_set_up(void)
{
}

static Suite *drive_safety_suite(void)
{
	Suite *s = suite_create("drive_safety");
	TCase *claim = tcase_create("claim"), *mounts = tcase_create("mounts");

	tcase_add_unchecked_fixture(claim, set_up_devices, tear_down_devices);
	tcase_add_checked_fixture(claim, no_set_up, remove_devices);
	tcase_add_test(claim, drive_is_read_only_while_it_is_open);
	tcase_add_test(claim, drive_that_was_read_only_stays_so);
	tcase_add_test(claim, drive_may_be_left_writable);
	tcase_add_test(claim, drive_stays_read_only_when_a_child_closes_it);
	tcase_add_test(claim, drive_says_that_it_could_not_be_set_read_only);
	tcase_add_test(claim, drive_that_somebody_holds_is_read_only_if_it_is_asked_for);
	suite_add_tcase(s, claim);
	tcase_add_unchecked_fixture(mounts, set_up_devices, tear_down_devices);
	tcase_add_checked_fixture(mounts, no_set_up, remove_devices);
	tcase_add_test(mounts, drive_that_is_mounted_for_writing_is_refused);
	tcase_add_test(mounts, drive_that_is_mounted_for_reading_is_allowed);
	tcase_add_test(mounts, drive_knows_the_mounts_of_its_partitions);
	tcase_add_loop_test(mounts, drive_is_not_changed_by_a_mount_that_would_replay_its_journal,
	                    0, 4);
	tcase_add_test(mounts, destination_on_the_source_is_seen);
	suite_add_tcase(s, mounts);
	return s;
}

RUN_SUITE(drive_safety_suite)
