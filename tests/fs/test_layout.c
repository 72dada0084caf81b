/* SPDX-License-Identifier: MIT */
/*
 * test_layout.c - volumes against mmls, file systems against their own makers
 */
#include "fs/oracle.h"

#include "core/bytes.h"
#include "fs/recognise.h"

#include <fcntl.h>

/* ---- what makers make ------------------------------------------------------- */

/* A volume made by the program that people use for it. */
struct made {
	const char *name;
	const char *program;
	const char *make; /* leaves $T/<name> */
	const char *type;
	enum kan_fs_state state;
	const char *label;
	enum kan_finding_kind finding; /* KAN_FINDING_NKINDS: none */
};

#define NONE KAN_FINDING_NKINDS
#define UUID "5f0b3d2a-7c41-4e8f-9a60-1b2c3d4e5f60"

static const struct made made[] = {
	{ "ext2", "mkfs.ext2",
	  "truncate -s 4M $T/ext2; mkfs.ext2 -q -F -L 証拠 -U " UUID " $T/ext2", "ext2",
	  KAN_FS_READABLE, "証拠", NONE },
	{ "ext3", "mkfs.ext3", "truncate -s 8M $T/ext3; mkfs.ext3 -q -F -L three $T/ext3", "ext3",
	  KAN_FS_READABLE, "three", NONE },
	{ "ext4", "mkfs.ext4",
	  "truncate -s 8M $T/ext4; mkfs.ext4 -q -F -L 0123456789abcdef $T/ext4", "ext4",
	  KAN_FS_READABLE, "0123456789abcdef", NONE },
	{ "fat12", "mkfs.vfat", "truncate -s 2M $T/fat12; mkfs.vfat -F 12 -n DISK12 $T/fat12",
	  "fat12", KAN_FS_READABLE, "DISK12", NONE },
	{ "fat16", "mkfs.vfat", "truncate -s 16M $T/fat16; mkfs.vfat -F 16 -n 'A B' $T/fat16",
	  "fat16", KAN_FS_READABLE, "A B", NONE },
	{ "fat32", "mkfs.vfat", "truncate -s 64M $T/fat32; mkfs.vfat -F 32 -n DISK32 $T/fat32",
	  "fat32", KAN_FS_READABLE, "DISK32", NONE },
	{ "exfat", "mkfs.exfat",
	  "truncate -s 16M $T/exfat; LC_ALL=C.UTF-8 mkfs.exfat -L 鑑識 $T/exfat", "exfat",
	  KAN_FS_READABLE, "鑑識", NONE },
	{ "ntfs", "mkntfs", "truncate -s 8M $T/ntfs; mkntfs -qF -L '証拠 😀' $T/ntfs", "ntfs",
	  KAN_FS_READABLE, "証拠 😀", NONE },
	{ "swap", "mkswap", "truncate -s 2M $T/swap; mkswap -L sw -U " UUID " $T/swap", "swap",
	  KAN_FS_SWAP, "sw", KAN_FINDING_NOTE },
	{ "swap64k", "mkswap", "truncate -s 4M $T/swap64k; mkswap -p 65536 $T/swap64k", "swap",
	  KAN_FS_SWAP, "", KAN_FINDING_NOTE },
	{ "luks1", "cryptsetup",
	  "truncate -s 4M $T/luks1; echo pw | cryptsetup luksFormat -q --type luks1 "
	  "--pbkdf-force-iterations 1000 --uuid " UUID " $T/luks1 -",
	  "luks1", KAN_FS_ENCRYPTED, "", KAN_FINDING_ENCRYPTED },
	{ "luks2", "cryptsetup",
	  "truncate -s 32M $T/luks2; echo pw | cryptsetup luksFormat -q --type luks2 --label "
	  "secret "
	  "--pbkdf pbkdf2 --pbkdf-force-iterations 1000 --uuid " UUID " $T/luks2 -",
	  "luks2", KAN_FS_ENCRYPTED, "secret", KAN_FINDING_ENCRYPTED },
	{ "luks2-header-lost", "cryptsetup",
	  "truncate -s 32M $T/luks2-header-lost; echo pw | cryptsetup luksFormat -q --type luks2 "
	  "--pbkdf pbkdf2 --pbkdf-force-iterations 1000 $T/luks2-header-lost -; "
	  "dd if=/dev/zero of=$T/luks2-header-lost bs=4096 count=1 conv=notrunc",
	  "luks2", KAN_FS_ENCRYPTED, "", KAN_FINDING_ENCRYPTED },
	{ "btrfs", "mkfs.btrfs",
	  "truncate -s 128M $T/btrfs; mkfs.btrfs -q -L bt -U " UUID " $T/btrfs", "btrfs",
	  KAN_FS_UNSUPPORTED, "bt", KAN_FINDING_UNSUPPORTED },
	{ "xfs", "mkfs.xfs", "truncate -s 320M $T/xfs; mkfs.xfs -q -L xf -m uuid=" UUID " $T/xfs",
	  "xfs", KAN_FS_UNSUPPORTED, "xf", KAN_FINDING_UNSUPPORTED },
	{ "f2fs", "mkfs.f2fs", "truncate -s 64M $T/f2fs; mkfs.f2fs -q $T/f2fs", "f2fs",
	  KAN_FS_UNSUPPORTED, "", KAN_FINDING_UNSUPPORTED },
	{ "squashfs", "mksquashfs", "mksquashfs /etc/hostname $T/squashfs -quiet", "squashfs",
	  KAN_FS_UNSUPPORTED, "", KAN_FINDING_UNSUPPORTED },
	{ "udf", "mkudffs", "truncate -s 16M $T/udf; mkudffs $T/udf", "udf", KAN_FS_UNSUPPORTED, "",
	  KAN_FINDING_UNSUPPORTED },
};

enum { NMADE = sizeof(made) / sizeof(made[0]) };

static bool make(char *path, size_t room, const struct made *m)
{
	if (skip_without(m->program))
		return false;
	snprintf(path, room, "%s/%s", work_dir, m->name);
	ck_assert_msg(shell("PATH=$PATH:/sbin:/usr/sbin; %s", m->make), "%s", m->make);
	return true;
}

START_TEST(names_what_a_maker_has_made)
{
	const struct made *m = &made[_i];
	const struct kan_filesystem *fs;
	struct evidence e;
	char path[256];

	if (!make(path, sizeof(path), m))
		return;
	open_evidence(&e, path);
	ck_assert_uint_eq(e.layout->nvolumes, 1);
	ck_assert_str_eq(e.layout->volumes[0].table, "none");
	ck_assert_uint_eq(e.layout->nfilesystems, 1);
	fs = &e.layout->filesystems[0];
	ck_assert_str_eq(fs->type, m->type);
	ck_assert_int_eq(fs->state, m->state);
	ck_assert_str_eq(fs->label, m->label);
	ck_assert_uint_eq(fs->number, 1);
	ck_assert_uint_eq(fs->volume, 1);
	ck_assert_uint_eq(e.findings.n, m->finding == NONE ? 0 : 1);
	if (m->finding != NONE)
		ck_assert_uint_eq(count_findings(&e.findings, m->finding, m->type), 1);
	close_evidence(&e);
	ck_assert(shell("rm $T/%s", m->name));
}
END_TEST

/* "XXXX-XXXX" and the like, as blkid prints them, to bare lower-case digits. */
static void digits_of(char *out, size_t room, const char *id)
{
	size_t n = 0;

	for (; *id && n + 1 < room; id++)
		if (*id != '-')
			out[n++] = (char)(*id >= 'A' && *id <= 'Z' ? *id + 32 : *id);
	out[n] = '\0';
}

START_TEST(identifiers_are_those_of_blkid)
{
	const struct made *m = &made[_i];
	struct lines want = { 0 };
	char path[256], id[64];
	struct evidence e;

	if (skip_without("blkid") || !make(path, sizeof(path), m))
		return;
	if (strcmp(m->name, "luks2-header-lost") != 0 && strcmp(m->name, "squashfs") != 0 &&
	    strcmp(m->name, "udf") != 0 && strcmp(m->name, "f2fs") != 0) {
		open_evidence(&e, path);
		lines_of(&want, "PATH=$PATH:/sbin:/usr/sbin; blkid -p -o value -s UUID %s", path);
		ck_assert_uint_eq(want.n, 1);
		digits_of(id, sizeof(id), want.line[0]);
		ck_assert_str_eq(e.layout->filesystems[0].id, id);
		close_evidence(&e);
	}
	lines_done(&want);
	ck_assert(shell("rm $T/%s", m->name));
}
END_TEST

/* ---- signatures that no program here can make ---------------------------------- */

struct crafted {
	const char *type;
	enum kan_fs_state state;
	struct {
		uint32_t at;
		const char *bytes;
		size_t len;
	} put[3];
};

static const struct crafted crafted[] = {
	{ "bitlocker", KAN_FS_ENCRYPTED, { { 0, "\xeb\x58\x90-FVE-FS-", 11 } } },
	{ "bitlocker",
	  KAN_FS_ENCRYPTED,
	  { { 0, "\xeb\x58\x90MSWIN4.1", 11 },
	    { 424, "\x3b\xd6\x67\x49\x29\x2e\xd8\x4a\x83\x99\xf6\xa3\x39\xe3\xd0\x01", 16 } } },
	{ "corestorage", KAN_FS_ENCRYPTED, { { 8, "\1\0\x10\0", 4 }, { 88, "CS", 2 } } },
	{ "lvm2", KAN_FS_CONTAINER, { { 512, "LABELONE", 8 }, { 536, "LVM2 001", 8 } } },
	{ "mdraid", KAN_FS_CONTAINER, { { 0, "\xfc\x4e\x2b\xa9\1\0\0\0", 8 } } },
	{ "mdraid", KAN_FS_CONTAINER, { { 4096, "\xfc\x4e\x2b\xa9\1\0\0\0", 8 } } },
	/* 2 MiB: superblock 1.0 stands 8 KiB before the end, 0.90 in the last 64 KiB. */
	{ "mdraid", KAN_FS_CONTAINER, { { 0x200000 - 8192, "\xfc\x4e\x2b\xa9\1\0\0\0", 8 } } },
	{ "mdraid", KAN_FS_CONTAINER, { { 0x200000 - 65536, "\xfc\x4e\x2b\xa9\0\0\0\0", 8 } } },
	{ "refs", KAN_FS_UNSUPPORTED, { { 3, "ReFS\0\0\0\0", 8 } } },
	{ "jfs", KAN_FS_UNSUPPORTED, { { 32768, "JFS1", 4 } } },
	{ "reiserfs", KAN_FS_UNSUPPORTED, { { 65588, "ReIsEr2Fs", 9 } } },
	{ "zfs",
	  KAN_FS_UNSUPPORTED,
	  { { 131072, "\x0c\xb1\xba\0\0\0\0\0", 8 }, { 132096, "\x0c\xb1\xba\0\0\0\0\0", 8 } } },
	{ "swap", KAN_FS_SWAP, { { 4086, "SWAP-SPACE", 10 } } },
	{ "squashfs", KAN_FS_UNSUPPORTED, { { 0, "hsqs", 4 }, { 28, "\4\0", 2 } } },
	{ "udf", KAN_FS_UNSUPPORTED, { { 34816, "\0NSR03\1", 7 } } },
};

static void write_image(const char *path, const uint8_t *data, size_t len)
{
	FILE *f = fopen(path, "wb");

	ck_assert_ptr_nonnull(f);
	ck_assert_uint_eq(fwrite(data, 1, len, f), len);
	ck_assert_int_eq(fclose(f), 0);
}

static uint8_t *craft(const struct crafted *c, size_t size)
{
	uint8_t *data = calloc(1, size);

	ck_assert_ptr_nonnull(data);
	for (size_t i = 0; i < 3 && c->put[i].bytes; i++)
		memcpy(data + c->put[i].at, c->put[i].bytes, c->put[i].len);
	return data;
}

START_TEST(names_a_volume_by_its_signature)
{
	const struct crafted *c = &crafted[_i];
	KAN_AUTO(mem) uint8_t *data = craft(c, 2u << 20);
	struct evidence e;
	char path[256];

	snprintf(path, sizeof(path), "%s/crafted", work_dir);
	write_image(path, data, 2u << 20);
	open_evidence(&e, path);
	ck_assert_uint_eq(e.layout->nfilesystems, 1);
	ck_assert_str_eq(e.layout->filesystems[0].type, c->type);
	ck_assert_int_eq(e.layout->filesystems[0].state, c->state);
	close_evidence(&e);
}
END_TEST

/* Every length up to past the last byte that is looked at: never read behind the end. */
START_TEST(signatures_survive_every_truncation)
{
	const struct crafted *c = &crafted[_i];
	KAN_AUTO(mem) uint8_t *data = craft(c, 2u << 20);
	struct kan_image *img = NULL;
	char path[256];

	snprintf(path, sizeof(path), "%s/truncated", work_dir);
	write_image(path, data, 2u << 20);
	ck_assert_int_eq(kan_image_open(&img, path, NULL, NULL), KAN_OK);
	for (uint64_t len = 0; len < 140000; len += len < 1200 ? 1 : 509) {
		struct kan_recognised r = { 0 };
		uint64_t need = 0;

		for (size_t i = 0; i < 3 && c->put[i].bytes; i++)
			if (c->put[i].at + c->put[i].len > need)
				need = c->put[i].at + c->put[i].len;
		if (kan_recognise(&r, kan_image_source(img), 0, len, NULL))
			ck_assert_uint_ge(len, need);
	}
	kan_image_close(img);
}
END_TEST

/* ---- what is nothing, and what only looks like something ------------------------- */

static void open_filled(struct evidence *e, const char *make_cmd)
{
	char path[256];

	snprintf(path, sizeof(path), "%s/filled", work_dir);
	ck_assert(shell("%s", make_cmd));
	open_evidence(e, path);
}

START_TEST(zeros_are_nothing)
{
	struct evidence e;

	open_filled(&e, "head -c 4M /dev/zero > $T/filled");
	ck_assert_uint_eq(e.layout->nfilesystems, 0);
	ck_assert_uint_eq(e.findings.n, 0);
	close_evidence(&e);
}
END_TEST

START_TEST(random_bytes_are_a_suspicion_and_no_more)
{
	struct evidence e;

	open_filled(&e, "head -c 4M /dev/urandom > $T/filled");
	ck_assert_uint_eq(e.layout->nfilesystems, 1);
	ck_assert_int_eq(e.layout->filesystems[0].state, KAN_FS_SUSPECTED);
	ck_assert_uint_eq(e.findings.n, 1);
	ck_assert_int_eq(e.findings.list[0].kind, KAN_FINDING_NOTE);
	ck_assert_ptr_nonnull(strstr(e.findings.list[0].detail, "perhaps"));
	close_evidence(&e);
}
END_TEST

START_TEST(text_is_not_suspected_of_encryption)
{
	struct evidence e;

	open_filled(&e, "yes evidence | head -c 4M > $T/filled");
	ck_assert_uint_eq(e.layout->nfilesystems, 0);
	ck_assert_uint_eq(count_findings(&e.findings, KAN_FINDING_NOTE, "volume"), 1);
	close_evidence(&e);
}
END_TEST

START_TEST(a_file_system_that_does_not_open_is_a_finding)
{
	struct evidence e;

	if (skip_without("mkntfs"))
		return;
	/* The signature stays, the place of the $MFT leads nowhere. */
	open_filled(&e, "truncate -s 8M $T/filled; mkntfs -qF $T/filled; printf "
	                "'\\377\\377\\377\\377' | dd of=$T/filled bs=1 seek=48 conv=notrunc");
	ck_assert_uint_eq(e.layout->nfilesystems, 1);
	ck_assert_str_eq(e.layout->filesystems[0].type, "ntfs");
	ck_assert_int_eq(e.layout->filesystems[0].state, KAN_FS_UNSUPPORTED);
	ck_assert_uint_eq(count_findings(&e.findings, KAN_FINDING_UNPARSED, "ntfs"), 1);
	close_evidence(&e);
}
END_TEST

/* ---- tables ------------------------------------------------------------------------ */

struct table {
	const char *name;
	const char *make;
	const char *kind;
};

#define DFIR "msuhanov+dfir_ntfs/test_data/"

static const struct table tables[] = {
	{ "sleuthkit+sleuthkit/test/data/imageformat_mmls_1.E01", NULL, "dos" },
	{ "log2timeline+plaso/test_data/tsk_volume_system.raw", NULL, "dos" },
	{ "gpt", "gzip -dc $F/" DFIR "gpt-512-3p.raw.gz > $T/gpt", "gpt" },
	{ "gpt-second",
	  "gzip -dc $F/" DFIR "gpt-512-3p.raw.gz > $T/gpt-second && "
	  "dd if=/dev/zero of=$T/gpt-second bs=512 count=34 conv=notrunc",
	  "gpt" },
	{ "extended", "gzip -dc $F/" DFIR "mbr-512-p1e2.bin.gz > $T/extended", "dos" },
	{ "extended2", "gzip -dc $F/" DFIR "mbr-512-p1e2_2.bin.gz > $T/extended2", "dos" },
	{ "1-extend-part/ext-part-test-2.dd",
	  "unzip -qo $F/sleuthkit+sleuthkit_test_data/from_brian/1-extend-part.zip -d $T", "dos" },
};

enum { NTABLES = sizeof(tables) / sizeof(tables[0]) };

static bool get_table(char *path, size_t room, const struct table *t)
{
	struct stat st;

	snprintf(path, room, "%s/%s", t->make ? work_dir : KAN_FIXTURES, t->name);
	if (t->make && stat(path, &st) != 0)
		(void)shell("%s", t->make);
	if (stat(path, &st) == 0 && st.st_size > 0)
		return true;
	printf("SKIP: %s is not there\n", t->name);
	return false;
}

/* "start length" of the lines of mmls; its numbers are sectors. */
static void ask_mmls(struct lines *out, const char *path)
{
	struct lines raw = { 0 };

	lines_of(&raw, "mmls '%s'", path);
	for (size_t i = 0; i < raw.n; i++) {
		unsigned long long start, end, len;
		char text[64], slot[32];
		int n;

		if (sscanf(raw.line[i], "%*d: %31s %llu %llu %llu%n", slot, &start, &end, &len,
		           &n) != 4)
			continue;
		snprintf(text, sizeof(text), "%llu %llu", start * 512, len * 512);
		lines_add(out, text);
	}
	lines_sort(out);
	lines_done(&raw);
}

START_TEST(volumes_are_those_of_mmls)
{
	struct lines want = { 0 }, got = { 0 };
	struct evidence e;
	char path[512];

	if (skip_without("mmls") || !get_table(path, sizeof(path), &tables[_i]))
		return;
	open_evidence(&e, path);
	for (size_t i = 0; i < e.layout->nvolumes; i++) {
		const struct kan_volume *v = &e.layout->volumes[i];
		char text[64];

		ck_assert_str_eq(v->table, tables[_i].kind);
		ck_assert_uint_eq(v->number, i + 1);
		ck_assert(i == 0 || v[-1].offset <= v->offset);
		snprintf(text, sizeof(text), "%llu %llu", (unsigned long long)v->offset,
		         (unsigned long long)v->length);
		lines_add(&got, text);
	}
	lines_sort(&got);
	ask_mmls(&want, path);
	ck_assert_uint_gt(want.n, 2);
	assert_same_lines(&got, &want, path);
	lines_done(&got);
	lines_done(&want);
	close_evidence(&e);
}
END_TEST

START_TEST(a_second_table_that_had_to_be_used_is_a_finding)
{
	struct evidence e;
	char path[512];

	if (!get_table(path, sizeof(path), &tables[3]))
		return;
	open_evidence(&e, path);
	ck_assert_uint_eq(count_findings(&e.findings, KAN_FINDING_STRUCTURE, "partition table"), 1);
	close_evidence(&e);
}
END_TEST

/* A table by hand with one partition of type 0xaf: sector 2048, 8192 sectors. */
#define ONE_SLOT "\\0\\376\\377\\377\\257\\376\\377\\377\\0\\10\\0\\0\\0\\40\\0\\0"

static int count_files(void *arg, const struct kan_file *f, struct kan_err *err)
{
	(void)f;
	(void)err;
	++*(size_t *)arg;
	return KAN_OK;
}

START_TEST(reads_an_apfs_container_in_a_partition)
{
	struct kan_err err = { 0 };
	struct evidence e;
	size_t n = 0;
	char path[256];

	if (!shell("test -f $F/log2timeline+dfvfs/test_data/apfs.raw")) {
		printf("SKIP: apfs.raw is not there\n");
		return;
	}
	ck_assert(shell("truncate -s 8M $T/slot; printf '" ONE_SLOT "' | "
	                "dd of=$T/slot bs=1 seek=446 conv=notrunc; printf '\\125\\252' | "
	                "dd of=$T/slot bs=1 seek=510 conv=notrunc; "
	                "dd if=$F/log2timeline+dfvfs/test_data/apfs.raw of=$T/slot bs=512 "
	                "seek=2048 conv=notrunc"));
	snprintf(path, sizeof(path), "%s/slot", work_dir);
	open_evidence(&e, path);
	ck_assert_uint_eq(e.layout->nfilesystems, 1);
	ck_assert_str_eq(e.layout->filesystems[0].type, "apfs");
	ck_assert_str_eq(e.layout->filesystems[0].label, "apfs_test");
	ck_assert_uint_eq(e.layout->filesystems[0].offset, 2048 * 512);
	ck_assert_uint_eq(e.layout->filesystems[0].pool_block, 107);
	ck_assert_msg(kan_files_walk(e.img, e.layout, NULL, count_files, &n, &e.findings, &err) ==
	                      KAN_OK,
	              "%s", err.msg);
	ck_assert_uint_eq(n, 10);
	close_evidence(&e);
}
END_TEST

static Suite *suite(void)
{
	Suite *s = suite_create("fs/layout");
	TCase *made_by = tcase_create("made by others");
	TCase *by_hand = tcase_create("made by hand");
	TCase *tabs = tcase_create("tables");

	tcase_add_unchecked_fixture(made_by, make_work_dir, NULL);
	tcase_set_timeout(made_by, 60);
	tcase_add_loop_test(made_by, names_what_a_maker_has_made, 0, NMADE);
	tcase_add_loop_test(made_by, identifiers_are_those_of_blkid, 0, NMADE);
	suite_add_tcase(s, made_by);
	tcase_add_unchecked_fixture(by_hand, make_work_dir, NULL);
	tcase_set_timeout(by_hand, 60);
	tcase_add_loop_test(by_hand, names_a_volume_by_its_signature, 0,
	                    sizeof(crafted) / sizeof(crafted[0]));
	tcase_add_loop_test(by_hand, signatures_survive_every_truncation, 0,
	                    sizeof(crafted) / sizeof(crafted[0]));
	tcase_add_test(by_hand, zeros_are_nothing);
	tcase_add_test(by_hand, random_bytes_are_a_suspicion_and_no_more);
	tcase_add_test(by_hand, text_is_not_suspected_of_encryption);
	tcase_add_test(by_hand, a_file_system_that_does_not_open_is_a_finding);
	suite_add_tcase(s, by_hand);
	tcase_add_unchecked_fixture(tabs, make_work_dir, remove_work_dir);
	tcase_set_timeout(tabs, 60);
	tcase_add_loop_test(tabs, volumes_are_those_of_mmls, 0, NTABLES);
	tcase_add_test(tabs, a_second_table_that_had_to_be_used_is_a_finding);
	tcase_add_test(tabs, reads_an_apfs_container_in_a_partition);
	suite_add_tcase(s, tabs);
	return s;
}

RUN_SUITE(suite)
