#!/bin/sh
# SPDX-License-Identifier: MIT
#
# files.sh - kanshiki files and timeline beside The Sleuth Kit's own tools
#
#   tests/bench/files.sh [KANSHIKI [IMAGE...]]
#
# KANSHIKI is the program (default build/bin/kanshiki).  Without images it takes
# those of Debian's forensics-samples packages, unpacked once into
# $TMPDIR/kanshiki-bench.  RUNS (default 3) runs of each, taken in turns.  Mind the
# exit status: tsk_gettimes 4.11.1 ends with 1 and no times on each of these samples,
# which hold partition tables.
# shellcheck disable=SC2016 # the inner shells expand their own arguments
# shellcheck source=tests/bench/common.sh
. "$(dirname "$0")/common.sh"

kanshiki=${1:-build/bin/kanshiki}
[ $# -gt 0 ] && shift
need fls sleuthkit
need mactime sleuthkit
need tsk_gettimes sleuthkit
command -v "$kanshiki" >/dev/null || {
	echo "files.sh: $kanshiki: no such program" >&2
	exit 1
}

# samples - the paths of the unpacked samples, one a line
samples() {
	for packed in /usr/share/forensics-samples/*.xz; do
		[ -e "$packed" ] || continue
		image=$cache/$(basename "$packed" .xz)
		[ -e "$image" ] || {
			xz -dc "$packed" >"$image.new"
			mv "$image.new" "$image"
		}
		echo "$image"
	done
}

if [ $# -eq 0 ]; then
	# shellcheck disable=SC2046 # the cache has no spaces unless TMPDIR does
	set -- $(samples)
	[ $# -gt 0 ] || {
		echo "files.sh: no images given, and forensics-samples is not installed" >&2
		exit 1
	}
fi

# The first sector of the first partition; 0 without a partition table.
first_sector() {
	mmls -a "$1" 2>/dev/null | awk '$1 ~ /^[0-9]+:$/ { print $3 + 0; found = 1; exit }
		END { if (!found) print 0 }'
}

table_head
for image; do
	name=$(basename "$image")
	cat "$image" >/dev/null
	run=${RUNS:-3}
	while [ "$run" -gt 0 ]; do
		row "$name" "fls -r -m / | mactime" \
			sh -c 'fls -r -m / -o "$2" "$1" | mactime -b -' sh "$image" \
			"$(first_sector "$image")"
		row "$name" "tsk_gettimes" tsk_gettimes "$image"
		row "$name" "kanshiki files" "$kanshiki" files "$image"
		row "$name" "kanshiki files --format body" "$kanshiki" files --format body "$image"
		row "$name" "kanshiki timeline" "$kanshiki" timeline "$image"
		run=$((run - 1))
	done
done
