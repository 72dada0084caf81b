/* SPDX-License-Identifier: MIT */
/*
 * copy_out.c - streams of the evidence into files of ours
 *
 * Files are made with openat() below the new folder, component by component and
 * without following links, so that no name out of the evidence can leave it.
 */
#include "copy_out.h"

#include "core/escape.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#define NHASHES 2

struct copy {
	const struct selection *s;
	struct cli_out *manifest;
	int dir;
	int fd; /* of the file being written, or -1 */
	uint64_t written;
	struct kan_hash_set set;
	void *hash[NHASHES]; /* states, one for each algorithm of the set */
};

/* Open the folder of @name below @dir, making what is missing; the last part goes to *@leaf. */
static int open_folder(int *fd_out, int dir, const char *name, const char **leaf,
                       struct kan_err *err)
{
	int fd = dup(dir);
	const char *p = name;
	const char *slash;

	while (fd >= 0 && (slash = strchr(p, '/')) != NULL) {
		char part[512];
		int next;

		snprintf(part, sizeof(part), "%.*s", (int)(slash - p), p);
		if (mkdirat(fd, part, 0777) != 0 && errno != EEXIST)
			next = -1;
		else
			next = openat(fd, part, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		close(fd);
		fd = next;
		p = slash + 1;
	}
	if (fd < 0)
		return kan_fail(err, KAN_EIO, "%s", name);
	*fd_out = fd;
	*leaf = p;
	return KAN_OK;
}

static int begin(void *arg, size_t i, struct kan_err *err)
{
	struct copy *c = arg;
	const char *name = c->s->list[i].name;
	const char *leaf = NULL;
	KAN_AUTO(fd) int folder = -1;
	uint8_t ignored[KAN_DIGEST_MAX];
	int rc;

	if (c->fd >= 0)
		close(c->fd); /* started again after a crash: what came before is dropped */
	c->fd = -1;
	c->written = 0;
	for (size_t k = 0; k < c->set.n; k++) {
		rc = c->set.algo[k]->finish(c->hash[k], ignored, err);
		if (rc != KAN_OK)
			return rc;
	}
	rc = open_folder(&folder, c->dir, name, &leaf, err);
	if (rc != KAN_OK)
		return rc;
	c->fd = openat(folder, leaf, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0666);
	return c->fd >= 0 ? KAN_OK : kan_fail(err, KAN_EIO, "%s", name);
}

static int data(void *arg, uint64_t offset, const void *bytes, size_t len, struct kan_err *err)
{
	struct copy *c = arg;
	const char *p = bytes;
	size_t left = len;

	(void)offset;
	while (left > 0) {
		ssize_t n = write(c->fd, p, left);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return kan_fail(err, KAN_EIO, "%s", kan_text("writing a copy"));
		p += n;
		left -= (size_t)n;
	}
	c->written += len;
	for (size_t k = 0; k < c->set.n; k++) {
		int rc = c->set.algo[k]->update(c->hash[k], bytes, len, err);

		if (rc != KAN_OK)
			return rc;
	}
	return cli_stopped() ? kan_fail(err, KAN_ESTOPPED, "%s", kan_text("interrupted")) : KAN_OK;
}

static void put_string(struct kan_buf *out, const char *key, const char *value)
{
	KAN_DEFER(kan_buf_done) struct kan_buf text = { 0 };

	kan_escape_text(&text, value, strlen(value));
	out->failed |= text.failed;
	kan_buf_printf(out, "\"%s\":", key);
	kan_escape_json(out, text.data ? text.data : "");
	kan_buf_putc(out, ',');
}

static const char *kind_name(enum kan_content_kind kind)
{
	return kind == KAN_CONTENT_STREAM  ? "stream"
	       : kind == KAN_CONTENT_SLACK ? "slack"
	                                   : "unallocated";
}

static int put_manifest(struct copy *c, const struct selected *item, bool complete,
                        struct kan_err *err)
{
	KAN_DEFER(kan_buf_done) struct kan_buf line = { 0 };
	uint8_t digest[KAN_DIGEST_MAX];
	char hex[2 * KAN_DIGEST_MAX + 1];

	kan_buf_putc(&line, '{');
	put_string(&line, "path", item->path);
	put_string(&line, "copy", item->name);
	put_string(&line, "content", kind_name(item->content.kind));
	kan_buf_printf(&line, "\"fs\":%u,\"addr\":%llu,\"attr\":\"%u-%u\",\"size\":%llu",
	               item->content.fs, (unsigned long long)item->content.addr,
	               item->content.attr_type, item->content.attr_id,
	               (unsigned long long)c->written);
	for (size_t k = 0; k < c->set.n; k++) {
		int rc = c->set.algo[k]->finish(c->hash[k], digest, err);

		if (rc != KAN_OK)
			return rc;
		kan_hash_hex(hex, digest, c->set.algo[k]->digest_len);
		kan_buf_printf(&line, ",\"%s\":\"%s\"", c->set.algo[k]->name, hex);
	}
	kan_buf_printf(&line, ",\"complete\":%s}\n", complete ? "true" : "false");
	return cli_out_flush(c->manifest, &line, err);
}

static int end(void *arg, size_t i, bool complete, struct kan_err *err)
{
	struct copy *c = arg;
	int fd = c->fd;

	c->fd = -1;
	if (fd >= 0 && close(fd) != 0)
		return kan_fail(err, KAN_EIO, "%s", c->s->list[i].name);
	return put_manifest(c, &c->s->list[i], complete, err);
}

static int read_all(struct copy *c, struct evidence *e, struct kan_err *err)
{
	struct kan_content_events events = { begin, data, end, c };
	struct kan_content *wanted = calloc(c->s->n ? c->s->n : 1, sizeof(*wanted));
	int rc;

	if (!wanted)
		return kan_fail(err, KAN_ENOMEM, "out of memory for the selection");
	for (size_t i = 0; i < c->s->n; i++)
		wanted[i] = c->s->list[i].content;
	e->fs.progress = cli_progress(kan_text("copied"), CLI_BYTES);
	rc = kan_content_read(e->img, e->layout, wanted, c->s->n, &e->fs, &events, &e->findings,
	                      err);
	cli_progress_end();
	free(wanted);
	return rc;
}

static int open_hashes(struct copy *c, struct kan_err *err)
{
	int rc = kan_hash_set_parse(&c->set, "md5,sha256", err);

	for (size_t k = 0; rc == KAN_OK && k < c->set.n; k++)
		rc = c->set.algo[k]->open(&c->hash[k], err);
	return rc;
}

static int open_target(struct copy *c, const char *dir, struct kan_err *err)
{
	KAN_DEFER(kan_buf_done) struct kan_buf path = { 0 };

	if (mkdir(dir, 0777) != 0)
		return errno == EEXIST
		               ? kan_fail(err, KAN_EEXIST,
		                          kan_text("%s: is there already; choose another name"),
		                          dir)
		               : kan_fail(err, KAN_EIO, "%s", dir);
	c->dir = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (c->dir < 0)
		return kan_fail(err, KAN_EIO, "%s", dir);
	kan_buf_printf(&path, "%s/manifest.jsonl", dir);
	if (path.failed)
		return kan_buf_check(&path, err);
	return cli_out_open(&c->manifest, path.data, err);
}

int copy_out(struct evidence *e, const struct selection *s, const char *dir, struct kan_err *err)
{
	struct copy c = { .s = s, .dir = -1, .fd = -1 };
	int rc = open_hashes(&c, err);

	if (rc == KAN_OK)
		rc = open_target(&c, dir, err);
	if (rc == KAN_OK)
		rc = read_all(&c, e, err);
	if (rc == KAN_OK)
		rc = cli_out_commit(c.manifest, err);
	for (size_t k = 0; k < c.set.n; k++)
		if (c.hash[k])
			c.set.algo[k]->close(c.hash[k]);
	cli_out_free(c.manifest);
	kan_drop_fd(&c.fd);
	kan_drop_fd(&c.dir);
	return rc;
}
