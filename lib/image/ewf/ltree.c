/* SPDX-License-Identifier: MIT */
/*
 * ltree.c - how many files the tree of logical evidence (L01) has
 *
 * The section "ltree" is a header of 48 bytes and a text: categories that are
 * separated by empty lines.  The category "entry" has a line with numbers, a line of
 * short names of fields, and two lines for every entry: numbers, the second of which
 * is that of its children, and values.  The first entry is the root.  The text is
 * read as it comes, because nothing says how long it may be.
 */
#include "image/ewf/ltree.h"

#include "core/bytes.h"
#include "core/cleanup.h"
#include "image/ewf/ewf.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define BLOCK_LEN   (64u << 10)  /* bytes read at once */
#define TEXT_MAX    (1ull << 32) /* bytes of the text: some ten million files */
#define SUBJECT_LEN 512u         /* of a finding */
#define FIELDS_MAX  1000u        /* in a line; EnCase writes about thirty */

enum header_layout {
	LTREE_SIZE = 16,
	LTREE_HEADER_LEN = 48,
};

enum state {
	BETWEEN,  /* in another category */
	NUMBERS,  /* the line behind "entry" */
	NAMES,    /* the line with the names of the fields */
	CHILDREN, /* the first line of an entry */
	VALUES,   /* the second one */
	DONE,
};

static void end_field(struct kan_ltree *t)
{
	t->text[t->text_len < KAN_LTREE_FIELD_MAX ? t->text_len : KAN_LTREE_FIELD_MAX] = '\0';
	if (t->state == NAMES && !t->has_parent_field && strcmp(t->text, "p") == 0) {
		t->has_parent_field = true;
		t->parent_field = t->field;
	}
	if (t->state == CHILDREN && t->field == 1)
		t->nchildren = t->text_len > 0 && t->text_len <= KAN_LTREE_FIELD_MAX &&
		                               strspn(t->text, "0123456789") == t->text_len
		                       ? strtoull(t->text, NULL, 10)
		                       : UINT64_MAX;
	if (t->state == VALUES && t->has_parent_field && t->field == t->parent_field)
		t->is_folder = strcmp(t->text, "1") == 0;
}

/* An entry is complete; the root is none. */
static void end_entry(struct kan_ltree *t)
{
	bool is_root = t->nfiles == 0 && t->nfolders == 0 && t->pending == 0;

	if (!is_root) {
		t->nfiles += !t->is_folder;
		t->nfolders += t->is_folder;
		t->pending--;
	} else {
		t->nfolders = 1; /* the root; taken off in the end */
	}
	if (__builtin_add_overflow(t->pending, t->nchildren, &t->pending))
		t->pending = UINT64_MAX; /* never whole */
	t->whole = t->pending == 0;
	t->state = t->whole ? DONE : CHILDREN;
}

static void end_line(struct kan_ltree *t)
{
	bool empty = t->field == 0 && t->text_len == 0;

	end_field(t);
	switch (t->state) {
	case BETWEEN:
		if ((t->blank_before || t->nlines == 1) && t->field == 0 &&
		    strcmp(t->text, "entry") == 0)
			t->state = NUMBERS;
		break;
	case NUMBERS:
		t->state = NAMES;
		break;
	case NAMES:
		t->state = CHILDREN;
		break;
	case CHILDREN:
		t->state = t->field == 1 && t->nchildren < UINT64_MAX ? VALUES : DONE;
		break;
	case VALUES:
		end_entry(t);
		break;
	default:
		break;
	}
	t->blank_before = empty;
	t->nlines += t->nlines < 2;
	t->field = 0;
	t->text_len = 0;
	t->is_folder = false;
}

static void take_unit(struct kan_ltree *t, unsigned unit)
{
	if (unit == '\n') {
		end_line(t);
	} else if (unit == '\t') {
		end_field(t);
		t->field += t->field < FIELDS_MAX;
		t->text_len = 0;
	} else if (unit != '\r' && unit != 0xfeff && t->text_len <= KAN_LTREE_FIELD_MAX) {
		t->text[t->text_len < KAN_LTREE_FIELD_MAX ? t->text_len : KAN_LTREE_FIELD_MAX] =
			unit < 0x80 && unit > 0 ? (char)unit : '?';
		t->text_len++;
	}
}

void kan_ltree_feed(struct kan_ltree *t, const uint8_t *data, size_t len)
{
	for (size_t i = 0; i < len && t->state != DONE; i++) {
		if (t->half)
			take_unit(t, t->low | (unsigned)data[i] << 8);
		t->low = data[i];
		t->half = !t->half;
	}
}

void kan_ltree_end(struct kan_ltree *t)
{
	if (t->state != DONE && (t->field > 0 || t->text_len > 0))
		end_line(t);
	t->state = DONE;
	if (t->nfolders > 0)
		t->nfolders--; /* the root */
}

/* The text of the ltree section @s of @f. */
static int read_tree(const struct kan_evidence_file *f, const struct kan_ewf_section *s,
                     struct kan_ltree *t, struct kan_err *err)
{
	KAN_AUTO(mem) uint8_t *buf = malloc(BLOCK_LEN);
	uint64_t at = s->data + LTREE_HEADER_LEN, left;
	uint8_t size[8];
	int rc;

	if (!buf)
		return kan_fail(err, KAN_ENOMEM, "out of memory for a logical tree");
	if (s->data_len < LTREE_HEADER_LEN)
		return KAN_OK;
	rc = kan_evidence_file_read(f, s->data + LTREE_SIZE, size, sizeof(size), NULL, NULL, err);
	left = s->data_len - LTREE_HEADER_LEN;
	if (kan_le64(size) < left)
		left = kan_le64(size);
	if (left > TEXT_MAX)
		left = TEXT_MAX;
	while (rc == KAN_OK && left > 0) {
		size_t n = left < BLOCK_LEN ? (size_t)left : BLOCK_LEN;

		rc = kan_evidence_file_read(f, at, buf, n, NULL, NULL, err);
		if (rc == KAN_OK)
			kan_ltree_feed(t, buf, n);
		at += n;
		left -= n;
	}
	kan_ltree_end(t);
	return rc;
}

/* Follow the sections of one file to its ltree section, if it has any. */
static int find_tree(const struct kan_evidence_file *f, struct kan_ltree *t, bool *found,
                     struct kan_err *err)
{
	uint64_t at = KAN_EWF_FILE_HEADER_LEN;

	for (unsigned i = 0; i < KAN_EWF_SECTIONS_MAX; i++) {
		uint8_t raw[KAN_EWF_DESCRIPTOR_LEN];
		struct kan_ewf_section s;
		int rc;

		if (at > f->size || f->size - at < sizeof(raw))
			return KAN_OK;
		rc = kan_evidence_file_read(f, at, raw, sizeof(raw), NULL, NULL, err);
		if (rc != KAN_OK)
			return rc;
		kan_ewf_section_parse(&s, raw, at, f->size);
		*found = strcmp(s.type, "ltree") == 0;
		if (*found)
			return read_tree(f, &s, t, err);
		if (s.next < s.data)
			return KAN_OK;
		at = s.next;
	}
	return KAN_OK;
}

int kan_ltree_report(const struct kan_paths *files, struct kan_findings *findings,
                     struct kan_err *err)
{
	char subject[SUBJECT_LEN];
	struct kan_ltree t = { 0 };
	bool found = false;
	int rc = KAN_OK;

	for (size_t i = files->n; rc == KAN_OK && !found && i-- > 0;) { /* it is in the last one */
		KAN_AUTO(evidence_file) struct kan_evidence_file f = KAN_EVIDENCE_FILE_NONE;

		rc = kan_evidence_file_open(&f, files->list[i], err);
		if (rc == KAN_OK)
			rc = find_tree(&f, &t, &found, err);
	}
	if (rc != KAN_OK)
		return rc;
	snprintf(subject, sizeof(subject), "logical tree of %s",
	         files->n > 0 ? kan_base_name(files->list[0]) : "");
	if (!found)
		kan_findings_add(findings, KAN_FINDING_UNSUPPORTED, KAN_NO_OFFSET, 0, subject,
		                 "it was not found; the files in it are not listed");
	else if (!t.whole)
		kan_findings_add(findings, KAN_FINDING_UNSUPPORTED, KAN_NO_OFFSET, 0, subject,
		                 "it is damaged; its files, at least %" PRIu64 ", are not listed",
		                 t.nfiles);
	else
		kan_findings_add(findings, KAN_FINDING_UNSUPPORTED, KAN_NO_OFFSET, 0, subject,
		                 "%" PRIu64 " files of the logical tree are not listed", t.nfiles);
	return KAN_OK;
}
