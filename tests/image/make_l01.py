#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
#
# make_l01.py - write logical evidence (L01) with three small files and a folder
#
#     make_l01.py IMAGE.L01
#
# From the description of the format by J. Metz; no program that writes L01 was at hand.
import hashlib
import struct
import sys
import zlib

FILES = (("a.txt", b"alpha\n"), ("b.txt", b"beta\n"), ("c.txt", b"gamma\n"))
CHUNK = 64 * 512


def adler(data):
    return struct.pack("<I", zlib.adler32(data))


def section(at, kind, body, last=False):
    following = at if last else at + 76 + len(body)
    size = 0 if last else 76 + len(body)
    head = kind.encode().ljust(16, b"\0") + struct.pack("<QQ", following, size) + bytes(40)
    return head + adler(head) + body


def tree(media):
    lines = ["5", "rec", "tb\tcl", "%d\t1" % len(media), ""]
    for name in ("perm", "srce", "sub"):
        lines += [name, "0\t1", "p\tn", "0\t0", "\t", ""]
    lines += ["entry", "5\t1", "p\tn\tid\tls\tlo\tbe"]
    lines += ["0\t1", "1\t\t0\t0\t-1\t", "0\t3", "1\tdocs\t1\t0\t-1\t"]
    at = 0
    for number, (name, content) in enumerate(FILES):
        lines += ["0\t0", "\t%s\t%d\t%d\t%d\t1 %x %x" % (name, number + 2, len(content), at, at, len(content))]
        at += len(content)
    text = "\n".join(lines + ["", ""]).encode("utf-16-le")
    head = hashlib.md5(text).digest() + struct.pack("<Q", len(text)) + bytes(4)
    head += bytes(20)
    return head[:24] + adler(head) + head[28:] + text


def main():
    content = b"".join(data for _, data in FILES)
    media = content + bytes(-len(content) % 512)
    out = b"LVF\x09\x0d\x0a\xff\0" + b"\x01" + struct.pack("<HH", 1, 0)
    volume = struct.pack("<IIIIQ", 0x0e, 1, 64, 512, len(media) // 512).ljust(1048, b"\0")
    header = "1\r\nmain\r\nc\tn\ta\te\tt\tav\tov\tm\tu\tp\r\n1\t1\tx\ty\tz\t6\tw\t0\t0\t0\r\n\r\n"
    out += section(len(out), "header", zlib.compress(header.encode()))
    out += section(len(out), "volume", volume + adler(volume))
    at = len(out) + 76
    out += section(len(out), "sectors", media + adler(media))
    head = struct.pack("<IIQI", 1, 0, 0, 0)
    entries = struct.pack("<I", at)
    for kind in ("table", "table2"):
        out += section(len(out), kind, head + adler(head) + entries + adler(entries))
    out += section(len(out), "ltree", tree(media))
    digest = hashlib.md5(media).digest() + bytes(16)
    out += section(len(out), "hash", digest + adler(digest))
    out += section(len(out), "done", b"", True)
    with open(sys.argv[1], "wb") as image:
        image.write(out)


main()
