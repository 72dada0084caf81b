/* SPDX-License-Identifier: MIT */
/*
 * image_input.h - any bytes as the only file of an image of a given format
 */
#ifndef KAN_TESTS_IMAGE_INPUT_H
#define KAN_TESTS_IMAGE_INPUT_H

#include "kanshiki/image.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#define READ_MAX (1u << 20) /* bytes of the media that are read */

/* Read the start, the end and odd pieces; a finding is fine, a crash is not. */
static inline void read_some(struct kan_source *src)
{
	size_t len = src->size < READ_MAX ? (size_t)src->size : READ_MAX;
	uint8_t *buf = malloc(len);
	struct kan_findings gaps = { 0 };
	struct kan_err err;

	if (!buf)
		return;
	if (kan_source_read(src, 0, buf, len, &gaps, &err) != KAN_OK ||
	    kan_source_read(src, src->size - len, buf, len, &gaps, &err) != KAN_OK ||
	    kan_source_read(src, src->size / 3, buf, len / 7, &gaps, &err) != KAN_OK)
		abort();
	kan_findings_done(&gaps);
	free(buf);
}

static inline int try_image(const char *format, const uint8_t *data, size_t size)
{
	struct kan_image_opts opts = { .format = format };
	struct kan_image *img = NULL;
	struct kan_err err;
	char path[64];
	int fd = memfd_create("segment", MFD_CLOEXEC);

	if (fd < 0)
		return 0;
	if (write(fd, data, size) == (ssize_t)size) {
		snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
		if (kan_image_open(&img, path, &opts, &err) == KAN_OK)
			read_some(kan_image_source(img));
		kan_image_close(img);
	}
	(void)close(fd);
	return 0;
}

#endif
