/* SPDX-License-Identifier: MIT */
/*
 * crew.c - many workers, one queue
 *
 * One loop around poll() on the calling thread.  Every slot holds one worker,
 * forked when there is a job for it.  A worker that waits for us to read has
 * the time that we spent elsewhere added to its deadline, so that a slow
 * caller never looks like a hanging parser.
 */
#include "kanshiki/worker.h"

#include "core/cleanup.h"
#include "worker/process.h"

#include <errno.h>
#include <string.h>

enum {
	WORKERS_MAX = 1024,
	TICK_MS = 500,
	STARTS_MAX = 3, /* failed starts in a row that end a run */
};

struct job {
	struct job *next;
	uint64_t tag;
	bool tried; /* it has failed once: needs a fresh worker */
	size_t len;
	uint8_t request[];
};

struct slot {
	struct kan_process process;
	struct job *job; /* NULL: idle */
};

struct kan_crew {
	struct kan_setup setup;
	struct kan_crew_events events;
	struct job *first;
	struct job **last;      /* where the next job is linked */
	unsigned failed_starts; /* in a row */
	int64_t next_tick_ms;
	size_t nslots;
	struct pollfd *polls; /* one per slot */
	struct slot slots[];
};

KAN_DEFINE_DROP(crew, struct kan_crew *, kan_crew_free)

int kan_crew_new(struct kan_crew **out, size_t nworkers, const struct kan_worker_ops *ops,
                 const struct kan_worker_opts *opts, const struct kan_crew_events *events,
                 struct kan_err *err)
{
	KAN_AUTO(crew) struct kan_crew *crew = NULL;
	int rc;

	if (nworkers == 0 || nworkers > WORKERS_MAX)
		return kan_fail(err, KAN_EARG, "a crew has 1 to %d workers, not %zu", WORKERS_MAX,
		                nworkers);
	crew = calloc(1, sizeof(*crew) + nworkers * sizeof(crew->slots[0]));
	if (!crew)
		return kan_fail(err, KAN_ENOMEM, "out of memory for %zu workers", nworkers);
	crew->polls = calloc(nworkers, sizeof(*crew->polls));
	if (!crew->polls)
		return kan_fail(err, KAN_ENOMEM, "out of memory for %zu workers", nworkers);
	rc = kan_setup_init(&crew->setup, ops, opts, err);
	if (rc != KAN_OK)
		return rc;
	crew->events = *events;
	crew->last = &crew->first;
	crew->nslots = nworkers;
	*out = KAN_STEAL(crew);
	return KAN_OK;
}

/* ---- the queue ---------------------------------------------------------------- */

int kan_crew_submit(struct kan_crew *crew, uint64_t tag, const void *request, size_t len,
                    struct kan_err *err)
{
	struct job *job;

	if (len > KAN_WORKER_FRAME_MAX)
		return kan_fail(err, KAN_ELIMIT, "a request of %zu bytes is longer than %u", len,
		                KAN_WORKER_FRAME_MAX);
	job = malloc(sizeof(*job) + len);
	if (!job)
		return kan_fail(err, KAN_ENOMEM, "out of memory for a request of %zu bytes", len);
	*job = (struct job){ .tag = tag, .len = len };
	if (len > 0)
		memcpy(job->request, request, len);
	*crew->last = job;
	crew->last = &job->next;
	return KAN_OK;
}

static struct job *pop(struct kan_crew *crew)
{
	struct job *job = crew->first;

	crew->first = job->next;
	if (!crew->first)
		crew->last = &crew->first;
	job->next = NULL;
	return job;
}

static void push_front(struct kan_crew *crew, struct job *job)
{
	job->next = crew->first;
	crew->first = job;
	if (!job->next)
		crew->last = &job->next;
}

/* ---- giving out work ------------------------------------------------------------ */

/* An idle worker if there is one, else an empty slot, else NULL. */
static struct slot *free_slot(struct kan_crew *crew)
{
	struct slot *empty = NULL;

	for (size_t i = 0; i < crew->nslots; i++) {
		struct slot *s = &crew->slots[i];
		if (s->job)
			continue;
		if (s->process.pid > 0)
			return s;
		if (!empty)
			empty = s;
	}
	return empty;
}

/* Count a failed start; the third in a row ends the run. */
static int start_failed(struct kan_crew *crew, const struct kan_err *why, struct kan_err *err)
{
	if (++crew->failed_starts < STARTS_MAX)
		return KAN_OK;
	if (err)
		*err = *why;
	return why->code;
}

static int give_out(struct kan_crew *crew, struct kan_err *err)
{
	struct slot *s;

	while (crew->first && (s = free_slot(crew))) {
		struct kan_process *p = &s->process;
		struct kan_err why;

		if (p->pid > 0 && (!kan_process_is_alive(p) || (crew->first->tried && p->used)))
			kan_process_stop(p);
		if (p->pid == 0 && kan_process_start(p, &crew->setup, &why) != KAN_OK) {
			int rc = start_failed(crew, &why, err);
			if (rc != KAN_OK)
				return rc;
			continue;
		}
		s->job = pop(crew);
		kan_process_assign(p, (struct kan_bytes){ s->job->request, s->job->len });
	}
	return KAN_OK;
}

/* ---- taking results ---------------------------------------------------------------- */

struct record_of {
	struct kan_crew *crew;
	const struct slot *slot;
};

static int pass_record(void *arg, struct kan_bytes rec, struct kan_err *err)
{
	const struct record_of *of = arg;
	const struct kan_crew_events *ev = &of->crew->events;

	return ev->record ? ev->record(ev->arg, of->slot->job->tag, rec, err) : KAN_OK;
}

static int end_job(struct kan_crew *crew, struct slot *s, const struct kan_job_result *result,
                   struct kan_err *err)
{
	KAN_AUTO(mem) struct job *job = KAN_STEAL(s->job);
	const struct kan_crew_events *ev = &crew->events;
	bool broken = result->end != KAN_JOB_DONE && result->end != KAN_JOB_FAILED;

	if (broken && !job->tried) {
		job->tried = true;
		if (ev->retry)
			ev->retry(ev->arg, job->tag);
		push_front(crew, KAN_STEAL(job));
		return KAN_OK;
	}
	return ev->done ? ev->done(ev->arg, job->tag, result, err) : KAN_OK;
}

static int take_turn(struct kan_crew *crew, struct slot *s, enum kan_turn turn,
                     const struct kan_job_result *result, struct kan_err *err)
{
	if (turn == KAN_TURN_ENDED)
		return end_job(crew, s, result, err);
	if (turn != KAN_TURN_START_FAILED)
		return KAN_OK;
	if (s->job)
		push_front(crew, KAN_STEAL(s->job));
	return start_failed(crew, &result->err, err);
}

static int serve(struct kan_crew *crew, struct slot *s, short events, struct kan_err *err)
{
	struct record_of of = { crew, s };
	const struct kan_sink_fn sink = { pass_record, &of };
	struct kan_job_result result;
	enum kan_turn turn = KAN_TURN_MORE;
	struct kan_process *p = &s->process;
	bool was_ready = p->ready;
	int rc = KAN_OK;

	if (events != 0)
		rc = kan_process_turn(p, &sink, &turn, &result, err);
	else if ((p->busy || !p->ready) && kan_process_now() >= p->deadline_ms)
		turn = kan_process_expire(p, &result);
	if (rc != KAN_OK)
		return rc;
	if (p->ready && !was_ready)
		crew->failed_starts = 0;
	return take_turn(crew, s, turn, &result, err);
}

/* ---- the loop ------------------------------------------------------------------------ */

/* Fill in what to wait for; returns how long, and whether anybody works. */
static int prepare_poll(struct kan_crew *crew, bool *busy_out)
{
	int64_t now = kan_process_now();
	int64_t next = crew->next_tick_ms;

	*busy_out = false;
	for (size_t i = 0; i < crew->nslots; i++) {
		const struct kan_process *p = &crew->slots[i].process;

		crew->polls[i] = (struct pollfd){ .fd = -1 };
		if (p->pid == 0)
			continue;
		crew->polls[i].fd = p->fd;
		crew->polls[i].events = kan_process_events(p);
		*busy_out |= p->busy;
		if ((p->busy || !p->ready) && p->deadline_ms < next)
			next = p->deadline_ms;
	}
	return next > now ? (int)(next - now) : 0;
}

static int tick(struct kan_crew *crew, struct kan_err *err)
{
	int64_t now = kan_process_now();

	if (now < crew->next_tick_ms)
		return KAN_OK;
	crew->next_tick_ms = now + TICK_MS;
	if (crew->events.tick && !crew->events.tick(crew->events.arg))
		return kan_fail(err, KAN_ESTOPPED, "stopped");
	return KAN_OK;
}

static int serve_all(struct kan_crew *crew, struct kan_err *err)
{
	int64_t start = kan_process_now();
	int rc = KAN_OK;

	for (size_t i = 0; rc == KAN_OK && i < crew->nslots; i++)
		if (crew->slots[i].process.pid > 0)
			rc = serve(crew, &crew->slots[i], crew->polls[i].revents, err);
	for (size_t i = 0; i < crew->nslots; i++)
		if (crew->polls[i].revents & POLLIN)
			crew->slots[i].process.deadline_ms += kan_process_now() - start;
	return rc;
}

static int loop(struct kan_crew *crew, struct kan_err *err)
{
	bool busy = true;
	int rc = KAN_OK;

	while (rc == KAN_OK) {
		rc = give_out(crew, err);
		if (rc != KAN_OK)
			return rc;

		int timeout = prepare_poll(crew, &busy);
		if (!busy && !crew->first)
			return KAN_OK;
		if (poll(crew->polls, crew->nslots, timeout) < 0) {
			if (errno != EINTR)
				return kan_fail(err, KAN_EIO, "cannot wait for workers");
			continue; /* what came in will be there the next time */
		}
		rc = serve_all(crew, err);
		if (rc == KAN_OK)
			rc = tick(crew, err);
	}
	return rc;
}

/* Kill all workers and forget all jobs. */
static void disband(struct kan_crew *crew)
{
	for (size_t i = 0; i < crew->nslots; i++) {
		kan_process_stop(&crew->slots[i].process);
		free(KAN_STEAL(crew->slots[i].job));
	}
	while (crew->first)
		free(pop(crew));
}

int kan_crew_run(struct kan_crew *crew, struct kan_err *err)
{
	int rc;

	crew->failed_starts = 0;
	crew->next_tick_ms = kan_process_now() + TICK_MS;
	rc = loop(crew, err);
	if (rc != KAN_OK)
		disband(crew);
	return rc;
}

void kan_crew_free(struct kan_crew *crew)
{
	if (!crew)
		return;
	disband(crew);
	for (size_t i = 0; i < crew->nslots; i++)
		kan_process_done(&crew->slots[i].process);
	kan_setup_done(&crew->setup);
	free(crew->polls);
	free(crew);
}
