/* SPDX-License-Identifier: MIT */
/*
 * signatures.h - the table of signatures
 */
#ifndef KAN_FS_SIGNATURES_H
#define KAN_FS_SIGNATURES_H

#include "fs/place.h"

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

#endif
