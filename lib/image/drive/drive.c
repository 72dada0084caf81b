/* SPDX-License-Identifier: MIT */
/*
 * drive.c - a device as a source: aligned reads, gaps of whole sectors, counters
 *
 * A request that is aligned, as those of a stream are, is read straight into the
 * caller's buffer; any other goes through a buffer of our own in pieces.
 *
 * A drive that died and one with a large bad region look the same from one read.
 * After a run of failures two sectors that could be read before are read again: if
 * both fail, the drive is dead, and the caller is told instead of given zeros.
 */
#include "kanshiki/drive.h"

#include "core/cleanup.h"
#include "image/drive/handle.h"
#include "image/drive/rescue.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <string.h>

enum {
	READ_MAX = 1 << 30,  /* bytes asked from the kernel at once */
	PIECE_LEN = 1 << 20, /* of a request that is not aligned */
	PAGE = 4096,         /* buffers are aligned to this at the least */
	DEAD_STREAK = 32,    /* failures in a row after which the drive is tested */
};

struct drive {
	struct kan_source src; /* first */
	struct kan_handle dev;
	unsigned rounds;
	struct kan_rescue_tally tally;
	_Atomic uint64_t lost;
	_Atomic uint64_t good_first, good_last; /* sectors that were read; or KAN_NO_OFFSET */
};

/* One call of the layer above: what is lost outside of it is not its business. */
struct request {
	struct drive *drive;
	uint64_t start, end;
	struct kan_findings *gaps;
};

/* Errors that say something about the medium or the way to it, not about this process. */
static bool is_medium_error(int e)
{
	return e == EIO || e == ENXIO || e == ENODATA || e == EMEDIUMTYPE || e == EREMOTEIO ||
	       e == ETIMEDOUT || e == EILSEQ || e == EUCLEAN || e == EBADMSG || e == ENOLINK;
}

/* ---- reading ----------------------------------------------------------------------- */

/* As much as the kernel gives; all of @unit if there is one, or an error. */
static size_t read_run(int fd, uint64_t offset, void *buf, size_t len, size_t unit, int *why)
{
	size_t got = 0;

	while (got < len && offset <= INT64_MAX - got) {
		size_t want = len - got < READ_MAX ? len - got : READ_MAX;
		ssize_t n = pread(fd, (uint8_t *)buf + got, want, (off_t)(offset + got));

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			*why = errno;
		if (n <= 0)
			break;
		got += (size_t)n;
		if (got < len && got % unit != 0) {
			/* Going on from here would be no aligned read. */
			*why = EIO;
			return got - got % unit;
		}
	}
	return got;
}

static void remember_good(struct drive *d, uint64_t offset, size_t got)
{
	uint64_t none = KAN_NO_OFFSET;
	uint32_t sector = d->src.sector_size;

	if (got < sector)
		return;
	(void)atomic_compare_exchange_strong(&d->good_first, &none, offset);
	atomic_store_explicit(&d->good_last, offset + (got / sector - 1) * sector,
	                      memory_order_relaxed);
}

/* A tail that is no whole sector cannot be read directly. */
static size_t read_tail(const struct drive *d, uint64_t offset, uint8_t *buf, size_t len, int *why)
{
	if (d->dev.tail_fd >= 0)
		return read_run(d->dev.tail_fd, offset, buf, len, 1, why);
	*why = EIO;
	return 0;
}

static size_t drive_read_some(void *arg, uint64_t offset, void *buf, size_t len, int *why)
{
	struct drive *d = ((struct request *)arg)->drive;
	size_t unit = d->dev.state.direct ? d->src.sector_size : 1;
	uint64_t whole = d->src.size - d->src.size % unit;
	uint64_t left = offset < whole ? whole - offset : 0;
	size_t want = left < len ? (size_t)left : len;
	size_t got = read_run(d->dev.fd, offset, buf, want, unit, why);

	remember_good(d, offset, got);
	if (got == want && want < len)
		got += read_tail(d, offset + got, (uint8_t *)buf + got, len - got, why);
	return got;
}

static bool can_read_again(const struct drive *d, uint64_t offset, void *buf)
{
	size_t sector = d->src.sector_size;
	int why = 0;

	return offset == KAN_NO_OFFSET ||
	       read_run(d->dev.fd, offset, buf, sector, sector, &why) == sector;
}

/* Memory for direct input; @len is a number of sectors. */
static void *sectors(const struct drive *d, size_t len)
{
	size_t align = d->src.sector_size > PAGE ? d->src.sector_size : PAGE;

	return aligned_alloc(align, (len + align - 1) / align * align);
}

/* The page cache would answer for a dead drive. */
static bool is_dead(struct drive *d)
{
	KAN_AUTO(mem) void *buf = NULL;

	if (!d->dev.state.direct)
		return false;
	buf = sectors(d, d->src.sector_size);
	return buf && !can_read_again(d, atomic_load(&d->good_last), buf) &&
	       !can_read_again(d, atomic_load(&d->good_first), buf);
}

static int bear_device(struct drive *d, int why, unsigned streak, struct kan_err *err)
{
	if (why == ENODEV || why == ENOMEDIUM || kan_handle_is_gone(&d->dev)) {
		errno = why ? why : ENODEV;
		return kan_fail(err, KAN_EIO, "%s: the drive is gone", d->dev.path);
	}
	if (streak == DEAD_STREAK && is_dead(d)) {
		errno = why;
		return kan_fail(err, KAN_EIO, "%s: the drive does not answer any more",
		                d->dev.path);
	}
	return KAN_OK;
}

static int drive_bear(void *arg, int why, unsigned streak, struct kan_err *err)
{
	struct drive *d = ((struct request *)arg)->drive;
	int rc = KAN_OK;

	if (d->dev.state.device)
		rc = bear_device(d, why, streak, err);
	if (rc != KAN_OK || why == 0 || is_medium_error(why))
		return rc;
	errno = why;
	return kan_fail(err, KAN_EIO, "%s: cannot be read", d->dev.path);
}

static void drive_lose(void *arg, uint64_t offset, uint64_t len, enum kan_finding_kind kind)
{
	struct request *r = arg;
	uint64_t lo = offset < r->start ? r->start : offset;
	uint64_t hi = offset + len > r->end ? r->end : offset + len;

	if (lo >= hi)
		return;
	kan_findings_add(r->gaps, kind, lo, hi - lo, r->drive->dev.name, "%s",
	                 kind == KAN_FINDING_TRUNCATED ? "the medium ends before"
	                                               : "cannot be read");
	atomic_fetch_add_explicit(&r->drive->lost, hi - lo, memory_order_relaxed);
}

/* ---- the source -------------------------------------------------------------------- */

static bool is_aligned(const struct drive *d, const struct request *r, const void *buf)
{
	uint32_t sector = d->src.sector_size;

	return r->start % sector == 0 && (r->end % sector == 0 || r->end == d->src.size) &&
	       (!d->dev.state.direct || (uintptr_t)buf % sector == 0);
}

static int read_in_pieces(const struct kan_rescue *how, const struct request *r, uint8_t *buf,
                          struct kan_err *err)
{
	const struct drive *d = r->drive;
	uint64_t sector = d->src.sector_size;
	KAN_AUTO(mem) void *mem = sectors(d, PIECE_LEN);
	uint64_t at = r->start - r->start % sector;

	if (!mem)
		return kan_fail(err, KAN_ENOMEM, "out of memory for sectors of %s", d->dev.path);
	while (at < r->end) {
		uint64_t end = r->end + (sector - r->end % sector) % sector;
		uint64_t lo = at < r->start ? r->start : at;
		uint64_t hi;
		int rc;

		end = end < d->src.size ? end : d->src.size;
		end = end - at < PIECE_LEN ? end : at + PIECE_LEN;
		hi = end < r->end ? end : r->end;
		rc = kan_rescue_read(how, at, mem, (size_t)(end - at), err);
		if (rc != KAN_OK)
			return rc;
		memcpy(buf + (lo - r->start), (uint8_t *)mem + (lo - at), (size_t)(hi - lo));
		at = end;
	}
	return KAN_OK;
}

static int drive_read(struct kan_source *src, uint64_t offset, void *buf, size_t len,
                      struct kan_findings *gaps, struct kan_err *err)
{
	struct drive *d = (struct drive *)src;
	struct request r = { .drive = d, .start = offset, .end = offset + len, .gaps = gaps };
	const struct kan_rescue how = {
		.read = drive_read_some,
		.bear = drive_bear,
		.lose = drive_lose,
		.arg = &r,
		.unit = src->sector_size,
		.rounds = d->rounds,
		.tally = &d->tally,
	};

	if (is_aligned(d, &r, buf))
		return kan_rescue_read(&how, offset, buf, len, err);
	return read_in_pieces(&how, &r, buf, err);
}

static void drive_close(struct kan_source *src)
{
	struct drive *d = (struct drive *)src;

	kan_handle_close(&d->dev);
	free(d);
}

static const struct kan_source_ops drive_ops = {
	.name = "drive",
	.read = drive_read,
	.close = drive_close,
};

static int rounds_of(const struct kan_drive_opts *opts, unsigned *out, struct kan_err *err)
{
	*out = opts->retries == 0 ? KAN_DRIVE_RETRIES : opts->retries;
	if (opts->retries == KAN_DRIVE_NO_RETRIES)
		*out = 0;
	if (*out > KAN_DRIVE_RETRIES_MAX)
		return kan_fail(err, KAN_EARG, "more than %u rounds over bad sectors",
		                KAN_DRIVE_RETRIES_MAX);
	return KAN_OK;
}

int kan_drive_open(struct kan_source **out, const char *path, const struct kan_drive_opts *opts,
                   struct kan_drive_state *state, struct kan_err *err)
{
	static const struct kan_drive_opts defaults;
	struct drive *d;
	unsigned rounds;
	int rc;

	opts = opts ? opts : &defaults;
	rc = rounds_of(opts, &rounds, err);
	if (rc != KAN_OK)
		return rc;
	d = calloc(1, sizeof(*d));
	if (!d)
		return kan_fail(err, KAN_ENOMEM, "out of memory for a drive");
	d->dev = (struct kan_handle)KAN_HANDLE_NONE;
	d->rounds = rounds;
	atomic_store(&d->good_first, KAN_NO_OFFSET);
	atomic_store(&d->good_last, KAN_NO_OFFSET);
	rc = kan_handle_open(&d->dev, path, opts, err);
	d->src = (struct kan_source){
		.ops = &drive_ops,
		.size = d->dev.state.size,
		.sector_size = (uint32_t)d->dev.state.sector_size,
		.block_len = (uint32_t)d->dev.state.physical_sector,
	};
	if (rc != KAN_OK) {
		drive_close(&d->src);
		return rc;
	}
	if (state)
		*state = d->dev.state;
	*out = &d->src;
	return KAN_OK;
}

void kan_drive_counts(struct kan_source *src, struct kan_drive_counts *out)
{
	struct drive *d = (struct drive *)src;

	assert(src->ops == &drive_ops);
	out->errors = atomic_load(&d->tally.errors);
	out->recovered = atomic_load(&d->tally.recovered);
	out->lost = atomic_load(&d->lost);
}
