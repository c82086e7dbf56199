SHELL := /bin/bash
.DEFAULT_GOAL := help

export GOTOOLCHAIN := local

BUILD   := .build
VERSION := $(shell git describe --tags --always --dirty 2>/dev/null || echo unknown)
LDFLAGS := -X github.com/sodprobe/sodprobe/cmd/sodprobe/internal/cli.version=$(VERSION)
PEERS   := targets/peers
KUBE    := $(PEERS)/kubernetes
K8S     := v1.37.2
GITEA   := $(PEERS)/gitea
AWS     := $(PEERS)/aws
LINT    := go tool -modfile=$(CURDIR)/.ci/tools/golangci-lint.mod golangci-lint

.PHONY: help
help: ## Show this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F':.*## ' '{printf "  make %-12s %s\n", $$1, $$2}'

.PHONY: build
build: ## Build ./sodprobe
	go build -trimpath -ldflags '-s -w $(LDFLAGS)' -o sodprobe ./cmd/sodprobe

.PHONY: demo
demo: build ## Run the main job on the embedded lab; needs Go only
	./sodprobe demo

.PHONY: test
test: prerequisites ## Fast hermetic tests; needs Go, git and OpenSSH's client
	go test $(RACE) -timeout 30m ./...

.PHONY: prerequisites
prerequisites:
	@command -v git >/dev/null || { echo "make test needs git: install the package git" >&2; exit 1; }
	@command -v ssh-keygen >/dev/null || { echo "make test needs ssh-keygen: install OpenSSH's client (package openssh-client)" >&2; exit 1; }

.PHONY: test-peers
test-peers: $(BUILD)/kube-apiserver $(BUILD)/gitea ## Build the real servers and run against them
	go build $(RACE) -ldflags '$(LDFLAGS)' -o $(BUILD)/sodprobe ./cmd/sodprobe
	cd $(AWS) && go test $(RACE) -timeout 10m -v ./...
	cd $(GITEA) && GITEA=$(CURDIR)/$(BUILD)/gitea GITEA_STATIC=$$(go list -m -f '{{.Dir}}' code.gitea.io/gitea) go test $(RACE) -timeout 10m -v ./...
	SODPROBE_KILLS=200 go test -count=1 -timeout 30m -run 'TestScripts/kills' -v ./cmd/sodprobe/internal/cli > $(BUILD)/kills.log; code=$$?; grep -E 'runs of about|^(ok|FAIL|---)' $(BUILD)/kills.log; exit $$code
	cd $(KUBE) && KUBE_APISERVER=$(CURDIR)/$(BUILD)/kube-apiserver SODPROBE=$(CURDIR)/$(BUILD)/sodprobe go test $(RACE) -timeout 40m -v ./...

$(BUILD)/gitea: $(GITEA)/go.mod
	@mkdir -p $(BUILD)
	cd $(GITEA) && go build -tags 'sqlite sqlite_unlock_notify' -o $(CURDIR)/$@ code.gitea.io/gitea

$(BUILD)/kube-apiserver: $(KUBE)/go.mod
	@mkdir -p $(BUILD)
	cd $(KUBE) && go build -ldflags '-X k8s.io/component-base/version.gitVersion=$(K8S)' -o $(CURDIR)/$@ k8s.io/kubernetes/cmd/kube-apiserver

.PHONY: lint
lint: ## Format check, vet and golangci-lint
	go vet ./...
	$(LINT) run ./...
	cd $(KUBE) && go vet ./...
	cd $(GITEA) && go vet ./...
	cd $(AWS) && go vet ./...

.PHONY: generate
generate: ## Regenerate the committed schema and catalog
	go test ./scenarios ./reports/formats -run 'Schema' -update
	go test ./probes/catalog -run 'README' -update

.PHONY: verify-generate
verify-generate: generate
	@git diff --exit-code -- scenarios probes reports/formats go.mod go.sum || { echo "generated files differ: commit what make generate wrote" >&2; exit 1; }
	go mod tidy -diff
	cd $(KUBE) && go mod tidy -diff
	cd $(GITEA) && go mod tidy -diff
	cd $(AWS) && go mod tidy -diff

.PHONY: check
check: lint verify-generate ## What CI runs: lint, generated files, tests and peers, race detector on
	$(MAKE) test test-peers RACE=-race

.PHONY: bench
bench: $(BUILD)/kube-apiserver ## Measure against the real API server
	go build -ldflags '$(LDFLAGS)' -o $(BUILD)/sodprobe ./cmd/sodprobe
	cd $(KUBE) && KUBE_APISERVER=$(CURDIR)/$(BUILD)/kube-apiserver SODPROBE=$(CURDIR)/$(BUILD)/sodprobe go test -run '^$$' -bench . -benchtime 1x -timeout 30m ./...

.PHONY: fuzz
fuzz: ## Fuzz every parser of foreign bytes, 20 s each
	@for p in $$(grep -rlE '^func Fuzz' --include='*_test.go' . | xargs -n1 dirname | sort -u); do \
	  for f in $$(grep -hoE '^func Fuzz[A-Za-z0-9_]+' $$p/*_test.go | sed 's/func //'); do \
	    echo "== $$p $$f"; go test -run '^$$' -fuzz "^$$f$$" -fuzztime 20s $$p || exit 1; done; done

.PHONY: clean
clean: ## Remove what was built and the demo's folder
	rm -rf $(BUILD) sodprobe sodprobe-demo
