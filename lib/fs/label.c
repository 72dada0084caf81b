/* SPDX-License-Identifier: MIT */
/*
 * label.c - name and serial number of an open file system
 *
 * Sleuth Kit keeps the serial number; the name it only prints.  So the name is
 * read again from where each format has it: ext (superblock, s_volume_name), FAT
 * (root directory, else boot sector), NTFS ($Volume), exFAT and ISO 9660 (volume
 * descriptors), UFS2 (superblock).
 */
#include "fs/label.h"

#include "core/escape.h"
#include "fs/ufs.h"

#include <string.h>

/* Characters of a name that is padded with blanks at its end. */
static void set_padded(char *out, size_t room, const uint8_t *p, size_t len)
{
	char text[128];

	if (len >= sizeof(text))
		len = sizeof(text) - 1;
	memcpy(text, p, len);
	text[len] = '\0';
	len = strlen(text);
	while (len > 0 && text[len - 1] == ' ')
		text[--len] = '\0';
	kan_fs_set_text(out, room, text);
}

/* UTF-16, little-endian; what is not well-formed becomes U+FFFD. */
static void set_utf16(char *out, size_t room, const uint8_t *p, size_t units)
{
	size_t len = 0;

	for (size_t i = 0; i < units; i++) {
		uint32_t c = kan_le16(p + 2 * i);

		if (c == 0)
			break;
		if (c >= 0xd800 && c < 0xdc00 && i + 1 < units) {
			uint32_t low = kan_le16(p + 2 * (i + 1));

			if (low >= 0xdc00 && low < 0xe000) {
				c = 0x10000 + ((c - 0xd800) << 10) + (low - 0xdc00);
				i++;
			}
		}
		if (c >= 0xd800 && c < 0xe000)
			c = 0xfffd;
		if (room - len < 5)
			break;
		if (c < 0x80) {
			out[len++] = (char)c;
		} else if (c < 0x800) {
			out[len++] = (char)(0xc0 | c >> 6);
			out[len++] = (char)(0x80 | (c & 0x3f));
		} else if (c < 0x10000) {
			out[len++] = (char)(0xe0 | c >> 12);
			out[len++] = (char)(0x80 | (c >> 6 & 0x3f));
			out[len++] = (char)(0x80 | (c & 0x3f));
		} else {
			out[len++] = (char)(0xf0 | c >> 18);
			out[len++] = (char)(0x80 | (c >> 12 & 0x3f));
			out[len++] = (char)(0x80 | (c >> 6 & 0x3f));
			out[len++] = (char)(0x80 | (c & 0x3f));
		}
	}
	out[len] = '\0';
}

static bool read_at(struct kan_fs_session *s, uint64_t base, uint64_t pos, uint8_t *buf, size_t len)
{
	uint64_t offset;

	if (__builtin_add_overflow(base, pos, &offset) || offset > s->src->size ||
	    s->src->size - offset < len)
		return false;
	return kan_source_read(s->img->cache, offset, buf, len, NULL, NULL) == KAN_OK;
}

/* $VOLUME_NAME (96) of $Volume (3). */
static void ntfs_label(TSK_FS_INFO *fs, struct kan_filesystem *out)
{
	enum { VOLUME_FILE = 3 };
	TSK_FS_FILE *f = tsk_fs_file_open_meta(fs, NULL, VOLUME_FILE);
	const TSK_FS_ATTR *attr;

	if (!f)
		return;
	attr = tsk_fs_file_attr_get_type(f, TSK_FS_ATTR_TYPE_NTFS_VNAME, 0, 0);
	if (attr && (attr->flags & TSK_FS_ATTR_RES) && attr->rd.buf && attr->size > 0 &&
	    (uint64_t)attr->size <= attr->rd.buf_size)
		set_utf16(out->label, sizeof(out->label), attr->rd.buf, (size_t)attr->size / 2);
	tsk_fs_file_close(f);
}

/* The entry of the root directory that carries the name, as Sleuth Kit marks it. */
static void fat_label(TSK_FS_INFO *fs, struct kan_filesystem *out)
{
	static const char mark[] = " (Volume Label Entry)";
	TSK_FS_DIR *dir = tsk_fs_dir_open_meta(fs, fs->root_inum);
	size_t n = dir ? tsk_fs_dir_getsize(dir) : 0;

	for (size_t i = 0; i < n; i++) {
		const TSK_FS_NAME *name = tsk_fs_dir_get_name(dir, i);
		const char *end = name && name->name ? strstr(name->name, mark) : NULL;

		if (!end || !(name->flags & TSK_FS_NAME_FLAG_ALLOC))
			continue;
		set_padded(out->label, sizeof(out->label), (const uint8_t *)name->name,
		           (size_t)(end - name->name));
		break;
	}
	tsk_fs_dir_close(dir);
}

static void ext_label(struct kan_fs_session *s, struct kan_filesystem *out)
{
	enum { NAME_AT = 1024 + 120, NAME_LEN = 16 };
	uint8_t raw[NAME_LEN];

	if (read_at(s, out->offset, NAME_AT, raw, sizeof(raw)))
		set_padded(out->label, sizeof(out->label), raw, sizeof(raw));
}

/* ECMA-119, 8.4.7: the volume identifier of the primary descriptor. */
static void iso_label(struct kan_fs_session *s, struct kan_filesystem *out)
{
	enum { NAME_AT = 32768 + 40, NAME_LEN = 32 };
	uint8_t raw[NAME_LEN];

	if (read_at(s, out->offset, NAME_AT, raw, sizeof(raw)))
		set_padded(out->label, sizeof(out->label), raw, sizeof(raw));
}

static void ufs_label(struct kan_fs_session *s, struct kan_filesystem *out)
{
	const struct kan_place place = { s->img->cache, out->offset, s->src->size - out->offset,
		                         NULL };
	struct kan_ufs ufs;

	if (kan_ufs_find(&ufs, &place))
		kan_fs_set_text(out->label, sizeof(out->label), ufs.label);
}

/* Sleuth Kit has a name of its own for a label that is not there. */
static void drop_placeholder(struct kan_filesystem *out)
{
	if (strcmp(out->label, "$EMPTY_VOLUME_LABEL") == 0)
		out->label[0] = '\0';
}

/* Numbers are shown as people read them, identifiers in the order of their bytes. */
static void set_id(const TSK_FS_INFO *fs, struct kan_filesystem *out)
{
	size_t len = fs->fs_id_used;
	bool number = TSK_FS_TYPE_ISNTFS(fs->ftype) || TSK_FS_TYPE_ISFAT(fs->ftype);
	uint8_t raw[TSK_FS_INFO_FS_ID_LEN];

	if (len > (sizeof(out->id) - 1) / 2)
		len = (sizeof(out->id) - 1) / 2;
	for (size_t i = 0; i < len; i++)
		raw[i] = fs->fs_id[number ? len - 1 - i : i];
	kan_hash_hex(out->id, raw, len);
}

void kan_fs_label(struct kan_fs_session *s, const struct kan_fs_handle *h,
                  struct kan_filesystem *out)
{
	TSK_FS_TYPE_ENUM type = h->fs->ftype;

	set_id(h->fs, out);
	if (TSK_FS_TYPE_ISNTFS(type))
		ntfs_label(h->fs, out);
	else if (TSK_FS_TYPE_ISFAT(type))
		fat_label(h->fs, out);
	else if (TSK_FS_TYPE_ISEXT(type))
		ext_label(s, out);
	else if (TSK_FS_TYPE_ISISO9660(type))
		iso_label(s, out);
	else if (TSK_FS_TYPE_ISFFS(type))
		ufs_label(s, out);
	drop_placeholder(out);
	tsk_error_reset();
}
