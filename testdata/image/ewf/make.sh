#!/bin/sh
# SPDX-License-Identifier: MIT
# Make the samples in this folder with ewfacquire (libewf 20140813).  The dates in
# them, and so their bytes, are those of the day on which this is run.
set -eu
cd "$(dirname "$0")"
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT

# 72 sectors: text, zeros, and a little noise that does not compress.
{
	yes 'the quick brown fox' | head -c 20480
	head -c 14336 /dev/zero
	seq 1 100000 | sha512sum | head -c 128
	seq 1 400 | gzip -n9 | head -c 900
} >"$tmp/media.dd"
truncate -s 36864 "$tmp/media.dd"

make() { # format options
	name=$1
	shift
	ewfacquire -u -q -f "$name" "$@" -t "$tmp/$name" "$tmp/media.dd" >/dev/null
	for e in E01 e01; do
		[ -e "$tmp/$name.$e" ] || continue
		cp "$tmp/$name.$e" "$name.$e"
		{
			printf 'variant %s\n' "$(ewfinfo "$name.$e" | sed -n 's/.*File format:[[:space:]]*//p')"
			printf 'size %s\n' "$(stat -c %s "$tmp/media.dd")"
			printf 'md5 %s\n' "$(md5sum <"$tmp/media.dd" | cut -d' ' -f1)"
		} >"$name.$e.expect"
	done
}

case_values='-C 7/2026 -D sample -E ev1 -e examiner -N notes'
for f in encase1 encase2 encase4 encase5 encase6 ftk linen5 linen6 ewfx; do
	# shellcheck disable=SC2086
	make $f $case_values -b 16 -c best
done
