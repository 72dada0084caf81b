/* SPDX-License-Identifier: MIT */
/*
 * ntfs_exact.c - the exact names of a directory of NTFS, in a worker
 *
 * Names come from the index of the directory, as those of Sleuth Kit do.  Those of
 * deleted files that it has found by their records alone are in these records.
 * Names of streams are in the record too, or in the list of its attributes.
 */
#include "fs/ntfs_exact.h"

#include "core/bytes.h"
#include "core/cleanup.h"

#include <string.h>

/* Sleuth Kit reads no larger index; a list of attributes has at most 256 KiB. */
enum { INDEX_MAX = 128 << 20, BLOCK_MAX = 65536, LIST_MAX = 256 << 10, RECORD_MAX = 65536 };

/* In $INDEX_ROOT: the length of a block of the index. */
enum { ROOT_BLOCK = 8, ROOT_MIN = 16 };

/* In the boot sector: bytes a sector, sectors a cluster, and the length of a record. */
enum { BOOT_SECTOR = 11, BOOT_CLUSTER = 13, BOOT_RECORD = 64, BOOT_LEN = 72 };

static struct kan_view resident(const TSK_FS_ATTR *attr)
{
	if (!attr || !(attr->flags & TSK_FS_ATTR_RES) || !attr->rd.buf || attr->size < 0)
		return (struct kan_view){ 0 };
	return (struct kan_view){ attr->rd.buf, (uint64_t)attr->size < attr->rd.buf_size
		                                        ? (size_t)attr->size
		                                        : attr->rd.buf_size };
}

static void read_blocks(struct kan_ntfs_exact *x, const TSK_FS_ATTR *attr, uint64_t dir,
                        size_t block)
{
	KAN_AUTO(mem) uint8_t *buf = malloc(block);
	TSK_OFF_T size = attr->nrd.allocsize < INDEX_MAX ? attr->nrd.allocsize : INDEX_MAX;

	if (!buf) {
		x->index.text.failed = true;
		return;
	}
	for (TSK_OFF_T at = 0; at <= size - (TSK_OFF_T)block; at += (TSK_OFF_T)block)
		if (tsk_fs_attr_read(attr, at, (char *)buf, block, TSK_FS_FILE_READ_FLAG_SLACK) ==
		    (ssize_t)block)
			kan_ntfs_names_add_block(&x->index, dir, buf, block);
}

void kan_ntfs_exact_open(struct kan_ntfs_exact *x, TSK_FS_INFO *fs, uint64_t dir)
{
	const TSK_FS_ATTR *blocks;
	TSK_FS_FILE *f;
	struct kan_view root;
	uint32_t block;

	*x = (struct kan_ntfs_exact){ 0 };
	f = tsk_fs_file_open_meta(fs, NULL, dir);
	if (!f)
		goto out;
	root = resident(tsk_fs_file_attr_get_type(f, TSK_FS_ATTR_TYPE_NTFS_IDXROOT, 0, 0));
	blocks = tsk_fs_file_attr_get_type(f, TSK_FS_ATTR_TYPE_NTFS_IDXALLOC, 0, 0);
	kan_ntfs_names_add_root(&x->index, dir, root);
	block = root.len >= ROOT_MIN ? kan_le32(root.data + ROOT_BLOCK) : 0;
	if (blocks && (blocks->flags & TSK_FS_ATTR_NONRES) && block >= 512 && block <= BLOCK_MAX &&
	    block % 512 == 0)
		read_blocks(x, blocks, dir, block);
	tsk_fs_file_close(f);
out:
	x->full = x->index.full;
	tsk_error_reset(); /* what could not be read is told by the walk itself */
}

/* Names of one file from its record, for a row that has none in the index. */
static void read_file_names(struct kan_ntfs_exact *x, TSK_FS_FILE *f)
{
	int n = f->meta ? tsk_fs_file_attr_getsize(f) : 0;

	kan_ntfs_names_reset(&x->files);
	for (int i = 0; i < n; i++) {
		const TSK_FS_ATTR *attr = tsk_fs_file_attr_get_idx(f, i);

		if (attr && attr->type == TSK_FS_ATTR_TYPE_NTFS_FNAME)
			kan_ntfs_names_add_fname(&x->files, f->name->meta_addr, 0, resident(attr));
	}
	tsk_error_reset();
}

/* True if an earlier name that fits is the same: old copies of entries are everywhere. */
static bool is_told(const struct kan_ntfs_names *names, const struct kan_ntfs_name *name)
{
	const char *shown = names->text.data + name->shown;
	const struct kan_ntfs_name *other;
	size_t i = 0;

	while ((other = kan_ntfs_names_next(names, &i, name->addr, shown)) && other != name)
		if (strcmp(kan_ntfs_name_exact(names, other), kan_ntfs_name_exact(names, name)) ==
		    0)
			return true;
	return false;
}

static bool has_live(const struct kan_ntfs_names *names, uint64_t addr, const char *shown)
{
	const struct kan_ntfs_name *name;
	size_t i = 0;

	while ((name = kan_ntfs_names_next(names, &i, addr, shown)))
		if (name->live)
			return true;
	return false;
}

const char *kan_ntfs_exact_name(struct kan_ntfs_exact *x, TSK_FS_FILE *f, size_t *i)
{
	const char *shown = f->name->name;
	uint64_t addr = f->name->meta_addr;
	const struct kan_ntfs_name *name;
	bool first = *i == 0, live;

	if (*i == SIZE_MAX)
		return NULL;
	live = has_live(&x->index, addr, shown);
	while ((name = kan_ntfs_names_next(&x->index, i, addr, shown)))
		if (name->live == live && !is_told(&x->index, name))
			return kan_ntfs_name_exact(&x->index, name);
	*i = SIZE_MAX;
	if (!first)
		return NULL;
	if (f->name->flags & TSK_FS_NAME_FLAG_UNALLOC) {
		size_t k = 0;

		read_file_names(x, f);
		name = kan_ntfs_names_next(&x->files, &k, addr, shown);
		if (name)
			return kan_ntfs_name_exact(&x->files, name);
	}
	return shown;
}

/* ---- streams ------------------------------------------------------------------- */

/* Bytes of an MFT record; 0 if the boot sector makes no sense. */
static size_t record_len(TSK_FS_INFO *fs)
{
	uint8_t boot[BOOT_LEN];
	int8_t shift;
	uint64_t len;

	if (tsk_fs_read(fs, 0, (char *)boot, sizeof(boot)) != (ssize_t)sizeof(boot))
		return 0;
	shift = (int8_t)boot[BOOT_RECORD];
	if (shift < 0)
		len = shift >= -16 ? (uint64_t)1 << -shift : 0;
	else
		len = (uint64_t)shift * fs->block_size;
	return len >= 512 && len <= RECORD_MAX ? (size_t)len : 0;
}

static void read_record(struct kan_ntfs_exact *x, TSK_FS_INFO *fs, uint64_t addr)
{
	size_t len = record_len(fs);
	KAN_AUTO(mem) uint8_t *record = len ? malloc(len) : NULL;
	const TSK_FS_ATTR *data;

	if (!record)
		return;
	if (!x->mft)
		x->mft = tsk_fs_file_open_meta(fs, NULL, 0);
	data = x->mft ? tsk_fs_file_attr_get(x->mft) : NULL;
	if (data && addr <= (uint64_t)INT64_MAX / len &&
	    tsk_fs_attr_read(data, (TSK_OFF_T)(addr * len), (char *)record, len,
	                     TSK_FS_FILE_READ_FLAG_NONE) == (ssize_t)len)
		kan_ntfs_names_add_record(&x->streams, record, len);
}

static void read_list(struct kan_ntfs_exact *x, TSK_FS_FILE *f)
{
	const TSK_FS_ATTR *attr =
		tsk_fs_file_attr_get_type(f, TSK_FS_ATTR_TYPE_NTFS_ATTRLIST, 0, 0);
	KAN_AUTO(mem) uint8_t *list = NULL;
	size_t len;

	if (!attr || attr->size <= 0 || attr->size > LIST_MAX)
		return;
	len = (size_t)attr->size;
	list = malloc(len);
	if (list && tsk_fs_attr_read(attr, 0, (char *)list, len, TSK_FS_FILE_READ_FLAG_NONE) ==
	                    (ssize_t)len)
		kan_ntfs_names_add_attrs(&x->streams, (struct kan_view){ list, len });
}

/* The one name of this type that is shown so, whatever its number; NULL: none or two. */
static const struct kan_ntfs_name *find_by_text(const struct kan_ntfs_names *names, uint32_t type,
                                                const char *shown)
{
	const struct kan_ntfs_name *found = NULL;

	for (size_t i = 0; i < names->n; i++) {
		const struct kan_ntfs_name *name = &names->list[i];

		if (name->addr >> 16 != type || strcmp(names->text.data + name->shown, shown) != 0)
			continue;
		if (found && strcmp(kan_ntfs_name_exact(names, found),
		                    kan_ntfs_name_exact(names, name)) != 0)
			return NULL;
		found = name;
	}
	return found;
}

static const struct kan_ntfs_name *find_by_number(const struct kan_ntfs_names *names,
                                                  const TSK_FS_ATTR *attr, const char *shown)
{
	uint64_t key = KAN_NTFS_STREAM_KEY(attr->type, attr->id);

	for (size_t i = 0; i < names->n; i++) {
		const struct kan_ntfs_name *name = &names->list[i];

		if (name->addr == key &&
		    (name->lost ? shown[0] == '\0'
		                : strcmp(names->text.data + name->shown, shown) == 0))
			return name;
	}
	return NULL;
}

const char *kan_ntfs_exact_stream(struct kan_ntfs_exact *x, TSK_FS_FILE *f, const TSK_FS_ATTR *attr)
{
	const char *shown = attr->name ? attr->name : "";
	const struct kan_ntfs_name *name;

	kan_ntfs_names_reset(&x->streams);
	read_record(x, f->fs_info, f->meta->addr);
	name = find_by_number(&x->streams, attr, shown);
	/* In the list numbers are those of more than one record. */
	if (!name && shown[0] != '\0') {
		read_list(x, f);
		name = find_by_text(&x->streams, (uint32_t)attr->type, shown);
	}
	tsk_error_reset();
	x->full = x->full || x->streams.full;
	return name ? kan_ntfs_name_exact(&x->streams, name) : shown;
}

bool kan_ntfs_exact_failed(const struct kan_ntfs_exact *x)
{
	return x->index.text.failed || x->files.text.failed || x->streams.text.failed;
}

void kan_ntfs_exact_close(struct kan_ntfs_exact *x)
{
	tsk_fs_file_close(x->mft);
	kan_ntfs_names_done(&x->index);
	kan_ntfs_names_done(&x->files);
	kan_ntfs_names_done(&x->streams);
	*x = (struct kan_ntfs_exact){ 0 };
}
