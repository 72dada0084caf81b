/* SPDX-License-Identifier: MIT */
/*
 * test_vhd.c - differencing disks take every sector from the right file
 *
 * The parent is a fixed disk, the child holds every third sector of its first
 * block; both are written here, field by field from the specification.
 */
#include "core/bytes.h"
#include "image/disk_check.h"
#include "suite.h"

enum {
	BLOCK = 2 << 20,
	SECTORS = DISK_LEN / 512,
	TABLE_AT = 1536,
	BLOCK_AT = 2048,
};

static char dir[MADE_DIR];

/* What a test may change about the two files. */
struct plan {
	const char *parent;      /* file name of the parent */
	const char *parent_name; /* as the child stores it; same if NULL */
	uint8_t parent_id;       /* as the child stores it */
	uint32_t spoil;          /* added to the checksum of the child's footer */
};

static void set_up(void)
{
	made_folder(dir);
}

static void tear_down(void)
{
	made_remove(dir);
}

static void write_sum(uint8_t *data, size_t len, size_t where, uint32_t spoil)
{
	uint32_t sum = 0;

	for (size_t i = 0; i < len; i++)
		sum += data[i];
	kan_put_be32(data + where, ~sum + spoil);
}

static void footer(uint8_t f[512], uint32_t type, uint8_t id, uint32_t spoil)
{
	memset(f, 0, 512);
	memcpy(f, "conectix", 8);
	kan_put_be32(f + 12, 0x10000);
	kan_put_be64(f + 16, type == 2 ? UINT64_MAX : 512);
	memcpy(f + 28, "test", 4);
	kan_put_be64(f + 40, DISK_LEN);
	kan_put_be64(f + 48, DISK_LEN);
	kan_put_be32(f + 60, type);
	memset(f + 68, id, 16);
	write_sum(f, 512, 64, spoil);
}

static void header(uint8_t h[1024], const struct plan *p)
{
	const char *name = p->parent_name ? p->parent_name : p->parent;

	memset(h, 0, 1024);
	memcpy(h, "cxsparse", 8);
	kan_put_be64(h + 8, UINT64_MAX);
	kan_put_be64(h + 16, TABLE_AT);
	kan_put_be32(h + 24, 0x10000);
	kan_put_be32(h + 28, DISK_LEN / BLOCK);
	kan_put_be32(h + 32, BLOCK);
	memset(h + 40, p->parent_id, 16);
	for (size_t i = 0; name[i]; i++)
		h[64 + 2 * i + 1] = (uint8_t)name[i];
	write_sum(h, 1024, 36, 0);
}

static FILE *create(const char *name)
{
	char path[MADE_PATH];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	f = fopen(path, "wb");
	ck_assert_ptr_nonnull(f);
	return f;
}

static void make_parent(const struct plan *p)
{
	FILE *f = create(p->parent);
	uint8_t foot[512];

	for (uint64_t i = 0; i < DISK_LEN; i++)
		fputc(made_byte(i), f);
	footer(foot, 2, 1, 0);
	made_write(f, foot, sizeof(foot));
	ck_assert_int_eq(fclose(f), 0);
}

/* Sectors whose bit is clear are filled with 0xee, which must never be seen. */
static void make_child(const struct plan *p)
{
	FILE *f = create("child.vhd");
	uint8_t foot[512], head[1024], table[512], bitmap[512] = { 0 }, sector[512];

	footer(foot, 4, 2, p->spoil);
	header(head, p);
	memset(table, 0xff, sizeof(table));
	kan_put_be32(table, BLOCK_AT / 512);
	for (size_t i = 0; i < BLOCK / 512; i++)
		if (i % 3 == 0)
			bitmap[i / 8] |= (uint8_t)(0x80u >> i % 8);
	made_write(f, foot, sizeof(foot));
	made_write(f, head, sizeof(head));
	made_write(f, table, sizeof(table));
	made_write(f, bitmap, sizeof(bitmap));
	for (size_t i = 0; i < BLOCK / 512; i++) {
		memset(sector, i % 3 == 0 ? (int)(i % 200) : 0xee, sizeof(sector));
		made_write(f, sector, sizeof(sector));
	}
	made_write(f, foot, sizeof(foot));
	ck_assert_int_eq(fclose(f), 0);
}

static void make(struct plan p)
{
	make_parent(&p);
	make_child(&p);
}

static struct kan_image *open_child(void)
{
	char path[MADE_PATH];

	snprintf(path, sizeof(path), "%s/child.vhd", dir);
	return must_open(path);
}

static void check_sectors(const uint8_t *data)
{
	for (size_t i = 0; i < SECTORS; i++) {
		bool here = i < BLOCK / 512 && i % 3 == 0;

		for (size_t k = 0; k < 512; k++)
			if (data[i * 512 + k] != (here ? i % 200 : made_byte(i * 512 + k)))
				ck_abort_msg("sector %zu is from the wrong file", i);
	}
}

START_TEST(every_sector_comes_from_the_file_that_its_bit_names)
{
	static const size_t blocks[] = { 511, 512, 513, 100001, DISK_LEN };
	KAN_AUTO(findings) struct kan_findings gaps = { 0 };

	make((struct plan){ .parent = "parent.vhd", .parent_id = 1 });

	KAN_AUTO(image) struct kan_image *img = open_child();
	KAN_AUTO(mem) uint8_t *data = must_read(img, blocks[_i], &gaps);

	ck_assert_uint_eq(gaps.n, 0);
	check_sectors(data);
}
END_TEST

START_TEST(parent_is_found_by_its_identifier_when_it_was_renamed)
{
	make((struct plan){ .parent = "other", .parent_name = "C:\\vm\\old.vhd", .parent_id = 1 });

	KAN_AUTO(image) struct kan_image *img = open_child();
	KAN_AUTO(mem) uint8_t *data = must_read(img, DISK_LEN, NULL);

	check_sectors(data);
	ck_assert_uint_eq(kan_image_info(img)->nsegments, 2);
	ck_assert_ptr_nonnull(strstr(kan_image_info(img)->segments[1].path, "/other"));
}
END_TEST

START_TEST(missing_parent_is_named)
{
	make((struct plan){ .parent = "other", .parent_name = "C:\\vm\\old.vhd", .parent_id = 9 });
	disk_must_refuse(dir, "child.vhd", KAN_EUNSUPPORTED, "old.vhd");
	disk_must_refuse(dir, "child.vhd", KAN_EUNSUPPORTED, "0909090909");
}
END_TEST

START_TEST(disk_that_is_its_own_parent_is_refused)
{
	make((struct plan){ .parent = "child", .parent_id = 2 });
	disk_must_refuse(dir, "child.vhd", KAN_EFORMAT, "parents");
}
END_TEST

START_TEST(wrong_checksum_is_told_and_the_disk_is_read)
{
	make((struct plan){ .parent = "parent.vhd", .parent_id = 1, .spoil = 1 });

	KAN_AUTO(image) struct kan_image *img = open_child();
	KAN_AUTO(mem) uint8_t *data = must_read(img, DISK_LEN, NULL);

	ck_assert_ptr_nonnull(find_kind(kan_image_findings(img), KAN_FINDING_CHECKSUM));
	check_sectors(data);
}
END_TEST

START_TEST(child_of_others_finds_its_parent)
{
	char path[MADE_PATH];

	if (lacks_fixtures())
		return;
	snprintf(path, sizeof(path), "%s/log2timeline+dfvfs/test_data/image-differential.vhd",
	         KAN_FIXTURES);

	KAN_AUTO(image) struct kan_image *img = must_open(path);
	const struct kan_image_info *info = kan_image_info(img);

	ck_assert_uint_eq(info->nsegments, 2);
	ck_assert_ptr_nonnull(strstr(info->segments[1].path, "/image.vhd"));
	ck_assert_uint_eq(info->size, 104448);
}
END_TEST

START_TEST(damaged_child_is_refused_or_has_gaps)
{
	make((struct plan){ .parent = "parent.vhd", .parent_id = 1 });
	disk_survives_damage(dir, "child.vhd");
}
END_TEST

static Suite *vhd_suite(void)
{
	Suite *s = suite_create("vhd");
	TCase *chain = tcase_create("chains");

	tcase_add_checked_fixture(chain, set_up, tear_down);
	tcase_set_timeout(chain, 120);
	tcase_add_loop_test(chain, every_sector_comes_from_the_file_that_its_bit_names, 0, 5);
	tcase_add_test(chain, parent_is_found_by_its_identifier_when_it_was_renamed);
	tcase_add_test(chain, missing_parent_is_named);
	tcase_add_test(chain, disk_that_is_its_own_parent_is_refused);
	tcase_add_test(chain, wrong_checksum_is_told_and_the_disk_is_read);
	tcase_add_test(chain, child_of_others_finds_its_parent);
	tcase_add_test(chain, damaged_child_is_refused_or_has_gaps);
	suite_add_tcase(s, chain);
	return s;
}

RUN_SUITE(vhd_suite)
