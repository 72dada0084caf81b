# SPDX-License-Identifier: MIT
# A drive with bad sectors: exactly they are lost, and image, record, map and summary say so.
device=$KAN_SOURCE/tests/bad_device.sh
fail() { echo "FAIL: $*" >&2; exit 1; }
sh "$device" check || exit 77
mkdir bad
sh "$device" guard "$PWD/bad" $$
trap 'sh "$device" stop bad' EXIT
head -c 16777216 /dev/urandom > disk.bin

# What the image should be: the disk with zeros in the ranges.
zeros() {
	cp disk.bin want.bin
	for range; do
		dd if=/dev/zero of=want.bin bs=512 seek=$((${range%:*} / 512)) \
			count=$((${range#*:} / 512)) conv=notrunc 2> /dev/null
	done
}

# check NAME BYTES-LOST: image, record and map after a copy to NAME.E01 and NAME.raw
check() {
	cmp want.bin "$1.raw" || fail "$1.raw has lost more or less than the bad sectors"
	kanshiki verify -q "$1.E01" > v 2>&1 || [ $? = 3 ] || fail "$1.E01: $(cat v)"
	grep -q "$(sha256sum < want.bin | cut -c 1-64)" "$1.E01.json" || fail "$1: another digest"
	grep -q "\"bytes_unreadable\": $2\\b" "$1.raw.json" || fail "$1: $(grep bytes_un "$1.raw.json")"
	grep -q "^unreadable *$2\$" out || fail "$1: $(cat out)"
}

for sector in 512 4096; do
	if [ $sector = 512 ]; then
		ranges='5238784:512 8388608:65536'
		lost=66048
	else
		ranges='5238784:4096 8388608:65536'
		lost=69632
	fi
	# shellcheck disable=SC2086 # one word for each range
	name=$(sh "$device" start -s $sector bad disk.bin $ranges) || exit 77
	# shellcheck disable=SC2086
	zeros $ranges
	kanshiki image "$name" -o s$sector.E01 -o s$sector.raw > out 2> err
	[ $? = 3 ] || fail "$sector: not exit 3: $(cat err)"
	check s$sector $lost
	if command -v ddrescue > /dev/null; then
		ddrescue -q -d -b $sector -r 1 "$name" dd.$sector.raw dd.$sector.map
		ddrescuelog -b 512 -l- dd.$sector.map > theirs
		ddrescuelog -b 512 -l- s$sector.raw.map > ours
		cmp theirs ours || fail "$sector: the map is not ddrescue's"
	fi
	if command -v ewfinfo > /dev/null; then
		ewfinfo s$sector.E01 > info || fail "$sector: ewfinfo"
		grep -qi 'error' info || fail "$sector: ewfinfo knows no errors: $(cat info)"
	fi
	sh "$device" stop bad
	# Made again out of the E01, the image still has the ranges of the drive.
	kanshiki image s$sector.E01 -o c$sector.raw -o c$sector.E01 > out 2> err
	[ $? = 3 ] || fail "$sector, again: not exit 3: $(cat err)"
	check c$sector $lost
	cmp s$sector.raw.map c$sector.raw.map || fail "$sector, again: another map"
	kanshiki verify -q c$sector.raw > v 2>&1
	[ $? = 3 ] || fail "$sector, again: c$sector.raw does not tell: $(cat v)"
	kanshiki info c$sector.E01 2>&1 | grep -q 'unreadable when acquired \[8388608+65536\]' ||
		fail "$sector, again: c$sector.E01 does not tell"
done

# Faults that pass: nothing is lost, and the summary says that something was recovered.
name=$(sh "$device" start -p 1 bad disk.bin 1048576:1024 9000448:512) || exit 77
zeros
kanshiki image "$name" -o p.E01 -o p.raw > out 2> err || fail "passing: exit $?: $(cat err)"
check p 0
grep -q '^recovered *1536$' out || fail "passing: $(cat out)"
sh "$device" stop bad

# A drive that dies half-way: exit 1, can be continued when it is back.
name=$(sh "$device" start bad disk.bin 5238784:512) || exit 77
zeros 5238784:512
touch bad/dead
kanshiki image "$name" -o x.raw > out 2> err
rc=$?
rm -f bad/dead
if [ $rc = 1 ]; then
	[ ! -e x.raw.json ] || fail "dead: a record of what could not be read"
	if [ -e x.raw.journal ]; then
		kanshiki image "$name" -o x.raw --resume > out 2> err
		[ $? = 3 ] || fail "dead, and back: $(cat err)"
		cmp want.bin x.raw || fail "dead, and back: x.raw"
	fi
else
	[ $rc = 3 ] || fail "dead: exit $rc: $(cat err)"
fi
exit 0
