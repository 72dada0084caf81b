# SPDX-License-Identifier: MIT
# Ctrl-C: one line, exit code 1, and the case says that it was interrupted; it can be run again.
fail() { echo "FAIL: $*" >&2; exit 1; }
truncate -s 64G big.raw
( trap - INT; exec kanshiki verify big.raw > out 2> err ) &
pid=$!
sleep 1
kill -INT $pid 2>/dev/null
wait $pid
[ $? = 1 ] || fail "verify: not exit 1"
[ "$(grep -c . err)" = 1 ] || fail "verify: not one line: $(cat err)"
grep -q interrupted err || fail "verify does not say that it was interrupted"
[ ! -s out ] || fail "a result was printed"

( trap - INT; exec kanshiki triage -q big.raw -o case > out 2> err ) &
pid=$!
for _ in 1 2 3 4 5 6 7 8 9 10; do [ -s case/case.jsonl ] && break; sleep 0.3; done
sleep 0.5
kill -INT $pid 2>/dev/null
wait $pid
[ $? = 1 ] || fail "triage: not exit 1"
[ ! -e case/report.html ] || fail "an interrupted case has a report"
truncate -s 1M big.raw
kanshiki triage -q big.raw -o case > out 2> err
rc=$?
[ $rc = 0 ] || [ $rc = 3 ] || fail "not run again: exit $rc: $(cat err)"
[ -s case/report.html ] || fail "no report after the second run"
grep -q 'run.restarted' case/case.jsonl || fail "the log does not tell of the restart"
