/* SPDX-License-Identifier: MIT */
/*
 * e01.h - what the parts of the E01 writer share; see docs/formats/ewf.md, "Writing"
 *
 * The media is cut into groups of KAN_WRITER_STEP bytes.  A group is collected in
 * memory, and written with its tables in one go, or in parts at the end of a segment: a sectors
 * section says how long it is before its data come, and nothing in the file is ever changed.
 */
#ifndef KAN_ACQUIRE_E01_H
#define KAN_ACQUIRE_E01_H

#include "acquire/segset.h"
#include "acquire/writer.h"
#include "image/ewf/ewf.h"

#include <pthread.h>

/** Bytes of media in a chunk, if that does not make too many chunks; see below. */
#define KAN_E01_CHUNK_LEN 32768u
/** Behind a chunk that is stored: its checksum. */
#define KAN_E01_STORED_LEN 4u
/** Chunks of a group at the most. */
#define KAN_E01_GROUP_CHUNKS (KAN_WRITER_STEP / KAN_E01_CHUNK_LEN)
/** Chunks of an image: libewf 20140813, and what is built on it, opens no image that has more. */
#define KAN_E01_CHUNKS_MAX (1u << 27)
/** Bytes of a chunk at the most: with as many chunks, 128 TiB. */
#define KAN_E01_CHUNK_LEN_MAX (1u << 20)
/** Top bit of a table entry, and of a length of ours: the chunk is compressed. */
#define KAN_E01_COMPRESSED 0x80000000u
/** Bytes kept free in a segment for the sections that close the set. */
#define KAN_E01_TAIL_ROOM 4096u
/** Bytes of one value of the header. */
#define KAN_E01_VALUE_MAX 65536u
/** Sectors of the media before this one can stand in an error2 section: 32 bits. */
#define KAN_E01_ERROR_SECTORS 0x100000000ull

/* name.c: .E01, .e01 */

/** True for a path that ends in .E01 or .e01. */
bool kan_e01_claims(const char *path);
/** For struct kan_segset_form. */
bool kan_e01_name(char *out, const char *first, uint64_t index);

/* section.c: sections as bytes.  @start is the offset in the file of the buffer's first byte. */

void kan_e01_put_section(struct kan_buf *out, uint64_t start, const char *type, const void *data,
                         size_t len);
/** next or done. */
void kan_e01_put_last(struct kan_buf *out, uint64_t start, const char *type);
/** The descriptor of a section whose data follow. */
void kan_e01_put_descriptor(struct kan_buf *out, uint64_t start, const char *type, uint64_t len);
/** Both tables; @base is the offset of the sectors section, @entries are raw. */
void kan_e01_put_tables(struct kan_buf *out, uint64_t start, uint64_t base, const uint8_t *entries,
                        uint32_t n);

/* header.c: what stands at the start of the first segment */

/** Append header2, header2 and header; the first byte of @out stands behind the file header. */
KAN_MUST_CHECK int kan_e01_put_headers(struct kan_buf *out, const struct kan_writer_opts *opts,
                                       struct kan_err *err);

/* volume.c: fixed sections */

/** Bytes in a chunk of such media: the least that does not make too many; 0 if none does. */
uint32_t kan_e01_chunk_len(uint64_t media_size);

/** Fill in a volume section, with an identifier of the set that is made from @headers. */
KAN_MUST_CHECK int kan_e01_volume(uint8_t volume[KAN_EWF_VOLUME_LEN],
                                  const struct kan_writer_opts *opts, const struct kan_buf *headers,
                                  struct kan_err *err);
void kan_e01_put_error2(struct kan_buf *out, uint64_t start, const struct kan_writer_end *end,
                        uint32_t sector_size);
/** digest and hash, as far as there are digests for them. */
void kan_e01_put_digests(struct kan_buf *out, uint64_t start, const struct kan_digest *digests,
                         size_t n);

/* deflate.c: ISA-L */

struct kan_e01_fast;

/** NULL if there is no memory, or no range of addresses.  Release with kan_e01_fast_free(). */
struct kan_e01_fast *kan_e01_fast_new(void);
void kan_e01_fast_free(struct kan_e01_fast *f);
/** zlib data of the @len bytes at @in; the length, or 0 if @room is too little. */
size_t kan_e01_fast_pack(struct kan_e01_fast *f, uint8_t *out, size_t room, const uint8_t *in,
                         size_t len);

/* packer.c: chunks */

struct libdeflate_compressor;

struct kan_e01_packer {
	struct kan_e01_packer *next; /* on the shelf */
	enum kan_compress how;
	struct kan_e01_fast *fast; /* state of ISA-L; one of both is NULL */
	struct libdeflate_compressor *best;
	uint32_t chunk_len;
	uint8_t zeros[2048]; /* a whole chunk of zeros, compressed */
	size_t zeros_len;
};

/** On success *@out is owned by the caller; release it with kan_e01_packer_free(). */
KAN_MUST_CHECK int kan_e01_packer_new(struct kan_e01_packer **out, enum kan_compress how,
                                      uint32_t chunk_len, struct kan_err *err);
void kan_e01_packer_free(struct kan_e01_packer *p);
/**
 * Write the chunk of the @len bytes at @in (at most chunk_len) to @out, which has room
 * for KAN_E01_STORED_LEN more.  Returns its length, with KAN_E01_COMPRESSED set if it is.
 * The same bytes give the same chunk, wherever they lie.
 */
uint32_t kan_e01_pack(struct kan_e01_packer *p, uint8_t *out, const uint8_t *in, size_t len);

/* shelf.c: blocks that are prepared, and the memory that they lie in */

/** The chunks of one block of the stream. */
struct kan_e01_block {
	struct kan_e01_block *next;
	uint64_t offset; /* in the media */
	size_t media_len;
	uint32_t nchunks;
	size_t len;     /* bytes in data */
	uint32_t *lens; /* of the chunks, with KAN_E01_COMPRESSED */
	uint8_t *data;
};

/** Packers and blocks are made when none is free, and kept until the end. */
struct kan_e01_shelf {
	pthread_mutex_t lock; /* guards the three lists */
	struct kan_e01_block *free, *ready;
	struct kan_e01_packer *packers;
	enum kan_compress compress;
	uint32_t chunk_len;
	size_t block_len;
};

void kan_e01_shelf_init(struct kan_e01_shelf *s, enum kan_compress compress, uint32_t chunk_len,
                        size_t block_len);
void kan_e01_shelf_done(struct kan_e01_shelf *s);
/** Pack the block and put it on the shelf.  By many threads at once. */
KAN_MUST_CHECK int kan_e01_shelf_prepare(struct kan_e01_shelf *s, const struct kan_block *blk,
                                         struct kan_err *err);
/** Take the block at @offset; NULL if it is not there. */
struct kan_e01_block *kan_e01_shelf_take(struct kan_e01_shelf *s, uint64_t offset);
/** Take back a list of blocks that are not needed any more. */
void kan_e01_shelf_return(struct kan_e01_shelf *s, struct kan_e01_block *list);

#endif
