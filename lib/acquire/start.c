/* SPDX-License-Identifier: MIT */
/*
 * start.c - the settings of an acquisition: new ones, or those of the one that is continued
 */
#include "acquire/acquisition.h"
#include "acquire/companion.h"
#include "core/cleanup.h"
#include "kanshiki/version.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static const char *const compress_names[] = {
	[KAN_COMPRESS_FAST] = "fast",
	[KAN_COMPRESS_NONE] = "none",
	[KAN_COMPRESS_BEST] = "best",
};

/* Case values, and what they are called in the header of an E01. */
static const struct {
	const char *name;
	const char *header;
} header_names[] = {
	{ "case_number", "case_number" },
	{ "description", "description" },
	{ "examiner", "examiner_name" },
	{ "exhibit", "evidence_number" },
	{ "notes", "notes" },
};

enum { NHEADERS = sizeof(header_names) / sizeof(header_names[0]) };

int64_t kan_acquisition_now(void)
{
	struct timespec now = { 0 };

	(void)clock_gettime(CLOCK_REALTIME, &now); /* cannot fail for this clock */
	return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

const char *kan_acquisition_format(const char *path, uint64_t nsegments)
{
	const struct kan_writer_format *format = kan_writer_format_for(path);

	if (format && strcmp(format->name, "raw") != 0)
		return format->name;
	return nsegments > 1 ? "splitraw" : "raw";
}

/* ---- a new acquisition ----------------------------------------------------------- */

static void name_hashes(struct kan_acquisition *a)
{
	size_t len = 0;

	a->hash_list[0] = '\0';
	for (size_t i = 0; i < a->hashes.n && len < sizeof(a->hash_list); i++)
		len += (size_t)snprintf(a->hash_list + len, sizeof(a->hash_list) - len, "%s%s",
		                        i > 0 ? "," : "", a->hashes.algo[i]->name);
}

static int take_options(struct kan_acquisition *a, struct kan_err *err)
{
	const struct kan_acquire_opts *o = a->opts;
	int rc = KAN_OK;

	a->hashes = o->hashes;
	if (a->hashes.n == 0)
		rc = kan_hash_set_parse(&a->hashes, "md5,sha1,sha256", err);
	name_hashes(a);
	a->compress = o->compress;
	a->segment_size = o->segment_size;
	a->people = &o->people;
	a->started_ns = o->started_ns != 0 ? o->started_ns : kan_acquisition_now();
	return rc;
}

static int copy_values(struct kan_record_values *to, const struct kan_record_values *from,
                       struct kan_err *err)
{
	int rc = KAN_OK;

	for (size_t i = 0; rc == KAN_OK && i < from->n; i++)
		rc = kan_record_value(to, from->list[i].name, from->list[i].value, err);
	return rc;
}

static int add_settings(struct kan_acquisition *a, struct kan_err *err)
{
	struct kan_record_values *s = &a->record.settings;
	char number[32], when[KAN_UTC_LEN];
	int rc = kan_record_value(s, "hash", a->hash_list, err);

	if (rc == KAN_OK)
		rc = kan_record_value(s, "compress", compress_names[a->compress], err);
	snprintf(number, sizeof(number), "%" PRIu64, a->segment_size);
	if (rc == KAN_OK && a->segment_size > 0)
		rc = kan_record_value(s, "segment_size", number, err);
	if (rc == KAN_OK)
		rc = kan_record_value(s, "retries", a->opts->retries, err);
	if (rc == KAN_OK)
		rc = kan_record_value(s, "fill", "00", err);
	if (rc == KAN_OK)
		rc = kan_record_value(&a->record.times, "started",
		                      kan_utc_format(when, a->started_ns, 1000000000, true), err);
	return rc;
}

/* The record as far as it is known before the first block. */
static int begin_record(struct kan_acquisition *a, struct kan_err *err)
{
	struct kan_record *r = &a->record;
	int rc;

	r->tool = strdup("kanshiki " KAN_VERSION);
	if (!r->tool)
		return kan_fail(err, KAN_ENOMEM, "out of memory for a record");
	r->media_size = a->origin.src->size;
	r->sector_size = a->origin.src->sector_size;
	rc = copy_values(&r->people, a->people, err);
	if (rc == KAN_OK)
		rc = copy_values(&r->source, &a->origin.facts, err);
	return rc == KAN_OK ? add_settings(a, err) : rc;
}

/* ---- one that was begun ---------------------------------------------------------- */

static int differs(const char *option, const char *begun, struct kan_err *err)
{
	return kan_fail(err, KAN_EARG,
	                "%s is not what the acquisition was begun with (%s); leave it out", option,
	                begun ? begun : "nothing");
}

/* Options that are given again must be the same: the image cannot change half-way. */
static int check_options(const struct kan_acquisition *a, const struct kan_record *r,
                         struct kan_err *err)
{
	const struct kan_acquire_opts *o = a->opts;
	const char *compress = kan_record_find(&r->settings, "compress");
	const char *size = kan_record_find(&r->settings, "segment_size");
	char number[32];

	if (o->hashes.n > 0 &&
	    (o->hashes.n != a->hashes.n ||
	     memcmp(o->hashes.algo, a->hashes.algo, a->hashes.n * sizeof(struct kan_hash *)) != 0))
		return differs("--hash", a->hash_list, err);
	if (o->has_compress && strcmp(compress_names[o->compress], compress ? compress : "") != 0)
		return differs("--compress", compress, err);
	snprintf(number, sizeof(number), "%" PRIu64, o->segment_size);
	if (o->segment_size > 0 && (!size || strcmp(number, size) != 0))
		return differs("--segment-size", size, err);
	for (size_t i = 0; i < o->people.n; i++) {
		const char *begun = kan_record_find(&r->people, o->people.list[i].name);

		if (!begun || strcmp(begun, o->people.list[i].value) != 0)
			return differs(o->people.list[i].name, begun, err);
	}
	return KAN_OK;
}

static int take_journal(struct kan_acquisition *a, const struct kan_journal *j, struct kan_err *err)
{
	const struct kan_record *r = &j->record;
	const char *hashes = kan_record_find(&r->settings, "hash");
	const char *compress = kan_record_find(&r->settings, "compress");
	const char *size = kan_record_find(&r->settings, "segment_size");
	int rc = kan_hash_set_parse(&a->hashes, hashes ? hashes : "", err);

	if (rc != KAN_OK)
		return rc;
	name_hashes(a);
	for (size_t i = 0; i < sizeof(compress_names) / sizeof(compress_names[0]); i++)
		if (compress && strcmp(compress, compress_names[i]) == 0)
			a->compress = (enum kan_compress)i;
	a->segment_size = size ? strtoull(size, NULL, 10) : 0;
	a->people = &r->people;
	a->started_ns = j->started_ns;
	return check_options(a, r, err);
}

/* A drive may have another path today; what it says about itself stays. */
static int check_source(const struct kan_acquisition *a, const struct kan_record *r,
                        struct kan_err *err)
{
	static const char *const identity[] = { "kind", "model", "serial", "wwn" };

	if (r->media_size != a->origin.src->size || r->sector_size != a->origin.src->sector_size)
		return kan_fail(err, KAN_EARG,
		                "%s: is not the source that was begun: %" PRIu64
		                " bytes instead of %" PRIu64,
		                a->origin.path, a->origin.src->size, r->media_size);
	for (size_t i = 0; i < sizeof(identity) / sizeof(identity[0]); i++) {
		const char *now = kan_record_find(&a->origin.facts, identity[i]);
		const char *then = kan_record_find(&r->source, identity[i]);

		if (now && then && strcmp(now, then) != 0)
			return kan_fail(err, KAN_EARG,
			                "%s: is not the source that was begun: %s is %s instead "
			                "of %s",
			                a->origin.path, identity[i], now, then);
	}
	return KAN_OK;
}

static int check_journals(const struct kan_acquisition *a, const struct kan_destination *first,
                          struct kan_err *err)
{
	int rc = KAN_OK;

	for (size_t i = 0; rc == KAN_OK && i < a->ndests; i++) {
		const struct kan_destination *d = &a->dests[i];

		if (!d->found && !d->complete)
			continue;
		rc = check_source(a, &d->journal.record, err);
		if (rc != KAN_OK)
			return kan_fail_in(err, rc, "%s", d->path);
		if (d->found && d->journal.started_ns != first->journal.started_ns)
			rc = kan_fail(err, KAN_EARG, "%s and %s belong to different acquisitions",
			              first->path, d->path);
	}
	return rc;
}

/* The destination that holds most; NULL if none was begun. */
static struct kan_destination *longest(struct kan_acquisition *a)
{
	struct kan_destination *best = NULL;

	for (size_t i = 0; i < a->ndests; i++)
		if (a->dests[i].found &&
		    (!best || a->dests[i].journal.mark.media_done > best->journal.mark.media_done))
			best = &a->dests[i];
	return best;
}

static int settle(struct kan_acquisition *a, struct kan_err *err)
{
	struct kan_destination *begun = longest(a);
	int rc;

	if (!begun) {
		if (a->opts->resume)
			return kan_fail(err, KAN_EARG,
			                "%s: nothing is here that could be continued",
			                a->dests[0].path);
		rc = take_options(a, err);
	} else {
		rc = take_journal(a, &begun->journal, err);
		if (rc == KAN_OK)
			rc = check_journals(a, begun, err);
	}
	return rc == KAN_OK ? begin_record(a, err) : rc;
}

/* ---- opening ------------------------------------------------------------------------ */

static int look_at_destinations(struct kan_acquisition *a, struct kan_err *err)
{
	int rc = KAN_OK;

	for (size_t i = 0; rc == KAN_OK && i < a->opts->ndestinations; i++) {
		const char *path = a->opts->destinations[i];

		for (size_t k = 0; k < i; k++)
			if (strcmp(path, a->opts->destinations[k]) == 0)
				return kan_fail(err, KAN_EARG, "%s: is given twice", path);
		kan_destination_init(&a->dests[i], path, &a->ranges, &a->alive);
		a->ndests++;
		if (!kan_writer_format_for(path))
			return kan_fail(err, KAN_EARG,
			                "%s: no format is written under this name, it ends in "
			                ".E01, .raw, .dd, .img or .001",
			                path);
		rc = kan_origin_check_destination(&a->origin, path, err);
		if (rc == KAN_OK)
			rc = kan_destination_look(&a->dests[i], a->opts->resume, err);
	}
	return rc;
}

/* The header of an E01: what the source image says, and over it what was given now. */
static size_t header_values(const struct kan_acquisition *a, struct kan_header_value *out)
{
	size_t n = 0;

	for (size_t i = 0; i < NHEADERS; i++) {
		const char *value = kan_record_find(a->people, header_names[i].name);
		const struct kan_image_info *info =
			a->origin.img ? kan_image_info(a->origin.img) : NULL;

		for (size_t k = 0; !value && info && k < info->nvalues; k++)
			if (strcmp(info->values[k].name, header_names[i].header) == 0)
				value = info->values[k].value;
		if (!value)
			continue;
		out[n].name = strdup(header_names[i].header);
		out[n].value = strdup(value);
		n++;
	}
	return n;
}

/* "resumed", "resumed.2", ...: when an image was continued. */
static int note_resumption(struct kan_destination *d, struct kan_err *err)
{
	struct kan_record_values *times = &d->journal.record.times;
	char name[32] = "resumed", when[KAN_UTC_LEN];

	for (unsigned i = 2; kan_record_find(times, name); i++)
		snprintf(name, sizeof(name), "resumed.%u", i);
	return kan_record_value(times, name,
	                        kan_utc_format(when, kan_acquisition_now(), 1000000000, true), err);
}

static int open_destinations(struct kan_acquisition *a, struct kan_err *err)
{
	struct kan_header_value values[NHEADERS] = { 0 };
	struct kan_writer_opts opts = {
		.media_size = a->origin.src->size,
		.sector_size = a->origin.src->sector_size,
		.block_len = KAN_TREE_BLOCK,
		.compress = a->compress,
		.segment_size = a->segment_size,
		.values = values,
		.nvalues = header_values(a, values),
		.started_ns = a->started_ns,
	};
	int rc = KAN_OK;

	for (size_t i = 0; i < opts.nvalues; i++)
		if (!values[i].name || !values[i].value)
			rc = kan_fail(err, KAN_ENOMEM, "out of memory for case values");
	for (size_t i = 0; rc == KAN_OK && i < a->ndests; i++)
		if (!a->dests[i].complete)
			rc = kan_destination_open(&a->dests[i], &opts, &a->record, err);
	for (size_t i = 0; rc == KAN_OK && i < a->ndests; i++)
		if (a->dests[i].found)
			rc = note_resumption(&a->dests[i], err);
	for (size_t i = 0; i < opts.nvalues; i++) {
		free(values[i].name);
		free(values[i].value);
	}
	return rc;
}

/* What the longest destination holds is read from there. */
static int open_begun(struct kan_acquisition *a, struct kan_err *err)
{
	struct kan_destination *d = longest(a);
	struct kan_image_opts opts = { 0 };
	int rc;

	if (!d || d->journal.mark.media_done == 0)
		return KAN_OK;
	opts.format = kan_acquisition_format(d->path, d->journal.mark.segment + 1);
	rc = kan_image_open(&a->begun_img, d->path, &opts, err);
	if (rc != KAN_OK)
		return rc;
	a->begun = (struct kan_begun){ .path = d->path,
		                       .image = kan_image_source(a->begun_img),
		                       .len = d->journal.mark.media_done,
		                       .bad = d->journal.record.unreadable,
		                       .nbad = d->journal.record.nunreadable };
	rc = kan_source_continued(&a->continued, a->origin.src, &a->begun, err);
	if (rc != KAN_OK)
		return kan_fail_in(err, rc, "%s", d->path);
	return kan_begun_compare(&a->begun, a->origin.src, err);
}

static int count_alive(struct kan_acquisition *a, struct kan_err *err)
{
	size_t n = 0;

	for (size_t i = 0; i < a->ndests; i++)
		n += !a->dests[i].complete;
	atomic_store(&a->alive, n);
	return n > 0 ? KAN_OK
	             : kan_fail(err, KAN_EEXIST, "%s: is complete already", a->dests[0].path);
}

int kan_acquisition_start(struct kan_acquisition *a, const char *source, struct kan_err *err)
{
	int rc;

	kan_ranges_init(&a->ranges);
	if (a->opts->ndestinations == 0 || a->opts->ndestinations > KAN_ACQUIRE_DESTINATIONS_MAX)
		return kan_fail(err, KAN_EARG, "between 1 and %d destinations are needed",
		                KAN_ACQUIRE_DESTINATIONS_MAX);
	rc = kan_origin_open(&a->origin, source, a->opts->retries ? a->opts->retries : "", err);
	if (rc == KAN_OK)
		rc = look_at_destinations(a, err);
	if (rc == KAN_OK)
		rc = count_alive(a, err);
	if (rc == KAN_OK)
		rc = settle(a, err);
	if (rc == KAN_OK)
		rc = open_destinations(a, err);
	if (rc == KAN_OK)
		rc = open_begun(a, err);
	if (rc != KAN_OK)
		for (size_t i = 0; i < a->ndests; i++)
			kan_destination_abandon(&a->dests[i]);
	return rc;
}
