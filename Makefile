# The workshop's front door. `make` alone lists what it can do.
.DEFAULT_GOAL := help
SHELL := /bin/sh

# PYTHON=/path/to/python3 names one; otherwise the first of CANDIDATES that is 3.10 to 3.14.
PYTHON ?=
CANDIDATES = python3 python3.14 python3.13 python3.12 python3.11 python3.10 $(BIN)/python
VENV ?= .venv
BIN := $(VENV)/bin

# Some containers forbid bytecode files; then each kernel would compile every library anew.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: FORCE help lab demo test test-all browser build check bench doctor down reset test-matrix lock

help:  ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

# JupyterLab comes up while bytecode is still written. What lab is made of gets this variable too.
lab: MEANWHILE = meanwhile
lab: $(VENV)/.lab  ## set everything up and open the first notebook
	@$(BIN)/python -m workshop.services.jupyterlab

demo: $(VENV)/.lab  ## kill real processes and count what was paid; DEMO=draft plays another
	@$(BIN)/python -m workshop demo $(or $(DEMO),crash)
	@$(if $(DEMO),,echo && $(BIN)/python -m workshop demo)

# More than there are processors, because tests wait a good deal; and who has none left takes some.
AT_ONCE = -n 5 --dist worksteal

test: $(VENV)/.dev  ## set everything up and test: of each kind some, of what was changed all
	@$(BIN)/python -m pytest $(AT_ONCE) --quick

test-all: $(VENV)/.dev  ## every test; REST=1 leaves out what `make test` has run
	@$(BIN)/python -m pytest $(AT_ONCE) $(if $(REST),--rest) $(TESTS)

browser: $(VENV)/.dev  ## install a Chromium for the tests that look at pages
	@found=; for name in chromium chromium-browser google-chrome; do command -v $$name >/dev/null && found=$$name; done; \
	if [ -n "$$found" ]; then echo "A browser is here already: $$found."; \
	elif command -v apt-get >/dev/null; then \
		[ "$$(id -u)" = 0 ] && run= || run=sudo; $$run apt-get update -qq && $$run apt-get install -y -qq chromium; \
	else $(BIN)/python -m playwright install chromium; fi

build: $(VENV)/.dev  ## derive notebooks and solution files from lessons/, run what changed
	@$(BIN)/python -m authoring.build
	@$(BIN)/python -m authoring.execute

check: $(VENV)/.dev  ## say what is stale, badly typed or badly formatted
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check workshop authoring tests project/*.py project/*/*.py
	@$(BIN)/mypy
	@$(BIN)/lint-imports
	@$(BIN)/python -m authoring.build --check

bench: $(VENV)/.dev  ## measure, and print the tables that docs/ quotes
	@$(BIN)/python -m authoring.bench

doctor: $(VENV)/.lab  ## say what is wrong and what to do; CALL=1 makes one tiny call to the model
	@$(BIN)/python -m workshop doctor $(if $(CALL),--call)

down: $(VENV)/.lab  ## end the processes that the workshop started
	@$(BIN)/python -m workshop down

reset: $(VENV)/.lab  ## end them and remove what they kept; asks first
	@$(BIN)/python -m workshop reset

MATRIX = 3.10 3.11 3.12 3.13 3.14

test-matrix: $(VENV)/.dev  ## the tests on the other Pythons that are here, the lessons on Colab's kernel
	@all="$$(pyenv versions --bare 2>/dev/null | paste -sd: -)"; failed=; \
	for version in $(MATRIX); do \
		[ ! -e $(BIN)/python$$version ] || continue; \
		python="$$(PYENV_VERSION="$$all" python$$version -c 'import sys; print(sys.executable)' 2>/dev/null)" || \
			{ echo "– There is no Python $$version here: left out."; continue; }; \
		echo "--- Python $$version"; \
		EVERY_NOTEBOOK=1 $(MAKE) test-all PYTHON="$$python" VENV=.venvs/$$version || failed="$$failed $$version"; \
	done; \
	PYENV_VERSION="$$all" $(BIN)/python -m pytest tests/colab_lessons.py || failed="$$failed Colab"; \
	[ -z "$$failed" ] || { echo "✗ Failed on:$$failed"; exit 1; }

# Set-up would want the old lock, which a new bound may contradict.
lock:  ## write constraints.txt anew from pyproject.toml
	@[ -x $(BIN)/uv ] || $(MAKE) $(VENV)/.dev
	@$(BIN)/uv pip compile --quiet --universal --python-version 3.10 --no-header --no-annotate \
		--no-emit-index-url --extra lab --extra dev pyproject.toml -o constraints.txt

# --- the environment: looked at each time, made when it is missing or no longer fits ---

$(VENV)/.lab $(VENV)/.dev: FORCE
	@$(FIND_PYTHON); "$$python" -I authoring/environment.py "$(VENV)" $(patsubst .%,%,$(@F)) $(PYTHON:%=named) $(MEANWHILE)

define FIND_PYTHON
if [ "$(OS)" = "Windows_NT" ]; then \
	echo "This is Windows; the Temporal Service of this workshop runs on Linux and macOS. Use WSL (wsl --install), Codespaces or Colab: see README.md."; exit 1; fi; \
fits() { "$$1" -c 'import sys; sys.exit(not (3, 10) <= sys.version_info[:2] <= (3, 14))' 2>/dev/null; }; \
python="$(PYTHON)"; \
if [ -n "$$python" ]; then \
	command -v "$$python" >/dev/null || { echo "PYTHON names $$python, and there is no such program. Name a Python 3.10 to 3.14, or leave PYTHON away."; exit 1; }; \
	fits "$$python" || { echo "PYTHON names $$python, which is $$("$$python" --version 2>&1 | head -1). This workshop needs Python 3.10 to 3.14."; exit 1; }; \
else \
	for one in $(CANDIDATES); do if fits "$$one"; then python="$$one"; break; fi; done; \
	[ -n "$$python" ] || { echo "Found $$(python3 --version 2>/dev/null || echo 'no python3'); this workshop needs Python 3.10 to 3.14. Install one, or name it: make lab PYTHON=/path/to/python3.12"; exit 1; }; \
fi
endef
