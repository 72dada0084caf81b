/* SPDX-License-Identifier: MIT */
/*
 * test_writer_tools.c - E01 images that we write, in the eyes of other programs
 */
#include "acquire/writer_check.h"

static char case_number[] = "case_number", examiner[] = "examiner_name", notes[] = "notes";
static char description[] = "description", evidence[] = "evidence_number";
static char model[] = "model", serial[] = "serial_number", version[] = "acquiry_software_version";
static char v_case[] = "令和8年 第12号", v_examiner[] = "鑑識 花子", v_notes[] = "𠮷野家\tA\nB";
static char v_description[] = "disk", v_evidence[] = "ev 1", v_model[] = "M-1", v_serial[] = "S-2";
static char v_version[] = "kanshiki 9";

static const struct kan_header_value values[] = {
	{ case_number, v_case }, { examiner, v_examiner },       { notes, v_notes },
	{ model, v_model },      { description, v_description }, { evidence, v_evidence },
	{ serial, v_serial },    { version, v_version },
};

/* The output of @cmd; its exit status must be 0. */
static void run(char *out, size_t room, const char *cmd)
{
	FILE *f = popen(cmd, "r");
	size_t n;

	ck_assert_ptr_nonnull(f);
	n = fread(out, 1, room - 1, f);
	out[n] = '\0';
	while (fgetc(f) != EOF)
		;
	ck_assert_msg(pclose(f) == 0, "%s: %s", cmd, out);
}

static void digest(struct kan_digest *out, const char *name, const uint8_t *data, size_t len)
{
	void *state = NULL;

	out->algo = kan_hash_find(name);
	ck_assert_int_eq(out->algo->open(&state, NULL), KAN_OK);
	ck_assert_int_eq(out->algo->update(state, data, len, NULL), KAN_OK);
	ck_assert_int_eq(out->algo->finish(state, out->bytes, NULL), KAN_OK);
	out->algo->close(state);
}

/* An image with MD5, SHA-1 and the ranges in @end. */
static void write_image(const char *path, const uint8_t *data, struct kan_writer_opts opts,
                        struct kan_writer_end end)
{
	KAN_AUTO(writer) struct kan_writer *w = NULL;
	struct kan_digest digests[2];
	struct kan_err err = { 0 };
	int rc;

	opts.values = values;
	opts.nvalues = sizeof(values) / sizeof(values[0]);
	digest(&digests[0], "md5", data, (size_t)opts.media_size);
	digest(&digests[1], "sha1", data, (size_t)opts.media_size);
	end.digests = digests;
	end.ndigests = 2;
	w = must_create(path, &opts);
	ck_assert_int_eq(stream_to(w, data, &opts, 2, NULL), KAN_OK);
	rc = kan_writer_finish(w, &end, &err);
	ck_assert_msg(rc == KAN_OK, "%s", err.msg);
}

/* Sizes around those of chunks and groups; the last two in several segments. */
static const struct {
	size_t len;
	bool noise;
	uint64_t segment;
} shapes[] = {
	{ 512, false, 0 },
	{ CHUNK, false, 0 },
	{ CHUNK + 512, true, 0 },
	{ STEP - 512, false, 0 },
	{ STEP + 512, false, 0 },
	{ 2 * STEP + CHUNK + 512, false, 0 },
	{ 3 * STEP, true, 17 * MIB },
	{ 3 * STEP + 512, true, 17 * MIB },
};

START_TEST(ewfverify_and_ewfexport_agree)
{
	const size_t len = shapes[_i].len;
	KAN_AUTO(mem) uint8_t *data = shapes[_i].noise ? make_noise(len) : make_media(len);
	struct kan_writer_opts opts = opts_for(len);
	char path[MADE_PATH], cmd[3 * MADE_PATH], out[16384];
	uint8_t *theirs;
	size_t got;

	if (lacks_tool("ewfverify"))
		return;
	opts.segment_size = shapes[_i].segment;
	opts.compress = (enum kan_compress)(len > STEP ? _i % 2 : _i % 3);
	write_image(in_dir(path, "m.E01"), data, opts, (struct kan_writer_end){ .nbad = 0 });
	snprintf(cmd, sizeof(cmd), "ewfverify -q -d sha1 '%s' 2>&1", path);
	run(out, sizeof(out), cmd);
	ck_assert_ptr_nonnull(strstr(out, "ewfverify: SUCCESS"));
	snprintf(cmd, sizeof(cmd), "ewfexport -u -q -f raw -t '%s/x' '%s' 2>&1", dir, path);
	run(out, sizeof(out), cmd);
	theirs = made_load(in_dir(path, "x.raw"), &got);
	ck_assert_uint_eq(got, len);
	ck_assert(memcmp(theirs, data, len) == 0);
	free(theirs);
}
END_TEST

START_TEST(ewfverify_sees_a_changed_byte)
{
	KAN_AUTO(mem) uint8_t *data = make_media(MIB);
	char path[MADE_PATH], cmd[2 * MADE_PATH];

	if (lacks_tool("ewfverify"))
		return;
	write_image(in_dir(path, "m.E01"), data, opts_for(MIB),
	            (struct kan_writer_end){ .nbad = 0 });
	made_flip(path, made_find(path, "sectors", 0) + 76 + 1000);
	snprintf(cmd, sizeof(cmd), "ewfverify -q '%s' >/dev/null 2>&1", path);
	ck_assert_int_ne(system(cmd), 0);
}
END_TEST

START_TEST(ewfinfo_shows_what_was_given)
{
	static const char *const lines[] = {
		"\tCase number:\t\t令和8年 第12号\n",
		"\tDescription:\t\tdisk\n",
		"\tExaminer name:\t\t鑑識 花子\n",
		"\tEvidence number:\tev 1\n",
		"\tNotes:\t\t\t𠮷野家 A B\n",
		"\tAcquisition date:\tSat Nov 28 18:34:53 2026\n",
		"\tSystem date:\t\tSat Nov 28 18:34:53 2026\n",
		"\tSoftware version used:\tkanshiki 9\n",
		"\tModel:\t\t\tM-1\n",
		"\tSerial number:\t\tS-2\n",
		"\tFile format:\t\tEnCase 6\n",
		"\tSectors per chunk:\t8\n",
		"\tBytes per sector:\t4096\n",
		"\tNumber of sectors:\t256\n",
		"\tCompression level:\tgood (fast) compression\n",
		"\tMedia type:\t\tfixed disk\n",
		"\tError granularity:\t1\n",
		"\tMD5:\t\t\t",
		"\tSHA1:\t\t\t",
		/* Two ranges of three sectors. */
		"\ttotal number: 2\n",
		"\tat sector(s): 2 - 3 number: 2\n",
		"\tat sector(s): 9 - 9 number: 1\n",
	};
	KAN_AUTO(mem) uint8_t *data = make_media(MIB);
	struct kan_writer_end end = { .nbad = 0 };
	struct kan_writer_opts opts = opts_for(MIB);
	char path[MADE_PATH], cmd[2 * MADE_PATH], out[16384];

	if (lacks_tool("ewfinfo"))
		return;
	add_bad(&end, 2 * 4096, 8192);
	add_bad(&end, 9 * 4096 + 512, 512);
	opts.sector_size = 4096;
	write_image(in_dir(path, "m.E01"), data, opts, end);
	snprintf(cmd, sizeof(cmd), "TZ=UTC LC_ALL=C.UTF-8 ewfinfo '%s' 2>&1", path);
	run(out, sizeof(out), cmd);
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
		ck_assert_msg(strstr(out, lines[i]) != NULL, "no %s in %s", lines[i], out);
}
END_TEST

/*
 * Media that no test can write: the start of an image of them.  libewf opens none with
 * more than 2^27 chunks, so chunks are longer here.
 */
START_TEST(ewfinfo_opens_an_image_of_more_than_4_tib)
{
	struct kan_writer_opts opts = opts_for((4ull << 40) + 512);
	KAN_AUTO(mem) uint8_t *data = make_media(STEP);
	KAN_AUTO(writer) struct kan_writer *w = NULL;
	char path[MADE_PATH], cmd[2 * MADE_PATH], out[16384];

	if (lacks_tool("ewfinfo"))
		return;
	w = must_create(in_dir(path, "m.E01"), &opts);
	ck_assert_int_eq(feed(w, data, &opts, 0, STEP, NULL), KAN_OK);
	snprintf(cmd, sizeof(cmd), "ewfinfo '%s' 2>&1", path);
	run(out, sizeof(out), cmd);
	ck_assert_msg(strstr(out, "\tNumber of sectors:\t8589934593\n") != NULL, "%s", out);
	ck_assert_msg(strstr(out, "\tSectors per chunk:\t128\n") != NULL, "%s", out);
}
END_TEST

/* An ext4 file system with two files, in an image. */
static bool write_file_system(char *path)
{
	KAN_AUTO(mem) uint8_t *data = NULL;
	char cmd[3 * MADE_PATH], raw[MADE_PATH], out[4096];
	size_t len;

	if (lacks_tool("mke2fs"))
		return false;
	snprintf(cmd, sizeof(cmd),
	         "cd '%s' && mkdir t && echo one > t/hello.txt && echo two > t/証拠.txt && "
	         "mke2fs -q -F -t ext4 -d t fs.dd 20M 2>&1; rm -rf t",
	         dir);
	run(out, sizeof(out), cmd);
	data = made_load(in_dir(raw, "fs.dd"), &len);
	write_image(in_dir(path, "fs.E01"), data, opts_for(len),
	            (struct kan_writer_end){ .nbad = 0 });
	return true;
}

/* Some builds of Sleuth Kit die of every E01, ewfacquire's too. */
static bool fls_reads_no_ewf(void)
{
	char cmd[3 * MADE_PATH];

	snprintf(cmd, sizeof(cmd),
	         "cd '%s' && ewfacquire -u -q -t theirs fs.dd >/dev/null 2>&1 && "
	         "fls -i ewf theirs.E01 >/dev/null 2>&1",
	         dir);
	if (system(cmd) == 0)
		return false;
	puts("SKIP: this fls does not read an E01 of ewfacquire");
	return true;
}

START_TEST(sleuth_kit_lists_the_files_in_it)
{
	char path[MADE_PATH], cmd[3 * MADE_PATH], ours[8192], theirs[8192];

	if (lacks_tool("fls") || lacks_tool("ewfacquire") || !write_file_system(path) ||
	    fls_reads_no_ewf())
		return;
	snprintf(cmd, sizeof(cmd), "fls -r -p -i ewf '%s'", path);
	run(ours, sizeof(ours), cmd);
	snprintf(cmd, sizeof(cmd), "fls -r -p '%s/fs.dd'", dir);
	run(theirs, sizeof(theirs), cmd);
	ck_assert_str_eq(ours, theirs);
	ck_assert_ptr_nonnull(strstr(ours, "hello.txt"));
}
END_TEST

START_TEST(xmount_shows_the_media)
{
	char path[MADE_PATH], cmd[4 * MADE_PATH], out[4096];

	if (lacks_tool("xmount") || !write_file_system(path))
		return;
	snprintf(cmd, sizeof(cmd),
	         "cd '%s' && mkdir mnt && { xmount --in ewf fs.E01 --out raw mnt >log 2>&1 || "
	         "echo none; }",
	         dir);
	run(out, sizeof(out), cmd);
	if (strcmp(out, "none\n") == 0) {
		printf("SKIP: nothing can be mounted with FUSE here\n");
		(void)rmdir(in_dir(path, "mnt"));
		return;
	}
	snprintf(cmd, sizeof(cmd),
	         "cd '%s' && cmp mnt/fs.dd fs.dd 2>&1; echo $?; fusermount -u mnt && rmdir mnt",
	         dir);
	run(out, sizeof(out), cmd);
	ck_assert_str_eq(out, "0\n");
}
END_TEST

static Suite *writer_tools_suite(void)
{
	Suite *s = suite_create("writer_tools");
	TCase *tc = tcase_create("tools");

	tcase_add_checked_fixture(tc, set_up, tear_down);
	tcase_set_timeout(tc, 120);
	tcase_add_loop_test(tc, ewfverify_and_ewfexport_agree, 0, 8);
	tcase_add_test(tc, ewfverify_sees_a_changed_byte);
	tcase_add_test(tc, ewfinfo_shows_what_was_given);
	tcase_add_test(tc, ewfinfo_opens_an_image_of_more_than_4_tib);
	tcase_add_test(tc, sleuth_kit_lists_the_files_in_it);
	tcase_add_test(tc, xmount_shows_the_media);
	suite_add_tcase(s, tc);
	return s;
}

RUN_SUITE(writer_tools_suite)
