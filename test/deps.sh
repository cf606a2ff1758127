#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Puts on a Debian machine the programs that the tests call, and the Node
# packages of test/node. Asks apt only for what is missing.
set -euo pipefail
cd "$(dirname "$0")/.."

missing=()
# want PACKAGES COMMAND…: PACKAGES unless one of the commands is there.
want() {
	local packages=$1 command
	shift
	for command in "$@"; do
		if command -v "$command" >/dev/null; then return; fi
	done
	# shellcheck disable=SC2206 # several packages in one word
	missing+=($packages)
}

want make make
want "build-essential" gcc cc # the race detector links with cgo
want poppler-utils pdftoppm
want poppler-utils pdftotext
want zbar-tools zbarimg
want qpdf qpdf
want mupdf-tools mutool
want redis-server redis-server
want openssl openssl
want strace strace
want haproxy haproxy /usr/sbin/haproxy
# The server's own programs are outside the path.
if ! compgen -G '/usr/lib/postgresql/*/bin/initdb' >/dev/null; then missing+=(postgresql); fi
want chromium chromium chromium-browser google-chrome
want chromium-driver chromedriver
want "nodejs npm" node
want npm npm
want fontconfig fc-list
if ! command -v fc-list >/dev/null || [ -z "$(fc-list :lang=ja family)" ]; then
	missing+=(fonts-vlgothic) # Japanese in the browser's pictures
fi

if [ ${#missing[@]} -gt 0 ]; then
	echo "installing: ${missing[*]}"
	root=()
	if [ "$(id -u)" -ne 0 ]; then root=(sudo); fi
	export DEBIAN_FRONTEND=noninteractive
	"${root[@]}" apt-get update -qq </dev/null
	# redis-server, postgresql and haproxy would start services of their own; the tests
	# start theirs.
	"${root[@]}" env RUNLEVEL=1 DEBIAN_FRONTEND=noninteractive \
		apt-get install -y -qq --no-install-recommends "${missing[@]}" </dev/null
fi

if [ -f test/node/package-lock.json ]; then
	lock=test/node/package-lock.json
	installed=test/node/node_modules/.installed
	if ! cmp -s "$lock" "$installed"; then
		npm ci --prefix test/node --no-audit --no-fund </dev/null
		cp "$lock" "$installed"
	fi
fi
