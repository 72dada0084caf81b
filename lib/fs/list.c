/* SPDX-License-Identifier: MIT */
/*
 * list.c - the names of one directory, in a worker
 *
 * One job is one directory, so that a crash costs one directory.  The walk of
 * Sleuth Kit is used without its recursion: it loads the metadata of each name
 * exactly as it does for fls, and one record goes out for each line that fls
 * would print.  Whether to go down into a name is told to the parent, by the
 * same rule.
 */
#include "fs/iso_zone.h"
#include "fs/ntfs_exact.h"
#include "fs/times.h"

#include <string.h>

/*
 * Exported by libtsk, but its header is not installed.  Remembers the parent of a
 * FAT directory, which FAT itself does not know; without it Sleuth Kit walks the
 * whole tree for every directory whose parent this worker has not read.  Weak: a
 * libtsk that hides it is slower, not broken.
 */
extern __attribute__((weak)) uint8_t fatfs_dir_buf_add(void *fatfs, TSK_INUM_T parent,
                                                       TSK_INUM_T dir);

struct lister {
	struct kan_fs_session *s;
	const struct kan_fs_handle *h;
	struct kan_fs_answer *a;
	uint64_t dir;
	uint64_t odd_times; /* names with a time that we cannot represent */
	uint64_t no_zones;  /* names with a time whose zone is not known */
	struct kan_iso_zones zones;
	struct kan_ntfs_exact exact;
	const char *name;  /* of the row, exactly */
	bool many_streams; /* it has more than one */
};

static const enum kan_file_type name_types[] = {
	[TSK_FS_NAME_TYPE_UNDEF] = KAN_FILE_UNKNOWN,
	[TSK_FS_NAME_TYPE_FIFO] = KAN_FILE_FIFO,
	[TSK_FS_NAME_TYPE_CHR] = KAN_FILE_CHARDEV,
	[TSK_FS_NAME_TYPE_DIR] = KAN_FILE_DIRECTORY,
	[TSK_FS_NAME_TYPE_BLK] = KAN_FILE_BLOCKDEV,
	[TSK_FS_NAME_TYPE_REG] = KAN_FILE_REGULAR,
	[TSK_FS_NAME_TYPE_LNK] = KAN_FILE_SYMLINK,
	[TSK_FS_NAME_TYPE_SOCK] = KAN_FILE_SOCKET,
	[TSK_FS_NAME_TYPE_SHAD] = KAN_FILE_SHADOW,
	[TSK_FS_NAME_TYPE_WHT] = KAN_FILE_WHITEOUT,
	[TSK_FS_NAME_TYPE_VIRT] = KAN_FILE_VIRTUAL,
	[TSK_FS_NAME_TYPE_VIRT_DIR] = KAN_FILE_VIRTUAL_DIR,
};

static const enum kan_file_type meta_types[] = {
	[TSK_FS_META_TYPE_UNDEF] = KAN_FILE_UNKNOWN,
	[TSK_FS_META_TYPE_REG] = KAN_FILE_REGULAR,
	[TSK_FS_META_TYPE_DIR] = KAN_FILE_DIRECTORY,
	[TSK_FS_META_TYPE_FIFO] = KAN_FILE_FIFO,
	[TSK_FS_META_TYPE_CHR] = KAN_FILE_CHARDEV,
	[TSK_FS_META_TYPE_BLK] = KAN_FILE_BLOCKDEV,
	[TSK_FS_META_TYPE_LNK] = KAN_FILE_SYMLINK,
	[TSK_FS_META_TYPE_SHAD] = KAN_FILE_SHADOW,
	[TSK_FS_META_TYPE_SOCK] = KAN_FILE_SOCKET,
	[TSK_FS_META_TYPE_WHT] = KAN_FILE_WHITEOUT,
	[TSK_FS_META_TYPE_VIRT] = KAN_FILE_VIRTUAL,
	[TSK_FS_META_TYPE_VIRT_DIR] = KAN_FILE_VIRTUAL_DIR,
};

static enum kan_file_type map_type(const enum kan_file_type *map, size_t n, unsigned type)
{
	return type < n ? map[type] : KAN_FILE_UNKNOWN;
}

#define MAP_TYPE(map, type) map_type(map, sizeof(map) / sizeof((map)[0]), (unsigned)(type))

/* ISO 9660: the clock that Sleuth Kit gives is in the zone of its record. */
static void apply_zone(struct lister *l, struct kan_file *out)
{
	int64_t *ns = &out->time_ns[KAN_TIME_CREATED];
	int64_t utc_s;

	if (*ns == KAN_NO_TIME)
		return;
	if (kan_iso_zones_utc(&l->zones, *ns / 1000000000, &utc_s))
		*ns = utc_s * 1000000000;
	else
		l->no_zones++;
}

static void take_meta(struct lister *l, TSK_FS_FILE *f, struct kan_file *out)
{
	const TSK_FS_META *m = f->meta;

	if (!kan_fs_times(l->s, l->h, f, out))
		l->odd_times++;
	if (TSK_FS_TYPE_ISISO9660(f->fs_info->ftype))
		apply_zone(l, out);
	if (!m) {
		out->flags |= KAN_FILE_NO_META;
		return;
	}
	out->seq = m->seq;
	out->meta_type = MAP_TYPE(meta_types, m->type);
	out->mode = (uint32_t)m->mode & 07777;
	out->uid = (uint32_t)m->uid;
	out->gid = (uint32_t)m->gid;
	out->nlink = m->nlink > 0 ? (uint32_t)m->nlink : 0;
	out->size = m->size > 0 ? (uint64_t)m->size : 0;
	if (m->flags & TSK_FS_META_FLAG_UNALLOC)
		out->flags |= KAN_FILE_META_DELETED;
	if ((m->flags & TSK_FS_META_FLAG_ALLOC) && (f->name->flags & TSK_FS_NAME_FLAG_UNALLOC))
		out->flags |= KAN_FILE_META_REUSED;
	if (m->flags & TSK_FS_META_FLAG_COMP)
		out->flags |= KAN_FILE_COMPRESSED;
}

static void take_attr(const TSK_FS_ATTR *attr, struct kan_file *out)
{
	out->attr_type = (uint32_t)attr->type;
	out->attr_id = attr->id;
	out->size = attr->size > 0 ? (uint64_t)attr->size : 0;
	if (attr->flags & TSK_FS_ATTR_COMP)
		out->flags |= KAN_FILE_COMPRESSED;
	if (attr->flags & TSK_FS_ATTR_ENC)
		out->flags |= KAN_FILE_ENCRYPTED;
	if (attr->flags & TSK_FS_ATTR_SPARSE)
		out->flags |= KAN_FILE_SPARSE;
	if (attr->flags & TSK_FS_ATTR_RES)
		out->flags |= KAN_FILE_RESIDENT;
	/* A named stream of a directory is a file. */
	if (attr->type == TSK_FS_ATTR_TYPE_NTFS_DATA && out->meta_type == KAN_FILE_DIRECTORY)
		out->meta_type = KAN_FILE_REGULAR;
}

/* True if the walk of Sleuth Kit would go down into this name. */
static bool descends(const TSK_FS_FILE *f)
{
	const TSK_FS_NAME *n = f->name;

	if (!TSK_FS_IS_DIR_NAME(n->type) && n->type != TSK_FS_NAME_TYPE_UNDEF)
		return false;
	if (!f->meta || !TSK_FS_IS_DIR_META(f->meta->type) || TSK_FS_ISDOT(n->name))
		return false;
	return (n->flags & TSK_FS_NAME_FLAG_ALLOC) || ((n->flags & TSK_FS_NAME_FLAG_UNALLOC) &&
	                                               (f->meta->flags & TSK_FS_META_FLAG_UNALLOC));
}

/*
 * The name of a stream.  A nameless one is looked at twice only beside others, because
 * every file has one.
 */
static const char *stream_name(struct lister *l, TSK_FS_FILE *f, const TSK_FS_ATTR *attr)
{
	bool named = attr->name && attr->name[0] != '\0';

	if (attr->type == TSK_FS_ATTR_TYPE_NTFS_IDXROOT && named && strcmp(attr->name, "$I30") == 0)
		return "";
	return named || l->many_streams ? kan_ntfs_exact_stream(&l->exact, f, attr) : "";
}

/*
 * One line of fls: a name, with one of its streams where there are some.  @flags
 * are those that the caller knows.
 */
static void put_row(struct lister *l, TSK_FS_FILE *f, const TSK_FS_ATTR *attr, uint32_t flags,
                    bool down)
{
	struct kan_file out = { .addr = f->name->meta_addr, .parent = l->dir, .flags = flags };
	const char *stream = "";

	out.name_type = MAP_TYPE(name_types, f->name->type);
	if (f->name->flags & TSK_FS_NAME_FLAG_UNALLOC)
		out.flags |= KAN_FILE_NAME_DELETED;
	take_meta(l, f, &out);
	if (attr) {
		take_attr(attr, &out);
		stream = stream_name(l, f, attr);
	}
	kan_buf_reset(&l->a->body);
	kan_wire_put_u8(&l->a->body, down);
	kan_wire_put_str(&l->a->body, l->name);
	kan_wire_put_str(&l->a->body, stream);
	kan_fs_put_file(&l->a->body, &out);
	kan_wire_put_str(&l->a->body, f->meta && f->meta->link ? f->meta->link : "");
	(void)kan_fs_answer_add(l->a, KAN_FS_REC_NAME);
}

static bool is_dot_dot(const char *name)
{
	return strcmp(name, "..") == 0;
}

static int count_attrs(struct lister *l, TSK_FS_FILE *f)
{
	int n = tsk_fs_file_attr_getsize(f);

	if (n == 0 && tsk_error_get_errno() != 0)
		(void)kan_fs_answer_tsk(l->a, KAN_NO_OFFSET, f->name->name,
		                        "the attributes of the file could not be read");
	return n;
}

static size_t count_data(TSK_FS_FILE *f, int n)
{
	size_t found = 0;

	for (int i = 0; i < n; i++) {
		const TSK_FS_ATTR *attr = tsk_fs_file_attr_get_idx(f, i);

		found += attr && attr->type == TSK_FS_ATTR_TYPE_NTFS_DATA;
	}
	return found;
}

/*
 * On NTFS every $DATA and $INDEX_ROOT is a line.  The streams of a directory are
 * shown under its own name and under ".", as fls does, but not under "..".
 */
static void put_ntfs_rows(struct lister *l, TSK_FS_FILE *f, bool down)
{
	int n = count_attrs(l, f);
	bool dot = TSK_FS_ISDOT(f->name->name);
	bool is_dir = f->meta->type == TSK_FS_META_TYPE_DIR;
	uint32_t flags = 0;
	bool any = false;

	l->many_streams = is_dir || count_data(f, n) > 1;
	for (int i = 0; i < n; i++) {
		const TSK_FS_ATTR *attr = tsk_fs_file_attr_get_idx(f, i);
		bool index, data;

		if (!attr)
			continue;
		index = attr->type == TSK_FS_ATTR_TYPE_NTFS_IDXROOT;
		data = attr->type == TSK_FS_ATTR_TYPE_NTFS_DATA;
		any = any || index || data;
		if ((data && !(is_dir && is_dot_dot(f->name->name))) || (index && !dot)) {
			put_row(l, f, attr, flags, down);
			flags = KAN_FILE_NEXT_STREAM;
			down = false; /* once */
		}
	}
	if (!any)
		put_row(l, f, NULL, 0, down);
}

/* Hard links that Sleuth Kit shows alike are one line of fls, and are told apart here. */
static void put_ntfs_names(struct lister *l, TSK_FS_FILE *f)
{
	bool down = descends(f);
	size_t i = 0;

	while ((l->name = kan_ntfs_exact_name(&l->exact, f, &i))) {
		if (f->meta)
			put_ntfs_rows(l, f, down);
		else if (!TSK_FS_ISDOT(f->name->name))
			put_row(l, f, NULL, 0, down);
		down = false; /* once */
	}
}

static TSK_WALK_RET_ENUM on_name(TSK_FS_FILE *f, const char *path, void *arg)
{
	struct lister *l = arg;

	(void)path;
	if (!f->name || !f->name->name)
		return TSK_WALK_CONT;
	tsk_error_reset();
	if (TSK_FS_TYPE_ISNTFS(f->fs_info->ftype)) {
		put_ntfs_names(l, f);
	} else if (!TSK_FS_ISDOT(f->name->name)) {
		l->name = f->name->name;
		put_row(l, f, NULL, 0, descends(f));
	}
	return l->a->rc == KAN_OK ? TSK_WALK_CONT : TSK_WALK_ERROR;
}

static void tell_trouble(struct lister *l)
{
	if (kan_ntfs_exact_failed(&l->exact) && l->a->rc == KAN_OK)
		l->a->rc = kan_fail(l->a->err, KAN_ENOMEM, "out of memory");
	if (l->exact.full)
		(void)kan_fs_answer_finding(l->a, KAN_FINDING_LIMIT, KAN_NO_OFFSET, 0, "",
		                            "more than %u names with half of a surrogate pair, the "
		                            "rest is not exact",
		                            KAN_NTFS_NAMES_MAX);
	if (l->odd_times)
		(void)kan_fs_answer_finding(l->a, KAN_FINDING_STRUCTURE, KAN_NO_OFFSET, 0, "",
		                            "%" PRIu64 " entries hold a time outside 1677-2262",
		                            l->odd_times);
	if (l->no_zones)
		(void)kan_fs_answer_finding(l->a, KAN_FINDING_NOTE, KAN_NO_OFFSET, 0, "",
		                            "%" PRIu64
		                            " entries have a time whose zone is not known; "
		                            "it is shown as if it were UTC",
		                            l->no_zones);
}

int kan_fs_job_list(struct kan_fs_session *s, struct kan_wire *req, struct kan_fs_answer *a)
{
	struct lister l = { .s = s, .a = a };
	struct kan_fs_handle *h;
	struct kan_fs_ref ref;
	uint64_t parent;

	kan_fs_get_ref(req, &ref);
	l.dir = kan_wire_u64(req);
	parent = kan_wire_u64(req);
	if (!kan_wire_end(req))
		return kan_fail(a->err, KAN_EARG, "bad request for a directory");
	kan_fs_session_fault(s, KAN_FS_OP_LIST, ref.number, l.dir);
	h = kan_fs_session_open(s, &ref, a);
	if (!h)
		return KAN_OK;
	l.h = h;
	if (fatfs_dir_buf_add && TSK_FS_TYPE_ISFAT(h->fs->ftype) && l.dir != h->fs->root_inum)
		(void)fatfs_dir_buf_add(h->fs, parent, l.dir); /* without it only slower */
	if (TSK_FS_TYPE_ISISO9660(h->fs->ftype))
		kan_iso_zones_read(&l.zones, h->fs, l.dir);
	if (TSK_FS_TYPE_ISNTFS(h->fs->ftype))
		kan_ntfs_exact_open(&l.exact, h->fs, l.dir);
	tsk_error_reset();
	if (tsk_fs_dir_walk(h->fs, l.dir,
	                    (TSK_FS_DIR_WALK_FLAG_ENUM)(TSK_FS_DIR_WALK_FLAG_ALLOC |
	                                                TSK_FS_DIR_WALK_FLAG_UNALLOC),
	                    on_name, &l) &&
	    a->rc == KAN_OK)
		(void)kan_fs_answer_tsk(a, KAN_NO_OFFSET, "", "the directory could not be read");
	kan_iso_zones_done(&l.zones);
	tell_trouble(&l);
	kan_ntfs_exact_close(&l.exact);
	return KAN_OK;
}
