/* SPDX-License-Identifier: MIT */
/*
 * frame.h - what travels between a worker and its parent
 *
 * u32 length of the payload, u8 type, payload; little-endian.  A worker first
 * says READY or START_FAILED; then every REQUEST is answered by any number of
 * RECORDs and one DONE or FAILED.  Either side gives up on the other at the
 * first frame that does not fit.
 */
#ifndef KAN_WORKER_FRAME_H
#define KAN_WORKER_FRAME_H

#include "core/bytes.h"
#include "kanshiki/worker.h"

#define KAN_FRAME_HEADER 5u

enum kan_frame_type {
	KAN_FRAME_REQUEST = 1,
	KAN_FRAME_RECORD,
	KAN_FRAME_DONE,
	KAN_FRAME_FAILED,       /* code u32, errno u32, offset u64, message */
	KAN_FRAME_READY,        /* start() succeeded */
	KAN_FRAME_START_FAILED, /* as FAILED; the worker exits */
};

/** Exit status of a worker that died because its memory limit was reached. */
#define KAN_EXIT_MEMORY 113

static inline void kan_frame_head(uint8_t head[KAN_FRAME_HEADER], enum kan_frame_type type,
                                  size_t len)
{
	kan_put_le32(head, (uint32_t)len);
	head[4] = (uint8_t)type;
}

#endif
