/* SPDX-License-Identifier: MIT */
/*
 * kanshiki-files.c - every file, deleted ones too
 */
#include "evidence.h"

#include "core/zone.h"

#include <string.h>

struct options {
	struct cli_common common;
	const char *hashes;
	bool deleted;
};

struct printer {
	const struct kan_output *format;
	struct kan_output_opts opts;
	struct cli_out *out;
	struct kan_buf buf;
	bool deleted_only;
};

static int print_file(void *arg, const struct kan_file *file, struct kan_err *err)
{
	struct printer *p = arg;
	int rc;

	if (p->deleted_only && !kan_file_is_deleted(file))
		return KAN_OK;
	rc = p->format->file(&p->buf, file, &p->opts, err);
	return rc == KAN_OK ? cli_out_flush(p->out, &p->buf, err) : rc;
}

static int print_head(struct printer *p, struct kan_err *err)
{
	int rc = p->format->file_head ? p->format->file_head(&p->buf, &p->opts, err) : KAN_OK;

	return rc == KAN_OK ? cli_out_flush(p->out, &p->buf, err) : rc;
}

static int files_of_case(struct printer *p, const char *path, struct kan_err *err)
{
	KAN_AUTO(case) struct kan_case *c = NULL;
	int rc = kan_case_open(&c, path, err);

	if (rc == KAN_OK)
		rc = kan_case_hashes(c, &p->opts.hashes, err);
	if (rc == KAN_OK)
		rc = print_head(p, err);
	if (rc == KAN_OK)
		rc = kan_case_each_file(c, print_file, p, err);
	if (rc == KAN_OK && kan_case_state(c) != KAN_CASE_COMPLETE)
		cli_say(kan_text("%s: the run that made this case did not come to its end"), path);
	return rc;
}

static int files_of_image(struct printer *p, struct evidence *e, const char *path,
                          const struct cli_common *common, struct kan_err *err)
{
	int rc = evidence_open(e, path, common, err);

	e->fs.hashes = p->opts.hashes;
	if (rc == KAN_OK)
		rc = print_head(p, err);
	return rc == KAN_OK ? evidence_files(e, 1, print_file, p, err) : rc;
}

static int run(void *options, int n, char **operands)
{
	const struct options *o = options;
	KAN_DEFER(evidence_done) struct evidence e = { 0 };
	KAN_AUTO(out) struct cli_out *out = NULL;
	KAN_AUTO(zone) struct kan_zone *zone = NULL;
	struct printer p = { .opts.zone = o->common.zone, .deleted_only = o->deleted };
	struct kan_err err = { 0 };
	int rc;

	(void)n;
	p.format = cli_format(&o->common, "text");
	if (!p.format)
		return CLI_USAGE;
	if (kan_zone_load(&zone, o->common.zone, &err) != KAN_OK)
		return cli_usage("%s", err.msg);
	p.opts.loaded_zone = zone;
	if (o->hashes && kan_hash_set_parse(&p.opts.hashes, o->hashes, &err) != KAN_OK)
		return cli_usage("%s", err.msg);
	rc = cli_out_open(&out, o->common.output, &err);
	p.out = out;
	if (rc == KAN_OK && evidence_is_case(operands[0]))
		rc = files_of_case(&p, operands[0], &err);
	else if (rc == KAN_OK)
		rc = files_of_image(&p, &e, operands[0], &o->common, &err);
	kan_buf_done(&p.buf);
	if (rc == KAN_OK)
		rc = cli_out_commit(out, &err);
	if (rc != KAN_OK)
		return cli_fail(&err);
	cli_say_findings(&e.findings);
	return cli_exit_code(&e.findings);
}

static const struct cli_option options_table[] = {
	{ 0, "hash", "LIST", N_("read the content and give its digests: md5,sha1,sha256,sha512"),
	  CLI_TEXT, offsetof(struct options, hashes) },
	{ 0, "deleted", NULL, N_("only deleted files"), CLI_FLAG,
	  offsetof(struct options, deleted) },
	{ 0 },
};

static const struct cli_tool tool = {
	.name = "files",
	.operands = "IMAGE|CASE",
	.summary = N_("list every file, deleted ones too"),
	.formats = "text|jsonl|csv|body",
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
