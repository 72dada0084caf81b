# SPDX-License-Identifier: MIT
# Copies are what icat and blkls give; names stay inside the folder; the manifest is true.
image=$KAN_FIXTURES/sleuthkit+sleuthkit/test/data/image.dd
[ -r "$image" ] || { echo "SKIP: no fixtures" >&2; exit 77; }
command -v icat >/dev/null || { echo "SKIP: no icat" >&2; exit 77; }
command -v jq >/dev/null || { echo "SKIP: no jq" >&2; exit 77; }
fail() { echo "FAIL: $*" >&2; exit 1; }
kanshiki extract -q "$image" --unallocated --path '*' -o out || fail "extract: exit $?"
n=0
while IFS= read -r line; do
	copy=$(printf '%s' "$line" | jq -r .copy)
	[ "$(printf '%s' "$line" | jq -r .sha256)" = "$(sha256sum < "out/$copy" | cut -d' ' -f1)" ] ||
		fail "$copy: not the digest of the manifest"
	[ "$(printf '%s' "$line" | jq -r .content)" = stream ] || continue
	case $copy in *Orphan*) continue ;; esac
	icat -r "$image" "$(printf '%s' "$line" | jq -r .addr)" > want 2>/dev/null || continue
	cmp "out/$copy" want || fail "$copy: not what icat gives"
	n=$((n + 1))
done < out/manifest.jsonl
[ $n -ge 3 ] || fail "only $n copies compared"
blkls "$image" > want
cmp out/fs1-unallocated.raw want || fail "unallocated space is not what blkls gives"
kanshiki extract -q "$image" -o out 2> err && fail "an existing folder was accepted"
grep -q 'is there already' err || fail "$(cat err)"
