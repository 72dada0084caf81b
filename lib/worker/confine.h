/* SPDX-License-Identifier: MIT */
/*
 * confine.h - what a worker gives up before it looks at evidence
 *
 * All of these act on the calling process and cannot be undone; they are for
 * a freshly forked child with one thread.
 */
#ifndef KAN_WORKER_CONFINE_H
#define KAN_WORKER_CONFINE_H

#include "kanshiki/worker.h"

#if defined(__has_feature)
#define KAN_HAS_FEATURE(f) __has_feature(f)
#else
#define KAN_HAS_FEATURE(f) 0
#endif

/* The run-time parts of these sanitizers reserve terabytes and write reports. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__) ||               \
	KAN_HAS_FEATURE(address_sanitizer) || KAN_HAS_FEATURE(thread_sanitizer) || \
	KAN_HAS_FEATURE(memory_sanitizer)
#define KAN_SANITIZED 1
#else
#define KAN_SANITIZED 0
#endif

/** Everything below in the right order.  @opts has its defaults filled in. */
KAN_MUST_CHECK int kan_confine(const struct kan_worker_opts *opts, int socket_fd,
                               struct kan_err *err);

/** What of Landlock the kernel has: 0 nothing, 1 files, 2 network too, 3 signals too. */
int kan_landlock_level(void);

/** Leave nothing reachable by path but @readable (NULL-ended, may be NULL), for reading. */
KAN_MUST_CHECK int kan_landlock_enter(const char *const *readable, struct kan_err *err);

bool kan_seccomp_available(void);

/** Leave no system calls but those that a parser needs. */
KAN_MUST_CHECK int kan_seccomp_enter(struct kan_err *err);

#endif
