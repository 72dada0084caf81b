# SPDX-License-Identifier: MIT
# Names that try to break a line, a terminal, a spreadsheet or a page: escaped in every
# output, and told apart again on reading.
command -v mkfs.ext4 >/dev/null || { echo "SKIP: no mkfs.ext4" >&2; exit 77; }
command -v python3 >/dev/null || { echo "SKIP: no python3" >&2; exit 77; }
fail() { echo "FAIL: $*" >&2; exit 1; }
mkdir tree
python3 - > names.hex <<'P' || exit 1
import os
names = [b'plain', b'new\nline', b'tab\there', b'\x1b[31mred\x1b[0m', b'=cmd|calc', b'+1', b'-2', b'@x',
         b"'quoted", b'"double"', b'comma,semi;pipe|', b'back\\slash', b'back\\x5cslash', b'\xff\xfe',
         b'\xed\xa0\x80lone', b'\xe2\x80\xaegnp.exe', b'<script>alert(1)<script>', b'&amp;', b' lead', b'trail ',
         b'\xc2\x85nel', '漢字𠮟\U00029e3d'.encode(), b'%s%n', b'\x7fdel', b'\\xff', b'a:b', b'\x01']
for n in names:
    open(os.path.join(b'tree', n), 'w').close()
    print((b'/' + n).hex())
P
mkfs.ext4 -q -d tree image 4M || fail "mkfs.ext4"
for format in text jsonl csv body; do
	kanshiki files -q image --format $format > list.$format || fail "files --format $format"
done
for format in jsonl csv l2tcsv tln timesketch; do
	kanshiki timeline -q image --format $format > timeline.$format || fail "timeline --format $format"
done
kanshiki triage -q image -o case > out || fail "triage: exit $?"
python3 - <<'P' || exit 1
import re, json, csv, sys
def back(s):
    out = b''
    i = 0
    while i < len(s):
        if s[i] != '\\':
            out += s[i].encode(); i += 1; continue
        c = s[i + 1]
        if c == '\\': out += b'\\'; i += 2
        elif c == 'x': out += bytes([int(s[i+2:i+4], 16)]); i += 4
        elif c == 'u': out += chr(int(s[i+2:i+6], 16)).encode(); i += 6
        elif c == 'U': out += chr(int(s[i+2:i+10], 16)).encode(); i += 10
        else: raise ValueError(s)
    return out
want = {bytes.fromhex(l) for l in open('names.hex').read().split()}
got = {back(json.loads(l)['path']) for l in open('list.jsonl', encoding='utf-8')}
assert want <= got, want - got
def unguard(s): return s[1:] if s.startswith("'") else s
rows = list(csv.DictReader(open('list.csv', encoding='utf-8', newline='')))
assert want <= {back(unguard(r['path'])) for r in rows}, 'csv'
assert want <= {back(unguard(r['path'])) for r in csv.DictReader(open('case/files.csv', encoding='utf-8', newline=''))}
for f in ['list.text', 'list.jsonl', 'list.csv', 'list.body', 'timeline.jsonl', 'timeline.csv', 'timeline.l2tcsv',
          'timeline.tln', 'timeline.timesketch', 'case/report.html', 'case/files.csv', 'case/evidence.json']:
    text = open(f, 'rb').read().decode('utf-8')  # valid UTF-8, or this fails
    bad = [hex(ord(c)) for c in text if (ord(c) < 32 and c not in '\n') or 0x7f <= ord(c) < 0xa0 or 0x202a <= ord(c) <= 0x202e]
    bad = [b for b in bad if not (b == '0xd' and f.endswith('csv'))]
    bad = [b for b in bad if not (b == '0x9' and f.endswith('html'))]  # the style sheet has tabs
    assert not bad, (f, bad[:5])
assert '<script>alert' not in open('case/report.html', encoding='utf-8').read()
P
