/* SPDX-License-Identifier: MIT */
/*
 * kanshiki-triage.c - evidence in, case directory out
 *
 * For each piece of evidence: layout, every file (into the store, files.csv and
 * the timeline), then the hash of the media.  After the last one the timeline is
 * sorted, the case is finished and the report is made from its store.
 */
#include "coverage.h"

#include "kanshiki/event.h"
#include "kanshiki/report.h"
#include "kanshiki/version.h"

#include <stdio.h>
#include <string.h>

struct options {
	struct cli_common common;
	const char *profile;
};

struct triage {
	const struct options *o;
	struct kan_case *c;
	struct kan_timeline *timeline;
	struct kan_case_file *files_csv;
	const struct kan_output *csv;
	struct kan_output_opts csv_opts;
	struct kan_buf buf;
	struct evidence e; /* the one at work */
	struct tally tally;
	uint64_t nfiles;
	uint64_t ndeleted;
	uint64_t nevents;
	bool problem;
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

	t->nfiles++;
	t->ndeleted += kan_file_is_deleted(file);
	if (file->fs >= 1 && file->fs <= t->tally.n)
		t->tally.files[file->fs - 1]++;
	if (rc == KAN_OK)
		rc = t->csv->file(&t->buf, file, &t->csv_opts, err);
	if (rc == KAN_OK)
		rc = flush_csv(t, t->files_csv, err);
	return rc == KAN_OK ? kan_events_of_file(file, evidence_fs_type(&t->e, file->fs),
	                                         kan_timeline_add, t->timeline, err)
	                    : rc;
}

static int take_event(void *arg, const struct kan_event *ev, struct kan_err *err)
{
	struct triage *t = arg;
	int rc = kan_case_add_event(t->c, ev, err);

	t->nevents++;
	if (rc == KAN_OK)
		rc = t->csv->event(&t->buf, ev, &t->csv_opts, err);
	return rc == KAN_OK ? flush_csv(t, t->files_csv, err) : rc;
}

static int verify(struct triage *t, struct kan_verify_result *result, struct kan_err *err)
{
	struct kan_verify_opts opts = { .jobs = t->o->common.jobs };
	int rc = kan_hash_set_parse(&opts.hashes, "md5,sha256", err);

	if (rc != KAN_OK)
		return rc;
	opts.progress = cli_progress(kan_text("verify"), CLI_BYTES);
	rc = kan_verify_image(result, t->e.img, &opts, err);
	cli_progress_end();
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
	t->problem |= verified->verdict == KAN_VERDICT_MISMATCH ||
	              kan_findings_have_problem(&verified->findings) ||
	              kan_findings_have_problem(&t->e.findings);
	return rc;
}

static int examine(struct triage *t, uint32_t number, const char *path, struct kan_err *err)
{
	struct kan_verify_result verified = { 0 };
	uint64_t before = t->nfiles;
	int rc = evidence_open(&t->e, path, &t->o->common, err);

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
		        (unsigned long long)(t->nfiles - before));
		rc = verify(t, &verified, err);
	}
	if (rc == KAN_OK) {
		cli_say("%s: %s", last_part(path), kan_text_code(kan_verdict_name(verified.verdict)));
		cli_say_findings(&t->e.findings);
		rc = store(t, number, path, &verified, err);
	}
	kan_verify_result_done(&verified);
	return rc;
}

static int examine_all(struct triage *t, int n, char **operands, struct kan_err *err)
{
	int rc = kan_case_file_open(&t->files_csv, t->c, "files.csv", err);

	if (rc == KAN_OK)
		rc = t->csv->file_head(&t->buf, &t->csv_opts, err);
	if (rc == KAN_OK)
		rc = flush_csv(t, t->files_csv, err);
	for (int i = 0; rc == KAN_OK && i < n; i++) {
		rc = examine(t, (uint32_t)i + 1, operands[i], err);
		free(t->tally.files);
		t->tally = (struct tally){ 0 };
		evidence_done(&t->e);
	}
	if (rc == KAN_OK)
		rc = kan_case_file_commit(t->files_csv, err);
	kan_case_file_free(t->files_csv);
	t->files_csv = NULL;
	return rc;
}

static int write_timeline(struct triage *t, struct kan_err *err)
{
	KAN_AUTO(case_file) struct kan_case_file *file = NULL;
	int rc = kan_case_file_open(&file, t->c, "timeline.csv", err);

	t->files_csv = file;
	if (rc == KAN_OK)
		rc = t->csv->event_head(&t->buf, &t->csv_opts, err);
	if (rc == KAN_OK)
		rc = flush_csv(t, file, err);
	if (rc == KAN_OK)
		rc = kan_timeline_each(t->timeline, take_event, t, err);
	t->files_csv = NULL;
	return rc == KAN_OK ? kan_case_file_commit(file, err) : rc;
}

static int write_report(struct triage *t, struct kan_err *err)
{
	KAN_AUTO(case) struct kan_case *c = NULL;
	struct kan_report_opts opts = { .lang = t->o->common.lang, .zone = t->o->common.zone };
	int rc = kan_case_open(&c, kan_case_path(t->c), err);

	kan_buf_reset(&t->buf);
	if (rc == KAN_OK)
		rc = kan_report_html(c, &opts, &t->buf, err);
	return rc == KAN_OK ? kan_case_write(t->c, "report.html", t->buf.data, t->buf.len, err)
	                    : rc;
}

static int triage(struct triage *t, int n, char **operands, struct kan_err *err)
{
	const struct kan_case_field fields[] = {
		{ "tool", "kanshiki " KAN_VERSION },
		{ "profile", t->o->profile },
		{ "first_evidence", operands[0] },
	};
	int rc = kan_case_create(&t->c, t->o->common.output, err);

	if (rc == KAN_OK)
		rc = kan_timeline_new(&t->timeline, NULL, err);
	if (rc == KAN_OK)
		rc = kan_case_log(t->c, "run.settings", fields, 3, err);
	if (rc == KAN_OK)
		rc = examine_all(t, n, operands, err);
	if (rc == KAN_OK)
		rc = write_timeline(t, err);
	if (rc == KAN_OK)
		rc = kan_case_finish(t->c, t->problem, err);
	return rc == KAN_OK ? write_report(t, err) : rc;
}

static void print_summary(const struct triage *t, int n)
{
	printf(kan_text("evidence   %d\n"), n);
	printf(kan_text("files      %llu, %llu of them deleted\n"), (unsigned long long)t->nfiles,
	       (unsigned long long)t->ndeleted);
	printf(kan_text("events     %llu\n"), (unsigned long long)t->nevents);
	printf(kan_text("result     %s\n"),
	       t->problem ? kan_text("the evidence has a problem; see findings and coverage")
	                  : kan_text("nothing wrong was found"));
	printf(kan_text("report     %s/report.html\n"), t->o->common.output);
}

static int run(void *options, int n, char **operands)
{
	struct options *o = options;
	struct triage t = { .o = o, .csv = kan_output_find("csv") };
	struct kan_err err = { 0 };
	int code;

	if (!o->common.output)
		return cli_usage("%s", kan_text("-o CASE is missing"));
	if (!o->profile)
		o->profile = "fast";
	if (strcmp(o->profile, "fast") != 0 && strcmp(o->profile, "full") != 0)
		return cli_usage(kan_text("unknown profile '%s', it is one of %s"), o->profile,
		                 "fast|full");
	if (strcmp(o->profile, "full") == 0 &&
	    kan_hash_set_parse(&t.csv_opts.hashes, "md5,sha256", &err) != KAN_OK)
		return cli_fail(&err);
	if (triage(&t, n, operands, &err) == KAN_OK) {
		print_summary(&t, n);
		code = t.problem ? CLI_PROBLEM : CLI_DONE;
	} else {
		code = cli_fail(&err);
	}
	free(t.tally.files);
	evidence_done(&t.e);
	kan_case_file_free(t.files_csv);
	kan_timeline_free(t.timeline);
	kan_buf_done(&t.buf);
	kan_case_close(t.c);
	return code;
}

static const struct cli_option options_table[] = {
	{ 0, "profile", "fast|full", N_("fast: list and time; full: also the digests of all files"),
	  CLI_TEXT, offsetof(struct options, profile) },
	{ 0 },
};

static const struct cli_tool tool = {
	.name = "triage",
	.operands = "EVIDENCE...",
	.summary = N_("verify, list, sort and report: evidence in, case directory out"),
	.output = N_("the case directory: new, empty, or one whose run was interrupted"),
	.min_operands = 1,
	.max_operands = -1,
	.options = options_table,
	.options_size = sizeof(struct options),
	.run = run,
};

int main(int argc, char **argv)
{
	return cli_main(&tool, argc, argv);
}
