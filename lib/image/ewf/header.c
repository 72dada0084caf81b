/* SPDX-License-Identifier: MIT */
/*
 * header.c - what the examiner typed in: the header sections of E01
 *
 * Compressed text: a number of categories, the line "main", a line of short names
 * and a line of values, separated by tabs.  header2 is UTF-16 and its times are
 * UTC; header has the code page and the local time of the machine that made the
 * image, which it does not name.  Where there is both, header2 counts.
 */
#include "image/ewf/text.h"

#include "core/cleanup.h"
#include "core/escape.h"
#include "core/utc.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define LOAD_MAX (8u << 20) /* compressed bytes of a header section */

static const struct {
	const char *id;
	const char *name;
} values[] = {
	{ "a", "description" },
	{ "c", "case_number" },
	{ "n", "evidence_number" },
	{ "e", "examiner_name" },
	{ "t", "notes" },
	{ "av", "acquiry_software_version" },
	{ "ov", "acquiry_operating_system" },
	{ "m", "acquisition_date" },
	{ "u", "system_date" },
	{ "p", "password" },
	{ "r", "compression_type" },
	{ "md", "model" },
	{ "sn", "serial_number" },
	{ "l", "device_label" },
	{ "pid", "process_identifier" },
	{ "ext", "extents" },
};

static const char *name_of(struct kan_ewf_text id)
{
	for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++)
		if (strlen(values[i].id) == id.len && memcmp(values[i].id, id.s, id.len) == 0)
			return values[i].name;
	return NULL;
}

static bool is_utf8(struct kan_view v)
{
	size_t n;

	for (size_t i = 0; i < v.len; i += n) {
		uint32_t point;

		n = kan_utf8_len(v.data + i, v.len - i, &point);
		if (n == 0 || point == 0)
			return false;
	}
	return true;
}

/* "1795315350", or "2026 11 22 2 42 30" in a zone that is not told. */
static bool format_date(char *out, struct kan_ewf_text v)
{
	char text[32];
	unsigned y, mo, d, h, mi, s;
	int end = 0;

	if (v.len == 0 || v.len >= sizeof(text))
		return false;
	memcpy(text, v.s, v.len);
	text[v.len] = '\0';
	if (strspn(text, "0123456789") == v.len && v.len <= 10) {
		kan_utc_format(out, (int64_t)strtoull(text, NULL, 10) * 1000000000, 1000000000,
		               true);
		return true;
	}
	if (sscanf(text, "%4u %2u %2u %2u %2u %2u%n", &y, &mo, &d, &h, &mi, &s, &end) != 6 ||
	    (size_t)end != v.len || mo < 1 || mo > 12 || d < 1 || d > 31 || h > 23 || mi > 59 ||
	    s > 60)
		return false;
	snprintf(out, KAN_UTC_LEN, "%04u-%02u-%02uT%02u:%02u:%02u", y, mo, d, h, mi, s);
	return true;
}

static const char *compression_name(struct kan_ewf_text v)
{
	if (v.len != 1)
		return NULL;
	return v.s[0] == 'n' ? "none" : v.s[0] == 'f' ? "fast" : v.s[0] == 'b' ? "best" : NULL;
}

/* The value as UTF-8; bytes of an unknown code page stay recognisable. */
static void put_text(struct kan_buf *out, struct kan_ewf_text v)
{
	if (is_utf8((struct kan_view){ (const uint8_t *)v.s, v.len }))
		kan_buf_add(out, v.s, v.len);
	else
		kan_escape_text(out, v.s, v.len);
}

int kan_ewf_put_value(struct kan_ewf_opening *o, const char *name, struct kan_ewf_text v)
{
	bool is_date = strcmp(name, "acquisition_date") == 0 || strcmp(name, "system_date") == 0;
	struct kan_buf text = { 0 };
	char date[KAN_UTC_LEN];
	const char *known = NULL;
	int rc;

	if (is_date && format_date(date, v))
		known = date;
	if (strcmp(name, "compression_type") == 0)
		known = compression_name(v);
	if (known)
		kan_buf_puts(&text, known);
	else
		put_text(&text, v);
	rc = kan_buf_check(&text, o->err);
	if (rc == KAN_OK)
		rc = kan_image_info_value(o->info, name, text.data, o->err);
	kan_buf_done(&text);
	return rc;
}

/* "0" and nothing mean that no password was set; E01 is not encrypted by one. */
static bool is_no_password(const char *name, struct kan_ewf_text v)
{
	return strcmp(name, "password") == 0 && v.len == 1 && v.s[0] == '0';
}

static int put_values(struct kan_ewf_opening *o, const struct kan_ewf_segment *seg,
                      struct kan_ewf_text ids, struct kan_ewf_text line)
{
	struct kan_ewf_text id, v;

	while (kan_ewf_take(&id, &ids, '\t') && kan_ewf_take(&v, &line, '\t')) {
		const char *name = name_of(id);
		int rc;

		if (!name || v.len == 0 || is_no_password(name, v))
			continue;
		if (strcmp(name, "password") == 0)
			kan_findings_add(o->findings, KAN_FINDING_NOTE, KAN_NO_OFFSET, 0, seg->name,
			                 "a password was set; it does not encrypt the image");
		rc = kan_ewf_put_value(o, name, v);
		if (rc != KAN_OK)
			return rc;
	}
	return KAN_OK;
}

static bool has_id(struct kan_ewf_text ids, const char *id)
{
	struct kan_ewf_text t;

	while (kan_ewf_take(&t, &ids, '\t'))
		if (t.len == strlen(id) && memcmp(t.s, id, t.len) == 0)
			return true;
	return false;
}

/* The program that made the image, told by the shape of its header as ewfinfo does. */
static const char *variant_of(const char *type, struct kan_ewf_text all, struct kan_ewf_text ids,
                              const char *version)
{
	bool many = all.len > 0 && all.s[0] == '3';

	if (strcmp(type, "header2") == 0) {
		if (!many)
			return "EnCase 4";
		return has_id(ids, "l") ? "EnCase 7" : has_id(ids, "md") ? "EnCase 6" : "EnCase 5";
	}
	if (many)
		return has_id(ids, "l") ? "linen 7" : has_id(ids, "md") ? "linen 6" : "linen 5";
	if (!has_id(ids, "av"))
		return "EnCase 1";
	if (all.len < 2 || all.s[1] != '\r')
		return "FTK Imager";
	return version && version[0] == '3' ? "EnCase 3" : "EnCase 2";
}

static int parse(struct kan_ewf_opening *o, const struct kan_ewf_segment *seg, const char *type,
                 struct kan_ewf_text all)
{
	struct kan_ewf_text rest = all, line, ids = { 0 };
	int rc;

	while (kan_ewf_take_line(&line, &rest) &&
	       !(line.len == 4 && memcmp(line.s, "main", 4) == 0))
		;
	if (!kan_ewf_take_line(&ids, &rest) || !kan_ewf_take_line(&line, &rest)) {
		kan_findings_add(o->findings, KAN_FINDING_STRUCTURE, KAN_NO_OFFSET, 0, seg->name,
		                 "%s section: has no values", type);
		return KAN_OK;
	}
	rc = put_values(o, seg, ids, line);
	if (rc != KAN_OK)
		return rc;
	o->variant = variant_of(type, all, ids,
	                        kan_image_info_find(o->info, "acquiry_software_version"));
	return KAN_OK;
}

/* Decode and parse the decompressed text. */
static int read_text(struct kan_ewf_opening *o, const struct kan_ewf_segment *seg, const char *type,
                     struct kan_view v)
{
	struct kan_buf text = { 0 };
	int rc;

	if (strcmp(type, "header2") != 0)
		return parse(o, seg, type, (struct kan_ewf_text){ (const char *)v.data, v.len });
	kan_ewf_put_utf16(&text, v);
	rc = kan_buf_check(&text, o->err);
	if (rc == KAN_OK)
		rc = parse(o, seg, type,
		           (struct kan_ewf_text){ text.data ? text.data : "", text.len });
	kan_buf_done(&text);
	return rc;
}

int kan_ewf_read_header(struct kan_ewf_opening *o, const struct kan_ewf_segment *seg,
                        const struct kan_ewf_section *s)
{
	KAN_AUTO(mem) uint8_t *text = NULL;
	struct kan_view v;
	size_t len = 0;
	int rc;

	if (o->has_header2 || (o->variant && strcmp(s->type, "header") == 0))
		return KAN_OK; /* a copy of what was read */
	rc = kan_ewf_load(o, seg, s, LOAD_MAX, &v);
	if (rc != KAN_OK)
		return rc;
	rc = kan_ewf_inflate(v, &text, &len, o->err);
	free((void *)(uintptr_t)v.data);
	if (rc != KAN_OK)
		return rc;
	if (!text) {
		kan_findings_add(o->findings, KAN_FINDING_STRUCTURE, KAN_NO_OFFSET, 0, seg->name,
		                 "%s section at %" PRIu64 ": cannot be decompressed", s->type,
		                 s->offset);
		return KAN_OK;
	}
	o->has_header2 = strcmp(s->type, "header2") == 0;
	return read_text(o, seg, s->type, (struct kan_view){ text, len });
}
