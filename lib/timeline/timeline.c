/* SPDX-License-Identifier: MIT */
/*
 * timeline.c - events sorted with a fixed amount of memory
 *
 * An event becomes a key for the sorter in which byte order is the order of
 * kan_event_compare(): the time with its sign turned so that it counts upwards as
 * an unsigned number, numbers big-endian, strings with their NUL.  The key holds
 * the whole event, so equal events are neighbours with equal keys; the data is
 * only the count.
 */
#include "kanshiki/event.h"

#include "core/bytes.h"
#include "core/cleanup.h"
#include "core/sort.h"
#include "kanshiki/buf.h"

#include <string.h>

enum { HEAD_LEN = 8, SCOPE_LEN = 8, REST_LEN = 57 };

struct kan_timeline {
	struct kan_sort *sort;
	struct kan_timeline_opts opts;
	struct kan_buf key; /* of the event being added */
};

KAN_DEFINE_DROP(timeline, struct kan_timeline *, kan_timeline_free)

void kan_timeline_free(struct kan_timeline *t)
{
	if (!t)
		return;
	kan_sort_free(t->sort);
	kan_buf_done(&t->key);
	free(t);
}

int kan_timeline_new(struct kan_timeline **out, const struct kan_timeline_opts *opts,
                     struct kan_err *err)
{
	KAN_AUTO(timeline) struct kan_timeline *t = calloc(1, sizeof(*t));
	int rc;

	if (!t)
		return kan_fail(err, KAN_ENOMEM, "out of memory for a timeline");
	if (opts)
		t->opts = *opts;
	rc = kan_sort_new(&t->sort, t->opts.memory, t->opts.tmp_dir, err);
	if (rc != KAN_OK)
		return rc;
	*out = KAN_STEAL(t);
	return KAN_OK;
}

/* ---- the key ----------------------------------------------------------------- */

static void put_rest(struct kan_buf *key, const struct kan_event *ev)
{
	uint8_t raw[REST_LEN];

	kan_put_be64(raw, ev->addr);
	kan_put_be64(raw + 8, ev->seq);
	kan_put_be32(raw + 16, ev->attr_type);
	kan_put_be32(raw + 20, ev->attr_id);
	kan_put_be32(raw + 24, ev->flags);
	kan_put_be32(raw + 28, ev->unit_ns);
	raw[32] = ev->local;
	kan_put_be32(raw + 33, (uint32_t)ev->type);
	kan_put_be32(raw + 37, ev->mode);
	kan_put_be32(raw + 41, ev->uid);
	kan_put_be32(raw + 45, ev->gid);
	kan_put_be64(raw + 49, ev->size);
	kan_buf_add(key, raw, sizeof(raw));
}

static void put_key(struct kan_buf *key, const struct kan_event *ev)
{
	uint8_t head[HEAD_LEN], scope[SCOPE_LEN];

	kan_put_be64(head, (uint64_t)ev->time_ns ^ (uint64_t)1 << 63);
	kan_put_be32(scope, ev->evidence);
	kan_put_be32(scope + 4, ev->fs);
	kan_buf_add(key, head, sizeof(head));
	kan_buf_add(key, ev->source, strlen(ev->source) + 1);
	kan_buf_add(key, scope, sizeof(scope));
	kan_buf_add(key, ev->path, strlen(ev->path) + 1);
	kan_buf_add(key, ev->meaning, strlen(ev->meaning) + 1);
	put_rest(key, ev);
}

/* The key is one of ours and was never out of our hands: no length needs a check. */
static struct kan_event event_of_key(const char *key)
{
	const uint8_t *raw = (const uint8_t *)key;
	struct kan_event ev = { .source = key + HEAD_LEN };
	const uint8_t *p = raw + HEAD_LEN + strlen(ev.source) + 1;

	ev.time_ns = (int64_t)(kan_be64(raw) ^ (uint64_t)1 << 63);
	ev.evidence = kan_be32(p);
	ev.fs = kan_be32(p + 4);
	ev.path = (const char *)p + SCOPE_LEN;
	ev.meaning = ev.path + strlen(ev.path) + 1;
	p = (const uint8_t *)ev.meaning + strlen(ev.meaning) + 1;
	ev.addr = kan_be64(p);
	ev.seq = kan_be64(p + 8);
	ev.attr_type = kan_be32(p + 16);
	ev.attr_id = kan_be32(p + 20);
	ev.flags = kan_be32(p + 24);
	ev.unit_ns = kan_be32(p + 28);
	ev.local = p[32] != 0;
	ev.type = (enum kan_file_type)kan_be32(p + 33);
	ev.mode = kan_be32(p + 37);
	ev.uid = kan_be32(p + 41);
	ev.gid = kan_be32(p + 45);
	ev.size = kan_be64(p + 49);
	return ev;
}

/* ---- adding ------------------------------------------------------------------ */

/* The end of the time in which the event lies, as its source counts. */
static int64_t last_ns(const struct kan_event *ev)
{
	int64_t unit = ev->unit_ns == KAN_UNIT_DAY ? 86400 * (int64_t)1000000000 : ev->unit_ns;
	int64_t last;

	if (unit <= 1)
		return ev->time_ns;
	return __builtin_add_overflow(ev->time_ns, unit - 1, &last) ? INT64_MAX : last;
}

int kan_timeline_add(void *timeline, const struct kan_event *ev, struct kan_err *err)
{
	struct kan_timeline *t = timeline;
	struct kan_view key, data;
	uint8_t count[4];
	int rc;

	if (t->opts.has_since && last_ns(ev) < t->opts.since_ns)
		return KAN_OK;
	if (t->opts.has_until && ev->time_ns >= t->opts.until_ns)
		return KAN_OK;
	kan_buf_reset(&t->key);
	put_key(&t->key, ev);
	rc = kan_buf_check(&t->key, err);
	if (rc != KAN_OK)
		return rc;
	kan_put_be32(count, ev->count ? ev->count : 1);
	key = (struct kan_view){ (const uint8_t *)t->key.data, t->key.len };
	data = (struct kan_view){ count, sizeof(count) };
	return kan_sort_add(t->sort, key, data, err);
}

/* ---- giving ------------------------------------------------------------------ */

/* Holds one event back until it is known that no equal one follows. */
struct merger {
	struct kan_buf key;
	uint32_t count; /* 0: nothing held */
	kan_event_fn *fn;
	void *arg;
};

static int give_held(struct merger *m, struct kan_err *err)
{
	struct kan_event ev;

	if (m->count == 0)
		return KAN_OK;
	ev = event_of_key(m->key.data);
	ev.count = m->count;
	m->count = 0;
	return m->fn(m->arg, &ev, err);
}

static int take_record(void *arg, struct kan_view key, struct kan_view data, struct kan_err *err)
{
	struct merger *m = arg;
	uint32_t count = kan_be32(data.data);
	int rc;

	if (m->count > 0 && key.len == m->key.len && memcmp(key.data, m->key.data, key.len) == 0) {
		m->count = UINT32_MAX - m->count < count ? UINT32_MAX : m->count + count;
		return KAN_OK;
	}
	rc = give_held(m, err);
	if (rc != KAN_OK)
		return rc;
	kan_buf_reset(&m->key);
	kan_buf_add(&m->key, key.data, key.len);
	m->count = count;
	return kan_buf_check(&m->key, err);
}

int kan_timeline_each(struct kan_timeline *t, kan_event_fn *fn, void *arg, struct kan_err *err)
{
	struct merger m = { .fn = fn, .arg = arg };
	int rc = kan_sort_each(t->sort, take_record, &m, err);

	if (rc == KAN_OK)
		rc = give_held(&m, err);
	kan_buf_done(&m.key);
	return rc;
}
