/* SPDX-License-Identifier: MIT */
/*
 * test_ewf_parallel.c - many readers of one image get the bytes that one reader gets
 */
#include "image/image_check.h"
#include "kanshiki/pool.h"
#include "suite.h"

#define SECTORS 4001u
#define JOBS    64u

KAN_DEFINE_DROP(pool, struct kan_pool *, kan_pool_free)

static char dir[MADE_DIR];
static char path[MADE_PATH];

static void set_up(void)
{
	made_folder(dir);
	made_path(path, dir, 1);
	made_set(dir, (struct made_plan){ .nsectors = SECTORS,
	                                  .chunk_sectors = 8,
	                                  .table_chunks = 37,
	                                  .segment_tables = 3,
	                                  .compressed = true });
	made_flip(path, made_find(path, "sectors", 1) + 76 + 10000); /* one bad chunk */
}

static void tear_down(void)
{
	made_remove(dir);
}

/* One reader: the whole media, in pieces of its own length, in its own order. */
struct job {
	struct kan_source *src;
	size_t block;
	bool backwards;
	bool good;
	struct kan_findings gaps;
};

static void read_all(void *arg)
{
	struct job *j = arg;
	uint64_t n = (j->src->size + j->block - 1) / j->block;
	uint8_t *buf = malloc(j->block);

	j->good = buf != NULL;
	for (uint64_t i = 0; j->good && i < n; i++) {
		uint64_t at = (j->backwards ? n - 1 - i : i) * j->block;
		uint64_t left = j->src->size - at;
		size_t len = left < j->block ? (size_t)left : j->block;

		j->good = kan_source_read(j->src, at, buf, len, &j->gaps, NULL) == KAN_OK;
		for (size_t k = 0; j->good && k < len; k++)
			j->good = buf[k] == made_byte(at + k) ||
			          (buf[k] == 0 && is_covered(&j->gaps, at + k));
	}
	free(buf);
}

static uint64_t lost(const struct kan_findings *gaps)
{
	uint64_t n = 0;

	for (size_t i = 0; i < gaps->n; i++)
		n += gaps->list[i].length;
	return n;
}

START_TEST(ewf_can_be_read_by_any_number_of_threads)
{
	static const size_t workers[] = { 1, 2, 3, 8, 16 };
	KAN_AUTO(image) struct kan_image *img = must_open(path);
	KAN_AUTO(pool) struct kan_pool *pool = NULL;
	struct job jobs[JOBS] = { 0 };

	ck_assert_int_eq(kan_pool_new(&pool, workers[_i], 4, NULL), KAN_OK);
	for (unsigned i = 0; i < JOBS; i++) {
		jobs[i].src = kan_image_source(img);
		jobs[i].block = 4096 + i * 1111;
		jobs[i].backwards = i % 2;
		kan_pool_run(pool, read_all, &jobs[i]);
	}
	kan_pool_drain(pool);
	for (unsigned i = 0; i < JOBS; i++) {
		ck_assert(jobs[i].good);
		ck_assert_uint_eq(lost(&jobs[i].gaps), 8 * 512);
		kan_findings_done(&jobs[i].gaps);
	}
}
END_TEST

static Suite *ewf_parallel_suite(void)
{
	Suite *s = suite_create("ewf_parallel");
	TCase *threads = tcase_create("threads");

	tcase_add_checked_fixture(threads, set_up, tear_down);
	tcase_set_timeout(threads, 120);
	tcase_add_loop_test(threads, ewf_can_be_read_by_any_number_of_threads, 0, 5);
	suite_add_tcase(s, threads);
	return s;
}

RUN_SUITE(ewf_parallel_suite)
