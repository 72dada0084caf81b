#!/bin/sh
# SPDX-License-Identifier: MIT
#
# size.sh - files under 500 lines (tests: 800), functions under 60, lines under 100
# columns
#
# A function is what stands between a "{" and a "}" in the first column.
set -u
bad=0
files=$(find lib cmd include tests -name '*.[ch]' | sort)
[ -n "$files" ] || { echo "no files were read"; exit 1; }
# shellcheck disable=SC2086 # no blanks in our names
awk '
	FNR == 1 { name = "" }
	FNR == (FILENAME ~ /^tests\// ? 801 : 501) {
		print FILENAME ":" FNR ": too many lines: split the file"
		bad = 1
	}
	/^\{/ { first = FNR }
	/^\}/ && first {
		if (FNR - first - 1 > 60) {
			print FILENAME ":" first ": function of " FNR - first - 1 " lines, 60 is the limit"
			bad = 1
		}
		first = 0
	}
	END { exit bad }' $files || bad=1

# wc -L counts columns, with tabs of eight and wide characters as two.
for file in $files; do
	width=$(LC_ALL=C.UTF-8 wc -L <"$file")
	if [ "$width" -gt 100 ]; then
		echo "$file: a line of $width columns, 100 is the limit"
		bad=1
	fi
done
exit $bad
