/* SPDX-License-Identifier: MIT */
/*
 * kanshiki-timeline.c - every event of an image or a case, sorted by time
 *
 * A format that knows events gets the sorted timeline; one that only knows files
 * (bodyfile) gets the files, as mactime and others do their own sorting.
 */
#include "evidence.h"

#include "core/utc.h"
#include "core/zone.h"
#include "kanshiki/event.h"

#include <string.h>

struct options {
	struct cli_common common;
	const char *since;
	const char *until;
	bool bom;
};

struct printer {
	const struct kan_output *format;
	struct kan_output_opts opts;
	struct cli_out *out;
	struct kan_buf buf;
	struct kan_timeline *timeline;
	struct kan_timeline_opts limits;
	struct evidence e;
	bool bom;
};

static int print_event(void *arg, const struct kan_event *ev, struct kan_err *err)
{
	struct printer *p = arg;
	int rc = p->format->event(&p->buf, ev, &p->opts, err);

	return rc == KAN_OK ? cli_out_flush(p->out, &p->buf, err) : rc;
}

static int print_file(void *arg, const struct kan_file *file, struct kan_err *err)
{
	struct printer *p = arg;
	int rc = p->format->file(&p->buf, file, &p->opts, err);

	return rc == KAN_OK ? cli_out_flush(p->out, &p->buf, err) : rc;
}

static int add_events(void *arg, const struct kan_file *file, struct kan_err *err)
{
	struct printer *p = arg;

	return kan_events_of_file(file, evidence_fs_type(&p->e, file->fs), kan_timeline_add,
	                          p->timeline, err);
}

static int print_head(struct printer *p, struct kan_err *err)
{
	int (*head)(struct kan_buf *, const struct kan_output_opts *, struct kan_err *) =
		p->format->event ? p->format->event_head : p->format->file_head;
	int rc;

	/* Excel takes a CSV file for UTF-8 only with a byte order mark. */
	if (p->bom)
		kan_buf_puts(&p->buf, "\xef\xbb\xbf");
	rc = head ? head(&p->buf, &p->opts, err) : KAN_OK;
	return rc == KAN_OK ? cli_out_flush(p->out, &p->buf, err) : rc;
}

static int of_case(struct printer *p, const char *path, struct kan_err *err)
{
	KAN_AUTO(case) struct kan_case *c = NULL;
	int rc = kan_case_open(&c, path, err);

	if (rc == KAN_OK)
		rc = print_head(p, err);
	if (rc == KAN_OK && !p->format->event)
		rc = kan_case_each_file(c, print_file, p, err);
	else if (rc == KAN_OK)
		rc = kan_case_each_event(c, kan_timeline_add, p->timeline, err);
	if (rc == KAN_OK && kan_case_state(c) != KAN_CASE_COMPLETE)
		cli_say(kan_text("%s: the run that made this case did not come to its end"), path);
	return rc;
}

static int of_image(struct printer *p, const char *path, const struct cli_common *common,
                    struct kan_err *err)
{
	int rc = evidence_open(&p->e, path, common, err);

	if (rc == KAN_OK)
		rc = print_head(p, err);
	if (rc != KAN_OK)
		return rc;
	return evidence_files(&p->e, 1, p->format->event ? add_events : print_file, p, err);
}

static int make(struct printer *p, const struct options *o, const char *path, struct kan_err *err)
{
	KAN_AUTO(out) struct cli_out *out = NULL;
	int rc = cli_out_open(&out, o->common.output, err);

	p->out = out;
	if (rc == KAN_OK)
		rc = kan_timeline_new(&p->timeline, &p->limits, err);
	if (rc == KAN_OK && evidence_is_case(path))
		rc = of_case(p, path, err);
	else if (rc == KAN_OK)
		rc = of_image(p, path, &o->common, err);
	if (rc == KAN_OK && p->format->event)
		rc = kan_timeline_each(p->timeline, print_event, p, err);
	return rc == KAN_OK ? cli_out_commit(out, err) : rc;
}

static int read_limits(struct kan_timeline_opts *limits, const struct options *o)
{
	if (o->since && !kan_utc_parse(&limits->since_ns, o->since))
		return cli_usage(
			kan_text("'%s' is no time; write 2026-01-31 or 2026-01-31T23:59:59Z"),
			o->since);
	if (o->until && !kan_utc_parse(&limits->until_ns, o->until))
		return cli_usage(
			kan_text("'%s' is no time; write 2026-01-31 or 2026-01-31T23:59:59Z"),
			o->until);
	limits->has_since = o->since != NULL;
	limits->has_until = o->until != NULL;
	return CLI_DONE;
}

static int run(void *options, int n, char **operands)
{
	const struct options *o = options;
	KAN_AUTO(zone) struct kan_zone *zone = NULL;
	struct printer p = { .opts.zone = o->common.zone, .bom = o->bom };
	struct kan_err err = { 0 };
	int code;

	(void)n;
	p.format = cli_format(&o->common, "text");
	if (!p.format || read_limits(&p.limits, o) != CLI_DONE)
		return CLI_USAGE;
	if (kan_zone_load(&zone, o->common.zone, &err) != KAN_OK)
		return cli_usage("%s", err.msg);
	p.opts.loaded_zone = zone;
	if (make(&p, o, operands[0], &err) != KAN_OK) {
		code = cli_fail(&err);
	} else {
		cli_say_findings(&p.e.findings);
		code = cli_exit_code(&p.e.findings);
	}
	kan_timeline_free(p.timeline);
	kan_buf_done(&p.buf);
	evidence_done(&p.e);
	return code;
}

static const struct cli_option options_table[] = {
	{ 0, "since", "TIME", N_("only events at TIME or later (2026-01-31, 2026-01-31T23:59:59Z)"),
	  CLI_TEXT, offsetof(struct options, since) },
	{ 0, "until", "TIME", N_("only events before TIME"), CLI_TEXT,
	  offsetof(struct options, until) },
	{ 0, "bom", NULL, N_("begin with a byte order mark, for Excel"), CLI_FLAG,
	  offsetof(struct options, bom) },
	{ 0 },
};

static const struct cli_tool tool = {
	.name = "timeline",
	.operands = "IMAGE|CASE",
	.summary = N_("list every event, sorted by time"),
	.formats = "text|jsonl|csv|body|l2tcsv|tln|timesketch",
	.output = N_("write to a new file PATH instead of standard output"),
	.min_operands = 1,
	.max_operands = 1,
	.options = options_table,
	.options_size = sizeof(struct options),
	.run = run,
};

int main(int argc, char **argv)
{
	return cli_main(&tool, argc, argv);
}
