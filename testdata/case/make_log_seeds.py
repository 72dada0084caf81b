#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
#
# make_log_seeds.py - the seeds of the fuzz targets caselog and json
#
# Usage: testdata/case/make_log_seeds.py testdata/fuzz
# A second, independent writer of the log of a case: what it writes as whole is
# whole (docs/formats/case-log.md), the other files are damaged in one way each.
import hashlib
import json
import pathlib
import sys


def line(seq, event, prev, fields):
    record = {"seq": seq, "time": f"2026-01-31T23:59:59.{seq:06d}Z", "host": "lab", "user": "kan"}
    record |= {"event": event} | fields | {"prev": prev}
    return (json.dumps(record, separators=(",", ":"), ensure_ascii=False) + "\n").encode()


def chain():
    events = [
        ("case.created", {"tool": "kanshiki 0.1.0"}),
        ("run.started", {"command": "a \\\\ b \\x01 \u8a3c\u62e0"}),
        ("case.complete", {"problem": "false"}),
        ("file.written", {"name": "report.html"}),
    ]
    lines, prev = [], "0" * 64
    for seq, (event, fields) in enumerate(events, 1):
        lines.append(line(seq, event, prev, fields))
        prev = hashlib.sha256(lines[-1]).hexdigest()
    return lines


def logs():
    c = chain()
    whole = b"".join(c)
    return {
        "whole": whole,
        "torn": whole[:-20],
        "line-removed": c[0] + c[2] + c[3],
        "swapped": c[0] + c[2] + c[1] + c[3],
        "edited": whole.replace(b"false", b"true"),
        "spaces": whole.replace(b'":', b'": '),
        "key-twice": c[0].replace(b'"tool"', b'"host"'),
        "not-printable": c[0].replace(b"kanshiki", b"\\\\q"),
        "seq-huge": c[0].replace(b'"seq":1,', b'"seq":99999999999999999999,'),
        "nul": c[0][:50] + b"\0" * 50 + b"\n" + c[1],
        "newlines": b"\n" * 9,
        "no-log": b"hello\nworld\n",
        "empty-object": b"{}\n",
        "array": b"[1]\n",
    }


def texts():
    return {
        "object": b'{"a":[1,-2.5e+3,"\\u00e9\\ud842\\udfb7",{"b":null}],"c":true,"d":false}',
        "nested": b"[" * 32 + b"]" * 32,
        "too-deep": b"[" * 33 + b"]" * 33,
        "lone-surrogate": b'["\\ud800"]',
        "bad-utf8": b'["\xed\xa0\x80"]',
        "cut": b'{"a":[1,"x',
        "nul": b'"a\0b"',
    }


for folder, files in (("caselog", logs()), ("json", texts())):
    for name, data in files.items():
        (pathlib.Path(sys.argv[1]) / folder / name).write_bytes(data)
