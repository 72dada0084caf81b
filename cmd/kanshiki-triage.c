/* SPDX-License-Identifier: MIT */
/*
 * kanshiki-triage.c - evidence in, case directory out
 */
#include "triage.h"

#include <stdio.h>
#include <string.h>

struct options {
	struct cli_common common;
	const char *profile;
};

static void print_summary(const struct triage_result *r, const struct triage_plan *plan)
{
	printf(kan_text("evidence   %d\n"), plan->n);
	printf(kan_text("files      %llu, %llu of them deleted\n"), (unsigned long long)r->nfiles,
	       (unsigned long long)r->ndeleted);
	printf(kan_text("events     %llu\n"), (unsigned long long)r->nevents);
	printf(kan_text("result     %s\n"),
	       r->problem ? kan_text("the evidence has a problem; see findings and coverage")
	                  : kan_text("nothing wrong was found"));
	printf(kan_text("report     %s/report.html\n"), plan->common->output);
}

static int run(void *options, int n, char **operands)
{
	const struct options *o = options;
	struct triage_plan plan = {
		.common = &o->common,
		.profile = o->profile ? o->profile : "fast",
		.n = n,
		.evidence = operands,
	};
	struct triage_result result = { 0 };
	struct kan_err err = { 0 };

	if (!o->common.output)
		return cli_usage("%s", kan_text("-o CASE is missing"));
	if (strcmp(plan.profile, "fast") != 0 && strcmp(plan.profile, "full") != 0)
		return cli_usage(kan_text("unknown profile '%s', it is one of %s"), plan.profile,
		                 "fast|full");
	if (strcmp(plan.profile, "full") == 0 &&
	    kan_hash_set_parse(&plan.hashes, "md5,sha256", &err) != KAN_OK)
		return cli_fail(&err);
	if (triage_run(&result, &plan, &err) != KAN_OK)
		return cli_fail(&err);
	print_summary(&result, &plan);
	return result.problem ? CLI_PROBLEM : CLI_DONE;
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
