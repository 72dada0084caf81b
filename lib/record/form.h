/* SPDX-License-Identifier: MIT */
/*
 * form.h - the form of IMAGE.json, as tables that its writer and its reader share
 *
 * A record is an object whose members stand in a fixed order.  Each member is a place
 * in struct kan_record, a list of objects of the same kind, or a constant.
 */
#ifndef KAN_RECORD_FORM_H
#define KAN_RECORD_FORM_H

#include "kanshiki/record.h"

enum kan_form {
	KAN_FORM_FIXED,  /* a constant text */
	KAN_FORM_TEXT,   /* char *, may be NULL: "" */
	KAN_FORM_CHARS,  /* char [room], ASCII */
	KAN_FORM_U32,    /* uint32_t */
	KAN_FORM_U64,    /* uint64_t */
	KAN_FORM_VALUES, /* struct kan_record_values */
	KAN_FORM_LIST,   /* pointer to items, and their number elsewhere */
};

struct kan_form_list;

struct kan_form_member {
	const char *key;
	enum kan_form form;
	size_t offset;                    /* in the struct */
	size_t room;                      /* of KAN_FORM_CHARS */
	const char *fixed;                /* of KAN_FORM_FIXED */
	const struct kan_form_list *list; /* of KAN_FORM_LIST */
};

struct kan_form_object {
	const struct kan_form_member *members;
	size_t n;
};

struct kan_form_list {
	struct kan_form_object item;
	size_t item_size;
	size_t count_offset; /* of the number, a size_t, in the struct around the list */
	size_t max;
};

/** The whole record. */
extern const struct kan_form_object kan_record_form;

/** True if @s is letters, digits and "_.:-", at least one and at most 80. */
bool kan_record_is_word(const char *s);

/**
 * Room for one more item behind the @n at @list, which may move; NULL if there is no
 * memory.  The room is zero.
 */
KAN_MUST_CHECK void *kan_record_room(void *list, size_t n, size_t item_size);

#endif
