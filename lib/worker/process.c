/* SPDX-License-Identifier: MIT */
/*
 * process.c - the parent's end of one worker
 *
 * The socket is non-blocking on this side.  Bytes gather in one buffer, frames
 * are handed on from where they lie in it.  The state is small: starting (not
 * ready), idle (ready, not busy), busy.  A frame that does not fit the state,
 * is too long or comes too early means that the worker cannot be trusted any
 * more; it is killed and the job counts as crashed.
 */
#include "worker/process.h"

#include "core/cleanup.h"
#include "core/wire.h"
#include "worker/child.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>

enum {
	INBOX_LEN = 1 << 20,      /* at the start; grows to one frame of the longest kind */
	INBOX_MIN_TAIL = 1 << 16, /* receive no less than this at once */
	INBOX_LEN_MAX = KAN_FRAME_HEADER + KAN_WORKER_FRAME_MAX + INBOX_MIN_TAIL,
	SOCKET_LEN = 4 << 20, /* asked for; the system may give less */
};

int64_t kan_process_now(void)
{
	struct timespec ts;

	(void)clock_gettime(CLOCK_MONOTONIC, &ts); /* cannot fail on Linux */
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

static void restart_clock(struct kan_process *p)
{
	p->deadline_ms = kan_process_now() + (int64_t)p->setup->opts.seconds * 1000;
}

/* ---- start and end --------------------------------------------------------- */

static void widen(int fd)
{
	int len = SOCKET_LEN;

	/* Only speed: a refusal changes nothing. */
	if (setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &len, sizeof(len)) != 0)
		(void)setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &len, sizeof(len));
}

/* Descriptors 0 to 2 have a meaning of their own in the child. */
static int above_standard_streams(int fd)
{
	return fd > STDERR_FILENO ? fd : fcntl(fd, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
}

/* Fork with all signals blocked, so that no handler of the parent runs in the child. */
static pid_t fork_quietly(int child_fd, const struct kan_setup *s)
{
	sigset_t all, before;
	pid_t pid, parent = getpid();

	sigfillset(&all);
	(void)pthread_sigmask(SIG_SETMASK, &all, &before); /* cannot fail for valid sets */
	pid = fork();
	if (pid == 0)
		kan_child_run(above_standard_streams(child_fd), parent, &s->ops, &s->opts);
	int saved = errno;
	(void)pthread_sigmask(SIG_SETMASK, &before, NULL);
	errno = saved;
	return pid;
}

int kan_process_start(struct kan_process *p, const struct kan_setup *setup, struct kan_err *err)
{
	int pair[2];
	pid_t pid;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0)
		return kan_fail(err, KAN_EIO, "cannot make a socket for a worker");

	KAN_AUTO(fd) int ours = pair[0];
	KAN_AUTO(fd) int theirs = pair[1];

	widen(ours);
	widen(theirs);
	if (fcntl(ours, F_SETFL, O_NONBLOCK) != 0)
		return kan_fail(err, KAN_EIO, "cannot set up the socket of a worker");
	pid = fork_quietly(theirs, setup);
	if (pid < 0)
		return kan_fail(err, KAN_EIO, "cannot fork a worker");

	*p = (struct kan_process){
		.setup = setup, .pid = pid, .fd = ours, .in = p->in, .in_room = p->in_room
	};
	ours = -1;
	restart_clock(p);
	return KAN_OK;
}

/* Kill what is left and return the wait status; -1 if somebody else took it. */
static int reap(struct kan_process *p)
{
	int status = -1;

	/* A process that is dying already keeps the signal or status it dies of. */
	(void)kill(p->pid, SIGKILL);
	(void)close(p->fd);
	while (waitpid(p->pid, &status, 0) < 0 && errno == EINTR)
		continue;
	p->pid = 0;
	p->fd = -1;
	p->ready = p->busy = false;
	return status;
}

void kan_process_stop(struct kan_process *p)
{
	if (p->pid > 0)
		(void)reap(p); /* how it ended does not matter */
}

void kan_process_done(struct kan_process *p)
{
	kan_process_stop(p);
	free(p->in);
	p->in = NULL;
	p->in_room = 0;
}

/* ---- how a job ends ----------------------------------------------------------- */

static void KAN_PRINTF(5, 6) end_job(struct kan_job_result *result, enum kan_job_end end,
                                     int signal_no, const char *name, const char *fmt, ...)
{
	char what[160];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(what, sizeof(what), fmt, ap);
	va_end(ap);
	*result = (struct kan_job_result){ .end = end, .signal = signal_no };
	(void)kan_fail(&result->err, end == KAN_JOB_MEMORY ? KAN_ENOMEM : KAN_EWORKER,
	               "worker \"%s\" %s", name, what);
}

/* What a process that cannot go on was doing. */
static enum kan_turn turn_at_death(const struct kan_process *p)
{
	if (!p->ready)
		return KAN_TURN_START_FAILED;
	return p->busy ? KAN_TURN_ENDED : KAN_TURN_GONE;
}

static enum kan_turn bury(struct kan_process *p, struct kan_job_result *result)
{
	enum kan_turn turn = turn_at_death(p);
	const char *name = p->setup->ops.name;
	int status = reap(p);

	if (status == -1)
		end_job(result, KAN_JOB_CRASHED, 0, name, "ended; how is not known");
	else if (WIFSIGNALED(status))
		end_job(result, KAN_JOB_CRASHED, WTERMSIG(status), name, "died of signal %d (%s)",
		        WTERMSIG(status), sigdescr_np(WTERMSIG(status)));
	else if (WEXITSTATUS(status) == KAN_EXIT_MEMORY)
		end_job(result, KAN_JOB_MEMORY, 0, name, "died because its memory was exhausted");
	else
		end_job(result, KAN_JOB_CRASHED, 0, name, "exited with status %d in the middle",
		        WEXITSTATUS(status));
	return turn;
}

static enum kan_turn distrust(struct kan_process *p, struct kan_job_result *result, const char *why)
{
	enum kan_turn turn = turn_at_death(p);

	(void)reap(p); /* killed for its answer, not for how it ended */
	end_job(result, KAN_JOB_CRASHED, 0, p->setup->ops.name, "answered nonsense: %s", why);
	return turn;
}

enum kan_turn kan_process_expire(struct kan_process *p, struct kan_job_result *result)
{
	enum kan_turn turn = turn_at_death(p);

	(void)reap(p); /* killed for its time, not for how it ended */
	end_job(result, KAN_JOB_TIMEOUT, 0, p->setup->ops.name, "gave no answer for %u seconds",
	        p->setup->opts.seconds);
	return turn;
}

/* ---- sending --------------------------------------------------------------------- */

bool kan_process_is_alive(const struct kan_process *p)
{
	uint8_t byte;
	ssize_t n = recv(p->fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT);

	return n < 0 && (errno == EAGAIN || errno == EINTR);
}

void kan_process_assign(struct kan_process *p, struct kan_bytes request)
{
	kan_frame_head(p->head, KAN_FRAME_REQUEST, request.len);
	p->request = request;
	p->sent = 0;
	p->busy = true;
	restart_clock(p);
}

static bool has_unsent(const struct kan_process *p)
{
	return p->busy && p->sent < KAN_FRAME_HEADER + p->request.len;
}

short kan_process_events(const struct kan_process *p)
{
	return (short)(has_unsent(p) ? POLLIN | POLLOUT : POLLIN);
}

/* A failure is left for the receiving side, which learns why. */
static void send_some(struct kan_process *p)
{
	size_t body = p->sent > KAN_FRAME_HEADER ? p->sent - KAN_FRAME_HEADER : 0;
	size_t head = p->sent < KAN_FRAME_HEADER ? p->sent : KAN_FRAME_HEADER;
	/* An iovec cannot point to const; nothing is written through it. */
	struct iovec iov[] = {
		{ p->head + head, KAN_FRAME_HEADER - head },
		{ (uint8_t *)(uintptr_t)p->request.data + body, p->request.len - body },
	};
	struct msghdr msg = { .msg_iov = iov, .msg_iovlen = 2 };
	ssize_t n;

	if (!p->request.data)
		msg.msg_iovlen = 1;
	n = sendmsg(p->fd, &msg, MSG_NOSIGNAL);
	if (n > 0)
		p->sent += (size_t)n;
}

/* ---- receiving ------------------------------------------------------------------- */

static int reserve(struct kan_process *p, size_t len, struct kan_err *err)
{
	size_t held = p->in_end - p->in_start;
	size_t room = len > INBOX_LEN ? INBOX_LEN_MAX : INBOX_LEN;
	uint8_t *in;

	if (p->in_start > 0 && p->in_room - p->in_start < len)
		memmove(p->in, p->in + p->in_start, held);
	else if (p->in_room - p->in_start >= len && p->in)
		return KAN_OK;
	p->in_start = 0;
	p->in_end = held;
	if (p->in_room >= len)
		return KAN_OK;
	in = realloc(p->in, room);
	if (!in)
		return kan_fail(err, KAN_ENOMEM, "out of memory for the answers of workers");
	p->in = in;
	p->in_room = room;
	return KAN_OK;
}

/* Read once.  False in *@open_out at the end of the stream. */
static int receive(struct kan_process *p, bool *open_out, struct kan_err *err)
{
	ssize_t n;
	int rc;

	if (p->in_start == p->in_end)
		p->in_start = p->in_end = 0;
	rc = reserve(p, p->in_end - p->in_start + INBOX_MIN_TAIL, err);
	if (rc != KAN_OK)
		return rc;
	n = recv(p->fd, p->in + p->in_end, p->in_room - p->in_end, 0);
	if (n > 0)
		p->in_end += (size_t)n;
	*open_out = n > 0 || (n < 0 && (errno == EAGAIN || errno == EINTR));
	return KAN_OK;
}

/* The message of a failure; it may have been made under the influence of evidence. */
static bool take_failure(struct kan_bytes frame, struct kan_err *err)
{
	struct kan_wire w = { .v = { frame.data, frame.len } };
	int code = (int)kan_wire_u32(&w);
	int os_errno = (int)kan_wire_u32(&w);
	uint64_t offset = kan_wire_u64(&w);
	size_t len = w.bad ? 0 : frame.len - w.pos;

	if (w.bad || code >= 0 || code < KAN_ESTOPPED || len >= sizeof(err->msg))
		return false;
	*err = (struct kan_err){ .code = code, .os_errno = os_errno, .offset = offset };
	for (size_t i = 0; i < len; i++) {
		uint8_t c = frame.data[w.pos + i];
		err->msg[i] = (char)(c < 0x20 || c == 0x7f ? '?' : c);
	}
	return true;
}

static enum kan_turn take_start(struct kan_process *p, uint8_t type, struct kan_bytes frame,
                                struct kan_job_result *result)
{
	if (type == KAN_FRAME_READY && frame.len == 0) {
		p->ready = true;
		restart_clock(p);
		return KAN_TURN_MORE;
	}
	*result = (struct kan_job_result){ .end = KAN_JOB_FAILED };
	if (type != KAN_FRAME_START_FAILED || !take_failure(frame, &result->err))
		return distrust(p, result, "an unexpected frame at its start");
	kan_process_stop(p);
	return KAN_TURN_START_FAILED;
}

static enum kan_turn take_end(struct kan_process *p, uint8_t type, struct kan_bytes frame,
                              struct kan_job_result *result)
{
	*result = (struct kan_job_result){ .end = KAN_JOB_DONE };
	if (type != KAN_FRAME_FAILED && (type != KAN_FRAME_DONE || frame.len != 0))
		return distrust(p, result, "a frame of unknown type");
	if (p->in_start != p->in_end)
		return distrust(p, result, "more after the end of an answer");
	if (type == KAN_FRAME_FAILED) {
		if (!take_failure(frame, &result->err))
			return distrust(p, result, "an error that is none");
		result->end = result->err.code == KAN_ENOMEM ? KAN_JOB_MEMORY : KAN_JOB_FAILED;
	}
	p->busy = false;
	p->used = true;
	if (result->end == KAN_JOB_MEMORY)
		kan_process_stop(p); /* what it still holds is in nobody's account */
	return KAN_TURN_ENDED;
}

/* One complete frame, which has been taken out of the buffer. */
static int take_frame(struct kan_process *p, uint8_t type, struct kan_bytes frame,
                      const struct kan_sink_fn *sink, enum kan_turn *turn,
                      struct kan_job_result *result, struct kan_err *err)
{
	if (!p->ready)
		*turn = take_start(p, type, frame, result);
	else if (!p->busy || has_unsent(p))
		*turn = distrust(p, result, "an answer that nobody asked for");
	else if (type != KAN_FRAME_RECORD)
		*turn = take_end(p, type, frame, result);
	else if (sink->record)
		return sink->record(sink->arg, frame, err);
	return KAN_OK;
}

static int take_frames(struct kan_process *p, const struct kan_sink_fn *sink, enum kan_turn *turn,
                       struct kan_job_result *result, struct kan_err *err)
{
	int rc = KAN_OK;

	while (rc == KAN_OK && *turn == KAN_TURN_MORE) {
		size_t held = p->in_end - p->in_start;
		const uint8_t *head = p->in + p->in_start;
		struct kan_bytes frame;

		if (held < KAN_FRAME_HEADER)
			return KAN_OK;
		frame = (struct kan_bytes){ head + KAN_FRAME_HEADER, kan_le32(head) };
		if (frame.len > KAN_WORKER_FRAME_MAX) {
			*turn = distrust(p, result, "a frame longer than any can be");
			return KAN_OK;
		}
		if (held - KAN_FRAME_HEADER < frame.len)
			return reserve(p, KAN_FRAME_HEADER + frame.len, err);
		p->in_start += KAN_FRAME_HEADER + frame.len;
		rc = take_frame(p, head[4], frame, sink, turn, result, err);
	}
	return rc;
}

int kan_process_turn(struct kan_process *p, const struct kan_sink_fn *sink, enum kan_turn *turn,
                     struct kan_job_result *result, struct kan_err *err)
{
	bool is_open = true;
	int rc;

	*turn = KAN_TURN_MORE;
	if (has_unsent(p))
		send_some(p);
	rc = receive(p, &is_open, err);
	if (rc == KAN_OK)
		rc = take_frames(p, sink, turn, result, err);
	if (rc == KAN_OK && *turn == KAN_TURN_MORE && !is_open)
		*turn = bury(p, result);
	return rc;
}

static int until(int64_t deadline_ms)
{
	int64_t left = deadline_ms - kan_process_now();

	return left < 0 ? 0 : left > INT_MAX ? INT_MAX : (int)left;
}

int kan_process_wait(struct kan_process *p, const struct kan_sink_fn *sink, enum kan_turn *turn,
                     struct kan_job_result *result, struct kan_err *err)
{
	int rc = KAN_OK;

	*turn = KAN_TURN_MORE;
	while (rc == KAN_OK && *turn == KAN_TURN_MORE && (p->busy || !p->ready)) {
		struct pollfd pfd = { .fd = p->fd, .events = kan_process_events(p) };
		int n = poll(&pfd, 1, until(p->deadline_ms));
		int64_t start = kan_process_now();

		if (n < 0 && errno != EINTR)
			return kan_fail(err, KAN_EIO, "cannot wait for a worker");
		if (n > 0)
			rc = kan_process_turn(p, sink, turn, result, err);
		else if (n == 0 && start >= p->deadline_ms)
			*turn = kan_process_expire(p, result);
		p->deadline_ms += kan_process_now() - start; /* our own time */
	}
	return rc;
}
