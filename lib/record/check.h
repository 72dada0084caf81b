/* SPDX-License-Identifier: MIT */
/*
 * check.h - whether the members of a record make sense together
 */
#ifndef KAN_RECORD_CHECK_H
#define KAN_RECORD_CHECK_H

#include "kanshiki/record.h"

/** KAN_EFORMAT says what does not. */
KAN_MUST_CHECK int kan_record_check(const struct kan_record *r, struct kan_err *err);

#endif
