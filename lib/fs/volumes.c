/* SPDX-License-Identifier: MIT */
/*
 * volumes.c - the partition table, in a worker
 *
 * Sleuth Kit finds the kind of the table.  Where two kinds fit it gives up; then
 * each kind is asked for by itself and the first that opens is taken, newest
 * scheme first, because the older table beside a GPT only protects it.
 */
#include "fs/session.h"

#include <string.h>

/* Slots told to the parent; a GPT has 128, an extended chain could go on for ever. */
#define VOLUMES_MAX 4096u

static const TSK_VS_TYPE_ENUM table_order[] = {
	TSK_VS_TYPE_GPT, TSK_VS_TYPE_DOS, TSK_VS_TYPE_MAC, TSK_VS_TYPE_BSD, TSK_VS_TYPE_SUN,
};

static const char *table_name(TSK_VS_TYPE_ENUM type)
{
	switch (type) {
	case TSK_VS_TYPE_DOS:
		return "dos";
	case TSK_VS_TYPE_GPT:
		return "gpt";
	case TSK_VS_TYPE_BSD:
		return "bsd";
	case TSK_VS_TYPE_SUN:
		return "sun";
	case TSK_VS_TYPE_MAC:
		return "mac";
	default:
		return "unknown";
	}
}

static const char *kind_name(TSK_VS_PART_FLAG_ENUM flags)
{
	if (flags & TSK_VS_PART_FLAG_META)
		return "metadata";
	return flags & TSK_VS_PART_FLAG_ALLOC ? "allocated" : "unallocated";
}

static TSK_VS_INFO *open_any(struct kan_fs_session *s, struct kan_fs_answer *a)
{
	TSK_VS_INFO *vs = tsk_vs_open(&s->img->info, 0, TSK_VS_TYPE_DETECT);

	/* Without " or " nothing looks like a table: the usual end for a bare file system. */
	if (vs || !strstr(tsk_error_get_errstr(), " or "))
		return vs;
	(void)kan_fs_answer_finding(a, KAN_FINDING_STRUCTURE, 0, 0, "partition table",
	                            "more than one kind of table fits: %s; the newest is taken",
	                            tsk_error_get_errstr());
	for (size_t i = 0; i < sizeof(table_order) / sizeof(table_order[0]); i++) {
		vs = tsk_vs_open(&s->img->info, 0, table_order[i]);
		if (vs)
			return vs;
	}
	return NULL;
}

static void put_slot(const TSK_VS_INFO *vs, const TSK_VS_PART_INFO *part, uint64_t media,
                     struct kan_fs_answer *a)
{
	struct kan_volume v = { 0 };

	kan_fs_set_text(v.table, sizeof(v.table), table_name(vs->vstype));
	kan_fs_set_text(v.kind, sizeof(v.kind), kind_name(part->flags));
	kan_fs_set_text(v.description, sizeof(v.description), part->desc ? part->desc : "");
	if (__builtin_mul_overflow((uint64_t)part->start, (uint64_t)vs->block_size, &v.offset) ||
	    __builtin_add_overflow(v.offset, (uint64_t)vs->offset, &v.offset) ||
	    __builtin_mul_overflow((uint64_t)part->len, (uint64_t)vs->block_size, &v.length)) {
		(void)kan_fs_answer_finding(a, KAN_FINDING_STRUCTURE, 0, 0, "partition table",
		                            "slot %d lies outside any media", part->slot_num);
		return;
	}
	if (v.offset > media || media - v.offset < v.length)
		(void)kan_fs_answer_finding(a, KAN_FINDING_TRUNCATED, v.offset, v.length,
		                            "partition table",
		                            "slot %d (%s) ends behind the end of the media",
		                            part->slot_num, v.description);
	kan_buf_reset(&a->body);
	kan_fs_put_volume(&a->body, &v);
	(void)kan_fs_answer_add(a, KAN_FS_REC_VOLUME);
}

int kan_fs_job_volumes(struct kan_fs_session *s, struct kan_wire *req, struct kan_fs_answer *a)
{
	TSK_VS_INFO *vs;
	uint32_t n = 0;

	if (!kan_wire_end(req))
		return kan_fail(a->err, KAN_EARG, "bad request for volumes");
	vs = open_any(s, a);
	if (!vs)
		return KAN_OK;
	if (vs->is_backup)
		(void)kan_fs_answer_finding(a, KAN_FINDING_STRUCTURE, 0, 0, "partition table",
		                            "the primary table is damaged, its copy at the end of "
		                            "the media was used");
	for (const TSK_VS_PART_INFO *p = vs->part_list; p && n < VOLUMES_MAX; p = p->next, n++)
		put_slot(vs, p, s->src->size, a);
	if (n == VOLUMES_MAX)
		(void)kan_fs_answer_finding(a, KAN_FINDING_LIMIT, 0, 0, "partition table",
		                            "more than %u slots, the rest was not looked at", n);
	tsk_vs_close(vs);
	return KAN_OK;
}
