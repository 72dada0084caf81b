/* SPDX-License-Identifier: MIT */
/*
 * usage.h - who uses a block device, and what is built on top of it
 *
 * The kernel's own view: partitions and holders (LVM, RAID, LUKS, ...) from sysfs,
 * loop devices by their backing file, mounts from /proc/self/mountinfo, swap from
 * /proc/swaps.  Mounts of other mount namespaces cannot be seen.
 */
#ifndef KAN_IMAGE_DRIVE_USAGE_H
#define KAN_IMAGE_DRIVE_USAGE_H

#include "kanshiki/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <sys/stat.h>
#include <sys/types.h>

/** Devices that stand for one piece of evidence; more are not followed. */
#define KAN_STACK_MAX 256u

/** Where the kernel tells; {"/sys", "/proc"} but in tests. */
struct kan_usage_roots {
	const char *sys;
	const char *proc;
};

extern const struct kan_usage_roots kan_usage_roots_here;

/** A device with its partitions and everything on top of them; the first is itself. */
struct kan_stack {
	dev_t devs[KAN_STACK_MAX];
	size_t n;
	bool full; /* there are more than fit */
};

/** Who uses a stack. */
struct kan_usage {
	char writer[200]; /* "mounted read-write at /mnt/x", "in use as swap"; or empty */
	char reader[200]; /* "mounted read-only at /mnt/x", "held by dm-0"; or empty */
};

/**
 * Fill in @out with what stands on @st: a device if it is a block device, the loop
 * devices over it if it is a file.
 */
KAN_MUST_CHECK int kan_stack_find(struct kan_stack *out, const struct stat *st,
                                  const struct kan_usage_roots *roots, struct kan_err *err);

/** True if @dev is in @stack, or may be, because it is full. */
bool kan_stack_has(const struct kan_stack *stack, dev_t dev);

/** Fill in @out with the first that writes and the first that reads. */
KAN_MUST_CHECK int kan_usage_find(struct kan_usage *out, const struct kan_stack *stack,
                                  const struct kan_usage_roots *roots, struct kan_err *err);

/** *@is_out: the mount with the number @mount_id comes from something in @stack. */
KAN_MUST_CHECK int kan_stack_is_mounted_as(const struct kan_stack *stack, uint64_t mount_id,
                                           const struct kan_usage_roots *roots, bool *is_out,
                                           struct kan_err *err);

#endif
