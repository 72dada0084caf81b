/* SPDX-License-Identifier: MIT */
/*
 * drops.h - release at scope end of what lies on the stack itself
 */
#ifndef KAN_CASE_DROPS_H
#define KAN_CASE_DROPS_H

#include "core/cleanup.h"
#include "core/json.h"
#include "kanshiki/buf.h"
#include "kanshiki/finding.h"

static inline void kan_drop_buf(struct kan_buf *b)
{
	kan_buf_done(b);
}

static inline void kan_drop_json(struct kan_json *j)
{
	kan_json_done(j);
}

static inline void kan_drop_findings(struct kan_findings *set)
{
	kan_findings_done(set);
}

#endif
