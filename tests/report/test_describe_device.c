/* SPDX-License-Identifier: MIT */
/*
 * test_describe_device.c - a drive as a person and as a program reads it
 */
#include "core/cleanup.h"
#include "core/json.h"
#include "kanshiki/describe.h"
#include "kanshiki/report.h"
#include "suite.h"

#include <stdio.h>
#include <string.h>

static struct kan_device make_device(void)
{
	struct kan_device d = {
		.is_device = true,
		.path = "/dev/sda",
		.disk = "sda",
		.size = 1000204886016,
		.disk_size = 1000204886016,
		.logical_sector = 512,
		.physical_sector = 4096,
		.bus = KAN_BUS_ATA,
		.model = "WDC WD10EZEX",
		.serial = "A\033[31m\xff\"B",
		.rotational = KAN_FACT_YES,
		.rpm = 7200,
		.removable = KAN_FACT_NO,
		.read_only = KAN_FACT_YES,
		.mounted = KAN_FACT_NO,
		.unlocked = KAN_FACT_NO,
		.sectors = { .known = true, .value = 1953525168 },
		.hpa = KAN_FACT_YES,
		.native_sectors = { .known = true, .value = 1953527216 },
		.dco_why = KAN_WHY_REFUSED,
		.dco_sectors = { .why = KAN_WHY_REFUSED },
		.amac_why = KAN_WHY_NOT_OFFERED,
		.unallocated = { .why = KAN_WHY_NOT_NVME },
		.security = KAN_SECURITY_DISABLED,
		.frozen = KAN_FACT_YES,
		.healthy = KAN_FACT_NO,
		.pending = { .known = true, .value = 0 },
		.celsius = { .known = true, .value = -4 },
		.reallocated = { .why = KAN_WHY_NOT_OFFERED },
		.offline_bad = { .why = KAN_WHY_NOT_OFFERED },
		.hours = { .why = KAN_WHY_NOT_OFFERED },
		.critical = { .why = KAN_WHY_NOT_NVME },
		.media_errors = { .why = KAN_WHY_NOT_NVME },
		.used = { .why = KAN_WHY_NOT_NVME },
	};

	return d;
}

static struct kan_filesystem volumes[] = {
	{ .number = 1, .state = KAN_FS_READABLE, .type = "fat16", .offset = 0, .size = 512 },
	{ .number = 2,
	  .state = KAN_FS_ENCRYPTED,
	  .type = "bitlocker",
	  .offset = 1024,
	  .size = 4096 },
	{ .number = 3, .state = KAN_FS_SUSPECTED, .type = "", .offset = 8192, .size = 512 },
};

static struct kan_layout plain = { .filesystems = volumes, .nfilesystems = 1 };
static struct kan_layout encrypted = { .filesystems = volumes, .nfilesystems = 3 };

static bool has(const struct kan_buf *b, const char *s)
{
	return b->data && strstr(b->data, s) != NULL;
}

static void must_have(const struct kan_buf *b, const char *s)
{
	ck_assert_msg(has(b, s), "\"%s\" is not in:\n%s", s, b->data ? b->data : "");
}

START_TEST(a_person_reads_what_is_known_and_why_something_is_not)
{
	KAN_DEFER(kan_buf_done) struct kan_buf b = { 0 };
	struct kan_device d = make_device();

	kan_describe_device_text(&b, &d, &plain);
	must_have(&b, "model            WDC WD10EZEX\n");
	must_have(&b, "serial number    A\\x1b[31m\\xff\"B\n");
	must_have(&b, "size             1000204886016 bytes\n");
	must_have(&b, "HPA              present\n");
	must_have(&b, "native sectors   1953527216\n");
	must_have(&b, "DCO              unknown: the drive refused the command\n");
	must_have(&b, "ATA security     disabled\n");
	must_have(&b, "health (SMART)   failed\n");
	must_have(&b, "pending          0\n");
	must_have(&b, "temperature      -4 ");
	must_have(&b, "mounted          no\n");
	ck_assert(!has(&b, "\033"));
	ck_assert(!has(&b, "BEFORE REMOVAL"));
	ck_assert(!has(&b, "media errors"));
	kan_buf_reset(&b);
	d.mounted = KAN_FACT_UNKNOWN;
	kan_describe_device_text(&b, &d, &plain);
	must_have(&b, "mounted, in all  unknown: the kernel does not tell\n");
	ck_assert(!has(&b, "mounted          no"));
}
END_TEST

START_TEST(encryption_is_told_with_what_to_do_before_unplugging)
{
	KAN_DEFER(kan_buf_done) struct kan_buf b = { 0 };
	struct kan_device d = make_device();

	kan_describe_device_text(&b, &d, &encrypted);
	must_have(&b, "ENCRYPTION       bitlocker  encrypted  at 1024, 4096 bytes\n");
	must_have(&b, "suspected  at 8192, 512 bytes\n");
	must_have(&b, "BEFORE REMOVAL   consider a live acquisition");
	ck_assert(!has(&b, "UNLOCKED NOW"));
	kan_buf_reset(&b);
	d.unlocked = KAN_FACT_YES;
	d.security = KAN_SECURITY_UNLOCKED;
	(void)snprintf(d.unlocked_as, sizeof(d.unlocked_as), "dm-0 (home)");
	kan_describe_device_text(&b, &d, &plain);
	must_have(&b, "unlocked as      dm-0 (home)\n");
	must_have(&b, "UNLOCKED NOW     the key");
	must_have(&b, "ATA PASSWORD     the drive locks itself");
}
END_TEST

START_TEST(every_label_word_and_reason_is_translated)
{
	KAN_DEFER(kan_buf_done) struct kan_buf english = { 0 };
	KAN_DEFER(kan_buf_done) struct kan_buf japanese = { 0 };
	struct kan_device d = make_device();

	kan_describe_device_text(&english, &d, &encrypted);
	ck_assert_int_eq(kan_language_set("ja", NULL), KAN_OK);
	kan_describe_device_text(&japanese, &d, &encrypted);
	ck_assert_int_eq(kan_language_set("en", NULL), KAN_OK);
	ck_assert(has(&japanese, "WDC WD10EZEX"));
	ck_assert(!has(&japanese, "unknown"));
	ck_assert(!has(&japanese, "refused"));
	ck_assert(!has(&japanese, "serial"));
	ck_assert(!has(&japanese, "present"));
	ck_assert_str_ne(english.data, japanese.data);
	/* Whatever sentence the library has for a reason, the catalogue has it too. */
	ck_assert_int_eq(kan_language_set("ja", NULL), KAN_OK);
	for (unsigned why = KAN_WHY_KNOWN + 1; why <= KAN_WHY_CHANGED; why++) {
		const char *text = kan_device_why_text((enum kan_device_why)why);

		ck_assert_msg(text[0] != '\0', "reason %u", why);
		ck_assert_msg(strcmp(kan_text(text), text) != 0, "%s", text);
	}
	ck_assert_int_eq(kan_language_set("en", NULL), KAN_OK);
}
END_TEST

/* The reader is our own strict one; the command's test has jq read the same. */
START_TEST(a_program_reads_one_object_with_a_reason_for_each_null)
{
	KAN_DEFER(kan_buf_done) struct kan_buf b = { 0 };
	struct kan_device d = make_device();
	struct kan_json j;
	enum kan_json_kind kind = KAN_JSON_NULL;

	(void)snprintf(d.mounts[0], KAN_DEVICE_TEXT, "sda1 on /a\"b");
	(void)snprintf(d.mounts[1], KAN_DEVICE_TEXT, "sda2 on /\xff");
	d.nmounts = 2;
	kan_describe_device_json(&b, &d, &encrypted);
	must_have(&b, "{\"device\":\"/dev/sda\",\"disk\":\"sda\",");
	must_have(&b, "\"serial\":\"A\\\\x1b[31m\\\\xff\\\"B\"");
	must_have(&b, "\"vendor\":null");
	must_have(&b, "\"read_only\":true");
	must_have(&b, "\"temperature\":-4");
	must_have(&b, "\"hpa\":\"present\"");
	must_have(&b, "\"dco\":null");
	must_have(&b, "\"dco\":\"the drive refused the command\"");
	must_have(&b, "\"mounted\":[\"sda1 on /a\\\"b\",\"sda2 on /\\\\xff\"],\"mounts\":2");
	must_have(&b, "\"encryption\":[{\"type\":\"bitlocker\",\"state\":\"encrypted\"");
	must_have(&b, "\"before_unplugging\":\"secure the keys\"}");
	j = (struct kan_json){ .in = { (const uint8_t *)b.data, b.len } };
	do
		ck_assert_int_eq(kan_json_next(&j, &kind, NULL), KAN_OK);
	while (kind != KAN_JSON_END);
	kan_json_done(&j);
}
END_TEST

START_TEST(an_image_that_is_no_device_has_a_null_there)
{
	KAN_DEFER(kan_buf_done) struct kan_buf b = { 0 };
	struct kan_image_info info = { .format = "raw" };
	struct kan_findings findings = { 0 };
	struct kan_device none = { 0 };
	struct kan_device d = make_device();

	kan_describe_image_json(&b, &info, &plain, &findings, &none);
	must_have(&b, "\"device\":null,\"format\":\"raw\"");
	kan_buf_reset(&b);
	kan_describe_image_json(&b, &info, &plain, &findings, NULL);
	must_have(&b, "\"device\":null,\"format\":\"raw\"");
	kan_buf_reset(&b);
	kan_describe_image_json(&b, &info, &plain, &findings, &d);
	must_have(&b, "\"device\":{\"device\":\"/dev/sda\"");
	must_have(&b, "\"before_unplugging\":null},\"format\":\"raw\"");
}
END_TEST

static Suite *suite(void)
{
	Suite *s = suite_create("describe_device");
	TCase *t = tcase_create("describe_device");

	tcase_add_test(t, a_person_reads_what_is_known_and_why_something_is_not);
	tcase_add_test(t, encryption_is_told_with_what_to_do_before_unplugging);
	tcase_add_test(t, every_label_word_and_reason_is_translated);
	tcase_add_test(t, a_program_reads_one_object_with_a_reason_for_each_null);
	tcase_add_test(t, an_image_that_is_no_device_has_a_null_there);
	suite_add_tcase(s, t);
	return s;
}

RUN_SUITE(suite)
