/* SPDX-License-Identifier: MIT */
/*
 * walk.c - every name of every file system, in the parent
 *
 * A job is one directory.  The parent keeps the directories that are still to
 * do as a stack, deepest first, so that few of them wait at a time, and gives
 * the crew only as many as it can work on.  Rows go to the sorter as they come;
 * when a job is tried again its first rows are marked as void.  After the last
 * job the rows come out in order, the same for any number of workers.
 */
#include "core/cleanup.h"
#include "fs/crew.h"
#include "fs/digests.h"
#include "fs/dirs.h"
#include "fs/rows.h"

#include <string.h>

/* Deepest directory; deeper ones are made by loops that no address betrays. */
#define DEPTH_MAX 1024u

/* Jobs given to the crew for each worker: enough that none waits for the parent. */
static const size_t jobs_ahead = 4;

/* Directories of a file system for each of its metadata addresses, and at least. */
static const uint64_t dirs_per_addr = 4;
static const uint64_t dirs_least = 4096;
static const uint64_t dirs_most = 50000000;

/* A directory that the crew works on. */
struct dir_job {
	struct kan_dir *dir; /* NULL: free */
	struct kan_fs_try try;
	struct kan_dirs subdirs;
	struct kan_findings findings;
};

struct walk {
	const struct kan_layout *layout;
	const struct kan_fs_opts *opts;
	struct kan_crew *crew;
	struct kan_fs_rows rows;
	struct kan_fs_tries voided;
	struct kan_dirs todo;
	struct dir_job *jobs;
	size_t njobs;
	size_t busy;
	uint64_t next_tag;
	uint64_t *dirs; /* directories seen of each file system */
	uint64_t names;
	struct kan_findings findings;
	bool stopped;
};

static const char *shown(const char *path)
{
	return path[0] ? path : "/";
}

static struct dir_job *find_job(struct walk *w, uint64_t tag)
{
	for (size_t i = 0; i < w->njobs; i++)
		if (w->jobs[i].dir && w->jobs[i].try.tag == tag)
			return &w->jobs[i];
	return NULL;
}

static uint64_t dirs_limit(const struct kan_filesystem *fs)
{
	uint64_t n = fs->last_addr - fs->first_addr;

	if (n > dirs_most / dirs_per_addr)
		return dirs_most;
	return n * dirs_per_addr + dirs_least;
}

/* The directory of row @f, to be listed too. */
static int add_subdir(struct dir_job *job, const struct kan_file *f, struct kan_err *err)
{
	struct kan_dir *d;
	int rc;

	if (kan_dir_is_loop(job->dir, f->addr))
		return KAN_OK; /* as fls; the name itself is listed */
	if (job->dir->depth >= DEPTH_MAX) {
		kan_findings_add(&job->findings, KAN_FINDING_LIMIT, KAN_NO_OFFSET, 0, f->path,
		                 "deeper than %u directories, not entered", DEPTH_MAX);
		return KAN_OK;
	}
	d = kan_dir_new(job->dir, f->path, job->dir->system, f->addr);
	if (!d)
		return kan_fail(err, KAN_ENOMEM, "out of memory");
	if (f->meta_type == KAN_FILE_VIRTUAL_DIR)
		d->orphan = true;
	rc = kan_dirs_add(&job->subdirs, d, err);
	if (rc != KAN_OK)
		kan_dir_release(d);
	return rc;
}

/* "dir/name" into @out; false if that is too long. */
static bool join(struct kan_buf *out, const char *dir, const char *name)
{
	kan_buf_reset(out);
	kan_buf_puts(out, dir);
	kan_buf_putc(out, '/');
	kan_buf_puts(out, name);
	return out->len <= KAN_FS_PATH_MAX;
}

static int take_name(struct walk *w, struct dir_job *job, struct kan_wire *body,
                     struct kan_err *err)
{
	struct kan_file f = { .evidence = 1 };
	struct kan_buf path = { 0 };
	bool down = kan_wire_u8(body) != 0;
	const char *name = kan_wire_str(body);
	int rc;

	f.fs = w->layout->filesystems[job->dir->system].number;
	f.stream = kan_wire_str(body);
	kan_fs_get_file(body, &f);
	f.link = kan_wire_str(body);
	if (!kan_wire_end(body))
		return kan_fail(err, KAN_EWORKER, "a worker answered nonsense");
	if (job->dir->orphan)
		f.flags |= KAN_FILE_ORPHAN;
	if (!join(&path, job->dir->path, name) || strlen(f.stream) > KAN_FS_TEXT_MAX ||
	    strlen(f.link) > KAN_FS_TEXT_MAX) {
		kan_findings_add(&job->findings, KAN_FINDING_LIMIT, KAN_NO_OFFSET, 0,
		                 shown(job->dir->path),
		                 "an entry (address %llu) with a name of more "
		                 "than %u bytes is left out",
		                 (unsigned long long)f.addr, KAN_FS_PATH_MAX);
		kan_buf_done(&path);
		return KAN_OK;
	}
	rc = kan_buf_check(&path, err);
	f.path = path.data;
	if (rc == KAN_OK)
		rc = kan_fs_rows_add(&w->rows, &f, job->try, err);
	if (rc == KAN_OK && down)
		rc = add_subdir(job, &f, err);
	kan_buf_done(&path);
	w->names++;
	return rc;
}

/* Findings of a worker name an entry, or nothing: put the directory before it. */
static int take_finding(struct dir_job *job, struct kan_wire *body, struct kan_err *err)
{
	struct kan_findings one = { 0 };
	struct kan_buf path = { 0 };
	const struct kan_finding *f;
	int rc = kan_fs_take_finding(body, &one, err);

	if (rc != KAN_OK || one.n == 0) {
		kan_findings_done(&one);
		return rc;
	}
	f = &one.list[0];
	if (f->kind == KAN_FINDING_UNREADABLE) {
		kan_findings_merge(&job->findings, &one);
	} else {
		if (f->subject[0])
			(void)join(&path, job->dir->path, f->subject);
		kan_findings_add(&job->findings, f->kind, f->offset, f->length,
		                 f->subject[0] && path.data ? path.data : shown(job->dir->path),
		                 "%s", f->detail);
	}
	kan_findings_done(&one);
	kan_buf_done(&path);
	return KAN_OK;
}

struct frame {
	struct walk *walk;
	struct dir_job *job;
};

static int take_rec(void *arg, enum kan_fs_rec kind, struct kan_wire *body, struct kan_err *err)
{
	struct frame *fr = arg;

	if (kind == KAN_FS_REC_NAME)
		return take_name(fr->walk, fr->job, body, err);
	if (kind == KAN_FS_REC_FINDING)
		return take_finding(fr->job, body, err);
	return kan_fail(err, KAN_EWORKER, "a worker answered nonsense");
}

static int on_record(void *arg, uint64_t tag, struct kan_bytes rec, struct kan_err *err)
{
	struct walk *w = arg;
	struct frame fr = { w, find_job(w, tag) };

	if (!fr.job)
		return kan_fail(err, KAN_EWORKER, "an answer to a question that nobody asked");
	return kan_fs_each_rec(rec, take_rec, &fr, err);
}

static void on_retry(void *arg, uint64_t tag)
{
	struct walk *w = arg;
	struct dir_job *job = find_job(w, tag);

	if (!job)
		return;
	if (kan_fs_tries_add(&w->voided, job->try, NULL) != KAN_OK)
		w->stopped = true; /* told at the end: rows could come out twice */
	job->try.attempt++;
	kan_dirs_done(&job->subdirs);
	kan_findings_done(&job->findings);
}

/* Give the directory @d to the crew. */
static int submit(struct walk *w, struct dir_job *job, struct kan_dir *d, struct kan_err *err)
{
	struct kan_fs_ref ref = kan_fs_ref_of(&w->layout->filesystems[d->system]);
	struct kan_buf req = { 0 };
	int rc;

	job->dir = d;
	job->try = (struct kan_fs_try){ .tag = w->next_tag++ };
	w->busy++;
	kan_wire_put_u8(&req, KAN_FS_OP_LIST);
	kan_fs_put_ref(&req, &ref);
	kan_wire_put_u64(&req, d->addr);
	kan_wire_put_u64(&req, d->up ? d->up->addr : d->addr);
	rc = kan_buf_check(&req, err);
	if (rc == KAN_OK)
		rc = kan_crew_submit(w->crew, job->try.tag, req.data, req.len, err);
	kan_buf_done(&req);
	return rc;
}

static int submit_some(struct walk *w, struct kan_err *err)
{
	for (size_t i = 0; i < w->njobs && w->todo.n > 0; i++) {
		int rc;

		if (w->jobs[i].dir)
			continue;
		rc = submit(w, &w->jobs[i], w->todo.list[--w->todo.n], err);
		if (rc != KAN_OK)
			return rc;
	}
	return KAN_OK;
}

/* The subdirectories of a job that is done wait for their turn. */
static int keep_subdirs(struct walk *w, struct dir_job *job, struct kan_err *err)
{
	const struct kan_filesystem *fs = &w->layout->filesystems[job->dir->system];
	uint64_t *seen = &w->dirs[job->dir->system];

	while (job->subdirs.n > 0) {
		struct kan_dir *d = job->subdirs.list[job->subdirs.n - 1];
		int rc;

		if (*seen >= dirs_limit(fs)) {
			kan_findings_add(&w->findings, KAN_FINDING_LIMIT, fs->offset, 0, fs->type,
			                 "more directories than the file system can have, the rest "
			                 "was not entered");
			return KAN_OK;
		}
		rc = kan_dirs_add(&w->todo, d, err);
		if (rc != KAN_OK)
			return rc;
		job->subdirs.n--;
		(*seen)++;
	}
	return KAN_OK;
}

static int on_done(void *arg, uint64_t tag, const struct kan_job_result *result,
                   struct kan_err *err)
{
	struct walk *w = arg;
	struct dir_job *job = find_job(w, tag);
	int rc;

	if (!job)
		return KAN_OK;
	if (result->end != KAN_JOB_DONE)
		kan_findings_add(&job->findings, kan_job_finding(result->end), KAN_NO_OFFSET, 0,
		                 shown(job->dir->path),
		                 "the directory could not be read to its end: %s", result->err.msg);
	kan_findings_merge(&w->findings, &job->findings);
	rc = keep_subdirs(w, job, err);
	kan_findings_done(&job->findings);
	kan_dirs_done(&job->subdirs);
	kan_dir_release(job->dir);
	job->dir = NULL;
	w->busy--;
	return rc == KAN_OK ? submit_some(w, err) : rc;
}

static bool on_tick(void *arg)
{
	struct walk *w = arg;
	const struct kan_progress *p = &w->opts->progress;

	if (p->update && !p->update(p->arg, w->names, 0))
		w->stopped = true;
	return !w->stopped;
}

static void walk_done(struct walk *w)
{
	kan_crew_free(w->crew);
	for (size_t i = 0; i < w->njobs; i++) {
		kan_dirs_done(&w->jobs[i].subdirs);
		kan_findings_done(&w->jobs[i].findings);
		kan_dir_release(w->jobs[i].dir);
	}
	kan_dirs_done(&w->todo);
	kan_findings_done(&w->findings);
	kan_fs_rows_done(&w->rows);
	free(w->voided.list);
	free(w->jobs);
	free(w->dirs);
}

static inline void kan_drop_walk(struct walk *w)
{
	walk_done(w);
}

static int add_roots(struct walk *w, struct kan_err *err)
{
	for (size_t i = w->layout->nfilesystems; i-- > 0;) {
		const struct kan_filesystem *fs = &w->layout->filesystems[i];
		struct kan_dir *d;
		int rc;

		if (fs->state != KAN_FS_READABLE)
			continue;
		d = kan_dir_new(NULL, "", i, fs->root_addr);
		if (!d)
			return kan_fail(err, KAN_ENOMEM, "out of memory");
		rc = kan_dirs_add(&w->todo, d, err);
		if (rc != KAN_OK) {
			kan_dir_release(d);
			return rc;
		}
	}
	return KAN_OK;
}

static int collect(struct walk *w, struct kan_fs_start *start, struct kan_err *err)
{
	struct kan_crew_events events = { on_record, on_retry, on_done, on_tick, w };
	int rc;

	w->njobs = kan_fs_crew_size(w->opts) * jobs_ahead;
	w->jobs = calloc(w->njobs, sizeof(*w->jobs));
	w->dirs = calloc(w->layout->nfilesystems + 1, sizeof(*w->dirs));
	if (!w->jobs || !w->dirs)
		return kan_fail(err, KAN_ENOMEM, "out of memory");
	rc = kan_sort_new(&w->rows.sort, 0, NULL, err);
	if (rc == KAN_OK)
		rc = kan_fs_crew_start(&w->crew, start, w->opts, &events, err);
	if (rc == KAN_OK)
		rc = add_roots(w, err);
	if (rc == KAN_OK)
		rc = submit_some(w, err);
	if (rc == KAN_OK)
		rc = kan_crew_run(w->crew, err);
	if (rc == KAN_OK && w->stopped)
		rc = kan_fail(err, KAN_ESTOPPED, "stopped");
	kan_crew_free(w->crew);
	w->crew = NULL;
	return rc;
}

struct giver {
	const struct walk *walk;
	struct kan_digests *digests; /* NULL: none are wanted */
	kan_file_fn *fn;
	void *arg;
};

static int give_row(void *arg, struct kan_view key, struct kan_view data, struct kan_err *err)
{
	struct giver *g = arg;
	struct kan_fs_try from;
	struct kan_file f;
	int rc = kan_fs_row_of(&f, &from, key, data, err);

	if (rc != KAN_OK || kan_fs_tries_has(&g->walk->voided, from))
		return rc;
	return g->digests ? kan_digests_add(g->digests, &f, err) : g->fn(g->arg, &f, err);
}

static int give_rows(struct walk *w, struct kan_fs_start *start, kan_file_fn *fn, void *arg,
                     struct kan_err *err)
{
	struct giver g = { .walk = w, .fn = fn, .arg = arg };
	int rc = KAN_OK;

	if (w->opts->hashes.n > 0)
		rc = kan_digests_new(&g.digests, start, w->layout, w->opts, &w->findings, err);
	if (rc == KAN_OK && g.digests)
		kan_digests_to(g.digests, fn, arg);
	if (rc == KAN_OK)
		rc = kan_sort_each(w->rows.sort, give_row, &g, err);
	if (rc == KAN_OK && g.digests)
		rc = kan_digests_flush(g.digests, err);
	kan_digests_free(g.digests);
	return rc;
}

int kan_files_walk_with(struct kan_image *img, const struct kan_layout *layout,
                        const struct kan_fs_opts *opts, const struct kan_fs_fault *fault,
                        kan_file_fn *fn, void *arg, struct kan_findings *findings,
                        struct kan_err *err)
{
	static const struct kan_fs_opts defaults;
	KAN_AUTO(walk) struct walk w = { .layout = layout, .opts = opts ? opts : &defaults };
	struct kan_fs_start start = { .img = img, .fault = fault };
	int rc = collect(&w, &start, err);

	if (rc == KAN_OK)
		rc = give_rows(&w, &start, fn, arg, err);
	kan_fs_sort_findings(&w.findings);
	kan_findings_merge(findings, &w.findings);
	return rc;
}

int kan_files_walk(struct kan_image *img, const struct kan_layout *layout,
                   const struct kan_fs_opts *opts, kan_file_fn *fn, void *arg,
                   struct kan_findings *findings, struct kan_err *err)
{
	return kan_files_walk_with(img, layout, opts, NULL, fn, arg, findings, err);
}
