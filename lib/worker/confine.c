/* SPDX-License-Identifier: MIT */
/*
 * confine.c - turn a freshly forked child into a worker
 *
 * Order matters: descriptors are closed while /proc is still reachable, limits
 * and Landlock come before the system call filter, which forbids setting them.
 * Of the inherited descriptors only those that can do no harm stay: the socket,
 * stderr, and regular files and block devices opened for reading (the evidence).
 * What kan_worker_confinement() promises holds for every worker: if a step that
 * the kernel offers fails, the worker does not start.
 */
#include "worker/confine.h"

#include "core/cleanup.h"
#include "worker/frame.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>

enum {
	FILES_TO_OPEN = 1024,          /* beyond those that were inherited */
	CPU_BACKSTOP_SECONDS = 86400,  /* a worker that spins while its parent is stopped */
	ALT_STACK_LEN = 64 * 1024,     /* a stack overflow is reported from here */
	FDS_WITHOUT_PROC = 65536,      /* descriptors looked at if /proc is not mounted */
	ROOM_OF_A_HEALTHY_WORKER = 16, /* fraction of its memory that can still be mapped */
};

/* ---- descriptors --------------------------------------------------------- */

static bool may_stay(int fd, int socket_fd)
{
	int flags = fcntl(fd, F_GETFL);
	struct stat st;

	if (fd == socket_fd || fd == STDERR_FILENO)
		return true;
	if (flags < 0 || (flags & O_ACCMODE) != O_RDONLY || (flags & O_PATH) != 0)
		return false;
	return fstat(fd, &st) == 0 && (S_ISREG(st.st_mode) || S_ISBLK(st.st_mode));
}

/* Returns the highest descriptor that stayed. */
static int close_harmful(int socket_fd)
{
	DIR *dir = opendir("/proc/self/fd");
	int highest = socket_fd;
	const struct dirent *e;

	for (int fd = 0; !dir && fd < FDS_WITHOUT_PROC; fd++) {
		if (!may_stay(fd, socket_fd))
			(void)close(fd);
		else if (fd > highest)
			highest = fd;
	}
	while (dir && (e = readdir(dir))) {
		int fd = (int)strtol(e->d_name, NULL, 10);
		if (e->d_name[0] == '.' || fd == dirfd(dir))
			continue;
		if (!may_stay(fd, socket_fd))
			(void)close(fd);
		else if (fd > highest)
			highest = fd;
	}
	if (dir)
		closedir(dir);
	return highest;
}

/* Whatever parsers print goes nowhere; stdin is empty. */
static void blind_standard_streams(void)
{
	for (int fd = STDIN_FILENO; fd <= STDOUT_FILENO; fd++)
		if (fcntl(fd, F_GETFD) < 0)
			(void)open("/dev/null", fd == STDIN_FILENO ? O_RDONLY : O_WRONLY);
}

/* ---- limits --------------------------------------------------------------- */

static int cap(int what, rlim_t limit, const char *name, struct kan_err *err)
{
	struct rlimit rl;

	if (getrlimit(what, &rl) != 0)
		return kan_fail(err, KAN_EIO, "cannot read the limit on %s", name);
	rl.rlim_cur = limit < rl.rlim_max ? limit : rl.rlim_max;
	rl.rlim_max = rl.rlim_cur;
	if (setrlimit(what, &rl) != 0)
		return kan_fail(err, KAN_EIO, "cannot limit the %s of a worker", name);
	return KAN_OK;
}

/* Address space in use; inherited mappings are not charged to the worker. */
static size_t address_space(void)
{
	KAN_AUTO(fd) int fd = open("/proc/self/statm", O_RDONLY | O_CLOEXEC);
	char text[32] = "";

	if (fd < 0 || read(fd, text, sizeof(text) - 1) <= 0)
		return 0;
	return strtoul(text, NULL, 10) * (size_t)sysconf(_SC_PAGESIZE);
}

static bool memory_is_exhausted(void)
{
	struct rlimit rl;
	size_t probe;
	void *p;

	if (getrlimit(RLIMIT_AS, &rl) != 0 || rl.rlim_cur == RLIM_INFINITY)
		return false;
	probe = (size_t)rl.rlim_cur / ROOM_OF_A_HEALTHY_WORKER;
	p = mmap(NULL, probe, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	return p == MAP_FAILED; /* a mapping that succeeds goes away with the process */
}

/* A parser that does not check malloc() dies of SIGSEGV: tell why. */
static void tell_memory_from_crash(int sig)
{
	if (memory_is_exhausted())
		_exit(KAN_EXIT_MEMORY);
	(void)raise(sig); /* SA_RESETHAND: now with the default action */
}

static int catch_crashes(struct kan_err *err)
{
	static const int crashes[] = { SIGSEGV, SIGBUS, SIGABRT };
	struct sigaction sa = {
		.sa_handler = tell_memory_from_crash,
		.sa_flags = SA_RESETHAND | SA_NODEFER | SA_ONSTACK,
	};
	stack_t stack = { .ss_size = ALT_STACK_LEN };

	stack.ss_sp = mmap(NULL, ALT_STACK_LEN, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
	                   -1, 0);
	if (stack.ss_sp == MAP_FAILED || sigaltstack(&stack, NULL) != 0)
		return kan_fail(err, KAN_EIO, "cannot set up a signal stack");
	for (size_t i = 0; i < sizeof(crashes) / sizeof(*crashes); i++)
		(void)sigaction(crashes[i], &sa, NULL); /* cannot fail for these */
	return KAN_OK;
}

static int cap_memory_and_files(size_t memory, struct kan_err *err)
{
	size_t limit;
	int rc;

	if (KAN_SANITIZED)
		return KAN_OK;
	rc = cap(RLIMIT_FSIZE, 0, "file size", err);
	if (rc == KAN_OK)
		rc = cap(RLIMIT_NPROC, 0, "processes", err);
	if (rc != KAN_OK || memory == SIZE_MAX)
		return rc;
	if (__builtin_add_overflow(address_space(), memory, &limit))
		limit = SIZE_MAX;
	rc = cap(RLIMIT_AS, limit, "memory", err);
	return rc == KAN_OK ? catch_crashes(err) : rc;
}

static int cap_resources(size_t memory, int highest_fd, struct kan_err *err)
{
	int rc = cap(RLIMIT_CORE, 0, "core dump", err);

	if (rc == KAN_OK)
		rc = cap(RLIMIT_NOFILE, (rlim_t)highest_fd + 1 + FILES_TO_OPEN, "open files", err);
	if (rc == KAN_OK)
		rc = cap(RLIMIT_CPU, CPU_BACKSTOP_SECONDS, "CPU time", err);
	return rc == KAN_OK ? cap_memory_and_files(memory, err) : rc;
}

/* ---- all of it -------------------------------------------------------------- */

int kan_confine(const struct kan_worker_opts *opts, int socket_fd, struct kan_err *err)
{
	int rc, highest = close_harmful(socket_fd);

	blind_standard_streams();
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
		return kan_fail(err, KAN_EIO, "cannot give up new privileges");
	rc = cap_resources(opts->memory_limit, highest, err);
	if (rc != KAN_OK)
		return rc;
	if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0)
		return kan_fail(err, KAN_EIO, "cannot refuse core dumps and tracing");
	rc = kan_landlock_enter(opts->readable, err);
	return rc == KAN_OK ? kan_seccomp_enter(err) : rc;
}

#if KAN_SANITIZED
#define LIMITS "rlimit (sanitizer: not of memory)"
#else
#define LIMITS "rlimit"
#endif

const char *kan_worker_confinement(void)
{
	static const char *const texts[2][4] = {
		{ LIMITS " (no seccomp, no landlock)", "landlock (files), " LIMITS " (no seccomp)",
		  "landlock (files, network), " LIMITS " (no seccomp)",
		  "landlock (files, network, signals), " LIMITS " (no seccomp)" },
		{ "seccomp, " LIMITS " (no landlock)", "seccomp, landlock (files), " LIMITS,
		  "seccomp, landlock (files, network), " LIMITS,
		  "seccomp, landlock (files, network, signals), " LIMITS },
	};

	return texts[kan_seccomp_available()][kan_landlock_level()];
}
