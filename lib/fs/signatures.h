/* SPDX-License-Identifier: MIT */
/*
 * signatures.h - the table of signatures, and reading at a place of a volume
 */
#ifndef KAN_FS_SIGNATURES_H
#define KAN_FS_SIGNATURES_H

#include "kanshiki/fs.h"

/** A volume that is being looked at. */
struct kan_place {
	struct kan_source *src;
	uint64_t offset;
	uint64_t length;
	struct kan_findings *findings;
};

struct kan_signature {
	const char *type;
	const char *people;
	enum kan_fs_state state;
	bool first;
	uint32_t at;
	uint8_t magic[16];
	uint8_t magic_len;
	uint32_t id_at;    /* 0: none */
	uint8_t id_len;    /* bytes of a binary identifier; 36: it is text */
	uint32_t label_at; /* 0: none */
	uint8_t label_len;
	bool (*check)(const struct kan_place *p);
};

/** All signatures; the first that fits is taken. */
extern const struct kan_signature kan_signatures[];
extern const size_t kan_nsignatures;

/** Read @len bytes at @at of the volume; false if they are not there. */
bool kan_place_read(const struct kan_place *p, uint64_t at, uint8_t *buf, size_t len);

/** True if @magic stands at @at of the volume; at most 32 bytes. */
bool kan_place_has(const struct kan_place *p, uint64_t at, const void *magic, size_t len);

#endif
