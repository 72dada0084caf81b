/* SPDX-License-Identifier: MIT */
/*
 * export.h - the small files that a case writes from its own store
 */
#ifndef KAN_CASE_EXPORT_H
#define KAN_CASE_EXPORT_H

#include "case/folder.h"
#include "case/store.h"

/** Write evidence.json; docs/formats/evidence-json.md. */
KAN_MUST_CHECK int kan_export_evidence(struct kan_store *s, struct kan_folder *f,
                                       struct kan_err *err);

/** Write coverage.csv: the table `coverage`, with the names of its columns. */
KAN_MUST_CHECK int kan_export_coverage(struct kan_store *s, struct kan_folder *f,
                                       struct kan_err *err);

#endif
