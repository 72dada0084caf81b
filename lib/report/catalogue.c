/* SPDX-License-Identifier: MIT */
/*
 * catalogue.c - read a GNU gettext .mo file without asking the C library
 *
 * gettext(3) translates only if a locale of the language is installed, which it
 * is not on a bare system; since glibc 2.39 not even C.UTF-8 with LANGUAGE will
 * do.  The file is simple (GNU gettext manual, 10.3 "The Format of GNU MO Files"):
 * a header, two tables of (length, offset), and NUL-terminated strings, the
 * originals sorted.  Everything is checked once when it is opened, so that a
 * look-up is a plain binary search.  msgfmt is told to write little-endian.
 */
#include "report/catalogue.h"

#include "core/bytes.h"

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

enum { MO_MAGIC = 0, MO_REVISION = 4, MO_COUNT = 8, MO_ORIGINALS = 12, MO_TRANSLATIONS = 16 };

static const uint32_t MAGIC = 0x950412de;
static const size_t HEADER_LEN = 28;
static const size_t ENTRY_LEN = 8;           /* length and offset, 4 bytes each */
static const size_t CATALOGUE_MAX = 4 << 20; /* a hundred times what we have */

struct kan_catalogue {
	uint8_t *data;
	size_t len;
	uint32_t n;
	uint32_t originals; /* offset of the table */
	uint32_t translations;
};

static const char *string_at(const struct kan_catalogue *cat, uint32_t table, uint32_t i)
{
	return (const char *)cat->data + kan_le32(cat->data + table + i * ENTRY_LEN + 4);
}

/* Entry @i of the table lies inside the file and ends with its NUL. */
static bool is_sound(const struct kan_catalogue *cat, uint32_t table, uint32_t i)
{
	struct kan_view all = { cat->data, cat->len };
	const uint8_t *entry = kan_view_at(all, table + (uint64_t)i * ENTRY_LEN, ENTRY_LEN);
	const uint8_t *s;
	uint32_t len;

	if (!entry)
		return false;
	len = kan_le32(entry);
	s = kan_view_at(all, kan_le32(entry + 4), (uint64_t)len + 1);
	return s && s[len] == '\0';
}

static bool check_tables(const struct kan_catalogue *cat)
{
	for (uint32_t i = 0; i < cat->n; i++) {
		if (!is_sound(cat, cat->originals, i) || !is_sound(cat, cat->translations, i))
			return false;
		if (i > 0 && strcmp(string_at(cat, cat->originals, i - 1),
		                    string_at(cat, cat->originals, i)) >= 0)
			return false;
	}
	return true;
}

int kan_catalogue_parse(struct kan_catalogue **out, struct kan_view mo, struct kan_err *err)
{
	KAN_AUTO(catalogue) struct kan_catalogue *cat = NULL;

	if (mo.len < HEADER_LEN || mo.len > CATALOGUE_MAX || kan_le32(mo.data) != MAGIC ||
	    kan_le32(mo.data + MO_REVISION) >> 16 != 0)
		return kan_fail(err, KAN_EFORMAT, "not a catalogue of messages");
	cat = calloc(1, sizeof(*cat));
	if (!cat || !(cat->data = malloc(mo.len)))
		return kan_fail(err, KAN_ENOMEM, "out of memory for the catalogue of messages");
	memcpy(cat->data, mo.data, mo.len);
	cat->len = mo.len;
	cat->n = kan_le32(mo.data + MO_COUNT);
	cat->originals = kan_le32(mo.data + MO_ORIGINALS);
	cat->translations = kan_le32(mo.data + MO_TRANSLATIONS);
	if (!check_tables(cat))
		return kan_fail(err, KAN_EFORMAT, "damaged catalogue of messages");
	*out = KAN_STEAL(cat);
	return KAN_OK;
}

static int load(struct kan_catalogue **out, const char *path, struct kan_err *err)
{
	KAN_AUTO(fd) int fd = open(path, O_RDONLY | O_CLOEXEC);
	KAN_AUTO(mem) uint8_t *data = NULL;
	struct stat st;
	size_t len = 0;
	int rc;

	if (fd < 0 || fstat(fd, &st) != 0)
		return kan_fail(err, KAN_EIO, "%s", path);
	if (st.st_size <= 0 || (uint64_t)st.st_size > CATALOGUE_MAX)
		return kan_fail(err, KAN_EFORMAT, "%s: not a catalogue of messages", path);
	data = malloc((size_t)st.st_size);
	if (!data)
		return kan_fail(err, KAN_ENOMEM, "%s: out of memory", path);
	while (len < (size_t)st.st_size) {
		ssize_t n = read(fd, data + len, (size_t)st.st_size - len);

		if (n <= 0)
			return kan_fail(err, KAN_EIO, "%s", path);
		len += (size_t)n;
	}
	rc = kan_catalogue_parse(out, (struct kan_view){ data, len }, err);
	return rc ? kan_fail_in(err, rc, "%s", path) : KAN_OK;
}

/* The folder of the running program, without a slash at its end; false if unknown. */
static bool program_folder(char *out, size_t room)
{
	ssize_t n = readlink("/proc/self/exe", out, room - 1);
	char *slash;

	if (n <= 0 || (size_t)n >= room - 1)
		return false;
	out[n] = '\0';
	slash = strrchr(out, '/');
	if (!slash)
		return false;
	*slash = '\0';
	return true;
}

int kan_catalogue_open(struct kan_catalogue **out, const char *lang, struct kan_err *err)
{
	static const char *const up[] = { "/..", "/../.." };
	char path[PATH_MAX + 64], folder[PATH_MAX];

	if (strcmp(lang, "en") == 0) {
		*out = NULL;
		return KAN_OK;
	}
	if (strcmp(lang, "ja") != 0)
		return kan_fail(err, KAN_EARG, "unknown language \"%.32s\": en or ja", lang);
	for (size_t i = 0; i < sizeof(up) / sizeof(up[0]); i++) {
		if (!program_folder(folder, sizeof(folder)))
			break;
		snprintf(path, sizeof(path), "%s%s/share/locale/%s/LC_MESSAGES/kanshiki.mo", folder,
		         up[i], lang);
		if (access(path, R_OK) == 0)
			return load(out, path, err);
	}
	snprintf(path, sizeof(path), "%s/%s/LC_MESSAGES/kanshiki.mo", KAN_LOCALEDIR, lang);
	return load(out, path, err);
}

const char *kan_catalogue_find(const struct kan_catalogue *cat, const char *english)
{
	uint32_t low = 0, high = cat ? cat->n : 0;

	while (low < high) {
		uint32_t mid = low + (high - low) / 2;
		int order = strcmp(english, string_at(cat, cat->originals, mid));
		const char *found;

		if (order == 0) {
			found = string_at(cat, cat->translations, mid);
			/* The entry of the empty text is the header of the file. */
			return *english && *found ? found : english;
		}
		if (order < 0)
			high = mid;
		else
			low = mid + 1;
	}
	return english;
}

void kan_catalogue_close(struct kan_catalogue *cat)
{
	if (!cat)
		return;
	free(cat->data);
	free(cat);
}
