/* SPDX-License-Identifier: MIT */
/*
 * copy.c - one pass over the media, with checkpoints beside it
 *
 * The stream reads, digests, compresses and writes on its pool.  A second pool of
 * one thread syncs what was written and saves the journals, so that neither the
 * reader nor the display waits for a slow medium.
 */
#include "acquire/acquisition.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

enum { CHECKPOINT_MS = 5000 };

struct copying {
	struct kan_acquisition *a;
	struct kan_pool *saver;
	atomic_bool saving;
	int64_t saved_ns; /* when the last checkpoint was ordered */
	int64_t looked_ns;
};

/* The clock of the day may be set while a copy runs, by hours even. */
static int64_t ticks_ns(void)
{
	struct timespec now = { 0 };

	(void)clock_gettime(CLOCK_MONOTONIC, &now); /* cannot fail for this clock */
	return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static void save_all(void *arg)
{
	struct copying *c = arg;

	for (size_t i = 0; i < c->a->ndests; i++)
		kan_destination_checkpoint(&c->a->dests[i]);
	atomic_store(&c->saving, false);
}

static void save_when_due(struct copying *c, int64_t now)
{
	unsigned ms = c->a->opts->checkpoint_ms > 0 ? c->a->opts->checkpoint_ms : CHECKPOINT_MS;

	if (now - c->saved_ns < (int64_t)ms * 1000000 || atomic_exchange(&c->saving, true))
		return;
	c->saved_ns = now;
	kan_pool_run(c->saver, save_all, c);
}

/* A file that is cut while it is read would go on as zeros: stop, and say so. */
static bool source_is_there(struct copying *c, int64_t now)
{
	if (now - c->looked_ns < 1000000000)
		return true;
	c->looked_ns = now;
	return kan_origin_check_unchanged(&c->a->origin, &c->a->source_gone) == KAN_OK;
}

static bool update(void *arg, uint64_t done, uint64_t total)
{
	struct copying *c = arg;
	const struct kan_acquire_opts *o = c->a->opts;
	struct kan_drive_counts counts = kan_origin_counts(&c->a->origin);
	struct kan_acquire_status status = {
		.phase = KAN_ACQUIRE_COPYING,
		.subject = c->a->origin.path,
		.done = done,
		.total = total,
		.bytes_unreadable = kan_ranges_bytes(&c->a->ranges),
		.read_errors = counts.errors,
		.recovered = counts.recovered * c->a->origin.src->sector_size,
	};
	int64_t now = ticks_ns();

	if (done < total)
		save_when_due(c, now);
	if (!source_is_there(c, now))
		return false;
	return !o->update || o->update(o->arg, &status);
}

static int run_stream(struct kan_acquisition *a, struct copying *c, struct kan_err *err)
{
	struct kan_sink sinks[KAN_HASHES_MAX + 1 + KAN_ACQUIRE_DESTINATIONS_MAX];
	size_t n = kan_hasher_sinks(a->hasher, sinks);
	const struct kan_stream_opts opts = {
		.block_len = KAN_TREE_BLOCK,
		.progress = { .update = update, .arg = c },
	};

	sinks[n++] = kan_tree_sink(a->tree);
	for (size_t i = 0; i < a->ndests; i++)
		if (a->dests[i].writer)
			sinks[n++] = kan_destination_sink(&a->dests[i]);
	return kan_stream_run(a->continued ? a->continued : a->origin.src, sinks, n, &opts, a->pool,
	                      &a->origin.findings, err);
}

static void log_interruption(struct kan_acquisition *a, const struct kan_err *err)
{
	for (size_t i = 0; i < a->ndests; i++) {
		struct kan_destination *d = &a->dests[i];
		char done[24];

		if (!d->writer)
			continue;
		snprintf(done, sizeof(done), "%" PRIu64, d->journal.mark.media_done);
		kan_destination_log(
			d, "acquisition.interrupted",
			(struct kan_case_field[]){ { "media_done", done }, { "reason", err->msg } },
			2);
	}
}

static int open_lanes(struct kan_acquisition *a, struct copying *c, struct kan_err *err)
{
	size_t jobs = a->opts->jobs > 0 ? a->opts->jobs : kan_pool_cpus();
	int rc = kan_hasher_new(&a->hasher, &a->hashes, NULL, err);

	if (rc == KAN_OK)
		rc = kan_tree_new(&a->tree, a->origin.src->size, err);
	for (size_t i = 0; rc == KAN_OK && i < a->ndests; i++)
		kan_destination_expect(&a->dests[i], a->tree);
	if (rc == KAN_OK)
		rc = kan_pool_new(&a->pool, jobs, jobs, err);
	return rc == KAN_OK ? kan_pool_new(&c->saver, 1, 1, err) : rc;
}

/* A source that is gone is why the copy stopped, whatever the stream says. */
static int explain(struct kan_acquisition *a, int rc, struct kan_err *err)
{
	struct kan_err changed = { 0 };

	if (a->source_gone.code == KAN_OK && (rc == KAN_OK || rc == KAN_ESTOPPED) &&
	    kan_origin_check_unchanged(&a->origin, &changed) != KAN_OK)
		a->source_gone = changed;
	if (a->source_gone.code == KAN_OK)
		return rc;
	if (err)
		*err = a->source_gone;
	return a->source_gone.code;
}

/* What was written can be continued, unless it is damaged itself. */
static int add_way_out(const struct kan_acquisition *a, int rc, struct kan_err *err)
{
	bool any = false;

	for (size_t i = 0; i < a->ndests; i++)
		any |= a->dests[i].writer != NULL;
	return any && rc != KAN_EFORMAT ? kan_acquisition_add_way_out(rc, err) : rc;
}

int kan_acquisition_copy(struct kan_acquisition *a, struct kan_err *err)
{
	struct copying c = { .a = a, .saved_ns = ticks_ns() };
	struct kan_err why = { 0 };
	int rc = open_lanes(a, &c, &why);

	if (rc == KAN_OK)
		rc = explain(a, run_stream(a, &c, &why), &why);
	kan_pool_free(c.saver);
	if (rc == KAN_OK && a->origin.img)
		rc = kan_ranges_include(&a->ranges, kan_image_findings(a->origin.img), &why);
	if (rc == KAN_OK)
		rc = kan_hasher_finish(a->hasher, a->digests, &why);
	if (rc == KAN_OK)
		rc = kan_tree_root(a->tree_root, a->tree, &why);
	if (rc == KAN_OK)
		return rc;
	for (size_t i = 0; i < a->ndests; i++)
		kan_destination_checkpoint(&a->dests[i]);
	log_interruption(a, &why);
	if (err)
		*err = why;
	return add_way_out(a, rc, err);
}
