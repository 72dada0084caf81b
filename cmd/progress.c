/* SPDX-License-Identifier: MIT */
/*
 * progress.c - how far it is, how fast, how long it will take; and Ctrl-C
 */
#include "cli.h"

#include <signal.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

static const double FIRST_S = 1.0;    /* nothing is shown before */
static const double TERMINAL_S = 0.1; /* between two updates on a terminal */
static const double LINES_S = 10.0;   /* between two lines elsewhere */

/* One progress at a time in a process; only the main thread touches it. */
static struct {
	const char *what;
	enum cli_unit unit;
	double start_s;
	double last_s;
	bool shown;
	bool silent;
} state;

static volatile sig_atomic_t stopped;

static void on_signal(int signo)
{
	(void)signo;
	stopped = 1;
}

static double now_s(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

bool cli_stopped(void)
{
	return stopped != 0;
}

void cli_progress_end(void)
{
	if (state.shown && isatty(STDERR_FILENO))
		fputs("\r\033[K", stderr);
	state.shown = false;
}

static void show(uint64_t done, uint64_t total, double elapsed)
{
	double rate = (double)done / elapsed;
	bool terminal = isatty(STDERR_FILENO);

	fprintf(stderr, "%s%s:", terminal ? "\r\033[K" : "", state.what);
	if (total > 0)
		fprintf(stderr, " %5.1f %%", 100.0 * (double)done / (double)total);
	if (state.unit == CLI_BYTES)
		fprintf(stderr, "  %.1f MiB  %.1f MB/s", (double)done / 1048576.0, rate / 1e6);
	else
		fprintf(stderr, "  %llu  %.0f/s", (unsigned long long)done, rate);
	if (total > done && rate > 0) {
		unsigned left = (unsigned)((double)(total - done) / rate + 0.5);

		fprintf(stderr, "  %s %u:%02u:%02u", kan_text("time left"), left / 3600,
		        left / 60 % 60, left % 60);
	}
	fputs(terminal ? "" : "\n", stderr);
	fflush(stderr);
	state.shown = terminal;
}

static bool update(void *arg, uint64_t done, uint64_t total)
{
	double now = now_s();
	double interval = isatty(STDERR_FILENO) ? TERMINAL_S : LINES_S;

	(void)arg;
	if (!state.silent && now - state.start_s >= FIRST_S && now - state.last_s >= interval) {
		show(done, total, now - state.start_s);
		state.last_s = now;
	}
	return !cli_stopped();
}

void cli_progress_silence(void)
{
	state.silent = true;
}

struct kan_progress cli_progress(const char *what, enum cli_unit unit)
{
	struct sigaction action = { .sa_handler = on_signal, .sa_flags = SA_RESETHAND };

	/* The second Ctrl-C ends the program at once. */
	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	cli_progress_end();
	state.what = what;
	state.unit = unit;
	state.start_s = now_s();
	state.last_s = state.start_s;
	return (struct kan_progress){ .update = update };
}
