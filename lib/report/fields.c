/* SPDX-License-Identifier: MIT */
/*
 * fields.c - pieces of lines that several formats have in common
 *
 * Millions of lines go through here, so numbers are written by hand, and text that
 * needs no escape, which is nearly all of it, is found by one scan and copied.
 */
#include "report/fields.h"

#include "core/escape.h"

#include <string.h>

enum { ALSO_MAX = 15 };

void kan_put_u64(struct kan_buf *b, uint64_t v)
{
	char text[20];
	size_t at = sizeof(text);

	do {
		text[--at] = (char)('0' + v % 10);
		v /= 10;
	} while (v > 0);
	kan_buf_add(b, text + at, sizeof(text) - at);
}

void kan_put_i64(struct kan_buf *b, int64_t v)
{
	if (v < 0)
		kan_buf_putc(b, '-');
	kan_put_u64(b, v < 0 ? -(uint64_t)v : (uint64_t)v);
}

void kan_put_octal(struct kan_buf *b, uint32_t v)
{
	char text[11];
	size_t at = sizeof(text);

	for (; v > 0 || sizeof(text) - at < 4; v >>= 3)
		text[--at] = (char)('0' + (v & 7));
	kan_buf_add(b, text + at, sizeof(text) - at);
}

/* The letter of execution with a set-user-id, set-group-id or sticky bit. */
static char execute(uint32_t mode, uint32_t x, uint32_t special, char both)
{
	if (mode & special)
		return mode & x ? both : (char)(both - 'a' + 'A');
	return mode & x ? 'x' : '-';
}

void kan_put_mode(struct kan_buf *b, enum kan_file_type type, uint32_t mode)
{
	const char text[] = {
		kan_file_type_letter(type),      mode & 0400 ? 'r' : '-', mode & 0200 ? 'w' : '-',
		execute(mode, 0100, 04000, 's'), mode & 0040 ? 'r' : '-', mode & 0020 ? 'w' : '-',
		execute(mode, 0010, 02000, 's'), mode & 0004 ? 'r' : '-', mode & 0002 ? 'w' : '-',
		execute(mode, 0001, 01000, 't'),
	};

	kan_buf_add(b, text, sizeof(text));
}

void kan_put_attr(struct kan_buf *b, uint32_t type, uint32_t id)
{
	if (type == 0)
		return;
	kan_put_u64(b, type);
	kan_buf_putc(b, '-');
	kan_put_u64(b, id);
}

void kan_put_addr(struct kan_buf *b, uint64_t addr, uint32_t attr_type, uint32_t attr_id)
{
	kan_put_u64(b, addr);
	if (attr_type == 0)
		return;
	kan_buf_putc(b, '-');
	kan_put_attr(b, attr_type, attr_id);
}

int64_t kan_seconds(int64_t time_ns)
{
	return time_ns / 1000000000 - (time_ns % 1000000000 < 0);
}

const char *kan_flag_name(unsigned i)
{
	static const char *const names[] = {
		"name-deleted", "meta-deleted", "meta-reused", "orphan",   "no-meta",
		"compressed",   "encrypted",    "sparse",      "resident",
	};

	return i < sizeof(names) / sizeof(names[0]) ? names[i] : NULL;
}

void kan_put_flags(struct kan_buf *b, uint32_t flags, const char *quote, const char *separator)
{
	bool first = true;

	for (unsigned i = 0; kan_flag_name(i); i++) {
		if (!(flags >> i & 1))
			continue;
		if (!first)
			kan_buf_puts(b, separator);
		kan_buf_puts(b, quote);
		kan_buf_puts(b, kan_flag_name(i));
		kan_buf_puts(b, quote);
		first = false;
	}
}

const char *kan_state(uint32_t flags)
{
	if ((flags & KAN_FILE_NAME_DELETED) && (flags & KAN_FILE_META_REUSED))
		return "deleted-realloc";
	return flags & (KAN_FILE_NAME_DELETED | KAN_FILE_META_DELETED) ? "deleted" : "";
}

uint64_t kan_unit(uint32_t unit_ns)
{
	return unit_ns == KAN_UNIT_DAY ? 86400 * UINT64_C(1000000000) : unit_ns ? unit_ns : 1;
}

/* Length of @s if it is printable ASCII that no quoting touches, else SIZE_MAX. */
static size_t simple_len(const char *s)
{
	size_t i = 0;

	for (; s[i] != '\0'; i++) {
		uint8_t c = (uint8_t)s[i];

		if (c < 0x20 || c >= 0x7f || c == '"' || c == '\\' || c == ',')
			return SIZE_MAX;
	}
	return i;
}

/* Printable text of @s through the quoting of a format. */
static void put_quoted(struct kan_buf *b, const char *s,
                       void (*quote)(struct kan_buf *out, const char *s))
{
	struct kan_buf text = { 0 };

	kan_escape_text(&text, s, strlen(s));
	if (text.failed)
		b->failed = true;
	else
		quote(b, text.data ? text.data : "");
	kan_buf_done(&text);
}

void kan_put_json(struct kan_buf *b, const char *s)
{
	size_t len = simple_len(s);

	if (len == SIZE_MAX) {
		put_quoted(b, s, kan_escape_json);
		return;
	}
	kan_buf_putc(b, '"');
	kan_buf_add(b, s, len);
	kan_buf_putc(b, '"');
}

void kan_put_csv(struct kan_buf *b, const char *s)
{
	if (simple_len(s) == SIZE_MAX)
		put_quoted(b, s, kan_escape_csv);
	else
		kan_escape_csv(b, s);
}

void kan_put_text(struct kan_buf *b, const char *s, const char *also)
{
	kan_escape_text_and(b, s, strlen(s), also);
}

/* @also and what has to be escaped in @s because of what can stand behind it. */
static const char *specials(char *out, const char *s, const char *also, bool has_streams)
{
	size_t n = strnlen(also, ALSO_MAX - 3);

	memcpy(out, also, n);
	if (has_streams && strchr(s, ':'))
		out[n++] = ':';
	if (strstr(s, "->"))
		out[n++] = '>';
	if (strstr(s, " (deleted") || strstr(s, " ($FILE_NAME"))
		out[n++] = '(';
	out[n] = '\0';
	return out;
}

void kan_put_name(struct kan_buf *b, const struct kan_file *file, const char *also)
{
	char all[ALSO_MAX + 1];
	bool has_streams = file->attr_type != 0 || file->stream[0] != '\0';

	kan_put_text(b, file->path, specials(all, file->path, also, has_streams));
	if (file->stream[0] == '\0')
		return;
	kan_buf_putc(b, ':');
	kan_put_text(b, file->stream, specials(all, file->stream, also, true));
}

void kan_put_link(struct kan_buf *b, const struct kan_file *file, const char *also)
{
	char all[ALSO_MAX + 1];

	if (file->link[0] == '\0')
		return;
	KAN_PUT(b, " -> ");
	kan_put_text(b, file->link, specials(all, file->link, also, false));
}

bool kan_put_digest(struct kan_buf *b, const struct kan_file *file, const struct kan_hash *algo)
{
	char hex[2 * KAN_DIGEST_MAX + 1];

	for (size_t i = 0; i < file->ndigests && i < KAN_HASHES_MAX; i++) {
		if (file->digests[i].algo != algo)
			continue;
		kan_hash_hex(hex, file->digests[i].bytes, algo->digest_len);
		kan_buf_puts(b, hex);
		return true;
	}
	return false;
}

/* Display width of a label: East Asian characters of the catalogue take two columns. */
static int width_of(const char *s)
{
	size_t len = strlen(s), i = 0;
	int width = 0;

	while (i < len) {
		uint32_t c = 0;
		size_t n = kan_utf8_len((const uint8_t *)s + i, len - i, &c);

		i += n ? n : 1;
		width += c >= 0x1100 ? 2 : 1;
	}
	return width;
}

void kan_put_label(struct kan_buf *b, const char *label)
{
	int pad = 16 - width_of(label);

	kan_buf_printf(b, "%s%*s ", label, pad > 0 ? pad : 0, "");
}
