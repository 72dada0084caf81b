# SPDX-License-Identifier: MIT
# The image command as a new user meets it: one copy, two copies, names, mistakes, other tools.
fail() { echo "FAIL: $*" >&2; exit 1; }
head -c 20000256 /dev/zero | tr '\0' 'k' > disk.bin
head -c 3000320 /dev/urandom >> disk.bin
[ $(($(stat -c %s disk.bin) % 512)) = 0 ] || fail "the test's own disk"
sha=$(sha256sum < disk.bin | cut -c 1-64)

# Relative names without a folder, and names that are not ASCII.
for name in m.E01 m.dd 証拠品.E01 '-x.raw'; do
	kanshiki image disk.bin -o "$name" > out 2> err || fail "$name: exit $?: $(cat err)"
	[ ! -s err ] || fail "$name: $(cat err)"
	grep -q "^SHA-256 *$sha\$" out || fail "$name: $(cat out)"
	grep -q 'match' out || fail "$name was not read back: $(cat out)"
	kanshiki verify -q -- "$name" > v 2>&1 || fail "$name: verify: $(cat v)"
done
cmp disk.bin m.dd || fail "m.dd is not the disk"
cmp disk.bin ./-x.raw || fail "-x.raw is not the disk"
if command -v ewfverify > /dev/null; then
	ewfverify -q m.E01 > /dev/null 2>&1 || fail "ewfverify does not accept m.E01"
fi

# Two copies at once, in Japanese, as JSON.
mkdir two
kanshiki image disk.bin -o two/a.E01 -o two/b.001 --segment-size 8M --lang ja > out 2> err ||
	fail "two: $(cat err)"
grep -q '読み戻し' out || fail "not Japanese: $(cat out)"
cat two/b.00[1-9] | cmp - disk.bin || fail "the parts are not the disk"
kanshiki image disk.bin -o two/c.E01 --format jsonl --no-verify > out || fail "jsonl"
if command -v jq > /dev/null; then
	[ "$(jq -r '.digests.sha256 + " " + .destinations[0].state' out)" = "$sha unchecked" ] ||
		fail "$(cat out)"
fi

# What is there is never overwritten.
kanshiki image disk.bin -o m.E01 > out 2> err && fail "m.E01 was overwritten"
[ "$(cat err)" = 'kanshiki-image: m.E01: is there already' ] || fail "$(cat err)"
# The source is not the destination, whatever it is called.
ln -s disk.bin link.raw
kanshiki image disk.bin -o link.raw > out 2> err && fail "written over a link to the source"
# One line and the right exit code for each mistake.
try() {
	want=$1
	shift
	kanshiki image "$@" > out 2> err
	rc=$?
	[ $rc = "$want" ] || fail "image $*: exit $rc: $(cat err)"
	[ "$(wc -l < err)" = 1 ] || fail "image $*: not one line: $(cat err)"
	[ ! -s out ] || fail "image $*: a result was printed"
}
try 2 disk.bin
try 2 -o n.E01
try 2 disk.bin -o n.xyz
try 2 disk.bin -o n.E01 --compress bzip2
try 2 disk.bin -o n.E01 --hash md6
try 2 disk.bin -o n.E01 --frobnicate
try 1 nothing.bin -o n.E01
try 1 . -o n.E01
try 1 disk.bin -o nowhere/n.E01
try 1 disk.bin -o n.E01 --resume
try 2 disk.bin -o n.E01 --retries many
try 2 disk.bin -o n.E01 --retries 1001
: > empty.bin
try 1 empty.bin -o n.E01
head -c 1000 disk.bin > odd.bin
try 1 odd.bin -o n.E01
grep -q 'sector' err || fail "$(cat err)"
ls n.* 2> /dev/null && fail "something was left behind"
kanshiki image odd.bin -o odd.raw > out || fail "an odd size as raw"
cmp odd.bin odd.raw || fail "odd.raw"

# A record that says who and where, and a log whose chain holds.
kanshiki image disk.bin -o w.E01 --case-number 令和8年第12号 --exhibit 7 --examiner 佐藤 \
	--witness '髙橋 﨑' --place 新宿 --clock-offset +00:00:02 --hash md5,sha256 > out ||
	fail "with people"
for word in 令和8年第12号 佐藤 '髙橋 﨑' 新宿 +00:00:02 "$sha"; do
	grep -qF -- "$word" w.E01.json || fail "the record does not say $word"
	grep -qF -- "$word" w.E01.jsonl || fail "the log does not say $word"
done
[ "$(grep -o '"record_sha256":"[0-9a-f]*"' w.E01.jsonl | cut -d '"' -f 4)" = \
	"$(sha256sum < w.E01.json | cut -c 1-64)" ] || fail "the log has another digest"
# Progress as JSON Lines.
truncate -s 3G sparse.bin
kanshiki image sparse.bin -o s.E01 --log-json --no-verify > out 2> err || fail "log-json: $(cat err)"
if command -v jq > /dev/null && [ -s err ]; then
	jq -e 'select(.event == "progress") | .per_second and (.total == 3221225472) and
		has("seconds_left") and has("read_errors")' err > /dev/null || fail "$(cat err)"
fi
exit 0
