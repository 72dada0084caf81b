/* SPDX-License-Identifier: MIT */
/*
 * html_words.c - codes of the store as words of the reader
 *
 * The store holds stable names ("missing-segment"); the report says what they
 * mean.  A name that is not in the table is shown as it is, so that nothing gets
 * lost when a newer store is read.
 */
#include "report/html.h"

#include <string.h>

struct word {
	enum kan_html_words group;
	const char *code;
	const char *english;
};

static const struct word words[] = {
	{ KAN_WORDS_VERDICT, "match", KAN_WORD("Match") },
	{ KAN_WORDS_VERDICT, "mismatch", KAN_WORD("Mismatch") },
	{ KAN_WORDS_VERDICT, "unchecked", KAN_WORD("Cannot be verified") },
	{ KAN_WORDS_VERDICT, "", KAN_WORD("Not verified") },

	{ KAN_WORDS_FINDING, "unreadable", KAN_WORD("Unreadable") },
	{ KAN_WORDS_FINDING, "checksum", KAN_WORD("Checksum wrong") },
	{ KAN_WORDS_FINDING, "structure", KAN_WORD("Inconsistent structure") },
	{ KAN_WORDS_FINDING, "missing-segment", KAN_WORD("Segment file missing") },
	{ KAN_WORDS_FINDING, "truncated", KAN_WORD("Truncated") },
	{ KAN_WORDS_FINDING, "hash-mismatch", KAN_WORD("Hash mismatch") },
	{ KAN_WORDS_FINDING, "hash-absent", KAN_WORD("No stored hash") },
	{ KAN_WORDS_FINDING, "record-mismatch", KAN_WORD("Not as recorded") },
	{ KAN_WORDS_FINDING, "cross-mismatch", KAN_WORD("Second reader differs") },
	{ KAN_WORDS_FINDING, "encrypted", KAN_WORD("Encrypted") },
	{ KAN_WORDS_FINDING, "unsupported", KAN_WORD("Not supported") },
	{ KAN_WORDS_FINDING, "unparsed", KAN_WORD("Not parsed") },
	{ KAN_WORDS_FINDING, "crashed", KAN_WORD("Parser crashed") },
	{ KAN_WORDS_FINDING, "timeout", KAN_WORD("Parser ran out of time") },
	{ KAN_WORDS_FINDING, "memory", KAN_WORD("Parser ran out of memory") },
	{ KAN_WORDS_FINDING, "limit", KAN_WORD("Limit of this program met") },
	{ KAN_WORDS_FINDING, "note", KAN_WORD("Note") },
	/* Reasons of the coverage that are states and kinds. */
	{ KAN_WORDS_FINDING, "container", KAN_WORD("Holds volumes, not files") },
	{ KAN_WORDS_FINDING, "swap", KAN_WORD("Swap space") },
	{ KAN_WORDS_FINDING, "suspected", KAN_WORD("Perhaps encrypted") },
	{ KAN_WORDS_FINDING, "allocated", KAN_WORD("Partition") },
	{ KAN_WORDS_FINDING, "unallocated", KAN_WORD("Unallocated") },

	{ KAN_WORDS_STATE, "readable", KAN_WORD("Readable") },
	{ KAN_WORDS_STATE, "encrypted", KAN_WORD("Encrypted") },
	{ KAN_WORDS_STATE, "unsupported", KAN_WORD("Not supported") },
	{ KAN_WORDS_STATE, "container", KAN_WORD("Holds volumes, not files") },
	{ KAN_WORDS_STATE, "swap", KAN_WORD("Swap space") },
	{ KAN_WORDS_STATE, "suspected", KAN_WORD("Perhaps encrypted") },

	{ KAN_WORDS_COVERAGE, "none", KAN_WORD("Not examined") },
	{ KAN_WORDS_COVERAGE, "partial", KAN_WORD("Partly examined") },
	{ KAN_WORDS_COVERAGE, "complete", KAN_WORD("Examined in full") },

	{ KAN_WORDS_STAGE, "image", KAN_WORD("Opening the image") },
	{ KAN_WORDS_STAGE, "media", KAN_WORD("Reading the media") },
	{ KAN_WORDS_STAGE, "verify", KAN_WORD("Verification") },
	{ KAN_WORDS_STAGE, "layout", KAN_WORD("Layout") },
	{ KAN_WORDS_STAGE, "files", KAN_WORD("File listing") },
	{ KAN_WORDS_STAGE, "timeline", KAN_WORD("Timeline") },

	{ KAN_WORDS_TABLE, "none", KAN_WORD("No partition table") },
	{ KAN_WORDS_TABLE, "dos", "MBR (DOS)" },
	{ KAN_WORDS_TABLE, "gpt", "GPT" },
	{ KAN_WORDS_TABLE, "bsd", "BSD" },
	{ KAN_WORDS_TABLE, "sun", "Sun" },
	{ KAN_WORDS_TABLE, "mac", "Apple" },

	{ KAN_WORDS_VOLUME, "allocated", KAN_WORD("Partition") },
	{ KAN_WORDS_VOLUME, "unallocated", KAN_WORD("Unallocated") },
	{ KAN_WORDS_VOLUME, "metadata", KAN_WORD("Partition table") },

	{ KAN_WORDS_VALUE, "case_number", KAN_WORD("Case number") },
	{ KAN_WORDS_VALUE, "evidence_number", KAN_WORD("Exhibit mark no.") },
	{ KAN_WORDS_VALUE, "description", KAN_WORD("Description") },
	{ KAN_WORDS_VALUE, "examiner_name", KAN_WORD("Examiner") },
	{ KAN_WORDS_VALUE, "notes", KAN_WORD("Notes") },
	{ KAN_WORDS_VALUE, "acquisition_date", KAN_WORD("Acquisition date") },
	{ KAN_WORDS_VALUE, "acquiry_date", KAN_WORD("Acquisition date") },
	{ KAN_WORDS_VALUE, "system_date", KAN_WORD("Clock of the acquiring system") },
	{ KAN_WORDS_VALUE, "acquiry_operating_system", KAN_WORD("Operating system used") },
	{ KAN_WORDS_VALUE, "acquisition_operating_system", KAN_WORD("Operating system used") },
	{ KAN_WORDS_VALUE, "acquiry_software_version", KAN_WORD("Acquisition software version") },
	{ KAN_WORDS_VALUE, "acquisition_software_version",
	  KAN_WORD("Acquisition software version") },
	{ KAN_WORDS_VALUE, "acquiry_software", KAN_WORD("Acquisition software") },
	{ KAN_WORDS_VALUE, "model", KAN_WORD("Model") },
	{ KAN_WORDS_VALUE, "serial_number", KAN_WORD("Serial number") },
	{ KAN_WORDS_VALUE, "device_label", KAN_WORD("Device label") },
	{ KAN_WORDS_VALUE, "media_type", KAN_WORD("Kind of media") },
	{ KAN_WORDS_VALUE, "is_physical", KAN_WORD("Physical device") },
	{ KAN_WORDS_VALUE, "compression_level", KAN_WORD("Compression level") },
	{ KAN_WORDS_VALUE, "compression_method", KAN_WORD("Compression method") },
	{ KAN_WORDS_VALUE, "error_granularity", KAN_WORD("Sectors skipped at a read error") },
	{ KAN_WORDS_VALUE, "set_identifier", KAN_WORD("Identifier of the set") },
	{ KAN_WORDS_VALUE, "write_blocker", KAN_WORD("Write blocker") },
	{ KAN_WORDS_VALUE, "process_identifier", KAN_WORD("Process identifier") },

	{ KAN_WORDS_MEANING, "modified", KAN_WORD("Modified") },
	{ KAN_WORDS_MEANING, "accessed", KAN_WORD("Accessed") },
	{ KAN_WORDS_MEANING, "changed", KAN_WORD("Metadata changed") },
	{ KAN_WORDS_MEANING, "created", KAN_WORD("Created") },
	{ KAN_WORDS_MEANING, "deleted", KAN_WORD("Deletion") },
	{ KAN_WORDS_MEANING, "backup", KAN_WORD("Backed up") },

	{ KAN_WORDS_FORMAT, "raw", KAN_WORD("raw image") },
	{ KAN_WORDS_FORMAT, "split", KAN_WORD("split raw image") },
	{ KAN_WORDS_FORMAT, "ewf", "EWF (E01)" },
	{ KAN_WORDS_FORMAT, "ewf2", "EWF2 (Ex01)" },
	{ KAN_WORDS_FORMAT, "qcow", "QCOW" },
	{ KAN_WORDS_FORMAT, "vhd", "VHD" },
	{ KAN_WORDS_FORMAT, "vhdi", "VHD" },
	{ KAN_WORDS_FORMAT, "vmdk", "VMDK" },

	{ KAN_WORDS_YES, "1", KAN_WORD("yes") },
	{ KAN_WORDS_YES, "0", "" },

	/* The commonest details of findings and coverage; the others stay in English. */
	{ KAN_WORDS_DETAIL, "every byte was read and hashed",
	  KAN_WORD("every byte was read and hashed") },
	{ KAN_WORDS_DETAIL, "ranges that could not be read count as zeros",
	  KAN_WORD("ranges that could not be read count as zeros") },
	{ KAN_WORDS_DETAIL, "no file system was recognised here; the bytes were only hashed",
	  KAN_WORD("no file system was recognised here; the bytes were only hashed") },
	{ KAN_WORDS_DETAIL, "no file system is recognised",
	  KAN_WORD("no file system is recognised") },
	{ KAN_WORDS_DETAIL,
	  "no structure, and samples look random: perhaps encrypted, perhaps overwritten with "
	  "random bytes",
	  KAN_WORD("no structure, and samples look random: perhaps encrypted, perhaps overwritten "
	           "with random bytes") },
	{ KAN_WORDS_DETAIL, "the media has a partition table and a file system over all of it",
	  KAN_WORD("the media has a partition table and a file system over all of it") },
	{ KAN_WORDS_DETAIL, "a password was set; it does not encrypt the image",
	  KAN_WORD("a password was set; it does not encrypt the image") },
	{ KAN_WORDS_DETAIL, "unreadable when acquired", KAN_WORD("unreadable when acquired") },
	{ KAN_WORDS_DETAIL, "the segment is missing", KAN_WORD("the segment is missing") },
	{ KAN_WORDS_DETAIL, "is the last segment that is there, but more should follow",
	  KAN_WORD("is the last segment that is there, but more should follow") },
	{ KAN_WORDS_DETAIL, "the file ends before its last section",
	  KAN_WORD("the file ends before its last section") },
	{ KAN_WORDS_DETAIL, "the container stores no digest of the media",
	  KAN_WORD("the container stores no digest of the media") },
	{ KAN_WORDS_DETAIL, "the file of this extent is missing",
	  KAN_WORD("the file of this extent is missing") },
	{ KAN_WORDS_DETAIL, "was not closed cleanly", KAN_WORD("was not closed cleanly") },

	/* A slash cannot be part of an extension. */
	{ KAN_WORDS_EXTENSION, "", KAN_WORD("(no extension)") },
	{ KAN_WORDS_EXTENSION, "/", KAN_WORD("(longer than 32 bytes)") },
};

static const char *const weekdays[] = {
	KAN_WORD("Sun"), KAN_WORD("Mon"), KAN_WORD("Tue"), KAN_WORD("Wed"),
	KAN_WORD("Thu"), KAN_WORD("Fri"), KAN_WORD("Sat"),
};

const char *kan_html_word(const struct kan_html *h, enum kan_html_words group, const char *code)
{
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (words[i].group == group && strcmp(words[i].code, code) == 0)
			return *words[i].english ? kan_html_tr(h, words[i].english) : "";
	return code;
}

const char *kan_html_weekday(const struct kan_html *h, int weekday)
{
	return kan_html_tr(h, weekdays[weekday >= 0 && weekday < 7 ? weekday : 0]);
}
