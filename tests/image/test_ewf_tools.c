/* SPDX-License-Identifier: MIT */
/*
 * test_ewf_tools.c - E01 sets of other programs, compared with what libewf's tools say
 */
#include "image/image_check.h"
#include "suite.h"

#include <strings.h>

static char dir[MADE_DIR];

static void set_up(void)
{
	made_folder(dir);
}

static void tear_down(void)
{
	made_remove(dir);
}

/* The output of @cmd, cut to @room; returns its exit status. */
static int run(char *out, size_t room, const char *cmd)
{
	FILE *f = popen(cmd, "r");
	size_t n;

	ck_assert_ptr_nonnull(f);
	n = fread(out, 1, room - 1, f);
	out[n] = '\0';
	while (fgetc(f) != EOF)
		;
	return pclose(f);
}

/* MD5 of the media as md5sum computes it. */
static void digest_of(char *hex, struct kan_image *img, struct kan_findings *gaps)
{
	KAN_AUTO(mem) uint8_t *data = must_read(img, 1 << 20, gaps);
	char path[MADE_PATH], cmd[2 * MADE_PATH];

	snprintf(path, sizeof(path), "%s/media", dir);
	made_store(path, data, (size_t)kan_image_info(img)->size);
	snprintf(cmd, sizeof(cmd), "md5sum '%s'", path);
	ck_assert_int_eq(run(hex, 33, cmd), 0);
}

/* The value behind "@label:" in the output of ewfinfo, or "". */
static const char *field(char *out, const char *text, const char *label)
{
	const char *at = text;
	size_t n = 0;

	out[0] = '\0';
	while ((at = strstr(at, label)) != NULL && at[strlen(label)] != ':')
		at++;
	if (!at)
		return out;
	at += strlen(label) + 1;
	at += strspn(at, " \t");
	n = strcspn(at, "\n");
	snprintf(out, 256, "%.*s", (int)(n < 255 ? n : 255), at);
	return out;
}

/* Everything that ewfinfo says must be what we say. */
static void compare_info(const struct kan_image *img, const char *path)
{
	static const struct {
		const char *label, *name;
	} values[] = {
		{ "Case number", "case_number" },
		{ "Description", "description" },
		{ "Evidence number", "evidence_number" },
		{ "Notes", "notes" },
		{ "Operating system used", "acquiry_operating_system" },
		{ "Software version used", "acquiry_software_version" },
		{ "Media type", "media_type" },
		{ "Is physical", "is_physical" },
		{ "Compression level", "compression_level" },
		{ "Error granularity", "error_granularity" },
		{ "Set identifier", "set_identifier" },
	};
	char text[8192], value[256], cmd[2 * MADE_PATH];
	const struct kan_image_info *info = kan_image_info(img);

	snprintf(cmd, sizeof(cmd), "LC_ALL=C.UTF-8 ewfinfo '%s' 2>/dev/null", path);
	ck_assert_int_eq(run(text, sizeof(text), cmd), 0);
	for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
		const char *ours = value_of(img, values[i].name);

		/* ewfacquire writes SUB for what the code page lacks; ewfinfo drops it. */
		if (!strchr(ours, 0x1a))
			ck_assert_str_eq(ours, field(value, text, values[i].label));
	}
	ck_assert_str_eq(info->variant, field(value, text, "File format"));
	ck_assert_uint_eq(info->sector_size,
	                  strtoul(field(value, text, "Bytes per sector"), NULL, 10));
	ck_assert_uint_eq(info->size / info->sector_size,
	                  strtoul(field(value, text, "Number of sectors"), NULL, 10));
	ck_assert_uint_eq(info->chunk_size / info->sector_size,
	                  strtoul(field(value, text, "Sectors per chunk"), NULL, 10));
	if (info->nhashes > 0)
		ck_assert_str_eq(info->hashes[0].hex, field(value, text, "MD5"));
}

/* ewfinfo shows the local time of this machine: compare in UTC. */
static void compare_dates(const struct kan_image *img, const char *path)
{
	static const char *const months = "JanFebMarAprMayJunJulAugSepOctNovDec";
	char text[8192], value[256], cmd[2 * MADE_PATH], month[4], ours[64];
	unsigned d, h, m, s, y;

	snprintf(cmd, sizeof(cmd), "TZ=UTC ewfinfo '%s' 2>/dev/null", path);
	ck_assert_int_eq(run(text, sizeof(text), cmd), 0);
	if (sscanf(field(value, text, "Acquisition date"), "%*3s %3s %u %u:%u:%u %u", month, &d, &h,
	           &m, &s, &y) != 6)
		return;
	snprintf(ours, sizeof(ours), "%04u-%02u-%02uT%02u:%02u:%02u", y,
	         (unsigned)(strstr(months, month) - months) / 3 + 1, d, h, m, s);
	ck_assert_int_eq(strncmp(value_of(img, "acquisition_date"), ours, strlen(ours)), 0);
}

START_TEST(every_e01_of_the_fixtures_is_read_as_libewf_reads_it)
{
	static const char *const names[] = {
		"sleuthkit+sleuthkit/test/data/image.E01",
		"sleuthkit+sleuthkit/test/data/imageformat_mmls_1.E01",
		"log2timeline+plaso/test_data/image.E01",
		"keramics+keramics/test_data/ewf/ext2.E01",
		"log2timeline+dfvfs/test_data/ext2.split.E01",
		"log2timeline+dfvfs/test_data/ext2.E01",
		"hostile/forged-table-original.E01",
	};
	KAN_AUTO(image) struct kan_image *img = NULL;
	KAN_AUTO(findings) struct kan_findings gaps = { 0 };
	char path[MADE_PATH], cmd[2 * MADE_PATH], text[64], hex[33];

	if (lacks_fixtures() || lacks_tool("ewfverify"))
		return;
	snprintf(path, sizeof(path), "%s/%s", KAN_FIXTURES, names[_i]);
	img = must_open(path);
	digest_of(hex, img, &gaps);
	ck_assert_uint_eq(kan_image_findings(img)->n + gaps.n, 0);
	ck_assert_str_eq(hex, kan_image_info(img)->hashes[0].hex);
	snprintf(cmd, sizeof(cmd), "ewfverify -q '%s' >/dev/null 2>&1", path);
	ck_assert_int_eq(run(text, sizeof(text), cmd), 0);
	compare_info(img, path);
	compare_dates(img, path);
}
END_TEST

/* One line "@key value" of an expectation. */
static const char *expected(char *out, const char *text, const char *key)
{
	const char *at = strstr(text, key);

	ck_assert_msg(at != NULL, "%s", key);
	at += strlen(key) + 1;
	snprintf(out, 64, "%.*s", (int)strcspn(at, "\n"), at);
	return out;
}

START_TEST(samples_hold_what_is_expected)
{
	static const char *const names[] = { "encase1.E01", "encase2.E01", "encase4.E01",
		                             "encase5.E01", "encase6.E01", "ftk.E01",
		                             "linen5.E01",  "linen6.E01",  "ewfx.e01" };
	KAN_AUTO(image) struct kan_image *img = NULL;
	KAN_AUTO(findings) struct kan_findings gaps = { 0 };
	char path[MADE_PATH], cmd[2 * MADE_PATH], text[512], value[64], hex[33];

	snprintf(path, sizeof(path), "%s/image/ewf/%s", KAN_TESTDATA, names[_i]);
	snprintf(cmd, sizeof(cmd), "cat '%s.expect'", path);
	ck_assert_int_eq(run(text, sizeof(text), cmd), 0);
	img = must_open(path);
	digest_of(hex, img, &gaps);
	ck_assert_uint_eq(gaps.n + count_problems(kan_image_findings(img)), 0);
	ck_assert_str_eq(hex, expected(value, text, "md5"));
	ck_assert_str_eq(hex, kan_image_info(img)->hashes[0].hex);
	ck_assert_str_eq(kan_image_info(img)->variant, expected(value, text, "variant"));
	ck_assert_uint_eq(kan_image_info(img)->size,
	                  strtoul(expected(value, text, "size"), NULL, 10));
}
END_TEST

START_TEST(forged_table_is_told_and_does_no_harm)
{
	KAN_AUTO(image) struct kan_image *img = NULL;
	KAN_AUTO(image) struct kan_image *original = NULL;
	KAN_AUTO(findings) struct kan_findings gaps = { 0 };
	KAN_AUTO(mem) uint8_t *a = NULL;
	KAN_AUTO(mem) uint8_t *b = NULL;

	if (lacks_fixtures())
		return;
	img = must_open(KAN_FIXTURES "/hostile/forged-table.E01");
	original = must_open(KAN_FIXTURES "/hostile/forged-table-original.E01");
	a = must_read(img, 1 << 20, &gaps);
	b = must_read(original, 1 << 20, &gaps);
	ck_assert_ptr_nonnull(find_kind(kan_image_findings(img), KAN_FINDING_STRUCTURE));
	ck_assert_mem_eq(a, b, 32768);
	ck_assert_mem_eq(a + 65536, b + 65536, 6553600 - 65536);
}
END_TEST

/* A mixed medium of @len bytes: text, noise, zeros. */
static void put_media(char *path, size_t len)
{
	uint8_t *data = calloc(1, len);
	uint32_t x = 1;

	ck_assert_ptr_nonnull(data);
	for (size_t i = 0; i < len; i++) {
		x = x * 1664525 + 1013904223;
		if (i / 100000 % 3 == 0)
			data[i] = (uint8_t)("forensic triage\n"[i % 16]);
		else if (i / 100000 % 3 == 1)
			data[i] = (uint8_t)(x >> 24);
	}
	snprintf(path, MADE_PATH, "%s/m.dd", dir);
	made_store(path, data, len);
	free(data);
}

static void acquire(const char *options, const char *media)
{
	char cmd[3 * MADE_PATH], text[64];

	snprintf(cmd, sizeof(cmd),
	         "ewfacquire -u -q -C case7 -D description -e examiner -E ev1 -N notes %s "
	         "-t '%s/a' '%s' >/dev/null 2>&1",
	         options, dir, media);
	ck_assert_int_eq(run(text, sizeof(text), cmd), 0);
}

/* Acquire with @options and compare every byte and every value. */
static void compare_acquired(const char *options, const char *extension)
{
	KAN_AUTO(image) struct kan_image *img = NULL;
	KAN_AUTO(findings) struct kan_findings gaps = { 0 };
	char media[MADE_PATH], path[MADE_PATH], hex[33];
	size_t len = 153 * 4096; /* the last chunk is short */

	put_media(media, len);
	acquire(options, media);
	snprintf(path, sizeof(path), "%s/a.%s", dir, extension);
	img = must_open(path);
	ck_assert_str_eq(kan_image_info(img)->format, "ewf");
	ck_assert_uint_eq(kan_image_info(img)->size, len);
	ck_assert_uint_eq(count_problems(kan_image_findings(img)), 0);
	digest_of(hex, img, &gaps);
	ck_assert_uint_eq(gaps.n, 0);
	ck_assert_str_eq(hex, kan_image_info(img)->hashes[0].hex);
	compare_info(img, path);
	compare_dates(img, path);
}

START_TEST(every_variant_of_ewfacquire_is_read)
{
	static const char *const formats[] = { "encase1", "encase2", "encase3", "encase4",
		                               "encase5", "encase6", "encase7", "ftk",
		                               "linen5",  "linen6",  "linen7",  "ewfx" };
	static const char *const levels[] = { "none", "empty-block", "fast", "best" };
	char options[64];

	if (lacks_tool("ewfacquire") || lacks_tool("ewfinfo"))
		return;
	snprintf(options, sizeof(options), "-f %s -c %s", formats[_i / 4], levels[_i % 4]);
	compare_acquired(options, _i / 4 == 11 ? "e01" : "E01");
}
END_TEST

START_TEST(every_chunk_size_of_ewfacquire_is_read)
{
	static const char *const options[] = { "-b 16",   "-b 128",  "-b 1024",    "-b 32768",
		                               "-P 2048", "-P 4096", "-m optical", "-M logical" };
	char all[64];

	if (lacks_tool("ewfacquire") || lacks_tool("ewfinfo"))
		return;
	snprintf(all, sizeof(all), "-f encase6 -c fast %s", options[_i]);
	compare_acquired(all, "E01");
}
END_TEST

START_TEST(case_values_in_japanese_are_kept)
{
	KAN_AUTO(image) struct kan_image *img = NULL;
	char media[MADE_PATH], path[MADE_PATH];

	if (lacks_tool("ewfacquire"))
		return;
	put_media(media, 5120);
	acquire("-f encase6 -C '令和8年 第12号' -e '鑑識 花子' -N '𠮷野家'", media);
	snprintf(path, sizeof(path), "%s/a.E01", dir);
	img = must_open(path);
	ck_assert_str_eq(value_of(img, "case_number"), "令和8年 第12号");
	ck_assert_str_eq(value_of(img, "examiner_name"), "鑑識 花子");
	ck_assert_str_eq(value_of(img, "notes"), "𠮷野家");
}
END_TEST

START_TEST(smart_images_are_left_to_another_format)
{
	const struct kan_image_format *ewf = kan_image_format_find("ewf");
	const struct kan_image_format *other = kan_image_format_find("ewfother");
	struct kan_image_probe probe;
	KAN_AUTO(mem) uint8_t *file = NULL;
	char media[MADE_PATH], path[MADE_PATH];
	size_t len;

	if (lacks_tool("ewfacquire"))
		return;
	put_media(media, 5120);
	acquire("-f smart", media);
	snprintf(path, sizeof(path), "%s/a.s01", dir);
	file = made_load(path, &len);
	probe = (struct kan_image_probe){ file, len, file, len, path, len };
	ck_assert_int_eq(ewf->probe(&probe), KAN_MATCH_NONE);
	ck_assert_int_eq(other->probe(&probe), KAN_MATCH_MAGIC);
}
END_TEST

/* Our own writer of test sets is checked by libewf, so that the other tests mean something. */
START_TEST(sets_made_for_tests_are_sound_to_libewf)
{
	static const struct made_plan plans[] = {
		{ .nsectors = 401, .chunk_sectors = 64, .compressed = true },
		{ .nsectors = 4001, .chunk_sectors = 16, .table_chunks = 3, .segment_tables = 1 },
		{ .nsectors = 401, .chunk_sectors = 16, .encase1 = true },
	};
	KAN_AUTO(image) struct kan_image *img = NULL;
	KAN_AUTO(findings) struct kan_findings gaps = { 0 };
	char path[MADE_PATH], cmd[3 * MADE_PATH], theirs[33], ours[33];

	if (lacks_tool("ewfexport"))
		return;
	made_set(dir, plans[_i]);
	img = must_open(made_path(path, dir, 1));
	digest_of(ours, img, &gaps);
	snprintf(cmd, sizeof(cmd),
	         "ewfexport -u -q -f raw -t '%s/out' '%s' >/dev/null 2>&1 && md5sum '%s'/out*raw",
	         dir, path, dir);
	ck_assert_int_eq(run(theirs, sizeof(theirs), cmd), 0);
	ck_assert_str_eq(ours, theirs);
}
END_TEST

static Suite *ewf_tools_suite(void)
{
	Suite *s = suite_create("ewf_tools");
	TCase *fixtures = tcase_create("fixtures");
	TCase *tools = tcase_create("tools");

	tcase_add_checked_fixture(fixtures, set_up, tear_down);
	tcase_set_timeout(fixtures, 60);
	tcase_add_loop_test(fixtures, every_e01_of_the_fixtures_is_read_as_libewf_reads_it, 0, 7);
	tcase_add_loop_test(fixtures, samples_hold_what_is_expected, 0, 9);
	tcase_add_test(fixtures, forged_table_is_told_and_does_no_harm);
	suite_add_tcase(s, fixtures);

	tcase_add_checked_fixture(tools, set_up, tear_down);
	tcase_set_timeout(tools, 60);
	tcase_add_loop_test(tools, every_variant_of_ewfacquire_is_read, 0, 48);
	tcase_add_loop_test(tools, every_chunk_size_of_ewfacquire_is_read, 0, 8);
	tcase_add_test(tools, case_values_in_japanese_are_kept);
	tcase_add_test(tools, smart_images_are_left_to_another_format);
	tcase_add_loop_test(tools, sets_made_for_tests_are_sound_to_libewf, 0, 3);
	suite_add_tcase(s, tools);
	return s;
}

RUN_SUITE(ewf_tools_suite)
