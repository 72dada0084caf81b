/* SPDX-License-Identifier: MIT */
/*
 * proto.h - what the parent and its file-system workers say to each other
 *
 * A request is one byte of enum kan_fs_op and its arguments.  A frame of the
 * answer holds any number of records: one byte of enum kan_fs_rec and a
 * length-prefixed body.  All integers are little-endian (core/wire.h).  The
 * parent checks everything that comes back.
 */
#ifndef KAN_FS_PROTO_H
#define KAN_FS_PROTO_H

#include "core/wire.h"
#include "kanshiki/fs.h"
#include "kanshiki/worker.h"

enum kan_fs_op {
	KAN_FS_OP_VOLUMES = 'V', /* find the partition table */
	KAN_FS_OP_PROBE = 'P',  /* u64 offset, u64 length, str hint: which file systems are there */
	KAN_FS_OP_LIST = 'L',   /* ref, u64 addr, u64 parent: the names of a directory */
	KAN_FS_OP_DIGEST = 'D', /* names of algorithms, ref, streams: their digests */
	KAN_FS_OP_PART = 'C',   /* names of algorithms, ref, stream, u64 offset: the next part */
	KAN_FS_OP_READ = 'R',   /* ref, u8 kind, stream: its bytes */
	KAN_FS_OP_FREE = 'U',   /* ref: unallocated ranges */
};

enum kan_fs_rec {
	KAN_FS_REC_FINDING = 'f', /* u32 kind, u64 offset, u64 length, str subject, str detail */
	KAN_FS_REC_VOLUME = 'v',
	KAN_FS_REC_SYSTEM = 's',
	KAN_FS_REC_NAME = 'n',   /* u8 descend, str name, str stream, fixed part, str link */
	KAN_FS_REC_DIGEST = 'd', /* u32 index, bytes for each algorithm */
	KAN_FS_REC_DATA = 'b',   /* u64 offset, bytes */
	KAN_FS_REC_RANGE = 'r',  /* u64 offset, u64 length */
};

/** What a worker needs to open a file system again. */
struct kan_fs_ref {
	uint32_t number;
	char type[24];
	uint64_t offset;
	uint64_t size;
	uint64_t pool_block;
};

/** One stream of a file; attr_type 0 is the stream that the file system takes by default. */
struct kan_fs_stream {
	uint64_t addr;
	uint32_t attr_type;
	uint32_t attr_id;
};

struct kan_fs_ref kan_fs_ref_of(const struct kan_filesystem *fs);

void kan_fs_put_ref(struct kan_buf *b, const struct kan_fs_ref *ref);
void kan_fs_get_ref(struct kan_wire *w, struct kan_fs_ref *ref);

void kan_fs_put_stream(struct kan_buf *b, const struct kan_fs_stream *s);
void kan_fs_get_stream(struct kan_wire *w, struct kan_fs_stream *s);

/** The numbers of a file: everything but its strings, fs, evidence and digests. */
void kan_fs_put_file(struct kan_buf *b, const struct kan_file *f);
void kan_fs_get_file(struct kan_wire *w, struct kan_file *f);

void kan_fs_put_system(struct kan_buf *b, const struct kan_filesystem *fs);
void kan_fs_get_system(struct kan_wire *w, struct kan_filesystem *fs);

void kan_fs_put_volume(struct kan_buf *b, const struct kan_volume *v);
void kan_fs_get_volume(struct kan_wire *w, struct kan_volume *v);

/** Copy @s into a field of @room bytes, cut at a character if it is too long. */
void kan_fs_set_text(char *out, size_t room, const char *s);

/** Called for each record of a frame. */
typedef int kan_fs_rec_fn(void *arg, enum kan_fs_rec kind, struct kan_wire *body,
                          struct kan_err *err);

/** Take a frame apart; KAN_EWORKER if it is nonsense. */
KAN_MUST_CHECK int kan_fs_each_rec(struct kan_bytes frame, kan_fs_rec_fn *fn, void *arg,
                                   struct kan_err *err);

/** Add the finding in @body to @set; KAN_EWORKER if it is nonsense. */
KAN_MUST_CHECK int kan_fs_take_finding(struct kan_wire *body, struct kan_findings *set,
                                       struct kan_err *err);

#endif
