/* SPDX-License-Identifier: MIT */
/*
 * codes.c - stable names as words, for what a command says to a person
 *
 * Data always has the stable name; only text output shows the word.
 */
#include "kanshiki/report.h"

#include <string.h>

#define N_(text) text /* xgettext takes the text into the catalogues */

static const char *const codes[] = {
	/* verdicts */
	N_("match"),
	N_("mismatch"),
	N_("unchecked"),
	/* findings */
	N_("unreadable"),
	N_("checksum"),
	N_("structure"),
	N_("missing-segment"),
	N_("truncated"),
	N_("hash-mismatch"),
	N_("hash-absent"),
	N_("record-mismatch"),
	N_("cross-mismatch"),
	N_("encrypted"),
	N_("unsupported"),
	N_("unparsed"),
	N_("crashed"),
	N_("timeout"),
	N_("memory"),
	N_("limit"),
	N_("note"),
	/* checks */
	N_("data-hash"),
	N_("chunk-checksum"),
	N_("container-structure"),
	N_("segment-files"),
	N_("reading"),
	N_("stored-hash"),
	N_("record"),
	N_("record-digest"),
	N_("record-segment"),
	N_("record-tree"),
	N_("cross-check"),
	/* states of a file system */
	N_("readable"),
	N_("container"),
	N_("swap"),
	N_("suspected"),
};

const char *kan_text_code(const char *code)
{
	for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++)
		if (strcmp(codes[i], code) == 0)
			return kan_text(codes[i]);
	return code;
}
