/* SPDX-License-Identifier: MIT */
/*
 * html_types.c - files by the extension of their names
 *
 * Cutting a name in SQL takes longer than everything else in the report, so the
 * names pass through here once, into a table of fixed size.  Extensions beyond it
 * are counted together, and said.
 */
#include "report/html.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	ROWS_MAX = 40,
	EXTENSION_MAX = 32,  /* bytes; what is longer is hardly an extension */
	SLOTS = 1 << 16,     /* of the table */
	TYPES_MAX = 1 << 14, /* of them used at most, so that a search stays short */
};

struct type {
	char extension[EXTENSION_MAX + 1]; /* lower case; "/" is for the longer ones */
	uint64_t files;                    /* 0: the slot is free */
	uint64_t deleted;
	uint64_t size;
};

struct types {
	struct type *slots;
	size_t n;
	struct type rest; /* of the extensions for which there was no slot */
};

static const struct kan_html_column columns[] = {
	{ KAN_WORD("Extension"), KAN_CELL_WORD, KAN_WORDS_EXTENSION },
	{ KAN_WORD("Files"), KAN_CELL_NUMBER, 0 },
	{ KAN_WORD("Size in bytes"), KAN_CELL_SIZE, 0 },
	{ KAN_WORD("of these, deleted"), KAN_CELL_NUMBER, 0 },
	{ NULL, 0, 0 },
};

/* What follows the last dot of the last part of @path, unless that dot begins it. */
static void find_extension(char *out, const char *path)
{
	const char *slash = strrchr(path, '/');
	const char *base = slash ? slash + 1 : path;
	const char *dot = strrchr(base, '.');
	size_t len = dot && dot > base ? strlen(dot + 1) : 0;

	if (len > EXTENSION_MAX) {
		memcpy(out, "/", 2);
		return;
	}
	for (size_t i = 0; i < len; i++) {
		char c = dot[1 + i];

		out[i] = c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
	}
	out[len] = '\0';
}

/* FNV-1a. */
static uint32_t hash_of(const char *s)
{
	uint32_t hash = 2166136261u;

	for (; *s; s++)
		hash = (hash ^ (uint8_t)*s) * 16777619u;
	return hash;
}

/* The slot of @extension, a new one if need be. */
static struct type *find_type(struct types *t, const char *extension)
{
	uint32_t i = hash_of(extension) % SLOTS;

	while (t->slots[i].files > 0 && strcmp(t->slots[i].extension, extension) != 0)
		i = (i + 1) % SLOTS;
	if (t->slots[i].files == 0) {
		if (t->n == TYPES_MAX)
			return &t->rest;
		t->n++;
		memcpy(t->slots[i].extension, extension, strlen(extension) + 1);
	}
	return &t->slots[i];
}

/* Columns: path, size, deleted. */
static int take_file(void *arg, int ncolumns, const char *const *col, struct kan_err *err)
{
	char extension[EXTENSION_MAX + 1];
	int64_t size, deleted = 0;
	struct type *type;

	if (ncolumns < 3 || !col[0])
		return kan_fail(err, KAN_EFORMAT, "unexpected answer of the store");
	find_extension(extension, col[0]);
	type = find_type(arg, extension);
	type->files++;
	(void)kan_html_number(col[2], &deleted); /* stays 0 if it is none */
	type->deleted += deleted != 0;
	if (kan_html_number(col[1], &size) && size > 0 &&
	    __builtin_add_overflow(type->size, (uint64_t)size, &type->size))
		type->size = UINT64_MAX;
	return KAN_OK;
}

static int by_files(const void *a, const void *b)
{
	const struct type *x = a, *y = b;

	if (x->files != y->files)
		return x->files < y->files ? 1 : -1;
	return strcmp(x->extension, y->extension);
}

static void put_type(struct kan_html *h, const struct type *type)
{
	char files[24], size[24], deleted[24];
	const char *const col[] = { type->extension, files, size, deleted };

	snprintf(files, sizeof(files), "%llu", (unsigned long long)type->files);
	snprintf(size, sizeof(size), "%llu", (unsigned long long)type->size);
	snprintf(deleted, sizeof(deleted), "%llu", (unsigned long long)type->deleted);
	kan_html_raw(h, "<tr>");
	for (int i = 0; i < 4; i++)
		kan_html_cell(h, &columns[i], col + i);
	kan_html_raw(h, "</tr>\n");
}

static void put_table(struct kan_html *h, struct types *t)
{
	uint64_t more = t->rest.files;

	qsort(t->slots, SLOTS, sizeof(t->slots[0]), by_files); /* the free ones go to the end */
	kan_html_table(h, NULL, columns);
	for (size_t i = 0; i < t->n && i < ROWS_MAX; i++)
		put_type(h, &t->slots[i]);
	kan_html_table_end(h);
	for (size_t i = ROWS_MAX; i < t->n; i++)
		more += t->slots[i].files;
	if (more == 0)
		return;
	kan_html_raw(h, "<p class=\"rest\">");
	kan_html_sayf(h, "Files with further extensions, not shown here: %1$s. All of them: %2$s.",
	              kan_html_count(more).s, "files.csv");
	kan_html_raw(h, "</p>\n");
}

int kan_html_types(struct kan_html *h, struct kan_err *err)
{
	KAN_AUTO(mem) struct type *slots = calloc(SLOTS, sizeof(*slots));
	struct types t = { .slots = slots };
	int rc;

	if (!slots)
		return kan_fail(err, KAN_ENOMEM, "out of memory for the extensions");
	rc = kan_case_query(h->c, "SELECT f.path, s.size, f.deleted" KAN_SQL_FILES, take_file, &t,
	                    err);
	if (rc)
		return rc;
	if (t.n == 0) {
		kan_html_para(h, "none", "There are no files.");
		return KAN_OK;
	}
	put_table(h, &t);
	kan_html_para(h, "note",
	              "By what the names end in. An extension says nothing certain about the"
	              " content. Alternate streams and directories are not counted; a file with two"
	              " names counts twice.");
	return KAN_OK;
}
