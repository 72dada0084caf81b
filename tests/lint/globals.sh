#!/bin/sh
# SPDX-License-Identifier: MIT
#
# globals.sh - the library keeps no state outside of its objects
#
# Asks the compiled objects, not the source: .data, .bss and their thread-local
# kin must be empty.  The language of messages is the one setting of the process.
set -u
allowed='^lang\.c\.o'

case $KAN_LIB in
*.a) ;;
*) echo "SKIP: the library of this build is shared"; exit 77 ;;
esac
if [ -n "$KAN_SANITIZE" ]; then
	echo "SKIP: sanitizers keep state of their own"
	exit 77
fi
size -A "$KAN_LIB" | awk -v allowed="$allowed" '
	/ex .*\.a\)?:?$/ { object = $1; objects++ }
	$1 ~ /^\.(data|bss|tdata|tbss)(\.|$)/ && $1 !~ /^\.data\.rel\.ro/ && $2 > 0 {
		if (object !~ allowed) {
			print object ": " $2 " bytes of state in " $1
			bad = 1
		}
	}
	END {
		if (!objects) {
			print "no objects were read"
			bad = 1
		}
		exit bad
	}'
