/* SPDX-License-Identifier: MIT */
/*
 * record_read.c - the record of an acquisition, read as strictly as it was written
 *
 * The tables of form.h say which member comes next and of what type it is.  What was
 * read is checked for sense and then written again: any text that differs from the one
 * that a writer of ours makes is refused, so that nothing can stand in a record that
 * the reader did not see.
 */
#include "core/cleanup.h"
#include "core/escape.h"
#include "core/json.h"
#include "record/check.h"
#include "record/form.h"

#include <inttypes.h>
#include <string.h>

static void drop_json(struct kan_json *j)
{
	kan_json_done(j);
}

static int next(struct kan_json *j, enum kan_json_kind *kind, struct kan_err *err)
{
	*kind = KAN_JSON_END;
	return kan_json_next(j, kind, err);
}

/* The next token must be @want: the value of @key. */
static int expect(struct kan_json *j, enum kan_json_kind want, const char *key, struct kan_err *err)
{
	enum kan_json_kind kind;
	int rc = next(j, &kind, err);

	if (rc == KAN_OK && kind != want)
		return kan_fail(err, KAN_EFORMAT, "\"%s\" is of the wrong type", key);
	return rc;
}

/* The string that was read, as the bytes that were written. */
static int take_bytes(struct kan_buf *out, const struct kan_json *j, const char *key,
                      struct kan_err *err)
{
	bool good = kan_unescape_text(out, j->text.data, j->text.len);

	if (out->failed)
		return kan_buf_check(out, err);
	if (!good || memchr(j->text.data, '\0', j->text.len) ||
	    (out->len > 0 && memchr(out->data, '\0', out->len)))
		return kan_fail(err, KAN_EFORMAT, "\"%s\" is not printable text", key);
	if (out->len > KAN_RECORD_TEXT_MAX)
		return kan_fail(err, KAN_ELIMIT, "\"%s\" is longer than %u bytes", key,
		                KAN_RECORD_TEXT_MAX);
	return KAN_OK;
}

static int take_text(struct kan_json *j, char **place, const char *key, struct kan_err *err)
{
	KAN_DEFER(kan_buf_done) struct kan_buf bytes = { 0 };
	char *text;
	int rc = take_bytes(&bytes, j, key, err);

	if (rc != KAN_OK)
		return rc;
	text = strdup(bytes.data ? bytes.data : "");
	if (!text)
		return kan_fail(err, KAN_ENOMEM, "out of memory for a record");
	*place = text;
	return KAN_OK;
}

static int take_chars(struct kan_json *j, char *place, const struct kan_form_member *m,
                      struct kan_err *err)
{
	KAN_DEFER(kan_buf_done) struct kan_buf bytes = { 0 };
	int rc = take_bytes(&bytes, j, m->key, err);

	if (rc == KAN_OK && bytes.len >= m->room)
		return kan_fail(err, KAN_EFORMAT, "\"%s\" is too long", m->key);
	if (rc == KAN_OK && bytes.len > 0)
		memcpy(place, bytes.data, bytes.len);
	return rc;
}

static int take_number(struct kan_json *j, uint64_t max, uint64_t *out, const char *key,
                       struct kan_err *err)
{
	const char *p = j->text.data;
	uint64_t v = 0;

	for (; *p >= '0' && *p <= '9'; p++)
		if (__builtin_mul_overflow(v, 10u, &v) ||
		    __builtin_add_overflow(v, (uint64_t)(*p - '0'), &v))
			return kan_fail(err, KAN_EFORMAT, "\"%s\" is too large", key);
	if (*p != '\0')
		return kan_fail(err, KAN_EFORMAT, "\"%s\" is no whole number", key);
	if (v > max)
		return kan_fail(err, KAN_EFORMAT, "\"%s\" is too large", key);
	*out = v;
	return KAN_OK;
}

static int take_scalar(struct kan_json *j, char *place, const struct kan_form_member *m,
                       struct kan_err *err)
{
	bool number = m->form == KAN_FORM_U32 || m->form == KAN_FORM_U64;
	char *text = NULL;
	uint64_t v = 0;
	uint32_t v32;
	int rc = expect(j, number ? KAN_JSON_NUMBER : KAN_JSON_STRING, m->key, err);

	if (rc != KAN_OK)
		return rc;
	if (m->form == KAN_FORM_FIXED)
		return strcmp(j->text.data, m->fixed) == 0
		               ? KAN_OK
		               : kan_fail(err, KAN_EFORMAT, "\"%s\" is not \"%s\"", m->key,
		                          m->fixed);
	if (m->form == KAN_FORM_CHARS)
		return take_chars(j, place, m, err);
	if (!number) {
		rc = take_text(j, &text, m->key, err);
		memcpy(place, &text, sizeof(text));
		return rc;
	}
	rc = take_number(j, m->form == KAN_FORM_U32 ? UINT32_MAX : UINT64_MAX, &v, m->key, err);
	v32 = (uint32_t)v;
	if (m->form == KAN_FORM_U32)
		memcpy(place, &v32, sizeof(v32));
	else
		memcpy(place, &v, sizeof(v));
	return rc;
}

/* Why the key that was read is not number @at of @o. */
static int fail_key(const struct kan_json *j, const struct kan_form_object *o, size_t at,
                    struct kan_err *err)
{
	const char *key = j->text.data;

	for (size_t i = 0; i < o->n; i++) {
		if (strcmp(o->members[i].key, key) != 0)
			continue;
		return i < at ? kan_fail(err, KAN_EFORMAT, "key \"%s\" comes twice", key)
		              : kan_fail(err, KAN_EFORMAT, "\"%s\" is not where it must be",
		                         o->members[at].key);
	}
	if (!kan_record_is_word(key))
		return kan_fail(err, KAN_EFORMAT, "a key is no word");
	return kan_fail(err, KAN_EFORMAT, "unknown key \"%s\"", key);
}

/* Member @at of @o has its key read; behind the last one comes the end. */
static int take_key(struct kan_json *j, const struct kan_form_object *o, size_t at,
                    struct kan_err *err)
{
	enum kan_json_kind kind;
	int rc = next(j, &kind, err);

	if (rc != KAN_OK)
		return rc;
	if (kind == KAN_JSON_OBJECT_END)
		return at == o->n ? KAN_OK
		                  : kan_fail(err, KAN_EFORMAT, "\"%s\" is missing",
		                             o->members[at].key);
	if (at == o->n || strcmp(j->text.data, o->members[at].key) != 0)
		return fail_key(j, o, at, err);
	return KAN_OK;
}

static int take_values(struct kan_json *j, struct kan_record_values *v, const char *group,
                       struct kan_err *err)
{
	int rc = expect(j, KAN_JSON_OBJECT, group, err);

	while (rc == KAN_OK) {
		KAN_DEFER(kan_buf_done) struct kan_buf value = { 0 };
		char name[81] = "";
		enum kan_json_kind kind;

		rc = next(j, &kind, err);
		if (rc != KAN_OK || kind == KAN_JSON_OBJECT_END)
			break;
		if (j->text.len >= sizeof(name) || !kan_record_is_word(j->text.data))
			return kan_fail(err, KAN_EFORMAT, "\"%s\": a key is no word", group);
		memcpy(name, j->text.data, j->text.len);
		rc = expect(j, KAN_JSON_STRING, name, err);
		if (rc == KAN_OK)
			rc = take_bytes(&value, j, name, err);
		if (rc == KAN_OK)
			rc = kan_record_value(v, name, value.data ? value.data : "", err);
		if (rc == KAN_EARG)
			return kan_fail(err, KAN_EFORMAT, "key \"%s\" comes twice", name);
	}
	return rc;
}

static int take_item(struct kan_json *j, const struct kan_form_object *o, char *item,
                     struct kan_err *err)
{
	int rc = KAN_OK;

	for (size_t i = 0; rc == KAN_OK && i < o->n; i++) {
		rc = take_key(j, o, i, err);
		if (rc == KAN_OK)
			rc = take_scalar(j, item + o->members[i].offset, &o->members[i], err);
	}
	return rc == KAN_OK ? take_key(j, o, o->n, err) : rc;
}

static int take_list(struct kan_json *j, char *record, const struct kan_form_member *m,
                     struct kan_err *err)
{
	const struct kan_form_list *list = m->list;
	int rc = expect(j, KAN_JSON_ARRAY, m->key, err);

	for (size_t n = 0; rc == KAN_OK; n++) {
		enum kan_json_kind kind;
		char *items;

		rc = next(j, &kind, err);
		if (rc != KAN_OK || kind == KAN_JSON_ARRAY_END)
			break;
		if (kind != KAN_JSON_OBJECT)
			return kan_fail(err, KAN_EFORMAT, "\"%s\" holds a wrong type", m->key);
		if (n == list->max)
			return kan_fail(err, KAN_ELIMIT, "\"%s\" has more than %zu items", m->key,
			                list->max);
		memcpy(&items, record + m->offset, sizeof(items));
		items = kan_record_room(items, n, list->item_size);
		if (!items)
			return kan_fail(err, KAN_ENOMEM, "out of memory for a record");
		memcpy(record + m->offset, &items, sizeof(items));
		/* Counted before it is read, so that half an item is released as well. */
		memcpy(record + list->count_offset, &(size_t){ n + 1 }, sizeof(n));
		rc = take_item(j, &list->item, items + n * list->item_size, err);
		if (rc != KAN_OK)
			return kan_fail_in(err, rc, "\"%s\" %zu", m->key, n + 1);
	}
	return rc;
}

static int take_record(struct kan_json *j, char *record, struct kan_err *err)
{
	const struct kan_form_object *o = &kan_record_form;
	enum kan_json_kind kind;
	int rc = next(j, &kind, err);

	if (rc == KAN_OK && kind != KAN_JSON_OBJECT)
		return kan_fail(err, KAN_EFORMAT, "not an object");
	for (size_t i = 0; rc == KAN_OK && i < o->n; i++) {
		const struct kan_form_member *m = &o->members[i];

		rc = take_key(j, o, i, err);
		if (rc != KAN_OK)
			break;
		if (m->form == KAN_FORM_VALUES)
			rc = take_values(j, (void *)(record + m->offset), m->key, err);
		else if (m->form == KAN_FORM_LIST)
			rc = take_list(j, record, m, err);
		else
			rc = take_scalar(j, record + m->offset, m, err);
	}
	if (rc == KAN_OK)
		rc = take_key(j, o, o->n, err);
	return rc == KAN_OK ? next(j, &kind, err) : rc;
}

static int check_canonical(const struct kan_record *r, const char *text, size_t len,
                           struct kan_err *err)
{
	KAN_DEFER(kan_buf_done) struct kan_buf again = { 0 };

	kan_record_write(&again, r);
	if (again.failed)
		return kan_buf_check(&again, err);
	if (again.len != len || memcmp(again.data, text, len) != 0)
		return kan_fail(err, KAN_EFORMAT, "not in canonical form");
	return KAN_OK;
}

int kan_record_read(struct kan_record *out, const char *text, size_t len, struct kan_err *err)
{
	KAN_DEFER(drop_json) struct kan_json j = { .in = { (const uint8_t *)text, len } };
	KAN_DEFER(kan_record_done) struct kan_record r = { 0 };
	int rc;

	if (len > KAN_RECORD_FILE_MAX)
		return kan_fail(err, KAN_ELIMIT, "a record of more than %u bytes",
		                KAN_RECORD_FILE_MAX);
	rc = take_record(&j, (char *)&r, err);
	if (rc == KAN_OK)
		rc = kan_record_check(&r, err);
	if (rc == KAN_OK)
		rc = check_canonical(&r, text, len, err);
	if (rc != KAN_OK)
		return rc;
	*out = r;
	r = (struct kan_record){ 0 };
	return KAN_OK;
}
