/* SPDX-License-Identifier: MIT */
/*
 * timesketch.c - JSON Lines with the keys that Timesketch requires
 *
 * message, datetime (ISO 8601 with an offset), timestamp (microseconds since 1970)
 * and timestamp_desc; times are rounded down to microseconds, and time_ns is exact.
 */
#include "core/utc.h"
#include "kanshiki/output.h"
#include "report/fields.h"

#include <string.h>

/* The words that plaso uses, so that saved searches find ours too. */
static const char *describe(const char *meaning)
{
	static const struct {
		const char *meaning, *words;
	} table[] = {
		{ "modified", "Content Modification Time" },
		{ "accessed", "Last Access Time" },
		{ "changed", "Metadata Modification Time" },
		{ "created", "Creation Time" },
		{ "deleted", "Deletion Time" },
		{ "backup", "Backup Time" },
	};

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		if (strcmp(table[i].meaning, meaning) == 0)
			return table[i].words;
	return meaning;
}

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

static void put_times(struct kan_buf *b, const struct kan_event *ev)
{
	int64_t micros = ev->time_ns / 1000 - (ev->time_ns % 1000 < 0);
	char text[KAN_UTC_LEN];

	KAN_PUT(b, ",\"datetime\":\"");
	kan_buf_puts(b, kan_utc_format(text, ev->time_ns, 1000, false));
	KAN_PUT(b, "+00:00\",\"timestamp\":");
	kan_put_i64(b, micros);
	KAN_PUT(b, ",\"time_ns\":");
	kan_put_i64(b, ev->time_ns);
	put_number(b, ",\"unit_ns\":", kan_unit(ev->unit_ns));
	kan_buf_puts(b, ev->local ? ",\"zone\":\"unknown\"" : ",\"zone\":\"UTC\"");
}

static int put_event(struct kan_buf *b, const struct kan_event *ev,
                     const struct kan_output_opts *opts, struct kan_err *err)
{
	(void)opts;
	put_string(b, "{\"message\":", ev->path);
	put_times(b, ev);
	put_string(b, ",\"timestamp_desc\":", describe(ev->meaning));
	put_string(b, ",\"source\":", ev->source);
	put_string(b, ",\"meaning\":", ev->meaning);
	put_number(b, ",\"evidence\":", ev->evidence);
	put_number(b, ",\"fs\":", ev->fs);
	put_string(b, ",\"path\":", ev->path);
	KAN_PUT(b, ",\"inode\":\"");
	kan_put_addr(b, ev->addr, ev->attr_type, ev->attr_id);
	put_number(b, "\",\"seq\":", ev->seq);
	KAN_PUT(b, ",\"mode\":\"");
	kan_put_mode(b, ev->type, ev->mode);
	put_number(b, "\",\"uid\":", ev->uid);
	put_number(b, ",\"gid\":", ev->gid);
	put_number(b, ",\"size\":", ev->size);
	KAN_PUT(b, ",\"flags\":[");
	kan_put_flags(b, ev->flags, "\"", ",");
	put_string(b, "],\"state\":", kan_state(ev->flags));
	put_number(b, ",\"count\":", ev->count);
	KAN_PUT(b, "}\n");
	return kan_buf_check(b, err);
}

const struct kan_output kan_output_timesketch = {
	.name = "timesketch",
	.label = "Timesketch JSON Lines",
	.spec = "https://timesketch.org/guides/user/import-from-json-csv/",
	.event = put_event,
};
