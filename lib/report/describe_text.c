/* SPDX-License-Identifier: MIT */
/*
 * describe_text.c - an image and its verification for people
 */
#include "kanshiki/describe.h"

#include "core/escape.h"
#include "kanshiki/report.h"
#include "report/fields.h"

#include <string.h>

static void put_text(struct kan_buf *out, const char *s)
{
	kan_escape_text(out, s, strlen(s));
}

static const char *last_part(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

static void put_segments(struct kan_buf *out, const struct kan_image_info *info)
{
	for (size_t i = 0; i < info->nsegments; i++) {
		kan_put_label(out, i == 0 ? kan_text("segments") : "");
		put_text(out, last_part(info->segments[i].path));
		if (info->segments[i].missing)
			kan_buf_printf(out, "  %s\n", kan_text("MISSING"));
		else
			kan_buf_printf(out, "  %llu\n", (unsigned long long)info->segments[i].size);
	}
}

static void put_container(struct kan_buf *out, const struct kan_image_info *info)
{
	kan_put_label(out, kan_text("container"));
	kan_buf_printf(out, "%s%s%s\n", info->format, info->variant[0] ? ", " : "", info->variant);
	kan_put_label(out, kan_text("media size"));
	kan_buf_printf(out, kan_text("%llu bytes, sectors of %u\n"), (unsigned long long)info->size,
	               info->sector_size);
	if (info->chunk_size > 0) {
		kan_put_label(out, kan_text("chunk size"));
		kan_buf_printf(out, "%u\n", info->chunk_size);
	}
	put_segments(out, info);
	for (size_t i = 0; i < info->nhashes; i++) {
		kan_put_label(out, i == 0 ? kan_text("stored hashes") : "");
		kan_buf_printf(out, "%s %s\n", info->hashes[i].algorithm, info->hashes[i].hex);
	}
	for (size_t i = 0; i < info->nvalues; i++) {
		kan_put_label(out, i == 0 ? kan_text("header") : "");
		kan_buf_printf(out, "%s: ", info->values[i].name);
		put_text(out, info->values[i].value);
		kan_buf_putc(out, '\n');
	}
}

static void put_filesystem(struct kan_buf *out, const struct kan_filesystem *fs)
{
	kan_put_label(out, "");
	kan_buf_printf(out, "  %2u  %s  %s", fs->number, fs->type,
	               kan_text_code(kan_fs_state_name(fs->state)));
	kan_buf_printf(out, kan_text("  at %llu, %llu bytes"), (unsigned long long)fs->offset,
	               (unsigned long long)fs->size);
	if (fs->block_size > 0)
		kan_buf_printf(out, kan_text(", blocks of %u"), fs->block_size);
	if (fs->label[0]) {
		kan_buf_puts(out, "  \"");
		put_text(out, fs->label);
		kan_buf_putc(out, '"');
	}
	if (fs->id[0])
		kan_buf_printf(out, "  %s", fs->id);
	kan_buf_putc(out, '\n');
}

static void put_layout(struct kan_buf *out, const struct kan_layout *layout)
{
	for (size_t i = 0; i < layout->nvolumes; i++) {
		const struct kan_volume *v = &layout->volumes[i];

		kan_put_label(out, i == 0 ? kan_text("volumes") : "");
		kan_buf_printf(out, "%2u  %s  %s  %llu+%llu  ", v->number, v->table, v->kind,
		               (unsigned long long)v->offset, (unsigned long long)v->length);
		put_text(out, v->description);
		kan_buf_putc(out, '\n');
		for (size_t k = 0; k < layout->nfilesystems; k++)
			if (layout->filesystems[k].volume == v->number)
				put_filesystem(out, &layout->filesystems[k]);
	}
}

void kan_describe_image_text(struct kan_buf *out, const struct kan_image_info *info,
                             const struct kan_layout *layout)
{
	put_container(out, info);
	put_layout(out, layout);
}

static void put_finding(struct kan_buf *out, const struct kan_finding *f)
{
	kan_put_label(out, kan_text_code(kan_finding_name(f->kind)));
	put_text(out, f->subject);
	kan_buf_puts(out, ": ");
	put_text(out, f->detail);
	if (f->offset != KAN_NO_OFFSET && f->length > 0)
		kan_buf_printf(out, "  [%llu+%llu]", (unsigned long long)f->offset,
		               (unsigned long long)f->length);
	kan_buf_putc(out, '\n');
}

void kan_describe_verify_text(struct kan_buf *out, const char *name,
                              const struct kan_verify_result *r)
{
	char hex[2 * KAN_DIGEST_MAX + 1];

	kan_put_label(out, kan_text("image"));
	put_text(out, name);
	kan_buf_putc(out, '\n');
	kan_put_label(out, kan_text("bytes read"));
	kan_buf_printf(out, "%llu\n", (unsigned long long)r->bytes_read);
	kan_put_label(out, kan_text("unreadable"));
	kan_buf_printf(out, "%llu\n", (unsigned long long)r->bytes_unreadable);
	for (size_t i = 0; i < r->nitems; i++) {
		const struct kan_verify_item *item = &r->items[i];

		kan_hash_hex(hex, item->computed.bytes, item->computed.algo->digest_len);
		kan_put_label(out, item->computed.algo->label);
		kan_buf_printf(out, "%s  %s\n", hex,
		               item->stored[0] ? kan_text_code(kan_verdict_name(item->verdict))
		                               : kan_text("nothing stored to compare with"));
		if (item->verdict == KAN_VERDICT_MISMATCH) {
			kan_put_label(out, kan_text("  stored"));
			kan_buf_printf(out, "%s\n", item->stored);
		}
	}
	for (size_t i = 0; i < r->findings.n; i++)
		put_finding(out, &r->findings.list[i]);
	kan_put_label(out, kan_text("verdict"));
	kan_buf_printf(out, "%s\n", kan_text_code(kan_verdict_name(r->verdict)));
}

void kan_describe_piece_text(struct kan_buf *out, const struct kan_digest *digest, uint64_t offset,
                             uint64_t len)
{
	char hex[2 * KAN_DIGEST_MAX + 1];

	kan_hash_hex(hex, digest->bytes, digest->algo->digest_len);
	kan_buf_printf(out, "%-7s %s  %llu+%llu\n", digest->algo->name, hex,
	               (unsigned long long)offset, (unsigned long long)len);
}
