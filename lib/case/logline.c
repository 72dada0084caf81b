/* SPDX-License-Identifier: MIT */
/*
 * logline.c - one line of the log
 *
 * To be sure that a line is canonical, it is read with the strict JSON reader,
 * written again from what was read, and compared: spaces, other escapes, another
 * order or other forms of a number do not come out the same.
 */
#include "case/logline.h"

#include "case/drops.h"
#include "core/escape.h"
#include "core/json.h"
#include "core/utc.h"

#include <inttypes.h>
#include <string.h>

/* The keys that every line begins with; "prev" ends it. */
static const char *const fixed[] = { "seq", "time", "host", "user", "event" };
enum { SEQ, TIME, HOST, USER, EVENT, NFIXED };

/* A line being taken apart. */
struct parts {
	struct kan_json json;
	struct kan_buf again; /* the line as we would write it */
	struct kan_buf keys;  /* each with a space before and behind */
	size_t n;             /* members so far */
};

static void drop_parts(struct parts *p)
{
	kan_json_done(&p->json);
	kan_buf_done(&p->again);
	kan_buf_done(&p->keys);
}

bool kan_logline_is_word(const char *s)
{
	static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				      "0123456789_.:-";
	size_t len = strlen(s);

	return len > 0 && len <= KAN_CASE_WORD_MAX && strspn(s, allowed) == len;
}

/* ,"key":"text" */
static void put_member(struct kan_buf *out, const char *key, const char *text)
{
	kan_buf_printf(out, ",\"%s\":", key);
	kan_escape_json(out, text);
}

static bool is_fixed(const char *key)
{
	for (size_t i = 0; i < NFIXED; i++)
		if (strcmp(fixed[i], key) == 0)
			return true;
	return strcmp(key, "prev") == 0;
}

static int check_fields(const struct kan_case_field *fields, size_t n, struct kan_err *err)
{
	if (n > KAN_CASE_FIELDS_MAX)
		return kan_fail(err, KAN_EARG, "log: more than %u fields", KAN_CASE_FIELDS_MAX);
	for (size_t i = 0; i < n; i++) {
		if (!kan_logline_is_word(fields[i].key) || is_fixed(fields[i].key))
			return kan_fail(err, KAN_EARG, "log: no key for a field: %.80s",
			                fields[i].key);
		for (size_t k = 0; k < i; k++)
			if (strcmp(fields[k].key, fields[i].key) == 0)
				return kan_fail(err, KAN_EARG, "log: key twice: %s", fields[i].key);
	}
	return KAN_OK;
}

int kan_logline_write(struct kan_buf *out, const struct kan_logline *line,
                      const struct kan_case_field *fields, size_t n, struct kan_err *err)
{
	KAN_AUTO(buf) struct kan_buf text = { 0 };
	size_t start = out->len;
	int rc = check_fields(fields, n, err);

	if (rc != KAN_OK)
		return rc;
	if (!kan_logline_is_word(line->event))
		return kan_fail(err, KAN_EARG, "log: no name of an event: %.80s", line->event);
	kan_buf_printf(out, "{\"seq\":%" PRIu64, line->seq);
	put_member(out, "time", line->time);
	put_member(out, "host", line->host);
	put_member(out, "user", line->user);
	put_member(out, "event", line->event);
	for (size_t i = 0; i < n; i++) {
		kan_buf_reset(&text);
		kan_escape_text(&text, fields[i].value, strlen(fields[i].value));
		put_member(out, fields[i].key, text.data ? text.data : "");
	}
	put_member(out, "prev", line->prev);
	kan_buf_puts(out, "}\n");
	if (out->len - start > KAN_CASE_LINE_MAX)
		return kan_fail(err, KAN_ELIMIT, "log: line of more than %u bytes",
		                KAN_CASE_LINE_MAX);
	out->failed = out->failed || text.failed;
	return kan_buf_check(out, err);
}

/* Text that kan_escape_text() could have made, and that holds no NUL. */
static int check_printable(const struct kan_buf *text, struct kan_err *err)
{
	KAN_AUTO(buf) struct kan_buf raw = { 0 };
	bool good;

	if (memchr(text->data, '\0', text->len))
		return kan_fail(err, KAN_EFORMAT, "a value holds a NUL");
	good = kan_unescape_text(&raw, text->data, text->len);
	if (raw.failed)
		return kan_buf_check(&raw, err);
	return good ? KAN_OK : kan_fail(err, KAN_EFORMAT, "a value is not printable text");
}

static int take_seq(struct kan_logline_read *out, const char *text, struct kan_err *err)
{
	uint64_t v = 0;

	for (; *text >= '0' && *text <= '9'; text++)
		if (__builtin_mul_overflow(v, 10u, &v) ||
		    __builtin_add_overflow(v, (uint64_t)(*text - '0'), &v))
			return kan_fail(err, KAN_EFORMAT, "seq is too large");
	if (*text != '\0')
		return kan_fail(err, KAN_EFORMAT, "seq is no whole number");
	out->seq = v;
	return KAN_OK;
}

static int take_time(struct kan_logline_read *out, const char *text, struct kan_err *err)
{
	char again[KAN_UTC_LEN];

	if (!kan_utc_parse(&out->time_ns, text) ||
	    strcmp(kan_utc_format(again, out->time_ns, KAN_CASE_CLOCK_NS, true), text) != 0)
		return kan_fail(err, KAN_EFORMAT, "time is not in the form of the log");
	return KAN_OK;
}

static int take_prev(struct kan_logline_read *out, const char *text, struct kan_err *err)
{
	if (strlen(text) != KAN_SHA256_HEX - 1 ||
	    strspn(text, "0123456789abcdef") != KAN_SHA256_HEX - 1)
		return kan_fail(err, KAN_EFORMAT, "prev is no sha256");
	memcpy(out->prev, text, KAN_SHA256_HEX);
	return KAN_OK;
}

static int take_event(struct kan_logline_read *out, const char *text, struct kan_err *err)
{
	if (!kan_logline_is_word(text))
		return kan_fail(err, KAN_EFORMAT, "event is no name of an event");
	memcpy(out->event, text, strlen(text) + 1);
	return KAN_OK;
}

/* The value of @key is in p->json.text. */
static int take_value(struct parts *p, struct kan_logline_read *out, const char *key,
                      struct kan_err *err)
{
	const char *text = p->json.text.data;
	int rc;

	if (p->n == SEQ) {
		kan_buf_printf(&p->again, "{\"seq\":%s", text);
		return take_seq(out, text, err);
	}
	rc = check_printable(&p->json.text, err);
	if (rc != KAN_OK)
		return rc;
	put_member(&p->again, key, text);
	if (p->n == TIME)
		return take_time(out, text, err);
	if (p->n == EVENT)
		return take_event(out, text, err);
	return strcmp(key, "prev") == 0 ? take_prev(out, text, err) : KAN_OK;
}

/* Keys come in their order, and none comes twice. */
static int check_key(struct parts *p, const char *key, struct kan_err *err)
{
	KAN_AUTO(buf) struct kan_buf spaced = { 0 };
	bool twice;

	if (p->n < NFIXED && strcmp(key, fixed[p->n]) != 0)
		return kan_fail(err, KAN_EFORMAT, "\"%s\" is not where it must be", fixed[p->n]);
	if (!kan_logline_is_word(key))
		return kan_fail(err, KAN_EFORMAT, "a key is no word");
	kan_buf_printf(&spaced, " %s ", key);
	twice = p->keys.data && spaced.data && strstr(p->keys.data, spaced.data);
	kan_buf_puts(&p->keys, spaced.data ? spaced.data : "");
	if (spaced.failed || p->keys.failed)
		return kan_fail(err, KAN_ENOMEM, "out of memory for a line of the log");
	return twice ? kan_fail(err, KAN_EFORMAT, "key \"%s\" comes twice", key) : KAN_OK;
}

/* One member whose key is in p->json.text; *@last is set behind "prev". */
static int take_member(struct parts *p, struct kan_logline_read *out, bool *last,
                       struct kan_err *err)
{
	char key[KAN_CASE_WORD_MAX + 1];
	enum kan_json_kind kind = KAN_JSON_END;
	int rc = check_key(p, p->json.text.data, err);

	if (rc != KAN_OK)
		return rc;
	memcpy(key, p->json.text.data, strlen(p->json.text.data) + 1);
	rc = kan_json_next(&p->json, &kind, err);
	if (rc != KAN_OK)
		return rc;
	if (kind != (p->n == SEQ ? KAN_JSON_NUMBER : KAN_JSON_STRING))
		return kan_fail(err, KAN_EFORMAT, "\"%s\" is of the wrong type", key);
	rc = take_value(p, out, key, err);
	p->n++;
	*last = strcmp(key, "prev") == 0;
	return rc;
}

static int take_members(struct parts *p, struct kan_logline_read *out, struct kan_err *err)
{
	enum kan_json_kind kind = KAN_JSON_END;
	bool last = false;
	int rc = kan_json_next(&p->json, &kind, err);

	if (rc == KAN_OK && kind != KAN_JSON_OBJECT)
		return kan_fail(err, KAN_EFORMAT, "not an object");
	while (rc == KAN_OK) {
		rc = kan_json_next(&p->json, &kind, err);
		if (rc != KAN_OK || kind == KAN_JSON_OBJECT_END)
			break;
		if (last || p->n > NFIXED + KAN_CASE_FIELDS_MAX)
			return kan_fail(err, KAN_EFORMAT, "fields behind \"prev\", or too many");
		rc = take_member(p, out, &last, err);
	}
	if (rc == KAN_OK && !last)
		return kan_fail(err, KAN_EFORMAT, "no \"prev\" at the end");
	return rc == KAN_OK ? kan_json_next(&p->json, &kind, err) : rc;
}

int kan_logline_parse(struct kan_logline_read *out, const char *line, size_t len,
                      struct kan_err *err)
{
	__attribute__((cleanup(drop_parts))) struct parts p = {
		.json.in = { (const uint8_t *)line, len },
	};
	struct kan_logline_read got = { 0 };
	int rc = take_members(&p, &got, err);

	if (rc != KAN_OK)
		return rc;
	kan_buf_putc(&p.again, '}');
	if (p.again.failed)
		return kan_buf_check(&p.again, err);
	if (p.again.len != len || memcmp(p.again.data, line, len) != 0)
		return kan_fail(err, KAN_EFORMAT, "not in canonical form");
	*out = got;
	return KAN_OK;
}
