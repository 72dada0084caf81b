#!/bin/sh
# SPDX-License-Identifier: MIT
#
# documents.sh - what the documents point at exists
#
# Relative links; paths of the project in backquotes; scripts and tools in the
# indented command lines; documented packages.
set -u
bad=0

complain()
{
	echo "$*"
	bad=1
}

pages='README.md docs/*.md docs/formats/*.md'
# shellcheck disable=SC2086 # a list of patterns
for page in $pages; do
	[ -e "$page" ] || continue
	folder=$(dirname "$page")
	for link in $(grep -o '](\([^)#]*\)' "$page" | sed 's/^](//'); do
		case $link in
		*://*) ;;
		*) [ -e "$folder/$link" ] || complain "$page: link to $link, which is not there" ;;
		esac
	done
	# Paths that begin with a folder of ours; <name>, *, { and ... stand for anything.
	for path in $(grep -o '`[^` ]*`' "$page" | tr -d '`' |
		grep -E '^(cmd|lib|include|tests|docs|testdata|\.ci)/' | grep -v -e '[*<>{$]' -e NAME |
		grep -v '\.\.\.' | sed 's/:[0-9]*$//'); do
		[ -e "$path" ] || complain "$page: names $path, which is not there"
	done
	# "    $ sh tests/x.sh" and "    kanshiki verb ...".
	for script in $(grep -oE '(sh|bash) (tests|\.ci)/[a-z./]+' "$page" | awk '{ print $2 }' | sort -u); do
		[ -e "$script" ] || complain "$page: runs $script, which is not there"
	done
	for verb in $(grep -oE '(^    (\$ )?|`)kanshiki [a-z]+' "$page" | awk '{ print $NF }' | sort -u); do
		[ -e "cmd/kanshiki-$verb.c" ] || complain "$page: there is no kanshiki $verb"
	done
done
exit $bad
