/* SPDX-License-Identifier: MIT */
/*
 * plain_layer.h - a raw file as the last parent of a chain
 */
#ifndef KAN_IMAGE_PLAIN_LAYER_H
#define KAN_IMAGE_PLAIN_LAYER_H

#include "image/mapped.h"

/** Open @path as a layer that holds all of its bytes. */
KAN_MUST_CHECK int kan_plain_layer(struct kan_layer **out, const char *path, struct kan_err *err);

#endif
