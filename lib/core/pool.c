/* SPDX-License-Identifier: MIT */
/*
 * pool.c - worker threads fed from one bounded ring
 *
 * Jobs leave the ring in the order in which they came.  A full ring makes the
 * submitter wait; since no job ever submits one, a job never waits for a place,
 * and one worker with one slot is enough to make progress.
 */
#include "kanshiki/pool.h"

#include "core/cleanup.h"

#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>

struct job {
	void (*fn)(void *arg);
	void *arg;
};

struct kan_pool {
	pthread_mutex_t lock;    /* guards every field below */
	pthread_cond_t has_job;  /* a job was queued, or stop was set */
	pthread_cond_t has_room; /* a job left the ring */
	pthread_cond_t idle;     /* nothing is queued and nothing runs */
	struct job *ring;
	size_t depth; /* capacity of ring, in jobs */
	size_t head;  /* index of the oldest job */
	size_t queued;
	size_t running;
	bool stop;
	size_t nthreads; /* fixed after kan_pool_new() */
	pthread_t threads[];
};

static bool take_job(struct kan_pool *p, struct job *out)
{
	while (p->queued == 0 && !p->stop)
		pthread_cond_wait(&p->has_job, &p->lock);
	if (p->queued == 0)
		return false;

	*out = p->ring[p->head];
	p->head = (p->head + 1) % p->depth;
	p->queued--;
	p->running++;
	pthread_cond_signal(&p->has_room);
	return true;
}

static void *worker_main(void *arg)
{
	struct kan_pool *p = arg;
	struct job job;

	pthread_mutex_lock(&p->lock);
	while (take_job(p, &job)) {
		pthread_mutex_unlock(&p->lock);
		job.fn(job.arg);
		pthread_mutex_lock(&p->lock);
		p->running--;
		if (p->running == 0 && p->queued == 0)
			pthread_cond_broadcast(&p->idle);
	}
	pthread_mutex_unlock(&p->lock);
	return NULL;
}

void kan_pool_run(struct kan_pool *p, void (*fn)(void *arg), void *arg)
{
	pthread_mutex_lock(&p->lock);
	while (p->queued == p->depth)
		pthread_cond_wait(&p->has_room, &p->lock);
	p->ring[(p->head + p->queued) % p->depth] = (struct job){ fn, arg };
	p->queued++;
	pthread_cond_signal(&p->has_job);
	pthread_mutex_unlock(&p->lock);
}

size_t kan_pool_workers(const struct kan_pool *p)
{
	return p->nthreads;
}

void kan_pool_drain(struct kan_pool *p)
{
	pthread_mutex_lock(&p->lock);
	while (p->queued > 0 || p->running > 0)
		pthread_cond_wait(&p->idle, &p->lock);
	pthread_mutex_unlock(&p->lock);
}

void kan_pool_free(struct kan_pool *p)
{
	if (!p)
		return;
	pthread_mutex_lock(&p->lock);
	p->stop = true;
	pthread_cond_broadcast(&p->has_job);
	pthread_mutex_unlock(&p->lock);
	for (size_t i = 0; i < p->nthreads; i++)
		pthread_join(p->threads[i], NULL);
	pthread_cond_destroy(&p->idle);
	pthread_cond_destroy(&p->has_room);
	pthread_cond_destroy(&p->has_job);
	pthread_mutex_destroy(&p->lock);
	free(p->ring);
	free(p);
}

KAN_DEFINE_DROP(pool, struct kan_pool *, kan_pool_free)

/* Start @workers threads that leave all signals to the others. */
static int start_threads(struct kan_pool *p, size_t workers, struct kan_err *err)
{
	int rc = KAN_OK;
	sigset_t all, before;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	for (; p->nthreads < workers; p->nthreads++) {
		if (pthread_create(&p->threads[p->nthreads], NULL, worker_main, p) == 0)
			continue;
		rc = kan_fail(err, KAN_ENOMEM, "cannot start worker %zu", p->nthreads + 1);
		break;
	}
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return rc;
}

int kan_pool_new(struct kan_pool **out, size_t workers, size_t depth, struct kan_err *err)
{
	KAN_AUTO(pool) struct kan_pool *p = NULL;
	size_t size;
	int rc;

	if (workers == 0 || depth == 0)
		return kan_fail(err, KAN_EARG, "a pool needs at least one worker and one slot");

	if (__builtin_mul_overflow(workers, sizeof(p->threads[0]), &size) ||
	    __builtin_add_overflow(size, sizeof(*p), &size))
		return kan_fail(err, KAN_EARG, "a pool cannot have %zu workers", workers);
	p = calloc(1, size);
	if (!p)
		return kan_fail(err, KAN_ENOMEM, "out of memory for a pool");
	pthread_mutex_init(&p->lock, NULL);
	pthread_cond_init(&p->has_job, NULL);
	pthread_cond_init(&p->has_room, NULL);
	pthread_cond_init(&p->idle, NULL);
	p->depth = depth;
	p->ring = calloc(depth, sizeof(*p->ring));
	if (!p->ring)
		return kan_fail(err, KAN_ENOMEM, "out of memory for %zu queued jobs", depth);

	rc = start_threads(p, workers, err);
	if (rc != KAN_OK)
		return rc;

	*out = KAN_STEAL(p);
	return KAN_OK;
}

size_t kan_pool_cpus(void)
{
	cpu_set_t cpus;

	/* Fails on machines with more processors than a cpu_set_t has bits. */
	if (sched_getaffinity(0, sizeof(cpus), &cpus) == 0 && CPU_COUNT(&cpus) > 0)
		return (size_t)CPU_COUNT(&cpus);
	return sysconf(_SC_NPROCESSORS_ONLN) > 0 ? (size_t)sysconf(_SC_NPROCESSORS_ONLN) : 1;
}
