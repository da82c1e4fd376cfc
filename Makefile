# ccgateway: `make` alone lists what there is. Needs: git, make, Python 3.11 or newer, root.
# Root, because Debian packages may have to be installed and the demo's Asterisk runs in a chroot.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
ARGS ?=

PYTHON ?= $(shell for p in python3.11 python3.12 python3.13 python3; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done)
BIN := .venv/bin
READY := .venv/.ready
COMPILE := $(BIN)/pip-compile --upgrade --allow-unsafe --generate-hashes --no-emit-find-links \
	--no-emit-index-url --no-emit-trusted-host --strip-extras

.PHONY: help setup demo chaos test test-all test-asterisk16 test-docker lint format lock desk clean

help: ## this list
	@grep -hE '^[a-z0-9-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z0-9-]+):.*## /\1\t/' | expand -t 18

setup: $(READY) ## .venv with the package and its tools, about a minute (again: nothing to do)

# Made anew only when the locked versions or the package's metadata change.
$(READY): requirements-dev.lock pyproject.toml
	@test -n "$(PYTHON)" || { echo "Python 3.11 or newer is missing: apt-get install python3" >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { \
		echo "setup: installing the Debian package python3-venv (about 20 s)"; \
		apt-get -q update >/dev/null; \
		DEBIAN_FRONTEND=noninteractive apt-get -q install -y --no-install-recommends python3-venv >/dev/null; }
	@test -x $(BIN)/python || { echo "setup: creating .venv (about 5 s)"; $(PYTHON) -m venv .venv; }
	@echo "setup: installing the locked packages into .venv (about a minute)"
	@$(BIN)/python -m pip install -q --disable-pip-version-check --require-hashes -r requirements-dev.lock
	@$(BIN)/python -m pip install -q --disable-pip-version-check --no-deps --no-build-isolation -e . \
		2>.venv/install.log || { cat .venv/install.log >&2; exit 1; }
	@touch $(READY)
	@echo "setup: done"

demo: setup ## the whole call centre on this machine, until Ctrl-C; e.g. ARGS="--once --calls 30"
	@$(BIN)/ccgateway demo $(ARGS)

chaos: setup ## faults of all kinds under load, then every call compared; e.g. ARGS="--minutes 30 --seed 2"
	@$(BIN)/python -m ccgateway.rig.chaos $(ARGS)

# Some files at a time, for tests wait more than they work; but those marked alone. Real calls take no
# more than two: an Asterisk that has to wait for the processor is another one.
NEAR := tests/unit tests/hostile tests/scenarios tests/adapters
FAR := tests/acceptance
BY_THREE := $(BIN)/python -m pytest -q -n 3 --dist loadfile
BY_TWO := $(BIN)/python -m pytest -q -n 2 --dist loadfile
# Asterisk 16 (Debian 11's package): all that meets Asterisk; of that one story and the journals' repair
# in test-all.
ON_16 := CCGATEWAY_RIG_ASTERISK=debian11
STORY := $(FAR)/lines/test_story.py $(FAR)/test_repair.py
OLD := tests/adapters/test_ami_asterisk.py $(FAR) \
	--ignore=$(FAR)/page --ignore=$(FAR)/test_docker.py --ignore=$(FAR)/test_chaos.py

test: lint ## lint, then unit, scenario, adapter and acceptance tests, about 15 minutes
	$(BY_THREE) -m "not long" $(NEAR)
	$(BY_TWO) -m "not long and not alone" $(FAR)
	$(BIN)/python -m pytest -q -m "not long and alone" $(FAR)

test-all: lint ## the same with the long tests
	$(BY_THREE) $(NEAR)
	$(BY_TWO) -m "not alone" $(FAR)
	$(BIN)/python -m pytest -q -m "alone" $(FAR)
	$(ON_16) $(BIN)/python -m pytest -q $(STORY)

test-asterisk16: setup ## acceptance tests on Asterisk 16 instead of 22, about 15 minutes
	$(ON_16) $(BY_TWO) -m "not alone" $(OLD)
	$(ON_16) $(BIN)/python -m pytest -q -m "alone" $(OLD)

test-docker: setup ## images and compose.yaml on a Docker engine, about 3 minutes (the first time 7); skipped where there is none
	$(BIN)/python -m pytest -q $(FAR)/test_docker.py

lint: setup ## ruff, mypy, import-linter
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: setup ## let ruff put the code in order
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

# requirements.lock is what the gateway needs (its Docker image); the other one adds the tools.
lock: setup ## choose the newest allowed versions of all dependencies anew
	$(COMPILE) --all-build-deps --output-file=requirements.lock pyproject.toml
	$(COMPILE) --extra=dev --constraint=requirements.lock --output-file=requirements-dev.lock pyproject.toml

# What it builds is in the repository: neither setup nor the wheel needs Node.
desk: ## check and build the live page anew from ccgateway/web/desk/src (needs Node 20 or newer)
	cd ccgateway/web/desk && npm ci --ignore-scripts && npm run check && npm run build

clean: ## remove what make made here (the Asterisk root file system stays in the XDG cache)
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis *.egg-info \
		ccgateway/web/desk/node_modules
