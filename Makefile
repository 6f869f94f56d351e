# make run | test | check | bench | faults | browser | conformance. Needs Python 3.11 or newer with venv, and make.

# A start takes three times as long without bytecode. It is kept out of the source tree.
unexport PYTHONDONTWRITEBYTECODE
export PYTHONPYCACHEPREFIX := $(CURDIR)/.venv/pycache

PYTHON ?= python3
UV ?= uv
BIN := .venv/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check
JOBS ?= auto
ONLY ?=
# for what only imports settings: nothing is started, nothing is connected to
OFFLINE := env ENVIRONMENT=test LOG_LEVEL=ERROR DATABASE_URL=postgresql://offline@127.0.0.1:9/offline REDIS_URL=redis://127.0.0.1:9/0 \
	SECRET_KEY=offline VAULT_ROOT_KEY=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA= DATA_DIR=.venv/offline

.PHONY: help run test check bench faults browser conformance locks format

help:
	@sed -n 1p Makefile

run: .venv/run.stamp .venv/catalogues.stamp
	@exec $(BIN)/python manage.py up

test: .venv/dev.stamp .venv/catalogues.stamp
	@$(BIN)/python -m config.tests_note
	$(BIN)/python -m pytest -n $(JOBS) $(if $(ONLY),-k "$(ONLY)")

check: .venv/dev.stamp .venv/catalogues.stamp
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(OFFLINE) $(BIN)/mypy .
	$(OFFLINE) $(BIN)/python manage.py check --fail-level WARNING
	$(OFFLINE) $(BIN)/python -W "ignore:Got an error checking:RuntimeWarning" manage.py makemigrations --check --dry-run
	$(OFFLINE) $(BIN)/python manage.py translations --check
	$(BIN)/python -m pytest -q -p no:randomly tests/architecture

bench: .venv/dev.stamp
	$(BIN)/python -m bench $(ONLY)

faults: .venv/dev.stamp .venv/catalogues.stamp
	@rm -f bench/results/faults.json
	FAULTS_RESULTS=bench/results/faults.json $(BIN)/python -m pytest -p no:randomly tests/faults $(if $(ONLY),-k "$(ONLY)")

browser: .venv/dev.stamp .venv/catalogues.stamp
	@$(BIN)/python -m config.tests_note
	BROWSER_MATRIX=full $(BIN)/python -m pytest -p no:randomly tests/browser $(if $(ONLY),-k "$(ONLY)")

conformance: .venv/dev.stamp
	@test -d bench/conformance || { echo "no outside suite applies yet"; exit 0; } && $(BIN)/python -m bench.conformance $(ONLY)

format: .venv/dev.stamp
	$(BIN)/ruff check --fix --exit-zero -q .
	$(BIN)/ruff format -q .

# Each lock is complete by itself; a new version comes by deleting its line, or with LOCK_ARGS=--upgrade.
LOCK := $(UV) pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-annotate \
	--no-emit-index-url --no-emit-find-links --custom-compile-command "make locks" $(LOCK_ARGS) pyproject.toml
locks:
	$(LOCK) -o requirements/core.txt
	$(LOCK) -c requirements/core.txt --extra embedded -o requirements/embedded.txt
	$(LOCK) -c requirements/embedded.txt --extra embedded --extra dev -o requirements/dev.txt

.venv/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed: make PYTHON=python3.11")'
	@echo "Making .venv ..."
	@$(PYTHON) -m venv .venv

# modules are compiled when first imported: most of what is installed never is
.venv/run.stamp: requirements/embedded.txt | .venv/bin/python
	@echo "Installing into .venv (about a minute) ..."
	@$(PIP) install --quiet --no-compile --require-hashes -r requirements/embedded.txt
	@touch $@

.venv/dev.stamp: requirements/dev.txt | .venv/bin/python
	@echo "Installing into .venv (about a minute) ..."
	@$(PIP) install --quiet --no-compile --require-hashes -r requirements/dev.txt
	@touch $@ .venv/run.stamp

.venv/catalogues.stamp: $(wildcard locale/*/LC_MESSAGES/*.po) | .venv/bin/python
	@$(BIN)/python -m config.translations compile
	@touch $@
