/* SPDX-License-Identifier: MIT */
/*
 * ewflib.c - EWF variants that libewf reads, in a worker: SMART (S01), logical (L01)
 *
 * The format E01 is read by our own reader.  Here libewf is only ever asked for
 * bytes by offset: its reading of single chunks writes past the buffer it is given
 * when tables are forged.  Chunks whose checksum it finds wrong are zeroed and told.
 */
#include "core/bytes.h"
#include "core/cleanup.h"
#include "core/view.h"
#include "image/evidence_file.h"
#include "image/ewf/ltree.h"
#include "image/foreign.h"
#include "image/info.h"
#include "image/library.h"
#include "image/recognise.h"

#include <ctype.h>
#include <libewf.h>
#include <stdio.h>

#define EVF_MAGIC "EVF\x09\x0d\x0a\xff\0"
#define LVF_MAGIC "LVF\x09\x0d\x0a\xff\0"

enum {
	MAGIC_LEN = 8,
	FILE_HEADER_LEN = 13,
	DESCRIPTOR_LEN = 76, /* type 16, next u64, size u64, padding 40, checksum u32 */
	DESCRIPTOR_NEXT = 16,
	DESCRIPTOR_SIZE = 24,
	SMART_VOLUME_LEN = 94,
	SECTIONS_MAX = 64,
	DIGITS_MAX = 99,
	GAP_LOOK_AHEAD = 16, /* names tried past the first that is not there */
};

enum {
	VALUES_MAX = 256,
	VALUE_LEN = 65536,
	NAME_LEN = 256,
	ERRORS_MAX = 65536, /* wrong chunks that are looked through at every read */
};

/* ---- recognising --------------------------------------------------------------- */

static bool is_volume(const uint8_t *d)
{
	return memcmp(d, "volume", 7) == 0 || memcmp(d, "disk", 5) == 0;
}

/* Follow the sections in the head as far as a volume section of the SMART size. */
static bool is_smart(const struct kan_image_probe *p)
{
	const struct kan_view head = { p->head, p->head_len };
	uint64_t at = FILE_HEADER_LEN;

	for (unsigned i = 0; i < SECTIONS_MAX; i++) {
		const uint8_t *d = kan_view_at(head, at, DESCRIPTOR_LEN);
		if (!d)
			return false;
		if (is_volume(d))
			return kan_le64(d + DESCRIPTOR_SIZE) == DESCRIPTOR_LEN + SMART_VOLUME_LEN;
		if (kan_le64(d + DESCRIPTOR_NEXT) <= at)
			return false;
		at = kan_le64(d + DESCRIPTOR_NEXT);
	}
	return false;
}

static enum kan_image_match ewflib_probe(const struct kan_image_probe *p)
{
	return kan_match_if(kan_probe_head(p, 0, LVF_MAGIC, MAGIC_LEN) ||
	                    (kan_probe_head(p, 0, EVF_MAGIC, MAGIC_LEN) && is_smart(p)));
}

/* ---- the files of the set ------------------------------------------------------- */

/* .s01 to .s99, then .saa to .szz, .taa and so on; in the case that @ext has. */
static bool set_number(char *ext, char first, unsigned number)
{
	char a = islower((unsigned char)first) ? 'a' : 'A';
	unsigned k = number - DIGITS_MAX - 1;

	ext[0] = first;
	ext[1] = (char)('0' + number / 10 % 10);
	ext[2] = (char)('0' + number % 10);
	if (number <= DIGITS_MAX)
		return true;
	if (k / (26 * 26) > (unsigned)(a + 25 - first))
		return false;
	ext[0] = (char)(first + (char)(k / (26 * 26)));
	ext[1] = (char)(a + (char)(k / 26 % 26));
	ext[2] = (char)(a + (char)(k % 26));
	return true;
}

/* Is any of the names after @number there?  Then number @number is missing. */
static bool is_gap(char *path, char *ext, char first, unsigned number)
{
	for (unsigned i = 1; i <= GAP_LOOK_AHEAD; i++)
		if (set_number(ext, first, number + i) && kan_evidence_file_exists(path))
			return set_number(ext, first, number);
	return false;
}

static int ewflib_files(struct kan_paths *out, const char *path, struct kan_err *err)
{
	KAN_AUTO(mem) char *name = strdup(path);
	char *dot = name ? strrchr(name, '.') : NULL;
	char first;

	if (!name)
		return kan_fail(err, KAN_ENOMEM, "out of memory for a path");
	if (!dot || strlen(dot) != 4 || !isalpha((unsigned char)dot[1]) || dot[2] != '0' ||
	    dot[3] != '1')
		return KAN_OK; /* any other name: a set of one */
	first = dot[1];
	for (unsigned number = 2; set_number(dot + 1, first, number); number++) {
		int rc;

		if (!kan_evidence_file_exists(name)) {
			if (!is_gap(name, dot + 1, first, number))
				return KAN_OK;
			return kan_fail(err, KAN_EUNSUPPORTED,
			                "%s: the segment %s is missing, and libewf needs all", path,
			                kan_base_name(name));
		}
		rc = kan_paths_add(out, name, err);
		if (rc != KAN_OK)
			return rc;
	}
	return KAN_OK;
}

/* ---- the library ------------------------------------------------------------------ */

static int fail(libewf_error_t *error, const char *what, struct kan_err *err)
{
	char text[4096] = "";

	(void)libewf_error_backtrace_sprint(error, text, sizeof(text)); /* empty if it fails */
	libewf_error_free(&error);
	return kan_library_fail(err, what, text);
}

static void handle_free(libewf_handle_t *handle)
{
	if (handle)
		libewf_handle_free(&handle, NULL);
}

KAN_DEFINE_DROP(ewf_handle, libewf_handle_t *, handle_free)

static void handle_close(void *handle)
{
	handle_free(handle);
}

static ssize_t handle_read(void *handle, uint64_t offset, void *buf, size_t len)
{
	if (libewf_handle_seek_offset(handle, (off64_t)offset, SEEK_SET, NULL) != (off64_t)offset)
		return -1;
	return libewf_handle_read_buffer(handle, buf, len, NULL);
}

/* libewf notes wrong chunks when it loads them, and only then. */
static void handle_check(void *handle, const char *subject, uint64_t offset,
                         struct kan_library_bytes bytes, struct kan_findings *gaps)
{
	uint32_t n = 0, sector = 512;

	if (libewf_handle_get_number_of_checksum_errors(handle, &n, NULL) != 1 || n == 0 ||
	    libewf_handle_get_bytes_per_sector(handle, &sector, NULL) != 1 || sector == 0)
		return;
	for (uint32_t i = 0; i < n && i < ERRORS_MAX; i++) {
		uint64_t start = 0, count = 0, low, high;

		if (libewf_handle_get_checksum_error(handle, i, &start, &count, NULL) != 1 ||
		    start > INT64_MAX / 2 / sector || count > INT64_MAX / 2 / sector)
			continue;
		low = start * sector > offset ? start * sector : offset;
		high = (start + count) * sector;
		high = high < offset + bytes.len ? high : offset + bytes.len;
		if (low >= high)
			continue;
		memset(bytes.data + (low - offset), 0, (size_t)(high - low));
		kan_findings_add(gaps, KAN_FINDING_CHECKSUM, low, high - low, subject,
		                 "libewf finds the checksum of these chunks wrong");
	}
}

static const struct kan_library_ops library = {
	.name = "libewf",
	.read = handle_read,
	.check = handle_check,
	.close = handle_close,
};

/* ---- what it says about itself ------------------------------------------------------ */

static int add_value(libewf_handle_t *h, uint32_t i, char *value, struct kan_image_info *info,
                     struct kan_err *err)
{
	char name[NAME_LEN] = "";
	size_t name_len = 0, len = 0;

	if (libewf_handle_get_header_value_identifier_size(h, i, &name_len, NULL) != 1 ||
	    name_len > sizeof(name) ||
	    libewf_handle_get_header_value_identifier(h, i, (uint8_t *)name, name_len, NULL) != 1)
		return KAN_OK;
	name[sizeof(name) - 1] = '\0';
	if (libewf_handle_get_utf8_header_value_size(h, (uint8_t *)name, strlen(name), &len,
	                                             NULL) != 1 ||
	    len == 0 || len > VALUE_LEN ||
	    libewf_handle_get_utf8_header_value(h, (uint8_t *)name, strlen(name), (uint8_t *)value,
	                                        len, NULL) != 1)
		return KAN_OK;
	value[len - 1] = '\0';
	return value[0] ? kan_image_info_value(info, name, value, err) : KAN_OK;
}

static int add_values(libewf_handle_t *h, struct kan_image_info *info, struct kan_err *err)
{
	KAN_AUTO(mem) char *value = malloc(VALUE_LEN);
	uint32_t n = 0;
	int rc = KAN_OK;

	if (!value)
		return kan_fail(err, KAN_ENOMEM, "out of memory for header values");
	if (libewf_handle_get_number_of_header_values(h, &n, NULL) != 1)
		n = 0;
	for (uint32_t i = 0; rc == KAN_OK && i < n && i < VALUES_MAX; i++)
		rc = add_value(h, i, value, info, err);
	return rc;
}

static int add_hashes(libewf_handle_t *h, struct kan_image_info *info, struct kan_err *err)
{
	uint8_t digest[20];
	int rc = KAN_OK;

	if (libewf_handle_get_md5_hash(h, digest, 16, NULL) == 1)
		rc = kan_image_info_hash(info, "md5", digest, 16, err);
	if (rc == KAN_OK && libewf_handle_get_sha1_hash(h, digest, 20, NULL) == 1)
		rc = kan_image_info_hash(info, "sha1", digest, 20, err);
	return rc;
}

/* libewf takes some SMART sets for others, so the file itself is asked. */
static bool is_logical(const char *path)
{
	KAN_AUTO(evidence_file) struct kan_evidence_file f = KAN_EVIDENCE_FILE_NONE;
	uint8_t magic[MAGIC_LEN];
	uint64_t bad = 0;

	return kan_evidence_file_open(&f, path, NULL) == KAN_OK && f.size >= sizeof(magic) &&
	       kan_evidence_file_read(&f, 0, magic, sizeof(magic), NULL, &bad, NULL) == KAN_OK &&
	       memcmp(magic, LVF_MAGIC, sizeof(magic)) == 0;
}

static int describe(libewf_handle_t *h, const struct kan_paths *files, struct kan_image_info *info,
                    struct kan_findings *findings, struct kan_err *err)
{
	const char *path = files->list[0];
	bool logical = is_logical(path);
	int rc = add_values(h, info, err);

	snprintf(info->variant, sizeof(info->variant), "%s", logical ? "logical (L01)" : "SMART");
	if (logical)
		kan_findings_add(
			findings, KAN_FINDING_NOTE, KAN_NO_OFFSET, 0, kan_base_name(path),
			"logical evidence: the media is the content of its files in a row");
	if (rc == KAN_OK && logical)
		rc = kan_ltree_report(files, findings, err);
	if (libewf_handle_segment_files_corrupted(h, NULL) == 1)
		kan_findings_add(findings, KAN_FINDING_STRUCTURE, KAN_NO_OFFSET, 0,
		                 kan_base_name(path),
		                 "libewf finds the set damaged or not complete");
	return rc == KAN_OK ? add_hashes(h, info, err) : rc;
}

static int open_here(struct kan_source **out, const struct kan_paths *files,
                     struct kan_image_info *info, struct kan_findings *findings,
                     struct kan_err *err)
{
	struct kan_library_media media = { .subject = kan_base_name(files->list[0]) };
	KAN_AUTO(ewf_handle) libewf_handle_t *h = NULL;
	libewf_error_t *error = NULL;
	int rc;

	if (libewf_handle_initialize(&h, &error) != 1 ||
	    libewf_handle_open(h, files->list, (int)files->n, LIBEWF_OPEN_READ, &error) != 1)
		return fail(error, "libewf cannot open it", err);
	rc = describe(h, files, info, findings, err);
	if (rc != KAN_OK)
		return rc;
	if (libewf_handle_get_media_size(h, &media.size, &error) != 1 ||
	    libewf_handle_get_bytes_per_sector(h, &media.sector_size, &error) != 1 ||
	    libewf_handle_get_chunk_size(h, &media.chunk_size, &error) != 1)
		return fail(error, "libewf does not know its size", err);
	info->chunk_size = media.chunk_size;
	return kan_library_source(out, &library, KAN_STEAL(h), &media, err);
}

static const struct kan_foreign foreign = {
	.name = "ewflib",
	.files = ewflib_files,
	.open = open_here,
};

static int ewflib_open(struct kan_source **out, const char *path, struct kan_image_info *info,
                       struct kan_findings *findings, struct kan_err *err)
{
	return kan_foreign_open(out, &foreign, path, info, findings, err);
}

const struct kan_image_format kan_image_format_ewflib = {
	.name = "ewflib",
	.label = "Expert Witness Compression Format of SMART (S01) or logical (L01)",
	.spec = "J. Metz, Expert Witness Compression Format specification, 0.0.79",
	.foreign = true,
	.probe = ewflib_probe,
	.open = ewflib_open,
};
