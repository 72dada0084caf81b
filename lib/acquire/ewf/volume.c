/* SPDX-License-Identifier: MIT */
/*
 * volume.c - sections of E01 of a fixed form: volume and data, error2, digest, hash
 */
#include "acquire/ewf/e01.h"

#include "core/bytes.h"

#include <libdeflate.h>
#include <string.h>

enum { GUID_LEN = 16 };

enum volume_values {
	MEDIA_FIXED = 1,
	FLAG_IMAGE_OF_DISK = 3, /* bit 1 is "physical"; ewfacquire sets bit 0 as well */
};

enum error2_layout {
	ERROR2_COUNT = 0,
	ERROR2_CHECKSUM = 516,
	ERROR2_HEADER_LEN = 520,
	ERROR2_ENTRY_LEN = 8,
};

enum hash_layout {
	MD5_LEN = 16,
	SHA1_LEN = 20,
	HASH_CHECKSUM = 32,
	DIGEST_CHECKSUM = 76,
};

static uint8_t compression_level(enum kan_compress how)
{
	return how == KAN_COMPRESS_NONE ? 0 : how == KAN_COMPRESS_BEST ? 2 : 1;
}

/*
 * The identifier of the set: the same media and options give the same files, so it is
 * no random number but a digest (version 8 of RFC 9562, in the order of a GUID).
 */
static int make_guid(uint8_t *volume, const struct kan_buf *headers, struct kan_err *err)
{
	const struct kan_hash *sha256 = kan_hash_find("sha256");
	uint8_t digest[KAN_DIGEST_MAX], *guid = volume + KAN_EWF_VOLUME_GUID;
	void *state = NULL;
	int rc = sha256->open(&state, err);

	if (rc == KAN_OK)
		rc = sha256->update(state, headers->data, headers->len, err);
	if (rc == KAN_OK)
		rc = sha256->update(state, volume, KAN_EWF_VOLUME_GUID, err);
	if (rc == KAN_OK)
		rc = sha256->finish(state, digest, err);
	sha256->close(state);
	if (rc != KAN_OK)
		return rc;
	memcpy(guid, digest, GUID_LEN);
	guid[7] = (uint8_t)(0x80 | (guid[7] & 0x0f));
	guid[8] = (uint8_t)(0x80 | (guid[8] & 0x3f));
	return KAN_OK;
}

uint32_t kan_e01_chunk_len(uint64_t media_size)
{
	uint32_t len = KAN_E01_CHUNK_LEN;

	while (len <= KAN_E01_CHUNK_LEN_MAX && (media_size - 1) / len >= KAN_E01_CHUNKS_MAX)
		len *= 2;
	return len <= KAN_E01_CHUNK_LEN_MAX ? len : 0;
}

int kan_e01_volume(uint8_t volume[KAN_EWF_VOLUME_LEN], const struct kan_writer_opts *opts,
                   const struct kan_buf *headers, struct kan_err *err)
{
	uint32_t chunk_len = kan_e01_chunk_len(opts->media_size);
	uint64_t nchunks = (opts->media_size - 1) / chunk_len + 1;
	int rc;

	memset(volume, 0, KAN_EWF_VOLUME_LEN);
	volume[KAN_EWF_VOLUME_MEDIA_TYPE] = MEDIA_FIXED;
	kan_put_le32(volume + KAN_EWF_VOLUME_CHUNKS, (uint32_t)nchunks);
	kan_put_le32(volume + KAN_EWF_VOLUME_CHUNK_SECTORS, chunk_len / opts->sector_size);
	kan_put_le32(volume + KAN_EWF_VOLUME_SECTOR_SIZE, opts->sector_size);
	kan_put_le64(volume + KAN_EWF_VOLUME_SECTORS, opts->media_size / opts->sector_size);
	volume[KAN_EWF_VOLUME_FLAGS] = FLAG_IMAGE_OF_DISK;
	volume[KAN_EWF_VOLUME_COMPRESSION] = compression_level(opts->compress);
	kan_put_le32(volume + KAN_EWF_VOLUME_GRANULARITY, 1);
	rc = make_guid(volume, headers, err);
	kan_put_le32(volume + KAN_EWF_VOLUME_CHECKSUM,
	             libdeflate_adler32(1, volume, KAN_EWF_VOLUME_CHECKSUM));
	return rc;
}

/* Ranges of sectors, while they are joined. */
struct ranges {
	struct kan_buf entries;
	uint64_t start, end;
};

static void put_range(struct ranges *r)
{
	uint8_t e[ERROR2_ENTRY_LEN];

	if (r->start == r->end)
		return;
	kan_put_le32(e, (uint32_t)r->start);
	kan_put_le32(e + 4, (uint32_t)(r->end - r->start));
	kan_buf_add(&r->entries, e, sizeof(e));
	r->start = r->end;
}

/* A sector of which a part could not be read is an unreadable sector. */
static void add_range(struct ranges *r, uint64_t offset, uint64_t length, uint32_t sector_size)
{
	uint64_t start = offset / sector_size, last = (offset + (length - 1)) / sector_size;

	if (start >= KAN_E01_ERROR_SECTORS)
		return;
	if (last >= KAN_E01_ERROR_SECTORS)
		last = KAN_E01_ERROR_SECTORS - 1;
	if (start < r->start || start > r->end) {
		put_range(r);
		r->start = r->end = start;
	}
	if (last + 1 > r->end)
		r->end = last + 1;
	/* The number of sectors has 32 bits as well. */
	if (r->end - r->start == KAN_E01_ERROR_SECTORS) {
		r->end--;
		put_range(r);
		r->end++;
	}
}

void kan_e01_put_error2(struct kan_buf *out, uint64_t start, const struct kan_writer_end *end,
                        uint32_t sector_size)
{
	struct ranges r = { 0 };
	uint8_t head[ERROR2_HEADER_LEN] = { 0 }, sum[4];

	for (size_t i = 0; i < end->nbad; i++)
		add_range(&r, end->bad[i].offset, end->bad[i].length, sector_size);
	put_range(&r);
	if (r.entries.len > 0 && !r.entries.failed) {
		kan_put_le32(head + ERROR2_COUNT, (uint32_t)(r.entries.len / ERROR2_ENTRY_LEN));
		kan_put_le32(head + ERROR2_CHECKSUM, libdeflate_adler32(1, head, ERROR2_CHECKSUM));
		kan_put_le32(sum, libdeflate_adler32(1, r.entries.data, r.entries.len));
		kan_e01_put_descriptor(out, start, "error2",
		                       sizeof(head) + r.entries.len + sizeof(sum));
		kan_buf_add(out, head, sizeof(head));
		kan_buf_add(out, r.entries.data, r.entries.len);
		kan_buf_add(out, sum, sizeof(sum));
	}
	out->failed |= r.entries.failed;
	kan_buf_done(&r.entries);
}

static const uint8_t *find_digest(const struct kan_digest *digests, size_t n, const char *name)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(digests[i].algo->name, name) == 0)
			return digests[i].bytes;
	return NULL;
}

void kan_e01_put_digests(struct kan_buf *out, uint64_t start, const struct kan_digest *digests,
                         size_t n)
{
	const uint8_t *md5 = find_digest(digests, n, "md5");
	const uint8_t *sha1 = find_digest(digests, n, "sha1");
	uint8_t digest[DIGEST_CHECKSUM + 4] = { 0 }, hash[HASH_CHECKSUM + 4] = { 0 };

	if (md5) {
		memcpy(digest, md5, MD5_LEN);
		memcpy(hash, md5, MD5_LEN);
	}
	if (sha1) {
		memcpy(digest + MD5_LEN, sha1, SHA1_LEN);
		kan_put_le32(digest + DIGEST_CHECKSUM,
		             libdeflate_adler32(1, digest, DIGEST_CHECKSUM));
		kan_e01_put_section(out, start, "digest", digest, sizeof(digest));
	}
	if (md5) {
		kan_put_le32(hash + HASH_CHECKSUM, libdeflate_adler32(1, hash, HASH_CHECKSUM));
		kan_e01_put_section(out, start, "hash", hash, sizeof(hash));
	}
}
