/* SPDX-License-Identifier: MIT */
/*
 * child.h - the life of a worker, from fork to exit
 */
#ifndef KAN_WORKER_CHILD_H
#define KAN_WORKER_CHILD_H

#include "kanshiki/worker.h"

#include <sys/types.h>

/**
 * Confine this process, which was just forked by @parent with all signals
 * blocked, and answer requests on @fd until it is closed.
 */
_Noreturn void kan_child_run(int fd, pid_t parent, const struct kan_worker_ops *ops,
                             const struct kan_worker_opts *opts);

#endif
