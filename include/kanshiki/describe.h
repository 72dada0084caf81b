/* SPDX-License-Identifier: MIT */
/*
 * describe.h - an image, its layout and its verification as text or JSON
 *
 * Text is for people and translated; JSON Lines and JSON are for programs, with
 * fixed keys in a fixed order, and are never translated.  All text out of
 * evidence is printable text (see output.h).
 */
#ifndef KAN_DESCRIBE_H
#define KAN_DESCRIBE_H

#include "kanshiki/buf.h"
#include "kanshiki/fs.h"
#include "kanshiki/verify.h"

KAN_BEGIN_DECLS

/** Container, segments, stored hashes, header values, volumes and file systems. */
KAN_API void kan_describe_image_text(struct kan_buf *out, const struct kan_image_info *info,
                                     const struct kan_layout *layout);

/** The same as one JSON object and a newline, with @findings as its last member. */
KAN_API void kan_describe_image_json(struct kan_buf *out, const struct kan_image_info *info,
                                     const struct kan_layout *layout,
                                     const struct kan_findings *findings);

/** Verdict for each digest, then the findings and the checks, for people. */
KAN_API void kan_describe_verify_text(struct kan_buf *out, const char *name,
                                      const struct kan_verify_result *r);

/** One line for each digest, each finding and each check, one for the whole. */
KAN_API void kan_describe_verify_jsonl(struct kan_buf *out, const char *name,
                                       const struct kan_verify_result *r);

/** A block, its proof, and how to check it with stock tools. */
KAN_API void kan_describe_block_text(struct kan_buf *out, const char *name,
                                     const struct kan_verify_block *b);
KAN_API void kan_describe_block_jsonl(struct kan_buf *out, const char *name,
                                      const struct kan_verify_block *b);

/** One line for a digest of a piece of the media. */
KAN_API void kan_describe_piece_text(struct kan_buf *out, const struct kan_digest *digest,
                                     uint64_t offset, uint64_t len);
KAN_API void kan_describe_piece_jsonl(struct kan_buf *out, const struct kan_digest *digest,
                                      uint64_t offset, uint64_t len);

/** One finding as one JSON line. */
KAN_API void kan_describe_finding_jsonl(struct kan_buf *out, const struct kan_finding *f);

KAN_END_DECLS

#endif
