/* SPDX-License-Identifier: MIT */
/*
 * drive.h - a source over a drive that is being imaged
 *
 * A block device is opened for reading only, exclusively and past the page cache,
 * and the kernel is told to refuse writes to it.  What cannot be read is taken apart
 * down to the logical sector, tried again in rounds, and becomes a gap of exactly the
 * sectors that stay bad.  A drive that vanishes is a failure, not a gap.  Regular
 * files are read in the same way, through the page cache.  docs/formats/drive.md says
 * what is guaranteed and where that ends.
 */
#ifndef KAN_DRIVE_H
#define KAN_DRIVE_H

#include "kanshiki/source.h"

#include <limits.h>

KAN_BEGIN_DECLS

/** Rounds over the sectors of a read that failed, by default. */
#define KAN_DRIVE_RETRIES 2u

/** For kan_drive_opts.retries: each sector is tried once. */
#define KAN_DRIVE_NO_RETRIES UINT_MAX

/** More rounds than this are refused (KAN_EARG). */
#define KAN_DRIVE_RETRIES_MAX 1000u

/** All zero means defaults. */
struct kan_drive_opts {
	unsigned retries;   /* rounds; 0: KAN_DRIVE_RETRIES; or KAN_DRIVE_NO_RETRIES */
	bool keep_writable; /* leave the read-only switch of the kernel as it is */
	bool allow_busy;    /* read a device that is held by something without a name here */
};

/** How a drive was opened, and what it says about itself. */
struct kan_drive_state {
	bool device;        /* a block device; false: a regular file */
	bool direct;        /* read past the page cache */
	bool exclusive;     /* nobody else can mount or claim it while it is open */
	bool was_read_only; /* the kernel's switch, as it was found */
	bool read_only;     /* the same, as it is now; software only: SG_IO passes by it */
	uint64_t size;      /* in bytes, as are the next three */
	uint64_t sector_size;
	uint64_t physical_sector; /* of a device that says so, else sector_size */
	uint64_t odd_bytes;       /* size modulo sector_size: the tail that is no whole sector */
	char note[256];           /* what is not as it should be, one line; empty: nothing */
};

/** What reading has met so far. */
struct kan_drive_counts {
	uint64_t errors;    /* reads that failed, of any length */
	uint64_t recovered; /* sectors that failed and were read in a later round */
	uint64_t lost;      /* bytes given as zeros; twice if they were asked for twice */
};

/**
 * Open @path, a block device or a regular file; @opts may be NULL.  *@state (may be
 * NULL) is filled in.
 *
 * Refused with one line that says why (KAN_EARG): a device that is in use for
 * writing, which is a read-write mount or swap on itself, on one of its partitions,
 * or on what the kernel has built on top of them; and one that is held by something
 * that cannot be named, unless allow_busy.  A read-only mount, or a holder that is
 * not in use, is allowed: `exclusive` is false and the note names it.
 *
 * The read-only switch is set unless keep_writable; that it could not be set is in
 * the note.  Closing the source in the process that opened it puts the switch back.
 *
 * The source may be read by many threads at once.  Its gaps are
 * KAN_FINDING_UNREADABLE, and KAN_FINDING_TRUNCATED where the medium ends before the
 * size that it had.  KAN_EIO means that the drive is gone or answers no more: what
 * was read before holds.
 */
KAN_API KAN_MUST_CHECK int kan_drive_open(struct kan_source **out, const char *path,
                                          const struct kan_drive_opts *opts,
                                          struct kan_drive_state *state, struct kan_err *err);

/** Copy the counters of @src, a source of kan_drive_open(); from any thread, at any time. */
KAN_API void kan_drive_counts(struct kan_source *src, struct kan_drive_counts *out);

/**
 * True if writing to @destination (which need not be there yet) would change @source:
 * they are the same file or device, one is a part of the other or built on it, or the
 * file system that holds the folder of @destination lies on @source.  False if
 * @source cannot be looked at.
 */
KAN_API bool kan_drive_same_file(const char *source, const char *destination);

KAN_END_DECLS

#endif
