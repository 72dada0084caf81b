#!/bin/sh
# SPDX-License-Identifier: MIT
#
# run.sh - install what is missing, build with tests in build/, run the tests
#
#   sh tests/run.sh [CTEST-ARGUMENT...]      for example: sh tests/run.sh -L core
set -u
cd "$(dirname "$0")/.." || exit 1
. tests/setup.sh

need_packages build tests
build_tree build -DKAN_BUILD_TESTS=ON

say "running the tests"
ctest --test-dir build --output-on-failure --parallel "$(jobs_here)" "$@"
status=$?

# Tests say why they skip a part; a skipped part is no proof.
log=build/Testing/Temporary/LastTest.log
skips=$(grep -h -o 'SKIP: .*' "$log" 2>/dev/null | sort | uniq -c)
if [ -n "$skips" ]; then
	say "parts that were skipped, and why"
	printf '%s\n' "$skips" >&2
fi
exit $status
