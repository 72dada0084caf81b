/* SPDX-License-Identifier: MIT */
/*
 * splitraw.c - raw media cut into numbered files
 *
 * Segments are told by their names alone: the last extension is a number of two
 * to four digits that starts at 0 or 1, or two or three letters that start at "aa".
 * Behind .999 comes .1000.
 * A number that is missing between two that are there stands for as many bytes as
 * the first segment has; such sets are cut into equal pieces, and where the pieces
 * that are left are not equal, that is said, because then all offsets behind the
 * hole are a guess.
 */
#include "core/cleanup.h"
#include "image/evidence_file.h"
#include "image/gaps.h"
#include "image/info.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define NUMBER_MAX  17576u /* names in a set: "aaa" to "zzz" */
#define GROWN_WIDTH 3u     /* digits of a number that gets one more when it must */
#define GROWN_FIRST 1000u  /* the first number that has it */

/* A way to number files: where the number stands in the path, and where it starts. */
struct naming {
	size_t stem_len; /* bytes before the number, with the dot */
	unsigned width;  /* digits or letters */
	unsigned base;   /* 10 or 26 */
	unsigned count;  /* how many numbers there are */
	unsigned first;  /* number of the first segment: 0 or 1 */
	char zero;       /* '0', 'a' or 'A' */
	bool grows;      /* .1000 comes behind .999 */
};

struct piece {
	struct kan_evidence_file file; /* fd is -1 if the segment is missing */
	uint64_t start;                /* in the media */
	uint64_t size;                 /* of a missing one: assumed */
};

struct splitraw {
	struct kan_source src; /* first */
	struct piece *pieces;
	size_t npieces;
};

/* A copy of @path with room for one more digit. */
static char *copy_path(const char *path)
{
	size_t len = strlen(path);
	char *copy = calloc(1, len + 2);

	if (copy)
		memcpy(copy, path, len);
	return copy;
}

static bool is_run(const char *s, int (*is)(int))
{
	for (; *s; s++)
		if (!is((unsigned char)*s))
			return false;
	return true;
}

/* Recognise the numbering of @path; its own number goes to *@number. */
static bool find_naming(struct naming *out, unsigned *number, const char *path)
{
	const char *dot = strrchr(kan_base_name(path), '.');
	struct naming n = { 0 };
	size_t width = dot ? strlen(dot + 1) : 0;

	if (width < 2 || width > 4 || dot == kan_base_name(path))
		return false;
	n.stem_len = (size_t)(dot + 1 - path);
	n.width = (unsigned)width;
	if (is_run(dot + 1, isdigit)) {
		n.base = 10;
		n.zero = '0';
	} else if (width < 4 && (is_run(dot + 1, islower) || is_run(dot + 1, isupper))) {
		n.base = 26;
		n.zero = islower((unsigned char)dot[1]) ? 'a' : 'A';
	} else {
		return false;
	}
	n.count = 1;
	*number = 0;
	for (size_t i = 1; i <= width; i++) {
		n.count *= n.base;
		*number = *number * n.base + (unsigned)(dot[i] - n.zero);
	}
	n.grows = n.base == 10 && width == GROWN_WIDTH;
	if (n.grows)
		n.count *= n.base;
	*out = n;
	return true;
}

/* Write the number into @path, a copy_path() that has the form of the naming already. */
static void set_number(char *path, const struct naming *n, unsigned number)
{
	unsigned width = n->width;

	if (n->grows && number >= GROWN_FIRST)
		width++;
	path[n->stem_len + width] = '\0';
	for (unsigned i = width; i-- > 0; number /= n->base)
		path[n->stem_len + i] = (char)(n->zero + (char)(number % n->base));
}

static bool is_there(char *path, const struct naming *n, unsigned number)
{
	set_number(path, n, number);
	return number < n->count && kan_evidence_file_exists(path);
}

/* Is .1000 and so on, @number of @n, a later segment of a set that began with three digits? */
static void find_grown(struct naming *n, unsigned number, char *path)
{
	struct naming three = *n;

	three.width = GROWN_WIDTH;
	three.grows = true;
	if (n->base != 10 || n->width != GROWN_WIDTH + 1 || number < GROWN_FIRST ||
	    is_there(path, n, 0) || is_there(path, n, 1))
		return;
	if (is_there(path, &three, GROWN_FIRST - 1))
		*n = three;
}

/*
 * Find the first number of the set, and the last one that is there.  Words such as
 * "aa" are common extensions: letters need "aa" and "ab", digits any second segment.
 */
static bool find_set(struct naming *n, unsigned *last, char *path)
{
	bool from_zero = is_there(path, n, 0);

	if (!from_zero && (n->base == 26 || !is_there(path, n, 1)))
		return false;
	n->first = from_zero ? 0 : 1;
	if (n->base == 26 && !is_there(path, n, 1))
		return false;
	*last = n->first;
	for (unsigned i = n->first + 1; i < n->count && i < NUMBER_MAX; i++) {
		if (n->grows && i >= GROWN_FIRST && *last < i - 1)
			break;
		if (is_there(path, n, i))
			*last = i;
	}
	return *last > n->first;
}

/* A number beside others, but no first one.  Four digits may be years. */
static bool lacks_first(const struct naming *n, unsigned number, char *path)
{
	return n->base == 10 && n->width < 4 && number > 1 && !is_there(path, n, 0) &&
	       !is_there(path, n, 1) &&
	       (is_there(path, n, number - 1) || is_there(path, n, number + 1));
}

static enum kan_image_match splitraw_probe(const struct kan_image_probe *probe)
{
	KAN_AUTO(mem) char *path = copy_path(probe->path);
	struct naming n;
	unsigned number, last;

	if (!path || !find_naming(&n, &number, path))
		return KAN_MATCH_NONE;
	find_grown(&n, number, path);
	if (lacks_first(&n, number, path))
		return KAN_MATCH_NAME;
	if (!find_set(&n, &last, path))
		return KAN_MATCH_NONE;
	return number >= n.first ? KAN_MATCH_NAME : KAN_MATCH_NONE;
}

static struct piece *find_piece(const struct splitraw *s, uint64_t offset)
{
	size_t lo = 0, hi = s->npieces;

	while (hi - lo > 1) {
		size_t mid = lo + (hi - lo) / 2;

		if (s->pieces[mid].start <= offset)
			lo = mid;
		else
			hi = mid;
	}
	return &s->pieces[lo];
}

/* Read @len bytes at @offset of the media, all of them inside @p. */
static int read_piece(const struct piece *p, uint64_t offset, void *buf, size_t len,
                      struct kan_findings *gaps, struct kan_err *err)
{
	struct kan_findings found = { 0 };
	int rc;

	if (p->file.fd < 0) {
		memset(buf, 0, len);
		kan_findings_add(gaps, KAN_FINDING_MISSING_SEGMENT, offset, len, p->file.name,
		                 "the segment is missing");
		return KAN_OK;
	}
	rc = kan_evidence_file_read(&p->file, offset - p->start, buf, len, gaps ? &found : NULL,
	                            NULL, err);
	if (rc == KAN_OK)
		kan_gaps_carry(gaps, &found, offset - p->start, len, offset);
	kan_findings_done(&found);
	return rc;
}

static int splitraw_read(struct kan_source *src, uint64_t offset, void *buf, size_t len,
                         struct kan_findings *gaps, struct kan_err *err)
{
	const struct splitraw *s = (const struct splitraw *)src;
	uint8_t *to = buf;

	for (const struct piece *p = find_piece(s, offset); len > 0; p++) {
		uint64_t left = p->size - (offset - p->start);
		size_t n = left < len ? (size_t)left : len;
		int rc = n > 0 ? read_piece(p, offset, to, n, gaps, err) : KAN_OK;

		if (rc != KAN_OK)
			return rc;
		to += n;
		offset += n;
		len -= n;
	}
	return KAN_OK;
}

static void splitraw_close(struct kan_source *src)
{
	struct splitraw *s = (struct splitraw *)src;

	for (size_t i = 0; i < s->npieces; i++)
		kan_evidence_file_close(&s->pieces[i].file);
	free(s->pieces);
	free(s);
}

static const struct kan_source_ops splitraw_ops = {
	.name = "splitraw",
	.read = splitraw_read,
	.close = splitraw_close,
};

/* Open one segment, or write down that it is missing. */
static int open_piece(struct piece *p, const char *path, struct kan_image_info *info,
                      struct kan_err *err)
{
	bool missing = !kan_evidence_file_exists(path);
	int rc = KAN_OK;

	if (missing) {
		p->file.path = strdup(path);
		if (!p->file.path)
			return kan_fail(err, KAN_ENOMEM, "out of memory for a path");
		p->file.name = kan_base_name(p->file.path);
	} else {
		rc = kan_evidence_file_open(&p->file, path, err);
	}
	if (rc != KAN_OK)
		return rc;
	p->size = p->file.size;
	return kan_image_info_segment(info, path, p->size, missing, err);
}

/* Are all segments that are there, but the last, as long as the first one? */
static bool are_equal(const struct splitraw *s)
{
	for (size_t i = 1; i + 1 < s->npieces; i++)
		if (s->pieces[i].file.fd >= 0 && s->pieces[i].size != s->pieces[0].size)
			return false;
	return true;
}

/* Give every segment its place; say what is missing and what is odd. */
static int place(struct splitraw *s, struct kan_findings *findings, struct kan_err *err)
{
	bool equal = are_equal(s);
	uint64_t usual = s->pieces[0].size, end = 0;
	const struct piece *last = &s->pieces[s->npieces - 1];

	for (size_t i = 0; i < s->npieces; i++) {
		struct piece *p = &s->pieces[i];

		p->start = end;
		if (p->file.fd < 0)
			p->size = usual;
		if (__builtin_add_overflow(end, p->size, &end))
			return kan_fail(err, KAN_EFORMAT, "%s: the set is too large", p->file.path);
		if (p->file.fd < 0)
			kan_findings_add(findings, KAN_FINDING_MISSING_SEGMENT, p->start, p->size,
			                 p->file.name,
			                 equal ? "the segment is missing; its size is that of the "
			                         "others"
			                       : "the segment is missing; its size is not known, "
			                         "that of the first segment is assumed: all "
			                         "later offsets may be wrong");
		else if (i + 1 < s->npieces && p->size != usual)
			kan_findings_add(findings, KAN_FINDING_STRUCTURE, p->start, p->size,
			                 p->file.name,
			                 "%" PRIu64 " bytes where the first segment has %" PRIu64,
			                 p->size, usual);
	}
	if (last->size > usual)
		kan_findings_add(findings, KAN_FINDING_STRUCTURE, last->start, last->size,
		                 last->file.name, "longer than the first segment");
	if (last->size == usual)
		kan_findings_add(findings, KAN_FINDING_NOTE, KAN_NO_OFFSET, 0, last->file.name,
		                 "the last segment is as long as the others: nothing tells "
		                 "whether more segments followed");
	s->src.size = end;
	return KAN_OK;
}

static int open_pieces(struct splitraw *s, char *path, const struct naming *n, unsigned last,
                       struct kan_image_info *info, struct kan_err *err)
{
	size_t count = last - n->first + 1;

	s->pieces = calloc(count, sizeof(*s->pieces));
	if (!s->pieces)
		return kan_fail(err, KAN_ENOMEM, "out of memory for %zu segments", count);
	while (s->npieces < count) {
		struct piece *p = &s->pieces[s->npieces];
		int rc;

		p->file = (struct kan_evidence_file)KAN_EVIDENCE_FILE_NONE;
		set_number(path, n, n->first + (unsigned)s->npieces);
		rc = open_piece(p, path, info, err);
		s->npieces++;
		if (rc != KAN_OK)
			return rc;
	}
	snprintf(info->variant, sizeof(info->variant), "split raw, %zu segments", count);
	return KAN_OK;
}

KAN_DEFINE_DROP(source, struct kan_source *, kan_source_close)

static int splitraw_open(struct kan_source **out, const char *path, struct kan_image_info *info,
                         struct kan_findings *findings, struct kan_err *err)
{
	KAN_AUTO(source) struct kan_source *src = NULL;
	KAN_AUTO(mem) char *name = copy_path(path);
	struct splitraw *s;
	struct naming n;
	unsigned number, last;
	int rc;

	if (!name)
		return kan_fail(err, KAN_ENOMEM, "out of memory for a path");
	if (!find_naming(&n, &number, name))
		return kan_fail(err, KAN_EARG, "%s: not a set of numbered segments", path);
	find_grown(&n, number, name);
	if (lacks_first(&n, number, name)) {
		set_number(name, &n, 1);
		return kan_fail(err, KAN_EARG,
		                "%s: a later segment of a split image whose first one, %s, is "
		                "missing; as format \"raw\" it can be read alone",
		                path, name);
	}
	if (!find_set(&n, &last, name))
		return kan_fail(err, KAN_EARG, "%s: not a set of numbered segments", path);
	set_number(name, &n, n.first);
	if (number != n.first)
		return kan_fail(err, KAN_EARG, "%s: a later segment of a split image; open %s",
		                path, name);
	s = calloc(1, sizeof(*s));
	if (!s)
		return kan_fail(err, KAN_ENOMEM, "out of memory for an image");
	src = &s->src;
	*src = (struct kan_source){ &splitraw_ops, 0, 512, 512 };
	rc = open_pieces(s, name, &n, last, info, err);
	if (rc == KAN_OK)
		rc = place(s, findings, err);
	if (rc == KAN_OK && src->size == 0)
		rc = kan_fail(err, KAN_EFORMAT, "%s: all segments are empty", path);
	if (rc != KAN_OK)
		return rc;
	*out = KAN_STEAL(src);
	return KAN_OK;
}

const struct kan_image_format kan_image_format_splitraw = {
	.name = "splitraw",
	.label = "raw image split into numbered files",
	.spec = "none: names as dd, split(1) and FTK Imager give them",
	.probe = splitraw_probe,
	.open = splitraw_open,
};
