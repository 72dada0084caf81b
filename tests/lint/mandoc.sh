#!/bin/sh
# SPDX-License-Identifier: MIT
#
# mandoc.sh - the man pages are sound
set -u
command -v mandoc >/dev/null || {
	echo "SKIP: no mandoc"
	exit 77
}
mandoc -Tlint -W warning docs/man/*.1
