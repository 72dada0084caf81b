/* SPDX-License-Identifier: MIT */
/*
 * test_image.c - choosing a format, and refusing what cannot be read
 */
#include "image/image_check.h"
#include "suite.h"

#include <errno.h>

static char dir[MADE_DIR];
static char path[MADE_PATH];

static void set_up(void)
{
	made_folder(dir);
	snprintf(path, sizeof(path), "%s/証拠 1.img", dir);
}

static void tear_down(void)
{
	made_remove(dir);
}

static struct kan_err must_fail(const char *name, int code)
{
	struct kan_image *img = NULL;
	struct kan_err err = { 0 };
	int rc = kan_image_open(&img, name, NULL, &err);

	ck_assert_msg(rc == code, "%d: %s", rc, err.msg);
	ck_assert_ptr_null(img);
	ck_assert_int_eq(err.code, code);
	ck_assert_ptr_nonnull(strstr(err.msg, name));
	ck_assert_ptr_null(strchr(err.msg, '\n'));
	return err;
}

/* ---- the registry ------------------------------------------------------- */

START_TEST(registry_is_sorted_and_complete)
{
	for (size_t i = 0; kan_image_format_list[i]; i++) {
		const struct kan_image_format *f = kan_image_format_list[i];

		ck_assert_ptr_nonnull(f->label);
		ck_assert_ptr_nonnull(f->spec);
		ck_assert_ptr_nonnull(f->probe);
		ck_assert_msg(f->open || f->hint, "%s", f->name);
		ck_assert_ptr_eq(kan_image_format_find(f->name), f);
		if (i > 0)
			ck_assert_str_lt(kan_image_format_list[i - 1]->name, f->name);
	}
	ck_assert_ptr_null(kan_image_format_find("no such"));
}
END_TEST

START_TEST(every_format_leaves_noise_and_short_files_alone)
{
	uint8_t noise[4096];

	for (size_t i = 0; i < sizeof(noise); i++)
		noise[i] = (uint8_t)(i * i * 13 + i / 7 + 3);
	for (size_t i = 0; kan_image_format_list[i]; i++)
		for (size_t len = 0; len <= sizeof(noise); len += len < 80 ? 1 : 401) {
			KAN_AUTO(mem) uint8_t *exact = malloc(len ? len : 1);
			struct kan_image_probe p = { exact, len, exact, len, "x", len };

			memcpy(exact, noise, len);
			ck_assert_int_le(kan_image_format_list[i]->probe(&p), KAN_MATCH_FALLBACK);
		}
}
END_TEST

/* ---- failures ----------------------------------------------------------- */

START_TEST(image_that_is_not_there_is_an_error_that_names_it)
{
	struct kan_err err = must_fail(path, KAN_EIO);

	ck_assert_int_eq(err.os_errno, ENOENT);
}
END_TEST

START_TEST(folder_is_no_image)
{
	ck_assert_ptr_nonnull(strstr(must_fail(dir, KAN_EARG).msg, "directory"));
}
END_TEST

START_TEST(empty_file_is_no_image)
{
	made_store(path, (const uint8_t *)"", 0);
	ck_assert_ptr_nonnull(strstr(must_fail(path, KAN_EFORMAT).msg, "empty"));
}
END_TEST

START_TEST(pipe_is_no_image_and_is_not_waited_for)
{
	ck_assert_int_eq(mkfifo(path, 0600), 0);
	(void)must_fail(path, KAN_EARG);
}
END_TEST

START_TEST(file_without_permission_is_an_error_that_says_so)
{
	if (geteuid() == 0) {
		printf("SKIP: root may read everything\n");
		return;
	}
	made_store(path, (const uint8_t *)"x", 1);
	ck_assert_int_eq(chmod(path, 0), 0);
	ck_assert_int_eq(must_fail(path, KAN_EIO).os_errno, EACCES);
}
END_TEST

START_TEST(unknown_format_is_named)
{
	struct kan_image_opts opts = { .format = "floppy" };
	struct kan_image *img = NULL;
	struct kan_err err = { 0 };

	made_store(path, (const uint8_t *)"x", 1);
	ck_assert_int_eq(kan_image_open(&img, path, &opts, &err), KAN_EARG);
	ck_assert_ptr_nonnull(strstr(err.msg, "floppy"));
}
END_TEST

/* ---- recognised only ---------------------------------------------------- */

static const struct {
	const char *format;
	size_t offset; /* SIZE_MAX - n: n bytes before the end */
	const char *magic;
	size_t len;
} refused[] = {
#define M(s) s, sizeof(s) - 1
	{ "gzip", 0, M("\x1f\x8b\x08\0\0\0\0\0\0\3") },
	{ "bzip2", 0, M("BZh91AY&SY") },
	{ "xz", 0, M("\xfd\x37zXZ\0") },
	{ "zstd", 0, M("\x28\xb5\x2f\xfd") },
	{ "lz4", 0, M("\x04\x22\x4d\x18") },
	{ "zip", 0, M("PK\3\4") },
	{ "sevenzip", 0, M("7z\xbc\xaf\x27\x1c") },
	{ "rar", 0, M("Rar!\x1a\7\1\0") },
	{ "udif", SIZE_MAX - 512, M("koly\0\0\0\4\0\0\2\0") },
	{ "dmgcrypt", 0, M("encrcdsa") },
	{ "dmgcrypt", SIZE_MAX - 8, M("cdsaencr") },
	{ "sparseimage", 0, M("sprs\0\0\0\3") },
	{ "vdi", 64, M("\x7f\x10\xda\xbe") },
	{ "aff", 0, M("AFF10\r\n\0") },
	{ "aff4", 0, M("PK\3\4..........................container.description") },
	{ "parallels", 0, M("WithoutFreeSpace") },
	{ "qed", 0, M("QED\0") },
	{ "wim", 0, M("MSWIM\0\0\0") },
	{ "ghost", 0, M("\xfe\xef\1\3") },
	{ "partclone", 0, M("partclone-image") },
	{ "tib", 0, M("\xce\x24\xb9\xa2\x20\0\0\0") },
	{ "adcrypt", 0, M("ADCRYPT\0") },
	{ "ad1", 0, M("ADSEGMENTEDFILE\0") },
#undef M
};
#define NREFUSED (sizeof(refused) / sizeof(refused[0]))

static void put_magic(size_t i)
{
	uint8_t file[70000] = { 0 };
	size_t at = refused[i].offset;

	if (at > sizeof(file))
		at = sizeof(file) - (SIZE_MAX - at);
	memcpy(file + at, refused[i].magic, refused[i].len);
	made_store(path, file, sizeof(file));
}

START_TEST(container_that_cannot_be_read_is_refused_by_name)
{
	const struct kan_image_format *f = kan_image_format_find(refused[_i].format);
	struct kan_err err;

	ck_assert_ptr_nonnull(f);
	put_magic((size_t)_i);
	err = must_fail(path, KAN_EUNSUPPORTED);
	ck_assert_ptr_nonnull(strstr(err.msg, f->label));
	ck_assert_ptr_nonnull(strstr(err.msg, f->hint));
}
END_TEST

START_TEST(refusal_can_be_overruled)
{
	KAN_AUTO(image) struct kan_image *img = NULL;
	struct kan_image_opts opts = { .format = "raw" };

	put_magic((size_t)_i);
	ck_assert_int_eq(kan_image_open(&img, path, &opts, NULL), KAN_OK);
	ck_assert_uint_eq(kan_image_info(img)->size, 70000);
}
END_TEST

/* qemu-img and the archivers make real ones. */
START_TEST(containers_made_by_other_tools_are_refused)
{
	static const struct {
		const char *format, *tool, *command; /* the path stands behind it */
	} made[] = {
		{ "vdi", "qemu-img", "qemu-img convert -q -f raw -O vdi /etc/passwd" },
		{ "qed", "qemu-img", "qemu-img convert -q -f raw -O qed /etc/passwd" },
		{ "parallels", "qemu-img", "qemu-img convert -q -f raw -O parallels /etc/passwd" },
		{ "gzip", "gzip", "gzip </etc/passwd >" },
		{ "bzip2", "bzip2", "bzip2 </etc/passwd >" },
		{ "bzip2", "bzip2", "bzip2 </dev/null >" },
		{ "xz", "xz", "xz </etc/passwd >" },
		{ "zstd", "zstd", "zstd -q </etc/passwd >" },
		{ "lz4", "lz4", "lz4 -q </etc/passwd >" },
	};
	struct kan_err err;
	char cmd[2 * MADE_PATH];

	if (lacks_tool(made[_i].tool))
		return;
	snprintf(cmd, sizeof(cmd), "%s '%s'", made[_i].command, path);
	ck_assert_int_eq(system(cmd), 0);
	err = must_fail(path, KAN_EUNSUPPORTED);
	ck_assert_ptr_nonnull(strstr(err.msg, kan_image_format_find(made[_i].format)->label));
}
END_TEST

START_TEST(apple_disk_images_among_the_fixtures_are_refused)
{
	static const char *const names[] = {
		"keramics+keramics/test_data/udif/hfsplus_adc.dmg",
		"keramics+keramics/test_data/udif/hfsplus_bzip2.dmg",
		"keramics+keramics/test_data/udif/hfsplus_lzfse.dmg",
		"keramics+keramics/test_data/udif/hfsplus_lzma.dmg",
		"keramics+keramics/test_data/udif/hfsplus_zlib.dmg",
		"log2timeline+dfvfs/test_data/hfsplus_zlib.dmg",
	};
	char name[MADE_PATH];

	if (lacks_fixtures())
		return;
	snprintf(name, sizeof(name), "%s/%s", KAN_FIXTURES, names[_i]);
	ck_assert_ptr_nonnull(strstr(must_fail(name, KAN_EUNSUPPORTED).msg, "UDIF"));
}
END_TEST

/* ---- raw ---------------------------------------------------------------- */

START_TEST(raw_file_of_any_length_is_read)
{
	static const size_t sizes[] = { 1, 511, 512, 513, 70001 };
	KAN_AUTO(image) struct kan_image *img = NULL;
	KAN_AUTO(findings) struct kan_findings gaps = { 0 };
	KAN_AUTO(mem) uint8_t *data = NULL;
	uint8_t file[70001];

	for (size_t i = 0; i < sizeof(file); i++)
		file[i] = made_byte(i);
	made_store(path, file, sizes[_i]);
	img = must_open(path);
	ck_assert_str_eq(kan_image_info(img)->format, "raw");
	ck_assert_uint_eq(kan_image_info(img)->size, sizes[_i]);
	ck_assert_uint_eq(kan_image_info(img)->nsegments, 1);
	ck_assert_str_eq(kan_image_info(img)->segments[0].path, path);
	ck_assert_ptr_null(kan_image_readable(img));
	ck_assert_int_eq(kan_image_enter_worker(img, NULL), KAN_OK);
	data = must_read(img, 1000, &gaps);
	ck_assert_uint_eq(gaps.n, 0);
	ck_assert(is_pattern(data, sizes[_i], &gaps));
}
END_TEST

START_TEST(raw_image_with_a_name_in_another_script_is_read)
{
	KAN_AUTO(image) struct kan_image *img = NULL;
	char name[MADE_PATH];

	if (lacks_fixtures())
		return;
	snprintf(name, sizeof(name), "%s/log2timeline+dfvfs/test_data/ímynd.dd", KAN_FIXTURES);
	img = must_open(name);
	ck_assert_uint_eq(kan_image_info(img)->size, 102400);
}
END_TEST

static Suite *image_suite(void)
{
	Suite *s = suite_create("image");
	TCase *registry = tcase_create("registry");
	TCase *failures = tcase_create("failures");
	TCase *refusal = tcase_create("refusal");
	TCase *raw = tcase_create("raw");

	tcase_add_test(registry, registry_is_sorted_and_complete);
	tcase_add_test(registry, every_format_leaves_noise_and_short_files_alone);
	suite_add_tcase(s, registry);

	tcase_add_checked_fixture(failures, set_up, tear_down);
	tcase_add_test(failures, image_that_is_not_there_is_an_error_that_names_it);
	tcase_add_test(failures, folder_is_no_image);
	tcase_add_test(failures, empty_file_is_no_image);
	tcase_add_test(failures, pipe_is_no_image_and_is_not_waited_for);
	tcase_add_test(failures, file_without_permission_is_an_error_that_says_so);
	tcase_add_test(failures, unknown_format_is_named);
	suite_add_tcase(s, failures);

	tcase_add_checked_fixture(refusal, set_up, tear_down);
	tcase_add_loop_test(refusal, container_that_cannot_be_read_is_refused_by_name, 0, NREFUSED);
	tcase_add_loop_test(refusal, refusal_can_be_overruled, 0, NREFUSED);
	tcase_add_loop_test(refusal, containers_made_by_other_tools_are_refused, 0, 9);
	tcase_add_loop_test(refusal, apple_disk_images_among_the_fixtures_are_refused, 0, 6);
	suite_add_tcase(s, refusal);

	tcase_add_checked_fixture(raw, set_up, tear_down);
	tcase_add_loop_test(raw, raw_file_of_any_length_is_read, 0, 5);
	tcase_add_test(raw, raw_image_with_a_name_in_another_script_is_read);
	suite_add_tcase(s, raw);
	return s;
}

RUN_SUITE(image_suite)
