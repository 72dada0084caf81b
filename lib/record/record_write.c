/* SPDX-License-Identifier: MIT */
/*
 * record_write.c - a record as canonical JSON
 *
 * For given content there is one text only.  Text is made printable first, as in the
 * log of a case, so that any bytes go into JSON and come back.
 */
#include "core/cleanup.h"
#include "core/escape.h"
#include "record/form.h"

#include <inttypes.h>
#include <string.h>

static void put_text(struct kan_buf *out, const char *s)
{
	KAN_DEFER(kan_buf_done) struct kan_buf text = { 0 };

	if (s)
		kan_escape_text(&text, s, strlen(s));
	kan_escape_json(out, text.data ? text.data : "");
	out->failed = out->failed || text.failed;
}

static void put_values(struct kan_buf *out, const struct kan_record_values *v)
{
	kan_buf_putc(out, '{');
	for (size_t i = 0; i < v->n; i++) {
		kan_buf_printf(out, "%s\n    \"%s\": ", i > 0 ? "," : "", v->list[i].name);
		put_text(out, v->list[i].value);
	}
	kan_buf_puts(out, v->n > 0 ? "\n  }" : "}");
}

static void put_scalar(struct kan_buf *out, const struct kan_form_member *m, const void *place)
{
	const char *text = place;
	uint64_t u64;
	uint32_t u32;

	if (m->form == KAN_FORM_FIXED)
		text = m->fixed;
	if (m->form == KAN_FORM_TEXT)
		memcpy(&text, place, sizeof(text));
	if (m->form == KAN_FORM_U64) {
		memcpy(&u64, place, sizeof(u64));
		kan_buf_printf(out, "%" PRIu64, u64);
	} else if (m->form == KAN_FORM_U32) {
		memcpy(&u32, place, sizeof(u32));
		kan_buf_printf(out, "%" PRIu32, u32);
	} else {
		put_text(out, text);
	}
}

/* {"offset": 0, "length": 512} */
static void put_item(struct kan_buf *out, const struct kan_form_object *o, const char *item)
{
	for (size_t i = 0; i < o->n; i++) {
		kan_buf_printf(out, "%s\"%s\": ", i > 0 ? ", " : "{", o->members[i].key);
		put_scalar(out, &o->members[i], item + o->members[i].offset);
	}
	kan_buf_putc(out, '}');
}

static void put_list(struct kan_buf *out, const struct kan_form_member *m, const char *record)
{
	const char *items;
	size_t n;

	memcpy(&items, record + m->offset, sizeof(items));
	memcpy(&n, record + m->list->count_offset, sizeof(n));
	kan_buf_putc(out, '[');
	for (size_t i = 0; i < n; i++) {
		kan_buf_puts(out, i > 0 ? ",\n    " : "\n    ");
		put_item(out, &m->list->item, items + i * m->list->item_size);
	}
	kan_buf_puts(out, n > 0 ? "\n  ]" : "]");
}

void kan_record_write(struct kan_buf *out, const struct kan_record *r)
{
	const char *record = (const char *)r;

	for (size_t i = 0; i < kan_record_form.n; i++) {
		const struct kan_form_member *m = &kan_record_form.members[i];

		kan_buf_printf(out, "%s\n  \"%s\": ", i > 0 ? "," : "{", m->key);
		if (m->form == KAN_FORM_VALUES)
			put_values(out, (const void *)(record + m->offset));
		else if (m->form == KAN_FORM_LIST)
			put_list(out, m, record);
		else
			put_scalar(out, m, record + m->offset);
	}
	kan_buf_puts(out, "\n}\n");
}
