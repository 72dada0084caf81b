/* SPDX-License-Identifier: MIT */
/*
 * test_ewf_large.c - sizes at which 31, 32 and 40 bits end
 *
 * The files are sparse: chunks of 16 MiB that hold zeros, and their checksums only
 * where the test reads.
 */
#include "image/image_check.h"
#include "suite.h"

#include <sys/resource.h>

#define CHUNK_SECTORS 32768u
#define CHUNK         ((uint64_t)CHUNK_SECTORS * 512)
#define STORED        (CHUNK + 4)

static char dir[MADE_DIR];
static char path[MADE_PATH];

static void set_up(void)
{
	made_folder(dir);
	made_path(path, dir, 1);
}

static void tear_down(void)
{
	made_remove(dir);
}

/* The Adler-32 of a chunk of zeros: a is 1, b is the number of bytes. */
static void put_sum(FILE *f, uint64_t at)
{
	uint8_t sum[4];

	made_put(sum, CHUNK % 65521 << 16 | 1, 4);
	ck_assert_int_eq(fseeko(f, (off_t)at, SEEK_SET), 0);
	made_write(f, sum, 4);
}

static FILE *begin(uint64_t nchunks)
{
	struct made_plan p = { .chunk_sectors = CHUNK_SECTORS,
		               .sector_size = 512,
		               .nsectors = nchunks * CHUNK_SECTORS };
	static const uint8_t head[13] = { 'E', 'V', 'F', 9, 13, 10, 255, 0, 1, 1 };
	FILE *f = fopen(path, "wb");

	ck_assert_ptr_nonnull(f);
	made_write(f, head, sizeof(head));
	made_header(f);
	made_volume(f, "volume", &p);
	return f;
}

/* A sectors section of @n chunks of zeros and its tables; sums only if @sums. */
static void put_run(FILE *f, uint32_t n, bool base, bool sums)
{
	uint64_t at = (uint64_t)ftello(f) + 76;
	uint8_t *entries = calloc(n, 4);

	ck_assert_ptr_nonnull(entries);
	made_descriptor(f, "sectors", n * STORED, false);
	for (uint32_t i = 0; i < n; i++) {
		made_put(entries + 4ull * i, (base ? 0 : at) + i * STORED, 4);
		if (sums)
			put_sum(f, at + i * STORED + CHUNK);
	}
	ck_assert_int_eq(fseeko(f, (off_t)(at + n * STORED), SEEK_SET), 0);
	made_table(f, "table", base ? at : 0, entries, n, 0);
	made_table(f, "table2", base ? at : 0, entries, n, 0);
	free(entries);
}

static void check_chunk(struct kan_image *img, uint64_t chunk)
{
	KAN_AUTO(findings) struct kan_findings gaps = { 0 };
	uint8_t buf[100];

	memset(buf, 1, sizeof(buf));
	ck_assert_int_eq(kan_source_read(kan_image_source(img), chunk * CHUNK + CHUNK - 100, buf,
	                                 sizeof(buf), &gaps, NULL),
	                 KAN_OK);
	ck_assert_uint_eq(gaps.n, 0);
	for (size_t i = 0; i < sizeof(buf); i++)
		ck_assert_uint_eq(buf[i], 0);
}

/* EnCase 6.7: offsets of one table run over 2 GiB and lose the flag. */
START_TEST(ewf_reads_offsets_that_overflow_31_bits)
{
	KAN_AUTO(image) struct kan_image *img = NULL;
	const uint32_t n = 200; /* 3.1 GiB */
	FILE *f = begin(n);

	put_run(f, n, _i == 1, true);
	made_descriptor(f, "done", 0, true);
	ck_assert_int_eq(fclose(f), 0);
	img = must_open(path);
	ck_assert_uint_eq(kan_image_findings(img)->n, 0);
	ck_assert_uint_eq(kan_image_info(img)->size, n * CHUNK);
	for (uint64_t c = 124; c < 132; c++)
		check_chunk(img, c);
	check_chunk(img, 0);
	check_chunk(img, n - 1);
}
END_TEST

START_TEST(ewf_reads_five_tebibytes_with_little_memory)
{
	KAN_AUTO(image) struct kan_image *img = NULL;
	const uint32_t ntables = 2700, n = 126; /* of 2 GiB each */
	FILE *f = begin((uint64_t)ntables * n);
	struct rusage before, after;

	for (uint32_t i = 0; i < ntables; i++)
		put_run(f, n, true, i == 0 || i == 2000 || i == ntables - 1);
	made_descriptor(f, "done", 0, true);
	ck_assert_int_eq(fclose(f), 0);
	ck_assert_int_eq(getrusage(RUSAGE_SELF, &before), 0);
	img = must_open(path);
	ck_assert_int_eq(getrusage(RUSAGE_SELF, &after), 0);
	ck_assert_uint_eq(kan_image_findings(img)->n, 0);
	ck_assert_uint_gt(kan_image_info(img)->size, 5ull << 40);
	check_chunk(img, 0);
	check_chunk(img, 2000 * n + 7);
	check_chunk(img, (uint64_t)ntables * n - 1);
	ck_assert_int_lt(after.ru_maxrss - before.ru_maxrss, 8192); /* KiB */
}
END_TEST

static Suite *ewf_large_suite(void)
{
	Suite *s = suite_create("ewf_large");
	TCase *sizes = tcase_create("sizes");

	tcase_add_checked_fixture(sizes, set_up, tear_down);
	tcase_set_timeout(sizes, 240);
	tcase_add_loop_test(sizes, ewf_reads_offsets_that_overflow_31_bits, 0, 2);
	tcase_add_test(sizes, ewf_reads_five_tebibytes_with_little_memory);
	suite_add_tcase(s, sizes);
	return s;
}

RUN_SUITE(ewf_large_suite)
