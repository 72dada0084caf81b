/* SPDX-License-Identifier: MIT */
/*
 * answer.c - records of a worker, gathered into frames
 *
 * A system call for each name would cost more than reading the name, so records
 * are sent when enough of them have come together.
 */
#include "fs/answer.h"

#include "fs/tsk_image.h"

#include <stdarg.h>

/* Send a frame when it is this long, in bytes; far below KAN_WORKER_FRAME_MAX. */
static const size_t frame_len = 256u << 10;

/* Longest record; the longest text of a file system that is read is a link target. */
static const size_t body_max = 1u << 20;

static int send_frame(struct kan_fs_answer *a)
{
	if (a->rc == KAN_OK)
		a->rc = kan_buf_check(&a->frame, a->err);
	if (a->rc == KAN_OK && a->frame.len > 0)
		a->rc = kan_worker_emit(a->reply, a->frame.data, a->frame.len, a->err);
	kan_buf_reset(&a->frame);
	return a->rc;
}

int kan_fs_answer_add(struct kan_fs_answer *a, enum kan_fs_rec kind)
{
	if (a->rc == KAN_OK)
		a->rc = kan_buf_check(&a->body, a->err);
	if (a->rc == KAN_OK && a->body.len > body_max)
		a->rc = kan_fail(a->err, KAN_ELIMIT, "a record of %zu bytes", a->body.len);
	if (a->rc != KAN_OK)
		return a->rc;
	kan_wire_put_u8(&a->frame, (uint8_t)kind);
	kan_wire_put_bytes(&a->frame, a->body.data, a->body.len);
	kan_buf_reset(&a->body);
	return a->frame.len >= frame_len ? send_frame(a) : a->rc;
}

int kan_fs_answer_finding(struct kan_fs_answer *a, enum kan_finding_kind kind, uint64_t offset,
                          uint64_t length, const char *subject, const char *fmt, ...)
{
	char detail[512];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(detail, sizeof(detail), fmt, ap); /* cut if it is longer */
	va_end(ap);
	kan_buf_reset(&a->body);
	kan_wire_put_u32(&a->body, (uint32_t)kind);
	kan_wire_put_u64(&a->body, offset);
	kan_wire_put_u64(&a->body, length);
	kan_wire_put_str(&a->body, subject);
	kan_wire_put_str(&a->body, detail);
	return kan_fs_answer_add(a, KAN_FS_REC_FINDING);
}

int kan_fs_answer_tsk(struct kan_fs_answer *a, uint64_t offset, const char *subject,
                      const char *what)
{
	const char *msg = tsk_error_get();
	char line[400];
	size_t len = 0;

	for (; msg && *msg && len < sizeof(line) - 1; msg++)
		line[len++] = (unsigned char)*msg < 0x20 || *msg == 0x7f ? ' ' : *msg;
	line[len] = '\0';
	tsk_error_reset();
	return kan_fs_answer_finding(a, KAN_FINDING_UNPARSED, offset, 0, subject, "%s: %s", what,
	                             len > 0 ? line : "Sleuth Kit gives no reason");
}

int kan_fs_answer_end(struct kan_fs_answer *a)
{
	if (a->rc == KAN_OK)
		(void)send_frame(a); /* the failure stays in a->rc */
	kan_buf_done(&a->frame);
	kan_buf_done(&a->body);
	return a->rc;
}
