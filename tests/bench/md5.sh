#!/bin/sh
# SPDX-License-Identifier: MIT
#
# md5.sh - our MD5 block functions beside OpenSSL's, in one run
#
#   tests/bench/md5.sh [ROUNDS]
#
# Compiles the block functions as the library does in a release build; CC chooses the
# compiler.  Nothing else should run meanwhile.
# shellcheck source=tests/bench/common.sh
. "$(dirname "$0")/common.sh"

root=$here/../..
"${CC:-cc}" -O3 -D_GNU_SOURCE -I "$root/lib" -I "$root/include" -o "$cache/md5" "$here/md5.c" \
	"$root/lib/core/md5.c" "$root/lib/hash/md5_avx512.c" "$root/lib/hash/evp.c" \
	"$root"/lib/core/err*.c -lcrypto
"$cache/md5" "$@"
