/* SPDX-License-Identifier: MIT */
/*
 * describe_json.c - an image and its verification for programs
 */
#include "kanshiki/describe.h"

#include "kanshiki/version.h"
#include "report/parts.h"

#include <string.h>

static void put_container(struct kan_buf *out, const struct kan_image_info *info)
{
	kan_part_member(out, false, "format", info->format);
	kan_part_member(out, false, "variant", info->variant);
	kan_part_number(out, "size", info->size);
	kan_part_number(out, "sector_size", info->sector_size);
	kan_part_number(out, "chunk_size", info->chunk_size);
	kan_buf_puts(out, ",\"segments\":[");
	for (size_t i = 0; i < info->nsegments; i++) {
		kan_buf_puts(out, i ? ",{" : "{");
		kan_part_member(out, true, "name", kan_part_name(info->segments[i].path));
		kan_part_number(out, "size", info->segments[i].size);
		kan_buf_printf(out, ",\"missing\":%s}",
		               info->segments[i].missing ? "true" : "false");
	}
	kan_buf_puts(out, "],\"stored_hashes\":[");
	for (size_t i = 0; i < info->nhashes; i++) {
		kan_buf_puts(out, i ? ",{" : "{");
		kan_part_member(out, true, "algorithm", info->hashes[i].algorithm);
		kan_part_member(out, false, "value", info->hashes[i].hex);
		kan_buf_putc(out, '}');
	}
	kan_buf_puts(out, "],\"header\":[");
	for (size_t i = 0; i < info->nvalues; i++) {
		kan_buf_puts(out, i ? ",{" : "{");
		kan_part_member(out, true, "name", info->values[i].name);
		kan_part_member(out, false, "value", info->values[i].value);
		kan_buf_putc(out, '}');
	}
	kan_buf_putc(out, ']');
}

static void put_volume(struct kan_buf *out, const struct kan_volume *v)
{
	kan_buf_printf(out, "{\"number\":%u", v->number);
	kan_part_number(out, "offset", v->offset);
	kan_part_number(out, "length", v->length);
	kan_part_member(out, false, "table", v->table);
	kan_part_member(out, false, "kind", v->kind);
	kan_part_member(out, false, "description", v->description);
	kan_buf_putc(out, '}');
}

static void put_filesystem(struct kan_buf *out, const struct kan_filesystem *fs)
{
	kan_buf_printf(out, "{\"number\":%u,\"volume\":%u", fs->number, fs->volume);
	kan_part_member(out, false, "state", kan_fs_state_name(fs->state));
	kan_part_member(out, false, "type", fs->type);
	kan_part_member(out, false, "id", fs->id);
	kan_part_member(out, false, "label", fs->label);
	kan_part_number(out, "offset", fs->offset);
	kan_part_number(out, "size", fs->size);
	kan_part_number(out, "block_size", fs->block_size);
	kan_part_number(out, "first_block", fs->first_block);
	kan_part_number(out, "last_block", fs->last_block);
	kan_part_number(out, "first_addr", fs->first_addr);
	kan_part_number(out, "last_addr", fs->last_addr);
	kan_part_number(out, "root_addr", fs->root_addr);
	kan_part_number(out, "pool_block", fs->pool_block);
	kan_buf_putc(out, '}');
}

static void put_finding(struct kan_buf *out, const struct kan_finding *f)
{
	kan_buf_putc(out, '{');
	kan_part_member(out, true, "finding", kan_finding_name(f->kind));
	kan_buf_printf(out, ",\"problem\":%s", kan_finding_is_problem(f->kind) ? "true" : "false");
	kan_part_member(out, false, "subject", f->subject);
	kan_part_member(out, false, "detail", f->detail);
	if (f->offset == KAN_NO_OFFSET) {
		kan_buf_puts(out, ",\"offset\":null,\"length\":null}");
	} else {
		kan_part_number(out, "offset", f->offset);
		kan_part_number(out, "length", f->length);
		kan_buf_putc(out, '}');
	}
}

void kan_describe_finding_jsonl(struct kan_buf *out, const struct kan_finding *f)
{
	put_finding(out, f);
	kan_buf_putc(out, '\n');
}

void kan_describe_image_json(struct kan_buf *out, const struct kan_image_info *info,
                             const struct kan_layout *layout, const struct kan_findings *findings,
                             const struct kan_device *device)
{
	kan_buf_putc(out, '{');
	kan_part_member(out, true, "tool", "kanshiki " KAN_VERSION);
	kan_buf_puts(out, ",\"device\":");
	if (device && device->is_device)
		kan_describe_device_json(out, device, layout);
	else
		kan_buf_puts(out, "null");
	put_container(out, info);
	kan_buf_puts(out, ",\"volumes\":[");
	for (size_t i = 0; i < layout->nvolumes; i++) {
		kan_buf_puts(out, i ? "," : "");
		put_volume(out, &layout->volumes[i]);
	}
	kan_buf_puts(out, "],\"filesystems\":[");
	for (size_t i = 0; i < layout->nfilesystems; i++) {
		kan_buf_puts(out, i ? "," : "");
		put_filesystem(out, &layout->filesystems[i]);
	}
	kan_buf_puts(out, "],\"findings\":[");
	for (size_t i = 0; i < findings->n; i++) {
		kan_buf_puts(out, i ? "," : "");
		put_finding(out, &findings->list[i]);
	}
	kan_buf_puts(out, "]}\n");
}

static void put_range(struct kan_buf *out, const struct kan_record_range *range, uint32_t sector)
{
	uint64_t size = sector > 0 ? sector : 512;
	uint64_t first = range->offset / size;

	kan_buf_printf(out, "{\"offset\":%llu", (unsigned long long)range->offset);
	kan_part_number(out, "length", range->length);
	kan_part_number(out, "first_sector", first);
	kan_part_number(out, "sectors", (range->offset + range->length - 1) / size - first + 1);
	kan_buf_putc(out, '}');
}

static void put_check(struct kan_buf *out, const char *name, const struct kan_verify_result *r,
                      enum kan_verify_check_id id)
{
	const struct kan_verify_check *c = &r->checks[id];

	kan_buf_putc(out, '{');
	kan_part_member(out, true, "image", name);
	kan_part_member(out, false, "check", kan_verify_check_name(id));
	kan_part_member(out, false, "verdict", kan_verdict_name(c->verdict));
	kan_part_member(out, false, "detail", c->detail);
	kan_buf_puts(out, ",\"ranges\":[");
	for (size_t i = 0; i < c->nranges; i++) {
		kan_buf_puts(out, i > 0 ? "," : "");
		put_range(out, &c->ranges[i], r->sector_size);
	}
	kan_buf_puts(out, "]}\n");
}

static void put_hash(struct kan_buf *out, const char *key, const uint8_t *hash)
{
	char hex[2 * KAN_TREE_HASH + 1];

	kan_hash_hex(hex, hash, KAN_TREE_HASH);
	kan_part_member(out, false, key, hex);
}

void kan_describe_block_jsonl(struct kan_buf *out, const char *name,
                              const struct kan_verify_block *b)
{
	char hex[2 * KAN_TREE_HASH + 1];

	kan_buf_putc(out, '{');
	kan_part_member(out, true, "image", name);
	kan_part_number(out, "block", b->block);
	kan_part_number(out, "blocks", b->nleaves);
	kan_part_number(out, "offset", b->offset);
	kan_part_number(out, "length", b->length);
	put_hash(out, "leaf", b->nodes[0]);
	kan_part_member(out, false, "leaf_recorded", b->recorded);
	kan_buf_puts(out, ",\"proof\":[");
	for (size_t i = 0; i < b->nproof; i++) {
		kan_hash_hex(hex, b->proof[i], KAN_TREE_HASH);
		kan_buf_printf(out, "%s{\"side\":\"%s\",\"hash\":\"%s\"}", i > 0 ? "," : "",
		               b->left[i] ? "left" : "right", hex);
	}
	kan_buf_putc(out, ']');
	put_hash(out, "root", b->nodes[b->nproof]);
	kan_part_member(out, false, "root_recorded", b->root);
	kan_part_member(out, false, "verdict", kan_verdict_name(b->verdict));
	kan_buf_puts(out, "}\n");
	for (size_t i = 0; i < b->findings.n; i++)
		kan_describe_finding_jsonl(out, &b->findings.list[i]);
}

void kan_describe_verify_jsonl(struct kan_buf *out, const char *name,
                               const struct kan_verify_result *r)
{
	char hex[2 * KAN_DIGEST_MAX + 1];

	for (size_t i = 0; i < r->nitems; i++) {
		const struct kan_verify_item *item = &r->items[i];

		kan_hash_hex(hex, item->computed.bytes, item->computed.algo->digest_len);
		kan_buf_putc(out, '{');
		kan_part_member(out, true, "image", name);
		kan_part_member(out, false, "algorithm", item->computed.algo->name);
		kan_part_member(out, false, "computed", hex);
		kan_part_member(out, false, "stored", item->stored);
		kan_part_member(out, false, "verdict", kan_verdict_name(item->verdict));
		kan_part_member(out, false, "recorded", item->recorded);
		kan_part_member(out, false, "record_verdict",
		                kan_verdict_name(item->record_verdict));
		kan_buf_puts(out, "}\n");
	}
	for (size_t i = 0; i < r->findings.n; i++)
		kan_describe_finding_jsonl(out, &r->findings.list[i]);
	for (int i = 0; i < KAN_VERIFY_NCHECKS; i++)
		if (r->checks[i].asked)
			put_check(out, name, r, (enum kan_verify_check_id)i);
	kan_buf_putc(out, '{');
	kan_part_member(out, true, "image", name);
	kan_part_number(out, "bytes_read", r->bytes_read);
	kan_part_number(out, "bytes_unreadable", r->bytes_unreadable);
	kan_part_number(out, "findings_dropped", r->findings.dropped);
	kan_part_number(out, "blocks_recorded", r->blocks_recorded);
	kan_part_number(out, "blocks_proven", r->blocks_proven);
	kan_part_number(out, "bytes_recorded", r->bytes_recorded);
	kan_part_number(out, "bytes_proven", r->bytes_proven);
	kan_part_member(out, false, "verdict", kan_verdict_name(r->verdict));
	kan_buf_puts(out, "}\n");
}

void kan_describe_piece_jsonl(struct kan_buf *out, const struct kan_digest *digest, uint64_t offset,
                              uint64_t len)
{
	char hex[2 * KAN_DIGEST_MAX + 1];

	kan_hash_hex(hex, digest->bytes, digest->algo->digest_len);
	kan_buf_putc(out, '{');
	kan_part_member(out, true, "algorithm", digest->algo->name);
	kan_part_number(out, "offset", offset);
	kan_part_number(out, "length", len);
	kan_part_member(out, false, "digest", hex);
	kan_buf_puts(out, "}\n");
}
