/* SPDX-License-Identifier: MIT */
/*
 * cli.c - options from tables, help from the same tables, one line for an error
 */
#include "cli.h"

#include "core/cleanup.h"
#include "core/escape.h"
#include "kanshiki/version.h"
#include "kanshiki/worker.h"

#include <ctype.h>
#include <errno.h>
#include <getopt.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define OPTIONS_MAX   32
#define COMMON(field) offsetof(struct cli_common, field)

/* What the command in this process is; set once in cli_main(). */
static const struct cli_tool *tool;
static bool quiet;
static bool talks_json;

static const struct cli_option common_options[] = {
	{ 'j', "jobs", "N", N_("use N threads and workers (default: one for each processor)"),
	  CLI_COUNT, COMMON(jobs) },
	{ 'q', "quiet", NULL, N_("no progress and no notes on stderr"), CLI_FLAG, COMMON(quiet) },
	{ 'v', "verbose", NULL, N_("say more on stderr"), CLI_FLAG, COMMON(verbose) },
	{ 0, "lang", "en|ja", N_("language of messages and reports (default: en)"), CLI_TEXT,
	  COMMON(lang) },
	{ 0, "tz", "ZONE", N_("time zone for display, never for data (default: UTC)"), CLI_TEXT,
	  COMMON(zone) },
	{ 'h', "help", NULL, N_("show this help"), CLI_FLAG, COMMON(help) },
	{ 'V', "version", NULL, N_("show the version"), CLI_FLAG, COMMON(version) },
	{ 0 },
};

/* The options of this command: its own, then -o and --format where it has them, then the rest. */
static size_t all_options(const struct cli_option *list[OPTIONS_MAX])
{
	static struct cli_option output = { 'o', "output", "PATH", NULL, CLI_TEXT, COMMON(output) };
	static struct cli_option format = { 0,        "format",
		                            NULL,     N_("format of the output"),
		                            CLI_TEXT, COMMON(format) };
	size_t n = 0;

	for (const struct cli_option *o = tool->options; o && o->name; o++)
		list[n++] = o;
	if (tool->output) {
		output.help = tool->output;
		list[n++] = &output;
	}
	if (tool->formats) {
		format.argument = tool->formats;
		list[n++] = &format;
	}
	for (const struct cli_option *o = common_options; o->name; o++)
		list[n++] = o;
	return n;
}

static void print_help(void)
{
	const struct cli_option *list[OPTIONS_MAX];
	size_t n = all_options(list);

	printf(kan_text("usage: kanshiki %s [OPTION...] %s\n"), tool->name, tool->operands);
	printf("%s\n\n", kan_text(tool->summary));
	for (size_t i = 0; i < n; i++) {
		char left[96];

		snprintf(left, sizeof(left), "--%s%s%s", list[i]->name,
		         list[i]->argument ? " " : "", list[i]->argument ? list[i]->argument : "");
		if (list[i]->letter)
			printf("  -%c, ", list[i]->letter);
		else
			printf("      ");
		printf("%-24s%s %s\n", left,
		       strlen(left) >= 24 ? "\n                             " : "",
		       kan_text(list[i]->help));
	}
	printf("\n%s\n", kan_text("exit status: 0 done; 1 could not do it; 2 wrong usage; "
	                          "3 done, and the evidence has a problem"));
}

static void print_version(void)
{
	printf("kanshiki-%s %s\n", tool->name, KAN_VERSION);
	printf("%s: %s\n", kan_text("workers confined by"), kan_worker_confinement());
}

/* One line on stderr: "kanshiki-TOOL: TEXT", or a JSON object. */
static void talk(const char *event, const char *text)
{
	KAN_DEFER(kan_buf_done) struct kan_buf line = { 0 }, printable = { 0 };

	cli_progress_end();
	if (!talks_json) {
		fprintf(stderr, "kanshiki-%s: %s\n", tool->name, text);
		return;
	}
	kan_escape_text(&printable, text, strlen(text));
	kan_buf_printf(&line, "{\"event\":\"%s\",\"text\":", event);
	kan_escape_json(&line, printable.data ? printable.data : "");
	kan_buf_puts(&line, "}\n");
	fwrite(line.data, 1, line.len, stderr);
}

void cli_talk_json(void)
{
	talks_json = true;
	cli_progress_json();
}

int cli_fail(const struct kan_err *err)
{
	KAN_DEFER(kan_buf_done) struct kan_buf text = { 0 };

	kan_buf_printf(&text, "%s%s", err->code == KAN_ESTOPPED ? kan_text("interrupted: ") : "",
	               err->msg);
	talk("error", text.data ? text.data : err->msg);
	return CLI_FAILED;
}

int cli_usage(const char *fmt, ...)
{
	va_list ap;

	fprintf(stderr, "kanshiki-%s: ", tool->name);
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fprintf(stderr, kan_text("; see 'kanshiki %s --help'\n"), tool->name);
	return CLI_USAGE;
}

void cli_say(const char *fmt, ...)
{
	char *text = NULL;
	va_list ap;

	if (quiet)
		return;
	va_start(ap, fmt);
	if (vasprintf(&text, fmt, ap) < 0)
		text = NULL;
	va_end(ap);
	talk("message", text ? text : fmt);
	free(text);
}

void cli_say_findings(const struct kan_findings *findings)
{
	uint64_t hidden = findings->dropped;

	for (size_t i = 0; i < findings->n && i < CLI_FINDINGS_SHOWN; i++) {
		const struct kan_finding *f = &findings->list[i];

		if (f->offset != KAN_NO_OFFSET && f->length > 0)
			cli_say("%s: %s: %s [%llu+%llu]", kan_text_code(kan_finding_name(f->kind)),
			        f->subject, f->detail, (unsigned long long)f->offset,
			        (unsigned long long)f->length);
		else
			cli_say("%s: %s: %s", kan_text_code(kan_finding_name(f->kind)), f->subject,
			        f->detail);
	}
	if (findings->n > CLI_FINDINGS_SHOWN)
		hidden += findings->n - CLI_FINDINGS_SHOWN;
	if (hidden > 0)
		cli_say(kan_text("%llu more findings are not shown here"),
		        (unsigned long long)hidden);
}

int cli_exit_code(const struct kan_findings *findings)
{
	return kan_findings_have_problem(findings) ? CLI_PROBLEM : CLI_DONE;
}

static bool parse_size(const char *text, uint64_t *out)
{
	static const char suffixes[] = "KMGT";
	char *end;
	unsigned long long v;
	const char *suffix;

	errno = 0;
	v = strtoull(text, &end, 10);
	if (!isdigit((unsigned char)text[0]) || errno != 0)
		return false;
	if (*end != '\0') {
		suffix = strchr(suffixes, toupper((unsigned char)*end));
		if (!suffix || end[1] != '\0')
			return false;
		for (long i = 0; i <= suffix - suffixes; i++)
			if (__builtin_mul_overflow(v, 1024ull, &v))
				return false;
	}
	*out = v;
	return v > 0;
}

/* Store the argument of one option; CLI_USAGE after a message. */
static int store(void *options, const struct cli_option *o, const char *text)
{
	void *target = (char *)options + o->target;
	struct cli_list *list = target;
	uint64_t size = 0;

	switch (o->kind) {
	case CLI_FLAG:
		*(bool *)target = true;
		return CLI_DONE;
	case CLI_TEXT:
		*(const char **)target = text;
		return CLI_DONE;
	case CLI_COUNT:
	case CLI_SIZE:
		if (!parse_size(text, &size) || (o->kind == CLI_COUNT && size > 4096))
			return cli_usage(kan_text("'%s' is no number for --%s"), text, o->name);
		if (o->kind == CLI_COUNT)
			*(size_t *)target = (size_t)size;
		else
			*(uint64_t *)target = size;
		return CLI_DONE;
	case CLI_LIST:
		if (list->n == CLI_LIST_MAX)
			return cli_usage(kan_text("more than %d times --%s"), CLI_LIST_MAX,
			                 o->name);
		list->text[list->n++] = text;
		return CLI_DONE;
	}
	return CLI_DONE;
}

static int parse(void *options, int argc, char **argv)
{
	const struct cli_option *list[OPTIONS_MAX];
	struct option longs[OPTIONS_MAX + 1] = { 0 };
	char shorts[2 * OPTIONS_MAX + 2] = ":";
	size_t n = all_options(list), at = 1;
	int c, index;

	for (size_t i = 0; i < n; i++) {
		longs[i] = (struct option){ list[i]->name, list[i]->argument != NULL, NULL,
			                    1000 + (int)i };
		if (list[i]->letter) {
			shorts[at++] = list[i]->letter;
			if (list[i]->argument)
				shorts[at++] = ':';
		}
	}
	shorts[at] = '\0';
	opterr = 0;
	while ((c = getopt_long(argc, argv, shorts, longs, &index)) != -1) {
		const char *word = argv[optind - 1];

		if (c == ':')
			return cli_usage(kan_text("option '%s' needs a value"), word);
		if (c == '?' && optopt != 0 && optopt < 1000)
			return cli_usage(kan_text("unknown option '-%c'"), optopt);
		if (c == '?')
			return cli_usage(kan_text("unknown option '%s'"), word);
		for (size_t i = 0; i < n; i++) {
			if (c != 1000 + (int)i && c != list[i]->letter)
				continue;
			if (store(options, list[i], optarg) != CLI_DONE)
				return CLI_USAGE;
			break;
		}
	}
	return CLI_DONE;
}

/* True if @word is one of the words in "a|b|c". */
static bool is_one_of(const char *word, const char *words)
{
	size_t len = strlen(word);

	for (const char *p = words; p; p = strchr(p, '|') ? strchr(p, '|') + 1 : NULL)
		if (strncmp(p, word, len) == 0 && (p[len] == '|' || p[len] == '\0'))
			return true;
	return false;
}

static int check_operands(int n)
{
	if (n < tool->min_operands)
		return cli_usage(kan_text("%s is missing"), tool->operands);
	if (tool->max_operands >= 0 && n > tool->max_operands)
		return cli_usage("%s", kan_text("too many operands"));
	return CLI_DONE;
}

static int run(void *options, int argc, char **argv)
{
	struct cli_common *common = options;
	struct kan_err err = { 0 };

	if (parse(options, argc, argv) != CLI_DONE)
		return CLI_USAGE;
	quiet = common->quiet;
	if (quiet)
		cli_progress_silence();
	if (kan_language_set(common->lang ? common->lang : "en", &err) != KAN_OK)
		return cli_usage("%s", err.msg);
	if (common->help) {
		print_help();
		return CLI_DONE;
	}
	if (common->version) {
		print_version();
		return CLI_DONE;
	}
	if (common->format && !is_one_of(common->format, tool->formats))
		return cli_usage(kan_text("unknown format '%s', it is one of %s"), common->format,
		                 tool->formats);
	if (check_operands(argc - optind) != CLI_DONE)
		return CLI_USAGE;
	return tool->run(options, argc - optind, argv + optind);
}

const struct kan_output *cli_format(const struct cli_common *common, const char *fallback)
{
	const char *name = common->format ? common->format : fallback;
	const struct kan_output *format = kan_output_find(name);

	if (!format)
		cli_usage(kan_text("unknown format '%s', it is one of %s"), name, tool->formats);
	return format;
}

int cli_main(const struct cli_tool *t, int argc, char **argv)
{
	void *options = calloc(1, t->options_size);
	int code;

	tool = t;
	if (!options)
		return CLI_FAILED;
	code = run(options, argc, argv);
	cli_progress_end();
	free(options);
	if ((fflush(stdout) != 0 || ferror(stdout) || fclose(stdout) != 0) && code != CLI_FAILED) {
		fprintf(stderr, "kanshiki-%s: %s: %s\n", tool->name, kan_text("standard output"),
		        strerror(errno));
		return CLI_FAILED;
	}
	return code;
}
