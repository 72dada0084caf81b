/* SPDX-License-Identifier: MIT */
/*
 * evidence.h - an operand: an image that is opened and looked at, or a case
 */
#ifndef KAN_CMD_EVIDENCE_H
#define KAN_CMD_EVIDENCE_H

#include "cli.h"

#include "core/cleanup.h"
#include "kanshiki/case.h"

/** An opened image with its layout and everything that was found wrong so far. */
struct evidence {
	struct kan_image *img;
	struct kan_layout *layout;
	struct kan_findings findings;
	struct kan_fs_opts fs;
};

/** True if @path is a case directory. */
bool evidence_is_case(const char *path);

/** Open @path and find its volumes; @e is zeroed.  Release with evidence_done(). */
KAN_MUST_CHECK int evidence_open(struct evidence *e, const char *path,
                                 const struct cli_common *common, struct kan_err *err);

/** Walk all files with a progress line; @number is the evidence number in the records. */
KAN_MUST_CHECK int evidence_files(struct evidence *e, uint32_t number, kan_file_fn *fn, void *arg,
                                  struct kan_err *err);

/** Type of file system number @fs, such as "ntfs". */
const char *evidence_fs_type(const struct evidence *e, uint32_t fs);

void evidence_done(struct evidence *e);

KAN_DEFINE_DROP(case, struct kan_case *, kan_case_close)
KAN_DEFINE_DROP(out, struct cli_out *, cli_out_free)
KAN_DEFINE_DROP(timeline, struct kan_timeline *, kan_timeline_free)

#endif
