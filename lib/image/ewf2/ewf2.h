/* SPDX-License-Identifier: MIT */
/*
 * ewf2.h - what the parts of the Ex01 reader share; see docs/formats/ewf2.md
 *
 * The list of runs, the holes in it, and the reading of chunks are those of E01
 * (image/ewf/ewf.h).  What differs: descriptors stand behind their sections, texts
 * describe the media, and a table says which chunk is its first.
 */
#ifndef KAN_IMAGE_EWF2_H
#define KAN_IMAGE_EWF2_H

#include "image/ewf/ewf.h"
#include "core/md5.h"

/** Sections in one segment file; EnCase writes three for some 50 MiB of media. */
#define KAN_EWF2_SECTIONS_MAX (1u << 20)
/** Bytes of a section that is loaded as a whole; real ones have some hundreds. */
#define KAN_EWF2_LOAD_MAX (16u << 20)
/** First chunk of a table: chunks of a sector in the largest media. */
#define KAN_EWF2_CHUNKS_MAX (KAN_EWF_MEDIA_MAX / KAN_EWF_CHUNK_MIN)

enum kan_ewf2_layout {
	KAN_EWF2_FILE_HEADER_LEN = 32,
	KAN_EWF2_DESCRIPTOR_LEN = 64,
	KAN_EWF2_ENTRY_LEN = 16,
	KAN_EWF2_TABLE_HEADER_LEN = 32, /* 20, and 12 of padding */
	KAN_EWF2_SUM_LEN = 4,
};

enum kan_ewf2_type {
	KAN_EWF2_DEVICE = 0x01,
	KAN_EWF2_CASE = 0x02,
	KAN_EWF2_SECTOR_DATA = 0x03,
	KAN_EWF2_SECTOR_TABLE = 0x04,
	KAN_EWF2_ERROR_TABLE = 0x05,
	KAN_EWF2_SESSION_TABLE = 0x06,
	KAN_EWF2_MD5 = 0x08,
	KAN_EWF2_SHA1 = 0x09,
	KAN_EWF2_RESTART = 0x0a,
	KAN_EWF2_KEYS = 0x0b,
	KAN_EWF2_NEXT = 0x0d,
	KAN_EWF2_FINAL = 0x0e,
	KAN_EWF2_DONE = 0x0f,
	KAN_EWF2_ANALYTICAL = 0x10,
	KAN_EWF2_TYPE_MAX = 0x23,
};

enum kan_ewf2_method {
	KAN_EWF2_STORED = 0,
	KAN_EWF2_DEFLATE = 1,
	KAN_EWF2_BZIP2 = 2,
};

/** A section as its descriptor tells it. */
struct kan_ewf2_section {
	struct kan_ewf_section s; /* first; its type is a name for people */
	uint32_t type;
	uint32_t flags;
	uint64_t previous; /* offset of the descriptor of the section before; 0: none */
	uint64_t spare;    /* bytes of the section that belong to no data */
	uint8_t md5[KAN_MD5_LEN];
};

/** Read the descriptor at @offset out of @raw (64 bytes); false if it cannot be one. */
bool kan_ewf2_section_parse(struct kan_ewf2_section *out, const uint8_t *raw, uint64_t offset);

/** What the flags say: the data have an integrity hash; they are encrypted. */
bool kan_ewf2_has_md5(const struct kan_ewf2_section *s);
bool kan_ewf2_is_encrypted(const struct kan_ewf2_section *s);

/**
 * Copy the data of @s, at most KAN_EWF2_LOAD_MAX bytes, into a new buffer at *@out
 * (caller frees; NULL if there are none).  An integrity hash that does not fit is a finding.
 */
KAN_MUST_CHECK int kan_ewf2_load(struct kan_ewf_opening *o, const struct kan_ewf_segment *seg,
                                 const struct kan_ewf2_section *s, struct kan_view *out);

/** What differs from version 1. */
extern const struct kan_ewf_dialect kan_ewf2_dialect;

/** The first bytes of an Ex01 segment. */
#define KAN_EWF2_MAGIC "EVF2\r\n\x81\0"

/* list.c: the sections of one segment file */

/** Where a section stands, or that the chain was broken here. */
struct kan_ewf2_link {
	uint64_t offset; /* of the descriptor */
	bool broken;     /* something may be lost here; @offset says nothing */
};

struct kan_ewf2_list {
	struct kan_ewf2_link *links; /* from the last one to the first one */
	size_t n;
	size_t room;
	unsigned nbreaks;
};

/** Find all sections of @seg, backwards; breaks of the chain are findings. */
KAN_MUST_CHECK int kan_ewf2_list(struct kan_ewf_opening *o, const struct kan_ewf_segment *seg,
                                 struct kan_ewf2_list *out);

/** The descriptor at @offset of @seg; *@there is false if there is none. */
KAN_MUST_CHECK int kan_ewf2_read_descriptor(struct kan_ewf_opening *o,
                                            const struct kan_ewf_segment *seg, uint64_t offset,
                                            struct kan_ewf2_section *out, bool *there);

/* scan.c: read the sections of all segments */
KAN_MUST_CHECK int kan_ewf2_scan(struct kan_ewf_opening *o);

/* meta.c: device information, case data */
KAN_MUST_CHECK int kan_ewf2_read_text(struct kan_ewf_opening *o, const struct kan_ewf_segment *seg,
                                      const struct kan_ewf2_section *s);
/** The values that are no text. */
KAN_MUST_CHECK int kan_ewf2_put_values(struct kan_ewf_opening *o);

/* table.c: hashes, errors, chunk tables */
KAN_MUST_CHECK int kan_ewf2_read_hash(struct kan_ewf_opening *o, const struct kan_ewf_segment *seg,
                                      const struct kan_ewf2_section *s);
KAN_MUST_CHECK int kan_ewf2_read_errors(struct kan_ewf_opening *o,
                                        const struct kan_ewf_segment *seg,
                                        const struct kan_ewf2_section *s);
KAN_MUST_CHECK int kan_ewf2_read_table(struct kan_ewf_opening *o, size_t segment,
                                       const struct kan_ewf2_section *s);
struct kan_ewf_entry kan_ewf2_entry(const struct kan_ewf_run *run, uint64_t i, const uint8_t *raw,
                                    const uint8_t *next);

/* place.c: put the tables in the order of their chunks */
KAN_MUST_CHECK int kan_ewf2_place(struct kan_ewf_opening *o);

#endif
