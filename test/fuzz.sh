#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Runs every fuzz function of the module, one after the other, for the time
# given (30s). Stops at the first that finds something; go test then says
# which file under testdata/fuzz to commit with the mend. A package that does
# not compile is a failure, and so is a module without any fuzz function.
set -euo pipefail
cd "$(dirname "$0")/.."
time=${1:-30s}
count=0
packages=$(grep -rl --include='*_test.go' --exclude-dir=node_modules '^func Fuzz' . | xargs -rn1 dirname | sort -u) || {
	echo "there is no fuzz function" >&2
	exit 1
}
# fuzz NAME PACKAGE. Now and then go test reports its own deadline as a failure
# when the time is up (no input is written then): such a run is made once more.
fuzz() {
	local log status=0
	log=$(go test -run '^$' -fuzz "^$1\$" -fuzztime "$time" -fuzzminimizetime 10x "$2" </dev/null 2>&1) || status=$?
	echo "$log" | tail -n 25
	if [ $status -ne 0 ] && grep -q 'context deadline exceeded' <<<"$log" && ! grep -q 'Failing input written to' <<<"$log"; then
		return 75
	fi
	return $status
}
for pkg in $packages; do
	listed=$(go test -list '^Fuzz' "$pkg") # on a line of its own: its failure ends this script
	names=$(grep '^Fuzz' <<<"$listed") || continue     # the words stand in a fixture only
	for name in $names; do
		echo "== $pkg $name"
		status=0
		fuzz "$name" "$pkg" || status=$?
		if [ $status -eq 75 ]; then fuzz "$name" "$pkg"; elif [ $status -ne 0 ]; then exit $status; fi
		count=$((count + 1))
	done
done
echo "$count fuzz functions, $time each: nothing found"
