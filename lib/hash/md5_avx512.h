/* SPDX-License-Identifier: MIT */
/*
 * md5_avx512.h - MD5's block function with AVX-512VL
 */
#ifndef KAN_HASH_MD5_AVX512_H
#define KAN_HASH_MD5_AVX512_H

#include "core/md5.h"

/** NULL if this processor, or its system, cannot run it. */
kan_md5_blocks *kan_md5_blocks_avx512(void);

#endif
