/* SPDX-License-Identifier: MIT */
/*
 * disk_check.h - make disks with the tools of other people and compare with them
 */
#ifndef KAN_TESTS_IMAGE_DISK_CHECK_H
#define KAN_TESTS_IMAGE_DISK_CHECK_H

#include "image/image_check.h"

enum {
	DISK_LEN = 6 << 20, /* of the media that the tests make */
};

/* A raw disk with zeros, text and noise in "in.raw" of @dir. */
static inline void disk_make_raw(const char *dir)
{
	char path[MADE_PATH];
	uint8_t *data = calloc(1, DISK_LEN);
	FILE *f;

	ck_assert_ptr_nonnull(data);
	for (size_t i = 0; i < DISK_LEN; i++) {
		size_t part = i >> 18; /* 256 KiB: not aligned to the blocks of some formats */
		if (part % 4 == 1)
			data[i] = made_byte(i);
		else if (part % 4 == 2)
			data[i] = (uint8_t)('a' + part);
	}
	snprintf(path, sizeof(path), "%s/in.raw", dir);
	f = fopen(path, "wb");
	ck_assert_ptr_nonnull(f);
	ck_assert_uint_eq(fwrite(data, 1, DISK_LEN, f), DISK_LEN);
	ck_assert_int_eq(fclose(f), 0);
	free(data);
}

/* Run @command in @dir; it must work. */
static inline void disk_run(const char *dir, const char *command)
{
	char line[1200];

	snprintf(line, sizeof(line), "cd %s && { %s ; } >log 2>&1", dir, command);
	ck_assert_msg(system(line) == 0, "%s", command);
}

/* Every byte of the disk @path is that of the raw file @raw. */
static inline void disk_must_equal(const char *path, const char *raw)
{
	KAN_AUTO(image) struct kan_image *img = must_open(path);
	KAN_AUTO(findings) struct kan_findings gaps = { 0 };
	KAN_AUTO(mem) uint8_t *ours = must_read(img, 100001, &gaps);
	size_t len = 0;
	KAN_AUTO(mem) uint8_t *theirs = made_load(raw, &len);

	ck_assert_msg(gaps.n == 0, "%s: %s", path, gaps.n ? gaps.list[0].detail : "");
	ck_assert_uint_eq(kan_image_source(img)->size, len);
	ck_assert_msg(memcmp(ours, theirs, len) == 0, "%s", path);
}

/* The disk @name of @dir holds what qemu-img finds in it. */
static inline void disk_must_equal_qemu(const char *dir, const char *name)
{
	char command[MADE_PATH], path[MADE_PATH], raw[MADE_PATH];

	/* A fixed VHD looks raw to qemu-img, which does not look at the end of a file. */
	snprintf(command, sizeof(command), "qemu-img convert %s -O raw %s out.raw",
	         strstr(name, ".vhd") && !strstr(name, ".vhdx") ? "-f vpc" : "", name);
	disk_run(dir, command);
	snprintf(path, sizeof(path), "%s/%s", dir, name);
	snprintf(raw, sizeof(raw), "%s/out.raw", dir);
	disk_must_equal(path, raw);
}

/* Opening fails with @code and a message that names @words. */
static inline void disk_must_refuse(const char *dir, const char *name, int code, const char *words)
{
	struct kan_image *img = NULL;
	struct kan_err err = { 0 };
	char path[MADE_PATH];

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	ck_assert_int_eq(kan_image_open(&img, path, NULL, &err), code);
	ck_assert_msg(strstr(err.msg, words), "\"%s\" in \"%s\"", words, err.msg);
	ck_assert_msg(strstr(err.msg, name), "\"%s\" in \"%s\"", name, err.msg);
}

/* Cut the file at many lengths, and spoil it: we may refuse or lose, never more. */
static inline void disk_survives_damage(const char *dir, const char *name)
{
	char path[MADE_PATH], bad[MADE_PATH];
	size_t len = 0;
	KAN_AUTO(mem) uint8_t *data = NULL;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	snprintf(bad, sizeof(bad), "%s/bad", dir);
	data = made_load(path, &len);
	for (size_t i = 0; i < 64; i++) {
		struct kan_image *img = NULL;
		size_t cut = i < 32 ? len * i / 32 : len;

		if (i >= 32 && len >= 16)
			memset(data + (i - 32) * 16 % (len - 15), (int)(i * 37), 16);
		made_store(bad, data, cut);
		if (cut > 0 && kan_image_open(&img, bad, NULL, NULL) == KAN_OK &&
		    kan_image_source(img)->size <= 2u * DISK_LEN) {
			KAN_AUTO(findings) struct kan_findings gaps = { 0 };
			free(must_read(img, 1 << 20, &gaps));
		}
		kan_image_close(img);
	}
}

#endif
