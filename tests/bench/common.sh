# SPDX-License-Identifier: MIT
# shellcheck shell=sh
# common.sh - what the measuring scripts share; sourced, not run
#
# Sets $cache (a folder that is kept between runs) and builds measure.c there.

set -eu
here=$(cd "$(dirname "$0")" && pwd)
cache=${TMPDIR:-/tmp}/kanshiki-bench
mkdir -p "$cache"

# need COMMAND PACKAGE
need() {
	command -v "$1" >/dev/null || {
		echo "$(basename "$0"): $1 is not installed (package $2)" >&2
		exit 1
	}
}

need cc gcc
if [ -z "$(find "$cache/measure" -newer "$here/measure.c" 2>/dev/null)" ]; then
	cc -O2 -D_GNU_SOURCE -o "$cache/measure" "$here/measure.c"
fi

table_head() {
	printf '%-12s %-34s %8s %8s %9s %5s\n' image command 'wall s' 'CPU s' 'peak MiB' exit
}

# row IMAGE-NAME LABEL COMMAND... - one measured run
row() {
	row_image=$1 label=$2
	shift 2
	"$cache/measure" "$@" | while read -r wall cpu rss status; do
		printf '%-12s %-34s %8s %8s %9d %5d\n' "$row_image" "$label" "$wall" "$cpu" \
			$((rss / 1024)) "$status"
	done
}

# Always the same noise.
noise() {
	openssl enc -aes-128-ctr -K 00112233445566778899aabbccddeeff \
		-iv 00000000000000000000000000000000 -in /dev/zero 2>/dev/null || true
}

mib() {
	dd iflag=fullblock bs=1M count="$1" 2>/dev/null
}

# stripes_of GIB - stripes of 128 MiB of files, 64 of zeros, 64 of noise
stripes_of() {
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

# mixed GIB - $cache/mixed-GIB.raw, half files, a quarter zeros and a quarter noise
mixed() {
	[ -e "$cache/mixed-$1.raw" ] && return
	echo "making $1 GiB of mixed data ..." >&2
	stripes_of "$1" >"$cache/mixed-$1.part"
	[ "$(stat -c %s "$cache/mixed-$1.part")" -eq $(($1 << 30)) ] || {
		echo "$(basename "$0"): not enough files under /usr for $1 GiB" >&2
		exit 1
	}
	mv "$cache/mixed-$1.part" "$cache/mixed-$1.raw"
}
