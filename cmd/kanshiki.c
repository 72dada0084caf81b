/* SPDX-License-Identifier: MIT */
/*
 * kanshiki.c - the umbrella: `kanshiki VERB` runs the program kanshiki-VERB beside it
 */
#include "kanshiki/report.h"
#include "kanshiki/version.h"

#include "cli.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const struct {
	const char *verb;
	const char *summary;
} verbs[] = {
	{ "info",
	  N_("what an image is: container, volumes, file systems, encryption, stored hashes") },
	{ "image", N_("copy a drive, a file or an image, so that it can be continued and proven") },
	{ "verify", N_("recompute everything that an image claims, and say what differs") },
	{ "files", N_("list every file, deleted ones too") },
	{ "timeline", N_("list every event, sorted by time") },
	{ "extract", N_("copy files, slack or unallocated space out of an image") },
	{ "triage", N_("verify, list, sort and report: evidence in, case directory out") },
	{ "report", N_("make the report of a case again") },
};

static void print_help(void)
{
	printf("%s\n\n", kan_text("usage: kanshiki VERB [OPTION...] OPERAND...\n"
	                          "Forensic triage of disks.  The evidence is never changed."));
	for (size_t i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++)
		printf("  %-10s %s\n", verbs[i].verb, kan_text(verbs[i].summary));
	printf("\n  -h, --help              %s\n", kan_text("show this help"));
	printf("  -V, --version           %s\n", kan_text("show the version"));
	printf("\n%s\n", kan_text("'kanshiki VERB --help' shows the options of a verb."));
}

static bool is_verb(const char *word)
{
	for (size_t i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++)
		if (strcmp(verbs[i].verb, word) == 0)
			return true;
	return false;
}

/* Replace this process by the program beside it; returns only on failure. */
static int exec_verb(char **argv)
{
	char path[4096];
	ssize_t len = readlink("/proc/self/exe", path, sizeof(path) - 64);
	char *name;

	if (len <= 0) {
		fprintf(stderr, "kanshiki: /proc/self/exe: %s\n", strerror(errno));
		return CLI_FAILED;
	}
	path[len] = '\0';
	name = strrchr(path, '/') + 1;
	snprintf(name, sizeof(path) - (size_t)(name - path), "kanshiki-%s", argv[1]);
	execv(path, argv + 1);
	fprintf(stderr, "kanshiki: %s: %s\n", path, strerror(errno));
	return CLI_FAILED;
}

int main(int argc, char **argv)
{
	if (argc < 2) {
		fputs("kanshiki: a verb is missing; see 'kanshiki --help'\n", stderr);
		return CLI_USAGE;
	}
	if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0 ||
	    strcmp(argv[1], "help") == 0) {
		const char *lang = argc == 4 && strcmp(argv[2], "--lang") == 0 ? argv[3] : "en";
		struct kan_err err = { 0 };

		if (kan_language_set(lang, &err) != KAN_OK) {
			fprintf(stderr, "kanshiki: %s; see 'kanshiki --help'\n", err.msg);
			return CLI_USAGE;
		}
		print_help();
		return fflush(stdout) == 0 ? CLI_DONE : CLI_FAILED;
	}
	if (strcmp(argv[1], "--version") == 0 || strcmp(argv[1], "-V") == 0) {
		printf("kanshiki %s\n", KAN_VERSION);
		return fflush(stdout) == 0 ? CLI_DONE : CLI_FAILED;
	}
	if (!is_verb(argv[1])) {
		fprintf(stderr, "kanshiki: unknown verb '%s'; see 'kanshiki --help'\n", argv[1]);
		return CLI_USAGE;
	}
	return exec_verb(argv);
}
