/* SPDX-License-Identifier: MIT */
/*
 * describe_device.c - a drive for people and for programs
 *
 * Both go through the items of kanshiki/device.h, so that neither can forget a
 * fact.  For people, what the drive simply does not have is left out; what is
 * unknown is never left out where somebody might rely on it.
 */
#include "core/escape.h"
#include "kanshiki/describe.h"
#include "kanshiki/report.h"
#include "report/fields.h"
#include "report/parts.h"

#include <string.h>

#define N_(text) text /* xgettext takes the text into the catalogues */
#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

struct label {
	const char *name;
	const char *label;
};

static const struct label labels[] = {
	{ "device", N_("device") },
	{ "disk", N_("whole disk") },
	{ "partition", N_("partition") },
	{ "partition_offset", N_("starts at") },
	{ "bus", N_("attached by") },
	{ "vendor", N_("vendor") },
	{ "model", N_("model") },
	{ "serial", N_("serial number") },
	{ "firmware", N_("firmware") },
	{ "wwn", N_("world wide name") },
	{ "usb_device", N_("USB device") },
	{ "backing_file", N_("backing file") },
	{ "size", N_("size") },
	{ "disk_size", N_("size of disk") },
	{ "logical_sector_size", N_("logical sector") },
	{ "physical_sector_size", N_("physical sector") },
	{ "rotational", N_("rotating") },
	{ "rotation_rate", N_("rotation rate") },
	{ "removable", N_("removable") },
	{ "read_only", N_("read-only") },
	{ "mounted", N_("mounted") },
	{ "mounts", N_("mounted, in all") },
	{ "unlocked", N_("unlocked now") },
	{ "unlocked_as", N_("unlocked as") },
	{ "sectors", N_("sectors") },
	{ "hpa", N_("HPA") },
	{ "amac", N_("AMAC") },
	{ "native_sectors", N_("native sectors") },
	{ "dco", N_("DCO") },
	{ "dco_sectors", N_("sectors as made") },
	{ "unallocated", N_("in no namespace") },
	{ "ata_security", N_("ATA security") },
	{ "ata_security_frozen", N_("security frozen") },
	{ "health", N_("health (SMART)") },
	{ "power_on_hours", N_("powered on") },
	{ "temperature", N_("temperature") },
	{ "reallocated_sectors", N_("reallocated") },
	{ "pending_sectors", N_("pending") },
	{ "offline_uncorrectable", N_("uncorrectable") },
	{ "critical_warning", N_("critical warning") },
	{ "media_errors", N_("media errors") },
	{ "percentage_used", N_("endurance used") },
};

/* Words, units and reasons of an item; a bus is a name and stays as it is. */
static const char *const words[] = {
	N_("yes"),
	N_("no"),
	N_("present"),
	N_("absent"),
	N_("passed"),
	N_("failed"),
	N_("disabled"),
	N_("unlocked"),
	N_("locked"),
	N_("unsupported"),
	N_("bytes"),
	N_("rpm"),
	N_("hours"),
	N_("celsius"),
	N_("percent"),
	N_("not an ATA drive"),
	N_("not an NVMe drive"),
	N_("a USB bridge may hide it"),
	N_("no permission to ask the drive"),
	N_("no commands can be sent to it"),
	N_("the drive does not offer it"),
	N_("switched off in the drive"),
	N_("the drive refused the command"),
	N_("the answer of the drive makes no sense"),
	N_("the answer of the drive is incomplete"),
	N_("the device has changed meanwhile"),
	N_("the kernel does not tell"),
};

static const char *label_of(const char *name)
{
	for (size_t i = 0; i < COUNT(labels); i++)
		if (strcmp(labels[i].name, name) == 0)
			return kan_text(labels[i].label);
	return name;
}

static const char *in_words(const char *s)
{
	for (size_t i = 0; i < COUNT(words); i++)
		if (strcmp(words[i], s) == 0)
			return kan_text(words[i]);
	return s;
}

static bool is(const struct kan_device_item *item, const char *name)
{
	return strcmp(item->name, name) == 0;
}

/* What says nothing that a person would miss. */
static bool is_idle(const struct kan_device *d, const struct kan_device_item *item)
{
	if (item->kind == KAN_ITEM_TEXT)
		return item->text[0] == '\0';
	if (is(item, "partition") || is(item, "partition_offset") || is(item, "disk_size"))
		return d->partition == 0;
	if (is(item, "mounts"))
		return d->mounted != KAN_FACT_UNKNOWN && d->nmounts <= KAN_DEVICE_MOUNTS_MAX;
	if (is(item, "unlocked"))
		return d->unlocked != KAN_FACT_YES;
	if (is(item, "ata_security_frozen"))
		return d->security == KAN_SECURITY_UNKNOWN ||
		       d->security == KAN_SECURITY_UNSUPPORTED;
	return item->kind == KAN_ITEM_NUMBER && item->why[0] != '\0' && item->number == 0 &&
	       !is(item, "size");
}

static void put_item(struct kan_buf *out, const struct kan_device_item *item)
{
	kan_part_label(out, label_of(item->name));
	if (item->why[0] != '\0') {
		kan_buf_printf(out, kan_text("unknown: %s"), in_words(item->why));
	} else if (item->kind == KAN_ITEM_NUMBER) {
		kan_put_i64(out, item->number);
		/* The label says "sectors" already. */
		if (item->unit[0] != '\0' && strcmp(item->unit, "sectors") != 0)
			kan_buf_printf(out, " %s", in_words(item->unit));
	} else if (item->kind == KAN_ITEM_WORD) {
		kan_buf_puts(out, in_words(item->text));
	} else {
		kan_escape_text(out, item->text, strlen(item->text));
	}
	kan_buf_putc(out, '\n');
}

static bool is_encrypted(const struct kan_filesystem *fs)
{
	return fs->state == KAN_FS_ENCRYPTED || fs->state == KAN_FS_SUSPECTED;
}

static bool has_encryption(const struct kan_layout *layout)
{
	for (size_t i = 0; i < layout->nfilesystems; i++)
		if (is_encrypted(&layout->filesystems[i]))
			return true;
	return false;
}

static void put_encryption(struct kan_buf *out, const struct kan_layout *layout)
{
	bool first = true;

	for (size_t i = 0; i < layout->nfilesystems; i++) {
		const struct kan_filesystem *fs = &layout->filesystems[i];

		if (!is_encrypted(fs))
			continue;
		kan_part_label(out, first ? kan_text("ENCRYPTION") : "");
		kan_buf_printf(out, "%s  %s", fs->type,
		               kan_text_code(kan_fs_state_name(fs->state)));
		kan_buf_printf(out, kan_text("  at %llu, %llu bytes"),
		               (unsigned long long)fs->offset, (unsigned long long)fs->size);
		kan_buf_putc(out, '\n');
		first = false;
	}
}

static void put_advice(struct kan_buf *out, const struct kan_device *d,
                       const struct kan_layout *layout)
{
	if (has_encryption(layout)) {
		put_encryption(out, layout);
		kan_part_label(out, kan_text("BEFORE REMOVAL"));
		kan_buf_printf(out, "%s\n",
		               kan_text("consider a live acquisition, or secure the keys first: "
		                        "without them this cannot be read later"));
	}
	if (d->unlocked == KAN_FACT_YES) {
		kan_part_label(out, kan_text("UNLOCKED NOW"));
		kan_buf_printf(
			out, "%s\n",
			kan_text("the key of an encrypted volume is in memory, and lost when "
		                 "the drive or the power is taken away"));
	}
	if (d->security == KAN_SECURITY_UNLOCKED) {
		kan_part_label(out, kan_text("ATA PASSWORD"));
		kan_buf_printf(out, "%s\n",
		               kan_text("the drive locks itself when it loses power: acquire it "
		                        "before, or secure the password"));
	}
}

void kan_describe_device_text(struct kan_buf *out, const struct kan_device *d,
                              const struct kan_layout *layout)
{
	struct kan_device_item item;

	for (size_t i = 0; kan_device_item(d, i, &item); i++) {
		if (is(&item, "mounts") && d->mounted == KAN_FACT_NO) {
			kan_part_label(out, kan_text("mounted"));
			kan_buf_printf(out, "%s\n", kan_text("no"));
		}
		if (!is_idle(d, &item))
			put_item(out, &item);
	}
	put_advice(out, d, layout);
	kan_buf_putc(out, '\n');
}

static void put_json_value(struct kan_buf *out, const struct kan_device_item *item)
{
	if (item->why[0] != '\0' || (item->kind != KAN_ITEM_NUMBER && item->text[0] == '\0'))
		KAN_PUT(out, "null");
	else if (item->kind == KAN_ITEM_NUMBER)
		kan_put_i64(out, item->number);
	else if (item->kind == KAN_ITEM_WORD && strcmp(item->text, "yes") == 0)
		KAN_PUT(out, "true");
	else if (item->kind == KAN_ITEM_WORD && strcmp(item->text, "no") == 0)
		KAN_PUT(out, "false");
	else
		kan_put_json(out, item->text);
}

static void put_json_mounts(struct kan_buf *out, const struct kan_device *d)
{
	KAN_PUT(out, "\"mounted\":[");
	for (size_t i = 0; i < d->nmounts && i < KAN_DEVICE_MOUNTS_MAX; i++) {
		kan_buf_puts(out, i ? "," : "");
		kan_put_json(out, d->mounts[i]);
	}
	KAN_PUT(out, "],");
}

/* Why each null is one. */
static void put_json_reasons(struct kan_buf *out, const struct kan_device *d)
{
	struct kan_device_item item;
	bool first = true;

	KAN_PUT(out, "\"unknown\":{");
	for (size_t i = 0; kan_device_item(d, i, &item); i++) {
		if (item.why[0] == '\0')
			continue;
		kan_buf_printf(out, "%s\"%s\":", first ? "" : ",", item.name);
		kan_put_json(out, item.why);
		first = false;
	}
	KAN_PUT(out, "}");
}

static void put_json_encryption(struct kan_buf *out, const struct kan_layout *layout)
{
	bool first = true;

	KAN_PUT(out, ",\"encryption\":[");
	for (size_t i = 0; i < layout->nfilesystems; i++) {
		const struct kan_filesystem *fs = &layout->filesystems[i];

		if (!is_encrypted(fs))
			continue;
		kan_buf_printf(out, "%s{\"type\":", first ? "" : ",");
		kan_put_json(out, fs->type);
		kan_buf_printf(out, ",\"state\":\"%s\",\"offset\":%llu,\"size\":%llu}",
		               kan_fs_state_name(fs->state), (unsigned long long)fs->offset,
		               (unsigned long long)fs->size);
		first = false;
	}
	KAN_PUT(out, "]");
}

void kan_describe_device_json(struct kan_buf *out, const struct kan_device *d,
                              const struct kan_layout *layout)
{
	struct kan_device_item item;
	bool act = has_encryption(layout) || d->unlocked == KAN_FACT_YES ||
	           d->security == KAN_SECURITY_UNLOCKED;

	KAN_PUT(out, "{");
	for (size_t i = 0; kan_device_item(d, i, &item); i++) {
		if (is(&item, "mounted"))
			continue;
		if (is(&item, "mounts"))
			put_json_mounts(out, d);
		kan_buf_printf(out, "\"%s\":", item.name);
		put_json_value(out, &item);
		KAN_PUT(out, ",");
	}
	put_json_reasons(out, d);
	put_json_encryption(out, layout);
	kan_buf_printf(out, ",\"before_unplugging\":%s}", act ? "\"secure the keys\"" : "null");
}
