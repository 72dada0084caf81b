/* SPDX-License-Identifier: MIT */
/*
 * zone.h - offsets of a time zone from UTC, for display only
 *
 * localtime(3) knows one zone at a time and takes it from the environment of the
 * process; these are objects.  Data stay UTC: nothing that is stored or sorted
 * depends on a zone.
 */
#ifndef KAN_ZONE_H
#define KAN_ZONE_H

#include "kanshiki/err.h"

KAN_BEGIN_DECLS

/** Immutable; may be shared by threads.  NULL is a valid one: UTC. */
struct kan_zone;

/**
 * The zone called @name: NULL, "UTC" or "Z" (which give NULL), a fixed offset such
 * as "+09:00" or "-03:30", or an IANA name such as "Asia/Tokyo", which is read from
 * /usr/share/zoneinfo.  KAN_EARG if there is no such zone, KAN_EFORMAT if its file
 * is damaged.  *@out is owned by the caller; release it with kan_zone_free().
 */
KAN_API KAN_MUST_CHECK int kan_zone_load(struct kan_zone **out, const char *name,
                                         struct kan_err *err);

/**
 * Seconds east of UTC at @time_s, seconds since 1970-01-01 UTC.  Before the first
 * change that is known it is that of the first type of the file (local mean time).
 */
KAN_API int32_t kan_zone_offset(const struct kan_zone *zone, int64_t time_s);

/** Release @zone (may be NULL). */
KAN_API void kan_zone_free(struct kan_zone *zone);

KAN_END_DECLS

#endif
