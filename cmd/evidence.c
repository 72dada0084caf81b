/* SPDX-License-Identifier: MIT */
/*
 * evidence.c - open an operand, whatever it is
 */
#include "evidence.h"

#include <stdio.h>
#include <sys/stat.h>

bool evidence_is_case(const char *path)
{
	char log[4096];
	struct stat st;
	int n = snprintf(log, sizeof(log), "%s/case.jsonl", path);

	return n > 0 && (size_t)n < sizeof(log) && stat(log, &st) == 0;
}

int evidence_open(struct evidence *e, const char *path, const struct cli_common *common,
                  struct kan_err *err)
{
	int rc = kan_image_open(&e->img, path, NULL, err);

	if (rc != KAN_OK)
		return rc;
	kan_findings_merge(&e->findings, kan_image_findings(e->img));
	e->fs.jobs = common->jobs;
	return kan_layout_find(&e->layout, e->img, &e->fs, &e->findings, err);
}

struct numbered {
	uint32_t number;
	kan_file_fn *fn;
	void *arg;
};

static int number_file(void *arg, const struct kan_file *file, struct kan_err *err)
{
	const struct numbered *n = arg;
	struct kan_file copy = *file;

	copy.evidence = n->number;
	return n->fn(n->arg, &copy, err);
}

int evidence_files(struct evidence *e, uint32_t number, kan_file_fn *fn, void *arg,
                   struct kan_err *err)
{
	struct numbered n = { number, fn, arg };
	int rc;

	e->fs.progress = cli_progress(kan_text("files"), CLI_ITEMS);
	rc = kan_files_walk(e->img, e->layout, &e->fs, number_file, &n, &e->findings, err);
	cli_progress_end();
	return rc;
}

const char *evidence_fs_type(const struct evidence *e, uint32_t fs)
{
	for (size_t i = 0; i < e->layout->nfilesystems; i++)
		if (e->layout->filesystems[i].number == fs)
			return e->layout->filesystems[i].type;
	return "unknown";
}

void evidence_done(struct evidence *e)
{
	kan_findings_done(&e->findings);
	kan_layout_free(e->layout);
	kan_image_close(e->img);
	*e = (struct evidence){ 0 };
}
