/* SPDX-License-Identifier: MIT */
/*
 * test_device_facts.c - drives that answer, drives that do not, and sysfs
 *
 * The drives are tables of answers; sysfs is a folder that the test makes.  Real
 * loop devices are the business of tests/cli/device.sh.
 */
#include "core/cleanup.h"
#include "drive_bytes.h"
#include "kanshiki/buf.h"
#include "suite.h"

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

/* A drive: what it says to each command, and what it was asked. */
struct drive {
	enum kan_device_why why[KAN_ATA_NREADS];
	uint8_t data[KAN_ATA_NREADS][512];
	struct kan_ata_registers registers[KAN_ATA_NREADS];
	unsigned asked[KAN_ATA_NREADS];
};

static enum kan_device_why answer(void *arg, enum kan_ata_read what, struct kan_ata_answer *out)
{
	struct drive *d = arg;

	d->asked[what]++;
	memset(out, 0, sizeof(*out));
	if (kan_ata_has_data(what)) {
		memcpy(out->data, d->data[what], 512);
		out->len = 512;
	} else {
		out->registers = d->registers[what];
		out->has_registers = true;
	}
	return d->why[what];
}

static struct drive *make_drive(void)
{
	struct drive *d = calloc(1, sizeof(*d));

	ck_assert_ptr_nonnull(d);
	make_identify(d->data[KAN_ATA_IDENTIFY]);
	make_dco(d->data[KAN_ATA_DCO], DRIVE_SECTORS);
	make_smart(d->data[KAN_ATA_SMART_DATA]);
	make_thresholds(d->data[KAN_ATA_SMART_THRESHOLDS], 140);
	d->registers[KAN_ATA_NATIVE_MAX_EXT].lba = DRIVE_SECTORS - 1;
	d->registers[KAN_ATA_SMART_STATUS].lba = 0xc24f00;
	return d;
}

static struct kan_device ask(struct drive *drive, enum kan_device_bus bus)
{
	struct kan_drive_port port = { .arg = drive, .ata = answer };
	struct kan_device d = { .is_device = true, .bus = bus };

	kan_device_ask_ata(&d, &port);
	return d;
}

START_TEST(an_honest_drive_hides_nothing_and_is_healthy)
{
	KAN_AUTO(mem) struct drive *drive = make_drive();
	struct kan_device d = ask(drive, KAN_BUS_ATA);

	ck_assert_str_eq(d.model, "WDC WD10EZEX-00BN5A0");
	ck_assert_str_eq(d.wwn, "naa.50014ee20abcdef0");
	ck_assert_int_eq(d.hpa, KAN_FACT_NO);
	ck_assert_int_eq(d.dco, KAN_FACT_NO);
	ck_assert_int_eq(d.amac, KAN_FACT_UNKNOWN);
	ck_assert_int_eq(d.amac_why, KAN_WHY_NOT_OFFERED);
	ck_assert_int_eq(d.native_sectors.value, DRIVE_SECTORS);
	ck_assert_int_eq(d.healthy, KAN_FACT_YES);
	ck_assert_int_eq(d.hours.value, 12345);
	ck_assert_int_eq(d.celsius.value, 35);
	ck_assert_int_eq(d.reallocated.value, 7);
	ck_assert_int_eq(d.pending.value, 3);
	ck_assert_int_eq(d.offline_bad.value, 1);
	ck_assert_int_eq(d.security, KAN_SECURITY_DISABLED);
	ck_assert_int_eq(d.frozen, KAN_FACT_YES);
	ck_assert_int_eq(d.rotational, KAN_FACT_YES);
	ck_assert_uint_eq(d.rpm, 7200);
	ck_assert_int_eq(d.media_errors.why, KAN_WHY_NOT_NVME);
}
END_TEST

START_TEST(a_host_protected_area_is_seen)
{
	KAN_AUTO(mem) struct drive *drive = make_drive();
	struct kan_device d;

	drive->registers[KAN_ATA_NATIVE_MAX_EXT].lba = DRIVE_SECTORS + 2047;
	make_dco(drive->data[KAN_ATA_DCO], DRIVE_SECTORS + 2048);
	d = ask(drive, KAN_BUS_ATA);
	ck_assert_int_eq(d.hpa, KAN_FACT_YES);
	ck_assert_int_eq(d.native_sectors.value, DRIVE_SECTORS + 2048);
	ck_assert_int_eq(d.sectors.value, DRIVE_SECTORS);
	ck_assert_int_eq(d.dco, KAN_FACT_NO);
}
END_TEST

START_TEST(a_device_configuration_overlay_is_seen)
{
	KAN_AUTO(mem) struct drive *drive = make_drive();
	struct kan_device d;

	make_dco(drive->data[KAN_ATA_DCO], DRIVE_SECTORS + 4096);
	d = ask(drive, KAN_BUS_ATA);
	ck_assert_int_eq(d.hpa, KAN_FACT_NO);
	ck_assert_int_eq(d.dco, KAN_FACT_YES);
	ck_assert_int_eq(d.dco_sectors.value, DRIVE_SECTORS + 4096);
}
END_TEST

START_TEST(an_accessible_max_address_is_seen)
{
	KAN_AUTO(mem) struct drive *drive = make_drive();
	uint8_t *p = drive->data[KAN_ATA_IDENTIFY];
	struct kan_device d;

	put_word(p, 82, 0x0003);
	put_word(p, 119, 0x4100);
	seal(p);
	drive->registers[KAN_ATA_AMAC].lba = DRIVE_SECTORS + 99;
	d = ask(drive, KAN_BUS_ATA);
	ck_assert_int_eq(d.amac, KAN_FACT_YES);
	ck_assert_int_eq(d.native_sectors.value, DRIVE_SECTORS + 100);
	ck_assert_int_eq(d.hpa, KAN_FACT_UNKNOWN);
	ck_assert_int_eq(d.hpa_why, KAN_WHY_NOT_OFFERED);
	ck_assert_uint_eq(drive->asked[KAN_ATA_NATIVE_MAX_EXT], 0);
}
END_TEST

START_TEST(a_feature_that_is_not_offered_is_not_asked_for)
{
	KAN_AUTO(mem) struct drive *drive = make_drive();
	uint8_t *p = drive->data[KAN_ATA_IDENTIFY];
	struct kan_device d;

	put_word(p, 82, 0x0000);
	put_word(p, 83, 0x4400);
	seal(p);
	d = ask(drive, KAN_BUS_ATA);
	for (unsigned i = KAN_ATA_IDENTIFY + 1; i < KAN_ATA_NREADS; i++)
		ck_assert_msg(drive->asked[i] == 0, "command %u", i);
	ck_assert_int_eq(d.healthy_why, KAN_WHY_NOT_OFFERED);
	ck_assert_int_eq(d.dco_why, KAN_WHY_NOT_OFFERED);
	ck_assert_int_eq(d.hours.why, KAN_WHY_NOT_OFFERED);
}
END_TEST

START_TEST(smart_that_is_off_stays_off)
{
	KAN_AUTO(mem) struct drive *drive = make_drive();
	uint8_t *p = drive->data[KAN_ATA_IDENTIFY];
	struct kan_device d;

	put_word(p, 85, 0);
	seal(p);
	d = ask(drive, KAN_BUS_ATA);
	ck_assert_int_eq(d.healthy, KAN_FACT_UNKNOWN);
	ck_assert_int_eq(d.healthy_why, KAN_WHY_SWITCHED_OFF);
	ck_assert_uint_eq(drive->asked[KAN_ATA_SMART_DATA], 0);
	ck_assert_uint_eq(drive->asked[KAN_ATA_SMART_STATUS], 0);
}
END_TEST

START_TEST(a_failing_drive_is_told_by_its_status_or_by_an_attribute)
{
	KAN_AUTO(mem) struct drive *drive = make_drive();

	drive->registers[KAN_ATA_SMART_STATUS].lba = 0x2cf400;
	ck_assert_int_eq(ask(drive, KAN_BUS_ATA).healthy, KAN_FACT_NO);
	drive->registers[KAN_ATA_SMART_STATUS].lba = 0xc24f00;
	make_thresholds(drive->data[KAN_ATA_SMART_THRESHOLDS], 200);
	ck_assert_int_eq(ask(drive, KAN_BUS_ATA).healthy, KAN_FACT_NO);
	drive->why[KAN_ATA_SMART_STATUS] = KAN_WHY_INCOMPLETE;
	ck_assert_int_eq(ask(drive, KAN_BUS_ATA).healthy, KAN_FACT_NO);
	make_thresholds(drive->data[KAN_ATA_SMART_THRESHOLDS], 140);
	ck_assert_int_eq(ask(drive, KAN_BUS_ATA).healthy, KAN_FACT_UNKNOWN);
	ck_assert_int_eq(ask(drive, KAN_BUS_ATA).healthy_why, KAN_WHY_INCOMPLETE);
}
END_TEST

START_TEST(a_locked_drive_is_told_from_an_unlocked_one)
{
	KAN_AUTO(mem) struct drive *drive = make_drive();
	uint8_t *p = drive->data[KAN_ATA_IDENTIFY];
	struct kan_device d;

	put_word(p, 128, 0x0001 | 0x0002 | 0x0004);
	seal(p);
	drive->why[KAN_ATA_DCO] = KAN_WHY_REFUSED;
	d = ask(drive, KAN_BUS_ATA);
	ck_assert_int_eq(d.security, KAN_SECURITY_LOCKED);
	ck_assert_int_eq(d.frozen, KAN_FACT_NO);
	ck_assert_int_eq(d.dco, KAN_FACT_UNKNOWN);
	ck_assert_int_eq(d.dco_why, KAN_WHY_REFUSED);
	put_word(p, 128, 0x0001 | 0x0002);
	seal(p);
	ck_assert_int_eq(ask(drive, KAN_BUS_ATA).security, KAN_SECURITY_UNLOCKED);
}
END_TEST

START_TEST(answers_that_contradict_each_other_are_no_facts)
{
	KAN_AUTO(mem) struct drive *drive = make_drive();
	struct kan_device d;

	drive->registers[KAN_ATA_NATIVE_MAX_EXT].lba = DRIVE_SECTORS - 100;
	make_dco(drive->data[KAN_ATA_DCO], 1000);
	drive->data[KAN_ATA_SMART_DATA][100]++;
	d = ask(drive, KAN_BUS_ATA);
	ck_assert_int_eq(d.hpa, KAN_FACT_UNKNOWN);
	ck_assert_int_eq(d.hpa_why, KAN_WHY_DAMAGED);
	ck_assert_int_eq(d.dco, KAN_FACT_UNKNOWN);
	ck_assert_int_eq(d.dco_why, KAN_WHY_DAMAGED);
	ck_assert(!d.reallocated.known);
	ck_assert_int_eq(d.reallocated.why, KAN_WHY_DAMAGED);
	ck_assert_int_eq(d.healthy, KAN_FACT_YES); /* the status is an answer of its own */
}
END_TEST

START_TEST(every_unknown_of_a_silent_drive_has_a_reason)
{
	KAN_AUTO(mem) struct drive *drive = make_drive();
	struct kan_device_item item;
	struct kan_device d;

	drive->why[KAN_ATA_IDENTIFY] = KAN_WHY_REFUSED;
	d = ask(drive, KAN_BUS_USB);
	ck_assert_int_eq(d.hpa_why, KAN_WHY_USB_BRIDGE);
	drive->why[KAN_ATA_IDENTIFY] = KAN_WHY_PERMISSION;
	d = ask(drive, KAN_BUS_USB);
	ck_assert_int_eq(d.hpa_why, KAN_WHY_PERMISSION);
	for (size_t i = 0; kan_device_item(&d, i, &item); i++)
		if (item.kind == KAN_ITEM_WORD && strcmp(item.text, "unknown") == 0)
			ck_assert_msg(item.why[0] != '\0', "%s", item.name);
}
END_TEST

static enum kan_device_why answer_nvme(void *arg, enum kan_nvme_read what, uint8_t *buf, size_t len)
{
	static uint8_t raw[KAN_NVME_IDENTIFY_LEN];

	if (what == KAN_NVME_IDENTIFY)
		make_nvme(raw);
	else
		make_health(raw);
	memcpy(buf, raw, len);
	return what == KAN_NVME_HEALTH ? *(enum kan_device_why *)arg : KAN_WHY_KNOWN;
}

START_TEST(an_nvme_drive_tells_its_health_and_has_no_protected_area)
{
	enum kan_device_why why = KAN_WHY_KNOWN;
	struct kan_drive_port port = { .arg = &why, .nvme = answer_nvme };
	struct kan_device d = { .is_device = true, .bus = KAN_BUS_NVME };

	kan_device_ask_nvme(&d, &port);
	ck_assert_str_eq(d.serial, "S4EWNX0R123456");
	ck_assert_int_eq(d.healthy, KAN_FACT_YES);
	ck_assert_int_eq(d.hours.value, 12345);
	ck_assert_int_eq(d.used.value, 12);
	ck_assert_int_eq(d.unallocated.value, 0x1000);
	ck_assert_int_eq(d.hpa_why, KAN_WHY_NOT_ATA);
	ck_assert_int_eq(d.pending.why, KAN_WHY_NOT_ATA);
	why = KAN_WHY_PERMISSION;
	kan_device_ask_nvme(&d, &port);
	ck_assert_int_eq(d.healthy, KAN_FACT_UNKNOWN);
	ck_assert_int_eq(d.healthy_why, KAN_WHY_PERMISSION);
}
END_TEST

START_TEST(the_result_of_a_command_is_judged_by_all_it_has)
{
	uint8_t sense[22];
	struct kan_ata_answer a = { 0 };
	struct kan_sg_result good = { 0, 0, { sense, 0 } };
	struct kan_sg_result told = { KAN_SCSI_STATUS_CHECK, 0, { sense, 22 } };

	ck_assert_int_eq(kan_drive_judge(&a, KAN_ATA_IDENTIFY, &good), KAN_WHY_KNOWN);
	ck_assert_int_eq(kan_drive_judge(&a, KAN_ATA_SMART_STATUS, &good), KAN_WHY_INCOMPLETE);
	make_registers(sense, 0x50, 0, 42);
	ck_assert_int_eq(kan_drive_judge(&a, KAN_ATA_SMART_STATUS, &told), KAN_WHY_KNOWN);
	ck_assert(a.has_registers);
	ck_assert_uint_eq(a.registers.lba, 42);
	make_registers(sense, 0x51, 0x04, 0); /* aborted */
	ck_assert_int_eq(kan_drive_judge(&a, KAN_ATA_DCO, &told), KAN_WHY_REFUSED);
	told.sense.len = 8; /* illegal request, and nothing of an ATA drive */
	ck_assert_int_eq(kan_drive_judge(&a, KAN_ATA_IDENTIFY, &told), KAN_WHY_REFUSED);
	good.host = 3; /* timed out */
	ck_assert_int_eq(kan_drive_judge(&a, KAN_ATA_IDENTIFY, &good), KAN_WHY_REFUSED);
}
END_TEST

START_TEST(the_bus_is_told_by_what_a_device_is_plugged_into)
{
	static const struct {
		const char *path;
		enum kan_device_bus bus;
	} cases[] = {
		{ "/sys/devices/pci0000:00/0000:00:1f.2/ata1/host0/target0:0:0/0:0:0:0/block/sda",
		  KAN_BUS_ATA },
		{ "/sys/devices/pci0000:00/0000:00:14.0/usb2/2-1/2-1:1.0/host6/target6:0:0/6:0:0:0/"
		  "block/sdb",
		  KAN_BUS_USB },
		{ "/sys/devices/pci0000:00/0000:03:00.0/host2/port-2:0/end_device-2:0/target2:0:0/"
		  "2:0:0:0/block/sdc",
		  KAN_BUS_SCSI },
		{ "/sys/devices/pci0000:00/0000:00:05.0/virtio2/host3/target3:0:0/3:0:0:1/block/"
		  "sdd",
		  KAN_BUS_SCSI },
		{ "/sys/devices/pci0000:00/0000:00:02.0/virtio1/block/vda", KAN_BUS_VIRTIO },
		{ "/sys/devices/pci0000:00/0000:01:00.0/nvme/nvme0/nvme0n1", KAN_BUS_NVME },
		{ "/sys/devices/virtual/nvme-subsystem/nvme-subsys0/nvme0n1", KAN_BUS_NVME },
		{ "/sys/devices/platform/mmc_host/mmc0/mmc0:0001/block/mmcblk0", KAN_BUS_MMC },
		{ "/sys/devices/virtual/block/loop0", KAN_BUS_LOOP },
		{ "/sys/devices/virtual/block/dm-0", KAN_BUS_VIRTUAL },
		{ "/sys/devices/platform/thing/block/xda", KAN_BUS_UNKNOWN },
		{ "", KAN_BUS_UNKNOWN },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		ck_assert_msg(kan_device_bus_of(cases[i].path) == cases[i].bus, "%s",
		              cases[i].path);
}
END_TEST

START_TEST(mounts_are_found_by_number_and_by_name)
{
	static const char mountinfo[] =
		"22 27 0:21 / /proc rw,relatime - proc proc rw\n"
		"30 27 8:1 / /media/My\\040Disk\\134x rw shared:1 - ext4 /dev/sda1 rw\n"
		"31 27 8:16 / /other rw - ext4 /dev/sdb rw\n"
		"32 27 0:45 /@ /home rw - btrfs /dev/sda2 rw,subvol=/@\n"
		"33 27 0:45 torn\n"
		"34 27 8:1 / /no/dash rw shared:1 master:2 a b c d\n"
		"\n";
	static const char swaps[] = "Filename\tType\t\tSize\tUsed\tPriority\n"
				    "/dev/sda3     partition\t1024\t0\t-2\n";
	struct kan_family family = {
		.list = { { "sda", 8, 0 }, { "sda1", 8, 1 }, { "sda2", 8, 2 }, { "sda3", 8, 3 } },
		.n = 4
	};
	struct kan_device d = { .is_device = true };

	kan_device_mounts(&d, &family, mountinfo, swaps);
	ck_assert_uint_eq(d.nmounts, 3);
	ck_assert_int_eq(d.mounted, KAN_FACT_YES);
	ck_assert_str_eq(d.mounts[0], "sda1 on /media/My Disk\\x");
	ck_assert_str_eq(d.mounts[1], "sda2 on /home");
	ck_assert_str_eq(d.mounts[2], "sda3 as swap");
}
END_TEST

START_TEST(mounts_are_unknown_where_the_kernel_does_not_list_them)
{
	struct kan_family family = { .list = { { "sda", 8, 0 } }, .n = 1 };
	struct kan_family nobody = { .n = 0 };
	struct kan_device d = { .is_device = true };

	kan_device_mounts(&d, &family, NULL, "");
	ck_assert_int_eq(d.mounted, KAN_FACT_UNKNOWN);
	kan_device_mounts(&d, &nobody, "30 27 8:1 / /m rw - ext4 /dev/sda1 rw\n", "");
	ck_assert_int_eq(d.mounted, KAN_FACT_UNKNOWN);
	kan_device_mounts(&d, &family, "30 27 8:1 / /m rw - ext4 /dev/sda1 rw\n", "");
	ck_assert_int_eq(d.mounted, KAN_FACT_NO);
}
END_TEST

START_TEST(more_mounts_than_there_is_room_for_are_counted)
{
	struct kan_family family = { .list = { { "sda", 8, 0 } }, .n = 1 };
	KAN_DEFER(kan_buf_done) struct kan_buf text = { 0 };
	struct kan_device d = { .is_device = true };
	struct kan_device_item item;
	size_t shown = 0;

	for (unsigned i = 0; i < 40; i++)
		kan_buf_printf(&text, "%u 27 8:0 / /m%u rw - ext4 /dev/sda rw\n", i, i);
	kan_device_mounts(&d, &family, text.data, "");
	ck_assert_uint_eq(d.nmounts, 40);
	for (size_t i = 0; kan_device_item(&d, i, &item); i++) {
		shown += strcmp(item.name, "mounted") == 0;
		if (strcmp(item.name, "mounts") == 0)
			ck_assert_int_eq(item.number, 40);
	}
	ck_assert_uint_eq(shown, KAN_DEVICE_MOUNTS_MAX);
}
END_TEST

/* A sysfs of our own in a new folder. */
struct tree {
	char root[64];
};

static void make_parents(char *path)
{
	for (char *slash = strchr(path + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		(void)mkdir(path, 0755); /* it may be there */
		*slash = '/';
	}
}

static void put_bytes(const struct tree *t, const char *name, const void *data, size_t len)
{
	char path[PATH_MAX];
	int fd;

	(void)snprintf(path, sizeof(path), "%s/%s", t->root, name);
	make_parents(path);
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(write(fd, data, len), (ssize_t)len);
	(void)close(fd);
}

static void put_file(const struct tree *t, const char *name, const char *text)
{
	put_bytes(t, name, text, strlen(text));
}

static void put_link(const struct tree *t, const char *name, const char *target)
{
	char path[PATH_MAX];

	(void)snprintf(path, sizeof(path), "%s/%s", t->root, name);
	make_parents(path);
	ck_assert_int_eq(symlink(target, path), 0);
}

static void remove_tree(struct tree *t)
{
	char command[96];

	if (t->root[0] == '\0')
		return;
	(void)snprintf(command, sizeof(command), "rm -rf %s", t->root);
	(void)(system(command) == 0); /* what is left is in /tmp */
}

#define SDA "devices/pci0/usb1/1-1/1-1:1.0/host6/target6:0:0/6:0:0:0/block/sda/"
#define DM  "devices/virtual/block/dm-0/"

/* A USB disk with a partition that a crypt mapping holds. */
static void make_usb(struct tree *t)
{
	(void)snprintf(t->root, sizeof(t->root), "/tmp/kan_sysfs_XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(t->root));
	put_link(t, "dev/block/8:0",
	         "../../devices/pci0/usb1/1-1/1-1:1.0/host6/target6:0:0/"
	         "6:0:0:0/block/sda");
	put_link(t, "dev/block/8:1",
	         "../../devices/pci0/usb1/1-1/1-1:1.0/host6/target6:0:0/"
	         "6:0:0:0/block/sda/sda1");
	put_file(t, "devices/pci0/usb1/1-1/idVendor", "0781\n");
	put_file(t, "devices/pci0/usb1/1-1/idProduct", "5583\n");
	put_file(t, "devices/pci0/usb1/1-1/product", "Ultra \033Fit\n");
	put_file(t, "devices/pci0/usb1/1-1/serial", "4C530001\n");
	put_file(t, SDA "dev", "8:0\n");
	put_file(t, SDA "size", "2000\n");
	put_file(t, SDA "ro", "1\n");
	put_file(t, SDA "removable", "0\n");
	put_file(t, SDA "queue/logical_block_size", "512\n");
	put_file(t, SDA "queue/physical_block_size", "4096\n");
	put_file(t, SDA "queue/rotational", "0\n");
	put_file(t, SDA "device/vendor", "SanDisk \n");
	put_file(t, SDA "device/model", "Ultra Fit       \n");
	put_file(t, SDA "device/rev", "1.00\n");
	put_file(t, SDA "sda1/dev", "8:1\n");
	put_file(t, SDA "sda1/partition", "1\n");
	put_file(t, SDA "sda1/start", "100\n");
	put_file(t, SDA "sda1/size", "1900\n");
	put_file(t, SDA "sda1/ro", "0\n");
	put_link(t, SDA "sda1/holders/dm-0", "../../../../../../../../../../../virtual/block/dm-0");
	put_file(t, DM "dev", "253:0\n");
	put_file(t, DM "dm/uuid", "CRYPT-LUKS2-0123456789abcdef-luks-home\n");
	put_file(t, DM "dm/name", "luks-home\n");
}

START_TEST(a_whole_disk_is_read_out_of_sysfs)
{
	KAN_DEFER(remove_tree) struct tree t = { "" };
	struct kan_device d = { .is_device = true };
	struct kan_sysfs more = { 0 };

	make_usb(&t);
	ck_assert(kan_device_sysfs(&d, &more, t.root, 8, 0));
	ck_assert_str_eq(d.disk, "sda");
	ck_assert_int_eq(d.bus, KAN_BUS_USB);
	ck_assert_str_eq(d.vendor, "SanDisk");
	ck_assert_str_eq(d.model, "Ultra Fit");
	ck_assert_str_eq(d.firmware, "1.00");
	ck_assert_str_eq(d.serial, "4C530001");
	ck_assert_str_eq(d.bridge, "0781:5583 Ultra \033Fit");
	ck_assert_uint_eq(d.size, 1024000);
	ck_assert_uint_eq(d.disk_size, 1024000);
	ck_assert_uint_eq(d.partition, 0);
	ck_assert_uint_eq(d.logical_sector, 512);
	ck_assert_uint_eq(d.physical_sector, 4096);
	ck_assert_int_eq(d.rotational, KAN_FACT_NO);
	ck_assert_int_eq(d.removable, KAN_FACT_NO);
	ck_assert_int_eq(d.read_only, KAN_FACT_YES);
	ck_assert_uint_eq(more.family.n, 3);
	ck_assert_int_eq(d.unlocked, KAN_FACT_YES);
	ck_assert_str_eq(d.unlocked_as, "dm-0 (luks-home)");
}
END_TEST

START_TEST(a_partition_has_its_own_size_and_the_name_plate_of_its_disk)
{
	KAN_DEFER(remove_tree) struct tree t = { "" };
	struct kan_device d = { .is_device = true };
	struct kan_sysfs more = { 0 };

	make_usb(&t);
	ck_assert(kan_device_sysfs(&d, &more, t.root, 8, 1));
	ck_assert_uint_eq(d.partition, 1);
	ck_assert_uint_eq(d.partition_offset, 51200);
	ck_assert_uint_eq(d.size, 972800);
	ck_assert_uint_eq(d.disk_size, 1024000);
	ck_assert_str_eq(d.disk, "sda");
	ck_assert_str_eq(d.model, "Ultra Fit");
	ck_assert_int_eq(d.read_only, KAN_FACT_NO);
	ck_assert_uint_eq(more.family.n, 2);
	ck_assert_str_eq(more.family.list[1].name, "dm-0");
}
END_TEST

START_TEST(the_pages_that_the_kernel_keeps_are_used)
{
	static const uint8_t serial[] = { 0, 0x80, 0, 4, 'S', 'N', '4', '2' };
	KAN_DEFER(remove_tree) struct tree t = { "" };
	struct kan_device d = { .is_device = true };
	struct kan_sysfs more = { 0 };
	uint8_t inquiry[36] = { 0 }, ata[572] = { 0, 0x89, 0x02, 0x38 };

	make_usb(&t);
	memcpy(inquiry + 8, "ATA     Ultra Fit of nam2.00", 28);
	ata[56] = 0xec;
	make_identify(ata + 60);
	put_bytes(&t, SDA "device/inquiry", inquiry, sizeof(inquiry));
	put_bytes(&t, SDA "device/vpd_pg80", serial, sizeof(serial));
	put_bytes(&t, SDA "device/vpd_pg89", ata, sizeof(ata));
	ck_assert(kan_device_sysfs(&d, &more, t.root, 8, 0));
	ck_assert_str_eq(d.serial, "SN42");
	ck_assert_str_eq(d.vendor, "");
	ck_assert_str_eq(d.model, "Ultra Fit of nam");
	ck_assert(more.says_ata && more.has_identity);
	ck_assert_mem_eq(more.identity, ata + 60, 512);
}
END_TEST

START_TEST(a_device_without_sysfs_is_no_error)
{
	struct kan_device d = { .is_device = true };
	struct kan_sysfs more = { 0 };

	ck_assert(!kan_device_sysfs(&d, &more, "/nonexistent", 8, 0));
	ck_assert_int_eq(d.bus, KAN_BUS_UNKNOWN);
	ck_assert_uint_eq(more.family.n, 0);
}
END_TEST

START_TEST(numbers_of_sysfs_that_are_none_are_unknown)
{
	KAN_DEFER(remove_tree) struct tree t = { "" };
	struct kan_device d = { .is_device = true };
	struct kan_sysfs more = { 0 };

	make_usb(&t);
	put_file(&t, SDA "size", "99999999999999999999\n");
	put_file(&t, SDA "queue/logical_block_size", "-1\n");
	put_file(&t, SDA "queue/physical_block_size", "4096 bytes\n");
	put_file(&t, SDA "removable", "");
	ck_assert(kan_device_sysfs(&d, &more, t.root, 8, 0));
	ck_assert_uint_eq(d.size, 0);
	ck_assert_uint_eq(d.logical_sector, 0);
	ck_assert_uint_eq(d.physical_sector, 0);
	ck_assert_int_eq(d.removable, KAN_FACT_UNKNOWN);
}
END_TEST

START_TEST(a_path_that_is_no_device_is_a_plain_result)
{
	struct kan_device d;
	struct kan_device_item item;
	struct kan_err err = { 0 };
	const char *name;
	char buf[8];

	memset(&d, 0xff, sizeof(d));
	ck_assert_int_eq(kan_device_read(&d, "/proc/self/exe", &err), KAN_OK);
	ck_assert(!d.is_device);
	ck_assert(!kan_device_item(&d, 0, &item));
	ck_assert(!kan_device_value(&d, 0, &name, buf, sizeof(buf)));
	ck_assert_int_eq(kan_device_read(&d, "/nonexistent/sda", &err), KAN_EIO);
}
END_TEST

START_TEST(values_are_printable_and_end_at_a_character)
{
	struct kan_device d = { .is_device = true, .hpa_why = KAN_WHY_USB_BRIDGE };
	const char *name;
	char buf[64], small[8];
	bool serial = false, hpa = false, cut = false;

	(void)snprintf(d.serial, sizeof(d.serial), "A\033\xff");
	(void)snprintf(d.model, sizeof(d.model), "ABCDEF\xe3\x81\x82");
	for (size_t i = 0; kan_device_value(&d, i, &name, buf, sizeof(buf)); i++) {
		serial |= strcmp(name, "serial") == 0 && strcmp(buf, "A\\x1b\\xff") == 0;
		hpa |= strcmp(name, "hpa") == 0 &&
		       strcmp(buf, "unknown (a USB bridge may hide it)") == 0;
		ck_assert(kan_device_value(&d, i, &name, small, sizeof(small)));
		cut |= strcmp(name, "model") == 0 && strcmp(small, "ABCDEF") == 0;
	}
	ck_assert(serial && hpa && cut);
}
END_TEST

/* The oracle is another reader of the same kernel: the numbers of each device in /proc. */
START_TEST(every_disk_of_this_machine_has_the_size_that_the_kernel_lists)
{
	FILE *f = fopen("/proc/partitions", "r");
	unsigned long long blocks;
	char line[256], name[128], path[160];
	unsigned major, minor, seen = 0;

	while (f && fgets(line, sizeof(line), f)) {
		struct kan_device d;
		struct stat st;

		if (sscanf(line, "%u %u %llu %127s", &major, &minor, &blocks, name) != 4)
			continue;
		/* Loop devices and the like come and go while other tests run. */
		if (strncmp(name, "loop", 4) == 0 || strncmp(name, "dm-", 3) == 0 ||
		    strncmp(name, "nbd", 3) == 0)
			continue;
		(void)snprintf(path, sizeof(path), "/dev/%s", name);
		if (stat(path, &st) != 0 || !S_ISBLK(st.st_mode) ||
		    st.st_rdev != makedev(major, minor))
			continue;
		if (access("/sys/dev/block", F_OK) != 0)
			continue; /* sizes come from there if the device cannot be opened */
		ck_assert_int_eq(kan_device_read(&d, path, NULL), KAN_OK);
		ck_assert(d.is_device);
		ck_assert_msg(d.size / 1024 == blocks, "%s: %llu", path,
		              (unsigned long long)d.size);
		seen++;
	}
	if (f)
		(void)fclose(f);
	if (seen == 0)
		printf("SKIP: no block device here\n");
}
END_TEST

static TCase *drives(void)
{
	TCase *t = tcase_create("drives");

	tcase_add_test(t, an_honest_drive_hides_nothing_and_is_healthy);
	tcase_add_test(t, a_host_protected_area_is_seen);
	tcase_add_test(t, a_device_configuration_overlay_is_seen);
	tcase_add_test(t, an_accessible_max_address_is_seen);
	tcase_add_test(t, a_feature_that_is_not_offered_is_not_asked_for);
	tcase_add_test(t, smart_that_is_off_stays_off);
	tcase_add_test(t, a_failing_drive_is_told_by_its_status_or_by_an_attribute);
	tcase_add_test(t, a_locked_drive_is_told_from_an_unlocked_one);
	tcase_add_test(t, answers_that_contradict_each_other_are_no_facts);
	tcase_add_test(t, every_unknown_of_a_silent_drive_has_a_reason);
	tcase_add_test(t, an_nvme_drive_tells_its_health_and_has_no_protected_area);
	tcase_add_test(t, the_result_of_a_command_is_judged_by_all_it_has);
	return t;
}

static TCase *kernel(void)
{
	TCase *t = tcase_create("kernel");

	tcase_add_test(t, the_bus_is_told_by_what_a_device_is_plugged_into);
	tcase_add_test(t, mounts_are_found_by_number_and_by_name);
	tcase_add_test(t, mounts_are_unknown_where_the_kernel_does_not_list_them);
	tcase_add_test(t, more_mounts_than_there_is_room_for_are_counted);
	tcase_add_test(t, a_whole_disk_is_read_out_of_sysfs);
	tcase_add_test(t, a_partition_has_its_own_size_and_the_name_plate_of_its_disk);
	tcase_add_test(t, the_pages_that_the_kernel_keeps_are_used);
	tcase_add_test(t, a_device_without_sysfs_is_no_error);
	tcase_add_test(t, numbers_of_sysfs_that_are_none_are_unknown);
	tcase_add_test(t, a_path_that_is_no_device_is_a_plain_result);
	tcase_add_test(t, values_are_printable_and_end_at_a_character);
	tcase_add_test(t, every_disk_of_this_machine_has_the_size_that_the_kernel_lists);
	return t;
}

static Suite *suite(void)
{
	Suite *s = suite_create("device_facts");

	suite_add_tcase(s, drives());
	suite_add_tcase(s, kernel());
	return s;
}

RUN_SUITE(suite)
