/* SPDX-License-Identifier: MIT */
/*
 * fuzz_json.c - any bytes as JSON: the reader ends, and says the same twice
 */
#include "core/json.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

/* Tokens until the end or an error; never more than bytes. */
static size_t read_all(const uint8_t *data, size_t len, int *rc)
{
	struct kan_json j = { .in = { data, len } };
	enum kan_json_kind kind = KAN_JSON_NULL;
	struct kan_err err;
	size_t n = 0;

	while ((*rc = kan_json_next(&j, &kind, &err)) == KAN_OK && kind != KAN_JSON_END) {
		if (++n > len || j.pos > len || j.text.len > len || j.depth > KAN_JSON_DEPTH_MAX)
			abort();
	}
	/* After an error there is no way on. */
	if (*rc == KAN_EFORMAT && kan_json_next(&j, &kind, &err) != KAN_EFORMAT)
		abort();
	kan_json_done(&j);
	return n;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	int first, second;

	if (read_all(data, len, &first) != read_all(data, len, &second) || first != second)
		abort();
	return 0;
}
