/* SPDX-License-Identifier: MIT */
/*
 * device_facts.c - ask a drive, in the order that the answers need
 *
 * A feature that the drive does not claim is not asked for: a command that it
 * does not know would end up in the error log of the drive.
 */
#include "image/drive/parts.h"

#include <stdio.h>
#include <string.h>

#define PAGE_LEN 1024u /* page 89h has 572 bytes */

/* Attributes of SMART; their meaning is custom, not standard. */
#define ID_REALLOCATED 5u
#define ID_HOURS       9u
#define ID_AIRFLOW     190u
#define ID_CELSIUS     194u
#define ID_PENDING     197u
#define ID_OFFLINE_BAD 198u

static void know(struct kan_device_number *n, uint64_t value)
{
	n->why = KAN_WHY_KNOWN;
	n->known = true;
	n->value = value > INT64_MAX ? INT64_MAX : (int64_t)value;
}

static void doubt(struct kan_device_number *n, enum kan_device_why why)
{
	*n = (struct kan_device_number){ .why = why };
}

static void set_health_why(struct kan_device *d, enum kan_device_why why)
{
	struct kan_device_number *const all[] = { &d->reallocated,  &d->pending, &d->offline_bad,
		                                  &d->hours,        &d->celsius, &d->critical,
		                                  &d->media_errors, &d->used };

	d->healthy = KAN_FACT_UNKNOWN;
	d->healthy_why = why;
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		doubt(all[i], why);
}

void kan_device_set_why(struct kan_device *d, enum kan_device_why why)
{
	d->hpa_why = d->dco_why = d->amac_why = d->security_why = why;
	doubt(&d->sectors, why);
	doubt(&d->native_sectors, why);
	doubt(&d->dco_sectors, why);
	set_health_why(d, why);
	/* What only an NVMe drive tells is missing for a reason of its own. */
	if (why == KAN_WHY_NOT_ATA)
		why = KAN_WHY_NOT_NVME;
	doubt(&d->unallocated, why);
	doubt(&d->critical, why);
	doubt(&d->media_errors, why);
	doubt(&d->used, why);
}

static void take_text(char *out, size_t size, const char *s)
{
	if (s[0] != '\0')
		(void)snprintf(out, size, "%s", s); /* a drive's text is shorter */
}

void kan_device_take_identity(struct kan_device *d, const struct kan_ata_identity *id)
{
	d->vendor[0] = '\0'; /* an ATA drive has none: it was that of a bridge */
	take_text(d->model, sizeof(d->model), id->model);
	take_text(d->serial, sizeof(d->serial), id->serial);
	take_text(d->firmware, sizeof(d->firmware), id->firmware);
	if (id->wwn != 0)
		(void)snprintf(d->wwn, sizeof(d->wwn), "naa.%016llx", (unsigned long long)id->wwn);
	if (id->rotation != 0) {
		d->rotational = id->rotation == 1 ? KAN_FACT_NO : KAN_FACT_YES;
		d->rpm = id->rotation == 1 ? 0 : id->rotation;
	}
	know(&d->sectors, id->sectors);
}

static void take_security(struct kan_device *d, const struct kan_ata_identity *id)
{
	d->security_why = KAN_WHY_KNOWN;
	d->frozen = id->security_frozen ? KAN_FACT_YES : KAN_FACT_NO;
	if (!id->security)
		d->security = KAN_SECURITY_UNSUPPORTED;
	else if (id->security_locked)
		d->security = KAN_SECURITY_LOCKED;
	else
		d->security = id->security_enabled ? KAN_SECURITY_UNLOCKED : KAN_SECURITY_DISABLED;
}

/* Ask for a native size; on success *@fact says if it is above the accessible one. */
static enum kan_device_why ask_native(struct kan_device *d, const struct kan_drive_port *port,
                                      enum kan_ata_read what, uint64_t sectors, enum kan_fact *fact)
{
	struct kan_ata_answer a;
	enum kan_device_why why = port->ata(port->arg, what, &a);
	uint64_t native = 0;

	if (why == KAN_WHY_KNOWN && !a.has_registers)
		why = KAN_WHY_INCOMPLETE;
	if (why == KAN_WHY_KNOWN && !kan_ata_native_sectors(&native, what, &a.registers))
		why = a.registers.upper_lost ? KAN_WHY_INCOMPLETE : KAN_WHY_DAMAGED;
	if (why == KAN_WHY_KNOWN && native < sectors)
		why = KAN_WHY_DAMAGED;
	if (why != KAN_WHY_KNOWN) {
		if (!d->native_sectors.known)
			doubt(&d->native_sectors, why);
		return why;
	}
	*fact = native > sectors ? KAN_FACT_YES : KAN_FACT_NO;
	if (!d->native_sectors.known || (uint64_t)d->native_sectors.value < native)
		know(&d->native_sectors, native);
	return KAN_WHY_KNOWN;
}

static void ask_hidden(struct kan_device *d, const struct kan_drive_port *port,
                       const struct kan_ata_identity *id)
{
	doubt(&d->native_sectors, KAN_WHY_NOT_OFFERED);
	d->hpa_why = d->amac_why = KAN_WHY_NOT_OFFERED;
	if (id->hpa)
		d->hpa_why =
			ask_native(d, port, id->lba48 ? KAN_ATA_NATIVE_MAX_EXT : KAN_ATA_NATIVE_MAX,
		                   id->sectors, &d->hpa);
	if (id->amac)
		d->amac_why = ask_native(d, port, KAN_ATA_AMAC, id->sectors, &d->amac);
}

/* An overlay hides what lies between the native size and the size as made. */
static void ask_dco(struct kan_device *d, const struct kan_drive_port *port,
                    const struct kan_ata_identity *id)
{
	struct kan_ata_answer a;
	uint64_t made = 0;
	uint64_t native = d->native_sectors.known ? (uint64_t)d->native_sectors.value : id->sectors;

	d->dco_why = id->dco ? port->ata(port->arg, KAN_ATA_DCO, &a) : KAN_WHY_NOT_OFFERED;
	if (d->dco_why == KAN_WHY_KNOWN &&
	    (!kan_ata_dco_parse(&made, (struct kan_view){ a.data, a.len }) || made < native))
		d->dco_why = KAN_WHY_DAMAGED;
	if (d->dco_why != KAN_WHY_KNOWN) {
		doubt(&d->dco_sectors, d->dco_why);
		return;
	}
	d->dco = made > native ? KAN_FACT_YES : KAN_FACT_NO;
	know(&d->dco_sectors, made);
}

static void take_attribute(struct kan_device_number *n, const struct kan_smart *s, uint8_t id)
{
	const struct kan_smart_attribute *a = kan_smart_find(s, id);

	if (!a) {
		doubt(n, KAN_WHY_NOT_OFFERED);
		return;
	}
	/* Some vendors keep other counters in the upper bytes: hours in 24 bits, sectors in 16. */
	if (id == ID_HOURS)
		know(n, a->raw & 0xffffff);
	else
		know(n, a->raw > UINT32_MAX ? a->raw & 0xffff : a->raw);
}

/* Degrees in the lowest byte, with a sign; above it, often, the extremes. */
static void take_celsius(struct kan_device_number *n, const struct kan_smart *s)
{
	const struct kan_smart_attribute *a = kan_smart_find(s, ID_CELSIUS);

	if (!a)
		a = kan_smart_find(s, ID_AIRFLOW);
	doubt(n, KAN_WHY_NOT_OFFERED);
	if (a)
		*n = (struct kan_device_number){ KAN_WHY_KNOWN, true, (int8_t)(a->raw & 0xff) };
}

static enum kan_device_why ask_smart_data(struct kan_smart *s, const struct kan_drive_port *port)
{
	struct kan_ata_answer a;
	enum kan_device_why why = port->ata(port->arg, KAN_ATA_SMART_DATA, &a);

	if (why != KAN_WHY_KNOWN)
		return why;
	if (!kan_smart_parse(s, (struct kan_view){ a.data, a.len }))
		return KAN_WHY_DAMAGED;
	/* Without thresholds the verdict is the drive's own. */
	if (port->ata(port->arg, KAN_ATA_SMART_THRESHOLDS, &a) == KAN_WHY_KNOWN)
		(void)kan_smart_add_thresholds(s, (struct kan_view){ a.data, a.len });
	return KAN_WHY_KNOWN;
}

static void ask_smart(struct kan_device *d, const struct kan_drive_port *port,
                      const struct kan_ata_identity *id)
{
	struct kan_smart s = { 0 };
	struct kan_ata_answer a;
	enum kan_device_why why = KAN_WHY_KNOWN;
	bool healthy = false;

	if (!id->smart_on)
		why = id->smart ? KAN_WHY_SWITCHED_OFF : KAN_WHY_NOT_OFFERED;
	else
		why = ask_smart_data(&s, port);
	set_health_why(d, why);
	if (why == KAN_WHY_KNOWN) {
		take_attribute(&d->reallocated, &s, ID_REALLOCATED);
		take_attribute(&d->pending, &s, ID_PENDING);
		take_attribute(&d->offline_bad, &s, ID_OFFLINE_BAD);
		take_attribute(&d->hours, &s, ID_HOURS);
		take_celsius(&d->celsius, &s);
	}
	if (id->smart_on) {
		d->healthy_why = port->ata(port->arg, KAN_ATA_SMART_STATUS, &a);
		if (d->healthy_why == KAN_WHY_KNOWN && !a.has_registers)
			d->healthy_why = KAN_WHY_INCOMPLETE;
		if (d->healthy_why == KAN_WHY_KNOWN && !kan_smart_status(&healthy, &a.registers))
			d->healthy_why = KAN_WHY_DAMAGED;
		if (d->healthy_why == KAN_WHY_KNOWN)
			d->healthy = healthy ? KAN_FACT_YES : KAN_FACT_NO;
		/* A bad attribute is bad, whatever the status says or does not say. */
		if (kan_smart_is_failing(&s)) {
			d->healthy = KAN_FACT_NO;
			d->healthy_why = KAN_WHY_KNOWN;
		}
	}
	doubt(&d->critical, KAN_WHY_NOT_NVME);
	doubt(&d->media_errors, KAN_WHY_NOT_NVME);
	doubt(&d->used, KAN_WHY_NOT_NVME);
}

void kan_device_ask_ata(struct kan_device *d, const struct kan_drive_port *port)
{
	struct kan_ata_identity id;
	struct kan_ata_answer a;
	enum kan_device_why why = port->ata(port->arg, KAN_ATA_IDENTIFY, &a);

	if (why == KAN_WHY_KNOWN &&
	    !kan_ata_identify_parse(&id, (struct kan_view){ a.data, a.len }))
		why = KAN_WHY_DAMAGED;
	if (why != KAN_WHY_KNOWN) {
		/* Behind a bridge a refusal says something about the bridge. */
		if (d->bus == KAN_BUS_USB && why != KAN_WHY_PERMISSION)
			why = KAN_WHY_USB_BRIDGE;
		kan_device_set_why(d, why);
		return;
	}
	kan_device_take_identity(d, &id);
	take_security(d, &id);
	ask_hidden(d, port, &id);
	ask_dco(d, port, &id);
	ask_smart(d, port, &id);
	doubt(&d->unallocated, KAN_WHY_NOT_NVME);
}

static void take_nvme_health(struct kan_device *d, const struct kan_nvme_health *h)
{
	set_health_why(d, KAN_WHY_NOT_ATA);
	d->healthy = h->critical == 0 ? KAN_FACT_YES : KAN_FACT_NO;
	d->healthy_why = KAN_WHY_KNOWN;
	know(&d->critical, h->critical);
	know(&d->used, h->used);
	know(&d->hours, (uint64_t)h->hours);
	know(&d->media_errors, (uint64_t)h->media_errors);
	doubt(&d->celsius, KAN_WHY_NOT_OFFERED);
	if (h->has_celsius)
		d->celsius = (struct kan_device_number){ KAN_WHY_KNOWN, true, h->celsius };
}

void kan_device_ask_nvme(struct kan_device *d, const struct kan_drive_port *port)
{
	uint8_t raw[KAN_NVME_IDENTIFY_LEN];
	struct kan_nvme_identity id;
	struct kan_nvme_health h;
	enum kan_device_why why;

	kan_device_set_why(d, KAN_WHY_NOT_ATA);
	why = port->nvme(port->arg, KAN_NVME_IDENTIFY, raw, sizeof(raw));
	if (why == KAN_WHY_KNOWN &&
	    !kan_nvme_identity_parse(&id, (struct kan_view){ raw, sizeof(raw) }))
		why = KAN_WHY_DAMAGED;
	doubt(&d->unallocated, why);
	if (why == KAN_WHY_KNOWN) {
		take_text(d->model, sizeof(d->model), id.model);
		take_text(d->serial, sizeof(d->serial), id.serial);
		take_text(d->firmware, sizeof(d->firmware), id.firmware);
		doubt(&d->unallocated, KAN_WHY_NOT_OFFERED);
		if (id.has_capacity)
			know(&d->unallocated, (uint64_t)id.unallocated);
	}
	why = port->nvme(port->arg, KAN_NVME_HEALTH, raw, KAN_NVME_HEALTH_LEN);
	if (why == KAN_WHY_KNOWN &&
	    !kan_nvme_health_parse(&h, (struct kan_view){ raw, KAN_NVME_HEALTH_LEN }))
		why = KAN_WHY_DAMAGED;
	if (why == KAN_WHY_KNOWN)
		take_nvme_health(d, &h);
	else
		set_health_why(d, why);
}

static bool ask_page(struct kan_view *out, const struct kan_drive_port *port, uint8_t page,
                     uint8_t *buf)
{
	size_t len = PAGE_LEN;

	if (port->page(port->arg, page, buf, &len) != KAN_WHY_KNOWN)
		return false;
	*out = (struct kan_view){ buf, len };
	return true;
}

void kan_device_ask_pages(struct kan_device *d, const struct kan_drive_port *port)
{
	uint8_t pages[PAGE_LEN], buf[PAGE_LEN];
	struct kan_view list, v;
	uint16_t rotation;

	if (!ask_page(&list, port, KAN_VPD_PAGES, pages))
		return;
	if (d->serial[0] == '\0' && kan_vpd_offers(list, KAN_VPD_SERIAL) &&
	    ask_page(&v, port, KAN_VPD_SERIAL, buf))
		(void)kan_vpd_serial(d->serial, sizeof(d->serial), v); /* or it stays empty */
	if (d->wwn[0] == '\0' && kan_vpd_offers(list, KAN_VPD_IDENTITY) &&
	    ask_page(&v, port, KAN_VPD_IDENTITY, buf))
		(void)kan_vpd_wwn(d->wwn, sizeof(d->wwn), v);
	if (kan_vpd_offers(list, KAN_VPD_BLOCK) && ask_page(&v, port, KAN_VPD_BLOCK, buf) &&
	    kan_vpd_rotation(&rotation, v) && rotation >= 0x0401 && rotation != 0xffff)
		d->rpm = rotation;
}
