/* SPDX-License-Identifier: MIT */
/*
 * pool.h - the one place that creates threads
 */
#ifndef KAN_POOL_H
#define KAN_POOL_H

#include "kanshiki/err.h"

#include <stddef.h>

KAN_BEGIN_DECLS

struct kan_pool;

/** Processors that this process may use, at least 1: the usual number of workers. */
KAN_API size_t kan_pool_cpus(void);

/**
 * Start @workers threads sharing a queue of at most @depth waiting jobs.  Both
 * must be at least 1 (else KAN_EARG).  The threads block all signals, so that a
 * signal meets the thread that set up its handler.  On success *@out is owned by
 * the caller; release it with kan_pool_free().
 */
KAN_API KAN_MUST_CHECK int kan_pool_new(struct kan_pool **out, size_t workers, size_t depth,
                                        struct kan_err *err);

/**
 * Run @fn(@arg) on a worker.  Waits while the queue is full, which is what
 * bounds memory when the reader is faster than the workers.  @arg must stay
 * valid until @fn returns.  Not callable from inside a job.
 */
KAN_API void kan_pool_run(struct kan_pool *pool, void (*fn)(void *arg), void *arg);

/** Number of worker threads, at least 1. */
KAN_API size_t kan_pool_workers(const struct kan_pool *pool);

/** Wait until every job submitted so far has returned.  Not callable from inside a job. */
KAN_API void kan_pool_drain(struct kan_pool *pool);

/** Drain, stop the threads and release @pool (may be NULL). */
KAN_API void kan_pool_free(struct kan_pool *pool);

KAN_END_DECLS

#endif
