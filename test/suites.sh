#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Runs every suite of tests, one after the other, also when one has failed, and
# prints at the end how long each took beside what it is meant to take on two
# cores. A suite over its budget is marked, not failed: machines differ. All of
# it is meant to stay under 20 minutes.
set -uo pipefail
cd "$(dirname "$0")/.."

# What is run under the race detector too: whatever serves many requests at once.
racy=(./cardauth/... ./cert/issuance/... ./cert/pdf/... ./cert/qr/... ./vrsclient/... ./api/... ./kiosk/... ./cmd/internal/... ./cmd/kofu/...)
# The suites that start whole servers, browsers and load have the machine to themselves.
alone='^kofu/test/(e2e|wrongperson|retention|load|drills)$'

table=()
failed=0
total=0

# suite NAME BUDGET COMMAND…: the budget is in seconds.
suite() {
	local name=$1 budget=$2 began=$SECONDS verdict=ok
	shift 2
	echo "== $name"
	"$@" || { verdict=FAILED; failed=1; }
	local took=$((SECONDS - began))
	total=$((total + took))
	if [ "$verdict" = ok ] && [ "$took" -gt "$budget" ]; then verdict='ok, over its budget'; fi
	table+=("$(printf '%-12s %6d s of %4d s   %s' "$name" "$took" "$budget" "$verdict")")
}

rooms=$(go list ./... | grep -Ev "$alone") || exit 1
# shellcheck disable=SC2086 # one package a word
suite rooms 270 go test -timeout 10m $rooms
# How many certificates test/wrongperson asks for. It says what came of it.
export KOFU_ASKED=${KOFU_ASKED:-5000}
for dir in e2e:260 wrongperson:270 retention:60 load:100 drills:60; do
	name=${dir%:*}
	say=()
	if [ "$name" = wrongperson ] || [ "$name" = retention ]; then say=(-v); fi
	if [ -d "test/$name" ]; then suite "$name" "${dir#*:}" go test -timeout 15m "${say[@]}" "./test/$name"; fi
done
# Without what takes long and asks for one thing after the other.
suite race 420 go test -timeout 10m -short -race "${racy[@]}"

echo
printf '%s\n' "${table[@]}"
printf '%-12s %6d s of 1200 s\n' all "$total"
exit "$failed"
