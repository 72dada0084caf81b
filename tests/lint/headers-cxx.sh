#!/bin/sh
# SPDX-License-Identifier: MIT
#
# headers-cxx.sh - every public header compiles alone, in C++
set -u
cxx=$(command -v g++ || command -v clang++ || command -v c++) || {
	echo "SKIP: no C++ compiler"
	exit 77
}
bad=0
for header in include/kanshiki/*.h; do
	printf '#include "%s"\n' "${header#include/}" |
		"$cxx" -std=c++17 -Wall -Wextra -Wpedantic -Werror -fsyntax-only -Iinclude \
			-x c++ - || { echo "$header: does not compile in C++"; bad=1; }
done
exit $bad
