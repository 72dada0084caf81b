/* SPDX-License-Identifier: MIT */
/*
 * vhdx.c - Virtual Hard Disk, version 2 (VHDX), read by libvhdi in a worker
 *
 * Fixed and dynamic disks only: a differencing one is refused, because libvhdi
 * takes sectors of those from the wrong file (see docs/formats/foreign.md).  A disk
 * that was not closed cleanly has changes in its log that are not in its tables
 * yet; libvhdi does not look there, so this is told.
 */
#include "core/bytes.h"
#include "core/cleanup.h"
#include "image/evidence_file.h"
#include "image/foreign.h"
#include "image/info.h"
#include "image/library.h"
#include "image/mapped.h"
#include "image/recognise.h"

#include <libvhdi.h>
#include <stdio.h>

/* [MS-VHDX] 2.2.2; little-endian. */
enum {
	HEADER_1 = 65536,
	HEADER_2 = 131072,
	HEADER_SEQUENCE = 8,
	HEADER_LOG_GUID = 48,
	HEADER_USED_LEN = 64,
	GUID_LEN = 16,
};

enum {
	NAME_LEN = 1024,
};

static enum kan_image_match vhdx_probe(const struct kan_image_probe *p)
{
	return kan_match_if(kan_probe_head(p, 0, "vhdxfile", 8));
}

/* ---- the library ------------------------------------------------------------- */

static int fail(libvhdi_error_t *error, const char *what, struct kan_err *err)
{
	char text[4096] = "";

	(void)libvhdi_error_backtrace_sprint(error, text, sizeof(text)); /* empty if it fails */
	libvhdi_error_free(&error);
	return kan_library_fail(err, what, text);
}

static void file_free(libvhdi_file_t *file)
{
	if (file)
		libvhdi_file_free(&file, NULL);
}

KAN_DEFINE_DROP(vhdi, libvhdi_file_t *, file_free)

static void handle_close(void *handle)
{
	file_free(handle);
}

static ssize_t handle_read(void *handle, uint64_t offset, void *buf, size_t len)
{
	return libvhdi_file_read_buffer_at_offset(handle, buf, len, (off64_t)offset, NULL);
}

static const struct kan_library_ops library = {
	.name = "libvhdi",
	.read = handle_read,
	.close = handle_close,
};

/* ---- what it says about itself -------------------------------------------------- */

/* The header with the higher sequence number counts. */
static void check_log(const char *path, struct kan_findings *findings)
{
	static const uint8_t none[GUID_LEN];
	KAN_AUTO(evidence_file) struct kan_evidence_file f = KAN_EVIDENCE_FILE_NONE;
	uint8_t h[2][HEADER_USED_LEN];
	bool good[2];
	int newer;

	if (kan_evidence_file_open(&f, path, NULL) != KAN_OK)
		return; /* the library will say why */
	for (int i = 0; i < 2; i++)
		good[i] = kan_read_table(&f, i ? HEADER_2 : HEADER_1, h[i], sizeof(h[i])) &&
		          memcmp(h[i], "head", 4) == 0;
	newer = good[1] &&
	        (!good[0] || kan_le64(h[1] + HEADER_SEQUENCE) > kan_le64(h[0] + HEADER_SEQUENCE));
	if (good[newer] && memcmp(h[newer] + HEADER_LOG_GUID, none, GUID_LEN) != 0)
		kan_findings_add(findings, KAN_FINDING_STRUCTURE, KAN_NO_OFFSET, 0, f.name,
		                 "was not closed cleanly: changes in its log are not applied");
}

static int refuse_differencing(libvhdi_file_t *file, struct kan_err *err)
{
	uint8_t name[NAME_LEN] = "";

	if (libvhdi_file_get_utf8_parent_filename(file, name, sizeof(name), NULL) != 1)
		name[0] = '\0';
	name[sizeof(name) - 1] = '\0';
	return kan_fail(err, KAN_EUNSUPPORTED,
	                "a differencing VHDX, whose parent is \"%.200s\"; merge them first",
	                (const char *)name);
}

static int describe(libvhdi_file_t *file, struct kan_image_info *info, struct kan_err *err)
{
	uint8_t id[GUID_LEN];
	char hex[2 * GUID_LEN + 1];
	uint32_t type = 0;

	if (libvhdi_file_get_disk_type(file, &type, NULL) != 1)
		return kan_fail(err, KAN_EFORMAT, "libvhdi does not know what kind of disk it is");
	if (type != LIBVHDI_DISK_TYPE_FIXED && type != LIBVHDI_DISK_TYPE_DYNAMIC)
		return refuse_differencing(file, err);
	snprintf(info->variant, sizeof(info->variant), "%s",
	         type == LIBVHDI_DISK_TYPE_FIXED ? "fixed" : "dynamic");
	if (libvhdi_file_get_identifier(file, id, sizeof(id), NULL) != 1)
		return KAN_OK;
	for (size_t i = 0; i < sizeof(id); i++)
		snprintf(hex + 2 * i, 3, "%02x", id[i]);
	return kan_image_info_value(info, "identifier", hex, err);
}

static int open_here(struct kan_source **out, const struct kan_paths *files,
                     struct kan_image_info *info, struct kan_findings *findings,
                     struct kan_err *err)
{
	struct kan_library_media media = { .subject = kan_base_name(files->list[0]) };
	KAN_AUTO(vhdi) libvhdi_file_t *file = NULL;
	libvhdi_error_t *error = NULL;
	int rc;

	check_log(files->list[0], findings);
	if (libvhdi_file_initialize(&file, &error) != 1 ||
	    libvhdi_file_open(file, files->list[0], LIBVHDI_OPEN_READ, &error) != 1)
		return fail(error, "libvhdi cannot open it", err);
	rc = describe(file, info, err);
	if (rc != KAN_OK)
		return rc;
	if (libvhdi_file_get_media_size(file, &media.size, &error) != 1 ||
	    libvhdi_file_get_bytes_per_sector(file, &media.sector_size, &error) != 1)
		return fail(error, "libvhdi does not know its size", err);
	return kan_library_source(out, &library, KAN_STEAL(file), &media, err);
}

static const struct kan_foreign foreign = { .name = "vhdx", .open = open_here };

static int vhdx_open(struct kan_source **out, const char *path, struct kan_image_info *info,
                     struct kan_findings *findings, struct kan_err *err)
{
	return kan_foreign_open(out, &foreign, path, info, findings, err);
}

const struct kan_image_format kan_image_format_vhdx = {
	.name = "vhdx",
	.label = "Virtual Hard Disk, version 2 (VHDX)",
	.spec = "Microsoft, [MS-VHDX] Virtual Hard Disk v2 File Format, 8.0",
	.foreign = true,
	.probe = vhdx_probe,
	.open = vhdx_open,
};
