/* SPDX-License-Identifier: MIT */
/*
 * toy.h - a worker that misbehaves on request
 *
 * A request is a command and a number, as text: "count 5".  The state is a page
 * shared between all processes of a test, so that a job can behave differently
 * when it is tried again.
 */
#ifndef KAN_TESTS_WORKER_TOY_H
#define KAN_TESTS_WORKER_TOY_H

#include "core/bytes.h"
#include "kanshiki/worker.h"
#include "worker/confine.h"

#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define TOY_BIG KAN_WORKER_FRAME_MAX

/** A page that a fork does not copy. */
static inline atomic_uint *toy_shared(void)
{
	void *p = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	return p == MAP_FAILED ? NULL : p;
}

static inline int toy_start(void *arg, void **state_out, struct kan_err *err)
{
	(void)err;
	*state_out = arg;
	return KAN_OK;
}

/* The only socket that a worker has. */
static inline int toy_socket(void)
{
	for (int fd = 0; fd < 1024; fd++) {
		struct stat st;
		if (fd != STDERR_FILENO && fstat(fd, &st) == 0 && S_ISSOCK(st.st_mode))
			return fd;
	}
	return -1;
}

static inline void toy_eat_memory(void)
{
	for (;;) {
		char *volatile p = malloc(1 << 20);
		memset(p, 1, 1 << 20); /* a parser that does not check malloc() */
	}
}

static inline void toy_answer_nonsense(unsigned long kind)
{
	static const uint8_t frames[][6] = {
		{ 0xff, 0xff, 0xff, 0xff, 2, 0 }, /* far too long */
		{ 0, 0, 0, 0, 77, 0 },            /* no such type */
		{ 1, 0, 0, 0, 3, 0 },             /* an end with a payload */
		{ 1, 0, 0, 0, 4, 0 },             /* an error that is cut short */
		{ 0, 0, 0, 0, 5, 0 },             /* ready a second time */
		{ 0, 0, 0, 0, 3, 9 },             /* more after the end */
		{ 0, 0, 0, 0, 1, 0 },             /* a request, in the wrong direction */
	};

	if (write(toy_socket(), frames[kind % 7], kind % 7 < 2 ? 5 : 6) < 0)
		_exit(9);
	for (;;)
		pause();
}

static inline int toy_emit_many(unsigned long n, struct kan_worker_reply *r, struct kan_err *err)
{
	int rc = KAN_OK;

	for (uint32_t i = 0; rc == KAN_OK && i < n; i++) {
		uint8_t rec[4];
		kan_put_le32(rec, i);
		rc = kan_worker_emit(r, rec, sizeof(rec), err);
	}
	return rc;
}

/* Records that are sent at once, because they are longer than the buffer. */
static inline int toy_emit_long(unsigned long n, size_t len, struct kan_worker_reply *r,
                                struct kan_err *err)
{
	uint8_t *data = calloc(1, len);
	int rc = data ? KAN_OK : kan_fail(err, KAN_ENOMEM, "no memory");

	for (uint32_t i = 0; rc == KAN_OK && i < n; i++) {
		memset(data, (int)i, len);
		kan_put_le32(data, (uint32_t)getpid());
		rc = kan_worker_emit(r, data, len, err);
	}
	free(data);
	return rc;
}

static inline void toy_scribble(void)
{
	char *p = malloc(16);

	for (volatile size_t i = 0; i < (64u << 20); i++)
		((volatile char *)p)[i] = 'x';
}

static inline int toy_misbehave(const char *what, unsigned long n, atomic_uint *shared)
{
	volatile int *nowhere = NULL;

	if (strcmp(what, "crash") == 0)
		*nowhere = 1;
	if (strcmp(what, "crash-once") == 0 && atomic_fetch_add(&shared[n], 1) == 0)
		*nowhere = 1;
	if (strcmp(what, "hang") == 0)
		for (volatile unsigned i = 0;; i++)
			continue;
	if (strcmp(what, "eat") == 0)
		toy_eat_memory();
	if (strcmp(what, "exit") == 0)
		_exit((int)n); /* exit() would look for leaks under a sanitizer */
	if (strcmp(what, "nonsense") == 0)
		toy_answer_nonsense(n);
	if (strcmp(what, "scribble") == 0)
		toy_scribble();
	return KAN_OK;
}

static inline int toy_job(void *state, struct kan_bytes req, struct kan_worker_reply *r,
                          struct kan_err *err)
{
	char what[32] = "";
	char text[64] = "";
	unsigned long n = 0;

	memcpy(text, req.data, req.len < sizeof(text) - 1 ? req.len : sizeof(text) - 1);
	if (sscanf(text, "%31s %lu", what, &n) < 1)
		return kan_fail(err, KAN_EARG, "no command");
	if (strcmp(what, "fail") == 0)
		return kan_fail(err, KAN_EFORMAT, "bad\nthing %lu", n);
	if (strcmp(what, "enomem") == 0)
		return kan_fail(err, KAN_ENOMEM, "no memory");
	if (strcmp(what, "count") == 0)
		return toy_emit_many(n, r, err);
	if (strcmp(what, "big") == 0)
		return toy_emit_long(n, TOY_BIG, r, err);
	if (strcmp(what, "long-then-hang") == 0) {
		(void)!toy_emit_long(1, 100000, r, err);
		for (;;)
			pause();
	}
	if (strcmp(what, "long-then-hang-once") == 0) {
		bool first = atomic_fetch_add((atomic_uint *)state + n, 1) == 0;
		int rc = toy_emit_long(1, 100000, r, err);
		while (first)
			pause();
		return rc;
	}
	if (strcmp(what, "pid") == 0)
		return toy_emit_long(1, 8, r, err);
	if (strcmp(what, "length") == 0) {
		uint8_t len[4];
		kan_put_le32(len, (uint32_t)req.len);
		return kan_worker_emit(r, len, sizeof(len), err);
	}
	return toy_misbehave(what, n, state);
}

static const struct kan_worker_ops toy_ops = { "toy", toy_start, toy_job };

/** Open descriptors of this process. */
static inline size_t toy_count_fds(void)
{
	DIR *dir = opendir("/proc/self/fd");
	size_t n = 0;

	while (dir && readdir(dir))
		n++;
	if (dir)
		closedir(dir);
	return n;
}

/** True if this process has no child, dead or alive. */
static inline bool toy_no_children(void)
{
	return waitpid(-1, NULL, WNOHANG) == -1 && errno == ECHILD;
}

#endif
