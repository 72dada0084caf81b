/* SPDX-License-Identifier: MIT */
/*
 * record.c - the record of an acquisition in memory
 */
#include "kanshiki/record.h"

#include "record/form.h"

#include <stdlib.h>
#include <string.h>

int kan_record_value(struct kan_record_values *v, const char *name, const char *value,
                     struct kan_err *err)
{
	struct kan_header_value *list;

	if (!value)
		return KAN_OK;
	if (!kan_record_is_word(name))
		return kan_fail(err, KAN_EARG, "record: no name of a value: %.80s", name);
	for (size_t i = 0; i < v->n; i++)
		if (strcmp(v->list[i].name, name) == 0)
			return kan_fail(err, KAN_EARG, "record: value twice: %s", name);
	if (v->n == KAN_RECORD_VALUES_MAX)
		return kan_fail(err, KAN_ELIMIT, "record: more than %u values",
		                KAN_RECORD_VALUES_MAX);
	if (strlen(value) > KAN_RECORD_TEXT_MAX)
		return kan_fail(err, KAN_ELIMIT, "record: %s is longer than %u bytes", name,
		                KAN_RECORD_TEXT_MAX);
	list = kan_record_room(v->list, v->n, sizeof(*list));
	if (!list)
		return kan_fail(err, KAN_ENOMEM, "out of memory for a record");
	v->list = list;
	list[v->n].name = strdup(name);
	list[v->n].value = strdup(value);
	if (!list[v->n].name || !list[v->n].value) {
		free(list[v->n].name);
		free(list[v->n].value);
		return kan_fail(err, KAN_ENOMEM, "out of memory for a record");
	}
	v->n++;
	return KAN_OK;
}

static void drop_values(struct kan_record_values *v)
{
	for (size_t i = 0; i < v->n; i++) {
		free(v->list[i].name);
		free(v->list[i].value);
	}
	free(v->list);
}

void kan_record_done(struct kan_record *r)
{
	free(r->tool);
	drop_values(&r->people);
	drop_values(&r->source);
	drop_values(&r->settings);
	drop_values(&r->times);
	free(r->digests);
	free(r->reread);
	free(r->unreadable);
	for (size_t i = 0; i < r->nsegments; i++)
		free(r->segments[i].name);
	free(r->segments);
	*r = (struct kan_record){ 0 };
}
