/* SPDX-License-Identifier: MIT */
/*
 * parts.c - labels of text and members of JSON
 */
#include "report/parts.h"

#include "core/cleanup.h"
#include "core/escape.h"

#include <string.h>

enum { LABEL_WIDTH = 16 }; /* columns */

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

void kan_part_label(struct kan_buf *out, const char *label)
{
	int pad = LABEL_WIDTH - width_of(label);

	kan_buf_printf(out, "%s%*s ", label, pad > 0 ? pad : 0, "");
}

void kan_part_text(struct kan_buf *out, const char *s)
{
	kan_escape_text(out, s, strlen(s));
}

void kan_part_member(struct kan_buf *out, bool first, const char *key, const char *text)
{
	KAN_DEFER(kan_buf_done) struct kan_buf printable = { 0 };

	kan_escape_text(&printable, text, strlen(text));
	out->failed |= printable.failed;
	kan_buf_printf(out, "%s\"%s\":", first ? "" : ",", key);
	kan_escape_json(out, printable.data ? printable.data : "");
}

void kan_part_number(struct kan_buf *out, const char *key, uint64_t v)
{
	kan_buf_printf(out, ",\"%s\":%llu", key, (unsigned long long)v);
}

const char *kan_part_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}
