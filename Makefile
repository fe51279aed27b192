# Everything a newcomer needs; each target sets itself up on a fresh machine.
PYTHON ?= python3
BIN := .venv/bin
READY := .venv/.ready
export PIP_DISABLE_PIP_VERSION_CHECK := 1
.DEFAULT_GOAL := help
.PHONY: help install demo test test-slow lint format bench tensorboard clean

help:  ## list the targets
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-12s %s\n", $$1, $$2}'

install: $(READY)  ## install xaimed and what tests need into .venv, at the tested versions

$(READY): pyproject.toml constraints.txt
	@echo "installing into .venv (a few minutes the first time)"
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable '.[dev]'
	@touch $(READY)

demo: $(READY)  ## train, cross-validate and explain on the built-in phantom; names the report it wrote
	@$(BIN)/xaimed train experiment=demo

test: lint  ## check style and types, then run the default tests (no network, no accelerator)
	@OMP_NUM_THREADS=1 $(BIN)/python -m pytest -n 2 --dist loadfile --durations 15

test-slow: $(READY)  ## the heavier tests that the default run leaves out
	@$(BIN)/python -m pytest -m slow

lint: $(READY)  ## ruff and mypy
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy

format: $(READY)  ## let ruff put the code in shape
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

bench: $(READY)  ## measure speed against named peers; the figures in benchmarks/RESULTS.md
	@$(BIN)/python -m benchmarks

tensorboard: $(READY)  ## look at the curves, panels and hyper-parameters of every run below outputs/
	@$(BIN)/xaimed dashboard outputs/runs

clean:  ## remove caches and build products; outputs/ and .venv stay
	rm -rf build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache
	find . -name __pycache__ -not -path './.venv/*' -prune -exec rm -rf {} +
