/* SPDX-License-Identifier: MIT */
/*
 * text.c - aligned columns for people
 *
 * The only format that shows times in the zone of the reader; every time then has
 * its offset.  Local times of an unknown zone stay as they are stored and have no
 * zone.  The name is the last column, so that nothing behind it can be imitated.
 */
#include "core/utc.h"
#include "core/zone.h"
#include "kanshiki/output.h"
#include "report/fields.h"

#include <string.h>

/* Widths of columns with the space behind them; a longer value pushes the rest. */
enum {
	WIDTH_TIME = 31,
	WIDTH_ZONED_TIME = 36,
	WIDTH_SOURCE = 9,
	WIDTH_MEANING = 9,
	WIDTH_MODE = 13,
	WIDTH_ID = 7,
	WIDTH_SIZE = 13,
	WIDTH_STATE = 16,
	WIDTH_ADDR = 15,
	WIDTH_FS = 6,
	WIDTH_COUNT = 4,
};

/* Spaces until the field that began at @start is @width wide; at least one. */
static void pad(struct kan_buf *b, size_t start, size_t width)
{
	static const char spaces[] = "                                        ";
	size_t len = b->len - start;
	size_t n = len < width ? width - len : 1;

	kan_buf_add(b, spaces, n < sizeof(spaces) ? n : sizeof(spaces) - 1);
}

static void put_column(struct kan_buf *b, const char *s, size_t width)
{
	size_t start = b->len;

	kan_put_text(b, *s ? s : "-", " ");
	pad(b, start, width);
}

/* A number at the right of its column. */
static void put_number(struct kan_buf *b, uint64_t v, size_t width)
{
	static const char spaces[] = "                    ";
	size_t digits = 1;

	for (uint64_t rest = v; rest >= 10; rest /= 10)
		digits++;
	if (digits + 1 < width)
		kan_buf_add(b, spaces, width - 1 - digits);
	kan_put_u64(b, v);
	kan_buf_putc(b, ' ');
}

/* "+09:00" or, for local mean times, "+09:18:59". */
static void put_offset(struct kan_buf *b, int32_t offset)
{
	uint32_t s = (uint32_t)(offset < 0 ? -offset : offset);
	const char text[] = {
		offset < 0 ? '-' : '+',
		(char)('0' + s / 36000),
		(char)('0' + s / 3600 % 10),
		':',
		(char)('0' + s / 600 % 6),
		(char)('0' + s / 60 % 10),
		':',
		(char)('0' + s / 10 % 6),
		(char)('0' + s % 10),
	};

	kan_buf_add(b, text, s % 60 ? sizeof(text) : 6);
}

struct clock {
	const struct kan_zone *zone;
	struct kan_zone *owned;
	size_t width;
};

static int open_clock(struct clock *c, const struct kan_output_opts *opts, struct kan_err *err)
{
	int rc = KAN_OK;

	c->zone = opts->loaded_zone;
	c->owned = NULL;
	if (!c->zone && opts->zone) {
		rc = kan_zone_load(&c->owned, opts->zone, err);
		c->zone = c->owned;
	}
	c->width = c->zone ? WIDTH_ZONED_TIME : WIDTH_TIME;
	return rc;
}

static void put_time(struct kan_buf *b, const struct clock *c, int64_t time_ns, uint32_t unit_ns,
                     bool local)
{
	int32_t offset = kan_zone_offset(c->zone, kan_seconds(time_ns));
	bool zoned = c->zone && !local && unit_ns != KAN_UNIT_DAY;
	char text[KAN_UTC_LEN];
	size_t start = b->len;
	int64_t shown;

	/* At the very ends of the range the zone would leave it: those are shown in UTC. */
	if (!zoned || __builtin_add_overflow(time_ns, offset * INT64_C(1000000000), &shown)) {
		zoned = false;
		shown = time_ns;
	}
	if (time_ns == KAN_NO_TIME)
		kan_buf_putc(b, '-');
	else
		kan_buf_puts(b, kan_utc_format(text, shown, unit_ns, !zoned && !local));
	if (zoned && time_ns != KAN_NO_TIME)
		put_offset(b, offset);
	pad(b, start, c->width);
}

/* "1/2": evidence and file system. */
static void put_fs(struct kan_buf *b, uint32_t evidence, uint32_t fs)
{
	size_t start = b->len;

	kan_put_u64(b, evidence);
	kan_buf_putc(b, '/');
	kan_put_u64(b, fs);
	pad(b, start, WIDTH_FS);
}

static void put_addr(struct kan_buf *b, uint64_t addr, uint32_t attr_type, uint32_t attr_id)
{
	size_t start = b->len;

	kan_put_addr(b, addr, attr_type, attr_id);
	pad(b, start, WIDTH_ADDR);
}

static int put_file_head(struct kan_buf *b, const struct kan_output_opts *opts, struct kan_err *err)
{
	size_t start;

	put_column(b, "Mode", WIDTH_MODE);
	KAN_PUT(b, "   UID    GID         Size ");
	start = b->len;
	KAN_PUT(b, "Modified (");
	kan_put_text(b, opts->zone ? opts->zone : "UTC", "");
	KAN_PUT(b, ")");
	pad(b, start, opts->zone && strcmp(opts->zone, "UTC") != 0 ? WIDTH_ZONED_TIME : WIDTH_TIME);
	put_column(b, "State", WIDTH_STATE);
	put_column(b, "FS", WIDTH_FS);
	put_column(b, "Address", WIDTH_ADDR);
	KAN_PUT(b, "Name\n");
	return kan_buf_check(b, err);
}

static int put_file(struct kan_buf *b, const struct kan_file *f, const struct kan_output_opts *opts,
                    struct kan_err *err)
{
	size_t start = b->len;
	struct clock c;
	int rc = open_clock(&c, opts, err);

	if (rc != KAN_OK)
		return rc;
	kan_buf_putc(b, kan_file_type_letter(f->name_type));
	kan_buf_putc(b, '/');
	kan_put_mode(b, f->meta_type, f->mode);
	pad(b, start, WIDTH_MODE);
	put_number(b, f->uid, WIDTH_ID);
	put_number(b, f->gid, WIDTH_ID);
	put_number(b, f->size, WIDTH_SIZE);
	put_time(b, &c, f->time_ns[KAN_TIME_MODIFIED], f->time_unit_ns[KAN_TIME_MODIFIED],
	         kan_file_is_local(f));
	kan_zone_free(c.owned);
	put_column(b, kan_state(f->flags), WIDTH_STATE);
	put_fs(b, f->evidence, f->fs);
	put_addr(b, f->addr, f->attr_type, f->attr_id);
	kan_put_name(b, f, "");
	kan_put_link(b, f, "");
	kan_buf_putc(b, '\n');
	return kan_buf_check(b, err);
}

static int put_event_head(struct kan_buf *b, const struct kan_output_opts *opts,
                          struct kan_err *err)
{
	size_t start = b->len;

	KAN_PUT(b, "Time (");
	kan_put_text(b, opts->zone ? opts->zone : "UTC", "");
	KAN_PUT(b, ")");
	pad(b, start, opts->zone && strcmp(opts->zone, "UTC") != 0 ? WIDTH_ZONED_TIME : WIDTH_TIME);
	put_column(b, "Source", WIDTH_SOURCE);
	put_column(b, "Meaning", WIDTH_MEANING);
	put_column(b, "N", WIDTH_COUNT);
	put_column(b, "Mode", WIDTH_MODE - 2);
	KAN_PUT(b, "        Size ");
	put_column(b, "State", WIDTH_STATE);
	put_column(b, "FS", WIDTH_FS);
	put_column(b, "Address", WIDTH_ADDR);
	KAN_PUT(b, "Name\n");
	return kan_buf_check(b, err);
}

static int put_event(struct kan_buf *b, const struct kan_event *ev,
                     const struct kan_output_opts *opts, struct kan_err *err)
{
	size_t start;
	struct clock c;
	int rc = open_clock(&c, opts, err);

	if (rc != KAN_OK)
		return rc;
	put_time(b, &c, ev->time_ns, ev->unit_ns, ev->local);
	kan_zone_free(c.owned);
	put_column(b, ev->source, WIDTH_SOURCE);
	put_column(b, ev->meaning, WIDTH_MEANING);
	start = b->len;
	kan_put_u64(b, ev->count);
	pad(b, start, WIDTH_COUNT);
	start = b->len;
	kan_put_mode(b, ev->type, ev->mode);
	pad(b, start, WIDTH_MODE - 2);
	put_number(b, ev->size, WIDTH_SIZE);
	put_column(b, kan_state(ev->flags), WIDTH_STATE);
	put_fs(b, ev->evidence, ev->fs);
	put_addr(b, ev->addr, ev->attr_type, ev->attr_id);
	kan_put_text(b, ev->path, "");
	kan_buf_putc(b, '\n');
	return kan_buf_check(b, err);
}

const struct kan_output kan_output_text = {
	.name = "text",
	.label = "text",
	.spec = "docs/formats/output.md",
	.file_head = put_file_head,
	.file = put_file,
	.event_head = put_event_head,
	.event = put_event,
};
