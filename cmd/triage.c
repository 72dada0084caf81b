/* SPDX-License-Identifier: MIT */
/*
 * triage.c - evidence in, case directory out
 *
 * One piece of evidence is open at a time.  Files stream from the walk into the
 * store, files.csv and the timeline's sorter, so that memory does not grow with
 * their number; events stream from the sorter into the store and timeline.csv.
 */
#include "triage.h"

#include "kanshiki/event.h"
#include "kanshiki/report.h"
#include "kanshiki/version.h"

#include <inttypes.h>
#include <string.h>

struct triage {
	const struct triage_plan *plan;
	struct kan_case *c;
	struct kan_timeline *timeline;
	struct kan_case_file *out; /* files.csv or timeline.csv */
	const struct kan_output *csv;
	struct kan_output_opts csv_opts;
	struct kan_buf buf;
	struct evidence e; /* the one at work */
	struct tally tally;
	struct triage_result r;
};

KAN_DEFINE_DROP(case_file, struct kan_case_file *, kan_case_file_free)

static const char *last_part(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

static int flush_csv(struct triage *t, struct kan_case_file *file, struct kan_err *err)
{
	int rc = kan_buf_check(&t->buf, err);

	if (rc == KAN_OK && t->buf.len > 0)
		rc = kan_case_file_add(file, t->buf.data, t->buf.len, err);
	kan_buf_reset(&t->buf);
	return rc;
}

static int take_file(void *arg, const struct kan_file *file, struct kan_err *err)
{
	struct triage *t = arg;
	int rc = kan_case_add_file(t->c, file, err);

	t->r.nfiles++;
	t->r.ndeleted += kan_file_is_deleted(file);
	if (file->fs >= 1 && file->fs <= t->tally.n)
		t->tally.files[file->fs - 1]++;
	if (rc == KAN_OK)
		rc = t->csv->file(&t->buf, file, &t->csv_opts, err);
	if (rc == KAN_OK)
		rc = flush_csv(t, t->out, err);
	return rc == KAN_OK ? kan_events_of_file(file, evidence_fs_type(&t->e, file->fs),
	                                         kan_timeline_add, t->timeline, err)
	                    : rc;
}

static int take_event(void *arg, const struct kan_event *ev, struct kan_err *err)
{
	struct triage *t = arg;
	int rc = kan_case_add_event(t->c, ev, err);

	t->r.nevents++;
	if (rc == KAN_OK)
		rc = t->csv->event(&t->buf, ev, &t->csv_opts, err);
	return rc == KAN_OK ? flush_csv(t, t->out, err) : rc;
}

/* The store has no place for a record of the acquisition: that it fits is a note. */
static void note_record(struct kan_verify_result *r, const char *path)
{
	const struct kan_verify_check *c = r->checks;

	if (c[KAN_CHECK_RECORD_DIGEST].asked)
		kan_findings_add(&r->findings, KAN_FINDING_NOTE, KAN_NO_OFFSET, 0, last_part(path),
		                 "compared with the record of its acquisition: digests %s, segment "
		                 "files %s, "
		                 "%" PRIu64 " of %" PRIu64 " blocks proven",
		                 kan_verdict_name(c[KAN_CHECK_RECORD_DIGEST].verdict),
		                 kan_verdict_name(c[KAN_CHECK_RECORD_SEGMENT].verdict),
		                 r->blocks_proven, r->blocks_recorded);
}

static int verify(struct triage *t, struct kan_verify_result *result, const char *path,
                  struct kan_err *err)
{
	struct kan_verify_opts opts = { .jobs = t->plan->common->jobs, .record = true };
	int rc = kan_hash_set_parse(&opts.hashes, "md5,sha256", err);

	if (rc != KAN_OK)
		return rc;
	opts.progress = cli_progress(kan_text("verify"), CLI_BYTES);
	rc = kan_verify_image(result, t->e.img, &opts, err);
	cli_progress_end();
	if (rc == KAN_OK)
		note_record(result, path);
	return rc;
}

/* Put what is known about evidence @number into the store. */
static int store(struct triage *t, uint32_t number, const char *path,
                 const struct kan_verify_result *verified, struct kan_err *err)
{
	struct kan_evidence row = {
		.number = number,
		.name = last_part(path),
		.info = kan_image_info(t->e.img),
		.verified = verified,
		.layout = t->e.layout,
	};
	int rc = kan_case_add_evidence(t->c, &row, err);

	if (rc == KAN_OK)
		rc = kan_case_add_findings(t->c, number, "files", &t->e.findings, err);
	if (rc == KAN_OK)
		rc = kan_case_add_findings(t->c, number, "verify", &verified->findings, err);
	if (rc == KAN_OK)
		rc = coverage_add(t->c, number, &t->e, verified, &t->tally, err);
	t->r.problem |= verified->verdict == KAN_VERDICT_MISMATCH ||
	                kan_findings_have_problem(&verified->findings) ||
	                kan_findings_have_problem(&t->e.findings);
	return rc;
}

static int examine(struct triage *t, uint32_t number, const char *path, struct kan_err *err)
{
	struct kan_verify_result verified = { 0 };
	uint64_t before = t->r.nfiles;
	int rc = evidence_open(&t->e, path, t->plan->common, err);

	if (rc != KAN_OK)
		return rc;
	t->e.fs.hashes = t->csv_opts.hashes;
	t->tally.n = t->e.layout->nfilesystems;
	t->tally.files = calloc(t->tally.n + 1, sizeof(*t->tally.files));
	if (!t->tally.files)
		return kan_fail(err, KAN_ENOMEM, "out of memory");
	cli_say(kan_text("%s: %zu volumes, %zu file systems"), last_part(path),
	        t->e.layout->nvolumes, t->e.layout->nfilesystems);
	rc = evidence_files(&t->e, number, take_file, t, err);
	if (rc == KAN_OK) {
		cli_say(kan_text("%s: %llu files"), last_part(path),
		        (unsigned long long)(t->r.nfiles - before));
		rc = verify(t, &verified, path, err);
	}
	if (rc == KAN_OK) {
		cli_say("%s: %s", last_part(path),
		        kan_text_code(kan_verdict_name(verified.verdict)));
		cli_say_findings(&t->e.findings);
		rc = store(t, number, path, &verified, err);
	}
	kan_verify_result_done(&verified);
	return rc;
}

static int examine_all(struct triage *t, struct kan_err *err)
{
	int rc = kan_case_file_open(&t->out, t->c, "files.csv", err);

	if (rc == KAN_OK)
		rc = t->csv->file_head(&t->buf, &t->csv_opts, err);
	if (rc == KAN_OK)
		rc = flush_csv(t, t->out, err);
	for (int i = 0; rc == KAN_OK && i < t->plan->n; i++) {
		rc = examine(t, (uint32_t)i + 1, t->plan->evidence[i], err);
		free(t->tally.files);
		t->tally = (struct tally){ 0 };
		evidence_done(&t->e);
	}
	if (rc == KAN_OK)
		rc = kan_case_file_commit(t->out, err);
	kan_case_file_free(t->out);
	t->out = NULL;
	return rc;
}

static int write_timeline(struct triage *t, struct kan_err *err)
{
	KAN_AUTO(case_file) struct kan_case_file *file = NULL;
	int rc = kan_case_file_open(&file, t->c, "timeline.csv", err);

	t->out = file;
	if (rc == KAN_OK)
		rc = t->csv->event_head(&t->buf, &t->csv_opts, err);
	if (rc == KAN_OK)
		rc = flush_csv(t, file, err);
	if (rc == KAN_OK)
		rc = kan_timeline_each(t->timeline, take_event, t, err);
	t->out = NULL;
	return rc == KAN_OK ? kan_case_file_commit(file, err) : rc;
}

static int write_report(struct triage *t, struct kan_err *err)
{
	KAN_AUTO(case) struct kan_case *c = NULL;
	struct kan_report_opts opts = { .lang = t->plan->common->lang,
		                        .zone = t->plan->common->zone };
	int rc = kan_case_open(&c, kan_case_path(t->c), err);

	kan_buf_reset(&t->buf);
	if (rc == KAN_OK)
		rc = kan_report_html(c, &opts, &t->buf, err);
	return rc == KAN_OK ? kan_case_write(t->c, "report.html", t->buf.data, t->buf.len, err)
	                    : rc;
}

/* A name that cannot be opened is told before anything is written. */
static int try_all(const struct triage_plan *plan, struct kan_err *err)
{
	int rc = KAN_OK;

	for (int i = 0; rc == KAN_OK && i < plan->n; i++) {
		struct kan_image *img = NULL;

		rc = kan_image_open(&img, plan->evidence[i], NULL, err);
		kan_image_close(img);
	}
	return rc;
}

static int make_case(struct triage *t, struct kan_err *err)
{
	const struct kan_case_field fields[] = {
		{ "tool", "kanshiki " KAN_VERSION },
		{ "profile", t->plan->profile },
	};
	int rc = kan_case_create(&t->c, t->plan->common->output, err);

	if (rc == KAN_OK)
		rc = kan_case_log(t->c, "run.settings", fields, 2, err);
	for (int i = 0; rc == KAN_OK && i < t->plan->n; i++)
		rc = kan_case_log(t->c, "run.evidence",
		                  &(struct kan_case_field){ "path", t->plan->evidence[i] }, 1, err);
	if (rc == KAN_OK)
		rc = kan_timeline_new(&t->timeline, NULL, err);
	if (rc == KAN_OK)
		rc = examine_all(t, err);
	if (rc == KAN_OK)
		rc = write_timeline(t, err);
	if (rc == KAN_OK)
		rc = kan_case_finish(t->c, t->r.problem, err);
	return rc == KAN_OK ? write_report(t, err) : rc;
}

int triage_run(struct triage_result *out, const struct triage_plan *plan, struct kan_err *err)
{
	struct triage t = { .plan = plan, .csv = kan_output_find("csv") };
	int rc = try_all(plan, err);

	t.csv_opts.hashes = plan->hashes;
	if (rc == KAN_OK)
		rc = make_case(&t, err);
	free(t.tally.files);
	evidence_done(&t.e);
	kan_case_file_free(t.out);
	kan_timeline_free(t.timeline);
	kan_buf_done(&t.buf);
	kan_case_close(t.c);
	if (rc == KAN_OK)
		*out = t.r;
	return rc;
}
