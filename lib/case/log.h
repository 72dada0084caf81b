/* SPDX-License-Identifier: MIT */
/*
 * log.h - case.jsonl: the chain read, checked and continued
 */
#ifndef KAN_CASE_LOG_H
#define KAN_CASE_LOG_H

#include "case/logline.h"
#include "kanshiki/finding.h"

#define KAN_CASE_LOG "case.jsonl"

/** The digest that the first line gives for the line before it. */
#define KAN_CASE_GENESIS "0000000000000000000000000000000000000000000000000000000000000000"

/** Where a log stands. */
struct kan_log_state {
	uint64_t nlines;           /* whole lines */
	uint64_t seq;              /* of the last one that could be read */
	int64_t time_ns;           /* of the last one that could be read */
	uint64_t end;              /* byte offset behind the last whole line */
	uint64_t torn;             /* bytes behind that */
	bool complete;             /* "case.complete" after the last start */
	char head[KAN_SHA256_HEX]; /* digest of the last whole line */
};

/** Read the log @fd from its start.  Damage goes to @findings (may be NULL). */
KAN_MUST_CHECK int kan_log_read(struct kan_log_state *out, int fd, struct kan_findings *findings,
                                struct kan_err *err);

/** What a line with @event means for the state. */
void kan_log_note_event(struct kan_log_state *s, const char *event);

/** A log open for writing, locked against other processes. */
struct kan_log {
	int fd;      /* -1: not open */
	bool failed; /* an append failed: nothing more is written */
	struct kan_log_state state;
	char *host; /* printable text */
	char *user;
};

/**
 * Open and lock the log @name in the folder @dirfd, made if it is not there, and
 * read it.  KAN_EFORMAT if it is damaged other than by a torn last line; KAN_EEXIST
 * if another process has it open, or if it is something else.
 */
KAN_MUST_CHECK int kan_log_open(struct kan_log *log, int dirfd, const char *name,
                                struct kan_err *err);

/** Put a record of a torn last line, if there is one, in its place. */
KAN_MUST_CHECK int kan_log_repair(struct kan_log *log, int dirfd, const char *name,
                                  struct kan_err *err);

/** Append a line and sync; only after kan_log_repair(). */
KAN_MUST_CHECK int kan_log_append(struct kan_log *log, const char *event,
                                  const struct kan_case_field *fields, size_t n,
                                  struct kan_err *err);

/** Release what @log holds; @log may be all zero but for fd = -1. */
void kan_log_done(struct kan_log *log);

#endif
