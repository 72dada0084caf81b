/* SPDX-License-Identifier: MIT */
/*
 * handle.h - the file descriptors of a drive, its read-only switch, and its end
 */
#ifndef KAN_IMAGE_DRIVE_HANDLE_H
#define KAN_IMAGE_DRIVE_HANDLE_H

#include "kanshiki/drive.h"

#include <sys/stat.h>
#include <sys/types.h>

struct kan_handle {
	char *path;       /* as given */
	const char *name; /* last component of path, for findings */
	int fd;           /* -1: not open */
	int tail_fd;      /* through the page cache, for a tail that is no whole sector; or -1 */
	dev_t dev;
	bool switched; /* we set the read-only switch */
	bool in_sysfs; /* sysfs knew the device when it was opened */
	pid_t owner;   /* the process that may put the switch back */
	struct kan_drive_state state;
};

#define KAN_HANDLE_NONE                 \
	{                               \
		.fd = -1, .tail_fd = -1 \
	}

/** Open @path; *@out is KAN_HANDLE_NONE before, and still fit for close after a failure. */
KAN_MUST_CHECK int kan_handle_open(struct kan_handle *out, const char *path,
                                   const struct kan_drive_opts *opts, struct kan_err *err);

/** Close @d and put the read-only switch back. */
void kan_handle_close(struct kan_handle *d);

/** True if the device will not come back under this descriptor. */
bool kan_handle_is_gone(const struct kan_handle *d);

/** True if @state, as in /sys/block/X/device/state, is that of a device that was given up. */
bool kan_handle_state_is_dead(const char *state);

#endif
