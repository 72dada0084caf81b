#!/bin/sh
# SPDX-License-Identifier: MIT
#
# demo.sh - from a bare Debian 12 or 13 to a report in one command
#
#   sh tests/demo.sh [FOLDER]           default: build/demo
#
# Builds kanshiki, makes an E01 image of a real NTFS file system (the Debian
# package forensics-samples-ntfs) with ewfacquire, and triages it.  Run again, it
# keeps the build and the image and makes a new case beside the old one.
set -u
cd "$(dirname "$0")/.." || exit 1
. tests/setup.sh

sample=/usr/share/forensics-samples/fs.ntfs.xz
work=${1:-build/demo}

# Unpack the sample and acquire it, as a lab would, into an E01 set.
make_image()
{
	say "acquiring the sample into $work/usb-stick.E01"
	rm -rf "$work/new"
	mkdir -p "$work/new" || die "cannot make $work/new"
	xz -dc "$sample" >"$work/new/usb-stick.dd" || die "cannot unpack $sample"
	ewfacquire -u -q -f encase6 -c fast -t "$work/new/usb-stick" \
		-C 2024-0117 -E 1 -e 'A. Examiner' -D 'USB stick, 1 of 1' \
		-N 'Debian package forensics-samples-ntfs' \
		"$work/new/usb-stick.dd" >"$work/new/ewfacquire.log" 2>&1 || {
		cat "$work/new/ewfacquire.log" >&2
		die "ewfacquire failed"
	}
	mv "$work/new/usb-stick.E01" "$work/usb-stick.E01" || die "cannot keep the image"
	rm -rf "$work/new"
}

# The first case-N that does not exist yet.
new_case()
{
	n=1
	while [ -e "$work/case-$n" ]; do
		n=$((n + 1))
	done
	printf '%s\n' "$work/case-$n"
}

# Lines of a CSV file without its head; no field of ours holds a line break.
rows()
{
	tail -n +2 "$1" | wc -l
}

need_packages build demo
say "building in build/"
build_tree build
PATH=$PWD/build/bin:$PATH
export PATH

[ -e "$work/usb-stick.E01" ] || make_image
case=$(new_case)
say "kanshiki triage $work/usb-stick.E01 -o $case"
kanshiki triage "$work/usb-stick.E01" -o "$case"
status=$?
case $status in
0 | 3) ;;
*) die "kanshiki triage ended with $status" ;;
esac

say "found"
printf '%s\n' "files and streams:  $(rows "$case/files.csv")" \
	"events:             $(rows "$case/timeline.csv")" \
	"parts examined:     $(rows "$case/coverage.csv")" \
	"report:             $PWD/$case/report.html"
exit $status
