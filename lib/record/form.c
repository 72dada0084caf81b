/* SPDX-License-Identifier: MIT */
/*
 * form.c - the members of IMAGE.json in their order
 *
 * docs/formats/acquisition.md says what each means.
 */
#include "record/form.h"

#include <stdlib.h>
#include <string.h>

#define FIXED(name, text)                                              \
	{                                                              \
		.key = (name), .form = KAN_FORM_FIXED, .fixed = (text) \
	}
#define PLACE(name, what, type, field)                                         \
	{                                                                      \
		.key = (name), .form = (what), .offset = offsetof(type, field) \
	}
#define CHARS(name, type, field)                                                        \
	{                                                                               \
		.key = (name), .form = KAN_FORM_CHARS, .offset = offsetof(type, field), \
		.room = sizeof(((type *)NULL)->field)                                   \
	}
#define LIST(name, type, field, items)                                                 \
	{                                                                              \
		.key = (name), .form = KAN_FORM_LIST, .offset = offsetof(type, field), \
		.list = (items)                                                        \
	}
#define OBJECT(table)                                       \
	{                                                   \
		(table), sizeof(table) / sizeof((table)[0]) \
	}

static const struct kan_form_member digest_members[] = {
	CHARS("algorithm", struct kan_stored_hash, algorithm),
	CHARS("hex", struct kan_stored_hash, hex),
};

static const struct kan_form_member range_members[] = {
	PLACE("offset", KAN_FORM_U64, struct kan_record_range, offset),
	PLACE("length", KAN_FORM_U64, struct kan_record_range, length),
};

static const struct kan_form_member segment_members[] = {
	PLACE("name", KAN_FORM_TEXT, struct kan_record_segment, name),
	PLACE("size", KAN_FORM_U64, struct kan_record_segment, size),
	CHARS("sha256", struct kan_record_segment, sha256),
};

static const struct kan_form_list digests = {
	OBJECT(digest_members),
	sizeof(struct kan_stored_hash),
	offsetof(struct kan_record, ndigests),
	KAN_HASHES_MAX,
};

static const struct kan_form_list reread = {
	OBJECT(digest_members),
	sizeof(struct kan_stored_hash),
	offsetof(struct kan_record, nreread),
	KAN_HASHES_MAX,
};

static const struct kan_form_list unreadable = {
	OBJECT(range_members),
	sizeof(struct kan_record_range),
	offsetof(struct kan_record, nunreadable),
	KAN_RECORD_RANGES_MAX,
};

static const struct kan_form_list segments = {
	OBJECT(segment_members),
	sizeof(struct kan_record_segment),
	offsetof(struct kan_record, nsegments),
	KAN_RECORD_SEGMENTS_MAX,
};

static const struct kan_form_member record_members[] = {
	FIXED("format", "kanshiki-acquisition-1"),
	PLACE("tool", KAN_FORM_TEXT, struct kan_record, tool),
	PLACE("people", KAN_FORM_VALUES, struct kan_record, people),
	PLACE("source", KAN_FORM_VALUES, struct kan_record, source),
	PLACE("settings", KAN_FORM_VALUES, struct kan_record, settings),
	PLACE("times", KAN_FORM_VALUES, struct kan_record, times),
	PLACE("media_size", KAN_FORM_U64, struct kan_record, media_size),
	PLACE("sector_size", KAN_FORM_U32, struct kan_record, sector_size),
	LIST("digests", struct kan_record, digests, &digests),
	LIST("reread", struct kan_record, reread, &reread),
	CHARS("reread_verdict", struct kan_record, reread_verdict),
	LIST("unreadable", struct kan_record, unreadable, &unreadable),
	PLACE("bytes_unreadable", KAN_FORM_U64, struct kan_record, bytes_unreadable),
	FIXED("tree", "RFC 9162, SHA-256, blocks of 1048576 bytes"),
	PLACE("tree_leaves", KAN_FORM_U64, struct kan_record, tree_leaves),
	CHARS("tree_root", struct kan_record, tree_root),
	LIST("segments", struct kan_record, segments, &segments),
};

const struct kan_form_object kan_record_form = OBJECT(record_members);

bool kan_record_is_word(const char *s)
{
	static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				      "0123456789_.:-";
	size_t len = strlen(s);

	return len > 0 && len <= 80 && strspn(s, allowed) == len;
}

void *kan_record_room(void *list, size_t n, size_t item_size)
{
	char *bytes = list;

	/* The list doubles whenever its number is a power of two. */
	if ((n & (n - 1)) == 0)
		bytes = realloc(list, (n > 0 ? 2 * n : 1) * item_size);
	if (bytes)
		memset(bytes + n * item_size, 0, item_size);
	return bytes;
}
