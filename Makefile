# The workshop's front door. `make` alone lists what it can do.
.DEFAULT_GOAL := help
SHELL := /bin/sh

# The first of these that is a Python 3.10 to 3.13; PYTHON=/path/to/python3 overrides the search.
PYTHON ?= $(shell for p in python3 python3.13 python3.12 python3.11 python3.10; do \
	$$p -c 'import sys; sys.exit(not (3, 10) <= sys.version_info[:2] <= (3, 13))' 2>/dev/null && { echo $$p; break; }; done)
VENV ?= .venv
BIN := $(VENV)/bin
INPUTS := requirements.txt constraints.txt pyproject.toml

# Some containers forbid bytecode files; then each kernel would compile every library anew.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help lab demo test browser build check bench doctor down reset test-matrix lock

help:  ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

lab: $(VENV)/.lab  ## set everything up and open the first notebook
	@$(BIN)/python -m workshop lab

demo: $(VENV)/.lab  ## kill real processes and count what was paid; DEMO=draft plays another
	@$(BIN)/python -m workshop demo $(or $(DEMO),crash)
	@$(if $(DEMO),,echo && $(BIN)/python -m workshop demo)

test: $(VENV)/.dev  ## set everything up and run every test
	@$(BIN)/python -m pytest -n 3

browser: $(VENV)/.dev  ## install a Chromium for the tests that look at pages
	@if command -v chromium chromium-browser google-chrome >/dev/null 2>&1; then echo "A browser is here already."; \
	elif command -v apt-get >/dev/null; then \
		[ "$$(id -u)" = 0 ] && run= || run=sudo; $$run apt-get update -qq && $$run apt-get install -y -qq chromium; \
	else $(BIN)/python -m playwright install chromium; fi

build: $(VENV)/.dev  ## derive notebooks and solution files from lessons/, run what changed
	@$(BIN)/python -m authoring.build
	@$(BIN)/python -m authoring.execute

check: $(VENV)/.dev  ## say what is stale, badly typed or badly formatted
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check workshop authoring tests
	@$(BIN)/mypy
	@$(BIN)/python -m authoring.build --check

bench: $(VENV)/.dev  ## measure, and print the tables that docs/ quotes
	@$(BIN)/python -m authoring.bench

doctor: $(VENV)/.lab  ## say what is wrong and what to do; CALL=1 makes one tiny call to the model
	@$(BIN)/python -m workshop doctor $(if $(CALL),--call)

down: $(VENV)/.lab  ## end the processes that the workshop started
	@$(BIN)/python -m workshop down

reset: $(VENV)/.lab  ## end them and remove what they kept; asks first
	@$(BIN)/python -m workshop reset

test-matrix: $(VENV)/.dev  ## the tests on 3.10, 3.12 and 3.13, lesson 02 on Colab's kernel
	@$(BIN)/python -m authoring.matrix

lock: $(VENV)/.dev  ## write constraints.txt anew from pyproject.toml
	@$(BIN)/uv pip compile --quiet --universal --python-version 3.10 --no-header --no-annotate \
		--no-emit-index-url --extra lab --extra dev pyproject.toml -o constraints.txt

# --- the environment: made when a target needs it, made again only when its inputs change ---

# A stamp is written last, so a set-up that was interrupted is simply done again.
$(VENV)/.lab: $(INPUTS)
	@$(PYTHON_IS_THERE)
	@[ -x $(BIN)/uv ] || { echo "Setting up in $(VENV) with $$($(PYTHON) --version)"; \
		$(PYTHON) -m venv --clear $(VENV) && $(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt uv; }
	@VIRTUAL_ENV=$(VENV) $(BIN)/uv pip install --quiet -r requirements.txt
	@touch $@

$(VENV)/.dev: $(VENV)/.lab
	@VIRTUAL_ENV=$(VENV) $(BIN)/uv pip install --quiet -c constraints.txt -e '.[lab,dev]'
	@touch $@

define PYTHON_IS_THERE
if [ "$(OS)" = "Windows_NT" ]; then \
	echo "This is Windows; the Temporal Service of this workshop runs on Linux and macOS. Use WSL (wsl --install), Codespaces or Colab: see README.md."; exit 1; fi; \
if [ -z "$(PYTHON)" ]; then \
	echo "Found $$(python3 --version 2>/dev/null || echo 'no python3'); this workshop needs Python 3.10 to 3.13. Install one, or name it: make lab PYTHON=/path/to/python3.12"; exit 1; fi; \
$(PYTHON) -c 'import venv, ensurepip' 2>/dev/null || { \
	echo "$$($(PYTHON) --version) is here, but its venv module is missing. On Debian and Ubuntu: sudo apt install python3-venv"; exit 1; }
endef
