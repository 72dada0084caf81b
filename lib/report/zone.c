/* SPDX-License-Identifier: MIT */
/*
 * zone.c - read a TZif file
 *
 * localtime(3) knows one zone at a time and takes it from the environment of the
 * process, so the file is read here (RFC 8536, version 2 or later: a block with
 * 32-bit times that is skipped, then one with 64-bit times).  A file that says
 * what follows its last change only as a rule is refused rather than guessed.
 */
#include "report/zone.h"

#include "core/bytes.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#define ZONE_FOLDER "/usr/share/zoneinfo"

static const size_t HEADER_LEN = 44;
static const size_t TYPE_LEN = 6;            /* offset (4), is summer time, name */
static const uint32_t CHANGES_MAX = 4096;    /* the longest real one has 250 */
static const int32_t OFFSET_MAX = 26 * 3600; /* RFC 8536, 3.2 */
enum { ZONE_FILE_MAX = 256 << 10, NAME_MAX_LEN = 64 };

enum {
	COUNT_ISUT = 20,
	COUNT_ISSTD = 24,
	COUNT_LEAP = 28,
	COUNT_TIME = 32,
	COUNT_TYPE = 36,
	COUNT_CHAR = 40
};

struct kan_zone {
	int32_t before; /* offset before the first change */
	uint32_t n;
	struct {
		int64_t time_s;
		int32_t offset;
	} change[];
};

/* Length of what follows a header, with times of @width bytes. */
static uint64_t block_len(const uint8_t *h, uint64_t width)
{
	return (uint64_t)kan_be32(h + COUNT_TIME) * (width + 1) +
	       (uint64_t)kan_be32(h + COUNT_TYPE) * TYPE_LEN + kan_be32(h + COUNT_CHAR) +
	       (uint64_t)kan_be32(h + COUNT_LEAP) * (width + 4) + kan_be32(h + COUNT_ISSTD) +
	       kan_be32(h + COUNT_ISUT);
}

static const uint8_t *header_at(struct kan_view v, uint64_t pos)
{
	const uint8_t *h = kan_view_at(v, pos, HEADER_LEN);

	return h && memcmp(h, "TZif", 4) == 0 && h[4] >= '2' ? h : NULL;
}

/* Offset of type @i of the @ntypes at @types; false if there is none or it is absurd. */
static bool type_offset(const uint8_t *types, uint32_t ntypes, uint32_t i, int32_t *out)
{
	int32_t offset;

	if (i >= ntypes)
		return false;
	offset = (int32_t)kan_be32(types + i * TYPE_LEN);
	if (offset < -OFFSET_MAX || offset > OFFSET_MAX)
		return false;
	*out = offset;
	return true;
}

/* A rule such as "EST5EDT,M3.2.0,M11.1.0" needs the changes to be listed until 2037. */
static bool needs_rule(const struct kan_zone *z, struct kan_view footer)
{
	static const int64_t Y2037 = 2114380800; /* 2037-01-01 */

	return footer.len > 0 && memchr(footer.data, ',', footer.len) &&
	       (z->n == 0 || z->change[z->n - 1].time_s < Y2037);
}

int kan_zone_parse(struct kan_zone **out, struct kan_view tzif, struct kan_err *err)
{
	KAN_AUTO(zone) struct kan_zone *z = NULL;
	const uint8_t *h = header_at(tzif, 0), *times, *types;
	uint64_t pos, len;
	uint32_t n, ntypes;

	if (!h)
		return kan_fail(err, KAN_EFORMAT, "not a time zone file");
	pos = HEADER_LEN + block_len(h, 4);
	h = header_at(tzif, pos);
	if (!h)
		return kan_fail(err, KAN_EFORMAT, "damaged time zone file");
	pos += HEADER_LEN;
	len = block_len(h, 8);
	n = kan_be32(h + COUNT_TIME);
	ntypes = kan_be32(h + COUNT_TYPE);
	times = kan_view_at(tzif, pos, len);
	if (!times || n > CHANGES_MAX)
		return kan_fail(err, KAN_EFORMAT, "damaged time zone file");
	types = times + (size_t)n * 9;
	z = calloc(1, sizeof(*z) + n * sizeof(z->change[0]));
	if (!z)
		return kan_fail(err, KAN_ENOMEM, "out of memory for a time zone");
	z->n = n;
	if (!type_offset(types, ntypes, 0, &z->before))
		return kan_fail(err, KAN_EFORMAT, "damaged time zone file");
	for (uint32_t i = 0; i < n; i++) {
		z->change[i].time_s = (int64_t)kan_be64(times + (size_t)i * 8);
		if (!type_offset(types, ntypes, times[(size_t)n * 8 + i], &z->change[i].offset) ||
		    (i > 0 && z->change[i].time_s <= z->change[i - 1].time_s))
			return kan_fail(err, KAN_EFORMAT, "damaged time zone file");
	}
	pos += len;
	if (needs_rule(z, (struct kan_view){ tzif.data + pos, tzif.len - (size_t)pos }))
		return kan_fail(err, KAN_EUNSUPPORTED, "time zone file without listed changes");
	*out = KAN_STEAL(z);
	return KAN_OK;
}

/* A name such as "Asia/Tokyo" that cannot lead out of the folder of zones. */
static bool is_zone_name(const char *name)
{
	static const char allowed[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
				      "0123456789/_+-";

	return name[0] != '\0' && name[0] != '/' && strlen(name) <= NAME_MAX_LEN &&
	       name[strspn(name, allowed)] == '\0';
}

int kan_zone_load(struct kan_zone **out, const char *name, struct kan_err *err)
{
	KAN_AUTO(fd) int fd = -1;
	KAN_AUTO(mem) uint8_t *data = NULL;
	char path[sizeof(ZONE_FOLDER) + NAME_MAX_LEN + 2];
	size_t len = 0;
	ssize_t n;
	int rc;

	if (!name || strcmp(name, "UTC") == 0) {
		*out = NULL;
		return KAN_OK;
	}
	if (!is_zone_name(name))
		return kan_fail(err, KAN_EARG, "not the name of a time zone");
	snprintf(path, sizeof(path), "%s/%s", ZONE_FOLDER, name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return kan_fail(err, KAN_EARG, "unknown time zone \"%s\"", name);
	data = malloc(ZONE_FILE_MAX);
	if (!data)
		return kan_fail(err, KAN_ENOMEM, "out of memory for a time zone");
	while (len < ZONE_FILE_MAX && (n = read(fd, data + len, ZONE_FILE_MAX - len)) != 0) {
		if (n < 0)
			return kan_fail(err, KAN_EARG, "unknown time zone \"%s\"", name);
		len += (size_t)n;
	}
	rc = kan_zone_parse(out, (struct kan_view){ data, len }, err);
	return rc ? kan_fail_in(err, rc, "%s", name) : KAN_OK;
}

int32_t kan_zone_offset(const struct kan_zone *zone, int64_t time_s)
{
	uint32_t low = 0, high = zone ? zone->n : 0; /* changes before `low` are not later */

	while (low < high) {
		uint32_t mid = low + (high - low) / 2;

		if (zone->change[mid].time_s <= time_s)
			low = mid + 1;
		else
			high = mid;
	}
	if (!zone)
		return 0;
	return low > 0 ? zone->change[low - 1].offset : zone->before;
}

void kan_zone_free(struct kan_zone *zone)
{
	free(zone);
}
