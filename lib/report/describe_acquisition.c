/* SPDX-License-Identifier: MIT */
/*
 * describe_acquisition.c - what was copied, and what became of each destination
 */
#include "kanshiki/describe.h"

#include "kanshiki/report.h"
#include "report/parts.h"

static void put_size(struct kan_buf *out, const char *label, uint64_t bytes)
{
	kan_part_label(out, label);
	kan_buf_printf(out, "%llu\n", (unsigned long long)bytes);
}

static const char *state_of(const struct kan_acquire_destination *d)
{
	if (d->failed)
		return "failed";
	return d->was_complete ? "complete" : kan_verdict_name(d->verdict);
}

static void put_destination(struct kan_buf *out, const struct kan_acquire_destination *d)
{
	kan_part_label(out, kan_text("image"));
	kan_part_text(out, d->path);
	if (d->failed)
		kan_buf_printf(out, "  %s", kan_text("FAILED"));
	else if (d->was_complete)
		kan_buf_printf(out, "  %s", kan_text("complete already"));
	else
		kan_buf_printf(out, kan_text("  %llu bytes, segments: %zu, read back: %s"),
		               (unsigned long long)d->bytes, d->nsegments,
		               kan_text_code(kan_verdict_name(d->verdict)));
	kan_buf_putc(out, '\n');
}

void kan_describe_acquisition_text(struct kan_buf *out, const struct kan_acquire_result *r)
{
	char hex[2 * KAN_DIGEST_MAX + 1];

	put_size(out, kan_text("bytes read"), r->media_size);
	put_size(out, kan_text("unreadable"), r->bytes_unreadable);
	if (r->recovered > 0)
		put_size(out, kan_text("recovered"), r->recovered);
	if (r->resumed_at > 0)
		put_size(out, kan_text("continued at"), r->resumed_at);
	for (size_t i = 0; i < r->ndigests; i++) {
		kan_hash_hex(hex, r->digests[i].bytes, r->digests[i].algo->digest_len);
		kan_part_label(out, r->digests[i].algo->label);
		kan_buf_printf(out, "%s\n", hex);
	}
	kan_hash_hex(hex, r->tree_root, sizeof(r->tree_root));
	kan_part_label(out, kan_text("block tree"));
	kan_buf_printf(out, "%s\n", hex);
	for (size_t i = 0; i < r->ndestinations; i++)
		put_destination(out, &r->destinations[i]);
}

static void put_destination_json(struct kan_buf *out, const struct kan_acquire_destination *d)
{
	kan_buf_puts(out, "{");
	kan_part_member(out, true, "path", d->path);
	kan_part_member(out, false, "state", state_of(d));
	kan_part_member(out, false, "error", d->failed ? d->err.msg : "");
	kan_part_number(out, "segments", d->nsegments);
	kan_part_number(out, "bytes", d->bytes);
	kan_buf_putc(out, '}');
}

void kan_describe_acquisition_jsonl(struct kan_buf *out, const struct kan_acquire_result *r)
{
	char hex[2 * KAN_DIGEST_MAX + 1];

	kan_buf_puts(out, "{");
	kan_part_member(out, true, "record", "acquisition");
	kan_part_number(out, "media_size", r->media_size);
	kan_part_number(out, "bytes_unreadable", r->bytes_unreadable);
	kan_part_number(out, "bytes_recovered", r->recovered);
	kan_part_number(out, "continued_at", r->resumed_at);
	kan_buf_puts(out, ",\"digests\":{");
	for (size_t i = 0; i < r->ndigests; i++) {
		kan_hash_hex(hex, r->digests[i].bytes, r->digests[i].algo->digest_len);
		kan_part_member(out, i == 0, r->digests[i].algo->name, hex);
	}
	kan_buf_puts(out, "}");
	kan_hash_hex(hex, r->tree_root, sizeof(r->tree_root));
	kan_part_member(out, false, "tree_root", hex);
	kan_part_number(out, "tree_leaves", r->tree_leaves);
	kan_buf_puts(out, ",\"destinations\":[");
	for (size_t i = 0; i < r->ndestinations; i++) {
		if (i > 0)
			kan_buf_putc(out, ',');
		put_destination_json(out, &r->destinations[i]);
	}
	kan_buf_puts(out, "]}\n");
}
