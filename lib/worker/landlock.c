/* SPDX-License-Identifier: MIT */
/*
 * landlock.c - which paths a worker can reach
 *
 * The ruleset handles every right that the kernel knows, so that whatever is not
 * allowed is denied; only reading beneath the named paths is allowed.  Numbers
 * are ours, not those of <linux/landlock.h>, because the header may be older than
 * the kernel.  What an ABI lacks is left out: network before 4, signals and
 * abstract sockets before 6.
 */
#include "worker/confine.h"

#include "core/cleanup.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

enum {
	ABI_REFER = 2,
	ABI_TRUNCATE = 3,
	ABI_NET = 4,
	ABI_IOCTL_DEV = 5,
	ABI_SCOPE = 6,
};

enum {
	FS_ALL_ABI_1 = 0x1fff, /* execute ... make-sym */
	FS_REFER = 1 << 13,
	FS_TRUNCATE = 1 << 14,
	FS_IOCTL_DEV = 1 << 15,
	NET_ALL = 3,   /* bind and connect TCP */
	SCOPE_ALL = 3, /* abstract sockets and signals */
};

/* struct landlock_ruleset_attr of ABI 6; shorter ones are prefixes of it. */
struct ruleset {
	uint64_t fs;
	uint64_t net;
	uint64_t scoped;
};

static long abi_version(void)
{
	return syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
}

int kan_landlock_level(void)
{
	long abi = abi_version();

	if (abi < 1)
		return 0;
	return abi >= ABI_SCOPE ? 3 : abi >= ABI_NET ? 2 : 1;
}

static int new_ruleset(long abi)
{
	struct ruleset attr = { .fs = FS_ALL_ABI_1 };
	size_t len = abi >= ABI_SCOPE ? sizeof(attr)
	             : abi >= ABI_NET ? offsetof(struct ruleset, scoped)
	                              : offsetof(struct ruleset, net);

	attr.fs |= abi >= ABI_REFER ? FS_REFER : 0;
	attr.fs |= abi >= ABI_TRUNCATE ? FS_TRUNCATE : 0;
	attr.fs |= abi >= ABI_IOCTL_DEV ? FS_IOCTL_DEV : 0;
	attr.net = abi >= ABI_NET ? NET_ALL : 0;
	attr.scoped = abi >= ABI_SCOPE ? SCOPE_ALL : 0;
	return (int)syscall(SYS_landlock_create_ruleset, &attr, len, 0);
}

static int allow(int ruleset, const char *path, struct kan_err *err)
{
	KAN_AUTO(fd) int fd = open(path, O_PATH | O_CLOEXEC);
	struct landlock_path_beneath_attr rule = {
		.allowed_access = LANDLOCK_ACCESS_FS_READ_FILE,
		.parent_fd = fd,
	};
	struct stat st;

	if (fd < 0)
		return KAN_OK; /* nothing there to read; whoever wants it will say so */
	if (fstat(fd, &st) == 0 && S_ISDIR(st.st_mode))
		rule.allowed_access |= LANDLOCK_ACCESS_FS_READ_DIR;
	if (syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &rule, 0) != 0)
		return kan_fail(err, KAN_EIO, "cannot allow a worker to read %s", path);
	return KAN_OK;
}

int kan_landlock_enter(const char *const *readable, struct kan_err *err)
{
	long abi = abi_version();
	KAN_AUTO(fd) int ruleset = -1;

	if (abi < 1)
		return KAN_OK;
	ruleset = new_ruleset(abi);
	if (ruleset < 0)
		return kan_fail(err, KAN_EIO, "cannot make a Landlock ruleset");
	for (; readable && *readable; readable++) {
		int rc = allow(ruleset, *readable, err);
		if (rc != KAN_OK)
			return rc;
	}
	if (syscall(SYS_landlock_restrict_self, ruleset, 0) != 0)
		return kan_fail(err, KAN_EIO, "cannot enter a Landlock domain");
	return KAN_OK;
}
