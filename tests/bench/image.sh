#!/bin/sh
# SPDX-License-Identifier: MIT
#
# image.sh - kanshiki image beside other imagers, in the same run, on mixed data
#
#   tests/bench/image.sh [KANSHIKI [GIB...]]
#
# KANSHIKI is the program (default build/bin/kanshiki), GIB the sizes of the source
# (default 1; "1 2 4" shows that time grows with the size and memory does not).  The
# source, half files, a quarter zeros and a quarter noise, is made once and kept in
# $TMPDIR/kanshiki-bench; it is in the page cache when the runs begin, so they measure
# the work and not the disk.  RUNS (default 3) runs of each, taken in turns.
# shellcheck source=tests/bench/common.sh
. "$(dirname "$0")/common.sh"

kanshiki=${1:-build/bin/kanshiki}
[ $# -gt 0 ] && shift
need ewfacquire ewf-tools
need openssl openssl
command -v "$kanshiki" >/dev/null || {
	echo "image.sh: $kanshiki: no such program" >&2
	exit 1
}
out=$cache/out
trap 'rm -rf "$out"' EXIT

# run LABEL COMMAND... - measured, into an empty folder
run() {
	rm -rf "$out"
	mkdir "$out"
	sync
	row "$gib GiB" "$@"
}

# The same where the tool is there.
run_if() {
	if command -v "$2" >/dev/null; then
		run "$@"
	else
		printf '%-12s %-34s not installed\n' "$gib GiB" "$1"
	fi
}

for gib in "${@:-1}"; do
	mixed "$gib"
done
table_head
for gib in "${@:-1}"; do
	source=$cache/mixed-$gib.raw
	cat "$source" >/dev/null
	runs=${RUNS:-3}
	while [ "$runs" -gt 0 ]; do
		run 'ewfacquire fast MD5+SHA-256' ewfacquire -u -q -c fast -d sha256 -t "$out/a" "$source"
		run 'kanshiki E01 fast MD5+SHA-256' "$kanshiki" image -q --no-verify \
			--hash md5,sha256 "$source" -o "$out/a.E01"
		run 'kanshiki E01, read back' "$kanshiki" image -q --hash md5,sha256 "$source" \
			-o "$out/a.E01"
		run 'openssl dgst -sha256' openssl dgst -sha256 "$source"
		run 'dd bs=1M' dd bs=1M if="$source" of="$out/a.raw" status=none
		run 'kanshiki raw SHA-256' "$kanshiki" image -q --no-verify --hash sha256 "$source" \
			-o "$out/a.raw"
		run_if 'dc3dd MD5+SHA-256' dc3dd if="$source" of="$out/a.raw" hash=md5 hash=sha256 \
			log=/dev/null nwspc=on
		run_if 'dcfldd MD5+SHA-256' dcfldd if="$source" of="$out/a.raw" bs=1M hash=md5,sha256 \
			md5log=/dev/null sha256log=/dev/null
		runs=$((runs - 1))
	done
done
