#!/bin/sh
# SPDX-License-Identifier: MIT
# make_disks.sh - the seeds of fuzz_qcow, fuzz_vhd and fuzz_vmdk, made with qemu-img and qemu-io
set -eu
cd "$(dirname "$0")"
fill() {
	qemu-io -f "$1" -c 'write -P 0x41 0 4k' -c 'write -z 8k 4k' "$2" >/dev/null
}
make() { # FORMAT FILE OPTIONS
	rm -f "$2"
	qemu-img create -q -f "$1" ${3:+-o "$3"} "$2" 64k
	fill "$1" "$2"
}
make qcow2 qcow/v2.qcow2 compat=0.10,cluster_size=512
make qcow2 qcow/v3.qcow2 compat=1.1,cluster_size=512
make qcow qcow/v1.qcow ''
make vmdk vmdk/sparse.vmdk subformat=monolithicSparse
rm -f vhd/*.vhd vmdk/stream.vmdk qcow/packed.qcow2 plain.raw
qemu-img create -q -f vpc -o subformat=dynamic,force_size=on vhd/empty.vhd 64k
head -c 65536 /dev/zero | tr '\0' 'B' >plain.raw
qemu-img convert -c -f raw -O qcow2 -o cluster_size=512 plain.raw qcow/packed.qcow2
qemu-img convert -f raw -O vmdk -o subformat=streamOptimized plain.raw vmdk/stream.vmdk
qemu-img convert -f raw -O vpc -o subformat=fixed,force_size=on plain.raw vhd/fixed.vhd
rm -f plain.raw
