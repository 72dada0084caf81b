/* SPDX-License-Identifier: MIT */
/*
 * digests.c - digests for file records on their way to the caller, in the parent
 *
 * Records come sorted.  A window of them is held back, its streams are given to
 * the crew in batches, and when all have been read the window is passed on: the
 * order stays, and memory does not grow with the number of files.  A batch that
 * killed its worker twice is asked for again one stream at a time, so that only
 * the guilty one goes without a digest.
 */
#include "fs/digests.h"

#include "core/cleanup.h"
#include "fs/crew.h"
#include "fs/long_stream.h"

#include <string.h>

/* Records held back, and the bytes of their strings. */
static const size_t window_rows = 8192;
static const size_t window_bytes = 16u << 20;

/* Bytes of content in one batch, so that no job takes long but for one large file. */
static const uint64_t batch_bytes = 64u << 20;

struct row {
	struct kan_file file;
	char *strings; /* path, stream and link; owned */
	bool wanted;
	bool is_long;
};

struct batch {
	size_t first; /* in list[] */
	uint32_t n;
	bool failed;
};

struct kan_digests {
	const struct kan_layout *layout;
	const struct kan_fs_opts *opts;
	struct kan_findings *findings;
	struct kan_crew *crew;
	struct kan_worker *worker; /* for long streams; NULL until there is one */
	struct kan_fs_start *start;
	kan_file_fn *fn;
	void *arg;
	struct row *rows;
	size_t nrows;
	size_t bytes;
	size_t *list; /* indices of rows whose digests are wanted, batch after batch */
	size_t nlist;
	struct batch *batches;
	size_t nbatches;
	uint64_t done; /* records passed on */
	bool stopped;
};

/* Content is read where a regular file has a stream of its own. */
static bool is_wanted(const struct kan_digests *d, const struct kan_file *f)
{
	const char *type = d->layout->filesystems[f->fs - 1].type;

	if (f->meta_type != KAN_FILE_REGULAR ||
	    (f->flags & (KAN_FILE_NO_META | KAN_FILE_META_REUSED)))
		return false;
	/* On NTFS a row without attribute has no stream; 128 is $DATA. */
	return strcmp(type, "ntfs") != 0 || f->attr_type == 128;
}

static struct row *row_of(struct kan_digests *d, uint64_t tag, uint32_t index)
{
	const struct batch *b = tag < d->nbatches ? &d->batches[tag] : NULL;

	return b && index < b->n ? &d->rows[d->list[b->first + index]] : NULL;
}

static void add_finding(struct kan_digests *d, const struct row *r, enum kan_finding_kind kind,
                        const char *detail)
{
	struct kan_buf subject = { 0 };

	kan_buf_puts(&subject, r->file.path);
	if (r->file.stream[0])
		kan_buf_printf(&subject, ":%s", r->file.stream);
	kan_findings_add(d->findings, kind, KAN_NO_OFFSET, 0,
	                 subject.data ? subject.data : r->file.path, "%s", detail);
	kan_buf_done(&subject);
}

static int take_digest(struct kan_digests *d, struct row *r, struct kan_wire *body,
                       struct kan_err *err)
{
	const struct kan_hash_set *set = &d->opts->hashes;
	uint32_t kind = kan_wire_u32(body);
	const char *detail = kan_wire_str(body);

	if (!r || kind > KAN_FINDING_NKINDS || body->bad)
		return kan_fail(err, KAN_EWORKER, "a worker answered nonsense");
	r->file.ndigests = 0;
	if (kind < KAN_FINDING_NKINDS) {
		add_finding(d, r, (enum kan_finding_kind)kind, detail);
		return KAN_OK;
	}
	for (size_t i = 0; i < set->n; i++) {
		struct kan_view v = kan_wire_bytes(body);

		if (!v.data || v.len != set->algo[i]->digest_len)
			return kan_fail(err, KAN_EWORKER, "a worker answered nonsense");
		r->file.digests[i].algo = set->algo[i];
		memcpy(r->file.digests[i].bytes, v.data, v.len);
	}
	if (!kan_wire_end(body))
		return kan_fail(err, KAN_EWORKER, "a worker answered nonsense");
	r->file.ndigests = set->n;
	return KAN_OK;
}

struct frame {
	struct kan_digests *d;
	uint64_t tag;
};

static int take_rec(void *arg, enum kan_fs_rec kind, struct kan_wire *body, struct kan_err *err)
{
	struct frame *fr = arg;

	if (kind == KAN_FS_REC_DIGEST)
		return take_digest(fr->d, row_of(fr->d, fr->tag, kan_wire_u32(body)), body, err);
	if (kind == KAN_FS_REC_FINDING)
		return kan_fs_take_finding(body, fr->d->findings, err);
	return kan_fail(err, KAN_EWORKER, "a worker answered nonsense");
}

static int on_record(void *arg, uint64_t tag, struct kan_bytes rec, struct kan_err *err)
{
	struct frame fr = { arg, tag };

	return kan_fs_each_rec(rec, take_rec, &fr, err);
}

/* What comes again is the same again; the findings are made single at the end. */
static void on_retry(void *arg, uint64_t tag)
{
	(void)arg;
	(void)tag;
}

static int on_done(void *arg, uint64_t tag, const struct kan_job_result *result,
                   struct kan_err *err)
{
	struct kan_digests *d = arg;
	struct batch *b = tag < d->nbatches ? &d->batches[tag] : NULL;
	char detail[sizeof(result->err.msg) + 32];

	(void)err;
	if (!b || result->end == KAN_JOB_DONE)
		return KAN_OK;
	b->failed = true;
	if (b->n > 1)
		return KAN_OK; /* looked into later */
	(void)snprintf(detail, sizeof(detail), "no digest: %s", result->err.msg);
	d->rows[d->list[b->first]].file.ndigests = 0;
	add_finding(d, &d->rows[d->list[b->first]], kan_job_finding(result->end), detail);
	return KAN_OK;
}

static bool on_tick(void *arg)
{
	struct kan_digests *d = arg;
	const struct kan_progress *p = &d->opts->progress;

	if (p->update && !p->update(p->arg, d->done, 0))
		d->stopped = true;
	return !d->stopped;
}

static void clear(struct kan_digests *d)
{
	for (size_t i = 0; i < d->nrows; i++)
		free(d->rows[i].strings);
	d->nrows = d->bytes = d->nlist = d->nbatches = 0;
}

void kan_digests_free(struct kan_digests *d)
{
	if (!d)
		return;
	kan_crew_free(d->crew);
	kan_worker_stop(d->worker);
	if (d->rows)
		clear(d);
	free(d->rows);
	free(d->list);
	free(d->batches);
	free(d);
}

KAN_DEFINE_DROP(digests, struct kan_digests *, kan_digests_free)

int kan_digests_new(struct kan_digests **out, struct kan_fs_start *start,
                    const struct kan_layout *layout, const struct kan_fs_opts *opts,
                    struct kan_findings *findings, struct kan_err *err)
{
	KAN_AUTO(digests) struct kan_digests *d = calloc(1, sizeof(*d));
	struct kan_crew_events events = { on_record, on_retry, on_done, on_tick, d };
	int rc;

	if (!d)
		return kan_fail(err, KAN_ENOMEM, "out of memory");
	d->start = start;
	d->layout = layout;
	d->opts = opts;
	d->findings = findings;
	d->rows = calloc(window_rows, sizeof(*d->rows));
	/* Each row once in a batch, and once more by itself. */
	d->list = calloc(window_rows * 2, sizeof(*d->list));
	d->batches = calloc(window_rows * 2, sizeof(*d->batches));
	if (!d->rows || !d->list || !d->batches)
		return kan_fail(err, KAN_ENOMEM, "out of memory");
	rc = kan_fs_crew_start(&d->crew, start, opts, &events, err);
	if (rc == KAN_OK)
		*out = KAN_STEAL(d);
	return rc;
}

void kan_digests_to(struct kan_digests *d, kan_file_fn *fn, void *arg)
{
	d->fn = fn;
	d->arg = arg;
}

static void put_request(const struct kan_digests *d, const struct batch *b, struct kan_buf *req)
{
	const struct kan_hash_set *set = &d->opts->hashes;
	uint32_t fs = d->rows[d->list[b->first]].file.fs;
	struct kan_fs_ref ref = kan_fs_ref_of(&d->layout->filesystems[fs - 1]);

	kan_wire_put_u8(req, KAN_FS_OP_DIGEST);
	kan_wire_put_u32(req, (uint32_t)set->n);
	for (size_t i = 0; i < set->n; i++)
		kan_wire_put_str(req, set->algo[i]->name);
	kan_fs_put_ref(req, &ref);
	kan_wire_put_u32(req, b->n);
	for (uint32_t i = 0; i < b->n; i++) {
		const struct kan_file *f = &d->rows[d->list[b->first + i]].file;
		struct kan_fs_stream s = { f->addr, f->attr_type, f->attr_id };

		kan_fs_put_stream(req, &s);
	}
}

static int submit(struct kan_digests *d, const struct batch *b, struct kan_err *err)
{
	struct kan_buf req = { 0 };
	int rc;

	put_request(d, b, &req);
	rc = kan_buf_check(&req, err);
	if (rc == KAN_OK)
		rc = kan_crew_submit(d->crew, (uint64_t)(b - d->batches), req.data, req.len, err);
	kan_buf_done(&req);
	return rc;
}

/* The wanted rows from list[@first] on, up to a full batch. */
static int submit_batch(struct kan_digests *d, size_t first, size_t most, struct kan_err *err)
{
	struct batch *b = &d->batches[d->nbatches++];
	uint32_t fs = d->rows[d->list[first]].file.fs;
	uint64_t bytes = 0;

	*b = (struct batch){ .first = first };
	while (b->n < most && first + b->n < d->nlist) {
		const struct kan_file *f = &d->rows[d->list[first + b->n]].file;

		if (b->n > 0 && (f->fs != fs || f->size > batch_bytes - bytes))
			break;
		b->n++;
		bytes += f->size < batch_bytes - bytes ? f->size : batch_bytes - bytes;
	}
	return submit(d, b, err);
}

static int run(struct kan_digests *d, struct kan_err *err)
{
	int rc = kan_crew_run(d->crew, err);

	if (rc == KAN_OK && d->stopped)
		rc = kan_fail(err, KAN_ESTOPPED, "stopped");
	return rc;
}

/* Ask again, one by one, for the rows of batches that have failed. */
static int look_into_failed(struct kan_digests *d, struct kan_err *err)
{
	size_t n = d->nbatches;

	for (size_t i = 0; i < n; i++) {
		if (!d->batches[i].failed || d->batches[i].n < 2)
			continue;
		for (uint32_t k = 0; k < d->batches[i].n; k++) {
			int rc = submit_batch(d, d->batches[i].first + k, 1, err);

			if (rc != KAN_OK)
				return rc;
		}
	}
	return d->nbatches > n ? run(d, err) : KAN_OK;
}

static int start_worker(struct kan_digests *d, struct kan_err *err)
{
	struct kan_worker_opts wopts = {
		.memory_limit = d->opts->memory_limit,
		.seconds = d->opts->seconds,
		.readable = kan_image_readable(d->start->img),
		.arg = d->start,
	};

	return d->worker ? KAN_OK : kan_worker_start(&d->worker, &kan_fs_worker, &wopts, err);
}

static int read_long(struct kan_digests *d, struct row *r, struct kan_err *err)
{
	struct kan_long_stream s = {
		.set = &d->opts->hashes,
		.ref = kan_fs_ref_of(&d->layout->filesystems[r->file.fs - 1]),
		.which = { r->file.addr, r->file.attr_type, r->file.attr_id },
		.part_len = kan_digests_part_len(d->start),
	};
	struct kan_long_result got = { .findings = d->findings };
	char detail[sizeof(got.job.err.msg) + 32];
	struct kan_wire w;
	int rc = start_worker(d, err);

	if (rc == KAN_OK)
		rc = kan_long_stream_read(&got, d->worker, &s, err);
	w = (struct kan_wire){ .v = { (const uint8_t *)got.digest.data, got.digest.len } };
	if (rc == KAN_OK && got.digest.len > 0) {
		(void)kan_wire_u32(&w); /* the index, of one */
		rc = take_digest(d, r, &w, err);
	} else if (rc == KAN_OK) {
		(void)snprintf(detail, sizeof(detail), "no digest: %s", got.job.err.msg);
		add_finding(d, r, kan_job_finding(got.job.end), detail);
	}
	kan_buf_done(&got.digest);
	return rc;
}

static int read_long_streams(struct kan_digests *d, struct kan_err *err)
{
	for (size_t i = 0; i < d->nrows; i++) {
		int rc;

		if (!d->rows[i].wanted || !d->rows[i].is_long)
			continue;
		if (!on_tick(d))
			return kan_fail(err, KAN_ESTOPPED, "stopped");
		rc = read_long(d, &d->rows[i], err);
		if (rc != KAN_OK)
			return rc;
	}
	return KAN_OK;
}

static int read_window(struct kan_digests *d, struct kan_err *err)
{
	int rc;

	for (size_t i = 0; i < d->nrows; i++)
		if (d->rows[i].wanted && !d->rows[i].is_long)
			d->list[d->nlist++] = i;
	if (d->nlist == 0)
		return read_long_streams(d, err);
	for (size_t first = 0; first < d->nlist; first += d->batches[d->nbatches - 1].n) {
		rc = submit_batch(d, first, KAN_DIGESTS_BATCH, err);
		if (rc != KAN_OK)
			return rc;
	}
	rc = run(d, err);
	if (rc == KAN_OK)
		rc = look_into_failed(d, err);
	return rc == KAN_OK ? read_long_streams(d, err) : rc;
}

int kan_digests_flush(struct kan_digests *d, struct kan_err *err)
{
	int rc = read_window(d, err);

	for (size_t i = 0; rc == KAN_OK && i < d->nrows; i++) {
		rc = d->fn(d->arg, &d->rows[i].file, err);
		d->done++;
	}
	clear(d);
	return rc;
}

int kan_digests_add(struct kan_digests *d, const struct kan_file *f, struct kan_err *err)
{
	size_t path = strlen(f->path) + 1, stream = strlen(f->stream) + 1;
	size_t link = strlen(f->link) + 1;
	struct row *r = &d->rows[d->nrows];

	*r = (struct row){ .file = *f, .strings = malloc(path + stream + link) };
	if (!r->strings)
		return kan_fail(err, KAN_ENOMEM, "out of memory");
	memcpy(r->strings, f->path, path);
	memcpy(r->strings + path, f->stream, stream);
	memcpy(r->strings + path + stream, f->link, link);
	r->file.path = r->strings;
	r->file.stream = r->strings + path;
	r->file.link = r->strings + path + stream;
	r->wanted = is_wanted(d, f);
	r->is_long = f->size > kan_digests_part_len(d->start);
	d->nrows++;
	d->bytes += path + stream + link;
	if (d->nrows < window_rows && d->bytes < window_bytes)
		return KAN_OK;
	return kan_digests_flush(d, err);
}
