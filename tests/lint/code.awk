# SPDX-License-Identifier: MIT
#
# code.awk - C source without comments and without what stands in quotes
#
# Prints "FILE:LINE:code".  The line structure stays, quotes stay empty: "" and ''.
# #include lines are kept whole, because their quotes are what a rule looks at.
FNR == 1 { comment = 0; splice = 0 }

{
	line = $0
	out = ""
	if (!comment && line ~ /^[ \t]*#[ \t]*include/) {
		sub(/[ \t]*\/[*\/].*/, "", line)
		print FILENAME ":" FNR ":" line
		next
	}
	while (line != "") {
		if (comment) {
			end = index(line, "*/")
			if (!end)
				break
			line = substr(line, end + 2)
			comment = 0
		} else if (match(line, /^[^"'\/]+/)) {
			out = out substr(line, 1, RLENGTH)
			line = substr(line, RLENGTH + 1)
		} else if (substr(line, 1, 2) == "/*") {
			comment = 1
			line = substr(line, 3)
		} else if (substr(line, 1, 2) == "//") {
			break
		} else if (match(line, /^"([^"\\]|\\.)*"/)) {
			out = out "\"\""
			line = substr(line, RLENGTH + 1)
		} else if (match(line, /^'([^'\\]|\\.)*'/)) {
			out = out "''"
			line = substr(line, RLENGTH + 1)
		} else {
			out = out substr(line, 1, 1)
			line = substr(line, 2)
		}
	}
	print FILENAME ":" FNR ":" out
}
