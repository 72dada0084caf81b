/* SPDX-License-Identifier: MIT */
/*
 * json.h - a strict reader of one JSON text (RFC 8259), token by token
 *
 * Nothing that the grammar does not allow is let through: no comments, no comma
 * too many, no bytes that are not UTF-8, no lone surrogates, nothing behind the
 * value.  Depth is limited and there is no recursion.  That no key comes twice in
 * an object is for the caller to check.
 */
#ifndef KAN_CORE_JSON_H
#define KAN_CORE_JSON_H

#include "core/view.h"
#include "kanshiki/buf.h"

/** Arrays and objects inside each other. */
#define KAN_JSON_DEPTH_MAX 32u

enum kan_json_kind {
	KAN_JSON_END, /* the value is complete and nothing follows */
	KAN_JSON_OBJECT,
	KAN_JSON_OBJECT_END,
	KAN_JSON_ARRAY,
	KAN_JSON_ARRAY_END,
	KAN_JSON_KEY,
	KAN_JSON_STRING,
	KAN_JSON_NUMBER,
	KAN_JSON_TRUE,
	KAN_JSON_FALSE,
	KAN_JSON_NULL,
};

/** Set `in`, everything else zero.  Release with kan_json_done(). */
struct kan_json {
	struct kan_view in;
	size_t pos;
	struct kan_buf text; /* of the last key or string, decoded; of a number, as it stands */
	unsigned depth;
	bool in_object[KAN_JSON_DEPTH_MAX];
	int expect; /* what the grammar allows next; private */
};

/**
 * The kind of the next token into *@out.  KAN_EFORMAT with the byte offset in
 * @err if the text is no JSON, and again for every call after that; KAN_ELIMIT
 * if it is too deep.
 */
KAN_MUST_CHECK int kan_json_next(struct kan_json *j, enum kan_json_kind *out, struct kan_err *err);

/** Release what @j holds. */
void kan_json_done(struct kan_json *j);

#endif
