/* SPDX-License-Identifier: MIT */
/*
 * session.c - a worker that reads file systems: its state and its jobs
 *
 * Sleuth Kit is not concurrent within one handle, so every worker opens the
 * image and its file systems for itself and keeps them between jobs.  Clocks of
 * FAT are local times of an unknown zone; workers run in UTC, so that what they
 * return is the wall clock as it is stored.
 */
#include "fs/session.h"

#include "core/cleanup.h"

#include <string.h>
#include <time.h>
#include <unistd.h>

static const struct {
	TSK_FS_TYPE_ENUM type;
	TSK_FS_TYPE_ENUM family;
	const char *name;
} type_names[] = {
	{ TSK_FS_TYPE_NTFS, TSK_FS_TYPE_NTFS_DETECT, "ntfs" },
	{ TSK_FS_TYPE_FAT12, TSK_FS_TYPE_FAT_DETECT, "fat12" },
	{ TSK_FS_TYPE_FAT16, TSK_FS_TYPE_FAT_DETECT, "fat16" },
	{ TSK_FS_TYPE_FAT32, TSK_FS_TYPE_FAT_DETECT, "fat32" },
	{ TSK_FS_TYPE_EXFAT, TSK_FS_TYPE_FAT_DETECT, "exfat" },
	{ TSK_FS_TYPE_EXT2, TSK_FS_TYPE_EXT_DETECT, "ext2" },
	{ TSK_FS_TYPE_EXT3, TSK_FS_TYPE_EXT_DETECT, "ext3" },
	{ TSK_FS_TYPE_EXT4, TSK_FS_TYPE_EXT_DETECT, "ext4" },
	{ TSK_FS_TYPE_FFS1, TSK_FS_TYPE_FFS_DETECT, "ufs1" },
	{ TSK_FS_TYPE_FFS1B, TSK_FS_TYPE_FFS_DETECT, "ufs1b" },
	{ TSK_FS_TYPE_FFS2, TSK_FS_TYPE_FFS_DETECT, "ufs2" },
	{ TSK_FS_TYPE_HFS, TSK_FS_TYPE_HFS_DETECT, "hfs+" },
	{ TSK_FS_TYPE_HFS_LEGACY, TSK_FS_TYPE_HFS_DETECT, "hfs" },
	{ TSK_FS_TYPE_ISO9660, TSK_FS_TYPE_ISO9660_DETECT, "iso9660" },
	{ TSK_FS_TYPE_APFS, TSK_FS_TYPE_APFS_DETECT, "apfs" },
	{ TSK_FS_TYPE_YAFFS2, TSK_FS_TYPE_YAFFS2_DETECT, "yaffs2" },
};

const char *kan_fs_type_name(TSK_FS_TYPE_ENUM type)
{
	for (size_t i = 0; i < sizeof(type_names) / sizeof(type_names[0]); i++)
		if (type_names[i].type == type)
			return type_names[i].name;
	return NULL;
}

TSK_FS_TYPE_ENUM kan_fs_type_family(const char *name)
{
	for (size_t i = 0; i < sizeof(type_names) / sizeof(type_names[0]); i++)
		if (strcmp(type_names[i].name, name) == 0)
			return type_names[i].family;
	return TSK_FS_TYPE_UNSUPP;
}

static struct kan_fs_handle *find_handle(struct kan_fs_session *s, uint32_t number)
{
	for (size_t i = 0; i < s->nhandles; i++)
		if (s->handles[i].ref.number == number)
			return &s->handles[i];
	return NULL;
}

struct kan_fs_handle *kan_fs_session_open(struct kan_fs_session *s, const struct kan_fs_ref *ref,
                                          struct kan_fs_answer *a)
{
	struct kan_fs_handle *h = find_handle(s, ref->number);

	if (h)
		return h;
	if (s->nhandles == KAN_FS_HANDLES) {
		kan_fs_part_free(s->part); /* may be on the handle that goes */
		s->part = NULL;
		kan_fs_handle_close(&s->handles[0]);
		memmove(s->handles, s->handles + 1, (KAN_FS_HANDLES - 1) * sizeof(*h));
		s->nhandles--;
	}
	h = &s->handles[s->nhandles];
	*h = (struct kan_fs_handle){ .ref = *ref };
	if (kan_fs_handle_open(h, s)) {
		if (TSK_FS_TYPE_ISEXT(h->fs->ftype))
			kan_ext_open(&h->ext, s->img->cache, ref->offset);
		s->nhandles++;
		return h;
	}
	(void)kan_fs_answer_tsk(a, ref->offset, ref->type, "the file system does not open");
	return NULL;
}

static void eat_memory(void)
{
	static const size_t step = 16u << 20;

	for (char *p = malloc(step); p; p = malloc(step))
		memset(p, 1, step);
	abort();
}

void kan_fs_session_fault(const struct kan_fs_session *s, enum kan_fs_op op, uint32_t fs,
                          uint64_t addr)
{
	const struct kan_fs_fault *f = s->start->fault;

	if (!f || f->kind == KAN_FS_FAULT_NONE || f->op != op || f->fs != fs || f->addr != addr)
		return;
	if (f->kind == KAN_FS_FAULT_CRASH)
		abort();
	if (f->kind == KAN_FS_FAULT_MEMORY)
		eat_memory();
	for (;;)
		(void)pause();
}

static void end_session(struct kan_fs_session *s)
{
	if (!s)
		return;
	kan_fs_part_free(s->part);
	for (size_t i = 0; i < s->nhandles; i++)
		kan_fs_handle_close(&s->handles[i]);
	kan_tsk_image_close(s->img);
	free(s);
}

KAN_DEFINE_DROP(session, struct kan_fs_session *, end_session)

static int start_session(void *arg, void **state_out, struct kan_err *err)
{
	const struct kan_fs_start *start = arg;
	KAN_AUTO(session) struct kan_fs_session *s = calloc(1, sizeof(*s));
	int rc;

	if (!s)
		return kan_fail(err, KAN_ENOMEM, "out of memory");
	if (setenv("TZ", "UTC0", 1) != 0)
		return kan_fail(err, KAN_ENOMEM, "out of memory");
	tzset();
	rc = kan_image_enter_worker(start->img, err);
	if (rc != KAN_OK)
		return rc;
	s->start = start;
	s->src = kan_image_source(start->img);
	rc = kan_tsk_image_open(&s->img, s->src, err);
	if (rc == KAN_OK)
		*state_out = KAN_STEAL(s);
	return rc;
}

static kan_fs_job_fn *find_job(uint8_t op)
{
	switch ((enum kan_fs_op)op) {
	case KAN_FS_OP_VOLUMES:
		return kan_fs_job_volumes;
	case KAN_FS_OP_PROBE:
		return kan_fs_job_probe;
	case KAN_FS_OP_LIST:
		return kan_fs_job_list;
	case KAN_FS_OP_DIGEST:
		return kan_fs_job_digest;
	case KAN_FS_OP_PART:
		return kan_fs_job_part;
	case KAN_FS_OP_READ:
		return kan_fs_job_read;
	case KAN_FS_OP_FREE:
		return kan_fs_job_free;
	}
	return NULL;
}

/* Ranges that Sleuth Kit met and that could not be read, told once by each worker. */
static void tell_gaps(struct kan_fs_session *s, size_t before, struct kan_fs_answer *a)
{
	for (size_t i = before; i < s->img->ngaps; i++)
		(void)kan_fs_answer_finding(a, KAN_FINDING_UNREADABLE, s->img->gaps[i].offset,
		                            s->img->gaps[i].length, "media",
		                            "unreadable range inside a file system");
}

static int do_job(void *state, struct kan_bytes request, struct kan_worker_reply *reply,
                  struct kan_err *err)
{
	struct kan_fs_session *s = state;
	struct kan_wire req = { .v = { request.data, request.len } };
	struct kan_fs_answer a = { .reply = reply, .err = err };
	kan_fs_job_fn *job = find_job(kan_wire_u8(&req));
	size_t gaps = s->img->ngaps;
	int rc;

	tsk_error_reset();
	rc = job ? job(s, &req, &a) : kan_fail(err, KAN_EARG, "unknown request to a worker");
	tell_gaps(s, gaps, &a);
	if (a.rc == KAN_OK)
		a.rc = rc;
	rc = kan_fs_answer_end(&a);
	/* A source that is gone looks like damaged evidence to Sleuth Kit: say so. */
	if (rc == KAN_OK && s->img->err.code != KAN_OK) {
		if (err)
			*err = s->img->err;
		rc = s->img->err.code;
	}
	return rc;
}

const struct kan_worker_ops kan_fs_worker = {
	.name = "file systems",
	.start = start_session,
	.job = do_job,
};
