/* SPDX-License-Identifier: MIT */
/*
 * destination.c - the writer of an image, its journal, its map and its log
 *
 * The lanes of the stream and the checkpoints meet here: `failed` is set once by
 * whoever fails first, everything else of a destination is touched either by the
 * lane (the writer), or by checkpoints (journal, map, log), never by both.
 */
#include "acquire/destination.h"

#include "acquire/companion.h"
#include "core/cleanup.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

void kan_destination_init(struct kan_destination *d, const char *path, struct kan_ranges *ranges,
                          atomic_size_t *alive)
{
	*d = (struct kan_destination){ .path = path, .ranges = ranges, .alive = alive };
	d->log.fd = -1;
	pthread_mutex_init(&d->lock, NULL);
	atomic_init(&d->failed, false);
}

void kan_destination_done(struct kan_destination *d)
{
	kan_writer_close(d->writer);
	kan_log_done(&d->log);
	kan_journal_done(&d->journal);
	pthread_mutex_destroy(&d->lock);
}

void kan_destination_fail(struct kan_destination *d, const struct kan_err *err)
{
	pthread_mutex_lock(&d->lock);
	if (!atomic_load(&d->failed)) {
		d->err = *err;
		atomic_fetch_sub(d->alive, 1);
		atomic_store(&d->failed, true);
	}
	pthread_mutex_unlock(&d->lock);
}

void kan_destination_log(struct kan_destination *d, const char *event,
                         const struct kan_case_field *fields, size_t n)
{
	struct kan_err err = { 0 };
	int rc;

	if (d->log.fd < 0 || d->log.failed)
		return;
	rc = kan_log_append(&d->log, event, fields, n, &err);
	if (rc != KAN_OK) {
		(void)kan_fail_in(&err, rc, "%s%s", d->path, KAN_COMPANION_LOG);
		kan_destination_fail(d, &err);
	}
}

/* ---- at the start ------------------------------------------------------------- */

/* Of a run that was killed before its journal, or does not have it yet. */
static bool is_empty_log(const struct kan_destination *d, const char *suffix)
{
	char path[KAN_COMPANION_PATH];
	struct stat st;

	return strcmp(suffix, KAN_COMPANION_LOG) == 0 &&
	       kan_companion_path(path, d->path, suffix, NULL) == KAN_OK && lstat(path, &st) == 0 &&
	       S_ISREG(st.st_mode) && st.st_size == 0;
}

static int refuse_what_is_there(const struct kan_destination *d, struct kan_err *err)
{
	static const char *const suffixes[] = { "", KAN_COMPANION_RECORD, KAN_COMPANION_BLOCKS,
		                                KAN_COMPANION_MAP, KAN_COMPANION_LOG };

	if (kan_companion_exists(d->path, KAN_COMPANION_JOURNAL))
		return kan_fail(err, KAN_EEXIST,
		                "%s: was begun and is not finished; --resume continues it",
		                d->path);
	for (size_t i = 0; i < sizeof(suffixes) / sizeof(suffixes[0]); i++)
		if (kan_companion_exists(d->path, suffixes[i]) && !is_empty_log(d, suffixes[i]))
			return kan_fail(err, KAN_EEXIST, "%s%s: is there already", d->path,
			                suffixes[i]);
	return KAN_OK;
}

static int with_log(struct kan_destination *d,
                    int (*step)(struct kan_log *log, int dirfd, const char *name,
                                struct kan_err *err),
                    struct kan_err *err)
{
	char path[KAN_COMPANION_PATH];
	KAN_AUTO(fd) int dirfd = -1;
	const char *name;
	int rc = kan_companion_path(path, d->path, KAN_COMPANION_LOG, err);

	if (rc == KAN_OK)
		rc = kan_companion_folder(&dirfd, path, err);
	if (rc != KAN_OK)
		return rc;
	name = strrchr(path, '/') ? strrchr(path, '/') + 1 : path;
	rc = step(&d->log, dirfd, name, err);
	return rc == KAN_OK ? KAN_OK : kan_fail_in(err, rc, "%s", path);
}

/*
 * The log is the lock: whoever holds it is the only one that changes what is here.  One
 * that is not in the folder any more belonged to a run that gave up meanwhile.
 */
static int lock_log(struct kan_destination *d, struct kan_err *err)
{
	struct stat st;
	int rc = with_log(d, kan_log_open, err);

	if (rc != KAN_OK)
		return rc;
	if (fstat(d->log.fd, &st) != 0)
		return kan_fail(err, KAN_EIO, "%s%s", d->path, KAN_COMPANION_LOG);
	return st.st_nlink > 0
	               ? KAN_OK
	               : kan_fail(err, KAN_EEXIST, "%s: another process was working on it just now",
	                          d->path);
}

/* Only what is whole counts: an image that is there, and was the same when read back. */
static int look_at_complete(struct kan_destination *d, struct kan_err *err)
{
	KAN_DEFER(kan_buf_done) struct kan_buf text = { 0 };
	struct kan_record *r = &d->journal.record;
	int rc = kan_companion_load(&text, d->path, KAN_COMPANION_RECORD, KAN_RECORD_FILE_MAX, err);

	if (rc == KAN_OK)
		rc = kan_record_read(r, text.data ? text.data : "", text.len, err);
	if (rc != KAN_OK)
		return kan_fail_in(err, rc, "%s%s", d->path, KAN_COMPANION_RECORD);
	if (!kan_companion_exists(d->path, ""))
		return kan_fail(err, KAN_EFORMAT,
		                "%s: its record is there, but not the image; leave it out",
		                d->path);
	if (strcmp(r->reread_verdict, kan_verdict_name(KAN_VERDICT_MISMATCH)) == 0)
		return kan_fail(err, KAN_EFORMAT,
		                "%s: differed when it was read back, and cannot be continued; make "
		                "it anew under another name",
		                d->path);
	return KAN_OK;
}

int kan_destination_look(struct kan_destination *d, bool resume, struct kan_err *err)
{
	int rc;

	if (!resume)
		return refuse_what_is_there(d, err);
	if (kan_companion_exists(d->path, KAN_COMPANION_JOURNAL)) {
		rc = lock_log(d, err);
		if (rc != KAN_OK)
			return rc;
		/* Nobody changes the journal from here on; another run may just have ended. */
		d->found = kan_companion_exists(d->path, KAN_COMPANION_JOURNAL);
		if (d->found)
			return kan_journal_load(&d->journal, d->path, err);
	}
	d->complete = kan_companion_exists(d->path, KAN_COMPANION_RECORD);
	if (d->complete)
		return look_at_complete(d, err);
	rc = refuse_what_is_there(d, err);
	return rc == KAN_OK ? KAN_OK
	                    : kan_fail_in(err, rc, "without a journal nothing can be continued");
}

static int save_journal(struct kan_destination *d, struct kan_err *err)
{
	struct kan_journal now = d->journal;
	KAN_AUTO(mem) struct kan_record_range *bad = NULL;
	int rc = kan_ranges_below(&bad, &now.record.nunreadable, d->ranges, now.mark.media_done,
	                          err);

	if (rc != KAN_OK)
		return rc;
	now.record.unreadable = bad;
	now.record.bytes_unreadable = 0;
	for (size_t i = 0; i < now.record.nunreadable; i++)
		now.record.bytes_unreadable += bad[i].length;
	return kan_journal_save(d->path, &now, err);
}

/* Lock and journal are there before the first byte of the image, which belongs to @record. */
static int begin(struct kan_destination *d, const struct kan_writer_opts *opts,
                 const struct kan_record *record, struct kan_err *err)
{
	KAN_DEFER(kan_buf_done) struct kan_buf text = { 0 };
	int rc;

	rc = lock_log(d, err);
	if (rc == KAN_OK)
		rc = refuse_what_is_there(d, err); /* nobody can add to it now */
	if (rc != KAN_OK)
		return rc;
	d->begun = true;
	kan_record_write(&text, record);
	rc = kan_buf_check(&text, err);
	if (rc == KAN_OK)
		rc = kan_record_read(&d->journal.record, text.data, text.len, err);
	d->journal.started_ns = opts->started_ns;
	if (rc == KAN_OK)
		rc = save_journal(d, err);
	if (rc == KAN_OK)
		rc = kan_writer_create(&d->writer, d->path, opts, err);
	/* From here on the journal knows how the first file begins. */
	if (rc == KAN_OK)
		rc = kan_writer_sync(d->writer, &d->journal.mark, err);
	return rc == KAN_OK ? save_journal(d, err) : rc;
}

/*
 * A journal that knows of no byte was saved before the image was made: what does not
 * begin as the image does is the start of a file of our own.
 */
static int go_on(struct kan_destination *d, const struct kan_writer_opts *opts, struct kan_err *err)
{
	const struct kan_writer_mark *mark = &d->journal.mark;
	int rc = kan_writer_resume(&d->writer, d->path, opts, mark, err);

	if (rc != KAN_EFORMAT || mark->segment > 0 || mark->segment_len > 0)
		return rc;
	if (unlink(d->path) != 0 && errno != ENOENT)
		return kan_fail(err, KAN_EIO, "%s", d->path);
	return kan_writer_create(&d->writer, d->path, opts, err);
}

int kan_destination_open(struct kan_destination *d, const struct kan_writer_opts *opts,
                         const struct kan_record *record, struct kan_err *err)
{
	int rc = d->found ? go_on(d, opts, err) : begin(d, opts, record, err);

	if (rc == KAN_OK)
		rc = with_log(d, kan_log_repair, err);
	if (rc == KAN_OK)
		d->inner = kan_writer_sink(d->writer);
	return rc;
}

void kan_destination_abandon(struct kan_destination *d)
{
	if (!d->begun)
		return;
	/* What cannot be removed is left; the reason why it is abandoned is told already. */
	if (d->writer)
		(void)unlink(d->path);
	(void)kan_companion_remove(d->path, KAN_COMPANION_LOG, NULL);
	(void)kan_companion_remove(d->path, KAN_COMPANION_JOURNAL, NULL);
}

/* ---- while it is written --------------------------------------------------------- */

/* @rc is what the writer said; the stream goes on as long as somebody takes blocks. */
static int outcome(struct kan_destination *d, int rc, const struct kan_err *why,
                   struct kan_err *err)
{
	struct kan_err first;

	if (rc != KAN_OK)
		kan_destination_fail(d, why);
	if (atomic_load(d->alive) > 0)
		return KAN_OK;
	pthread_mutex_lock(&d->lock);
	first = d->err; /* has failed: nobody is left */
	pthread_mutex_unlock(&d->lock);
	if (err)
		*err = first;
	return first.code;
}

static int prepare(void *self, const struct kan_block *blk, struct kan_err *err)
{
	struct kan_destination *d = self;
	struct kan_err why = { 0 };

	if (atomic_load(&d->failed) || !d->inner.prepare)
		return outcome(d, KAN_OK, NULL, err);
	return outcome(d, d->inner.prepare(d->inner.self, blk, &why), &why, err);
}

/* The ranges are noted before the bytes: a mark never lies behind an unknown range. */
static int consume(void *self, const struct kan_block *blk, struct kan_err *err)
{
	struct kan_destination *d = self;
	struct kan_err why = { 0 };
	int rc = kan_ranges_note(d->ranges, blk, err);

	if (rc != KAN_OK)
		return rc;
	if (atomic_load(&d->failed))
		return outcome(d, KAN_OK, NULL, err);
	return outcome(d, d->inner.consume(d->inner.self, blk, &why), &why, err);
}

struct kan_sink kan_destination_sink(struct kan_destination *d)
{
	return (struct kan_sink){ .name = "image",
		                  .order = KAN_IN_ORDER,
		                  .self = d,
		                  .consume = consume,
		                  .prepare = prepare };
}

int kan_destination_save_map(const struct kan_destination *d, struct kan_err *err)
{
	KAN_DEFER(kan_buf_done) struct kan_buf text = { 0 };
	KAN_AUTO(mem) struct kan_record_range *bad = NULL;
	uint64_t done = d->journal.mark.media_done;
	size_t nbad = 0;
	int rc = kan_ranges_below(&bad, &nbad, d->ranges, done, err);

	if (rc != KAN_OK)
		return rc;
	kan_map_write(&text, d->journal.record.media_size, done, bad, nbad);
	rc = kan_buf_check(&text, err);
	return rc == KAN_OK
	               ? kan_companion_save(d->path, KAN_COMPANION_MAP, text.data, text.len, err)
	               : rc;
}

void kan_destination_expect(struct kan_destination *d, const struct kan_tree *tree)
{
	d->tree = tree;
	d->begun_leaves = d->journal.leaves;
	memcpy(d->begun_root, d->journal.root, sizeof(d->begun_root));
}

int kan_destination_check_begun(struct kan_destination *d, struct kan_err *err)
{
	uint8_t root[KAN_TREE_HASH];

	/* Leaves that are not there yet are no failure. */
	if (d->begun_leaves == 0 ||
	    kan_tree_root_of(root, d->tree, d->begun_leaves, NULL) != KAN_OK)
		return KAN_OK;
	if (memcmp(root, d->begun_root, sizeof(root)) != 0)
		return kan_fail(err, KAN_EFORMAT,
		                "%s: what was written before is not what was read then; it cannot "
		                "be continued",
		                d->path);
	d->begun_leaves = 0;
	return KAN_OK;
}

/* The tree may be a few blocks behind the lane: then the older root stays. */
static void note_tree(struct kan_destination *d)
{
	uint64_t n = d->journal.mark.media_done / KAN_TREE_BLOCK;
	uint8_t root[KAN_TREE_HASH];

	if (n <= d->journal.leaves || kan_tree_root_of(root, d->tree, n, NULL) != KAN_OK)
		return;
	memcpy(d->journal.root, root, sizeof(root));
	d->journal.leaves = n;
}

void kan_destination_checkpoint(struct kan_destination *d)
{
	struct kan_err err = { 0 };
	int rc;

	if (!kan_destination_is_writing(d))
		return;
	rc = kan_destination_check_begun(d, &err);
	/* Until then the journal stays as it was found. */
	if (rc == KAN_OK && d->begun_leaves > 0)
		return;
	if (rc == KAN_OK)
		rc = kan_writer_sync(d->writer, &d->journal.mark, &err);
	if (rc == KAN_OK) {
		note_tree(d);
		rc = save_journal(d, &err);
	}
	if (rc == KAN_OK)
		rc = kan_destination_save_map(d, &err);
	if (rc != KAN_OK)
		kan_destination_fail(d, &err);
}
