/* SPDX-License-Identifier: MIT */
/*
 * logread.c - a log is read from its first line to its last
 *
 * The digest that a line must carry is computed from the bytes of the line
 * before as they stand.  After a break the check goes on from there, so that each
 * damage is told once, and where it is: a line that was changed is seen in the
 * line behind it.  Nothing vouches for the last line, and for lines that were cut
 * off behind it; the check says so.
 */
#include "case/log.h"

#include "case/drops.h"
#include "case/folder.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

enum { PIECE = 65536 };

struct reader {
	int fd;
	char piece[PIECE];
	size_t len;            /* bytes in piece */
	size_t pos;            /* of the next one */
	struct kan_sha256 sha; /* over the line so far */
	struct kan_buf line;   /* its first KAN_CASE_LINE_MAX bytes, without the newline */
	uint64_t line_len;     /* all its bytes, with the newline */
	struct kan_log_state *s;
	struct kan_findings *findings;
};

static void drop_reader(struct reader **r)
{
	if (!*r)
		return;
	kan_sha256_done(&(*r)->sha);
	kan_buf_done(&(*r)->line);
	free(*r);
}

static int refill(struct reader *r, struct kan_err *err)
{
	ssize_t n;

	do
		n = pread(r->fd, r->piece, PIECE, (off_t)(r->s->end + r->line_len));
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return kan_fail(err, KAN_EIO, "cannot read the log");
	r->len = (size_t)n;
	r->pos = 0;
	return KAN_OK;
}

/* Up to a newline or the end of the file; *@whole says which. */
static int next_line(struct reader *r, bool *whole, struct kan_err *err)
{
	int rc = KAN_OK;

	kan_buf_reset(&r->line);
	kan_buf_add(&r->line, "", 0);
	for (*whole = false, r->line_len = 0; !*whole && rc == KAN_OK;) {
		const char *p, *nl;
		size_t n, room;

		if (r->pos == r->len)
			rc = refill(r, err);
		if (rc != KAN_OK || r->len == 0)
			break;
		p = r->piece + r->pos;
		nl = memchr(p, '\n', r->len - r->pos);
		n = nl ? (size_t)(nl - p) : r->len - r->pos;
		room = KAN_CASE_LINE_MAX - r->line.len;
		kan_buf_add(&r->line, p, n < room ? n : room);
		*whole = nl != NULL;
		n += *whole;
		rc = kan_sha256_add(&r->sha, p, n, err);
		r->pos += n;
		r->line_len += n;
	}
	return rc == KAN_OK ? kan_buf_check(&r->line, err) : rc;
}

static void tell(const struct reader *r, enum kan_finding_kind kind, uint64_t line,
                 const char *what)
{
	char subject[64];

	snprintf(subject, sizeof(subject), KAN_CASE_LOG " line %" PRIu64, line);
	kan_findings_add(r->findings, kind, KAN_NO_OFFSET, 0, subject, "%s", what);
}

/* Does what the line says follow from the lines before it? */
static void check_sequence(struct reader *r, const struct kan_logline_read *line)
{
	uint64_t n = r->s->nlines;
	char text[160];

	if (strcmp(line->prev, r->s->head) != 0)
		tell(r, KAN_FINDING_CHECKSUM, n,
		     n == 1 ? "prev is not the start of a chain: lines before it are gone, or it "
		              "was "
		              "changed"
		            : "prev is not the digest of the line before: that line or this one "
		              "was "
		              "changed, moved or removed");
	if (line->seq != r->s->seq + 1) {
		snprintf(text, sizeof(text), "seq is %" PRIu64 " where %" PRIu64 " must follow",
		         line->seq, r->s->seq + 1);
		tell(r, KAN_FINDING_STRUCTURE, n, text);
	}
	if (n > 1 && line->time_ns < r->s->time_ns)
		tell(r, KAN_FINDING_NOTE, n, "time is before that of the line before");
}

void kan_log_note_event(struct kan_log_state *s, const char *event)
{
	if (strcmp(event, "case.complete") == 0)
		s->complete = true;
	else if (strcmp(event, "run.started") == 0 || strcmp(event, "run.restarted") == 0)
		s->complete = false;
}

static int take_line(struct reader *r, struct kan_err *err)
{
	struct kan_logline_read line = { 0 };
	struct kan_err why = { 0 };
	int rc;

	r->s->nlines++;
	r->s->end += r->line_len;
	if (r->line_len > KAN_CASE_LINE_MAX)
		rc = kan_fail(&why, KAN_EFORMAT, "longer than %u bytes", KAN_CASE_LINE_MAX);
	else
		rc = kan_logline_parse(&line, r->line.data, r->line.len, &why);
	if (rc == KAN_ENOMEM)
		return kan_fail(err, KAN_ENOMEM, "%s", why.msg);
	if (rc != KAN_OK) {
		tell(r, KAN_FINDING_STRUCTURE, r->s->nlines, why.msg);
		r->s->seq++; /* it stands for a line, whatever it says */
	} else {
		check_sequence(r, &line);
		r->s->seq = line.seq;
		r->s->time_ns = line.time_ns;
		kan_log_note_event(r->s, line.event);
	}
	return kan_sha256_finish(&r->sha, r->s->head, err);
}

static int read_lines(struct reader *r, struct kan_err *err)
{
	char text[96];
	bool whole;
	int rc;

	for (;;) {
		rc = next_line(r, &whole, err);
		if (rc != KAN_OK || !whole)
			break;
		rc = take_line(r, err);
		if (rc != KAN_OK)
			return rc;
	}
	r->s->torn = r->line_len;
	if (rc == KAN_OK && r->line_len > 0) {
		snprintf(text, sizeof(text),
		         "%" PRIu64 " bytes without a newline: torn while written", r->line_len);
		tell(r, KAN_FINDING_TRUNCATED, r->s->nlines + 1, text);
	}
	return rc;
}

int kan_log_read(struct kan_log_state *out, int fd, struct kan_findings *findings,
                 struct kan_err *err)
{
	struct kan_log_state s = { .head = KAN_CASE_GENESIS };
	__attribute__((cleanup(drop_reader))) struct reader *r = calloc(1, sizeof(*r));
	int rc;

	if (!r)
		return kan_fail(err, KAN_ENOMEM, "out of memory for the log");
	r->fd = fd;
	r->s = &s;
	r->findings = findings;
	rc = kan_sha256_open(&r->sha, err);
	if (rc == KAN_OK)
		rc = read_lines(r, err);
	if (rc == KAN_OK)
		*out = s;
	return rc;
}

static void tell_limits(struct kan_findings *findings, const struct kan_log_state *s)
{
	char subject[64];

	if (s->nlines == 0) {
		kan_findings_add(findings, KAN_FINDING_STRUCTURE, KAN_NO_OFFSET, 0, KAN_CASE_LOG,
		                 "not one whole line");
		return;
	}
	snprintf(subject, sizeof(subject), KAN_CASE_LOG " line %" PRIu64, s->nlines);
	kan_findings_add(
		findings, KAN_FINDING_NOTE, KAN_NO_OFFSET, 0, subject,
		"the last line; sha256 %s; the chain cannot show a change in it, nor lines "
		"cut off behind it: compare with a copy of this digest or a signature",
		s->head);
}

int kan_case_log_check(const char *path, struct kan_findings *findings, uint64_t *nlines,
                       struct kan_err *err)
{
	KAN_AUTO(fd) int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	struct kan_log_state s;
	struct stat st;
	int rc;

	if (fd < 0 || fstat(fd, &st) != 0)
		return kan_fail(err, KAN_EIO, "%s", path);
	if (!S_ISREG(st.st_mode))
		return kan_fail(err, KAN_EFORMAT, "%s: not a regular file", path);
	rc = kan_log_read(&s, fd, findings, err);
	if (rc != KAN_OK)
		return kan_fail_in(err, rc, "%s", path);
	tell_limits(findings, &s);
	if (nlines)
		*nlines = s.nlines;
	return KAN_OK;
}
