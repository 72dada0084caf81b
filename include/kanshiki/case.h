/* SPDX-License-Identifier: MIT */
/*
 * case.h - the case directory: log, evidence, store
 *
 *   case.jsonl     append-only log; each line holds the sha256 of the line before
 *   evidence.json  what was examined: segments, sizes, hashes, layout
 *   case.db        SQLite: the one store that all views read
 *
 * Clock time, host and user stand only in case.jsonl, so that two runs over the
 * same evidence can be compared with diff.  A new case is made under its final
 * name and is *open* until its log says it is complete: a run that was
 * interrupted is visible as such, and can be run again over the same evidence.
 * A complete case is never overwritten; only views made from it (report.html,
 * ...) may be added, and each is a line of the log.
 *
 * Forms: docs/formats/case-log.md, evidence-json.md and case-db.md.
 */
#ifndef KAN_CASE_H
#define KAN_CASE_H

#include "kanshiki/event.h"
#include "kanshiki/fs.h"
#include "kanshiki/verify.h"

KAN_BEGIN_DECLS

struct kan_case;

enum kan_case_state {
	KAN_CASE_COMPLETE,
	KAN_CASE_INTERRUPTED, /* the last run did not come to its end */
};

/**
 * Make @path (a new or empty folder) a case, or start an interrupted one again:
 * its log goes on ("run.restarted", with the names of what is removed), a torn
 * last line of the log is replaced by a record of it, its data files are made
 * anew.  KAN_EEXIST if @path holds a complete case or anything that is no file
 * of a case (which is named), or if another process is working on it; KAN_EFORMAT
 * if its log is damaged.  The lock is on case.jsonl and lasts until
 * kan_case_close().  On success *@out is owned by the caller.
 */
KAN_API KAN_MUST_CHECK int kan_case_create(struct kan_case **out, const char *path,
                                           struct kan_err *err);

/**
 * Open a case for reading.  KAN_EFORMAT if @path is none.  A damaged log does not
 * keep a case from being opened: kan_case_log_check() tells.  An interrupted case
 * has no store; what reads it fails with KAN_EFORMAT.
 */
KAN_API KAN_MUST_CHECK int kan_case_open(struct kan_case **out, const char *path,
                                         struct kan_err *err);

KAN_API enum kan_case_state kan_case_state(const struct kan_case *c);

/** Path of the folder; belongs to @c. */
KAN_API const char *kan_case_path(const struct kan_case *c);

/**
 * One key and its value for the log.  The key is made of letters, digits and
 * "_.:-" and is not "seq", "time", "host", "user", "event" or "prev".  The value is
 * any bytes; it is written as printable text.
 */
struct kan_case_field {
	const char *key;
	const char *value;
};

/**
 * Append a line to case.jsonl: sequence number, time, host, user, @what and the
 * @n fields (at most 64), and the digest of the line before; synced before the
 * call returns.  KAN_EARG if a key is impossible or comes twice, or if @what is an
 * event of the case itself ("case.", "log."); KAN_ELIMIT for more than 1 MiB.
 */
KAN_API KAN_MUST_CHECK int kan_case_log(struct kan_case *c, const char *what,
                                        const struct kan_case_field *fields, size_t n,
                                        struct kan_err *err);

/**
 * Check the log file @path: every line canonical, numbered, and with the digest of
 * the line before.  Damage goes to @findings with its line number; *@nlines (may
 * be NULL) is the number of whole lines.  The chain alone cannot show a change in
 * the last line, nor that lines were cut off behind it: a note gives the digest of
 * that line, to be compared with a copy kept elsewhere.
 */
KAN_API KAN_MUST_CHECK int kan_case_log_check(const char *path, struct kan_findings *findings,
                                              uint64_t *nlines, struct kan_err *err);

/**
 * Write @len bytes as file @name of the case: temporary name, sync, rename.  A
 * full disk is an error and leaves nothing under the final name.  @name is one of
 * the fixed list of files of a case, else KAN_EARG: files.csv, timeline.csv,
 * coverage.csv, evidence.json; and the views, which may also be written after
 * kan_case_finish(), on the same object: report.html, report.pdf, report.json,
 * report.json.p7s, report.json.tsr, manifest.sha256.
 */
KAN_API KAN_MUST_CHECK int kan_case_write(struct kan_case *c, const char *name, const void *data,
                                          size_t len, struct kan_err *err);

/** The same for a file that is written piece by piece. */
struct kan_case_file;
KAN_API KAN_MUST_CHECK int kan_case_file_open(struct kan_case_file **out, struct kan_case *c,
                                              const char *name, struct kan_err *err);
KAN_API KAN_MUST_CHECK int kan_case_file_add(struct kan_case_file *f, const void *data, size_t len,
                                             struct kan_err *err);
KAN_API KAN_MUST_CHECK int kan_case_file_commit(struct kan_case_file *f, struct kan_err *err);
/** Release @f (may be NULL), before its case; without commit, nothing is left behind. */
KAN_API void kan_case_file_free(struct kan_case_file *f);

/* ---- the store: case.db ---------------------------------------------------- */

/** What is kept about one piece of evidence. */
struct kan_evidence {
	uint32_t number;                   /* from 1, in the order given */
	const char *name;                  /* file name of the first segment, without folder */
	const struct kan_image_info *info; /* segments, stored hashes, header values */
	const struct kan_verify_result *verified; /* NULL: not verified */
	const struct kan_layout *layout;          /* NULL: not looked at */
};

/**
 * Everything is added in one transaction, in the order of the calls; the same
 * calls give the same bytes of case.db.  Text is bytes of any origin and is stored
 * as printable text.  After a failure the case cannot be finished.
 */
KAN_API KAN_MUST_CHECK int kan_case_add_evidence(struct kan_case *c, const struct kan_evidence *ev,
                                                 struct kan_err *err);
KAN_API KAN_MUST_CHECK int kan_case_add_file(struct kan_case *c, const struct kan_file *file,
                                             struct kan_err *err);
KAN_API KAN_MUST_CHECK int kan_case_add_event(struct kan_case *c, const struct kan_event *ev,
                                              struct kan_err *err);

/**
 * Add findings of @stage ("image", "verify", "layout", "files", ...) on evidence
 * number @evidence; those that mean something was not examined also go to the
 * table `coverage`.
 */
KAN_API KAN_MUST_CHECK int kan_case_add_findings(struct kan_case *c, uint32_t evidence,
                                                 const char *stage,
                                                 const struct kan_findings *findings,
                                                 struct kan_err *err);

/** A row of `coverage`: what was examined, how much of it, and what was not. */
struct kan_coverage {
	uint32_t evidence;
	const char *stage;   /* "image", "layout", "files", ... */
	const char *subject; /* "media", "volume 2", "ntfs @ 65536", "/docs" */
	const char *status;  /* "complete", "partial", "none" */
	const char *reason;  /* name of the finding kind, or "" */
	const char *detail;  /* one line, or "" */
	uint64_t offset;     /* or KAN_NO_OFFSET */
	uint64_t length;
	uint64_t count; /* records examined */
};
KAN_API KAN_MUST_CHECK int kan_case_add_coverage(struct kan_case *c, const struct kan_coverage *row,
                                                 struct kan_err *err);

/**
 * Write evidence.json and coverage.csv from the store, commit it, and log the
 * digest of each file of the case.  files.csv and timeline.csv are written by the
 * caller before this, with kan_case_file_open(): their form belongs to a higher
 * layer.  @problem says whether the evidence has one (exit code 3).  The case is
 * complete after this, and can be read.
 */
KAN_API KAN_MUST_CHECK int kan_case_finish(struct kan_case *c, bool problem, struct kan_err *err);

/* ---- reading back ------------------------------------------------------------ */

/*
 * A case can be read when it is complete, and by its maker at any time.  What is
 * read may have been made by anybody: KAN_EFORMAT for what cannot be.
 */

/** Files in the order in which they were added; strings are valid during the call. */
KAN_API KAN_MUST_CHECK int kan_case_each_file(struct kan_case *c, kan_file_fn *fn, void *arg,
                                              struct kan_err *err);
/** Events in the order in which they were added. */
KAN_API KAN_MUST_CHECK int kan_case_each_event(struct kan_case *c, kan_event_fn *fn, void *arg,
                                               struct kan_err *err);

/** One row of a query; columns are UTF-8 text or NULL. */
typedef int kan_row_fn(void *arg, int ncolumns, const char *const *columns, struct kan_err *err);

/**
 * Run one SQL statement over the store; anything but reading is KAN_EARG.  Tables:
 * docs/formats/case-db.md.  While a case is being made, ask when all is added: the
 * first question makes the indices.
 */
KAN_API KAN_MUST_CHECK int kan_case_query(struct kan_case *c, const char *sql, kan_row_fn *fn,
                                          void *arg, struct kan_err *err);

/** The hashes that the files of the case carry; maybe none. */
KAN_API KAN_MUST_CHECK int kan_case_hashes(struct kan_case *c, struct kan_hash_set *out,
                                           struct kan_err *err);

/** Release @c (may be NULL).  A case that is not finished stays interrupted. */
KAN_API void kan_case_close(struct kan_case *c);

KAN_END_DECLS

#endif
