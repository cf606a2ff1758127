#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Runs every fuzz function of the module, one after the other, for the time
# given (30s). Stops at the first that finds something; go test then says
# which file under testdata/fuzz to commit with the mend.
set -euo pipefail
cd "$(dirname "$0")/.."
time=${1:-30s}
count=0
while read -r pkg; do
	for name in $(go test -list '^Fuzz' "$pkg" | grep '^Fuzz' || true); do
		echo "== $pkg $name"
		go test -run '^$' -fuzz "^$name\$" -fuzztime "$time" -fuzzminimizetime 10x "$pkg" </dev/null
		count=$((count + 1))
	done
done < <(grep -rl --include='*_test.go' --exclude-dir=node_modules '^func Fuzz' . | xargs -n1 dirname | sort -u)
echo "$count fuzz functions, $time each: nothing found"
