# Everything a user or developer runs. `make` alone lists it.
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help setup demo model card check test bench experiments docs ui clean

PYTHON ?= python3
MOST ?= 6
BIN := .venv/bin
TABLE := src/stance/model/default.npz

help: ## list these targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "%-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

# Compiled at once, because PYTHONDONTWRITEBYTECODE would make every later start three times slower.
.venv/installed: pyproject.toml constraints.txt
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[dev]'
	$(BIN)/python -m compileall -q src/stance
	@touch $@

setup: .venv/installed ## make .venv with stance and all it needs

demo: setup ## set up and score the example articles
	$(BIN)/stance score examples/strait.txt examples/briefing.txt --format table

$(TABLE): data/params.toml $(wildcard data/corpus/*.jsonl) $(filter-out $(TABLE),$(wildcard src/stance/model/*.py src/stance/model/lexicon/*)) | setup
	$(BIN)/stance train --no-track --out $@

model: $(TABLE) ## train the default model from data/, and write its card
	$(MAKE) card

card: setup ## write the card of the shipped model into docs/card
	$(BIN)/stance card default --data data/contrast --by file --out docs/card

check: setup ## format, lint, types, tests, docs
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/python -m pytest

test: setup ## all tests
	$(BIN)/python -m pytest

# The peers have heavy dependencies of their own, which stay out of .venv.
.venv-bench/installed: pyproject.toml constraints.txt
	$(PYTHON) -m venv .venv-bench
	.venv-bench/bin/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[bench]'
	@touch $@

bench: setup .venv-bench/installed ## measure beside others, and growth to 10^MOST [6]; writes benchmarks/README.md
	.venv-bench/bin/python benchmarks/peers.py
	$(BIN)/python benchmarks/run.py
	$(BIN)/python benchmarks/growth.py --most $(MOST) --kill --skew
	$(BIN)/python benchmarks/targets.py

experiments: setup ## rerun all experiments; writes their results and experiments/README.md
	$(BIN)/python experiments/run.py

docs: setup ## renew the transcripts in README.md and docs/, and the data sheet
	$(BIN)/python tests/transcripts.py
	$(BIN)/stance data sheet data/README.md

ui: setup ## the MLflow UI on the runs of `stance train`
	$(BIN)/stance ui

clean: ## remove what was made, except the shipped model
	rm -rf .venv .venv-bench build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
