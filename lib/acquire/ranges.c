/* SPDX-License-Identifier: MIT */
/*
 * ranges.c - unreadable ranges, collected in order and joined where they touch
 */
#include "acquire/ranges.h"

#include <stdlib.h>
#include <string.h>

void kan_ranges_init(struct kan_ranges *r)
{
	*r = (struct kan_ranges){ .n = 0 };
	pthread_mutex_init(&r->lock, NULL);
}

void kan_ranges_done(struct kan_ranges *r)
{
	free(r->list);
	pthread_mutex_destroy(&r->lock);
	*r = (struct kan_ranges){ .n = 0 };
}

static int make_room(struct kan_ranges *r, struct kan_err *err)
{
	size_t room = r->room > 0 ? 2 * r->room : 64;
	struct kan_record_range *list;

	if (r->list && r->n < r->room)
		return KAN_OK;
	list = realloc(r->list, room * sizeof(*list));
	if (!list)
		return kan_fail(err, KAN_ENOMEM, "out of memory for unreadable ranges");
	r->list = list;
	r->room = room;
	return KAN_OK;
}

/* The range from @from to before @to, which lies behind all others or touches the last. */
static int add(struct kan_ranges *r, uint64_t from, uint64_t to, struct kan_err *err)
{
	struct kan_record_range *last = r->n > 0 ? &r->list[r->n - 1] : NULL;
	int rc;

	if (last && last->offset + last->length > from)
		from = last->offset + last->length;
	if (from >= to)
		return KAN_OK;
	if (last && r->n == KAN_RANGES_MAX && last->offset + last->length < from) {
		from = last->offset + last->length;
		r->joined = true;
	}
	r->bytes += to - from;
	if (last && last->offset + last->length == from) {
		last->length += to - from;
		return KAN_OK;
	}
	rc = make_room(r, err);
	if (rc == KAN_OK)
		r->list[r->n++] = (struct kan_record_range){ from, to - from };
	return rc;
}

int kan_ranges_note(struct kan_ranges *r, const struct kan_block *blk, struct kan_err *err)
{
	uint64_t end = blk->offset + blk->len;
	int rc = KAN_OK;

	pthread_mutex_lock(&r->lock);
	for (size_t i = 0; rc == KAN_OK && blk->offset >= r->next && i < blk->gaps->n; i++) {
		const struct kan_finding *f = &blk->gaps->list[i];
		uint64_t from = f->offset > blk->offset ? f->offset : blk->offset;

		if (!kan_finding_is_gap(f->kind) || f->offset >= end || f->length == 0)
			continue;
		rc = add(r, from, f->length < end - f->offset ? f->offset + f->length : end, err);
	}
	if (end > r->next)
		r->next = end;
	pthread_mutex_unlock(&r->lock);
	return rc;
}

static int by_offset(const void *a, const void *b)
{
	const struct kan_record_range *x = a, *y = b;

	return (x->offset > y->offset) - (x->offset < y->offset);
}

int kan_ranges_include(struct kan_ranges *r, const struct kan_findings *known, struct kan_err *err)
{
	struct kan_record_range *all;
	size_t n = 0;
	int rc = KAN_OK;

	pthread_mutex_lock(&r->lock);
	all = malloc((r->n + known->n + 1) * sizeof(*all));
	if (!all)
		rc = kan_fail(err, KAN_ENOMEM, "out of memory for unreadable ranges");
	for (size_t i = 0; all && i < r->n; i++)
		all[n++] = r->list[i];
	for (size_t i = 0; all && i < known->n; i++) {
		const struct kan_finding *f = &known->list[i];

		/* Behind the last block there are no media. */
		if (f->kind != KAN_FINDING_UNREADABLE || f->offset >= r->next)
			continue;
		all[n++] = (struct kan_record_range){ f->offset, f->length < r->next - f->offset
			                                                 ? f->length
			                                                 : r->next - f->offset };
	}
	if (n > r->n) {
		qsort(all, n, sizeof(*all), by_offset);
		r->n = 0;
		r->bytes = 0;
		for (size_t i = 0; rc == KAN_OK && i < n; i++)
			rc = add(r, all[i].offset, all[i].offset + all[i].length, err);
	}
	pthread_mutex_unlock(&r->lock);
	free(all);
	return rc;
}

uint64_t kan_ranges_bytes(struct kan_ranges *r)
{
	uint64_t bytes;

	pthread_mutex_lock(&r->lock);
	bytes = r->bytes;
	pthread_mutex_unlock(&r->lock);
	return bytes;
}

int kan_ranges_below(struct kan_record_range **out, size_t *n, struct kan_ranges *r, uint64_t end,
                     struct kan_err *err)
{
	struct kan_record_range *copy;
	size_t count = 0;

	pthread_mutex_lock(&r->lock);
	while (count < r->n && r->list[count].offset < end)
		count++;
	copy = malloc((count > 0 ? count : 1) * sizeof(*copy));
	if (copy && count > 0) {
		memcpy(copy, r->list, count * sizeof(*copy));
		if (end - copy[count - 1].offset < copy[count - 1].length)
			copy[count - 1].length = end - copy[count - 1].offset;
	}
	pthread_mutex_unlock(&r->lock);
	if (!copy)
		return kan_fail(err, KAN_ENOMEM, "out of memory for unreadable ranges");
	*out = copy;
	*n = count;
	return KAN_OK;
}
