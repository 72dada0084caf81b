/* SPDX-License-Identifier: MIT */
/*
 * evidence_file.h - the one place where a file or device of evidence is opened
 *
 * Always O_RDONLY | O_CLOEXEC.  Reads are positional, so an open file may be
 * read from many threads, and from a forked child beside its parent.
 */
#ifndef KAN_IMAGE_EVIDENCE_FILE_H
#define KAN_IMAGE_EVIDENCE_FILE_H

#include "kanshiki/finding.h"

struct kan_evidence_file {
	char *path;           /* as given */
	const char *name;     /* last component of path, for findings */
	uint64_t size;        /* in bytes */
	uint32_t sector_size; /* of a device, 512 for a file */
	bool device;
	int fd;        /* -1: not open */
	int direct_fd; /* of a device, past the page cache, for bad sectors; or -1 */
};

/** Nothing is open. */
#define KAN_EVIDENCE_FILE_NONE            \
	{                                 \
		.fd = -1, .direct_fd = -1 \
	}

/**
 * Open @path, a regular file or a block device.  Fails with one line that names
 * it; *@out is untouched then.  Close with kan_evidence_file_close().
 */
KAN_MUST_CHECK int kan_evidence_file_open(struct kan_evidence_file *out, const char *path,
                                          struct kan_err *err);

/** True if @path is there and is neither a directory nor a special file. */
bool kan_evidence_file_exists(const char *path);

/**
 * Fill @buf with the @len bytes at @offset.  Sectors that cannot be read are
 * zeros and added to @gaps (may be NULL) as KAN_FINDING_UNREADABLE, what lies
 * past the end of the file as KAN_FINDING_TRUNCATED, in offsets of the file.
 * *@bad (may be NULL) is set to the number of bytes that are not there.
 */
KAN_MUST_CHECK int kan_evidence_file_read(const struct kan_evidence_file *f, uint64_t offset,
                                          void *buf, size_t len, struct kan_findings *gaps,
                                          uint64_t *bad, struct kan_err *err);

/** Close @f and release its strings; it may be closed, or never opened, before. */
void kan_evidence_file_close(struct kan_evidence_file *f);

/** For KAN_AUTO(evidence_file). */
static inline void kan_drop_evidence_file(struct kan_evidence_file *f)
{
	kan_evidence_file_close(f);
}

/** The last component of @path; points into it. */
const char *kan_base_name(const char *path);

#endif
