/* SPDX-License-Identifier: MIT */
/*
 * worker.c - one worker, one request at a time
 */
#include "kanshiki/worker.h"

#include "core/cleanup.h"
#include "worker/process.h"

struct kan_worker {
	struct kan_setup setup;
	struct kan_process process;
};

static const struct kan_sink_fn nowhere;

KAN_DEFINE_DROP(worker, struct kan_worker *, kan_worker_stop)

enum kan_finding_kind kan_job_finding(enum kan_job_end end)
{
	static const enum kan_finding_kind kinds[] = {
		[KAN_JOB_DONE] = KAN_FINDING_NOTE,       [KAN_JOB_FAILED] = KAN_FINDING_UNPARSED,
		[KAN_JOB_CRASHED] = KAN_FINDING_CRASHED, [KAN_JOB_TIMEOUT] = KAN_FINDING_TIMEOUT,
		[KAN_JOB_MEMORY] = KAN_FINDING_MEMORY,
	};

	return kinds[end];
}

int kan_worker_start(struct kan_worker **out, const struct kan_worker_ops *ops,
                     const struct kan_worker_opts *opts, struct kan_err *err)
{
	KAN_AUTO(worker) struct kan_worker *w = calloc(1, sizeof(*w));
	struct kan_job_result result;
	enum kan_turn turn;
	int rc;

	if (!w)
		return kan_fail(err, KAN_ENOMEM, "out of memory for a worker");
	rc = kan_setup_init(&w->setup, ops, opts, err);
	if (rc == KAN_OK)
		rc = kan_process_start(&w->process, &w->setup, err);
	if (rc == KAN_OK)
		rc = kan_process_wait(&w->process, &nowhere, &turn, &result, err);
	if (rc != KAN_OK)
		return rc;
	if (turn != KAN_TURN_MORE) {
		if (err)
			*err = result.err;
		return result.err.code;
	}
	*out = KAN_STEAL(w);
	return KAN_OK;
}

int kan_worker_call(struct kan_worker *w, const void *request, size_t len,
                    int (*record)(void *arg, struct kan_bytes rec, struct kan_err *err), void *arg,
                    struct kan_job_result *result, struct kan_err *err)
{
	const struct kan_sink_fn sink = { record, arg };
	enum kan_turn turn;
	int rc;

	if (len > KAN_WORKER_FRAME_MAX)
		return kan_fail(err, KAN_ELIMIT, "a request of %zu bytes is longer than %u", len,
		                KAN_WORKER_FRAME_MAX);
	if (w->process.pid > 0 && !kan_process_is_alive(&w->process))
		kan_process_stop(&w->process);
	if (w->process.pid == 0) {
		rc = kan_process_start(&w->process, &w->setup, err);
		if (rc != KAN_OK)
			return rc;
	}
	kan_process_assign(&w->process, (struct kan_bytes){ request, len });
	rc = kan_process_wait(&w->process, &sink, &turn, result, err);
	if (rc != KAN_OK)
		kan_process_stop(&w->process); /* the rest of its answer is not wanted */
	return rc;
}

void kan_worker_stop(struct kan_worker *w)
{
	if (!w)
		return;
	kan_process_done(&w->process);
	kan_setup_done(&w->setup);
	free(w);
}
