/* SPDX-License-Identifier: MIT */
/*
 * fs.h - volumes and file systems of an image: what is where, and every file
 *
 * Nobody is asked for an offset: partition tables are found by themselves, and
 * every slot, and the unpartitioned whole, is tried for a file system.  Sleuth
 * Kit (libtsk 4.11+) reads them, in confined workers, one handle each; what it
 * could not read is a finding with its place.  Volumes that are recognised but
 * not readable (BitLocker, LUKS, LVM, Btrfs, XFS, ReFS, swap, ...) are named.
 */
#ifndef KAN_FS_H
#define KAN_FS_H

#include "kanshiki/file.h"
#include "kanshiki/image.h"

KAN_BEGIN_DECLS

/** One slot of a partition table, or the whole image if there is no table. */
struct kan_volume {
	uint32_t number;      /* from 1, by offset, then by kind */
	uint64_t offset;      /* in bytes in the media */
	uint64_t length;      /* in bytes */
	char table[16];       /* "dos", "gpt", "bsd", "sun", "mac", or "none" */
	char kind[16];        /* "allocated", "unallocated", "metadata" */
	char description[64]; /* what the table says: "NTFS / exFAT (0x07)" */
};

enum kan_fs_state {
	KAN_FS_READABLE,
	KAN_FS_ENCRYPTED,
	KAN_FS_UNSUPPORTED, /* known, cannot be read yet */
	KAN_FS_CONTAINER,   /* holds volumes, not files: LVM */
	KAN_FS_SWAP,
	KAN_FS_SUSPECTED, /* no structure, high entropy: perhaps encrypted */
};

/** Stable name of @state: "readable", "encrypted", ... */
KAN_API const char *kan_fs_state_name(enum kan_fs_state state);

/** A file system, or what stands in its place. */
struct kan_filesystem {
	uint32_t number; /* from 1, by offset */
	uint32_t volume; /* its number; 0: over the whole media in spite of a table */
	enum kan_fs_state state;
	char type[24];       /* "ntfs", "ext2", "fat16", "bitlocker", "luks2", ... */
	char id[40];         /* serial or UUID in hex, "" if unknown */
	char label[128];     /* name of the volume, UTF-8, "" if none */
	uint64_t offset;     /* in bytes in the media */
	uint64_t size;       /* in bytes */
	uint32_t block_size; /* bytes; 0 if not readable */
	uint64_t first_block;
	uint64_t last_block;
	uint64_t first_addr; /* metadata addresses */
	uint64_t last_addr;
	uint64_t root_addr;
	uint64_t pool_block; /* APFS: block of the volume superblock in its container; else 0 */
};

/** What is on an image.  Transparent for reading. */
struct kan_layout {
	struct kan_volume *volumes;
	size_t nvolumes;
	struct kan_filesystem *filesystems;
	size_t nfilesystems;
};

struct kan_fs_opts {
	size_t jobs;                  /* workers; 0: one for each processor */
	unsigned seconds;             /* for one job of a worker; 0: default of the worker */
	size_t memory_limit;          /* of a worker in bytes; 0: default of the worker */
	struct kan_hash_set hashes;   /* of file content; empty: content is not read */
	struct kan_progress progress; /* total is 0 while unknown */
};

/**
 * Find the volumes and file systems of @img.  *@out is owned by the caller,
 * also when empty; release it with kan_layout_free().  What could not be read
 * goes to @findings.
 */
KAN_API KAN_MUST_CHECK int kan_layout_find(struct kan_layout **out, struct kan_image *img,
                                           const struct kan_fs_opts *opts,
                                           struct kan_findings *findings, struct kan_err *err);

KAN_API void kan_layout_free(struct kan_layout *layout);

/** Gets every file, in the order told below; strings are valid during the call. */
typedef int kan_file_fn(void *arg, const struct kan_file *file, struct kan_err *err);

/**
 * Every name of every readable file system: allocated, deleted and orphan
 * files, alternate data streams, directories; the entries that `fls -r -p`
 * lists, without "." and "..".  Called in the order (file system, path, stream,
 * metadata address, ...), the same for any number of workers.  What could not
 * be read goes to @findings.  Memory does not grow with the number of files.
 */
KAN_API KAN_MUST_CHECK int kan_files_walk(struct kan_image *img, const struct kan_layout *layout,
                                          const struct kan_fs_opts *opts, kan_file_fn *fn,
                                          void *arg, struct kan_findings *findings,
                                          struct kan_err *err);

/** What to read for kan_content_read(). */
enum kan_content_kind {
	KAN_CONTENT_STREAM,      /* the stream named by addr, attr_type, attr_id */
	KAN_CONTENT_SLACK,       /* what lies behind its end in its last block */
	KAN_CONTENT_UNALLOCATED, /* all unallocated blocks of the file system, ascending */
};

struct kan_content {
	enum kan_content_kind kind;
	uint32_t fs; /* number of the file system */
	uint64_t addr;
	uint32_t attr_type;
	uint32_t attr_id;
};

/** Gets the bytes in ascending order of @offset in the stream. */
typedef int kan_content_fn(void *arg, uint64_t offset, const void *data, size_t len,
                           struct kan_err *err);

/**
 * Read the bytes of each of @wanted[0..@n-1] in a worker, one after another,
 * and give them to @fn; @begin(arg, i) says which one follows, also when it is
 * started again after a crash (then forget what came before), and @end(arg, i,
 * complete) that it is over.
 */
struct kan_content_events {
	int (*begin)(void *arg, size_t i, struct kan_err *err);
	kan_content_fn *data;
	int (*end)(void *arg, size_t i, bool complete, struct kan_err *err);
	void *arg;
};

KAN_API KAN_MUST_CHECK int kan_content_read(struct kan_image *img, const struct kan_layout *layout,
                                            const struct kan_content *wanted, size_t n,
                                            const struct kan_fs_opts *opts,
                                            const struct kan_content_events *events,
                                            struct kan_findings *findings, struct kan_err *err);

/** A run of blocks that no file owns. */
typedef int kan_range_fn(void *arg, uint32_t fs, uint64_t offset, uint64_t length,
                         struct kan_err *err);

/** Unallocated ranges of every readable file system, ascending, in media offsets. */
KAN_API KAN_MUST_CHECK int kan_unallocated_walk(struct kan_image *img,
                                                const struct kan_layout *layout,
                                                const struct kan_fs_opts *opts, kan_range_fn *fn,
                                                void *arg, struct kan_findings *findings,
                                                struct kan_err *err);

KAN_END_DECLS

#endif
