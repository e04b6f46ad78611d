# The two commands: `make run` and `make test`. Both install what is missing first.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

# Another build folder, for instance to share one between checkouts: make SCRATCH=/var/tmp/harrier-build
SCRATCH ?= .build
SWIFT_FLAGS := --scratch-path $(SCRATCH)
# One tier after the other, and six tests at once: hundreds would only wait for each other.
SWIFT_TEST = HARRIER_TEST_BINARY=$(abspath $(SCRATCH))/debug/harrier swift test $(SWIFT_FLAGS) --skip-build \
  --experimental-maximum-parallelization-width 6
HARRIER := $(SCRATCH)/release/harrier
OUTPUT ?= harrier-output
# Where `make sbom` writes.
SBOM ?= harrier.spdx.json
# A virtual environment with the Python stack, to measure beside it; see Benchmarks/README.md.
PEERS ?=
# One with FastAPI, for the service's twin.
SERVICE_PEERS ?=
# One with Celery, for the stores.
STORE_PEERS ?=
# With a build folder elsewhere the binary cannot find these by itself.
export HARRIER_OPENVINO_DIR ?= $(CURDIR)/.deps/openvino/lib
export HARRIER_MODELS_DIR ?= $(CURDIR)/Models

# Suites that say something about a cluster as well; what looks into a data folder skips itself there.
CLUSTER_SUITES := ContractTests|JobTests|UploadTests|RuleServiceTests|ServiceErrorTests|WebhookTests|RestartTests|RegistryServiceTests

# What `make chaos` does; all options: scripts/chaos --help.
CHAOS ?= --kills 500 --minutes 10

.PHONY: help setup build run detect test chaos bench sbom format lint clean

help: ## This list
	@grep -E '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 12

setup: ## Install Debian packages and OpenVINO, if they are missing
	@scripts/setup

build: setup ## Build the release binary
	swift build $(SWIFT_FLAGS) -c release --product harrier

run: build ## Serve on http://127.0.0.1:8000 with the demo model
	@cat scripts/first-calls.txt
	$(HARRIER) serve --log-format text

detect: build ## Find the trees on the sample picture, without the service
	$(HARRIER) detect Samples/yell-541000.jpg --annotate --output $(OUTPUT)
	@echo "Annotated picture: $(OUTPUT)/yell-541000.annotated.jpg"
	@echo "Detections:        $(OUTPUT)/yell-541000.json"

test: setup ## Run all tests
	@scripts/setup --tests
	swift build $(SWIFT_FLAGS) --build-tests
	@scripts/test-tools
	# What imports of models open other programs' files with; tests import real checkpoints.
	HARRIER_CACHE_DIR=$(abspath .deps/import) $(abspath $(SCRATCH))/debug/harrier models setup --int8 --yes
	$(SWIFT_TEST) --filter '^(ObjectDetection|Tidy)Tests'
	$(SWIFT_TEST) --filter '^(Jobs|Backends)Tests'
	$(SWIFT_TEST) --filter '^AppTests' --skip WorkerSupervisorTests
	# Its children would inherit the pipes that other tests are opening.
	$(SWIFT_TEST) --filter WorkerSupervisorTests
	HARRIER_TEST_BINARY=$(abspath $(SCRATCH))/debug/harrier scripts/check-console
	$(SWIFT_TEST) --filter '^InferenceTests'
	scripts/check-conversion
	$(SWIFT_TEST) --filter '^SystemTests' --skip 'ChaosTests|Cluster(Model)?Tests|DeploymentTests'
	$(SWIFT_TEST) --filter '^SystemTests\.(Cluster(Model)?Tests|DeploymentTests)'
	# The contract again, on a cluster: two API processes and three workers on PostgreSQL, Redis and S3.
	HARRIER_TEST_CLUSTER=1 $(SWIFT_TEST) --filter '^SystemTests\.($(CLUSTER_SUITES))'
	# It takes both cores, and tests that measure time would fail beside it.
	$(SWIFT_TEST) --filter ChaosTests

chaos: build ## Kill and freeze a running service for 10 minutes (docs/reliability.md)
	scripts/chaos $(abspath $(HARRIER)) $(CHAOS)

bench: setup ## Measure speed and memory (about 25 minutes; see Benchmarks/README.md)
	swift build $(SWIFT_FLAGS) -c release --product harrier
	swift build $(SWIFT_FLAGS) -c release --product engine-benchmark
	swift build $(SWIFT_FLAGS) -c release --product store-benchmark
	@scripts/setup --tests
	@scripts/test-tools
	Benchmarks/run $(abspath $(SCRATCH))/release --peers "$(PEERS)" --service-peers "$(SERVICE_PEERS)" \
	  --store-peers "$(STORE_PEERS)"

sbom: build ## List what Harrier is made of, with licences, as SPDX (docs/supply-chain.md)
	scripts/sbom --scratch-path $(SCRATCH) --output $(SBOM)

format: ## Rewrite the sources in the project's format
	swift format format --in-place --recursive --parallel Package.swift Sources Tests Benchmarks

lint: ## Check format and shell scripts
	swift format lint --strict --recursive --parallel Package.swift Sources Tests Benchmarks
	@command -v shellcheck >/dev/null && shellcheck scripts/setup scripts/test-tools scripts/check-console scripts/check-conversion .ci/run || \
	  echo "lint: shellcheck is not installed, shell scripts were not checked"

clean: ## Remove what was built; .deps stays
	rm -rf $(SCRATCH) $(OUTPUT)
