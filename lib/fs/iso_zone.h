/* SPDX-License-Identifier: MIT */
/*
 * iso_zone.h - the zones that ISO 9660 keeps with the times of a directory
 */
#ifndef KAN_FS_ISO_ZONE_H
#define KAN_FS_ISO_ZONE_H

#include "fs/session.h"

/** Times of one directory, each with its zone. */
struct kan_iso_zones {
	struct kan_iso_zone *list;
	size_t n;
	size_t room;
};

/** Read the records of directory @addr; empty if there are none. */
void kan_iso_zones_read(struct kan_iso_zones *z, TSK_FS_INFO *fs, uint64_t addr);
void kan_iso_zones_done(struct kan_iso_zones *z);

/**
 * Make a UTC time of the clock time @clock_s, in seconds.  False if no entry
 * with that time is in the directory, or entries with different zones are.
 */
bool kan_iso_zones_utc(const struct kan_iso_zones *z, int64_t clock_s, int64_t *utc_s);

#endif
