/* SPDX-License-Identifier: MIT */
/*
 * fuzz_vhd.c - any bytes as the only file of a VHD disk
 */
#include "fuzz/image_input.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	return try_image("vhd", data, size);
}
