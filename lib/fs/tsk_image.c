/* SPDX-License-Identifier: MIT */
/*
 * tsk_image.c - our sources as images of Sleuth Kit
 *
 * tsk_img_open_external() takes a struct whose first member is a TSK_IMG_INFO
 * and calls us back for bytes.  A cache lies in between, because a file-system
 * walker jumps and a container decompresses whole chunks.  A range that cannot
 * be read is zeros for Sleuth Kit; we remember where, so that nobody takes the
 * zeros for content.
 */
#include "fs/tsk_image.h"

#include "core/cleanup.h"

#include <string.h>

static const size_t cache_bytes = (size_t)16 << 20;
static const size_t cache_block = 64u << 10;

static void forget_image(struct kan_tsk_image *img)
{
	if (!img)
		return;
	img->info.num_img = 0;
	img->info.images = NULL;
	if (img->info.tag == TSK_IMG_INFO_TAG)
		tsk_img_close(&img->info);
	kan_source_close(img->cache);
	free(img->gaps);
	free(img);
}

KAN_DEFINE_DROP(image, struct kan_tsk_image *, forget_image)

/* Keep one more range, unless an equal one is there already. */
static void keep_gap(struct kan_tsk_image *img, uint64_t offset, uint64_t length)
{
	for (size_t i = 0; i < img->ngaps; i++)
		if (img->gaps[i].offset == offset && img->gaps[i].length == length)
			return;
	if (img->ngaps == KAN_TSK_GAPS_MAX) {
		img->too_many_gaps = true;
		return;
	}
	img->gaps[img->ngaps++] = (struct kan_tsk_range){ offset, length };
}

static void keep_gaps(struct kan_tsk_image *img, const struct kan_findings *gaps)
{
	for (size_t i = 0; i < gaps->n; i++)
		if (gaps->list[i].offset != KAN_NO_OFFSET)
			keep_gap(img, gaps->list[i].offset, gaps->list[i].length);
	if (gaps->dropped)
		img->too_many_gaps = true;
}

/* Put the bytes of the patch that lie in the @len bytes at @offset over them. */
static void apply_patch(const struct kan_tsk_image *img, uint64_t offset, char *buf, size_t len)
{
	for (size_t i = 0; i < img->patch_len; i++) {
		uint64_t at = img->patch_at + i;

		if (at >= offset && at - offset < len)
			buf[at - offset] = (char)img->patch[i];
	}
}

static ssize_t read_image(TSK_IMG_INFO *info, TSK_OFF_T off, char *buf, size_t len)
{
	struct kan_tsk_image *img = (struct kan_tsk_image *)info;
	struct kan_tsk_image *report = img->report ? img->report : img;
	struct kan_findings gaps = { 0 };
	int rc;

	if (off < 0 || off >= info->size)
		return 0;
	if ((uint64_t)(info->size - off) < len)
		len = (size_t)(info->size - off);
	rc = kan_source_read(img->cache, (uint64_t)off, buf, len, &gaps, &report->err);
	keep_gaps(report, &gaps);
	kan_findings_done(&gaps);
	if (rc == KAN_OK) {
		if (img->patch)
			apply_patch(img, (uint64_t)off, buf, len);
		return (ssize_t)len;
	}
	tsk_error_reset();
	tsk_error_set_errno(TSK_ERR_IMG_READ);
	tsk_error_set_errstr("%s", report->err.msg);
	return -1;
}

/* Sleuth Kit calls this from tsk_img_close(); the memory stays ours. */
static void close_image(TSK_IMG_INFO *info)
{
	(void)info;
}

static void stat_image(TSK_IMG_INFO *info, FILE *out)
{
	(void)info;
	(void)out;
}

int kan_tsk_image_open(struct kan_tsk_image **out, struct kan_source *src, struct kan_err *err)
{
	KAN_AUTO(image) struct kan_tsk_image *img = calloc(1, sizeof(*img));
	size_t block = src->block_len > cache_block ? src->block_len : cache_block;
	unsigned sector = src->sector_size ? src->sector_size : 512;
	int rc;

	if (!img)
		return kan_fail(err, KAN_ENOMEM, "out of memory");
	if (src->size > (uint64_t)INT64_MAX)
		return kan_fail(err, KAN_ELIMIT, "media larger than 2^63 bytes");
	img->gaps = calloc(KAN_TSK_GAPS_MAX, sizeof(*img->gaps));
	if (!img->gaps)
		return kan_fail(err, KAN_ENOMEM, "out of memory");
	/* A block that is too large for the cache must still fit twice. */
	if (block > cache_bytes / 2)
		block = cache_block;
	rc = kan_source_cache(&img->cache, src, block, cache_bytes / block, err);
	if (rc != KAN_OK)
		return rc;
	if (!tsk_img_open_external(img, (TSK_OFF_T)src->size, sector, read_image, close_image,
	                           stat_image))
		return kan_fail(err, KAN_EWORKER, "Sleuth Kit refuses the image: %s",
		                tsk_error_get());
	*out = KAN_STEAL(img);
	return KAN_OK;
}

int kan_tsk_image_open_nand(struct kan_tsk_image **out, struct kan_source *src,
                            struct kan_tsk_image *report, uint32_t page, uint32_t spare,
                            struct kan_err *err)
{
	KAN_AUTO(image) struct kan_tsk_image *img = calloc(1, sizeof(*img));

	if (!img) {
		kan_source_close(src);
		return kan_fail(err, KAN_ENOMEM, "out of memory");
	}
	img->cache = src;
	img->report = report;
	if (src->size > (uint64_t)INT64_MAX)
		return kan_fail(err, KAN_ELIMIT, "media larger than 2^63 bytes");
	if (!tsk_img_open_external(img, (TSK_OFF_T)src->size, src->sector_size, read_image,
	                           close_image, stat_image))
		return kan_fail(err, KAN_EWORKER, "Sleuth Kit refuses the image: %s",
		                tsk_error_get());
	/* YAFFS2 wants the name of a file, and looks for settings beside it: there are none. */
	memcpy(img->no_file, "/dev/null/none", sizeof("/dev/null/none"));
	img->files[0] = img->no_file;
	img->info.num_img = 1;
	img->info.images = img->files;
	img->info.page_size = page;
	img->info.spare_size = spare;
	*out = KAN_STEAL(img);
	return KAN_OK;
}

void kan_tsk_image_close(struct kan_tsk_image *img)
{
	forget_image(img);
}

bool kan_tsk_image_has_gap(const struct kan_tsk_image *img, uint64_t offset, uint64_t length)
{
	if (img->too_many_gaps)
		return true;
	for (size_t i = 0; i < img->ngaps; i++) {
		const struct kan_tsk_range *g = &img->gaps[i];

		if (g->offset < offset ? offset - g->offset < g->length
		                       : g->offset - offset < length)
			return true;
	}
	return false;
}
