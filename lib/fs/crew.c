/* SPDX-License-Identifier: MIT */
/*
 * crew.c - a crew of file-system workers, as the parent starts it
 */
#include "fs/crew.h"

#include <string.h>
#include <unistd.h>

/* More workers than this do not pay: all read from the same media. */
static const size_t workers_max = 64;

size_t kan_fs_crew_size(const struct kan_fs_opts *opts)
{
	long n = opts && opts->jobs ? (long)opts->jobs : sysconf(_SC_NPROCESSORS_ONLN);

	if (n < 1)
		return 1;
	return (size_t)n > workers_max ? workers_max : (size_t)n;
}

int kan_fs_crew_start(struct kan_crew **out, struct kan_fs_start *start,
                      const struct kan_fs_opts *opts, const struct kan_crew_events *events,
                      struct kan_err *err)
{
	struct kan_worker_opts wopts = {
		.memory_limit = opts ? opts->memory_limit : 0,
		.seconds = opts ? opts->seconds : 0,
		.readable = kan_image_readable(start->img),
		.arg = start,
	};

	return kan_crew_new(out, kan_fs_crew_size(opts), &kan_fs_worker, &wopts, events, err);
}

static int compare_findings(const void *a, const void *b)
{
	const struct kan_finding *x = a, *y = b;
	int c = (x->offset > y->offset) - (x->offset < y->offset);

	if (c == 0)
		c = (x->length > y->length) - (x->length < y->length);
	if (c == 0)
		c = (int)x->kind - (int)y->kind;
	if (c == 0)
		c = strcmp(x->subject, y->subject);
	return c ? c : strcmp(x->detail, y->detail);
}

void kan_fs_sort_findings(struct kan_findings *set)
{
	struct kan_findings once = { 0 };

	if (set->n > 1)
		qsort(set->list, set->n, sizeof(*set->list), compare_findings);
	for (size_t i = 0; i < set->n; i++) {
		const struct kan_finding *f = &set->list[i];

		if (i == 0 || compare_findings(f - 1, f) != 0)
			kan_findings_add(&once, f->kind, f->offset, f->length, f->subject, "%s",
			                 f->detail);
	}
	once.dropped += set->dropped;
	kan_findings_done(set);
	*set = once;
}
