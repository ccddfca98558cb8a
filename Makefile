# Everything that a person does with this checkout. `make help` lists it.
#
# Nothing is written outside the checkout and the caches of pip and Maven.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
export PIP_DISABLE_PIP_VERSION_CHECK := 1

# Seconds that the demo lives; empty means until Ctrl-C.
DURATION ?=
# More arguments for pytest, such as ARGS="tests/unit -k moments".
ARGS ?=

.PHONY: help setup broker demo test faults check static lint format docs site wheel check-wheel bench audit sbom lock clean

help: ## List these targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-11s %s\n", $$1, $$2}' $(firstword $(MAKEFILE_LIST))

setup: $(READY) ## Make .venv with the leadgate command in it; starts nothing

demo: $(READY) broker ## See leadgate work on a real Kafka (DURATION=20 ends it by itself)
	@$(BIN)/leadgate demo $(if $(DURATION),--duration $(DURATION))

test: $(READY) broker ## Run the tests, on a real Kafka; of the faults those that show each kind
	@$(BIN)/python -m pytest -m 'not nightly' -n 2 --dist loadgroup --basetemp=.pytest_tmp $(ARGS)

faults: $(READY) broker ## Break it in every way, on a real Kafka (ARGS='--repeat 20 -k kill': those, 20 times)
	@$(BIN)/python -m pytest -n 2 --dist loadgroup --basetemp=.pytest_tmp --durations 20 tests/faults $(ARGS)

check: static test ## All that must hold before a change goes in

static: $(READY) site
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports
	@$(BIN)/bandit --quiet --recursive --configfile pyproject.toml schemas qualifiers streams

lint: static ## The checks that run nothing: format, ruff, mypy, imports, bandit

format: $(READY) ## Lay the code out, and mend what ruff can mend
	@$(BIN)/ruff check --fix-only --quiet .
	@$(BIN)/ruff format .

docs: $(READY) ## Write anew what the documents have of the code: tables, measured figures, commands' output
	@$(BIN)/python -m docs.tables
	@$(BIN)/python -m docs.performance
	@$(BIN)/python -m docs.consoles

site: $(READY) ## Make the documents' site in build/site; a broken link is an error
	@said=$$(NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict 2>&1) || { echo "$$said" >&2; exit 1; }

# What is deployed has its rules compiled. A checkout stays plain Python, so this lies apart.
WHEEL := build/wheel/.ready
INSTALLED := build/installed
SOURCES := $(shell find schemas qualifiers streams deploy/kafka -type f -not -name '*.pyc')

wheel: $(WHEEL) ## Build the wheel that is deployed, its rules compiled (needs a C compiler)
	@ls build/wheel/*.whl

$(WHEEL): $(READY) pyproject.toml hatch_build.py README.md LICENSE $(SOURCES)
	@echo 'Compiling the wheel: it takes about a minute …'
	@rm -rf $(@D) $(INSTALLED)
	@HATCH_BUILD_HOOKS_ENABLE=1 $(BIN)/python -m hatchling build --target wheel --directory $(@D) >/dev/null
	@$(BIN)/python -m pip install --quiet --no-deps --no-index --target $(INSTALLED) $(@D)/*.whl
	@touch $@

# The tests lie beside the compiled packages, so that these are found and the checkout's are not.
check-wheel: $(WHEEL) ## Run the tests that need no Kafka on that wheel
	@rm -rf build/checked && cp -r $(INSTALLED) build/checked && cp -r tests docs deploy pyproject.toml build/checked
	@cd build/checked && HYPOTHESIS_PROFILE=wheel $(CURDIR)/$(BIN)/python -m pytest -n 2 --dist loadgroup \
	    -m 'not plain' tests/unit tests/acceptance tests/properties $(ARGS)

bench: $(WHEEL) broker ## Measure leadgate beside others that run the same funnel
	@$(BIN)/python -m tests.benchmarks $(ARGS)

audit: $(READY) ## Look up what is known against the dependencies that are locked (needs the network)
	@$(BIN)/python -m deploy.audit

sbom: $(READY) ## Write the bill of materials of what is deployed, in CycloneDX: build/sbom.json
	@mkdir -p build
	@$(BIN)/cyclonedx-py requirements requirements.lock --pyproject pyproject.toml --output-reproducible \
	    --output-format JSON --output-file build/sbom.json
	@ls build/sbom.json

# One lock for Python 3.11 to 3.13; none tells where its maker got the packages.
COMPILE = $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --no-emit-find-links --custom-compile-command 'make lock' \
	$(if $(UPGRADE),--upgrade)
# What the benchmarks' peers need, each in a venv of its own.
PEERS := $(wildcard tests/benchmarks/workers/requirements/*.in)

lock: $(READY) ## Write the locks anew from what is asked for (UPGRADE=1: newest versions)
	@$(COMPILE) pyproject.toml --output-file requirements.lock
	@$(COMPILE) pyproject.toml --extra dev --constraint requirements.lock --output-file requirements-dev.lock
	@$(foreach peer,$(PEERS),$(COMPILE) $(peer) --output-file $(peer:.in=.txt) &&) true

clean: ## Take away all that make has made
	@if [ -x $(BIN)/leadgate ] && [ -d .kafka ]; then $(BIN)/leadgate kafka stop; fi
	rm -rf $(VENV) .kafka .leadgate build dist .hypothesis .pytest_tmp .mypy_cache .pytest_cache .ruff_cache .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# The stamp is as old as the last setup: with nothing changed there is nothing to do.
$(READY): pyproject.toml requirements-dev.lock
	@python=; for candidate in $(PYTHON) python3 python3.13 python3.12 python3.11; do \
	    if "$$candidate" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; \
	    then python=$$candidate; break; fi; \
	done; \
	if [ -z "$$python" ]; then \
	    echo 'leadgate needs Python 3.11 or later, with venv, and found none. To get it:' >&2; \
	    echo '  Debian, Ubuntu   apt-get install python3 python3-venv' >&2; \
	    echo '  Fedora           dnf install python3' >&2; \
	    echo '  macOS            brew install python@3.13' >&2; \
	    echo 'or name one that lies elsewhere: make setup PYTHON=/path/to/python3' >&2; \
	    exit 2; \
	fi; \
	echo "Setting up $(VENV) with $$("$$python" --version) …"; \
	"$$python" -m venv --clear $(VENV)
	@$(BIN)/python -m pip install --quiet --require-hashes --requirement requirements-dev.lock
	@$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation --editable .
	@touch $@

# A broker can be had: from a Docker engine, or from Java and Maven.
broker: $(READY)
	@$(BIN)/leadgate kafka check --quiet
