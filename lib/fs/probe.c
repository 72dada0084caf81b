/* SPDX-License-Identifier: MIT */
/*
 * probe.c - which file systems begin at a place, in a worker
 *
 * Sleuth Kit detects the type; where two types fit (a disc that is both ISO 9660
 * and HFS+) it gives up, and each type is opened by itself: both are there.  A
 * type that the parent has recognised by its signature is opened by name when
 * detection fails, and what Sleuth Kit says about it becomes a finding.
 */
#include "fs/label.h"

#include <string.h>

/* Types that are opened by themselves when detection finds more than one. */
static const char *const single_types[] = { "ntfs", "fat16", "ext4", "ufs2", "hfs+", "iso9660" };

static void put_system(struct kan_fs_session *s, const struct kan_fs_handle *h, const char *label,
                       struct kan_fs_answer *a)
{
	const TSK_FS_INFO *fs = h->fs;
	const char *name = kan_fs_type_name(fs->ftype);
	struct kan_filesystem out = {
		.state = KAN_FS_READABLE,
		.offset = h->ref.offset,
		.block_size = fs->block_size,
		.first_block = fs->first_block,
		.last_block = fs->last_block,
		.first_addr = fs->first_inum,
		.last_addr = fs->last_inum,
		.root_addr = fs->root_inum,
		.pool_block = h->ref.pool_block,
	};

	if (__builtin_mul_overflow((uint64_t)fs->block_count, (uint64_t)fs->block_size, &out.size))
		out.size = UINT64_MAX;
	if (h->own)
		out.size = h->ref.size; /* by which the chunks are found again */
	kan_fs_set_text(out.type, sizeof(out.type), name ? name : "unknown");
	kan_fs_label(s, h, &out);
	if (label)
		kan_fs_set_text(out.label, sizeof(out.label), label);
	if (fs->last_block_act < fs->last_block)
		(void)kan_fs_answer_finding(
			a, KAN_FINDING_TRUNCATED, out.offset, out.size, out.type,
			"the file system has %" PRIu64 " blocks that are not on the media",
			(uint64_t)(fs->last_block - fs->last_block_act));
	kan_buf_reset(&a->body);
	kan_fs_put_system(&a->body, &out);
	(void)kan_fs_answer_add(a, KAN_FS_REC_SYSTEM);
}

static bool probe_type(struct kan_fs_session *s, uint64_t offset, uint64_t length, const char *type,
                       struct kan_fs_answer *a)
{
	struct kan_fs_handle h = { .ref = { .offset = offset, .size = length } };

	kan_fs_set_text(h.ref.type, sizeof(h.ref.type), type);
	if (!kan_fs_handle_open(&h, s))
		return false;
	put_system(s, &h, NULL, a);
	kan_fs_handle_close(&h);
	return true;
}

static void put_locked(const TSK_POOL_VOLUME_INFO *vol, uint64_t offset, uint32_t block_size,
                       struct kan_fs_answer *a)
{
	struct kan_filesystem out = {
		.state = KAN_FS_ENCRYPTED,
		.offset = offset,
		.pool_block = vol->block,
	};

	if (__builtin_mul_overflow(vol->num_blocks, (uint64_t)block_size, &out.size))
		out.size = UINT64_MAX;
	kan_fs_set_text(out.type, sizeof(out.type), "apfs");
	kan_fs_set_text(out.label, sizeof(out.label), vol->desc ? vol->desc : "");
	(void)kan_fs_answer_finding(a, KAN_FINDING_ENCRYPTED, offset, 0, "apfs",
	                            "the volume '%s' is encrypted, not opened", out.label);
	kan_buf_reset(&a->body);
	kan_fs_put_system(&a->body, &out);
	(void)kan_fs_answer_add(a, KAN_FS_REC_SYSTEM);
}

static void probe_pool_volume(struct kan_fs_session *s, const TSK_POOL_VOLUME_INFO *vol,
                              uint64_t offset, struct kan_fs_answer *a)
{
	struct kan_fs_handle h = { .ref = { .offset = offset, .pool_block = vol->block } };

	kan_fs_set_text(h.ref.type, sizeof(h.ref.type), "apfs");
	if (!kan_fs_handle_open(&h, s)) {
		(void)kan_fs_answer_tsk(a, offset, "apfs",
		                        "a volume of the container does not open");
		return;
	}
	put_system(s, &h, vol->desc ? vol->desc : "", a);
	kan_fs_handle_close(&h);
}

/* Volumes of an APFS container; a container holds at most 100. */
static void probe_pool(struct kan_fs_session *s, uint64_t offset, struct kan_fs_answer *a)
{
	enum { VOLUMES_MAX = 128 };
	const TSK_POOL_INFO *pool =
		tsk_pool_open_img_sing(&s->img->info, (TSK_OFF_T)offset, TSK_POOL_TYPE_APFS);
	const TSK_POOL_VOLUME_INFO *vol = pool ? pool->vol_list : NULL;

	if (!pool) {
		(void)kan_fs_answer_tsk(a, offset, "apfs", "the container does not open");
		return;
	}
	for (int n = 0; vol && n < VOLUMES_MAX; vol = vol->next, n++) {
		if (vol->flags & TSK_POOL_VOLUME_FLAG_ENCRYPTED)
			put_locked(vol, offset, pool->block_size, a);
		else
			probe_pool_volume(s, vol, offset, a);
	}
	tsk_pool_close(pool);
}

/* Each type by itself; for a place where more than one fits. */
static bool probe_singly(struct kan_fs_session *s, uint64_t offset, struct kan_fs_answer *a)
{
	bool any = false;

	for (size_t i = 0; i < sizeof(single_types) / sizeof(single_types[0]); i++)
		any = probe_type(s, offset, 0, single_types[i], a) || any;
	tsk_error_reset();
	return any;
}

/*
 * YAFFS2 has no signature: Sleuth Kit takes anything for it whose spare bytes can
 * be read as tags.  Its guess is not a file system; kan_yaffs_find() decides.
 */
static bool take_detected(struct kan_fs_session *s, uint64_t offset, TSK_FS_INFO *fs,
                          const char *hint, struct kan_fs_answer *a)
{
	struct kan_fs_handle h = { .ref = { .offset = offset }, .fs = fs };
	bool guess = TSK_FS_TYPE_ISYAFFS2(fs->ftype);

	if (guess && strcmp(hint, "yaffs2") != 0)
		(void)kan_fs_answer_finding(a, KAN_FINDING_NOTE, offset, 0, "yaffs2",
		                            "could be read as YAFFS2, which has no signature; "
		                            "not taken for one");
	else if (!guess)
		put_system(s, &h, NULL, a);
	kan_fs_handle_close(&h);
	return !guess;
}

int kan_fs_job_probe(struct kan_fs_session *s, struct kan_wire *req, struct kan_fs_answer *a)
{
	uint64_t offset = kan_wire_u64(req);
	uint64_t length = kan_wire_u64(req);
	const char *hint = kan_wire_str(req);
	TSK_FS_INFO *fs;
	bool found;

	if (!kan_wire_end(req) || offset > (uint64_t)INT64_MAX)
		return kan_fail(a->err, KAN_EARG, "bad request for a file system");
	if (strcmp(hint, "apfs") == 0) {
		probe_pool(s, offset, a);
		return KAN_OK;
	}
	fs = tsk_fs_open_img(&s->img->info, (TSK_OFF_T)offset, TSK_FS_TYPE_DETECT);
	if (fs)
		found = take_detected(s, offset, fs, hint, a);
	else
		found = strstr(tsk_error_get_errstr(), " or ") && probe_singly(s, offset, a);
	tsk_error_reset();
	if (found || hint[0] == '\0' || probe_type(s, offset, length, hint, a))
		return KAN_OK;
	(void)kan_fs_answer_tsk(a, offset, hint, "recognised, but it does not open");
	return KAN_OK;
}
