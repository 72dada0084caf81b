# SPDX-License-Identifier: MIT
# A full disk is an error, not a short file.
image=$KAN_FIXTURES/sleuthkit+sleuthkit/test/data/image.dd
[ -r "$image" ] || { echo "SKIP: no fixtures" >&2; exit 77; }
fail() { echo "FAIL: $*" >&2; exit 1; }
for verb in info verify files timeline; do
	kanshiki $verb -q "$image" > /dev/full 2> err
	[ $? = 1 ] || fail "$verb: exit $? on a full disk"
	grep -q 'No space left' err || fail "$verb does not say why"
	[ "$(wc -l < err)" = 1 ] || fail "$verb: not one line"
done
# A file system of 64 KiB: too small for a case.
mkdir small
mount -t tmpfs -o size=64k tmpfs small 2>/dev/null || { echo "no mount here: only /dev/full was tried" >&2; exit 0; }
kanshiki triage -q "$image" -o small/case > out 2> err
rc=$?
kanshiki files -q "$KAN_FIXTURES/sleuthkit+sleuthkit/test/data/imageformat_mmls_1.E01" \
	-o small/list --format jsonl > out2 2> err2
rc2=$?
ls -A small/case > left 2>/dev/null
ls -A small > left2
umount small
[ $rc = 1 ] || fail "triage: exit $rc"
grep -q -i 'no space left\|disk is full' err || fail "triage does not say why: $(cat err)"
grep -q 'report.html\|case.db$' left && fail "triage left: $(cat left)"
[ $rc2 = 1 ] || [ $rc2 = 0 ] || fail "files -o: exit $rc2"
grep -qx list left2 && [ $rc2 = 1 ] && fail "files -o left a short file"
exit 0
