# Everything a newcomer needs: `make demo` and `make test` do all the set-up by themselves.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
BENCH := bench/.venv
BENCH_READY := $(BENCH)/.ready
CODE := batchclip tests bench

.DEFAULT_GOAL := help
.PHONY: help setup demo test proof check lint format types imports coverage bench bench-scale clean

help: ## Show what can be made
	@awk 'BEGIN {FS = ":.*## "} /^[a-z-]+:.*## / {printf "  make %-11s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: $(READY) ## Make .venv with batchclip (editable) and the development tools

# A virtual environment can be made: the right Python, and Debian's venv module.
define can_make_venv
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo "batchclip needs Python 3.11 or later; say which: make PYTHON=python3.12 setup"; exit 1; }
	@$(PYTHON) -c 'import ensurepip' 2>/dev/null || { \
	  echo "Python's venv module is missing; installing Debian's python3-venv"; \
	  apt-get update -q && apt-get install -y -q python3-venv; }
endef

$(READY): pyproject.toml constraints.txt
	$(can_make_venv)
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable '.[dev]'
	@touch $(READY)

$(BENCH_READY): pyproject.toml constraints.txt
	$(can_make_venv)
	$(PYTHON) -m venv $(BENCH)
	$(BENCH)/bin/python -m pip install --quiet --constraint constraints.txt --editable '.[fast,bench]'
	@touch $(BENCH_READY)

demo: $(READY) ## Run the main job against the simulator: killed once, resumed, and counted
	@$(BIN)/python -m tests.acceptance.demo

test: check coverage ## Lint, format, types, import contracts, and every test with branch coverage

proof: $(READY) ## The proof at length, about an hour: every crash point, thousands of seeded worlds
	PROOF=long $(BIN)/python -m pytest --numprocesses auto --dist worksteal \
	  tests/proof tests/store/test_model.py tests/unit/test_evidence_worlds.py tests/acceptance/test_killed.py

check: lint types imports ## Everything that needs no run: lint, format, types, import contracts

lint: $(READY)
	$(BIN)/ruff check $(CODE)
	$(BIN)/ruff format --check $(CODE)

format: $(READY) ## Put the code into its one format
	$(BIN)/ruff check --fix $(CODE)
	$(BIN)/ruff format $(CODE)

types: $(READY)
	$(BIN)/mypy

imports: $(READY)
	$(BIN)/lint-imports

coverage: $(READY)
	$(BIN)/coverage erase
	$(BIN)/coverage run -m pytest --numprocesses auto --dist worksteal
	$(BIN)/coverage combine --quiet
	$(BIN)/coverage report

bench: $(BENCH_READY) ## Measure everything beside the raw loop and others, 90 minutes; ONLY="run load" for a part
	@bench/install.sh
	$(BENCH)/bin/python -m bench $(ONLY) $(BENCH_OPTIONS)

bench-scale: $(BENCH_READY) ## Measure ten thousand to ten million ranges; BENCH_OPTIONS="--largest 1000000" for fewer
	@bench/install.sh
	$(BENCH)/bin/python -m bench.scale $(BENCH_OPTIONS)

clean: ## Remove what `make` has made
	rm -rf $(VENV) $(BENCH) .coverage .coverage.* .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache dist demo
