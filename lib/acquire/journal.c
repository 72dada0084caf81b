/* SPDX-License-Identifier: MIT */
/*
 * journal.c - the journal is one file, replaced whole at each checkpoint
 */
#include "acquire/journal.h"

#include "acquire/companion.h"
#include "case/digest.h"
#include "core/cleanup.h"
#include "record/hex.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* Bytes of a journal: KAN_RANGES_MAX ranges take less. */
#define JOURNAL_MAX (256u << 20)
/* Characters of its first line. */
#define HEAD_MAX 384

static int digest_of(char *hex, const void *a, size_t alen, const void *b, size_t blen,
                     struct kan_err *err)
{
	KAN_AUTO(sha256) struct kan_sha256 sha = { 0 };
	int rc = kan_sha256_open(&sha, err);

	if (rc == KAN_OK)
		rc = kan_sha256_add(&sha, a, alen, err);
	if (rc == KAN_OK)
		rc = kan_sha256_add(&sha, b, blen, err);
	return rc == KAN_OK ? kan_sha256_finish(&sha, hex, err) : rc;
}

/* The first line up to its digest, which is over these words and the record. */
static int head_of(char *out, const struct kan_journal *j)
{
	char root[2 * KAN_TREE_HASH + 1];

	kan_hash_hex(root, j->root, sizeof(j->root));
	return snprintf(out, HEAD_MAX,
	                "kanshiki-journal 1 %" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRId64
	                " %" PRIu64 " %s ",
	                j->mark.media_done, j->mark.segment, j->mark.segment_len, j->started_ns,
	                j->leaves, root);
}

int kan_journal_save(const char *image, const struct kan_journal *j, struct kan_err *err)
{
	KAN_DEFER(kan_buf_done) struct kan_buf record = { 0 }, text = { 0 };
	char head[HEAD_MAX], hex[KAN_SHA256_HEX];
	int len = head_of(head, j);
	int rc;

	kan_record_write(&record, &j->record);
	rc = kan_buf_check(&record, err);
	if (rc == KAN_OK)
		rc = digest_of(hex, head, (size_t)len, record.data, record.len, err);
	if (rc != KAN_OK)
		return rc;
	kan_buf_printf(&text, "%s%s\n", head, hex);
	kan_buf_add(&text, record.data, record.len);
	rc = kan_buf_check(&text, err);
	return rc == KAN_OK
	               ? kan_companion_save(image, KAN_COMPANION_JOURNAL, text.data, text.len, err)
	               : rc;
}

static int parse(struct kan_journal *j, const char *text, size_t len, struct kan_err *err)
{
	const char *newline = memchr(text, '\n', len);
	char head[HEAD_MAX], again[HEAD_MAX], hex[KAN_SHA256_HEX];
	char root[2 * KAN_TREE_HASH + 1];
	int words = 0, rc;
	size_t body;

	if (!newline || newline - text >= HEAD_MAX || newline - text <= KAN_SHA256_HEX)
		return kan_fail(err, KAN_EFORMAT, "not a journal");
	body = (size_t)(newline + 1 - text);
	snprintf(head, sizeof(head), "%.*s", (int)(newline - text) - (KAN_SHA256_HEX - 1), text);
	/* Numbers are read leniently: they must come out the same when written again. */
	if (sscanf(head,
	           "kanshiki-journal 1 %" SCNu64 " %" SCNu64 " %" SCNu64 " %" SCNd64 " %" SCNu64
	           " %64s %n",
	           &j->mark.media_done, &j->mark.segment, &j->mark.segment_len, &j->started_ns,
	           &j->leaves, root, &words) != 6 ||
	    !kan_record_hex(j->root, root, sizeof(j->root)))
		return kan_fail(err, KAN_EFORMAT, "not a journal");
	head_of(again, j);
	rc = digest_of(hex, head, strlen(head), text + body, len - body, err);
	if (rc != KAN_OK)
		return rc;
	if (strcmp(again, head) != 0 ||
	    memcmp(hex, newline - (KAN_SHA256_HEX - 1), KAN_SHA256_HEX - 1) != 0)
		return kan_fail(err, KAN_EFORMAT, "the journal was changed");
	rc = kan_record_read(&j->record, text + body, len - body, err);
	if (rc == KAN_OK &&
	    (j->record.nsegments > 0 || j->record.ndigests > 0 || j->record.nreread > 0))
		rc = kan_fail(err, KAN_EFORMAT, "the journal tells what is known in the end only");
	return rc;
}

int kan_journal_load(struct kan_journal *out, const char *image, struct kan_err *err)
{
	KAN_DEFER(kan_buf_done) struct kan_buf text = { 0 };
	struct kan_journal j = { 0 };
	int rc = kan_companion_load(&text, image, KAN_COMPANION_JOURNAL, JOURNAL_MAX, err);

	if (rc != KAN_OK)
		return rc;
	kan_buf_add(&text, "", 0);
	rc = kan_buf_check(&text, err);
	if (rc == KAN_OK)
		rc = parse(&j, text.data, text.len, err);
	if (rc != KAN_OK) {
		kan_journal_done(&j);
		return kan_fail_in(err, rc, "%s%s", image, KAN_COMPANION_JOURNAL);
	}
	*out = j;
	return KAN_OK;
}

const char *kan_record_find(const struct kan_record_values *values, const char *name)
{
	for (size_t i = 0; i < values->n; i++)
		if (strcmp(values->list[i].name, name) == 0)
			return values->list[i].value;
	return NULL;
}

void kan_journal_done(struct kan_journal *j)
{
	kan_record_done(&j->record);
	*j = (struct kan_journal){ 0 };
}
