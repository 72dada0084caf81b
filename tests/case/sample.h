/* SPDX-License-Identifier: MIT */
/*
 * sample.h - a folder that goes away, a shell, and records to put into a case
 */
#ifndef KAN_TESTS_CASE_SAMPLE_H
#define KAN_TESTS_CASE_SAMPLE_H

#include "kanshiki/buf.h"
#include "kanshiki/case.h"
#include "core/cleanup.h"

#include <check.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>

KAN_DEFINE_DROP(case, struct kan_case *, kan_case_close)

/* The working folder of a test, made by sample_setup(); the case is in it as "c". */
static char sample_dir[64];

static inline void sample_setup_in(const char *base)
{
	snprintf(sample_dir, sizeof(sample_dir), "%s/kan-case-XXXXXX", base);
	ck_assert_ptr_nonnull(mkdtemp(sample_dir));
	ck_assert_int_eq(chdir(sample_dir), 0);
}

static inline void sample_setup(void)
{
	sample_setup_in("/tmp");
}

/* Run in a shell in the working folder; gives the exit status. */
static inline int KAN_PRINTF(1, 2) sample_sh(const char *fmt, ...)
{
	char command[2048];
	va_list ap;
	int status;

	va_start(ap, fmt);
	ck_assert_int_lt(vsnprintf(command, sizeof(command), fmt, ap), (int)sizeof(command));
	va_end(ap);
	status = system(command);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static inline void sample_teardown(void)
{
	ck_assert_int_eq(chdir("/"), 0);
	ck_assert_int_eq(sample_sh("rm -rf %s", sample_dir), 0);
}

static inline bool sample_has(const char *tool)
{
	if (sample_sh("command -v %s >/dev/null 2>&1", tool) == 0)
		return true;
	printf("SKIP: no %s here\n", tool);
	return false;
}

/* What @command prints, without its last newline; released by the caller. */
static inline char *sample_output(const char *command)
{
	struct kan_buf out = { 0 };
	FILE *p = popen(command, "r");
	int c;

	ck_assert_ptr_nonnull(p);
	while ((c = getc(p)) != EOF)
		kan_buf_putc(&out, (char)c);
	ck_assert_int_eq(pclose(p), 0);
	kan_buf_add(&out, "", 0);
	if (out.len > 0 && out.data[out.len - 1] == '\n')
		out.data[out.len - 1] = '\0';
	return out.data;
}

static inline void sample_prints(const char *command, const char *expected)
{
	char *got = sample_output(command);

	ck_assert_str_eq(got, expected);
	free(got);
}

/* All of the file @path; *@len_out may be NULL; released by the caller. */
static inline char *sample_read(const char *path, size_t *len_out)
{
	struct kan_buf out = { 0 };
	FILE *f = fopen(path, "rb");
	int c;

	ck_assert_msg(f != NULL, "%s", path);
	while ((c = getc(f)) != EOF)
		kan_buf_putc(&out, (char)c);
	(void)fclose(f);
	kan_buf_add(&out, "", 0);
	if (len_out)
		*len_out = out.len;
	return out.data;
}

static inline void sample_write(const char *path, const void *data, size_t len)
{
	FILE *f = fopen(path, "wb");

	ck_assert_ptr_nonnull(f);
	ck_assert_uint_eq(fwrite(data, 1, len, f), len);
	ck_assert_int_eq(fclose(f), 0);
}

static inline bool sample_exists(const char *path)
{
	struct stat st;

	return lstat(path, &st) == 0;
}

static inline struct kan_case *sample_case(const char *path)
{
	struct kan_err err = { 0 };
	struct kan_case *c = NULL;
	int rc = kan_case_create(&c, path, &err);

	ck_assert_msg(rc == KAN_OK, "%s", err.msg);
	return c;
}

static inline struct kan_case *sample_open(const char *path)
{
	struct kan_err err = { 0 };
	struct kan_case *c = NULL;
	int rc = kan_case_open(&c, path, &err);

	ck_assert_msg(rc == KAN_OK, "%s", err.msg);
	return c;
}

static inline void sample_finish(struct kan_case *c)
{
	struct kan_err err = { 0 };
	int rc = kan_case_finish(c, false, &err);

	ck_assert_msg(rc == KAN_OK, "%s", err.msg);
}

/* A file whose every field is set, and differs with @i. */
static inline struct kan_file sample_file(const char *path, uint32_t i)
{
	struct kan_file f = {
		.evidence = 1,
		.fs = 1 + i % 3,
		.addr = 1000u + i,
		.seq = i % 7,
		.parent = 5,
		.attr_type = 128,
		.attr_id = i % 5,
		.flags = i % 2 ? KAN_FILE_NAME_DELETED | KAN_FILE_META_DELETED : 0,
		.name_type = KAN_FILE_REGULAR,
		.meta_type = KAN_FILE_REGULAR,
		.mode = 0644,
		.uid = 1000,
		.gid = UINT32_MAX,
		.nlink = 2,
		.size = 4096u * (uint64_t)i,
		.path = path,
		.stream = "",
		.link = "",
	};

	for (int k = 0; k < KAN_FILE_NTIMES; k++) {
		f.time_ns[k] = k < 4 ? 1700000000000000000 + (int64_t)i * 1000 + k : KAN_NO_TIME;
		f.fn_ns[k] = KAN_NO_TIME;
		f.time_unit_ns[k] = 100;
	}
	return f;
}

static inline struct kan_event sample_event(const char *path, uint32_t i)
{
	return (struct kan_event){
		.time_ns = 1700000000000000000 + i,
		.unit_ns = 100,
		.source = "ntfs:si",
		.meaning = "modified",
		.evidence = 1,
		.fs = 1,
		.addr = 1000u + i,
		.attr_type = 128,
		.type = KAN_FILE_REGULAR,
		.mode = 0644,
		.size = 77,
		.path = path,
		.count = 1,
	};
}

static inline void sample_add_file(struct kan_case *c, const struct kan_file *f)
{
	struct kan_err err = { 0 };
	int rc = kan_case_add_file(c, f, &err);

	ck_assert_msg(rc == KAN_OK, "%s", err.msg);
}

static inline void sample_add_event(struct kan_case *c, const struct kan_event *ev)
{
	struct kan_err err = { 0 };
	int rc = kan_case_add_event(c, ev, &err);

	ck_assert_msg(rc == KAN_OK, "%s", err.msg);
}

/* A complete case with @n files and as many events. */
static inline void sample_complete(const char *path, uint32_t n)
{
	struct kan_case *c = sample_case(path);

	for (uint32_t i = 0; i < n; i++) {
		char name[64];
		struct kan_file f;
		struct kan_event ev;

		snprintf(name, sizeof(name), "/docs/file %u.txt", i);
		f = sample_file(name, i);
		ev = sample_event(name, i);
		sample_add_file(c, &f);
		sample_add_event(c, &ev);
	}
	sample_finish(c);
	kan_case_close(c);
}

#endif
