/* SPDX-License-Identifier: MIT */
/*
 * open.c - file systems that Sleuth Kit opens with our help, and all others
 *
 * A volume of an APFS container is an image of its own.  UFS2 can have its
 * superblock at other places than those that Sleuth Kit knows, and YAFFS2 can be on
 * chips that it does not know.
 */
#include "fs/session.h"
#include "fs/ufs.h"
#include "fs/yaffs.h"

void kan_fs_handle_close(struct kan_fs_handle *h)
{
	tsk_fs_close(h->fs);
	if (h->pool_img)
		tsk_img_close(h->pool_img);
	if (h->pool)
		tsk_pool_close(h->pool);
	kan_tsk_image_close(h->own);
	h->own = NULL;
	h->fs = NULL;
	h->pool_img = NULL;
	h->pool = NULL;
}

/* A volume of an APFS container: its own image on top of ours. */
static bool open_in_pool(struct kan_fs_handle *h, TSK_IMG_INFO *img)
{
	TSK_OFF_T offset = (TSK_OFF_T)h->ref.offset;

	h->pool = tsk_pool_open_img_sing(img, offset, TSK_POOL_TYPE_APFS);
	if (!h->pool)
		return false;
	h->pool_img = h->pool->get_img_info(h->pool, (TSK_DADDR_T)h->ref.pool_block);
	if (!h->pool_img)
		return false;
	h->fs = tsk_fs_open_img_decrypt(h->pool_img, offset, TSK_FS_TYPE_APFS_DETECT, "");
	return h->fs != NULL;
}

/*
 * UFS2 whose superblock lies where Sleuth Kit does not look: it is shown where it
 * does, while it opens, and never again, because those bytes belong to something else.
 */
static TSK_FS_INFO *open_moved_ufs(struct kan_fs_session *s, uint64_t offset)
{
	const struct kan_place place = { s->src, offset, s->src->size - offset, NULL };
	uint8_t super[KAN_UFS_SUPER_LEN];
	struct kan_tsk_image *moved = NULL;
	struct kan_ufs ufs;
	TSK_FS_INFO *fs;

	if (!kan_ufs_find(&ufs, &place) || ufs.version != 2 ||
	    !kan_place_read(&place, ufs.super_at, super, sizeof(super)))
		return NULL;
	if (kan_tsk_image_open(&moved, s->src, NULL) != KAN_OK)
		return NULL;
	moved->patch = super;
	moved->patch_at = offset + KAN_UFS2_SUPER_AT;
	moved->patch_len = sizeof(super);
	tsk_error_reset();
	fs = tsk_fs_open_img(&moved->info, (TSK_OFF_T)offset, TSK_FS_TYPE_FFS_DETECT);
	if (fs)
		fs->img_info = &s->img->info;
	kan_tsk_image_close(moved);
	return fs;
}

static TSK_FS_INFO *open_chunks(struct kan_fs_handle *h, struct kan_fs_session *s,
                                const struct kan_yaffs *y, bool root)
{
	struct kan_source *chunks = NULL;
	TSK_FS_INFO *fs;

	if (kan_yaffs_source(&chunks, s->img->cache, h->ref.offset, y, root, NULL) != KAN_OK ||
	    kan_tsk_image_open_nand(&h->own, chunks, s->img, y->page, KAN_YAFFS_SPARE, NULL) !=
	            KAN_OK)
		return NULL;
	fs = tsk_fs_open_img(&h->own->info, 0, TSK_FS_TYPE_YAFFS2_DETECT);
	if (fs)
		return fs;
	kan_tsk_image_close(h->own);
	h->own = NULL;
	return NULL;
}

/* The chunks and their tags as Sleuth Kit expects them, and what it counts put right. */
static TSK_FS_INFO *open_yaffs(struct kan_fs_handle *h, struct kan_fs_session *s)
{
	const struct kan_place place = { s->img->cache, h->ref.offset, h->ref.size, NULL };
	struct kan_yaffs y;
	TSK_FS_INFO *fs;

	if (!kan_yaffs_find(&y, &place) || y.big_endian)
		return NULL;
	fs = open_chunks(h, s, &y, false);
	if (!fs)
		fs = open_chunks(h, s, &y, true);
	if (!fs)
		return NULL;
	h->chunk_len = y.page + y.spare;
	fs->block_count = (TSK_DADDR_T)y.chunks;
	fs->last_block = fs->last_block_act = (TSK_DADDR_T)(y.chunks - 1);
	return fs;
}

bool kan_fs_handle_place(uint64_t *offset, const struct kan_fs_handle *h, uint64_t block)
{
	uint64_t len = h->chunk_len ? h->chunk_len : h->fs->block_size;

	return !__builtin_mul_overflow(block, len, offset) &&
	       !__builtin_add_overflow(*offset, h->ref.offset, offset);
}

bool kan_fs_handle_open(struct kan_fs_handle *h, struct kan_fs_session *s)
{
	TSK_FS_TYPE_ENUM family = kan_fs_type_family(h->ref.type);
	bool ok;

	tsk_error_reset();
	if (family == TSK_FS_TYPE_APFS_DETECT) {
		ok = open_in_pool(h, &s->img->info);
	} else if (family == TSK_FS_TYPE_YAFFS2_DETECT) {
		h->fs = open_yaffs(h, s);
		ok = h->fs != NULL;
	} else {
		h->fs = tsk_fs_open_img(&s->img->info, (TSK_OFF_T)h->ref.offset, family);
		if (!h->fs && family == TSK_FS_TYPE_FFS_DETECT)
			h->fs = open_moved_ufs(s, h->ref.offset);
		ok = h->fs != NULL;
	}
	if (!ok)
		kan_fs_handle_close(h);
	return ok;
}
