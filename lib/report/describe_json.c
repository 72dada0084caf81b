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
		kan_buf_puts(out, "}\n");
	}
	for (size_t i = 0; i < r->findings.n; i++)
		kan_describe_finding_jsonl(out, &r->findings.list[i]);
	kan_buf_putc(out, '{');
	kan_part_member(out, true, "image", name);
	kan_part_number(out, "bytes_read", r->bytes_read);
	kan_part_number(out, "bytes_unreadable", r->bytes_unreadable);
	kan_part_number(out, "findings_dropped", r->findings.dropped);
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
