/* SPDX-License-Identifier: MIT */
/*
 * segment.c - find and open the files of an E01 or Ex01 set
 *
 * Names run from .E01 to .E99, then .EAA to .EZZ, .FAA to .ZZZ; the case of the
 * first letter is that of all of them.  Version 2 puts an E before .x01, .xAA and so
 * on to .zZZ.  The folder is read once for the highest
 * number, so that a segment that is missing in the middle is seen as such.  A file
 * with any other name is taken to be a set of one.
 */
#include "image/ewf/ewf.h"

#include "core/cleanup.h"

#include <ctype.h>
#include <dirent.h>
#include <string.h>

#define EXTENSION_LEN 3u
#define LETTERS       26u
#define DIGITS_MAX    99u
#define MAGIC_LEN     8u

/* How the segments of one set are named. */
struct naming {
	char first;  /* of the three letters or digits, in the first segment */
	char letter; /* 'A' or 'a': of the others, once the digits are used up */
};

static char last_letter(char first)
{
	return islower((unsigned char)first) ? 'z' : 'Z';
}

/* Number of the segment whose last three letters are @ext, or 0. */
static unsigned number_of(const char *ext, struct naming n)
{
	if (ext[0] == n.first && isdigit((unsigned char)ext[1]) && isdigit((unsigned char)ext[2]))
		return (unsigned)(ext[1] - '0') * 10 + (unsigned)(ext[2] - '0');
	if (ext[0] < n.first || ext[0] > last_letter(n.first))
		return 0;
	for (unsigned i = 1; i < EXTENSION_LEN; i++)
		if (ext[i] < n.letter || ext[i] > n.letter + 25)
			return 0;
	return DIGITS_MAX + 1 + (unsigned)(ext[0] - n.first) * LETTERS * LETTERS +
	       (unsigned)(ext[1] - n.letter) * LETTERS + (unsigned)(ext[2] - n.letter);
}

/* Write the extension of segment @number; false if there is no such name. */
static bool set_number(char *ext, struct naming n, unsigned number)
{
	unsigned k = number - DIGITS_MAX - 1;

	ext[0] = n.first;
	ext[1] = (char)('0' + number / 10 % 10);
	ext[2] = (char)('0' + number % 10);
	if (number <= DIGITS_MAX)
		return true;
	if (k / (LETTERS * LETTERS) > (unsigned)(last_letter(n.first) - n.first))
		return false;
	ext[0] = (char)(n.first + (char)(k / (LETTERS * LETTERS)));
	ext[1] = (char)(n.letter + (char)(k / LETTERS % LETTERS));
	ext[2] = (char)(n.letter + (char)(k % LETTERS));
	return true;
}

static void swap_case(char *ext)
{
	for (unsigned i = 0; i < EXTENSION_LEN; i++)
		if (isalpha((unsigned char)ext[i]))
			ext[i] = (char)(ext[i] ^ 0x20);
}

/* The name of segment @number in @path, in the case in which it is there. */
static bool find_segment(char *path, char *ext, struct naming n, unsigned number)
{
	if (!set_number(ext, n, number))
		return false;
	if (kan_evidence_file_exists(path))
		return true;
	swap_case(ext);
	if (kan_evidence_file_exists(path))
		return true;
	swap_case(ext);
	return false;
}

/* The names in the set that @ext belongs to: E; S if FTK named it so; x behind an E. */
static struct naming naming_of(const struct kan_ewf *e, const char *ext)
{
	bool lower = islower((unsigned char)ext[0]);
	char first = lower ? 'e' : 'E';

	if (e->dialect->prefix_len > 0)
		return (struct naming){ lower ? 'x' : 'X',
			                islower((unsigned char)ext[-1]) ? 'a' : 'A' };
	if (toupper((unsigned char)ext[0]) == 'S')
		first = ext[0];
	return (struct naming){ first, lower ? 'a' : 'A' };
}

static int add_segment(struct kan_ewf_opening *o, const char *path, bool missing)
{
	struct kan_ewf *e = o->ewf;
	struct kan_ewf_segment *list, *seg;
	int rc;

	if (e->nsegments >= KAN_EWF_SEGMENTS_MAX)
		return kan_fail(o->err, KAN_ELIMIT, "%s: more than %u segments", path,
		                KAN_EWF_SEGMENTS_MAX);
	list = realloc(e->segments, (e->nsegments + 1) * sizeof(*list));
	if (!list)
		return kan_fail(o->err, KAN_ENOMEM, "out of memory for %zu segments", e->nsegments);
	e->segments = list;
	seg = &list[e->nsegments++];
	*seg = (struct kan_ewf_segment){ .file = KAN_EVIDENCE_FILE_NONE, .missing = missing };
	seg->path = strdup(path);
	if (!seg->path)
		return kan_fail(o->err, KAN_ENOMEM, "out of memory for a path");
	seg->name = kan_base_name(seg->path);
	rc = missing ? KAN_OK : kan_evidence_file_open(&seg->file, path, o->err);
	if (rc != KAN_OK)
		return rc;
	return kan_image_info_segment(o->info, path, seg->file.size, missing, o->err);
}

/* Is the segment that @path names a later one of a set whose first one is there? */
static int refuse_later(struct kan_ewf_opening *o, const char *path, char *name, char *ext,
                        struct naming n)
{
	unsigned number = number_of(ext, n);

	if (number > 1 && find_segment(name, ext, n, 1))
		return kan_fail(o->err, KAN_EARG, "%s: segment %u of a set; open %s", path, number,
		                name);
	return KAN_OK;
}

/* The highest number in the folder of @path; at least @least. */
static unsigned last_number(const char *path, const char *ext, struct naming names, unsigned least)
{
	const char *base = kan_base_name(path);
	KAN_AUTO(mem) char *folder = strndup(path, base > path ? (size_t)(base - path) : 1);
	DIR *dir = folder ? opendir(base > path ? folder : ".") : NULL;
	size_t stem = (size_t)(ext - base);
	const struct dirent *d;

	while (dir && (d = readdir(dir)) != NULL) {
		char other[EXTENSION_LEN + 1];
		unsigned n;

		if (strlen(d->d_name) != stem + EXTENSION_LEN || memcmp(d->d_name, base, stem) != 0)
			continue;
		memcpy(other, d->d_name + stem, sizeof(other));
		n = number_of(other, names);
		if (n == 0) {
			swap_case(other);
			n = number_of(other, names);
		}
		/* ".raw" and ".img" have the form of segments 8892 and 2997. */
		if (n > least && (n <= DIGITS_MAX || least >= DIGITS_MAX))
			least = n;
	}
	if (dir)
		closedir(dir);
	return least;
}

/* Open all segments that are there; write down those that are not. */
static int open_set(struct kan_ewf_opening *o, char *name, char *ext, struct naming n)
{
	unsigned last = 0;
	int rc = KAN_OK;

	while (find_segment(name, ext, n, last + 1))
		last++;
	last = last_number(name, ext, n, last);
	for (unsigned i = 1; rc == KAN_OK && i <= last; i++)
		rc = add_segment(o, name, !find_segment(name, ext, n, i));
	return rc;
}

/* The magic and the number in the first bytes. */
static int check_header(struct kan_ewf_opening *o, size_t i, bool named)
{
	const struct kan_ewf_dialect *d = o->ewf->dialect;
	const struct kan_ewf_segment *seg = &o->ewf->segments[i];
	uint8_t raw[KAN_EWF_HEADER_LEN_MAX] = { 0 };
	unsigned number = 0;
	int rc = kan_evidence_file_read(&seg->file, 0, raw, d->header_len, NULL, NULL, o->err);

	if (rc != KAN_OK)
		return rc;
	if (memcmp(raw, d->magic, MAGIC_LEN) != 0) {
		kan_findings_add(o->findings, KAN_FINDING_STRUCTURE, KAN_NO_OFFSET, 0, seg->name,
		                 "does not begin as a segment of %s does", d->set);
		return KAN_OK;
	}
	rc = d->header(o, i, raw, &number);
	if (rc != KAN_OK)
		return rc;
	if (number == i + 1)
		return KAN_OK;
	if (named)
		kan_findings_add(o->findings, KAN_FINDING_STRUCTURE, KAN_NO_OFFSET, 0, seg->name,
		                 "calls itself segment %u, but is segment %zu by its name", number,
		                 i + 1);
	else
		kan_findings_add(o->findings, KAN_FINDING_MISSING_SEGMENT, KAN_NO_OFFSET, 0,
		                 seg->name,
		                 "is segment %u of a set, but has no name by which to find the "
		                 "others",
		                 number);
	o->starts_late = !named;
	return KAN_OK;
}

/* Does @ext number a segment?  Letters do so only beside a first segment. */
static bool is_numbered(const struct kan_ewf *e, char *name, char *ext)
{
	char old[EXTENSION_LEN + 1];
	struct naming n = naming_of(e, ext);
	unsigned number = number_of(ext, n);
	bool beside = false;

	if (number == 0 || number <= DIGITS_MAX)
		return number > 0;
	memcpy(old, ext, sizeof(old));
	beside = find_segment(name, ext, n, 1);
	memcpy(ext, old, sizeof(old));
	return beside;
}

/* The last three letters of @name if its extension may be that of a segment, or NULL. */
static char *counted_part(const struct kan_ewf *e, char *name)
{
	char *dot = strrchr(name, '.');
	size_t prefix = e->dialect->prefix_len;

	if (!dot || strlen(dot + 1) != prefix + EXTENSION_LEN ||
	    (prefix > 0 && toupper((unsigned char)dot[1]) != 'E'))
		return NULL;
	return dot + 1 + prefix;
}

/* Fail with the message of open() if the file that was named cannot be opened. */
static int check_named(struct kan_ewf_opening *o, const char *path)
{
	KAN_AUTO(evidence_file) struct kan_evidence_file f = KAN_EVIDENCE_FILE_NONE;

	return kan_evidence_file_open(&f, path, o->err);
}

int kan_ewf_open_segments(struct kan_ewf_opening *o, const char *path)
{
	KAN_AUTO(mem) char *name = strdup(path);
	bool named = false;
	char *ext;
	int rc;

	if (!name)
		return kan_fail(o->err, KAN_ENOMEM, "out of memory for a path");
	rc = check_named(o, path);
	if (rc != KAN_OK)
		return rc;
	ext = counted_part(o->ewf, name);
	if (ext && is_numbered(o->ewf, name, ext)) {
		struct naming n = naming_of(o->ewf, ext);

		named = true;
		rc = refuse_later(o, path, name, ext, n);
		if (rc == KAN_OK)
			rc = open_set(o, name, ext, n);
	} else {
		rc = add_segment(o, path, false);
	}
	for (size_t i = 0; rc == KAN_OK && i < o->ewf->nsegments; i++)
		if (!o->ewf->segments[i].missing)
			rc = check_header(o, i, named);
	return rc;
}

void kan_ewf_close_segments(struct kan_ewf *e)
{
	for (size_t i = 0; i < e->nsegments; i++) {
		kan_evidence_file_close(&e->segments[i].file);
		free(e->segments[i].path);
	}
	free(e->segments);
}
