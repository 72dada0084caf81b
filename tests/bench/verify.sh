#!/bin/sh
# SPDX-License-Identifier: MIT
#
# verify.sh - kanshiki verify beside ewfverify, in the same run, on mixed data
#
#   tests/bench/verify.sh [KANSHIKI [GIB...]]
#
# KANSHIKI is the program (default build/bin/kanshiki), GIB the sizes of the media
# (default 1; give "1 2 4" to see that memory does not grow).  The E01 sets, half
# files, a quarter zeros and a quarter noise, are made once and kept in
# $TMPDIR/kanshiki-bench.  RUNS (default 3) runs of each, taken in turns.
# shellcheck source=tests/bench/common.sh
. "$(dirname "$0")/common.sh"

kanshiki=${1:-build/bin/kanshiki}
[ $# -gt 0 ] && shift
need ewfacquire ewf-tools
need ewfverify ewf-tools
need openssl openssl
command -v "$kanshiki" >/dev/null || {
	echo "verify.sh: $kanshiki: no such program" >&2
	exit 1
}

# image GIB - make the set unless it is there
image() {
	set=$cache/mixed-$1
	[ -e "$set.done" ] && return
	echo "making $set.E01 ..." >&2
	mixed "$1"
	ewfacquire -u -q -c fast -t "$set" "$set.raw" >/dev/null
	touch "$set.done"
}

for gib in "${@:-1}"; do
	image "$gib"
done
table_head
for gib in "${@:-1}"; do
	set=$cache/mixed-$gib
	cat "$set".E* >/dev/null # both find the files in the page cache
	run=${RUNS:-3}
	while [ "$run" -gt 0 ]; do
		row "$gib GiB" "ewfverify" ewfverify -q "$set.E01"
		row "$gib GiB" "kanshiki verify" "$kanshiki" verify "$set.E01"
		run=$((run - 1))
	done
done
