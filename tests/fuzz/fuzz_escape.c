/* SPDX-License-Identifier: MIT */
/*
 * fuzz_escape.c - any bytes print as text that comes back; any text is undone or refused
 */
#include "core/escape.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void require(bool condition)
{
	if (!condition)
		abort();
}

static const char *text_of(const struct kan_buf *b)
{
	return b->data ? b->data : "";
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct kan_buf text = { 0 }, back = { 0 }, raw = { 0 }, again = { 0 }, quoted = { 0 };

	kan_escape_text(&text, (const char *)data, len);
	require(kan_unescape_text(&back, text_of(&text), text.len));
	require(back.len == len && (len == 0 || memcmp(back.data, data, len) == 0));
	for (size_t i = 0; i < text.len; i++)
		require((uint8_t)text.data[i] >= 0x20 && text.data[i] != 0x7f);
	kan_escape_json(&quoted, text_of(&text));
	kan_escape_csv(&quoted, text_of(&text));
	kan_escape_html(&quoted, text_of(&text));
	/* The input as text: what is accepted prints as exactly itself. */
	if (kan_unescape_text(&raw, (const char *)data, len)) {
		kan_escape_text(&again, text_of(&raw), raw.len);
		require(again.len == len && (len == 0 || memcmp(again.data, data, len) == 0));
	}
	kan_buf_done(&text);
	kan_buf_done(&back);
	kan_buf_done(&raw);
	kan_buf_done(&again);
	kan_buf_done(&quoted);
	return 0;
}
