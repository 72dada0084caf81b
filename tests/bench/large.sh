#!/bin/sh
# SPDX-License-Identifier: MIT
#
# large.sh - an E01 of more than 4 TiB, read back by us and by libewf
#
#   tests/bench/large.sh [BUILD [TIB]]
#
# BUILD is a build folder (default build), TIB the size (default 5).  The media is zeros
# but for blocks that carry their offset (large.c).  libewf's ewfexport, another reader,
# takes the last sectors out.  Needs some GiB in $TMPDIR, and minutes.
# shellcheck source=tests/bench/common.sh
. "$(dirname "$0")/common.sh"

build=${1:-build}
tib=${2:-5}
need ewfexport ewf-tools
libs='tsk libewf libvhdi libcrypto zlib libdeflate libisal libseccomp sqlite3'
# shellcheck disable=SC2046,SC2086 # one word for each library
cc -O2 -D_GNU_SOURCE -I "$here/../../include" -o "$cache/large" "$here/large.c" \
	"$build/lib/libkanshiki.a" $(pkg-config --libs $libs) -lpthread
rm -rf "$cache/out"
mkdir "$cache/out"
trap 'rm -rf "$cache/out"' EXIT
table_head
row "$tib TiB" 'write and read back' "$cache/large" "$cache/out/a.E01" "$tib"
ls -l "$cache/out"
ewfinfo "$cache/out/a.E01" | grep -E 'Media size|Number of sectors|Sectors per chunk'
last=$((tib * 1099511627776))
ewfexport -q -u -f raw -o "$last" -B 1024 -t "$cache/out/last" "$cache/out"/a.E01 >/dev/null 2>&1
[ "$(head -n 1 "$cache/out/last.raw")" = "offset $last" ] || {
	echo "large.sh: libewf finds something else at $last" >&2
	exit 1
}
echo "libewf reads the same at $last"
