/* SPDX-License-Identifier: MIT */
/*
 * ntfs_names.c - names of NTFS that Sleuth Kit cannot show, exactly
 *
 * A name of NTFS is any run of UTF-16 units.  Where a high surrogate has no low one
 * behind it, Sleuth Kit writes "^" for it and for the unit behind it, for a low one
 * alone it writes "^", and a name that ends in a high one loses it, that of a stream is lost.  So
 * names are read again from where they are stored, and those that came out wrong are kept, together
 * with what they came out as, by which their rows are known.
 *
 * Places are from "NTFS Documentation" of the Linux-NTFS project.
 */
#include "fs/ntfs_names.h"

#include "core/bytes.h"

#include <stdlib.h>
#include <string.h>

/* An index entry, and the $FILE_NAME in it. */
enum { ENTRY_REF = 0, ENTRY_LEN_AT = 8, ENTRY_HEAD = 16 };
enum { FNAME_PARENT = 0, FNAME_UNITS = 64, FNAME_SPACE = 65, FNAME_HEAD = 66 };
enum { SPACE_DOS = 2, SPACES = 4 };

/* Where the header of a list of entries is, and what is in it. */
enum { ROOT_LIST = 16, BLOCK_LIST = 24 };
enum { LIST_FIRST = 0, LIST_USED = 4, LIST_HEAD = 16 };

/* A record with its update sequence; the last two bytes of each stride are there. */
enum { UPDATE_AT = 4, UPDATE_COUNT = 6, STRIDE = 512 };

/* An MFT record, an attribute in it, and an entry of $ATTRIBUTE_LIST. */
enum { RECORD_FIRST = 20, RECORD_MIN = 48, ATTR_MIN = 16, ATTRS_MAX = 65536 };
enum { ATTR_LEN_AT = 4, ATTR_UNITS = 9, ATTR_NAME_AT = 10, ATTR_ID = 14 };
enum { LISTED_LEN_AT = 4, LISTED_UNITS = 6, LISTED_NAME_AT = 7, LISTED_ID = 24, LISTED_MIN = 26 };

static bool is_high(uint32_t c)
{
	return c >= 0xd800 && c < 0xdc00;
}

static bool is_low(uint32_t c)
{
	return c >= 0xdc00 && c < 0xe000;
}

static void put_point(struct kan_buf *b, uint32_t c)
{
	if (c < 0x80) {
		kan_buf_putc(b, (char)c);
		return;
	}
	if (c < 0x800) {
		kan_buf_putc(b, (char)(0xc0 | c >> 6));
	} else {
		if (c < 0x10000) {
			kan_buf_putc(b, (char)(0xe0 | c >> 12));
		} else {
			kan_buf_putc(b, (char)(0xf0 | c >> 18));
			kan_buf_putc(b, (char)(0x80 | (c >> 12 & 0x3f)));
		}
		kan_buf_putc(b, (char)(0x80 | (c >> 6 & 0x3f)));
	}
	kan_buf_putc(b, (char)(0x80 | (c & 0x3f)));
}

static bool is_whole(const uint8_t *p, size_t units)
{
	for (size_t i = 0; i < units; i++) {
		uint32_t c = kan_le16(p + 2 * i);

		if (is_low(c))
			return false;
		if (!is_high(c))
			continue;
		if (i + 1 == units || !is_low(kan_le16(p + 2 * (i + 1))))
			return false;
		i++;
	}
	return true;
}

/* A unit of zero ends a name, because a path of ours cannot hold it. */
static void put_name(struct kan_buf *b, const uint8_t *p, size_t units, bool as_shown)
{
	for (size_t i = 0; i < units; i++) {
		uint32_t c = kan_le16(p + 2 * i);
		uint32_t next = i + 1 < units ? kan_le16(p + 2 * (i + 1)) : 0;

		if (c == 0)
			break;
		if (is_high(c) && is_low(next)) {
			c = 0x10000 + ((c - 0xd800) << 10) + (next - 0xdc00);
			i++;
		} else if (as_shown && is_high(c)) {
			if (i + 1 == units)
				break;
			c = '^';
			i++;
		} else if (as_shown && is_low(c)) {
			c = '^';
		}
		put_point(b, c);
	}
	kan_buf_putc(b, '\0');
}

void kan_ntfs_names_add(struct kan_ntfs_names *names, uint64_t addr, bool live, const uint8_t *p,
                        size_t units)
{
	struct kan_ntfs_name name = { .addr = addr, .live = live, .shown = names->text.len };

	if (units == 0 || is_whole(p, units))
		return;
	if (names->n == KAN_NTFS_NAMES_MAX) {
		names->full = true;
		return;
	}
	if (names->n == names->room) {
		size_t room = names->room ? names->room * 2 : 16;
		struct kan_ntfs_name *list = realloc(names->list, room * sizeof(*list));

		if (!list) {
			names->text.failed = true;
			return;
		}
		names->list = list;
		names->room = room;
	}
	put_name(&names->text, p, units, true);
	name.lost = is_high(kan_le16(p + 2 * (units - 1)));
	name.exact = names->text.len;
	put_name(&names->text, p, units, false);
	if (names->text.failed)
		return;
	names->list[names->n++] = name;
}

void kan_ntfs_names_add_fname(struct kan_ntfs_names *names, uint64_t addr, uint64_t dir,
                              struct kan_view fname)
{
	const uint8_t *p = kan_view_at(fname, 0, FNAME_HEAD);

	if (!p || p[FNAME_SPACE] == SPACE_DOS || p[FNAME_SPACE] >= SPACES || p[FNAME_UNITS] == 0 ||
	    fname.len - FNAME_HEAD < 2u * p[FNAME_UNITS])
		return;
	if (dir != 0 && (kan_le64(p + FNAME_PARENT) & 0xffffffffffff) != dir)
		return;
	kan_ntfs_names_add(names, addr, true, p + FNAME_HEAD, p[FNAME_UNITS]);
}

/*
 * Entries of one list.  Those that are chained up to the end of its used part are
 * live; what is left of others can begin at any multiple of four.
 */
static void add_list(struct kan_ntfs_names *names, uint64_t dir, struct kan_view v, size_t used)
{
	size_t next = 0; /* of the chain; behind the end: it is over */

	for (size_t at = 0; v.len >= ENTRY_HEAD && at <= v.len - ENTRY_HEAD; at += 4) {
		const uint8_t *p = v.data + at, *name = p + ENTRY_HEAD;
		bool live = at == next && at < used;
		size_t len = kan_le16(p + ENTRY_LEN_AT);

		if (live)
			next = len >= ENTRY_HEAD ? at + len : SIZE_MAX;
		if (v.len - at < ENTRY_HEAD + FNAME_HEAD ||
		    (kan_le64(name + FNAME_PARENT) & 0xffffffffffff) != dir ||
		    name[FNAME_SPACE] == SPACE_DOS || name[FNAME_SPACE] >= SPACES ||
		    name[FNAME_UNITS] == 0 ||
		    v.len - at - ENTRY_HEAD - FNAME_HEAD < 2u * name[FNAME_UNITS])
			continue;
		kan_ntfs_names_add(names, kan_le64(p + ENTRY_REF) & 0xffffffffffff, live,
		                   name + FNAME_HEAD, name[FNAME_UNITS]);
	}
}

static void add_entries(struct kan_ntfs_names *names, uint64_t dir, struct kan_view v, size_t list)
{
	const uint8_t *head = kan_view_at(v, list, LIST_HEAD);
	uint32_t first, used;
	struct kan_view entries;

	if (!head)
		return;
	first = kan_le32(head + LIST_FIRST);
	used = kan_le32(head + LIST_USED);
	if (first > v.len - list || used < first)
		return;
	entries = (struct kan_view){ v.data + list + first, v.len - list - first };
	add_list(names, dir, entries, used - first);
}

void kan_ntfs_names_add_root(struct kan_ntfs_names *names, uint64_t dir, struct kan_view root)
{
	add_entries(names, dir, root, ROOT_LIST);
}

/* Put back what the update sequence has taken; false if the record was half written. */
static bool repair(uint8_t *record, size_t len)
{
	size_t at = kan_le16(record + UPDATE_AT), n = kan_le16(record + UPDATE_COUNT);

	if (n == 0 || at > len || len - at < 2 * n || (n - 1) * STRIDE > len)
		return false;
	for (size_t i = 1; i < n; i++) {
		uint8_t *end = record + i * STRIDE - 2;

		if (memcmp(end, record + at, 2) != 0)
			return false;
		memcpy(end, record + at + 2 * i, 2);
	}
	return true;
}

void kan_ntfs_names_add_block(struct kan_ntfs_names *names, uint64_t dir, uint8_t *block,
                              size_t len)
{
	if (len < BLOCK_LIST + LIST_HEAD || memcmp(block, "INDX", 4) != 0 || !repair(block, len))
		return;
	add_entries(names, dir, (struct kan_view){ block, len }, BLOCK_LIST);
}

void kan_ntfs_names_add_record(struct kan_ntfs_names *names, uint8_t *record, size_t len)
{
	size_t at;

	if (len < RECORD_MIN || memcmp(record, "FILE", 4) != 0 || !repair(record, len))
		return;
	at = kan_le16(record + RECORD_FIRST);
	for (size_t n = 0; n < ATTRS_MAX && at <= len && len - at >= ATTR_MIN; n++) {
		const uint8_t *p = record + at;
		uint32_t size = kan_le32(p + ATTR_LEN_AT);
		size_t name = kan_le16(p + ATTR_NAME_AT), units = p[ATTR_UNITS];

		if (kan_le32(p) == UINT32_MAX || size < ATTR_MIN || size > len - at)
			return;
		if (units > 0 && name <= size && size - name >= 2 * units)
			kan_ntfs_names_add(names,
			                   KAN_NTFS_STREAM_KEY(kan_le32(p), kan_le16(p + ATTR_ID)),
			                   true, p + name, units);
		at += size;
	}
}

void kan_ntfs_names_add_attrs(struct kan_ntfs_names *names, struct kan_view list)
{
	size_t at = 0;

	for (size_t n = 0; n < ATTRS_MAX && list.len - at >= LISTED_MIN; n++) {
		const uint8_t *p = list.data + at;
		size_t size = kan_le16(p + LISTED_LEN_AT), name = p[LISTED_NAME_AT];
		size_t units = p[LISTED_UNITS];

		if (size < LISTED_MIN || size > list.len - at)
			return;
		if (units > 0 && name <= size && size - name >= 2 * units)
			kan_ntfs_names_add(
				names, KAN_NTFS_STREAM_KEY(kan_le32(p), kan_le16(p + LISTED_ID)),
				true, p + name, units);
		at += size;
	}
}

const struct kan_ntfs_name *kan_ntfs_names_next(const struct kan_ntfs_names *names, size_t *i,
                                                uint64_t addr, const char *shown)
{
	while (*i < names->n) {
		const struct kan_ntfs_name *name = &names->list[(*i)++];

		if (name->addr == addr && strcmp(names->text.data + name->shown, shown) == 0)
			return name;
	}
	return NULL;
}

const char *kan_ntfs_name_exact(const struct kan_ntfs_names *names,
                                const struct kan_ntfs_name *name)
{
	return names->text.data + name->exact;
}

void kan_ntfs_names_reset(struct kan_ntfs_names *names)
{
	kan_buf_reset(&names->text);
	names->n = 0;
	names->full = false;
}

void kan_ntfs_names_done(struct kan_ntfs_names *names)
{
	kan_buf_done(&names->text);
	free(names->list);
	*names = (struct kan_ntfs_names){ 0 };
}
