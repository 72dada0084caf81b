# SPDX-License-Identifier: MIT
# No file of the evidence is ever opened for writing, by any process of ours.
dir=$KAN_FIXTURES/log2timeline+dfvfs/test_data
[ -d "$dir" ] || { echo "SKIP: no fixtures" >&2; exit 77; }
command -v strace >/dev/null || { echo "SKIP: no strace" >&2; exit 77; }
strace -o probe true 2>/dev/null || { echo "SKIP: strace is not permitted here" >&2; exit 77; }
fail() { echo "FAIL: $*" >&2; exit 1; }
n=0
for image in ext2.split.E01 ext2.splitraw.000 ext2.vmdk ext2.qcow2 image-differential.vhd; do
	strace -f -qq -e trace=open,openat,openat2,creat,truncate,unlink,unlinkat,rename,renameat \
		-o trace kanshiki triage -q "$dir/$image" -o "case.$image" > out
	rc=$?
	[ $rc -le 3 ] || fail "$image: exit $rc"
	grep -F "$dir" trace > opened || fail "$image: nothing of the evidence was opened"
	grep -E 'O_WRONLY|O_RDWR|O_CREAT|O_TRUNC|creat|truncate|unlink|rename' opened &&
		fail "$image: opened for writing"
	n=$((n + 1))
done
[ $n = 5 ] || fail "only $n images"
