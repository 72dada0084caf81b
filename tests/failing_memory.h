/* SPDX-License-Identifier: MIT */
/*
 * failing_memory.h - an allocator that says no at the n-th call
 *
 * Included by one test program, it takes the place of the C library's allocator,
 * for the shared libraries as well (which is why the functions must be visible).
 * Sanitizers bring their own: there KAN_MEMORY_CAN_FAIL is 0 and nothing fails.
 */
#ifndef KAN_TESTS_FAILING_MEMORY_H
#define KAN_TESTS_FAILING_MEMORY_H

#include "kanshiki/api.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define KAN_MEMORY_CAN_FAIL 0
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) || \
	__has_feature(memory_sanitizer)
#define KAN_MEMORY_CAN_FAIL 0
#endif
#endif
#if !defined(KAN_MEMORY_CAN_FAIL) && defined(__GLIBC__)
#define KAN_MEMORY_CAN_FAIL 1
#elif !defined(KAN_MEMORY_CAN_FAIL)
#define KAN_MEMORY_CAN_FAIL 0
#endif

/* Calls until the one that fails; negative: none does.  All threads count. */
static atomic_long memory_left = -1;

/** Let the @n-th allocation from now on fail (1: the next one); 0: none. */
static inline void memory_fail_at(long n)
{
	atomic_store(&memory_left, n > 0 ? n : -1);
}

/** True if the allocation that was to fail was asked for. */
static inline bool memory_has_failed(void)
{
	return atomic_load(&memory_left) == 0;
}

#if KAN_MEMORY_CAN_FAIL

void *__libc_malloc(size_t size);
void *__libc_calloc(size_t n, size_t size);
void *__libc_realloc(void *p, size_t size);
void *__libc_memalign(size_t align, size_t size);
KAN_API void *malloc(size_t size);
KAN_API void *calloc(size_t n, size_t size);
KAN_API void *realloc(void *p, size_t size);
KAN_API void *aligned_alloc(size_t align, size_t size);

static bool says_no(void)
{
	long left = atomic_load(&memory_left);

	while (left > 0)
		if (atomic_compare_exchange_weak(&memory_left, &left, left - 1))
			break;
	if (left != 1)
		return false;
	errno = ENOMEM;
	return true;
}

void *malloc(size_t size)
{
	return says_no() ? NULL : __libc_malloc(size);
}

void *calloc(size_t n, size_t size)
{
	return says_no() ? NULL : __libc_calloc(n, size);
}

void *realloc(void *p, size_t size)
{
	return says_no() ? NULL : __libc_realloc(p, size);
}

void *aligned_alloc(size_t align, size_t size)
{
	return says_no() ? NULL : __libc_memalign(align, size);
}

#endif
#endif
