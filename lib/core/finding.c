/* SPDX-License-Identifier: MIT */
/*
 * finding.c - a growing set of findings that never loses one silently
 */
#include "kanshiki/finding.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct {
	const char *name;
	bool problem;
	bool gap;
} kinds[KAN_FINDING_NKINDS] = {
	[KAN_FINDING_UNREADABLE] = { "unreadable", true, true },
	[KAN_FINDING_CHECKSUM] = { "checksum", true, true },
	[KAN_FINDING_STRUCTURE] = { "structure", true, false },
	[KAN_FINDING_MISSING_SEGMENT] = { "missing-segment", true, true },
	[KAN_FINDING_TRUNCATED] = { "truncated", true, true },
	[KAN_FINDING_HASH_MISMATCH] = { "hash-mismatch", true, false },
	[KAN_FINDING_HASH_ABSENT] = { "hash-absent", false, false },
	[KAN_FINDING_RECORD] = { "record-mismatch", true, false },
	[KAN_FINDING_CROSS] = { "cross-mismatch", true, false },
	[KAN_FINDING_ENCRYPTED] = { "encrypted", true, true },
	[KAN_FINDING_UNSUPPORTED] = { "unsupported", true, true },
	[KAN_FINDING_UNPARSED] = { "unparsed", true, true },
	[KAN_FINDING_CRASHED] = { "crashed", true, true },
	[KAN_FINDING_TIMEOUT] = { "timeout", true, true },
	[KAN_FINDING_MEMORY] = { "memory", true, true },
	[KAN_FINDING_LIMIT] = { "limit", true, true },
	[KAN_FINDING_NOTE] = { "note", false, false },
};

const char *kan_finding_name(enum kan_finding_kind kind)
{
	return (unsigned)kind < KAN_FINDING_NKINDS ? kinds[kind].name : "unknown";
}

bool kan_finding_is_problem(enum kan_finding_kind kind)
{
	return (unsigned)kind < KAN_FINDING_NKINDS && kinds[kind].problem;
}

bool kan_finding_is_gap(enum kan_finding_kind kind)
{
	return (unsigned)kind < KAN_FINDING_NKINDS && kinds[kind].gap;
}

static bool make_room(struct kan_findings *set)
{
	size_t room = set->room ? set->room * 2 : 8;
	struct kan_finding *list;

	if (set->n >= KAN_FINDINGS_MAX)
		return false;
	if (set->n < set->room)
		return true;
	list = realloc(set->list, room * sizeof(*list));
	if (!list)
		return false;
	set->list = list;
	set->room = room;
	return true;
}

static bool continues(const struct kan_finding *last, const struct kan_finding *f)
{
	return last->kind == f->kind && f->offset != KAN_NO_OFFSET &&
	       last->offset != KAN_NO_OFFSET && last->length > 0 && f->length > 0 &&
	       f->offset > last->offset && f->offset - last->offset == last->length &&
	       f->length <= UINT64_MAX - last->length && strcmp(last->subject, f->subject) == 0 &&
	       strcmp(last->detail, f->detail) == 0;
}

/* Takes copies of the strings in @f. */
static void add(struct kan_findings *set, const struct kan_finding *f)
{
	char *subject, *detail;

	if (set->n > 0 && continues(&set->list[set->n - 1], f)) {
		set->list[set->n - 1].length += f->length;
		return;
	}
	subject = strdup(f->subject);
	detail = strdup(f->detail);
	if (!subject || !detail || !make_room(set)) {
		free(subject);
		free(detail);
		set->dropped++;
		return;
	}
	set->list[set->n] = *f;
	set->list[set->n].subject = subject;
	set->list[set->n].detail = detail;
	set->n++;
}

void kan_findings_add(struct kan_findings *set, enum kan_finding_kind kind, uint64_t offset,
                      uint64_t length, const char *subject, const char *fmt, ...)
{
	char detail[512];
	va_list ap;

	if (!set)
		return;
	va_start(ap, fmt);
	vsnprintf(detail, sizeof(detail), fmt, ap);
	va_end(ap);
	add(set, &(struct kan_finding){ kind, offset, length, subject, detail });
}

void kan_findings_merge(struct kan_findings *set, const struct kan_findings *from)
{
	if (!set || !from)
		return;
	for (size_t i = 0; i < from->n; i++)
		add(set, &from->list[i]);
	set->dropped += from->dropped;
}

bool kan_findings_have_problem(const struct kan_findings *set)
{
	if (!set)
		return false;
	for (size_t i = 0; i < set->n; i++)
		if (kan_finding_is_problem(set->list[i].kind))
			return true;
	return set->dropped > 0;
}

void kan_findings_done(struct kan_findings *set)
{
	for (size_t i = 0; i < set->n; i++) {
		free((void *)(uintptr_t)set->list[i].subject);
		free((void *)(uintptr_t)set->list[i].detail);
	}
	free(set->list);
	*set = (struct kan_findings){ 0 };
}
