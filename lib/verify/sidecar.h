/* SPDX-License-Identifier: MIT */
/*
 * sidecar.h - the files that lie beside an image, and what differs from them
 */
#ifndef KAN_VERIFY_SIDECAR_H
#define KAN_VERIFY_SIDECAR_H

#include "kanshiki/verify.h"

/** Bytes of IMAGE.blocks that are read: 31 TiB of media. */
#define KAN_SIDECAR_BLOCKS_MAX (1u << 31)

/** All zero is empty. */
struct kan_sidecar {
	bool there;                /* a record was found and could be read */
	bool refused;              /* something was found that is no record; it is a finding */
	struct kan_record record;  /* if it is there */
	struct kan_tree *recorded; /* its leaves, which lead to its root; or NULL */
};

/** Read what lies beside the image whose first file is @path; what is wrong is a finding. */
KAN_MUST_CHECK int kan_sidecar_load(struct kan_sidecar *out, const char *path,
                                    struct kan_findings *findings, struct kan_err *err);
void kan_sidecar_done(struct kan_sidecar *s);

static inline void kan_drop_sidecar(struct kan_sidecar *s)
{
	kan_sidecar_done(s);
}

/** The name of the first file of the set. */
const char *kan_verify_subject(const struct kan_image_info *info);

/** Compare all but the bytes of segment files; r->tree is that of the media now. */
KAN_MUST_CHECK int kan_sidecar_compare(struct kan_verify_result *r, const struct kan_sidecar *s,
                                       const struct kan_image_info *info, struct kan_err *err);

/** Read the segment files once more, for their digests. */
KAN_MUST_CHECK int kan_sidecar_segments(struct kan_verify_result *r, const struct kan_sidecar *s,
                                        const struct kan_image_info *info,
                                        const struct kan_verify_opts *opts, struct kan_err *err);

/* ---- checks ---------------------------------------------------------------------------- */

/** A check that was made; the ranges of the findings from @from on are its ranges. */
KAN_MUST_CHECK int kan_check_set(struct kan_verify_result *r, enum kan_verify_check_id id,
                                 enum kan_verdict verdict, size_t from, struct kan_err *err);

/** The checks that follow from all findings and items. */
KAN_MUST_CHECK int kan_check_image(struct kan_verify_result *r, const struct kan_image_info *info,
                                   struct kan_err *err);

#endif
