/* SPDX-License-Identifier: MIT */
/*
 * file.h - the record of one name in a file system, and of one of its streams
 *
 * One record stands for one (name, stream) pair: a file with two alternate data
 * streams gives three records, a file with two hard links gives two.  This is
 * also what one line of `fls` stands for.
 */
#ifndef KAN_FILE_H
#define KAN_FILE_H

#include "kanshiki/hash.h"

KAN_BEGIN_DECLS

/** "Not set" is not a time. */
#define KAN_NO_TIME INT64_MIN

enum kan_file_time {
	KAN_TIME_MODIFIED, /* content */
	KAN_TIME_ACCESSED,
	KAN_TIME_CHANGED, /* metadata */
	KAN_TIME_CREATED,
	KAN_TIME_DELETED, /* ext2/3/4 */
	KAN_TIME_BACKUP,  /* HFS+ */
	KAN_FILE_NTIMES
};

/** Stable names: "modified", "accessed", "changed", "created", "deleted", "backup". */
KAN_API const char *kan_file_time_name(enum kan_file_time which);

enum kan_file_type {
	KAN_FILE_UNKNOWN,
	KAN_FILE_REGULAR,
	KAN_FILE_DIRECTORY,
	KAN_FILE_SYMLINK,
	KAN_FILE_CHARDEV,
	KAN_FILE_BLOCKDEV,
	KAN_FILE_FIFO,
	KAN_FILE_SOCKET,
	KAN_FILE_SHADOW,
	KAN_FILE_WHITEOUT,
	KAN_FILE_VIRTUAL,     /* made by the walker: $MBR, $FAT1, ... */
	KAN_FILE_VIRTUAL_DIR, /* $OrphanFiles */
	KAN_FILE_NTYPES
};

/** The letter that fls prints: "-rdlcbpshwvV"[type] in its own order. */
KAN_API char kan_file_type_letter(enum kan_file_type type);

enum kan_file_flags {
	KAN_FILE_NAME_DELETED = 1 << 0, /* the name is unallocated */
	KAN_FILE_META_DELETED = 1 << 1, /* the metadata is unallocated */
	KAN_FILE_META_REUSED = 1 << 2,  /* deleted name, metadata belongs to another file now */
	KAN_FILE_ORPHAN = 1 << 3,       /* under $OrphanFiles */
	KAN_FILE_NO_META = 1 << 4,      /* the metadata could not be read: sizes, times unknown */
	KAN_FILE_COMPRESSED = 1 << 5,
	KAN_FILE_ENCRYPTED = 1 << 6,
	KAN_FILE_SPARSE = 1 << 7,
	KAN_FILE_RESIDENT = 1 << 8,
	KAN_FILE_FN_TIMES = 1 << 9,     /* fn_ns is filled in (NTFS $FILE_NAME) */
	KAN_FILE_NEXT_STREAM = 1 << 10, /* another record has the same name with its first stream:
	                                   what belongs to the name was said there */
};

struct kan_file {
	uint32_t evidence;  /* number of the evidence item, from 1; kan_files_walk() gives 1 */
	uint32_t fs;        /* number of the file system in the evidence, from 1 */
	uint64_t addr;      /* metadata address (inode, MFT entry) */
	uint64_t seq;       /* sequence number of the metadata, 0 where there is none */
	uint64_t parent;    /* metadata address of the directory */
	uint32_t attr_type; /* NTFS attribute type (128 = $DATA); elsewhere 0: the content */
	uint32_t attr_id;
	uint32_t flags;               /* enum kan_file_flags */
	enum kan_file_type name_type; /* as the directory entry says */
	enum kan_file_type meta_type; /* as the metadata says */
	uint32_t mode;                /* permission bits, octal 07777 */
	uint32_t uid;
	uint32_t gid;
	uint32_t nlink;
	uint64_t size;                          /* of the stream, in bytes */
	int64_t time_ns[KAN_FILE_NTIMES];       /* UTC nanoseconds, or KAN_NO_TIME */
	int64_t fn_ns[KAN_FILE_NTIMES];         /* $FILE_NAME times, with KAN_FILE_FN_TIMES */
	uint32_t time_unit_ns[KAN_FILE_NTIMES]; /* resolution: 100 on NTFS, 2000000000 on FAT;
	                                           86400 s does not fit: see KAN_UNIT_DAY */
	const char *path;   /* begins with "/", the root of the file system; UTF-8 with every
	                       byte that is not valid UTF-8 kept as it is */
	const char *stream; /* name of an alternate stream, or "" */
	const char *link;   /* target of a symbolic link, or "" */
	struct kan_digest digests[KAN_HASHES_MAX];
	size_t ndigests;
};

#define KAN_UNIT_DAY UINT32_MAX /* time_unit_ns: the source keeps a date only */

/** True if the name or the metadata is deleted. */
static inline int kan_file_is_deleted(const struct kan_file *f)
{
	return (f->flags & (KAN_FILE_NAME_DELETED | KAN_FILE_META_DELETED)) != 0;
}

KAN_END_DECLS

#endif
