/* SPDX-License-Identifier: MIT */
/*
 * json.c - a strict JSON reader
 *
 * A machine with one state, `expect`, and a stack of one bit for each open
 * container.  A key is read together with its colon, so that a token never ends
 * between them.  Numbers are checked against the grammar and kept as text: what
 * they mean is for the caller to say.
 */
#include "core/json.h"

#include "core/escape.h"

#include <string.h>

enum {
	EXPECT_VALUE,
	EXPECT_VALUE_OR_END, /* behind "[" */
	EXPECT_KEY_OR_END,   /* behind "{" */
	EXPECT_COMMA_OR_END, /* behind a value inside a container */
	EXPECT_NOTHING,
	EXPECT_FAILED,
};

static int fail(struct kan_json *j, struct kan_err *err, const char *what)
{
	int rc = kan_fail(err, KAN_EFORMAT, "byte %zu: %s", j->pos, what);

	if (err)
		err->offset = j->pos;
	j->expect = EXPECT_FAILED;
	return rc;
}

/* The next byte, or 0 at the end; a NUL in the text is an error everywhere. */
static uint8_t peek(const struct kan_json *j)
{
	return j->pos < j->in.len ? j->in.data[j->pos] : 0;
}

static void skip_space(struct kan_json *j)
{
	while (j->pos < j->in.len && memchr(" \t\n\r", j->in.data[j->pos], 4))
		j->pos++;
}

static bool take_hex4(struct kan_json *j, uint32_t *out)
{
	uint32_t v = 0;

	for (int i = 0; i < 4; i++, j->pos++) {
		uint8_t c = peek(j);

		if (c >= '0' && c <= '9')
			v = v << 4 | (uint32_t)(c - '0');
		else if ((c | 0x20) >= 'a' && (c | 0x20) <= 'f')
			v = v << 4 | (uint32_t)((c | 0x20) - 'a' + 10);
		else
			return false;
	}
	*out = v;
	return true;
}

static void put_utf8(struct kan_buf *b, uint32_t c)
{
	static const uint8_t mark[] = { 0, 0, 0xc0, 0xe0, 0xf0 };
	size_t n = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
	char raw[4];

	for (size_t i = n - 1; i > 0; i--, c >>= 6)
		raw[i] = (char)(0x80 | (c & 0x3f));
	raw[0] = (char)(mark[n] | c);
	kan_buf_add(b, raw, n);
}

/* Behind "\u": one unit, or two that make a point outside the basic plane. */
static bool take_unicode(struct kan_json *j)
{
	uint32_t c, low;

	if (!take_hex4(j, &c) || (c >= 0xdc00 && c <= 0xdfff))
		return false;
	if (c >= 0xd800 && c <= 0xdbff) {
		if (j->in.len - j->pos < 6 || memcmp(j->in.data + j->pos, "\\u", 2) != 0)
			return false;
		j->pos += 2;
		if (!take_hex4(j, &low) || low < 0xdc00 || low > 0xdfff)
			return false;
		c = 0x10000 + ((c - 0xd800) << 10) + (low - 0xdc00);
	}
	put_utf8(&j->text, c);
	return true;
}

static bool take_escape(struct kan_json *j)
{
	static const char letters[] = "\"\\/bfnrt";
	static const char meant[] = "\"\\/\b\f\n\r\t";
	uint8_t c = peek(j);
	const char *p = c ? strchr(letters, c) : NULL;

	if (c != '\0')
		j->pos++;
	if (c == 'u')
		return take_unicode(j);
	if (p)
		kan_buf_putc(&j->text, meant[p - letters]);
	return p != NULL;
}

/* From the opening quote to behind the closing one; decoded into j->text. */
static int take_string(struct kan_json *j, struct kan_err *err)
{
	kan_buf_reset(&j->text);
	kan_buf_add(&j->text, "", 0);
	for (j->pos++; peek(j) != '"';) {
		const uint8_t *p = j->in.data + j->pos;
		uint32_t point;
		size_t n;

		if (j->pos == j->in.len)
			return fail(j, err, "string without an end");
		if (*p == '\\') {
			j->pos++;
			if (!take_escape(j))
				return fail(j, err, "bad escape in a string");
			continue;
		}
		n = kan_utf8_len(p, j->in.len - j->pos, &point);
		if (n == 0 || point < 0x20)
			return fail(j, err, "bad byte in a string");
		kan_buf_add(&j->text, p, n);
		j->pos += n;
	}
	j->pos++;
	return kan_buf_check(&j->text, err);
}

static bool take_digits(struct kan_json *j)
{
	size_t start = j->pos;

	while (peek(j) >= '0' && peek(j) <= '9')
		j->pos++;
	return j->pos > start;
}

static bool take_number(struct kan_json *j)
{
	if (peek(j) == '-')
		j->pos++;
	if (peek(j) == '0')
		j->pos++;
	else if (!take_digits(j))
		return false;
	if (peek(j) == '.') {
		j->pos++;
		if (!take_digits(j))
			return false;
	}
	if ((peek(j) | 0x20) == 'e') {
		j->pos++;
		if (peek(j) == '+' || peek(j) == '-')
			j->pos++;
		return take_digits(j);
	}
	return true;
}

static int take_scalar(struct kan_json *j, enum kan_json_kind *out, struct kan_err *err)
{
	static const struct {
		const char *word;
		enum kan_json_kind kind;
	} words[] = { { "true", KAN_JSON_TRUE },
		      { "false", KAN_JSON_FALSE },
		      { "null", KAN_JSON_NULL } };
	size_t start = j->pos;

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		size_t len = strlen(words[i].word);

		if (j->in.len - j->pos < len ||
		    memcmp(j->in.data + j->pos, words[i].word, len) != 0)
			continue;
		j->pos += len;
		*out = words[i].kind;
		return KAN_OK;
	}
	if (!take_number(j))
		return fail(j, err, "no value here");
	kan_buf_reset(&j->text);
	kan_buf_add(&j->text, j->in.data + start, j->pos - start);
	*out = KAN_JSON_NUMBER;
	return kan_buf_check(&j->text, err);
}

static int open_container(struct kan_json *j, enum kan_json_kind *out, struct kan_err *err)
{
	bool object = peek(j) == '{';

	if (j->depth == KAN_JSON_DEPTH_MAX) {
		j->expect = EXPECT_FAILED;
		return kan_fail(err, KAN_ELIMIT, "byte %zu: deeper than %u", j->pos,
		                KAN_JSON_DEPTH_MAX);
	}
	j->pos++;
	j->in_object[j->depth++] = object;
	j->expect = object ? EXPECT_KEY_OR_END : EXPECT_VALUE_OR_END;
	*out = object ? KAN_JSON_OBJECT : KAN_JSON_ARRAY;
	return KAN_OK;
}

static void value_done(struct kan_json *j)
{
	j->expect = j->depth > 0 ? EXPECT_COMMA_OR_END : EXPECT_NOTHING;
}

static int take_value(struct kan_json *j, enum kan_json_kind *out, struct kan_err *err)
{
	int rc;

	if (peek(j) == '{' || peek(j) == '[')
		return open_container(j, out, err);
	value_done(j);
	if (peek(j) != '"')
		return take_scalar(j, out, err);
	rc = take_string(j, err);
	if (rc == KAN_OK)
		*out = KAN_JSON_STRING;
	return rc;
}

static int take_key(struct kan_json *j, enum kan_json_kind *out, struct kan_err *err)
{
	int rc;

	if (peek(j) != '"')
		return fail(j, err, "no key here");
	rc = take_string(j, err);
	if (rc != KAN_OK)
		return rc;
	skip_space(j);
	if (peek(j) != ':')
		return fail(j, err, "no colon behind a key");
	j->pos++;
	j->expect = EXPECT_VALUE;
	*out = KAN_JSON_KEY;
	return KAN_OK;
}

/* True, and the token taken, if the innermost container ends here. */
static bool take_end(struct kan_json *j, enum kan_json_kind *out)
{
	bool object = j->in_object[j->depth - 1];

	if (peek(j) != (object ? '}' : ']'))
		return false;
	j->pos++;
	j->depth--;
	value_done(j);
	*out = object ? KAN_JSON_OBJECT_END : KAN_JSON_ARRAY_END;
	return true;
}

int kan_json_next(struct kan_json *j, enum kan_json_kind *out, struct kan_err *err)
{
	skip_space(j);
	switch (j->expect) {
	case EXPECT_VALUE:
		return take_value(j, out, err);
	case EXPECT_VALUE_OR_END:
		return take_end(j, out) ? KAN_OK : take_value(j, out, err);
	case EXPECT_KEY_OR_END:
		return take_end(j, out) ? KAN_OK : take_key(j, out, err);
	case EXPECT_COMMA_OR_END:
		if (take_end(j, out))
			return KAN_OK;
		if (peek(j) != ',')
			return fail(j, err, "neither comma nor end");
		j->pos++;
		skip_space(j);
		return j->in_object[j->depth - 1] ? take_key(j, out, err) : take_value(j, out, err);
	case EXPECT_NOTHING:
		if (j->pos < j->in.len)
			return fail(j, err, "something behind the value");
		*out = KAN_JSON_END;
		return KAN_OK;
	default:
		return fail(j, err, "no JSON");
	}
}

void kan_json_done(struct kan_json *j)
{
	kan_buf_done(&j->text);
}
