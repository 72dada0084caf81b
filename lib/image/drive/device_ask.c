/* SPDX-License-Identifier: MIT */
/*
 * device_ask.c - the way to a drive: SG_IO and the NVMe admin ioctl
 *
 * The commands come from two closed lists (ata.h, nvme.h) and from the pages of
 * INQUIRY; nothing that changes a drive can be asked for.
 */
#include "core/bytes.h"
#include "image/drive/parts.h"

#include <errno.h>
#include <linux/nvme_ioctl.h>
#include <scsi/sg.h>
#include <string.h>
#include <sys/ioctl.h>

#define TIMEOUT_MS     10000u
#define SENSE_LEN      64u
#define NVME_IDENTIFY  0x06u
#define NVME_LOG_PAGE  0x02u
#define CNS_CONTROLLER 0x01u
#define LID_HEALTH     0x02u
#define NSID_ALL       0xffffffffu

/* sg.h has the SCSI status in a byte whose low bit is reserved. */
#define STATUS_MASK 0x3eu

static enum kan_device_why why_of_errno(void)
{
	switch (errno) {
	case EPERM:
	case EACCES:
		return KAN_WHY_PERMISSION;
	case ENOTTY:
	case EINVAL:
	case ENOSYS:
	case EOPNOTSUPP:
		return KAN_WHY_NO_COMMANDS;
	default:
		return KAN_WHY_REFUSED;
	}
}

enum kan_device_why kan_drive_judge(struct kan_ata_answer *out, enum kan_ata_read what,
                                    const struct kan_sg_result *r)
{
	struct kan_sense sense = { 0 };
	uint8_t status = r->status & STATUS_MASK;

	if (r->host != 0 || (status != 0 && status != KAN_SCSI_STATUS_CHECK))
		return KAN_WHY_REFUSED;
	if (kan_sense_parse(&sense, r->sense) && !sense.deferred && sense.has_registers) {
		out->registers = sense.registers;
		out->has_registers = true;
		if (sense.registers.status & (KAN_ATA_STATUS_ERR | KAN_ATA_STATUS_DF))
			return KAN_WHY_REFUSED;
		return KAN_WHY_KNOWN;
	}
	if (status != 0)
		return KAN_WHY_REFUSED;
	/* Good, and without the registers that are the answer. */
	return kan_ata_has_data(what) ? KAN_WHY_KNOWN : KAN_WHY_INCOMPLETE;
}

static enum kan_device_why send_scsi(int fd, struct sg_io_hdr *io, uint8_t *sense)
{
	io->interface_id = 'S';
	io->timeout = TIMEOUT_MS;
	io->sbp = sense;
	io->mx_sb_len = SENSE_LEN;
	return ioctl(fd, SG_IO, io) == 0 ? KAN_WHY_KNOWN : why_of_errno();
}

static struct kan_sg_result result_of(const struct sg_io_hdr *io, const uint8_t *sense)
{
	size_t len = io->sb_len_wr <= SENSE_LEN ? io->sb_len_wr : SENSE_LEN;

	return (struct kan_sg_result){ io->status, io->host_status, { sense, len } };
}

/* What was transferred; a bridge may claim to have kept back more than was asked. */
static size_t received(const struct sg_io_hdr *io, size_t asked)
{
	return io->resid >= 0 && (size_t)io->resid <= asked ? asked - (size_t)io->resid : 0;
}

static enum kan_device_why send_ata(void *arg, enum kan_ata_read what, struct kan_ata_answer *out)
{
	uint8_t cdb[KAN_ATA_CDB], sense[SENSE_LEN] = { 0 };
	struct sg_io_hdr io = { .cmd_len = sizeof(cdb), .cmdp = cdb };
	struct kan_sg_result r;
	enum kan_device_why why;

	memset(out, 0, sizeof(*out));
	kan_ata_cdb(cdb, what);
	io.dxfer_direction = SG_DXFER_NONE;
	if (kan_ata_has_data(what)) {
		io.dxfer_direction = SG_DXFER_FROM_DEV;
		io.dxferp = out->data;
		io.dxfer_len = sizeof(out->data);
	}
	why = send_scsi(*(const int *)arg, &io, sense);
	if (why != KAN_WHY_KNOWN)
		return why;
	out->len = received(&io, io.dxfer_len);
	r = result_of(&io, sense);
	return kan_drive_judge(out, what, &r);
}

static enum kan_device_why send_page(void *arg, uint8_t page, uint8_t *buf, size_t *len)
{
	uint8_t cdb[6], sense[SENSE_LEN] = { 0 };
	struct sg_io_hdr io = { .cmd_len = sizeof(cdb), .cmdp = cdb };
	enum kan_device_why why;

	kan_inquiry_cdb(cdb, page, (uint16_t)*len);
	io.dxfer_direction = SG_DXFER_FROM_DEV;
	io.dxferp = buf;
	io.dxfer_len = (unsigned)*len;
	memset(buf, 0, *len);
	why = send_scsi(*(const int *)arg, &io, sense);
	if (why == KAN_WHY_KNOWN && ((io.status & STATUS_MASK) != 0 || io.host_status != 0))
		why = KAN_WHY_REFUSED;
	*len = received(&io, io.dxfer_len);
	return why;
}

static enum kan_device_why send_nvme(void *arg, enum kan_nvme_read what, uint8_t *buf, size_t len)
{
	struct nvme_admin_cmd c = { .addr = (uintptr_t)buf, .data_len = (uint32_t)len };
	int rc;

	memset(buf, 0, len);
	c.timeout_ms = TIMEOUT_MS;
	if (what == KAN_NVME_IDENTIFY) {
		c.opcode = NVME_IDENTIFY;
		c.cdw10 = CNS_CONTROLLER;
	} else {
		c.opcode = NVME_LOG_PAGE;
		c.nsid = NSID_ALL;
		/* Number of dwords, less one, above the identifier of the page. */
		c.cdw10 = LID_HEALTH | (uint32_t)(len / 4 - 1) << 16;
	}
	rc = ioctl(*(const int *)arg, NVME_IOCTL_ADMIN_CMD, &c);
	if (rc < 0)
		return why_of_errno();
	return rc == 0 ? KAN_WHY_KNOWN : KAN_WHY_REFUSED;
}

void kan_drive_port_open(struct kan_drive_port *port, const int *fd)
{
	*port = (struct kan_drive_port){
		.arg = (void *)(uintptr_t)fd,
		.ata = send_ata,
		.page = send_page,
		.nvme = send_nvme,
	};
}
