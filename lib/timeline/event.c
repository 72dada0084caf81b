/* SPDX-License-Identifier: MIT */
/*
 * event.c - the events that a file record stands for, and their order
 */
#include "kanshiki/event.h"

#include "kanshiki/buf.h"

#include <stdio.h>
#include <string.h>

static const uint32_t FAT_UNIT_NS = 2000000000; /* no other file system counts in two seconds */
enum { NTFS_FILE_NAME = 48, SOURCE_MAX = 40 };

static const char *const time_names[KAN_FILE_NTIMES] = {
	[KAN_TIME_MODIFIED] = "modified", [KAN_TIME_ACCESSED] = "accessed",
	[KAN_TIME_CHANGED] = "changed",   [KAN_TIME_CREATED] = "created",
	[KAN_TIME_DELETED] = "deleted",   [KAN_TIME_BACKUP] = "backup",
};

static int compare_numbers(uint64_t a, uint64_t b)
{
	return (a > b) - (a < b);
}

static int compare_rest(const struct kan_event *a, const struct kan_event *b)
{
	const uint64_t x[] = { a->addr,  a->seq,  a->attr_type, a->attr_id, a->flags, a->unit_ns,
		               a->local, a->type, a->mode,      a->uid,     a->gid,   a->size };
	const uint64_t y[] = { b->addr,  b->seq,  b->attr_type, b->attr_id, b->flags, b->unit_ns,
		               b->local, b->type, b->mode,      b->uid,     b->gid,   b->size };
	int order = 0;

	for (size_t i = 0; order == 0 && i < sizeof(x) / sizeof(x[0]); i++)
		order = compare_numbers(x[i], y[i]);
	return order;
}

int kan_event_compare(const struct kan_event *a, const struct kan_event *b)
{
	int order = (a->time_ns > b->time_ns) - (a->time_ns < b->time_ns);

	if (order == 0)
		order = strcmp(a->source, b->source);
	if (order == 0)
		order = compare_numbers(a->evidence, b->evidence);
	if (order == 0)
		order = compare_numbers(a->fs, b->fs);
	if (order == 0)
		order = strcmp(a->path, b->path);
	if (order == 0)
		order = strcmp(a->meaning, b->meaning);
	return order ? order : compare_rest(a, b);
}

bool kan_file_is_local(const struct kan_file *file)
{
	for (size_t i = 0; i < KAN_FILE_NTIMES; i++)
		if (file->time_unit_ns[i] == KAN_UNIT_DAY || file->time_unit_ns[i] == FAT_UNIT_NS)
			return true;
	return false;
}

static bool is_fat(const char *fs_type)
{
	return strncmp(fs_type, "fat", 3) == 0 || strncmp(fs_type, "exfat", 5) == 0;
}

static struct kan_event event_of(const struct kan_file *f, const char *fs_type)
{
	return (struct kan_event){
		.local = is_fat(fs_type) || kan_file_is_local(f),
		.source = fs_type,
		.evidence = f->evidence,
		.fs = f->fs,
		.addr = f->addr,
		.seq = f->seq,
		.attr_type = f->attr_type,
		.attr_id = f->attr_id,
		.flags = f->flags,
		.type = f->meta_type != KAN_FILE_UNKNOWN ? f->meta_type : f->name_type,
		.mode = f->mode,
		.uid = f->uid,
		.gid = f->gid,
		.size = f->size,
		.path = f->path,
		.count = 1,
	};
}

/* One event for each of @times that is set; @ev is the rest of it. */
static int give_times(struct kan_event *ev, const int64_t *times, const uint32_t *units,
                      kan_event_fn *fn, void *arg, struct kan_err *err)
{
	int rc = KAN_OK;

	for (size_t i = 0; i < KAN_FILE_NTIMES && rc == KAN_OK; i++) {
		if (times[i] == KAN_NO_TIME)
			continue;
		ev->time_ns = times[i];
		ev->unit_ns = units[i] ? units[i] : 1;
		ev->meaning = time_names[i];
		rc = fn(arg, ev, err);
	}
	return rc;
}

static int give_stream(struct kan_event ev, const struct kan_file *f, kan_event_fn *fn, void *arg,
                       struct kan_err *err)
{
	struct kan_buf path = { 0 };
	int rc;

	kan_buf_puts(&path, f->path);
	kan_buf_putc(&path, ':');
	kan_buf_puts(&path, f->stream);
	rc = kan_buf_check(&path, err);
	ev.path = path.data;
	if (rc == KAN_OK)
		rc = give_times(&ev, f->time_ns, f->time_unit_ns, fn, arg, err);
	kan_buf_done(&path);
	return rc;
}

static int give_file_name(struct kan_event ev, const struct kan_file *f, kan_event_fn *fn,
                          void *arg, struct kan_err *err)
{
	static const uint32_t units[KAN_FILE_NTIMES] = { 100, 100, 100, 100, 100, 100 };

	ev.attr_type = NTFS_FILE_NAME;
	ev.attr_id = 0;
	return give_times(&ev, f->fn_ns, units, fn, arg, err);
}

int kan_events_of_file(const struct kan_file *file, const char *fs_type, kan_event_fn *fn,
                       void *arg, struct kan_err *err)
{
	struct kan_event ev = event_of(file, fs_type);
	bool ntfs = strcmp(fs_type, "ntfs") == 0;
	char source[SOURCE_MAX];
	int rc;

	ev.source = ntfs ? "ntfs:si" : fs_type;
	if (file->stream[0] != '\0')
		rc = give_stream(ev, file, fn, arg, err);
	else
		rc = give_times(&ev, file->time_ns, file->time_unit_ns, fn, arg, err);
	if (rc != KAN_OK || !(file->flags & KAN_FILE_FN_TIMES) ||
	    (file->flags & KAN_FILE_NEXT_STREAM))
		return rc;
	snprintf(source, sizeof(source), "%.32s:fn", fs_type);
	ev.source = source;
	return give_file_name(ev, file, fn, arg, err);
}
