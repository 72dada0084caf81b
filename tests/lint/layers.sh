#!/bin/sh
# SPDX-License-Identifier: MIT
#
# layers.sh - no include points upward; the arrows stand in layers.txt
set -u
find lib cmd include -name '*.[ch]' | sort | xargs awk -f tests/lint/code.awk |
	grep '#[[:space:]]*include[[:space:]]*"' | awk '
	# The folder that a header stands for: "core/utc.h", "kanshiki/err.h", "cli.h".
	function folder_of(header, here,    part) {
		split(header, part, "/")
		if (part[1] == "kanshiki") {
			sub(/\.h$/, "", part[2])
			return (part[2] in owner) ? owner[part[2]] : "?"
		}
		return header ~ /\// ? part[1] : here
	}
	function complain(text) {
		print place ": " text
		bad = 1
	}
	NR == FNR {
		if ($0 ~ /^#/ || $0 ~ /^[ \t]*$/)
			next
		colon = index($0, ":")
		n = split(substr($0, 1, colon - 1), left, " ")
		known[left[1]] = 1
		for (i = 2; i <= n; i++)
			owner[left[i]] = left[1]
		n = split(substr($0, colon + 1), right, " ")
		for (i = 1; i <= n; i++) {
			if (!(right[i] in known)) {
				print "layers.txt: " right[i] " stands below " left[1] " but comes later"
				bad = 1
			}
			allowed[left[1] " " right[i]] = 1
		}
		next
	}
	{
		n = split($0, field, ":")
		place = field[1] ":" field[2]
		split($0, quoted, "\"")
		header = quoted[2]
		split(field[1], part, "/")
		here = part[1] == "cmd" ? "cmd" : part[2]
		if (part[1] == "include")
			here = folder_of("kanshiki/" part[3], "")
		there = folder_of(header, here)
		if (here == "?" || !(here in known))
			complain("not in tests/lint/layers.txt")
		else if (there == "?" || !(there in known))
			complain(header " is not in tests/lint/layers.txt")
		else if (here != there && !((here " " there) in allowed))
			complain(here " may not include " header " (" there ")")
		seen++
	}
	END {
		if (!seen) {
			print "no include lines were read"
			bad = 1
		}
		exit bad
	}' tests/lint/layers.txt -
