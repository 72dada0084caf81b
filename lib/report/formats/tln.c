/* SPDX-License-Identifier: MIT */
/*
 * tln.c - Time|Source|Host|User|Description
 *
 * Time is in whole seconds since 1970, rounded down.  The path is the end of the
 * description, so that nothing in a name can be taken for what stands before it.
 */
#include "kanshiki/output.h"
#include "report/fields.h"

static int put_event(struct kan_buf *b, const struct kan_event *ev,
                     const struct kan_output_opts *opts, struct kan_err *err)
{
	const char *state = kan_state(ev->flags);

	(void)opts;
	kan_put_i64(b, kan_seconds(ev->time_ns));
	KAN_PUT(b, "|FILE|||");
	kan_put_text(b, ev->source, "| ");
	kan_buf_putc(b, ' ');
	kan_put_text(b, ev->meaning, "| ");
	if (ev->local)
		KAN_PUT(b, " (zone unknown)");
	KAN_PUT(b, " [");
	kan_put_u64(b, ev->evidence);
	kan_buf_putc(b, '/');
	kan_put_u64(b, ev->fs);
	kan_buf_putc(b, '/');
	kan_put_addr(b, ev->addr, ev->attr_type, ev->attr_id);
	if (*state)
		kan_buf_putc(b, ' ');
	kan_buf_puts(b, state);
	KAN_PUT(b, "] ");
	kan_put_text(b, ev->path, "|");
	kan_buf_putc(b, '\n');
	return kan_buf_check(b, err);
}

static int put_head(struct kan_buf *b, const struct kan_output_opts *opts, struct kan_err *err)
{
	(void)opts;
	KAN_PUT(b, "Time|Source|Host|User|Description\n");
	return kan_buf_check(b, err);
}

const struct kan_output kan_output_tln = {
	.name = "tln",
	.label = "TLN",
	.spec = "https://forensics.wiki/tln/",
	.event_head = put_head,
	.event = put_event,
};
