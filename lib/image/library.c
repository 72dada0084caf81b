/* SPDX-License-Identifier: MIT */
/*
 * library.c - a source on top of a third-party library
 *
 * A failed read is repeated chunk by chunk, and a chunk that fails sector by
 * sector, so that one bad sector costs 512 bytes and not a whole request.  A
 * container that is broken all over would make that take for ever: past a number
 * of lost sectors whole chunks are given up.
 */
#include "image/library.h"

#include "core/cleanup.h"

#include <string.h>

enum {
	DEFAULT_SECTOR = 512,
	DEFAULT_CHUNK = 65536,
	CHUNK_MAX = 1 << 20,       /* larger ones are not read at once */
	LOST_SECTORS_MAX = 262144, /* tried one by one; 128 MiB */
};

struct library_source {
	struct kan_source src;
	const struct kan_library_ops *ops;
	void *handle;
	char *subject;
	unsigned lost; /* sectors that were tried one by one and could not be read */
};

/* One request and where it stands. */
struct request {
	struct library_source *lib;
	struct kan_findings *gaps;
};

static bool read_once(struct request *r, uint64_t offset, uint8_t *buf, size_t len)
{
	struct library_source *lib = r->lib;

	if (lib->ops->read(lib->handle, offset, buf, len) != (ssize_t)len)
		return false;
	if (lib->ops->check)
		lib->ops->check(lib->handle, lib->subject, offset,
		                (struct kan_library_bytes){ buf, len }, r->gaps);
	return true;
}

static void lose(struct request *r, uint64_t offset, uint8_t *buf, size_t len)
{
	memset(buf, 0, len);
	kan_findings_add(r->gaps, KAN_FINDING_UNREADABLE, offset, len, r->lib->subject,
	                 "%s cannot read this part of the container", r->lib->ops->name);
}

/* How much of @len bytes at @offset lies in one unit of @unit bytes. */
static size_t piece(uint64_t offset, size_t len, uint32_t unit)
{
	size_t n = unit - (size_t)(offset % unit);

	return n < len ? n : len;
}

static void read_sectors(struct request *r, uint64_t offset, uint8_t *buf, size_t len)
{
	while (len > 0) {
		size_t n = piece(offset, len, r->lib->src.sector_size);

		if (!read_once(r, offset, buf, n)) {
			lose(r, offset, buf, n);
			r->lib->lost++;
		}
		offset += n;
		buf += n;
		len -= n;
	}
}

static void read_chunks(struct request *r, uint64_t offset, uint8_t *buf, size_t len)
{
	while (len > 0) {
		size_t n = piece(offset, len, r->lib->src.block_len);

		if (read_once(r, offset, buf, n))
			;
		else if (r->lib->lost < LOST_SECTORS_MAX)
			read_sectors(r, offset, buf, n);
		else
			lose(r, offset, buf, n);
		offset += n;
		buf += n;
		len -= n;
	}
}

static int library_read(struct kan_source *src, uint64_t offset, void *buf, size_t len,
                        struct kan_findings *gaps, struct kan_err *err)
{
	struct request r = { (struct library_source *)src, gaps };

	(void)err;
	if (!read_once(&r, offset, buf, len))
		read_chunks(&r, offset, buf, len);
	return KAN_OK;
}

static void library_close(struct kan_source *src)
{
	struct library_source *lib = (struct library_source *)src;

	lib->ops->close(lib->handle);
	free(lib->subject);
	free(lib);
}

static const struct kan_source_ops source_ops = { "library", library_read, library_close };

int kan_library_source(struct kan_source **out, const struct kan_library_ops *ops, void *handle,
                       const struct kan_library_media *media, struct kan_err *err)
{
	struct library_source *lib = calloc(1, sizeof(*lib));
	KAN_AUTO(mem) char *subject = strdup(media->subject);
	uint32_t sector = media->sector_size ? media->sector_size : DEFAULT_SECTOR;
	uint32_t chunk = media->chunk_size ? media->chunk_size : DEFAULT_CHUNK;

	if (!lib || !subject || sector > CHUNK_MAX) {
		free(lib);
		ops->close(handle);
		if (sector > CHUNK_MAX)
			return kan_fail(err, KAN_EFORMAT, "sectors of %u bytes", sector);
		return kan_fail(err, KAN_ENOMEM, "out of memory for a container");
	}
	chunk = chunk > CHUNK_MAX ? CHUNK_MAX : chunk;
	*lib = (struct library_source){ .ops = ops, .handle = handle };
	lib->src = (struct kan_source){ &source_ops, media->size, sector,
		                        chunk < sector ? sector : chunk };
	lib->subject = KAN_STEAL(subject);
	*out = &lib->src;
	return KAN_OK;
}

int kan_library_fail(struct kan_err *err, const char *what, const char *text)
{
	size_t len = strcspn(text, "\r\n");

	if (len == 0)
		return kan_fail(err, KAN_EFORMAT, "%s", what);
	return kan_fail(err, KAN_EFORMAT, "%s: %.*s", what, (int)len, text);
}
