/* SPDX-License-Identifier: MIT */
/*
 * progress.c - how far it is, how fast, how long it will take; and Ctrl-C
 */
#include "cli.h"

#include "core/cleanup.h"
#include "core/escape.h"

#include <signal.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

static const double FIRST_S = 1.0;    /* nothing is shown before */
static const double TERMINAL_S = 0.1; /* between two updates on a terminal */
static const double LINES_S = 10.0;   /* between two lines elsewhere */
static const double JSON_S = 1.0;     /* between two JSON lines */

/* One progress at a time in a process; only the main thread touches it. */
static struct {
	const char *what;
	enum cli_unit unit;
	double start_s;
	double last_s;
	bool shown;
	bool silent;
	bool json;
	uint64_t read_errors;      /* of a drive, so far */
	uint64_t bytes_unreadable; /* the same */
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

/* Seconds until the end at the rate so far; -1 if that cannot be told. */
static double seconds_left(uint64_t done, uint64_t total, double elapsed)
{
	if (total <= done || done == 0 || elapsed <= 0)
		return -1;
	return (double)(total - done) * elapsed / (double)done;
}

static void show_text(uint64_t done, uint64_t total, double elapsed)
{
	double rate = (double)done / elapsed, left = seconds_left(done, total, elapsed);
	bool terminal = isatty(STDERR_FILENO);

	fprintf(stderr, "%s%s:", terminal ? "\r\033[K" : "", state.what);
	if (total > 0)
		fprintf(stderr, " %5.1f %%", 100.0 * (double)done / (double)total);
	if (state.unit == CLI_BYTES)
		fprintf(stderr, "  %.1f MiB  %.1f MB/s", (double)done / 1048576.0, rate / 1e6);
	else
		fprintf(stderr, "  %llu  %.0f/s", (unsigned long long)done, rate);
	if (left >= 0) {
		unsigned whole = (unsigned)(left + 0.5);

		fprintf(stderr, "  %s %u:%02u:%02u", kan_text("time left"), whole / 3600,
		        whole / 60 % 60, whole % 60);
	}
	if (state.read_errors > 0 || state.bytes_unreadable > 0)
		fprintf(stderr, kan_text("  errors %llu, unreadable %llu bytes"),
		        (unsigned long long)state.read_errors,
		        (unsigned long long)state.bytes_unreadable);
	fputs(terminal ? "" : "\n", stderr);
	fflush(stderr);
	state.shown = terminal;
}

static void show_json(uint64_t done, uint64_t total, double elapsed)
{
	double left = seconds_left(done, total, elapsed);
	KAN_DEFER(kan_buf_done) struct kan_buf line = { 0 };

	kan_buf_puts(&line, "{\"event\":\"progress\",\"what\":");
	kan_escape_json(&line, state.what);
	kan_buf_printf(&line, ",\"done\":%llu,\"total\":%llu,\"per_second\":%.0f,\"seconds_left\":",
	               (unsigned long long)done, (unsigned long long)total, (double)done / elapsed);
	if (left >= 0)
		kan_buf_printf(&line, "%.0f", left);
	else
		kan_buf_puts(&line, "null");
	kan_buf_printf(&line, ",\"read_errors\":%llu,\"bytes_unreadable\":%llu}\n",
	               (unsigned long long)state.read_errors,
	               (unsigned long long)state.bytes_unreadable);
	fwrite(line.data, 1, line.len, stderr);
}

static double interval(void)
{
	if (state.json)
		return JSON_S;
	return isatty(STDERR_FILENO) ? TERMINAL_S : LINES_S;
}

static bool update(void *arg, uint64_t done, uint64_t total)
{
	double now = now_s();

	(void)arg;
	if (!state.silent && now - state.start_s >= FIRST_S && now - state.last_s >= interval()) {
		(state.json ? show_json : show_text)(done, total, now - state.start_s);
		state.last_s = now;
	}
	return !cli_stopped();
}

void cli_progress_errors(uint64_t read_errors, uint64_t bytes_unreadable)
{
	state.read_errors = read_errors;
	state.bytes_unreadable = bytes_unreadable;
}

void cli_progress_json(void)
{
	state.json = true;
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
	cli_progress_errors(0, 0);
	return (struct kan_progress){ .update = update };
}
