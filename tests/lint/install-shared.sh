#!/bin/sh
# SPDX-License-Identifier: MIT
#
# install-shared.sh - the same as install.sh, for a shared library
#
# The tools must live on what the shared object shows: this is the test that a
# function they need has its KAN_API.
set -u
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT

give_up()
{
	cat "$work/log"
	echo "$*"
	exit 1
}

cmake -S . -B "$work" -DBUILD_SHARED_LIBS=ON -DKAN_BUILD_TESTS=OFF -DCMAKE_BUILD_TYPE=Debug \
	-DCMAKE_C_COMPILER="$KAN_CC" -DCMAKE_INSTALL_RPATH='$ORIGIN/../lib' \
	-DCMAKE_INSTALL_LIBDIR=lib >"$work/log" 2>&1 || give_up "the shared build does not configure"
cmake --build "$work" --parallel 2 >"$work/log" 2>&1 || give_up "the shared build fails"
KAN_BUILD=$work KAN_SANITIZE='' sh tests/lint/install.sh
