/* SPDX-License-Identifier: MIT */
/*
 * device_mounts.c - where a drive is mounted, out of /proc/self/mountinfo
 *
 * A line of mountinfo (proc(5)): ID PARENT MAJ:MIN ROOT POINT OPTIONS [TAGS...] "-"
 * TYPE SOURCE OPTIONS, with space, tab, newline and backslash as \ooo.  A Btrfs
 * mount has a device number of its own, so the source is looked at too.
 */
#include "image/drive/parts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FIELDS_MAX 64u

struct field {
	const char *s;
	size_t len;
};

static size_t split(struct field *f, const char *line, size_t len)
{
	size_t n = 0, at = 0;

	while (at < len && n < FIELDS_MAX) {
		size_t start;

		while (at < len && (line[at] == ' ' || line[at] == '\t'))
			at++;
		start = at;
		while (at < len && line[at] != ' ' && line[at] != '\t')
			at++;
		if (at > start)
			f[n++] = (struct field){ line + start, at - start };
	}
	return n;
}

static bool is_octal(const char *s)
{
	return s[0] >= '0' && s[0] <= '3' && s[1] >= '0' && s[1] <= '7' && s[2] >= '0' &&
	       s[2] <= '7';
}

/* The field with its \ooo undone. */
static void take_field(char *out, size_t size, struct field f)
{
	size_t n = 0;

	for (size_t i = 0; i < f.len && n + 1 < size; i++) {
		char c = f.s[i];

		if (c == '\\' && f.len - i > 3 && is_octal(f.s + i + 1)) {
			c = (char)((f.s[i + 1] - '0') << 6 | (f.s[i + 2] - '0') << 3 |
			           (f.s[i + 3] - '0'));
			i += 3;
		}
		out[n++] = c ? c : ' ';
	}
	out[n] = '\0';
}

static const char *member_by_number(const struct kan_family *family, struct field f)
{
	char text[32];

	for (size_t i = 0; i < family->n; i++) {
		int n = snprintf(text, sizeof(text), "%u:%u", family->list[i].major,
		                 family->list[i].minor);

		if (n > 0 && (size_t)n == f.len && memcmp(text, f.s, f.len) == 0)
			return family->list[i].name;
	}
	return NULL;
}

static const char *member_by_name(const struct kan_family *family, struct field f)
{
	static const char dev[] = "/dev/";
	size_t skip = sizeof(dev) - 1;

	if (f.len <= skip || memcmp(f.s, dev, skip) != 0)
		return NULL;
	for (size_t i = 0; i < family->n; i++)
		if (strlen(family->list[i].name) == f.len - skip &&
		    memcmp(family->list[i].name, f.s + skip, f.len - skip) == 0)
			return family->list[i].name;
	return NULL;
}

static void add_mount(struct kan_device *d, const char *name, const char *how, struct field point)
{
	char text[KAN_DEVICE_TEXT];

	take_field(text, sizeof(text), point);
	if (d->nmounts < KAN_DEVICE_MOUNTS_MAX)
		(void)snprintf(d->mounts[d->nmounts], KAN_DEVICE_TEXT, "%.48s %s%.*s", name, how,
		               (int)(KAN_DEVICE_TEXT - 64), text);
	d->nmounts++;
}

static void take_mount(struct kan_device *d, const struct kan_family *family, const char *line,
                       size_t len)
{
	struct field f[FIELDS_MAX];
	size_t n = split(f, line, len), dash = 6;
	const char *name;

	while (dash < n && !(f[dash].len == 1 && f[dash].s[0] == '-'))
		dash++;
	if (n < 10 || dash + 2 >= n)
		return;
	name = member_by_number(family, f[2]);
	if (!name)
		name = member_by_name(family, f[dash + 2]);
	if (name)
		add_mount(d, name, "on ", f[4]);
}

static void take_swap(struct kan_device *d, const struct kan_family *family, const char *line,
                      size_t len)
{
	struct field f[FIELDS_MAX];
	const char *name = split(f, line, len) >= 2 ? member_by_name(family, f[0]) : NULL;

	if (name)
		add_mount(d, name, "as swap", (struct field){ "", 0 });
}

static void for_lines(struct kan_device *d, const struct kan_family *family, const char *text,
                      void (*take)(struct kan_device *, const struct kan_family *, const char *,
                                   size_t))
{
	while (*text) {
		size_t len = strcspn(text, "\n");

		take(d, family, text, len);
		text += len + (text[len] == '\n');
	}
}

void kan_device_mounts(struct kan_device *d, const struct kan_family *family, const char *mountinfo,
                       const char *swaps)
{
	if (family->n == 0 || !mountinfo)
		return;
	for_lines(d, family, mountinfo, take_mount);
	for_lines(d, family, swaps, take_swap);
	d->mounted = d->nmounts > 0 ? KAN_FACT_YES : KAN_FACT_NO;
}
