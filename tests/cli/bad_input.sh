# SPDX-License-Identifier: MIT
# What cannot be opened is one line that names it, and exit code 1; nothing is left behind.
run() {
	echo "\$ $*"
	"$@" 2>&1
	echo "= $?"
}
mkdir folder
: > empty
printf '\037\213\010\000\000\000\000\000' > packed.gz
head -c 4096 /dev/zero >> packed.gz
for verb in info verify files timeline; do
	run kanshiki $verb missing.E01
	run kanshiki $verb folder
	run kanshiki $verb empty
	run kanshiki $verb packed.gz
done
run kanshiki triage missing.E01 -o case
run kanshiki report folder
head -c 65536 /dev/zero > image
run kanshiki files image -o folder
ls
