/* SPDX-License-Identifier: MIT */
/*
 * event.h - one thing that happened at one time, and the sorted timeline of all
 */
#ifndef KAN_EVENT_H
#define KAN_EVENT_H

#include "kanshiki/file.h"

#include <stdbool.h>

KAN_BEGIN_DECLS

struct kan_event {
	int64_t time_ns;     /* UTC nanoseconds since 1970-01-01; never KAN_NO_TIME */
	uint32_t unit_ns;    /* resolution of the source; KAN_UNIT_DAY for a bare date */
	bool local;          /* the source keeps local time of an unknown zone (FAT): the time
	                        is shown as stored, without a zone, and never converted */
	const char *source;  /* "ntfs:si", "ntfs:fn", "ext4", "fat16" */
	const char *meaning; /* "modified", "accessed", "changed", "created", ... */
	uint32_t evidence;   /* number of the evidence item, from 1 */
	uint32_t fs;         /* number of the file system, from 1 */
	uint64_t addr;       /* metadata address */
	uint64_t seq;
	uint32_t attr_type;
	uint32_t attr_id;
	uint32_t flags; /* of the file: enum kan_file_flags */
	enum kan_file_type type;
	uint32_t mode;
	uint32_t uid;
	uint32_t gid;
	uint64_t size;
	const char *path; /* as in struct kan_file, with ":stream" where there is one */
	uint32_t count;   /* equal events merged into this one, at least 1 */
};

/**
 * Order of the timeline: time, source, evidence, fs, path, meaning, addr, rest;
 * strings by their bytes.  Everything but the count takes part, so events that
 * compare equal differ in nothing.
 */
KAN_API int kan_event_compare(const struct kan_event *a, const struct kan_event *b);

typedef int kan_event_fn(void *arg, const struct kan_event *ev, struct kan_err *err);

/** True if the times of @file are local times of an unknown zone: FAT and exFAT. */
KAN_API bool kan_file_is_local(const struct kan_file *file);

/**
 * The events of one file record on a file system called @fs_type: one for each
 * time that is set.  The source is @fs_type; on NTFS it is "ntfs:si" and, for the
 * times of $FILE_NAME (a record with KAN_FILE_FN_TIMES and without
 * KAN_FILE_NEXT_STREAM), "ntfs:fn"; those belong to the name and not to the stream:
 * attr_type is 48 and the path has no stream.
 */
KAN_API KAN_MUST_CHECK int kan_events_of_file(const struct kan_file *file, const char *fs_type,
                                              kan_event_fn *fn, void *arg, struct kan_err *err);

/** A timeline being sorted with a fixed amount of memory (external merge). */
struct kan_timeline;

struct kan_timeline_opts {
	size_t memory;       /* bytes before a run goes to disk; 0: 64 MiB */
	const char *tmp_dir; /* for runs; NULL: the system's */
	int64_t since_ns;    /* events before are left out; one whose unit reaches beyond
	                        (a bare date, the two seconds of FAT) is not before */
	int64_t until_ns;    /* events at or after are left out */
	bool has_since;
	bool has_until;
};

KAN_API KAN_MUST_CHECK int kan_timeline_new(struct kan_timeline **out,
                                            const struct kan_timeline_opts *opts,
                                            struct kan_err *err);

/** Add a copy of @ev.  Usable as a kan_event_fn with the timeline as @arg. */
KAN_API KAN_MUST_CHECK int kan_timeline_add(void *timeline, const struct kan_event *ev,
                                            struct kan_err *err);

/**
 * Give all events in order; equal ones are merged and their counts added.  The
 * event and its strings are valid during the call.  Once.
 */
KAN_API KAN_MUST_CHECK int kan_timeline_each(struct kan_timeline *t, kan_event_fn *fn, void *arg,
                                             struct kan_err *err);

KAN_API void kan_timeline_free(struct kan_timeline *t);

KAN_END_DECLS

#endif
