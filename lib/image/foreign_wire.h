/* SPDX-License-Identifier: MIT */
/*
 * foreign_wire.h - what the worker of a foreign container is asked and answers
 *
 * Two requests: DESCRIBE gives geometry, header values, hashes and findings;
 * READ gives bytes and gaps.  Every record is one item.
 */
#ifndef KAN_IMAGE_FOREIGN_WIRE_H
#define KAN_IMAGE_FOREIGN_WIRE_H

#include "kanshiki/image.h"
#include "kanshiki/worker.h"

/** Most bytes of one READ. */
#define KAN_FOREIGN_READ_MAX (1u << 20)

enum {
	KAN_FOREIGN_REQUEST_LEN = 13,
};

/** A request; @len 0 asks for the description. */
void kan_foreign_put_request(uint8_t raw[KAN_FOREIGN_REQUEST_LEN], uint64_t offset, uint32_t len);

/** In the worker: a container that is open, and room for KAN_FOREIGN_READ_MAX + 1 bytes. */
struct kan_foreign_open_set {
	struct kan_source *source;
	struct kan_image_info info;
	struct kan_findings findings;
	uint8_t *room;
};

/** In the worker: answer @request. */
KAN_MUST_CHECK int kan_foreign_answer(const struct kan_foreign_open_set *set,
                                      struct kan_bytes request, struct kan_worker_reply *reply,
                                      struct kan_err *err);

/** In the parent: where an answer goes.  Pointers are borrowed. */
struct kan_foreign_intake {
	struct kan_image_info *info;   /* of a description */
	struct kan_source *geometry;   /* of a description: size, sector_size, block_len */
	struct kan_findings *findings; /* never NULL */
	uint64_t size;                 /* of the media, for findings; 0: not known yet */
	uint8_t *buf;                  /* of a READ */
	size_t len;
	bool complete; /* the geometry, or all bytes, have arrived */
	size_t items;
};

/**
 * In the parent: take one record of an answer (a struct kan_foreign_intake in
 * @arg).  Fails with KAN_EWORKER if it is nonsense.
 */
KAN_MUST_CHECK int kan_foreign_take(void *arg, struct kan_bytes rec, struct kan_err *err);

#endif
