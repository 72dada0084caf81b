/* SPDX-License-Identifier: MIT */
/*
 * rescue.c - halve what failed, step through what is dead, grow again behind it
 *
 * A read that failed holds a bad unit: its first half is read, and so on until the
 * bad unit stands alone.  Of a half that could be read it follows that the other one
 * holds the bad unit, so that is halved without being tried whole.  Behind a bad unit
 * reads begin with one unit and double, because bad units come in runs: a dead region
 * costs one read for each unit, a single bad unit about twice the logarithm.
 */
#include "image/drive/rescue.h"

#include "core/cleanup.h"

#include <string.h>

struct rescue {
	const struct kan_rescue *how;
	uint64_t offset;
	uint8_t *buf;
	size_t len;      /* of the medium in the request: cut where the medium ends */
	uint8_t *failed; /* a bit for each unit; NULL: none has failed yet */
	size_t nunits, nfailed;
	unsigned streak;
	struct kan_err *err;
};

static bool has_failed(const struct rescue *w, size_t unit)
{
	return w->failed[unit / 8] >> unit % 8 & 1;
}

static int mark_failed(struct rescue *w, size_t at)
{
	size_t unit = at / w->how->unit;

	if (!w->failed)
		w->failed = calloc(1, w->nunits / 8 + 1);
	if (!w->failed)
		return kan_fail(w->err, KAN_ENOMEM, "out of memory for a map of bad sectors");
	w->failed[unit / 8] |= (uint8_t)(1u << unit % 8);
	w->nfailed++;
	return KAN_OK;
}

static void forget_failed(struct rescue *w, size_t unit)
{
	w->failed[unit / 8] &= (uint8_t) ~(1u << unit % 8);
	w->nfailed--;
}

/* Only whole units count, except at the end of the medium, which cuts the request. */
static int attempt(struct rescue *w, size_t at, size_t len, size_t *got_out)
{
	const struct kan_rescue *how = w->how;
	int why = 0;
	size_t got = how->read(how->arg, w->offset + at, w->buf + at, len, &why);

	if (got < len && why == 0) {
		w->len = at + got;
		*got_out = got;
		return how->bear(how->arg, 0, 0, w->err);
	}
	if (got < len)
		got -= got % how->unit;
	if (got > 0)
		w->streak = 0;
	*got_out = got;
	if (got == len)
		return KAN_OK;
	atomic_fetch_add_explicit(&how->tally->errors, 1, memory_order_relaxed);
	return how->bear(how->arg, why, ++w->streak, w->err);
}

/* The first half of @len bytes, in whole units; all of it if that is one unit. */
static size_t halve(size_t len, size_t unit)
{
	size_t n = (len + unit - 1) / unit;

	return n > 1 ? n / 2 * unit : len;
}

static int try_all(struct rescue *w)
{
	size_t unit = w->how->unit;
	size_t at = 0, step = w->len;
	size_t suspect = 0; /* what lies before this, from `at` on, holds a bad unit */

	while (at < w->len) {
		size_t want = at < suspect ? halve(suspect - at, unit) : step;
		size_t got = 0;
		int rc;

		if (want > w->len - at)
			want = w->len - at;
		rc = attempt(w, at, want, &got);
		if (rc != KAN_OK)
			return rc;
		at += got;
		want -= got;
		if (want == 0) {
			if (at >= suspect)
				step = step > w->len / 2 ? w->len : step * 2;
		} else if (at < w->len && want <= unit) {
			rc = mark_failed(w, at);
			if (rc != KAN_OK)
				return rc;
			at += want;
			suspect = at;
			step = unit;
		} else {
			suspect = at + want;
		}
	}
	return KAN_OK;
}

static int try_again(struct rescue *w, bool backwards)
{
	size_t unit = w->how->unit;

	for (size_t i = 0; i < w->nunits && w->nfailed > 0; i++) {
		size_t n = backwards ? w->nunits - 1 - i : i;
		size_t at = n * unit, want, got = 0;
		int rc;

		if (!has_failed(w, n) || at >= w->len)
			continue;
		want = w->len - at < unit ? w->len - at : unit;
		rc = attempt(w, at, want, &got);
		if (rc != KAN_OK)
			return rc;
		if (got < want)
			continue;
		forget_failed(w, n);
		atomic_fetch_add_explicit(&w->how->tally->recovered, 1, memory_order_relaxed);
	}
	return KAN_OK;
}

static void lose(struct rescue *w, size_t at, size_t end, enum kan_finding_kind kind)
{
	memset(w->buf + at, 0, end - at);
	w->how->lose(w->how->arg, w->offset + at, end - at, kind);
}

static void tell_failed(struct rescue *w)
{
	size_t unit = w->how->unit;
	size_t first = 0;

	for (size_t n = 0; w->nfailed > 0 && n <= w->nunits; n++) {
		if (n < w->nunits && n * unit < w->len && has_failed(w, n))
			continue;
		if (first < n)
			lose(w, first * unit, n * unit < w->len ? n * unit : w->len,
			     KAN_FINDING_UNREADABLE);
		first = n + 1;
	}
}

int kan_rescue_read(const struct kan_rescue *r, uint64_t offset, uint8_t *buf, size_t len,
                    struct kan_err *err)
{
	struct rescue w = {
		.how = r,
		.offset = offset,
		.buf = buf,
		.len = len,
		.nunits = len / r->unit + (len % r->unit != 0),
		.err = err,
	};
	int rc = try_all(&w);

	for (unsigned i = 0; rc == KAN_OK && i < r->rounds && w.nfailed > 0; i++)
		rc = try_again(&w, i % 2 == 0);
	if (rc == KAN_OK) {
		tell_failed(&w);
		if (w.len < len)
			lose(&w, w.len, len, KAN_FINDING_TRUNCATED);
	}
	free(w.failed);
	return rc;
}
