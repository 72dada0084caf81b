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

work=${1:-build/demo}

# The first case-N that does not exist yet.
new_case()
{
	n=1
	while [ -e "$work/case-$n" ]; do
		n=$((n + 1))
	done
	printf '%s\n' "$work/case-$n"
}

need_packages build demo
say "building in build/"
# A tree that has tests keeps them; they are not needed here.
if [ -e build/CTestTestfile.cmake ] && pkg-config --exists check; then
	build_tree build
else
	build_tree build -DKAN_BUILD_TESTS=OFF
fi
PATH=$PWD/build/bin:$PATH
export PATH

if [ ! -e "$work/usb-stick.E01" ]; then
	say "acquiring the sample into $work/usb-stick.E01"
	make_image "$work" || die "the sample could not be acquired"
fi
case=$(new_case)
say "kanshiki triage $work/usb-stick.E01 -o $case"
kanshiki triage "$work/usb-stick.E01" -o "$case"
status=$?
case $status in
0 | 3) ;;
*) die "kanshiki triage ended with $status" ;;
esac
case $case in
/*) ;;
*) case=$PWD/$case ;;
esac
say "open the report in a browser: $case/report.html"
exit $status
