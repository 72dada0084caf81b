# SPDX-License-Identifier: MIT
# shellcheck shell=sh
#
# setup.sh - what tests/demo.sh, tests/run.sh and .ci/run share (sourced)
#
# Packages come from docs/packages.txt.  apt is called only for what is missing,
# and only by root; anybody else is told what to install.

say()
{
	printf '%s\n' "== $*" >&2
}

die()
{
	printf '%s\n' "$0: $*" >&2
	exit 1
}

# The packages of the named sections, one a line.
packages_of()
{
	awk -v want=" $* " '
		/^#/ || /^[ \t]*$/ { next }
		/^\[/ { on = index(want, " " substr($1, 2, length($1) - 2) " "); next }
		on { print $1 }' docs/packages.txt | sort -u
}

# Those of the packages on standard input that are not installed.
missing_packages()
{
	while read -r name; do
		# shellcheck disable=SC2016 # the $ belongs to dpkg-query
		case $(dpkg-query -W -f '${db:Status-Abbrev} ' "$name" 2>/dev/null) in
		*'ii '*) ;;
		*) printf '%s\n' "$name" ;;
		esac
	done
}

# need_packages SECTION...: install what is missing, or say so and end.
need_packages()
{
	if ! command -v dpkg-query >/dev/null; then
		say "no dpkg here: packages are not checked, see docs/packages.txt"
		return 0
	fi
	missing=$(packages_of "$@" | missing_packages | tr '\n' ' ')
	missing=${missing% }
	[ -n "$missing" ] || return 0
	if [ "$(id -u)" -ne 0 ]; then
		die "missing packages; as root: apt-get install --no-install-recommends $missing"
	fi
	say "installing: $missing"
	export DEBIAN_FRONTEND=noninteractive
	apt-get update -qq >&2 || die "apt-get update failed"
	# shellcheck disable=SC2086 # one word for each package
	apt-get install -y -qq --no-install-recommends $missing </dev/null >&2 ||
		die "apt-get install failed"
}

# build_tree DIR [CMAKE-ARGUMENT...]: configure DIR if need be, and build it, or only
# what $targets names.
build_tree()
{
	dir=$1
	shift
	if [ ! -e "$dir/CMakeCache.txt" ] && command -v ninja >/dev/null; then
		set -- -G Ninja "$@"
	fi
	cmake -S . -B "$dir" "$@" >&2 || die "cmake could not configure $dir"
	# shellcheck disable=SC2086 # one word for each target
	cmake --build "$dir" --parallel "$(jobs_here)" ${targets:+--target $targets} >&2 || die "the build in $dir failed"
}

# Processors that may be used; KAN_JOBS overrides.
jobs_here()
{
	printf '%s\n' "${KAN_JOBS:-$(nproc 2>/dev/null || echo 2)}"
}

sample=/usr/share/forensics-samples/fs.ntfs.xz

# make_image FOLDER: the sample as FOLDER/usb-stick.E01, acquired as a lab would.
make_image()
{
	rm -rf "$1/new"
	mkdir -p "$1/new" || return 1
	xz -dc "$sample" >"$1/new/usb-stick.dd" || return 1
	ewfacquire -u -q -f encase6 -c fast -t "$1/new/usb-stick" \
		-C 2024-0117 -E 1 -e 'A. Examiner' -D 'USB stick, 1 of 1' \
		-N 'Debian package forensics-samples-ntfs' \
		"$1/new/usb-stick.dd" >"$1/new/ewfacquire.log" 2>&1 || {
		cat "$1/new/ewfacquire.log" >&2
		return 1
	}
	mv "$1/new/usb-stick.E01" "$1/usb-stick.E01" && rm -rf "$1/new"
}
