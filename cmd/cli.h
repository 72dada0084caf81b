/* SPDX-License-Identifier: MIT */
/*
 * cli.h - what every command shares: options, help, messages, exit codes
 *
 * A command is one struct cli_tool and one run() function.  stdout is data,
 * stderr is talk; messages are one line and begin with the command's name.
 */
#ifndef KAN_CMD_CLI_H
#define KAN_CMD_CLI_H

#include "kanshiki/finding.h"
#include "kanshiki/output.h"
#include "kanshiki/report.h"
#include "kanshiki/stream.h"

#include <stdbool.h>
#include <stddef.h>

/** Exit codes, the same in all commands. */
enum cli_exit {
	CLI_DONE = 0,    /* done, nothing wrong */
	CLI_FAILED = 1,  /* could not do it */
	CLI_USAGE = 2,   /* wrong usage */
	CLI_PROBLEM = 3, /* done, and the evidence has a problem */
};

/** Marks a string in a table for translation; kan_text() translates it when it is printed. */
#define N_(text) text

enum cli_kind {
	CLI_FLAG,  /* bool */
	CLI_TEXT,  /* const char * */
	CLI_COUNT, /* size_t, at least 1 */
	CLI_SIZE,  /* uint64_t, bytes, with K, M, G, T for powers of 1024 */
	CLI_LIST,  /* struct cli_list, one more text at each use */
};

struct cli_option {
	char letter; /* 0: none */
	const char *name;
	const char *argument; /* NULL for a flag */
	const char *help;
	enum cli_kind kind;
	size_t target; /* offset of the variable in the command's options struct */
};

#define CLI_LIST_MAX 256

struct cli_list {
	const char *text[CLI_LIST_MAX];
	size_t n;
};

/** The options of every command; the first member of each options struct. */
struct cli_common {
	bool help;
	bool version;
	bool quiet;
	bool verbose;
	size_t jobs; /* 0: one for each processor */
	const char *output;
	const char *format;
	const char *lang;
	const char *zone;
};

struct cli_tool {
	const char *name;     /* "files" */
	const char *operands; /* "IMAGE|CASE" */
	const char *summary;  /* one line, no full stop */
	const char *
		formats; /* "text|jsonl|csv|body", NULL: none to choose; the first is the default */
	const char *output; /* meaning of -o, NULL: the command has none */
	int min_operands;
	int max_operands;                 /* -1: any number */
	const struct cli_option *options; /* besides the common ones, ends with name NULL */
	size_t options_size;              /* of the options struct */
	int (*run)(void *options, int n, char **operands);
};

/** Parse, run, flush stdout with its result checked; returns the exit code for main(). */
int cli_main(const struct cli_tool *tool, int argc, char **argv);

/** "kanshiki-files: MESSAGE" on stderr; returns CLI_FAILED. */
int cli_fail(const struct kan_err *err);

/** The same for a usage error, with a pointer to --help; returns CLI_USAGE. */
int cli_usage(const char *fmt, ...) KAN_PRINTF(1, 2);

/** A line on stderr unless --quiet. */
void cli_say(const char *fmt, ...) KAN_PRINTF(1, 2);

/**
 * From now on every line on stderr is a JSON object with the key "event": "error",
 * "message" (both with "text") or "progress".
 */
void cli_talk_json(void);

/** Findings on stderr, one line each, at most CLI_FINDINGS_SHOWN, the rest counted. */
#define CLI_FINDINGS_SHOWN 20
void cli_say_findings(const struct kan_findings *findings);

/** CLI_PROBLEM if @findings have one, else CLI_DONE. */
int cli_exit_code(const struct kan_findings *findings);

/* ---- progress ------------------------------------------------------------ */

enum cli_unit { CLI_BYTES, CLI_ITEMS };

/**
 * A progress line on stderr: on a terminal rewritten at most ten times a second,
 * elsewhere a line every ten seconds; never in the first second, never with
 * --quiet.  Ctrl-C makes the update return false.
 */
struct kan_progress cli_progress(const char *what, enum cli_unit unit);

/** What a drive answered so far; shown with the next update, forgotten by the next progress. */
void cli_progress_errors(uint64_t read_errors, uint64_t bytes_unreadable);

/** Progress as JSON Lines, one a second; see cli_talk_json(). */
void cli_progress_json(void);

/** Never show any progress from now on. */
void cli_progress_silence(void);

/** Remove the progress line. */
void cli_progress_end(void);

/** True after Ctrl-C. */
bool cli_stopped(void);

/* ---- output ----------------------------------------------------------------- */

struct cli_out;

/**
 * Write to @path, which must not exist (temporary name, sync, rename at
 * cli_out_commit()), or to stdout if @path is NULL.
 */
KAN_MUST_CHECK int cli_out_open(struct cli_out **out, const char *path, struct kan_err *err);
KAN_MUST_CHECK int cli_out_write(struct cli_out *o, const void *data, size_t len,
                                 struct kan_err *err);
/** Write the content of @buf and forget it. */
KAN_MUST_CHECK int cli_out_flush(struct cli_out *o, struct kan_buf *buf, struct kan_err *err);
KAN_MUST_CHECK int cli_out_commit(struct cli_out *o, struct kan_err *err);
/** Release @o (may be NULL); without commit no file is left behind. */
void cli_out_free(struct cli_out *o);

/** The chosen output format, or NULL after a usage message. */
const struct kan_output *cli_format(const struct cli_common *common, const char *fallback);

#endif
