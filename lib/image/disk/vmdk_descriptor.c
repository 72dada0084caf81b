/* SPDX-License-Identifier: MIT */
/*
 * vmdk_descriptor.c - the text that says what a VMDK consists of
 *
 * Lines of the form key=value, and one line for each extent:
 *
 *	RW 4192256 SPARSE "disk-s001.vmdk"
 *	RW 4192256 FLAT "disk-f001.vmdk" 0
 *
 * with sizes and offsets in sectors.  Everything else is left alone.
 */
#include "image/disk/vmdk.h"

#include "core/cleanup.h"

#include <stdio.h>
#include <string.h>

/* Largest media; far above what the products allow, and safe to add up. */
#define SECTORS_MAX (UINT64_C(1) << 48)

static const struct {
	const char *name;
	enum kan_vmdk_kind kind;
	bool readable;
} types[] = {
	{ "FLAT", KAN_VMDK_FLAT, true },         { "SPARSE", KAN_VMDK_SPARSE, true },
	{ "ZERO", KAN_VMDK_ZERO, true },         { "VMFS", KAN_VMDK_FLAT, true },
	{ "VMFSSPARSE", KAN_VMDK_SPARSE, true }, { "SESPARSE", KAN_VMDK_SPARSE, false },
	{ "VMFSRDM", KAN_VMDK_FLAT, false },     { "VMFSRAW", KAN_VMDK_FLAT, false },
};

/* A word or a quoted string at *@at, which moves behind it; false if there is none. */
static bool take_word(const char **at, char *out, size_t room)
{
	const char *p = *at + strspn(*at, " \t");
	bool quoted = *p == '"';
	size_t len;

	p += quoted;
	len = strcspn(p, quoted ? "\"" : " \t=");
	if (len >= room || (len == 0 && !quoted) || (quoted && p[len] != '"'))
		return false;
	memcpy(out, p, len);
	out[len] = '\0';
	*at = p + len + quoted;
	return true;
}

static bool take_number(const char **at, uint64_t *out)
{
	char word[24];
	char *end;

	if (!take_word(at, word, sizeof(word)) || word[0] < '0' || word[0] > '9')
		return false;
	*out = strtoull(word, &end, 10);
	return *end == '\0' && *out <= SECTORS_MAX;
}

static int add_extent(struct kan_vmdk *v, const struct kan_vmdk_extent *e, struct kan_err *err)
{
	struct kan_vmdk_extent *list;

	if (v->nextents >= KAN_VMDK_EXTENTS_MAX)
		return kan_fail(err, KAN_ELIMIT, "more than %d extents", KAN_VMDK_EXTENTS_MAX);
	if (e->size > SECTORS_MAX * KAN_VMDK_SECTOR - v->layer.size)
		return kan_fail(err, KAN_EFORMAT, "the extents are too large");
	list = realloc(v->extents, (v->nextents + 1) * sizeof(*list));
	if (!list)
		return kan_fail(err, KAN_ENOMEM, "out of memory for %zu extents", v->nextents);
	v->extents = list;
	list[v->nextents] = *e;
	list[v->nextents].file = (struct kan_evidence_file)KAN_EVIDENCE_FILE_NONE;
	list[v->nextents++].start = v->layer.size;
	v->layer.size += e->size;
	return KAN_OK;
}

static int set_kind(struct kan_vmdk_extent *e, const char *type, struct kan_err *err)
{
	for (size_t i = 0; i < sizeof(types) / sizeof(*types); i++) {
		if (strcmp(types[i].name, type) != 0)
			continue;
		e->kind = types[i].kind;
		if (types[i].readable)
			return KAN_OK;
	}
	return kan_fail(err, KAN_EUNSUPPORTED, "an extent of type %s", type);
}

/* The rest of a line that began with an access mode. */
static int take_extent(struct kan_vmdk *v, const char *at, struct kan_err *err)
{
	struct kan_vmdk_extent e = { 0 };
	char type[KAN_VMDK_TYPE_MAX];
	uint64_t sectors;
	int rc;

	if (!take_number(&at, &sectors) || !take_word(&at, type, sizeof(type)))
		return kan_fail(err, KAN_EFORMAT, "a line of an extent that cannot be understood");
	e.size = sectors * KAN_VMDK_SECTOR;
	rc = set_kind(&e, type, err);
	if (rc != KAN_OK)
		return rc;
	if (e.kind != KAN_VMDK_ZERO && !take_word(&at, e.name, sizeof(e.name)))
		return kan_fail(err, KAN_EFORMAT, "an extent without a file name");
	if (e.kind == KAN_VMDK_FLAT && take_number(&at, &e.file_offset))
		e.file_offset *= KAN_VMDK_SECTOR;
	return e.size == 0 ? KAN_OK : add_extent(v, &e, err);
}

static bool take_cid(const char *at, uint32_t *out)
{
	char word[16];
	char *end;

	if (!take_word(&at, word, sizeof(word)))
		return false;
	*out = (uint32_t)strtoul(word, &end, 16);
	return *end == '\0';
}

static int take_line(struct kan_vmdk *v, const char *line, struct kan_err *err)
{
	static const char *const modes[] = { "RW", "RDONLY", "NOACCESS" };
	char key[KAN_VMDK_TYPE_MAX];
	const char *at = line;

	if (!take_word(&at, key, sizeof(key)))
		return KAN_OK;
	for (size_t i = 0; i < sizeof(modes) / sizeof(*modes); i++)
		if (strcmp(key, modes[i]) == 0)
			return take_extent(v, at, err);
	at += strspn(at, " \t");
	if (*at++ != '=')
		return KAN_OK;
	if (strcmp(key, "CID") == 0)
		(void)take_cid(at, &v->cid); /* one that is no number is 0 */
	else if (strcmp(key, "parentCID") == 0 && !take_cid(at, &v->parent_cid))
		return kan_fail(err, KAN_EFORMAT, "a parentCID that is no number");
	else if (strcmp(key, "createType") == 0)
		(void)take_word(&at, v->type, sizeof(v->type)); /* only shown */
	else if (strcmp(key, "parentFileNameHint") == 0)
		(void)take_word(&at, v->parent_name, sizeof(v->parent_name)); /* or it is missed */
	return KAN_OK;
}

int kan_vmdk_parse(struct kan_vmdk *v, const char *text, size_t len, struct kan_err *err)
{
	const char *end = text + strnlen(text, len);
	int rc = KAN_OK;

	v->parent_cid = KAN_VMDK_NO_PARENT;
	while (rc == KAN_OK && text < end) {
		size_t n = strcspn(text, "\r\n");
		char line[2 * KAN_VMDK_NAME_MAX];

		if (text + n > end)
			n = (size_t)(end - text);
		if (*text != '#') {
			snprintf(line, sizeof(line), "%.*s", (int)(n < sizeof(line) ? n : 0), text);
			rc = take_line(v, line, err);
		}
		text += n;
		text += text < end;
	}
	if (rc == KAN_OK && v->nextents == 0)
		return kan_fail(err, KAN_EFORMAT, "a descriptor without extents");
	return rc;
}
