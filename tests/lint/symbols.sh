#!/bin/sh
# SPDX-License-Identifier: MIT
#
# symbols.sh - only kan_ names leave the library, and a shared object shows
# exactly what the public headers promise
set -u
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
bad=0

case $KAN_LIB in
*.a) ;;
*) echo "SKIP: the library of this build is shared"; exit 77 ;;
esac

# The sanitizers and the fuzzer add names of their own, with two underscores.
nm -g --defined-only "$KAN_LIB" | awk 'NF == 3 { print $3 }' | grep -v '^__' | sort -u >"$work/all"
[ -s "$work/all" ] || { echo "nm shows nothing in $KAN_LIB"; exit 1; }
if grep -v '^kan_' "$work/all"; then
	echo "these names are global and do not begin with kan_"
	bad=1
fi

# What KAN_API stands before, in the headers: the last name before "(" or "[".
cat include/kanshiki/*.h | tr '\n' ' ' | sed 's|/\*[^*]*\*\+\([^/*][^*]*\*\+\)*/||g' |
	tr ';' '\n' | grep 'KAN_API' | grep -v 'define KAN_API' |
	sed 's/.*KAN_API//; s/KAN_PRINTF.*//; s/__attribute__.*//' |
	grep -o 'kan_[a-z0-9_]*[ ]*[[(]' | tr -d ' ([' | sort -u >"$work/promised"
[ -s "$work/promised" ] || { echo "no KAN_API in the headers"; exit 1; }

"$KAN_CC" -shared -nostdlib -Wl,--unresolved-symbols=ignore-all -o "$work/whole.so" \
	-Wl,--whole-archive "$KAN_LIB" -Wl,--no-whole-archive || exit 1
nm -D --defined-only "$work/whole.so" | awk 'NF == 3 { print $3 }' | grep -v '^__' |
	sort -u >"$work/shown"

comm -13 "$work/promised" "$work/shown" >"$work/extra"
if [ -s "$work/extra" ]; then
	echo "exported, but in no public header:"
	cat "$work/extra"
	bad=1
fi
comm -23 "$work/promised" "$work/shown" >"$work/absent"
if [ -s "$work/absent" ]; then
	echo "promised in a public header, but not there:"
	cat "$work/absent"
	bad=1
fi
exit $bad
