/* SPDX-License-Identifier: MIT */
/*
 * measure.c - run a command and print what it took
 *
 *   measure COMMAND [ARG...]
 *
 * The command's output is thrown away.  Prints one line on stdout: wall seconds,
 * CPU seconds, peak resident KiB of the largest process, exit status.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static double seconds(struct timeval t)
{
	return (double)t.tv_sec + (double)t.tv_usec / 1e6;
}

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void run_command(char **argv)
{
	int null = open("/dev/null", O_RDWR);

	if (null >= 0 && dup2(null, 1) >= 0 && dup2(null, 2) >= 0)
		execvp(argv[0], argv);
	_exit(127);
}

int main(int argc, char **argv)
{
	struct rusage use;
	double start = now();
	int status;
	pid_t pid;

	if (argc < 2) {
		fprintf(stderr, "usage: measure COMMAND [ARG...]\n");
		return 2;
	}
	pid = fork();
	if (pid == 0)
		run_command(argv + 1);
	if (pid < 0 || wait4(pid, &status, 0, &use) != pid) {
		perror("measure");
		return 1;
	}
	printf("%.2f %.2f %ld %d\n", now() - start, seconds(use.ru_utime) + seconds(use.ru_stime),
	       use.ru_maxrss, WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
	return 0;
}
