#!/bin/sh
# SPDX-License-Identifier: MIT
#
# banned.sh - calls and words that our code does not use; they stand in banned.txt
set -u
find lib cmd tests -name '*.[ch]' | sort | xargs awk -f tests/lint/code.awk | awk '
	function trim(s) {
		gsub(/^[ \t]+|[ \t]+$/, "", s)
		return s
	}
	# The last field may hold a "|" of its own; the others may not.
	NR == FNR {
		if ($0 ~ /^#/ || $0 ~ /^[ \t]*$/)
			next
		n = split($0, field, / \| /)
		rules++
		where[rules] = trim(field[1])
		except[rules] = trim(field[3])
		why[rules] = trim(field[4])
		names = trim(field[2])
		gsub(/\(\)/, "[ \t]*[(]", names)
		gsub(/  */, "|", names)
		what[rules] = "(^|[^A-Za-z0-9_.>])(" names ")"
		if (names !~ /\[\(\]/)
			what[rules] = what[rules] "([^A-Za-z0-9_]|$)"
		next
	}
	{
		colon = index($0, ":")
		file = substr($0, 1, colon - 1)
		rest = substr($0, colon + 1)
		code = substr(rest, index(rest, ":") + 1)
		line = substr(rest, 1, index(rest, ":") - 1)
		seen++
		if (code ~ /#[ \t]*include/)
			next
		for (i = 1; i <= rules; i++) {
			if (file !~ where[i] || (except[i] != "-" && file ~ except[i]))
				continue
			if (match(code, what[i])) {
				word = substr(code, RSTART, RLENGTH)
				gsub(/[^A-Za-z0-9_]/, "", word)
				print file ":" line ": " word ": " why[i]
				bad = 1
			}
		}
	}
	END {
		if (!seen || !rules) {
			print "nothing was read"
			bad = 1
		}
		exit bad
	}' tests/lint/banned.txt -
