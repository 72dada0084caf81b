/* SPDX-License-Identifier: MIT */
/*
 * crew.h - a crew of file-system workers, as the parent starts it
 */
#ifndef KAN_FS_CREW_H
#define KAN_FS_CREW_H

#include "fs/session.h"

/** Workers for @opts->jobs; at least 1. */
size_t kan_fs_crew_size(const struct kan_fs_opts *opts);

/** @start must outlive the crew. */
KAN_MUST_CHECK int kan_fs_crew_start(struct kan_crew **out, struct kan_fs_start *start,
                                     const struct kan_fs_opts *opts,
                                     const struct kan_crew_events *events, struct kan_err *err);

/** kan_files_walk() with a fault for tests. */
KAN_MUST_CHECK int kan_files_walk_with(struct kan_image *img, const struct kan_layout *layout,
                                       const struct kan_fs_opts *opts,
                                       const struct kan_fs_fault *fault, kan_file_fn *fn, void *arg,
                                       struct kan_findings *findings, struct kan_err *err);

/** Sort @set, so that it does not show which worker was faster, and drop repetitions. */
void kan_fs_sort_findings(struct kan_findings *set);

#endif
