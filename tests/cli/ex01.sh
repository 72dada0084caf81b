# SPDX-License-Identifier: MIT
# A file system in an Ex01 set is read as if it were raw; what is missing of it is told.
# Logical evidence says how many files it does not list.
command -v python3 >/dev/null || { echo "SKIP: no python3" >&2; exit 77; }
command -v mke2fs >/dev/null || { echo "SKIP: no mke2fs" >&2; exit 77; }
fail() { echo "FAIL: $*" >&2; exit 1; }
exits() {
	want=$1
	shift
	"$@" >out 2>err
	code=$?
	[ $code = "$want" ] || { cat out err >&2; fail "$*: exit $code"; }
}

mkdir tree
for i in 1 2 3 4 5 6 7 8 9; do seq $((i * 1000)) >"tree/file$i.txt"; done
mke2fs -q -t ext2 -d tree fs.raw 2M >/dev/null || fail "mke2fs"
python3 "$KAN_SOURCE/tests/image/make_ex01.py" --media fs.raw --segment-chunks 200 \
	--table-chunks 64 --hashed fs.Ex01 || fail "make_ex01.py"

exits 0 kanshiki files -q --hash sha256 fs.raw --format jsonl
mv out raw.jsonl
exits 0 kanshiki files -q --hash sha256 fs.Ex01 --format jsonl
cmp raw.jsonl out || fail "other files in fs.Ex01"
exits 0 kanshiki verify -q fs.Ex01
exits 0 kanshiki info fs.Ex01
for words in "EnCase 7 (Ex01)" "鑑識 花子" "fs.Ex03"; do
	grep -q "$words" out || fail "info does not say $words"
done

rm fs.Ex02
exits 3 kanshiki files fs.Ex01
grep -q "missing-segment: fs.Ex02" err || fail "nothing about fs.Ex02"

python3 "$KAN_SOURCE/tests/image/make_l01.py" a.L01 || fail "make_l01.py"
exits 3 kanshiki files a.L01
grep -q "3 files of the logical tree are not listed" err || fail "files is silent"
# The container is not broken: a part of it is not looked at.
kanshiki verify -q a.L01 > out 2> err
grep -q '^check  *container-structure unchecked$' out || fail "verify a.L01: $(cat out err)"
exits 3 kanshiki triage -q -o case a.L01
grep -q "logical tree of a.L01.*none.*3 files of the logical tree" case/coverage.csv ||
	fail "coverage.csv is silent"
