/* SPDX-License-Identifier: MIT */
/*
 * escape.c - printable text, and quoting for each format
 *
 * Whether a text is what kan_escape_text() makes of some bytes is decided by making
 * it again: "\\x41" and a bare control character read well and are still no output.
 */
#include "core/escape.h"

#include <string.h>

size_t kan_utf8_len(const uint8_t *s, size_t len, uint32_t *point)
{
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	size_t n = s[0] < 0x80       ? 1
	           : s[0] >> 5 == 6  ? 2
	           : s[0] >> 4 == 14 ? 3
	           : s[0] >> 3 == 30 ? 4
	                             : 0;
	uint32_t c;

	if (n == 0 || n > len)
		return 0;
	c = n == 1 ? s[0] : s[0] & (0x7fu >> n);
	for (size_t i = 1; i < n; i++) {
		if (s[i] >> 6 != 2)
			return 0;
		c = c << 6 | (s[i] & 0x3fu);
	}
	/* Overlong forms, surrogates and points past Unicode are not UTF-8 (RFC 3629, 3). */
	if (c < least[n] || c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff))
		return 0;
	*point = c;
	return n;
}

/* Points that are invisible or change how the rest of a line reads. */
static bool is_deceptive(uint32_t c)
{
	static const struct {
		uint32_t first, last;
	} ranges[] = {
		{ 0x80, 0x9f },       /* C1 controls */
		{ 0x61c, 0x61c },     /* Arabic letter mark */
		{ 0x200b, 0x200b },   /* zero width space */
		{ 0x200e, 0x200f },   /* direction marks */
		{ 0x2028, 0x202e },   /* separators, embeddings and overrides */
		{ 0x2060, 0x206f },   /* word joiner, isolates, other controls */
		{ 0xfdd0, 0xfdef },   /* noncharacters */
		{ 0xfeff, 0xfeff },   /* byte order mark */
		{ 0xfff9, 0xfffb },   /* interlinear annotations */
		{ 0xe0000, 0xe007f }, /* tags */
	};

	if (c < 0x80)
		return false;
	for (size_t i = 0; i < sizeof(ranges) / sizeof(ranges[0]); i++)
		if (c >= ranges[i].first && c <= ranges[i].last)
			return true;
	return (c & 0xfffe) == 0xfffe;
}

static bool is_plain_ascii(uint8_t c)
{
	return c >= 0x20 && c < 0x7f && c != '\\';
}

/* The @n bytes at @p are the code point @c, or one byte that is no UTF-8 if @n is 0. */
static void put_escaped(struct kan_buf *out, const uint8_t *p, size_t n, uint32_t c)
{
	if (n == 1 && c == '\\')
		kan_buf_add(out, "\\\\", 2);
	else if (n > 1 && c <= 0xffff)
		kan_buf_printf(out, "\\u%04x", c);
	else if (n > 1)
		kan_buf_printf(out, "\\U%08x", c);
	else
		kan_buf_printf(out, "\\x%02x", *p);
}

void kan_escape_text_and(struct kan_buf *out, const char *s, size_t len, const char *also)
{
	const uint8_t *p = (const uint8_t *)s;
	size_t plain = 0; /* bytes not yet written start here */
	size_t i = 0;

	while (i < len) {
		bool special = *also && p[i] < 0x80 && p[i] != '\0' && strchr(also, p[i]);
		uint32_t c = 0;
		size_t n = 0;

		if (!special && is_plain_ascii(p[i])) {
			i++;
			continue;
		}
		if (!special)
			n = kan_utf8_len(p + i, len - i, &c);
		if (n > 1 && !is_deceptive(c)) {
			i += n;
			continue;
		}
		kan_buf_add(out, s + plain, i - plain);
		put_escaped(out, p + i, n, c);
		i += n > 0 ? n : 1;
		plain = i;
	}
	kan_buf_add(out, s + plain, len - plain);
}

void kan_escape_text(struct kan_buf *out, const char *s, size_t len)
{
	kan_escape_text_and(out, s, len, "");
}

static bool read_hex(const char *s, size_t len, size_t digits, uint32_t *out)
{
	uint32_t v = 0;

	if (len < digits)
		return false;
	for (size_t i = 0; i < digits; i++) {
		const char *hex = "0123456789abcdef";
		const char *d = s[i] ? strchr(hex, s[i]) : NULL;

		if (!d)
			return false;
		v = v << 4 | (uint32_t)(d - hex);
	}
	*out = v;
	return true;
}

static void put_utf8(struct kan_buf *out, uint32_t c)
{
	if (c < 0x800) {
		kan_buf_putc(out, (char)(0xc0 | c >> 6));
	} else {
		if (c < 0x10000) {
			kan_buf_putc(out, (char)(0xe0 | c >> 12));
		} else {
			kan_buf_putc(out, (char)(0xf0 | c >> 18));
			kan_buf_putc(out, (char)(0x80 | (c >> 12 & 0x3f)));
		}
		kan_buf_putc(out, (char)(0x80 | (c >> 6 & 0x3f)));
	}
	kan_buf_putc(out, (char)(0x80 | (c & 0x3f)));
}

/* One escape at s[0], behind its backslash; returns its length, 0 if it is none. */
static size_t read_escape(struct kan_buf *out, const char *s, size_t len)
{
	uint32_t c = 0;

	if (len > 0 && s[0] == '\\') {
		kan_buf_putc(out, '\\');
		return 1;
	}
	if (len > 0 && s[0] == 'x' && read_hex(s + 1, len - 1, 2, &c)) {
		kan_buf_putc(out, (char)c);
		return 3;
	}
	if (len > 0 && s[0] == 'u' && read_hex(s + 1, len - 1, 4, &c) && c >= 0x80) {
		put_utf8(out, c);
		return 5;
	}
	if (len > 0 && s[0] == 'U' && read_hex(s + 1, len - 1, 8, &c) && c > 0xffff &&
	    c <= 0x10ffff) {
		put_utf8(out, c);
		return 9;
	}
	return 0;
}

/* True if @out from @start printed gives @s again; lack of memory is marked in @out. */
static bool prints_as(struct kan_buf *out, size_t start, const char *s, size_t len)
{
	struct kan_buf again = { 0 };
	bool same;

	kan_escape_text(&again, out->data ? out->data + start : "", out->len - start);
	out->failed = again.failed;
	same = !again.failed && again.len == len && (len == 0 || memcmp(again.data, s, len) == 0);
	kan_buf_done(&again);
	return same;
}

static void cut(struct kan_buf *b, size_t len)
{
	b->len = len;
	if (b->data)
		b->data[len] = '\0';
}

bool kan_unescape_text(struct kan_buf *out, const char *s, size_t len)
{
	size_t start = out->len, i = 0;

	while (i < len) {
		size_t plain = i;
		size_t n;

		while (i < len && s[i] != '\\')
			i++;
		kan_buf_add(out, s + plain, i - plain);
		if (i == len)
			break;
		n = read_escape(out, s + i + 1, len - i - 1);
		if (n == 0) {
			cut(out, start);
			return false;
		}
		i += 1 + n;
	}
	if (out->failed) {
		cut(out, start);
		return false;
	}
	if (prints_as(out, start, s, len))
		return true;
	cut(out, start);
	return false;
}

void kan_escape_json(struct kan_buf *out, const char *s)
{
	size_t plain = 0, i = 0;

	kan_buf_putc(out, '"');
	for (; s[i]; i++) {
		uint8_t c = (uint8_t)s[i];

		if (c >= 0x20 && c != '"' && c != '\\')
			continue;
		kan_buf_add(out, s + plain, i - plain);
		if (c == '"' || c == '\\')
			kan_buf_printf(out, "\\%c", c);
		else
			kan_buf_printf(out, "\\u%04x", c);
		plain = i + 1;
	}
	kan_buf_add(out, s + plain, i - plain);
	kan_buf_putc(out, '"');
}

/* Spreadsheets of Japanese systems take full-width signs for formulas too. */
static bool begins_like_formula(const char *s)
{
	static const char *const wide[] = { "\xef\xbc\x9d", "\xef\xbc\x8b", "\xef\xbc\x8d",
		                            "\xef\xbc\xa0" };

	if (s[0] != '\0' && strchr("=+-@'", s[0]))
		return true;
	for (size_t i = 0; i < sizeof(wide) / sizeof(wide[0]); i++)
		if (strncmp(s, wide[i], 3) == 0)
			return true;
	return false;
}

void kan_escape_csv(struct kan_buf *out, const char *s)
{
	bool quote = s[strcspn(s, ",\"\r\n")] != '\0';
	size_t plain = 0, i = 0;

	if (quote)
		kan_buf_putc(out, '"');
	if (begins_like_formula(s))
		kan_buf_putc(out, '\'');
	for (; s[i]; i++) {
		if (s[i] != '"')
			continue;
		kan_buf_add(out, s + plain, i + 1 - plain);
		plain = i; /* the quote once more */
	}
	kan_buf_add(out, s + plain, i - plain);
	if (quote)
		kan_buf_putc(out, '"');
}

void kan_escape_html(struct kan_buf *out, const char *s)
{
	for (; *s; s++) {
		switch (*s) {
		case '&':
			kan_buf_puts(out, "&amp;");
			break;
		case '<':
			kan_buf_puts(out, "&lt;");
			break;
		case '>':
			kan_buf_puts(out, "&gt;");
			break;
		case '"':
			kan_buf_puts(out, "&quot;");
			break;
		case '\'':
			kan_buf_puts(out, "&#39;");
			break;
		default:
			kan_buf_putc(out, *s);
		}
	}
}
