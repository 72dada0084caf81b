/* SPDX-License-Identifier: MIT */
/*
 * acquisition.c - progress, messages and the summary of an acquisition
 */
#include "acquisition.h"

#include "core/cleanup.h"
#include "kanshiki/describe.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>

struct display {
	struct kan_progress progress;
	enum kan_acquire_phase phase;
	const char *subject;
	bool begun;
	bool json; /* is not translated */
};

static const char *name_of(const struct display *d, enum kan_acquire_phase phase)
{
	const char *name = phase == KAN_ACQUIRE_COPYING ? N_("copy") : N_("read back");

	return d->json ? name : kan_text(name);
}

/* A progress line of its own for the copy, and for each image that is read back. */
static void follow(struct display *d, const struct kan_acquire_status *status)
{
	if (d->begun && d->phase == status->phase && d->subject == status->subject)
		return;
	d->begun = true;
	d->phase = status->phase;
	d->subject = status->subject;
	d->progress = cli_progress(name_of(d, status->phase), CLI_BYTES);
}

static bool update(void *arg, const struct kan_acquire_status *status)
{
	struct display *d = arg;

	follow(d, status);
	cli_progress_errors(status->read_errors, status->bytes_unreadable);
	return d->progress.update(d->progress.arg, status->done, status->total);
}

static bool has_failed(const struct kan_acquire_result *r)
{
	bool failed = false;

	for (size_t i = 0; i < r->ndestinations; i++) {
		const struct kan_acquire_destination *d = &r->destinations[i];

		failed |= d->failed;
		if (d->failed)
			(void)cli_fail(&d->err);
	}
	return failed;
}

static int print_result(const struct kan_acquire_result *r, const struct cli_common *common)
{
	KAN_DEFER(kan_buf_done) struct kan_buf text = { 0 };
	struct kan_err err = { 0 };

	if (common->format && strcmp(common->format, "jsonl") == 0)
		kan_describe_acquisition_jsonl(&text, r);
	else
		kan_describe_acquisition_text(&text, r);
	if (kan_buf_check(&text, &err) != KAN_OK)
		return cli_fail(&err);
	fwrite(text.data, 1, text.len, stdout); /* cli_main() looks for errors */
	return CLI_DONE;
}

int acquisition_run(const char *source, const struct kan_acquire_opts *asked,
                    const struct cli_common *common, bool log_json)
{
	struct kan_acquire_opts opts = *asked;
	struct kan_acquire_result result = { 0 };
	struct display display = { .json = log_json };
	struct kan_err err = { 0 };
	int code;

	if (log_json)
		cli_talk_json();
	/* A file that may not grow is an error of its destination, not the end. */
	(void)signal(SIGXFSZ, SIG_IGN);
	opts.update = update;
	opts.arg = &display;
	/* Ctrl-C is taken from the first moment on. */
	display.progress = cli_progress(name_of(&display, KAN_ACQUIRE_COPYING), CLI_BYTES);
	if (kan_acquire_run(&result, source, &opts, &err) != KAN_OK)
		return cli_fail(&err);
	cli_progress_end();
	cli_say_findings(&result.findings);
	code = print_result(&result, common);
	if (has_failed(&result))
		code = CLI_FAILED;
	if (code == CLI_DONE)
		code = cli_exit_code(&result.findings);
	kan_acquire_result_done(&result);
	return code;
}
