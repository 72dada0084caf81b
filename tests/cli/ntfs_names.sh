# SPDX-License-Identifier: MIT
# Names of NTFS with half of a surrogate pair: exact in every output, and told apart again
# on reading.
for tool in mkntfs ntfscp python3; do
	command -v $tool >/dev/null || { echo "SKIP: no $tool" >&2; exit 77; }
done
fail() { echo "FAIL: $*" >&2; exit 1; }
truncate -s 4M image
mkntfs -qF image >/dev/null 2>&1 || fail "mkntfs"
echo content > content
for name in high-A high-B low-A-x low-B-x end-A; do
	ntfscp -q image content "$name" || fail "ntfscp $name"
done
python3 - > names.hex <<'P' || exit 1
image = open('image', 'rb').read()
names = [('high-A', 0xd800), ('high-B', 0xd801), ('low-A-x', 0xdc00), ('low-B-x', 0xdfff), ('end-A', 0xdbff)]
for name, unit in names:
    letter = 'A' if 'A' in name else 'B'
    new = name.replace(letter, chr(unit))
    old = name.encode('utf-16-le')
    assert image.count(old) >= 2
    image = image.replace(old, new.encode('utf-16-le', 'surrogatepass'))
    print((b'/' + new.encode('utf-8', 'surrogatepass')).hex())
open('image', 'wb').write(image)
P
for format in text jsonl csv body; do
	kanshiki files -q image --format $format > list.$format || fail "files --format $format"
done
for format in jsonl csv l2tcsv tln timesketch; do
	kanshiki timeline -q image --format $format > timeline.$format || fail "timeline --format $format"
done
kanshiki triage -q image -o case > out || fail "triage: exit $?"
python3 - <<'P' || exit 1
import json, csv, re
def back(s):
    return re.sub(rb'\\(\\|x[0-9a-f]{2})', lambda m: b'\\' if m[1] == b'\\' else bytes([int(m[1][1:], 16)]), s.encode())
want = {bytes.fromhex(l) for l in open('names.hex').read().split()}
assert len(want) == 5
def rows(name): return csv.DictReader(open(name, encoding='utf-8', newline=''))
for f in ['list.jsonl', 'timeline.jsonl']:
    assert want <= {back(json.loads(l)['path']) for l in open(f, encoding='utf-8')}, f
for f in ['list.csv', 'timeline.csv', 'case/files.csv']:
    assert want <= {back(r['path']) for r in rows(f)}, f
for f in ['list.text', 'list.body', 'timeline.l2tcsv', 'timeline.tln', 'timeline.timesketch', 'case/report.html']:
    text = open(f, 'rb').read().decode('utf-8')  # valid UTF-8, or this fails
    seen = back(text.replace('\\\\', '\\') if f.endswith('timesketch') else text)
    for name in want:
        assert name[1:] in seen or f == 'case/report.html', (f, name)
P
