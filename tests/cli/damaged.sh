# SPDX-License-Identifier: MIT
# A damaged image: findings with their ranges, everything else is read, exit code 3.
dir=$KAN_FIXTURES/log2timeline+dfvfs/test_data
[ -d "$dir" ] || { echo "SKIP: no fixtures" >&2; exit 77; }
fail() { echo "FAIL: $*" >&2; exit 1; }
expect() { # CODE WORD COMMAND...
	code=$1 word=$2
	shift 2
	timeout 60 "$@" > out 2> err
	rc=$?
	[ $rc = "$code" ] || fail "$*: exit $rc, not $code: $(tail -2 err)"
	cat out err | grep -q "$word" || fail "$*: does not say '$word'"
}
cp "$dir/ext2.split.E01" a.E01
cp "$dir/ext2.split.E02" a.E02
expect 0 match kanshiki verify a.E01
rm a.E02
expect 3 missing-segment kanshiki verify a.E01
expect 3 missing-segment kanshiki files a.E01
cp "$dir/ext2.split.E02" a.E02
printf 'X' | dd of=a.E01 bs=1 seek=100000 conv=notrunc 2>/dev/null
expect 3 checksum kanshiki verify a.E01
truncate -s 600000 a.E02
expect 3 truncated kanshiki verify a.E01
for hostile in "$KAN_FIXTURES"/hostile/*.E01; do
	for verb in info verify files timeline; do
		timeout 120 kanshiki $verb -q "$hostile" > out 2> err
		rc=$?
		[ $rc = 0 ] || [ $rc = 3 ] || fail "$verb $hostile: exit $rc: $(cat err)"
	done
done
expect 3 . kanshiki verify "$KAN_FIXTURES/hostile/forged-table.E01"
expect 0 match kanshiki verify "$KAN_FIXTURES/hostile/forged-table-original.E01"
