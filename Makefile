# Two commands: `make run` and `make test`. Everything they need is made by tools/bootstrap.py.
PORT ?= 8000
T ?=
# The system's own Python first: distributions build it with optimisations (pages take a sixth less than with one that was
# compiled here without), and mend it. Then any other that is new enough and can make a venv.
PYTHON ?= $(shell for p in /usr/bin/python3 python3 python3.14 python3.13 python3.12 python3.11; do \
	$$p -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done)
PYTHON := $(or $(PYTHON),python3)
BIN := .venv/bin
PURE := tests/rules tests/architecture
BOTH := $(MAKE) --no-print-directory -j2 $(if $(filter output-sync,$(.FEATURES)),--output-sync=target)
CODE := $(wildcard tenants portal tasks seed tools)

# Where the machine says not to keep bytecode, every process would compile all the sources again.
export PYTHONDONTWRITEBYTECODE =

.PHONY: run test tests checks test-long test-faults check bench lint types architecture pure clean help \
	setup setup-packages setup-check setup-test

help:
	@echo "make run [PORT=8000]   start the portal"
	@echo "make test [T=...]      everything a change must pass; T narrows (a path, or -k words)"
	@echo "make check             lint, types, architecture, pure tests: under 30 s"
	@echo "make test-long         what takes longer, faults among it"
	@echo "make test-faults       processes killed while they deliver"
	@echo "make bench             performance programs"

run: setup
	@exec $(BIN)/portal up --port $(PORT)

ifeq ($(strip $(T)),)
test: setup-packages
	@$(MAKE) --no-print-directory -j2 checks tests
else
test: setup-test
	@$(BIN)/pytest $(T)
endif

test-long: setup-test
	@echo "== long tests"
	@$(BIN)/pytest -m "long or faults" $(if $(strip $(T)),$(T),-n 2) || test $$? -eq 5     # 5: there is none

test-faults: setup-test
	@echo "== faults, with real processes"
	@$(BIN)/pytest -m faults $(T)

check: setup-check
	@$(BOTH) lint types architecture pure

lint:
	@echo "== lint"
	@$(BIN)/ruff check .

types:
	@echo "== types"
	@$(BIN)/mypy $(CODE)

architecture:
	@echo "== architecture"
	@$(BIN)/lint-imports

pure:
	@echo "== pure tests"
	@$(BIN)/python -m pytest --noconftest -p tests.examples --hypothesis-profile=few -q -n 2 $(PURE)

checks: lint architecture types

tests: setup-test
	@echo "== all tests"
	@env -u MAKEFLAGS -u MFLAGS $(BIN)/pytest -n 2 --dist loadscope --no-loadscope-reorder

bench: setup-check
	@for program in bench/*.py; do echo "== $$program"; PYTHONPATH=. $(BIN)/python $$program || exit 1; done

setup:
	@command -v $(PYTHON) >/dev/null || { echo "portal: no Python found: install Python 3.11 or newer (with venv)" >&2; exit 1; }
	@$(PYTHON) tools/bootstrap.py runtime

setup-packages setup-check setup-test:
	@command -v $(PYTHON) >/dev/null || { echo "portal: no Python found: install Python 3.11 or newer (with venv)" >&2; exit 1; }
	@$(PYTHON) tools/bootstrap.py $(subst setup-,,$@)

clean:
	@rm -rf .venv frontend/node_modules frontend/.build build portal/web/static/dist portal.egg-info
