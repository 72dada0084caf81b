#!/bin/sh
# SPDX-License-Identifier: MIT
#
# thirdparty.sh - types of other libraries stay in one folder; see thirdparty.txt
set -u
system='aio arpa/inet assert byteswap ctype dirent dlfcn elf endian errno fcntl features fnmatch
getopt glob inttypes langinfo libgen limits locale malloc math netinet/in poll pthread pwd
regex sched semaphore setjmp signal spawn stdalign stdarg stdatomic stdbool stddef stdint stdio
stdlib stdnoreturn string strings syslog termios threads time uchar unistd wchar wctype
sys/file sys/ioctl sys/mman sys/mount sys/param sys/personality sys/prctl sys/random sys/resource sys/select
sys/sendfile sys/socket sys/stat sys/statvfs sys/syscall sys/sysmacros sys/time sys/types sys/uio
sys/un sys/utsname sys/vfs sys/wait'

find lib cmd include tests -name '*.[ch]' | sort | xargs awk -f tests/lint/code.awk |
	grep '#[[:space:]]*include[[:space:]]*<' | awk -v system_list="$system" '
	BEGIN {
		n = split(system_list, list, /[ \n]+/)
		for (i = 1; i <= n; i++)
			plain[list[i] ".h"] = 1
	}
	NR == FNR {
		if ($0 ~ /^#/ || $0 ~ /^[ \t]*$/)
			next
		colon = index($0, ":")
		rules++
		header[rules] = substr($0, 1, colon - 1)
		paths[rules] = substr($0, colon + 1)
		next
	}
	{
		split($0, field, ":")
		match($0, /<[^>]*>/)
		name = substr($0, RSTART + 1, RLENGTH - 2)
		seen++
		if (name in plain)
			next
		good = 0
		for (i = 1; i <= rules; i++) {
			if (index(name, header[i]) != 1)
				continue
			n = split(paths[i], path, " ")
			for (j = 1; j <= n; j++)
				good = good || index(field[1], path[j]) == 1
		}
		if (!good) {
			print field[1] ":" field[2] ": <" name "> is not for this file"
			bad = 1
		}
	}
	END {
		if (!seen) {
			print "no include lines were read"
			bad = 1
		}
		exit bad
	}' tests/lint/thirdparty.txt -
