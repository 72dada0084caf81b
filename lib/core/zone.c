/* SPDX-License-Identifier: MIT */
/*
 * zone.c - time zones from TZif files (RFC 8536) and fixed offsets
 *
 * A file has a block with 32-bit times, which is skipped, one with 64-bit times,
 * and a rule for the time after the last of them (core/tzrule.h).  The file is
 * checked as a whole when it is read, so that a look-up cannot fail.
 */
#include "core/zone.h"

#include "core/bytes.h"
#include "core/tzrule.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#define ZONE_FOLDER "/usr/share/zoneinfo/"

static const size_t HEADER_LEN = 44;
static const size_t TYPE_LEN = 6;                /* offset, is summer time, index of name */
static const int32_t OFFSET_MAX = 26 * 3600 - 1; /* RFC 8536, 3.2: -25 h to 26 h */
static const int32_t OFFSET_MIN = -25 * 3600 + 1;
enum { FILE_MAX = 128 << 10 }; /* bytes; the longest real one has 4 KiB */
enum { NAME_LEN_MAX = 64, RULE_LEN_MAX = 127 };

/* Positions of counts in a header. */
enum {
	AT_UTCNT = 20,
	AT_STDCNT = 24,
	AT_LEAPCNT = 28,
	AT_TIMECNT = 32,
	AT_TYPECNT = 36,
	AT_CHARCNT = 40
};

struct change {
	int64_t time_s;
	int32_t offset; /* from then on */
};

struct kan_zone {
	struct change *changes; /* ascending */
	size_t n;
	int32_t before; /* offset before the first change */
	bool has_rule;  /* for the time after the last change */
	struct kan_tzrule rule;
};

void kan_zone_free(struct kan_zone *zone)
{
	if (!zone)
		return;
	free(zone->changes);
	free(zone);
}

/* ---- TZif -------------------------------------------------------------------- */

struct header {
	uint64_t utcnt, stdcnt, leapcnt, timecnt, typecnt, charcnt;
};

static bool read_header(struct kan_view v, uint64_t pos, struct header *out)
{
	const uint8_t *p = kan_view_at(v, pos, HEADER_LEN);

	if (!p || memcmp(p, "TZif", 4) != 0 || p[4] < '2')
		return false;
	*out = (struct header){
		.utcnt = kan_be32(p + AT_UTCNT),
		.stdcnt = kan_be32(p + AT_STDCNT),
		.leapcnt = kan_be32(p + AT_LEAPCNT),
		.timecnt = kan_be32(p + AT_TIMECNT),
		.typecnt = kan_be32(p + AT_TYPECNT),
		.charcnt = kan_be32(p + AT_CHARCNT),
	};
	return true;
}

/* Six counts of 32 bits times small numbers cannot overflow 64 bits. */
static uint64_t block_len(const struct header *h, uint64_t time_len)
{
	return h->timecnt * (time_len + 1) + h->typecnt * TYPE_LEN + h->charcnt +
	       h->leapcnt * (time_len + 4) + h->stdcnt + h->utcnt;
}

static bool read_offset(const uint8_t *types, uint64_t typecnt, uint8_t type, int32_t *out)
{
	int32_t offset;

	if (type >= typecnt)
		return false;
	offset = (int32_t)kan_be32(types + type * TYPE_LEN);
	if (offset < OFFSET_MIN || offset > OFFSET_MAX)
		return false;
	*out = offset;
	return true;
}

/* @p is a whole block with 64-bit times. */
static bool read_changes(struct kan_zone *z, const uint8_t *p, const struct header *h)
{
	const uint8_t *index = p + h->timecnt * 8;
	const uint8_t *types = index + h->timecnt;

	if (!read_offset(types, h->typecnt, 0, &z->before))
		return false;
	for (size_t i = 0; i < h->timecnt; i++) {
		struct change *c = &z->changes[i];

		c->time_s = (int64_t)kan_be64(p + i * 8);
		if (!read_offset(types, h->typecnt, index[i], &c->offset))
			return false;
		if (i > 0 && c->time_s <= c[-1].time_s)
			return false;
	}
	z->n = (size_t)h->timecnt;
	return true;
}

/* "\nEST5EDT,M3.2.0,M11.1.0\n"; nothing between the ends is "not known". */
static bool read_rule(struct kan_zone *z, struct kan_view v, uint64_t pos)
{
	char text[RULE_LEN_MAX + 1];
	const uint8_t *p, *end;
	struct kan_view rest;

	if (pos > v.len || !kan_view_sub(&rest, v, pos, v.len - pos) || rest.len < 2 ||
	    rest.data[0] != '\n')
		return false;
	p = rest.data + 1;
	end = memchr(p, '\n', rest.len - 1);
	if (!end || end - p > RULE_LEN_MAX)
		return false;
	memcpy(text, p, (size_t)(end - p));
	text[end - p] = '\0';
	z->has_rule = end > p;
	return !z->has_rule || kan_tzrule_parse(&z->rule, text);
}

int kan_zone_parse(struct kan_zone **out, struct kan_view tzif, struct kan_err *err)
{
	KAN_AUTO(zone) struct kan_zone *z = calloc(1, sizeof(*z));
	struct header first, second;
	uint64_t pos;
	const uint8_t *block;

	if (!z)
		return kan_fail(err, KAN_ENOMEM, "out of memory for a time zone");
	if (tzif.len > FILE_MAX || !read_header(tzif, 0, &first))
		return kan_fail(err, KAN_EFORMAT, "not a TZif file of version 2 or later");
	pos = HEADER_LEN + block_len(&first, 4);
	if (!read_header(tzif, pos, &second))
		return kan_fail(err, KAN_EFORMAT, "second TZif header is missing");
	pos += HEADER_LEN;
	block = kan_view_at(tzif, pos, block_len(&second, 8));
	if (!block)
		return kan_fail(err, KAN_EFORMAT, "TZif file is cut short");
	z->changes = calloc((size_t)second.timecnt + 1, sizeof(*z->changes));
	if (!z->changes)
		return kan_fail(err, KAN_ENOMEM, "out of memory for a time zone");
	if (!read_changes(z, block, &second))
		return kan_fail(err, KAN_EFORMAT, "TZif file contradicts itself");
	if (!read_rule(z, tzif, pos + block_len(&second, 8)))
		return kan_fail(err, KAN_EFORMAT, "rule of the TZif file is not understood");
	*out = KAN_STEAL(z);
	return KAN_OK;
}

int32_t kan_zone_offset(const struct kan_zone *zone, int64_t time_s)
{
	size_t low = 0, high;

	if (!zone)
		return 0;
	if (zone->n == 0 || time_s < zone->changes[0].time_s)
		return zone->n == 0 && zone->has_rule ? kan_tzrule_offset(&zone->rule, time_s)
		                                      : zone->before;
	if (zone->has_rule && time_s >= zone->changes[zone->n - 1].time_s)
		return kan_tzrule_offset(&zone->rule, time_s);
	high = zone->n; /* the last change at or before @time_s is in [low, high) */
	while (high - low > 1) {
		size_t mid = low + (high - low) / 2;

		if (zone->changes[mid].time_s <= time_s)
			low = mid;
		else
			high = mid;
	}
	return zone->changes[low].offset;
}

/* ---- names ------------------------------------------------------------------- */

/* "+09:00": digits at 1, 2, 4, 5. */
static bool is_fixed(const char *name, int32_t *out)
{
	int v[6] = { 0 };

	if ((name[0] != '+' && name[0] != '-') || strlen(name) != 6 || name[3] != ':')
		return false;
	for (int i = 1; i < 6; i++) {
		if (i == 3)
			continue;
		if (name[i] < '0' || name[i] > '9')
			return false;
		v[i] = name[i] - '0';
	}
	*out = ((v[1] * 10 + v[2]) * 60 + v[4] * 10 + v[5]) * 60 * (name[0] == '-' ? -1 : 1);
	return v[1] * 10 + v[2] < 24 && v[4] < 6;
}

/* A name stays inside the folder of zones: no "..", no leading "/". */
static bool is_name(const char *name)
{
	size_t len = strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
	                          "0123456789_+-/");

	return len > 0 && len <= NAME_LEN_MAX && name[len] == '\0' && name[0] != '/';
}

static int read_zone_file(uint8_t *buf, size_t *len, const char *name, struct kan_err *err)
{
	char path[sizeof(ZONE_FOLDER) + NAME_LEN_MAX];
	KAN_AUTO(fd) int fd = -1;
	size_t used = 0;

	snprintf(path, sizeof(path), ZONE_FOLDER "%s", name);
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	if (fd < 0)
		return kan_fail(err, KAN_EARG, "no time zone is called '%s'", name);
	while (used < FILE_MAX) {
		ssize_t n = read(fd, buf + used, FILE_MAX - used);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == EISDIR)
			return kan_fail(err, KAN_EARG, "no time zone is called '%s'", name);
		if (n < 0)
			return kan_fail(err, KAN_EIO, "cannot read the time zone '%s'", name);
		if (n == 0)
			break;
		used += (size_t)n;
	}
	*len = used;
	return KAN_OK;
}

static int new_fixed(struct kan_zone **out, int32_t offset, struct kan_err *err)
{
	struct kan_zone *z = calloc(1, sizeof(*z));

	if (!z)
		return kan_fail(err, KAN_ENOMEM, "out of memory for a time zone");
	z->before = offset;
	*out = z;
	return KAN_OK;
}

int kan_zone_load(struct kan_zone **out, const char *name, struct kan_err *err)
{
	KAN_AUTO(mem) uint8_t *buf = NULL;
	int32_t offset;
	size_t len = 0;
	int rc;

	if (!name || strcmp(name, "UTC") == 0 || strcmp(name, "Z") == 0) {
		*out = NULL;
		return KAN_OK;
	}
	if (is_fixed(name, &offset))
		return new_fixed(out, offset, err);
	if (!is_name(name))
		return kan_fail(err, KAN_EARG, "'%.64s' is no name of a time zone", name);
	buf = malloc(FILE_MAX);
	if (!buf)
		return kan_fail(err, KAN_ENOMEM, "out of memory for a time zone");
	rc = read_zone_file(buf, &len, name, err);
	if (rc == KAN_OK)
		rc = kan_zone_parse(out, (struct kan_view){ buf, len }, err);
	/* A file in that folder that is no zone at all ("zone.tab") was a wrong name. */
	if (rc == KAN_EFORMAT && (len < 4 || memcmp(buf, "TZif", 4) != 0))
		return kan_fail(err, KAN_EARG, "no time zone is called '%s'", name);
	return rc == KAN_EFORMAT ? kan_fail_in(err, rc, "time zone %.64s", name) : rc;
}
