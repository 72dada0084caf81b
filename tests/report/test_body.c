/* SPDX-License-Identifier: MIT */
/*
 * test_body.c - our bodyfile of real images against that of fls, and through mactime
 */
#include "core/cleanup.h"
#include "kanshiki/fs.h"
#include "kanshiki/output.h"
#include "suite.h"

#include <stdio.h>
#include <string.h>

KAN_DEFINE_DROP(image, struct kan_image *, kan_image_close)
KAN_DEFINE_DROP(layout, struct kan_layout *, kan_layout_free)

/*
 * Image, first sector of its file system, and by how much its times of creation lie
 * east of UTC: Sleuth Kit leaves the zone of ISO 9660 out.
 */
static const struct {
	const char *image;
	unsigned sector;
	int east_s;
} samples[] = {
	{ "sleuthkit+sleuthkit/test/data/image.dd", 0, 0 },
	{ "sleuthkit+sleuthkit/test/data/imageformat_mmls_1.E01", 128, 0 },
	{ "log2timeline+plaso/test_data/image.E01", 0, 0 },
	{ "log2timeline+dfvfs/test_data/hfsplus.raw", 0, 0 },
	{ "log2timeline+dfvfs/test_data/iso9660.raw", 0, 7200 },
	{ "Velocidex+go-ext4/tests/images/hierarchy_32.ext4", 0, 0 },
};

static bool have(const char *path)
{
	FILE *f = fopen(path, "rb");

	if (f)
		(void)fclose(f);
	return f != NULL;
}

static bool have_tools(void)
{
	return system("fls -V >/dev/null 2>&1 && sort --version >/dev/null 2>&1") == 0;
}

struct printer {
	struct kan_buf *out;
	uint32_t fs; /* files of others are left out */
};

static int print_file(void *arg, const struct kan_file *file, struct kan_err *err)
{
	struct kan_output_opts opts = { 0 };
	const struct printer *p = arg;

	return file->fs == p->fs ? kan_output_find("body")->file(p->out, file, &opts, err) : KAN_OK;
}

static uint32_t fs_at(const struct kan_layout *layout, uint64_t offset)
{
	for (size_t i = 0; i < layout->nfilesystems; i++)
		if (layout->filesystems[i].offset == offset)
			return layout->filesystems[i].number;
	ck_abort_msg("no file system was found");
	return 0;
}

static void walk(struct kan_buf *out, const char *path, unsigned sector)
{
	struct printer p = { .out = out };
	KAN_AUTO(image) struct kan_image *img = NULL;
	KAN_AUTO(layout) struct kan_layout *layout = NULL;
	struct kan_findings findings = { 0 };
	struct kan_fs_opts opts = { .jobs = 1 };
	struct kan_err err = { 0 };

	ck_assert_msg(kan_image_open(&img, path, NULL, &err) == KAN_OK, "%s", err.msg);
	ck_assert_msg(kan_layout_find(&layout, img, &opts, &findings, &err) == KAN_OK, "%s",
	              err.msg);
	p.fs = fs_at(layout, sector * UINT64_C(512));
	ck_assert_msg(kan_files_walk(img, layout, &opts, print_file, &p, &findings, &err) == KAN_OK,
	              "%s", err.msg);
	kan_findings_done(&findings);
}

static void read_command(struct kan_buf *out, const char *command)
{
	FILE *f = popen(command, "r");
	char piece[4096];
	size_t n;

	ck_assert_ptr_nonnull(f);
	while ((n = fread(piece, 1, sizeof(piece), f)) > 0)
		kan_buf_add(out, piece, n);
	ck_assert_int_eq(pclose(f), 0);
	kan_buf_putc(out, '\0');
}

static void save(char *path, const struct kan_buf *text)
{
	int fd = mkstemp(path);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(write(fd, text->data, text->len), (ssize_t)text->len);
	ck_assert_int_eq(close(fd), 0);
}

/* A message of check has little room: only the first line that differs is shown. */
static void expect_same(const char *ours, const char *expect)
{
	const char *a = ours, *b = expect;

	while (*a && *b && strcspn(a, "\n") == strcspn(b, "\n") &&
	       strncmp(a, b, strcspn(a, "\n")) == 0) {
		a += strcspn(a, "\n") + (a[strcspn(a, "\n")] == '\n');
		b += strcspn(b, "\n") + (b[strcspn(b, "\n")] == '\n');
	}
	ck_assert_msg(*a == '\0' && *b == '\0', "ours: %.*s\nfls:  %.*s", (int)strcspn(a, "\n"), a,
	              (int)strcspn(b, "\n"), b);
}

/* fls shows control characters as "^". */
#define CARETS "sed 's/\\\\x[01][0-9a-f]/^/g' %s | LC_ALL=C sort"

/*
 * The line of $FILE_NAME has the number and the size of the attribute in fls and
 * not with us: both are taken out.  The rest must be the same, line by line.
 */
#define NORMALISE                                                     \
	"awk -F'|' -v OFS='|' '$11 > 0 {$11 -= %d} 1' | "             \
	"sed -E 's/^(0[|].* [(][$]FILE_NAME[)].*[|][0-9]+-48)-[0-9]+" \
	"([|][^|]*[|][0-9]+[|][0-9]+[|])[0-9]+/\\1\\20/' | LC_ALL=C sort"

static bool skip(const char *path)
{
	if (have(path) && have_tools())
		return false;
	(void)fprintf(stderr, "SKIP: %s or fls is not there\n", path);
	return true;
}

START_TEST(bodyfile_has_the_lines_of_fls)
{
	const char *image = samples[_i].image;
	char path[512], command[2048], ours_path[] = "/tmp/kanshiki-body-XXXXXX";
	struct kan_buf ours = { 0 }, expect = { 0 }, sorted = { 0 };

	snprintf(path, sizeof(path), "%s/%s", KAN_FIXTURES, image);
	if (skip(path))
		return;
	walk(&ours, path, samples[_i].sector);
	save(ours_path, &ours);
	snprintf(command, sizeof(command), CARETS, ours_path);
	read_command(&sorted, command);
	snprintf(command, sizeof(command), "TZ=UTC fls -r -p -m / -o %u '%s' | " NORMALISE,
	         samples[_i].sector, path, samples[_i].east_s);
	read_command(&expect, command);
	ck_assert_uint_gt(expect.len, 100);
	expect_same(sorted.data, expect.data);
	ck_assert_int_eq(unlink(ours_path), 0);
	kan_buf_done(&ours);
	kan_buf_done(&sorted);
	kan_buf_done(&expect);
}
END_TEST

/* What mactime makes of our file is what it makes of that of fls. */
START_TEST(mactime_reads_the_same_events_from_our_bodyfile)
{
	const char *image = samples[_i].image;
	char path[512], command[2048], ours_path[] = "/tmp/kanshiki-body-XXXXXX";
	struct kan_buf ours = { 0 }, events = { 0 }, expect = { 0 };

	snprintf(path, sizeof(path), "%s/%s", KAN_FIXTURES, image);
	if (skip(path) || system("mactime -V >/dev/null 2>&1") != 0) {
		(void)fprintf(stderr, "SKIP: mactime is not there\n");
		return;
	}
	walk(&ours, path, samples[_i].sector);
	save(ours_path, &ours);
	snprintf(command, sizeof(command), CARETS " | mactime -d -y", ours_path);
	read_command(&events, command);
	snprintf(command, sizeof(command),
	         "TZ=UTC fls -r -p -m / -o %u '%s' | " NORMALISE " | mactime -d -y",
	         samples[_i].sector, path, samples[_i].east_s);
	read_command(&expect, command);
	ck_assert_uint_gt(expect.len, 100);
	expect_same(events.data, expect.data);
	ck_assert_int_eq(unlink(ours_path), 0);
	kan_buf_done(&ours);
	kan_buf_done(&events);
	kan_buf_done(&expect);
}
END_TEST

static Suite *body_suite(void)
{
	Suite *s = suite_create("body");
	TCase *fls = tcase_create("fls");
	int n = (int)(sizeof(samples) / sizeof(samples[0]));

	tcase_set_timeout(fls, 60);
	tcase_add_loop_test(fls, bodyfile_has_the_lines_of_fls, 0, n);
	tcase_add_loop_test(fls, mactime_reads_the_same_events_from_our_bodyfile, 0, n);
	suite_add_tcase(s, fls);
	return s;
}

RUN_SUITE(body_suite)
