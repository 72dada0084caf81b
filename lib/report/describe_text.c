/* SPDX-License-Identifier: MIT */
/*
 * describe_text.c - an image and its verification for people
 */
#include "kanshiki/describe.h"

#include "kanshiki/report.h"
#include "report/parts.h"

#include <ctype.h>

/* Ranges of one check in text; JSON has them all. */
#define RANGES_SHOWN 8u

static void put_segments(struct kan_buf *out, const struct kan_image_info *info)
{
	for (size_t i = 0; i < info->nsegments; i++) {
		kan_part_label(out, i == 0 ? kan_text("segments") : "");
		kan_part_text(out, kan_part_name(info->segments[i].path));
		if (info->segments[i].missing)
			kan_buf_printf(out, "  %s\n", kan_text("MISSING"));
		else
			kan_buf_printf(out, "  %llu\n", (unsigned long long)info->segments[i].size);
	}
}

static void put_container(struct kan_buf *out, const struct kan_image_info *info)
{
	kan_part_label(out, kan_text("container"));
	kan_buf_printf(out, "%s%s%s\n", info->format, info->variant[0] ? ", " : "", info->variant);
	kan_part_label(out, kan_text("media size"));
	kan_buf_printf(out, kan_text("%llu bytes, sectors of %u\n"), (unsigned long long)info->size,
	               info->sector_size);
	if (info->chunk_size > 0) {
		kan_part_label(out, kan_text("chunk size"));
		kan_buf_printf(out, "%u\n", info->chunk_size);
	}
	put_segments(out, info);
	for (size_t i = 0; i < info->nhashes; i++) {
		kan_part_label(out, i == 0 ? kan_text("stored hashes") : "");
		kan_buf_printf(out, "%s %s\n", info->hashes[i].algorithm, info->hashes[i].hex);
	}
	for (size_t i = 0; i < info->nvalues; i++) {
		kan_part_label(out, i == 0 ? kan_text("header") : "");
		kan_buf_printf(out, "%s: ", info->values[i].name);
		kan_part_text(out, info->values[i].value);
		kan_buf_putc(out, '\n');
	}
}

static void put_filesystem(struct kan_buf *out, const struct kan_filesystem *fs)
{
	kan_part_label(out, "");
	kan_buf_printf(out, "  %2u  %s  %s", fs->number, fs->type,
	               kan_text_code(kan_fs_state_name(fs->state)));
	kan_buf_printf(out, kan_text("  at %llu, %llu bytes"), (unsigned long long)fs->offset,
	               (unsigned long long)fs->size);
	if (fs->block_size > 0)
		kan_buf_printf(out, kan_text(", blocks of %u"), fs->block_size);
	if (fs->label[0]) {
		kan_buf_puts(out, "  \"");
		kan_part_text(out, fs->label);
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

		kan_part_label(out, i == 0 ? kan_text("volumes") : "");
		kan_buf_printf(out, "%2u  %s  %s  %llu+%llu  ", v->number, v->table, v->kind,
		               (unsigned long long)v->offset, (unsigned long long)v->length);
		kan_part_text(out, v->description);
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
	kan_part_label(out, kan_text_code(kan_finding_name(f->kind)));
	kan_part_text(out, f->subject);
	kan_buf_puts(out, ": ");
	kan_part_text(out, f->detail);
	if (f->offset != KAN_NO_OFFSET && f->length > 0)
		kan_buf_printf(out, "  [%llu+%llu]", (unsigned long long)f->offset,
		               (unsigned long long)f->length);
	kan_buf_putc(out, '\n');
}

static void put_item_verdict(struct kan_buf *out, const struct kan_verify_item *item)
{
	if (item->stored[0])
		kan_buf_puts(out, kan_text_code(kan_verdict_name(item->verdict)));
	if (item->recorded[0]) {
		kan_buf_puts(out, item->stored[0] ? "  " : "");
		kan_buf_printf(out, kan_text("in the record: %s"),
		               kan_text_code(kan_verdict_name(item->record_verdict)));
	}
	if (!item->stored[0] && !item->recorded[0])
		kan_buf_puts(out, kan_text("nothing stored to compare with"));
	kan_buf_putc(out, '\n');
}

/* [offset+length, sectors first to last] */
static void put_range(struct kan_buf *out, const struct kan_record_range *range, uint32_t sector)
{
	uint64_t size = sector > 0 ? sector : 512;

	kan_buf_puts(out, "  [");
	kan_buf_printf(out, kan_text("%llu+%llu, sectors %llu to %llu"),
	               (unsigned long long)range->offset, (unsigned long long)range->length,
	               (unsigned long long)(range->offset / size),
	               (unsigned long long)((range->offset + range->length - 1) / size));
	kan_buf_putc(out, ']');
}

static void put_check(struct kan_buf *out, const struct kan_verify_result *r,
                      enum kan_verify_check_id id)
{
	const struct kan_verify_check *c = &r->checks[id];
	size_t shown = c->nranges < RANGES_SHOWN ? c->nranges : RANGES_SHOWN;

	kan_part_label(out, kan_text("check"));
	kan_buf_printf(out, "%s %s", kan_text_code(kan_verify_check_name(id)),
	               kan_text_code(kan_verdict_name(c->verdict)));
	if (c->detail[0]) {
		kan_buf_puts(out, "  (");
		kan_part_text(out, c->detail);
		kan_buf_putc(out, ')');
	}
	for (size_t i = 0; i < shown; i++)
		put_range(out, &c->ranges[i], r->sector_size);
	if (shown < c->nranges) {
		kan_buf_puts(out, "  ");
		kan_buf_printf(out, kan_text("and %zu more ranges"), c->nranges - shown);
	}
	kan_buf_putc(out, '\n');
}

void kan_describe_verify_text(struct kan_buf *out, const char *name,
                              const struct kan_verify_result *r)
{
	char hex[2 * KAN_DIGEST_MAX + 1];

	kan_part_label(out, kan_text("image"));
	kan_part_text(out, name);
	kan_buf_putc(out, '\n');
	kan_part_label(out, kan_text("bytes read"));
	kan_buf_printf(out, "%llu\n", (unsigned long long)r->bytes_read);
	kan_part_label(out, kan_text("unreadable"));
	kan_buf_printf(out, "%llu\n", (unsigned long long)r->bytes_unreadable);
	for (size_t i = 0; i < r->nitems; i++) {
		const struct kan_verify_item *item = &r->items[i];

		kan_hash_hex(hex, item->computed.bytes, item->computed.algo->digest_len);
		kan_part_label(out, item->computed.algo->label);
		kan_buf_printf(out, "%s  ", hex);
		put_item_verdict(out, item);
		if (item->verdict == KAN_VERDICT_MISMATCH) {
			kan_part_label(out, kan_text("  stored"));
			kan_buf_printf(out, "%s\n", item->stored);
		}
	}
	for (size_t i = 0; i < r->findings.n; i++)
		put_finding(out, &r->findings.list[i]);
	for (int i = 0; i < KAN_VERIFY_NCHECKS; i++)
		if (r->checks[i].asked)
			put_check(out, r, (enum kan_verify_check_id)i);
	if (r->blocks_recorded > 0) {
		kan_part_label(out, kan_text("proven"));
		kan_buf_printf(out,
		               kan_text("%llu of %llu blocks, %llu of %llu bytes, by the tree of "
		                        "the record\n"),
		               (unsigned long long)r->blocks_proven,
		               (unsigned long long)r->blocks_recorded,
		               (unsigned long long)r->bytes_proven,
		               (unsigned long long)r->bytes_recorded);
	}
	kan_part_label(out, kan_text("verdict"));
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

static void put_hash(struct kan_buf *out, const char *label, const uint8_t *hash)
{
	char hex[2 * KAN_TREE_HASH + 1];

	kan_hash_hex(hex, hash, KAN_TREE_HASH);
	kan_part_label(out, label);
	kan_buf_printf(out, "%s\n", hex);
}

/* basenc knows capital letters only. */
static void put_capital(struct kan_buf *out, const uint8_t *hash)
{
	char hex[2 * KAN_TREE_HASH + 1];

	kan_hash_hex(hex, hash, KAN_TREE_HASH);
	for (char *p = hex; *p; p++)
		kan_buf_putc(out, (char)toupper((unsigned char)*p));
}

/* Commands that give the leaf and every hash above it. */
static void put_commands(struct kan_buf *out, const struct kan_verify_block *b)
{
	kan_buf_puts(out, kan_text("The same, with stock tools; MEDIA is the raw media, each line "
	                           "gives the next hash:\n"));
	kan_buf_printf(out,
	               "  { printf '\\000'; dd if=MEDIA bs=%u skip=%llu count=1 status=none; } | "
	               "sha256sum\n",
	               KAN_TREE_BLOCK, (unsigned long long)b->block);
	for (size_t i = 0; i < b->nproof; i++) {
		kan_buf_puts(out, "  printf 01");
		put_capital(out, b->left[i] ? b->proof[i] : b->nodes[i]);
		put_capital(out, b->left[i] ? b->nodes[i] : b->proof[i]);
		kan_buf_puts(out, " | basenc --base16 -d | sha256sum\n");
	}
}

void kan_describe_block_text(struct kan_buf *out, const char *name,
                             const struct kan_verify_block *b)
{
	kan_part_label(out, kan_text("image"));
	kan_part_text(out, name);
	kan_buf_putc(out, '\n');
	kan_part_label(out, kan_text("block"));
	kan_buf_printf(out, kan_text("%llu of %llu  [%llu+%llu]\n"), (unsigned long long)b->block,
	               (unsigned long long)b->nleaves, (unsigned long long)b->offset,
	               (unsigned long long)b->length);
	put_hash(out, kan_text("leaf"), b->nodes[0]);
	kan_part_label(out, kan_text("  recorded"));
	kan_buf_printf(out, "%s\n", b->recorded);
	for (size_t i = 0; i < b->nproof; i++)
		put_hash(out, b->left[i] ? kan_text("proof, left") : kan_text("proof, right"),
		         b->proof[i]);
	put_hash(out, kan_text("root"), b->nodes[b->nproof]);
	kan_part_label(out, kan_text("  recorded"));
	kan_buf_printf(out, "%s\n", b->root);
	for (size_t i = 0; i < b->findings.n; i++)
		put_finding(out, &b->findings.list[i]);
	kan_part_label(out, kan_text("verdict"));
	kan_buf_printf(out, "%s\n", kan_text_code(kan_verdict_name(b->verdict)));
	put_commands(out, b);
}
