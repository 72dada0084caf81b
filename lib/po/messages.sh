#!/bin/sh
# SPDX-License-Identifier: MIT
# messages.sh - keep the catalogues in step with the texts in the sources
#
#   lib/po/messages.sh list FILE    write all texts of the sources to FILE (a .pot)
#   lib/po/messages.sh update       add new texts to every .po, drop those that are gone
#   lib/po/messages.sh check        name every text without a translation; exit 1 if any
set -eu
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)

list() {
	(cd "$root" && find lib/report cmd -name '*.[ch]' | LC_ALL=C sort) >"$1.files"
	(cd "$root" && xgettext --language=C --from-code=UTF-8 --no-location --sort-output \
		--package-name=kanshiki --keyword --keyword=kan_text --keyword=N_ --keyword=KAN_WORD \
		--keyword=kan_html_tr:2 --keyword=kan_html_say:2 --keyword=kan_html_sayf:2 \
		--keyword=kan_html_para:3 --keyword=kan_html_term:2 --keyword=kan_html_subheading:2 \
		--flag=kan_html_sayf:2:c-format --add-comments=Translators \
		--files-from="$1.files" -o "$1")
	rm -f "$1.files"
	# The day of making would change the file without a change.
	sed -i '/^"POT-Creation-Date:/d' "$1"
}

tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
case ${1-} in
list)
	list "$2"
	;;
update)
	list "$tmp/all.pot"
	for po in "$here"/*.po; do
		msgmerge --quiet --no-fuzzy-matching --sort-output --no-location -o "$tmp/new.po" \
			"$po" "$tmp/all.pot"
		msgattrib --no-obsolete --no-location --sort-output -o "$po" "$tmp/new.po"
	done
	;;
check)
	list "$tmp/all.pot"
	for po in "$here"/*.po; do
		msgmerge --quiet --no-fuzzy-matching -o "$tmp/new.po" "$po" "$tmp/all.pot"
		msgattrib --untranslated --no-obsolete --no-wrap "$tmp/new.po" >"$tmp/missing.po"
		if grep -q '^msgid' "$tmp/missing.po"; then
			echo "not translated in $(basename "$po"):"
			grep -A9 '^msgid' "$tmp/missing.po"
			exit 1
		fi
		msgattrib --only-fuzzy --no-wrap "$po" >"$tmp/fuzzy.po"
		if grep -q '^msgid' "$tmp/fuzzy.po"; then
			echo "marked as not sure in $(basename "$po"):"
			grep -A9 '^msgid' "$tmp/fuzzy.po"
			exit 1
		fi
	done
	;;
*)
	echo "usage: messages.sh list FILE | update | check" >&2
	exit 2
	;;
esac
