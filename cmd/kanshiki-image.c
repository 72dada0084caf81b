/* SPDX-License-Identifier: MIT */
/*
 * kanshiki-image.c - copy a drive, a file or an image to one or several images
 */
#include "acquisition.h"

#include "kanshiki/drive.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct options {
	struct cli_common common;
	struct cli_list destinations;
	const char *hashes;
	const char *compress;
	uint64_t segment_size;
	const char *retries;
	bool resume;
	bool no_verify;
	bool log_json;
	const char *case_number, *exhibit, *examiner, *witness, *place, *description, *notes;
	const char *clock_offset;
};

/* What people say about the exhibit: the option, and the name in the record. */
static const struct {
	const char *name;
	size_t target;
} people[] = {
	{ "case_number", offsetof(struct options, case_number) },
	{ "exhibit", offsetof(struct options, exhibit) },
	{ "examiner", offsetof(struct options, examiner) },
	{ "witness", offsetof(struct options, witness) },
	{ "place", offsetof(struct options, place) },
	{ "description", offsetof(struct options, description) },
	{ "notes", offsetof(struct options, notes) },
	{ "clock_offset", offsetof(struct options, clock_offset) },
};

static int take_people(struct kan_record_values *out, const struct options *o, struct kan_err *err)
{
	int rc = KAN_OK;

	for (size_t i = 0; rc == KAN_OK && i < sizeof(people) / sizeof(people[0]); i++)
		rc = kan_record_value(out, people[i].name,
		                      *(const char *const *)((const char *)o + people[i].target),
		                      err);
	return rc;
}

static int take_compress(struct kan_acquire_opts *opts, const char *word)
{
	static const struct {
		const char *word;
		enum kan_compress value;
	} words[] = { { "none", KAN_COMPRESS_NONE },
		      { "fast", KAN_COMPRESS_FAST },
		      { "best", KAN_COMPRESS_BEST } };

	if (!word)
		return CLI_DONE;
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (strcmp(word, words[i].word) != 0)
			continue;
		opts->compress = words[i].value;
		opts->has_compress = true;
		return CLI_DONE;
	}
	return cli_usage(kan_text("unknown compression '%s', it is one of %s"), word,
	                 "none|fast|best");
}

/* A whole number up to the most rounds; one of many digits is longer than that. */
static bool is_retries(const char *text)
{
	size_t digits = strspn(text, "0123456789");

	return digits > 0 && digits <= 9 && text[digits] == '\0' &&
	       strtoul(text, NULL, 10) <= KAN_DRIVE_RETRIES_MAX;
}

/* The options into @opts; CLI_USAGE after a message. */
static int take_options(struct kan_acquire_opts *opts, const struct options *o)
{
	struct kan_err err = { 0 };

	if (o->destinations.n == 0)
		return cli_usage("%s", kan_text("-o FILE is missing"));
	if (o->destinations.n > KAN_ACQUIRE_DESTINATIONS_MAX)
		return cli_usage(kan_text("more than %d destinations"),
		                 KAN_ACQUIRE_DESTINATIONS_MAX);
	for (size_t i = 0; i < o->destinations.n; i++)
		if (!kan_writer_format_for(o->destinations.text[i]))
			return cli_usage(kan_text("'%s' does not end in .E01, .raw, .dd, .img or "
			                          ".001: the format is not known"),
			                 o->destinations.text[i]);
	if (o->hashes && kan_hash_set_parse(&opts->hashes, o->hashes, &err) != KAN_OK)
		return cli_usage("%s", err.msg);
	if (o->retries && !is_retries(o->retries))
		return cli_usage(kan_text("'%s' is no number of retries, 0 to %u"), o->retries,
		                 KAN_DRIVE_RETRIES_MAX);
	if (take_people(&opts->people, o, &err) != KAN_OK)
		return cli_usage("%s", err.msg);
	opts->destinations = o->destinations.text;
	opts->ndestinations = o->destinations.n;
	opts->segment_size = o->segment_size;
	opts->retries = o->retries;
	opts->resume = o->resume;
	opts->no_verify = o->no_verify;
	opts->jobs = o->common.jobs;
	return take_compress(opts, o->compress);
}

static int run(void *options, int n, char **operands)
{
	const struct options *o = options;
	struct kan_acquire_opts opts = { 0 };
	struct kan_record held;
	int code = take_options(&opts, o);

	(void)n; /* one, as the table says */
	if (code == CLI_DONE)
		code = acquisition_run(operands[0], &opts, &o->common, o->log_json);
	held = (struct kan_record){ .people = opts.people };
	kan_record_done(&held);
	return code;
}

static const struct cli_option options_table[] = {
	{ 'o', "output", "FILE",
	  N_("the image to write: FILE.E01, or raw as .raw, .dd, .img, .001 (split); again for a "
	     "second copy"),
	  CLI_LIST, offsetof(struct options, destinations) },
	{ 0, "hash", "LIST", N_("digests of the media (default: md5,sha1,sha256)"), CLI_TEXT,
	  offsetof(struct options, hashes) },
	{ 0, "compress", "none|fast|best", N_("compression of an E01 (default: fast)"), CLI_TEXT,
	  offsetof(struct options, compress) },
	{ 0, "segment-size", "SIZE", N_("most bytes of one segment file (K, M, G, T for 1024)"),
	  CLI_SIZE, offsetof(struct options, segment_size) },
	{ 0, "retries", "N", N_("rounds over the sectors that cannot be read (default: 2)"),
	  CLI_TEXT, offsetof(struct options, retries) },
	{ 0, "resume", NULL, N_("continue what was interrupted"), CLI_FLAG,
	  offsetof(struct options, resume) },
	{ 0, "no-verify", NULL, N_("do not read the images back"), CLI_FLAG,
	  offsetof(struct options, no_verify) },
	{ 0, "log-json", NULL, N_("progress and messages on stderr as JSON Lines"), CLI_FLAG,
	  offsetof(struct options, log_json) },
	{ 0, "case-number", "TEXT", N_("number of the case"), CLI_TEXT,
	  offsetof(struct options, case_number) },
	{ 0, "exhibit", "TEXT", N_("number of the exhibit"), CLI_TEXT,
	  offsetof(struct options, exhibit) },
	{ 0, "examiner", "TEXT", N_("who acquires"), CLI_TEXT, offsetof(struct options, examiner) },
	{ 0, "witness", "TEXT", N_("who watches"), CLI_TEXT, offsetof(struct options, witness) },
	{ 0, "place", "TEXT", N_("where"), CLI_TEXT, offsetof(struct options, place) },
	{ 0, "description", "TEXT", N_("what is acquired"), CLI_TEXT,
	  offsetof(struct options, description) },
	{ 0, "notes", "TEXT", N_("anything else"), CLI_TEXT, offsetof(struct options, notes) },
	{ 0, "clock-offset", "TEXT",
	  N_("how far the clock of this machine is off, such as +00:00:02"), CLI_TEXT,
	  offsetof(struct options, clock_offset) },
	{ 0 },
};

static const struct cli_tool tool = {
	.name = "image",
	.operands = "SOURCE",
	.summary = N_("copy a drive, a file or an image, so that it can be continued and proven"),
	.formats = "text|jsonl",
	.min_operands = 1,
	.max_operands = 1,
	.options = options_table,
	.options_size = sizeof(struct options),
	.run = run,
};

int main(int argc, char **argv)
{
	return cli_main(&tool, argc, argv);
}
