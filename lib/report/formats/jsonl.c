/* SPDX-License-Identifier: MIT */
/*
 * jsonl.c - JSON Lines: one object on each line, keys always there, in fixed order
 *
 * The reference format; the keys are described in docs/formats/output.md.
 */
#include "core/utc.h"
#include "kanshiki/output.h"
#include "report/fields.h"

#include <string.h>

static void put_number(struct kan_buf *b, const char *key, uint64_t v)
{
	kan_buf_puts(b, key);
	kan_put_u64(b, v);
}

static void put_string(struct kan_buf *b, const char *key, const char *s)
{
	kan_buf_puts(b, key);
	kan_put_json(b, s);
}

static void put_letter(struct kan_buf *b, const char *key, enum kan_file_type type)
{
	const char text[] = { '"', kan_file_type_letter(type), '"' };

	kan_buf_puts(b, key);
	kan_buf_add(b, text, sizeof(text));
}

static void put_attr(struct kan_buf *b, uint32_t type, uint32_t id)
{
	KAN_PUT(b, ",\"attr\":\"");
	kan_put_attr(b, type, id);
	kan_buf_putc(b, '"');
}

static void put_state(struct kan_buf *b, uint32_t flags)
{
	if (flags & (KAN_FILE_NAME_DELETED | KAN_FILE_META_DELETED))
		KAN_PUT(b, ",\"deleted\":true,\"flags\":[");
	else
		KAN_PUT(b, ",\"deleted\":false,\"flags\":[");
	kan_put_flags(b, flags, "\"", ",");
	kan_buf_putc(b, ']');
}

static void put_owner(struct kan_buf *b, uint32_t mode, uint32_t uid, uint32_t gid)
{
	KAN_PUT(b, ",\"mode\":\"");
	kan_put_octal(b, mode);
	put_number(b, "\",\"uid\":", uid);
	put_number(b, ",\"gid\":", gid);
}

/* {"modified":"2026-...","accessed":null,...}: the first @n times. */
static void put_times(struct kan_buf *b, const int64_t *times, const uint32_t *units, size_t n,
                      bool local)
{
	char text[KAN_UTC_LEN];

	kan_buf_putc(b, '{');
	for (size_t i = 0; i < n; i++) {
		kan_buf_puts(b, i ? ",\"" : "\"");
		kan_buf_puts(b, kan_file_time_name((enum kan_file_time)i));
		if (times[i] == KAN_NO_TIME) {
			KAN_PUT(b, "\":null");
			continue;
		}
		KAN_PUT(b, "\":\"");
		kan_buf_puts(b, kan_utc_format(text, times[i], units[i], !local));
		kan_buf_putc(b, '"');
	}
	kan_buf_putc(b, '}');
}

static void put_hashes(struct kan_buf *b, const struct kan_file *f)
{
	KAN_PUT(b, ",\"hashes\":{");
	for (size_t i = 0; i < f->ndigests && i < KAN_HASHES_MAX; i++) {
		kan_buf_puts(b, i ? ",\"" : "\"");
		kan_buf_puts(b, f->digests[i].algo->name);
		KAN_PUT(b, "\":\"");
		(void)kan_put_digest(b, f, f->digests[i].algo); /* it is there */
		kan_buf_putc(b, '"');
	}
	KAN_PUT(b, "}}\n");
}

static int put_file(struct kan_buf *b, const struct kan_file *f, const struct kan_output_opts *opts,
                    struct kan_err *err)
{
	static const uint32_t fn_units[] = { 100, 100, 100, 100 };
	bool local = kan_file_is_local(f);

	(void)opts;
	put_number(b, "{\"evidence\":", f->evidence);
	put_number(b, ",\"fs\":", f->fs);
	put_string(b, ",\"path\":", f->path);
	put_string(b, ",\"stream\":", f->stream);
	put_number(b, ",\"addr\":", f->addr);
	put_number(b, ",\"seq\":", f->seq);
	put_number(b, ",\"parent\":", f->parent);
	put_attr(b, f->attr_type, f->attr_id);
	put_letter(b, ",\"name_type\":", f->name_type);
	put_letter(b, ",\"meta_type\":", f->meta_type);
	put_state(b, f->flags);
	put_owner(b, f->mode, f->uid, f->gid);
	put_number(b, ",\"nlink\":", f->nlink);
	put_number(b, ",\"size\":", f->size);
	KAN_PUT(b, ",\"times\":");
	put_times(b, f->time_ns, f->time_unit_ns, KAN_FILE_NTIMES, local);
	if (local)
		KAN_PUT(b, ",\"zone\":\"unknown\",\"fn\":");
	else
		KAN_PUT(b, ",\"zone\":\"UTC\",\"fn\":");
	if (f->flags & KAN_FILE_FN_TIMES)
		put_times(b, f->fn_ns, fn_units, KAN_TIME_CREATED + 1, false);
	else
		KAN_PUT(b, "null");
	put_string(b, ",\"link\":", f->link);
	put_hashes(b, f);
	return kan_buf_check(b, err);
}

static int put_event(struct kan_buf *b, const struct kan_event *ev,
                     const struct kan_output_opts *opts, struct kan_err *err)
{
	char text[KAN_UTC_LEN];

	(void)opts;
	KAN_PUT(b, "{\"time\":\"");
	kan_buf_puts(b, kan_utc_format(text, ev->time_ns, ev->unit_ns, !ev->local));
	if (ev->local)
		KAN_PUT(b, "\",\"zone\":\"unknown\"");
	else
		KAN_PUT(b, "\",\"zone\":\"UTC\"");
	put_number(b, ",\"unit_ns\":", kan_unit(ev->unit_ns));
	put_string(b, ",\"source\":", ev->source);
	put_string(b, ",\"meaning\":", ev->meaning);
	put_number(b, ",\"evidence\":", ev->evidence);
	put_number(b, ",\"fs\":", ev->fs);
	put_string(b, ",\"path\":", ev->path);
	put_number(b, ",\"addr\":", ev->addr);
	put_number(b, ",\"seq\":", ev->seq);
	put_attr(b, ev->attr_type, ev->attr_id);
	put_letter(b, ",\"type\":", ev->type);
	put_state(b, ev->flags);
	put_owner(b, ev->mode, ev->uid, ev->gid);
	put_number(b, ",\"size\":", ev->size);
	put_number(b, ",\"count\":", ev->count);
	KAN_PUT(b, "}\n");
	return kan_buf_check(b, err);
}

const struct kan_output kan_output_jsonl = {
	.name = "jsonl",
	.label = "JSON Lines",
	.spec = "https://jsonlines.org/ and RFC 8259; keys: docs/formats/output.md",
	.file = put_file,
	.event = put_event,
};
