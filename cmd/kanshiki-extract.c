/* SPDX-License-Identifier: MIT */
/*
 * kanshiki-extract.c - copy files, slack or unallocated space out of an image
 */
#include "copy_out.h"

struct options {
	struct cli_common common;
	struct wishes wishes;
};

struct chooser {
	struct selection selection;
	const struct wishes *wishes;
};

static int consider(void *arg, const struct kan_file *file, struct kan_err *err)
{
	struct chooser *c = arg;

	return selection_consider(&c->selection, c->wishes, file, err);
}

static int choose(struct chooser *c, struct evidence *e, struct kan_err *err)
{
	int rc = evidence_files(e, 1, consider, c, err);

	for (size_t i = 0; rc == KAN_OK && c->wishes->unallocated && i < e->layout->nfilesystems;
	     i++)
		if (e->layout->filesystems[i].state == KAN_FS_READABLE)
			rc = selection_add_unallocated(&c->selection,
			                               e->layout->filesystems[i].number, err);
	return rc;
}

static int run(void *options, int n, char **operands)
{
	const struct options *o = options;
	KAN_DEFER(evidence_done) struct evidence e = { 0 };
	struct chooser c = { .wishes = &o->wishes };
	struct kan_err err = { 0 };
	int rc;

	(void)n;
	if (!o->common.output)
		return cli_usage("%s", kan_text("-o DIR is missing"));
	if (!wishes_valid(&o->wishes))
		return CLI_USAGE;
	rc = evidence_open(&e, operands[0], &o->common, &err);
	if (rc == KAN_OK)
		rc = choose(&c, &e, &err);
	if (rc == KAN_OK && c.selection.n == 0)
		rc = kan_fail(&err, KAN_EARG, "%s",
		              kan_text("nothing in the image fits; nothing was copied"));
	if (rc == KAN_OK)
		rc = copy_out(&e, &c.selection, o->common.output, &err);
	if (rc == KAN_OK)
		cli_say(kan_text("%zu copies and manifest.jsonl in %s"), c.selection.n,
		        o->common.output);
	selection_done(&c.selection);
	if (rc != KAN_OK)
		return cli_fail(&err);
	cli_say_findings(&e.findings);
	return cli_exit_code(&e.findings);
}

static const struct cli_option options_table[] = {
	{ 0, "path", "GLOB", N_("copy files whose path fits GLOB, such as '/Users/*.docx'"),
	  CLI_LIST, offsetof(struct options, wishes.paths) },
	{ 0, "addr", "FS:ADDR[-TYPE-ID]", N_("copy the file at this metadata address"), CLI_LIST,
	  offsetof(struct options, wishes.addrs) },
	{ 0, "deleted", NULL, N_("only deleted files"), CLI_FLAG,
	  offsetof(struct options, wishes.deleted) },
	{ 0, "slack", NULL, N_("copy the slack of the files instead of their content"), CLI_FLAG,
	  offsetof(struct options, wishes.slack) },
	{ 0, "unallocated", NULL, N_("copy the unallocated space of each file system"), CLI_FLAG,
	  offsetof(struct options, wishes.unallocated) },
	{ 0 },
};

static const struct cli_tool tool = {
	.name = "extract",
	.operands = "IMAGE",
	.summary = N_("copy files, slack or unallocated space out of an image"),
	.output = N_("the new folder that takes the copies and manifest.jsonl"),
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
