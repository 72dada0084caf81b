/* SPDX-License-Identifier: MIT */
/*
 * case.c - a case: its folder, its log and its store in step
 *
 * Order is what keeps a case honest.  The log is locked and read before anything
 * is touched; what a run before this one left is named in the log before it is
 * removed; every file is synced under its final name before the log says, with
 * its digest, that the case is complete.  A run that ends anywhere before that
 * line leaves a case that is visibly interrupted.
 */
#include "kanshiki/case.h"

#include "case/drops.h"
#include "case/export.h"
#include "case/folder.h"
#include "case/log.h"
#include "case/store.h"
#include "kanshiki/version.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

static const char store_part[] = KAN_CASE_STORE ".part";

struct kan_case {
	struct kan_folder folder;
	struct kan_log log;
	struct kan_store store;
	bool ours; /* made by kan_case_create(): the log is locked and open for writing */
	enum kan_case_state state;
};

KAN_DEFINE_DROP(case, struct kan_case *, kan_case_close)

static struct kan_case *new_case(struct kan_err *err)
{
	struct kan_case *c = calloc(1, sizeof(*c));

	if (!c) {
		(void)kan_fail(err, KAN_ENOMEM, "out of memory for a case");
		return NULL;
	}
	c->folder.fd = -1;
	c->log.fd = -1;
	c->state = KAN_CASE_INTERRUPTED;
	return c;
}

/* "FOLDER/NAME" as SQLite wants it. */
static int store_path(const struct kan_case *c, struct kan_buf *out, const char *name,
                      struct kan_err *err)
{
	kan_buf_printf(out, "%s/%s", c->folder.real, name);
	return kan_buf_check(out, err);
}

static int make_store(struct kan_case *c, struct kan_err *err)
{
	KAN_AUTO(buf) struct kan_buf path = { 0 };
	KAN_AUTO(fd)
	int fd = openat(c->folder.fd, store_part, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
	int rc = store_path(c, &path, store_part, err);

	if (fd < 0)
		return kan_fail(err, KAN_EIO, "%s/%s", c->folder.path, store_part);
	return rc == KAN_OK ? kan_store_create(&c->store, path.data, err) : rc;
}

/* Say in the log that a run begins, and what of an earlier one is removed. */
static int begin_run(struct kan_case *c, struct kan_err *err)
{
	KAN_AUTO(buf) struct kan_buf names = { 0 };
	bool first = c->log.state.nlines == 0;
	int rc = kan_folder_list(&c->folder, &names, err);

	if (rc == KAN_OK)
		rc = kan_log_repair(&c->log, c->folder.fd, KAN_CASE_LOG, err);
	if (rc == KAN_OK)
		rc = kan_log_append(
			&c->log, first ? "case.created" : "run.restarted",
			(struct kan_case_field[]){ { "tool", "kanshiki " KAN_VERSION },
		                                   { "removed", names.data ? names.data : "" } },
			first ? 1 : 2, err);
	if (rc == KAN_OK)
		rc = kan_folder_sync(&c->folder, err);
	return rc == KAN_OK ? kan_folder_clear(&c->folder, err) : rc;
}

/* True if the folder has a log already. */
static int has_log(const struct kan_case *c, bool *out, struct kan_err *err)
{
	*out = faccessat(c->folder.fd, KAN_CASE_LOG, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
	if (!*out && errno != ENOENT)
		return kan_fail(err, KAN_EIO, "%s/" KAN_CASE_LOG, c->folder.path);
	return KAN_OK;
}

static int enter(struct kan_case *c, const char *path, struct kan_err *err)
{
	bool known = false;
	int rc = kan_folder_open(&c->folder, path, true, err);

	if (rc == KAN_OK)
		rc = has_log(c, &known, err);
	if (rc == KAN_OK && !known)
		rc = kan_folder_check(&c->folder, true, err);
	if (rc != KAN_OK)
		return rc;
	rc = kan_log_open(&c->log, c->folder.fd, KAN_CASE_LOG, err);
	if (rc != KAN_OK)
		return kan_fail_in(err, rc, "%s/" KAN_CASE_LOG, path);
	if (c->log.state.complete)
		return kan_fail(err, KAN_EEXIST, "%s: holds a complete case", path);
	/* Before its first line a case has no files. */
	return kan_folder_check(&c->folder, c->log.state.nlines == 0, err);
}

int kan_case_create(struct kan_case **out, const char *path, struct kan_err *err)
{
	KAN_AUTO(case) struct kan_case *c = new_case(err);
	int rc;

	if (!c)
		return KAN_ENOMEM;
	rc = enter(c, path, err);
	if (rc == KAN_OK)
		rc = begin_run(c, err);
	if (rc != KAN_OK)
		return rc;
	c->ours = true;
	rc = make_store(c, err);
	if (rc == KAN_OK)
		*out = KAN_STEAL(c);
	return rc;
}

int kan_case_open(struct kan_case **out, const char *path, struct kan_err *err)
{
	KAN_AUTO(case) struct kan_case *c = new_case(err);
	struct kan_log_state state;
	KAN_AUTO(fd) int fd = -1;
	int rc;

	if (!c)
		return KAN_ENOMEM;
	rc = kan_folder_open(&c->folder, path, false, err);
	if (rc != KAN_OK)
		return rc;
	fd = openat(c->folder.fd, KAN_CASE_LOG, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	if (fd < 0)
		return kan_fail(err, errno == ENOENT ? KAN_EFORMAT : KAN_EIO,
		                "%s: not a case: no " KAN_CASE_LOG, path);
	rc = kan_log_read(&state, fd, NULL, err);
	if (rc != KAN_OK)
		return kan_fail_in(err, rc, "%s/" KAN_CASE_LOG, path);
	c->state = state.complete ? KAN_CASE_COMPLETE : KAN_CASE_INTERRUPTED;
	*out = KAN_STEAL(c);
	return KAN_OK;
}

enum kan_case_state kan_case_state(const struct kan_case *c)
{
	return c->state;
}

const char *kan_case_path(const struct kan_case *c)
{
	return c->folder.path;
}

/* For calls that change the case. */
static int check_writing(const struct kan_case *c, struct kan_err *err)
{
	return c->ours ? KAN_OK
	               : kan_fail(err, KAN_EARG, "%s: not open for writing", c->folder.path);
}

/* For calls that change what a complete case consists of. */
static int check_adding(const struct kan_case *c, struct kan_err *err)
{
	int rc = check_writing(c, err);

	if (rc == KAN_OK && c->state == KAN_CASE_COMPLETE)
		return kan_fail(err, KAN_EARG, "%s: the case is complete", c->folder.path);
	return rc;
}

int kan_case_log(struct kan_case *c, const char *what, const struct kan_case_field *fields,
                 size_t n, struct kan_err *err)
{
	int rc = check_writing(c, err);

	if (rc != KAN_OK)
		return rc;
	/* These say what the state of a case is; they are not for others to write. */
	if (strncmp(what, "case.", 5) == 0 || strncmp(what, "log.", 4) == 0)
		return kan_fail(err, KAN_EARG, "log: event of the case itself: %.80s", what);
	rc = kan_log_append(&c->log, what, fields, n, err);
	return rc == KAN_OK ? rc : kan_fail_in(err, rc, "%s/" KAN_CASE_LOG, c->folder.path);
}

int kan_case_file_open(struct kan_case_file **out, struct kan_case *c, const char *name,
                       struct kan_err *err)
{
	int rc = check_writing(c, err);

	return rc == KAN_OK ? kan_folder_file(out, &c->folder, name, err) : rc;
}

int kan_case_write(struct kan_case *c, const char *name, const void *data, size_t len,
                   struct kan_err *err)
{
	KAN_AUTO(case_file) struct kan_case_file *f = NULL;
	int rc = kan_case_file_open(&f, c, name, err);

	if (rc == KAN_OK)
		rc = kan_case_file_add(f, data, len, err);
	return rc == KAN_OK ? kan_case_file_commit(f, err) : rc;
}

/* The store for reading: the one being written, or the finished one. */
static int need_store(struct kan_case *c, struct kan_err *err)
{
	KAN_AUTO(buf) struct kan_buf path = { 0 };
	int rc;

	if (c->store.db)
		return KAN_OK;
	if (c->state != KAN_CASE_COMPLETE)
		return kan_fail(err, KAN_EFORMAT, "%s: the case is not complete: it has no store",
		                c->folder.path);
	rc = store_path(c, &path, KAN_CASE_STORE, err);
	if (rc == KAN_OK)
		rc = kan_store_open(&c->store, path.data, err);
	if (rc != KAN_OK)
		kan_store_done(&c->store);
	return rc;
}

int kan_case_add_evidence(struct kan_case *c, const struct kan_evidence *ev, struct kan_err *err)
{
	int rc = check_adding(c, err);

	return rc == KAN_OK ? kan_store_add_evidence(&c->store, ev, err) : rc;
}

int kan_case_add_file(struct kan_case *c, const struct kan_file *file, struct kan_err *err)
{
	int rc = check_adding(c, err);

	return rc == KAN_OK ? kan_store_add_file(&c->store, file, err) : rc;
}

int kan_case_add_event(struct kan_case *c, const struct kan_event *ev, struct kan_err *err)
{
	int rc = check_adding(c, err);

	return rc == KAN_OK ? kan_store_add_event(&c->store, ev, err) : rc;
}

int kan_case_add_findings(struct kan_case *c, uint32_t evidence, const char *stage,
                          const struct kan_findings *findings, struct kan_err *err)
{
	int rc = check_adding(c, err);

	return rc == KAN_OK ? kan_store_add_findings(&c->store, evidence, stage, findings, err)
	                    : rc;
}

int kan_case_add_coverage(struct kan_case *c, const struct kan_coverage *row, struct kan_err *err)
{
	int rc = check_adding(c, err);

	return rc == KAN_OK ? kan_store_add_coverage(&c->store, row, err) : rc;
}

int kan_case_each_file(struct kan_case *c, kan_file_fn *fn, void *arg, struct kan_err *err)
{
	int rc = need_store(c, err);

	return rc == KAN_OK ? kan_store_each_file(&c->store, fn, arg, err) : rc;
}

int kan_case_each_event(struct kan_case *c, kan_event_fn *fn, void *arg, struct kan_err *err)
{
	int rc = need_store(c, err);

	return rc == KAN_OK ? kan_store_each_event(&c->store, fn, arg, err) : rc;
}

int kan_case_query(struct kan_case *c, const char *sql, kan_row_fn *fn, void *arg,
                   struct kan_err *err)
{
	int rc = need_store(c, err);

	return rc == KAN_OK ? kan_store_query(&c->store, sql, fn, arg, err) : rc;
}

int kan_case_hashes(struct kan_case *c, struct kan_hash_set *out, struct kan_err *err)
{
	int rc = need_store(c, err);

	return rc == KAN_OK ? kan_store_hashes(&c->store, out, err) : rc;
}

/* The digest of the file @fd from its start. */
static int digest_file(char *hex, int fd, struct kan_err *err)
{
	KAN_AUTO(sha256) struct kan_sha256 sha = { 0 };
	KAN_AUTO(mem) char *piece = malloc(1 << 20);
	int rc = piece ? kan_sha256_open(&sha, err)
	               : kan_fail(err, KAN_ENOMEM, "out of memory for a digest");

	while (rc == KAN_OK) {
		ssize_t n = read(fd, piece, 1 << 20);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return kan_fail(err, KAN_EIO, KAN_CASE_STORE);
		if (n == 0)
			return kan_sha256_finish(&sha, hex, err);
		rc = kan_sha256_add(&sha, piece, (size_t)n, err);
	}
	return rc;
}

static int settle_store(struct kan_case *c, struct kan_err *err)
{
	KAN_AUTO(fd) int fd = -1;
	char hex[KAN_SHA256_HEX];
	int rc = kan_store_commit(&c->store, err);

	if (rc != KAN_OK)
		return rc;
	kan_store_done(&c->store);
	fd = openat(c->folder.fd, store_part, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0 || fsync(fd) != 0)
		return kan_fail(err, KAN_EIO, "%s/%s: cannot sync", c->folder.path, store_part);
	rc = digest_file(hex, fd, err);
	return rc == KAN_OK ? kan_folder_commit(&c->folder, store_part, KAN_CASE_STORE, hex, err)
	                    : rc;
}

static int log_complete(struct kan_case *c, bool problem, struct kan_err *err)
{
	struct kan_case_field fields[KAN_CASE_NFILES + 1] = {
		{ "problem", problem ? "true" : "false" },
	};
	char keys[KAN_CASE_NFILES][KAN_CASE_NAME_MAX];
	size_t n = 1;

	for (size_t i = 0; i < KAN_CASE_NFILES; i++) {
		if (!c->folder.files[i].written)
			continue;
		snprintf(keys[i], sizeof(keys[i]), "sha256:%s", kan_case_files[i].name);
		fields[n++] = (struct kan_case_field){ keys[i], c->folder.files[i].hex };
	}
	return kan_log_append(&c->log, "case.complete", fields, n, err);
}

int kan_case_finish(struct kan_case *c, bool problem, struct kan_err *err)
{
	int rc = check_adding(c, err);

	if (rc == KAN_OK)
		rc = kan_export_evidence(&c->store, &c->folder, err);
	if (rc == KAN_OK)
		rc = kan_export_coverage(&c->store, &c->folder, err);
	if (rc == KAN_OK)
		rc = settle_store(c, err);
	if (rc == KAN_OK)
		rc = log_complete(c, problem, err);
	if (rc != KAN_OK)
		return rc;
	c->state = KAN_CASE_COMPLETE;
	c->folder.log = &c->log;
	return KAN_OK;
}

void kan_case_close(struct kan_case *c)
{
	if (!c)
		return;
	kan_store_done(&c->store);
	if (c->ours &&
	    c->state != KAN_CASE_COMPLETE) /* a rest that stays is removed by the next run */
		(void)unlinkat(c->folder.fd, store_part, 0);
	kan_log_done(&c->log);
	kan_folder_done(&c->folder);
	free(c);
}
