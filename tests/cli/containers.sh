# SPDX-License-Identifier: MIT
# The same ext2 in seven containers gives the same listing, whatever holds it.
dir=$KAN_FIXTURES/log2timeline+dfvfs/test_data
[ -d "$dir" ] || { echo "SKIP: no fixtures" >&2; exit 77; }
fail() { echo "FAIL: $*" >&2; exit 1; }
for image in ext2.E01 ext2.split.E01 ext2.splitraw.000 ext2.vhd ext2.vmdk ext2.qcow2; do
	kanshiki files -q --hash md5,sha256 "$dir/$image" --format jsonl > "$image.jsonl" ||
		fail "$image: exit $?"
	cmp ext2.E01.jsonl "$image.jsonl" || fail "$image lists other files"
done
[ "$(grep -c . ext2.E01.jsonl)" = 7 ] || fail "not 7 entries"
