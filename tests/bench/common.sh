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
