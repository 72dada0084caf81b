/* SPDX-License-Identifier: MIT */
/*
 * child.c - the life of a worker
 *
 * Blocking reads and writes on one socket.  Small records are gathered in one
 * buffer, large ones are sent from where they lie.  When the parent is gone,
 * nobody wants an answer: the worker exits without a word.
 */
#include "worker/child.h"

#include "core/wire.h"
#include "worker/confine.h"
#include "worker/frame.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#define GATHER_LEN 65536u

struct kan_worker_reply {
	int fd;
	size_t used; /* bytes of gather that wait to be sent */
	uint8_t gather[GATHER_LEN];
};

/* Write all of @iov, which is changed on the way. */
static int send_all(int fd, struct iovec *iov, size_t n)
{
	while (n > 0) {
		struct msghdr msg = { .msg_iov = iov, .msg_iovlen = n };
		ssize_t done = sendmsg(fd, &msg, MSG_NOSIGNAL);
		if (done < 0 && errno == EINTR)
			continue;
		if (done < 0)
			return -1;
		while (n > 0 && (size_t)done >= iov->iov_len) {
			done -= (ssize_t)iov->iov_len;
			iov++;
			n--;
		}
		if (n > 0) {
			iov->iov_base = (uint8_t *)iov->iov_base + done;
			iov->iov_len -= (size_t)done;
		}
	}
	return 0;
}

static int flush(struct kan_worker_reply *r)
{
	struct iovec iov = { r->gather, r->used };

	r->used = 0;
	return send_all(r->fd, &iov, 1);
}

static int put_frame(struct kan_worker_reply *r, enum kan_frame_type type, const void *data,
                     size_t len)
{
	uint8_t head[KAN_FRAME_HEADER];

	kan_frame_head(head, type, len);
	if (GATHER_LEN - r->used >= sizeof(head) && GATHER_LEN - r->used - sizeof(head) >= len) {
		memcpy(r->gather + r->used, head, sizeof(head));
		if (len > 0)
			memcpy(r->gather + r->used + sizeof(head), data, len);
		r->used += sizeof(head) + len;
		return 0;
	}

	/* An iovec cannot point to const; nothing is written through it. */
	struct iovec iov[] = {
		{ r->gather, r->used },
		{ head, sizeof(head) },
		{ (void *)(uintptr_t)data, len },
	};
	r->used = 0;
	return send_all(r->fd, iov, 3);
}

int kan_worker_emit(struct kan_worker_reply *r, const void *data, size_t len, struct kan_err *err)
{
	if (len > KAN_WORKER_FRAME_MAX)
		return kan_fail(err, KAN_ELIMIT, "a record of %zu bytes is longer than %u", len,
		                KAN_WORKER_FRAME_MAX);
	if (put_frame(r, KAN_FRAME_RECORD, data, len) != 0)
		return kan_fail(err, KAN_EIO, "cannot send a record");
	return KAN_OK;
}

static int put_failure(struct kan_worker_reply *r, enum kan_frame_type type, int code,
                       const struct kan_err *err)
{
	uint8_t data[16 + sizeof(err->msg)];
	size_t len = strnlen(err->msg, sizeof(err->msg) - 1);

	kan_put_le32(data, (uint32_t)code);
	kan_put_le32(data + 4, (uint32_t)err->os_errno);
	kan_put_le64(data + 8, err->offset);
	memcpy(data + 16, err->msg, len);
	return put_frame(r, type, data, 16 + len);
}

static int recv_all(int fd, uint8_t *buf, size_t len)
{
	while (len > 0) {
		ssize_t n = read(fd, buf, len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return -1;
		buf += n;
		len -= (size_t)n;
	}
	return 0;
}

/* Answer requests until the socket closes.  @room is where requests are read into. */
static void serve(const struct kan_worker_ops *ops, void *state, struct kan_worker_reply *r,
                  uint8_t *room)
{
	uint8_t head[KAN_FRAME_HEADER];

	while (recv_all(r->fd, head, sizeof(head)) == 0) {
		struct kan_bytes request = { room, kan_le32(head) };
		struct kan_err err = { .offset = KAN_NO_OFFSET };
		int rc;

		if (head[4] != KAN_FRAME_REQUEST || request.len > KAN_WORKER_FRAME_MAX ||
		    recv_all(r->fd, room, request.len) != 0)
			return;
		rc = ops->job(state, request, r, &err);
		rc = rc == KAN_OK ? put_frame(r, KAN_FRAME_DONE, NULL, 0)
		                  : put_failure(r, KAN_FRAME_FAILED, rc, &err);
		if (rc != 0 || flush(r) != 0)
			return;
	}
}

/* Signals as a program expects them at its start, but Ctrl-C is for the parent. */
static void reset_signals(void)
{
	sigset_t none;

	for (int sig = 1; sig < NSIG; sig++)
		(void)signal(sig, SIG_DFL); /* fails for SIGKILL and the like */
	(void)signal(SIGINT, SIG_IGN);
	(void)signal(SIGXFSZ, SIG_IGN); /* a log on stderr that is a file: EFBIG */
	sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
}

static void set_name(const char *name)
{
	char title[16];

	snprintf(title, sizeof(title), "kan:%s", name);
	(void)prctl(PR_SET_NAME, title, 0, 0, 0); /* for people who look at ps */
}

static int prepare(int fd, const struct kan_worker_ops *ops, const struct kan_worker_opts *opts,
                   void **state, struct kan_err *err)
{
	int rc = kan_confine(opts, fd, err);

	if (rc != KAN_OK || !ops->start)
		return rc;
	return ops->start(opts->arg, state, err);
}

_Noreturn void kan_child_run(int fd, pid_t parent, const struct kan_worker_ops *ops,
                             const struct kan_worker_opts *opts)
{
	struct kan_worker_reply *r = calloc(1, sizeof(*r));
	uint8_t *room = malloc(KAN_WORKER_FRAME_MAX);
	struct kan_err err = { .offset = KAN_NO_OFFSET };
	void *state = NULL;
	int rc;

	/* If the parent died before the first line, its death signal never comes. */
	if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) != 0 || getppid() != parent || !r || !room)
		_exit(EXIT_FAILURE);
	reset_signals();
	set_name(ops->name);
	r->fd = fd;
	rc = prepare(fd, ops, opts, &state, &err);
	if (rc != KAN_OK) {
		if (put_failure(r, KAN_FRAME_START_FAILED, rc, &err) == 0)
			(void)flush(r); /* the parent sees the exit in any case */
		_exit(EXIT_FAILURE);
	}
	if (put_frame(r, KAN_FRAME_READY, NULL, 0) == 0 && flush(r) == 0)
		serve(ops, state, r, room);
	_exit(EXIT_SUCCESS);
}
