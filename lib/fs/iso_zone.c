/* SPDX-License-Identifier: MIT */
/*
 * iso_zone.c - the zones that ISO 9660 keeps with the times of a directory
 *
 * A directory record holds a clock time and its distance from Greenwich in
 * quarters of an hour (ECMA-119, 9.1.5).  Sleuth Kit takes the clock and leaves
 * the distance out.  The records are read once more, and the time that Sleuth
 * Kit gives is looked up: all entries that show the same clock must agree on the
 * zone, or nothing is said.
 */
#include "fs/iso_zone.h"

#include "core/utc.h"

#include <string.h>

/* Longest directory that is looked at, in bytes, and its logical block. */
static const size_t dir_max = 16u << 20;
static const size_t block_len = 2048;

enum { RECORD_MIN = 34, TIME_AT = 18, ZONE_AT = 24, ZONE_LEAST = -48, ZONE_MOST = 52 };

struct kan_iso_zone {
	int64_t clock_s;
	int zone; /* in quarters of an hour, east of Greenwich */
};

static bool add_zone(struct kan_iso_zones *z, const uint8_t *rec)
{
	const uint8_t *t = rec + TIME_AT;
	int zone = (int8_t)rec[ZONE_AT];
	int64_t days;

	if (zone < ZONE_LEAST || zone > ZONE_MOST || t[1] < 1 || t[1] > 12 || t[2] < 1 || t[2] > 31)
		return true;
	if (z->n == z->room) {
		size_t room = z->room ? z->room * 2 : 64;
		struct kan_iso_zone *list = realloc(z->list, room * sizeof(*list));

		if (!list)
			return false;
		z->list = list;
		z->room = room;
	}
	days = kan_utc_days(1900 + t[0], t[1], t[2]);
	z->list[z->n].clock_s = days * 86400 + t[3] * 3600 + t[4] * 60 + t[5];
	z->list[z->n++].zone = zone;
	return true;
}

static void take_records(struct kan_iso_zones *z, const uint8_t *dir, size_t len)
{
	size_t pos = 0;

	while (pos < len) {
		size_t rec = dir[pos];

		/* Records do not cross blocks; what is left of a block is zeros. */
		if (rec == 0) {
			pos = (pos / block_len + 1) * block_len;
			continue;
		}
		if (rec < RECORD_MIN || rec > len - pos || !add_zone(z, dir + pos))
			return;
		pos += rec;
	}
}

void kan_iso_zones_read(struct kan_iso_zones *z, TSK_FS_INFO *fs, uint64_t addr)
{
	TSK_FS_FILE *f = tsk_fs_file_open_meta(fs, NULL, addr);
	size_t len = f && f->meta && f->meta->size > 0 ? (size_t)f->meta->size : 0;
	char *dir = len > 0 && len <= dir_max ? malloc(len) : NULL;

	if (dir) {
		ssize_t n = tsk_fs_file_read(f, 0, dir, len, TSK_FS_FILE_READ_FLAG_NONE);

		take_records(z, (const uint8_t *)dir, n > 0 ? (size_t)n : 0);
	}
	free(dir);
	tsk_fs_file_close(f);
	tsk_error_reset();
}

void kan_iso_zones_done(struct kan_iso_zones *z)
{
	free(z->list);
	*z = (struct kan_iso_zones){ 0 };
}

bool kan_iso_zones_utc(const struct kan_iso_zones *z, int64_t clock_s, int64_t *utc_s)
{
	const struct kan_iso_zone *found = NULL;

	for (size_t i = 0; i < z->n; i++) {
		if (z->list[i].clock_s != clock_s)
			continue;
		if (found && found->zone != z->list[i].zone)
			return false;
		found = &z->list[i];
	}
	if (found)
		*utc_s = clock_s - found->zone * 900;
	return found != NULL;
}
