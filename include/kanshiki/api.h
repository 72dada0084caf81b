/* SPDX-License-Identifier: MIT */
/*
 * api.h - attributes shared by every public header
 *
 * Default thread rule of the whole library: an object is used by one thread at
 * a time unless its header says otherwise; different objects may be used in
 * parallel; registry descriptors are immutable and shared.
 */
#ifndef KAN_API_H
#define KAN_API_H

#define KAN_API          __attribute__((visibility("default")))
#define KAN_MUST_CHECK   __attribute__((warn_unused_result))
#define KAN_PRINTF(f, a) __attribute__((format(printf, f, a)))

#ifdef __cplusplus
#define KAN_BEGIN_DECLS extern "C" {
#define KAN_END_DECLS   }
#else
#define KAN_BEGIN_DECLS
#define KAN_END_DECLS
#endif

#endif
