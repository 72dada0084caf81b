/* SPDX-License-Identifier: MIT */
/*
 * image_check.h - reading an image in a test, and what must hold for any image
 */
#ifndef KAN_TESTS_IMAGE_CHECK_H
#define KAN_TESTS_IMAGE_CHECK_H

#include "core/cleanup.h"
#include "image/ewf_writer.h"
#include "kanshiki/image.h"

KAN_DEFINE_DROP(image, struct kan_image *, kan_image_close)

static inline void kan_drop_findings(struct kan_findings *f)
{
	kan_findings_done(f);
}

/* Open @path, which must work. */
static inline struct kan_image *must_open(const char *path)
{
	struct kan_image *img = NULL;
	struct kan_err err = { 0 };
	int rc = kan_image_open(&img, path, NULL, &err);

	ck_assert_msg(rc == KAN_OK, "%s", err.msg);
	return img;
}

/* All bytes of @img; the caller frees. */
static inline uint8_t *must_read(struct kan_image *img, size_t block, struct kan_findings *gaps)
{
	struct kan_source *src = kan_image_source(img);
	struct kan_err err = { 0 };
	uint8_t *data = malloc((size_t)src->size + 1);

	ck_assert_ptr_nonnull(data);
	memset(data, 0x5c, (size_t)src->size);
	for (uint64_t at = 0; at < src->size; at += block) {
		size_t n = src->size - at < block ? (size_t)(src->size - at) : block;
		int rc = kan_source_read(src, at, data + at, n, gaps, &err);

		ck_assert_msg(rc == KAN_OK, "%s", err.msg);
	}
	return data;
}

static inline bool is_covered(const struct kan_findings *gaps, uint64_t offset)
{
	for (size_t i = 0; i < gaps->n; i++)
		if (offset >= gaps->list[i].offset &&
		    offset - gaps->list[i].offset < gaps->list[i].length)
			return true;
	return false;
}

/* Every byte is that of the pattern, or it is zero and a gap covers it. */
static inline bool is_pattern(const uint8_t *data, uint64_t size, const struct kan_findings *gaps)
{
	for (uint64_t i = 0; i < size; i++)
		if (data[i] != made_byte(i) && (data[i] != 0 || !is_covered(gaps, i)))
			return false;
	return true;
}

static inline const struct kan_finding *find_kind(const struct kan_findings *f,
                                                  enum kan_finding_kind kind)
{
	for (size_t i = 0; i < f->n; i++)
		if (f->list[i].kind == kind)
			return &f->list[i];
	return NULL;
}

/* Number of findings that are problems. */
static inline size_t count_problems(const struct kan_findings *f)
{
	size_t n = 0;

	for (size_t i = 0; i < f->n; i++)
		n += kan_finding_is_problem(f->list[i].kind);
	return n;
}

static inline const char *value_of(const struct kan_image *img, const char *name)
{
	const struct kan_image_info *info = kan_image_info(img);

	for (size_t i = 0; i < info->nvalues; i++)
		if (strcmp(info->values[i].name, name) == 0)
			return info->values[i].value;
	return "";
}

/* True, and said aloud, if @tool is not installed. */
static inline bool lacks_tool(const char *tool)
{
	char cmd[MADE_PATH];

	snprintf(cmd, sizeof(cmd), "command -v %s >/dev/null 2>&1", tool);
	if (system(cmd) == 0)
		return false;
	printf("SKIP: %s is not installed\n", tool);
	return true;
}

static inline bool lacks_fixtures(void)
{
	if (access(KAN_FIXTURES, R_OK) == 0)
		return false;
	printf("SKIP: no fixtures in %s\n", KAN_FIXTURES);
	return true;
}

#endif
