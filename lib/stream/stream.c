/* SPDX-License-Identifier: MIT */
/*
 * stream.c - a ring of blocks, a lane for each ordered sink, jobs that take steps
 *
 * Block i lives in slot i % nslots.  Along the ring move `next_read` (the next
 * block to be read), the lanes (the next block of each ordered sink) and `retired`
 * (the oldest block that somebody still needs); retired <= lanes <= next_read.
 *
 * The work is cut into steps: give one block to one lane, or read one block, let the
 * ordered sinks prepare it, and give it to the any-order sinks.  A job takes steps until none is
 * open and then returns; it never waits and never submits.  The calling thread submits a job when a
 * step is open that no job is about to take.  The lane furthest behind goes first, because it is
 * what holds the ring up, and reading comes last: a worker reads ahead only if no sink could use
 * it.
 */
#include "kanshiki/stream.h"

#include "core/cleanup.h"
#include "kanshiki/pool.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <time.h>

enum {
	BLOCK_LEN = 1 << 20,      /* default, in bytes */
	BLOCK_LEN_MAX = 64 << 20, /* a source that asks for longer blocks does not get them */
	SLOTS_PER_WORKER = 3,     /* one is read, one waits, one is consumed */
	SLOTS_MORE = 2,
	PROGRESS_MS = 100,
	PAGE = 4096, /* buffers are aligned for direct input */
};

struct slot {
	struct kan_block blk;
	struct kan_findings gaps;
	uint8_t *mem;
	size_t users;  /* lanes that have not had it, and its reader */
	bool ready;    /* blk and mem are filled and do not change any more */
	bool prepared; /* every sink that prepares has done so */
};

struct lane {
	const struct kan_sink *sink;
	size_t rank;   /* of the sink, to choose between failures */
	uint64_t next; /* index of the block that it waits for */
	bool busy;     /* a job feeds the sink */
};

struct stream {
	pthread_mutex_t lock;   /* guards all that follows, but what is fixed */
	pthread_cond_t changed; /* a step is open, or a job has ended */

	/* Fixed before the first job. */
	struct kan_source *src;
	const struct kan_sink *sinks;
	size_t nsinks;
	size_t block_len, ahead_len;
	struct kan_progress progress;
	struct kan_pool *pool;
	struct kan_findings *all_gaps; /* written under the lock */

	struct slot *slots;
	size_t nslots;
	struct lane *lanes;
	size_t nlanes;
	uint64_t next_read, retired;
	uint64_t end;  /* blocks to read; becomes next_read when the user stops */
	size_t jobs;   /* submitted and not ended */
	size_t queued; /* of these, not begun */
	bool stopped;

	int status; /* failure of the lowest block and rank, or KAN_OK */
	struct kan_err err;
	uint64_t bad_block;
	size_t bad_rank; /* 0: the reader; i + 1: sinks[i] */
};

/* What a job does next: feed @lane, or read if it is NULL. */
struct step {
	struct lane *lane;
	struct slot *slot;
	uint64_t block;
};

static struct slot *slot_of(const struct stream *st, uint64_t block)
{
	return &st->slots[block % st->nslots];
}

/* The functions from here to take_step() are called with the lock held. */

static bool lane_is_open(const struct stream *st, const struct lane *l)
{
	const struct slot *s = slot_of(st, l->next);

	return !l->busy && l->next < st->next_read && (l->sink->prepare ? s->prepared : s->ready);
}

static size_t slots_to_fill(const struct stream *st)
{
	uint64_t unread = st->end - st->next_read;
	uint64_t empty = st->nslots - (st->next_read - st->retired);

	return (size_t)(unread < empty ? unread : empty);
}

static size_t open_steps(const struct stream *st)
{
	size_t n;

	if (st->status != KAN_OK)
		return 0;
	n = slots_to_fill(st);
	for (size_t i = 0; i < st->nlanes; i++)
		n += lane_is_open(st, &st->lanes[i]);
	return n;
}

static bool needs_job(const struct stream *st)
{
	return st->jobs < kan_pool_workers(st->pool) && open_steps(st) > st->queued;
}

static void call_for_help(struct stream *st)
{
	if (needs_job(st))
		pthread_cond_signal(&st->changed);
}

/* Of several failures the one of the first block stays, then that of the first sink. */
static void note_failure(struct stream *st, uint64_t block, size_t rank, int rc,
                         struct kan_err *err)
{
	const char *who = rank == 0 ? st->src->ops->name : st->sinks[rank - 1].name;

	if (st->status != KAN_OK &&
	    (st->bad_block < block || (st->bad_block == block && st->bad_rank < rank)))
		return;
	if (err->code == KAN_OK)
		(void)kan_fail(err, rc, "failed without a reason");
	st->status = kan_fail_in(err, rc, "%s", who);
	st->err = *err;
	st->bad_block = block;
	st->bad_rank = rank;
}

/* Give back the slots of blocks that nobody needs, oldest first, gaps in order. */
static void retire(struct stream *st)
{
	while (st->retired < st->next_read) {
		struct slot *s = slot_of(st, st->retired);

		if (!s->ready || s->users > 0)
			return;
		kan_findings_merge(st->all_gaps, &s->gaps);
		kan_findings_done(&s->gaps);
		st->retired++;
	}
}

static bool take_step(struct stream *st, struct step *step)
{
	struct lane *last = NULL;

	if (st->status != KAN_OK)
		return false;
	for (size_t i = 0; i < st->nlanes; i++) {
		struct lane *l = &st->lanes[i];

		if (lane_is_open(st, l) && (!last || l->next < last->next))
			last = l;
	}
	if (last) {
		last->busy = true;
		*step = (struct step){ last, slot_of(st, last->next), last->next };
		return true;
	}
	if (slots_to_fill(st) == 0)
		return false;
	*step = (struct step){ NULL, slot_of(st, st->next_read), st->next_read };
	step->slot->ready = step->slot->prepared = false;
	step->slot->users = st->nlanes + 1;
	st->next_read++;
	return true;
}

/* The bytes ahead belong to the next block, and so do their gaps. */
static int read_block(const struct stream *st, struct slot *s, uint64_t block, struct kan_err *err)
{
	uint64_t offset = block * st->block_len;
	uint64_t left = st->src->size - offset;
	size_t len = left < st->block_len ? (size_t)left : st->block_len;
	size_t ahead = left - len < st->ahead_len ? (size_t)(left - len) : st->ahead_len;
	int rc;

	rc = kan_source_read(st->src, offset, s->mem, len, &s->gaps, err);
	if (rc == KAN_OK && ahead > 0)
		rc = kan_source_read(st->src, offset + len, s->mem + len, ahead, NULL, err);
	s->blk = (struct kan_block){ offset, s->mem, len, ahead, &s->gaps };
	return rc;
}

/* The lanes may have the block while this thread goes on with it. */
static void open_slot(struct stream *st, bool *gate)
{
	pthread_mutex_lock(&st->lock);
	*gate = true;
	call_for_help(st);
	pthread_mutex_unlock(&st->lock);
}

/*
 * On the thread that has read the block: sinks in order prepare it, the others have
 * it.  Returns the rank of the sink that failed, 0 if none did.
 */
static size_t serve_sinks(const struct stream *st, const struct kan_block *blk,
                          enum kan_order order, int *rc, struct kan_err *err)
{
	for (size_t i = 0; i < st->nsinks; i++) {
		const struct kan_sink *sink = &st->sinks[i];

		if (sink->order != order || (order == KAN_IN_ORDER && !sink->prepare))
			continue;
		*rc = (order == KAN_IN_ORDER ? sink->prepare : sink->consume)(sink->self, blk, err);
		if (*rc != KAN_OK)
			return i + 1;
	}
	return 0;
}

/* Returns the rank of who failed: 0 is the reader. */
static size_t serve_block(struct stream *st, const struct step *step, int *rc, struct kan_err *err)
{
	struct slot *s = step->slot;
	size_t rank;

	*rc = read_block(st, s, step->block, err);
	if (*rc != KAN_OK)
		return 0;
	open_slot(st, &s->ready);
	rank = serve_sinks(st, &s->blk, KAN_IN_ORDER, rc, err);
	if (*rc != KAN_OK)
		return rank;
	open_slot(st, &s->prepared);
	return serve_sinks(st, &s->blk, KAN_ANY_ORDER, rc, err);
}

static void read_step(struct stream *st, const struct step *step)
{
	struct kan_err err = { 0 };
	int rc = KAN_OK;
	size_t rank = serve_block(st, step, &rc, &err);

	pthread_mutex_lock(&st->lock);
	if (rc != KAN_OK)
		note_failure(st, step->block, rank, rc, &err);
	step->slot->users--;
	retire(st);
	pthread_mutex_unlock(&st->lock);
}

static void lane_step(struct stream *st, const struct step *step)
{
	struct lane *l = step->lane;
	struct kan_err err = { 0 };
	int rc = l->sink->consume(l->sink->self, &step->slot->blk, &err);

	pthread_mutex_lock(&st->lock);
	if (rc != KAN_OK)
		note_failure(st, step->block, l->rank, rc, &err);
	l->next++;
	l->busy = false;
	step->slot->users--;
	retire(st);
	pthread_mutex_unlock(&st->lock);
}

static void work(void *arg)
{
	struct stream *st = arg;
	struct step step;

	pthread_mutex_lock(&st->lock);
	st->queued--;
	while (take_step(st, &step)) {
		call_for_help(st);
		pthread_mutex_unlock(&st->lock);
		if (step.lane)
			lane_step(st, &step);
		else
			read_step(st, &step);
		pthread_mutex_lock(&st->lock);
	}
	st->jobs--;
	pthread_cond_signal(&st->changed);
	pthread_mutex_unlock(&st->lock);
}

/* From here on everything runs on the calling thread. */

static void submit(struct stream *st)
{
	st->jobs++;
	st->queued++;
	pthread_mutex_unlock(&st->lock);
	kan_pool_run(st->pool, work, st);
	pthread_mutex_lock(&st->lock);
}

static struct timespec next_report(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	t.tv_nsec += PROGRESS_MS * 1000000L;
	if (t.tv_nsec >= 1000000000L) {
		t.tv_nsec -= 1000000000L;
		t.tv_sec++;
	}
	return t;
}

static uint64_t bytes_done(const struct stream *st)
{
	uint64_t done;

	if (__builtin_mul_overflow(st->retired, (uint64_t)st->block_len, &done) ||
	    done > st->src->size)
		return st->src->size;
	return done;
}

static void report(struct stream *st)
{
	uint64_t done = bytes_done(st);
	bool go_on;

	pthread_mutex_unlock(&st->lock);
	go_on = st->progress.update(st->progress.arg, done, st->src->size);
	pthread_mutex_lock(&st->lock);
	if (go_on || st->stopped)
		return;
	st->stopped = true;
	st->end = st->next_read;
}

/* Sleep until something changes; false if it is time for a progress report. */
static bool wait_for_change(struct stream *st, const struct timespec *until)
{
	if (!st->progress.update) {
		pthread_cond_wait(&st->changed, &st->lock);
		return true;
	}
	return pthread_cond_timedwait(&st->changed, &st->lock, until) != ETIMEDOUT;
}

static void conduct(struct stream *st)
{
	struct timespec until = next_report();

	pthread_mutex_lock(&st->lock);
	while (st->jobs > 0 || (st->status == KAN_OK && st->retired < st->end)) {
		if (needs_job(st)) {
			submit(st);
		} else if (!wait_for_change(st, &until)) {
			report(st);
			until = next_report();
		}
	}
	pthread_mutex_unlock(&st->lock);
}

static int outcome(const struct stream *st, struct kan_err *err)
{
	if (st->status != KAN_OK) {
		if (err)
			*err = st->err;
		return st->status;
	}
	/* Asked to stop when there was nothing left to leave out: it is complete. */
	if (bytes_done(st) < st->src->size)
		return kan_fail(err, KAN_ESTOPPED, "stopped after %llu of %llu bytes",
		                (unsigned long long)bytes_done(st),
		                (unsigned long long)st->src->size);
	if (st->progress.update)
		(void)st->progress.update(st->progress.arg, st->src->size, st->src->size);
	return KAN_OK;
}

/* The default length of a block: near 1 MiB and a multiple of what the source likes. */
static size_t default_block_len(const struct kan_source *src)
{
	size_t unit = src->block_len;

	if (unit == 0 || unit > BLOCK_LEN_MAX)
		return BLOCK_LEN;
	return (BLOCK_LEN + unit - 1) / unit * unit;
}

static int alloc_slots(struct stream *st, size_t in_flight, struct kan_err *err)
{
	size_t len;

	if (in_flight == 0 && (__builtin_mul_overflow(kan_pool_workers(st->pool),
	                                              (size_t)SLOTS_PER_WORKER, &in_flight) ||
	                       __builtin_add_overflow(in_flight, (size_t)SLOTS_MORE, &in_flight)))
		in_flight = SIZE_MAX;
	if (in_flight > st->end)
		in_flight = (size_t)st->end;
	if (__builtin_add_overflow(st->block_len, st->ahead_len, &len) ||
	    __builtin_add_overflow(len, (size_t)PAGE - 1, &len))
		return kan_fail(err, KAN_EARG, "a block of %zu bytes is too long", st->block_len);

	len = len / PAGE * PAGE;
	st->slots = calloc(in_flight > 0 ? in_flight : 1, sizeof(*st->slots));
	if (!st->slots)
		return kan_fail(err, KAN_ENOMEM, "out of memory for a stream");
	for (; st->nslots < in_flight; st->nslots++) {
		st->slots[st->nslots].mem = aligned_alloc(PAGE, len);
		if (!st->slots[st->nslots].mem)
			return kan_fail(err, KAN_ENOMEM,
			                "out of memory for %zu blocks of %zu bytes", in_flight,
			                len);
	}
	return KAN_OK;
}

static int alloc_lanes(struct stream *st, struct kan_err *err)
{
	st->lanes = calloc(st->nsinks > 0 ? st->nsinks : 1, sizeof(*st->lanes));
	if (!st->lanes)
		return kan_fail(err, KAN_ENOMEM, "out of memory for a stream");
	for (size_t i = 0; i < st->nsinks; i++)
		if (st->sinks[i].order == KAN_IN_ORDER)
			st->lanes[st->nlanes++] =
				(struct lane){ .sink = &st->sinks[i], .rank = i + 1 };
	return KAN_OK;
}

static void init_locks(struct stream *st)
{
	pthread_condattr_t attr;

	pthread_mutex_init(&st->lock, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&st->changed, &attr);
	pthread_condattr_destroy(&attr);
}

static void kan_drop_stream(struct stream *st)
{
	for (size_t i = 0; i < st->nslots; i++) {
		kan_findings_done(&st->slots[i].gaps);
		free(st->slots[i].mem);
	}
	free(st->slots);
	free(st->lanes);
	pthread_cond_destroy(&st->changed);
	pthread_mutex_destroy(&st->lock);
}

int kan_stream_run(struct kan_source *src, const struct kan_sink *sinks, size_t n,
                   const struct kan_stream_opts *opts, struct kan_pool *pool,
                   struct kan_findings *gaps, struct kan_err *err)
{
	static const struct kan_stream_opts defaults;
	const struct kan_stream_opts *o = opts ? opts : &defaults;
	KAN_AUTO(stream) struct stream st = { .src = src, .sinks = sinks, .nsinks = n };
	int rc;

	init_locks(&st);
	st.pool = pool;
	st.all_gaps = gaps;
	st.progress = o->progress;
	st.block_len = o->block_len > 0 ? o->block_len : default_block_len(src);
	st.ahead_len = o->ahead_len;
	st.end = src->size / st.block_len + (src->size % st.block_len > 0);
	rc = alloc_slots(&st, o->in_flight, err);
	if (rc == KAN_OK)
		rc = alloc_lanes(&st, err);
	if (rc != KAN_OK)
		return rc;
	conduct(&st);
	return outcome(&st, err);
}
