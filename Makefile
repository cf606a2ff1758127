# kofu. `make` alone tells what there is.

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

TOOL     := go tool -modfile=test/tools/go.mod
FUZZTIME ?= 30s

# A program that is missing is a failure here. Published vectors are kept beside
# the clone, not in it (CONTRIBUTING.md says whose they are): where they are
# not, their tests skip and say so.
VECTORS := $(wildcard ../shared/vectors)
NEED    := KOFU_REQUIRE=1 KOFU_VECTORS=$(if $(VECTORS),1,)

# How many certificates are asked for, each by a person of its own.
SOAKED ?= 1000000

.PHONY: help run build deps test load soak lint check bench fuzz vuln

help: ## this list
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/  make \1\t\2/p' Makefile | expand -t 14

run: ## the whole service on this machine, with stand-ins (Ctrl-C ends it)
	go run ./cmd/kofu-demo

build: ## the programs, into bin/
	go build -trimpath -o bin/ ./cmd/...

deps: ## the programs that tests call, by apt and npm; nothing when they are there
	@bash test/deps.sh

test: deps ## every test, fuzz seeds included; what is missing fails
	@$(if $(VECTORS),:,echo 'no ../shared/vectors beside this clone: tests of published vectors skip')
	@$(NEED) bash test/suites.sh

load: deps ## half to three times of what it can do, on a quiet machine; prints a table
	$(NEED) KOFU_LOAD=full go test -timeout 30m -count 1 -v ./test/load

soak: deps ## a million certificates while everything goes wrong, and nobody gets another's
	$(NEED) KOFU_ASKED=$(SOAKED) go test -count 1 -timeout 0 -v ./test/wrongperson -run TestNobodyElsesPaper -args -slow 30s -kiosks 0.25 -counters 0.05 -papers 0.3 -bar

lint: ## formatting, vet, staticcheck, tidiness of go.mod
	@bad=$$(gofmt -l $$(go list -f '{{.Dir}}' ./...)); test -z "$$bad" || { echo "gofmt -w $$bad"; exit 1; }
	go vet ./...
	$(TOOL) staticcheck -checks inherit,ST1000 ./...
	go mod tidy -diff

check: lint ## what must be clean before a change is shown
	go test ./test/arch
	go test -timeout 15m -race ./...

bench: ## benchmarks
	go test -run '^$$' -bench . -benchmem ./...

fuzz: ## each fuzz function for FUZZTIME (30s)
	@bash test/fuzz.sh $(FUZZTIME)

vuln: ## known holes in what is used (asks the Go vulnerability database)
	$(TOOL) govulncheck ./...
