/* SPDX-License-Identifier: MIT */
/*
 * test_labels.c - labels of BSD and Solaris inside the slots of a DOS table
 *
 * The image is made here, byte by byte from the descriptions of the labels, with a
 * file system of makefs in each slot that can hold one.
 */
#include "fs/listing.h"

#include "core/bytes.h"

enum { SECTOR = 512, DISK = 36864, SLOT = 8192, NSLOTS = 4, ENTRIES_MAX = 4 };

struct entry {
	uint32_t start, size;
	uint8_t index, type;
};

struct slot {
	const char *what;
	const char *kind; /* for mmls -t */
	uint8_t type;
	bool big_endian;
	uint32_t start;
	uint32_t base;   /* what the label counts from, in sectors */
	uint32_t system; /* sector of the file system on the media */
	struct entry entries[ENTRIES_MAX];
};

static const struct slot slots[NSLOTS] = {
	{ "a label that counts from its slot, as FreeBSD writes it",
	  "bsd",
	  0xa5,
	  false,
	  2048,
	  2048,
	  2048 + 16,
	  { { 16, 4096, 0, 7 }, { 4112, 1024, 1, 1 }, { 0, SLOT, 2, 0 } } },
	{ "a label that counts from the media, with all of it as c, as OpenBSD writes it",
	  "bsd",
	  0xa6,
	  false,
	  10240,
	  0,
	  10240 + 64,
	  { { 10304, 4096, 0, 7 }, { 0, DISK, 2, 0 }, { 34816, 1024, 8, 8 } } },
	{ "the VTOC of Solaris",
	  "sun",
	  0xbf,
	  false,
	  18432,
	  18432,
	  18432 + 64,
	  { { 64, 4096, 0, 2 }, { 0, SLOT, 2, 5 }, { 0, 64, 8, 1 } } },
	{ "a label that counts from the media, with the slice as c, as NetBSD writes it",
	  "bsd",
	  0xa9,
	  true,
	  26624,
	  0,
	  26624,
	  { { 26624, 4096, 0, 7 },
	    { 30720, 1024, 1, 1 },
	    { 26624, SLOT, 2, 0 },
	    { 0, DISK, 3, 0 } } },
};

static uint8_t *disk; /* the image in the making, of each test process */

static void put16(uint8_t *p, uint16_t v, bool big)
{
	p[big ? 1 : 0] = (uint8_t)v;
	p[big ? 0 : 1] = (uint8_t)(v >> 8);
}

static void put32(uint8_t *p, uint32_t v, bool big)
{
	big ? kan_put_be32(p, v) : kan_put_le32(p, v);
}

/* struct disklabel of 4.4BSD; its checksum makes the exclusive or of all words zero. */
static void put_bsd(uint8_t *p, const struct slot *s)
{
	uint16_t sum = 0;

	put32(p, 0x82564557, s->big_endian);
	put32(p + 40, SECTOR, s->big_endian);
	put32(p + 132, 0x82564557, s->big_endian);
	put16(p + 138, 16, s->big_endian);
	for (size_t i = 0; i < ENTRIES_MAX && s->entries[i].size; i++) {
		uint8_t *e = p + 148 + s->entries[i].index * 16;

		put32(e, s->entries[i].size, s->big_endian);
		put32(e + 4, s->entries[i].start, s->big_endian);
		e[12] = s->entries[i].type;
	}
	for (size_t i = 0; i < 148 + 16 * 16; i += 2)
		sum ^= kan_le16(p + i);
	put16(p + 136, sum, false);
}

/* struct dk_label of Solaris on x86. */
static void put_sun(uint8_t *p, const struct slot *s)
{
	uint16_t sum = 0;

	kan_put_le32(p + 12, 0x600ddeee);
	kan_put_le32(p + 16, 1);
	put16(p + 28, SECTOR, false);
	put16(p + 30, 16, false);
	for (size_t i = 0; i < ENTRIES_MAX && s->entries[i].size; i++) {
		uint8_t *e = p + 72 + s->entries[i].index * 12;

		put16(e, s->entries[i].type, false);
		kan_put_le32(e + 4, s->entries[i].start);
		kan_put_le32(e + 8, s->entries[i].size);
	}
	put16(p + 508, 0xdabe, false);
	for (size_t i = 0; i < 510; i += 2)
		sum ^= kan_le16(p + i);
	put16(p + 510, sum, false);
}

static void put_disk(const uint8_t *system, size_t len)
{
	for (size_t i = 0; i < NSLOTS; i++) {
		uint8_t *row = disk + 446 + 16 * i, *label;

		row[4] = slots[i].type;
		kan_put_le32(row + 8, slots[i].start);
		kan_put_le32(row + 12, SLOT);
		if (len > 0)
			memcpy(disk + (size_t)slots[i].system * SECTOR, system, len);
		label = disk + (size_t)(slots[i].start + 1) * SECTOR;
		(strcmp(slots[i].kind, "bsd") == 0 ? put_bsd : put_sun)(label, &slots[i]);
	}
	disk[510] = 0x55;
	disk[511] = 0xaa;
}

static void write_disk(const char *path)
{
	FILE *f = fopen(path, "wb");

	ck_assert_ptr_nonnull(f);
	ck_assert_uint_eq(fwrite(disk, SECTOR, DISK, f), DISK);
	ck_assert_int_eq(fclose(f), 0);
}

/* The file system that is put into each slot: 2 MiB of UFS with three names. */
static size_t make_system(uint8_t *out, size_t room)
{
	char path[256];
	FILE *f;
	size_t n;

	ck_assert(shell("mkdir -p $T/in/dir; echo one > $T/in/one; echo two > $T/in/dir/two; "
	                "makefs -t ffs -B le -o version=1 -s 2m $T/ufs $T/in"));
	snprintf(path, sizeof(path), "%s/ufs", work_dir);
	f = fopen(path, "rb");
	ck_assert_ptr_nonnull(f);
	n = fread(out, 1, room, f);
	ck_assert_int_eq(fclose(f), 0);
	ck_assert_uint_eq(n, 2u << 20);
	return n;
}

static void make_disk(char *path, size_t room, bool with_systems)
{
	KAN_AUTO(mem) uint8_t *system = malloc(4u << 20);
	size_t len = with_systems ? make_system(system, 4u << 20) : 0;

	disk = calloc(DISK, SECTOR);
	ck_assert_ptr_nonnull(disk);
	put_disk(system, len);
	snprintf(path, room, "%s/disk", work_dir);
	write_disk(path);
	free(disk);
	disk = NULL;
}

static void add_line(struct lines *out, uint64_t start, uint64_t sectors)
{
	char text[64];

	snprintf(text, sizeof(text), "%llu %llu", (unsigned long long)start * SECTOR,
	         (unsigned long long)sectors * SECTOR);
	lines_add(out, text);
}

/* mmls refuses a label whose first slots count past the bytes behind its own start. */
static bool mmls_refuses(const struct slot *s)
{
	return s->entries[0].start > DISK - s->start || s->entries[1].start > DISK - s->start;
}

/* What mmls reads from a label, in bytes of the media. */
static void ask_mmls(struct lines *out, const char *path, const struct slot *s)
{
	struct lines raw = { 0 };

	lines_of(&raw, "mmls -t %s -o %u '%s'", s->kind, s->start, path);
	for (size_t i = 0; i < raw.n; i++) {
		unsigned long long start, end, len;
		char number[16];

		/* "Meta" is the whole slice of Solaris, but the label itself of a BSD. */
		if (sscanf(raw.line[i], "%*d: %15s %llu %llu %llu", number, &start, &end, &len) ==
		            4 &&
		    ((number[0] >= '0' && number[0] <= '9') ||
		     (strcmp(s->kind, "sun") == 0 && strcmp(number, "Meta") == 0)))
			add_line(out, s->base + start, len);
	}
	lines_sort(out);
	lines_done(&raw);
}

START_TEST(slots_of_a_label_inside_a_slot_are_those_of_mmls)
{
	struct lines want = { 0 }, got = { 0 };
	struct evidence e;
	char path[256];

	if (skip_without("mmls"))
		return;
	make_disk(path, sizeof(path), false);
	open_evidence(&e, path);
	for (size_t i = 0; i < NSLOTS; i++) {
		if (!mmls_refuses(&slots[i]))
			ask_mmls(&want, path, &slots[i]);
		else
			for (size_t k = 0; k < ENTRIES_MAX; k++)
				add_line(&want, slots[i].entries[k].start,
				         slots[i].entries[k].size);
	}
	lines_sort(&want);
	for (size_t i = 0; i < e.layout->nvolumes; i++) {
		const struct kan_volume *v = &e.layout->volumes[i];

		if (strcmp(v->table, "dos") != 0)
			add_line(&got, v->offset / SECTOR, v->length / SECTOR);
	}
	lines_sort(&got);
	assert_same_lines(&got, &want, path);
	ck_assert_uint_eq(got.n, 13);
	lines_done(&got);
	lines_done(&want);
	close_evidence(&e);
}
END_TEST

/* The system of slot @s, which has to be there once. */
static const struct kan_filesystem *system_in(const struct evidence *e, const struct slot *s)
{
	const struct kan_filesystem *found = NULL;

	for (size_t i = 0; i < e->layout->nfilesystems; i++) {
		const struct kan_filesystem *fs = &e->layout->filesystems[i];

		if (fs->offset != (uint64_t)s->system * SECTOR)
			continue;
		ck_assert_ptr_null(found);
		found = fs;
	}
	ck_assert_ptr_nonnull(found);
	return found;
}

START_TEST(reads_the_file_systems_behind_a_label)
{
	const struct slot *s = &slots[_i];
	const struct kan_filesystem *fs;
	const struct kan_volume *v;
	struct evidence e;
	char path[256], options[64];

	if (skip_without("makefs") || skip_without("fls"))
		return;
	make_disk(path, sizeof(path), true);
	open_evidence(&e, path);
	ck_assert_uint_eq(e.layout->nfilesystems, NSLOTS);
	fs = system_in(&e, s);
	ck_assert_str_eq(fs->type, "ufs1");
	v = &e.layout->volumes[fs->volume - 1];
	ck_assert_str_eq(v->table, s->kind);
	ck_assert_uint_eq(v->length, 4096 * SECTOR);
	snprintf(options, sizeof(options), "-o %u", s->system);
	assert_like_fls(&e, fs->number, options, path, 4);
	ck_assert_uint_eq(e.findings.n, 0);
	close_evidence(&e);
}
END_TEST

/* The first KiB of a slot is not touched by mkfs.ext4: a label from before stays. */
START_TEST(a_file_system_over_an_old_label_is_still_found)
{
	struct evidence e;
	char path[256];
	bool found = false;

	if (skip_without("mkfs.ext4"))
		return;
	make_disk(path, sizeof(path), false);
	ck_assert(shell("truncate -s 4M $T/ext4; mkfs.ext4 -q -F $T/ext4; "
	                "dd if=$T/ext4 of=$T/disk bs=512 skip=2 seek=2050 conv=notrunc"));
	open_evidence(&e, path);
	for (size_t i = 0; i < e.layout->nfilesystems; i++)
		found = found || (e.layout->filesystems[i].offset == 2048 * SECTOR &&
		                  strcmp(e.layout->filesystems[i].type, "ext4") == 0);
	ck_assert(found);
	close_evidence(&e);
}
END_TEST

/* Any byte of a label may be anything: the layout is found, with or without its slots. */
START_TEST(a_damaged_label_does_no_harm)
{
	struct evidence e;
	char path[256];

	make_disk(path, sizeof(path), false);
	ck_assert(shell("for s in 2049 10241 18433 26625; do head -c 360 /dev/urandom | "
	                "dd of=$T/disk bs=1 seek=$((s * 512 + 138)) conv=notrunc; done"));
	open_evidence(&e, path);
	ck_assert_uint_ge(e.layout->nvolumes, NSLOTS);
	close_evidence(&e);
}
END_TEST

static Suite *suite(void)
{
	Suite *s = suite_create("fs/labels");
	TCase *t = tcase_create("labels");

	tcase_add_unchecked_fixture(t, make_work_dir, remove_work_dir);
	tcase_set_timeout(t, 60);
	tcase_add_test(t, slots_of_a_label_inside_a_slot_are_those_of_mmls);
	tcase_add_loop_test(t, reads_the_file_systems_behind_a_label, 0, NSLOTS);
	tcase_add_test(t, a_file_system_over_an_old_label_is_still_found);
	tcase_add_test(t, a_damaged_label_does_no_harm);
	suite_add_tcase(s, t);
	return s;
}

RUN_SUITE(suite)
