# The two commands are `make run` and `make test`; `make help` lists the rest.
SHELL := /bin/bash
.DEFAULT_GOAL := help
export CGO_ENABLED ?= 0
VERSION := $(shell git describe --tags --always --dirty 2>/dev/null || echo unknown)
PROGRAMS := tikklok tikklok-gateway firmware-sim

.PHONY: help run test smoke chaos bench fuzz package release build generate clean

help: ## list the commands
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## /  make \1\t/' | expand -t 16

build: ## build the three programs into bin/
	@mkdir -p bin
	go build -trimpath -ldflags '-X main.version=$(VERSION)' -o bin/ $(PROGRAMS:%=./cmd/%)

run: build ## start everything with three simulated readers; Ctrl-C stops it; data under var/
	@exec bin/firmware-sim demo --state var

test: ## the whole gate: format, vet, staticcheck, race, second time zone, real PostgreSQL, broker, ptys, browser
	@.ci/test

smoke: build ## the whole system in a temporary folder, compared with the ledger; SMOKE_KILL=1 kills it on the way
	@exec bin/firmware-sim smoke $(if $(filter 1,$(SMOKE_KILL)),--kill)

CHAOS ?= --seed 7 --faults 25 --taps 3000
chaos: build ## everything goes wrong around the whole system, every tap compared by name; CHAOS="--seed 7 --faults 200 --taps 100000" is the long one
	@exec bin/firmware-sim chaos $(CHAOS)

bench: build ## print the measured ratios, a line each
	@.ci/bench

fuzz: ## run every fuzz target for FUZZTIME (1m); FUZZ=name only those
	@.ci/fuzz

package: ## build the gateway for armv6, armv7, arm64 and amd64, and pack each as a .deb, into bin/package
	@.ci/package

release: ## build server and gateway with a bill of materials (CycloneDX), the licences of others' work and the tests that prove obligations, into bin/release; TESTS=0 without these
	@.ci/release

generate: ## make the generated code again: messages from gateway/wire/tikklok.proto, server from api/openapi.yaml
	@.ci/generate

clean: ## remove what was built; var/ stays, it is data
	rm -rf bin
