/* SPDX-License-Identifier: MIT */
/*
 * session.h - a worker that reads file systems: its state and its jobs
 */
#ifndef KAN_FS_SESSION_H
#define KAN_FS_SESSION_H

#include "fs/answer.h"
#include "fs/ext_inode.h"
#include "fs/tsk_image.h"

/** For tests only: a job that shall fail, and how. */
enum kan_fs_fault_kind {
	KAN_FS_FAULT_NONE,
	KAN_FS_FAULT_CRASH,
	KAN_FS_FAULT_HANG,
	KAN_FS_FAULT_MEMORY,
};

/** For tests only. */
struct kan_fs_fault {
	enum kan_fs_fault_kind kind;
	enum kan_fs_op op;
	uint32_t fs;
	uint64_t addr;     /* of the directory or file */
	uint64_t part_len; /* see KAN_DIGESTS_PART; 0: that */
};

/** What start() gets, the memory of the parent. */
struct kan_fs_start {
	struct kan_image *img;
	const struct kan_fs_fault *fault; /* may be NULL */
};

/** The worker: all jobs of this folder in one. */
extern const struct kan_worker_ops kan_fs_worker;

/** Open file systems that a worker keeps; the oldest is closed when there are more. */
#define KAN_FS_HANDLES 8u

struct kan_fs_handle {
	struct kan_fs_ref ref;
	TSK_FS_INFO *fs;
	const TSK_POOL_INFO *pool;
	TSK_IMG_INFO *pool_img;
	struct kan_tsk_image *own; /* of YAFFS2: what the file system is read through; or NULL */
	uint32_t chunk_len;        /* of YAFFS2: bytes of the media for each block; else 0 */
	struct kan_ext ext;        /* of ext2, ext3, ext4 */
};

struct kan_fs_part;

struct kan_fs_session {
	const struct kan_fs_start *start;
	struct kan_source *src; /* of the image; borrowed */
	struct kan_tsk_image *img;
	struct kan_fs_handle handles[KAN_FS_HANDLES];
	size_t nhandles;
	struct kan_fs_part *part; /* of a large stream; NULL: none */
};

/**
 * The file system that @ref names, opened once; NULL after telling why in @a
 * (a finding, or a failure if the source itself is gone).
 */
struct kan_fs_handle *kan_fs_session_open(struct kan_fs_session *s, const struct kan_fs_ref *ref,
                                          struct kan_fs_answer *a);

/** Open what @h->ref names.  False with the error of Sleuth Kit set. */
bool kan_fs_handle_open(struct kan_fs_handle *h, struct kan_fs_session *s);
void kan_fs_handle_close(struct kan_fs_handle *h);

/** Where the blocks from @block on lie in the media; false if that is nowhere. */
bool kan_fs_handle_place(uint64_t *offset, const struct kan_fs_handle *h, uint64_t block);

/** Do what a test has asked for, if this is the place. */
void kan_fs_session_fault(const struct kan_fs_session *s, enum kan_fs_op op, uint32_t fs,
                          uint64_t addr);

/** A job: reads its arguments from @req and answers through @a. */
typedef int kan_fs_job_fn(struct kan_fs_session *s, struct kan_wire *req, struct kan_fs_answer *a);

kan_fs_job_fn kan_fs_job_volumes;
kan_fs_job_fn kan_fs_job_probe;
kan_fs_job_fn kan_fs_job_list;
kan_fs_job_fn kan_fs_job_digest;
kan_fs_job_fn kan_fs_job_part;
kan_fs_job_fn kan_fs_job_read;
kan_fs_job_fn kan_fs_job_free;

/** @p may be NULL. */
void kan_fs_part_free(struct kan_fs_part *p);

/* ---- names of file-system types -------------------------------------------- */

/** Our name of a type of Sleuth Kit; NULL if it is none that we read. */
const char *kan_fs_type_name(TSK_FS_TYPE_ENUM type);

/** The family of types to open for our name; TSK_FS_TYPE_UNSUPP if there is none. */
TSK_FS_TYPE_ENUM kan_fs_type_family(const char *name);

#endif
