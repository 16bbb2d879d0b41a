# `make help` lists the targets.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed

.DEFAULT_GOAL := help
.PHONY: help setup render check engines test demo down fix lock clean

help: ## Show this help
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-8s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: $(STAMP) ## Make the virtual environment .venv

$(STAMP): pyproject.toml generator/bridge/pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "$(PYTHON) is $$($(PYTHON) --version); Python 3.11 or newer is needed: make PYTHON=python3.12 $(MAKECMDGOALS)"; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade 'pip>=25.1'
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable generator/bridge --editable '.[sandbox,quality]' --group dev
	@touch $@

render: $(STAMP) ## Render every file from stack.yaml
	$(BIN)/pipecat-lgtm render

check: $(STAMP) ## Lint, types, fast tests and the render diff (3 minutes on two cores)
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/pipecat-lgtm render --check
	$(BIN)/pytest -q -n logical -m 'not stack and not rules'

engines: $(STAMP) ## Build the programs that are not there yet (18 minutes on two cores, once)
	$(BIN)/pipecat-lgtm engines build

test: engines ## Everything: `check`, rule tests, and tests on real engines with a real bot
	@failed=0; set -x; \
	$(MAKE) check || failed=1; \
	$(BIN)/pytest -v -n logical --dist loadfile -m '(rules or stack) and not alone' --durations=15 || failed=1; \
	$(BIN)/pytest -v -m alone --durations=15 || failed=1; \
	exit $$failed

demo: $(STAMP) ## Start the stack, place real calls, show the numbers
	$(BIN)/pipecat-lgtm demo

down: $(STAMP) ## End what `make demo` started
	$(BIN)/pipecat-lgtm down

lock: ## Take the newest versions of all Python packages, and note them in constraints.txt
	$(PYTHON) -m venv --clear $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade 'pip>=25.1'
	$(BIN)/python -m pip install --quiet --editable generator/bridge --editable '.[sandbox,quality]' --group dev
	@sed -n '/^#/p' constraints.txt > constraints.new && $(BIN)/python -m pip freeze --exclude-editable >> constraints.new
	@mv constraints.new constraints.txt && touch $(STAMP)

fix: $(STAMP) ## Format and mend what can be mended by itself
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

clean: ## Remove the virtual environment and caches of this folder
	rm -rf $(VENV) .mypy_cache .pytest_cache .ruff_cache artifacts
