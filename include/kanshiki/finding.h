/* SPDX-License-Identifier: MIT */
/*
 * finding.h - what is wrong with the evidence, kept beside what was read from it
 *
 * Damage never stops a reader and is never silent: whoever meets it adds a
 * finding with the range that it touches and goes on.  A set of findings is
 * what becomes the tables `finding` and `coverage` of a case and exit code 3.
 */
#ifndef KAN_FINDING_H
#define KAN_FINDING_H

#include "kanshiki/err.h"

#include <stdbool.h>
#include <stddef.h>

KAN_BEGIN_DECLS

/** What kind of thing was found.  The numbers are internal, the names are not. */
enum kan_finding_kind {
	KAN_FINDING_UNREADABLE,      /* the medium or file gave a read error */
	KAN_FINDING_CHECKSUM,        /* a stored checksum does not fit the bytes */
	KAN_FINDING_STRUCTURE,       /* the container contradicts itself */
	KAN_FINDING_MISSING_SEGMENT, /* a segment file is absent */
	KAN_FINDING_TRUNCATED,       /* data ends before its own headers say */
	KAN_FINDING_HASH_MISMATCH,   /* stored and computed digests differ */
	KAN_FINDING_HASH_ABSENT,     /* the image carries no digest (not a problem) */
	KAN_FINDING_RECORD,          /* not as the record of the acquisition says */
	KAN_FINDING_CROSS,           /* two readers of the container give different bytes */
	KAN_FINDING_ENCRYPTED,       /* recognised as encrypted, not opened */
	KAN_FINDING_UNSUPPORTED,     /* recognised, cannot be read yet */
	KAN_FINDING_UNPARSED,        /* a parser gave up with a message */
	KAN_FINDING_CRASHED,         /* a parser died of a signal */
	KAN_FINDING_TIMEOUT,         /* a parser ran out of its time */
	KAN_FINDING_MEMORY,          /* a parser ran out of its memory */
	KAN_FINDING_LIMIT,           /* a limit of this program was met */
	KAN_FINDING_NOTE,            /* worth knowing, nothing is wrong */
	KAN_FINDING_NKINDS
};

/** One finding.  Strings belong to the set that holds it. */
struct kan_finding {
	enum kan_finding_kind kind;
	uint64_t offset;     /* in bytes, in the media of the image; or KAN_NO_OFFSET */
	uint64_t length;     /* in bytes; 0 if there is no range */
	const char *subject; /* the thing: "case.E02", "volume 2", "/docs/a.txt" */
	const char *detail;  /* what is wrong with it, one line, English, no full stop */
};

/** A growing set.  All zero is an empty set.  Transparent for reading only. */
struct kan_findings {
	struct kan_finding *list;
	size_t n;
	size_t room;
	uint64_t dropped; /* findings past KAN_FINDINGS_MAX; only counted */
};

/** Findings kept in one set; hostile evidence could produce them without end. */
#define KAN_FINDINGS_MAX 200000u

/** Stable lower-case name of @kind, such as "missing-segment". */
KAN_API const char *kan_finding_name(enum kan_finding_kind kind);

/** True if the finding means exit code 3: the evidence has a problem. */
KAN_API bool kan_finding_is_problem(enum kan_finding_kind kind);

/** True if the finding means that bytes or records were not examined. */
KAN_API bool kan_finding_is_gap(enum kan_finding_kind kind);

/**
 * Add a finding; @subject and the formatted detail are copied.  A range that
 * continues the last finding with equal kind, subject and detail extends it.
 * @set may be NULL (nothing happens).  Out of memory is counted in `dropped`,
 * so that a finding is never lost without a trace.
 */
KAN_API void kan_findings_add(struct kan_findings *set, enum kan_finding_kind kind, uint64_t offset,
                              uint64_t length, const char *subject, const char *fmt, ...)
	KAN_PRINTF(6, 7);

/** Append copies of all of @from to @set (both may be NULL). */
KAN_API void kan_findings_merge(struct kan_findings *set, const struct kan_findings *from);

/** True if any finding of @set (may be NULL) is a problem, or some were dropped. */
KAN_API bool kan_findings_have_problem(const struct kan_findings *set);

/** Release what @set holds and make it empty; @set itself belongs to the caller. */
KAN_API void kan_findings_done(struct kan_findings *set);

KAN_END_DECLS

#endif
