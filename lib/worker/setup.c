/* SPDX-License-Identifier: MIT */
/*
 * setup.c - what all workers of a kind are started with
 */
#include "worker/process.h"

#include "core/cleanup.h"

#include <string.h>

enum {
	DEFAULT_SECONDS = 300,
	PATHS_MAX = 65536,
};

#define DEFAULT_MEMORY ((size_t)2 << 30)

KAN_DEFINE_DROP(setup, struct kan_setup *, kan_setup_done)

static int copy_paths(struct kan_setup *s, const char *const *paths, struct kan_err *err)
{
	size_t n = 0;

	while (paths && paths[n] && n < PATHS_MAX)
		n++;
	if (n == PATHS_MAX)
		return kan_fail(err, KAN_ELIMIT, "more than %d paths for a worker", PATHS_MAX);
	s->readable = calloc(n + 1, sizeof(*s->readable));
	if (!s->readable)
		return kan_fail(err, KAN_ENOMEM, "out of memory for %zu paths", n);
	for (size_t i = 0; i < n; i++) {
		s->readable[i] = strdup(paths[i]);
		if (!s->readable[i])
			return kan_fail(err, KAN_ENOMEM, "out of memory for %zu paths", n);
	}
	s->opts.readable = (const char *const *)s->readable;
	return KAN_OK;
}

int kan_setup_init(struct kan_setup *out, const struct kan_worker_ops *ops,
                   const struct kan_worker_opts *opts, struct kan_err *err)
{
	static const struct kan_worker_opts defaults;
	struct kan_setup s = { .ops = *ops, .opts = opts ? *opts : defaults };
	KAN_AUTO(setup) struct kan_setup *owned = &s;
	int rc;

	if (!ops->job || !ops->name)
		return kan_fail(err, KAN_EARG, "a worker needs a job and a name");
	if (s.opts.memory_limit == 0)
		s.opts.memory_limit = DEFAULT_MEMORY;
	if (s.opts.seconds == 0)
		s.opts.seconds = DEFAULT_SECONDS;
	rc = copy_paths(&s, s.opts.readable, err);
	if (rc != KAN_OK)
		return rc;
	*out = *owned;
	owned = NULL;
	return KAN_OK;
}

void kan_setup_done(struct kan_setup *s)
{
	if (!s)
		return;
	for (size_t i = 0; s->readable && s->readable[i]; i++)
		free(s->readable[i]);
	free(s->readable);
	s->readable = NULL;
}
