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

#include "kanshiki/acquire.h"
#include "kanshiki/buf.h"
#include "kanshiki/device.h"
#include "kanshiki/fs.h"
#include "kanshiki/verify.h"

KAN_BEGIN_DECLS

/** Container, segments, stored hashes, header values, volumes and file systems. */
KAN_API void kan_describe_image_text(struct kan_buf *out, const struct kan_image_info *info,
                                     const struct kan_layout *layout);

/**
 * The same as one JSON object and a newline, with @findings as its last member, and
 * @device (may be NULL) as its second, null where it is none.
 */
KAN_API void kan_describe_image_json(struct kan_buf *out, const struct kan_image_info *info,
                                     const struct kan_layout *layout,
                                     const struct kan_findings *findings,
                                     const struct kan_device *device);

/**
 * A drive for people, and an empty line: name plate, what it hides, its health,
 * and what is encrypted in @layout with what to think of before it is unplugged.
 */
KAN_API void kan_describe_device_text(struct kan_buf *out, const struct kan_device *device,
                                      const struct kan_layout *layout);

/** The same as one JSON object without a newline; "unknown" has the reason of each null. */
KAN_API void kan_describe_device_json(struct kan_buf *out, const struct kan_device *device,
                                      const struct kan_layout *layout);

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

/** What was copied, its digests, and each destination, for people. */
KAN_API void kan_describe_acquisition_text(struct kan_buf *out, const struct kan_acquire_result *r);

/** The same as one JSON line. */
KAN_API void kan_describe_acquisition_jsonl(struct kan_buf *out,
                                            const struct kan_acquire_result *r);

/** One finding as one JSON line. */
KAN_API void kan_describe_finding_jsonl(struct kan_buf *out, const struct kan_finding *f);

KAN_END_DECLS

#endif
