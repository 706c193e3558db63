# Needs Go, make, git and bash; make test needs mvn and java too. Everything
# else is fetched: the tools stand in deployments/tools/go.mod, a module of
# their own, the real servers of tests in deployments/testbed.

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

VERSION := $(shell git describe --tags --always --dirty 2>/dev/null || echo devel)

# PKG narrows the test targets: make test-fast PKG=./sinks/...
PKG ?= ./...
TESTFLAGS ?=
BENCH ?= .
BENCHTIME ?= 1s
BENCHCOUNT ?= 1
BENCHFLAGS ?=
ROWS ?=
FUZZTIME ?= 30s

# Packages tested at a time: most of them wait for servers now and then.
JOBS ?= $(shell echo $$(($$(getconf _NPROCESSORS_ONLN) + 1)))

# The race detector needs a C compiler; nothing else here does.
RACE ?= $(if $(shell command -v $$(go env CC)),-race)

# Tools are built once for each version of them and of Go.
TOOLS_MOD := deployments/tools
TOOLS_KEY := $(shell { go env GOVERSION; cat $(TOOLS_MOD)/go.mod $(TOOLS_MOD)/go.sum; } | git hash-object --stdin | cut -c1-12)
TOOLS := $(or $(XDG_CACHE_HOME),$(HOME)/.cache)/earwitness/tools/$(TOOLS_KEY)
GOLANGCI := $(TOOLS)/golangci-lint
BUF := $(TOOLS)/buf
GOVULNCHECK := $(TOOLS)/govulncheck

.PHONY: help
help: ## list the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-12s %s\n", $$1, $$2}'

.PHONY: build
build: ## bin/earwitness, one static binary
	CGO_ENABLED=0 go build -trimpath -ldflags '-X main.version=$(VERSION)' -o bin/earwitness ./cmd/earwitness

.PHONY: demo
demo: build ## a little world is simulated, read, judged and proved; under a minute
	bin/earwitness demo

# Servers that are fetched and started before the tests are; others are when a
# test asks for them.
FIRST := $(if $(filter ./...,$(PKG)),kafka minio elasticsearch versitygw)

.PHONY: test
test: ## every test, in random order, with the race detector, on real servers; needs mvn and java
	@echo "testing $(PKG)$(if $(RACE), with the race detector,; no C compiler is found: WITHOUT the race detector)"
	@go build -o bin/bedctl ./deployments/testbed/bedctl
	bin/bedctl with $(FIRST) -- go test $(RACE) -p $(JOBS) -vet=off -tags servers -shuffle=on -timeout 25m $(TESTFLAGS) $(PKG)

.PHONY: testbed-up
testbed-up: ## real servers that tests and people share, and how to reach them (BED="kafka minio": only these)
	go run ./deployments/testbed/bedctl up $(BED)

.PHONY: testbed-down
testbed-down: ## stops what testbed-up has started
	go run ./deployments/testbed/bedctl down

# Many tests wait for something, so six of a package run at a time.
.PHONY: test-fast
test-fast: ## the inner loop: short tests, cached, nothing but Go
	CGO_ENABLED=0 go test -short -parallel 6 -timeout 5m $(TESTFLAGS) $(PKG)

# ROWS narrows it: make bench ROWS="scan seal"
.PHONY: bench
bench: build ## the table of docs/performance.md in one run, real servers and peers beside it; needs mvn, a JDK and goaccess
	go build -o bin/bench ./deployments/bench
	bin/bench $(BENCHFLAGS) $(ROWS)

.PHONY: bench-go
bench-go: ## benchmarks of packages (PKG=./... BENCH=regexp BENCHTIME=1s BENCHCOUNT=1), one after the other
	go test -run '^$$' -bench '$(BENCH)' -benchmem -benchtime $(BENCHTIME) -count $(BENCHCOUNT) -p 1 -timeout 60m $(PKG)

.PHONY: fuzz
fuzz: ## every fuzz target for FUZZTIME=30s each
	$(TOOLS_MOD)/fuzz $(FUZZTIME) $(PKG)

.PHONY: lint
lint: $(GOLANGCI) $(BUF) $(GOVULNCHECK) ## format, linters, schemas, known vulnerabilities
	$(GOLANGCI) run
	$(BUF) lint
	$(TOOLS_MOD)/vulncheck $(GOVULNCHECK)

.PHONY: fmt
fmt: $(GOLANGCI) $(BUF) ## format Go files and schemas
	$(GOLANGCI) fmt
	$(BUF) format -w

.PHONY: generate
generate: $(BUF) ## Go from the .proto files
	$(BUF) generate

# Built beside the final name and moved there, so that nothing half-built is
# run and two checkouts may share the folder.
$(GOLANGCI): TOOL := github.com/golangci/golangci-lint/v2/cmd/golangci-lint
$(BUF): TOOL := github.com/bufbuild/buf/cmd/buf
$(GOVULNCHECK): TOOL := golang.org/x/vuln/cmd/govulncheck
$(GOLANGCI) $(BUF) $(GOVULNCHECK):
	@echo "building $(@F), once; the first time takes a few minutes"
	@mkdir -p $(TOOLS)
	cd $(TOOLS_MOD) && CGO_ENABLED=0 go build -o $@.$$$$ $(TOOL) && mv $@.$$$$ $@
