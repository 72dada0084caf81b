/* SPDX-License-Identifier: MIT */
/*
 * zone.h - offsets of a time zone from UTC, without the process-wide TZ
 */
#ifndef KAN_REPORT_ZONE_H
#define KAN_REPORT_ZONE_H

#include "core/cleanup.h"
#include "core/view.h"
#include "kanshiki/err.h"

/** Immutable; may be shared by threads.  NULL is a valid one: UTC. */
struct kan_zone;

/**
 * Load the zone with the IANA name @name ("Asia/Tokyo") from the system's data;
 * NULL and "UTC" give NULL.  KAN_EARG if the name is no zone, KAN_EFORMAT if its
 * file is damaged.  *@out is owned by the caller; release it with kan_zone_free().
 */
KAN_MUST_CHECK int kan_zone_load(struct kan_zone **out, const char *name, struct kan_err *err);

/** The same from the bytes of a TZif file (RFC 8536), which are copied. */
KAN_MUST_CHECK int kan_zone_parse(struct kan_zone **out, struct kan_view tzif, struct kan_err *err);

/**
 * Seconds east of UTC at @time_s, seconds since 1970-01-01 UTC.  After the last
 * change in the file (2037 in the usual build of the data) the last offset stays.
 */
int32_t kan_zone_offset(const struct kan_zone *zone, int64_t time_s);

/** Release @zone (may be NULL). */
void kan_zone_free(struct kan_zone *zone);

KAN_DEFINE_DROP(zone, struct kan_zone *, kan_zone_free)

#endif
