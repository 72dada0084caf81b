/* SPDX-License-Identifier: MIT */
/*
 * gaps.h - gaps carried from one layer's coordinates to those of the layer above
 */
#ifndef KAN_IMAGE_GAPS_H
#define KAN_IMAGE_GAPS_H

#include "kanshiki/finding.h"

/**
 * Add to @to (may be NULL) what @from says about the @len bytes at @start, cut to
 * that range and moved so that @start becomes @target.
 */
static inline void kan_gaps_carry(struct kan_findings *to, const struct kan_findings *from,
                                  uint64_t start, uint64_t len, uint64_t target)
{
	for (size_t i = 0; i < from->n; i++) {
		const struct kan_finding *f = &from->list[i];
		uint64_t lo = f->offset < start ? start : f->offset;
		uint64_t hi = start + len;

		if (f->offset == KAN_NO_OFFSET || f->offset >= hi || lo - f->offset >= f->length)
			continue;
		if (hi - f->offset > f->length)
			hi = f->offset + f->length;
		kan_findings_add(to, f->kind, target + (lo - start), hi - lo, f->subject, "%s",
		                 f->detail);
	}
	if (to)
		to->dropped += from->dropped;
}

#endif
