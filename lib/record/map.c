/* SPDX-License-Identifier: MIT */
/*
 * map.c - what was read of a drive, in the form of GNU ddrescue's mapfile
 *
 * GNU ddrescue 1.27, manual, chapter "Mapfile structure": a line with the position and
 * status of the run, then lines for blocks that follow each other without a hole.
 * Whoever goes on with ddrescue finds the unreadable ranges as "-", bad sectors.
 */
#include "kanshiki/record.h"

#include <inttypes.h>

enum status { FINISHED = '+', BAD = '-', NOT_TRIED = '?' };

/* The block that is being made longer. */
struct map {
	struct kan_buf *out;
	uint64_t offset, length;
	enum status status;
};

static void put(struct map *m)
{
	if (m->length > 0)
		kan_buf_printf(m->out, "0x%08" PRIX64 "  0x%08" PRIX64 "  %c\n", m->offset,
		               m->length, m->status);
}

/* The next @length bytes have @status. */
static void add(struct map *m, uint64_t length, enum status status)
{
	if (length == 0)
		return;
	if (m->status != status) {
		put(m);
		m->offset += m->length;
		m->length = 0;
		m->status = status;
	}
	m->length += length;
}

void kan_map_write(struct kan_buf *out, uint64_t media_size, uint64_t done,
                   const struct kan_record_range *bad, size_t n)
{
	struct map m = { .out = out, .status = FINISHED };
	uint64_t pos = 0;

	done = done < media_size ? done : media_size;
	kan_buf_puts(out, "# Mapfile. Created by kanshiki\n"
	                  "# current_pos  current_status  current_pass\n");
	kan_buf_printf(out, "0x%08" PRIX64 "     %c               1\n", done,
	               done == media_size ? FINISHED : NOT_TRIED);
	kan_buf_puts(out, "#      pos        size  status\n");
	for (size_t i = 0; i < n; i++) {
		uint64_t from = bad[i].offset > pos ? bad[i].offset : pos, to;

		if (bad[i].offset >= done)
			break;
		to = bad[i].length < done - bad[i].offset ? bad[i].offset + bad[i].length : done;
		if (to <= from)
			continue;
		add(&m, from - pos, FINISHED);
		add(&m, to - from, BAD);
		pos = to;
	}
	add(&m, done - pos, FINISHED);
	add(&m, media_size - done, NOT_TRIED);
	put(&m);
}
