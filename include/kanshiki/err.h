/* SPDX-License-Identifier: MIT */
/*
 * err.h - status codes, and the error report that a failing call fills in
 *
 * Three outcomes are kept apart everywhere.  A *failure* is a call that could
 * not do its work: a negative status and a struct kan_err.  *Not mine* (data in
 * another format) is a plain result such as false or KAN_NO_MATCH, without a
 * message.  A *finding* (kanshiki/finding.h) is evidence that is damaged: the
 * call succeeds and the damage is recorded.
 */
#ifndef KAN_ERR_H
#define KAN_ERR_H

#include "kanshiki/api.h"

#include <stdint.h>

KAN_BEGIN_DECLS

#define KAN_NO_OFFSET UINT64_MAX

/** Result of every fallible call: 0 on success, negative on failure. */
enum kan_status {
	KAN_OK = 0,
	KAN_ENOMEM = -1,       /* memory exhausted */
	KAN_EIO = -2,          /* a system call failed; see os_errno */
	KAN_EFORMAT = -3,      /* the bytes are not what they must be to go on */
	KAN_EARG = -4,         /* the caller passed something impossible */
	KAN_EUNSUPPORTED = -5, /* recognised, but cannot be read */
	KAN_ELIMIT = -6,       /* a limit of ours was met */
	KAN_EWORKER = -7,      /* a worker process died, hung or answered nonsense */
	KAN_EEXIST = -8,       /* the target is there already and is not touched */
	KAN_ESTOPPED = -9,     /* the user asked to stop */
};

/**
 * Why a call failed.  Owned by the caller, usually on its stack; holds no
 * pointers, so it can be copied between threads and processes and needs no
 * release.
 */
struct kan_err {
	enum kan_status code;
	int os_errno;    /* errno of the failed system call, or 0 */
	uint64_t offset; /* byte offset in the image, or KAN_NO_OFFSET */
	char msg[488];   /* one line, UTF-8, no trailing newline */
};

/**
 * Fill in @err (may be NULL) and return @code, so that a failing function can
 * end with one statement.  With KAN_EIO the current errno is kept and its text
 * is appended to the message.
 */
KAN_API int kan_fail(struct kan_err *err, enum kan_status code, const char *fmt, ...)
	KAN_PRINTF(3, 4);

/** Prefix the message in @err (may be NULL) with context and ": "; returns @code. */
KAN_API int kan_fail_in(struct kan_err *err, int code, const char *fmt, ...) KAN_PRINTF(3, 4);

KAN_END_DECLS

#ifdef __clang_analyzer__
/* The analyzer does not look into other files: tell it that the code comes back. */
#define kan_fail(err, code, ...)    (kan_fail(err, code, __VA_ARGS__), (int)(code))
#define kan_fail_in(err, code, ...) (kan_fail_in(err, code, __VA_ARGS__), (int)(code))
#endif

#endif
