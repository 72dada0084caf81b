/* SPDX-License-Identifier: MIT */
/*
 * foreign.c - the parent's side of a container that a library parses
 *
 * One worker has the container open.  A read is a request to it, in pieces, one
 * thread at a time.  A piece that breaks the worker is taken apart into blocks,
 * each of which gets a fresh worker: what breaks it twice is a gap with its
 * reason, and everything else is read.  A container that breaks its worker again
 * and again is given up, so that hostile bytes cannot buy hours.
 */
#include "image/foreign.h"

#include "core/cleanup.h"
#include "image/evidence_file.h"
#include "image/foreign_wire.h"
#include "image/info.h"

#include <pthread.h>
#include <string.h>
#include <sys/stat.h>

enum {
	SECONDS = 120,   /* to open the container, or for one piece */
	BREAKS_MAX = 32, /* broken workers, after which a container is given up */
};

struct foreign {
	struct kan_source src;
	const struct kan_foreign *lib;
	struct kan_paths files;
	const char *name;          /* of the first file, for findings */
	struct kan_source *inside; /* in a worker: the container, open in this process */
	struct kan_worker *worker; /* else; used under lock */
	pthread_mutex_t lock;      /* guards worker, breaks and given_up */
	unsigned breaks;
	enum kan_job_end given_up; /* how the last of too many workers ended */
};

/* ---- in the worker ------------------------------------------------------------ */

static int worker_start(void *arg, void **state_out, struct kan_err *err)
{
	const struct foreign *f = arg;
	struct kan_foreign_open_set *set = calloc(1, sizeof(*set));

	if (set)
		set->room = malloc((size_t)KAN_FOREIGN_READ_MAX + 1);
	if (!set || !set->room)
		return kan_fail(err, KAN_ENOMEM, "out of memory for a container");
	*state_out = set; /* it all ends with the process */
	return f->lib->open(&set->source, &f->files, &set->info, &set->findings, err);
}

static int worker_job(void *state, struct kan_bytes request, struct kan_worker_reply *reply,
                      struct kan_err *err)
{
	return kan_foreign_answer(state, request, reply, err);
}

/* ---- reading -------------------------------------------------------------------- */

/* Ask once.  KAN_OK with how it ended in *@result. */
static int ask(struct foreign *f, uint64_t offset, uint32_t len, struct kan_foreign_intake *in,
               struct kan_job_result *result, struct kan_err *err)
{
	uint8_t request[KAN_FOREIGN_REQUEST_LEN];
	int rc;

	kan_foreign_put_request(request, offset, len);
	rc = kan_worker_call(f->worker, request, sizeof(request), kan_foreign_take, in, result,
	                     err);
	if (rc == KAN_OK && result->end == KAN_JOB_DONE && !in->complete)
		rc = kan_fail(err, KAN_EWORKER, "its worker sent an answer that is not complete");
	if (rc != KAN_EWORKER)
		return rc;
	*result = (struct kan_job_result){ .end = KAN_JOB_CRASHED };
	if (err)
		result->err = *err;
	return KAN_OK;
}

KAN_DEFINE_DROP(findings_of, struct kan_findings *, kan_findings_done)

static int read_once(struct foreign *f, uint64_t offset, uint8_t *buf, size_t len,
                     struct kan_findings *gaps, struct kan_job_result *result, struct kan_err *err)
{
	struct kan_findings found = { 0 };
	KAN_AUTO(findings_of) struct kan_findings *owned = &found;
	struct kan_foreign_intake in = {
		.findings = owned,
		.size = f->src.size,
		.buf = buf,
		.len = len,
	};
	int rc = ask(f, offset, (uint32_t)len, &in, result, err);

	if (rc != KAN_OK)
		return rc;
	if (result->end == KAN_JOB_DONE)
		kan_findings_merge(gaps, owned);
	else if (result->end != KAN_JOB_FAILED && ++f->breaks >= BREAKS_MAX)
		f->given_up = result->end;
	if (result->end != KAN_JOB_FAILED)
		return KAN_OK;
	if (err)
		*err = result->err;
	return kan_fail_in(err, result->err.code, "%s", f->name);
}

static void lose(struct foreign *f, uint64_t offset, uint8_t *buf, size_t len,
                 struct kan_findings *gaps, const struct kan_job_result *result)
{
	memset(buf, 0, len);
	if (result)
		kan_findings_add(gaps, kan_job_finding(result->end), offset, len, f->name, "%s",
		                 result->err.msg);
	else
		kan_findings_add(gaps, kan_job_finding(f->given_up), offset, len, f->name,
		                 "given up after %d broken workers", BREAKS_MAX);
}

/* Read one block that may break its worker. */
static int read_block(struct foreign *f, uint64_t offset, uint8_t *buf, size_t len,
                      struct kan_findings *gaps, struct kan_err *err)
{
	struct kan_job_result result;
	int rc;

	if (f->given_up != KAN_JOB_DONE) {
		lose(f, offset, buf, len, gaps, NULL);
		return KAN_OK;
	}
	rc = read_once(f, offset, buf, len, gaps, &result, err);
	if (rc == KAN_OK && result.end != KAN_JOB_DONE)
		lose(f, offset, buf, len, gaps, &result);
	return rc;
}

static size_t piece(uint64_t offset, size_t len, uint32_t unit)
{
	size_t n = unit - (size_t)(offset % unit);

	return n < len ? n : len;
}

static int read_piece(struct foreign *f, uint64_t offset, uint8_t *buf, size_t len,
                      struct kan_findings *gaps, struct kan_err *err)
{
	uint32_t unit =
		f->src.block_len < KAN_FOREIGN_READ_MAX ? f->src.block_len : KAN_FOREIGN_READ_MAX;
	struct kan_job_result result = { .end = f->given_up };
	int rc = KAN_OK;

	if (f->given_up == KAN_JOB_DONE)
		rc = read_once(f, offset, buf, len, gaps, &result, err);
	while (rc == KAN_OK && result.end != KAN_JOB_DONE && len > 0) {
		size_t n = piece(offset, len, unit);

		rc = read_block(f, offset, buf, n, gaps, err);
		offset += n;
		buf += n;
		len -= n;
	}
	return rc;
}

static int foreign_read(struct kan_source *src, uint64_t offset, void *buf, size_t len,
                        struct kan_findings *gaps, struct kan_err *err)
{
	struct foreign *f = (struct foreign *)src;
	uint8_t *at = buf;
	int rc = KAN_OK;

	if (f->inside)
		return kan_source_read(f->inside, offset, buf, len, gaps, err);
	pthread_mutex_lock(&f->lock);
	while (rc == KAN_OK && len > 0) {
		size_t n = piece(offset, len, KAN_FOREIGN_READ_MAX);

		rc = read_piece(f, offset, at, n, gaps, err);
		offset += n;
		at += n;
		len -= n;
	}
	pthread_mutex_unlock(&f->lock);
	return rc;
}

/* ---- opening and closing ----------------------------------------------------------- */

static void foreign_close(struct kan_source *src)
{
	struct foreign *f = (struct foreign *)src;

	kan_source_close(f->inside);
	kan_worker_stop(f->worker);
	pthread_mutex_destroy(&f->lock);
	kan_paths_done(&f->files);
	free(f);
}

static const struct kan_source_ops foreign_ops = { "foreign", foreign_read, foreign_close };

static int list_segments(const struct foreign *f, struct kan_image_info *info, struct kan_err *err)
{
	int rc = KAN_OK;

	for (size_t i = 0; rc == KAN_OK && i < f->files.n; i++) {
		struct stat st;
		bool missing = stat(f->files.list[i], &st) != 0 || st.st_size < 0;

		rc = kan_image_info_segment(info, f->files.list[i],
		                            missing ? 0 : (uint64_t)st.st_size, missing, err);
	}
	return rc;
}

static int start_worker(struct foreign *f, struct kan_err *err)
{
	const struct kan_worker_ops ops = { f->lib->name, worker_start, worker_job };
	const struct kan_worker_opts opts = {
		.seconds = SECONDS,
		.readable = (const char *const *)f->files.list,
		.arg = f,
	};

	return kan_worker_start(&f->worker, &ops, &opts, err);
}

static int describe(struct foreign *f, struct kan_image_info *info, struct kan_findings *findings,
                    struct kan_err *err)
{
	struct kan_foreign_intake in = {
		.info = info,
		.geometry = &f->src,
		.findings = findings,
	};
	struct kan_job_result result;
	int rc = ask(f, 0, 0, &in, &result, err);

	if (rc != KAN_OK)
		return rc;
	if (result.end != KAN_JOB_DONE) {
		if (err)
			*err = result.err;
		return result.err.code;
	}
	if (f->src.size == 0)
		return kan_fail(err, KAN_EFORMAT, "the container says that its media is empty");
	return KAN_OK;
}

KAN_DEFINE_DROP(source, struct kan_source *, kan_source_close)

int kan_foreign_open(struct kan_source **out, const struct kan_foreign *lib, const char *path,
                     struct kan_image_info *info, struct kan_findings *findings,
                     struct kan_err *err)
{
	struct foreign *f = calloc(1, sizeof(*f));
	KAN_AUTO(source) struct kan_source *src = NULL;
	int rc;

	if (!f)
		return kan_fail(err, KAN_ENOMEM, "out of memory for a container");
	src = &f->src;
	f->src.ops = &foreign_ops;
	f->lib = lib;
	pthread_mutex_init(&f->lock, NULL);
	rc = kan_paths_add(&f->files, path, err);
	if (rc == KAN_OK && lib->files)
		rc = lib->files(&f->files, path, err);
	if (rc != KAN_OK)
		return rc;
	f->name = kan_base_name(f->files.list[0]);
	rc = list_segments(f, info, err);
	if (rc == KAN_OK)
		rc = start_worker(f, err);
	if (rc == KAN_OK)
		rc = describe(f, info, findings, err);
	if (rc != KAN_OK)
		return kan_fail_in(err, rc, "%s", path);
	*out = KAN_STEAL(src);
	return KAN_OK;
}

/* ---- inside another worker ------------------------------------------------------------ */

int kan_foreign_enter_worker(struct kan_source *src, struct kan_err *err)
{
	struct foreign *f = (struct foreign *)src;
	KAN_AUTO(source) struct kan_source *inside = NULL;
	struct kan_image_info info = { 0 };
	struct kan_findings findings = { 0 };
	int rc;

	if (src->ops != &foreign_ops || f->inside)
		return KAN_OK;
	rc = f->lib->open(&inside, &f->files, &info, &findings, err);
	kan_image_info_done(&info);
	kan_findings_done(&findings); /* those of opening were told by the parent */
	if (rc != KAN_OK)
		return kan_fail_in(err, rc, "%s", f->files.list[0]);
	if (inside->size != src->size)
		return kan_fail(err, KAN_EFORMAT, "%s: changed while it was examined",
		                f->files.list[0]);
	f->worker = NULL; /* the parent's; its socket is closed here */
	f->inside = KAN_STEAL(inside);
	return KAN_OK;
}

const char *const *kan_foreign_readable(const struct kan_source *src)
{
	if (src->ops != &foreign_ops)
		return NULL;
	return (const char *const *)((const struct foreign *)src)->files.list;
}
