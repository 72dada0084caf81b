#!/bin/sh
# SPDX-License-Identifier: MIT
#
# headline.sh - every source begins with its licence, its name and its purpose
#
#   /* SPDX-License-Identifier: MIT */
#   /*
#    * pool.c - run jobs on a fixed number of threads
set -u
find lib cmd include tests -name '*.[ch]' | sort | xargs awk '
	FNR == 1 {
		files++
		n = split(FILENAME, part, "/")
		if ($0 != "/* SPDX-License-Identifier: MIT */")
			complain("the first line is not the SPDX line")
	}
	FNR == 2 && $0 != "/*" { complain("no comment that says what the file is for") }
	FNR == 3 && index($0, " * " part[n] " - ") != 1 {
		complain("the comment does not begin with \"" part[n] " - \"")
	}
	function complain(text) {
		print FILENAME ":" FNR ": " text
		bad = 1
	}
	END {
		if (!files)
			complain("no files were read")
		exit bad
	}'
status=$?
for script in $(find tests .ci -name '*.sh' -o -path .ci/run | sort); do
	if ! head -n 3 "$script" | grep -q '^# SPDX-License-Identifier: MIT$'; then
		echo "$script: no SPDX line"
		status=1
	fi
done
exit $status
