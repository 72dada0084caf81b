/* SPDX-License-Identifier: MIT */
/*
 * selection.c - match files against wishes, and give their copies safe names
 *
 * A copy is called "fs<N>/<path>": every component is printable text with the
 * characters that some file system forbids replaced by "_", never ".", "..", a
 * DOS device or longer than NAME_LEN bytes.  What was changed, or is not unique
 * (deleted names, streams), gets "~<address>-<type>-<id>" behind it.  The
 * manifest has the true path.
 */
#include "selection.h"

#include "core/cleanup.h"
#include "core/escape.h"

#include <ctype.h>
#include <errno.h>
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define NAME_LEN  200 /* bytes of one component, leaves room for the suffix */
#define DEPTH_MAX 64  /* components that are kept; the rest is joined with "_" */

struct address {
	uint64_t fs, addr;
	uint64_t type, id; /* of the stream */
	bool any_stream;
};

/* A decimal number of at most @max; moves *@p behind it. */
static bool take_number(const char **p, uint64_t max, uint64_t *out)
{
	char *end;
	unsigned long long v;

	if (!isdigit((unsigned char)**p))
		return false;
	errno = 0;
	v = strtoull(*p, &end, 10);
	*p = end;
	*out = v;
	return errno == 0 && v <= max;
}

/* FS:ADDR or FS:ADDR-TYPE-ID. */
static bool parse_address(struct address *a, const char *text)
{
	const char *p = text;

	*a = (struct address){ 0 };
	if (!take_number(&p, UINT32_MAX, &a->fs) || *p++ != ':' ||
	    !take_number(&p, UINT64_MAX, &a->addr))
		return false;
	a->any_stream = *p == '\0';
	return a->any_stream || (*p++ == '-' && take_number(&p, UINT32_MAX, &a->type) &&
	                         *p++ == '-' && take_number(&p, UINT32_MAX, &a->id) && *p == '\0');
}

bool wishes_valid(const struct wishes *w)
{
	struct address a;

	for (size_t i = 0; i < w->addrs.n; i++) {
		if (!parse_address(&a, w->addrs.text[i])) {
			cli_usage(kan_text("'%s' is no address; write FS:ADDR or FS:ADDR-TYPE-ID"),
			          w->addrs.text[i]);
			return false;
		}
	}
	return true;
}

static bool matches_address(const struct wishes *w, const struct kan_file *f)
{
	struct address a;

	for (size_t i = 0; i < w->addrs.n; i++)
		if (parse_address(&a, w->addrs.text[i]) && a.fs == f->fs && a.addr == f->addr &&
		    (a.any_stream || (a.type == f->attr_type && a.id == f->attr_id)))
			return true;
	return false;
}

static bool matches_path(const struct wishes *w, const char *path)
{
	for (size_t i = 0; i < w->paths.n; i++)
		if (fnmatch(w->paths.text[i], path, 0) == 0)
			return true;
	return false;
}

static bool is_wished(const struct wishes *w, const struct kan_file *f, const char *path)
{
	if (w->deleted && !kan_file_is_deleted(f))
		return false;
	if (w->paths.n == 0 && w->addrs.n == 0)
		return !w->unallocated || w->deleted || w->slack;
	return matches_path(w, path) || matches_address(w, f);
}

static bool has_content(const struct kan_file *f)
{
	bool directory = f->meta_type == KAN_FILE_DIRECTORY || f->meta_type == KAN_FILE_VIRTUAL_DIR;

	return (f->flags & KAN_FILE_NO_META) == 0 && (!directory || f->stream[0] != '\0');
}

static bool is_dos_device(const char *s, size_t len)
{
	static const char *const names[] = { "con", "prn", "aux", "nul" };
	size_t stem = strcspn(s, ".");

	stem = stem < len ? stem : len;
	for (size_t i = 0; i < 4; i++)
		if (stem == 3 && strncasecmp(s, names[i], 3) == 0)
			return true;
	return stem == 4 && isdigit((unsigned char)s[3]) &&
	       (strncasecmp(s, "com", 3) == 0 || strncasecmp(s, "lpt", 3) == 0);
}

/* Append one component, safe; returns whether it had to be changed. */
static bool put_component(struct kan_buf *out, const char *s, size_t len)
{
	KAN_DEFER(kan_buf_done) struct kan_buf text = { 0 };
	size_t keep;
	bool changed;

	kan_escape_text(&text, s, len);
	if (text.failed || !text.data) {
		out->failed |= text.failed;
		return true;
	}
	keep = text.len < NAME_LEN ? text.len : NAME_LEN;
	while (keep < text.len && ((unsigned char)text.data[keep] & 0xc0) == 0x80)
		keep--; /* never cut a character */
	changed = keep != text.len || text.len != len;
	if (is_dos_device(text.data, keep) || text.data[0] == '.') {
		kan_buf_putc(out, '_');
		changed |= text.data[0] != '.' || keep <= 2;
	}
	for (size_t i = 0; i < keep; i++) {
		bool bad = strchr("<>:\"|?*\\/", text.data[i]) ||
		           (i == keep - 1 && strchr(". ", text.data[i]));

		kan_buf_putc(out, bad ? '_' : text.data[i]);
		changed |= bad;
	}
	return changed;
}

static char *safe_name(const struct kan_file *f, const char *path, bool slack)
{
	KAN_DEFER(kan_buf_done) struct kan_buf name = { 0 };
	bool changed = kan_file_is_deleted(f) || f->stream[0] != '\0';
	unsigned depth = 0;

	kan_buf_printf(&name, "fs%u", f->fs);
	for (const char *p = path; *p;) {
		size_t len = strcspn(p, "/");

		if (len > 0) {
			kan_buf_putc(&name, depth++ < DEPTH_MAX ? '/' : '_');
			changed |= put_component(&name, p, len);
		}
		p += len + (p[len] == '/');
	}
	if (slack || changed)
		kan_buf_printf(&name, "~%llu-%u-%u%s", (unsigned long long)f->addr, f->attr_type,
		               f->attr_id, slack ? "-slack" : "");
	return name.failed ? NULL : strdup(name.data);
}

static int append(struct selection *s, const struct selected *item, struct kan_err *err)
{
	if (s->n == s->room) {
		size_t room = s->room ? s->room * 2 : 64;
		struct selected *list = realloc(s->list, room * sizeof(*list));

		if (!list)
			return kan_fail(err, KAN_ENOMEM, "out of memory for the selection");
		s->list = list;
		s->room = room;
	}
	s->list[s->n++] = *item;
	return KAN_OK;
}

static int add(struct selection *s, struct selected *item, struct kan_err *err)
{
	int rc = item->path && item->name
	                 ? append(s, item, err)
	                 : kan_fail(err, KAN_ENOMEM, "out of memory for the selection");

	if (rc != KAN_OK) {
		free(item->path);
		free(item->name);
	}
	return rc;
}

int selection_consider(struct selection *s, const struct wishes *w, const struct kan_file *file,
                       struct kan_err *err)
{
	KAN_DEFER(kan_buf_done) struct kan_buf path = { 0 };
	struct selected item = { .size = file->size };

	kan_buf_printf(&path, "%s%s%s", file->path, file->stream[0] ? ":" : "", file->stream);
	if (path.failed)
		return kan_buf_check(&path, err);
	if (!has_content(file) || !is_wished(w, file, path.data))
		return KAN_OK;
	item.content = (struct kan_content){
		.kind = w->slack ? KAN_CONTENT_SLACK : KAN_CONTENT_STREAM,
		.fs = file->fs,
		.addr = file->addr,
		.attr_type = file->attr_type,
		.attr_id = file->attr_id,
	};
	item.path = strdup(path.data);
	item.name = safe_name(file, path.data, w->slack);
	return add(s, &item, err);
}

int selection_add_unallocated(struct selection *s, uint32_t fs, struct kan_err *err)
{
	struct selected item = { .content = { .kind = KAN_CONTENT_UNALLOCATED, .fs = fs } };

	item.path = strdup("");
	if (asprintf(&item.name, "fs%u-unallocated.raw", fs) < 0)
		item.name = NULL;
	return add(s, &item, err);
}

void selection_done(struct selection *s)
{
	for (size_t i = 0; i < s->n; i++) {
		free(s->list[i].path);
		free(s->list[i].name);
	}
	free(s->list);
	*s = (struct selection){ 0 };
}
