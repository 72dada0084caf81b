/* SPDX-License-Identifier: MIT */
/*
 * log.c - the log is continued
 *
 * A line goes out in one write to a descriptor that only appends, and is synced
 * before anybody goes on.  After a power loss the file can end in a part of a
 * line.  Its record (length, digest, bytes) is written *over* it in one write: the
 * record is longer than the bytes that it describes, so at no moment are they
 * gone and not recorded.  Only a very long rest is cut off afterwards.
 */
#include "case/log.h"

#include "case/drops.h"
#include "case/folder.h"
#include "core/escape.h"
#include "core/utc.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>

/* Bytes of a torn line that are kept in its record. */
enum { TORN_KEPT = 65536 };

static const char first_bytes[] = "{\"seq\":1,";

static char *printable(const char *s, struct kan_err *err)
{
	struct kan_buf text = { 0 };

	kan_buf_add(&text, "", 0);
	kan_escape_text(&text, s, strlen(s));
	if (kan_buf_check(&text, err) != KAN_OK)
		kan_buf_done(&text);
	return text.data;
}

/* Who writes, and where: told in every line. */
static int learn_names(struct kan_log *log, struct kan_err *err)
{
	char host[256] = "", user[256] = "", room[4096];
	struct passwd entry, *found = NULL;

	if (gethostname(host, sizeof(host) - 1) != 0)
		return kan_fail(err, KAN_EIO, "cannot tell the name of this host");
	if (getpwuid_r(geteuid(), &entry, room, sizeof(room), &found) == 0 && found)
		snprintf(user, sizeof(user), "%s", entry.pw_name);
	else
		snprintf(user, sizeof(user), "uid %u", (unsigned)geteuid());
	log->host = printable(host, err);
	if (!log->host)
		return KAN_ENOMEM;
	log->user = printable(user, err);
	return log->user ? KAN_OK : KAN_ENOMEM;
}

static int make_line(const struct kan_log *log, struct kan_buf *out, const char *event,
                     const struct kan_case_field *fields, size_t n, struct kan_err *err)
{
	struct timespec now;
	char text[KAN_UTC_LEN];

	if (clock_gettime(CLOCK_REALTIME, &now) != 0)
		return kan_fail(err, KAN_EIO, "cannot read the clock");
	kan_utc_format(text, (int64_t)now.tv_sec * 1000000000 + now.tv_nsec, KAN_CASE_CLOCK_NS,
	               true);
	return kan_logline_write(out,
	                         &(struct kan_logline){
					 .seq = log->state.seq + 1,
					 .time = text,
					 .host = log->host,
					 .user = log->user,
					 .event = event,
					 .prev = log->state.head,
				 },
	                         fields, n, err);
}

/* The line @text stands in the file: the next one follows it. */
static int follow(struct kan_log_state *s, const struct kan_buf *text, const char *event,
                  struct kan_err *err)
{
	KAN_AUTO(sha256) struct kan_sha256 sha = { 0 };
	int rc = kan_sha256_open(&sha, err);

	if (rc == KAN_OK)
		rc = kan_sha256_add(&sha, text->data, text->len, err);
	if (rc == KAN_OK)
		rc = kan_sha256_finish(&sha, s->head, err);
	s->nlines++;
	s->seq++;
	s->end += text->len;
	kan_log_note_event(s, event);
	return rc;
}

/* One write, or the log is as long as before. */
static int write_line(struct kan_log *log, const struct kan_buf *text, struct kan_err *err)
{
	ssize_t n;
	int rc;

	do
		n = write(log->fd, text->data, text->len);
	while (n < 0 && errno == EINTR);
	if (n == (ssize_t)text->len) {
		if (fsync(log->fd) == 0)
			return KAN_OK;
		return kan_fail(err, KAN_EIO, "cannot sync the log");
	}
	if (n >= 0)
		errno = ENOSPC;
	rc = kan_fail(err, KAN_EIO, "cannot write the log");
	if (n > 0 && ftruncate(log->fd, (off_t)log->state.end) != 0)
		return rc; /* the rest is a torn line, which the next run records */
	return rc;
}

int kan_log_append(struct kan_log *log, const char *event, const struct kan_case_field *fields,
                   size_t n, struct kan_err *err)
{
	KAN_AUTO(buf) struct kan_buf text = { 0 };
	int rc;

	if (log->failed)
		return kan_fail(err, KAN_EIO, "the log failed before");
	rc = make_line(log, &text, event, fields, n, err);
	if (rc != KAN_OK)
		return rc;
	log->failed = true;
	rc = write_line(log, &text, err);
	if (rc == KAN_OK)
		rc = follow(&log->state, &text, event, err);
	log->failed = rc != KAN_OK;
	return rc;
}

/* The digest of the torn bytes, and the first of them in hexadecimal. */
static int read_torn(const struct kan_log *log, struct kan_buf *hex, char *digest,
                     struct kan_err *err)
{
	KAN_AUTO(sha256) struct kan_sha256 sha = { 0 };
	uint8_t piece[4096];
	uint64_t pos = 0;
	int rc = kan_sha256_open(&sha, err);

	while (rc == KAN_OK && pos < log->state.torn) {
		ssize_t n = pread(log->fd, piece, sizeof(piece), (off_t)(log->state.end + pos));

		if (n <= 0)
			return kan_fail(err, KAN_EIO, "cannot read the end of the log");
		if (log->state.torn - pos < (uint64_t)n)
			n = (ssize_t)(log->state.torn - pos);
		for (ssize_t i = 0; i < n && hex->len < 2 * TORN_KEPT; i++)
			kan_buf_printf(hex, "%02x", piece[i]);
		rc = kan_sha256_add(&sha, piece, (size_t)n, err);
		pos += (uint64_t)n;
	}
	if (rc == KAN_OK)
		rc = kan_sha256_finish(&sha, digest, err);
	return rc == KAN_OK ? kan_buf_check(hex, err) : rc;
}

static int describe_torn(const struct kan_log *log, struct kan_buf *line, struct kan_err *err)
{
	KAN_AUTO(buf) struct kan_buf hex = { 0 };
	char digest[KAN_SHA256_HEX], len[24];
	int rc = read_torn(log, &hex, digest, err);

	if (rc != KAN_OK)
		return rc;
	snprintf(len, sizeof(len), "%" PRIu64, log->state.torn);
	return make_line(log, line, "log.repaired",
	                 (struct kan_case_field[]){ { "torn_bytes", len },
	                                            { "torn_sha256", digest },
	                                            { "torn_hex", hex.data } },
	                 3, err);
}

int kan_log_repair(struct kan_log *log, int dirfd, const char *name, struct kan_err *err)
{
	KAN_AUTO(buf) struct kan_buf line = { 0 };
	KAN_AUTO(fd) int fd = -1;
	off_t end;
	int rc;

	if (log->state.torn == 0)
		return KAN_OK;
	fd = openat(dirfd, name, O_WRONLY | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0)
		return kan_fail(err, KAN_EIO, "cannot repair the log");
	rc = describe_torn(log, &line, err);
	if (rc != KAN_OK)
		return rc;
	end = (off_t)(log->state.end + line.len);
	errno = ENOSPC; /* the reason of a short write */
	if (pwrite(fd, line.data, line.len, (off_t)log->state.end) != (ssize_t)line.len ||
	    fsync(fd) != 0 || ftruncate(fd, end) != 0 || fsync(fd) != 0)
		return kan_fail(err, KAN_EIO, "cannot repair the log");
	log->state.torn = 0;
	return follow(&log->state, &line, "log.repaired", err);
}

/* Bytes that are no line at all must at least be the start of one of ours. */
static int check_start(const struct kan_log *log, struct kan_err *err)
{
	char head[sizeof(first_bytes)];
	ssize_t n = pread(log->fd, head, sizeof(first_bytes) - 1, 0);

	if (n < 0)
		return kan_fail(err, KAN_EIO, "cannot read the log");
	return memcmp(head, first_bytes, (size_t)n) == 0
	               ? KAN_OK
	               : kan_fail(err, KAN_EEXIST, "not the log of a case");
}

static int read_log(struct kan_log *log, struct kan_err *err)
{
	KAN_AUTO(findings) struct kan_findings found = { 0 };
	int rc = check_start(log, err);

	if (rc == KAN_OK)
		rc = kan_log_read(&log->state, log->fd, &found, err);
	if (rc != KAN_OK)
		return rc;
	for (size_t i = 0; i < found.n; i++)
		if (kan_finding_is_problem(found.list[i].kind) &&
		    found.list[i].kind != KAN_FINDING_TRUNCATED)
			return kan_fail(err, KAN_EFORMAT, "damaged, not continued: %s: %s",
			                found.list[i].subject, found.list[i].detail);
	if (found.dropped > 0)
		return kan_fail(err, KAN_EFORMAT, "damaged, not continued");
	return KAN_OK;
}

int kan_log_open(struct kan_log *log, int dirfd, const char *name, struct kan_err *err)
{
	struct stat st;
	int rc;

	log->fd = openat(dirfd, name,
	                 O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0666);
	if (log->fd < 0 && errno == ELOOP)
		return kan_fail(err, KAN_EEXIST, "a symbolic link, not the log of a case");
	if (log->fd < 0 || fstat(log->fd, &st) != 0)
		return kan_fail(err, KAN_EIO, "cannot open the log");
	if (!S_ISREG(st.st_mode))
		return kan_fail(err, KAN_EEXIST, "not the log of a case");
	if (flock(log->fd, LOCK_EX | LOCK_NB) != 0)
		return errno == EWOULDBLOCK ? kan_fail(err, KAN_EEXIST,
		                                       "another process is working on this case")
		                            : kan_fail(err, KAN_EIO, "cannot lock the log");
	rc = read_log(log, err);
	return rc == KAN_OK ? learn_names(log, err) : rc;
}

void kan_log_done(struct kan_log *log)
{
	kan_drop_fd(&log->fd);
	free(log->host);
	free(log->user);
	*log = (struct kan_log){ .fd = -1 };
}
