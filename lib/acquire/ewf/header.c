/* SPDX-License-Identifier: MIT */
/*
 * header.c - the header sections of E01, in the form of EnCase 6
 *
 * header2 is UTF-16 and holds the values as they were given; header is for readers
 * that know nothing else: one byte a character, so what is not ASCII becomes "?".
 */
#include "acquire/ewf/e01.h"

#include "core/cleanup.h"
#include "core/escape.h"
#include "core/utc.h"

#include <inttypes.h>
#include <libdeflate.h>
#include <stdio.h>
#include <string.h>

#define LEVEL     9
#define SECOND_NS 1000000000

/* A value in the order of its section; NULL: a time. */
static const char *const names2[] = {
	"description",
	"case_number",
	"evidence_number",
	"examiner_name",
	"notes",
	"model",
	"serial_number",
	"acquiry_software_version",
	"acquiry_operating_system",
};
static const char *const names1[] = {
	"case_number",
	"evidence_number",
	"description",
	"examiner_name",
	"notes",
	"acquiry_software_version",
	"acquiry_operating_system",
};

/* What stands in the header if the caller has no such value: readers expect one. */
static const char *default_of(const char *name)
{
	if (strcmp(name, "acquiry_software_version") == 0)
		return "kanshiki";
	return strcmp(name, "acquiry_operating_system") == 0 ? "Linux" : "";
}

static const char *value_of(const struct kan_writer_opts *opts, const char *name)
{
	for (size_t i = 0; i < opts->nvalues; i++)
		if (strcmp(opts->values[i].name, name) == 0)
			return opts->values[i].value;
	return default_of(name);
}

static int check_value(const struct kan_header_value *v, struct kan_err *err)
{
	size_t len = strnlen(v->value, KAN_E01_VALUE_MAX + 1);

	if (len > KAN_E01_VALUE_MAX)
		return kan_fail(err, KAN_EARG, "the value of %s is longer than %u bytes", v->name,
		                KAN_E01_VALUE_MAX);
	for (size_t i = 0, n; i < len; i += n) {
		uint32_t point;

		n = kan_utf8_len((const uint8_t *)v->value + i, len - i, &point);
		if (n == 0)
			return kan_fail(err, KAN_EARG, "the value of %s is not UTF-8", v->name);
	}
	return KAN_OK;
}

/* Tabs and line ends separate values: where one has them, or another control, a space stands. */
static uint32_t harmless(uint32_t point)
{
	return point < 0x20 || point == 0x7f ? ' ' : point;
}

static void put_unit(struct kan_buf *out, uint32_t unit)
{
	kan_buf_putc(out, (char)(unit & 0xff));
	kan_buf_putc(out, (char)(unit >> 8));
}

static void put_utf16(struct kan_buf *out, uint32_t point)
{
	if (point >= 0x10000) {
		put_unit(out, 0xd800 + ((point - 0x10000) >> 10));
		put_unit(out, 0xdc00 + ((point - 0x10000) & 0x3ff));
	} else {
		put_unit(out, point);
	}
}

static void put_ascii16(struct kan_buf *out, const char *s)
{
	for (; *s; s++)
		put_unit(out, (uint8_t)*s);
}

static void put_value(struct kan_buf *out, const char *v, bool wide)
{
	size_t len = strlen(v), n;

	for (size_t i = 0; i < len; i += n) {
		uint32_t point = 0;

		n = kan_utf8_len((const uint8_t *)v + i, len - i, &point);
		n = n > 0 ? n : 1; /* cannot be: values are checked */
		point = harmless(point);
		if (wide)
			put_utf16(out, point);
		else
			kan_buf_putc(out, (char)(point < 0x80 ? point : '?'));
	}
}

static void put_header2(struct kan_buf *out, const struct kan_writer_opts *opts)
{
	char times[96];

	put_unit(out, 0xfeff);
	put_ascii16(out, "3\nmain\na\tc\tn\te\tt\tmd\tsn\tav\tov\tm\tu\tp\tdc\n");
	for (size_t i = 0; i < sizeof(names2) / sizeof(names2[0]); i++) {
		put_value(out, value_of(opts, names2[i]), true);
		put_unit(out, '\t');
	}
	snprintf(times, sizeof(times), "%" PRId64 "\t%" PRId64, opts->started_ns / SECOND_NS,
	         opts->started_ns / SECOND_NS);
	put_ascii16(out, times);
	put_ascii16(out, "\t0\t\n\n"
	                 "srce\n0\t1\np\tn\tid\tev\ttb\tlo\tpo\tah\tgu\taq\n0\t0\n"
	                 "\t\t\t\t\t-1\t-1\t\t\t\n\n"
	                 "sub\n0\t1\np\tn\tid\tnu\tco\tgu\n0\t0\n\t\t\t\t1\t\n\n");
}

static void put_header(struct kan_buf *out, const struct kan_writer_opts *opts)
{
	struct kan_civil t = kan_utc_civil(opts->started_ns);

	kan_buf_puts(out, "1\r\nmain\r\nc\tn\ta\te\tt\tav\tov\tm\tu\tp\r\n");
	for (size_t i = 0; i < sizeof(names1) / sizeof(names1[0]); i++) {
		put_value(out, value_of(opts, names1[i]), false);
		kan_buf_putc(out, '\t');
	}
	for (size_t i = 0; i < 2; i++)
		kan_buf_printf(out, "%" PRId64 " %d %d %d %d %d\t", t.year, t.month, t.day, t.hour,
		               t.minute, t.second);
	kan_buf_puts(out, "0\r\n\r\n");
}

/* A section of @text, compressed; @times times. */
static int put_text(struct kan_buf *out, const char *type, const struct kan_buf *text,
                    unsigned times, struct kan_err *err)
{
	struct libdeflate_compressor *c = libdeflate_alloc_compressor(LEVEL);
	KAN_AUTO(mem) uint8_t *packed = NULL;
	size_t room, len;
	int rc = kan_buf_check(text, err);

	room = c ? libdeflate_zlib_compress_bound(c, text->len) : 0;
	packed = malloc(room + 1);
	len = c && packed && rc == KAN_OK
	              ? libdeflate_zlib_compress(c, text->data, text->len, packed, room)
	              : 0;
	libdeflate_free_compressor(c);
	if (len == 0)
		return kan_fail(err, KAN_ENOMEM, "out of memory for a header");
	for (unsigned i = 0; i < times; i++)
		kan_e01_put_section(out, KAN_EWF_FILE_HEADER_LEN, type, packed, len);
	return rc;
}

int kan_e01_put_headers(struct kan_buf *out, const struct kan_writer_opts *opts,
                        struct kan_err *err)
{
	struct kan_buf wide KAN_DEFER(kan_buf_done) = { 0 };
	struct kan_buf narrow KAN_DEFER(kan_buf_done) = { 0 };
	int rc = opts->started_ns < 0 ? kan_fail(err, KAN_EARG, "the start lies before 1970")
	                              : KAN_OK;

	for (size_t i = 0; rc == KAN_OK && i < opts->nvalues; i++)
		rc = check_value(&opts->values[i], err);
	if (rc != KAN_OK)
		return rc;
	put_header2(&wide, opts);
	put_header(&narrow, opts);
	rc = put_text(out, "header2", &wide, 2, err);
	return rc == KAN_OK ? put_text(out, "header", &narrow, 1, err) : rc;
}
