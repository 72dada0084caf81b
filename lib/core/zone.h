/* SPDX-License-Identifier: MIT */
/*
 * zone.h - what the library itself needs of zones, beside kanshiki/zone.h
 */
#ifndef KAN_CORE_ZONE_H
#define KAN_CORE_ZONE_H

#include "core/cleanup.h"
#include "core/view.h"
#include "kanshiki/zone.h"

/**
 * A zone from the bytes of a TZif file of version 2 or later (RFC 8536).
 * KAN_EFORMAT if they are anything else.
 */
KAN_MUST_CHECK int kan_zone_parse(struct kan_zone **out, struct kan_view tzif, struct kan_err *err);

KAN_DEFINE_DROP(zone, struct kan_zone *, kan_zone_free)

#endif
