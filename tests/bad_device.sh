#!/bin/sh
# SPDX-License-Identifier: MIT
#
# bad_device.sh - a block device with bad sectors, for tests
#
#   bad_device.sh check                 exit 77, and a line "SKIP: ...", if there can be none here
#   bad_device.sh start [OPTION...] FOLDER IMAGE [OFFSET:LENGTH...]
#   bad_device.sh stop FOLDER           undo all that was started or set up in FOLDER
#   bad_device.sh guard FOLDER PID      stop FOLDER when the process PID has ended
#
# start shows IMAGE as a device, which cannot be read in the ranges named (ascending,
# in bytes) and cannot be read at all while the file FOLDER/dead is there, and prints
# its name.  One device for each FOLDER, which must exist and be its own.
#
#   -s BYTES   logical sector of the device (512)
#   -b         the page cache lies between: what is lost is lost in pages of 4 KiB
#   -p N       the faults pass: a bad sector can be read when N reads of it alone have failed
#   -f         no device, but a file with the same faults
#
# nbdkit makes the errors, nbdfuse a file of them, and a loop device the rest.  stop
# also ends mounts below FOLDER and loop devices over files in FOLDER that a test has
# set up by itself.
set -u
PATH=$PATH:/usr/sbin:/sbin

skip()
{
	echo "SKIP: no device with bad sectors: $*" >&2
	exit 77
}

die()
{
	echo "bad_device.sh: $*" >&2
	exit 1
}

check()
{
	[ "$(id -u)" -eq 0 ] || skip "only root may make one"
	for tool in nbdkit nbdfuse fusermount3 losetup blockdev; do
		command -v "$tool" >/dev/null || skip "$tool is not installed"
	done
	[ -c /dev/fuse ] || skip "there is no /dev/fuse"
	losetup -f >/dev/null 2>&1 || skip "there are no loop devices"
	[ -d /sys/block ] || skip "there is no sysfs, without which loop devices cannot be listed"
}

# The ranges as a map of GNU ddrescue, which the filter of nbdkit reads.
write_map()
{
	size=$1
	shift
	echo '0x0 + 1'
	at=0
	for range; do
		from=${range%:*}
		len=${range#*:}
		[ "$from" -eq "$at" ] || printf '0x%X 0x%X +\n' "$at" $((from - at))
		printf '0x%X 0x%X -\n' "$from" "$len"
		at=$((from + len))
	done
	[ "$at" -eq "$size" ] || printf '0x%X 0x%X +\n' "$at" $((size - at))
}

# What nbdkit runs for each read: handle, count, offset.
write_passing()
{
	cat <<-'EOF'
	count=$3
	offset=$4
	EOF
	echo "image='$image' faults=$passes folder='$folder'"
	for range; do
		echo "from=${range%:*} len=${range#*:}"
		cat <<-'EOF'
		if [ $offset -lt $((from + len)) ] && [ $((offset + count)) -gt $from ]; then
			[ $count -le 512 ] || { echo EIO more than one sector >&2; exit 1; }
			n=$(cat "$folder/reads.$offset" 2>/dev/null || echo 0)
			echo $((n + 1)) >"$folder/reads.$offset"
			[ $n -ge $faults ] || { echo EIO not yet >&2; exit 1; }
		fi
		EOF
	done
	echo 'exec dd if="$image" iflag=skip_bytes,count_bytes skip=$offset count=$count status=none'
}

start()
{
	sector=512 direct=on passes='' plain=''
	while getopts s:bp:f option; do
		case $option in
		s) sector=$OPTARG ;;
		b) direct=off ;;
		p) passes=$OPTARG ;;
		f) plain=yes ;;
		*) exit 2 ;;
		esac
	done
	shift $((OPTIND - 1))
	[ $# -ge 2 ] || die "start needs a folder and an image"
	folder=$(realpath "$1") image=$(realpath "$2")
	shift 2
	check
	[ ! -e "$folder/pid" ] || stop "$folder"
	: >"$folder/disk"
	write_map "$(stat -c %s "$image")" "$@" >"$folder/map"
	if [ -n "$passes" ]; then
		write_passing "$@" >"$folder/passing"
		set -- --filter=error eval "get_size=stat -c %s '$image'" "pread=. '$folder/passing'" \
			thread_model="echo serialize_all_requests"
	else
		set -- --filter=error --filter=ddrescue file "$image" "ddrescue-mapfile=$folder/map"
	fi
	setsid nbdfuse -r --pidfile "$folder/pid" "$folder/disk" --command nbdkit -s \
		--exit-with-parent "$@" error-pread=EIO error-pread-rate=100% \
		"error-pread-file=$folder/dead" </dev/null >"$folder/log" 2>&1 &
	tries=100
	until [ -s "$folder/pid" ] && [ -s "$folder/disk" ]; do
		tries=$((tries - 1))
		[ $tries -gt 0 ] || { cat "$folder/log" >&2; stop "$folder"; skip "nbdfuse does not start"; }
		sleep 0.1
	done
	if [ -n "$plain" ]; then
		echo "$folder/disk"
		return
	fi
	losetup -r -f --show --sector-size "$sector" --direct-io="$direct" "$folder/disk" ||
		{ stop "$folder"; skip "losetup failed"; }
}

# The mount points below $folder, the deepest first: those of FUSE, or all others.
mounts()
{
	awk -v below="$folder/" -v fuse="$1" '{
		type = $0
		sub(/^.* - /, "", type)
		if (index($5, below) == 1 && (index(type, "fuse") == 1) == fuse)
			print $5
	}' /proc/self/mountinfo | sort -r
}

# The loop devices over the file $1, or over files in it if it ends with a slash.
loops()
{
	losetup -l -n -O NAME,BACK-FILE 2>/dev/null |
		awk -v file="$1" '$2 == file || (file ~ /\/$/ && index($2, file) == 1) { print $1 }'
}

# A loop device may be mounted, or lie under another one.
stop()
{
	folder=$(realpath "$1") || return
	mounts 0 | while read -r point; do
		umount "$point" 2>/dev/null || umount -l "$point"
	done
	for loop in $(loops "$folder/"); do
		for upper in $(loops "$loop"); do
			losetup -d "$upper"
		done
		partx -d "$loop" 2>/dev/null
		losetup -d "$loop"
	done
	mounts 1 | while read -r point; do
		fusermount3 -q -u "$point" || umount -l "$point"
	done
	rm -f "$folder/pid"
}

guard()
{
	setsid sh -c 'tail --pid="$2" -s 0.5 -f /dev/null; [ ! -d "$1" ] || exec sh "$0" stop "$1"' \
		"$0" "$1" "$2" </dev/null >/dev/null 2>&1 &
}

verb=${1:-}
[ $# -eq 0 ] || shift
case $verb in
check | start | stop | guard) "$verb" "$@" ;;
*) die "what is \"$verb\"?" ;;
esac
