/* SPDX-License-Identifier: MIT */
/*
 * test_apfs.c - an encrypted volume of APFS is told, and is not an empty one
 *
 * No tool at hand makes one, so the flag is turned in each superblock of the volume of
 * a container that is not encrypted, with checksums as "Apple File System Reference"
 * describes them: what Sleuth Kit gets is sound in all but the keys.
 */
#include "fs/listing.h"

#include "core/bytes.h"

#define CONTAINER "log2timeline+dfvfs/test_data/apfs.raw"

enum { BLOCK = 4096, MAGIC_AT = 32, FLAGS_AT = 264, KEYLOCKER_AT = 1296, KEYS = 300 };

/* Volumes: apfs_fs_flags.  Bit 0 is "unencrypted", bit 3 "one key for all files". */
static const struct {
	const char *what;
	uint64_t flags;
	bool has_keys; /* the container says where its keys are: bytes that are none */
} kinds[] = {
	{ "a key for each file", 0, false },
	{ "one key", 8, false },
	{ "keys that cannot be read", 8, true },
};

enum { NKINDS = sizeof(kinds) / sizeof(kinds[0]) };

/* Fletcher-64 over all but the checksum itself, stored so that the sum of all is zero. */
static void put_checksum(uint8_t *block)
{
	const uint64_t mod = 0xffffffff;
	uint64_t low = 0, high = 0, c;

	for (size_t i = 8; i < BLOCK; i += 4) {
		low = (low + kan_le32(block + i)) % mod;
		high = (high + low) % mod;
	}
	c = mod - (low + high) % mod;
	kan_put_le32(block, (uint32_t)c);
	kan_put_le32(block + 4, (uint32_t)(mod - (low + c) % mod));
}

static size_t turn_flags(uint8_t *data, size_t len, int kind)
{
	size_t turned = 0;

	for (size_t at = 0; at + BLOCK <= len; at += BLOCK) {
		uint8_t *block = data + at;
		bool volume = memcmp(block + MAGIC_AT, "APSB", 4) == 0;
		bool container = memcmp(block + MAGIC_AT, "NXSB", 4) == 0;

		if (volume)
			kan_put_le64(block + FLAGS_AT, kinds[kind].flags);
		if (container && kinds[kind].has_keys) {
			kan_put_le64(block + KEYLOCKER_AT, KEYS);
			kan_put_le64(block + KEYLOCKER_AT + 8, 1);
		}
		if (volume || container)
			put_checksum(block);
		turned += volume;
	}
	if (kinds[kind].has_keys)
		memset(data + (size_t)KEYS * BLOCK, 0x5a, BLOCK);
	return turned;
}

static bool make_image(char *path, size_t room, int kind)
{
	KAN_AUTO(mem) uint8_t *data = malloc(8u << 20);
	size_t len;
	FILE *f = fopen(KAN_FIXTURES "/" CONTAINER, "rb");

	if (!f) {
		printf("SKIP: %s is not there\n", CONTAINER);
		return false;
	}
	len = fread(data, 1, 8u << 20, f);
	ck_assert_int_eq(fclose(f), 0);
	ck_assert_uint_gt(turn_flags(data, len, kind), 0);
	snprintf(path, room, "%s/apfs", work_dir);
	f = fopen(path, "wb");
	ck_assert_ptr_nonnull(f);
	ck_assert_uint_eq(fwrite(data, 1, len, f), len);
	ck_assert_int_eq(fclose(f), 0);
	return true;
}

START_TEST(an_encrypted_volume_is_told)
{
	const struct kan_filesystem *fs;
	struct lines names = { 0 };
	struct evidence e;
	char path[256];

	if (!make_image(path, sizeof(path), _i))
		return;
	open_evidence(&e, path);
	ck_assert_uint_eq(e.layout->nfilesystems, 1);
	fs = &e.layout->filesystems[0];
	ck_assert_str_eq(fs->type, "apfs");
	ck_assert_str_eq(fs->label, "apfs_test");
	ck_assert_int_eq(fs->state, KAN_FS_ENCRYPTED);
	ck_assert_uint_gt(fs->size, 0);
	ck_assert_uint_eq(count_findings(&e.findings, KAN_FINDING_ENCRYPTED, "apfs"), 1);
	ck_assert_uint_eq(e.findings.n, 1);
	list_system(&names, &e, 1);
	ck_assert_uint_eq(names.n, 0);
	lines_done(&names);
	close_evidence(&e);
}
END_TEST

/* The same bytes as far as Sleuth Kit's own tool is concerned. */
START_TEST(pstat_takes_it_for_encrypted_too)
{
	struct lines said = { 0 };
	char path[256];

	if (skip_without("pstat") || !make_image(path, sizeof(path), _i))
		return;
	lines_of(&said, "pstat '%s' | grep 'Encrypted: Yes'", path);
	ck_assert_uint_eq(said.n, 1);
	lines_done(&said);
}
END_TEST

static Suite *suite(void)
{
	Suite *s = suite_create("fs/apfs");
	TCase *t = tcase_create("encrypted");

	tcase_add_unchecked_fixture(t, make_work_dir, remove_work_dir);
	tcase_set_timeout(t, 60);
	tcase_add_loop_test(t, an_encrypted_volume_is_told, 0, NKINDS);
	tcase_add_loop_test(t, pstat_takes_it_for_encrypted_too, 0, NKINDS);
	suite_add_tcase(s, t);
	return s;
}

RUN_SUITE(suite)
