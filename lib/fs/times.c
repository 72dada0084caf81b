/* SPDX-License-Identifier: MIT */
/*
 * times.c - the times of a file as its file system stores them
 *
 * NTFS times are taken from the raw attributes: Sleuth Kit turns a FILETIME into
 * 32-bit Unix seconds, which folds years before 1970 and after 2106 onto others;
 * those of ext from the raw inode, for the same reason.  For the rest its seconds and nanoseconds
 * are what the file system has.  What is stored as zero was never set.
 */
#include "fs/times.h"

#include <string.h>

static const int64_t ns_per_s = 1000000000;

/* 100 ns from 1601-01-01 to 1970-01-01. */
static const int64_t filetime_1970 = 116444736000000000;

/* $STANDARD_INFORMATION and, after the parent reference, $FILE_NAME. */
enum { SI_TIMES = 0, FN_TIMES = 8 };
enum { CREATED_AT = 0, MODIFIED_AT = 8, CHANGED_AT = 16, ACCESSED_AT = 24, NTFS_TIMES_LEN = 32 };

/* Resolution of each time, in nanoseconds; 0: the file system has no such time. */
struct units {
	TSK_FS_TYPE_ENUM type;
	uint32_t ns[KAN_FILE_NTIMES];
};

#define S1   1000000000u
#define MS10 10000000u

/* In the order of enum kan_file_time: modified, accessed, changed, created, deleted, backup. */
static const struct units units[] = {
	{ TSK_FS_TYPE_NTFS, { 100, 100, 100, 100, 0, 0 } },
	{ TSK_FS_TYPE_FAT12, { 2 * S1, KAN_UNIT_DAY, 0, MS10, 0, 0 } },
	{ TSK_FS_TYPE_FAT16, { 2 * S1, KAN_UNIT_DAY, 0, MS10, 0, 0 } },
	{ TSK_FS_TYPE_FAT32, { 2 * S1, KAN_UNIT_DAY, 0, MS10, 0, 0 } },
	{ TSK_FS_TYPE_EXFAT, { MS10, 2 * S1, 0, MS10, 0, 0 } },
	{ TSK_FS_TYPE_EXT2, { S1, S1, S1, 0, S1, 0 } },
	{ TSK_FS_TYPE_EXT3, { S1, S1, S1, 0, S1, 0 } },
	{ TSK_FS_TYPE_EXT4, { 1, 1, 1, 1, S1, 0 } },
	{ TSK_FS_TYPE_FFS1, { S1, S1, S1, 0, 0, 0 } },
	{ TSK_FS_TYPE_FFS1B, { S1, S1, S1, 0, 0, 0 } },
	{ TSK_FS_TYPE_FFS2, { 1, 1, 1, 1, 0, 0 } },
	{ TSK_FS_TYPE_HFS, { S1, S1, S1, S1, 0, S1 } },
	{ TSK_FS_TYPE_HFS_LEGACY, { S1, S1, S1, S1, 0, S1 } },
	{ TSK_FS_TYPE_ISO9660, { S1, S1, S1, S1, 0, 0 } },
	{ TSK_FS_TYPE_APFS, { 1, 1, 1, 1, 0, 0 } },
	{ TSK_FS_TYPE_YAFFS2, { S1, S1, S1, 0, 0, 0 } },
};

static void set_units(struct kan_file *out, TSK_FS_TYPE_ENUM type)
{
	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++)
		if (units[i].type == type)
			memcpy(out->time_unit_ns, units[i].ns, sizeof(out->time_unit_ns));
}

static bool set_unix(int64_t *out, time_t seconds, uint32_t nanos)
{
	int64_t ns;

	if (seconds == 0 && nanos == 0)
		return true;
	if (nanos >= (uint32_t)ns_per_s ||
	    __builtin_mul_overflow((int64_t)seconds, ns_per_s, &ns) ||
	    __builtin_add_overflow(ns, (int64_t)nanos, &ns))
		return false;
	*out = ns;
	return true;
}

static bool set_filetime(int64_t *out, const uint8_t *p)
{
	uint64_t raw = kan_le64(p);
	int64_t ns;

	if (raw == 0)
		return true;
	if (raw > (uint64_t)INT64_MAX ||
	    __builtin_mul_overflow((int64_t)raw - filetime_1970, (int64_t)100, &ns))
		return false;
	*out = ns;
	return true;
}

static bool set_filetimes(int64_t *out, const uint8_t *p)
{
	bool ok = set_filetime(&out[KAN_TIME_CREATED], p + CREATED_AT);

	ok = set_filetime(&out[KAN_TIME_MODIFIED], p + MODIFIED_AT) && ok;
	ok = set_filetime(&out[KAN_TIME_CHANGED], p + CHANGED_AT) && ok;
	return set_filetime(&out[KAN_TIME_ACCESSED], p + ACCESSED_AT) && ok;
}

/* The four times at @pos of a resident attribute; NULL if they are not there. */
static const uint8_t *attr_times(const TSK_FS_ATTR *attr, size_t pos)
{
	if (!attr || !(attr->flags & TSK_FS_ATTR_RES) || !attr->rd.buf || attr->size < 0)
		return NULL;
	if ((uint64_t)attr->size < pos + NTFS_TIMES_LEN || attr->rd.buf_size < pos + NTFS_TIMES_LEN)
		return NULL;
	return attr->rd.buf + pos;
}

static bool ntfs_times(TSK_FS_FILE *f, struct kan_file *out)
{
	uint16_t fn_id = f->meta->time2.ntfs.fn_id;
	const uint8_t *si =
		attr_times(tsk_fs_file_attr_get_type(f, TSK_FS_ATTR_TYPE_NTFS_SI, 0, 0), SI_TIMES);
	const uint8_t *fn = attr_times(
		tsk_fs_file_attr_get_type(f, TSK_FS_ATTR_TYPE_NTFS_FNAME, fn_id, 1), FN_TIMES);
	bool ok = true;

	tsk_error_reset(); /* an attribute that is not there is no failure */
	if (si)
		ok = set_filetimes(out->time_ns, si);
	if (fn) {
		out->flags |= KAN_FILE_FN_TIMES;
		ok = set_filetimes(out->fn_ns, fn) && ok;
	}
	return ok;
}

/* False if the inode itself could not be read, so that Sleuth Kit's values are taken. */
static bool ext_times(struct kan_fs_session *s, const struct kan_fs_handle *h, TSK_FS_FILE *f,
                      struct kan_file *out, bool *fits)
{
	struct kan_ext_time t[KAN_FILE_NTIMES];

	if (h->ext.inode_size == 0 || !kan_ext_times(&h->ext, s->img->cache, f->meta->addr, t))
		return false;
	/* The orphan directory and other made-up files have addresses of their own. */
	if ((uint32_t)t[KAN_TIME_MODIFIED].seconds != (uint32_t)f->meta->mtime)
		return false;
	for (size_t i = 0; i < KAN_FILE_NTIMES; i++) {
		if (!t[i].stored)
			continue;
		if (t[i].nanos >= (uint32_t)ns_per_s)
			t[i].nanos = 0;
		*fits = set_unix(&out->time_ns[i], t[i].seconds, t[i].nanos) && *fits;
	}
	return true;
}

bool kan_fs_times(struct kan_fs_session *s, const struct kan_fs_handle *h, TSK_FS_FILE *f,
                  struct kan_file *out)
{
	const TSK_FS_META *m = f->meta;
	TSK_FS_TYPE_ENUM type = f->fs_info->ftype;
	bool ok = true;

	for (size_t i = 0; i < KAN_FILE_NTIMES; i++)
		out->time_ns[i] = out->fn_ns[i] = KAN_NO_TIME;
	set_units(out, type);
	if (!m)
		return true;
	if (type == TSK_FS_TYPE_NTFS)
		return ntfs_times(f, out);
	/* Inodes of 128 bytes have room for whole seconds only, larger ones for more on ext3 too.
	 */
	if (h->ext.inode_size >= 160)
		set_units(out, TSK_FS_TYPE_EXT4);
	else if (h->ext.inode_size != 0)
		set_units(out, TSK_FS_TYPE_EXT3);
	if (TSK_FS_TYPE_ISEXT(type) && ext_times(s, h, f, out, &ok))
		return ok;
	ok = set_unix(&out->time_ns[KAN_TIME_MODIFIED], m->mtime, m->mtime_nano) && ok;
	ok = set_unix(&out->time_ns[KAN_TIME_ACCESSED], m->atime, m->atime_nano) && ok;
	ok = set_unix(&out->time_ns[KAN_TIME_CHANGED], m->ctime, m->ctime_nano) && ok;
	ok = set_unix(&out->time_ns[KAN_TIME_CREATED], m->crtime, m->crtime_nano) && ok;
	if (TSK_FS_TYPE_ISEXT(type))
		ok = set_unix(&out->time_ns[KAN_TIME_DELETED], m->time2.ext2.dtime, 0) && ok;
	if (TSK_FS_TYPE_ISHFS(type))
		ok = set_unix(&out->time_ns[KAN_TIME_BACKUP], m->time2.hfs.bkup_time, 0) && ok;
	return ok;
}
