/* SPDX-License-Identifier: MIT */
/*
 * seccomp.c - which system calls a worker can make
 *
 * A list of what parsers, stdio and malloc need; everything else fails with
 * EPERM: no sockets, no processes, no exec, no signals to others, no change of
 * files.  Some calls are allowed only with harmless arguments: files are opened
 * for reading, memory is never executable.  Names that an architecture does not
 * have are skipped, so one list serves 64 and 32 bit, x86 and ARM.
 */
#include "worker/confine.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <linux/seccomp.h>
#include <seccomp.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

static const char *const harmless[] = {
	/* files that are open */
	"read",
	"readv",
	"pread64",
	"preadv",
	"preadv2",
	"lseek",
	"_llseek",
	"close",
	"fstat",
	"fstat64",
	"fadvise64",
	"fadvise64_64",
	"readahead",
	"getdents64",
	"dup",
	"dup2",
	"dup3",
	"fstatfs",
	"fstatfs64",
	"flock",
	/* looking at paths; Landlock does not rule this, and it changes nothing */
	"stat",
	"stat64",
	"lstat",
	"lstat64",
	"newfstatat",
	"fstatat64",
	"statx",
	"access",
	"faccessat",
	"faccessat2",
	"readlink",
	"readlinkat",
	"getcwd",
	"statfs",
	"statfs64",
	/* the socket to the parent, and stderr */
	"write",
	"writev",
	"sendmsg",
	"sendto",
	"recvmsg",
	"recvfrom",
	"poll",
	"ppoll",
	"ppoll_time64",
	"select",
	"pselect6",
	"pselect6_time64",
	"_newselect",
	"pipe",
	"pipe2",
	/* memory */
	"munmap",
	"mremap",
	"brk",
	"madvise",
	"membarrier",
	/* time */
	"clock_gettime",
	"clock_gettime64",
	"clock_getres",
	"clock_getres_time64",
	"gettimeofday",
	"time",
	"times",
	"nanosleep",
	"clock_nanosleep",
	"clock_nanosleep_time64",
	/* itself */
	"exit",
	"exit_group",
	"getpid",
	"getppid",
	"gettid",
	"getpgrp",
	"getuid",
	"geteuid",
	"getgid",
	"getegid",
	"getuid32",
	"geteuid32",
	"getgid32",
	"getegid32",
	"getrlimit",
	"ugetrlimit",
	"getrusage",
	"uname",
	"sysinfo",
	"getrandom",
	"getcpu",
	"umask",
	"restart_syscall",
	/* signals and locks */
	"rt_sigaction",
	"rt_sigprocmask",
	"rt_sigreturn",
	"rt_sigpending",
	"rt_sigtimedwait",
	"sigaltstack",
	"sigreturn",
	"pause",
	"futex",
	"futex_time64",
	"set_robust_list",
	"get_robust_list",
	"rseq",
	"set_tid_address",
	"sched_yield",
	"sched_getaffinity",
	"sched_getparam",
	"sched_getscheduler",
	"sched_get_priority_min",
	"sched_get_priority_max",
};

/* Calls that are allowed if (argument & mask) == value. */
struct guarded {
	const char *name;
	unsigned arg;
	uint64_t mask;
	uint64_t value;
};

enum {
	OPEN_CHANGES = O_ACCMODE | O_CREAT | O_TRUNC | (O_TMPFILE & ~O_DIRECTORY),
};

#define WHOLE UINT64_MAX
#define WORD  UINT32_MAX

static const struct guarded guarded[] = {
	{ "open", 1, OPEN_CHANGES, O_RDONLY },
	{ "openat", 2, OPEN_CHANGES, O_RDONLY },
	{ "mmap", 2, PROT_EXEC, 0 },
	{ "mmap2", 2, PROT_EXEC, 0 },
	{ "mprotect", 2, PROT_EXEC, 0 },
	{ "prlimit64", 2, WHOLE, 0 }, /* reading only */
	{ "ioctl", 1, WORD, TCGETS },
	{ "ioctl", 1, WORD, BLKGETSIZE64 },
	{ "ioctl", 1, WORD, BLKSSZGET },
	{ "fcntl", 1, WORD, F_GETFD },
	{ "fcntl", 1, WORD, F_SETFD },
	{ "fcntl", 1, WORD, F_GETFL },
	{ "fcntl", 1, WORD, F_DUPFD },
	{ "fcntl", 1, WORD, F_DUPFD_CLOEXEC },
	{ "fcntl64", 1, WORD, F_GETFD },
	{ "fcntl64", 1, WORD, F_SETFD },
	{ "fcntl64", 1, WORD, F_GETFL },
	{ "fcntl64", 1, WORD, F_DUPFD },
	{ "fcntl64", 1, WORD, F_DUPFD_CLOEXEC },
};

bool kan_seccomp_available(void)
{
	uint32_t action = SECCOMP_RET_ERRNO;

	return syscall(SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 0, &action) == 0;
}

static int add_guarded(scmp_filter_ctx ctx, const struct guarded *g)
{
	int nr = seccomp_syscall_resolve_name(g->name);
	struct scmp_arg_cmp cmp = SCMP_CMP(g->arg, SCMP_CMP_MASKED_EQ, g->mask, g->value);

	return nr < 0 ? 0 : seccomp_rule_add_array(ctx, SCMP_ACT_ALLOW, nr, 1, &cmp);
}

/* Returns 0 or a negative errno, as libseccomp does. */
static int fill(scmp_filter_ctx ctx)
{
	const struct guarded abort_itself = { "tgkill", 0, WORD, (uint64_t)getpid() };
	int rc = add_guarded(ctx, &abort_itself);

	for (size_t i = 0; rc == 0 && i < sizeof(harmless) / sizeof(*harmless); i++) {
		int nr = seccomp_syscall_resolve_name(harmless[i]);
		if (nr >= 0)
			rc = seccomp_rule_add(ctx, SCMP_ACT_ALLOW, nr, 0);
	}
	for (size_t i = 0; rc == 0 && i < sizeof(guarded) / sizeof(*guarded); i++)
		rc = add_guarded(ctx, &guarded[i]);
	return rc;
}

int kan_seccomp_enter(struct kan_err *err)
{
	scmp_filter_ctx ctx;
	int rc;

	if (!kan_seccomp_available())
		return KAN_OK;
	ctx = seccomp_init(SCMP_ACT_ERRNO(EPERM));
	if (!ctx)
		return kan_fail(err, KAN_ENOMEM, "out of memory for a system call filter");
	rc = fill(ctx);
	if (rc == 0)
		rc = seccomp_load(ctx);
	seccomp_release(ctx);
	if (rc != 0) {
		errno = -rc;
		return kan_fail(err, KAN_EIO, "cannot load a system call filter");
	}
	return KAN_OK;
}
