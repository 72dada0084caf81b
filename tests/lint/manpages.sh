#!/bin/sh
# SPDX-License-Identifier: MIT
#
# manpages.sh - every tool has a page, every page a tool, and both have the same
# options; the umbrella has the same verbs
#
# The options of a page are its ".It Fl" lines; those of a tool are the words of
# --help that begin with a dash at the beginning of a line.  Verbs are ".It Cm" lines
# and words behind two blanks.
set -u
bad=0

complain()
{
	echo "$*"
	bad=1
}

# ".It Fl o , Fl -output Ar FILE" gives "-o" and "--output".
page_options()
{
	awk '/^\.It Fl / {
		for (i = 2; i < NF; i++)
			if ($i == "Fl") print "-" $(i + 1)
	}' "$1" | sort -u
}

# "  -o, --output FILE   write there" gives "-o" and "--output".
help_options()
{
	awk '/^[ \t]+-/ {
		for (i = 1; i <= NF && $i ~ /^-/; i++) {
			word = $i
			more = word ~ /,$/
			sub(/[=,[].*/, "", word)
			print word
			if (!more) break
		}
	}' "$1" | sort -u
}

page_verbs()
{
	awk '/^\.It Cm / { print $3 }' "$1" | sort -u
}

help_verbs()
{
	awk '/^  [a-z]/ { print $1 }' "$1" | sort -u
}

work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT

tools=0
for source in cmd/kanshiki*.c; do
	[ -e "$source" ] || break
	tools=$((tools + 1))
	name=$(basename "$source" .c)
	page=docs/man/$name.1
	if [ ! -e "$page" ]; then
		complain "$page is missing"
		continue
	fi
	"$KAN_BUILD/bin/$name" --help >"$work/help" 2>"$work/err" ||
		complain "$name --help ended with $?"
	[ "$name" != kanshiki ] || cp "$work/help" "$work/umbrella"
	page_options "$page" >"$work/page.list"
	help_options "$work/help" >"$work/help.list"
	[ -s "$work/help.list" ] || complain "$name --help shows no options"
	if [ "$name" = kanshiki ]; then
		page_verbs "$page" >>"$work/page.list"
		help_verbs "$work/help" >>"$work/help.list"
	fi
	sort -u -o "$work/page.list" "$work/page.list"
	sort -u -o "$work/help.list" "$work/help.list"
	comm -13 "$work/page.list" "$work/help.list" | sed "s|^|$page: not described: |" >"$work/diff"
	comm -23 "$work/page.list" "$work/help.list" | sed "s|^|$name --help: not shown: |" >>"$work/diff"
	if [ -s "$work/diff" ]; then
		cat "$work/diff"
		bad=1
	fi
done
if [ "$tools" -eq 0 ]; then
	echo "SKIP: no tools yet"
	exit 77
fi
help_verbs "$work/umbrella" >"$work/help.list"
for verb in $(cat "$work/help.list"); do
	[ -e "cmd/kanshiki-$verb.c" ] || complain "kanshiki --help: there is no kanshiki-$verb"
done
[ "$(grep -c . "$work/help.list")" -eq $((tools - 1)) ] ||
	complain "kanshiki --help does not show every tool"
for page in docs/man/*.1; do
	[ -e "cmd/$(basename "$page" .1).c" ] || complain "$page: there is no such tool"
done
exit $bad
