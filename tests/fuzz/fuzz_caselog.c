/* SPDX-License-Identifier: MIT */
/*
 * fuzz_caselog.c - any bytes as the log of a case: the check ends and tells
 *
 * A log without a problem must be whole: as many lines as newlines, and nothing
 * behind the last one.
 */
#include "kanshiki/case.h"
#include "core/cleanup.h"

#include <stdio.h>
#include <sys/mman.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	KAN_AUTO(fd) int fd = memfd_create("log", MFD_CLOEXEC);
	struct kan_findings found = { 0 };
	uint64_t nlines = 0, newlines = 0;
	struct kan_err err = { 0 };
	char path[32];

	if (fd < 0 || (len > 0 && write(fd, data, len) != (ssize_t)len))
		abort();
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	if (kan_case_log_check(path, &found, &nlines, &err) != KAN_OK)
		abort();
	for (size_t i = 0; i < len; i++)
		newlines += data[i] == '\n';
	if (nlines != newlines)
		abort();
	if (!kan_findings_have_problem(&found) && (len == 0 || data[len - 1] != '\n'))
		abort();
	kan_findings_done(&found);
	return 0;
}
