/* SPDX-License-Identifier: MIT */
/*
 * end.c - images are closed, read back from their medium, and recorded
 *
 * The journal goes last: until the record is on the medium the acquisition counts as
 * unfinished, and continuing it comes to the same end.
 */
#include "acquire/acquisition.h"
#include "acquire/companion.h"
#include "core/cleanup.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PIECE_LEAVES = 16384 }; /* a MiB of lines */

/* ---- the record ----------------------------------------------------------------- */

static int add_digests(struct kan_stored_hash **list, size_t *n, const struct kan_digest *digests,
                       size_t ndigests, struct kan_err *err)
{
	struct kan_stored_hash *all = calloc(ndigests > 0 ? ndigests : 1, sizeof(*all));

	if (!all)
		return kan_fail(err, KAN_ENOMEM, "out of memory for a record");
	for (size_t i = 0; i < ndigests; i++) {
		snprintf(all[i].algorithm, sizeof(all[i].algorithm), "%s", digests[i].algo->name);
		kan_hash_hex(all[i].hex, digests[i].bytes, digests[i].algo->digest_len);
	}
	free(*list);
	*list = all;
	*n = ndigests;
	return KAN_OK;
}

static int add_segments(struct kan_record *r, const struct kan_writer *w, struct kan_err *err)
{
	size_t n = 0;
	const struct kan_writer_segment *segments = kan_writer_segments(w, &n);

	r->segments = calloc(n > 0 ? n : 1, sizeof(*r->segments));
	if (!r->segments)
		return kan_fail(err, KAN_ENOMEM, "out of memory for a record");
	for (size_t i = 0; i < n; i++, r->nsegments++) {
		const char *slash = strrchr(segments[i].path, '/');

		r->segments[i].name = strdup(slash ? slash + 1 : segments[i].path);
		r->segments[i].size = segments[i].size;
		kan_hash_hex(r->segments[i].sha256, segments[i].sha256, sizeof(segments[i].sha256));
		if (!r->segments[i].name)
			return kan_fail(err, KAN_ENOMEM, "out of memory for a record");
	}
	return KAN_OK;
}

static int add_ranges(struct kan_record *r, struct kan_ranges *ranges, struct kan_err *err)
{
	struct kan_record_range *bad = NULL;
	size_t n = 0;
	int rc = kan_ranges_below(&bad, &n, ranges, r->media_size, err);

	if (rc != KAN_OK)
		return rc;
	free(r->unreadable);
	r->unreadable = bad;
	r->nunreadable = n;
	r->bytes_unreadable = kan_ranges_bytes(ranges);
	return KAN_OK;
}

static int add_time(struct kan_record *r, const char *name, struct kan_err *err)
{
	char when[KAN_UTC_LEN];

	return kan_record_value(&r->times, name,
	                        kan_utc_format(when, kan_acquisition_now(), 1000000000, true), err);
}

static int add_counts(struct kan_acquisition *a, struct kan_record *r, struct kan_err *err)
{
	struct kan_drive_counts counts = kan_origin_counts(&a->origin);
	char number[24];
	int rc;

	if (!a->origin.device)
		return KAN_OK;
	snprintf(number, sizeof(number), "%" PRIu64, counts.errors);
	rc = kan_record_value(&r->source, "read_errors", number, err);
	snprintf(number, sizeof(number), "%" PRIu64, counts.recovered);
	return rc == KAN_OK ? kan_record_value(&r->source, "recovered_sectors", number, err) : rc;
}

/* What is known when the copy is whole; the journal's record becomes the final one. */
static int fill_record(struct kan_acquisition *a, struct kan_destination *d, struct kan_err *err)
{
	struct kan_record *r = &d->journal.record;
	int rc = add_time(r, "finished", err);

	if (rc == KAN_OK)
		rc = kan_record_value(&r->settings, "format", kan_writer_format_for(d->path)->name,
		                      err);
	if (rc == KAN_OK)
		rc = add_counts(a, r, err);
	if (rc == KAN_OK)
		rc = add_digests(&r->digests, &r->ndigests, a->digests, a->hashes.n, err);
	if (rc == KAN_OK)
		rc = add_ranges(r, &a->ranges, err);
	if (rc == KAN_OK)
		rc = add_segments(r, d->writer, err);
	kan_hash_hex(r->tree_root, a->tree_root, sizeof(a->tree_root));
	r->tree_leaves = kan_tree_leaves(a->tree);
	return rc;
}

/* ---- closing an image -------------------------------------------------------------- */

/* In pieces: the lines of a large drive are longer than what we want in memory. */
static int save_blocks(struct kan_acquisition *a, const char *path, struct kan_err *err)
{
	KAN_DEFER(kan_buf_done) struct kan_buf text = { 0 };
	KAN_AUTO(companion) struct kan_companion *file = NULL;
	uint64_t n = kan_tree_leaves(a->tree);
	int rc = kan_companion_open(&file, path, KAN_COMPANION_BLOCKS, err);

	for (uint64_t i = 0; rc == KAN_OK && i < n; i += PIECE_LEAVES) {
		kan_buf_reset(&text);
		kan_tree_write(&text, a->tree, i, n - i < PIECE_LEAVES ? n - i : PIECE_LEAVES);
		rc = kan_buf_check(&text, err);
		if (rc == KAN_OK)
			rc = kan_companion_add(file, text.data, text.len, err);
	}
	return rc == KAN_OK ? kan_companion_commit(file, err) : rc;
}

static int finish_image(struct kan_acquisition *a, struct kan_destination *d, struct kan_err *err)
{
	KAN_AUTO(mem) struct kan_record_range *bad = NULL;
	struct kan_writer_end end = { .digests = a->digests, .ndigests = a->hashes.n };
	int rc = kan_ranges_below(&bad, &end.nbad, &a->ranges, a->origin.src->size, err);

	end.bad = bad;
	if (rc == KAN_OK)
		rc = kan_writer_finish(d->writer, &end, err);
	if (rc == KAN_OK)
		rc = fill_record(a, d, err);
	d->journal.mark.media_done = a->origin.src->size;
	if (rc == KAN_OK)
		rc = kan_destination_save_map(d, err);
	return rc == KAN_OK ? save_blocks(a, d->path, err) : rc;
}

static void log_copied(struct kan_acquisition *a, struct kan_destination *d)
{
	struct kan_case_field fields[KAN_HASHES_MAX + 3];
	char hex[KAN_HASHES_MAX][2 * KAN_DIGEST_MAX + 1], size[24], bad[24];
	size_t n = 0;

	snprintf(size, sizeof(size), "%" PRIu64, a->origin.src->size);
	snprintf(bad, sizeof(bad), "%" PRIu64, kan_ranges_bytes(&a->ranges));
	fields[n++] = (struct kan_case_field){ "media_size", size };
	fields[n++] = (struct kan_case_field){ "bytes_unreadable", bad };
	fields[n++] = (struct kan_case_field){ "tree_root", d->journal.record.tree_root };
	for (size_t i = 0; i < a->hashes.n; i++) {
		kan_hash_hex(hex[i], a->digests[i].bytes, a->digests[i].algo->digest_len);
		fields[n++] = (struct kan_case_field){ a->digests[i].algo->name, hex[i] };
	}
	kan_destination_log(d, "acquisition.copied", fields, n);
}

/* ---- reading back -------------------------------------------------------------------- */

struct reading_back {
	const struct kan_acquire_opts *opts;
	const char *path;
};

static bool update(void *arg, uint64_t done, uint64_t total)
{
	const struct reading_back *r = arg;
	struct kan_acquire_status status = {
		.phase = KAN_ACQUIRE_VERIFYING, .subject = r->path, .done = done, .total = total
	};

	return !r->opts->update || r->opts->update(r->opts->arg, &status);
}

/* The bytes come from the medium and not from memory: they were synced, now forget them. */
static void forget_pages(const struct kan_writer *w)
{
	size_t n = 0;
	const struct kan_writer_segment *segments = kan_writer_segments(w, &n);

	for (size_t i = 0; i < n; i++) {
		KAN_AUTO(fd) int fd = open(segments[i].path, O_RDONLY | O_CLOEXEC);

		if (fd >= 0)
			(void)posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);
	}
}

static const struct kan_digest *find_digest(const struct kan_verify_result *r,
                                            const struct kan_hash *algo)
{
	for (size_t i = 0; i < r->nitems; i++)
		if (r->items[i].computed.algo == algo)
			return &r->items[i].computed;
	return NULL;
}

static void compare(const struct kan_acquisition *a, const struct kan_verify_result *result,
                    struct kan_acquire_destination *out)
{
	out->verdict = KAN_VERDICT_MATCH;
	for (size_t i = 0; i < a->hashes.n; i++) {
		const struct kan_digest *again = find_digest(result, a->digests[i].algo);

		if (again)
			out->reread[i] = *again;
		if (!again ||
		    memcmp(again->bytes, a->digests[i].bytes, again->algo->digest_len) != 0)
			out->verdict = KAN_VERDICT_MISMATCH;
	}
}

static int read_back(struct kan_acquisition *a, struct kan_destination *d,
                     struct kan_acquire_destination *out, struct kan_err *err)
{
	struct reading_back r = { a->opts, d->path };
	struct kan_image_opts iopts = { .format = kan_acquisition_format(
						d->path, d->journal.record.nsegments) };
	struct kan_verify_opts vopts = { .hashes = a->hashes,
		                         .jobs = a->opts->jobs,
		                         .progress = { update, &r } };
	struct kan_verify_result result = { .nitems = 0 };
	struct kan_image *img = NULL;
	int rc;

	forget_pages(d->writer);
	rc = kan_image_open(&img, d->path, &iopts, err);
	if (rc == KAN_OK)
		rc = kan_verify_image(&result, img, &vopts, err);
	if (rc == KAN_OK) {
		compare(a, &result, out);
		kan_verify_result_done(&result);
	}
	kan_image_close(img);
	return rc;
}

/* The copy is whole, but nobody knows what is on the medium. */
static void log_stop(struct kan_destination *d, struct kan_err *err)
{
	(void)kan_fail_in(err, KAN_ESTOPPED, "%s: read back", d->path);
	kan_destination_log(d, "acquisition.interrupted",
	                    (struct kan_case_field[]){ { "reason", err ? err->msg : "" } }, 1);
}

static int verify(struct kan_acquisition *a, struct kan_destination *d,
                  struct kan_acquire_destination *out, struct kan_err *err)
{
	struct kan_record *record = &d->journal.record;
	int rc = KAN_OK;

	out->verdict = KAN_VERDICT_UNCHECKED;
	if (!a->opts->no_verify) {
		rc = read_back(a, d, out, err);
		if (rc == KAN_ESTOPPED)
			log_stop(d, err);
		if (rc == KAN_OK)
			rc = add_digests(&record->reread, &record->nreread, out->reread,
			                 a->hashes.n, err);
		if (rc == KAN_OK)
			rc = add_time(record, "verified", err);
	}
	if (rc != KAN_OK)
		return rc;
	snprintf(record->reread_verdict, sizeof(record->reread_verdict), "%s",
	         kan_verdict_name(out->verdict));
	kan_destination_log(d, "acquisition.verified",
	                    (struct kan_case_field[]){ { "verdict", record->reread_verdict } }, 1);
	return KAN_OK;
}

/* ---- one destination after the other --------------------------------------------------- */

static int add_piece(void *sha, const void *data, size_t len, struct kan_err *err)
{
	return kan_sha256_add(sha, data, len, err);
}

static int digest_file(char *hex, const char *image, const char *suffix, struct kan_err *err)
{
	KAN_AUTO(sha256) struct kan_sha256 sha = { 0 };
	int rc = kan_sha256_open(&sha, err);

	if (rc == KAN_OK)
		rc = kan_companion_read(image, suffix, add_piece, &sha, err);
	return rc == KAN_OK ? kan_sha256_finish(&sha, hex, err) : rc;
}

/* The log names the digest of the record and of the files that belong to it. */
static int log_record(struct kan_destination *d, struct kan_err *err)
{
	static const struct {
		const char *key, *suffix;
	} files[] = { { "record_sha256", KAN_COMPANION_RECORD },
		      { "blocks_sha256", KAN_COMPANION_BLOCKS },
		      { "map_sha256", KAN_COMPANION_MAP } };
	enum { NFILES = sizeof(files) / sizeof(files[0]) };
	char hex[NFILES][KAN_SHA256_HEX];
	struct kan_case_field fields[NFILES];
	int rc = KAN_OK;

	for (size_t i = 0; rc == KAN_OK && i < NFILES; i++) {
		rc = digest_file(hex[i], d->path, files[i].suffix, err);
		fields[i] = (struct kan_case_field){ files[i].key, hex[i] };
	}
	if (rc == KAN_OK)
		kan_destination_log(d, "acquisition.recorded", fields, NFILES);
	return rc;
}

static int write_record(struct kan_destination *d, struct kan_err *err)
{
	KAN_DEFER(kan_buf_done) struct kan_buf text = { 0 };
	int rc;

	kan_record_write(&text, &d->journal.record);
	rc = kan_buf_check(&text, err);
	if (rc == KAN_OK)
		rc = kan_companion_save(d->path, KAN_COMPANION_RECORD, text.data, text.len, err);
	if (rc == KAN_OK)
		rc = log_record(d, err);
	if (rc == KAN_OK && !atomic_load(&d->failed))
		rc = kan_companion_remove(d->path, KAN_COMPANION_JOURNAL, err);
	return rc;
}

static int complete(struct kan_acquisition *a, struct kan_destination *d,
                    struct kan_acquire_destination *out, struct kan_err *err)
{
	int rc = kan_destination_check_begun(d, err);

	if (rc == KAN_OK)
		rc = finish_image(a, d, err);
	if (rc != KAN_OK)
		return rc;
	log_copied(a, d);
	rc = verify(a, d, out, err);
	if (rc == KAN_OK)
		rc = write_record(d, err);
	if (rc != KAN_OK)
		return rc;
	for (size_t i = 0; i < d->journal.record.nsegments; i++)
		out->bytes += d->journal.record.segments[i].size;
	out->nsegments = d->journal.record.nsegments;
	if (out->verdict == KAN_VERDICT_MISMATCH)
		return kan_fail(err, KAN_EFORMAT,
		                "%s: what is on the medium is not what was written; make it anew "
		                "on another one",
		                d->path);
	return KAN_OK;
}

/* One that was complete is a copy of this medium if the tree over its blocks is the same. */
static int check_complete(const struct kan_acquisition *a, const struct kan_destination *d,
                          struct kan_err *err)
{
	char root[2 * KAN_TREE_HASH + 1];

	kan_hash_hex(root, a->tree_root, sizeof(a->tree_root));
	if (strcmp(root, d->journal.record.tree_root) == 0)
		return KAN_OK;
	return kan_fail(err, KAN_EARG,
	                "%s: is complete, but holds other bytes than were read from %s now; it "
	                "was left as it is",
	                d->path, a->origin.path);
}

static int describe(const struct kan_acquisition *a, struct kan_destination *d,
                    struct kan_acquire_destination *out, struct kan_err *err)
{
	out->path = strdup(d->path);
	out->was_complete = d->complete;
	out->failed = atomic_load(&d->failed);
	out->err = d->err;
	if (d->complete && check_complete(a, d, &out->err) != KAN_OK)
		out->failed = true;
	return out->path ? KAN_OK : kan_fail(err, KAN_ENOMEM, "out of memory for a path");
}

int kan_acquisition_end(struct kan_acquisition *a, struct kan_acquire_result *out,
                        struct kan_err *err)
{
	struct kan_err why = { 0 };
	int rc = KAN_OK;

	for (size_t i = 0; i < a->ndests; i++) {
		struct kan_destination *d = &a->dests[i];

		if (kan_destination_is_writing(d)) {
			rc = complete(a, d, &out->destinations[i], &why);
			if (rc != KAN_OK)
				kan_destination_fail(d, &why);
		}
		if (rc == KAN_ESTOPPED) {
			if (err)
				*err = why;
			return kan_acquisition_add_way_out(rc, err);
		}
		rc = describe(a, d, &out->destinations[i], err);
		out->ndestinations++;
		if (rc != KAN_OK)
			return rc;
	}
	if (atomic_load(&a->alive) > 0)
		return KAN_OK;
	if (err)
		*err = a->dests[0].err;
	return a->dests[0].err.code;
}
