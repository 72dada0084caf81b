/* SPDX-License-Identifier: MIT */
/*
 * kanshiki-verify.c - recompute everything that images claim
 */
#include "evidence.h"

#include "kanshiki/describe.h"
#include "kanshiki/verify.h"

#include <string.h>

struct options {
	struct cli_common common;
	const char *hashes;
	uint64_t piece_len;
	const char *block;
	bool cross;
};

struct printer {
	struct cli_out *out;
	bool jsonl;
};

static int print_piece(void *arg, const struct kan_digest *digest, uint64_t offset, uint64_t len,
                       struct kan_err *err)
{
	struct printer *p = arg;
	KAN_DEFER(kan_buf_done) struct kan_buf buf = { 0 };

	if (p->jsonl)
		kan_describe_piece_jsonl(&buf, digest, offset, len);
	else
		kan_describe_piece_text(&buf, digest, offset, len);
	return cli_out_flush(p->out, &buf, err);
}

/* The number of a block; false if @text is none. */
static bool parse_block(uint64_t *out, const char *text)
{
	uint64_t v = 0;

	if (*text == '\0')
		return false;
	for (; *text >= '0' && *text <= '9'; text++)
		if (__builtin_mul_overflow(v, 10u, &v) ||
		    __builtin_add_overflow(v, (uint64_t)(*text - '0'), &v))
			return false;
	*out = v;
	return *text == '\0';
}

static int prove_block(struct printer *p, const struct options *o, const char *path, bool *problem,
                       struct kan_err *err)
{
	KAN_DEFER(kan_verify_block_done) struct kan_verify_block block = { 0 };
	KAN_DEFER(kan_buf_done) struct kan_buf buf = { 0 };
	struct evidence e = { 0 };
	uint64_t number = 0;
	int rc = kan_image_open(&e.img, path, NULL, err);

	(void)parse_block(&number, o->block); /* it was checked before */
	if (rc == KAN_OK)
		rc = kan_verify_block(&block, e.img, number, err);
	if (rc == KAN_OK) {
		if (p->jsonl)
			kan_describe_block_jsonl(&buf, path, &block);
		else
			kan_describe_block_text(&buf, path, &block);
		*problem |= block.verdict != KAN_VERDICT_MATCH ||
		            kan_findings_have_problem(&block.findings);
		rc = cli_out_flush(p->out, &buf, err);
	}
	evidence_done(&e);
	return rc;
}

/* What the image and its record claim, and what a second reader says. */
static int compute(struct kan_verify_result *out, struct kan_image *img, const char *path,
                   const struct kan_verify_opts *opts, bool cross, struct kan_err *err)
{
	int rc = kan_verify_image(out, img, opts, err);

	if (rc == KAN_OK && cross)
		rc = kan_verify_cross(out, path, kan_image_info(img), opts, err);
	return rc;
}

static int verify_one(struct printer *p, const struct options *o, const char *path, bool *problem,
                      struct kan_err *err)
{
	struct evidence e = { 0 };
	struct kan_verify_opts opts = { .jobs = o->common.jobs, .record = true, .tree = o->cross };
	struct kan_verify_result result = { 0 };
	KAN_DEFER(kan_buf_done) struct kan_buf buf = { 0 };
	int rc = kan_image_open(&e.img, path, NULL, err);

	if (rc == KAN_OK && o->hashes)
		rc = kan_hash_set_parse(&opts.hashes, o->hashes, err);
	if (rc == KAN_OK) {
		opts.progress = cli_progress(kan_text("verify"), CLI_BYTES);
		if (o->piece_len > 0)
			opts.pieces = (struct kan_hasher_opts){ o->piece_len, print_piece, p };
		rc = compute(&result, e.img, path, &opts, o->cross, err);
		cli_progress_end();
	}
	if (rc == KAN_OK) {
		if (p->jsonl)
			kan_describe_verify_jsonl(&buf, path, &result);
		else
			kan_describe_verify_text(&buf, path, &result);
		*problem |= result.verdict == KAN_VERDICT_MISMATCH ||
		            kan_findings_have_problem(&result.findings);
		rc = cli_out_flush(p->out, &buf, err);
	}
	kan_verify_result_done(&result);
	evidence_done(&e);
	return rc;
}

static int run(void *options, int n, char **operands)
{
	const struct options *o = options;
	KAN_AUTO(out) struct cli_out *out = NULL;
	struct printer p = { 0 };
	struct kan_hash_set set;
	struct kan_err err = { 0 };
	bool problem = false;
	uint64_t number;

	if (o->block && !parse_block(&number, o->block))
		return cli_usage("--block %s: not the number of a block", o->block);
	if (o->block && (o->hashes || o->piece_len > 0 || o->cross))
		return cli_usage(
			"--block reads one block: not with --hash, --pieces, --cross-check");
	if (o->hashes && kan_hash_set_parse(&set, o->hashes, &err) != KAN_OK)
		return cli_usage("%s", err.msg);
	if (cli_out_open(&out, o->common.output, &err) != KAN_OK)
		return cli_fail(&err);
	p.out = out;
	p.jsonl = o->common.format && strcmp(o->common.format, "jsonl") == 0;
	for (int i = 0; i < n; i++)
		if ((o->block ? prove_block : verify_one)(&p, o, operands[i], &problem, &err) !=
		    KAN_OK)
			return cli_fail(&err);
	if (cli_out_commit(out, &err) != KAN_OK)
		return cli_fail(&err);
	return problem ? CLI_PROBLEM : CLI_DONE;
}

static const struct cli_option options_table[] = {
	{ 0, "hash", "LIST",
	  N_("digests to compute besides the stored ones: md5,sha1,sha256,sha512"), CLI_TEXT,
	  offsetof(struct options, hashes) },
	{ 0, "pieces", "SIZE", N_("also print the digests of every SIZE bytes (K, M, G for 1024)"),
	  CLI_SIZE, offsetof(struct options, piece_len) },
	{ 0, "block", "N", N_("read nothing but block N of 1 MiB, and prove it by the record"),
	  CLI_TEXT, offsetof(struct options, block) },
	{ 0, "cross-check", NULL, N_("read the media a second time, with libewf, and compare"),
	  CLI_FLAG, offsetof(struct options, cross) },
	{ 0 },
};

static const struct cli_tool tool = {
	.name = "verify",
	.operands = "IMAGE...",
	.summary = N_("recompute everything that an image claims, and say what differs"),
	.formats = "text|jsonl",
	.output = N_("write to a new file PATH instead of standard output"),
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
