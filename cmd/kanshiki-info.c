/* SPDX-License-Identifier: MIT */
/*
 * kanshiki-info.c - what an image is, or a drive
 */
#include "evidence.h"

#include "kanshiki/describe.h"

#include <string.h>

struct options {
	struct cli_common common;
};

static int describe(const struct options *o, const struct evidence *e,
                    const struct kan_device *device, struct kan_err *err)
{
	KAN_AUTO(out) struct cli_out *out = NULL;
	KAN_DEFER(kan_buf_done) struct kan_buf buf = { 0 };
	bool json = o->common.format && strcmp(o->common.format, "json") == 0;
	int rc = cli_out_open(&out, o->common.output, err);

	if (rc != KAN_OK)
		return rc;
	if (json)
		kan_describe_image_json(&buf, kan_image_info(e->img), e->layout, &e->findings,
		                        device);
	else if (device->is_device)
		kan_describe_device_text(&buf, device, e->layout);
	if (!json)
		kan_describe_image_text(&buf, kan_image_info(e->img), e->layout);
	rc = cli_out_flush(out, &buf, err);
	return rc == KAN_OK ? cli_out_commit(out, err) : rc;
}

static int run(void *options, int n, char **operands)
{
	const struct options *o = options;
	KAN_DEFER(evidence_done) struct evidence e = { 0 };
	struct kan_device device = { 0 };
	struct kan_err err = { 0 };

	(void)n;
	if (evidence_open(&e, operands[0], &o->common, &err) != KAN_OK ||
	    kan_device_read(&device, operands[0], &err) != KAN_OK ||
	    describe(o, &e, &device, &err) != KAN_OK)
		return cli_fail(&err);
	cli_say_findings(&e.findings);
	return cli_exit_code(&e.findings);
}

static const struct cli_tool tool = {
	.name = "info",
	.operands = "IMAGE",
	.summary =
		N_("what an image is: container, volumes, file systems, encryption, stored hashes"),
	.formats = "text|json",
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
