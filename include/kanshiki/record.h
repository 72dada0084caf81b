/* SPDX-License-Identifier: MIT */
/*
 * record.h - what an acquisition says about itself, in files beside the image
 *
 * For an image whose first file is IMAGE:
 *
 *   IMAGE.json    the record: who, what, when, how; digests; unreadable ranges;
 *                 the size and SHA-256 of every segment file
 *   IMAGE.blocks  a line for each block of 1 MiB: its leaf hash, 64 hexadecimal digits
 *   IMAGE.map     the ranges that were read and not read, as GNU ddrescue has them
 *   IMAGE.jsonl   the hash-chained log of the acquisition
 *   IMAGE.journal only while it is not finished
 *
 * Forms: docs/formats/acquisition.md.
 */
#ifndef KAN_RECORD_H
#define KAN_RECORD_H

#include "kanshiki/buf.h"
#include "kanshiki/hash.h"
#include "kanshiki/image.h"

KAN_BEGIN_DECLS

/* ---- the tree over blocks: RFC 9162, section 2.1, with SHA-256 ------------------ */

/** Media in one leaf, in bytes. */
#define KAN_TREE_BLOCK (1u << 20)
#define KAN_TREE_HASH  32u

/** Leaves of one tree: 256 TiB of media. */
#define KAN_TREE_LEAVES_MAX (1u << 28)

/** Bytes of IMAGE.blocks for each leaf. */
#define KAN_TREE_LINE (2 * KAN_TREE_HASH + 1)

/** Hash of the leaf that holds the @len bytes at @data: SHA-256 of 0x00 and the bytes. */
KAN_API KAN_MUST_CHECK int kan_tree_leaf(uint8_t out[KAN_TREE_HASH], const void *data, size_t len,
                                         struct kan_err *err);

/** The leaves of a medium while they are collected; any thread may add any leaf. */
struct kan_tree;

/** Room for the leaves of @media_size bytes; more than KAN_TREE_LEAVES_MAX is KAN_ELIMIT. */
KAN_API KAN_MUST_CHECK int kan_tree_new(struct kan_tree **out, uint64_t media_size,
                                        struct kan_err *err);
/** A sink in any order; the blocks of the stream must be multiples of KAN_TREE_BLOCK. */
KAN_API struct kan_sink kan_tree_sink(struct kan_tree *t);
KAN_API void kan_tree_set(struct kan_tree *t, uint64_t block, const uint8_t leaf[KAN_TREE_HASH]);
KAN_API uint64_t kan_tree_leaves(const struct kan_tree *t);
/**
 * The leaf hash of @block, NULL if it has not been added yet; belongs to @t.  May be
 * called while leaves are added.
 */
KAN_API const uint8_t *kan_tree_leaf_of(const struct kan_tree *t, uint64_t block);
/**
 * The root over all leaves; an empty medium has the hash of the empty string.
 * KAN_EARG if a leaf is not there.
 */
KAN_API KAN_MUST_CHECK int kan_tree_root(uint8_t out[KAN_TREE_HASH], const struct kan_tree *t,
                                         struct kan_err *err);
/** The root over the first @n leaves, at most all; KAN_EARG if one of them is not there. */
KAN_API KAN_MUST_CHECK int kan_tree_root_of(uint8_t out[KAN_TREE_HASH], const struct kan_tree *t,
                                            uint64_t n, struct kan_err *err);
/**
 * The hashes that lead from leaf @block to the root, lowest first (RFC 9162, 2.1.3);
 * at most 64.  *@n is their number.
 */
KAN_API KAN_MUST_CHECK int kan_tree_proof(uint8_t out[64][KAN_TREE_HASH], size_t *n,
                                          const struct kan_tree *t, uint64_t block,
                                          struct kan_err *err);
/** True if @proof leads from @leaf, number @block of @nleaves, to @root (2.1.3.2). */
KAN_API bool kan_tree_proves(const uint8_t leaf[KAN_TREE_HASH], uint64_t block, uint64_t nleaves,
                             const uint8_t proof[][KAN_TREE_HASH], size_t n,
                             const uint8_t root[KAN_TREE_HASH]);
KAN_API void kan_tree_free(struct kan_tree *t);

/** The lines of the @n leaves from @first on, appended to @out; they must be there. */
KAN_API void kan_tree_write(struct kan_buf *out, const struct kan_tree *t, uint64_t first,
                            uint64_t n);
/** Read it back; KAN_EFORMAT says at which line it is wrong. */
KAN_API KAN_MUST_CHECK int kan_tree_read(struct kan_tree **out, const char *text, size_t len,
                                         uint64_t media_size, struct kan_err *err);

/* ---- the map of a drive ------------------------------------------------------------ */

/** A part of the media. */
struct kan_record_range {
	uint64_t offset; /* in the media, in bytes */
	uint64_t length;
};

/**
 * Append the map of a medium of @media_size bytes to @out, as GNU ddrescue (manual,
 * chapter "Mapfile structure") writes it: read up to @done but for the unreadable
 * ranges in @bad, not tried behind it.  The @n ranges ascend and do not overlap.
 */
KAN_API void kan_map_write(struct kan_buf *out, uint64_t media_size, uint64_t done,
                           const struct kan_record_range *bad, size_t n);

/* ---- the record ---------------------------------------------------------------------- */

struct kan_record_segment {
	char *name; /* without folder */
	uint64_t size;
	char sha256[65];
};

/** Names and values in a fixed order; no name comes twice. */
struct kan_record_values {
	struct kan_header_value *list;
	size_t n;
};

/** What a record can hold; a writer that has more leaves the rest out and says so. */
#define KAN_RECORD_VALUES_MAX   256u        /* in each of the four groups */
#define KAN_RECORD_TEXT_MAX     (64u << 10) /* bytes of one value */
#define KAN_RECORD_RANGES_MAX   (1u << 20)
#define KAN_RECORD_SEGMENTS_MAX 65536u
#define KAN_RECORD_FILE_MAX     (64u << 20) /* bytes of IMAGE.json */

/**
 * All strings and lists belong to the record; all zero is an empty one.  Strings are
 * bytes: what is not printable UTF-8 is escaped in the file, and comes back as it was.
 */
struct kan_record {
	char *tool;                      /* "kanshiki 0.1.0" */
	struct kan_record_values people; /* case_number, exhibit, examiner, witness, place, ... */
	struct kan_record_values source; /* path, kind, model, serial, bus, hpa, dco, smart, ... */
	struct kan_record_values settings; /* format, compress, segment_size, fill, retries, ... */
	struct kan_record_values times;    /* started, finished, clock_offset, resumed, ... */
	uint64_t media_size;
	uint32_t sector_size;
	struct kan_stored_hash *digests; /* of the media while it was read */
	size_t ndigests;
	struct kan_stored_hash *reread; /* of the image read back from its medium */
	size_t nreread;
	char reread_verdict[16]; /* "match", "mismatch", "unchecked"; "": not read back */
	struct kan_record_range *unreadable; /* ascending, not overlapping */
	size_t nunreadable;
	uint64_t bytes_unreadable;
	char tree_root[2 * KAN_TREE_HASH + 1]; /* "": no tree */
	uint64_t tree_leaves;
	struct kan_record_segment *segments;
	size_t nsegments;
};

/**
 * Add a value; @name must be a word (letters, digits, "_.:-") that is not there yet,
 * @value may be NULL (nothing is added).  KAN_ELIMIT if it is one too many or too long.
 */
KAN_API KAN_MUST_CHECK int kan_record_value(struct kan_record_values *v, const char *name,
                                            const char *value, struct kan_err *err);

/** IMAGE.json as canonical JSON: fixed order of keys, one line for each, appended to @out. */
KAN_API void kan_record_write(struct kan_buf *out, const struct kan_record *r);

/**
 * Parse it again; KAN_EFORMAT for anything else, KAN_ELIMIT for more than a record can
 * hold.  What was read is written again to the same bytes, so an edited record that is
 * still JSON is refused.  *@out is untouched on failure; release it with
 * kan_record_done().
 */
KAN_API KAN_MUST_CHECK int kan_record_read(struct kan_record *out, const char *text, size_t len,
                                           struct kan_err *err);

/** Release what @r holds and make it empty. */
KAN_API void kan_record_done(struct kan_record *r);

KAN_END_DECLS

#endif
