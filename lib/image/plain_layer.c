/* SPDX-License-Identifier: MIT */
/*
 * plain_layer.c - a raw file as the last parent of a chain
 */
#include "image/plain_layer.h"

#include "core/cleanup.h"

struct plain {
	struct kan_layer layer;
	struct kan_evidence_file file;
};

static int plain_map(const struct kan_layer *layer, uint64_t offset, struct kan_run *run,
                     struct kan_err *err)
{
	(void)err;
	run->kind = KAN_RUN_PLAIN;
	run->file = &((const struct plain *)layer)->file;
	run->where = offset;
	return KAN_OK;
}

static void plain_close(struct kan_layer *layer)
{
	struct plain *p = (struct plain *)layer;

	kan_evidence_file_close(&p->file);
	free(p);
}

int kan_plain_layer(struct kan_layer **out, const char *path, struct kan_err *err)
{
	static const struct kan_layer_ops ops = { .map = plain_map, .close = plain_close };
	struct plain *p = calloc(1, sizeof(*p));
	int rc;

	if (!p)
		return kan_fail(err, KAN_ENOMEM, "out of memory for a parent");
	p->file = (struct kan_evidence_file)KAN_EVIDENCE_FILE_NONE;
	rc = kan_evidence_file_open(&p->file, path, err);
	if (rc != KAN_OK) {
		free(p);
		return rc;
	}
	p->layer = (struct kan_layer){ &ops, p->file.size };
	*out = &p->layer;
	return KAN_OK;
}
