/* SPDX-License-Identifier: MIT */
/*
 * ewf.h - what the parts of the E01 reader share; see docs/formats/ewf.md
 *
 * Opening walks the sections of all segments once and leaves a list of *runs*:
 * one for every chunk table, and one for every hole in the chain.  A run says
 * where its table stands in which file; the entries themselves are read again
 * when chunks are, so that 4 TiB of media cost some 25 MB of memory.
 */
#ifndef KAN_IMAGE_EWF_H
#define KAN_IMAGE_EWF_H

#include "core/view.h"
#include "image/evidence_file.h"
#include "image/info.h"

/** Bytes in a chunk: EnCase allows 32768 sectors, a sector has up to 4 KiB. */
#define KAN_EWF_CHUNK_MAX (128u << 20)
/** Bytes in a chunk at least: one sector of a disk. */
#define KAN_EWF_CHUNK_MIN 512u
/** Chunk tables and holes: our own writer makes one for 16 MiB, so these are 128 TiB. */
#define KAN_EWF_RUNS_MAX (1u << 23)
/** Sections in one segment file; each takes at least 76 bytes. */
#define KAN_EWF_SECTIONS_MAX (1u << 24)
/** Media in bytes: 1 PiB; more is a forged volume section. */
#define KAN_EWF_MEDIA_MAX (1ull << 50)
/** Decompressed header text in bytes; real ones have some hundreds. */
#define KAN_EWF_HEADER_MAX (16u << 20)
/** Chunks whose entry in the table is not what is used. */
#define KAN_EWF_PATCHES_MAX (1u << 21)
/** Segments: ".E01" to ".ZZZ". */
#define KAN_EWF_SEGMENTS_MAX 14971u

enum kan_ewf_layout {
	KAN_EWF_FILE_HEADER_LEN = 13,
	KAN_EWF_DESCRIPTOR_LEN = 76,
	KAN_EWF_VOLUME_LEN = 1052, /* 94 in the SMART variant */
	KAN_EWF_VOLUME_SMART_LEN = 94,
	KAN_EWF_TABLE_HEADER_LEN = 24,
};

/** Where the fields of a volume section are; of the SMART variant, those up to its length. */
enum kan_ewf_volume_layout {
	KAN_EWF_VOLUME_MEDIA_TYPE = 0,
	KAN_EWF_VOLUME_CHUNKS = 4,
	KAN_EWF_VOLUME_CHUNK_SECTORS = 8,
	KAN_EWF_VOLUME_SECTOR_SIZE = 12,
	KAN_EWF_VOLUME_SECTORS = 16,
	KAN_EWF_VOLUME_FLAGS = 36,
	KAN_EWF_VOLUME_COMPRESSION = 52,
	KAN_EWF_VOLUME_GRANULARITY = 56,
	KAN_EWF_VOLUME_GUID = 64,
	KAN_EWF_VOLUME_CHECKSUM = 1048,
};

/** The descriptor of one section, with the place of its data in the file. */
struct kan_ewf_section {
	char type[17];
	uint64_t offset;   /* of the descriptor */
	uint64_t next;     /* offset of the next descriptor, as stored */
	uint64_t data;     /* offset of its data */
	uint64_t data_len; /* bytes of it that are in the file */
	bool cut;          /* the file ends inside the section */
	bool sound;        /* the checksum of the descriptor fits */
};

/** Read the descriptor at @offset out of @raw (76 bytes); sizes are cut to @file_size. */
void kan_ewf_section_parse(struct kan_ewf_section *out, const uint8_t *raw, uint64_t offset,
                           uint64_t file_size);

/** True if @type is a section type that we have heard of. */
bool kan_ewf_section_is_known(const char *type);

/** Version 2 knows methods of compression, and no levels. */
#define KAN_EWF_NO_LEVEL 0xffu

enum kan_ewf_media_flags {
	KAN_EWF_MEDIA_PHYSICAL = 0x02,
	KAN_EWF_MEDIA_FASTBLOC = 0x04,
	KAN_EWF_MEDIA_TABLEAU = 0x08,
};

/** A volume (or disk, or data) section. */
struct kan_ewf_volume {
	uint8_t media_type;
	uint8_t media_flags;
	uint8_t compression; /* level, or KAN_EWF_NO_LEVEL */
	uint64_t nchunks;
	uint32_t chunk_sectors;
	uint32_t sector_size;
	uint64_t nsectors;
	uint32_t granularity; /* of acquisition errors, in sectors */
	uint8_t guid[16];
	bool sound; /* its checksum fits */
};

/** Parse the data of a volume section; false if it is none of ours or impossible. */
bool kan_ewf_volume_parse(struct kan_ewf_volume *out, struct kan_view v);

struct kan_ewf_segment {
	struct kan_evidence_file file; /* not open if the segment is missing */
	char *path;
	const char *name; /* last component of path */
	bool missing;
};

/** Chunks that follow one another, with one table; or a hole in their chain. */
struct kan_ewf_run {
	uint64_t first; /* number of the first chunk in the media */
	uint64_t nchunks;
	uint64_t entries;           /* offset of the first table entry in the file */
	uint64_t base;              /* added to every entry */
	uint64_t data_start;        /* of the sectors section that belongs to the table */
	uint64_t data_end;          /* of the same: the last chunk ends here */
	uint64_t overflow;          /* entries from this one on have 32 bits and no flag */
	uint64_t nodd;              /* entries that are out of order or out of bounds */
	uint64_t entries2;          /* of the other copy if that differs, or 0 */
	bool patched;               /* some of its chunks have a patch */
	uint32_t segment;           /* index */
	enum kan_finding_kind hole; /* of a hole: why; otherwise 0 */
	bool is_hole;
	bool doubtful; /* the sums of the table are wrong: what has no sum of its own is lost */
};

/** A chunk whose entry is not, or not alone, what its table says. */
struct kan_ewf_patch {
	uint64_t chunk;
	uint8_t raw[4]; /* entry in the other copy of the table */
	bool has_other; /* raw may be tried */
	bool odd;       /* the entry in the table is wrong */
};

struct kan_ewf_opening;

/** Where a chunk is. */
struct kan_ewf_entry {
	uint64_t offset; /* in the file; of a filled chunk: its pattern */
	uint64_t end;    /* where its bytes end at the latest */
	bool compressed;
	bool filled;   /* not in the file: 8 bytes, again and again */
	bool unsummed; /* stored without a checksum */
};

/** What the versions of the format do not have in common. */
struct kan_ewf_dialect {
	const uint8_t *magic; /* the first 8 bytes of every segment */
	const char *set;      /* "an E01 set" */
	const char *volume;   /* "the volume section": what describes the media */
	size_t prefix_len;    /* letters of a file name extension before the last three */
	size_t header_len;    /* of a segment, at most KAN_EWF_HEADER_LEN_MAX */
	size_t entry_len;     /* of a chunk table, at most KAN_EWF_ENTRY_LEN_MAX */
	/** The number that the header @raw of segment @i gives it into *@out. */
	int (*header)(struct kan_ewf_opening *o, size_t i, const uint8_t *raw, unsigned *out);
	/** Entry @i of @run out of @raw; @next is the raw one behind it, or NULL. */
	struct kan_ewf_entry (*entry)(const struct kan_ewf_run *run, uint64_t i, const uint8_t *raw,
	                              const uint8_t *next);
};

#define KAN_EWF_HEADER_LEN_MAX 32u
#define KAN_EWF_ENTRY_LEN_MAX  16u

/** An image while it is read; nothing changes after opening. */
struct kan_ewf {
	struct kan_source src; /* first */
	const struct kan_ewf_dialect *dialect;
	struct kan_ewf_segment *segments;
	size_t nsegments;
	struct kan_ewf_run *runs; /* ascending */
	size_t nruns;
	struct kan_ewf_patch *patches; /* ascending */
	size_t npatches;
	struct kan_ewf_volume volume;
	bool has_volume;
	bool done; /* the done section was met */
	uint32_t chunk_size;
	uint64_t nchunks;
};

/** What opening passes around. */
struct kan_ewf_opening {
	struct kan_ewf *ewf;
	struct kan_image_info *info;
	struct kan_findings *findings;
	struct kan_err *err;
	const char *variant; /* of the header that was read */
	bool has_header2;    /* its values win over those of header */
	bool starts_late;    /* segments before the first one cannot be found */
	unsigned tries;      /* chunks that were unpacked to judge a table */
	bool has_device;     /* version 2: a device information section was read */
	bool has_case;       /* version 2: a case data section was read */
	uint16_t method;     /* version 2: of compression */
};

/* segment.c: find and open the files of a set */
KAN_MUST_CHECK int kan_ewf_open_segments(struct kan_ewf_opening *o, const char *path);
void kan_ewf_close_segments(struct kan_ewf *e);

/* scan.c: walk the sections of all segments */
KAN_MUST_CHECK int kan_ewf_scan(struct kan_ewf_opening *o);
/** Call @walk for every segment that is there; those that are not are holes. */
KAN_MUST_CHECK int kan_ewf_scan_segments(struct kan_ewf_opening *o,
                                         int (*walk)(struct kan_ewf_opening *o, size_t index));

/**
 * Copy the data of @s, at most @max bytes, into a new buffer at *@out (caller
 * frees); damage is a finding.  An empty section gives NULL.
 */
KAN_MUST_CHECK int kan_ewf_load(struct kan_ewf_opening *o, const struct kan_ewf_segment *seg,
                                const struct kan_ewf_section *s, size_t max, struct kan_view *out);

/* header.c: header, header2, xheader */
KAN_MUST_CHECK int kan_ewf_read_header(struct kan_ewf_opening *o, const struct kan_ewf_segment *seg,
                                       const struct kan_ewf_section *s);

/* meta.c: volume, hash, digest, error2 */
KAN_MUST_CHECK int kan_ewf_read_volume(struct kan_ewf_opening *o, const struct kan_ewf_segment *seg,
                                       const struct kan_ewf_section *s);
KAN_MUST_CHECK int kan_ewf_read_hash(struct kan_ewf_opening *o, const struct kan_ewf_segment *seg,
                                     const struct kan_ewf_section *s);
KAN_MUST_CHECK int kan_ewf_read_errors(struct kan_ewf_opening *o, const struct kan_ewf_segment *seg,
                                       const struct kan_ewf_section *s);
KAN_MUST_CHECK int kan_ewf_put_media_values(struct kan_ewf_opening *o);
/** Sectors that could not be read when the image was made. */
void kan_ewf_add_error(struct kan_ewf_opening *o, const struct kan_ewf_segment *seg,
                       const struct kan_ewf_section *s, uint64_t start, uint64_t count);
/** Add a digest unless it is all zero, or NULL. */
KAN_MUST_CHECK int kan_ewf_take_hash(struct kan_ewf_opening *o, const char *algorithm,
                                     const uint8_t *digest, size_t len);
/** Does @v describe media that can be? */
bool kan_ewf_volume_can_be(const struct kan_ewf_volume *v);
/** Do both describe the same media? */
bool kan_ewf_volume_equals(const struct kan_ewf_volume *a, const struct kan_ewf_volume *b);
/** A finding about the structure of @s. */
void kan_ewf_complain(struct kan_ewf_opening *o, const struct kan_ewf_segment *seg,
                      const struct kan_ewf_section *s, const char *what);

/* table.c: table and table2 */

/** One copy of a table, judged. */
struct kan_ewf_table {
	bool present;
	bool sound;        /* both of its checksums fit */
	uint32_t checksum; /* of its entries, computed */
	struct kan_ewf_run run;
};

/** The copies of one table, until the next section says that there are no more. */
struct kan_ewf_tables {
	struct kan_ewf_table table[2]; /* table, table2 */
	struct kan_ewf_section sectors;
	bool has_sectors;
	bool hole_behind; /* something may be lost behind this table */
};

KAN_MUST_CHECK int kan_ewf_read_table(struct kan_ewf_opening *o, size_t segment,
                                      const struct kan_ewf_section *s, struct kan_ewf_tables *t);
/** Entry @i of version 1; see kan_ewf_dialect.entry. */
struct kan_ewf_entry kan_ewf_entry(const struct kan_ewf_run *run, uint64_t i, const uint8_t *bytes,
                                   const uint8_t *next);
/** Choose between the copies and append the run. */
KAN_MUST_CHECK int kan_ewf_finish_table(struct kan_ewf_opening *o, struct kan_ewf_tables *t);

/* place.c: the list of runs */
KAN_MUST_CHECK int kan_ewf_add_run(struct kan_ewf_opening *o, const struct kan_ewf_run *run);
KAN_MUST_CHECK int kan_ewf_add_hole(struct kan_ewf_opening *o, size_t segment,
                                    enum kan_finding_kind why);
/** Number all chunks, close the holes that are none, and settle the size of the media. */
KAN_MUST_CHECK int kan_ewf_place(struct kan_ewf_opening *o);
/** How many chunks there are, if @in_tables are in tables; at least one, or it fails. */
KAN_MUST_CHECK int kan_ewf_settle(struct kan_ewf_opening *o, uint64_t in_tables);
/** The runs are whole: number them, tell which ranges are affected, and set the size. */
KAN_MUST_CHECK int kan_ewf_finish_place(struct kan_ewf_opening *o);
/** The run that holds @chunk, which is below nchunks. */
const struct kan_ewf_run *kan_ewf_find_run(const struct kan_ewf *e, uint64_t chunk);

/* order.c: entries that cannot be right */

/**
 * Find the entries of @run, whose chunks are numbered, that cannot be right, and those in
 * which the copies of its table differ; the former are findings.  run->patched tells
 * whether it could be done.
 */
KAN_MUST_CHECK int kan_ewf_check_order(struct kan_ewf_opening *o, struct kan_ewf_run *run);
/** The patch of @chunk, or NULL. */
const struct kan_ewf_patch *kan_ewf_find_patch(const struct kan_ewf *e, uint64_t chunk);

/* chunk.c: reading */
/** Where @chunk, if it is at @offset of the file of @run, ends there; 0: it does not unpack. */
KAN_MUST_CHECK int kan_ewf_try(const struct kan_ewf *e, const struct kan_ewf_run *run,
                               uint64_t chunk, uint64_t offset, uint64_t *end, struct kan_err *err);
/** Where @kind of damage comes from, in words; the same for a hole and for its findings. */
const char *kan_ewf_hole_text(enum kan_finding_kind why);

KAN_MUST_CHECK int kan_ewf_read(struct kan_source *src, uint64_t offset, void *buf, size_t len,
                                struct kan_findings *gaps, struct kan_err *err);

#endif
