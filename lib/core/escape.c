/* SPDX-License-Identifier: MIT */
/*
 * escape.c - printable text, and quoting for each format
 */
#include "core/escape.h"

#include <string.h>

size_t kan_utf8_len(const uint8_t *s, size_t len, uint32_t *point)
{
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	size_t n = s[0] < 0x80 ? 1 : s[0] >> 5 == 6 ? 2 : s[0] >> 4 == 14 ? 3 : s[0] >> 3 == 30 ? 4 : 0;
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
	return (c >= 0x80 && c < 0xa0) || c == 0x061c || (c >= 0x200e && c <= 0x200f) ||
	       (c >= 0x2028 && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069) || c == 0xfeff ||
	       (c & 0xfffe) == 0xfffe;
}

void kan_escape_text(struct kan_buf *out, const char *s, size_t len)
{
	const uint8_t *p = (const uint8_t *)s;
	size_t plain = 0; /* bytes before p + i not yet written start here */
	size_t i = 0;

	while (i < len) {
		uint32_t c = 0;
		size_t n = kan_utf8_len(p + i, len - i, &c);

		if (n > 0 && c >= 0x20 && c != 0x7f && c != '\\' && !is_deceptive(c)) {
			i += n;
			continue;
		}
		kan_buf_add(out, s + plain, i - plain);
		if (n > 0 && c == '\\')
			kan_buf_puts(out, "\\\\");
		else if (n > 1 && c <= 0xffff)
			kan_buf_printf(out, "\\u%04x", c);
		else if (n > 1)
			kan_buf_printf(out, "\\U%08x", c);
		else
			kan_buf_printf(out, "\\x%02x", p[i]);
		i += n > 0 ? n : 1;
		plain = i;
	}
	kan_buf_add(out, s + plain, len - plain);
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

bool kan_unescape_text(struct kan_buf *out, const char *s, size_t len)
{
	size_t i = 0;

	while (i < len) {
		uint32_t c = 0;

		if (s[i] != '\\') {
			kan_buf_putc(out, s[i++]);
			continue;
		}
		if (++i == len)
			return false;
		if (s[i] == '\\') {
			kan_buf_putc(out, '\\');
			i += 1;
		} else if (s[i] == 'x' && read_hex(s + i + 1, len - i - 1, 2, &c)) {
			kan_buf_putc(out, (char)c);
			i += 3;
		} else if (s[i] == 'u' && read_hex(s + i + 1, len - i - 1, 4, &c)) {
			put_utf8(out, c);
			i += 5;
		} else if (s[i] == 'U' && read_hex(s + i + 1, len - i - 1, 8, &c)) {
			put_utf8(out, c);
			i += 9;
		} else {
			return false;
		}
	}
	return true;
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

void kan_escape_csv(struct kan_buf *out, const char *s)
{
	bool guard = s[0] != '\0' && strchr("=+-@'", s[0]);
	bool quote = strpbrk(s, ",\"\r\n") != NULL;

	if (quote)
		kan_buf_putc(out, '"');
	if (guard)
		kan_buf_putc(out, '\'');
	for (size_t i = 0; s[i]; i++) {
		if (s[i] == '"')
			kan_buf_putc(out, '"');
		kan_buf_putc(out, s[i]);
	}
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
