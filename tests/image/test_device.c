/* SPDX-License-Identifier: MIT */
/*
 * test_device.c - what drives answer, taken apart
 *
 * Bytes are built from the standards that ata.h, scsi.h and nvme.h name, and each
 * parser gets its input in a block of exactly that size.
 */
#include "core/cleanup.h"
#include "drive_bytes.h"
#include "suite.h"

#include <stdio.h>

static struct kan_view view(const uint8_t *p, size_t len)
{
	return (struct kan_view){ p, len };
}

START_TEST(identify_gives_the_name_plate)
{
	struct kan_ata_identity id;
	uint8_t p[512];

	make_identify(p);
	ck_assert(kan_ata_identify_parse(&id, view(p, sizeof(p))));
	ck_assert_str_eq(id.serial, "WD-WCC1S0123456");
	ck_assert_str_eq(id.firmware, "01.01A01");
	ck_assert_str_eq(id.model, "WDC WD10EZEX-00BN5A0");
	ck_assert_uint_eq(id.wwn, UINT64_C(0x50014ee20abcdef0));
	ck_assert_uint_eq(id.sectors, DRIVE_SECTORS);
	ck_assert_uint_eq(id.logical_sector, 512);
	ck_assert_uint_eq(id.physical_sector, 4096);
	ck_assert_uint_eq(id.rotation, 7200);
	ck_assert(id.lba48 && id.hpa && id.dco && id.smart && id.smart_on && !id.amac);
	ck_assert(id.security && id.security_frozen);
	ck_assert(!id.security_enabled && !id.security_locked);
}
END_TEST

START_TEST(identify_with_a_wrong_checksum_is_refused)
{
	struct kan_ata_identity id;
	uint8_t p[512];

	make_identify(p);
	p[100] ^= 1;
	ck_assert(!kan_ata_identify_parse(&id, view(p, sizeof(p))));
	/* Drives before ATA-5 have no checksum, and no signature that promises one. */
	p[510] = 0;
	ck_assert(kan_ata_identify_parse(&id, view(p, sizeof(p))));
}
END_TEST

START_TEST(identify_that_is_short_or_empty_or_of_a_packet_device_is_refused)
{
	struct kan_ata_identity id;
	uint8_t p[512];

	make_identify(p);
	for (size_t len = 0; len < sizeof(p); len++) {
		KAN_AUTO(mem) uint8_t *exact = malloc(len ? len : 1);

		memcpy(exact, p, len);
		ck_assert(!kan_ata_identify_parse(&id, view(exact, len)));
	}
	put_word(p, 0, 0x8580);
	seal(p);
	ck_assert(!kan_ata_identify_parse(&id, view(p, sizeof(p))));
	memset(p, 0, sizeof(p));
	ck_assert(!kan_ata_identify_parse(&id, view(p, sizeof(p))));
	memset(p, 0xff, sizeof(p));
	ck_assert(!kan_ata_identify_parse(&id, view(p, sizeof(p))));
}
END_TEST

START_TEST(features_count_only_where_the_words_are_valid)
{
	struct kan_ata_identity id;
	uint8_t p[512];

	make_identify(p);
	put_word(p, 83, 0x8c00);
	put_word(p, 87, 0x0100);
	seal(p);
	ck_assert(kan_ata_identify_parse(&id, view(p, sizeof(p))));
	ck_assert(!id.lba48 && !id.hpa && !id.dco && !id.smart && !id.smart_on);
	ck_assert_uint_eq(id.wwn, 0);
	ck_assert_uint_eq(id.sectors, 0x0fffffff);
}
END_TEST

START_TEST(sectors_of_4096_bytes_and_large_drives_are_understood)
{
	struct kan_ata_identity id;
	uint8_t p[512];

	make_identify(p);
	put_word(p, 106, 0x4000 | 0x1000);
	put_word(p, 117, 2048);
	put_word(p, 69, 0x0008); /* extended number of sectors */
	put_word(p, 232, 1);     /* 2^32 */
	put_word(p, 119, 0x4100);
	put_word(p, 217, 1);
	seal(p);
	ck_assert(kan_ata_identify_parse(&id, view(p, sizeof(p))));
	ck_assert_uint_eq(id.logical_sector, 4096);
	ck_assert_uint_eq(id.physical_sector, 4096);
	ck_assert_uint_eq(id.sectors, UINT64_C(1) << 32);
	ck_assert_uint_eq(id.rotation, 1);
	ck_assert(id.amac);
}
END_TEST

START_TEST(strange_bytes_of_a_serial_number_are_kept)
{
	struct kan_ata_identity id;
	uint8_t p[512];

	make_identify(p);
	put_string(p, 10, 10, "\x1b[31mA\xff\x80\nB");
	p[20] = 0; /* character 1 */
	seal(p);
	ck_assert(kan_ata_identify_parse(&id, view(p, sizeof(p))));
	ck_assert_str_eq(id.serial, "\x1b 31mA\xff\x80\nB");
}
END_TEST

START_TEST(only_commands_that_read_can_be_sent)
{
	/* Opcode and feature, from the list of the standard. */
	static const uint8_t reads[][2] = { { 0xec, 0 },    { 0xf8, 0 },    { 0x27, 0 },
		                            { 0x78, 0 },    { 0xb1, 0xc2 }, { 0xb0, 0xd0 },
		                            { 0xb0, 0xd1 }, { 0xb0, 0xda } };
	uint8_t cdb[KAN_ATA_CDB];

	ck_assert_uint_eq(sizeof(reads) / sizeof(reads[0]), KAN_ATA_NREADS);
	for (unsigned i = 0; i < KAN_ATA_NREADS; i++) {
		bool found = false;

		kan_ata_cdb(cdb, i);
		ck_assert_uint_eq(cdb[0], 0x85);
		/* Non-data, or data in: never out. */
		ck_assert(cdb[1] >> 1 == 3 || (cdb[1] >> 1 == 4 && (cdb[2] & 0x08)));
		for (size_t k = 0; k < sizeof(reads) / sizeof(reads[0]); k++)
			found |= cdb[14] == reads[k][0] && cdb[4] == reads[k][1];
		ck_assert_msg(found, "command %02x feature %02x", cdb[14], cdb[4]);
		ck_assert_uint_eq(cdb[3], 0);
		ck_assert_uint_eq(cdb[5], 0);
	}
}
END_TEST

START_TEST(pass_through_commands_are_those_of_sat)
{
	static const uint8_t identify[16] = { 0x85, 0x08, 0x0e, 0, 0, 0, 1,    0,
		                              0,    0,    0,    0, 0, 0, 0xec, 0 };
	static const uint8_t native[16] = { 0x85, 0x07, 0x20, 0, 0, 0,    0,    0,
		                            0,    0,    0,    0, 0, 0x40, 0x27, 0 };
	static const uint8_t smart[16] = { 0x85, 0x06, 0x20, 0, 0xda, 0,    0,    0,
		                           0,    0,    0x4f, 0, 0xc2, 0x40, 0xb0, 0 };
	uint8_t cdb[KAN_ATA_CDB];

	kan_ata_cdb(cdb, KAN_ATA_IDENTIFY);
	ck_assert_mem_eq(cdb, identify, 16);
	kan_ata_cdb(cdb, KAN_ATA_NATIVE_MAX_EXT);
	ck_assert_mem_eq(cdb, native, 16);
	kan_ata_cdb(cdb, KAN_ATA_SMART_STATUS);
	ck_assert_mem_eq(cdb, smart, 16);
	ck_assert(kan_ata_has_data(KAN_ATA_IDENTIFY) && kan_ata_has_data(KAN_ATA_DCO));
	ck_assert(!kan_ata_has_data(KAN_ATA_AMAC) && !kan_ata_has_data(KAN_ATA_SMART_STATUS));
}
END_TEST

START_TEST(dco_gives_the_sectors_as_made)
{
	uint64_t sectors = 0;
	uint8_t p[512];

	make_dco(p, UINT64_C(0x123456789a));
	ck_assert(kan_ata_dco_parse(&sectors, view(p, sizeof(p))));
	ck_assert_uint_eq(sectors, UINT64_C(0x123456789a));
	for (size_t len = 0; len < sizeof(p); len++)
		ck_assert(!kan_ata_dco_parse(&sectors, view(p, len)));
	p[8] ^= 1;
	ck_assert(!kan_ata_dco_parse(&sectors, view(p, sizeof(p))));
	make_dco(p, UINT64_C(1) << 60);
	ck_assert(!kan_ata_dco_parse(&sectors, view(p, sizeof(p))));
	memset(p, 0, sizeof(p));
	ck_assert(!kan_ata_dco_parse(&sectors, view(p, sizeof(p))));
	ck_assert_uint_eq(sectors, UINT64_C(0x123456789a));
}
END_TEST

START_TEST(native_sectors_are_one_more_than_the_last_address)
{
	struct kan_ata_registers r = { .lba = 0xffffff, .device = 0x4f };
	uint64_t n = 0;

	ck_assert(kan_ata_native_sectors(&n, KAN_ATA_NATIVE_MAX, &r));
	ck_assert_uint_eq(n, 0x10000000);
	r.lba = UINT64_C(0x74706daf);
	ck_assert(kan_ata_native_sectors(&n, KAN_ATA_NATIVE_MAX_EXT, &r));
	ck_assert_uint_eq(n, UINT64_C(0x74706db0));
	r.upper_lost = true;
	ck_assert(!kan_ata_native_sectors(&n, KAN_ATA_NATIVE_MAX_EXT, &r));
	r = (struct kan_ata_registers){ 0 };
	ck_assert(!kan_ata_native_sectors(&n, KAN_ATA_AMAC, &r));
	ck_assert(!kan_ata_native_sectors(&n, KAN_ATA_NATIVE_MAX, &r));
}
END_TEST

START_TEST(smart_status_is_read_from_the_registers)
{
	struct kan_ata_registers r = { .lba = 0xc24f00 };
	bool healthy = false;

	ck_assert(kan_smart_status(&healthy, &r));
	ck_assert(healthy);
	r.lba = 0x2cf400;
	ck_assert(kan_smart_status(&healthy, &r));
	ck_assert(!healthy);
	r.lba = 0xc24e00;
	ck_assert(!kan_smart_status(&healthy, &r));
}
END_TEST

START_TEST(smart_attributes_and_thresholds_meet_by_their_number)
{
	const struct kan_smart_attribute *a;
	struct kan_smart s = { 0 };
	uint8_t p[512];

	make_smart(p);
	ck_assert(kan_smart_parse(&s, view(p, sizeof(p))));
	ck_assert_uint_eq(s.n, 5);
	a = kan_smart_find(&s, 9);
	ck_assert_ptr_nonnull(a);
	ck_assert_uint_eq(a->raw, UINT64_C(0x1d2c00003039));
	ck_assert_uint_eq(a->value, 80);
	ck_assert_uint_eq(a->flags, 0x32);
	ck_assert_ptr_null(kan_smart_find(&s, 1));
	make_thresholds(p, 140);
	ck_assert(kan_smart_add_thresholds(&s, view(p, sizeof(p))));
	ck_assert_uint_eq(kan_smart_find(&s, 5)->threshold, 140);
	ck_assert(!kan_smart_is_failing(&s));
	make_thresholds(p, 200);
	ck_assert(kan_smart_add_thresholds(&s, view(p, sizeof(p))));
	ck_assert(kan_smart_is_failing(&s));
}
END_TEST

START_TEST(smart_blocks_with_a_wrong_checksum_are_refused)
{
	struct kan_smart s = { 0 };
	uint8_t p[512];

	make_smart(p);
	for (size_t len = 0; len < sizeof(p); len++)
		ck_assert(!kan_smart_parse(&s, view(p, len)));
	p[7]++;
	ck_assert(!kan_smart_parse(&s, view(p, sizeof(p))));
	memset(p, 0, sizeof(p));
	ck_assert(!kan_smart_parse(&s, view(p, sizeof(p))));
	ck_assert(!kan_smart_add_thresholds(&s, view(p, sizeof(p))));
	ck_assert_uint_eq(s.n, 0);
}
END_TEST

START_TEST(registers_come_out_of_descriptor_sense)
{
	struct kan_sense s;
	uint8_t p[22];
	size_t len = make_registers(p, 0x50, 0, UINT64_C(0x123456789abc));

	ck_assert(kan_sense_parse(&s, view(p, len)));
	ck_assert(s.has_registers && !s.deferred);
	ck_assert_uint_eq(s.key, 1);
	ck_assert_uint_eq(s.ascq, 0x1d);
	ck_assert_uint_eq(s.registers.lba, UINT64_C(0x123456789abc));
	ck_assert_uint_eq(s.registers.status, 0x50);
	ck_assert_uint_eq(s.registers.device, 0x40);
	p[10] = 0; /* a command of 28 bits: the upper bytes mean nothing */
	ck_assert(kan_sense_parse(&s, view(p, len)));
	ck_assert_uint_eq(s.registers.lba, 0x789abc);
	for (size_t cut = 8; cut < len; cut++) {
		ck_assert(kan_sense_parse(&s, view(p, cut)));
		ck_assert(!s.has_registers);
	}
	for (size_t cut = 0; cut < 8; cut++)
		ck_assert(!kan_sense_parse(&s, view(p, cut)));
}
END_TEST

START_TEST(a_descriptor_before_the_registers_is_passed_over)
{
	static const uint8_t head[] = { 0x72, 0x0b, 0, 0, 0, 0, 0, 18, 0x03, 2, 0xaa, 0xbb };
	uint8_t registers[22], p[26];
	struct kan_sense s;

	make_registers(registers, 0x51, 0x04, 1);
	memcpy(p, head, sizeof(head));
	memcpy(p + 12, registers + 8, 14);
	ck_assert(kan_sense_parse(&s, view(p, sizeof(p))));
	ck_assert(s.has_registers);
	ck_assert_uint_eq(s.key, 0x0b);
	ck_assert_uint_eq(s.registers.error, 0x04);
}
END_TEST

START_TEST(fixed_sense_says_when_upper_bits_are_lost)
{
	uint8_t p[18] = { 0x70, 0, 1, 0x00, 0x50, 0x40, 0, 10, 0x80, 0xaf, 0x6d, 0x70, 0, 0x1d };
	struct kan_sense s;

	ck_assert(kan_sense_parse(&s, view(p, sizeof(p))));
	ck_assert(s.has_registers && !s.registers.upper_lost);
	ck_assert_uint_eq(s.registers.lba, 0x706daf);
	ck_assert_uint_eq(s.registers.status, 0x50);
	p[8] = 0xa0;
	ck_assert(kan_sense_parse(&s, view(p, sizeof(p))));
	ck_assert(s.registers.upper_lost);
	p[13] = 0; /* not about an ATA command */
	ck_assert(kan_sense_parse(&s, view(p, sizeof(p))));
	ck_assert(!s.has_registers);
	p[0] = 0x71;
	ck_assert(kan_sense_parse(&s, view(p, sizeof(p))));
	ck_assert(s.deferred);
	p[0] = 0x7f;
	ck_assert(!kan_sense_parse(&s, view(p, sizeof(p))));
}
END_TEST

START_TEST(inquiry_gives_vendor_product_and_revision)
{
	uint8_t p[36] = { 0x00, 0x80, 6, 2, 31 };
	struct kan_inquiry q;

	memcpy(p + 8, "SanDisk Ultra Fit       1.00", 28);
	ck_assert(kan_inquiry_parse(&q, view(p, sizeof(p))));
	ck_assert_str_eq(q.vendor, "SanDisk");
	ck_assert_str_eq(q.product, "Ultra Fit");
	ck_assert_str_eq(q.revision, "1.00");
	ck_assert(q.removable);
	ck_assert(!kan_inquiry_parse(&q, view(p, 35)));
	p[0] = 0x7f; /* no such unit */
	ck_assert(!kan_inquiry_parse(&q, view(p, sizeof(p))));
}
END_TEST

START_TEST(vital_product_data_gives_serial_and_rotation)
{
	static const uint8_t pages[] = { 0, 0, 0, 4, 0x00, 0x80, 0x83, 0xb1 };
	static const uint8_t serial[] = { 0,   0x80, 0,   10,  ' ', ' ', 'Z',
		                          'A', '1',  '2', '3', '4', '5', ' ' };
	static const uint8_t block[] = { 0, 0xb1, 0, 60, 0x1c, 0x20, 0, 2 };
	uint16_t rotation = 0;
	char text[16];

	ck_assert(kan_vpd_offers(view(pages, sizeof(pages)), 0x83));
	ck_assert(!kan_vpd_offers(view(pages, sizeof(pages)), 0x89));
	ck_assert(!kan_vpd_offers(view(serial, sizeof(serial)), 0x83));
	ck_assert(kan_vpd_serial(text, sizeof(text), view(serial, sizeof(serial))));
	ck_assert_str_eq(text, "ZA12345");
	ck_assert(kan_vpd_serial(text, sizeof(text), view(serial, 9))); /* shorter than it says */
	ck_assert_str_eq(text, "ZA1");
	ck_assert(!kan_vpd_serial(text, sizeof(text), view(serial, 4)));
	ck_assert(kan_vpd_serial(text, 4, view(serial, sizeof(serial))));
	ck_assert_str_eq(text, "ZA1");
	ck_assert(kan_vpd_rotation(&rotation, view(block, sizeof(block))));
	ck_assert_uint_eq(rotation, 7200);
	ck_assert(!kan_vpd_rotation(&rotation, view(block, 5)));
}
END_TEST

START_TEST(the_name_of_the_unit_is_preferred_to_that_of_its_port)
{
	static const uint8_t p[] = {
		0,    0x83, 0, 0x28,                                                 /* head */
		0x02, 0x01, 0, 4,    'V',  'E',  'N',  'D',                          /* vendor */
		0x01, 0x93, 0, 8,    0x50, 0x00, 0xc5, 0x00, 0x11, 0x11, 0x11, 0x11, /* port */
		0x01, 0x03, 0, 8,    0x50, 0x00, 0xc5, 0x00, 0xa1, 0xb2, 0xc3, 0xd4, /* unit */
		0x01, 0x02, 0, 4,    0,    0x25, 0x38, 0x5a                          /* EUI-64 */
	};
	char text[64] = "";

	ck_assert(kan_vpd_wwn(text, sizeof(text), view(p, sizeof(p))));
	ck_assert_str_eq(text, "naa.5000c500a1b2c3d4");
	ck_assert(!kan_vpd_wwn(text, sizeof(text), view(p, 35)));
	ck_assert(!kan_vpd_wwn(text, sizeof(text), view(p, 3)));
}
END_TEST

START_TEST(identify_data_is_found_in_page_89)
{
	uint8_t p[572] = { 0, 0x89, 0x02, 0x38 };
	struct kan_ata_identity id;
	struct kan_view v;

	p[56] = 0xec;
	make_identify(p + 60);
	ck_assert(kan_vpd_ata(&v, view(p, sizeof(p))));
	ck_assert(kan_ata_identify_parse(&id, v));
	ck_assert_str_eq(id.model, "WDC WD10EZEX-00BN5A0");
	for (size_t len = 0; len < sizeof(p); len++)
		ck_assert(!kan_vpd_ata(&v, view(p, len)));
	p[56] = 0xa1; /* of a packet device */
	ck_assert(!kan_vpd_ata(&v, view(p, sizeof(p))));
}
END_TEST

START_TEST(nvme_identity_and_health_are_read)
{
	static uint8_t p[KAN_NVME_IDENTIFY_LEN];
	struct kan_nvme_identity id;
	struct kan_nvme_health h;

	make_nvme(p);
	ck_assert(kan_nvme_identity_parse(&id, view(p, sizeof(p))));
	ck_assert_str_eq(id.serial, "S4EWNX0R123456");
	ck_assert_str_eq(id.model, "Samsung SSD 970 EVO Plus 1TB");
	ck_assert_str_eq(id.firmware, "2B2QEXM7");
	ck_assert(id.has_capacity);
	ck_assert_int_eq(id.capacity, 0x20000000);
	ck_assert_int_eq(id.unallocated, 0x1000);
	ck_assert(!kan_nvme_identity_parse(&id, view(p, sizeof(p) - 1)));
	make_health(p);
	ck_assert(kan_nvme_health_parse(&h, view(p, KAN_NVME_HEALTH_LEN)));
	ck_assert_int_eq(h.celsius, 41);
	ck_assert_uint_eq(h.used, 12);
	ck_assert_uint_eq(h.critical, 0);
	ck_assert_int_eq(h.hours, 12345);
	ck_assert_int_eq(h.media_errors, 4);
	ck_assert(!kan_nvme_health_parse(&h, view(p, KAN_NVME_HEALTH_LEN - 1)));
	p[175] = 1;
	ck_assert(kan_nvme_health_parse(&h, view(p, KAN_NVME_HEALTH_LEN)));
	ck_assert_int_eq(h.media_errors, INT64_MAX);
	memset(p, 0, sizeof(p));
	ck_assert(!kan_nvme_health_parse(&h, view(p, KAN_NVME_HEALTH_LEN)));
	ck_assert(!kan_nvme_identity_parse(&id, view(p, sizeof(p))));
}
END_TEST

static Suite *suite(void)
{
	Suite *s = suite_create("device");
	TCase *t = tcase_create("parsers");

	tcase_add_test(t, identify_gives_the_name_plate);
	tcase_add_test(t, identify_with_a_wrong_checksum_is_refused);
	tcase_add_test(t, identify_that_is_short_or_empty_or_of_a_packet_device_is_refused);
	tcase_add_test(t, features_count_only_where_the_words_are_valid);
	tcase_add_test(t, sectors_of_4096_bytes_and_large_drives_are_understood);
	tcase_add_test(t, strange_bytes_of_a_serial_number_are_kept);
	tcase_add_test(t, only_commands_that_read_can_be_sent);
	tcase_add_test(t, pass_through_commands_are_those_of_sat);
	tcase_add_test(t, dco_gives_the_sectors_as_made);
	tcase_add_test(t, native_sectors_are_one_more_than_the_last_address);
	tcase_add_test(t, smart_status_is_read_from_the_registers);
	tcase_add_test(t, smart_attributes_and_thresholds_meet_by_their_number);
	tcase_add_test(t, smart_blocks_with_a_wrong_checksum_are_refused);
	tcase_add_test(t, registers_come_out_of_descriptor_sense);
	tcase_add_test(t, a_descriptor_before_the_registers_is_passed_over);
	tcase_add_test(t, fixed_sense_says_when_upper_bits_are_lost);
	tcase_add_test(t, inquiry_gives_vendor_product_and_revision);
	tcase_add_test(t, vital_product_data_gives_serial_and_rotation);
	tcase_add_test(t, the_name_of_the_unit_is_preferred_to_that_of_its_port);
	tcase_add_test(t, identify_data_is_found_in_page_89);
	tcase_add_test(t, nvme_identity_and_health_are_read);
	suite_add_tcase(s, t);
	return s;
}

RUN_SUITE(suite)
