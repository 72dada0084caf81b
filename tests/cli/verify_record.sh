# SPDX-License-Identifier: MIT
# An image with the record of its acquisition beside it.  The record is made here with
# stock tools, as docs/formats/acquisition.md describes it.
for tool in jq basenc ewfacquire mkfifo; do
	command -v $tool >/dev/null || { echo "SKIP: no $tool" >&2; exit 77; }
done
fail() { echo "FAIL: $*" >&2; exit 1; }
MIB=1048576

# leaf FILE N: hash of the leaf of block N
leaf()
{
	{ printf '\000'; dd if="$1" bs=$MIB skip="$2" count=1 status=none; } | sha256sum | cut -c1-64
}

# root: from the leaves on standard input, one a line; two and two, the odd one goes up
root()
{
	tr a-f A-F > level
	while [ "$(wc -l < level)" -gt 1 ]; do
		paste -d ' ' - - < level | while read -r left right; do
			if [ -z "$right" ]; then
				echo "$left"
			else
				printf '01%s%s' "$left" "$right" | basenc --base16 -d | sha256sum |
					cut -c1-64 | tr a-f A-F
			fi
		done > above
		mv above level
	done
	tr A-F a-f < level
}

# record IMAGE MEDIA [SEGMENT...]: IMAGE.json and IMAGE.blocks
record()
{
	image=$1 media=$2
	shift 2
	size=$(stat -c %s "$media")
	n=$(( (size + MIB - 1) / MIB ))
	i=0
	while [ $i -lt $n ]; do
		leaf "$media" $i
		i=$((i + 1))
	done > "$image.blocks"
	{
		printf '{\n  "format": "kanshiki-acquisition-1",\n  "tool": "a script",\n'
		printf '  "people": {\n    "examiner": "A. Examiner"\n  },\n'
		printf '  "source": {},\n  "settings": {},\n  "times": {},\n'
		printf '  "media_size": %s,\n  "sector_size": 512,\n  "digests": [\n' "$size"
		printf '    {"algorithm": "sha256", "hex": "%s"}\n  ],\n' \
			"$(sha256sum < "$media" | cut -c1-64)"
		printf '  "reread": [],\n  "reread_verdict": "",\n  "unreadable": [],\n'
		printf '  "bytes_unreadable": 0,\n'
		printf '  "tree": "RFC 9162, SHA-256, blocks of 1048576 bytes",\n'
		printf '  "tree_leaves": %s,\n  "tree_root": "%s",\n  "segments": [' \
			$n "$(root < "$image.blocks")"
		comma=
		for segment; do
			printf '%s\n    {"name": "%s", "size": %s, "sha256": "%s"}' "$comma" \
				"$segment" "$(stat -c %s "$segment")" \
				"$(sha256sum < "$segment" | cut -c1-64)"
			comma=,
		done
		printf '\n  ]\n}\n'
	} > "$image.json"
}

# expect CODE TEXT ARGUMENT...: verify ends with CODE and prints TEXT
expect()
{
	code=$1 text=$2
	shift 2
	timeout 60 kanshiki verify -q "$@" > out 2> err
	rc=$?
	[ $rc = "$code" ] || fail "verify $*: exit $rc, not $code: $(cat out err)"
	cat out err | grep -qF -e "$text" || fail "verify $*: no '$text': $(cat out err)"
}

# damage FILE OFFSET
damage()
{
	printf 'damaged' | dd of="$1" bs=1 seek="$2" conv=notrunc status=none
}

# Bytes without a period: 5 MiB and 1024 bytes.
seq 1 900000 | head -c $((5 * MIB + 1024)) > media.dd

# ---- whole -------------------------------------------------------------------------
cp media.dd disk.dd
expect 0 'check            record unchecked  (no record beside the image)' disk.dd
record disk.dd disk.dd disk.dd
expect 0 'check            record match' disk.dd
for line in 'check            record-digest match' 'check            record-segment match' \
	'check            record-tree match' 'in the record: match' \
	'proven           6 of 6 blocks, 5243904 of 5243904 bytes' 'verdict          match'; do
	grep -qF "$line" out || fail "whole: no '$line': $(cat out)"
done

# ---- pieces come in one order, whoever of the digests is faster -------------------------
expect 0 'verdict          match' --pieces 4K disk.dd -j 1
[ "$(grep -cE '^(sha256|sha512|md5|sha1) +[0-9a-f]+  [0-9]+\+' out)" = 1281 ] ||
	fail "not all pieces: $(head -5 out)"
mv out first
for i in 1 2 3; do
	expect 0 'verdict          match' --pieces 4K --hash sha256,md5,sha1 disk.dd
	mv out "pieces$i"
	cmp pieces1 "pieces$i" || fail "the order of the pieces differs"
done
grep '^sha256 ' pieces1 > again
grep '^sha256 ' first | cmp - again || fail "pieces differ"

# ---- damaged: the rest is still proven ------------------------------------------------
damage disk.dd $((2 * MIB + 5))
damage disk.dd $((4 * MIB - 3))
expect 3 'proven           3 of 6 blocks, 2098176 of 5243904 bytes' disk.dd
grep -qF 'check            record-tree mismatch  [2097152+3145728, sectors 4096 to 10239]' out ||
	fail "adjacent blocks are not one range: $(cat out)"
cp media.dd disk.dd
damage disk.dd $((3 * MIB + 17))
expect 3 'record-mismatch' --format jsonl disk.dd
[ "$(jq -c 'select(.check == "record-tree") | [.verdict, .ranges]' out)" = \
	'["mismatch",[{"offset":3145728,"length":1048576,"first_sector":6144,"sectors":2048}]]' ] ||
	fail "not exactly one block: $(cat out)"
[ "$(jq -c 'select(.finding == "record-mismatch" and .length > 0) | [.offset, .length]' out)" = \
	'[3145728,1048576]' ] || fail "the finding is not the block: $(cat out)"

# ---- triage compares with the record as well ---------------------------------------------
kanshiki triage -q disk.dd -o case > out 2>&1
[ $? = 3 ] || fail "triage of an image that is not as recorded: $(cat out)"
[ "$(jq -r '.evidence[0].verdict' case/evidence.json)" = mismatch ] || fail "triage: no mismatch"
[ "$(jq -c '.evidence[0].findings[] | select(.kind == "record-mismatch") | .offset // empty' \
	case/evidence.json)" = 3145728 ] || fail "triage does not name the block"
rm -r case
kanshiki triage -q media.dd -o case > out 2>&1 || fail "triage without a record: $(cat out)"
[ "$(jq -r '.evidence[0].verdict' case/evidence.json)" = unchecked ] || fail "triage: checked"
rm -r case

# ---- one block alone --------------------------------------------------------------------
expect 3 'record-mismatch' --block 3 disk.dd
i=0
while [ $i -le 5 ]; do
	[ $i = 3 ] || expect 0 "leaf             $(leaf media.dd $i)" --block $i disk.dd
	if [ $i != 3 ]; then
		# The commands that it prints lead to the root in the record.
		sed -n 's/^  \({ printf.*\)/\1/p; s/^  \(printf 01.*\)/\1/p' out |
			sed 's/if=MEDIA/if=media.dd/' > commands
		[ -s commands ] || fail "no commands for block $i"
		[ "$(sh commands | tail -1 | cut -c1-64)" = "$(jq -r .tree_root disk.dd.json)" ] ||
			fail "the commands for block $i do not give the root: $(cat out)"
	fi
	i=$((i + 1))
done
expect 0 '"verdict":"match"' --format jsonl --block 1 disk.dd
expect 1 'disk.dd: there is no block 6: the record has 6, counted from 0' --block 6 disk.dd
expect 2 'not the number of a block' --block x disk.dd
expect 2 'not with --hash' --block 1 --hash md5 disk.dd
mv disk.dd.blocks kept
expect 1 'disk.dd.blocks: is not there' --block 1 disk.dd
sed '5s/./0/;5s/.$/0/' kept > disk.dd.blocks
expect 1 'its leaves give the root' --block 1 disk.dd
mv kept disk.dd.blocks

# ---- records that lie or are none ---------------------------------------------------------
cp media.dd disk.dd
cp disk.dd.json kept
damage disk.dd 0
expect 3 'proven           5 of 6' disk.dd
mv disk.dd.blocks blocks # without leaves: all or nothing
expect 3 'proven           0 of 6' disk.dd
cp media.dd disk.dd
expect 3 'proven           6 of 6' disk.dd
mv blocks disk.dd.blocks
sed 's/"sector_size": 512/"sector_size":  512/' kept > disk.dd.json
expect 3 'is no record: not in canonical form' disk.dd
echo '[]' > disk.dd.json
expect 3 'is no record: not an object' disk.dd
: > disk.dd.json
expect 3 'is no record' disk.dd
truncate -s 65M disk.dd.json
expect 3 'more than the 67108864' disk.dd
rm disk.dd.json
mkfifo disk.dd.json
expect 3 'is no regular file and not read' disk.dd
rm disk.dd.json
ln -s /dev/zero disk.dd.json
expect 3 'is no regular file and not read' disk.dd
rm disk.dd.json
mkdir disk.dd.json
expect 3 'is no regular file and not read' disk.dd
rmdir disk.dd.json
ln -s kept disk.dd.json
expect 0 'proven           6 of 6' disk.dd
rm disk.dd.json
cp kept disk.dd.json
kanshiki triage -q disk.dd -o case > out 2>&1 || fail "triage: $(cat out)"
[ "$(jq -r '.evidence[0].verdict' case/evidence.json)" = match ] || fail "triage: no match"
grep -qF 'digests match, segment files match, 6 of 6 blocks proven' case/report.html ||
	fail "the report does not tell of the record"
rm -r case

# ---- what could not be read from the drive is told of a raw image too -----------------------
sed -i 's/"unreadable": \[\],/"unreadable": [\n    {"offset": 512, "length": 1024}\n  ],/
	s/"bytes_unreadable": 0/"bytes_unreadable": 1024/' disk.dd.json
expect 3 'unreadable when acquired, as the record says  [512+1024]' disk.dd
grep -qF 'check            reading mismatch  [512+1024, sectors 1 to 2]' out ||
	fail "unreadable: $(cat out)"
grep -qF 'verdict          match' out || fail "unreadable: $(cat out)"
cp kept disk.dd.json

# ---- another size, other files --------------------------------------------------------------
truncate -s $((4 * MIB)) disk.dd
expect 3 'proven           4 of 6' disk.dd
grep -qF '[4194304+1049600, sectors 8192 to 10241]' out || fail "cut: $(cat out)"
grep -qF 'the file has 4194304 bytes, 5243904 were recorded' out || fail "cut: $(cat out)"
cp media.dd disk.dd
mv disk.dd other.dd
for suffix in json blocks; do cp disk.dd.$suffix other.dd.$suffix; done
expect 3 'the file is called disk.dd in the record' other.dd
touch disk.dd.journal
cp media.dd disk.dd
rm disk.dd.json
expect 3 'kanshiki image --resume continues it' disk.dd
rm disk.dd.journal disk.dd

# ---- a container: a file can differ where no chunk is --------------------------------------
ewfacquire -u -q -f encase6 -c fast -t case media.dd > log 2>&1 || fail "ewfacquire: $(cat log)"
record case.E01 media.dd case.E01
expect 0 'proven           6 of 6' --cross-check case.E01
grep -qF 'check            cross-check match' out || fail "cross-check: $(cat out)"
cp case.E01 case.E01.kept
printf x >> case.E01
expect 3 'check            record-segment mismatch' case.E01
grep -qF 'check            record-tree match' out || fail "appended: $(cat out)"
cp case.E01.kept case.E01
damage case.E01 $(( $(stat -c %s case.E01) / 2 ))
expect 3 'check            chunk-checksum mismatch  [' case.E01
grep -qE '^check            record-tree mismatch  \[[0-9]+\+1048576, ' out ||
	fail "damaged container: $(cat out)"
expect 3 'cross-check' --cross-check case.E01
# Of what is lost as a whole nothing fits, and nothing differs.
cp case.E01.kept case.E01
truncate -s $(( $(stat -c %s case.E01) / 2 )) case.E01
expect 3 'check            container-structure mismatch' --cross-check case.E01
grep -qF 'check            chunk-checksum unchecked' out || fail "cut: $(cat out)"
grep -qF 'check            cross-check unchecked' out || fail "cut: $(cat out)"
expect 0 'cross-check unchecked  (there is no second reader for this format)' --cross-check media.dd
# Nothing in a split raw set says how many parts it has.
split -b 2M -d -a 3 --numeric-suffixes=1 media.dd parts.
timeout 60 kanshiki verify -q parts.001 > out 2> err
grep -q '^check  *segment-files unchecked' out || fail "split: $(cat out err)"
# Media that end inside a sector: the last chunk has more bytes than the media.
for compress in fast none; do
	seq 1 900000 | head -c $((MIB + 1000)) > odd.dd
	ewfacquire -u -q -f encase6 -c $compress -t odd-$compress odd.dd > log 2>&1 ||
		fail "ewfacquire: $(cat log)"
	timeout 60 kanshiki verify -q --cross-check odd-$compress.E01 > out 2> err
	grep -qF 'check            chunk-checksum match' out || fail "odd, $compress: $(cat out err)"
	grep -qF 'check            cross-check match' out || fail "odd, $compress: $(cat out err)"
done
if [ -e "$KAN_FIXTURES/hostile/forged-table.E01" ]; then
	cp "$KAN_FIXTURES/hostile/forged-table.E01" .
	expect 3 'check            chunk-checksum match' --cross-check forged-table.E01
	grep -qF 'check            container-structure mismatch  [32768+32768, sectors 64 to 127]' out ||
		fail "forged table: $(cat out)"
fi
exit 0
