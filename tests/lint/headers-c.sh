#!/bin/sh
# SPDX-License-Identifier: MIT
#
# headers-c.sh - every public header compiles alone, in strict C17
set -u
bad=0
for header in include/kanshiki/*.h; do
	printf '#include "%s"\n#include "%s"\nextern int kan_unit_is_not_empty;\n' \
		"${header#include/}" "${header#include/}" |
		"$KAN_CC" -std=c17 -Wall -Wextra -Wpedantic -Werror -fsyntax-only -Iinclude \
			-x c - || { echo "$header: does not compile alone"; bad=1; }
done
exit $bad
