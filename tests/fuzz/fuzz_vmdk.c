/* SPDX-License-Identifier: MIT */
/*
 * fuzz_vmdk.c - any bytes as the only file of a VMDK disk
 */
#include "fuzz/image_input.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	return try_image("vmdk", data, size);
}
