/* SPDX-License-Identifier: MIT */
/*
 * test_disks.c - disks of virtual machines, against qemu-img byte for byte
 */
#include "core/bytes.h"
#include "image/disk_check.h"
#include "suite.h"

static char dir[MADE_DIR];

static void set_up(void)
{
	made_folder(dir);
	disk_make_raw(dir);
}

static void tear_down(void)
{
	made_remove(dir);
}

/* ---- what qemu-img can make ------------------------------------------------------ */

#define IO "qemu-io -c 'write -P 1 0 3M' -c 'write -z 1M 700k' -c 'discard 2M 256k' "

/* Only the field that names the method, at byte 32; making keys takes seconds. */
#define CRYPT(name, method)                        \
	"qemu-img create -f qcow2 " name " 1M && " \
	"printf '\\" method "' | dd of=" name " bs=1 seek=35 conv=notrunc"

static const struct {
	const char *name;
	const char *command;
} disks[] = {
	{ "fixed.vhd",
	  "qemu-img convert -O vpc -o subformat=fixed,force_size=on in.raw fixed.vhd" },
	{ "dynamic.vhd", "qemu-img convert -O vpc -o force_size=on in.raw dynamic.vhd" },
	{ "geometry.vhd", "qemu-img convert -O vpc in.raw geometry.vhd" },
	{ "v1.qcow", "qemu-img convert -O qcow in.raw v1.qcow" },
	{ "v1-packed.qcow",
	  "qemu-img convert -c -O qcow in.raw v1-packed.qcow || "
	  "test -s v1-packed.qcow" /* some versions write it and fail without a word */ },
	{ "v2.qcow2", "qemu-img convert -O qcow2 -o compat=0.10 in.raw v2.qcow2" },
	{ "v3.qcow2", "qemu-img convert -O qcow2 in.raw v3.qcow2" },
	{ "packed.qcow2", "qemu-img convert -c -O qcow2 in.raw packed.qcow2" },
	{ "small.qcow2", "qemu-img convert -O qcow2 -o cluster_size=512 in.raw small.qcow2" },
	{ "large.qcow2", "qemu-img convert -c -O qcow2 -o cluster_size=2M in.raw large.qcow2" },
	{ "zeroed.qcow2", "qemu-img create -f qcow2 zeroed.qcow2 6M && " IO "zeroed.qcow2" },
	{ "child.qcow2",
	  "qemu-img convert -O qcow2 in.raw parent.qcow2 && "
	  "qemu-img create -f qcow2 -b parent.qcow2 -F qcow2 child.qcow2 && " IO "child.qcow2" },
	{ "longer.qcow2",
	  "qemu-img create -f qcow2 -b in.raw -F raw longer.qcow2 9M && " IO "longer.qcow2" },
	{ "sparse.vmdk", "qemu-img convert -O vmdk in.raw sparse.vmdk" },
	{ "flat.vmdk", "qemu-img convert -O vmdk -o subformat=monolithicFlat in.raw flat.vmdk" },
	{ "split.vmdk",
	  "qemu-img convert -O vmdk -o subformat=twoGbMaxExtentSparse in.raw split.vmdk" },
	{ "splitflat.vmdk", "qemu-img convert -O vmdk -o subformat=twoGbMaxExtentFlat in.raw "
	                    "splitflat.vmdk" },
	{ "stream.vmdk",
	  "qemu-img convert -O vmdk -o subformat=streamOptimized in.raw stream.vmdk" },
	{ "zeroed.vmdk",
	  "qemu-img create -f vmdk -o zeroed_grain=on zeroed.vmdk 6M && " IO "zeroed.vmdk" },
	{ "delta.vmdk", "qemu-img convert -O vmdk in.raw base.vmdk && "
	                "qemu-img create -f vmdk -b base.vmdk -F vmdk delta.vmdk && "
	                "qemu-io -c 'write -P 7 1M 100k' delta.vmdk" },
	{ "renamed.vmdk", "qemu-img convert -O vmdk in.raw old.vmdk && mv old.vmdk renamed.vmdk" },
};

#define NDISKS (sizeof(disks) / sizeof(*disks))

START_TEST(disk_holds_what_qemu_finds_in_it)
{
	if (lacks_tool("qemu-img") || lacks_tool("qemu-io"))
		return;
	disk_run(dir, disks[_i].command);
	disk_must_equal_qemu(dir, disks[_i].name);
}
END_TEST

START_TEST(damaged_disk_is_refused_or_has_gaps)
{
	if (lacks_tool("qemu-img") || lacks_tool("qemu-io"))
		return;
	disk_run(dir, disks[_i].command);
	disk_survives_damage(dir, disks[_i].name);
}
END_TEST

static const char *const fixtures[] = {
	"log2timeline+dfvfs/test_data/ext2.vhd",
	"sleuthkit+sleuthkit/test/data/image.vhd",
	"log2timeline+dfvfs/test_data/ext2.vmdk",
	"sleuthkit+sleuthkit/test/data/image.vmdk",
	"log2timeline+dfvfs/test_data/ext2.qcow2",
	"sleuthkit+sleuthkit/test/data/image.qcow",
	"log2timeline+plaso/test_data/image.qcow2",
	"keramics+keramics/test_data/qcow/fat16.qcow2",
	"log2timeline+plaso/test_data/vsstest.qcow2",
};

START_TEST(disk_of_others_holds_what_qemu_finds_in_it)
{
	char command[2 * MADE_PATH], raw[MADE_PATH], path[MADE_PATH];

	if (lacks_tool("qemu-img") || lacks_fixtures())
		return;
	snprintf(path, sizeof(path), "%s/%s", KAN_FIXTURES, fixtures[_i]);
	snprintf(command, sizeof(command), "qemu-img convert -O raw %s out.raw", path);
	disk_run(dir, command);
	snprintf(raw, sizeof(raw), "%s/out.raw", dir);
	disk_must_equal(path, raw);
}
END_TEST

/* The file system is the same in all; a container may be longer than it. */
START_TEST(six_containers_of_one_file_system_hold_the_same_bytes)
{
	static const char *const names[] = { "ext2.qcow2", "ext2.vmdk",      "ext2.vhd",
		                             "ext2.E01",   "ext2.split.E01", "ext2.splitraw.000" };
	KAN_AUTO(mem) uint8_t *first = NULL;

	if (lacks_fixtures())
		return;
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		char path[MADE_PATH];
		snprintf(path, sizeof(path), "%s/log2timeline+dfvfs/test_data/%s", KAN_FIXTURES,
		         names[i]);
		KAN_AUTO(image) struct kan_image *img = must_open(path);
		KAN_AUTO(mem) uint8_t *data = must_read(img, 65536, NULL);

		ck_assert_uint_ge(kan_image_source(img)->size, 4 << 20);
		if (!first)
			first = KAN_STEAL(data);
		else
			ck_assert_msg(memcmp(first, data, 4 << 20) == 0, "%s", names[i]);
	}
}
END_TEST

/* ---- what is refused ---------------------------------------------------------------- */

static const struct {
	const char *name;
	const char *command;
	const char *words;
} refused[] = {
	{ "luks.qcow2", CRYPT("luks.qcow2", "2"), "LUKS" },
	{ "aes.qcow2", CRYPT("aes.qcow2", "1"), "AES" },
	{ "zstd.qcow2", "qemu-img create -f qcow2 -o compression_type=zstd zstd.qcow2 1M",
	  "compression" },
	{ "wide.qcow2", "qemu-img create -f qcow2 -o extended_l2=on wide.qcow2 1M", "extended L2" },
	{ "outside.qcow2", "qemu-img create -f qcow2 -o data_file=data outside.qcow2 1M",
	  "external data file" },
	{ "orphan.qcow2",
	  "qemu-img create -f qcow2 p 1M && "
	  "qemu-img create -f qcow2 -b p -F qcow2 orphan.qcow2 && rm p",
	  "\"p\" is not in the same folder" },
	{ "orphan.vmdk",
	  "qemu-img create -f vmdk p.vmdk 1M && "
	  "qemu-img create -f vmdk -b p.vmdk -F vmdk orphan.vmdk && rm p.vmdk",
	  "\"p.vmdk\" is not in the same folder" },
	{ "x-s001.vmdk", "qemu-img create -f vmdk -o subformat=twoGbMaxExtentSparse x.vmdk 1M",
	  "one extent of a VMDK" },
};

START_TEST(disk_that_cannot_be_read_right_is_refused_by_its_reason)
{
	if (lacks_tool("qemu-img"))
		return;
	disk_run(dir, refused[_i].command);
	disk_must_refuse(dir, refused[_i].name, KAN_EUNSUPPORTED, refused[_i].words);
}
END_TEST

START_TEST(disk_that_is_its_own_backing_file_is_refused)
{
	if (lacks_tool("qemu-img"))
		return;
	disk_run(dir, "qemu-img create -f qcow2 b.qcow2 1M && "
	              "qemu-img rebase -u -b b2.qcow2 -F qcow2 b.qcow2 && "
	              "mv b.qcow2 b2.qcow2");
	disk_must_refuse(dir, "b2.qcow2", KAN_EFORMAT, "parents");
}
END_TEST

START_TEST(missing_extent_is_a_gap_and_the_rest_is_read)
{
	KAN_AUTO(findings) struct kan_findings gaps = { 0 };
	const struct kan_finding *f;
	char path[MADE_PATH], byte;

	if (lacks_tool("qemu-img"))
		return;
	disk_run(dir, "qemu-img create -f vmdk -o subformat=twoGbMaxExtentSparse x.vmdk 3G && "
	              "rm x-s002.vmdk");
	snprintf(path, sizeof(path), "%s/x.vmdk", dir);

	KAN_AUTO(image) struct kan_image *img = must_open(path);

	f = find_kind(kan_image_findings(img), KAN_FINDING_MISSING_SEGMENT);
	ck_assert_ptr_nonnull(f);
	ck_assert_uint_eq(f->offset, 2147483648u);
	ck_assert_uint_eq(f->length, 1073741824u);
	ck_assert_int_eq(kan_source_read(kan_image_source(img), 5, &byte, 1, &gaps, NULL), KAN_OK);
	ck_assert_uint_eq(gaps.n, 0);
	ck_assert_int_eq(kan_source_read(kan_image_source(img), 3000000000u, &byte, 1, &gaps, NULL),
	                 KAN_OK);
	ck_assert_ptr_nonnull(find_kind(&gaps, KAN_FINDING_MISSING_SEGMENT));
}
END_TEST

/* ---- COWD: what ESX writes ------------------------------------------------------------ */

static void put32(FILE *f, uint32_t v)
{
	uint8_t raw[4];

	kan_put_le32(raw, v);
	made_write(f, raw, sizeof(raw));
}

/* One grain table: grain 1 of 64 KiB is there, at sector 36. */
static void make_cowd(void)
{
	static const uint32_t header[] = { 1, 3, DISK_LEN / 512, 128, 4, 1, 0 };
	char path[MADE_PATH];
	FILE *f;

	snprintf(path, sizeof(path), "%s/cow-delta.vmdk", dir);
	f = fopen(path, "wb");
	ck_assert_ptr_nonnull(f);
	made_write(f, "COWD", 4);
	for (size_t i = 0; i < 7; i++)
		put32(f, header[i]);
	for (size_t i = 8; i < 512; i++)
		put32(f, 0);
	for (size_t i = 0; i < 128; i++)
		put32(f, i == 0 ? 5 : 0); /* the directory, in sector 4 */
	for (size_t i = 0; i < 4096; i++)
		put32(f, i == 1 ? 37 : 0); /* the table, in sectors 5 to 36 */
	for (size_t i = 0; i < 65536 / 4; i++)
		put32(f, (uint32_t)i);
	ck_assert_int_eq(fclose(f), 0);
	disk_run(dir, "printf '# Disk DescriptorFile\\nversion=1\\nCID=12345678\\n"
	              "parentCID=ffffffff\\ncreateType=\"vmfsSparse\"\\n"
	              "RW 12288 VMFSSPARSE \"cow-delta.vmdk\"\\n' >cow.vmdk");
}

START_TEST(disk_of_esx_holds_what_qemu_finds_in_it)
{
	if (lacks_tool("qemu-img"))
		return;
	make_cowd();
	disk_must_equal_qemu(dir, "cow.vmdk");
	disk_must_refuse(dir, "cow-delta.vmdk", KAN_EUNSUPPORTED, "one extent");
}
END_TEST

static Suite *disks_suite(void)
{
	static const int nfixtures = sizeof(fixtures) / sizeof(*fixtures);
	static const int nrefused = sizeof(refused) / sizeof(*refused);
	Suite *s = suite_create("disks");
	TCase *oracle = tcase_create("against qemu-img");
	TCase *refusals = tcase_create("refusals");

	tcase_add_checked_fixture(oracle, set_up, tear_down);
	tcase_add_checked_fixture(refusals, set_up, tear_down);
	tcase_set_timeout(oracle, 120);
	tcase_set_timeout(refusals, 120);
	tcase_add_loop_test(oracle, disk_holds_what_qemu_finds_in_it, 0, NDISKS);
	tcase_add_loop_test(oracle, damaged_disk_is_refused_or_has_gaps, 0, NDISKS);
	tcase_add_loop_test(oracle, disk_of_others_holds_what_qemu_finds_in_it, 0, nfixtures);
	tcase_add_test(oracle, six_containers_of_one_file_system_hold_the_same_bytes);
	tcase_add_test(oracle, disk_of_esx_holds_what_qemu_finds_in_it);
	tcase_add_loop_test(refusals, disk_that_cannot_be_read_right_is_refused_by_its_reason, 0,
	                    nrefused);
	tcase_add_test(refusals, disk_that_is_its_own_backing_file_is_refused);
	tcase_add_test(refusals, missing_extent_is_a_gap_and_the_rest_is_read);
	suite_add_tcase(s, oracle);
	suite_add_tcase(s, refusals);
	return s;
}

RUN_SUITE(disks_suite)
