/* SPDX-License-Identifier: MIT */
/*
 * origin.c - the source is opened, described, and watched for changes
 *
 * A drive is read by image/drive, past the page cache.  Everything else is opened as
 * an image, so that an E01 is converted and not wrapped; its stored digests are
 * carried into the record.
 */
#include "acquire/origin.h"

#include "acquire/companion.h"
#include "acquire/journal.h"
#include "core/cleanup.h"
#include "core/escape.h"
#include "kanshiki/device.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { VALUE_LEN = 1024 }; /* of one fact */

static int add_fact(struct kan_origin *o, const char *name, const char *value, struct kan_err *err)
{
	KAN_DEFER(kan_buf_done) struct kan_buf text = { 0 };
	int rc;

	if (!value || value[0] == '\0')
		return KAN_OK;
	kan_escape_text(&text, value, strlen(value));
	rc = kan_buf_check(&text, err);
	return rc == KAN_OK ? kan_record_value(&o->facts, name, text.data, err) : rc;
}

/* Some facts come more than once: "mounted", "mounted.2", ... */
static const char *unused_name(const struct kan_origin *o, const char *name, char numbered[64])
{
	const char *choice = name;

	for (unsigned i = 2; kan_record_find(&o->facts, choice); i++) {
		snprintf(numbered, 64, "%s.%u", name, i);
		choice = numbered;
	}
	return choice;
}

static int add_device_facts(struct kan_origin *o, struct kan_err *err)
{
	KAN_AUTO(mem) struct kan_device *device = calloc(1, sizeof(*device));
	char value[VALUE_LEN], numbered[64];
	const char *name;
	int rc = device ? kan_device_read(device, o->path, err)
	                : kan_fail(err, KAN_ENOMEM, "out of memory for the facts of a drive");

	for (size_t i = 0; rc == KAN_OK && kan_device_value(device, i, &name, value, sizeof(value));
	     i++)
		if (value[0] != '\0' && strcmp(name, "path") != 0)
			rc = kan_record_value(&o->facts, unused_name(o, name, numbered), value,
			                      err);
	return rc;
}

static int add_state_facts(struct kan_origin *o, const struct kan_drive_state *state,
                           struct kan_err *err)
{
	int rc = add_fact(o, "write_protection",
	                  state->read_only ? "software, checked; commands past the block layer "
	                                     "are not stopped"
	                                   : "none",
	                  err);

	if (rc == KAN_OK)
		rc = add_fact(o, "exclusive", state->exclusive ? "yes" : "no", err);
	if (rc == KAN_OK)
		rc = add_fact(o, "page_cache", state->direct ? "bypassed" : "used", err);
	if (rc == KAN_OK)
		rc = add_fact(o, "note", state->note, err);
	if (rc == KAN_OK && state->note[0])
		kan_findings_add(&o->findings, KAN_FINDING_NOTE, KAN_NO_OFFSET, 0, o->path, "%s",
		                 state->note);
	return rc;
}

static int parse_retries(unsigned *out, const char *text, struct kan_err *err)
{
	char *end = NULL;
	unsigned long n;

	if (text[0] == '\0')
		return KAN_OK;
	n = strtoul(text, &end, 10);
	if (text[0] < '0' || text[0] > '9' || *end != '\0' || n > KAN_DRIVE_RETRIES_MAX)
		return kan_fail(err, KAN_EARG, "'%s' is no number of retries, 0 to %u", text,
		                KAN_DRIVE_RETRIES_MAX);
	*out = n == 0 ? KAN_DRIVE_NO_RETRIES : (unsigned)n;
	return KAN_OK;
}

static int open_device(struct kan_origin *o, const struct kan_drive_opts *opts, struct kan_err *err)
{
	struct kan_drive_state state = { 0 };
	int rc = kan_drive_open(&o->src, o->path, opts, &state, err);

	o->device = true;
	if (rc == KAN_OK)
		rc = add_fact(o, "kind", "device", err);
	if (rc == KAN_OK)
		rc = add_device_facts(o, err);
	return rc == KAN_OK ? add_state_facts(o, &state, err) : rc;
}

static int add_image_facts(struct kan_origin *o, struct kan_err *err)
{
	const struct kan_image_info *info = kan_image_info(o->img);
	bool raw = strcmp(info->format, "raw") == 0;
	char name[64];
	int rc = add_fact(o, "kind", raw ? "file" : "image", err);

	if (rc == KAN_OK && !raw)
		rc = add_fact(o, "container", info->format, err);
	if (rc == KAN_OK)
		rc = add_fact(o, "variant", info->variant, err);
	for (size_t i = 0; rc == KAN_OK && i < info->nhashes; i++) {
		snprintf(name, sizeof(name), "stored_%s", info->hashes[i].algorithm);
		if (!kan_record_find(&o->facts, name))
			rc = add_fact(o, name, info->hashes[i].hex, err);
	}
	return rc;
}

static int64_t changed_ns(const struct stat *st)
{
	return st->st_mtim.tv_sec * INT64_C(1000000000) + st->st_mtim.tv_nsec;
}

static int open_image(struct kan_origin *o, const struct stat *st, struct kan_err *err)
{
	int rc = kan_image_open(&o->img, o->path, NULL, err);

	if (rc != KAN_OK)
		return rc;
	o->src = kan_image_source(o->img);
	o->file_size = (uint64_t)st->st_size;
	o->file_changed_ns = changed_ns(st);
	kan_findings_merge(&o->findings, kan_image_findings(o->img));
	return add_image_facts(o, err);
}

int kan_origin_open(struct kan_origin *o, const char *path, const char *retries,
                    struct kan_err *err)
{
	struct kan_drive_opts opts = { 0 };
	struct stat st;
	int rc = parse_retries(&opts.retries, retries, err);

	if (rc != KAN_OK)
		return rc;
	o->path = path;
	if (stat(path, &st) != 0)
		return kan_fail(err, KAN_EIO, "%s", path);
	rc = add_fact(o, "path", path, err);
	if (rc == KAN_OK)
		rc = S_ISBLK(st.st_mode) ? open_device(o, &opts, err) : open_image(o, &st, err);
	if (rc == KAN_OK && o->src->size == 0)
		rc = kan_fail(err, KAN_EFORMAT, "%s: is empty", path);
	return rc;
}

/* What is written beside an image, and the temporary names of that. */
static bool is_beside(const struct kan_origin *o, const char *path)
{
	static const char *const suffixes[] = { KAN_COMPANION_RECORD, KAN_COMPANION_BLOCKS,
		                                KAN_COMPANION_MAP, KAN_COMPANION_LOG,
		                                KAN_COMPANION_JOURNAL };
	char name[KAN_COMPANION_PATH], part[KAN_COMPANION_PATH];

	for (size_t i = 0; i < sizeof(suffixes) / sizeof(suffixes[0]); i++)
		if (kan_companion_path(name, path, suffixes[i], NULL) == KAN_OK &&
		    kan_companion_path(part, name, KAN_COMPANION_PART, NULL) == KAN_OK &&
		    (kan_drive_same_file(o->path, name) || kan_drive_same_file(o->path, part)))
			return true;
	return false;
}

int kan_origin_check_destination(const struct kan_origin *o, const char *path, struct kan_err *err)
{
	if (kan_drive_same_file(o->path, path))
		return kan_fail(err, KAN_EARG,
		                "%s: lies on the source %s, which must not be written to", path,
		                o->path);
	if (is_beside(o, path))
		return kan_fail(err, KAN_EARG,
		                "%s: the source %s has the name of a file that is written beside "
		                "it",
		                path, o->path);
	return KAN_OK;
}

int kan_origin_check_unchanged(struct kan_origin *o, struct kan_err *err)
{
	struct stat st;

	if (o->device)
		return KAN_OK;
	if (stat(o->path, &st) != 0)
		return kan_fail(err, KAN_EIO, "%s: went away while it was read", o->path);
	if ((uint64_t)st.st_size < o->file_size)
		return kan_fail(err, KAN_EIO,
		                "%s: became shorter while it was read, from %" PRIu64 " to %" PRIu64
		                " bytes",
		                o->path, o->file_size, (uint64_t)st.st_size);
	if (!o->told_changed &&
	    ((uint64_t)st.st_size != o->file_size || changed_ns(&st) != o->file_changed_ns)) {
		o->told_changed = true; /* it is asked about every second */
		kan_findings_add(&o->findings, KAN_FINDING_STRUCTURE, KAN_NO_OFFSET, 0, o->path,
		                 "the file was changed while it was read");
	}
	return KAN_OK;
}

struct kan_drive_counts kan_origin_counts(const struct kan_origin *o)
{
	struct kan_drive_counts counts = { 0 };

	if (o->device && o->src)
		kan_drive_counts(o->src, &counts);
	return counts;
}

void kan_origin_done(struct kan_origin *o)
{
	struct kan_record held = { .source = o->facts };

	if (o->img)
		kan_image_close(o->img);
	else
		kan_source_close(o->src);
	kan_record_done(&held);
	kan_findings_done(&o->findings);
	*o = (struct kan_origin){ 0 };
}
