/* SPDX-License-Identifier: MIT */
/*
 * body.c - bodyfile 3, the input of mactime
 *
 * A line is what `fls -r -p -m /` prints for the same file, with a line of its own
 * for the times of $FILE_NAME.  It differs where fls would mislead: names are
 * escaped instead of losing characters, seconds are rounded down but never cut to
 * 32 bits, and the line of $FILE_NAME has the address without the attribute's
 * number and size 0, as neither is about the file.
 */
#include "kanshiki/output.h"
#include "report/fields.h"

#include <ctype.h>
#include <string.h>

/*
 * mactime turns "%41" into "A"; escaping the sign where two hex digits follow keeps
 * names apart behind it too.
 */
static const char *specials(const char *s)
{
	for (const char *p = strchr(s, '%'); p; p = strchr(p + 1, '%'))
		if (isxdigit((unsigned char)p[1]) && isxdigit((unsigned char)p[2]))
			return "|%";
	return "|";
}

static void put_time(struct kan_buf *b, int64_t time_ns)
{
	kan_buf_putc(b, '|');
	kan_put_i64(b, time_ns == KAN_NO_TIME ? 0 : kan_seconds(time_ns));
}

static void put_md5(struct kan_buf *b, const struct kan_file *f)
{
	for (size_t i = 0; i < f->ndigests && i < KAN_HASHES_MAX; i++) {
		if (strcmp(f->digests[i].algo->name, "md5") == 0) {
			(void)kan_put_digest(b, f, f->digests[i].algo); /* it is there */
			return;
		}
	}
	kan_buf_putc(b, '0');
}

static void put_name(struct kan_buf *b, const struct kan_file *f, const char *suffix)
{
	const char *state = f->flags & KAN_FILE_NAME_DELETED ? kan_state(f->flags) : "";

	if (f->path[0] != '/')
		kan_buf_putc(b, '/');
	kan_put_name(b, f, *specials(f->path) ? specials(f->path) : specials(f->stream));
	kan_buf_puts(b, suffix);
	kan_put_link(b, f, specials(f->link));
	if (*state == '\0')
		return;
	KAN_PUT(b, " (");
	kan_buf_puts(b, state);
	kan_buf_putc(b, ')');
}

/* From the mode to the group. */
static void put_owner(struct kan_buf *b, const struct kan_file *f)
{
	kan_buf_putc(b, '|');
	kan_buf_putc(b, kan_file_type_letter(f->name_type));
	kan_buf_putc(b, '/');
	kan_put_mode(b, f->meta_type, f->mode);
	kan_buf_putc(b, '|');
	kan_put_u64(b, f->uid);
	kan_buf_putc(b, '|');
	kan_put_u64(b, f->gid);
	kan_buf_putc(b, '|');
}

static void put_times(struct kan_buf *b, const int64_t *times)
{
	put_time(b, times[KAN_TIME_ACCESSED]);
	put_time(b, times[KAN_TIME_MODIFIED]);
	put_time(b, times[KAN_TIME_CHANGED]);
	put_time(b, times[KAN_TIME_CREATED]);
	kan_buf_putc(b, '\n');
}

static void put_file_name_line(struct kan_buf *b, const struct kan_file *f)
{
	struct kan_file named = *f;

	named.stream = "";
	KAN_PUT(b, "0|");
	put_name(b, &named, " ($FILE_NAME)");
	kan_buf_putc(b, '|');
	kan_put_u64(b, f->addr);
	KAN_PUT(b, "-48");
	put_owner(b, f);
	kan_buf_putc(b, '0');
	put_times(b, f->fn_ns);
}

static int put_file(struct kan_buf *b, const struct kan_file *f, const struct kan_output_opts *opts,
                    struct kan_err *err)
{
	(void)opts;
	if ((f->flags & KAN_FILE_FN_TIMES) && !(f->flags & KAN_FILE_NEXT_STREAM))
		put_file_name_line(b, f);
	put_md5(b, f);
	kan_buf_putc(b, '|');
	put_name(b, f, "");
	kan_buf_putc(b, '|');
	kan_put_addr(b, f->addr, f->attr_type, f->attr_id);
	put_owner(b, f);
	kan_put_u64(b, f->size);
	put_times(b, f->time_ns);
	return kan_buf_check(b, err);
}

const struct kan_output kan_output_body = {
	.name = "body",
	.label = "bodyfile 3",
	.spec = "https://wiki.sleuthkit.org/index.php?title=Body_file",
	.file = put_file,
};
