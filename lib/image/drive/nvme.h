/* SPDX-License-Identifier: MIT */
/*
 * nvme.h - the identity and the health of an NVMe controller
 *
 * NVM Express Base Specification 1.4: Identify Controller data structure 5.15.2.2
 * (figure 247), SMART / Health Information log page 5.14.1.2 (figure 194).
 *
 * Every function here is pure: bytes in, facts out.
 */
#ifndef KAN_IMAGE_NVME_H
#define KAN_IMAGE_NVME_H

#include "core/view.h"

#define KAN_NVME_IDENTIFY_LEN 4096u
#define KAN_NVME_HEALTH_LEN   512u

/** The only commands that can be sent; each one reads. */
enum kan_nvme_read {
	KAN_NVME_IDENTIFY, /* Identify, CNS 01h */
	KAN_NVME_HEALTH,   /* Get Log Page, LID 02h, of the controller */
};

struct kan_nvme_identity {
	char serial[21];
	char model[41];
	char firmware[9];
	bool has_capacity;   /* the controller manages namespaces and tells the next two */
	int64_t capacity;    /* bytes; INT64_MAX if larger */
	int64_t unallocated; /* bytes in no namespace */
};

/** False, and *@out untouched, if @v is no Identify Controller data. */
bool kan_nvme_identity_parse(struct kan_nvme_identity *out, struct kan_view v);

struct kan_nvme_health {
	uint8_t critical; /* critical warning bits */
	int celsius;
	bool has_celsius;
	uint8_t spare; /* percent */
	uint8_t used;  /* percent of the endurance, 255: that much or more */
	int64_t hours; /* the 128-bit counters are INT64_MAX if larger */
	int64_t media_errors;
};

/** False, and *@out untouched, if @v is too short or empty. */
bool kan_nvme_health_parse(struct kan_nvme_health *out, struct kan_view v);

#endif
