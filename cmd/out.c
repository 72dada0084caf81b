/* SPDX-License-Identifier: MIT */
/*
 * out.c - results to stdout, or to a new file that appears only when it is whole
 */
#include "cli.h"

#include "core/cleanup.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct cli_out {
	FILE *file; /* stdout or the temporary file */
	char *path; /* final name, NULL for stdout */
	char *part; /* temporary name */
};

void cli_out_free(struct cli_out *o)
{
	if (!o)
		return;
	if (o->file && o->file != stdout)
		fclose(o->file);
	if (o->part)
		unlink(o->part);
	free(o->part);
	free(o->path);
	free(o);
}

KAN_DEFINE_DROP(out, struct cli_out *, cli_out_free)

static int open_part(struct cli_out *o, const char *path, struct kan_err *err)
{
	int fd;

	if (access(path, F_OK) == 0)
		return kan_fail(err, KAN_EEXIST,
		                kan_text("%s: is there already; choose another name"), path);
	if (asprintf(&o->part, "%s.part", path) < 0) {
		o->part = NULL;
		return kan_fail(err, KAN_ENOMEM, "out of memory");
	}
	fd = open(o->part, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
	if (fd < 0) {
		int rc = kan_fail(err, KAN_EIO, "%s", o->part);

		free(o->part); /* not ours to remove */
		o->part = NULL;
		return rc;
	}
	o->file = fdopen(fd, "w");
	if (!o->file) {
		close(fd);
		return kan_fail(err, KAN_ENOMEM, "out of memory");
	}
	o->path = strdup(path);
	return o->path ? KAN_OK : kan_fail(err, KAN_ENOMEM, "out of memory");
}

int cli_out_open(struct cli_out **out, const char *path, struct kan_err *err)
{
	KAN_AUTO(out) struct cli_out *o = calloc(1, sizeof(*o));

	if (!o)
		return kan_fail(err, KAN_ENOMEM, "out of memory");
	if (path) {
		int rc = open_part(o, path, err);

		if (rc != KAN_OK)
			return rc;
	} else {
		o->file = stdout;
	}
	*out = KAN_STEAL(o);
	return KAN_OK;
}

static int write_error(const struct cli_out *o, struct kan_err *err)
{
	return kan_fail(err, KAN_EIO, "%s", o->path ? o->path : kan_text("standard output"));
}

int cli_out_write(struct cli_out *o, const void *data, size_t len, struct kan_err *err)
{
	return fwrite(data, 1, len, o->file) == len ? KAN_OK : write_error(o, err);
}

int cli_out_flush(struct cli_out *o, struct kan_buf *buf, struct kan_err *err)
{
	int rc = kan_buf_check(buf, err);

	if (rc == KAN_OK && buf->len > 0)
		rc = cli_out_write(o, buf->data, buf->len, err);
	kan_buf_reset(buf);
	return rc;
}

int cli_out_commit(struct cli_out *o, struct kan_err *err)
{
	FILE *file = o->file;

	if (fflush(file) != 0)
		return write_error(o, err);
	if (!o->path)
		return KAN_OK;
	if (fsync(fileno(file)) != 0)
		return write_error(o, err);
	o->file = NULL;
	if (fclose(file) != 0 || rename(o->part, o->path) != 0)
		return write_error(o, err);
	free(o->part);
	o->part = NULL;
	return KAN_OK;
}
