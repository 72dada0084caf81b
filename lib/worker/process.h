/* SPDX-License-Identifier: MIT */
/*
 * process.h - the parent's end of one worker
 *
 * Never blocks but in kan_process_wait().  Everything that arrives is checked; a
 * worker that answers nonsense is killed.
 */
#ifndef KAN_WORKER_PROCESS_H
#define KAN_WORKER_PROCESS_H

#include "kanshiki/worker.h"
#include "worker/frame.h"

#include <poll.h>
#include <sys/types.h>

/** Copies of what the caller gave, with defaults filled in. */
struct kan_setup {
	struct kan_worker_ops ops;
	struct kan_worker_opts opts;
	char **readable;
};

KAN_MUST_CHECK int kan_setup_init(struct kan_setup *s, const struct kan_worker_ops *ops,
                                  const struct kan_worker_opts *opts, struct kan_err *err);
void kan_setup_done(struct kan_setup *s);

/** All zero is a process that does not run. */
struct kan_process {
	const struct kan_setup *setup; /* borrowed */
	pid_t pid;                     /* 0: none; then nothing below but `in` has a meaning */
	int fd;
	bool ready; /* start() has succeeded */
	bool busy;  /* has a request whose answer is not complete */
	bool used;  /* had a request before this one */
	int64_t deadline_ms;
	uint8_t head[KAN_FRAME_HEADER];
	struct kan_bytes request; /* borrowed until the answer is complete */
	size_t sent;              /* of head and request together */
	uint8_t *in;              /* received, not yet taken: in[in_start, in_end) */
	size_t in_room;
	size_t in_start;
	size_t in_end;
};

/** Where records go; @record may be NULL. */
struct kan_sink_fn {
	int (*record)(void *arg, struct kan_bytes rec, struct kan_err *err);
	void *arg;
};

enum kan_turn {
	KAN_TURN_MORE,         /* goes on */
	KAN_TURN_START_FAILED, /* the process has ended before it was ready, see the result */
	KAN_TURN_ENDED,        /* the job has ended, see the result */
	KAN_TURN_GONE,         /* an idle process has ended */
};

/** CLOCK_MONOTONIC in milliseconds. */
int64_t kan_process_now(void);

/** Fork.  The process is not ready yet. */
KAN_MUST_CHECK int kan_process_start(struct kan_process *p, const struct kan_setup *setup,
                                     struct kan_err *err);

/** False if an idle process has died since. */
bool kan_process_is_alive(const struct kan_process *p);

/** Give an idle or starting process a request, which must stay valid until its end. */
void kan_process_assign(struct kan_process *p, struct kan_bytes request);

/** The poll() events to wait for. */
short kan_process_events(const struct kan_process *p);

/** Send and receive what can be at once.  Fails only if the sink fails or memory is out. */
KAN_MUST_CHECK int kan_process_turn(struct kan_process *p, const struct kan_sink_fn *sink,
                                    enum kan_turn *turn, struct kan_job_result *result,
                                    struct kan_err *err);

/** Kill a process that is past its deadline. */
enum kan_turn kan_process_expire(struct kan_process *p, struct kan_job_result *result);

/** Turn after turn until it is ready (without a request) or the job has ended. */
KAN_MUST_CHECK int kan_process_wait(struct kan_process *p, const struct kan_sink_fn *sink,
                                    enum kan_turn *turn, struct kan_job_result *result,
                                    struct kan_err *err);

/** Kill and reap; the buffer stays for the next start. */
void kan_process_stop(struct kan_process *p);

/** Stop and release the buffer. */
void kan_process_done(struct kan_process *p);

#endif
