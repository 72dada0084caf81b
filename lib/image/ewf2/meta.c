/* SPDX-License-Identifier: MIT */
/*
 * meta.c - sections of Ex01 that are texts: device information and case data
 *
 * Compressed UTF-16: a number of objects, the line "main", a line of short names and
 * a line of values, separated by tabs.  Both describe the media and carry what the
 * examiner typed in, and stand in every segment; the first one that can be read counts.
 */
#include "image/ewf2/ewf2.h"
#include "image/ewf/text.h"

#include "core/cleanup.h"

#include <string.h>

enum field {
	TEXT, /* a header value */
	SECTORS,
	SECTOR_SIZE,
	DRIVE,
	PHYSICAL,
	CHUNKS,
	CHUNK_SECTORS,
	GRANULARITY,
	BLOCKER,
};

struct tag {
	const char *id;
	enum field field;
	const char *name; /* of a header value, as in E01 */
};

static const struct tag device_tags[] = {
	{ "sn", TEXT, "serial_number" },
	{ "md", TEXT, "model" },
	{ "lb", TEXT, "device_label" },
	{ "pid", TEXT, "process_identifier" },
	{ "ts", SECTORS, NULL },
	{ "bp", SECTOR_SIZE, NULL },
	{ "dt", DRIVE, NULL },
	{ "ph", PHYSICAL, NULL },
	{ NULL, TEXT, NULL },
};

static const struct tag case_tags[] = {
	{ "nm", TEXT, "description" },
	{ "cn", TEXT, "case_number" },
	{ "en", TEXT, "evidence_number" },
	{ "ex", TEXT, "examiner_name" },
	{ "nt", TEXT, "notes" },
	{ "av", TEXT, "acquiry_software_version" },
	{ "os", TEXT, "acquiry_operating_system" },
	{ "at", TEXT, "acquisition_date" },
	{ "tt", TEXT, "system_date" },
	{ "tb", CHUNKS, NULL },
	{ "sb", CHUNK_SECTORS, NULL },
	{ "gr", GRANULARITY, NULL },
	{ "wb", BLOCKER, NULL },
	{ NULL, TEXT, NULL },
};

static const struct tag *tag_of(const struct tag *tags, struct kan_ewf_text id)
{
	for (; tags->id; tags++)
		if (strlen(tags->id) == id.len && memcmp(tags->id, id.s, id.len) == 0)
			return tags;
	return NULL;
}

/* Decimal; false if there is anything else, or if it is above @max. */
static bool number_of(uint64_t *out, struct kan_ewf_text v, uint64_t max)
{
	uint64_t n = 0;

	for (size_t i = 0; i < v.len; i++) {
		unsigned digit = (unsigned)(v.s[i] - '0');

		if (digit > 9 || __builtin_mul_overflow(n, 10, &n) ||
		    __builtin_add_overflow(n, digit, &n) || n > max)
			return false;
	}
	*out = n;
	return v.len > 0;
}

/* Kinds of drives as the volume section of E01 has them. */
static uint8_t media_type(struct kan_ewf_text v)
{
	static const struct {
		char letter;
		uint8_t type;
	} types[] = { { 'r', 0x00 }, { 'f', 0x01 }, { 'c', 0x03 }, { 'l', 0x0e }, { 'm', 0x10 } };

	for (size_t i = 0; v.len == 1 && i < sizeof(types) / sizeof(types[0]); i++)
		if (types[i].letter == v.s[0])
			return types[i].type;
	return 0xff;
}

/* A tab or an end of line in a value is escaped. */
static int put_text(struct kan_ewf_opening *o, const char *name, struct kan_ewf_text v)
{
	static const char plain[] = { 0, '\n', '\r', '\t' };
	struct kan_buf text = { 0 };
	int rc;

	for (size_t i = 0; i < v.len; i++)
		kan_buf_putc(&text, v.s[i] >= 1 && v.s[i] <= 3 ? plain[(size_t)v.s[i]] : v.s[i]);
	rc = kan_buf_check(&text, o->err);
	if (rc == KAN_OK)
		rc = kan_ewf_put_value(o, name, (struct kan_ewf_text){ text.data, text.len });
	kan_buf_done(&text);
	return rc;
}

/* Take over a value that is no text; false if it makes no sense. */
static bool take_field(struct kan_ewf_volume *v, enum field field, struct kan_ewf_text value)
{
	uint64_t n = 0;

	if (field == DRIVE) {
		v->media_type = media_type(value);
		return true;
	}
	if (!number_of(&n, value, field == SECTORS || field == CHUNKS ? UINT64_MAX : UINT32_MAX))
		return false;
	if (field == SECTORS)
		v->nsectors = n;
	else if (field == CHUNKS)
		v->nchunks = n;
	else if (field == SECTOR_SIZE)
		v->sector_size = (uint32_t)n;
	else if (field == CHUNK_SECTORS)
		v->chunk_sectors = (uint32_t)n;
	else if (field == GRANULARITY)
		v->granularity = (uint32_t)n;
	else if (field == PHYSICAL && n == 1)
		v->media_flags |= KAN_EWF_MEDIA_PHYSICAL;
	else if (field == BLOCKER)
		v->media_flags |=
			(n & 1 ? KAN_EWF_MEDIA_FASTBLOC : 0) | (n & 2 ? KAN_EWF_MEDIA_TABLEAU : 0);
	return true;
}

/* The values of one object: those of the media go into @v, the others into the info. */
static int read_values(struct kan_ewf_opening *o, const struct kan_ewf_segment *seg,
                       const struct kan_ewf2_section *s, struct kan_ewf_text text,
                       struct kan_ewf_volume *v)
{
	const struct tag *tags = s->type == KAN_EWF2_DEVICE ? device_tags : case_tags;
	struct kan_ewf_text line, ids, id, value;
	int rc = KAN_OK;

	while (kan_ewf_take_line(&line, &text) &&
	       !(line.len == 4 && memcmp(line.s, "main", 4) == 0))
		;
	if (!kan_ewf_take_line(&ids, &text) || !kan_ewf_take_line(&line, &text)) {
		kan_ewf_complain(o, seg, &s->s, "has no values");
		return KAN_OK;
	}
	while (rc == KAN_OK && kan_ewf_take(&id, &ids, '\t') && kan_ewf_take(&value, &line, '\t')) {
		const struct tag *tag = tag_of(tags, id);

		if (!tag || value.len == 0)
			continue;
		if (tag->field == TEXT)
			rc = put_text(o, tag->name, value);
		else if (!take_field(v, tag->field, value))
			kan_ewf_complain(o, seg, &s->s, "a value is no number");
	}
	return rc;
}

/* The first description counts; the copies in other segments have to say the same. */
static void settle(struct kan_ewf_opening *o, const struct kan_ewf_segment *seg,
                   const struct kan_ewf2_section *s, const struct kan_ewf_volume *v)
{
	bool device = s->type == KAN_EWF2_DEVICE;
	bool *had = device ? &o->has_device : &o->has_case;
	bool makes_sense = device ? v->sector_size > 0 && v->sector_size <= 65536 &&
	                                    v->nsectors <= KAN_EWF_MEDIA_MAX
	                          : v->chunk_sectors > 0;

	if (!makes_sense) {
		kan_ewf_complain(o, seg, &s->s, "does not describe any media");
		return;
	}
	if (*had && !kan_ewf_volume_equals(v, &o->ewf->volume))
		kan_ewf_complain(o, seg, &s->s, "describes other media than the section before");
	if (!*had)
		o->ewf->volume = *v;
	*had = true;
}

static int read_object(struct kan_ewf_opening *o, const struct kan_ewf_segment *seg,
                       const struct kan_ewf2_section *s, struct kan_view v)
{
	struct kan_ewf_volume volume = o->ewf->volume;
	struct kan_buf text = { 0 };
	int rc;

	kan_ewf_put_utf16(&text, v);
	rc = kan_buf_check(&text, o->err);
	if (rc == KAN_OK)
		rc = read_values(o, seg, s,
		                 (struct kan_ewf_text){ text.data ? text.data : "", text.len },
		                 &volume);
	kan_buf_done(&text);
	if (rc == KAN_OK)
		settle(o, seg, s, &volume);
	return rc;
}

int kan_ewf2_read_text(struct kan_ewf_opening *o, const struct kan_ewf_segment *seg,
                       const struct kan_ewf2_section *s)
{
	KAN_AUTO(mem) uint8_t *data = NULL, *text = NULL;
	struct kan_view v;
	size_t len = 0;
	int rc = kan_ewf2_load(o, seg, s, &v);

	data = (uint8_t *)(uintptr_t)v.data;
	if (rc == KAN_OK && data)
		rc = kan_ewf_inflate(v, &text, &len, o->err);
	if (rc != KAN_OK)
		return rc;
	if (text)
		return read_object(o, seg, s, (struct kan_view){ text, len });
	if (o->method == KAN_EWF2_STORED && data)
		return read_object(o, seg, s,
		                   v); /* nobody says that it is compressed all the same */
	kan_ewf_complain(o, seg, &s->s, "cannot be decompressed");
	return KAN_OK;
}

int kan_ewf2_put_values(struct kan_ewf_opening *o)
{
	const char *method = o->method == KAN_EWF2_DEFLATE ? "deflate" : "none";
	int rc = kan_image_info_value(o->info, "compression_method", method, o->err);

	o->ewf->volume.compression = KAN_EWF_NO_LEVEL;
	return rc == KAN_OK ? kan_ewf_put_media_values(o) : rc;
}
