/* SPDX-License-Identifier: MIT */
/*
 * oracle.h - what other programs say, line by line, and a folder for images
 */
#ifndef KAN_TESTS_FS_ORACLE_H
#define KAN_TESTS_FS_ORACLE_H

#include "core/cleanup.h"
#include "kanshiki/buf.h"
#include "kanshiki/fs.h"
#include "suite.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

struct lines {
	char **line;
	size_t n;
	size_t room;
};

static inline void lines_add(struct lines *l, const char *text)
{
	if (l->n == l->room) {
		l->room = l->room ? l->room * 2 : 64;
		l->line = realloc(l->line, l->room * sizeof(char *));
		ck_assert_ptr_nonnull(l->line);
	}
	l->line[l->n] = strdup(text);
	ck_assert_ptr_nonnull(l->line[l->n]);
	l->n++;
}

static inline void lines_done(struct lines *l)
{
	for (size_t i = 0; i < l->n; i++)
		free(l->line[i]);
	free(l->line);
	*l = (struct lines){ 0 };
}

static inline int compare_lines(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static inline void lines_sort(struct lines *l)
{
	if (l->n > 1)
		qsort(l->line, l->n, sizeof(char *), compare_lines);
}

/* The first difference is shown. */
static inline void assert_same_lines(const struct lines *got, const struct lines *want,
                                     const char *what)
{
	for (size_t i = 0; i < got->n && i < want->n; i++)
		ck_assert_msg(strcmp(got->line[i], want->line[i]) == 0,
		              "%s: line %zu: got '%s', want '%s'", what, i, got->line[i],
		              want->line[i]);
	ck_assert_msg(got->n == want->n, "%s: %zu lines, want %zu; next is '%s'", what, got->n,
	              want->n, got->n > want->n ? got->line[want->n] : want->line[got->n]);
}

/* Lines that a command prints; its exit code must be 0 unless it is a search. */
KAN_PRINTF(2, 3)
static inline void lines_of(struct lines *out, const char *fmt, ...)
{
	char cmd[4096], text[8192];
	va_list ap;
	FILE *p;

	va_start(ap, fmt);
	ck_assert_int_lt(vsnprintf(cmd, sizeof(cmd), fmt, ap), (int)sizeof(cmd));
	va_end(ap);
	p = popen(cmd, "r");
	ck_assert_ptr_nonnull(p);
	while (fgets(text, sizeof(text), p)) {
		text[strcspn(text, "\n")] = '\0';
		lines_add(out, text);
	}
	ck_assert_msg(pclose(p) == 0, "failed: %s", cmd);
}

static inline bool has_program(const char *name)
{
	char cmd[256];

	snprintf(cmd, sizeof(cmd), "command -v %s >/dev/null 2>&1", name);
	return system(cmd) == 0;
}

static inline bool skip_without(const char *name)
{
	if (has_program(name))
		return false;
	printf("SKIP: %s is not installed\n", name);
	return true;
}

/* ---- a folder for the images of this program ------------------------------- */

static char work_dir[] = "/tmp/kan-test-fs-XXXXXX";

static inline void make_work_dir(void)
{
	if (strstr(work_dir, "XXXXXX"))
		ck_assert_ptr_nonnull(mkdtemp(work_dir));
}

static inline void remove_work_dir(void)
{
	char cmd[128];

	snprintf(cmd, sizeof(cmd), "rm -rf %s", work_dir);
	ck_assert_int_eq(system(cmd), 0);
}

/* Run a shell command with F (fixtures) and T (our folder) set; true if it exits 0. */
KAN_PRINTF(1, 2)
static inline bool shell(const char *fmt, ...)
{
	char body[3000], cmd[4096];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(body, sizeof(body), fmt, ap);
	va_end(ap);
	snprintf(cmd, sizeof(cmd), "F='%s' T='%s'; { %s ; } >/dev/null 2>&1", KAN_FIXTURES,
	         work_dir, body);
	return system(cmd) == 0;
}

/* ---- an image and what is on it ---------------------------------------------- */

struct evidence {
	struct kan_image *img;
	struct kan_layout *layout;
	struct kan_findings findings;
};

static inline void open_evidence(struct evidence *e, const char *path)
{
	struct kan_err err = { 0 };

	memset(e, 0, sizeof(*e));
	ck_assert_msg(kan_image_open(&e->img, path, NULL, &err) == KAN_OK, "%s", err.msg);
	ck_assert_msg(kan_layout_find(&e->layout, e->img, NULL, &e->findings, &err) == KAN_OK,
	              "%s: %s", path, err.msg);
}

static inline void close_evidence(struct evidence *e)
{
	kan_layout_free(e->layout);
	kan_image_close(e->img);
	kan_findings_done(&e->findings);
}

static inline size_t count_findings(const struct kan_findings *f, enum kan_finding_kind kind,
                                    const char *subject)
{
	size_t n = 0;

	for (size_t i = 0; i < f->n; i++)
		n += f->list[i].kind == kind &&
		     (!subject || strcmp(f->list[i].subject, subject) == 0);
	return n;
}

/* ---- our records as fls prints them -------------------------------------------- */

static inline void put_shown(struct kan_buf *b, const char *s)
{
	for (; *s; s++)
		kan_buf_putc(b, (unsigned char)*s < 0x20 || *s == 0x7f ? '^' : *s);
}

static inline void fls_line(struct kan_buf *b, const struct kan_file *f, const char *type)
{
	kan_buf_reset(b);
	kan_buf_printf(b, "%c/%c %s%llu", kan_file_type_letter(f->name_type),
	               kan_file_type_letter(f->meta_type),
	               f->flags & KAN_FILE_NAME_DELETED ? "* " : "", (unsigned long long)f->addr);
	if (strcmp(type, "ntfs") == 0 && f->attr_type)
		kan_buf_printf(b, "-%u-%u", f->attr_type, f->attr_id);
	kan_buf_printf(b, "%s:\t", f->flags & KAN_FILE_META_REUSED ? "(realloc)" : "");
	put_shown(b, f->path + 1); /* fls has no leading slash */
	if (f->stream[0]) {
		kan_buf_putc(b, ':');
		put_shown(b, f->stream);
	}
}

#endif
