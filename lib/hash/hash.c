/* SPDX-License-Identifier: MIT */
/*
 * hash.c - algorithms by name
 */
#include "kanshiki/hash.h"

#include <string.h>

/* Compare as people write names: "SHA-256" is "sha256". */
static bool is_name(const char *written, size_t len, const char *name)
{
	for (size_t i = 0; i < len; i++) {
		char c = written[i];

		if (c == '-')
			continue;
		if (c >= 'A' && c <= 'Z')
			c = (char)(c - 'A' + 'a');
		if (*name == '\0' || c != *name)
			return false;
		name++;
	}
	return *name == '\0';
}

static const struct kan_hash *find(const char *name, size_t len)
{
	for (size_t i = 0; kan_hash_list[i]; i++)
		if (is_name(name, len, kan_hash_list[i]->name))
			return kan_hash_list[i];
	return NULL;
}

const struct kan_hash *kan_hash_find(const char *name)
{
	return find(name, strlen(name));
}

void kan_hash_hex(char *out, const uint8_t *digest, size_t len)
{
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < len; i++) {
		out[2 * i] = digits[digest[i] >> 4];
		out[2 * i + 1] = digits[digest[i] & 15];
	}
	out[2 * len] = '\0';
}

static int add_algo(struct kan_hash_set *set, const char *name, size_t len, struct kan_err *err)
{
	const struct kan_hash *algo = find(name, len);
	int shown = len < 40 ? (int)len : 40;

	if (!algo)
		return kan_fail(err, KAN_EARG, "unknown hash algorithm '%.*s'", shown, name);
	for (size_t i = 0; i < set->n; i++)
		if (set->algo[i] == algo)
			return kan_fail(err, KAN_EARG, "hash algorithm '%.*s' is given twice",
			                shown, name);
	if (set->n == KAN_HASHES_MAX)
		return kan_fail(err, KAN_EARG, "more than %d hash algorithms", KAN_HASHES_MAX);
	set->algo[set->n++] = algo;
	return KAN_OK;
}

int kan_hash_set_parse(struct kan_hash_set *out, const char *list, struct kan_err *err)
{
	struct kan_hash_set set = { .n = 0 };
	size_t len;

	for (const char *s = list;; s += len + 1) {
		int rc;

		len = strcspn(s, ",");
		rc = add_algo(&set, s, len, err);
		if (rc != KAN_OK)
			return rc;
		if (s[len] == '\0')
			break;
	}
	*out = set;
	return KAN_OK;
}
