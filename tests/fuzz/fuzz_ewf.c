/* SPDX-License-Identifier: MIT */
/*
 * fuzz_ewf.c - any bytes as the only segment of an E01 set
 */
#include "fuzz/image_input.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	return try_image("ewf", data, size);
}
