/* SPDX-License-Identifier: MIT */
/*
 * kernel_text.c - read and cut up what the kernel shows in /proc and /sys
 */
#include "image/drive/kernel_text.h"

#include "core/cleanup.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/sysmacros.h>

bool kan_kernel_text(struct kan_buf *out, const char *path)
{
	KAN_AUTO(fd) int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	char piece[4096];

	kan_buf_reset(out);
	kan_buf_puts(out, "");
	while (fd >= 0 && out->len < KAN_KERNEL_TEXT_MAX) {
		ssize_t n = read(fd, piece, sizeof(piece));

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return false;
		if (n == 0)
			break;
		kan_buf_add(out, piece, (size_t)n);
	}
	if (out->failed)
		errno = ENOMEM;
	return fd >= 0 && !out->failed;
}

bool kan_is_shortage(int e)
{
	return e == ENOMEM || e == EMFILE || e == ENFILE;
}

bool kan_parse_dev(dev_t *out, const char *text)
{
	char *end;
	unsigned long first, second;

	if (*text < '0' || *text > '9')
		return false;
	first = strtoul(text, &end, 10);
	if (*end != ':' || end[1] < '0' || end[1] > '9')
		return false;
	second = strtoul(end + 1, &end, 10);
	if ((*end != '\0' && *end != '\n') || first > UINT32_MAX || second > UINT32_MAX)
		return false;
	*out = makedev((unsigned)first, (unsigned)second);
	return true;
}

static char *cut_at(char **text, const char *stop)
{
	char *start = *text;
	char *end = start + strcspn(start, stop);

	*text = *end == '\0' ? end : end + 1;
	*end = '\0';
	return start;
}

char *kan_next_word(char **line)
{
	*line += strspn(*line, " \t");
	return cut_at(line, " \t");
}

char *kan_next_line(char **text)
{
	return **text == '\0' ? NULL : cut_at(text, "\n");
}

static bool is_octal(const char *s)
{
	for (int i = 0; i < 3; i++)
		if (s[i] < '0' || s[i] > '7')
			return false;
	return s[0] <= '3';
}

void kan_undo_octal(char *s)
{
	char *to = s;

	while (*s != '\0') {
		if (*s == '\\' && is_octal(s + 1)) {
			*to++ = (char)((s[1] - '0') << 6 | (s[2] - '0') << 3 | (s[3] - '0'));
			s += 4;
		} else {
			*to++ = *s++;
		}
	}
	*to = '\0';
}
