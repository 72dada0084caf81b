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

# Always the same noise.
noise() {
	openssl enc -aes-128-ctr -K 00112233445566778899aabbccddeeff \
		-iv 00000000000000000000000000000000 -in /dev/zero 2>/dev/null || true
}

mib() {
	dd iflag=fullblock bs=1M count="$1" 2>/dev/null
}

# raw GIB - stripes of 128 MiB of files, 64 of zeros, 64 of noise
raw() {
	stripes=$(($1 * 4))
	mkfifo "$cache/files.$$" "$cache/noise.$$"
	tar -C / -cf - usr/lib usr/share usr/bin >"$cache/files.$$" 2>/dev/null &
	noise >"$cache/noise.$$" &
	{
		while [ "$stripes" -gt 0 ]; do
			mib 128 <&3
			mib 64 </dev/zero
			mib 64 <&4
			stripes=$((stripes - 1))
		done
	} 3<"$cache/files.$$" 4<"$cache/noise.$$"
	rm -f "$cache/files.$$" "$cache/noise.$$"
}

# image GIB - make the set unless it is there
image() {
	set=$cache/mixed-$1
	[ -e "$set.done" ] && return
	echo "making $set.E01 ..." >&2
	raw "$1" >"$set.raw"
	[ "$(stat -c %s "$set.raw")" -eq $(($1 << 30)) ] || {
		echo "verify.sh: not enough files under /usr for $1 GiB" >&2
		exit 1
	}
	ewfacquire -u -q -c fast -t "$set" "$set.raw" >/dev/null
	rm -f "$set.raw"
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
