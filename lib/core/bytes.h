/* SPDX-License-Identifier: MIT */
/*
 * bytes.h - reading and writing fixed-width integers in untrusted bytes
 *
 * The pointer may be unaligned.  The caller has checked that the bytes are there,
 * usually through a struct kan_view (core/view.h).
 */
#ifndef KAN_CORE_BYTES_H
#define KAN_CORE_BYTES_H

#include <stdint.h>

static inline uint16_t kan_le16(const uint8_t *p)
{
	return (uint16_t)(p[0] | p[1] << 8);
}

static inline uint32_t kan_le32(const uint8_t *p)
{
	return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

static inline uint64_t kan_le64(const uint8_t *p)
{
	return (uint64_t)kan_le32(p) | (uint64_t)kan_le32(p + 4) << 32;
}

static inline uint16_t kan_be16(const uint8_t *p)
{
	return (uint16_t)(p[0] << 8 | p[1]);
}

static inline uint32_t kan_be32(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | (uint32_t)p[3];
}

static inline uint64_t kan_be64(const uint8_t *p)
{
	return (uint64_t)kan_be32(p) << 32 | (uint64_t)kan_be32(p + 4);
}

static inline void kan_put_le32(uint8_t *p, uint32_t v)
{
	p[0] = (uint8_t)v;
	p[1] = (uint8_t)(v >> 8);
	p[2] = (uint8_t)(v >> 16);
	p[3] = (uint8_t)(v >> 24);
}

static inline void kan_put_le64(uint8_t *p, uint64_t v)
{
	kan_put_le32(p, (uint32_t)v);
	kan_put_le32(p + 4, (uint32_t)(v >> 32));
}

static inline void kan_put_be32(uint8_t *p, uint32_t v)
{
	p[0] = (uint8_t)(v >> 24);
	p[1] = (uint8_t)(v >> 16);
	p[2] = (uint8_t)(v >> 8);
	p[3] = (uint8_t)v;
}

static inline void kan_put_be64(uint8_t *p, uint64_t v)
{
	kan_put_be32(p, (uint32_t)(v >> 32));
	kan_put_be32(p + 4, (uint32_t)v);
}

#endif
