/* SPDX-License-Identifier: MIT */
/*
 * text.c - the compressed texts of EWF: inflate, decode, cut into fields
 */
#include "image/ewf/text.h"

#include "core/cleanup.h"

#include <libdeflate.h>
#include <string.h>

bool kan_ewf_take(struct kan_ewf_text *out, struct kan_ewf_text *rest, char end)
{
	const char *p;

	if (!rest->s)
		return false;
	p = memchr(rest->s, end, rest->len);
	*out = (struct kan_ewf_text){ rest->s, p ? (size_t)(p - rest->s) : rest->len };
	*rest = p ? (struct kan_ewf_text){ p + 1, rest->len - out->len - 1 }
	          : (struct kan_ewf_text){ NULL, 0 };
	return true;
}

bool kan_ewf_take_line(struct kan_ewf_text *out, struct kan_ewf_text *rest)
{
	if (!kan_ewf_take(out, rest, '\n'))
		return false;
	if (out->len > 0 && out->s[out->len - 1] == '\r')
		out->len--;
	return true;
}

static void put_utf8(struct kan_buf *out, uint32_t c)
{
	if (c < 0x80) {
		kan_buf_putc(out, (char)c);
	} else if (c < 0x800) {
		kan_buf_putc(out, (char)(0xc0 | c >> 6));
		kan_buf_putc(out, (char)(0x80 | (c & 0x3f)));
	} else if (c < 0x10000) {
		kan_buf_putc(out, (char)(0xe0 | c >> 12));
		kan_buf_putc(out, (char)(0x80 | (c >> 6 & 0x3f)));
		kan_buf_putc(out, (char)(0x80 | (c & 0x3f)));
	} else {
		kan_buf_putc(out, (char)(0xf0 | c >> 18));
		kan_buf_putc(out, (char)(0x80 | (c >> 12 & 0x3f)));
		kan_buf_putc(out, (char)(0x80 | (c >> 6 & 0x3f)));
		kan_buf_putc(out, (char)(0x80 | (c & 0x3f)));
	}
}

static uint32_t unit_at(struct kan_view v, size_t pos, bool big)
{
	return big ? (uint32_t)(v.data[pos] << 8 | v.data[pos + 1])
	           : (uint32_t)(v.data[pos + 1] << 8 | v.data[pos]);
}

void kan_ewf_put_utf16(struct kan_buf *out, struct kan_view v)
{
	bool big = v.len >= 2 && v.data[0] == 0xfe && v.data[1] == 0xff;
	bool marked = big || (v.len >= 2 && v.data[0] == 0xff && v.data[1] == 0xfe);

	for (size_t i = marked ? 2 : 0; i + 1 < v.len; i += 2) {
		uint32_t c = unit_at(v, i, big);
		uint32_t low = i + 3 < v.len ? unit_at(v, i + 2, big) : 0;

		if (c >= 0xd800 && c < 0xdc00 && low >= 0xdc00 && low < 0xe000) {
			c = 0x10000 + ((c - 0xd800) << 10) + (low - 0xdc00);
			i += 2;
		} else if (c >= 0xd800 && c < 0xe000) {
			c = 0xfffd;
		}
		if (c == 0)
			return;
		put_utf8(out, c);
	}
}

int kan_ewf_inflate(struct kan_view v, uint8_t **out, size_t *out_len, struct kan_err *err)
{
	struct libdeflate_decompressor *d = libdeflate_alloc_decompressor();
	KAN_AUTO(mem) uint8_t *buf = NULL;
	enum libdeflate_result how = LIBDEFLATE_INSUFFICIENT_SPACE;
	size_t room = 16384;

	*out = NULL;
	for (; d && how == LIBDEFLATE_INSUFFICIENT_SPACE && room <= KAN_EWF_HEADER_MAX; room *= 4) {
		size_t used;

		free(buf);
		buf = malloc(room);
		if (!buf)
			break;
		how = libdeflate_zlib_decompress_ex(d, v.data, v.len, buf, room, &used, out_len);
	}
	libdeflate_free_decompressor(d);
	if (!d || !buf)
		return kan_fail(err, KAN_ENOMEM, "out of memory for a header");
	if (how == LIBDEFLATE_SUCCESS)
		*out = KAN_STEAL(buf);
	return KAN_OK;
}
