/* SPDX-License-Identifier: MIT */
/*
 * csv.c - comma-separated values for spreadsheets
 *
 * RFC 4180: CRLF at the end of a line, quotes doubled.  Only what comes out of
 * evidence can begin like a formula, and is guarded (core/escape.h).
 */
#include "core/utc.h"
#include "kanshiki/output.h"
#include "report/fields.h"

static void put_number(struct kan_buf *b, uint64_t v)
{
	kan_put_u64(b, v);
	kan_buf_putc(b, ',');
}

static void put_string(struct kan_buf *b, const char *s)
{
	kan_put_csv(b, s);
	kan_buf_putc(b, ',');
}

static void put_letter(struct kan_buf *b, enum kan_file_type type)
{
	const char text[] = { kan_file_type_letter(type), ',' };

	kan_buf_add(b, text, sizeof(text));
}

static void put_attr(struct kan_buf *b, uint32_t type, uint32_t id)
{
	kan_put_attr(b, type, id);
	kan_buf_putc(b, ',');
}

static void put_owner(struct kan_buf *b, uint32_t mode, uint32_t uid, uint32_t gid)
{
	kan_put_octal(b, mode);
	kan_buf_putc(b, ',');
	put_number(b, uid);
	put_number(b, gid);
}

static void put_time(struct kan_buf *b, int64_t time_ns, uint32_t unit_ns, bool local)
{
	char text[KAN_UTC_LEN];

	if (time_ns != KAN_NO_TIME)
		kan_buf_puts(b, kan_utc_format(text, time_ns, unit_ns, !local));
	kan_buf_putc(b, ',');
}

static int put_file_head(struct kan_buf *b, const struct kan_output_opts *opts, struct kan_err *err)
{
	KAN_PUT(b, "evidence,fs,path,stream,addr,seq,parent,attr,name_type,meta_type,state,flags,"
	           "mode,uid,gid,nlink,size,zone");
	for (int fn = 0; fn < 2; fn++) {
		for (int i = 0; i < KAN_FILE_NTIMES; i++) {
			/* $FILE_NAME has four times. */
			if (fn && i > KAN_TIME_CREATED)
				break;
			kan_buf_puts(b, fn ? ",fn_" : ",");
			kan_buf_puts(b, kan_file_time_name((enum kan_file_time)i));
		}
	}
	KAN_PUT(b, ",link");
	for (size_t i = 0; i < opts->hashes.n; i++) {
		kan_buf_putc(b, ',');
		kan_buf_puts(b, opts->hashes.algo[i]->name);
	}
	KAN_PUT(b, "\r\n");
	return kan_buf_check(b, err);
}

static void put_file_times(struct kan_buf *b, const struct kan_file *f)
{
	bool local = kan_file_is_local(f);

	kan_buf_puts(b, local ? "unknown," : "UTC,");
	for (int i = 0; i < KAN_FILE_NTIMES; i++)
		put_time(b, f->time_ns[i], f->time_unit_ns[i], local);
	for (int i = 0; i <= KAN_TIME_CREATED; i++)
		put_time(b, f->flags & KAN_FILE_FN_TIMES ? f->fn_ns[i] : KAN_NO_TIME, 100, false);
}

static int put_file(struct kan_buf *b, const struct kan_file *f, const struct kan_output_opts *opts,
                    struct kan_err *err)
{
	put_number(b, f->evidence);
	put_number(b, f->fs);
	put_string(b, f->path);
	put_string(b, f->stream);
	put_number(b, f->addr);
	put_number(b, f->seq);
	put_number(b, f->parent);
	put_attr(b, f->attr_type, f->attr_id);
	put_letter(b, f->name_type);
	put_letter(b, f->meta_type);
	put_string(b, kan_state(f->flags));
	kan_put_flags(b, f->flags, "", " ");
	kan_buf_putc(b, ',');
	put_owner(b, f->mode, f->uid, f->gid);
	put_number(b, f->nlink);
	put_number(b, f->size);
	put_file_times(b, f);
	kan_put_csv(b, f->link);
	for (size_t i = 0; i < opts->hashes.n; i++) {
		kan_buf_putc(b, ',');
		(void)kan_put_digest(b, f, opts->hashes.algo[i]); /* none: empty */
	}
	KAN_PUT(b, "\r\n");
	return kan_buf_check(b, err);
}

static int put_event_head(struct kan_buf *b, const struct kan_output_opts *opts,
                          struct kan_err *err)
{
	(void)opts;
	KAN_PUT(b,
	        "time,zone,unit_ns,source,meaning,evidence,fs,path,addr,seq,attr,type,state,flags,"
	        "mode,uid,gid,size,count\r\n");
	return kan_buf_check(b, err);
}

static int put_event(struct kan_buf *b, const struct kan_event *ev,
                     const struct kan_output_opts *opts, struct kan_err *err)
{
	(void)opts;
	put_time(b, ev->time_ns, ev->unit_ns, ev->local);
	kan_buf_puts(b, ev->local ? "unknown," : "UTC,");
	put_number(b, kan_unit(ev->unit_ns));
	put_string(b, ev->source);
	put_string(b, ev->meaning);
	put_number(b, ev->evidence);
	put_number(b, ev->fs);
	put_string(b, ev->path);
	put_number(b, ev->addr);
	put_number(b, ev->seq);
	put_attr(b, ev->attr_type, ev->attr_id);
	put_letter(b, ev->type);
	put_string(b, kan_state(ev->flags));
	kan_put_flags(b, ev->flags, "", " ");
	kan_buf_putc(b, ',');
	put_owner(b, ev->mode, ev->uid, ev->gid);
	put_number(b, ev->size);
	kan_put_u64(b, ev->count);
	KAN_PUT(b, "\r\n");
	return kan_buf_check(b, err);
}

const struct kan_output kan_output_csv = {
	.name = "csv",
	.label = "CSV",
	.spec = "RFC 4180; columns: docs/formats/output.md",
	.file_head = put_file_head,
	.file = put_file,
	.event_head = put_event_head,
	.event = put_event,
};
