/* SPDX-License-Identifier: MIT */
/*
 * worker.h - forked, confined processes in which parsers that are not ours run
 *
 * A *worker* is one forked child: no network, no new files, no exec (seccomp),
 * no path but those named (Landlock), capped memory and time, killed with its
 * parent.  It answers requests over a socket in length-checked frames.  A *crew*
 * is a set of equal workers that share a queue of jobs: a job whose worker
 * crashes, hangs or eats its memory is tried once more in a fresh worker and
 * then reported; the others go on.
 *
 * Confinement that the running kernel does not have (Landlock before 5.13, no
 * seccomp) is left out and told by kan_worker_confinement().
 *
 * A child keeps stderr and those descriptors that are read-only regular files
 * and block devices, so evidence that is open stays readable; all others are
 * closed, stdin and stdout lead nowhere.  Memory that the parent maps shared and
 * writable stays shared: have none that matters.  Ctrl-C is left to the parent.
 *
 * Threads: start workers while no other thread of the process holds a lock that
 * the job code needs; simplest, while there are no other threads.  A worker dies
 * with the *thread* that forked it (the system has no other way to tie it to its
 * parent); an idle one that died is replaced at the next call without a word.
 */
#ifndef KAN_WORKER_H
#define KAN_WORKER_H

#include "kanshiki/finding.h"

#include <stddef.h>

KAN_BEGIN_DECLS

/** A run of bytes that belongs to somebody else. */
struct kan_bytes {
	const uint8_t *data;
	size_t len;
};

/** Longest frame in either direction, in bytes. */
#define KAN_WORKER_FRAME_MAX (4u << 20)

struct kan_worker_reply;

/** Send one record of the answer to the parent.  In the child, inside job(). */
KAN_API KAN_MUST_CHECK int kan_worker_emit(struct kan_worker_reply *reply, const void *data,
                                           size_t len, struct kan_err *err);

/** What runs in the child. */
struct kan_worker_ops {
	const char *name; /* for messages and the process title: "file systems" */

	/**
	 * Called once in the child, already confined; may be NULL.  @arg is the parent's memory
	 * as it was at fork.  *@state_out is passed to job().
	 */
	int (*start)(void *arg, void **state_out, struct kan_err *err);

	/** Answer one request with any number of records. */
	int (*job)(void *state, struct kan_bytes request, struct kan_worker_reply *reply,
	           struct kan_err *err);
};

/** All zero means defaults. */
struct kan_worker_opts {
	/* Address space in bytes, on top of what the parent has; 0: 2 GiB; SIZE_MAX: no limit. */
	size_t memory_limit;
	/* Wall clock for start() or one job, without the time it waits for us; 0: 300. */
	unsigned seconds;
	const char *const *readable; /* files and folders that it may open, NULL-ended; copied */
	void *arg;                   /* given to start(); must outlive the worker */
};

/** How a job ended. */
enum kan_job_end {
	KAN_JOB_DONE,    /* all records arrived */
	KAN_JOB_FAILED,  /* job() or start() returned an error, in err */
	KAN_JOB_CRASHED, /* signal, in detail; also when it answered nonsense */
	KAN_JOB_TIMEOUT,
	KAN_JOB_MEMORY, /* job() returned KAN_ENOMEM, or it died with its memory used up */
};

struct kan_job_result {
	enum kan_job_end end;
	int signal;         /* of a crash, or 0 */
	struct kan_err err; /* says why, for every end but KAN_JOB_DONE */
};

/** The finding kind that fits @end; not for KAN_JOB_DONE. */
KAN_API enum kan_finding_kind kan_job_finding(enum kan_job_end end);

/* ---- one worker, one request at a time --------------------------------- */

struct kan_worker;

/** Fork a worker.  Fails if it cannot be started or its start() fails. */
KAN_API KAN_MUST_CHECK int kan_worker_start(struct kan_worker **out,
                                            const struct kan_worker_ops *ops,
                                            const struct kan_worker_opts *opts,
                                            struct kan_err *err);

/**
 * Send a request and wait for the whole answer; @record (may be NULL) is called
 * for every record.  A dead worker is started again at the next call.  Returns
 * KAN_OK with the outcome in *@result, or the failure of @record.
 */
KAN_API KAN_MUST_CHECK int
kan_worker_call(struct kan_worker *w, const void *request, size_t len,
                int (*record)(void *arg, struct kan_bytes rec, struct kan_err *err), void *arg,
                struct kan_job_result *result, struct kan_err *err);

/** End the worker and release @w (may be NULL). */
KAN_API void kan_worker_stop(struct kan_worker *w);

/* ---- a crew: many workers, a queue of jobs ------------------------------ */

struct kan_crew;

/** Called in the parent, on the thread that runs the crew. */
struct kan_crew_events {
	/* One record of job @tag. */
	int (*record)(void *arg, uint64_t tag, struct kan_bytes rec, struct kan_err *err);
	/* Job @tag is tried again: forget the records that came so far. */
	void (*retry)(void *arg, uint64_t tag);
	/* Job @tag has ended; no more records of it.  May submit new jobs. */
	int (*done)(void *arg, uint64_t tag, const struct kan_job_result *result,
	            struct kan_err *err);
	/* Called at least every half second; false stops the run.  May be NULL. */
	bool (*tick)(void *arg);
	void *arg;
};

/** A crew of @nworkers (at least 1), forked when there is work for them. */
KAN_API KAN_MUST_CHECK int kan_crew_new(struct kan_crew **out, size_t nworkers,
                                        const struct kan_worker_ops *ops,
                                        const struct kan_worker_opts *opts,
                                        const struct kan_crew_events *events, struct kan_err *err);

/** Queue a job; the request is copied.  Also from inside events. */
KAN_API KAN_MUST_CHECK int kan_crew_submit(struct kan_crew *crew, uint64_t tag, const void *request,
                                           size_t len, struct kan_err *err);

/**
 * Run until the queue is empty and all jobs have ended, or an event fails.  Also
 * fails if workers cannot be started three times in a row, with the reason of the
 * last.  After a failure all workers are dead and the queue is empty.
 */
KAN_API KAN_MUST_CHECK int kan_crew_run(struct kan_crew *crew, struct kan_err *err);

/** End all workers and release @crew (may be NULL). */
KAN_API void kan_crew_free(struct kan_crew *crew);

/* ---- confinement ---------------------------------------------------------- */

/** Names of what confines workers here, such as "seccomp, landlock, rlimit"; static. */
KAN_API const char *kan_worker_confinement(void);

KAN_END_DECLS

#endif
