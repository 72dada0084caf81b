/* SPDX-License-Identifier: MIT */
/*
 * pool.c - worker threads fed from one bounded ring
 */
#include "kanshiki/pool.h"

#include "core/cleanup.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>

struct job {
	void (*fn)(void *arg);
	void *arg;
};

struct kan_pool {
	pthread_mutex_t lock;    /* guards every field below */
	pthread_cond_t has_job;  /* a job was queued, or stop was set */
	pthread_cond_t has_room; /* a job left the ring, or finished */
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
	pthread_cond_broadcast(&p->has_room);
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
		pthread_cond_broadcast(&p->has_room);
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

void kan_pool_drain(struct kan_pool *p)
{
	pthread_mutex_lock(&p->lock);
	while (p->queued > 0 || p->running > 0)
		pthread_cond_wait(&p->has_room, &p->lock);
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
	pthread_cond_destroy(&p->has_room);
	pthread_cond_destroy(&p->has_job);
	pthread_mutex_destroy(&p->lock);
	free(p->ring);
	free(p);
}

KAN_DEFINE_DROP(pool, struct kan_pool *, kan_pool_free)

int kan_pool_new(struct kan_pool **out, size_t workers, size_t depth, struct kan_err *err)
{
	KAN_AUTO(pool) struct kan_pool *p = NULL;

	if (workers == 0 || depth == 0)
		return kan_fail(err, KAN_EARG, "a pool needs at least one worker and one slot");

	p = calloc(1, sizeof(*p) + workers * sizeof(p->threads[0]));
	if (!p)
		return kan_fail(err, KAN_ENOMEM, "out of memory for a pool");
	pthread_mutex_init(&p->lock, NULL);
	pthread_cond_init(&p->has_job, NULL);
	pthread_cond_init(&p->has_room, NULL);
	p->depth = depth;
	p->ring = calloc(depth, sizeof(*p->ring));
	if (!p->ring)
		return kan_fail(err, KAN_ENOMEM, "out of memory for %zu queued jobs", depth);

	for (; p->nthreads < workers; p->nthreads++)
		if (pthread_create(&p->threads[p->nthreads], NULL, worker_main, p) != 0)
			return kan_fail(err, KAN_ENOMEM, "cannot start worker %zu", p->nthreads);

	*out = KAN_STEAL(p);
	return KAN_OK;
}
