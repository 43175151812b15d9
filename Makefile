# Every target does its own set-up in $(VENV): a virtual environment with the packages that the lock files pin by hash.
# PYTHON and VENV may be given: make test PYTHON=/usr/bin/python3.12 VENV=/var/tmp/py312

SHELL := /bin/sh
# Tests start hundreds of interpreters. Each would compile all modules anew if none might store what it compiled.
unexport PYTHONDONTWRITEBYTECODE
VENV ?= .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
LOCKS := requirements.lock tests/requirements.lock
FUZZERS := $(VENV)/.fuzzers
SCHEMAS := $(VENV)/.schemas
TOOLS := $(VENV)/tools
LOCKER := build/lock
OLDEST ?= python3.11
PLUGINS := $(patsubst %/pyproject.toml,%,$(wildcard plugins/*/pyproject.toml))
PROJECTS := pyproject.toml clients/python/pyproject.toml $(PLUGINS:%=%/pyproject.toml)
# `make drill DRILLS=soak SOAK_SECONDS=60` makes a short one alone.
DRILLS ?= upgrade overload soak night
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet
PYTEST := $(BIN)/python -m pytest
# A file is one process: its tests share servers. Tests wait half of their time, so three for each core, up to eight.
PROCESSES := $(shell getconf _NPROCESSORS_ONLN 2>/dev/null || echo 2)
PARALLEL ?= -n $(shell expr $(PROCESSES) '*' 3 '|' 2) --maxprocesses 8 --dist loadfile --no-loadscope-reorder

# The first of these that runs, is 3.11 or later, and can make virtual environments.
define FIND_PYTHON
for python in python3.13 python3.12 python3.11 python3 /usr/bin/python3; do \
  if "$$python" -c 'import ensurepip, sys, venv; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; then \
    echo "$$python"; break; \
  fi; \
done
endef
ifeq ($(origin PYTHON), undefined)
PYTHON = $(eval PYTHON := $(shell $(FIND_PYTHON)))$(PYTHON)
endif

.DEFAULT_GOAL := help
.PHONY: $(TOOLS) help set-up demo test faults fuzz bench drill $(DRILLS:%=drill-%) pictures pictures-readme vectors lint image lock clean

help: ## Show the targets.
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-9s %s\n", $$1, $$2 }' Makefile

set-up: $(STAMP) ## Make the virtual environment that all other targets use.

demo: $(STAMP) ## Run a closed loop of steel and gearboxes, audit it, catch a tampering.
	@$(BIN)/carbon-ledger demo

test: $(STAMP) $(TOOLS) $(SCHEMAS) ## Run the whole test suite, without the long fault tests.
	@$(PYTEST) $(PARALLEL) -m "not faults_long and not bench"

faults: $(STAMP) $(TOOLS) $(SCHEMAS) ## Run all fault tests, the long ones too, walk every page, and make ten times as many examples of properties.
	@$(PYTEST) -m "not bench" tests/faults tests/browser
	@HYPOTHESIS_TIMES=10 $(PYTEST) tests/property tests/unit/core/test_residue.py \
		tests/acceptance/test_solver.py tests/acceptance/test_solver_stock.py

fuzz: $(FUZZERS) ## Fuzz every parser and the HTTP API for FUZZ_SECONDS (3600), FUZZ_TARGETS alone where it names some.
	@$(BIN)/python tests/fuzz/run.py

bench: $(STAMP) ## Measure against the peers, write bench.json.
	@$(BIN)/python tests/bench/run.py

drill: $(DRILLS:%=drill-%) ## Upgrade from version BEFORE (HEAD~1) under load, overload and soak a server, and its operator's night (30 minutes).

drill-upgrade: $(STAMP)
	@$(BIN)/python tests/drills/upgrade.py $(or $(BEFORE),HEAD~1)

drill-overload: $(STAMP)
	@$(BIN)/python tests/drills/overload.py $(OVERLOAD_SECONDS)

drill-soak: $(STAMP)
	@$(BIN)/python tests/drills/soak.py $(SOAK_SECONDS)

drill-night: $(STAMP)
	@$(BIN)/python tests/drills/night.py

pictures: $(STAMP) $(TOOLS) ## Take pictures of every page of the demo's ledger, into build/pictures.
	@$(BIN)/python tests/browser/pictures.py build/pictures

pictures-readme: $(STAMP) $(TOOLS)
	@$(BIN)/python tests/browser/pictures.py --readme

vectors: $(STAMP) ## Compare figures with the vectors, and tiles and proofs with other implementations, bit for bit.
	@$(PYTEST) tests/unit/test_vectors.py tests/unit/test_stories.py tests/unit/test_golden.py tests/integration/test_golden_sizes.py

lint: $(STAMP) ## Check style (ruff) and types (mypy, strict).
	@$(BIN)/ruff check .
	@$(BIN)/mypy

image: $(STAMP) ## Build the file tree of the image in build/image, with its bill of materials, and print its SHA-256.
	@rm -rf build/image
	@$(BIN)/python .ci/image_tree.py build/image

lock: ## Pin what pyproject.toml asks for, by hash; UPGRADE=1 takes the newest versions (with Python 3.11: OLDEST).
	@$(OLDEST) -m venv --clear $(LOCKER)
	@$(LOCKER)/bin/python .ci/lock.py $(if $(UPGRADE),--upgrade)

clean: ## Remove what the other targets have made.
	@test ! -e $(VENV)/pyvenv.cfg || rm -rf $(VENV)
	@rm -rf build dist bench.json .pytest_cache .mypy_cache .ruff_cache .hypothesis
	@find . -path ./.git -prune -o \( -name __pycache__ -o -name '*.egg-info' \) -type d -print | xargs rm -rf

$(STAMP): $(LOCKS) $(PROJECTS)
	@test -n "$(PYTHON)" || { echo "no Python 3.11 or later that can make virtual environments is here" \
	  "(Debian: apt-get install python3-venv); another one: make PYTHON=/path/to/python3" >&2; exit 1; }
	@echo "setting up $(VENV) with $$($(PYTHON) --version)"
	@test ! -e $(VENV)/pyvenv.cfg || rm -rf $(VENV)
	@$(PYTHON) -m venv $(VENV)
	@$(PIP) install --require-hashes $(LOCKS:%=-r %)
	@$(PIP) install --no-deps --no-build-isolation $(addprefix --editable ,. clients/python $(PLUGINS))
	@$(PIP) check
	@touch $(STAMP)

$(FUZZERS): tests/fuzz/requirements.txt $(STAMP)
	@$(PIP) install --require-hashes -r tests/fuzz/requirements.txt
	@$(PIP) check
	@touch $(FUZZERS)

# Looks each time: a program of the machine may have gone.
$(TOOLS): $(STAMP)
	@PYTHONPATH=tests $(BIN)/python .ci/tools.py

$(SCHEMAS): tests/support/schemas.csv tests/support/compilers.csv tests/support/scripts.csv .ci/schemas.py $(STAMP) | $(TOOLS)
	@PYTHONPATH=tests $(BIN)/python .ci/schemas.py
	@touch $(SCHEMAS)
