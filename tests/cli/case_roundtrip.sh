# SPDX-License-Identifier: MIT
# Triage of a real image: the case is whole, agrees with itself and with sha256sum,
# is never overwritten, and is the same for any number of jobs.
image=$KAN_FIXTURES/sleuthkit+sleuthkit/test/data/imageformat_mmls_1.E01
[ -r "$image" ] || { echo "SKIP: no fixtures" >&2; exit 77; }
command -v sqlite3 >/dev/null || { echo "SKIP: no sqlite3" >&2; exit 77; }
fail() { echo "FAIL: $*" >&2; exit 1; }

before=$(sha256sum < "$image")
for j in 1 2 8; do
	kanshiki triage -q -j $j "$image" -o case$j > out$j || fail "triage -j $j: exit $?"
done
[ "$before" = "$(sha256sum < "$image")" ] || fail "the evidence has changed"
for f in case.db evidence.json files.csv timeline.csv coverage.csv report.html; do
	[ -s case1/$f ] || fail "$f is missing or empty"
	# The name of the case folder is the only thing that may differ, and it is in no data file.
	[ $f = report.html ] && continue
	cmp case1/$f case2/$f || fail "$f differs between -j 1 and -j 2"
	cmp case1/$f case8/$f || fail "$f differs between -j 1 and -j 8"
done
sed 's/case1/caseN/g' case1/report.html > r1
sed 's/case8/caseN/g' case8/report.html > r8
cmp r1 r8 || fail "report.html differs"

files=$(sqlite3 case1/case.db 'SELECT count(*) FROM file')
[ "$files" -gt 50 ] || fail "only $files files"
[ $((files + 1)) = "$(wc -l < case1/files.csv)" ] || fail "files.csv has other rows than case.db"
events=$(sqlite3 case1/case.db 'SELECT count(*) FROM event')
[ $((events + 1)) = "$(wc -l < case1/timeline.csv)" ] || fail "timeline.csv has other rows"
[ "$(sqlite3 case1/case.db "SELECT verdict FROM digest WHERE algorithm='md5'")" = match ] ||
	fail "the stored MD5 does not match"

# Every line of the log holds the digest of the line before it.
prev=$(printf '%064d' 0)
while IFS= read -r line; do
	case $line in *"\"prev\":\"$prev\""*) ;; *) fail "chain broken at: $line" ;; esac
	prev=$(printf '%s\n' "$line" | sha256sum | cut -d' ' -f1)
done < case1/case.jsonl
grep -q "$(sha256sum case1/files.csv | cut -d' ' -f1)" case1/case.jsonl ||
	fail "the log does not have the digest of files.csv"

sum=$(cat case1/* | sha256sum)
kanshiki triage -q "$image" -o case1 2> err
[ $? = 1 ] || fail "a complete case was accepted"
[ "$(wc -l < err)" = 1 ] || fail "the refusal is not one line"
[ "$sum" = "$(cat case1/* | sha256sum)" ] || fail "a complete case was changed"

kanshiki files -q case1 --format jsonl > from_case || fail "files of a case"
kanshiki files -q "$image" --format jsonl > from_image || fail "files of an image"
cmp from_case from_image || fail "the case and the image list different files"
kanshiki timeline -q case1 --format l2tcsv > from_case || fail "timeline of a case"
kanshiki timeline -q "$image" --format l2tcsv > from_image || fail "timeline of an image"
cmp from_case from_image || fail "the case and the image have different timelines"
kanshiki report -q case1 --lang ja -o ja.html || fail "report in Japanese"
grep -q 一致 ja.html || fail "the Japanese report has no verdict"
