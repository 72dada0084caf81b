/* SPDX-License-Identifier: MIT */
/*
 * l2tcsv.c - the 17 columns of log2timeline
 *
 * Readers of this format split at commas, some without knowing quotes, so commas,
 * quotes and a sign that could begin a formula are escaped as "\xNN" and no field
 * is ever quoted.  Seconds are whole; the full time is in the last column.
 */
#include "core/utc.h"
#include "kanshiki/output.h"
#include "report/fields.h"

#include <string.h>

static void put_text(struct kan_buf *b, const char *s)
{
	if (*s && strchr("=+-@", *s)) {
		char first[] = { *s, '\0' };

		kan_put_text(b, first, first);
		s++;
	}
	kan_put_text(b, s, ",\"");
	kan_buf_putc(b, ',');
}

static const char *macb(const char *meaning)
{
	static const struct {
		const char *meaning, *letters;
	} table[] = {
		{ "modified", "M...," },
		{ "accessed", ".A..," },
		{ "changed", "..C.," },
		{ "created", "...B," },
	};

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		if (strcmp(table[i].meaning, meaning) == 0)
			return table[i].letters;
	return "....,";
}

/* "2026-01-31T23:59:58" as "01/31/2026,23:59:58,". */
static void put_date(struct kan_buf *b, const struct kan_event *ev)
{
	char t[KAN_UTC_LEN];

	kan_utc_format(t, ev->time_ns, 1000000000, false);
	kan_buf_add(b, t + 5, 2);
	kan_buf_putc(b, '/');
	kan_buf_add(b, t + 8, 2);
	kan_buf_putc(b, '/');
	kan_buf_add(b, t, 4);
	kan_buf_putc(b, ',');
	kan_buf_add(b, t + 11, 8);
	kan_buf_puts(b, ev->local ? ",unknown," : ",UTC,");
}

static void put_extra(struct kan_buf *b, const struct kan_event *ev)
{
	char text[KAN_UTC_LEN];

	KAN_PUT(b, "time: ");
	kan_buf_puts(b, kan_utc_format(text, ev->time_ns, ev->unit_ns, !ev->local));
	KAN_PUT(b, "; evidence: ");
	kan_put_u64(b, ev->evidence);
	KAN_PUT(b, "; fs: ");
	kan_put_u64(b, ev->fs);
	KAN_PUT(b, "; size: ");
	kan_put_u64(b, ev->size);
	KAN_PUT(b, "; mode: ");
	kan_put_mode(b, ev->type, ev->mode);
	KAN_PUT(b, "; uid: ");
	kan_put_u64(b, ev->uid);
	KAN_PUT(b, "; gid: ");
	kan_put_u64(b, ev->gid);
	KAN_PUT(b, "; count: ");
	kan_put_u64(b, ev->count);
}

static int put_head(struct kan_buf *b, const struct kan_output_opts *opts, struct kan_err *err)
{
	(void)opts;
	KAN_PUT(b, "date,time,timezone,MACB,source,sourcetype,type,user,host,short,desc,version,"
	           "filename,inode,notes,format,extra\n");
	return kan_buf_check(b, err);
}

static int put_event(struct kan_buf *b, const struct kan_event *ev,
                     const struct kan_output_opts *opts, struct kan_err *err)
{
	const char *state = kan_state(ev->flags);

	(void)opts;
	put_date(b, ev);
	kan_buf_puts(b, macb(ev->meaning));
	KAN_PUT(b, "FILE,");
	put_text(b, ev->source);
	put_text(b, ev->meaning);
	KAN_PUT(b, "-,-,"); /* user, host */
	put_text(b, ev->path);
	put_text(b, ev->path);
	KAN_PUT(b, "2,");
	put_text(b, ev->path);
	kan_put_addr(b, ev->addr, ev->attr_type, ev->attr_id);
	kan_buf_putc(b, ',');
	kan_buf_puts(b, *state ? state : "-");
	KAN_PUT(b, ",kanshiki,");
	put_extra(b, ev);
	kan_buf_putc(b, '\n');
	return kan_buf_check(b, err);
}

const struct kan_output kan_output_l2tcsv = {
	.name = "l2tcsv",
	.label = "log2timeline CSV",
	.spec = "https://plaso.readthedocs.io/en/latest/sources/user/Output-format-l2tcsv.html",
	.event_head = put_head,
	.event = put_event,
};
