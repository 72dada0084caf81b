# SPDX-License-Identifier: MIT
# A destination that is full, read-only or goes away: told, and the others are complete.
fail() { echo "FAIL: $*" >&2; exit 1; }
mkdir small
mount -t tmpfs -o size=12m tmpfs small 2> /dev/null || { echo "SKIP: no mount here" >&2; exit 77; }
trap 'umount -l small 2> /dev/null' EXIT
head -c 40000000 /dev/urandom > disk.bin
truncate -s 40000512 disk.bin

# Full: the second copy is whole, the first can be continued when there is room.
kanshiki image disk.bin -o small/a.E01 -o b.E01 > out 2> err
[ $? = 1 ] || fail "full: not exit 1"
grep -q 'small/a.E01.*No space left' err || fail "full: $(cat err)"
kanshiki verify -q b.E01 > v || fail "full: b.E01 is not whole"
[ -s b.E01.json ] && [ ! -e b.E01.journal ] || fail "full: b.E01 has no record"
[ -e small/a.E01.journal ] || fail "full: a.E01 has no journal"
mount -o remount,size=200m small
kanshiki image disk.bin -o small/a.E01 -o b.E01 --resume > out 2> err || fail "more room: $(cat err)"
kanshiki verify -q small/a.E01 > v || fail "more room: a.E01 is not whole"
grep -q 'complete already' out || fail "more room: $(cat out)"
rm -f small/*

# The only destination is full: exit 1, and nothing is claimed.
mount -o remount,size=12m small
kanshiki image disk.bin -o small/c.raw > out 2> err
[ $? = 1 ] || fail "only one: not exit 1"
[ ! -e small/c.raw.json ] || fail "only one: a record of a short image"
grep -q 'No space left' err || fail "only one: $(cat err)"
[ "$(grep -o 'No space left' err | wc -l)" = 1 ] || fail "only one: told twice: $(cat err)"
rm -f small/*

# Read-only: refused before anything is written.
mount -o remount,ro small
kanshiki image disk.bin -o d.raw -o small/d.E01 > out 2> err
[ $? = 1 ] || fail "read-only: not exit 1"
grep -q 'small/d.E01.*Read-only' err || fail "read-only: $(cat err)"
[ ! -e d.raw ] && [ ! -e d.raw.journal ] || fail "read-only: the other copy was begun"
mount -o remount,rw,size=200m small

# Gone while it is written: what was there cannot be finished, the other is whole.
kanshiki image disk.bin -o small/e.raw -o e2.raw -j 1 --compress best > out 2> err &
pid=$!
for _ in 1 2 3 4 5 6 7 8 9 10; do [ -s small/e.raw ] && break; sleep 0.02; done
rm -rf small/*
umount -l small
wait $pid
rc=$?
[ $rc = 1 ] || [ $rc = 0 ] || fail "gone: exit $rc"
if [ $rc = 1 ]; then
	grep -q 'small/e.raw' err || fail "gone: $(cat err)"
fi
cmp disk.bin e2.raw || fail "gone: the other copy is not whole"
exit 0
