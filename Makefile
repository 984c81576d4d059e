# make train   sets up and trains an agent from scratch on this machine (at most 25 minutes on 2 cores)
# make test    sets up and runs the tests (at most 12 minutes on 2 cores)
#
# Variables: PYTHON (3.11 or newer), CONFIG (quick, standard, large, or a file), ARGS (further options),
# TORCH_INDEX (an index that holds the CPU build of torch, which spares the CUDA libraries).

PYTHON ?= python3
VENV ?= .venv
CONFIG ?= configs/standard.yaml
ARGS ?=
TORCH_INDEX ?=
TORCH := torch==2.13.0

BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip install -qq --disable-pip-version-check -c constraints.txt
READY := $(VENV)/.ready
READY_DEV := $(VENV)/.ready-dev
PINS := pyproject.toml constraints.txt
# policy_gradient needs a run and an hour: see its docstring.
BENCHMARKS := $(filter-out __init__ policy_gradient,$(basename $(notdir $(wildcard benchmarks/*.py))))

.DEFAULT_GOAL := help
.PHONY: help setup setup-dev train test test-all lint format bench doctor clean

help:  ## Show this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 12

setup: $(READY)  ## Make .venv with pinned versions, what training needs
setup-dev: $(READY_DEV)  ## The same with the tools for developing

$(VENV)/.python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "error: Journeyman needs Python 3.11 or newer; this is %s. Try: make PYTHON=python3.12 ..." % sys.version.split()[0])'
	@echo "[1/3] virtual environment in $(VENV) ($$($(PYTHON) --version))"
	@$(PYTHON) -m venv $(VENV) || { echo "error: python3 -m venv failed; on Debian: apt install python3-venv"; exit 1; }
	@touch $@

$(VENV)/.torch: $(VENV)/.python
	@echo "[2/3] $(TORCH)$(if $(TORCH_INDEX), from $(TORCH_INDEX)) (the largest download, some minutes)"
	@$(PIP) $(if $(TORCH_INDEX),--index-url $(TORCH_INDEX)) $(TORCH)
	@touch $@

$(READY): $(VENV)/.torch $(PINS)
	@echo "[3/3] Ray, transformers, the other dependencies, and Journeyman itself, pinned by constraints.txt"
	@$(PIP) setuptools
	@$(PIP) --no-build-isolation -e '.[corpus,heldout]'
	@touch $@

$(READY_DEV): $(READY)
	@echo "[dev] test runner, linters, type checker"
	@$(PIP) --no-build-isolation -e '.[corpus,heldout,dev]'
	@touch $@

train: $(READY)  ## Train from scratch, evaluate on packages never seen, write runs/<id>/report.html
	@$(BIN)/python -m cluster.cli train --config $(CONFIG) $(ARGS)

test: $(READY_DEV)  ## The tests, without the slow ones
	$(BIN)/python -m pytest -m "not slow" $(ARGS)

test-all: $(READY_DEV)  ## All tests
	HYPOTHESIS_PROFILE=searching $(BIN)/python -m pytest $(ARGS)

lint: $(READY_DEV)  ## Style, types, import contracts, limits of size and complexity
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m cluster.cli compliance . --limit 5

format: $(READY_DEV)  ## Put the code into the house's format
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: $(READY)  ## Every benchmark that needs no run, as JSON
	@for name in $(BENCHMARKS); do echo "== $$name" >&2; $(BIN)/python -m benchmarks.$$name --json || exit 1; done

doctor: $(READY)  ## What this machine offers, and what is missing
	@$(BIN)/python -m cluster.cli doctor $(ARGS)

clean:  ## Remove .venv and caches; runs/ stays
	rm -rf $(VENV) build *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
