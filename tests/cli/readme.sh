# SPDX-License-Identifier: MIT
# The example in the README gives what the README says.  With KAN_README=print the
# lines of the example are printed with their true output, to be put there.
. "$KAN_SOURCE/tests/setup.sh"
for tool in ewfacquire xz sqlite3; do
	command -v $tool >/dev/null || { echo "SKIP: no $tool" >&2; exit 77; }
done
[ -e "$sample" ] || { echo "SKIP: no package forensics-samples-ntfs" >&2; exit 77; }
make_image . || exit 1

sed -n '/<!-- example: begin/,/<!-- example: end/p' "$KAN_SOURCE/README.md" |
	grep '^    ' > want
[ -s want ] || { echo "no example in the README"; exit 1; }
grep '^    \$ ' want | sed 's/^    \$ //' > commands
while IFS= read -r command; do
	printf '    $ %s\n' "$command"
	sh -c "$command" 2>&1 </dev/null | sed 's/^/    /; s/[ ]*$//'
done < commands > got
if [ "${KAN_README:-}" = print ]; then
	cat got >&2
	exit 1
fi
diff -u want got
