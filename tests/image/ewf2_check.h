/* SPDX-License-Identifier: MIT */
/*
 * ewf2_check.h - an Ex01 image in a test: its bytes are right, or they are gaps
 */
#ifndef KAN_TESTS_EWF2_CHECK_H
#define KAN_TESTS_EWF2_CHECK_H

#include "image/ewf2_writer.h"
#include "image/image_check.h"

/* First byte that is neither that of the media nor a gap; the size if there is none. */
static inline uint64_t ex01_first_wrong(const uint8_t *data, uint64_t size, struct ex01_plan p,
                                        const struct kan_findings *gaps)
{
	p = ex01_defaults(p);
	for (uint64_t i = 0; i < size; i++)
		if (data[i] != ex01_byte(&p, i) && (data[i] != 0 || !is_covered(gaps, i)))
			return i;
	return size;
}

/* Every byte of @path is right or a gap; returns the number of bytes in gaps. */
static inline uint64_t ex01_must_hold(const char *path, struct ex01_plan p)
{
	KAN_AUTO(image) struct kan_image *img = must_open(path);
	KAN_AUTO(findings) struct kan_findings gaps = { 0 };
	KAN_AUTO(mem) uint8_t *data = must_read(img, 10007, &gaps);
	uint64_t size = kan_image_source(img)->size, lost = 0;

	p = ex01_defaults(p);
	ck_assert_uint_eq(size, p.nsectors * p.sector_size);
	ck_assert_uint_eq(ex01_first_wrong(data, size, p, &gaps), size);
	for (uint64_t i = 0; i < size; i++)
		lost += is_covered(&gaps, i);
	return lost;
}

#endif
