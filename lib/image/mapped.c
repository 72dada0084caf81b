/* SPDX-License-Identifier: MIT */
/*
 * mapped.c - read a disk that lies scattered in files
 *
 * A request is cut into runs that come from one place each.  A run that the child
 * does not hold is looked for in its parent and so on; past the last layer, and
 * past the end of a shorter parent, there are zeros.  Nothing is kept between
 * requests, so any number of threads may read.
 */
#include "image/mapped.h"

#include "core/cleanup.h"
#include "image/gaps.h"

#include <string.h>

enum {
	BLOCK_LEN = 65536,
	UNIT_MAX = 64 << 20, /* unpacked or packed; formats have smaller limits */
};

bool kan_read_table(const struct kan_evidence_file *f, uint64_t offset, uint8_t *buf, size_t len)
{
	uint64_t bad = 0;

	if (offset > f->size || f->size - offset < len)
		return false;
	return kan_evidence_file_read(f, offset, buf, len, NULL, &bad, NULL) == KAN_OK && bad == 0;
}

/* Where the run at @offset lies; @run->len is what is wanted. */
static int find_run(const struct kan_mapped *m, uint64_t offset, struct kan_run *run,
                    const struct kan_layer **from, struct kan_err *err)
{
	for (size_t i = 0; i < m->nlayers && offset < m->layers[i]->size; i++) {
		const struct kan_layer *l = m->layers[i];
		int rc;

		kan_run_shorten(run, l->size - offset);
		rc = l->ops->map(l, offset, run, err);
		if (rc != KAN_OK || run->kind != KAN_RUN_ABSENT) {
			*from = l;
			return rc;
		}
	}
	run->kind = KAN_RUN_ZERO;
	return KAN_OK;
}

/* One run of a request. */
struct piece {
	uint64_t offset; /* in the media */
	uint8_t *buf;
	struct kan_findings *gaps;
};

static void lose(const struct piece *p, const struct kan_run *run, enum kan_finding_kind kind,
                 const char *why)
{
	memset(p->buf, 0, (size_t)run->len);
	kan_findings_add(p->gaps, kind, p->offset, run->len, run->file->name, "%s", why);
}

KAN_DEFINE_DROP(findings_of, struct kan_findings *, kan_findings_done)

static int read_plain(const struct piece *p, const struct kan_run *run, struct kan_err *err)
{
	struct kan_findings found = { 0 };
	KAN_AUTO(findings_of) struct kan_findings *owned = &found;
	int rc = kan_evidence_file_read(run->file, run->where, p->buf, (size_t)run->len, owned,
	                                NULL, err);

	if (rc == KAN_OK)
		kan_gaps_carry(p->gaps, owned, run->where, run->len, p->offset);
	return rc;
}

/* The packed bytes; what lies past the end of the file is not needed if all unpacks. */
static int read_packed(const struct piece *p, const struct kan_run *run,
                       const struct kan_layer_ops *ops, struct kan_err *err)
{
	KAN_AUTO(mem) uint8_t *packed = malloc(run->packed_len);
	KAN_AUTO(mem) uint8_t *unit = malloc(run->unit_len);
	uint64_t bad = 0;
	size_t got;
	int rc;

	if (!packed || !unit)
		return kan_fail(err, KAN_ENOMEM, "out of memory for a compressed unit");
	rc = kan_evidence_file_read(run->file, run->where, packed, run->packed_len, NULL, &bad,
	                            err);
	if (rc != KAN_OK)
		return rc;
	got = ops->unpack(unit, run->unit_len, packed, run->packed_len);
	if (got <= run->skip || got - run->skip < run->len)
		lose(p, run, bad > 0 ? KAN_FINDING_UNREADABLE : KAN_FINDING_STRUCTURE,
		     bad > 0 ? "compressed data that cannot be read"
		             : "compressed data that does not unpack");
	else
		memcpy(p->buf, unit + run->skip, (size_t)run->len);
	return KAN_OK;
}

static int read_run(const struct piece *p, const struct kan_run *run, const struct kan_layer *from,
                    struct kan_err *err)
{
	switch (run->kind) {
	case KAN_RUN_PLAIN:
		return read_plain(p, run, err);
	case KAN_RUN_PACKED:
		if (run->packed_len <= UNIT_MAX && run->unit_len <= UNIT_MAX && from->ops->unpack)
			return read_packed(p, run, from->ops, err);
		lose(p, run, KAN_FINDING_STRUCTURE, "a compressed unit of impossible size");
		return KAN_OK;
	case KAN_RUN_LOST:
		lose(p, run, run->lost_kind, run->lost);
		return KAN_OK;
	case KAN_RUN_ABSENT:
	case KAN_RUN_ZERO:
		break;
	}
	memset(p->buf, 0, (size_t)run->len);
	return KAN_OK;
}

static int mapped_read(struct kan_source *src, uint64_t offset, void *buf, size_t len,
                       struct kan_findings *gaps, struct kan_err *err)
{
	struct piece p = { offset, buf, gaps };

	while (len > 0) {
		struct kan_run run = { .len = len };
		const struct kan_layer *from = NULL;
		int rc = find_run((struct kan_mapped *)src, p.offset, &run, &from, err);

		if (rc == KAN_OK)
			rc = read_run(&p, &run, from, err);
		if (rc != KAN_OK)
			return rc;
		p.offset += run.len;
		p.buf += run.len;
		len -= (size_t)run.len;
	}
	return KAN_OK;
}

void kan_mapped_close(struct kan_mapped *m)
{
	if (!m)
		return;
	for (size_t i = 0; i < m->nlayers; i++)
		m->layers[i]->ops->close(m->layers[i]);
	free(m);
}

static void source_close(struct kan_source *src)
{
	kan_mapped_close((struct kan_mapped *)src);
}

int kan_mapped_new(struct kan_mapped **out, struct kan_err *err)
{
	static const struct kan_source_ops ops = { "mapped", mapped_read, source_close };
	struct kan_mapped *m = calloc(1, sizeof(*m));

	if (!m)
		return kan_fail(err, KAN_ENOMEM, "out of memory for an image");
	m->src = (struct kan_source){ .ops = &ops, .sector_size = 512, .block_len = BLOCK_LEN };
	*out = m;
	return KAN_OK;
}

int kan_mapped_add(struct kan_mapped *m, struct kan_layer *layer, struct kan_err *err)
{
	if (m->nlayers == KAN_LAYERS_MAX) {
		layer->ops->close(layer);
		return kan_fail(err, KAN_EFORMAT, "a chain of more than %u parents",
		                KAN_LAYERS_MAX - 1);
	}
	if (m->nlayers == 0)
		m->src.size = layer->size;
	m->layers[m->nlayers++] = layer;
	return KAN_OK;
}
