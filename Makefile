# `make help` lists the targets.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed

.DEFAULT_GOAL := help
.PHONY: help setup render check engines test demo down fix clean

help: ## Show this help
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-8s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: $(STAMP) ## Make the virtual environment .venv

$(STAMP): pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "$(PYTHON) is $$($(PYTHON) --version); Python 3.11 or newer is needed: make PYTHON=python3.12 $(MAKECMDGOALS)"; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade 'pip>=25.1'
	$(BIN)/python -m pip install --quiet --editable '.[sandbox]' --group dev
	@touch $@

render: $(STAMP) ## Render every file from stack.yaml
	$(BIN)/pipecat-lgtm render

check: $(STAMP) ## Lint, types, fast tests and the render diff (seconds)
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/pipecat-lgtm render --check
	$(BIN)/pytest -q -n logical -m 'not stack and not rules'

engines: $(STAMP) ## Build the programs that are not there yet (18 minutes on two cores, once)
	$(BIN)/pipecat-lgtm engines build

test: check engines ## Everything: `check`, rule tests, and tests on real engines with a real bot
	$(BIN)/pytest -v -n logical --dist loadfile -m rules
	$(BIN)/pytest -v -m stack --durations=15

demo: $(STAMP) ## Start the stack, place real calls, show the numbers
	$(BIN)/pipecat-lgtm demo

down: $(STAMP) ## End what `make demo` started
	$(BIN)/pipecat-lgtm down

fix: $(STAMP) ## Format and mend what can be mended by itself
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

clean: ## Remove the virtual environment and caches of this folder
	rm -rf $(VENV) .mypy_cache .pytest_cache .ruff_cache artifacts
