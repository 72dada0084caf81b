/* SPDX-License-Identifier: MIT */
/*
 * device_value.c - the facts in their order, by name
 */
#include "core/escape.h"
#include "kanshiki/device.h"

#include <stdio.h>
#include <string.h>

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static const char *const whys[] = {
	[KAN_WHY_KNOWN] = "",
	[KAN_WHY_NOT_ATA] = "not an ATA drive",
	[KAN_WHY_NOT_NVME] = "not an NVMe drive",
	[KAN_WHY_USB_BRIDGE] = "a USB bridge may hide it",
	[KAN_WHY_PERMISSION] = "no permission to ask the drive",
	[KAN_WHY_NO_COMMANDS] = "no commands can be sent to it",
	[KAN_WHY_NOT_OFFERED] = "the drive does not offer it",
	[KAN_WHY_SWITCHED_OFF] = "switched off in the drive",
	[KAN_WHY_REFUSED] = "the drive refused the command",
	[KAN_WHY_DAMAGED] = "the answer of the drive makes no sense",
	[KAN_WHY_INCOMPLETE] = "the answer of the drive is incomplete",
	[KAN_WHY_CHANGED] = "the device has changed meanwhile",
};

const char *kan_device_why_text(enum kan_device_why why)
{
	return (size_t)why < COUNT(whys) ? whys[why] : "";
}

static const char *const buses[] = {
	[KAN_BUS_UNKNOWN] = "unknown", [KAN_BUS_ATA] = "ata",   [KAN_BUS_NVME] = "nvme",
	[KAN_BUS_USB] = "usb",         [KAN_BUS_SCSI] = "scsi", [KAN_BUS_MMC] = "mmc",
	[KAN_BUS_VIRTIO] = "virtio",   [KAN_BUS_LOOP] = "loop", [KAN_BUS_VIRTUAL] = "virtual",
};

const char *kan_device_bus_name(enum kan_device_bus bus)
{
	return (size_t)bus < COUNT(buses) ? buses[bus] : "unknown";
}

static const char *const yes_no[] = { "unknown", "yes", "no" };
static const char *const present_absent[] = { "unknown", "present", "absent" };
static const char *const passed_failed[] = { "unknown", "passed", "failed" };
static const char *const securities[] = { "unknown", "unsupported", "disabled", "unlocked",
	                                  "locked" };

/* The item that is wanted: the others are counted and passed by. */
struct cursor {
	size_t left;
	struct kan_device_item *out;
	bool hit;
};

static void put(struct cursor *c, struct kan_device_item item)
{
	if (!c->hit && c->left == 0) {
		*c->out = item;
		c->hit = true;
	}
	c->left -= c->left > 0 && !c->hit;
}

static void put_text(struct cursor *c, const char *name, const char *text)
{
	put(c, (struct kan_device_item){ name, KAN_ITEM_TEXT, text, 0, "", "" });
}

static void put_word(struct cursor *c, const char *name, const char *word, const char *why)
{
	put(c, (struct kan_device_item){ name, KAN_ITEM_WORD, word, 0, "", why });
}

static void put_fact(struct cursor *c, const char *name, const char *const words[3],
                     enum kan_fact fact, enum kan_device_why why)
{
	put_word(c, name, words[fact], fact == KAN_FACT_UNKNOWN ? kan_device_why_text(why) : "");
}

static void put_plain(struct cursor *c, const char *name, enum kan_fact fact)
{
	put_word(c, name, yes_no[fact], fact == KAN_FACT_UNKNOWN ? "the kernel does not tell" : "");
}

static void put_size(struct cursor *c, const char *name, uint64_t v)
{
	put(c, (struct kan_device_item){ name, KAN_ITEM_NUMBER, "",
	                                 v > INT64_MAX ? INT64_MAX : (int64_t)v, "bytes",
	                                 v == 0 ? "the kernel does not tell" : "" });
}

static void put_number(struct cursor *c, const char *name, const struct kan_device_number *n,
                       const char *unit)
{
	put(c, (struct kan_device_item){ name, KAN_ITEM_NUMBER, "", n->value, unit,
	                                 n->known ? "" : kan_device_why_text(n->why) });
}

static void put_identity(struct cursor *c, const struct kan_device *d)
{
	put_text(c, "device", d->path);
	put_text(c, "disk", d->disk);
	put(c, (struct kan_device_item){ "partition", KAN_ITEM_NUMBER, "", d->partition, "", "" });
	put(c, (struct kan_device_item){ "partition_offset", KAN_ITEM_NUMBER, "",
	                                 (int64_t)(d->partition_offset & INT64_MAX), "bytes", "" });
	put_word(c, "bus", kan_device_bus_name(d->bus),
	         d->bus == KAN_BUS_UNKNOWN ? "the kernel does not tell" : "");
	put_text(c, "vendor", d->vendor);
	put_text(c, "model", d->model);
	put_text(c, "serial", d->serial);
	put_text(c, "firmware", d->firmware);
	put_text(c, "wwn", d->wwn);
	put_text(c, "usb_device", d->bridge);
	put_text(c, "backing_file", d->backing);
}

static void put_media(struct cursor *c, const struct kan_device *d)
{
	put_size(c, "size", d->size);
	put_size(c, "disk_size", d->disk_size);
	put_size(c, "logical_sector_size", d->logical_sector);
	put_size(c, "physical_sector_size", d->physical_sector);
	put_plain(c, "rotational", d->rotational);
	put(c, (struct kan_device_item){ "rotation_rate", KAN_ITEM_NUMBER, "", d->rpm, "rpm",
	                                 d->rpm ? "" : "the drive does not tell" });
	put_plain(c, "removable", d->removable);
	put_plain(c, "read_only", d->read_only);
	for (size_t i = 0; i < d->nmounts && i < KAN_DEVICE_MOUNTS_MAX; i++)
		put_text(c, "mounted", d->mounts[i]);
	put(c, (struct kan_device_item){ "mounts", KAN_ITEM_NUMBER, "", (int64_t)d->nmounts, "",
	                                 d->mounted == KAN_FACT_UNKNOWN ? "the kernel does not tell"
	                                                                : "" });
	put_plain(c, "unlocked", d->unlocked);
	put_text(c, "unlocked_as", d->unlocked_as);
}

static void put_hidden(struct cursor *c, const struct kan_device *d)
{
	put_number(c, "sectors", &d->sectors, "sectors");
	put_fact(c, "hpa", present_absent, d->hpa, d->hpa_why);
	put_fact(c, "amac", present_absent, d->amac, d->amac_why);
	put_number(c, "native_sectors", &d->native_sectors, "sectors");
	put_fact(c, "dco", present_absent, d->dco, d->dco_why);
	put_number(c, "dco_sectors", &d->dco_sectors, "sectors");
	put_number(c, "unallocated", &d->unallocated, "bytes");
	put_word(c, "ata_security", securities[d->security],
	         d->security == KAN_SECURITY_UNKNOWN ? kan_device_why_text(d->security_why) : "");
	put_fact(c, "ata_security_frozen", yes_no, d->frozen, d->security_why);
}

static void put_health(struct cursor *c, const struct kan_device *d)
{
	put_fact(c, "health", passed_failed, d->healthy, d->healthy_why);
	put_number(c, "power_on_hours", &d->hours, "hours");
	put_number(c, "temperature", &d->celsius, "celsius");
	put_number(c, "reallocated_sectors", &d->reallocated, "sectors");
	put_number(c, "pending_sectors", &d->pending, "sectors");
	put_number(c, "offline_uncorrectable", &d->offline_bad, "sectors");
	put_number(c, "critical_warning", &d->critical, "");
	put_number(c, "media_errors", &d->media_errors, "");
	put_number(c, "percentage_used", &d->used, "percent");
}

bool kan_device_item(const struct kan_device *d, size_t i, struct kan_device_item *out)
{
	struct cursor c = { .left = i, .out = out };

	if (!d->is_device)
		return false;
	put_identity(&c, d);
	put_media(&c, d);
	put_hidden(&c, d);
	put_health(&c, d);
	return c.hit;
}

/* Cut where a character ends: an escape is ASCII and may be cut anywhere. */
static void copy_cut(char *out, size_t len, const char *s)
{
	size_t n = strlen(s);

	if (n >= len) {
		n = len - 1;
		while (n > 0 && ((uint8_t)s[n] & 0xc0) == 0x80)
			n--;
	}
	memcpy(out, s, n);
	out[n] = '\0';
}

bool kan_device_value(const struct kan_device *d, size_t i, const char **name, char *buf,
                      size_t len)
{
	struct kan_buf text = { 0 };
	struct kan_device_item item;

	if (len == 0 || !kan_device_item(d, i, &item))
		return false;
	*name = item.name;
	if (item.why[0] != '\0')
		kan_buf_printf(&text, "unknown (%s)", item.why);
	else if (item.kind == KAN_ITEM_NUMBER)
		kan_buf_printf(&text, "%lld%s%s", (long long)item.number, item.unit[0] ? " " : "",
		               item.unit);
	else
		kan_escape_text(&text, item.text, strlen(item.text));
	copy_cut(buf, len, text.failed ? "unknown (out of memory)" : text.data ? text.data : "");
	kan_buf_done(&text);
	return true;
}
