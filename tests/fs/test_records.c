/* SPDX-License-Identifier: MIT */
/*
 * test_records.c - what a record says of a file, against what others say of it
 */
#include "fs/samples.h"

#include <time.h>

/* One line for each record, written by @put. */
struct recorder {
	const struct kan_layout *layout;
	uint32_t fs;
	struct lines lines;
	struct kan_buf line;
	void (*put)(struct kan_buf *b, const struct kan_file *f, const char *type);
};

static int record(void *arg, const struct kan_file *f, struct kan_err *err)
{
	struct recorder *r = arg;

	(void)err;
	if (r->fs && f->fs != r->fs)
		return KAN_OK;
	kan_buf_reset(&r->line);
	r->put(&r->line, f, r->layout->filesystems[f->fs - 1].type);
	if (r->line.len > 0)
		lines_add(&r->lines, r->line.data);
	return KAN_OK;
}

static void record_all(struct evidence *e, struct recorder *r)
{
	struct kan_err err = { 0 };

	r->layout = e->layout;
	ck_assert_msg(kan_files_walk(e->img, e->layout, NULL, record, r, &e->findings, &err) ==
	                      KAN_OK,
	              "%s", err.msg);
	lines_sort(&r->lines);
}

static void recorder_done(struct recorder *r)
{
	lines_done(&r->lines);
	kan_buf_done(&r->line);
}

/* Equal neighbours of a sorted list become one. */
static void lines_unique(struct lines *l)
{
	size_t n = 0;

	for (size_t i = 0; i < l->n; i++) {
		if (n > 0 && strcmp(l->line[n - 1], l->line[i]) == 0)
			free(l->line[i]);
		else
			l->line[n++] = l->line[i];
	}
	l->n = n;
}

/* ---- fls -m: sizes, owners and times ------------------------------------------ */

static long long seconds(int64_t ns)
{
	if (ns == KAN_NO_TIME)
		return 0;
	return ns >= 0 ? ns / 1000000000 : -((-ns + 999999999) / 1000000000);
}

static void put_body(struct kan_buf *b, const struct kan_file *f, const char *type)
{
	kan_buf_printf(b, "%llu", (unsigned long long)f->addr);
	if (strcmp(type, "ntfs") == 0 && f->attr_type)
		kan_buf_printf(b, "-%u-%u", f->attr_type, f->attr_id);
	kan_buf_printf(b, "|%u|%u|%llu|%lld|%lld|%lld", f->uid, f->gid, (unsigned long long)f->size,
	               seconds(f->time_ns[KAN_TIME_ACCESSED]),
	               seconds(f->time_ns[KAN_TIME_MODIFIED]),
	               seconds(f->time_ns[KAN_TIME_CHANGED]));
	/* Sleuth Kit takes the time of ISO 9660 without its zone. */
	if (strcmp(type, "iso9660") != 0)
		kan_buf_printf(b, "|%lld", seconds(f->time_ns[KAN_TIME_CREATED]));
	kan_buf_putc(b, '|');
	put_shown(b, f->path);
	if (f->stream[0]) {
		kan_buf_putc(b, ':');
		put_shown(b, f->stream);
	}
	if (f->link[0] && f->meta_type == KAN_FILE_SYMLINK)
		kan_buf_printf(b, " -> %s", f->link);
	if (f->flags & KAN_FILE_NAME_DELETED)
		kan_buf_puts(b,
		             f->flags & KAN_FILE_META_REUSED ? " (deleted-realloc)" : " (deleted)");
}

/* What Sleuth Kit makes of a FILETIME of zero, which was never set. */
#define NEVER      "3373865674"
#define NEVER_TEXT "2076-11-29 08:54:34"

static void ask_body(struct lines *out, const char *path, const struct kan_filesystem *fs)
{
	const char *columns = "$3\"|\"$5\"|\"$6\"|\"$7\"|\"$8\"|\"$9\"|\"$10\"|\"$11\"|\"$2";

	if (strcmp(fs->type, "iso9660") == 0)
		columns = "$3\"|\"$5\"|\"$6\"|\"$7\"|\"$8\"|\"$9\"|\"$10\"|\"$2";
	lines_of(out,
	         "TZ=UTC0 fls -r -m / -o %llu '%s' | grep -v '(\\$FILE_NAME)' | "
	         "sed 's/" NEVER "/0/g' | "
	         "awk -F'|' '{print %s}'",
	         (unsigned long long)(fs->offset / 512), path, columns);
	lines_sort(out);
}

START_TEST(sizes_owners_and_times_are_those_of_fls)
{
	struct evidence e;
	char path[512];

	if (skip_without("fls") || !get_sample(path, sizeof(path), &samples[_i]))
		return;
	open_evidence(&e, path);
	for (size_t i = 0; i < e.layout->nfilesystems; i++) {
		const struct kan_filesystem *fs = &e.layout->filesystems[i];
		struct recorder r = { .fs = fs->number, .put = put_body };
		struct lines want = { 0 };

		if (fs->state != KAN_FS_READABLE || strcmp(fs->type, "apfs") == 0)
			continue;
		record_all(&e, &r);
		ask_body(&want, path, fs);
		assert_same_lines(&r.lines, &want, path);
		lines_done(&want);
		recorder_done(&r);
	}
	close_evidence(&e);
}
END_TEST

/* ---- lists that fiwalk made on another machine ---------------------------------- */

struct dfxml {
	size_t sample;
	const char *xml;
	bool sizes; /* fiwalk knows nothing of single streams: not on NTFS */
};

static const struct dfxml dfxmls[] = {
	{ 3, "$F/sleuthkit+sleuthkit_test_data/from_brian/imageformat_mmls_1.E01.xml", false },
	{ 19, "$T/2-kwsrch-fat/fat-img-kw.xml", true },
	{ 20, "$T/5-fat-daylight/daylight.xml", true },
	{ 21, "$F/sleuthkit+sleuthkit_test_data/from_brian/6-fat-undel.dd.xml", true },
	{ 22, "$T/14-iso9660-1/iso-dirtree1.xml", true },
	{ 25, "$T/image.gen1.xml", true },
};

static void put_with_size(struct kan_buf *b, const struct kan_file *f, const char *type)
{
	(void)type;
	put_shown(b, f->path + 1);
	kan_buf_printf(b, "|%llu|%llu", (unsigned long long)f->addr, (unsigned long long)f->size);
}

static void put_without_size(struct kan_buf *b, const struct kan_file *f, const char *type)
{
	(void)type;
	put_shown(b, f->path + 1);
	kan_buf_printf(b, "|%llu", (unsigned long long)f->addr);
}

START_TEST(names_addresses_and_sizes_are_those_of_fiwalk)
{
	const struct dfxml *d = &dfxmls[_i];
	struct recorder r = { .put = d->sizes ? put_with_size : put_without_size };
	struct lines want = { 0 };
	struct evidence e;
	char path[512];

	if (!get_sample(path, sizeof(path), &samples[d->sample]))
		return;
	open_evidence(&e, path);
	record_all(&e, &r);
	lines_unique(&r.lines);
	lines_of(&want,
	         "F='%s' T='%s'; awk -F'[<>]' '/<fileobject>/{f=i=s=\"\"} /<filename>/{f=$3} "
	         "/<filesize>/{s=$3} /<inode>/{i=$3} /<.fileobject>/{print f \"|\" i%s}' \"%s\" | "
	         "sed 's/[\\]x0D/^/g' | grep -v -E '^([^|]*/)?\\.\\.?\\|'",
	         KAN_FIXTURES, work_dir, d->sizes ? " \"|\" s" : "", d->xml);
	lines_sort(&want);
	lines_unique(&want);
	ck_assert_uint_gt(want.n, 2);
	assert_same_lines(&r.lines, &want, path);
	lines_done(&want);
	recorder_done(&r);
	close_evidence(&e);
}
END_TEST

/* ---- dumps that the authors of Sleuth Kit keep ------------------------------------- */

static const struct {
	const char *image;
	const char *json;
	bool zone; /* crtime is a time with a zone that was left out */
} dumps[] = {
	{ TSK "image.dd", "image.dd.json", false },
	{ TSK "image.E01", "image.E01.json", false },
	{ TSK "image.vhd", "image.vhd.json", false },
	{ TSK "image.vmdk", "image.vmdk.json", false },
	{ TSK "image.iso", "image.iso.json", true },
};

static void put_dump(struct kan_buf *b, const struct kan_file *f, const char *type)
{
	const char *name = strrchr(f->path, '/') + 1;

	kan_buf_printf(b, "%s|%llu|%llu", name, (unsigned long long)f->addr,
	               (unsigned long long)f->parent);
	if (f->flags & KAN_FILE_NO_META)
		return;
	kan_buf_printf(b, "|%llu|%u|%u|%u|%u|%lld|%lld|%lld", (unsigned long long)f->size, f->mode,
	               f->uid, f->gid, f->nlink, seconds(f->time_ns[KAN_TIME_MODIFIED]),
	               seconds(f->time_ns[KAN_TIME_ACCESSED]),
	               seconds(f->time_ns[KAN_TIME_CHANGED]));
	if (strcmp(type, "iso9660") != 0)
		kan_buf_printf(b, "|%lld", seconds(f->time_ns[KAN_TIME_CREATED]));
}

START_TEST(metadata_is_that_of_the_dumps_of_sleuth_kit)
{
	struct recorder r = { .put = put_dump };
	struct lines want = { 0 };
	struct evidence e;
	char path[512];

	if (skip_without("jq"))
		return;
	snprintf(path, sizeof(path), "%s/%s", KAN_FIXTURES, dumps[_i].image);
	if (!shell("test -f '%s'", path)) {
		printf("SKIP: %s is not there\n", dumps[_i].image);
		return;
	}
	open_evidence(&e, path);
	if (strcmp(kan_image_info(e.img)->format, "raw") == 0 && !strstr(path, ".dd") &&
	    !strstr(path, ".iso")) {
		printf("SKIP: the container of %s is not read yet\n", path);
		close_evidence(&e);
		return;
	}
	record_all(&e, &r);
	lines_of(&want,
	         "jq -r '.filesystem.files[] | select(.name.name != \".\" and .name.name != "
	         "\"..\") | "
	         "[.name.name, .name.meta_addr, .name.par_addr] + (if .meta then .meta | [.size, "
	         ".mode, "
	         ".uid, .gid, .nlink, .mtime, .atime, .ctime%s] else [] end) | join(\"|\")' "
	         "'%s/sleuthkit+sleuthkit/test/img_dump/dump/%s'",
	         dumps[_i].zone ? "" : ", .crtime", KAN_FIXTURES, dumps[_i].json);
	lines_sort(&want);
	ck_assert_uint_gt(want.n, 5);
	assert_same_lines(&r.lines, &want, path);
	lines_done(&want);
	recorder_done(&r);
	close_evidence(&e);
}
END_TEST

/* ---- fractions ----------------------------------------------------------------------- */

static void put_time(struct kan_buf *b, const char *what, int64_t ns)
{
	time_t s = (time_t)seconds(ns);
	struct tm tm;
	char text[64];

	if (ns == KAN_NO_TIME || s <= 0)
		return;
	ck_assert_ptr_nonnull(gmtime_r(&s, &tm));
	strftime(text, sizeof(text), "%Y-%m-%d %H:%M:%S", &tm);
	kan_buf_printf(b, "|%s %s.%09lld", what, text, (long long)(ns - (int64_t)s * 1000000000));
}

static void put_ntfs_times(struct kan_buf *b, const struct kan_file *f, const char *type)
{
	const int64_t *const sets[] = { f->time_ns, f->fn_ns };

	if (strcmp(type, "ntfs") != 0 || (f->flags & KAN_FILE_NO_META) ||
	    f->meta_type == KAN_FILE_VIRTUAL_DIR)
		return;
	for (size_t i = 0; i < KAN_FILE_NTIMES; i++)
		ck_assert(f->time_ns[i] == KAN_NO_TIME || f->time_unit_ns[i] == 100);
	kan_buf_printf(b, "%llu", (unsigned long long)f->addr);
	for (size_t i = 0; i < (f->flags & KAN_FILE_FN_TIMES ? 2u : 1u); i++) {
		put_time(b, "Created:", sets[i][KAN_TIME_CREATED]);
		put_time(b, "File Modified:", sets[i][KAN_TIME_MODIFIED]);
		put_time(b, "MFT Modified:", sets[i][KAN_TIME_CHANGED]);
		put_time(b, "Accessed:", sets[i][KAN_TIME_ACCESSED]);
	}
}

START_TEST(ntfs_times_have_every_digit_that_istat_prints)
{
	struct recorder r = { .put = put_ntfs_times, .fs = 1 };
	struct evidence e;
	char path[512];

	if (skip_without("istat") || !get_sample(path, sizeof(path), &samples[_i ? 26 : 3]))
		return;
	open_evidence(&e, path);
	record_all(&e, &r);
	lines_unique(&r.lines);
	ck_assert_uint_gt(r.lines.n, 25);
	for (size_t i = 0; i < r.lines.n; i++) {
		struct lines want = { 0 };
		long addr = strtol(r.lines.line[i], NULL, 10);

		lines_of(&want,
		         "TZ=UTC0 istat -o %llu '%s' %ld | awk 'BEGIN{printf \"%ld\"} "
		         "/^(Created|File Modified|MFT Modified|Accessed):/ && "
		         "!/0000-00-00|" NEVER_TEXT "/ "
		         "{sub(\" [(]UTC[)]\", \"\"); sub(\"\\t\", \" \"); printf \"|%%s\", $0} "
		         "END{print \"\"}'",
		         (unsigned long long)(e.layout->filesystems[0].offset / 512), path, addr,
		         addr);
		ck_assert_str_eq(r.lines.line[i], want.line[0]);
		lines_done(&want);
	}
	recorder_done(&r);
	close_evidence(&e);
}
END_TEST

struct ext_time {
	const char *field;
	const char *low, *extra;
	int64_t ns;
};

/* Values from the table of Documentation/filesystems/ext4, "Inode Timestamps". */
static const struct ext_time ext_times[] = {
	{ "old", "0xffffffff", "0", -1000000000 },
	{ "first", "0x80000000", "0", -2147483648LL * 1000000000 },
	{ "nanos", "0x5f000000", "0x75bcd14", 0x5f000000LL * 1000000000 + 30864197 },
	{ "2038", "0x80000000", "1", 2147483648LL * 1000000000 },
	{ "2106", "0x00000001", "1", 4294967297LL * 1000000000 },
	{ "2242", "0x00000005", "2", 8589934597LL * 1000000000 },
};

enum { NEXT_TIMES = sizeof(ext_times) / sizeof(ext_times[0]) };

static int take_ext_time(void *arg, const struct kan_file *f, struct kan_err *err)
{
	int64_t *found = arg;

	(void)err;
	for (size_t i = 0; i < NEXT_TIMES; i++)
		if (strcmp(f->path + 1, ext_times[i].field) == 0) {
			found[i] = f->time_ns[KAN_TIME_MODIFIED];
			ck_assert_uint_eq(f->time_unit_ns[KAN_TIME_MODIFIED], 1);
		}
	return KAN_OK;
}

START_TEST(ext4_times_reach_from_1901_to_2262_with_nanoseconds)
{
	int64_t found[NEXT_TIMES] = { 0 };
	struct evidence e;
	char path[256];

	if (skip_without("debugfs") || skip_without("mkfs.ext4"))
		return;
	ck_assert(shell("mkdir -p $T/ext4-in; truncate -s 4M $T/ext4-times"));
	for (size_t i = 0; i < NEXT_TIMES; i++)
		ck_assert(shell("touch $T/ext4-in/%s", ext_times[i].field));
	ck_assert(shell("mkfs.ext4 -q -F -I 256 -d $T/ext4-in $T/ext4-times"));
	for (size_t i = 0; i < NEXT_TIMES; i++)
		ck_assert(shell("debugfs -w -R 'sif %s mtime_lo %s' $T/ext4-times; "
		                "debugfs -w -R 'sif %s mtime_extra %s' $T/ext4-times",
		                ext_times[i].field, ext_times[i].low, ext_times[i].field,
		                ext_times[i].extra));
	snprintf(path, sizeof(path), "%s/ext4-times", work_dir);
	open_evidence(&e, path);
	ck_assert_int_eq(kan_files_walk(e.img, e.layout, NULL, take_ext_time, found, NULL, NULL),
	                 KAN_OK);
	for (size_t i = 0; i < NEXT_TIMES; i++)
		ck_assert_msg(found[i] == ext_times[i].ns, "%s: got %lld, want %lld",
		              ext_times[i].field, (long long)found[i], (long long)ext_times[i].ns);
	close_evidence(&e);
}
END_TEST

/* Their directory records, read with od: clock and quarters of an hour from Greenwich. */
static const struct {
	size_t sample;
	const char *name;
	const char *utc;
} zoned[] = {
	{ 9, "/A_DIRECTORY", "2021-07-22 14:07:32" },  /* 16:07:32, +8 */
	{ 2, "/PASSWORD.TXT", "2012-05-25 16:00:53" }, /* 17:00:53, +4 */
	{ 22, "/File2.txt", "2010-02-22 15:13:07" },   /* 10:13:07, -20 */
};

static void put_zoned(struct kan_buf *b, const struct kan_file *f, const char *type)
{
	(void)type;
	kan_buf_puts(b, f->path);
	put_time(b, "", f->time_ns[KAN_TIME_CREATED]);
}

START_TEST(iso9660_times_are_taken_to_utc)
{
	struct recorder r = { .put = put_zoned };
	struct evidence e;
	char path[512], want[128];
	size_t found = 0;

	if (!get_sample(path, sizeof(path), &samples[zoned[_i].sample]))
		return;
	open_evidence(&e, path);
	record_all(&e, &r);
	snprintf(want, sizeof(want), "%s| %s.000000000", zoned[_i].name, zoned[_i].utc);
	for (size_t i = 0; i < r.lines.n; i++)
		found += strcmp(r.lines.line[i], want) == 0;
	ck_assert_msg(found == 1, "no '%s'", want);
	recorder_done(&r);
	close_evidence(&e);
}
END_TEST

static int take_units(void *arg, const struct kan_file *f, struct kan_err *err)
{
	uint32_t *units = arg;

	(void)err;
	memcpy(units, f->time_unit_ns, sizeof(f->time_unit_ns));
	return KAN_OK;
}

START_TEST(every_file_system_says_how_fine_its_clock_is)
{
	static const struct {
		size_t sample;
		uint32_t modified, accessed, created;
	} cases[] = {
		{ 0, 1000000000, 1000000000, 0 },           /* ext2 */
		{ 8, 1000000000, 1000000000, 1000000000 },  /* HFS+ */
		{ 10, 1, 1, 1 },                            /* APFS */
		{ 15, 10000000, 2000000000, 10000000 },     /* exFAT */
		{ 20, 2000000000, KAN_UNIT_DAY, 10000000 }, /* FAT12 */
	};
	uint32_t units[KAN_FILE_NTIMES] = { 0 };
	struct evidence e;
	char path[512];

	if (!get_sample(path, sizeof(path), &samples[cases[_i].sample]))
		return;
	open_evidence(&e, path);
	ck_assert_int_eq(kan_files_walk(e.img, e.layout, NULL, take_units, units, NULL, NULL),
	                 KAN_OK);
	ck_assert_uint_eq(units[KAN_TIME_MODIFIED], cases[_i].modified);
	ck_assert_uint_eq(units[KAN_TIME_ACCESSED], cases[_i].accessed);
	ck_assert_uint_eq(units[KAN_TIME_CREATED], cases[_i].created);
	close_evidence(&e);
}
END_TEST

static Suite *suite(void)
{
	Suite *s = suite_create("fs/records");
	TCase *others = tcase_create("same as others");
	TCase *times = tcase_create("times");

	tcase_add_unchecked_fixture(others, make_work_dir, NULL);
	tcase_set_timeout(others, 120);
	tcase_add_loop_test(others, sizes_owners_and_times_are_those_of_fls, 0, NSAMPLES);
	tcase_add_loop_test(others, names_addresses_and_sizes_are_those_of_fiwalk, 0,
	                    sizeof(dfxmls) / sizeof(dfxmls[0]));
	tcase_add_loop_test(others, metadata_is_that_of_the_dumps_of_sleuth_kit, 0,
	                    sizeof(dumps) / sizeof(dumps[0]));
	suite_add_tcase(s, others);
	tcase_add_unchecked_fixture(times, make_work_dir, remove_work_dir);
	tcase_set_timeout(times, 60);
	tcase_add_loop_test(times, ntfs_times_have_every_digit_that_istat_prints, 0, 2);
	tcase_add_test(times, ext4_times_reach_from_1901_to_2262_with_nanoseconds);
	tcase_add_loop_test(times, iso9660_times_are_taken_to_utc, 0, 3);
	tcase_add_loop_test(times, every_file_system_says_how_fine_its_clock_is, 0, 5);
	suite_add_tcase(s, times);
	return s;
}

RUN_SUITE(suite)
