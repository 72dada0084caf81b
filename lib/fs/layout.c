/* SPDX-License-Identifier: MIT */
/*
 * layout.c - what is where on an image: volumes and file systems
 *
 * One worker is asked for the partition table, then once for each slot, so that
 * a slot which kills Sleuth Kit costs itself only.  Before each question our own
 * signatures are looked at: an encrypted volume is believed at once, because the
 * file system that some of them show on the outside is a cover; the rest is
 * believed only where Sleuth Kit finds nothing.
 */
#include "core/cleanup.h"
#include "fs/recognise.h"
#include "fs/session.h"
#include "fs/signatures.h"
#include "fs/slot_label.h"

#include <string.h>

/* File systems kept; hostile evidence could show any number. */
#define SYSTEMS_MAX 4096u
#define SLOTS_MAX   4096u

/* Less than this is not worth a guess about its contents, in bytes. */
static const uint64_t guess_min = 1u << 20;

struct finder {
	struct kan_layout *layout;
	struct kan_worker *worker;
	struct kan_source *src; /* cached; owned */
	struct kan_findings *findings;
	uint32_t volume;  /* number of the volume that is being probed */
	bool holds_label; /* it is the place of a table of its own */
	size_t volumes_room;
	size_t systems_room;
};

static const char *const state_names[] = {
	[KAN_FS_READABLE] = "readable",
	[KAN_FS_ENCRYPTED] = "encrypted",
	[KAN_FS_UNSUPPORTED] = "unsupported",
	[KAN_FS_CONTAINER] = "container",
	[KAN_FS_SWAP] = "swap",
	[KAN_FS_SUSPECTED] = "suspected",
};

const char *kan_fs_state_name(enum kan_fs_state state)
{
	size_t i = (size_t)state;

	return i < sizeof(state_names) / sizeof(state_names[0]) ? state_names[i] : "unknown";
}

void kan_layout_free(struct kan_layout *layout)
{
	if (!layout)
		return;
	free(layout->volumes);
	free(layout->filesystems);
	free(layout);
}

static void finder_done(struct finder *f)
{
	kan_worker_stop(f->worker);
	kan_source_close(f->src);
	kan_layout_free(f->layout);
}

static inline void kan_drop_finder(struct finder *f)
{
	finder_done(f);
}

/* Room for one more element of @size bytes. */
static int grow(void **list, size_t n, size_t *room, size_t size, struct kan_err *err)
{
	size_t want = *room ? *room * 2 : 16;
	void *more;

	if (n < *room)
		return KAN_OK;
	more = realloc(*list, want * size);
	if (!more)
		return kan_fail(err, KAN_ENOMEM, "out of memory");
	*list = more;
	*room = want;
	return KAN_OK;
}

static int add_volume(struct finder *f, const struct kan_volume *v, struct kan_err *err)
{
	struct kan_layout *l = f->layout;
	void *list = l->volumes;
	int rc;

	if (l->nvolumes == SLOTS_MAX)
		return KAN_OK; /* the worker told so */
	rc = grow(&list, l->nvolumes, &f->volumes_room, sizeof(*v), err);
	l->volumes = list;
	if (rc == KAN_OK)
		l->volumes[l->nvolumes++] = *v;
	return rc;
}

static int add_system(struct finder *f, const struct kan_filesystem *fs, struct kan_err *err)
{
	struct kan_layout *l = f->layout;
	void *list = l->filesystems;
	int rc;

	if (l->nfilesystems == SYSTEMS_MAX) {
		kan_findings_add(f->findings, KAN_FINDING_LIMIT, fs->offset, 0, fs->type,
		                 "more than %u file systems, the rest was not looked at",
		                 SYSTEMS_MAX);
		return KAN_OK;
	}
	rc = grow(&list, l->nfilesystems, &f->systems_room, sizeof(*fs), err);
	l->filesystems = list;
	if (rc == KAN_OK) {
		l->filesystems[l->nfilesystems] = *fs;
		l->filesystems[l->nfilesystems++].volume = f->volume;
	}
	return rc;
}

static int take_rec(void *arg, enum kan_fs_rec kind, struct kan_wire *body, struct kan_err *err)
{
	struct finder *f = arg;
	struct kan_filesystem fs;
	struct kan_volume v;

	if (kind == KAN_FS_REC_FINDING)
		return kan_fs_take_finding(body, f->findings, err);
	if (kind == KAN_FS_REC_VOLUME) {
		kan_fs_get_volume(body, &v);
		if (kan_wire_end(body))
			return add_volume(f, &v, err);
	}
	if (kind == KAN_FS_REC_SYSTEM) {
		kan_fs_get_system(body, &fs);
		if (kan_wire_end(body))
			return add_system(f, &fs, err);
	}
	return kan_fail(err, KAN_EWORKER, "a worker answered nonsense");
}

static int take_frame(void *arg, struct kan_bytes rec, struct kan_err *err)
{
	return kan_fs_each_rec(rec, take_rec, arg, err);
}

/* Ask the worker; if it dies, it costs this question only. */
static int ask(struct finder *f, const struct kan_buf *request, uint64_t offset,
               const char *subject, struct kan_err *err)
{
	struct kan_job_result result = { 0 };
	int rc = kan_buf_check(request, err);

	if (rc == KAN_OK)
		rc = kan_worker_call(f->worker, request->data, request->len, take_frame, f, &result,
		                     err);
	if (rc == KAN_OK && result.end != KAN_JOB_DONE)
		kan_findings_add(f->findings, kan_job_finding(result.end), offset, 0, subject, "%s",
		                 result.err.msg);
	return rc;
}

static int compare_volumes(const void *a, const void *b)
{
	const struct kan_volume *x = a, *y = b;
	int c = (x->offset > y->offset) - (x->offset < y->offset);

	if (c == 0)
		c = strcmp(x->kind, y->kind);
	if (c == 0)
		c = (x->length > y->length) - (x->length < y->length);
	return c ? c : strcmp(x->description, y->description);
}

/* Tables whose slots are known to hold another table. */
static bool is_outer(const struct kan_volume *v)
{
	return strcmp(v->table, "dos") == 0 || strcmp(v->table, "gpt") == 0;
}

/* The label in the second sector of a slot; false if there is none. */
static bool label_in(struct kan_slot_label *out, const struct finder *f, const struct kan_volume *v)
{
	const struct kan_place p = { f->src, v->offset, v->length, NULL };
	uint32_t sector_size = f->src->sector_size ? f->src->sector_size : KAN_SLOT_SECTOR;
	uint8_t sector[KAN_SLOT_SECTOR];

	return kan_place_read(&p, sector_size, sector, sizeof(sector)) &&
	       kan_slot_label_read(out, sector, sector_size, v->offset, v->length);
}

static int add_label(struct finder *f, const struct kan_slot_label *label, uint64_t at,
                     struct kan_err *err)
{
	int rc = KAN_OK;

	if (label->nbad > 0)
		kan_findings_add(f->findings, KAN_FINDING_STRUCTURE, at, 0, "partition table",
		                 "%zu slots of the label lie outside any media", label->nbad);
	for (size_t i = 0; rc == KAN_OK && i < label->n; i++) {
		const struct kan_volume *v = &label->entries[i];

		if (v->offset > f->src->size || f->src->size - v->offset < v->length)
			kan_findings_add(
				f->findings, KAN_FINDING_TRUNCATED, v->offset, v->length,
				"partition table",
				"a slot of the label (%s) ends behind the end of the media",
				v->description);
		rc = add_volume(f, v, err);
	}
	return rc;
}

/* Slots inside slots; the outer one is then no more than the place of a table. */
static int find_labels(struct finder *f, struct kan_err *err)
{
	struct kan_layout *l = f->layout;
	size_t slots = l->nvolumes;
	int rc = KAN_OK;

	for (size_t i = 0; rc == KAN_OK && i < slots; i++) {
		struct kan_volume *v = &l->volumes[i];
		struct kan_slot_label label;

		if (strcmp(v->kind, "allocated") != 0 || !is_outer(v) || !label_in(&label, f, v))
			continue;
		if (label.n > 0)
			kan_fs_set_text(v->kind, sizeof(v->kind), "metadata");
		rc = add_label(f, &label, v->offset, err);
	}
	return rc;
}

static int find_volumes(struct finder *f, struct kan_err *err)
{
	struct kan_layout *l = f->layout;
	struct kan_volume whole = {
		.length = f->src->size,
		.table = "none",
		.kind = "allocated",
		.description = "no partition table",
	};
	struct kan_buf req = { 0 };
	int rc;

	kan_wire_put_u8(&req, KAN_FS_OP_VOLUMES);
	rc = ask(f, &req, 0, "partition table", err);
	kan_buf_done(&req);
	if (rc == KAN_OK && l->nvolumes == 0)
		rc = add_volume(f, &whole, err);
	else if (rc == KAN_OK)
		rc = find_labels(f, err);
	if (rc != KAN_OK)
		return rc;
	qsort(l->volumes, l->nvolumes, sizeof(*l->volumes), compare_volumes);
	for (size_t i = 0; i < l->nvolumes; i++)
		l->volumes[i].number = (uint32_t)i + 1;
	return KAN_OK;
}

/* A volume that we know but do not read: a row of the layout, and a finding. */
static int add_recognised(struct finder *f, const struct kan_recognised *r, uint64_t offset,
                          uint64_t length, struct kan_err *err)
{
	struct kan_filesystem fs = { .state = r->state, .offset = offset, .size = length };
	enum kan_finding_kind kind = KAN_FINDING_UNSUPPORTED;
	const char *what = "recognised, cannot be read yet";

	if (r->state == KAN_FS_READABLE)
		fs.state = KAN_FS_UNSUPPORTED;
	if (r->state == KAN_FS_ENCRYPTED) {
		kind = KAN_FINDING_ENCRYPTED;
		what = "encrypted, not opened";
	} else if (r->state == KAN_FS_SWAP) {
		kind = KAN_FINDING_NOTE;
		what = "holds no files";
	} else if (r->state == KAN_FS_CONTAINER) {
		what = "holds volumes, which cannot be read yet";
	}
	kan_fs_set_text(fs.type, sizeof(fs.type), r->type);
	kan_fs_set_text(fs.id, sizeof(fs.id), r->id);
	kan_fs_set_text(fs.label, sizeof(fs.label), r->label);
	kan_findings_add(f->findings, kind, offset, length, r->type, "%s: %s", r->label_for_people,
	                 what);
	return add_system(f, &fs, err);
}

/* Nothing is recognised: say what it looks like, as a guess and no more. */
static int add_texture(struct finder *f, uint64_t offset, uint64_t length, struct kan_err *err)
{
	struct kan_filesystem fs = {
		.state = KAN_FS_SUSPECTED,
		.type = "unknown",
		.offset = offset,
		.size = length,
	};
	enum kan_texture t = kan_texture_of(f->src, offset, length);

	if (t == KAN_TEXTURE_EMPTY || f->holds_label)
		return KAN_OK;
	if (t == KAN_TEXTURE_RANDOM && length >= guess_min && length % 512 == 0) {
		kan_findings_add(
			f->findings, KAN_FINDING_NOTE, offset, length, "volume",
			"no structure, and samples look random: perhaps encrypted, perhaps "
			"overwritten with random bytes");
		return add_system(f, &fs, err);
	}
	kan_findings_add(f->findings, KAN_FINDING_NOTE, offset, length, "volume",
	                 "no file system is recognised");
	return KAN_OK;
}

static int probe(struct finder *f, uint64_t offset, uint64_t length, const char *hint,
                 struct kan_err *err)
{
	struct kan_buf req = { 0 };
	int rc;

	kan_wire_put_u8(&req, KAN_FS_OP_PROBE);
	kan_wire_put_u64(&req, offset);
	kan_wire_put_u64(&req, length);
	kan_wire_put_str(&req, hint);
	rc = ask(f, &req, offset, hint[0] ? hint : "volume", err);
	kan_buf_done(&req);
	return rc;
}

/* A table that was made anew can leave an older, larger file system in a slot. */
static void tell_longer(struct finder *f, size_t before, uint64_t length)
{
	for (size_t i = before; i < f->layout->nfilesystems; i++) {
		const struct kan_filesystem *fs = &f->layout->filesystems[i];

		if (fs->state == KAN_FS_READABLE && fs->size > length)
			kan_findings_add(f->findings, KAN_FINDING_STRUCTURE, fs->offset, fs->size,
			                 fs->type,
			                 "the file system is %llu bytes longer than its volume",
			                 (unsigned long long)(fs->size - length));
	}
}

/* What Sleuth Kit has opened after our own signatures had said something else. */
static void tell_cover(struct finder *f, const struct kan_recognised *r, uint64_t offset)
{
	if (r->type && r->state != KAN_FS_READABLE)
		kan_findings_add(f->findings, KAN_FINDING_NOTE, offset, 0, r->type,
		                 "the volume also has the signature of %s, perhaps from before",
		                 r->label_for_people);
}

static int examine(struct finder *f, uint64_t offset, uint64_t length, struct kan_err *err)
{
	struct kan_recognised r = { 0 };
	size_t before = f->layout->nfilesystems;
	uint64_t volume_length = length;
	int rc;

	if (offset >= f->src->size)
		return KAN_OK; /* told with the volume */
	if (f->src->size - offset < length)
		length = f->src->size - offset;
	if (!kan_recognise(&r, f->src, offset, length, f->findings))
		r.type = NULL;
	if (r.type && r.certain_first)
		return add_recognised(f, &r, offset, length, err);
	rc = probe(f, offset, length, r.type && r.state == KAN_FS_READABLE ? r.type : "", err);
	if (rc != KAN_OK)
		return rc;
	if (f->layout->nfilesystems > before) {
		tell_longer(f, before, volume_length);
		tell_cover(f, &r, offset);
		return KAN_OK;
	}
	return r.type ? add_recognised(f, &r, offset, length, err)
	              : add_texture(f, offset, length, err);
}

static bool has_system_at(const struct kan_layout *l, uint64_t offset)
{
	for (size_t i = 0; i < l->nfilesystems; i++)
		if (l->filesystems[i].offset == offset)
			return true;
	return false;
}

/*
 * A file system over the whole media in spite of a table: a stick without one,
 * whose boot code looks like slots, or a disc that can also be a disk.
 */
static int examine_whole(struct finder *f, struct kan_err *err)
{
	struct kan_recognised r = { 0 };

	if (strcmp(f->layout->volumes[0].table, "none") == 0 || has_system_at(f->layout, 0))
		return KAN_OK;
	if (!kan_recognise(&r, f->src, 0, f->src->size, NULL))
		return f->layout->nfilesystems == 0 ? probe(f, 0, f->src->size, "", err) : KAN_OK;
	if (r.certain_first || r.state != KAN_FS_READABLE)
		return KAN_OK; /* belongs to a slot, or is a rest */
	kan_findings_add(f->findings, KAN_FINDING_NOTE, 0, 0, r.type,
	                 "the media has a partition table and a file system over all of it");
	return probe(f, 0, f->src->size, r.type, err);
}

static int find_systems(struct finder *f, struct kan_err *err)
{
	const struct kan_layout *l = f->layout;
	uint64_t last = UINT64_MAX;
	int rc = KAN_OK;

	for (size_t i = 0; rc == KAN_OK && i < l->nvolumes; i++) {
		const struct kan_volume *v = &l->volumes[i];
		struct kan_slot_label label;

		/* A label can be older than the file system that was made over it. */
		f->holds_label = label_in(&label, f, v);
		if (v->offset == last || v->length == 0 ||
		    (strcmp(v->kind, "allocated") != 0 &&
		     !(f->holds_label && is_outer(v) && strcmp(v->kind, "metadata") == 0)))
			continue;
		last = v->offset;
		f->volume = v->number;
		rc = examine(f, v->offset, v->length, err);
	}
	f->volume = 0;
	f->holds_label = false;
	return rc == KAN_OK ? examine_whole(f, err) : rc;
}

static int compare_systems(const void *a, const void *b)
{
	const struct kan_filesystem *x = a, *y = b;
	int c = (x->offset > y->offset) - (x->offset < y->offset);

	if (c == 0)
		c = (x->pool_block > y->pool_block) - (x->pool_block < y->pool_block);
	return c ? c : strcmp(x->type, y->type);
}

static int start(struct finder *f, struct kan_image *img, const struct kan_fs_opts *opts,
                 struct kan_fs_start *arg, struct kan_err *err)
{
	struct kan_worker_opts wopts = {
		.memory_limit = opts ? opts->memory_limit : 0,
		.seconds = opts ? opts->seconds : 0,
		.readable = kan_image_readable(img),
		.arg = arg,
	};
	int rc = kan_worker_start(&f->worker, &kan_fs_worker, &wopts, err);

	if (rc == KAN_OK)
		rc = kan_source_cache(&f->src, kan_image_source(img), 65536, 32, err);
	return rc;
}

int kan_layout_find(struct kan_layout **out, struct kan_image *img, const struct kan_fs_opts *opts,
                    struct kan_findings *findings, struct kan_err *err)
{
	KAN_AUTO(finder) struct finder f = { .findings = findings };
	struct kan_fs_start arg = { .img = img };
	int rc;

	f.layout = calloc(1, sizeof(*f.layout));
	if (!f.layout)
		return kan_fail(err, KAN_ENOMEM, "out of memory");
	rc = start(&f, img, opts, &arg, err);
	if (rc == KAN_OK)
		rc = find_volumes(&f, err);
	if (rc == KAN_OK)
		rc = find_systems(&f, err);
	if (rc != KAN_OK)
		return rc;
	if (f.layout->nfilesystems > 0)
		qsort(f.layout->filesystems, f.layout->nfilesystems, sizeof(*f.layout->filesystems),
		      compare_systems);
	for (size_t i = 0; i < f.layout->nfilesystems; i++)
		f.layout->filesystems[i].number = (uint32_t)i + 1;
	*out = KAN_STEAL(f.layout);
	return KAN_OK;
}
