#!/bin/sh
# SPDX-License-Identifier: MIT
# make_ex01.sh - the seeds of fuzz_ewf2, made with tests/image/make_ex01.py
set -eu
cd "$(dirname "$0")"
make() { # NAME OPTION...
	name=$1
	shift
	python3 ../../tests/image/make_ex01.py --chunk-sectors 1 "$@" "ewf2/$name.Ex01"
}
make deflate --bytes 4000
make none --bytes 3000 --method none
make hashed --bytes 6000 --hashed --table-chunks 3
make segment --bytes 6000 --segment-chunks 6 --table-chunks 4
rm -f ewf2/segment.Ex02
