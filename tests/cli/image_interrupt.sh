# SPDX-License-Identifier: MIT
# Ctrl-C while an image is written: one line, exit 1, and --resume comes to the same image.
fail() { echo "FAIL: $*" >&2; exit 1; }
yes 'evidence' | head -c 400000000 > disk.bin
truncate -s 400000512 disk.bin
truncate -s 400000000 disk.bin
( trap - INT; exec kanshiki image disk.bin -j 1 -o i.E01 -o i.raw --compress best > out 2> err ) &
pid=$!
for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
	[ -s i.E01 ] && break
	sleep 0.1
done
kill -INT $pid 2> /dev/null
wait $pid
[ $? = 1 ] || fail "not exit 1: $(cat out err)"
[ "$(grep -c . err)" = 1 ] || fail "not one line: $(cat err)"
grep -q interrupted err || fail "$(cat err)"
grep -q -- --resume err || fail "the way out is not named: $(cat err)"
[ -e i.E01.journal ] && [ -e i.raw.journal ] || fail "there is no journal"
[ ! -e i.E01.json ] || fail "an interrupted image has a record"
kanshiki image disk.bin -o i.E01 -o i.raw > out 2> err && fail "begun again without --resume"
kanshiki image disk.bin -o i.E01 -o i.raw --resume > out 2> err || fail "resume: $(cat err)"
[ ! -e i.E01.journal ] && [ -s i.E01.json ] || fail "the resumed image is not finished"
cmp disk.bin i.raw || fail "i.raw is not the disk"
kanshiki verify -q i.E01 > out || fail "i.E01 does not verify"
grep -q acquisition.interrupted i.E01.jsonl && grep -q acquisition.resumed i.E01.jsonl ||
	fail "the log does not tell of it"
exit 0
