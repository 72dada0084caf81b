/* SPDX-License-Identifier: MIT */
/*
 * kanshiki-report.c - make the report of a case again
 */
#include "evidence.h"

#include "kanshiki/report.h"

struct options {
	struct cli_common common;
};

static int make(const struct options *o, const char *path, struct kan_err *err)
{
	KAN_AUTO(case) struct kan_case *c = NULL;
	KAN_AUTO(out) struct cli_out *out = NULL;
	KAN_DEFER(kan_buf_done) struct kan_buf buf = { 0 };
	struct kan_report_opts opts = { .lang = o->common.lang, .zone = o->common.zone };
	int rc = kan_case_open(&c, path, err);

	if (rc == KAN_OK)
		rc = kan_report_html(c, &opts, &buf, err);
	if (rc == KAN_OK)
		rc = cli_out_open(&out, o->common.output, err);
	if (rc == KAN_OK)
		rc = cli_out_flush(out, &buf, err);
	return rc == KAN_OK ? cli_out_commit(out, err) : rc;
}

static int run(void *options, int n, char **operands)
{
	struct kan_err err = { 0 };

	(void)n;
	return make(options, operands[0], &err) == KAN_OK ? CLI_DONE : cli_fail(&err);
}

static const struct cli_tool tool = {
	.name = "report",
	.operands = "CASE",
	.summary = N_("make the report of a case again"),
	.formats = "html",
	.output = N_("write to a new file PATH instead of standard output"),
	.min_operands = 1,
	.max_operands = 1,
	.options_size = sizeof(struct options),
	.run = run,
};

int main(int argc, char **argv)
{
	return cli_main(&tool, argc, argv);
}
