/* SPDX-License-Identifier: MIT */
/*
 * sort.c - sort any number of records with a fixed amount of memory
 *
 * One block of memory holds everything.  While records are added they grow from
 * its front, and from its back an index of 16 bytes for each (the first 8 bytes
 * of the key as a number, and the place), so that most comparisons touch only the
 * index.  Below the index as much room stays free for a merge sort.  When the two
 * meet, the records go, sorted, to a temporary file as one run.  Afterwards the
 * same block is cut into buffers, one for each run that is merged at a time; more
 * runs than that take passes from one temporary file to the next.
 */
#include "core/sort.h"

#include "core/cleanup.h"
#include "core/runs.h"

#include <stdlib.h>
#include <string.h>

static const size_t DEFAULT_MEMORY = 64u << 20;
static const size_t LEAST_MEMORY = 4096;
static const size_t GOOD_BUFFER = 64 * 1024; /* bytes for each run in a merge */
static const size_t INSERTION_MAX = 12;      /* longer ranges are split */
enum { MERGE_MAX = 256 };                    /* runs merged at a time */

struct entry {
	uint64_t prefix; /* of the key, big-endian, zeros behind its end */
	size_t at;       /* of the record in the block */
};

struct kan_sort {
	uint8_t *block;
	size_t room;    /* of the block, a multiple of sizeof(struct entry) */
	size_t used;    /* by records, from the front */
	size_t n;       /* entries, at the back */
	size_t longest; /* record so far, in bytes */
	char *dir;      /* NULL: the system's */
	struct kan_runs runs;
	bool closed; /* given out, or an add failed half-way */
};

/* A merge under way: readers and a heap of them, the least record on top. */
struct merge {
	struct kan_run_reader readers[MERGE_MAX];
	struct kan_run_reader *heap[MERGE_MAX];
	size_t n;
};

KAN_DEFINE_DROP(sort, struct kan_sort *, kan_sort_free)

void kan_sort_free(struct kan_sort *s)
{
	if (!s)
		return;
	kan_runs_done(&s->runs);
	free(s->dir);
	free(s->block);
	free(s);
}

/* Make the block @room bytes, rounded up; what it held is lost. */
static int resize_block(struct kan_sort *s, size_t room, struct kan_err *err)
{
	uint8_t *block;

	room = (room + sizeof(struct entry) - 1) / sizeof(struct entry) * sizeof(struct entry);
	free(s->block);
	s->block = NULL;
	s->room = 0;
	block = malloc(room);
	if (!block)
		return kan_fail(err, KAN_ENOMEM, "out of memory for sorting (%zu bytes)", room);
	s->block = block;
	s->room = room;
	return KAN_OK;
}

int kan_sort_new(struct kan_sort **out, size_t memory, const char *tmp_dir, struct kan_err *err)
{
	KAN_AUTO(sort) struct kan_sort *s = calloc(1, sizeof(*s));
	size_t room = memory == 0 ? DEFAULT_MEMORY : memory < LEAST_MEMORY ? LEAST_MEMORY : memory;
	int rc;

	if (!s)
		return kan_fail(err, KAN_ENOMEM, "out of memory for sorting");
	kan_runs_init(&s->runs, NULL);
	if (room > SIZE_MAX / 2)
		return kan_fail(err, KAN_EARG, "%zu bytes of memory for sorting", memory);
	if (tmp_dir) {
		s->dir = strdup(tmp_dir);
		if (!s->dir)
			return kan_fail(err, KAN_ENOMEM, "out of memory for sorting");
		s->runs.dir = s->dir;
	}
	rc = resize_block(s, room, err);
	if (rc != KAN_OK)
		return rc;
	*out = KAN_STEAL(s);
	return KAN_OK;
}

/* ---- in memory --------------------------------------------------------------- */

/* The index lies at the back of the block, the newest entry first. */
static struct entry *index_of(const struct kan_sort *s)
{
	return (struct entry *)(void *)(s->block + s->room) - s->n;
}

static uint64_t prefix_of(struct kan_view key)
{
	uint8_t first[8] = { 0 };

	if (key.len > 0)
		memcpy(first, key.data, key.len < sizeof(first) ? key.len : sizeof(first));
	return kan_be64(first);
}

static bool is_after(const struct kan_sort *s, const struct entry *a, const struct entry *b)
{
	if (a->prefix != b->prefix)
		return a->prefix > b->prefix;
	return kan_record_compare(s->block + a->at, s->block + b->at) > 0;
}

static void insertion_sort(const struct kan_sort *s, struct entry *e, size_t n)
{
	for (size_t i = 1; i < n; i++) {
		struct entry moved = e[i];
		size_t j = i;

		for (; j > 0 && is_after(s, &e[j - 1], &moved); j--)
			e[j] = e[j - 1];
		e[j] = moved;
	}
}

/* Merge e[0..half-1] and e[half..n-1]; @spare has room for the first half. */
static void merge_halves(const struct kan_sort *s, struct entry *e, struct entry *spare,
                         size_t half, size_t n)
{
	size_t a = 0, b = half;

	memcpy(spare, e, half * sizeof(*e));
	for (size_t i = 0; a < half; i++)
		e[i] = b < n && is_after(s, &spare[a], &e[b]) ? e[b++] : spare[a++];
}

/* Recursion halves @n each time: at most 64 deep. */
static void merge_sort(const struct kan_sort *s, struct entry *e, struct entry *spare, size_t n)
{
	size_t half = n / 2;

	if (n <= INSERTION_MAX) {
		insertion_sort(s, e, n);
		return;
	}
	merge_sort(s, e, spare, half);
	merge_sort(s, e + half, spare, n - half);
	if (is_after(s, &e[half - 1], &e[half]))
		merge_halves(s, e, spare, half, n);
}

static void sort_memory(struct kan_sort *s)
{
	struct entry *e = index_of(s);

	merge_sort(s, e, e - s->n, s->n);
}

static int spill(struct kan_sort *s, struct kan_err *err)
{
	const struct entry *e = index_of(s);
	int rc = kan_runs_begin(&s->runs, err);

	sort_memory(s);
	for (size_t i = 0; i < s->n && rc == KAN_OK; i++)
		rc = kan_runs_put(&s->runs, s->block + e[i].at, err);
	if (rc == KAN_OK)
		rc = kan_runs_end(&s->runs, err);
	s->used = 0;
	s->n = 0;
	return rc;
}

/* True if a record of @len bytes and its index still fit. */
static bool has_room(const struct kan_sort *s, size_t len)
{
	size_t index = (s->n + 1) * 2 * sizeof(struct entry);

	return s->room - s->used > index && s->room - s->used - index >= len;
}

static int make_room(struct kan_sort *s, size_t len, struct kan_err *err)
{
	int rc = KAN_OK;

	if (has_room(s, len))
		return KAN_OK;
	if (s->n > 0)
		rc = spill(s, err);
	if (rc == KAN_OK && !has_room(s, len))
		rc = resize_block(s, len + 4 * sizeof(struct entry), err);
	return rc;
}

int kan_sort_add(struct kan_sort *s, struct kan_view key, struct kan_view data, struct kan_err *err)
{
	size_t len = KAN_RECORD_HEAD + key.len + data.len;
	uint8_t *rec;
	int rc;

	if (s->closed)
		return kan_fail(err, KAN_EARG, "the sorter takes no more records");
	if (key.len > KAN_RECORD_MAX || data.len > KAN_RECORD_MAX - key.len)
		return kan_fail(err, KAN_ELIMIT, "record of more than %u bytes", KAN_RECORD_MAX);
	rc = make_room(s, len, err);
	if (rc != KAN_OK) {
		s->closed = true; /* records were lost: never give out the rest as if whole */
		return rc;
	}
	rec = s->block + s->used;
	kan_put_le32(rec, (uint32_t)key.len);
	kan_put_le32(rec + 4, (uint32_t)data.len);
	if (key.len > 0)
		memcpy(rec + KAN_RECORD_HEAD, key.data, key.len);
	if (data.len > 0)
		memcpy(rec + KAN_RECORD_HEAD + key.len, data.data, data.len);
	s->n++;
	*index_of(s) = (struct entry){ .prefix = prefix_of(key), .at = s->used };
	s->used += len;
	s->longest = len > s->longest ? len : s->longest;
	return KAN_OK;
}

/* ---- merging ----------------------------------------------------------------- */

static bool reader_is_after(const struct kan_run_reader *a, const struct kan_run_reader *b)
{
	return kan_record_compare(kan_run_record(a), kan_run_record(b)) > 0;
}

static void sift_down(struct merge *m, size_t i)
{
	struct kan_run_reader *moved = m->heap[i];

	for (size_t child = 2 * i + 1; child < m->n; child = 2 * i + 1) {
		if (child + 1 < m->n && reader_is_after(m->heap[child], m->heap[child + 1]))
			child++;
		if (!reader_is_after(moved, m->heap[child]))
			break;
		m->heap[i] = m->heap[child];
		i = child;
	}
	m->heap[i] = moved;
}

/* How many runs can be merged at a time, and with how much memory each. */
static size_t plan_merge(const struct kan_sort *s, size_t *buffer_len)
{
	size_t least = s->room / 8 < GOOD_BUFFER ? s->room / 8 : GOOD_BUFFER;
	size_t fan;

	least = least < s->longest ? s->longest : least;
	fan = s->room / least;
	fan = fan > MERGE_MAX ? MERGE_MAX : fan;
	*buffer_len = fan > 0 ? s->room / fan : 0;
	return fan;
}

/* Cut the block into buffers for runs [first, first + n) and order their heads. */
static int open_merge(struct kan_sort *s, struct merge *m, size_t first, size_t n,
                      struct kan_err *err)
{
	size_t buffer_len;
	bool more;
	int rc;

	(void)plan_merge(s, &buffer_len);
	m->n = 0;
	for (size_t i = 0; i < n; i++) {
		const struct kan_run *run = &s->runs.list[first + i];

		m->readers[i] = (struct kan_run_reader){
			.fd = s->runs.fd,
			.pos = run->offset,
			.end = run->offset + run->length,
			.buf = s->block + i * buffer_len,
			.room = buffer_len,
		};
		rc = kan_run_open(&m->readers[i], &more, err);
		if (rc != KAN_OK)
			return rc;
		if (more)
			m->heap[m->n++] = &m->readers[i];
	}
	for (size_t i = m->n / 2; i-- > 0;)
		sift_down(m, i);
	return KAN_OK;
}

/* Go to the next record of the run on top and find the new least. */
static int step_merge(struct merge *m, struct kan_err *err)
{
	bool more;
	int rc = kan_run_next(m->heap[0], &more, err);

	if (rc != KAN_OK)
		return rc;
	if (!more)
		m->heap[0] = m->heap[--m->n];
	if (m->n > 0)
		sift_down(m, 0);
	return KAN_OK;
}

/* Merge runs [first, first + n) into one run of @to. */
static int merge_group(struct kan_sort *s, struct merge *m, struct kan_runs *to, size_t first,
                       size_t n, struct kan_err *err)
{
	int rc = kan_runs_begin(to, err);

	if (rc == KAN_OK)
		rc = open_merge(s, m, first, n, err);
	while (rc == KAN_OK && m->n > 0) {
		rc = kan_runs_put(to, kan_run_record(m->heap[0]), err);
		if (rc == KAN_OK)
			rc = step_merge(m, err);
	}
	return rc == KAN_OK ? kan_runs_end(to, err) : rc;
}

/* One pass: groups of @fan runs become one run each, in a new file. */
static int merge_pass(struct kan_sort *s, struct merge *m, size_t fan, struct kan_err *err)
{
	struct kan_runs to;
	int rc = KAN_OK;

	kan_runs_init(&to, s->dir);
	for (size_t first = 0; first < s->runs.n && rc == KAN_OK; first += fan) {
		size_t left = s->runs.n - first;

		rc = merge_group(s, m, &to, first, left < fan ? left : fan, err);
	}
	if (rc != KAN_OK) {
		kan_runs_done(&to);
		return rc;
	}
	kan_runs_done(&s->runs);
	s->runs = to;
	return KAN_OK;
}

static int each_merged(struct kan_sort *s, kan_sort_fn *fn, void *arg, struct kan_err *err)
{
	KAN_AUTO(mem) struct merge *m = malloc(sizeof(*m));
	size_t buffer_len, fan;
	int rc = KAN_OK;

	if (!m)
		return kan_fail(err, KAN_ENOMEM, "out of memory for sorting");
	if (s->room / 2 < s->longest)
		rc = resize_block(s, 2 * s->longest, err);
	fan = plan_merge(s, &buffer_len);
	while (rc == KAN_OK && s->runs.n > fan)
		rc = merge_pass(s, m, fan, err);
	if (rc == KAN_OK)
		rc = open_merge(s, m, 0, s->runs.n, err);
	while (rc == KAN_OK && m->n > 0) {
		const uint8_t *rec = kan_run_record(m->heap[0]);

		rc = fn(arg, kan_record_key(rec), kan_record_data(rec), err);
		if (rc == KAN_OK)
			rc = step_merge(m, err);
	}
	return rc;
}

static int each_in_memory(struct kan_sort *s, kan_sort_fn *fn, void *arg, struct kan_err *err)
{
	const struct entry *e = index_of(s);
	int rc = KAN_OK;

	sort_memory(s);
	for (size_t i = 0; i < s->n && rc == KAN_OK; i++) {
		const uint8_t *rec = s->block + e[i].at;

		rc = fn(arg, kan_record_key(rec), kan_record_data(rec), err);
	}
	return rc;
}

int kan_sort_each(struct kan_sort *s, kan_sort_fn *fn, void *arg, struct kan_err *err)
{
	int rc = KAN_OK;

	if (s->closed)
		return kan_fail(err, KAN_EARG, "the sorter has nothing to give");
	s->closed = true;
	if (s->runs.n == 0)
		return each_in_memory(s, fn, arg, err);
	if (s->n > 0)
		rc = spill(s, err);
	return rc == KAN_OK ? each_merged(s, fn, arg, err) : rc;
}
