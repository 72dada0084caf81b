/* SPDX-License-Identifier: MIT */
/*
 * folder.h - the folder of a case: which files may be in it, and how they get there
 *
 * The list of names is closed, so that a case that is made again removes its own
 * old files and nothing else.
 */
#ifndef KAN_CASE_FOLDER_H
#define KAN_CASE_FOLDER_H

#include "case/digest.h"
#include "case/log.h"
#include "core/cleanup.h"
#include "kanshiki/buf.h"
#include "kanshiki/case.h"

#define KAN_CASE_STORE    "case.db"
#define KAN_CASE_EVIDENCE "evidence.json"
#define KAN_CASE_COVERAGE "coverage.csv"

/** Files that may be in a case besides its log. */
#define KAN_CASE_NFILES 11u

struct kan_case_name {
	const char *name;
	bool view; /* made from the data, also when the case is complete */
};

extern const struct kan_case_name kan_case_files[KAN_CASE_NFILES];

/** Room for "." NAME ".part" and the NUL. */
#define KAN_CASE_NAME_MAX 64u

struct kan_folder {
	int fd;              /* of the folder; -1: not open */
	char *path;          /* as the caller gave it */
	char *real;          /* absolute, for SQLite, which opens by name */
	struct kan_log *log; /* not NULL: the case is complete, what is added goes to the log */
	/* Digests of the files written so far, in the order of kan_case_files. */
	struct {
		bool written;
		char hex[KAN_SHA256_HEX];
	} files[KAN_CASE_NFILES];
};

/** Open the folder @path; with @make it is made if it is not there. */
KAN_MUST_CHECK int kan_folder_open(struct kan_folder *f, const char *path, bool make,
                                   struct kan_err *err);

/** Release what @f holds; @f may be all zero but for fd = -1. */
void kan_folder_done(struct kan_folder *f);

/**
 * KAN_EEXIST, naming it, if the folder holds anything that is no file of a case.
 * With @empty, the log is the only name that may be there.
 */
KAN_MUST_CHECK int kan_folder_check(const struct kan_folder *f, bool empty, struct kan_err *err);

/** Append to @names, separated by commas, the files that a run before this one left. */
KAN_MUST_CHECK int kan_folder_list(const struct kan_folder *f, struct kan_buf *names,
                                   struct kan_err *err);

/** Remove them. */
KAN_MUST_CHECK int kan_folder_clear(const struct kan_folder *f, struct kan_err *err);

/** Sync the folder, so that its names survive a power loss. */
KAN_MUST_CHECK int kan_folder_sync(const struct kan_folder *f, struct kan_err *err);

/** Make @from the file @name of the case, which has digest @hex. */
KAN_MUST_CHECK int kan_folder_commit(struct kan_folder *f, const char *from, const char *name,
                                     const char *hex, struct kan_err *err);

/** A new file @name, in a complete case a view; see kan_case_file_open(). */
KAN_MUST_CHECK int kan_folder_file(struct kan_case_file **out, struct kan_folder *f,
                                   const char *name, struct kan_err *err);

KAN_DEFINE_DROP(case_file, struct kan_case_file *, kan_case_file_free)

#endif
