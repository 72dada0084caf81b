/* SPDX-License-Identifier: MIT */
/*
 * drive_check.h - devices for the tests of drives: made, read, compared, removed
 *
 * What a test sets up lies below a folder of its test case, and tests/bad_device.sh
 * removes it when the test case ends or its process dies.
 */
#ifndef KAN_TESTS_DRIVE_CHECK_H
#define KAN_TESTS_DRIVE_CHECK_H

#include "core/cleanup.h"
#include "image/image_check.h"
#include "kanshiki/drive.h"

#include <stdarg.h>

#define BAD_DEVICE "sh " KAN_TESTDATA "/../tests/bad_device.sh"
#define SECTOR     512u

KAN_DEFINE_DROP(source, struct kan_source *, kan_source_close)

static char dir[MADE_DIR];
static bool no_devices;

__attribute__((format(printf, 1, 0))) static inline int run_shell(const char *fmt, va_list ap)
{
	char script[2048], cmd[4096];

	vsnprintf(script, sizeof(script), fmt, ap);
	snprintf(cmd, sizeof(cmd), "cd '%s' && PATH=$PATH:/usr/sbin:/sbin && { %s; }", dir, script);
	return system(cmd);
}

/* The exit code of a script that is run in the folder. */
__attribute__((format(printf, 1, 2))) static inline int sh(const char *fmt, ...)
{
	va_list ap;
	int rc;

	va_start(ap, fmt);
	rc = run_shell(fmt, ap);
	va_end(ap);
	return WIFEXITED(rc) ? WEXITSTATUS(rc) : -1;
}

/* The script must succeed; its output, without the last newline, in a buffer of the caller. */
__attribute__((format(printf, 2, 3))) static inline char *sh_line(char out[static MADE_PATH],
                                                                  const char *fmt, ...)
{
	char script[2048];
	va_list ap;
	FILE *f;

	va_start(ap, fmt);
	vsnprintf(script, sizeof(script), fmt, ap);
	va_end(ap);
	ck_assert_msg(sh("{ %s; } >line", script) == 0, "%s", script);
	snprintf(out, MADE_PATH, "%s/line", dir);
	f = fopen(out, "r");
	ck_assert_ptr_nonnull(f);
	memset(out, 0, MADE_PATH);
	if (!fgets(out, MADE_PATH, f))
		out[0] = '\0';
	fclose(f);
	out[strcspn(out, "\n")] = '\0';
	return out;
}

/* Unchecked fixtures: they run in the parent, whatever becomes of the tests. */
static inline void set_up_devices(void)
{
	made_folder(dir);
	no_devices = sh(BAD_DEVICE " check") != 0;
	if (!no_devices)
		ck_assert_int_eq(sh(BAD_DEVICE " guard . %d", (int)getpid()), 0);
}

static inline void tear_down_devices(void)
{
	if (!no_devices)
		(void)sh(BAD_DEVICE " stop .");
	(void)sh("rm -rf '%s'", dir);
}

/* dir/NAME with the pattern of made_byte(). */
static inline void make_image(const char *name, uint64_t size)
{
	char path[MADE_PATH];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	f = fopen(path, "wb");
	ck_assert_ptr_nonnull(f);
	for (uint64_t i = 0; i < size; i++)
		putc(made_byte(i), f);
	ck_assert_int_eq(fclose(f), 0);
}

/* A loop device over dir/NAME. */
static inline char *make_loop(char out[static MADE_PATH], const char *options, const char *name)
{
	return sh_line(out, "losetup -f --show %s '%s/%s'", options, dir, name);
}

static inline struct kan_source *
must_open_drive(const char *path, const struct kan_drive_opts *opts, struct kan_drive_state *state)
{
	struct kan_source *src = NULL;
	struct kan_err err = { 0 };

	if (kan_drive_open(&src, path, opts, state, &err) != KAN_OK)
		ck_abort_msg("%s", err.msg);
	return src;
}

static inline void refuses_drive(const char *path, const struct kan_drive_opts *opts,
                                 const char *why)
{
	struct kan_source *src = NULL;
	struct kan_err err = { 0 };

	ck_assert_int_eq(kan_drive_open(&src, path, opts, NULL, &err), KAN_EARG);
	ck_assert_ptr_null(src);
	ck_assert_msg(strstr(err.msg, why) != NULL, "%s", err.msg);
	ck_assert_msg(strstr(err.msg, path) == err.msg, "%s", err.msg);
}

/* A range of the medium. */
struct range {
	uint64_t offset, len;
};

/* The bad ranges become a map of sectors, each widened to whole @unit. */
static inline uint8_t *map_of(const struct range *bad, size_t n, uint64_t size, uint64_t unit)
{
	uint8_t *map = calloc(1, (size_t)(size / SECTOR) + 1);

	ck_assert_ptr_nonnull(map);
	for (size_t i = 0; i < n; i++) {
		uint64_t at = bad[i].offset / unit * unit;
		uint64_t end = (bad[i].offset + bad[i].len + unit - 1) / unit * unit;

		for (; at < end && at < size; at += SECTOR)
			map[at / SECTOR] = 1;
	}
	return map;
}

/* The gaps are the sectors of @map, ascending; the bytes are those of the pattern. */
static inline void check_medium(const uint8_t *data, uint64_t size, const uint8_t *map,
                                const struct kan_findings *gaps)
{
	uint64_t before = 0;
	size_t g = 0;

	for (size_t i = 0; i < gaps->n; i++) {
		ck_assert_int_eq(gaps->list[i].kind, KAN_FINDING_UNREADABLE);
		ck_assert_uint_ge(gaps->list[i].offset, before);
		before = gaps->list[i].offset + gaps->list[i].length;
		ck_assert_uint_le(before, size);
	}
	for (uint64_t at = 0; at < size; at++) {
		bool lost = map[at / SECTOR];

		while (g < gaps->n && at >= gaps->list[g].offset + gaps->list[g].length)
			g++;
		if (lost != (g < gaps->n && at >= gaps->list[g].offset))
			ck_abort_msg("byte %llu: %s", (unsigned long long)at,
			             lost ? "no gap" : "a gap");
		if (data[at] != (lost ? 0 : made_byte(at)))
			ck_abort_msg("byte %llu is wrong", (unsigned long long)at);
	}
}

static inline uint64_t lost_in(const uint8_t *map, uint64_t size)
{
	uint64_t n = 0;

	for (uint64_t i = 0; i < size / SECTOR; i++)
		n += map[i] ? SECTOR : 0;
	return n;
}

/* Read [@from, @end) in blocks of @block to @data. */
static inline int read_range(struct kan_source *src, struct range r, size_t block, uint8_t *data,
                             struct kan_findings *gaps, struct kan_err *err)
{
	uint64_t end = r.offset + r.len;
	int rc = KAN_OK;

	for (uint64_t at = r.offset; rc == KAN_OK && at < end; at += block) {
		size_t n = end - at < block ? (size_t)(end - at) : block;

		rc = kan_source_read(src, at, data + (at - r.offset), n, gaps, err);
	}
	return rc;
}

#endif
