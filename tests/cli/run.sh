#!/bin/sh
# SPDX-License-Identifier: MIT
#
# run.sh - run one CLI test and compare it with what was agreed
#
#   run.sh tests/cli/NAME.sh
#
# The script runs in an empty folder, with the tools first in PATH, no input, and
# KAN_TESTDATA, KAN_FIXTURES and KAN_SOURCE set.  What it prints is compared with
# NAME.out and NAME.err beside it where these exist; its exit code with NAME.rc,
# and with 0 where that does not exist.  Exit code 77 means: skipped, the reason is
# on stderr.  KAN_GOLDEN=rewrite writes the files instead of comparing; read the
# diff before it is committed.
set -u
script=$1
name=${script%.sh}
: "${KAN_BIN:?is the folder of the tools}" "${KAN_SOURCE:?is the root of the project}"

work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM
mkdir "$work/cwd" || exit 1

(
	cd "$work/cwd" || exit 1
	unset KAN_GOLDEN
	PATH=$KAN_BIN:$PATH LC_ALL=C.UTF-8 TZ=UTC exec sh "$script"
) </dev/null >"$work/out" 2>"$work/err"
rc=$?
printf '%s\n' "$rc" >"$work/rc"

if [ "$rc" -eq 77 ]; then
	cat "$work/err"
	exit 77
fi

# stdout is always kept on a rewrite; the others only where they say something.
rewrite()
{
	cp "$work/out" "$name.out" || exit 1
	rm -f "$name.err" "$name.rc"
	[ ! -s "$work/err" ] || cp "$work/err" "$name.err" || exit 1
	[ "$rc" -eq 0 ] || cp "$work/rc" "$name.rc" || exit 1
	printf 'rewritten: %s\n' "$name"
}

if [ "${KAN_GOLDEN:-}" = rewrite ]; then
	rewrite
	exit 0
fi

bad=0
[ -e "$name.rc" ] || echo 0 >"$work/zero"
for what in rc out err; do
	want=$name.$what
	if [ "$what" = rc ] && [ ! -e "$want" ]; then
		want=$work/zero
	fi
	[ -e "$want" ] || continue
	diff -u "$want" "$work/$what" || bad=1
done
if [ "$bad" -ne 0 ]; then
	printf '%s\n' "--- stdout of $script:"
	cat "$work/out"
	printf '%s\n' "--- stderr of $script:"
	cat "$work/err"
fi
exit "$bad"
