/* SPDX-License-Identifier: MIT */
/*
 * proto.c - what the parent and its file-system workers say to each other
 *
 * Each put has its get next to it, with the fields in the same order.  A get
 * never fails by itself: the wire remembers that something did not fit, and
 * values that would lead us astray later (types, kinds) are brought into their
 * range.
 */
#include "fs/proto.h"

#include "core/escape.h"

#include <string.h>

void kan_fs_set_text(char *out, size_t room, const char *s)
{
	size_t len = 0, all = strlen(s);

	while (len < all) {
		uint32_t point;
		size_t n = kan_utf8_len((const uint8_t *)s + len, all - len, &point);

		n = n ? n : 1;
		if (n > room - 1 - len)
			break;
		len += n;
	}
	memcpy(out, s, len);
	out[len] = '\0';
}

struct kan_fs_ref kan_fs_ref_of(const struct kan_filesystem *fs)
{
	struct kan_fs_ref ref = {
		.number = fs->number,
		.offset = fs->offset,
		.size = fs->size,
		.pool_block = fs->pool_block,
	};

	kan_fs_set_text(ref.type, sizeof(ref.type), fs->type);
	return ref;
}

void kan_fs_put_ref(struct kan_buf *b, const struct kan_fs_ref *ref)
{
	kan_wire_put_u32(b, ref->number);
	kan_wire_put_str(b, ref->type);
	kan_wire_put_u64(b, ref->offset);
	kan_wire_put_u64(b, ref->size);
	kan_wire_put_u64(b, ref->pool_block);
}

void kan_fs_get_ref(struct kan_wire *w, struct kan_fs_ref *ref)
{
	memset(ref, 0, sizeof(*ref));
	ref->number = kan_wire_u32(w);
	kan_fs_set_text(ref->type, sizeof(ref->type), kan_wire_str(w));
	ref->offset = kan_wire_u64(w);
	ref->size = kan_wire_u64(w);
	ref->pool_block = kan_wire_u64(w);
}

void kan_fs_put_stream(struct kan_buf *b, const struct kan_fs_stream *s)
{
	kan_wire_put_u64(b, s->addr);
	kan_wire_put_u32(b, s->attr_type);
	kan_wire_put_u32(b, s->attr_id);
}

void kan_fs_get_stream(struct kan_wire *w, struct kan_fs_stream *s)
{
	s->addr = kan_wire_u64(w);
	s->attr_type = kan_wire_u32(w);
	s->attr_id = kan_wire_u32(w);
}

void kan_fs_put_file(struct kan_buf *b, const struct kan_file *f)
{
	kan_wire_put_u64(b, f->addr);
	kan_wire_put_u64(b, f->seq);
	kan_wire_put_u64(b, f->parent);
	kan_wire_put_u32(b, f->attr_type);
	kan_wire_put_u32(b, f->attr_id);
	kan_wire_put_u32(b, f->flags);
	kan_wire_put_u8(b, (uint8_t)f->name_type);
	kan_wire_put_u8(b, (uint8_t)f->meta_type);
	kan_wire_put_u32(b, f->mode);
	kan_wire_put_u32(b, f->uid);
	kan_wire_put_u32(b, f->gid);
	kan_wire_put_u32(b, f->nlink);
	kan_wire_put_u64(b, f->size);
	for (size_t i = 0; i < KAN_FILE_NTIMES; i++) {
		kan_wire_put_u64(b, (uint64_t)f->time_ns[i]);
		kan_wire_put_u64(b, (uint64_t)f->fn_ns[i]);
		kan_wire_put_u32(b, f->time_unit_ns[i]);
	}
}

static enum kan_file_type get_file_type(struct kan_wire *w)
{
	uint8_t v = kan_wire_u8(w);

	return v < KAN_FILE_NTYPES ? (enum kan_file_type)v : KAN_FILE_UNKNOWN;
}

void kan_fs_get_file(struct kan_wire *w, struct kan_file *f)
{
	f->addr = kan_wire_u64(w);
	f->seq = kan_wire_u64(w);
	f->parent = kan_wire_u64(w);
	f->attr_type = kan_wire_u32(w);
	f->attr_id = kan_wire_u32(w);
	f->flags = kan_wire_u32(w);
	f->name_type = get_file_type(w);
	f->meta_type = get_file_type(w);
	f->mode = kan_wire_u32(w);
	f->uid = kan_wire_u32(w);
	f->gid = kan_wire_u32(w);
	f->nlink = kan_wire_u32(w);
	f->size = kan_wire_u64(w);
	for (size_t i = 0; i < KAN_FILE_NTIMES; i++) {
		f->time_ns[i] = (int64_t)kan_wire_u64(w);
		f->fn_ns[i] = (int64_t)kan_wire_u64(w);
		f->time_unit_ns[i] = kan_wire_u32(w);
	}
}

void kan_fs_put_system(struct kan_buf *b, const struct kan_filesystem *fs)
{
	kan_wire_put_u8(b, (uint8_t)fs->state);
	kan_wire_put_str(b, fs->type);
	kan_wire_put_str(b, fs->id);
	kan_wire_put_str(b, fs->label);
	kan_wire_put_u64(b, fs->offset);
	kan_wire_put_u64(b, fs->size);
	kan_wire_put_u32(b, fs->block_size);
	kan_wire_put_u64(b, fs->first_block);
	kan_wire_put_u64(b, fs->last_block);
	kan_wire_put_u64(b, fs->first_addr);
	kan_wire_put_u64(b, fs->last_addr);
	kan_wire_put_u64(b, fs->root_addr);
	kan_wire_put_u64(b, fs->pool_block);
}

void kan_fs_get_system(struct kan_wire *w, struct kan_filesystem *fs)
{
	uint8_t state;

	memset(fs, 0, sizeof(*fs));
	state = kan_wire_u8(w);
	fs->state = state <= KAN_FS_SUSPECTED ? (enum kan_fs_state)state : KAN_FS_UNSUPPORTED;
	kan_fs_set_text(fs->type, sizeof(fs->type), kan_wire_str(w));
	kan_fs_set_text(fs->id, sizeof(fs->id), kan_wire_str(w));
	kan_fs_set_text(fs->label, sizeof(fs->label), kan_wire_str(w));
	fs->offset = kan_wire_u64(w);
	fs->size = kan_wire_u64(w);
	fs->block_size = kan_wire_u32(w);
	fs->first_block = kan_wire_u64(w);
	fs->last_block = kan_wire_u64(w);
	fs->first_addr = kan_wire_u64(w);
	fs->last_addr = kan_wire_u64(w);
	fs->root_addr = kan_wire_u64(w);
	fs->pool_block = kan_wire_u64(w);
}

void kan_fs_put_volume(struct kan_buf *b, const struct kan_volume *v)
{
	kan_wire_put_u64(b, v->offset);
	kan_wire_put_u64(b, v->length);
	kan_wire_put_str(b, v->table);
	kan_wire_put_str(b, v->kind);
	kan_wire_put_str(b, v->description);
}

void kan_fs_get_volume(struct kan_wire *w, struct kan_volume *v)
{
	memset(v, 0, sizeof(*v));
	v->offset = kan_wire_u64(w);
	v->length = kan_wire_u64(w);
	kan_fs_set_text(v->table, sizeof(v->table), kan_wire_str(w));
	kan_fs_set_text(v->kind, sizeof(v->kind), kan_wire_str(w));
	kan_fs_set_text(v->description, sizeof(v->description), kan_wire_str(w));
}

int kan_fs_each_rec(struct kan_bytes frame, kan_fs_rec_fn *fn, void *arg, struct kan_err *err)
{
	struct kan_wire w = { .v = { frame.data, frame.len } };

	while (w.pos < w.v.len) {
		enum kan_fs_rec kind = (enum kan_fs_rec)kan_wire_u8(&w);
		struct kan_wire body = { .v = kan_wire_bytes(&w) };
		int rc;

		if (w.bad)
			return kan_fail(err, KAN_EWORKER, "a worker answered nonsense");
		rc = fn(arg, kind, &body, err);
		if (rc != KAN_OK)
			return rc;
	}
	return KAN_OK;
}

int kan_fs_take_finding(struct kan_wire *body, struct kan_findings *set, struct kan_err *err)
{
	uint32_t kind = kan_wire_u32(body);
	uint64_t offset = kan_wire_u64(body);
	uint64_t length = kan_wire_u64(body);
	const char *subject = kan_wire_str(body);
	const char *detail = kan_wire_str(body);

	if (!kan_wire_end(body) || kind >= KAN_FINDING_NKINDS)
		return kan_fail(err, KAN_EWORKER, "a worker answered nonsense");
	kan_findings_add(set, (enum kan_finding_kind)kind, offset, length, subject, "%s", detail);
	return KAN_OK;
}
