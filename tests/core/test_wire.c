/* SPDX-License-Identifier: MIT */
/*
 * test_wire.c - records come back as they went, and nothing shorter is taken for one
 */
#include "core/wire.h"
#include "core/cleanup.h"
#include "suite.h"

static const uint8_t blob[] = { 1, 0, 255 };

static void write_record(struct kan_buf *b)
{
	kan_wire_put_u8(b, 0xa1);
	kan_wire_put_u32(b, 0x01020304);
	kan_wire_put_u64(b, 0x1122334455667788);
	kan_wire_put_str(b, "Größe");
	kan_wire_put_str(b, "");
	kan_wire_put_bytes(b, blob, sizeof(blob));
	kan_wire_put_bytes(b, NULL, 0);
}

struct record {
	uint8_t a;
	uint32_t b;
	uint64_t c;
	const char *d, *e;
	struct kan_view f, g;
};

static bool read_record(struct record *r, const void *data, size_t len)
{
	struct kan_wire w = { .v = { data, len } };

	r->a = kan_wire_u8(&w);
	r->b = kan_wire_u32(&w);
	r->c = kan_wire_u64(&w);
	r->d = kan_wire_str(&w);
	r->e = kan_wire_str(&w);
	r->f = kan_wire_bytes(&w);
	r->g = kan_wire_bytes(&w);
	return kan_wire_end(&w);
}

START_TEST(wire_gives_back_what_was_put)
{
	struct kan_buf b = { 0 };
	struct record r;

	write_record(&b);
	ck_assert(read_record(&r, b.data, b.len));
	ck_assert_uint_eq(r.a, 0xa1);
	ck_assert_uint_eq(r.b, 0x01020304);
	ck_assert_uint_eq(r.c, 0x1122334455667788);
	ck_assert_str_eq(r.d, "Größe");
	ck_assert_str_eq(r.e, "");
	ck_assert_uint_eq(r.f.len, sizeof(blob));
	ck_assert_mem_eq(r.f.data, blob, sizeof(blob));
	ck_assert_uint_eq(r.g.len, 0);
	kan_buf_done(&b);
}
END_TEST

START_TEST(wire_is_little_endian_without_padding)
{
	struct kan_buf b = { 0 };

	kan_wire_put_u8(&b, 1);
	kan_wire_put_u32(&b, 2);
	kan_wire_put_u64(&b, 3);
	kan_wire_put_str(&b, "x");
	ck_assert_uint_eq(b.len, 1 + 4 + 8 + 4 + 2);
	ck_assert_mem_eq(b.data, "\1\2\0\0\0\3\0\0\0\0\0\0\0\1\0\0\0x", 19);
	kan_buf_done(&b);
}
END_TEST

/* Each length is read from memory that ends right behind it. */
START_TEST(wire_finds_every_truncation_bad)
{
	struct kan_buf b = { 0 };
	struct record r;

	write_record(&b);
	for (size_t len = 0; len < b.len; len++) {
		KAN_AUTO(mem) uint8_t *cut = malloc(len > 0 ? len : 1);

		memcpy(cut, b.data, len);
		ck_assert_msg(!read_record(&r, cut, len), "%zu bytes were taken for a record", len);
	}
	kan_buf_done(&b);
}
END_TEST

START_TEST(wire_finds_bytes_left_over_bad)
{
	struct kan_buf b = { 0 };
	struct record r;

	write_record(&b);
	kan_wire_put_u8(&b, 0);
	ck_assert(!read_record(&r, b.data, b.len));
	kan_buf_done(&b);
}
END_TEST

static const struct {
	const char *data;
	size_t len;
} bad_strings[] = {
	{ "\1\0\0\0x\1", 6 },  /* not terminated */
	{ "\3\0\0\0a\0b", 8 }, /* a NUL inside: would be read as two */
	{ "\xff\xff\xff\xff"
	  "a",
	  6 },              /* longer than all memory, and the NUL wraps */
	{ "\2\0\0\0a", 6 }, /* one byte short */
	{ "\0\0\0", 3 },    /* no length */
};

START_TEST(wire_reads_a_bad_string_as_empty)
{
	struct kan_wire w = { .v = { (const uint8_t *)bad_strings[_i].data, bad_strings[_i].len } };

	ck_assert_str_eq(kan_wire_str(&w), "");
	ck_assert(w.bad);
	ck_assert(!kan_wire_end(&w));
}
END_TEST

START_TEST(wire_stays_bad_and_reads_zeros)
{
	static const uint8_t data[16] = { 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9 };
	struct kan_wire w = { .v = { data, sizeof(data) } };

	ck_assert_ptr_null(kan_wire_take(&w, 17));
	ck_assert_uint_eq(kan_wire_u8(&w), 0);
	ck_assert_uint_eq(kan_wire_u32(&w), 0);
	ck_assert_uint_eq(kan_wire_u64(&w), 0);
	ck_assert_str_eq(kan_wire_str(&w), "");
	ck_assert_uint_eq(kan_wire_bytes(&w).len, 0);
	ck_assert_uint_eq(w.pos, 0);
	ck_assert(!kan_wire_end(&w));
}
END_TEST

static Suite *wire_suite(void)
{
	Suite *s = suite_create("wire");
	TCase *tc = tcase_create("wire");

	tcase_add_test(tc, wire_gives_back_what_was_put);
	tcase_add_test(tc, wire_is_little_endian_without_padding);
	tcase_add_test(tc, wire_finds_every_truncation_bad);
	tcase_add_test(tc, wire_finds_bytes_left_over_bad);
	tcase_add_loop_test(tc, wire_reads_a_bad_string_as_empty, 0,
	                    sizeof(bad_strings) / sizeof(bad_strings[0]));
	tcase_add_test(tc, wire_stays_bad_and_reads_zeros);
	suite_add_tcase(s, tc);
	return s;
}

RUN_SUITE(wire_suite)
