# Every target sets up what it needs on a machine that has nothing but Python 3.11 or newer.
#   make demo    a real pipeline on Ray: digits, trained and evaluated
#   make test    the tests
#   make faults  3,000 kills of drivers, workers and nodes, ten times as many as in the tests; all faults of storage
#   make cluster starts a Ray of three nodes, an S3 and a PostgreSQL here, as the stack `cluster` of zenflow.toml
#   make cluster-down ends them
#   make check   formatting, lint, types, layers
#   make bench   the benchmarks: ARGS='--only ray' for some, ARGS=--list for their names
#   make clean   remove the environment and all caches of tools

PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
DEMO_READY := $(VENV)/.ready-demo
DEV_READY := $(VENV)/.ready-dev

export RAY_USAGE_STATS_ENABLED := 0

.DEFAULT_GOAL := help
.PHONY: help venv demo test faults cluster cluster-down check lint mypy pyright format bench clean

help:
	@sed -n 's/^#   //p' Makefile

venv: $(DEV_READY)

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "ZenFlow needs Python 3.11 or newer: make PYTHON=python3.12 ..." >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)

# uv resolves and installs in seconds what takes pip minutes. Where uv can't be had, or does not see the index that
# pip is configured for, pip does it.
define install
	@$(BIN)/python -m uv --version >/dev/null 2>&1 || $(BIN)/python -m pip install --quiet uv \
		|| echo "uv is not to be had here; pip will do it, slowly" >&2
	@echo "installing zenflow[$(1)] into $(VENV)"
	@$(BIN)/python -m uv pip install --quiet --python $(BIN)/python --editable '.[$(1)]' \
		|| $(BIN)/python -m pip install --quiet --editable '.[$(1)]'
	@touch $@
endef

$(DEMO_READY): pyproject.toml | $(BIN)/python
	$(call install,examples)

# torch first and by pip, which may be configured for builds without CUDA, a tenth of the size: uv keeps what is there.
$(DEV_READY): pyproject.toml | $(BIN)/python
	$(BIN)/python -m pip install --quiet 'torch==2.13.0' || echo "torch 2.13.0 is not to be had here" >&2
	$(call install,dev)

demo: $(DEMO_READY)
	$(BIN)/zenflow run examples/digits.py

# Two processes share the tests: many of them wait for what they started, for Ray above all. One that has none left
# takes half of what the other still has; apart from that, tests stay in order, and those of a file together.
SHARED := --numprocesses=2 --dist=worksteal

test: $(DEV_READY)
	$(BIN)/pytest $(SHARED)

faults: $(DEV_READY)
	ZENFLOW_FAULTS=full $(BIN)/pytest tests/faults tests/storage

cluster: $(DEV_READY)
	$(BIN)/python -m tests.cluster up

cluster-down: $(DEV_READY)
	$(BIN)/python -m tests.cluster down

# Each beside the others, where make is asked for it: `make --jobs=2 check`.
check: lint mypy pyright

lint: $(DEV_READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports

mypy: $(DEV_READY)
	$(BIN)/mypy

pyright: $(DEV_READY)
	$(BIN)/pyright --pythonpath $(BIN)/python

format: $(DEV_READY)
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: $(DEV_READY)
	$(BIN)/python -m benchmarks $(ARGS)

clean:
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache build dist
