#!/bin/sh
# SPDX-License-Identifier: MIT
#
# install.sh - a stranger's program builds against the installed tree
#
# Installs the build in KAN_BUILD under a new prefix, and builds and runs
# external/external.c twice: through pkg-config and through find_package.
set -u
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
here=$PWD/tests/lint/external

# A sanitized library needs the same flags at the link.
flags=
[ -z "$KAN_SANITIZE" ] || flags=-fsanitize=$KAN_SANITIZE

give_up()
{
	[ ! -e "$work/log" ] || cat "$work/log"
	echo "$*"
	exit 1
}

DESTDIR='' cmake --install "$KAN_BUILD" --prefix "$work/usr" >"$work/log" 2>&1 ||
	give_up "cmake --install failed"
pc=$(find "$work/usr" -name kanshiki.pc)
[ -n "$pc" ] || give_up "no kanshiki.pc was installed"
libdir=${pc%/pkgconfig/kanshiki.pc}
export PKG_CONFIG_PATH="${pc%/*}" LD_LIBRARY_PATH="$libdir"

version=$(sed -n 's/.*KAN_VERSION "\(.*\)"/\1/p' include/kanshiki/version.h)
[ "$(pkg-config --modversion kanshiki)" = "$version" ] || give_up "kanshiki.pc: wrong version"

# shellcheck disable=SC2046,SC2086 # flags are words
"$KAN_CC" $flags -Wall -Wextra -Werror $(pkg-config --cflags kanshiki) -o "$work/by-pc" \
	"$here/external.c" $(pkg-config --libs kanshiki) >"$work/log" 2>&1 ||
	give_up "pkg-config: does not build"
[ "$("$work/by-pc")" = "kanshiki $version" ] || give_up "pkg-config: does not run"

cmake -S "$here" -B "$work/cmake" -DCMAKE_PREFIX_PATH="$work/usr" -DCMAKE_C_COMPILER="$KAN_CC" \
	-DCMAKE_C_FLAGS="$flags" >"$work/log" 2>&1 || give_up "find_package: does not configure"
cmake --build "$work/cmake" >"$work/log" 2>&1 || give_up "find_package: does not build"
[ "$("$work/cmake/external")" = "kanshiki $version" ] || give_up "find_package: does not run"

# What a user gets besides the library.
for header in include/kanshiki/*.h; do
	cmp -s "$header" "$work/usr/$header" || give_up "$header was not installed"
done
for page in docs/man/*.1; do
	[ -e "$work/usr/share/man/man1/${page##*/}" ] || give_up "$page was not installed"
done
for tool in cmd/kanshiki*.c; do
	[ -e "$tool" ] || break
	name=$(basename "$tool" .c)
	[ -x "$work/usr/bin/$name" ] || give_up "$name was not installed"
	"$work/usr/bin/$name" --version >"$work/log" 2>&1 ||
		give_up "$name --version fails where it is installed"
	grep -qF "$version" "$work/log" || give_up "$name --version does not say $version"
done
echo "installed and used: $(find "$work/usr" -type f | wc -l) files"
