/* SPDX-License-Identifier: MIT */
/*
 * cleanup.h - release a resource when its variable goes out of scope
 */
#ifndef KAN_CORE_CLEANUP_H
#define KAN_CORE_CLEANUP_H

#include <stdlib.h>
#include <unistd.h>

/** Declare a variable that is released by the named kan_drop_* function. */
#define KAN_AUTO(type) __attribute__((cleanup(kan_drop_##type)))

/** Declare a struct that is emptied by @fn(&variable), such as kan_buf_done. */
#define KAN_DEFER(fn) __attribute__((cleanup(fn)))

/** Define kan_drop_<name> for an object released by @free_fn(ptr). */
#define KAN_DEFINE_DROP(name, ptr_type, free_fn)        \
	static inline void kan_drop_##name(ptr_type *p) \
	{                                               \
		free_fn(*p);                            \
	}

/** Take the pointer out of @p, leaving NULL: ownership moves to the caller. */
#define KAN_STEAL(p)                          \
	__extension__({                       \
		__auto_type kan_taken_ = (p); \
		(p) = NULL;                   \
		kan_taken_;                   \
	})

static inline void kan_drop_mem(void *p)
{
	free(*(void **)p);
}

static inline void kan_drop_fd(int *fd)
{
	if (*fd >= 0)
		(void)close(*fd);
}

#endif
