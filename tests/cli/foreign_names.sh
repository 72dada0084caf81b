# SPDX-License-Identifier: MIT
# Evidence whose own name is not ASCII.
image=$KAN_FIXTURES/log2timeline+dfvfs/test_data/ímynd.dd
[ -r "$image" ] || { echo "SKIP: no fixtures" >&2; exit 77; }
fail() { echo "FAIL: $*" >&2; exit 1; }
cp "$image" 証拠品第3号.dd
kanshiki files -q 証拠品第3号.dd --format jsonl > a || fail "exit $?"
[ "$(grep -c . a)" = 9 ] || fail "not 9 entries"
kanshiki triage -q 証拠品第3号.dd -o 事件 > out || fail "triage: exit $?"
grep -q 証拠品第3号.dd 事件/evidence.json || fail "the name is not in evidence.json"
