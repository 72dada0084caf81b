/* SPDX-License-Identifier: MIT */
/*
 * library.h - a source on top of a third-party library, in this process
 *
 * What all of them have in common: a handle, a read that may fail, and the
 * wish to know exactly which bytes it failed for.
 */
#ifndef KAN_IMAGE_LIBRARY_H
#define KAN_IMAGE_LIBRARY_H

#include "kanshiki/source.h"

#include <sys/types.h>

/** What was read. */
struct kan_library_bytes {
	uint8_t *data;
	size_t len;
};

struct kan_library_ops {
	const char *name; /* of the library: "libewf" */

	/** Read; the number of bytes that were read, or -1. */
	ssize_t (*read)(void *handle, uint64_t offset, void *buf, size_t len);

	/**
	 * Called after a read that succeeded, to find out what the library thinks of
	 * these bytes: zero what is wrong and add it to @gaps, about @subject.  May be
	 * NULL.
	 */
	void (*check)(void *handle, const char *subject, uint64_t offset,
	              struct kan_library_bytes bytes, struct kan_findings *gaps);

	/** Release the handle. */
	void (*close)(void *handle);
};

/** What kan_library_source() needs to know. */
struct kan_library_media {
	const char *subject;  /* for findings: the name of the file; copied */
	uint64_t size;        /* of the media in bytes */
	uint32_t sector_size; /* bytes; 0: 512 */
	uint32_t chunk_size;  /* what the library reads at once; 0: not known */
};

/**
 * Takes @handle, also on failure.  A range that the library cannot read is
 * narrowed to the chunks, then the sectors, that fail.  One thread at a time.
 */
KAN_MUST_CHECK int kan_library_source(struct kan_source **out, const struct kan_library_ops *ops,
                                      void *handle, const struct kan_library_media *media,
                                      struct kan_err *err);

/** Fail with "@what: " and the first line of @text, which a library gave as its reason. */
KAN_MUST_CHECK int kan_library_fail(struct kan_err *err, const char *what, const char *text);

#endif
