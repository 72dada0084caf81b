#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
#
# make_ex01.py - write an Ex01 set of a file, or of media of its own
#
#     make_ex01.py [--bytes N] [--chunk-sectors N] [--table-chunks N]
#                  [--segment-chunks N] [--method deflate|none] [--hashed]
#                  [--media FILE] [--raw MEDIA] IMAGE.Ex01
#
# From the description of the format by J. Metz alone, with the zlib, MD5 and SHA-1
# of Python; it shares nothing with the reader nor with ewf2_writer.h.
import argparse
import hashlib
import random
import struct
import zlib

SECTOR = 512
GUID = bytes.fromhex("6ba7b8109dad41d180b400c04fd430c8")
PATTERNS = (bytes(8), b"\xff" * 8, b"ABCDEFGH")


def adler(data):
    return struct.pack("<I", zlib.adler32(data))


def aligned(data):
    return data + bytes(-len(data) % 16)


def media_of(length, chunk):
    """Chunks of noise, of text and of patterns, the same ones every time."""
    source = random.Random(1)
    parts = []
    for number in range(-(-length // chunk)):
        kind = number % 4
        if kind == 0:
            parts.append(source.randbytes(chunk))
        elif kind == 1:
            parts.append((b"line %d\r\n" % number * chunk)[:chunk])
        elif kind == 2:
            parts.append(PATTERNS[number // 4 % 3] * (chunk // 8))
        else:
            parts.append(bytes(chunk // 2) + source.randbytes(chunk - chunk // 2))
    return b"".join(parts)[:length]


class Segment:
    """One file: sections one behind the other, each with a descriptor at its end."""

    def __init__(self, number, method, hashed):
        self.data = bytearray(b"EVF2\r\n\x81\x00" + struct.pack("<BBHI", 2, 1, method, number) + GUID)
        self.hashed = hashed
        self.previous = 0

    def descriptor(self, kind, start):
        body = bytes(self.data[start:])
        digest = hashlib.md5(body).digest() if self.hashed and body else bytes(16)
        here = len(self.data)
        head = struct.pack("<IIQQII", kind, 1 if any(digest) else 0, self.previous, len(body), 64, 0)
        head += digest + bytes(12)
        self.data += head + adler(head)
        self.previous = here

    def section(self, kind, body):
        start = len(self.data)
        self.data += aligned(body)
        self.descriptor(kind, start)

    def text(self, kind, tags, values):
        lines = ["1", "main", "\t".join(tags), "\t".join(values), "", ""]
        self.section(kind, zlib.compress(b"\xff\xfe" + "\n".join(lines).encode("utf-16-le")))

    def chunks(self, first, pieces, compressed):
        start = len(self.data)
        table = b""
        for piece in pieces:
            packed = zlib.compress(piece, 6)
            if compressed and len(piece) % 8 == 0 and piece == piece[:8] * (len(piece) // 8):
                table += piece[:8] + struct.pack("<II", 0, 1 | 4)
                continue
            if compressed and len(packed) < len(piece):
                body, flags = packed, 1
            else:
                body, flags = piece + adler(piece), 2
            table += struct.pack("<QII", len(self.data), len(body), flags)
            self.data += aligned(body)
        self.descriptor(3, start)
        head = struct.pack("<QII", first, len(pieces), 0)
        self.section(4, aligned(head + adler(head)) + table + aligned(adler(table)))


def digest(algorithm, media):
    value = hashlib.new(algorithm, media).digest()
    return value + adler(value)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--bytes", type=int, default=100000)
    parser.add_argument("--chunk-sectors", type=int, default=8)
    parser.add_argument("--table-chunks", type=int, default=1600)
    parser.add_argument("--segment-chunks", type=int, default=1 << 30)
    parser.add_argument("--method", choices=("deflate", "none"), default="deflate")
    parser.add_argument("--hashed", action="store_true")
    parser.add_argument("--media")
    parser.add_argument("--raw")
    parser.add_argument("image")
    args = parser.parse_args()

    size = args.chunk_sectors * SECTOR
    if args.media:
        with open(args.media, "rb") as source:
            media = source.read()
        media += bytes(-len(media) % SECTOR)
    else:
        media = media_of(-(-args.bytes // SECTOR) * SECTOR, size)
    sectors = len(media) // SECTOR
    pieces = [media[i:i + size] for i in range(0, len(media), size)]
    compressed = args.method == "deflate"
    count = -(-len(pieces) // args.segment_chunks)

    for number in range(1, count + 1):
        segment = Segment(number, 1 if compressed else 0, args.hashed)
        segment.text(1, ["bp", "dt", "md", "ph", "sn", "ts"],
                     [str(SECTOR), "r", "USB メモリ", "1", "A-1", str(sectors)])
        segment.text(2, ["at", "av", "cn", "cp", "en", "ex", "gr", "nm", "nt", "os", "sb", "tb", "tt"],
                     ["1795315350", "7.04", "令和8年", "1" if compressed else "", "1", "鑑識 花子", "1",
                      "押収品", "", "Windows", str(args.chunk_sectors), str(len(pieces)), "1795315350"])
        first = (number - 1) * args.segment_chunks
        last = min(first + args.segment_chunks, len(pieces))
        for at in range(first, last, args.table_chunks):
            segment.chunks(at, pieces[at:min(at + args.table_chunks, last)], compressed)
        if number == count:
            segment.section(8, digest("md5", media))
            segment.section(9, digest("sha1", media))
        segment.section(15 if number == count else 13, b"")
        name = args.image if number == 1 else args.image[:-2] + "%02d" % number
        with open(name, "wb") as out:
            out.write(segment.data)
    if args.raw:
        with open(args.raw, "wb") as out:
            out.write(media)


main()
