# SPDX-License-Identifier: MIT
# Wrong usage is one line that names the word and points to --help, and exit code 2.
run() {
	echo "\$ $*"
	"$@" 2>&1
	echo "= $?"
}
run kanshiki
run kanshiki trage
run kanshiki files
run kanshiki files --fromat csv x
run kanshiki files -x x
run kanshiki files --format xml x
run kanshiki files --hash md5,crc x
run kanshiki files x y
run kanshiki files -j 0 x
run kanshiki files --lang fr x
run kanshiki timeline --since yesterday x
run kanshiki timeline --format
run kanshiki verify --pieces 1X x
run kanshiki extract x
run kanshiki extract --addr one -o out x
run kanshiki triage x
run kanshiki triage --profile quick -o case x
