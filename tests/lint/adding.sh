#!/bin/sh
# SPDX-License-Identifier: MIT
#
# adding.sh - the examples in docs/ADDING.md fit the headers as they are
#
# A block that begins with "```c lib/PATH" is the content of that file; it must
# compile without a warning and define the symbol that its path asks for.
set -u
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
bad=0

awk -v work="$work" '
	/^```c lib\// {
		path = $2
		name = path
		gsub(/\//, "+", name)
		out = work "/" name
		next
	}
	/^```/ { out = "" }
	out != "" { print > out }' docs/ADDING.md

examples=0
for file in "$work"/*.c; do
	[ -e "$file" ] || break
	examples=$((examples + 1))
	path=$(basename "$file" | tr + /)
	# An example that was really added is not compiled twice.
	[ ! -e "$path" ] || { echo "docs/ADDING.md: $path exists"; bad=1; }
	"$KAN_CC" -std=gnu17 -D_GNU_SOURCE -Wall -Wextra -Wconversion -Wno-sign-conversion -Werror \
		-Iinclude -Ilib -c -o "$work/example.o" "$file" || {
		echo "docs/ADDING.md: the example $path does not compile"
		bad=1
		continue
	}
	case $path in
	lib/hash/algos/*) symbol=kan_hash_ ;;
	lib/report/formats/*) symbol=kan_output_ ;;
	*) symbol=kan_image_format_ ;;
	esac
	symbol=$symbol$(basename "$path" .c)
	nm "$work/example.o" | grep -q " [DR] $symbol\$" || {
		echo "docs/ADDING.md: $path does not define $symbol"
		bad=1
	}
done
[ "$examples" -gt 0 ] || { echo "docs/ADDING.md: no examples were found"; bad=1; }
exit $bad
